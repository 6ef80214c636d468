"""Mutable properties of segments (0.41): written, replaced by revision, read, deleted."""

import pyarrow as pa

from differential import arrow
from differential.cases import NEW, Call, Together, by_id, case, dataset, one_dataset, register


def properties(columns=None, fields=None, **options):
    return arrow.part(
        {"property:who:name": [["ä"]], "property:who:age": [[7]]} if columns is None else columns, fields, **options
    )


def put(part, segment="one", saved="revision", **fields):
    return Call("SetSegmentProperties", {"segment_id": {"id": segment}, "properties": part, **fields}, by_id("ds"), save=saved)


def get(*segments):
    return Call("GetSegmentProperties", {"segment_ids": [{"id": segment} for segment in segments]}, by_id("ds"))


def drop(*segments):
    deletions = [
        {"segment_id": {"id": item[0]}, "expected_revision": item[1]} if isinstance(item, tuple) else {"segment_id": {"id": item}}
        for item in segments
    ]
    return Call("DeleteSegmentProperties", {"segments": deletions}, by_id("ds"))


REVISION = lambda session: session.saved["revision"].revision
TYPES = {
    "texts": pa.array([["a", None, "ü"]]),
    "integers": pa.array([[1, 2]]),
    "an empty list": pa.array([[]], pa.list_(pa.int64())),
    "null": pa.array([None], pa.list_(pa.int64())),
    "booleans": pa.array([[True]]),
    "floats": pa.array([[0.5, float("nan")]]),
    "times": pa.array([[0]], pa.list_(pa.timestamp("ns"))),
    "bytes": pa.array([[b"\0"]]),
    "structs": pa.array([[{"a": 1}]]),
    "no list": pa.array([5]),
    "a plain text": pa.array(["x"]),
    "a large text": pa.array(["x" * 200_000]),
}
COLUMNS = (
    "property:a:b",
    "a:b",
    "x",
    "property:a",
    "property:",
    "",
    "rerun_segment_id",
    "property:ü ☃:x y",
    "property:a:b:c",
    "property:" + "k" * 3000 + ":v",
)

