"""Recordings and requests as plain Python values: what the model, the generator and the writers share. Nothing here knows Arrow."""

from __future__ import annotations

import dataclasses
from typing import Any

CLEAR = "Clear:is_recursive"
SEGMENT_ID = "rerun_segment_id"

# A cell is None (nothing logged) or a list of instances ([] = logged empty).
Cell = list[Any] | None
# ["op", operand…], as in tests/golden/run_cases.py `expression()`.
Expression = list[Any]


@dataclasses.dataclass(frozen=True)
class Column:
    """A component of an entity. `datatype` is a key of arrow_values.TYPES."""

    entity: str
    component: str
    datatype: str
    archetype: str | None = None

    @property
    def name(self) -> str:
        """Name in a dataframe (query.md §4 "Names")."""
        if self.entity == "/__properties":
            return f"property:{self.component}"
        if self.entity.startswith("/__properties/"):
            return f"property:{self.entity.removeprefix('/__properties/')}:{self.component}"
        return f"{self.entity}:{self.component}"


@dataclasses.dataclass
class Row:
    """One row of a chunk: `times` by timeline (raw int64), `cells` by component."""

    row_id: int
    times: dict[str, int]
    cells: dict[str, Cell]


@dataclasses.dataclass
class Chunk:
    """Rows of one entity. No timelines = static."""

    entity: str
    timelines: dict[str, str]  # name -> "sequence" | "timestamp" | "duration"
    columns: list[Column]
    rows: list[Row]

    @property
    def is_static(self) -> bool:
        return not self.timelines


@dataclasses.dataclass
class Layer:
    """One RRD file: a layer of a segment. An unfinished one is uncompressed and has no footer."""

    segment: str
    name: str
    chunks: list[Chunk]
    unfinished: bool = False


Dataset = list[Layer]


@dataclasses.dataclass
class Request:
    """Mirror of mutoscope::Request (include/mutoscope/query.h), index values as raw int64."""

    segments: list[str] | None = None
    contents: list[list[str]] = dataclasses.field(default_factory=list)
    index: str | None = None
    columns: list[str] | None = None
    filter: Expression | None = None
    fill_latest_at: bool = False
    include_tombstone_columns: bool = False
    include_semantically_empty_columns: bool = False
    index_values: list[int] | dict[str, list[int]] | None = None
    limit: int | None = None


@dataclasses.dataclass
class Answer:
    """Columns as (name, datatype): datatype is "utf8", a kind of timeline, or ["list", datatype of the component]."""

    columns: list[tuple[str, Any]]
    rows: list[list[Any]]

    def column(self, name: str) -> list[Any]:
        position = [column for column, _ in self.columns].index(name)
        return [row[position] for row in self.rows]
