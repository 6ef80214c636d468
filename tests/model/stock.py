"""The stock 0.41.0 client as a second judge of the model, where rulings.md does not list it as wrong."""

from __future__ import annotations

import dataclasses
import pathlib
import pickle
import subprocess
from typing import Any, Iterator

from support import sdk

from .arrow_values import INDEX_TYPES, cell_type, plain_rows, table_of
from .content_rules import in_contents, parse_path, parse_rules
from .data import CLEAR, SEGMENT_ID, Answer, Column, Dataset, Expression, Request
from .rules import all_columns, all_indexes, is_semantically_empty, requested_times, segments_of, visible_columns

SMALLEST = -(2**63) + 1
# What a predicate is made of that the stock client evaluates itself, row by row.
CLIENT_SIDE = {"col", "lit", "dur", "np_dt", "item", "==", "!=", "<", "<=", ">", ">=", "and", "or", "not", "is_null"}


def request_for_stock(request: Request) -> Request:
    """Without what the stock client defines otherwise: projections narrow its rows (6.3), its limit takes arbitrary segments (§5)."""
    return dataclasses.replace(request, columns=None, limit=None)


def cells(dataset: Dataset, column: Column, segment: str | None = None) -> list[Any]:
    return [
        row.cells[column.component]
        for layer in dataset
        if segment in (None, layer.segment)
        for chunk in layer.chunks
        if column in chunk.columns
        for row in chunk.rows
    ]


def static_columns(dataset: Dataset) -> set[tuple[str, Column]]:
    return {(layer.segment, column) for layer in dataset for chunk in layer.chunks if chunk.is_static for column in chunk.columns}


def clears(dataset: Dataset) -> Iterator[tuple[str, Any, Any]]:
    """(segment, chunk, flag) of all Clears."""
    for layer in dataset:
        for chunk in layer.chunks:
            if any(column.component == CLEAR for column in chunk.columns):
                for row in chunk.rows:
                    yield layer.segment, chunk, row.cells[CLEAR]


def wrong_about_clears(dataset: Dataset, request: Request) -> str | None:
    found = list(clears(dataset))
    if not found:
        return None
    is_narrow = request.filter is not None and not is_client_side(request.filter, dataset)
    if request.fill_latest_at or request.index_values is not None or is_narrow:
        return "Clear with fill, index values or a range (design.md §4, stock bugs 7 and 8)"
    for segment, chunk, flag in found:
        if chunk.is_static:
            return "static Clear (A3)"
        if len(chunk.columns) > 1:
            return "a value in the row of a Clear (A5)"
        entity, is_recursive = parse_path(chunk.entity), bool(flag and flag[0])
        for static_segment, column in static_columns(dataset):
            path = parse_path(column.entity)
            if static_segment == segment and (path[: len(entity)] == entity if is_recursive else path == entity):
                return "Clear of a static column (A3)"
        if is_recursive and not in_contents(request.contents, chunk.entity):
            return "recursive Clear outside the contents (A1)"
        if is_recursive:
            visible = visible_columns(dataset, request)
            others = [column for layer in dataset for other in layer.chunks for column in other.columns if layer.segment == segment]
            if not any(column in visible and column.entity == chunk.entity and column.component != CLEAR for column in others):
                return "recursive Clear alone on its entity (stock bug 11)"
    return None


def wrong_about_contents(request: Request) -> str | None:
    """Of one rule in two spellings the greater spelling wins instead of the last (A22)."""
    for rules in request.contents:
        parsed = parse_rules(rules)
        spellings = {(rule.path, rule.subtree) for rule in parsed}
        if len(spellings) < len(parsed):
            return "one rule twice (A22)"
    return None


def wrong_about_empties(dataset: Dataset, request: Request) -> str | None:
    """Columns are judged semantically empty by layer (A20, stock bug 6) and by what was fetched (stock bug 7)."""
    narrow = request.filter is not None or request.index_values is not None or request.fill_latest_at or request.index is None
    for column in all_columns(dataset):
        by_layer = [[layer] for layer in dataset if any(column in chunk.columns for chunk in layer.chunks)]
        if len({is_semantically_empty(part, column) for part in by_layer}) > 1:
            return "column empty in one layer and not in another (A20)"
    for column in visible_columns(dataset, request):
        for segment in {layer.segment for layer in dataset}:
            found = [cell for cell in cells(dataset, column, segment) if cell is not None]
            if any(cell == [] for cell in found) and (narrow or not any(found)):
                return "only empty cells may be fetched (stock bug 7)"
    return None


def wrong_about_static(dataset: Dataset, request: Request) -> str | None:
    if request.index is None:
        if request.filter is not None:
            return "predicate with index=None (stock bug 3)"
        hidden = set(all_columns(dataset)) - set(visible_columns(dataset, request))
        if any(column in hidden and in_contents(request.contents, column.entity) for _, column in static_columns(dataset)):
            return "hidden static columns make rows (A9)"
    if request.index is None or request.filter is not None or request.index_values is not None:
        chunks = [(layer.segment, column) for layer in dataset for chunk in layer.chunks if chunk.is_static for column in chunk.columns]
        if len(set(chunks)) < len(chunks):
            return "several static chunks of a column (2.5)"
    if any(cell is None for layer in dataset for chunk in layer.chunks if chunk.is_static for row in chunk.rows for cell in row.cells.values()):
        return "null cells of a static column (A8, stock bug 10)"
    return None


def wrong_about_fill(dataset: Dataset, request: Request) -> str | None:
    """Next to a row at the smallest index value a later row can be filled with an older value of another chunk."""
    smallest = (request.index in row.times and row.times[request.index] == SMALLEST for layer in dataset for chunk in layer.chunks for row in chunk.rows)
    return "fill with the smallest index value" if request.fill_latest_at and any(smallest) else None


