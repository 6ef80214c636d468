"""The model answers the golden cases as the stock client was recorded, or as tests/golden/native.json decides (checked by hand)."""

from __future__ import annotations

import datetime
import json
import pathlib
from typing import Any

import pytest

from support import golden

from .data import Answer, Chunk, Column, Layer, Request, Row
from .predicate import columns_of
from .rules import answer

ARROW_NAMES = {"utf8": "string", "sequence": "int64", "timestamp": "timestamp[ns]", "duration": "duration[ns]"}
LIST_NAMES = {"f64": "list<item: double>", "i64": "list<item: int64>", "bool": "list<item: bool>", "utf8": "list<item: string>"}
DATATYPES = {"f64": "f64", "bool": "bool", "i64": "i64", "str": "utf8"}

# Not queries of the engine: the stock client refuses them, or registration does.
NO_ANSWER = {
    "uiv_index_none": "plain index values without an index are an error (A15)",
    "unknown_index": "the dataset has no such index",
    "index_is_component": "the dataset has no such index",
    "empty_dataset_idx": "the dataset has no such index",
    "dtype_conflict": "registration refuses it (design.md §4)",
    "index_type_conflict": "registration refuses it (design.md §4)",
    "ts_eq_int": "a plain integer on a timestamp index: raw nanoseconds or a type error (A16)",
}
# Answers that our rules decide otherwise than the stock client, checked by hand.
DECIDED = json.loads((pathlib.Path(__file__).parents[1] / "golden" / "native.json").read_text())["cases"]


def dataset_of(case: dict[str, Any]) -> list[Layer]:
    layers = case["layers"] or ["base"] * len(case["recordings"])
    recordings = [golden.DATA["recordings"][name] for name in case["recordings"]]
    return [Layer(recording["segment"], layer, [chunk_of(chunk) for chunk in recording["chunks"]]) for recording, layer in zip(recordings, layers)]


def chunk_of(chunk: dict[str, Any]) -> Chunk:
    names = list(dict.fromkeys(name for row in chunk["rows"] for name in row[2]))
    columns = [Column(chunk["entity"], name, DATATYPES[chunk["types"].get(name, "f64")], chunk["archetypes"].get(name)) for name in names]
    rows = [Row(row_id, times, {name: cells.get(name) for name in names}) for row_id, times, cells in chunk["rows"]]
    return Chunk(chunk["entity"], chunk["timelines"], columns, rows)


def index_values_of(values: Any) -> Any:
    """The plain and dict forms, raw."""
    if isinstance(values, dict) and "__df__" in values:
        frame: dict[str, list[int]] = {}
        for segment, value in zip(values["__df__"]["rerun_segment_id"], values["__df__"]["frame"]):
            frame.setdefault(segment, []).append(value)
        return frame
    if isinstance(values, dict) and "__np_dt_us__" in values:
        return [value * 1000 for value in values["__np_dt_us__"]]
    return values


def expression_of(node: Any, index: str | None) -> Any:
    """String literals against an index as DataFusion coerces them: numbers, or times in ISO 8601."""
    if isinstance(node, list) and node and node[0] in ("==", "<", "<=", ">", ">=", "!=") and node[1] == ["col", index]:
        literal = node[2]
        if literal[0] == "lit" and isinstance(literal[1], str):
            text = literal[1]
            seconds = datetime.datetime.fromisoformat(text + "+00:00").timestamp() if "T" in text else None
            return [node[0], node[1], ["lit", int(text) if seconds is None else int(seconds) * 10**9]]
    return [expression_of(item, index) for item in node] if isinstance(node, list) else node


def conjunction(filters: list[Any]) -> Any:
    whole = None
    for condition in filters:
        whole = condition if whole is None else ["and", whole, condition]
    return whole


def request_of(case: dict[str, Any]) -> Request:
    reader = case["reader"]
    filters = [operands[0] for operator, *operands in case["ops"] if operator == "filter"]
    selects = [operands[0] for operator, *operands in case["ops"] if operator == "select"]
    limits = [operands[0] for operator, *operands in case["ops"] if operator == "limit"]
    is_sorted = any(operator == "sort" for operator, *_ in case["ops"])
    return Request(
        segments=case["filter_segments"],
        contents=case["filter_contents"] or [],
        index=reader["index"],
        columns=selects[-1] if selects else None,
        filter=expression_of(conjunction(filters), reader["index"]),
        fill_latest_at=reader.get("fill_latest_at", False),
        include_tombstone_columns=reader.get("include_tombstone_columns", False),
        include_semantically_empty_columns=reader.get("include_semantically_empty_columns", False),
        index_values=index_values_of(reader.get("using_index_values")),
        limit=None if is_sorted else (limits[-1] if limits else None),
    )


def model_answer(case: dict[str, Any]) -> Answer:
    found = answer(dataset_of(case), request_of(case))
    for operator, *operands in case["ops"]:  # the engine does not sort: DataFusion does
        if operator == "sort":
            position = [name for name, _ in found.columns].index(operands[0].strip('"'))
            found.rows.sort(key=lambda row: row[position], reverse=not operands[1])
            found.rows = found.rows[: next((limit for operation, limit in case["ops"][1:] if operation == "limit"), None)]
    return found


def arrow_name(datatype: Any) -> str:
    return LIST_NAMES[datatype[1]] if isinstance(datatype, list) else ARROW_NAMES[datatype]


def expected_answer(case: dict[str, Any]) -> tuple[list[list[str]], list[list[Any]]]:
    """Columns as [name, type] and rows, as recorded or decided. Unless the query selects, the indexes stand in name order (A18)."""
    recorded, decided = golden.recorded(case["name"], "0.41.0"), DECIDED.get(case["name"], {})
    columns, rows = [column[:2] for column in decided.get("columns", recorded.get("columns"))], decided.get("rows", recorded.get("rows"))
    if any(operator == "select" for operator, *_ in case["ops"]):
        return columns, rows
    is_component = lambda position: ":" in columns[position][0]
    indexes = [position for position in range(1, len(columns)) if not is_component(position)]
    order = [0, *sorted(indexes, key=lambda position: columns[position][0]), *filter(is_component, range(len(columns)))]
    if "rows" not in decided:
        rows = [[row[position] for position in order] for row in rows]
    return [columns[position] for position in order], rows


@pytest.mark.parametrize("name", [name for name in golden.CASES if name not in NO_ANSWER])
def test_model_answers_the_golden_case(name: str) -> None:
    case, found = golden.CASES[name], model_answer(golden.CASES[name])
    if "count" in golden.recorded(name, "0.41.0"):
        assert len(found.rows) == golden.recorded(name, "0.41.0")["count"]
        return
    columns, rows = expected_answer(case)
    assert [[column, arrow_name(datatype)] for column, datatype in found.columns] == columns
    if columns[0][0] == "rerun_segment_id" and not any(operator == "sort" for operator, *_ in case["ops"]):
        rows = sorted(rows, key=lambda row: row[0])  # A19; the stock client answers segments in any order
    assert found.rows == rows


def test_columns_of_an_expression() -> None:
    assert columns_of(["and", ["==", ["col", "a"], ["lit", 1]], ["in", ["item", ["col", "b"], 0], [1, 2]]]) == {"a", "b"}
