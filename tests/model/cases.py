"""Cases by number: the dataset and the requests of a seed, how to describe one, and how to make one smaller."""

from __future__ import annotations

import copy
import dataclasses
import random
from typing import Any, Callable, Iterator

import pyarrow as pa

from .arrow_values import plain_rows, table_of
from .data import Answer, Column, Dataset, Request
from .recordings import Shape, make_dataset
from .requests import make_request
from .rules import all_columns, all_indexes, answer

ROWS_SHOWN_MAX = 12


def dataset_of(seed: int, shape: Shape = Shape()) -> Dataset:
    return make_dataset(random.Random(f"dataset {seed}"), shape)


def request_of(seed: int, number: int, dataset: Dataset) -> Request:
    return make_request(random.Random(f"request {seed} {number}"), dataset)


def difference(expected: Answer, found: pa.Table) -> str | None:
    """None if columns, types, rows and their order are exactly the expected ones."""
    wanted = table_of(expected)
    if found.schema != wanted.schema:
        return f"schema: expected {schema_text(wanted.schema)}, found {schema_text(found.schema)}"
    if found.equals(wanted):
        return None
    expected_rows, rows = plain_rows(wanted), plain_rows(found)
    shown = [f"columns {found.column_names}", f"{len(expected_rows)} rows expected, {len(rows)} found"]
    for number in range(max(len(expected_rows), len(rows))):
        pair = [side[number] if number < len(side) else "(no row)" for side in (expected_rows, rows)]
        if pair[0] != pair[1] and len(shown) < ROWS_SHOWN_MAX:
            shown.append(f"row {number}: expected {pair[0]}\n{' ' * len(f'row {number}:')}    found {pair[1]}")
    return "\n".join(shown)


def schema_text(schema: pa.Schema) -> str:
    return ", ".join(f"{field.name}: {field.type}{'' if field.nullable else ' not null'}" for field in schema)


def described(dataset: Dataset, request: Request) -> str:
    """The recordings and the request in readable form: with this alone a reader can work out the answer."""
    lines = []
    for layer in dataset:
        lines.append(f"segment {layer.segment!r} layer {layer.name!r}{' (uncompressed, no footer)' if layer.unfinished else ''}")
        for chunk in layer.chunks:
            types = [column.datatype for column in chunk.columns]
            lines.append(f"  {chunk.entity} {'STATIC' if chunk.is_static else chunk.timelines} {types}")
            lines += [f"    r{row.row_id} {row.times} {shortened(row.cells)}" for row in chunk.rows]
    defaults = Request()
    given = {field.name: getattr(request, field.name) for field in dataclasses.fields(Request)}
    options = {name: value for name, value in given.items() if value != getattr(defaults, name) or name == "index"}
    return "\n".join([*lines, f"request {options}"])


def shortened(value: Any) -> Any:
    """Long blobs by their size."""
    if isinstance(value, dict):
        return {key: shortened(item) for key, item in value.items()}
    if isinstance(value, list):
        return [shortened(item) for item in value]
    return f"<{len(value)} bytes>" if isinstance(value, bytes) and len(value) > 16 else value


@dataclasses.dataclass
class CellCase:
    """Arguments of rules.single_cell()."""

    column: Column
    index: str
    at: int
    segment: str | None
    latest: bool


def cell_of(seed: int, number: int, dataset: Dataset) -> CellCase | None:
    """A random cell; None if the dataset has no index."""
    source = random.Random(f"cell {seed} {number}")
    indexes, columns = list(all_indexes(dataset)), all_columns(dataset)
    if not indexes:
        return None
    index = source.choice(indexes)
    chunks = [chunk for layer in dataset for chunk in layer.chunks if index in chunk.timelines]
    times = [row.times[index] for chunk in chunks for row in chunk.rows]
    at = min(max(source.choice(times) + source.choice([0, 0, 0, 1, -1]), -(2**63) + 1), 2**63 - 1)
    segment = source.choice([None, None, source.choice(dataset).segment])
    return CellCase(source.choice(columns), index, at, segment, source.random() < 0.5)


