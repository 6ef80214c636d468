# distutils: language = c++
# cython: language_level=3
# cython: c_string_type=str, c_string_encoding=utf8
"""The C++ engine: handles of catalogs, datasets, servers and queries. See _engine.pyi for the signatures."""

import atexit
import os

from cython.operator cimport dereference
from libc.stdint cimport int64_t, uint64_t
from libcpp cimport bool as cbool
from libcpp.memory cimport shared_ptr
from libcpp.optional cimport nullopt, optional
from libcpp.pair cimport pair
from libcpp.string cimport string
from libcpp.utility cimport move
from libcpp.vector cimport vector
from pyarrow._compute cimport Expression
from pyarrow._dataset cimport Dataset as ArrowDatasetBase
from pyarrow.includes.libarrow cimport CArray
from pyarrow.lib cimport (
    NativeFile,
    RecordBatchReader,
    pyarrow_unwrap_array,
    pyarrow_unwrap_batch,
    pyarrow_unwrap_schema,
    pyarrow_wrap_array,
    pyarrow_wrap_batch,
    pyarrow_wrap_schema,
    pyarrow_wrap_table,
)

from mutoscope cimport _native as native

cdef dict TABLE_WRITE = {"append": 0, "overwrite": 1, "upsert": 2}
cdef dict ON_DUPLICATE = {"error": 0, "skip": 1, "replace": 2}
cdef tuple TASK_STATUS = ("pending", "success", "failed")


class NotFoundError(Exception):
    """There is no such entry, segment, column or file."""


class AlreadyExistsError(Exception):
    """The name, or the layer of a segment, is taken."""


NotFoundError.__module__ = AlreadyExistsError.__module__ = "mutoscope.catalog"


def _set_exceptions():
    types = {
        3: ValueError, 4: TimeoutError, 5: NotFoundError, 6: AlreadyExistsError, 7: PermissionError, 8: ConnectionError, 11: ValueError,
        14: ConnectionError, 16: PermissionError,
    }
    for code in range(17):
        native.SetExceptionOfCode(code, types.get(code, RuntimeError))


_set_exceptions()
native.SetMainThread()
os.register_at_fork(after_in_child=native.SetMainThread)
atexit.register(native.WaitForCalls)


cdef object text_or_none(const optional[string]& text):
    cdef string value
    if not text.has_value():
        return None
    value = text.value()
    return <str>value


cdef optional[string] optional_text(text) except *:
    cdef optional[string] result
    if text is not None:
        result = <string>(<str?>text)
    return result


cdef vector[string] texts(values) except *:
    cdef vector[string] result
    for value in values:
        result.push_back(<str>value)
    return move(result)


cdef optional[vector[string]] texts_or_none(values) except *:
    cdef optional[vector[string]] result
    if values is not None:
        result = texts(values)
    return move(result)


cdef tuple entry_tuple(native.CEntry entry):
    return (<str>entry.id, <str>entry.name, <int>entry.kind, entry.created_at_ns, entry.updated_at_ns)


cdef list registered_tuples(vector[native.CRegistered] rows):
    return [(<str>row.segment_id, <str>row.layer, <str>row.url, <str>row.task_id) for row in rows]


cdef native.CRequest engine_request(query) except *:
    """From a mutoscope._request.Request."""
    cdef native.CRequest request
    cdef vector[pair[string, shared_ptr[CArray]]] values
    request.segments = texts_or_none(query.segments)
    for rules in query.contents:
        request.contents.push_back(texts(rules))
    if query.index is not None:
        request.index = <string>(<str>query.index)
    request.columns = texts_or_none(query.columns)
    if query.filter is not None:
        request.filter = (<Expression?>query.filter).unwrap()
    request.fill_latest_at = query.fill_latest_at
    request.include_tombstone_columns = query.include_tombstone_columns
    request.include_semantically_empty_columns = query.include_semantically_empty_columns
    if query.index_values is not None:
        request.index_values = pyarrow_unwrap_array(query.index_values)
    if query.segment_index_values is not None:
        for segment, array in query.segment_index_values.items():
            values.push_back(pair[string, shared_ptr[CArray]](<string>(<str>segment), pyarrow_unwrap_array(array)))
        request.segment_index_values = values
    if query.limit is not None:
        request.limit = <int64_t>query.limit
    return move(request)