def wrong_about_index_values(dataset: Dataset, request: Request) -> str | None:
    if request.index_values is None or request.index is None:
        return None
    if isinstance(request.index_values, list) and all_indexes(dataset)[request.index] == "duration":
        return "plain values on a duration index (stock bug 9)"
    if isinstance(request.index_values, list) and request.index != request.index.lower():
        return "plain values on an index with upper case in its name: the stock client asks DataFusion for the lower-case one"
    if request.filter is not None:
        return "predicates with index values (2.9)"
    visible, static = set(visible_columns(dataset, request)), static_columns(dataset)
    for segment in segments_of(dataset, request):
        chunks = [chunk for layer in dataset if layer.segment == segment for chunk in layer.chunks]
        logged = {
            row.times[request.index]
            for chunk in chunks
            if request.index in chunk.timelines
            for row in chunk.rows
            if any(row.cells[column.component] is not None for column in chunk.columns if column in visible and (segment, column) not in static)
        }
        times = requested_times(segment, chunks, request.index, request.index_values)
        if times and not logged & set(times):
            return "no chunk may be fetched for the values (2.9)"
    return None


def operators(node: Any) -> set[str]:
    if not isinstance(node, list) or not node:
        return set()
    return {node[0]}.union(*(operators(operand) for operand in node[1:])) if isinstance(node[0], str) else set().union(*map(operators, node))


def is_client_side(node: Expression, dataset: Dataset, under_not: bool = False) -> bool:
    """Only values of components, in any combination: nothing is pushed (6.2). NOT(IS NULL) would become IS NOT NULL."""
    kind, *operands = node
    if kind == "col":
        return operands[0] != SEGMENT_ID and operands[0] not in all_indexes(dataset)
    if kind not in CLIENT_SIDE or (kind == "is_null" and under_not):
        return False
    return all(is_client_side(operand, dataset, under_not or kind == "not") for operand in operands if isinstance(operand, list))


def is_simple_index_atom(node: Expression, request: Request) -> bool:
    """One comparison, IN or IS NULL on the index or the segment id."""
    columns = {SEGMENT_ID, request.index} if request.segments is None else {request.index}
    return node[0] in ("==", "!=", "<", "<=", ">", ">=", "in", "is_null") and node[1][0] == "col" and node[1][1] in columns


def wrong_about_predicates(dataset: Dataset, request: Request) -> str | None:
    condition = request.filter
    if condition is None or is_client_side(condition, dataset) or is_simple_index_atom(condition, request):
        return None
    if condition[0] == "and" and any(
        is_simple_index_atom(one, request) and is_client_side(other, dataset) for one, other in (condition[1:], condition[:0:-1])
    ):
        return None
    if condition[0] == "is_not_null" and condition[1][0] == "col" and not request.fill_latest_at:
        name = condition[1][1]
        if not any(column.name == name for _, column in static_columns(dataset)) and not name.startswith("property:"):
            return None
    return "pushed predicates (6.2, stock bugs 2 to 5)"


def why_wrong(dataset: Dataset, request: Request) -> str | None:
    """Why the stock client's answer need not be the model's; None = it has to be."""
    if (reason := wrong_about_contents(request)) is not None:
        return reason
    judges = (wrong_about_clears, wrong_about_empties, wrong_about_static, wrong_about_fill, wrong_about_index_values, wrong_about_predicates)
    return next((reason for judge in judges if (reason := judge(dataset, request)) is not None), None)


def comparable(columns: list[tuple[str, Any]], rows: list[list[Any]], index: str | None) -> Any:
    """Columns by name and rows by segment and index: the stock client defines neither order (§4, §5)."""
    order = sorted(range(len(columns)), key=lambda position: columns[position][0])
    names = [columns[position][0] for position in order]
    keys = [names.index(name) for name in (SEGMENT_ID, index) if name in names]
    arranged = [[row[position] for position in order] for row in rows]
    return [columns[position] for position in order], sorted(arranged, key=lambda row: [(row[key] is not None, row[key]) for key in keys])


def type_name(datatype: Any) -> str:
    return str(cell_type(datatype[1])) if isinstance(datatype, list) else "string" if datatype == "utf8" else str(INDEX_TYPES[datatype])


def expected_of_stock(found: Answer, index: str | None) -> Any:
    return comparable([(name, type_name(datatype)) for name, datatype in found.columns], plain_rows(table_of(found)), index)


class StockClient:
    """One process of the stock client, connected to a server."""

    def __init__(self, url: str, work: pathlib.Path) -> None:
        self.work, self.url, self.number = pathlib.Path(work), url, 0
        self.start()

    def start(self) -> None:
        script = pathlib.Path(__file__).with_name("stock_client.py")
        with open(self.work / "stock_stderr.txt", "a") as stderr:
            self.process = sdk.start("0.41.0", script, self.url, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr, bufsize=1)

    def answers(self, files: list[tuple[pathlib.Path, str]], requests: list[Request]) -> list[Any]:
        """(columns, rows) or an error text for each request."""
        self.number += 1
        order = self.work / f"stock_{self.number}.pickle"
        order.write_bytes(pickle.dumps((f"model {self.number}", [(str(path), layer) for path, layer in files], requests)))
        self.process.stdin.write(f"{order}\n")
        line = self.process.stdout.readline().strip()
        if not line:
            tail = (self.work / "stock_stderr.txt").read_text()[-1500:]
            raise AssertionError(f"the stock client's process ended with {self.process.wait(10)}; order {order}\n{tail}")
        return pickle.loads(pathlib.Path(line).read_bytes())

    def __enter__(self) -> "StockClient":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.stdin.close()
        self.process.wait(30)
        self.process.stdout.close()
