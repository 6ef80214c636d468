"""Finding chunks: QueryDataset and FindChunks."""

from differential.cases import NEW, Call, Together, by_id, case, dataset, one_dataset, register, source

ALL = {"all": {}}
SEVERAL = [dataset(), register("one.rrd", "two.rrd", "sparse.rrd", source("one_layer.rrd", layer="labels"))]
INDEXES = [dataset(), register("indexes.rrd")]
FOUND = ("chunk_id", "chunk_segment_id", "rerun_segment_layer", "chunk_entity_path", "chunk_is_static")
INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1


def ids(*segments):
    return [{"id": segment} for segment in segments]


def paths(*entities):
    return [{"path": entity} for entity in entities]


def query(request, entry="ds", keep=FOUND, **options):
    return Call("QueryDataset", {"select_all_entity_paths": True, **request}, by_id(entry), keep=keep, **options)


def index(name):
    return {"timeline": {"name": name}}


def latest_at(timeline, at, **rest):
    return {"query": {"latest_at": {"index": index(timeline), "at": at, **rest}}}


def in_range(timeline, start, end):
    return {"query": {"range": {"index": index(timeline), "index_range": {"start": start, "end": end}}}}


def per_segment(*values, timeline="frame"):
    return {"query": {"latest_at": {"index": index(timeline), "per_segment_values": [{"values": list(item)} for item in values]}}}


