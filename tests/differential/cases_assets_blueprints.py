"""Shared assets and blueprints: registering into the hidden datasets, what a segment gets, limits."""

from differential import arrow
from differential.cases import NEW, Call, Together, by_id, case, dataset, one_dataset, source, table, wait

ASSETS = {"id": "$ds.dataset.dataset_details.asset_dataset"}
BLUEPRINTS = {"id": "$ds.dataset.dataset_details.blueprint_dataset"}
ASSET_NAMES = [f"asset_{number:02d}" for number in range(14)]


def add(where, *names, on_duplicate=1, saved="added"):
    sources = [source(item) if isinstance(item, str) else item for item in names]
    return [Call("RegisterWithDataset", {"data_sources": sources, "on_duplicate": on_duplicate}, where, save=saved), wait(saved)]


def assets(segment=None, entry="ds"):
    return Call("GetAssetsForSegment", {} if segment is None else {"segment_id": {"id": segment}}, by_id(entry))


def segments(where):
    return Call("ScanSegmentTable", {"columns": ["rerun_segment_id", "rerun_layer_names"]}, where)


def mode(asset, mode=None, *listed):
    columns = {
        **({"property:asset:mode": [[mode]]} if mode is not None else {}),
        **({"property:asset:segments": [list(listed)]} if listed else {}),
    }
    return Call(
        "SetSegmentProperties",
        {"segment_id": {"id": asset}, "properties": arrow.part(columns or {"property:x:y": [[1]]})},
        ASSETS,
    )


TWO_ASSETS = [one_dataset(), add(ASSETS, "asset_00.rrd", "asset_01.rrd")]
READ = Call("ReadDatasetEntry", {}, by_id("ds"))


def scoped(name, *modes):
    return case(f"assets: {name}", TWO_ASSETS, *modes, assets("one"), assets("two"), assets(), only=NEW)


