"""What the native engine answers: query.md §2 to §5 with design.md §4 and rulings.md, slow and literal.

Each function is one numbered rule. `answer` puts them together.
"""

from __future__ import annotations

import dataclasses

from . import predicate
from .content_rules import in_contents, parse_path, path_order
from .data import CLEAR, SEGMENT_ID, Answer, Cell, Chunk, Column, Dataset, Request


@dataclasses.dataclass(frozen=True)
class Event:
    """A cell of a column at a time: logged, or emptied by a Clear."""

    time: int
    row_id: int
    is_logged: bool
    cell: list
    times: dict[str, int]

    def rank(self) -> tuple[int, bool]:
        """At the same time the greatest row id wins (2.3, A23); at equal row id the value wins over the Clear (A5)."""
        return self.row_id, self.is_logged


# ---------------------------------------------------------------------------------------------------------------- schema (query.md §4)


def all_indexes(dataset: Dataset) -> dict[str, str]:
    """Every index of the dataset is a column; ascending by name (A18)."""
    found = {name: kind for layer in dataset for chunk in layer.chunks for name, kind in chunk.timelines.items()}
    return dict(sorted(found.items(), key=lambda item: item[0].encode()))


def all_columns(dataset: Dataset) -> list[Column]:
    """Component columns by entity path, archetype (none first), component name by bytes (A18)."""
    found = {column for layer in dataset for chunk in layer.chunks for column in chunk.columns}
    return sorted(found, key=lambda column: (path_order(column.entity), column.archetype or "", column.component.encode()))


def is_semantically_empty(dataset: Dataset, column: Column) -> bool:
    """No non-empty cell in any layer of the whole dataset (A20)."""
    cells = (row.cells[column.component] for layer in dataset for chunk in layer.chunks if column in chunk.columns for row in chunk.rows)
    return not any(cells)


def is_flagged_static(dataset: Dataset, column: Column) -> bool:
    """Static in at least one chunk of any segment or layer (2.10)."""
    return any(chunk.is_static and column in chunk.columns for layer in dataset for chunk in layer.chunks)


def visible_columns(dataset: Dataset, request: Request) -> list[Column]:
    """The contents minus hidden columns: tombstones and semantically empty ones (§4 "Hidden by default")."""
    columns = [column for column in all_columns(dataset) if in_contents(request.contents, column.entity)]
    if not request.include_tombstone_columns:
        columns = [column for column in columns if column.component != CLEAR]
    if not request.include_semantically_empty_columns:
        columns = [column for column in columns if not is_semantically_empty(dataset, column)]
    if request.index is None:
        columns = [column for column in columns if is_flagged_static(dataset, column)]
    return columns


# ------------------------------------------------------------------------------------------------------------ one segment (query.md §2)


def cells_of(chunks: list[Chunk], column: Column, static: bool) -> list[tuple[int, list, dict[str, int]]]:
    """(row id, cell, times) of all non-null cells. An all-null row adds nothing (2.1); null never overrides (2.3)."""
    return [
        (row.row_id, cell, row.times)
        for chunk in chunks
        if chunk.is_static == static and column in chunk.columns
        for row in chunk.rows
        if (cell := row.cells[column.component]) is not None
    ]


def static_value(chunks: list[Chunk], column: Column) -> Cell:
    """Greatest row id among the non-null static cells over all layers of the segment (2.5, A8); None = the column is not static here."""
    cells = cells_of(chunks, column, static=True)
    return max(cells, key=lambda cell: cell[0])[1] if cells else None


def logged_events(chunks: list[Chunk], column: Column, index: str) -> list[Event]:
    """A chunk without the timeline contributes no rows and no cells (2.2)."""
    cells = cells_of(chunks, column, static=False)
    return [Event(times[index], row_id, True, cell, times) for row_id, cell, times in cells if index in times]


def is_cleared_by(clear: Chunk, flag: Cell, column: Column) -> bool:
    """Flag: null = no Clear, [] = flat, several instances = the first counts (A4). Recursive: the descendants too (2.8)."""
    if flag is None:
        return False
    is_recursive = bool(flag and flag[0])
    entity, path = parse_path(clear.entity), parse_path(column.entity)
    return path[: len(entity)] == entity if is_recursive else path == entity


def has_clears(chunks: list[Chunk], chunk: Chunk) -> bool:
    """A static Clear has no effect (A3), and like any static data it hides the temporal ones of its entity in the segment (2.5)."""
    clear = next((column for column in chunk.columns if column.component == CLEAR), None)
    return clear is not None and not chunk.is_static and static_value(chunks, clear) is None


def clear_events(chunks: list[Chunk], column: Column, index: str) -> list[Event]:
    """A Clear counts whatever the contents are (A1), for columns that occur in this segment at all (A2)."""
    if not any(column in chunk.columns for chunk in chunks):
        return []
    return [
        Event(row.times[index], row.row_id, False, [], row.times)
        for chunk in chunks
        if index in chunk.timelines and has_clears(chunks, chunk)
        for row in chunk.rows
        if is_cleared_by(chunk, row.cells[CLEAR], column)
    ]


def events_of(chunks: list[Chunk], column: Column, index: str) -> list[Event]:
    """What a column that is not static in this segment holds along the index. Static hides temporal data (2.5, A7) and Clears (A3)."""
    if static_value(chunks, column) is not None:
        return []
    return logged_events(chunks, column, index) + clear_events(chunks, column, index)


def event_at(events: list[Event], time: int, fill_latest_at: bool) -> Event | None:
    """The cell at a time (2.3), or with fill the latest at or before it, where a Clear counts (2.7, design.md §4)."""
    if fill_latest_at:
        return max((event for event in events if event.time <= time), key=lambda event: (event.time, event.rank()), default=None)
    return max((event for event in events if event.time == time), key=Event.rank, default=None)


