# distutils: language = c++
# cython: language_level=3
# cython: c_string_type=str, c_string_encoding=utf8
"""The C++ engine: handles of catalogs, datasets, servers and queries. See _engine.pyi for the signatures."""

import atexit
import os

from cython.operator cimport dereference
from libc.stdint cimport int64_t
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
    pyarrow_unwrap_array,
    pyarrow_wrap_array,
    pyarrow_wrap_batch,
    pyarrow_wrap_schema,
    pyarrow_wrap_table,
)

from mutoscope cimport _native as native

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

    def __init__(self, Dataset dataset not None, request):
        self._scan_options = {}
        self.init(native.ArrowDataset(dataset.handle, engine_request(request)))


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