QUERIES = {
    "everything": {},
    "no entities": {"select_all_entity_paths": False},
    "entities": {"select_all_entity_paths": False, "entity_paths": paths("/a", "/late")},
    "entities without a slash": {"select_all_entity_paths": False, "entity_paths": paths("a")},
    "entities twice": {"select_all_entity_paths": False, "entity_paths": paths("/a", "/a", "a/")},
    "unknown entities": {"select_all_entity_paths": False, "entity_paths": paths("/nothing")},
    "an empty entity": {"select_all_entity_paths": False, "entity_paths": paths("")},
    "an entity without a path": {"select_all_entity_paths": False, "entity_paths": [{}]},
    "all and some entities": {"entity_paths": paths("/a")},
    "a pattern of entities": {"select_all_entity_paths": False, "entity_paths": paths("/**")},
    "the properties": {"select_all_entity_paths": False, "entity_paths": paths("/__properties")},
    "a segment": {"segment_ids": ids("one")},
    "a segment twice": {"segment_ids": ids("one", "one")},
    "unknown segments": {"segment_ids": ids("nobody")},
    "a segment and an unknown one": {"segment_ids": ids("one", "nobody")},
    "an empty segment": {"segment_ids": ids("")},
    "a segment without id": {"segment_ids": [{}]},
    "chunk ids": {"chunk_ids": [{"time_ns": 1, "inc": 2}]},
    "no static data": {"exclude_static_data": True},
    "no temporal data": {"exclude_temporal_data": True},
    "no data": {"exclude_static_data": True, "exclude_temporal_data": True},
    "components": {"fuzzy_descriptors": ["Scalars:scalars"]},
    "unknown components": {"fuzzy_descriptors": ["nothing"]},
    "direct URLs": {"generate_direct_urls": True},
    "unsigned direct URLs": {"generate_direct_urls": True, "unsigned_direct_urls": True},
    "an empty query": {"query": {}},
    "static": {"query": {"latest_at": {}}},
    "latest at": latest_at("frame", 120),
    "latest at before everything": latest_at("frame", -5),
    "latest at after everything": latest_at("frame", 10**6),
    "latest at the first": latest_at("frame", 0),
    "latest at without a time": {"query": {"latest_at": {"index": index("frame")}}},
    "latest at without an index": {"query": {"latest_at": {"at": 5}}},
    "latest at of an unknown timeline": latest_at("nothing", 5),
    "latest at of an empty timeline": latest_at("", 5),
    "latest at the smallest": latest_at("frame", INT64_MIN),
    "latest at the greatest": latest_at("frame", INT64_MAX),
    "a range": in_range("frame", 2, 60),
    "a range of one": in_range("frame", 3, 3),
    "a range before everything": in_range("frame", -10, -1),
    "a range after everything": in_range("frame", 10**6, 10**7),
    "a backward range": in_range("frame", 60, 2),
    "the whole range": in_range("frame", INT64_MIN, INT64_MAX),
    "a range between chunks": in_range("frame", 10, 40),
    "a range of an unknown timeline": in_range("nothing", 0, 9),
    "a range of the second timeline": in_range("other", 0, 1),
    "a range without an index": {"query": {"range": {"index_range": {"start": 0, "end": 1}}}},
    "a range without bounds": {"query": {"range": {"index": index("frame")}}},
    "a range and latest at its start": {"query": {**latest_at("frame", 100)["query"], **in_range("frame", 100, 110)["query"]}},
    "a range and latest at another time": {"query": {**latest_at("frame", 50)["query"], **in_range("frame", 100, 110)["query"]}},
    "a range and latest at another timeline": {
        "query": {**latest_at("other", 100)["query"], **in_range("frame", 100, 110)["query"]}
    },
    "a range and static": {"query": {"latest_at": {}, **in_range("frame", 100, 110)["query"]}},
    "values of each segment": {"segment_ids": ids("one", "sparse"), **per_segment([1], [120, 210])},
    "no values of a segment": {"segment_ids": ids("one", "sparse"), **per_segment([], [120])},
    "values without segments": per_segment([1]),
    "values of fewer segments": {"segment_ids": ids("one", "two"), **per_segment([1])},
    "values of a segment twice": {"segment_ids": ids("one", "one"), **per_segment([1], [2])},
    "values of an unknown segment": {"segment_ids": ids("nobody"), **per_segment([1])},
    "values and a time": {
        "segment_ids": ids("one"),
        "query": {"latest_at": {"index": index("frame"), "at": 3, "per_segment_values": [{"values": [1]}]}},
    },
    "values and a range": {"segment_ids": ids("one"), "query": {**per_segment([1])["query"], **in_range("frame", 0, 1)["query"]}},
    "values without an index": {"segment_ids": ids("one"), "query": {"latest_at": {"per_segment_values": [{"values": [1]}]}}},
    "unsorted values": {"segment_ids": ids("sparse"), **per_segment([210, 5, 120])},
    "values of an unknown timeline": {"segment_ids": ids("one"), **per_segment([1], timeline="nothing")},
    "column hints": {
        "query": {
            "columns_always_include_everything": True,
            "columns_always_include_byte_offsets": True,
            "columns_always_include_entity_paths": True,
        }
    },
    "the named columns": {"scan_parameters": {"columns": ["chunk_key", "chunk_id"], "on_missing_columns": 1}},
    "an unknown column": {"scan_parameters": {"columns": ["nothing"], "on_missing_columns": 2}},
}
SCANS = {
    "a filter": {"filter": "chunk_is_static"},
    "an offset": {"limit_offset": 1},
    "a limit": {"limit_len": 1},
    "an order": {"order_by": [{"column_name": "chunk_id"}]},
    "explained": {"explain_plan": True, "explain_filter": True},
}

QUERY = [
    *(case(f"query: {kind}", SEVERAL, query(request)) for kind, request in QUERIES.items()),
    *(case(f"query: scan parameters: {kind}", SEVERAL, query({"scan_parameters": scan})) for kind, scan in SCANS.items()),
    case("query: all columns", one_dataset(), query({}, keep=None)),
    case("query: all columns of static data", one_dataset(), query({"query": {"latest_at": {}}}, keep=None)),
    case("query: all columns of a range", INDEXES, query(in_range("step", -20, 0), keep=None)),
    case(
        "query: all columns of a named start",
        INDEXES,
        query({"scan_parameters": {"columns": ["chunk_id", "when:start"]}}, keep=None),
    ),
    case(
        "query: an empty dataset",
        dataset(),
        query({}, keep=None),
        query(in_range("frame", 0, 1)),
        query({"segment_ids": ids("one")}),
    ),
    case(
        "query: an index of times",
        INDEXES,
        query(latest_at("when", 0)),
        query(in_range("when", -(10**9), 10**9)),
        query(in_range("since", 0, 10**9)),
    ),
    case(
        "query: odd names",
        dataset(),
        register("unicode.rrd"),
        query({"select_all_entity_paths": False, "entity_paths": paths("/wörld/☃/x\\ y")}),
        query({"segment_ids": ids("ünï ☃/segment?&id=1")}),
        query(in_range("zeit ü", 0, 1)),
    ),
]


