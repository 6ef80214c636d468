"""Fetching chunks, and the manifests of segments."""

from differential import arrow
from differential.cases import NEW, Call, Together, by_id, case, dataset, one_dataset, register, source
from differential.cases_find import ALL, FOUND, SEVERAL, query, span


def rows(saved, columns=None, numbers=None):
    """Rows of a saved answer as the data of a FetchChunks request."""

    def make(session):
        found = session.table(saved)
        found = found.select(list(columns)) if columns else found
        found = found.take(list(numbers)) if numbers is not None else found
        return [arrow.part(batch) for batch in found.combine_chunks().to_batches()]

    return make


def fetch(parts, **options):
    return Call("FetchChunks", {"chunk_infos": parts}, **options)


def found(files, request=None):
    return [dataset(), register(*files), query(request or {}, save="found")]


FETCH = [
    *(
        case(f"fetch: the chunks of {name}", found([name]), fetch(rows("found")))
        for name in ("one.rrd", "unicode.rrd", "indexes.rrd", "properties.rrd", "sparse.rrd", "number.rrd", "long.rrd")
    ),
    case("fetch: the chunks of two layers", found(["one.rrd", source("one_layer.rrd", layer="labels")]), fetch(rows("found"))),
    case("fetch: by keys alone", found(["one.rrd"]), fetch(rows("found", ["chunk_key"]))),
    case("fetch: a chunk twice", found(["number.rrd"]), fetch(rows("found", numbers=[0, 0]))),
    case("fetch: without keys", found(["one.rrd"]), fetch(rows("found", ["chunk_id"]))),
    case("fetch: nothing", fetch([])),
    case("fetch: no rows", found(["one.rrd"]), fetch([arrow.part({"chunk_key": []}, {"chunk_key": "binary"})])),
    case(
        "fetch: unknown keys",
        *(
            fetch([arrow.part({"chunk_key": [key]}, {"chunk_key": "binary"})])
            for key in (b"", b"x", bytes(32), b"\xff" * 32, bytes(1000))
        ),
    ),
    case("fetch: keys that are null", fetch([arrow.part({"chunk_key": [None]}, {"chunk_key": "binary"})])),
    case(
        "fetch: keys of another type",
        fetch([arrow.part({"chunk_key": ["a"]}, {"chunk_key": "string"})]),
        fetch([arrow.part({"chunk_key": [1]}, {"chunk_key": "int64"})]),
    ),
    case(
        "fetch: what is no Arrow data",
        fetch([{"encoder_version": 1, "payload": b"no arrow"}]),
        fetch([{"encoder_version": 1}]),
        fetch([{}]),
        fetch([{"payload": b""}]),
    ),
    case(
        "fetch: a wrong encoder",
        found(["one.rrd"]),
        fetch(lambda session: [{**part, "encoder_version": 0} for part in rows("found")(session)]),
        fetch(lambda session: [{**part, "encoder_version": 7} for part in rows("found")(session)]),
    ),
    case(
        "fetch: compressed keys",
        found(["one.rrd"]),
        fetch(lambda session: [arrow.part(batch, lz4=True) for batch in session.table("found").combine_chunks().to_batches()]),
    ),
    case(
        "fetch: wrong sizes of compressed keys",
        *(
            fetch([arrow.part({"chunk_key": [b"x"]}, {"chunk_key": "binary"}, lz4=True, uncompressed_size=size)])
            for size in (0, 1)
        ),
    ),
    case(
        "fetch: huge sizes of compressed keys",
        *(
            fetch([arrow.part({"chunk_key": [b"x"]}, {"chunk_key": "binary"}, lz4=True, uncompressed_size=size)])
            for size in (10**6, 2**40, 2**62)
        ),
        only=NEW,
    ),  # 0.36.3 dies of it
    case("fetch: an unknown compression", fetch([arrow.part({"chunk_key": [b"x"]}, {"chunk_key": "binary"}, compression=9)])),
    case(
        "fetch: after the segment is gone",
        found(["one.rrd"]),
        Call("UnregisterFromDataset", {"segments_to_drop": [{"id": "one"}]}, by_id("ds")),
        fetch(rows("found")),
    ),
    case(
        "fetch: after the dataset is gone",
        found(["one.rrd"]),
        Call("DeleteEntry", {"id": "$ds.id"}, by_id("ds")),
        fetch(rows("found")),
    ),
    case(
        "fetch: after the segment was replaced",
        found(["one.rrd"]),
        register("one_again.rrd", on_duplicate=1, saved="b"),
        fetch(rows("found")),
        query({}),
    ),
    case(
        "fetch: of two datasets",
        dataset(),
        dataset("other", "@other"),
        register("one.rrd"),
        register("two.rrd", to="other", saved="b"),
        query({}, save="first"),
        query({}, "other", save="second"),
        fetch(lambda session: [*rows("first")(session), *rows("second")(session)]),
    ),
    case("fetch: at once", found(["sparse.rrd"]), Together(tuple(fetch(rows("found")) for _ in range(8)))),
    case(
        "fetch: what FindChunks found",
        SEVERAL,
        Call("FindChunks", {"contents": ALL, **span(start=100, end=120)}, by_id("ds"), save="found", keep=FOUND),
        fetch(rows("found")),
        only=NEW,
    ),
    case(
        "fetch: by the manifest's columns",
        one_dataset(),
        Call("GetRrdManifest", {"segment_id": {"id": "one"}}, by_id("ds"), save="manifest", columns_ordered=False),
        fetch(
            lambda session: [
                arrow.part(batch)
                for message in session.saved["manifest"]
                for batch in arrow.read_part(message.rrd_manifest.data)
                .select(["chunk_id", "chunk_is_static", "chunk_byte_offset", "chunk_key"])
                .to_batches()
            ]
        ),
    ),
]

SEGMENT_MANIFESTS = [
    *(
        case(
            f"manifest of a segment: {name}",
            dataset(),
            register(name),
            Call(
                "GetRrdManifest",
                {"segment_id": {"id": segment}, "generate_direct_urls": True},
                by_id("ds"),
                columns_ordered=False,
            ),
        )
        for name, segment in (
            ("one.rrd", "one"),
            ("unicode.rrd", "ünï ☃/segment?&id=1"),
            ("indexes.rrd", "indexes"),
            ("properties.rrd", "properties"),
            ("sparse.rrd", "sparse"),
            ("no_rows.rrd", "no_rows"),
        )
    ),
    case(
        "manifest of a segment: two layers",
        SEVERAL,
        Call("GetRrdManifest", {"segment_id": {"id": "one"}}, by_id("ds"), columns_ordered=False),
    ),
    case(
        "manifest of a segment: unknown",
        one_dataset(),
        *(
            Call("GetRrdManifest", request, by_id("ds"))
            for request in ({}, {"segment_id": {}}, {"segment_id": {"id": ""}}, {"segment_id": {"id": "nobody"}})
        ),
    ),
    case(
        "manifest of a segment: of an empty dataset",
        dataset(),
        Call("GetRrdManifest", {"segment_id": {"id": "one"}}, by_id("ds")),
    ),
]

CASES = [*FETCH, *SEGMENT_MANIFESTS]
