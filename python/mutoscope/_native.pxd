# What the module uses of include/mutoscope and of _binding.h.
from libc.stdint cimport int64_t, uint16_t, uint64_t
from libcpp cimport bool as cbool
from libcpp.memory cimport shared_ptr
from libcpp.optional cimport optional
from libcpp.pair cimport pair
from libcpp.string cimport string
from libcpp.vector cimport vector
from pyarrow.includes.libarrow cimport (
    CArray,
    CExpression,
    CRandomAccessFile,
    CRecordBatch,
    CRecordBatchReader,
    CSchema,
    CTable,
)
from pyarrow.includes.libarrow_dataset cimport CDataset


cdef extern from "mutoscope/server.h" namespace "mutoscope" nogil:
    cdef cppclass CCatalogOptions "mutoscope::CatalogOptions":
        string directory
        vector[string] allow_paths

    cdef cppclass CServerOptions "mutoscope::ServerOptions":
        CCatalogOptions catalog
        string host
        uint16_t port

    cdef cppclass CVersionInfo "mutoscope::VersionInfo":
        string version
        vector[string] features

    cdef cppclass CEntryKind "mutoscope::EntryKind":
        pass

    cdef cppclass CEntry "mutoscope::Entry":
        string id
        string name
        CEntryKind kind
        int64_t created_at_ns
        int64_t updated_at_ns

    cdef cppclass CDatasetDetails "mutoscope::DatasetDetails":
        optional[string] blueprint_dataset_id
        optional[string] asset_dataset_id
        optional[string] default_blueprint
        optional[string] default_segment_table_blueprint

    cdef cppclass CTableDetails "mutoscope::TableDetails":
        string storage_url
        optional[string] blueprint_dataset_id
        optional[string] default_blueprint

    cdef cppclass CSegmentProperties "mutoscope::SegmentProperties":
        string segment_id
        shared_ptr[CRecordBatch] values
        uint64_t revision

    cdef cppclass CMaintenance "mutoscope::Maintenance":
        cbool optimize_indexes
        cbool retrain_indexes
        cbool compact_fragments
        optional[int64_t] cleanup_before_ns
        cbool unsafe_allow_recent_cleanup

    cdef cppclass CSource "mutoscope::Source":
        string url
        string layer
        cbool prefix

    cdef cppclass CRegistered "mutoscope::Registered":
        string segment_id
        string layer
        string url
        string task_id

    cdef cppclass CTaskStatus "mutoscope::TaskState::Status":
        pass

    cdef cppclass CTaskState "mutoscope::TaskState":
        string task_id
        CTaskStatus status
        string message

    cdef cppclass CRequest "mutoscope::Request":
        optional[vector[string]] segments
        vector[vector[string]] contents
        optional[string] index
        optional[vector[string]] columns
        CExpression filter
        cbool fill_latest_at
        cbool include_tombstone_columns
        cbool include_semantically_empty_columns
        shared_ptr[CArray] index_values
        optional[vector[pair[string, shared_ptr[CArray]]]] segment_index_values
        optional[int64_t] limit

    cdef struct CStatistics "mutoscope::Statistics":
        int64_t rows
        int64_t rows_considered
        int64_t segments
        int64_t chunks
        int64_t cells_verbatim
        int64_t chunks_decoded
        int64_t cache_hits
        int64_t bytes_read
        int64_t bytes_decoded
        int64_t plan_ns
        int64_t index_ns
        int64_t filter_ns
        int64_t payload_ns

    cdef cppclass CCellRequest "mutoscope::CellRequest":
        string column
        string index
        int64_t at
        optional[string] segment
        cbool latest