ASSET_CASES = [
    case("assets: none", one_dataset(), assets("one"), assets(), assets("nobody")),
    case("assets: one", one_dataset(), add(ASSETS, "asset_00.rrd"), assets("one"), segments(ASSETS)),
    case("assets: two", TWO_ASSETS, assets("one"), assets("nobody"), assets("")),
    case("assets: of a segment without id", TWO_ASSETS, Call("GetAssetsForSegment", {"segment_id": {}}, by_id("ds"))),
    case("assets: the same again", TWO_ASSETS, add(ASSETS, "asset_00.rrd"), assets("one")),
    case(
        "assets: taken away",
        TWO_ASSETS,
        Call("UnregisterFromDataset", {"segments_to_drop": [{"id": "asset_00"}]}, ASSETS),
        assets("one"),
        segments(ASSETS),
    ),
    case("assets: with temporal data", one_dataset(), add(ASSETS, "two.rrd"), assets("one"), segments(ASSETS)),
    case(
        "assets: a good one and one with temporal data", one_dataset(), add(ASSETS, "asset_00.rrd", "two.rrd"), segments(ASSETS)
    ),
    case("assets: a blueprint", one_dataset(), add(ASSETS, "blueprint_0.rbl"), segments(ASSETS)),
    case("assets: twelve", one_dataset(), add(ASSETS, *(f"{name}.rrd" for name in ASSET_NAMES[:12])), segments(ASSETS)),
    case(
        "assets: thirteen in one call",
        one_dataset(),
        add(ASSETS, *(f"{name}.rrd" for name in ASSET_NAMES[:13])),
        segments(ASSETS),
        only=NEW,
    ),
    case(
        "assets: a thirteenth",
        one_dataset(),
        add(ASSETS, *(f"{name}.rrd" for name in ASSET_NAMES[:12])),
        add(ASSETS, "asset_12.rrd", saved="b"),
        segments(ASSETS),
    ),
    case(
        "assets: a twelfth replaced",
        one_dataset(),
        add(ASSETS, *(f"{name}.rrd" for name in ASSET_NAMES[:12])),
        add(ASSETS, "asset_11.rrd", saved="b"),
        segments(ASSETS),
    ),
    case(
        "assets: a second layer",
        one_dataset(),
        add(ASSETS, "asset_00.rrd", source("asset_00.rrd", layer="more")),
        segments(ASSETS),
        assets("one"),
    ),
    case("assets: of the asset dataset", TWO_ASSETS, Call("GetAssetsForSegment", {"segment_id": {"id": "asset_00"}}, ASSETS)),
    case("assets: of the blueprint dataset", TWO_ASSETS, Call("GetAssetsForSegment", {"segment_id": {"id": "x"}}, BLUEPRINTS)),
    case(
        "assets: the manifest and the chunks of one",
        TWO_ASSETS,
        Call("GetRrdManifest", {"segment_id": {"id": "asset_00"}}, ASSETS, save="manifest", columns_ordered=False),
        Call(
            "FetchChunks",
            {
                "chunk_infos": lambda session: [
                    arrow.part(batch)
                    for message in session.saved["manifest"]
                    for batch in arrow.read_part(message.rrd_manifest.data).select(["chunk_key"]).to_batches()
                ]
            },
        ),
    ),
    case(
        "assets: the tables of the asset dataset",
        TWO_ASSETS,
        *(
            Call(method, {}, ASSETS, columns_ordered=False)
            for method in ("GetDatasetSchema", "GetSegmentTableSchema", "ScanDatasetManifest", "ReadDatasetEntry")
        ),
    ),
    case(
        "assets: queried",
        TWO_ASSETS,
        Call(
            "FindChunks",
            {"contents": {"all": {}}, "static": {"segments": {"all": {}}}},
            ASSETS,
            keep=("chunk_segment_id", "chunk_entity_path"),
        ),
        only=NEW,
    ),
    case("assets: after their dataset is gone", TWO_ASSETS, Call("DeleteEntry", {"id": ASSETS["id"]}), assets("one"), READ),
    scoped("opt out", mode("asset_00", "OptOut", "one")),
    scoped("opt in", mode("asset_00", "OptIn", "one")),
    scoped("opt in for nobody", mode("asset_00", "OptIn")),
    scoped("opt out for nobody", mode("asset_00", "OptOut")),
    scoped("opt in and out", mode("asset_00", "OptIn", "two"), mode("asset_01", "OptOut", "one", "two")),
    scoped("an unknown mode", mode("asset_00", "Sometimes", "one")),
    scoped("an empty mode", mode("asset_00", "", "one")),
    scoped("no mode", mode("asset_00", None, "one")),
    scoped("other properties", mode("asset_00")),
    scoped("a mode in another case", mode("asset_00", "optin", "one")),
    scoped(
        "a mode of another type",
        Call(
            "SetSegmentProperties",
            {"segment_id": {"id": "asset_00"}, "properties": arrow.part({"property:asset:mode": [[1]]})},
            ASSETS,
        ),
    ),
    scoped(
        "two modes",
        Call(
            "SetSegmentProperties",
            {"segment_id": {"id": "asset_00"}, "properties": arrow.part({"property:asset:mode": [["OptIn", "OptOut"]]})},
            ASSETS,
        ),
    ),
    scoped(
        "a mode that was deleted",
        mode("asset_00", "OptIn"),
        Call("DeleteSegmentProperties", {"segments": [{"segment_id": {"id": "asset_00"}}]}, ASSETS),
    ),
    scoped("a mode of what is no asset", mode("nobody", "OptIn", "one")),
    case(
        "assets: an asset comes back with its mode",
        TWO_ASSETS,
        mode("asset_00", "OptIn", "one"),
        Call("UnregisterFromDataset", {"segments_to_drop": [{"id": "asset_00"}]}, ASSETS),
        assets("one"),
        add(ASSETS, "asset_00.rrd", saved="b"),
        assets("one"),
        assets("two"),
        only=NEW,
    ),
    case("assets: asked for at once", TWO_ASSETS, Together((assets("one"),) * 8)),
]

