"""Events of entries, upkeep, and written chunks (0.36)."""

from differential import arrow
from differential.cases import OLD, Call, Together, Watch, by_id, case, dataset, one_dataset, register, table

ENTRY = {"entry": {}}
DELETE = Call("DeleteEntry", {"id": "$ds.id"}, by_id("ds"))
RENAME = Call("UpdateEntry", {"id": "$ds.id", "entry_details_update": {"name": "@renamed"}}, by_id("ds"))

EVENTS = [
    case("events: a dataset comes", Watch({}, (dataset(),), 1)),
    case("events: a dataset goes", dataset(), Watch({}, (DELETE,), 1)),
    case("events: one comes and goes", Watch({"kinds": [ENTRY]}, (dataset(), DELETE), 2)),
    case("events: several come", Watch({}, tuple(dataset(f"ds{at}", f"@{at}") for at in range(4)), 4)),
    case(
        "events: a table comes and goes",
        Watch({}, (table({"a": "int64"}), Call("DeleteEntry", {"id": "$table.id"}, by_id("table"))), 2),
    ),
    case("events: a rename between two", Watch({}, (dataset(), RENAME, DELETE), 2)),
    case("events: a failed create between two", Watch({}, (dataset(), dataset("again"), dataset("wrong", "a/b"), DELETE), 2)),
    case("events: a kind twice", Watch({"kinds": [ENTRY, ENTRY]}, (dataset(),), 1)),
    case(
        "events: a registration between two",
        Watch({}, (dataset(), Call("UpdateDatasetEntry", {"id": "$ds.id", "dataset_details": {}}, by_id("ds")), DELETE), 2),
    ),
    case("events: an empty kind", Watch({"kinds": [{}]}, (dataset(), DELETE), 0)),
]


def maintain(entry="ds", **request):
    return Call("DoMaintenance", request, by_id(entry))


MAINTENANCE = [
    case(
        "maintenance: of a dataset",
        one_dataset(),
        maintain(optimize_indexes=True, compact_fragments=True, retrain_indexes=True, gc_object_store=True),
        Call("ScanSegmentTable", {"columns": ["rerun_segment_id"]}, by_id("ds")),
    ),
    case("maintenance: nothing asked for", one_dataset(), maintain()),
    case("maintenance: cleanup", one_dataset(), maintain(cleanup_before={"seconds": 1}, unsafe_allow_recent_cleanup=True)),
    case(
        "maintenance: of a wrong dataset",
        Call("DoMaintenance", {}),
        Call("DoMaintenance", {}, {"id": "18EA604BF736E21E106732e40ef82c2a"}),
        table({"a": "int64"}),
        maintain("table"),
    ),
    case("maintenance: of everything", Call("DoGlobalMaintenance")),
    case(
        "maintenance: at once",
        one_dataset(),
        Together((maintain(), maintain(), Call("DoGlobalMaintenance"), Call("DoGlobalMaintenance"))),
    ),
]


def write(*chunks, entry="ds"):
    return Call("WriteChunks", [{"chunk": chunk} for chunk in chunks], by_id(entry))


FOUND = ("chunk_id", "chunk_segment_id", "rerun_segment_layer", "chunk_entity_path", "chunk_is_static")
QUERY = Call("QueryDataset", {"select_all_entity_paths": True}, by_id("ds"), save="found", keep=FOUND)
FETCH = Call(
    "FetchChunks",
    {
        "chunk_infos": lambda session: [
            arrow.part(batch) for batch in session.table("found").select(["chunk_key"]).combine_chunks().to_batches()
        ]
    },
)
SEGMENTS = Call("ScanSegmentTable", {"columns": ["rerun_segment_id", "rerun_layer_names", "rerun_num_chunks"]}, by_id("ds"))
SCHEMA = Call("GetDatasetSchema", {}, by_id("ds"), columns_ordered=False)
MANIFEST = Call(
    "ScanDatasetManifest",
    {"columns": ["rerun_segment_id", "rerun_layer_name", "rerun_layer_type", "rerun_registration_status", "rerun_num_chunks"]},
    by_id("ds"),
)