cdef extern from "_binding.h" namespace "mutoscope::python":
    void SetPythonError()
    void SetExceptionOfCode(int code, object type)
    void SetMainThread()
    void WaitForCalls()

    cdef cppclass CKeptCatalog "mutoscope::python::KeptCatalog":
        void Reset()

    cdef cppclass CKeptDataset "mutoscope::python::KeptDataset":
        pass

    cdef cppclass CKeptTable "mutoscope::python::KeptTable":
        pass

    cdef cppclass CKeptServer "mutoscope::python::KeptServer":
        void Reset()

    cdef cppclass CReader "mutoscope::python::Reader":
        shared_ptr[CSchema] schema() except +SetPythonError
        CStatistics statistics() except +SetPythonError
        cbool waits()
        shared_ptr[CRecordBatch] Next(int timeout_ms) except +SetPythonError
        void Close() except +SetPythonError

    CKeptCatalog OpenCatalog(const CCatalogOptions&) except +SetPythonError
    CKeptCatalog Connect(const string& url, int64_t timeout_ns) except +SetPythonError
    CVersionInfo Version(const CKeptCatalog&) except +SetPythonError
    vector[CEntry] Entries(const CKeptCatalog&, cbool include_hidden) except +SetPythonError
    CKeptDataset GetDataset(const CKeptCatalog&, const string& name) except +SetPythonError
    CKeptDataset GetDatasetById(const CKeptCatalog&, const string& id) except +SetPythonError
    CKeptDataset CreateDataset(const CKeptCatalog&, const string& name) except +SetPythonError
    CEntry RenameEntry(const CKeptCatalog&, const string& id, const string& name) except +SetPythonError
    void DeleteEntry(const CKeptCatalog&, const string& id) except +SetPythonError
    vector[CTaskState] WaitForTasks(const CKeptCatalog&, const vector[string]& ids, int64_t timeout_ns) except +SetPythonError

    CKeptTable GetTable(const CKeptCatalog&, const string& name) except +SetPythonError
    CKeptTable GetTableById(const CKeptCatalog&, const string& id) except +SetPythonError
    CKeptTable CreateTable(const CKeptCatalog&, const string& name, const shared_ptr[CSchema]& schema,
                           const optional[string]& url) except +SetPythonError
    CKeptTable RegisterTable(const CKeptCatalog&, const string& name, const string& url) except +SetPythonError
    void CancelTasks(const CKeptCatalog&, const vector[string]& ids) except +SetPythonError
    string Stage(const CKeptCatalog&, const string& key, const shared_ptr[CRandomAccessFile]& content) except +SetPythonError
    void DoGlobalMaintenance(const CKeptCatalog&) except +SetPythonError
    uint64_t TestBandwidth(const CKeptCatalog&, uint64_t bytes) except +SetPythonError

    CEntry TableEntryOf "mutoscope::python::EntryOf"(const CKeptTable&) except +SetPythonError
    CTableDetails TableDetailsOf "mutoscope::python::Details"(const CKeptTable&) except +SetPythonError
    CTableDetails SetDefaultBlueprint(const CKeptTable&, const optional[string]& name) except +SetPythonError
    shared_ptr[CSchema] TableSchema "mutoscope::python::Schema"(const CKeptTable&) except +SetPythonError
    shared_ptr[CReader] Scan(const CKeptTable&, const CRequest&) except +SetPythonError
    shared_ptr[CDataset] TableArrowDataset "mutoscope::python::ArrowDataset"(const CKeptTable&,
                                                                            const CRequest&) except +SetPythonError
    void Write(const CKeptTable&, const shared_ptr[CRecordBatchReader]& rows, int how) except +SetPythonError

    CEntry EntryOf(const CKeptDataset&) except +SetPythonError
    CDatasetDetails Details(const CKeptDataset&) except +SetPythonError
    void SetDetails(const CKeptDataset&, const CDatasetDetails&) except +SetPythonError
    vector[string] AssetsForSegment(const CKeptDataset&, const string& segment) except +SetPythonError
    vector[CSegmentProperties] GetSegmentProperties(const CKeptDataset&, const vector[string]& segments) except +SetPythonError
    uint64_t SetSegmentProperties(const CKeptDataset&, const string& segment, const shared_ptr[CRecordBatch]& values,
                                  const optional[uint64_t]& expected) except +SetPythonError
    void DeleteSegmentProperties(const CKeptDataset&, const vector[string]& segments) except +SetPythonError
    string DoMaintenance(const CKeptDataset&, const CMaintenance&) except +SetPythonError
    shared_ptr[CSchema] Schema(const CKeptDataset&) except +SetPythonError
    shared_ptr[CTable] SegmentTable(const CKeptDataset&, const optional[vector[string]]& columns) except +SetPythonError
    shared_ptr[CTable] Manifest(const CKeptDataset&) except +SetPythonError
    vector[CRegistered] Register(const CKeptDataset&, const vector[CSource]&, int on_duplicate) except +SetPythonError
    vector[CRegistered] Unregister(const CKeptDataset&, const vector[string]& segments,
                                   const vector[string]& layers) except +SetPythonError
    shared_ptr[CSchema] QuerySchema(const CKeptDataset&, const CRequest&) except +SetPythonError
    shared_ptr[CReader] Query(const CKeptDataset&, const CRequest&) except +SetPythonError
    string Explain(const CKeptDataset&, const CRequest&, cbool run) except +SetPythonError
    shared_ptr[CArray] Cell(const CKeptDataset&, const CCellRequest&, cbool remote) except +SetPythonError
    shared_ptr[CDataset] ArrowDataset(const CKeptDataset&, const CRequest&) except +SetPythonError

    CKeptServer StartServer(const CServerOptions&) except +SetPythonError
    void StopServer(const CKeptServer&) except +SetPythonError
    string ServerUrl(const CKeptServer&) except +SetPythonError
    uint16_t ServerPort(const CKeptServer&) except +SetPythonError
    CKeptCatalog ServerCatalog(const CKeptServer&) except +SetPythonError