def find(mode, contents=ALL, keep=FOUND, entry="ds", **rest):
    return Call("FindChunks", {"contents": contents, **mode, **rest}, by_id(entry), keep=keep)


def span(timeline="frame", start=None, end=None, fill=1, segments=ALL):
    return {
        "range": {"timeline": timeline, "start_inclusive": start, "end_inclusive": end, "fill_mode": fill, "segments": segments}
    }


def samples(*segments, timeline="frame", fill=1):
    return {
        "samples": {
            "timeline": timeline,
            "fill_mode": fill,
            "segments": [{"segment_id": {"id": name}, "values": list(values)} for name, values in segments],
        }
    }


def explicit(*entities):
    return {"explicit": {"entities": [{"entity_path": {"path": path}, "all": {}} for path in entities]}}


STATIC = {"static": {"segments": ALL}}
FINDS = {
    "static": (STATIC, ALL),
    "static of a segment": ({"static": {"segments": {"explicit": {"ids": ids("one")}}}}, ALL),
    "static of no segment": ({"static": {"segments": {"explicit": {}}}}, ALL),
    "static of an unknown segment": ({"static": {"segments": {"explicit": {"ids": ids("nobody")}}}}, ALL),
    "static of a segment twice": ({"static": {"segments": {"explicit": {"ids": ids("one", "one")}}}}, ALL),
    "static of an empty id": ({"static": {"segments": {"explicit": {"ids": ids("")}}}}, ALL),
    "static of no id": ({"static": {"segments": {"explicit": {"ids": [{}]}}}}, ALL),
    "static without segments": ({"static": {}}, ALL),
    "static with an empty selection": ({"static": {"segments": {}}}, ALL),
    "no mode": ({}, ALL),
    "no contents": (STATIC, None),
    "empty contents": (STATIC, {}),
    "no entities": (span(), {"explicit": {}}),
    "entities": (span(), explicit("/a", "/late")),
    "an entity twice": (span(), explicit("/a", "/a")),
    "an entity in two spellings": (span(), explicit("/a", "a")),
    "an unknown entity": (span(), explicit("/nothing")),
    "an entity without components": (span(), {"explicit": {"entities": [{"entity_path": {"path": "/a"}}]}}),
    "an entity without a path": (span(), {"explicit": {"entities": [{"all": {}}]}}),
    "an empty path": (span(), {"explicit": {"entities": [{"entity_path": {}, "all": {}}]}}),
    "components": (
        span(),
        {"explicit": {"entities": [{"entity_path": {"path": "/a"}, "explicit": {"ids": ["Scalars:scalars"]}}]}},
    ),
    "unknown components": (
        span(),
        {"explicit": {"entities": [{"entity_path": {"path": "/a"}, "explicit": {"ids": ["nothing"]}}]}},
    ),
    "no components": (span(), {"explicit": {"entities": [{"entity_path": {"path": "/a"}, "explicit": {}}]}}),
    "an empty component": (span(), {"explicit": {"entities": [{"entity_path": {"path": "/a"}, "explicit": {"ids": [""]}}]}}),
    "a component twice": (span(), {"explicit": {"entities": [{"entity_path": {"path": "/a"}, "explicit": {"ids": ["x", "x"]}}]}}),
    "an open range": (span(), ALL),
    "an open range, fill unspecified": (span(fill=0), ALL),
    "a closed range": (span(start=2, end=60), ALL),
    "a range from a start": (span(start=150), ALL),
    "a range up to an end": (span(end=3), ALL),
    "a range of one": (span(start=3, end=3), ALL),
    "a backward range": (span(start=5, end=4), ALL),
    "a range between chunks": (span(start=10, end=40), ALL),
    "a range with latest at": (span(start=150, end=160, fill=2), ALL),
    "a range between chunks with latest at": (span(start=30, end=40, fill=2), ALL),
    "latest at without a start": (span(end=5, fill=2), ALL),
    "earliest at": (span(start=0, fill=3), ALL),
    "an unknown fill mode": (span(start=0, fill=4), ALL),
    "an unknown timeline": (span("nothing"), ALL),
    "an empty timeline": (span(""), ALL),
    "the whole range": (span(start=INT64_MIN, end=INT64_MAX), ALL),
    "a range from the smallest with latest at": (span(start=INT64_MIN, fill=2), ALL),
    "a range of the second timeline": (span("other", 0, 5), ALL),
    "a range of a segment": (span(segments={"explicit": {"ids": ids("two")}}), ALL),
    "a range without segments": ({"range": {"timeline": "frame", "fill_mode": 1}}, ALL),
    "samples": (samples(("one", [1]), ("sparse", [3, 201])), ALL),
    "samples with latest at": (samples(("one", [9]), ("sparse", [150, 90]), fill=2), ALL),
    "no samples": (samples(), ALL),
    "a segment without samples": (samples(("one", []), ("sparse", [3])), ALL),
    "samples of a segment twice": (samples(("one", [1]), ("one", [2])), ALL),
    "samples of an unknown segment": (samples(("nobody", [1])), ALL),
    "samples of an empty segment": (samples(("", [1])), ALL),
    "a sample at the smallest": (samples(("one", [INT64_MIN])), ALL),
    "samples of an unknown timeline": (samples(("one", [1]), timeline="nothing"), ALL),
    "samples without a timeline": (samples(("one", [1]), timeline=""), ALL),
    "equal samples": (samples(("one", [1, 1, 1])), ALL),
    "samples with earliest at": (samples(("one", [1]), fill=3), ALL),
    "samples, fill unspecified": (samples(("sparse", [102, 51]), fill=0), ALL),
    "many samples": (samples(("sparse", range(0, 300))), ALL),
    "samples of a segment without id": ({"samples": {"timeline": "frame", "fill_mode": 1, "segments": [{"values": [1]}]}}, ALL),
}