def logged_times(events: dict[Column, list[Event]]) -> list[int]:
    """The row set: times of all non-null cells in selected columns, deduplicated, ascending (2.1)."""
    return sorted({event.time for of_column in events.values() for event in of_column})


def index_range(chunks: list[Chunk], index: str) -> tuple[int, int] | None:
    """Bounds for plain index values: rows with a non-null cell in any column of any entity, contents or not (A12)."""
    times = [
        row.times[index]
        for chunk in chunks
        if index in chunk.timelines
        for row in chunk.rows
        if any(cell is not None for cell in row.cells.values())
    ]
    return (min(times), max(times)) if times else None


def requested_times(segment: str, chunks: list[Chunk], index: str, index_values: list[int] | dict[str, list[int]]) -> list[int]:
    """One row per requested value, ascending (2.9); duplicates collapse (A10)."""
    if isinstance(index_values, dict):
        return sorted(set(index_values[segment]))  # covered or not (A13)
    bounds = index_range(chunks, index)
    return sorted({value for value in index_values if bounds and bounds[0] <= value <= bounds[1]})


def index_cell(name: str, cells: list[Event]) -> int | None:
    """Another index: the maximum over the cells that make up the row, Clears too, null if none carries it (2.6, A6)."""
    return max((event.times[name] for event in cells if name in event.times), default=None)


def index_rows(segment: str, chunks: list[Chunk], columns: list[Column], indexes: dict[str, str], index: str, request: Request) -> list[list]:
    """All rows of a segment for an index. Without component columns there are none (A11)."""
    if not columns:
        return []
    static = {column: static_value(chunks, column) for column in columns}
    events = {column: events_of(chunks, column, index) for column in columns}
    if request.index_values is None:
        times = logged_times(events)
    else:
        times = requested_times(segment, chunks, index, request.index_values)
    rows = []
    for time in times:
        found = [event_at(events[column], time, request.fill_latest_at) for column in columns]
        made_of = [event for event in found if event is not None]
        cells = [static[column] if event is None else event.cell for column, event in zip(columns, found)]
        rows.append([segment, *(time if name == index else index_cell(name, made_of) for name in indexes), *cells])
    return rows


def static_rows(segment: str, chunks: list[Chunk], columns: list[Column], indexes: dict[str, str]) -> list[list]:
    """index=None: one row if the segment has a non-null static value in a visible selected column; indexes are null (2.10, A9)."""
    values = [static_value(chunks, column) for column in columns]
    if all(value is None for value in values):
        return []
    return [[segment, *(None for _ in indexes), *values]]


# ------------------------------------------------------------------------------------------------------------------------- the whole


def segments_of(dataset: Dataset, request: Request) -> list[str]:
    """Ids by bytes (A19); unknown ids select nothing; a dict of index values restricts too (2.9, A15)."""
    segments = sorted({layer.segment for layer in dataset}, key=str.encode)
    if request.segments is not None:
        segments = [segment for segment in segments if segment in request.segments]
    if isinstance(request.index_values, dict):
        segments = [segment for segment in segments if segment in request.index_values]
    return segments


def unfiltered(dataset: Dataset, request: Request) -> Answer:
    """All columns and rows before filter, projection and limit, by segment and index (A19)."""
    indexes, columns = all_indexes(dataset), visible_columns(dataset, request)
    names = [(SEGMENT_ID, "utf8"), *indexes.items(), *((column.name, ["list", column.datatype]) for column in columns)]
    rows = []
    for segment in segments_of(dataset, request):
        chunks = [chunk for layer in dataset if layer.segment == segment for chunk in layer.chunks]
        if request.index is None:
            rows += static_rows(segment, chunks, columns, indexes)
        else:
            rows += index_rows(segment, chunks, columns, indexes, request.index, request)
    return Answer(names, rows)


def narrowed(whole: Answer, request: Request) -> Answer:
    """Filter (A17), then limit, then projection: the row set never depends on the chosen columns (design.md §4)."""
    names = [name for name, _ in whole.columns]
    rows = whole.rows
    if request.filter is not None:
        rows = [row for row in rows if predicate.evaluate(request.filter, dict(zip(names, row))) is True]
    if request.limit is not None:
        rows = rows[: request.limit]
    if request.columns is None:
        return Answer(whole.columns, rows)
    positions = [names.index(name) for name in request.columns]
    return Answer([whole.columns[position] for position in positions], [[row[position] for position in positions] for row in rows])


def answer(dataset: Dataset, request: Request) -> Answer:
    """The answer of the native engine."""
    return narrowed(unfiltered(dataset, request), request)


def single_cell(dataset: Dataset, column: Column, index: str, at: int, segment: str | None, latest: bool) -> Cell:
    """CellRequest (include/mutoscope/query.h): the cell at an index value, or the latest at or before it (2.3, 2.5, 2.7, 2.8).

    Without a segment: the first by id that has one, with `latest` the one whose value is the latest. Contents do not matter.
    """
    found: list[tuple[int, Cell]] = []
    for name in [segment] if segment is not None else segments_of(dataset, Request()):
        chunks = [chunk for layer in dataset if layer.segment == name for chunk in layer.chunks]
        static, event = static_value(chunks, column), event_at(events_of(chunks, column, index), at, latest)
        if static is not None:
            found.append((at, static))
        elif event is not None:
            found.append((event.time, event.cell))
    return max(found, key=lambda cell: cell[0])[1] if found else None  # max() takes the first of several
