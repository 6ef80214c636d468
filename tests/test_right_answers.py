"""Answers that the stock client gets wrong from its own server and right from ours, with both versions of it
(docs/compatibility.md, "Right answers for stock clients").

Each case asks the stock server first and expects its wrong answer: a version that is cured shows here.
"""

import json

import pytest

from support import golden, servers
from support.paths import SDK_VERSIONS

FRAME, BOTH = {"frame": "sequence"}, {"frame": "sequence", "tick": "sequence"}
CLEAR, CLEAR_ARCHETYPE = "Clear:is_recursive", "rerun.archetypes.Clear"


def chunk(entity, rows, timelines=FRAME):
    """Rows as (row id, times in the order of the timelines, cells)."""
    return {
        "entity": entity, "timelines": timelines, "static": not timelines, "types": {CLEAR: "bool"}, "archetypes": {CLEAR: CLEAR_ARCHETYPE},
        "rows": [[row_id, dict(zip(timelines, times if isinstance(times, tuple) else (times,))), cells] for row_id, times, cells in rows],
    }  # fmt: skip


def static(entity, *rows):
    return chunk(entity, [(row_id, (), cells) for row_id, cells in rows], {})


def series(entity, component, count, each, first_row_id, timelines=FRAME, shift=0):
    """`count` chunks of `each` rows, one after the other: frame and value count up."""
    times = lambda at: (at,) if len(timelines) == 1 else (at, 1000 - at)
    return [
        chunk(entity, [(first_row_id + at, times(at + shift), {component: [float(at)]}) for at in range(each * part, each * (part + 1))], timelines)
        for part in range(count)
    ]  # fmt: skip


def segment(name, *chunks):
    return {"segment": name, "chunks": [one for part in chunks for one in (part if isinstance(part, list) else [part])]}


def clears(*rows):
    return chunk("/p", [(row_id, at, {CLEAR: flag}) for row_id, at, flag in rows])


CLEARED = chunk("/p/a", [(1, 1, {"x": [1.0]}), (2, 6, {"x": [2.0]})])
CLEARED_PARENT = chunk("/p", [(20, 1, {"y": [1.0]}), (21, 6, {"y": [2.0]})])
Z = static("/s", (1, {"z": [7.0]}))
PROPERTY = static("/__properties/episode", (2, {"len": [3.0]}))
RECORDINGS = {
    "plain": segment("seg", Z, PROPERTY, series("/a", "x", 3, 6, 100)),
    "other": segment("other", Z, series("/a", "x", 2, 5, 100)),
    "aligned": segment("seg", Z, series("/a", "x", 3, 6, 100), series("/b", "y", 3, 6, 200)),
    "overlapping": segment("seg", Z, series("/a", "x", 3, 20, 1000), series("/b", "y", 3, 20, 2000, shift=10)),
    "in turn": segment("seg", Z, series("/a", "x", 1, 6, 100), series("/b", "y", 1, 6, 200, shift=6)),
    "two timelines": segment("seg", Z, series("/a", "x", 3, 6, 100, BOTH)),
    "long": segment("seg", Z, series("/a", "x", 5, 1500, 10_000)),
    "sparse": segment("seg", Z, [chunk("/a", [(100 * part + at, 6 * part + at, {"x": None if at == 3 else [1.0]}) for at in range(6)]) for part in (1, 2)]),
    "clears": segment("seg", CLEARED, CLEARED_PARENT, clears((30, 3, [True]), (31, 5, [False]))),
    "clear alone": segment("seg", CLEARED, clears((30, 3, [True]))),
    "two flags": segment("seg", CLEARED, CLEARED_PARENT, clears((30, 3, [False, True]))),
    "flags out of step": segment("seg", CLEARED, CLEARED_PARENT, clears((30, 3, [False, True]), (31, 5, [False]))),
    "late clears": segment("seg", CLEARED, CLEARED_PARENT, clears((30, 8, [True]), (31, 9, [False]))),
    "empty at the end": segment("seg", chunk("/a", [(1, 1, {"x": [1.0]}), (2, 2, {"x": [2.0]})]), chunk("/a", [(3, 5, {"x": []})])),
    "empty": segment("seg", chunk("/a", [(3, 5, {"x": []})])),
    "empty static": segment("seg", static("/s", (5, {"z": []}))),
    "null static": segment("seg", chunk("/a", [(1, 1, {"x": [1.0]}), (2, 6, {"x": [2.0]})]), static("/a", (5, {"x": None}))),
    "null timeline": segment("seg", chunk("/a", [(1, 1, {"x": [1.0]}), (2, 6, {"x": [2.0]})]), chunk("/n", [(3, 1, {"q": None})], {"tick": "sequence"})),
    "null flag": segment("seg", CLEARED, CLEARED_PARENT, clears((30, 3, None), (31, 5, [True]))),
}  # fmt: skip