BLUEPRINT_CASES = [
    case(
        "blueprints: register",
        dataset(),
        add(BLUEPRINTS, "blueprint_0.rbl"),
        Call("ScanSegmentTable", {"columns": ["rerun_segment_id", "rerun_num_chunks"]}, BLUEPRINTS),
    ),
    case("blueprints: two", dataset(), add(BLUEPRINTS, "blueprint_0.rbl", "blueprint_1.rbl"), segments(BLUEPRINTS)),
    case("blueprints: a recording", dataset(), add(BLUEPRINTS, "one.rrd"), segments(BLUEPRINTS)),
    case(
        "blueprints: a recording and a blueprint", dataset(), add(BLUEPRINTS, "one.rrd", "blueprint_0.rbl"), segments(BLUEPRINTS)
    ),
    case(
        "blueprints: make default",
        dataset(),
        add(BLUEPRINTS, "blueprint_0.rbl"),
        Call(
            "UpdateDatasetEntry",
            {
                "id": "$ds.id",
                "dataset_details": {
                    "blueprint_dataset": BLUEPRINTS["id"],
                    "default_blueprint_segment": lambda session: {
                        "id": session.table("added").column("rerun_segment_id")[0].as_py()
                    },
                },
            },
            by_id("ds"),
        ),
        READ,
    ),
    case(
        "blueprints: the default is taken away",
        dataset(),
        add(BLUEPRINTS, "blueprint_0.rbl"),
        Call(
            "UpdateDatasetEntry",
            {
                "id": "$ds.id",
                "dataset_details": {
                    "blueprint_dataset": BLUEPRINTS["id"],
                    "default_blueprint_segment": lambda session: {
                        "id": session.table("added").column("rerun_segment_id")[0].as_py()
                    },
                },
            },
            by_id("ds"),
        ),
        Call("UnregisterFromDataset", {"layers_to_drop": ["base"]}, BLUEPRINTS),
        READ,
    ),
    case(
        "blueprints: the manifest and the chunks of one",
        dataset(),
        add(BLUEPRINTS, "blueprint_0.rbl"),
        Call(
            "GetRrdManifest",
            {"segment_id": lambda session: {"id": session.table("added").column("rerun_segment_id")[0].as_py()}},
            BLUEPRINTS,
            save="manifest",
            columns_ordered=False,
        ),
        Call(
            "FetchChunks",
            {
                "chunk_infos": lambda session: [
                    arrow.part(batch)
                    for message in session.saved["manifest"]
                    for batch in arrow.read_part(message.rrd_manifest.data).select(["chunk_key"]).to_batches()
                ]
            },
        ),
    ),
    case(
        "blueprints: the tables of the blueprint dataset",
        dataset(),
        add(BLUEPRINTS, "blueprint_0.rbl"),
        *(
            Call(method, {}, BLUEPRINTS, columns_ordered=False)
            for method in ("GetDatasetSchema", "GetSegmentTableSchema", "ReadDatasetEntry")
        ),
    ),
    case(
        "blueprints: queried",
        dataset(),
        add(BLUEPRINTS, "blueprint_0.rbl"),
        Call(
            "QueryDataset",
            {"select_all_entity_paths": True},
            BLUEPRINTS,
            keep=("chunk_entity_path", "chunk_is_static", "rerun_segment_layer"),
        ),
    ),
    case(
        "blueprints: of a table",
        table({"a": "int64"}),
        add({"id": "$table.table.table_details.blueprint_dataset"}, "blueprint_0.rbl"),
        segments({"id": "$table.table.table_details.blueprint_dataset"}),
        Call(
            "UpdateTableEntry",
            {
                "id": "$table.id",
                "table_details": {
                    "blueprint_dataset": "$table.table.table_details.blueprint_dataset",
                    "default_blueprint_segment": lambda session: {
                        "id": session.table("added").column("rerun_segment_id")[0].as_py()
                    },
                },
            },
        ),
        Call("ReadTableEntry", {"id": "$table.id"}, by_id("table")),
    ),
    case(
        "blueprints: gone with the table",
        table({"a": "int64"}),
        Call("DeleteEntry", {"id": "$table.id"}, by_id("table")),
        Call("ReadDatasetEntry", {}, {"id": "$table.table.table_details.blueprint_dataset"}),
    ),
    case(
        "blueprints: registered at once",
        dataset(),
        Together(
            tuple(
                Call(
                    "RegisterWithDataset",
                    {"data_sources": [source(f"blueprint_{at}.rbl")], "on_duplicate": 1},
                    BLUEPRINTS,
                    keep=("rerun_segment_layer",),
                )
                for at in range(2)
            )
        ),
    ),
]

CASES = [*ASSET_CASES, *BLUEPRINT_CASES]