cdef class Catalog:
    cdef native.CKeptCatalog handle
    cdef readonly bint remote

    @staticmethod
    def open(str directory, allow_paths):
        cdef native.CCatalogOptions options
        cdef Catalog self = Catalog.__new__(Catalog)
        options.directory = directory
        options.allow_paths = texts(allow_paths)
        self.handle = native.OpenCatalog(options)
        return self

    @staticmethod
    def connect(str url, double timeout_s):
        cdef Catalog self = Catalog.__new__(Catalog)
        self.handle = native.Connect(url, <int64_t>(timeout_s * 1e9))
        self.remote = True
        return self

    def close(self):
        self.handle.Reset()

    def version(self):
        cdef native.CVersionInfo info = native.Version(self.handle)
        return <str>info.version, [<str>feature for feature in info.features]

    def entries(self, bint include_hidden):
        return [entry_tuple(entry) for entry in native.Entries(self.handle, include_hidden)]

    def dataset(self, str name):
        return dataset_handle(native.GetDataset(self.handle, name), self.remote)

    def dataset_by_id(self, str id):
        return dataset_handle(native.GetDatasetById(self.handle, id), self.remote)

    def create_dataset(self, str name):
        return dataset_handle(native.CreateDataset(self.handle, name), self.remote)

    def table(self, str name not None):
        return table_handle(native.GetTable(self.handle, name), self.remote)

    def table_by_id(self, str id not None):
        return table_handle(native.GetTableById(self.handle, id), self.remote)

    def create_table(self, str name not None, schema, url):
        return table_handle(native.CreateTable(self.handle, name, pyarrow_unwrap_schema(schema), optional_text(url)), self.remote)

    def register_table(self, str name not None, str url not None):
        return table_handle(native.RegisterTable(self.handle, name, url), self.remote)

    def cancel_tasks(self, ids):
        native.CancelTasks(self.handle, texts(ids))

    def stage(self, str key not None, NativeFile content not None):
        return <str>native.Stage(self.handle, key, content.get_random_access_file())

    def do_global_maintenance(self):
        native.DoGlobalMaintenance(self.handle)

    def test_bandwidth(self, uint64_t num_bytes):
        return native.TestBandwidth(self.handle, num_bytes)

    def rename_entry(self, str id, str name):
        return entry_tuple(native.RenameEntry(self.handle, id, name))

    def delete_entry(self, str id):
        native.DeleteEntry(self.handle, id)

    def wait_for_tasks(self, ids, double timeout_s):
        cdef int64_t timeout_ns = 2**62 if timeout_s > 4e9 else <int64_t>(timeout_s * 1e9)
        return {
            <str>task.task_id: (TASK_STATUS[<int>task.status], <str>task.message)
            for task in native.WaitForTasks(self.handle, texts(ids), timeout_ns)
        }


cdef Dataset dataset_handle(native.CKeptDataset handle, bint remote):
    cdef Dataset self = Dataset.__new__(Dataset)
    self.handle = handle
    self.remote = remote
    return self


cdef class Dataset:
    cdef native.CKeptDataset handle
    cdef readonly bint remote

    def entry(self):
        return entry_tuple(native.EntryOf(self.handle))

    def details(self):
        cdef native.CDatasetDetails details = native.Details(self.handle)
        return (
            text_or_none(details.blueprint_dataset_id), text_or_none(details.asset_dataset_id),
            text_or_none(details.default_blueprint), text_or_none(details.default_segment_table_blueprint),
        )

    def set_details(self, blueprint_dataset, asset_dataset, default_blueprint, default_segment_table_blueprint):
        cdef native.CDatasetDetails details
        details.blueprint_dataset_id = optional_text(blueprint_dataset)
        details.asset_dataset_id = optional_text(asset_dataset)
        details.default_blueprint = optional_text(default_blueprint)
        details.default_segment_table_blueprint = optional_text(default_segment_table_blueprint)
        native.SetDetails(self.handle, details)

    def assets_for_segment(self, str segment not None):
        return [<str>asset for asset in native.AssetsForSegment(self.handle, segment)]

    def segment_properties(self, segments):
        return {
            <str>properties.segment_id: (pyarrow_wrap_batch(properties.values), properties.revision)
            for properties in native.GetSegmentProperties(self.handle, texts(segments))
        }

    def set_segment_properties(self, str segment not None, values, expected_revision=None):
        cdef optional[uint64_t] expected
        if expected_revision is not None:
            expected = <uint64_t>expected_revision
        return native.SetSegmentProperties(self.handle, segment, pyarrow_unwrap_batch(values), expected)

    def delete_segment_properties(self, segments):
        native.DeleteSegmentProperties(self.handle, texts(segments))

    def do_maintenance(self, bint optimize_indexes, bint retrain_indexes, bint compact_fragments, cleanup_before_ns, bint allow_recent):
        cdef native.CMaintenance maintenance
        maintenance.optimize_indexes = optimize_indexes
        maintenance.retrain_indexes = retrain_indexes
        maintenance.compact_fragments = compact_fragments
        if cleanup_before_ns is not None:
            maintenance.cleanup_before_ns = <int64_t>cleanup_before_ns
        maintenance.unsafe_allow_recent_cleanup = allow_recent
        return <str>native.DoMaintenance(self.handle, maintenance)

    def schema(self):
        return pyarrow_wrap_schema(native.Schema(self.handle))

    def segment_table(self, columns=None):
        return pyarrow_wrap_table(native.SegmentTable(self.handle, texts_or_none(columns)))

    def manifest(self):
        return pyarrow_wrap_table(native.Manifest(self.handle))

    def register(self, sources, str on_duplicate):
        cdef vector[native.CSource] rows
        cdef native.CSource row
        for url, layer, prefix in sources:
            row.url = <str>url
            row.layer = <str>layer
            row.prefix = prefix
            rows.push_back(row)
        return registered_tuples(native.Register(self.handle, rows, ON_DUPLICATE[on_duplicate]))

    def unregister(self, segments, layers):
        return registered_tuples(native.Unregister(self.handle, texts(segments), texts(layers)))

    def query_schema(self, request):
        return pyarrow_wrap_schema(native.QuerySchema(self.handle, engine_request(request)))

    def query(self, request):
        cdef Reader reader = Reader.__new__(Reader)
        reader.handle = native.Query(self.handle, engine_request(request))
        return reader

    def explain(self, request, bint run):
        return <str>native.Explain(self.handle, engine_request(request), run)

    def cell(self, str column not None, str index not None, int64_t at, str segment, bint latest):
        cdef native.CCellRequest request
        request.column = column
        request.index = index
        request.at = at
        if segment is not None:
            request.segment = <string>segment
        request.latest = latest
        return pyarrow_wrap_array(native.Cell(self.handle, request, self.remote))