def case(name, recordings, ops=(), contents=None, index="frame", **reader):
    return {
        "name": name, "recordings": list(recordings), "layers": None, "filter_segments": None, "filter_contents": contents and [contents],
        "reader": {"index": index, **reader}, "ops": list(ops),
    }  # fmt: skip


def at_least(value, column="frame"):
    return ["filter", [">=", ["col", column], ["lit", value]]]


def between(low, high, column="frame"):
    return ["filter", ["and", [">=", ["col", column], ["lit", low]], ["<=", ["col", column], ["lit", high]]]]


def select(*columns):
    return ["select", list(columns)]


def rows(*expected):
    return [list(row) for row in expected]


X = lambda at: [float(at)]
# Name: (case, right rows in any order).
BRIDGES = {
    "static values": (case("static values", ["plain"]), rows(*(("seg", at, X(at), [7.0]) for at in range(18)))),
    "properties": (
        case("properties", ["plain"], contents=["/**", "/__properties/**"]),
        rows(*(("seg", at, X(at), [7.0], [3.0]) for at in range(18))),
    ),
    "two segments": (
        case("two segments", ["plain", "other"]),
        rows(*(("seg", at, X(at), [7.0]) for at in range(18)), *(("other", at, X(at), [7.0]) for at in range(10))),
    ),
    "a range": (case("a range", ["plain"], [at_least(3)]), rows(*(("seg", at, X(at), [7.0]) for at in range(3, 18)))),
    "a closed range": (case("a closed range", ["plain"], [between(4, 15)]), rows(*(("seg", at, X(at), [7.0]) for at in range(4, 16)))),
    "selected columns": (
        case("selected columns", ["aligned"], [select("frame", "/a:x", "/s:z")]),
        rows(*((at, X(at), [7.0]) for at in range(18))),
    ),
    "one of two overlapping entities": (
        case("one of two overlapping entities", ["overlapping"], [select("frame", "/a:x", "/s:z")]),
        rows(*((at, X(at), [7.0]) for at in range(60))),
    ),
    "two entities with the same times": (case("two entities with the same times", ["aligned"]), rows(*(("seg", at, X(at), X(at), [7.0]) for at in range(18)))),
    "one entity after the other": (
        case("one entity after the other", ["in turn"]),
        rows(*(("seg", at, X(at), None, [7.0]) for at in range(6)), *(("seg", at + 6, None, X(at), [7.0]) for at in range(6))),
    ),
    "another index": (case("another index", ["two timelines"], index="tick"), rows(*(("seg", 1000 - at, at, X(at), [7.0]) for at in range(18)))),
    "a range of another index": (
        case("a range of another index", ["two timelines"], [between(3, 15)], index="tick"),
        rows(*(("seg", 1000 - at, at, X(at), [7.0]) for at in range(3, 16))),
    ),
    "many batches": (case("many batches", ["long"]), rows(*(("seg", at, X(at), [7.0]) for at in range(7500)))),
    "sparse columns": (case("sparse columns", ["sparse"]), rows(*(("seg", 6 * part + at, [1.0], [7.0]) for part in (1, 2) for at in (0, 1, 2, 4, 5)))),
}  # fmt: skip
# Columns: segment, frame, /p:y, /p/a:x. The first Clear at 3 is recursive, the second at 5 is not.
FIRST, LAST = ("seg", 1, [1.0], [1.0]), ("seg", 6, [2.0], [2.0])
CLEARS = {
    "fill after a Clear": (
        case("fill after a Clear", ["clears"], fill_latest_at=True),
        rows(FIRST, ("seg", 3, [], []), ("seg", 5, [], []), LAST),
    ),
    "index values after a Clear": (
        case("index values after a Clear", ["clears"], fill_latest_at=True, using_index_values={"seg": [2, 4, 7]}),
        rows(("seg", 2, [1.0], [1.0]), ("seg", 4, [], []), ("seg", 7, [2.0], [2.0])),
    ),
    "a range of Clears": (case("a range of Clears", ["late clears"], [at_least(7)]), rows(("seg", 8, [], []), ("seg", 9, [], None))),
    "a Clear outside the contents": (
        case("a Clear outside the contents", ["clears"], contents=["/p/a"]),
        rows(("seg", 1, [1.0]), ("seg", 3, []), ("seg", 6, [2.0])),
    ),
    "a Clear alone on its entity": (case("a Clear alone on its entity", ["clear alone"]), rows(("seg", 1, [1.0]), ("seg", 3, []), ("seg", 6, [2.0]))),
    "a Clear of two flags": (case("a Clear of two flags", ["two flags"]), rows(FIRST, ("seg", 3, [], None), LAST)),
    "flags out of step": (case("flags out of step", ["flags out of step"]), rows(FIRST, ("seg", 3, [], None), ("seg", 5, [], None), LAST)),
}  # fmt: skip
EMPTIES = {
    "a range of empty cells": (case("a range of empty cells", ["empty at the end"], [at_least(4)]), rows(("seg", 5, []))),
    "index values at empty cells": (
        case("index values at empty cells", ["empty at the end"], using_index_values={"seg": [5]}),
        rows(("seg", 5, [])),
    ),
    "empty in one recording": (
        case("empty in one recording", ["empty", "other"]),
        rows(("seg", 5, [], None), *(("other", at, X(at), [7.0]) for at in range(10))),
    ),
    "empty static values": (case("empty static values", ["empty static", "other"], index=None), rows(("seg", None, []), ("other", None, [7.0]))),
    "a range beside null static values": (case("a range beside null static values", ["null static"], [at_least(4)]), rows(("seg", 6, [2.0]))),
    "a timeline of nulls": (
        case("a timeline of nulls", ["null timeline"], using_index_values=[1, 2]),
        rows(("seg", None, 1, [1.0]), ("seg", None, 2, None)),
    ),
}  # fmt: skip
CASES = BRIDGES | CLEARS | EMPTIES
# Right from the stock server too: supplements must not spoil them.
STILL_RIGHT = {
    "Clear columns": (
        case("Clear columns", ["clears"], include_tombstone_columns=True),
        rows(("seg", 1, [1.0], None, [1.0]), ("seg", 3, [], [True], []), ("seg", 5, [], [False], None), ("seg", 6, [2.0], None, [2.0])),
    ),
    "a Clear behind a null": (case("a Clear behind a null", ["null flag"]), rows(FIRST, ("seg", 5, [], []), LAST)),
    "fill": (case("fill", ["plain"], fill_latest_at=True), rows(*(("seg", at, X(at), [7.0]) for at in range(18)))),
    "index values": (case("index values", ["plain"], using_index_values={"seg": [5, 6, 30]}), rows(("seg", 5, X(5), [7.0]), ("seg", 6, X(6), [7.0]), ("seg", 30, None, [7.0]))),
    "static alone": (case("static alone", ["plain"], index=None), rows(("seg", None, [7.0]))),
    "overlapping entities": (
        case("overlapping entities", ["overlapping"]),
        rows(*(("seg", at, X(at) if at < 60 else None, X(at - 10) if at >= 10 else None, [7.0]) for at in range(70))),
    ),
    "no static": (case("no static", ["plain"], contents=["/a"]), rows(*(("seg", at, X(at)) for at in range(18)))),
}  # fmt: skip