FIND = [
    *(case(f"find: {kind}", SEVERAL, find(mode, contents), only=NEW) for kind, (mode, contents) in FINDS.items()),
    *(case(f"find: direct URLs {mode}", one_dataset(), find(span(), direct_url_mode=mode), only=NEW) for mode in (1, 2, 3, 4)),
    case("find: all columns", one_dataset(), find(span(start=1, end=2), keep=None), only=NEW),
    case("find: all columns of static data", one_dataset(), find(STATIC, keep=None), only=NEW),
    case("find: all columns of samples", INDEXES, find(samples(("indexes", [0]), timeline="when"), keep=None), only=NEW),
    case("find: all columns of nothing", one_dataset(), find(span(), explicit("/nothing"), keep=None), only=NEW),
    case(
        "find: in an empty dataset",
        dataset(),
        find(span()),
        find(span("nothing")),
        find(STATIC),
        find(samples(("one", [1]))),
        find(span(start=5, end=4)),
        only=NEW,
    ),
    case(
        "find: an index of times",
        INDEXES,
        find(span("when", 0, 0)),
        find(span("since", -(10**9), 0)),
        find(span("step", start=100, fill=2)),
        only=NEW,
    ),
    case(
        "find: at once",
        SEVERAL,
        Together(tuple(find(span(start=start, end=start + 10)) for start in range(0, 200, 25))),
        only=NEW,
    ),
    case(
        "find: a wrong request and a wrong entry",
        dataset(),
        Call("FindChunks", {}, {"id": "18EA604BF736E21E106732e40ef82c2a"}),
        only=NEW,
    ),
]


CASES = [*QUERY, *FIND]
