"""How a call names its entry: headers for all methods, and the old body field where there is one."""

from differential import arrow
from differential.cases import NEW, OLD, Call, by_id, case, dataset, one_dataset, source, table

ALL_SEGMENTS = {"all": {}}
SEGMENT = {"id": "one"}
UNKNOWN = "18EA604BF736E21E106732e40ef82c2a"
UNKNOWN_ENTRY = {"id": {"time_ns": 0x18EA604BF736E21E, "inc": 0x106732E40EF82C2A}}
PROPERTIES = arrow.part({"property:p:v": [[1]]})

# The methods whose dataset stands in the headers only: a request that succeeds, and the version that has the method.
BY_HEADER = {
    "ReadDatasetEntry": ({}, None),
    "RegisterWithDataset": ({"data_sources": [source("two.rrd")], "on_duplicate": 2}, None),
    "UnregisterFromDataset": ({"layers_to_drop": ["nope"]}, None),
    "GetSegmentTableSchema": ({}, None),
    "ScanSegmentTable": ({"columns": ["rerun_segment_id", "rerun_layer_names"]}, None),
    "GetDatasetManifestSchema": ({}, None),
    "ScanDatasetManifest": ({"columns": ["rerun_segment_id", "rerun_layer_name"]}, None),
    "GetDatasetSchema": ({}, None),
    "GetSchemas": ({"schema_ids": [{"sha256": bytes(32)}]}, NEW),
    "GetRrdManifest": ({"segment_id": SEGMENT}, None),
    "GetAssetsForSegment": ({"segment_id": SEGMENT}, None),
    "GetSegmentProperties": ({"segment_ids": [SEGMENT]}, NEW),
    "SetSegmentProperties": ({"segment_id": SEGMENT, "properties": PROPERTIES}, NEW),
    "DeleteSegmentProperties": ({"segments": [{"segment_id": SEGMENT}]}, NEW),
    "QueryDataset": ({"select_all_entity_paths": True}, None),
    "FindChunks": ({"contents": {"all": {}}, "static": {"segments": ALL_SEGMENTS}}, NEW),
    "DoMaintenance": ({}, None),
    "WriteChunks": ([{"chunk": arrow.chunk("written")}], OLD),
}
WRONG_HEADERS = [
    {},
    {"id": UNKNOWN},
    {"id": "18EA"},
    {"id": "no id"},
    {"id": UNKNOWN + "00"},
    {"name": "@nobody"},
    {"name": ""},
    {"name": "a/b"},
    {"name": b"\xff\xfe"},
    {"id": "", "name": "@ds"},
    {"id": UNKNOWN, "name": "@ds"},
    {"name": "ünï"},
    {"name": "n" * 2000},
]


def by_header(method):
    request, only = BY_HEADER[method]
    options = {"QueryDataset": {"keep": ("chunk_id", "chunk_segment_id")}, "GetRrdManifest": {"columns_ordered": False}}.get(
        method, {}
    )
    call = lambda headers: Call(method, request, headers, **options)
    two = [one_dataset(), dataset("other", "@other")]
    echo = ("x-rerun-entry-id", "x-rerun-client-version")
    client = {"x-rerun-client-version": "test/1"}
    return [
        case(
            f"addressing: {method} by id",
            one_dataset(),
            Call(method, request, {**by_id("ds"), **client}, answer_headers=echo, **options),
            only=only,
        ),
        case(f"addressing: {method} by name", one_dataset(), call({"name": "@ds"}), only=only),
        case(f"addressing: {method} by id and the name of another", two, call({**by_id("ds"), "name": "@other"}), only=only),
        case(f"addressing: {method} with wrong headers", one_dataset(), [call(headers) for headers in WRONG_HEADERS], only=only),
        case(
            f"addressing: {method} of a table", table({"a": "int64"}), call(by_id("table")), call({"name": "@table"}), only=only
        ),
        case(
            f"addressing: {method} of a deleted dataset",
            one_dataset(),
            Call("DeleteEntry", {"id": "$ds.id"}, by_id("ds")),
            call(by_id("ds")),
            only=only,
        ),
    ]


# The methods that have a body field besides: the entry they need, its field, the rest of a request that succeeds.
BY_BODY = {
    "DeleteEntry": ("dataset", "id", {}),
    "UpdateEntry": ("dataset", "id", {"entry_details_update": {"name": "@renamed"}}),
    "UpdateDatasetEntry": ("dataset", "id", {"dataset_details": {}}),
    "ReadTableEntry": ("table", "id", {}),
    "UpdateTableEntry": ("table", "id", {"table_details": {}}),
    "GetTableSchema": ("table", "table_id", {}),
    "ScanTable": ("table", "table_id", {}),
}


def by_body(method):
    kind, field, rest = BY_BODY[method]
    make = dataset if kind == "dataset" else lambda saved, name: table({"a": "int64"}, saved, name)
    two = [make("one", "@one"), make("two", "@two")]
    call = lambda body=None, **headers: Call(method, {**rest, field: body}, headers)
    return [
        case(f"addressing: {method} by header", two, call(id="$one.id")),
        case(f"addressing: {method} by name header", two, call(name="@one")),
        case(f"addressing: {method} by body", two, call("$one.id")),
        case(f"addressing: {method} by both", two, call("$one.id", id="$one.id")),
        case(f"addressing: {method} by name header and body", two, call("$one.id", name="@one")),
        case(
            f"addressing: {method} by header and another body", two, call("$two.id", id="$one.id"), call("$two.id", name="@one")
        ),
        case(f"addressing: {method} of nothing", two, call(), call({}), call({"id": {}}), call({"id": {"time_ns": 1}})),
        case(
            f"addressing: {method} of what is unknown",
            two,
            call(UNKNOWN_ENTRY),
            call(id=UNKNOWN),
            call(UNKNOWN_ENTRY, id=UNKNOWN),
            call("$one.id", id="no id"),
            call("$one.id", name="@nobody"),
        ),
    ]


def to_table():
    call = lambda **headers: Call("WriteTable", [{"dataframe_part": arrow.part({"a": [1, 2]})}], headers)
    scan = Call("ScanTable", {"table_id": "$table.id"}, by_id("table"))
    made = [table({"a": "int64"}), dataset()]
    return [
        case("addressing: WriteTable by id", made, call(id="$table.id"), scan),
        case("addressing: WriteTable by name", made, call(name="@table"), scan),
        case("addressing: WriteTable by id and the name of another", made, call(id="$table.id", name="@ds"), scan),
        case("addressing: WriteTable with wrong headers", made, [call(**headers) for headers in WRONG_HEADERS], scan),
        case("addressing: WriteTable of a dataset", made, call(id="$ds.id"), call(name="@ds")),
    ]


CASES = [
    *(item for method in BY_HEADER for item in by_header(method)),
    *(item for method in BY_BODY for item in by_body(method)),
    *to_table(),
]
