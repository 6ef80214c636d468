"""The segment table, the manifest, the schemas: columns, projections, filters, order, every kind of dataset."""

from differential.cases import NEW, Call, Together, by_id, case, dataset, one_dataset, register, source

PLAIN = ["rerun_segment_id", "rerun_layer_names", "rerun_storage_urls", "rerun_last_updated_at", "rerun_num_chunks"]
MANIFEST_PLAIN = [
    "rerun_layer_name",
    "rerun_segment_id",
    "rerun_storage_url",
    "rerun_layer_type",
    "rerun_registration_time",
    "rerun_last_updated_at",
    "rerun_num_chunks",
    "rerun_registration_status",
]


def scan(entry="ds", **request):
    return Call("ScanSegmentTable", request, by_id(entry))


def manifest(entry="ds", **request):
    return Call("ScanDatasetManifest", request, by_id(entry))


def schemas(entry="ds"):
    return [
        Call(method, {}, by_id(entry), columns_ordered=False)
        for method in ("GetDatasetSchema", "GetSegmentTableSchema", "GetDatasetManifestSchema")
    ]


def content(*files):
    """A dataset of these files in all its tables."""
    made = [dataset(), register(*files)]
    name = ", ".join(item if isinstance(item, str) else f"{item['storage_url'].name} as {item['layer']}" for item in files)
    call = lambda method: Call(method, {}, by_id("ds"), columns_ordered=False)
    return [
        case(f"segment table: schemas of {name}", made, schemas()),
        case(f"segment table: rows of {name}", made, call("ScanSegmentTable")),
        case(f"segment table: manifest of {name}", made, call("ScanDatasetManifest")),
    ]


CONTENT = [
    item
    for files in (
        ("one.rrd",),
        ("one.rrd", "two.rrd"),
        ("unicode.rrd",),
        ("long.rrd",),
        ("indexes.rrd",),
        ("properties.rrd",),
        ("sparse.rrd",),
        ("no_rows.rrd",),
        ("both.rrd",),
        ("number.rrd",),
        ("properties.rrd", source("properties_layer.rrd", layer="more")),
        ("one.rrd", source("one_layer.rrd", layer="labels")),
        ("one.rrd", "indexes.rrd", "properties.rrd", "sparse.rrd", "unicode.rrd"),
    )
    for item in content(*files)
]

EMPTY = [
    case("segment table: schemas of an empty dataset", dataset(), schemas()),
    case("segment table: rows of an empty dataset", dataset(), scan(), manifest(), scan(columns=["rerun_segment_id"])),
    case(
        "segment table: schemas after everything went",
        one_dataset(),
        Call("UnregisterFromDataset", {"segments_to_drop": [{"id": "one"}]}, by_id("ds")),
        schemas(),
        scan(),
        manifest(),
    ),
    case(
        "segment table: of the blueprint dataset",
        dataset(),
        *(
            Call(method, {}, {"id": "$ds.dataset.dataset_details.blueprint_dataset"})
            for method in ("GetSegmentTableSchema", "ScanSegmentTable", "GetDatasetSchema", "ScanDatasetManifest")
        ),
    ),
]

PROJECTIONS = {
    "one column": ["rerun_segment_id"],
    "another order": ["rerun_num_chunks", "rerun_segment_id"],
    "a property": ["property:plain:integer", "rerun_segment_id"],
    "the ends of an index": ["frame:end", "frame:start"],
    "the same twice": ["rerun_segment_id", "rerun_segment_id"],
    "unknown": ["nothing"],
    "known and unknown": ["rerun_segment_id", "nothing"],
    "empty": [""],
    "another case": ["Rerun_Segment_Id"],
    "a very long name": ["x" * 10_000],
    "unicode": ["ü☃"],
    "a name in quotes": ['"rerun_segment_id"'],
    "two thousand": ["rerun_segment_id"] * 2000,
}
MIXED = [dataset(), register("one.rrd", "two.rrd", "properties.rrd", "sparse.rrd")]

PROJECTED = [
    *(case(f"segment table: columns: {kind}", MIXED, scan(columns=columns)) for kind, columns in PROJECTIONS.items()),
    *(
        case(f"segment table: manifest columns: {kind}", MIXED, manifest(columns=columns))
        for kind, columns in PROJECTIONS.items()
        if "ends" not in kind
    ),
    case("segment table: all plain columns", MIXED, scan(columns=PLAIN)),
    case("segment table: all plain columns of the manifest", MIXED, manifest(columns=MANIFEST_PLAIN)),
]