WRITTEN = [
    case("write chunks: one", dataset(), write(arrow.chunk("s")), SEGMENTS, SCHEMA, QUERY, FETCH, MANIFEST, only=OLD),
    case(
        "write chunks: several of a segment",
        dataset(),
        write(*(arrow.chunk("s", f"/w{at}", times=(at, at + 1), identifier=at + 1) for at in range(0, 10, 2))),
        SEGMENTS,
        QUERY,
        FETCH,
        only=OLD,
    ),
    case(
        "write chunks: several segments",
        dataset(),
        write(arrow.chunk("a"), arrow.chunk("b", identifier=2), arrow.chunk("a", "/other", identifier=3)),
        SEGMENTS,
        QUERY,
        only=OLD,
    ),
    case("write chunks: static", dataset(), write(arrow.chunk("s", times=None, values=(1.0,))), SEGMENTS, QUERY, FETCH, only=OLD),
    case(
        "write chunks: twice",
        dataset(),
        write(arrow.chunk("s")),
        write(arrow.chunk("s", "/more", identifier=2)),
        SEGMENTS,
        MANIFEST,
        QUERY,
        only=OLD,
    ),
    case("write chunks: the same chunk twice", dataset(), write(arrow.chunk("s"), arrow.chunk("s")), SEGMENTS, QUERY, only=OLD),
    case(
        "write chunks: the same chunk in two calls",
        dataset(),
        write(arrow.chunk("s")),
        write(arrow.chunk("s")),
        SEGMENTS,
        only=OLD,
    ),
    case("write chunks: none", dataset(), write(), SEGMENTS, only=OLD),
    case(
        "write chunks: a message without a chunk",
        dataset(),
        Call("WriteChunks", [{}], by_id("ds")),
        Call("WriteChunks", [{"chunk": {}}], by_id("ds")),
        SEGMENTS,
        only=OLD,
    ),
    case(
        "write chunks: a good and a bad one",
        dataset(),
        write(arrow.chunk("s"), {"encoder_version": 1, "payload": b"none"}),
        SEGMENTS,
        only=OLD,
    ),
    case("write chunks: without a segment", dataset(), write(arrow.chunk(None)), SEGMENTS, only=OLD),
    case(
        "write chunks: the old name of a segment",
        dataset(),
        write(arrow.chunk(None, rerun__partition_id="p")),
        SEGMENTS,
        only=OLD,
    ),
    case("write chunks: an empty segment", dataset(), write(arrow.chunk("")), SEGMENTS, only=OLD),
    case(
        "write chunks: odd names",
        dataset(),
        write(arrow.chunk("ü ☃/?", "/wörld/☃", timeline="zeit ü"), arrow.chunk("x" * 3000, identifier=2)),
        SEGMENTS,
        SCHEMA,
        only=OLD,
    ),
    case("write chunks: without an entity", dataset(), write(arrow.chunk("s", None)), SEGMENTS, only=OLD),
    case("write chunks: without an id", dataset(), write(arrow.chunk("s", rerun__id=None)), SEGMENTS, only=OLD),
    case(
        "write chunks: a wrong encoder",
        dataset(),
        write({**arrow.chunk("s"), "encoder_version": 0}),
        write({**arrow.chunk("s"), "encoder_version": 9}),
        SEGMENTS,
        only=OLD,
    ),
    case("write chunks: no rows", dataset(), write(arrow.chunk("s", times=(), values=())), SEGMENTS, only=OLD),
    case(
        "write chunks: rows out of order",
        dataset(),
        write(arrow.chunk("s", times=(5, 1, 3), values=(5.0, 1.0, 3.0))),
        QUERY,
        FETCH,
        only=OLD,
    ),
    case("write chunks: beside a registered segment", one_dataset(), write(arrow.chunk("s", "/a")), SEGMENTS, SCHEMA, only=OLD),
    case("write chunks: into a registered segment", one_dataset(), write(arrow.chunk("one")), SEGMENTS, MANIFEST, only=OLD),
    case(
        "write chunks: register over a written segment",
        dataset(),
        write(arrow.chunk("one")),
        register("one.rrd"),
        register("one.rrd", on_duplicate=1, saved="b"),
        SEGMENTS,
        only=OLD,
    ),
    case(
        "write chunks: unregister a written segment",
        dataset(),
        write(arrow.chunk("s")),
        Call("UnregisterFromDataset", {"segments_to_drop": [{"id": "s"}]}, by_id("ds")),
        SEGMENTS,
        write(arrow.chunk("s")),
        SEGMENTS,
        only=OLD,
    ),
    case(
        "write chunks: a component of another type",
        dataset(),
        register("sequence_t.rrd"),
        write(arrow.chunk("s", "/s", timeline="frame")),
        SEGMENTS,
        only=OLD,
    ),
    case(
        "write chunks: segments at once",
        dataset(),
        Together(tuple(write(arrow.chunk(f"s{at}", identifier=at + 1)) for at in range(8))),
        SEGMENTS,
        QUERY,
        only=OLD,
    ),
    case(
        "write chunks: the manifest of a written segment",
        dataset(),
        write(arrow.chunk("s")),
        Call("GetRrdManifest", {"segment_id": {"id": "s"}}, by_id("ds"), columns_ordered=False),
        only=OLD,
    ),
    case(
        "write chunks: into the blueprint dataset",
        dataset(),
        Call("WriteChunks", [{"chunk": arrow.chunk("s")}], {"id": "$ds.dataset.dataset_details.blueprint_dataset"}),
        only=OLD,
    ),
]

CASES = [*EVENTS, *MAINTENANCE, *WRITTEN]