# ------------------------------------------------------------------------------------------------------------------------ smaller cases


def minimised(dataset: Dataset, request: Request, fails: Callable[[Dataset, Request], bool]) -> tuple[Dataset, Request]:
    """Drops parts of a failing case as long as it still fails."""
    changed = True
    while changed:
        changed = False
        for smaller in smaller_requests(request):
            if still_fails(dataset, smaller, fails):
                request, changed = smaller, True
                break
        for smaller_dataset in smaller_datasets(dataset):
            if smaller_dataset and still_fails(smaller_dataset, request, fails):
                dataset, changed = smaller_dataset, True
                break
    return dataset, request


def still_fails(dataset: Dataset, request: Request, fails: Callable[[Dataset, Request], bool]) -> bool:
    """A smaller case may have lost a column that the request names: then it is no case."""
    try:
        answer(dataset, request)
    except (KeyError, ValueError):
        return False
    return fails(dataset, request)


def smaller_requests(request: Request) -> Iterator[Request]:
    defaults = Request()
    for field in dataclasses.fields(Request):
        if field.name != "index" and getattr(request, field.name) != getattr(defaults, field.name):
            yield dataclasses.replace(request, **{field.name: getattr(defaults, field.name)})
    for node in parts_of(request.filter):
        yield dataclasses.replace(request, filter=node)
    columns = request.columns or []
    for number in range(len(columns) if len(columns) > 1 else 0):
        yield dataclasses.replace(request, columns=columns[:number] + columns[number + 1 :])
    for number, rules in enumerate(request.contents):
        for rule in range(len(rules)):
            contents = [*request.contents[:number], rules[:rule] + rules[rule + 1 :], *request.contents[number + 1 :]]
            yield dataclasses.replace(request, contents=contents)


def parts_of(node: Any) -> list[Any]:
    """Predicates inside a predicate."""
    if node is None or node[0] not in ("and", "or", "not"):
        return []
    inner = [(position, smaller) for position in range(1, len(node)) for smaller in parts_of(node[position])]
    return [*node[1:], *([*node[:position], smaller, *node[position + 1 :]] for position, smaller in inner)]


def smaller_datasets(dataset: Dataset) -> Iterator[Dataset]:
    """Without one layer, one chunk, one row, or one column of a chunk, or with a layer written by the SDK."""
    for layer in range(len(dataset)):
        if dataset[layer].unfinished:
            yield with_change(dataset, lambda copied: setattr(copied[layer], "unfinished", False))
    for layer in range(len(dataset)):
        yield dataset[:layer] + dataset[layer + 1 :]
    for layer in range(len(dataset)):
        for chunk in range(len(dataset[layer].chunks)):
            if len(dataset[layer].chunks) > 1:
                yield with_change(dataset, lambda copied: copied[layer].chunks.pop(chunk))
            for row in range(len(dataset[layer].chunks[chunk].rows)):
                if len(dataset[layer].chunks[chunk].rows) > 1:
                    yield with_change(dataset, lambda copied: copied[layer].chunks[chunk].rows.pop(row))
            for column in range(len(dataset[layer].chunks[chunk].columns)):
                if len(dataset[layer].chunks[chunk].columns) > 1:
                    yield with_change(dataset, lambda copied: without_column(copied[layer].chunks[chunk], column))


def without_column(chunk: Any, number: int) -> None:
    column = chunk.columns[number]
    chunk.columns = [other for other in chunk.columns if other is not column]
    for row in chunk.rows:
        del row.cells[column.component]


def with_change(dataset: Dataset, change: Callable[[Dataset], Any]) -> Dataset:
    copied = copy.deepcopy(dataset)
    change(copied)
    return copied