SEGMENT_FILTERS = {
    "one": {"scan_only": {"segment_ids": ["one"]}},
    "none": {"scan_only": {"segment_ids": []}},
    "unknown": {"scan_only": {"segment_ids": ["nobody"]}},
    "twice": {"scan_only": {"segment_ids": ["one", "one"]}},
    "several": {"scan_only": {"segment_ids": ["two", "one", "nobody"]}},
    "an empty id": {"scan_only": {"segment_ids": [""]}},
    "all but one": {"skip": {"segment_ids": ["one"]}},
    "all but nobody": {"skip": {"segment_ids": []}},
    "no strategy": {},
}
LAYER_FILTERS = {
    "one": {"scan_only": {"layer_names": ["labels"]}},
    "none": {"scan_only": {"layer_names": []}},
    "unknown": {"scan_only": {"layer_names": ["nothing"]}},
    "all but one": {"skip": {"layer_names": ["labels"]}},
    "no strategy": {},
}
LAYERED = [dataset(), register("one.rrd", "two.rrd", source("one_layer.rrd", layer="labels"))]
FILTERED = [
    *(
        case(
            f"segment table: segments: {kind}",
            LAYERED,
            scan(columns=PLAIN[:2], segment_id_filter=filter),
            manifest(columns=MANIFEST_PLAIN[:2], segment_id_filter=filter),
        )
        for kind, filter in SEGMENT_FILTERS.items()
    ),
    *(
        case(f"segment table: layers: {kind}", LAYERED, manifest(columns=MANIFEST_PLAIN[:2], layer_name_filter=filter), only=NEW)
        for kind, filter in LAYER_FILTERS.items()
    ),
    case(
        "segment table: segments and layers",
        LAYERED,
        manifest(
            columns=MANIFEST_PLAIN[:2], segment_id_filter=SEGMENT_FILTERS["one"], layer_name_filter=LAYER_FILTERS["all but one"]
        ),
        only=NEW,
    ),
    case(
        "segment table: a filter and an unknown column",
        LAYERED,
        scan(columns=["nothing"], segment_id_filter=SEGMENT_FILTERS["none"]),
    ),
]

HASH = lambda session: session.table("manifest").column("rerun_schema_sha256").to_pylist()
SAVED_MANIFEST = Call(
    "ScanDatasetManifest",
    {"columns": ["rerun_segment_id", "rerun_schema_sha256"]},
    by_id("ds"),
    save="manifest",
    keep=("rerun_segment_id",),
)


def get_schemas(ids, **options):
    return Call("GetSchemas", {"schema_ids": ids}, by_id("ds"), **options)


SCHEMAS = [
    case(
        "schemas: by hash",
        LAYERED,
        SAVED_MANIFEST,
        get_schemas(lambda session: [{"sha256": item} for item in HASH(session)]),
        only=NEW,
    ),
    case(
        "schemas: by hash, twice the same",
        one_dataset(),
        SAVED_MANIFEST,
        get_schemas(lambda session: [{"sha256": item} for item in HASH(session) * 3]),
        only=NEW,
    ),
    case("schemas: none", one_dataset(), get_schemas([]), only=NEW),
    case("schemas: unknown", one_dataset(), get_schemas([{"sha256": bytes(32)}]), only=NEW),
    case(
        "schemas: known and unknown",
        one_dataset(),
        SAVED_MANIFEST,
        get_schemas(lambda session: [{"sha256": bytes(32)}, *({"sha256": item} for item in HASH(session))]),
        only=NEW,
    ),
    *(
        case(f"schemas: a hash of {length} bytes", one_dataset(), get_schemas([{"sha256": bytes(length)}]), only=NEW)
        for length in (0, 31, 33)
    ),
    case("schemas: no hash", one_dataset(), get_schemas([{}]), only=NEW),
    case(
        "schemas: 1024 hashes", one_dataset(), get_schemas([{"sha256": at.to_bytes(32, "big")} for at in range(1024)]), only=NEW
    ),
    case(
        "schemas: 1025 hashes", one_dataset(), get_schemas([{"sha256": at.to_bytes(32, "big")} for at in range(1025)]), only=NEW
    ),
    case(
        "schemas: the hashes themselves",
        LAYERED,
        Call("ScanDatasetManifest", {"columns": ["rerun_segment_id", "rerun_schema_sha256"]}, by_id("ds")),
    ),
]

TOGETHER = [
    case(
        "segment table: read while registering",
        dataset(),
        Together(
            (
                *(
                    Call(
                        "RegisterWithDataset",
                        {"data_sources": [source(f"many/many_{at:02d}.rrd")], "on_duplicate": 3},
                        by_id("ds"),
                        keep=("rerun_segment_id",),
                    )
                    for at in range(4)
                ),
            )
        ),
        Together(tuple(scan(columns=["rerun_segment_id"]) for _ in range(6))),
    )
]

CASES = [*CONTENT, *EMPTY, *PROJECTED, *FILTERED, *SCHEMAS, *TOGETHER]
