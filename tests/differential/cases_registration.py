"""Registration, its tasks, and taking registered things away."""

from differential.cases import NEW, Call, Together, by_id, case, dataset, one_dataset, register, source, wait

ERROR, SKIP, OVERWRITE = 3, 2, 1
SEGMENTS = {"columns": ["rerun_segment_id", "rerun_layer_names"]}


def segments(entry="ds"):
    return Call("ScanSegmentTable", SEGMENTS, by_id(entry))


def layers(entry="ds"):
    return Call(
        "ScanDatasetManifest",
        {"columns": ["rerun_segment_id", "rerun_layer_name", "rerun_storage_url", "rerun_registration_status"]},
        by_id(entry),
    )


def send(request, entry="ds", saved=None):
    return Call("RegisterWithDataset", request, by_id(entry), save=saved)


def tried(name, *sources, on_duplicate=ERROR, **options):
    """A registration into a new dataset, and what came of it."""
    return case(f"registration: {name}", dataset(), register(*sources, on_duplicate=on_duplicate), segments(), **options)


def again(name, on_duplicate, *sources):
    return case(
        f"registration: {name}",
        one_dataset(),
        register(*sources, on_duplicate=on_duplicate, saved="second"),
        segments(),
        schema(),
    )


def schema(entry="ds"):
    """The stock server shows columns as layers bring them, ours always sorts them (rulings A18)."""
    return Call("GetDatasetSchema", {}, by_id(entry), columns_ordered=False)


def drop(segment_ids=(), layer_names=(), entry="ds", **fields):
    request = {"segments_to_drop": [{"id": item} for item in segment_ids], "layers_to_drop": list(layer_names), **fields}
    return [Call("UnregisterFromDataset", request, by_id(entry), save="dropped"), wait("dropped")]


FILES = [
    tried("a recording", "one.rrd"),
    tried("several recordings", "one.rrd", "two.rrd", "three.rrd"),
    tried("a file of two recordings", "both.rrd"),
    tried("odd names", "unicode.rrd", "long.rrd"),
    tried("a path with blanks and umlauts", "with blanks ü/o n e.rrd"),
    tried("a missing file", "missing.rrd"),
    tried("a directory", "few"),
    tried("a directory called .rrd", "directory.rrd"),
    tried("a text file", "no_recording.rrd"),
    tried("an empty file", "nothing.rrd"),
    tried("a cut file", "cut.rrd"),
    tried("a file that is cut after its head", "header_only.rrd"),
    tried("a recording without rows", "no_rows.rrd"),
    tried("a blueprint as a recording", "blueprint_0.rbl"),
    tried("a blueprint called .rrd", "blueprint_0.rrd"),
    tried("a good and a missing file", "one.rrd", "missing.rrd"),
    tried("a good and a text file", "one.rrd", "no_recording.rrd"),
    tried("a good file and a blueprint", "one.rrd", "blueprint_0.rbl"),
    tried("the same file twice", "one.rrd", "one.rrd"),
    tried("the same file twice, SKIP", "one.rrd", "one.rrd", on_duplicate=SKIP),
    tried("the same file twice, OVERWRITE", "one.rrd", "one.rrd", on_duplicate=OVERWRITE),
    tried("the same segment twice", "one.rrd", "one_again.rrd"),
    tried("the same segment in two layers", "one.rrd", source("one_layer.rrd", layer="labels")),
    tried("the same file in two layers", "one.rrd", source("one.rrd", layer="copy")),
    tried("two files that share a segment", "both.rrd", "one.rrd"),
    tried("a layer with an odd name", source("one.rrd", layer="ü/☃ ")),
    tried("a layer with a very long name", source("one.rrd", layer="l" * 5000)),
    tried("an empty layer name", source("one.rrd", layer="")),
    tried("the layer base", source("one.rrd", layer="base")),
    tried("an object store configuration", source("one.rrd", object_store_config="somewhere"), only=NEW),
]

