"""A query as a plain value."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc


@dataclasses.dataclass(frozen=True)
class Request:
    """What to read; see include/mutoscope/query.h.

    Attributes
    ----------
    segments
        Ids; None = all.
    contents
        Filters (rule lists) that intersect.
    index
        None = static values, one row a segment.
    columns
        None = all.
    filter
        Over any column of the dataset.
    index_values
        For every segment whose range covers them.
    segment_index_values
        For the named segments.
    limit
        None = no limit.
    """

    segments: tuple[str, ...] | None = None
    contents: tuple[tuple[str, ...], ...] = ()
    index: str | None = None
    columns: tuple[str, ...] | None = None
    filter: pc.Expression | None = None
    fill_latest_at: bool = False
    include_tombstone_columns: bool = False
    include_semantically_empty_columns: bool = False
    index_values: pa.Array | None = None
    segment_index_values: Mapping[str, pa.Array] | None = None
    limit: int | None = None

    def with_filter(self, expression: pc.Expression | pa.Scalar | None) -> Request:
        """This request for those of its rows that `expression` keeps."""
        if expression is None:
            return self
        if isinstance(expression, pa.Scalar):  # as DataFusion passes a condition that it has found always true or never
            expression = pc.scalar(expression.as_py())
        return dataclasses.replace(self, filter=expression if self.filter is None else self.filter & expression)

    def with_columns(self, columns: list[str] | tuple[str, ...] | None) -> Request:
        return self if columns is None else dataclasses.replace(self, columns=tuple(columns))

    def with_limit(self, limit: int | None) -> Request:
        if limit is None or (self.limit is not None and self.limit <= limit):
            return self
        return dataclasses.replace(self, limit=limit)