CASES = [
    case("properties: set and get", one_dataset(), put(properties()), get("one"), only=NEW),
    case(
        "properties: replaced as a whole",
        one_dataset(),
        put(properties()),
        put(properties({"property:other:x": [[1.5]]})),
        get("one"),
        only=NEW,
    ),
    case("properties: of a segment that is not there", dataset(), put(properties(), "nobody"), get("nobody"), only=NEW),
    case(
        "properties: before and after the registration", dataset(), put(properties()), register("one.rrd"), get("one"), only=NEW
    ),
    case(
        "properties: survive the unregistration",
        one_dataset(),
        put(properties()),
        Call("UnregisterFromDataset", {"segments_to_drop": [{"id": "one"}]}, by_id("ds")),
        get("one"),
        only=NEW,
    ),
    case(
        "properties: are not in the segment table",
        one_dataset(),
        put(properties()),
        Call("GetSegmentTableSchema", {}, by_id("ds")),
        Call("GetDatasetSchema", {}, by_id("ds")),
        only=NEW,
    ),
    case("properties: get none", one_dataset(), get("one"), get("nobody"), get("one", "nobody"), only=NEW),
    case(
        "properties: get without ids",
        one_dataset(),
        get(),
        Call("GetSegmentProperties", {"segment_ids": [{}]}, by_id("ds")),
        get(""),
        only=NEW,
    ),
    case(
        "properties: get several",
        dataset(),
        register("one.rrd", "two.rrd", "three.rrd"),
        put(properties()),
        put(properties(), "three"),
        get("one", "two", "three"),
        get("three", "three"),
        only=NEW,
    ),
    case(
        "properties: get many",
        dataset(),
        *(put(properties(), f"s{at}") for at in range(3)),
        get(*(f"s{at}" for at in range(250))),
        only=NEW,
    ),
    case(
        "properties: set without a segment",
        one_dataset(),
        Call("SetSegmentProperties", {"properties": properties()}, by_id("ds")),
        put(properties(), ""),
        Call("SetSegmentProperties", {"segment_id": {}, "properties": properties()}, by_id("ds")),
        only=NEW,
    ),
    case(
        "properties: set without data",
        one_dataset(),
        Call("SetSegmentProperties", {"segment_id": {"id": "one"}}, by_id("ds")),
        put({}),
        put({"encoder_version": 1, "payload": b"x"}),
        get("one"),
        only=NEW,
    ),
    case(
        "properties: set no row",
        one_dataset(),
        put(properties({"property:a:b": []}, {"property:a:b": pa.list_(pa.int64())})),
        get("one"),
        only=NEW,
    ),
    case("properties: set two rows", one_dataset(), put(properties({"property:a:b": [[1], [2]]})), get("one"), only=NEW),
    case(
        "properties: set a row without columns",
        one_dataset(),
        put(arrow.part(pa.RecordBatch.from_struct_array(pa.array([{}], pa.struct([]))))),
        get("one"),
        only=NEW,
    ),
    case("properties: set compressed", one_dataset(), put(properties(lz4=True)), get("one"), only=NEW),
    case(
        "properties: set with metadata",
        one_dataset(),
        put(
            properties(
                {"property:a:b": [[1]]},
                pa.schema([pa.field("property:a:b", pa.list_(pa.int64()), metadata={"rerun:x": "y"})], metadata={"z": "ü"}),
            )
        ),
        get("one"),
        only=NEW,
    ),
    *(
        case(
            f"properties: a value of {kind}",
            one_dataset(),
            put(arrow.part(pa.RecordBatch.from_arrays([array], ["property:a:b"]))),
            get("one"),
            only=NEW,
        )
        for kind, array in TYPES.items()
    ),
    *(
        case(f"properties: the column {name[:24]!r}", one_dataset(), put(properties({name: [[1]]})), get("one"), only=NEW)
        for name in COLUMNS
    ),
    case(
        "properties: the same column twice",
        one_dataset(),
        put(arrow.part(pa.RecordBatch.from_arrays([pa.array([[1]]), pa.array([[2]])], ["property:a:b", "property:a:b"]))),
        get("one"),
        only=NEW,
    ),
    case(
        "properties: expect the revision",
        one_dataset(),
        put(properties()),
        put(properties({"property:a:b": [[2]]}), expected_revision=REVISION),
        get("one"),
        only=NEW,
    ),
    case(
        "properties: expect a wrong revision",
        one_dataset(),
        put(properties()),
        put(properties({"property:a:b": [[2]]}), expected_revision=lambda session: REVISION(session) ^ 1, saved=None),
        get("one"),
        only=NEW,
    ),
    case(
        "properties: expect none",
        one_dataset(),
        put(properties(), expected_revision=0),
        put(properties({"property:a:b": [[2]]}), expected_revision=0),
        get("one"),
        only=NEW,
    ),
    case(
        "properties: expect a revision where there is none",
        one_dataset(),
        put(properties(), expected_revision=5),
        get("one"),
        only=NEW,
    ),
    case(
        "properties: expect an old revision",
        one_dataset(),
        put(properties()),
        put(properties({"property:a:b": [[2]]}), saved="second"),
        put(properties({"property:a:b": [[3]]}), expected_revision=REVISION, saved="third"),
        get("one"),
        only=NEW,
    ),
    case(
        "properties: delete",
        one_dataset(),
        put(properties()),
        drop("one"),
        get("one"),
        put(properties(), expected_revision=0),
        only=NEW,
    ),
    case("properties: delete what is not there", one_dataset(), drop("one"), drop("nobody"), drop("one", "one"), only=NEW),
    case(
        "properties: delete nothing",
        one_dataset(),
        drop(),
        Call("DeleteSegmentProperties", {"segments": [{}]}, by_id("ds")),
        drop(""),
        only=NEW,
    ),
    case("properties: delete by revision", one_dataset(), put(properties()), drop(("one", REVISION)), get("one"), only=NEW),
    case(
        "properties: delete by a wrong revision",
        one_dataset(),
        put(properties()),
        drop(("one", 5)),
        get("one"),
        drop(("one", 0)),
        get("one"),
        only=NEW,
    ),
    case(
        "properties: delete several, one by a wrong revision",
        dataset(),
        put(properties(), "a"),
        put(properties(), "b"),
        drop(("a", 5), "b"),
        get("a", "b"),
        only=NEW,
    ),
    case(
        "properties: of two datasets",
        one_dataset(),
        dataset("other", "@other"),
        put(properties()),
        Call("GetSegmentProperties", {"segment_ids": [{"id": "one"}]}, by_id("other")),
        only=NEW,
    ),
    case(
        "properties: of the blueprint dataset",
        dataset(),
        Call(
            "SetSegmentProperties",
            {"segment_id": {"id": "x"}, "properties": properties()},
            {"id": "$ds.dataset.dataset_details.blueprint_dataset"},
        ),
        only=NEW,
    ),
    case(
        "properties: of the asset dataset",
        dataset(),
        Call(
            "SetSegmentProperties",
            {"segment_id": {"id": "x"}, "properties": properties()},
            {"id": "$ds.dataset.dataset_details.asset_dataset"},
        ),
        Call("GetSegmentProperties", {"segment_ids": [{"id": "x"}]}, {"id": "$ds.dataset.dataset_details.asset_dataset"}),
        only=NEW,
    ),
    case(
        "properties: go with the dataset",
        one_dataset(),
        put(properties()),
        Call("DeleteEntry", {"id": "$ds.id"}, by_id("ds")),
        get("one"),
        only=NEW,
    ),
    case(
        "properties: expect none at once",
        one_dataset(),
        Together(tuple(put(properties({"property:a:b": [[at]]}), expected_revision=0, saved=None) for at in range(6))),
        only=NEW,
    ),
    case(
        "properties: overwritten at once",
        one_dataset(),
        Together(tuple(put(properties(), saved=None) for _ in range(6))),
        get("one"),
        only=NEW,
    ),
]