cdef tuple table_details(native.CTableDetails details):
    return <str>details.storage_url, text_or_none(details.blueprint_dataset_id), text_or_none(details.default_blueprint)


cdef Table table_handle(native.CKeptTable handle, bint remote):
    cdef Table self = Table.__new__(Table)
    self.handle = handle
    self.remote = remote
    return self


cdef class Table:
    cdef native.CKeptTable handle
    cdef readonly bint remote

    def entry(self):
        return entry_tuple(native.TableEntryOf(self.handle))

    def details(self):
        return table_details(native.TableDetailsOf(self.handle))

    def set_default_blueprint(self, name):
        return table_details(native.SetDefaultBlueprint(self.handle, optional_text(name)))

    def schema(self):
        return pyarrow_wrap_schema(native.TableSchema(self.handle))

    def query(self, request):
        cdef Reader reader = Reader.__new__(Reader)
        reader.handle = native.Scan(self.handle, engine_request(request))
        return reader

    def write(self, RecordBatchReader rows not None, str how not None):
        native.Write(self.handle, rows.reader, TABLE_WRITE[how])


cdef class Reader:
    cdef shared_ptr[native.CReader] handle
    cdef bint busy

    @property
    def schema(self):
        return pyarrow_wrap_schema(dereference(self.handle).schema())

    def read(self, int timeout_ms=-1):
        if self.busy:
            raise RuntimeError("this query is being read by another thread: one thread at a time")
        self.busy = True
        try:
            batch = dereference(self.handle).Next(timeout_ms)
        finally:
            self.busy = False
        return pyarrow_wrap_batch(batch) if batch else None

    @property
    def waits(self):
        return dereference(self.handle).waits()

    def close(self):
        dereference(self.handle).Close()

    def statistics(self):
        return dereference(self.handle).statistics()


cdef class ArrowDataset(ArrowDatasetBase):
    """A pyarrow Dataset for whom scans run in the engine, also those that other C++ libraries start."""

    def __init__(self, rows not None, request):
        self._scan_options = {}
        if isinstance(rows, Table):
            self.init(native.TableArrowDataset((<Table>rows).handle, engine_request(request)))
        else:
            self.init(native.ArrowDataset((<Dataset?>rows).handle, engine_request(request)))


cdef class Server:
    cdef native.CKeptServer handle

    @staticmethod
    def start(str directory, allow_paths, str host, int port):
        cdef native.CServerOptions options
        cdef Server self = Server.__new__(Server)
        options.catalog.directory = directory
        options.catalog.allow_paths = texts(allow_paths)
        options.host = host
        options.port = port
        self.handle = native.StartServer(options)
        return self

    @property
    def url(self):
        return <str>native.ServerUrl(self.handle)

    @property
    def port(self):
        return native.ServerPort(self.handle)

    def catalog(self):
        cdef Catalog catalog = Catalog.__new__(Catalog)
        catalog.handle = native.ServerCatalog(self.handle)
        return catalog

    def stop(self):
        native.StopServer(self.handle)
        self.handle.Reset()