@pytest.fixture(scope="module")
def answers(program, tmp_path_factory):
    """Answers by (who, version): the stock server of that version, ours, and ours cutting every chunk that it may cut."""
    work = tmp_path_factory.mktemp("right answers")
    description, recordings = work / "cases.json", work / "recordings"
    recordings.mkdir()
    description.write_text(json.dumps({"recordings": RECORDINGS, "cases": [one for one, _ in (CASES | STILL_RIGHT).values()]}))
    golden.make_recordings(recordings, description)
    found = {}
    for version in SDK_VERSIONS:
        with servers.StockServer(version) as server:
            found["stock", version] = golden.run_cases(version, server.url, recordings, tmp_path_factory.mktemp("stock"), golden=description)
    for who, options in {"ours": [], "pieces": ["--piece-bytes-min", "0"]}.items():
        with servers.Mutoscope(work / who, "--allow-path", recordings, *options) as server:
            for version in SDK_VERSIONS:
                found[who, version] = golden.run_cases(version, server.url, recordings, tmp_path_factory.mktemp(who), golden=description)
    return found


def arranged(found, expected):
    """Rows in one order, without the index columns' order and the columns that `expected` leaves out."""
    return sorted(json.dumps(row) for row in found) == sorted(json.dumps(row) for row in expected)


def is_right(answer, expected):
    return "rows" in answer and arranged(answer["rows"], expected)


@pytest.mark.parametrize("name", CASES)
def test_stock_server_is_wrong(answers, version, name):
    answer = answers["stock", version][name]
    assert not is_right(answer, CASES[name][1]), "the stock server answers this right: is the cure still needed?"


@pytest.mark.parametrize("who", ["ours", "pieces"])
@pytest.mark.parametrize("name", CASES)
def test_our_server_is_right(answers, version, who, name):
    answer = answers[who, version][name]
    assert is_right(answer, CASES[name][1]), f"expected {CASES[name][1][:30]}\nfound {answer.get('rows', answer)[:30]}"


@pytest.mark.parametrize("who", ["stock", "ours", "pieces"])
@pytest.mark.parametrize("name", STILL_RIGHT)
def test_what_was_right_stays_right(answers, version, who, name):
    answer = answers[who, version][name]
    assert is_right(answer, STILL_RIGHT[name][1]), f"expected {STILL_RIGHT[name][1][:30]}\nfound {answer.get('rows', answer)[:30]}"