SOURCES = [
    case("registration: no sources", dataset(), send({}), send({"data_sources": []})),
    case(
        "registration: no URL",
        dataset(),
        send({"data_sources": [{"typ": 1}]}),
        send({"data_sources": [{"typ": 1, "storage_url": ""}]}),
    ),
    case(
        "registration: kinds of source",
        dataset(),
        *(send({"data_sources": [source("one.rrd", typ=typ)]}) for typ in (0, 2, -1)),
        segments(),
    ),
    *(
        case(f"registration: the URL {url[:30]}", dataset(), send({"data_sources": [{"storage_url": url, "typ": 1}]}), segments())
        for url in (
            "one.rrd",
            "/one.rrd",
            "s3://bucket/one.rrd",
            "gs://bucket/one.rrd",
            "http://localhost:1/one.rrd",
            "file://elsewhere/one.rrd",
            "memory:///store/abc",
            "file:///",
            "file://",
            "nonsense://",
            "://",
            "file:///no/such/directory/one.rrd",
            "ftp://x/y.rrd",
            "data:,x",
        )
    ),
    case(
        "registration: a bad URL among good ones",
        dataset(),
        send({"data_sources": [source("one.rrd"), {"storage_url": "one.rrd", "typ": 1}]}),
        segments(),
    ),
    case(
        "registration: into a deleted dataset",
        dataset(),
        Call("DeleteEntry", {"id": "$ds.id"}, by_id("ds")),
        send({"data_sources": [source("one.rrd")]}),
    ),
    case(
        "registration: unknown modes for duplicates",
        dataset(),
        *(send({"data_sources": [source("one.rrd")], "on_duplicate": mode}) for mode in (4, -1)),
        segments(),
    ),
    case(
        "registration: the answer's rows",
        dataset(),
        send({"data_sources": [source("one.rrd")], "on_duplicate": ERROR}, saved="r"),
        wait("r", ordered=False),
    ),
]

PREFIXES = [
    *(
        case(f"registration: the prefix {path}", dataset(), register(source(path, prefix=True)), layers())
        for path in (
            "few",
            "few/",
            "empty",
            "no such directory",
            "twice",
            "mixed",
            "one.rrd",
            "directory.rrd",
            "many",
            "with blanks ü",
        )
    ),
    case("registration: a prefix and a file", dataset(), register(source("few", prefix=True), "three.rrd"), layers()),
    case("registration: a prefix and a file of it", dataset(), register(source("few", prefix=True), "one.rrd"), layers()),
    case(
        "registration: a prefix of memory",
        dataset(),
        send({"data_sources": [{"storage_url": "memory:///store/x", "typ": 1, "prefix": True}]}),
    ),
    case("registration: a prefix into a layer", dataset(), register(source("few", prefix=True, layer="low")), layers()),
    case(
        "registration: a prefix twice, SKIP",
        dataset(),
        register(source("few", prefix=True)),
        register(source("few", prefix=True), on_duplicate=SKIP, saved="b"),
        layers(),
    ),
    case(
        "registration: a prefix twice, ERROR",
        dataset(),
        register(source("few", prefix=True)),
        register(source("few", prefix=True), saved="b"),
        layers(),
    ),
]

DUPLICATES = [
    again("a duplicate, ERROR", ERROR, "one.rrd"),
    again("a duplicate, SKIP", SKIP, "one.rrd"),
    again("a duplicate, OVERWRITE", OVERWRITE, "one.rrd"),
    again("a duplicate, unspecified", 0, "one.rrd"),
    again("other content for a segment, ERROR", ERROR, "one_again.rrd"),
    again("other content for a segment, SKIP", SKIP, "one_again.rrd"),
    again("other content for a segment, OVERWRITE", OVERWRITE, "one_again.rrd"),
    again("a duplicate among new ones, ERROR", ERROR, "one.rrd", "two.rrd"),
    again("a duplicate among new ones, SKIP", SKIP, "two.rrd", "one.rrd"),
    again("a duplicate among new ones, OVERWRITE", OVERWRITE, "two.rrd", "one.rrd"),
    again("a new layer is no duplicate", ERROR, source("one_layer.rrd", layer="labels")),
    again("a missing file for a segment, OVERWRITE", OVERWRITE, "missing.rrd"),
    case(
        "registration: a layer for a segment without a base",
        dataset(),
        register(source("one_layer.rrd", layer="labels")),
        layers(),
    ),
    case(
        "registration: overwrite one layer of two",
        one_dataset(),
        register(source("one_layer.rrd", layer="labels"), saved="b"),
        register(source("one_again.rrd", layer="labels"), on_duplicate=OVERWRITE, saved="c"),
        layers(),
    ),
]

CONFLICTS = [
    case(
        "registration: a component of another type",
        dataset(),
        register("number.rrd"),
        register("text.rrd", saved="b"),
        segments(),
        schema(),
    ),
    case(
        "registration: a component of another type in one call",
        dataset(),
        register("number.rrd", "text.rrd"),
        Call("GetSegmentTableSchema", {}, by_id("ds")),
    ),
    case(
        "registration: a timeline of another kind",
        dataset(),
        register("sequence_t.rrd"),
        register("timestamp_t.rrd", saved="b"),
        segments(),
    ),
    case(
        "registration: other types after the first is gone",
        dataset(),
        register("number.rrd"),
        drop(["number"]),
        register("text.rrd", saved="b"),
        segments(),
    ),
    case(
        "registration: a conflict does not stop others",
        dataset(),
        register("number.rrd"),
        register("text.rrd", "one.rrd", saved="b"),
        segments(),
    ),
    case(
        "registration: overwriting with another type",
        dataset(),
        register("number.rrd"),
        register("text.rrd", saved="b", on_duplicate=OVERWRITE),
        segments(),
    ),
]

TOGETHER = [
    case(
        "registration: the same file at once, ERROR",
        dataset(),
        Together(tuple(send({"data_sources": [source("one.rrd")], "on_duplicate": SKIP}) for _ in range(6))),
        segments(),
    ),
    case(
        "registration: files at once",
        dataset(),
        Together(tuple(send({"data_sources": [source(f"many/many_{at:02d}.rrd")], "on_duplicate": ERROR}) for at in range(12))),
        layers(),
    ),
    case(
        "registration: layers of a segment at once",
        dataset(),
        Together(tuple(send({"data_sources": [source("one.rrd", layer=f"l{at}")], "on_duplicate": ERROR}) for at in range(6))),
        layers(),
    ),
]

UNREGISTER = [
    case("unregister: a segment", dataset(), register("one.rrd", "two.rrd"), drop(["one"]), segments(), schema()),
    case("unregister: nothing named", one_dataset(), Call("UnregisterFromDataset", {}, by_id("ds")), segments()),
    case(
        "unregister: what is unknown",
        one_dataset(),
        drop(["nobody"]),
        drop([], ["nothing"]),
        drop(["one"], ["nothing"]),
        segments(),
    ),
    case(
        "unregister: an empty id",
        one_dataset(),
        drop([""]),
        Call("UnregisterFromDataset", {"segments_to_drop": [{}]}, by_id("ds")),
        drop([], [""]),
        segments(),
    ),
    case(
        "unregister: a layer of a segment",
        one_dataset(),
        register(source("one_layer.rrd", layer="labels"), saved="b"),
        drop(["one"], ["labels"]),
        layers(),
        schema(),
    ),
    case(
        "unregister: a layer of all segments",
        dataset(),
        register("one.rrd", "two.rrd", source("one_layer.rrd", layer="labels")),
        drop([], ["base"]),
        layers(),
    ),
    case("unregister: the last layer", one_dataset(), drop(["one"], ["base"]), segments(), schema()),
    case(
        "unregister: everything, and again",
        dataset(),
        register("one.rrd", "two.rrd"),
        drop(["one", "two"]),
        register("one.rrd", saved="b"),
        segments(),
    ),
    case("unregister: twice", one_dataset(), drop(["one"]), drop(["one"]), segments()),
    case("unregister: by force", one_dataset(), drop(["one"], force=True), segments()),
    case(
        "unregister: the same at once",
        dataset(),
        register("one.rrd", "two.rrd"),
        Together(tuple(Call("UnregisterFromDataset", {"segments_to_drop": [{"id": "one"}]}, by_id("ds")) for _ in range(6))),
        segments(),
    ),
    case(
        "unregister: an odd name",
        dataset(),
        register("unicode.rrd", "long.rrd"),
        drop(["ünï ☃/segment?&id=1"]),
        Call("ScanSegmentTable", {"columns": ["rerun_num_chunks"]}, by_id("ds")),
    ),
    case(
        "unregister: of a hidden dataset",
        dataset(),
        Call(
            "UnregisterFromDataset", {"segments_to_drop": [{"id": "x"}]}, {"id": "$ds.dataset.dataset_details.blueprint_dataset"}
        ),
    ),
]

CASES = [*FILES, *SOURCES, *PREFIXES, *DUPLICATES, *CONFLICTS, *TOGETHER, *UNREGISTER]
