"""Queries of a dataset or a part of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as pds
from datafusion import DataFrame

from mutoscope import _index_values, _sql
from mutoscope._arrow import QueryDataset, batches_of
from mutoscope._request import Request
from mutoscope.catalog._content import ContentFilter, rules_of
from mutoscope.catalog._schema import Schema
from mutoscope.catalog._sources import DatasetSource

if TYPE_CHECKING:
    from mutoscope.catalog._dataset import DatasetEntry
    from mutoscope.catalog._selection import DatasetSelection
    from mutoscope.catalog._table import TableEntry

IndexValuesLike: TypeAlias = (
    npt.NDArray[np.int64] | npt.NDArray[np.datetime64] | npt.NDArray[np.timedelta64] | pa.Array | pa.ChunkedArray | Sequence[Any]
)
"""Values of an index: integers (raw values; nanoseconds on time indexes), or points or lengths of time of any unit."""

UsingIndexValues: TypeAlias = Mapping[str, IndexValuesLike] | DataFrame | IndexValuesLike | None

SEGMENT_ID = "rerun_segment_id"


class Queries:
    """What a dataset and a selection of it can be asked."""

    _source: DatasetSource
    _segments: tuple[str, ...] | None = None
    _contents: tuple[tuple[str, ...], ...] = ()

    @property
    def dataset(self) -> DatasetEntry:
        raise NotImplementedError

    def _part(self, segments: tuple[str, ...] | None, contents: tuple[tuple[str, ...], ...]) -> DatasetSelection:
        raise NotImplementedError

    # Parts

    def filter_segments(self, segment_ids: str | Sequence[str] | DataFrame) -> DatasetSelection:
        """The part of these segments.

        Parameters
        ----------
        segment_ids
            An id, ids, or a DataFrame with the column `rerun_segment_id`. Unknown ids match nothing; an empty list matches nothing.

        Raises
        ------
        TypeError
            An element is not a string.

        Examples
        --------
        >>> dataset.filter_segments("sample").segment_ids()
        ['sample']
        """
        chosen = _segment_list(segment_ids)
        if self._segments is not None:
            chosen = tuple(segment for segment in self._segments if segment in set(chosen))
        return self._part(chosen, self._contents)

    def filter_contents(self, exprs: ContentFilter | str | Sequence[str]) -> DatasetSelection:
        """The part of these entities.

        Parameters
        ----------
        exprs
            Rules such as "/camera/**" or "- /camera/raw", or a :class:`ContentFilter`. Several calls intersect.

        Examples
        --------
        >>> dataset.filter_contents(["/camera/**", "- /camera/depth/**"]).schema().entity_paths()
        ['/camera']
        """
        return self._part(self._segments, (*self._contents, rules_of(exprs)))

    # What there is

    def schema(self) -> Schema:
        """Indexes and components (with static and empty ones); properties only if the contents include them."""
        return Schema(self.arrow_schema())

    def arrow_schema(self) -> pa.Schema:
        """The fields of :meth:`schema`, with Rerun's metadata."""
        full = self._source().schema()
        if not self._contents or not len(full):
            return full
        request = self._request(full_index(full), None, options=(True, True, False))
        chosen = set(self._source().query_schema(request).names)
        return pa.schema([field for field in full if field.name in chosen], full.metadata)

    def segment_ids(self) -> list[str]:
        """Sorted."""
        return sorted(self._segment_rows([SEGMENT_ID], self._segments)[SEGMENT_ID].to_pylist())

    def segment_table(self, join_meta: TableEntry | DataFrame | None = None, join_key: str = SEGMENT_ID) -> DataFrame:
        """One row a segment: layers, URLs, sizes, properties, first and last index values.

        Parameters
        ----------
        join_meta
            What is known of segments elsewhere; joined from the left.
        join_key
            The column of both that says which.

        Raises
        ------
        ValueError
            `join_key` is missing on either side.
        """
        frame = self._frame(self._segment_rows(None, self._segments))
        if join_meta is None:
            return frame
        other = join_meta if isinstance(join_meta, DataFrame) else join_meta.reader()
        if join_key not in other.schema().names:
            raise ValueError(f"join_meta must contain join_key column '{join_key}'.")
        if join_key not in frame.schema().names:
            raise ValueError(f"the segment table must contain join_key column '{join_key}'.")
        return frame.join(other.alias("join_meta"), on=join_key, how="left")  # tables that are read have no name to tell them apart

    def get_index_ranges(self) -> DataFrame:
        """First and last value of each index in each segment: `rerun_segment_id`, then `<index>:start` and `<index>:end`."""
        rows = self._segment_rows(None, self._segments)
        wanted = [f"{column.name}:{side}" for column in self.schema().index_columns() for side in ("start", "end")]
        return self._frame(rows.select([SEGMENT_ID, *(name for name in wanted if name in rows.column_names)]))

    # Queries

    def reader(
        self,
        index: str | None,
        *,
        include_semantically_empty_columns: bool = False,
        include_tombstone_columns: bool = False,
        fill_latest_at: bool = False,
        using_index_values: UsingIndexValues = None,
    ) -> DataFrame:
        """A DataFrame whose filters, projections and counts run in the engine; nothing is read before it is asked for rows.

        Parameters
        ----------
        index
            Whose values make the rows; None = one row a segment with its static values.
        include_semantically_empty_columns
            Also columns that never hold a value.
        include_tombstone_columns
            Also the columns of Clear.
        fill_latest_at
            Null cells take the latest value at or before their row, in their segment; a Clear ends it.
        using_index_values
            Rows at exactly these values: an array (for each segment whose range covers a value), a dict segment id → array, or a
            DataFrame with the columns `rerun_segment_id` and `index`. Duplicates count once.

        Returns
        -------
        datafusion.DataFrame
            `rerun_segment_id`, the indexes by name, then components: lists, null where nothing was logged. Ordered by segment id and
            index value, also after `filter`, `select` and `limit`.

        Raises
        ------
        ValueError
            There is no such index; an index value does not suit it.
        TypeError
            `index` or index values have the wrong type.

        Examples
        --------
        >>> from datafusion import col, lit
        >>> frame = dataset.reader(index="frame")
        >>> frame.filter(col("frame") >= lit(2)).select("frame", "/motor:Scalars:scalars").to_pydict()
        {'frame': [2, 3], '/motor:Scalars:scalars': [[2.0], [3.0]]}
        """
        answer = self.to_arrow(
            index,
            include_semantically_empty_columns=include_semantically_empty_columns,
            include_tombstone_columns=include_tombstone_columns,
            fill_latest_at=fill_latest_at,
            using_index_values=using_index_values,
        )
        return self._frame(answer)

    def to_arrow(
        self,
        index: str | None,
        *,
        columns: Sequence[str] | None = None,
        where: pc.Expression | None = None,
        limit: int | None = None,
        include_semantically_empty_columns: bool = False,
        include_tombstone_columns: bool = False,
        fill_latest_at: bool = False,
        using_index_values: UsingIndexValues = None,
    ) -> QueryDataset:
        """The answer as a :class:`pyarrow.dataset.Dataset`, for DuckDB, Polars and everything else that scans one.

        The parameters are those of :meth:`query`.

        Examples
        --------
        >>> rows = dataset.to_arrow("frame")
        >>> rows.count_rows(filter=pc.field("frame") > 1)
        2
        >>> import duckdb
        >>> duckdb.sql("select max(frame) from rows").fetchall()
        [(3,)]
        """
        options = (include_semantically_empty_columns, include_tombstone_columns, fill_latest_at)
        request = self._request(index, using_index_values, columns, where, limit, options)
        return QueryDataset(self._source, request)

    def query(
        self,
        index: str | None,
        *,
        columns: Sequence[str] | None = None,
        where: pc.Expression | None = None,
        limit: int | None = None,
        include_semantically_empty_columns: bool = False,
        include_tombstone_columns: bool = False,
        fill_latest_at: bool = False,
        using_index_values: UsingIndexValues = None,
    ) -> pa.RecordBatchReader:
        """The answer as record batches, without DataFusion.

        Parameters
        ----------
        index
            As in :meth:`reader`, like the options that it has too.
        columns
            Of the answer, in this order; None = all.
        where
            Rows to keep, over any columns of the dataset. `pc.list_element(pc.field(name), 0)` is null where the list is empty or null.
        limit
            At most that many rows, the first in order.

        Examples
        --------
        >>> reader = dataset.query("frame", columns=["frame"], where=pc.list_element(pc.field("/motor:Scalars:scalars"), 0) > 1.5)
        >>> reader.read_all().to_pydict()
        {'frame': [2, 3]}
        """
        options = (include_semantically_empty_columns, include_tombstone_columns, fill_latest_at)
        request = self._request(index, using_index_values, columns, where, limit, options)
        reader = self._source().query(request)
        return pa.RecordBatchReader.from_batches(reader.schema, batches_of(reader))

    def explain(
        self,
        index: str | None,
        *,
        columns: Sequence[str] | None = None,
        where: pc.Expression | None = None,
        limit: int | None = None,
        include_semantically_empty_columns: bool = False,
        include_tombstone_columns: bool = False,
        fill_latest_at: bool = False,
        using_index_values: UsingIndexValues = None,
        run: bool = True,
    ) -> str:
        """The plan of :meth:`query` as text.

        Parameters
        ----------
        run
            Also run it to its end, and set rows, chunks, bytes and times beside the estimates.
        """
        options = (include_semantically_empty_columns, include_tombstone_columns, fill_latest_at)
        request = self._request(index, using_index_values, columns, where, limit, options)
        return self._source().explain(request, run)

    # Inside

    def _request(
        self,
        index: str | None,
        using_index_values: UsingIndexValues,
        columns: Sequence[str] | None = None,
        where: pc.Expression | None = None,
        limit: int | None = None,
        options: tuple[bool, bool, bool] = (False, False, False),  # semantically empty and tombstone columns; fill
    ) -> Request:
        if index is not None and not isinstance(index, str):
            raise TypeError(f"argument 'index': {type(index).__name__!r} object is not an instance of 'str'")
        plain: pa.Array | None = None
        named: dict[str, pa.Array] | None = None
        if isinstance(using_index_values, Mapping):
            named = _index_values.by_segment(using_index_values)
        elif using_index_values is not None:
            if index is None:
                raise ValueError("using_index_values needs an index, or a dict to choose segments")
            if isinstance(using_index_values, DataFrame):
                named = _index_values.by_segment_of_table(using_index_values.to_arrow_table(), index)
            else:
                plain = _index_values.index_array(using_index_values)
        return Request(
            segments=self._segments, contents=self._contents, index=index, columns=None if columns is None else tuple(columns),
            filter=where, limit=limit, index_values=plain, segment_index_values=named,
            include_semantically_empty_columns=options[0], include_tombstone_columns=options[1], fill_latest_at=options[2],
        )

    def _segment_rows(self, columns: Sequence[str] | None, segments: Sequence[str] | None) -> pa.Table:
        table = self._source().segment_table(columns)
        if segments is None:
            return table
        return table.filter(pc.field(SEGMENT_ID).isin(pa.array(segments, pa.string())))

    def _frame(self, answer: QueryDataset | pa.Table) -> DataFrame:
        dataset = pds.dataset(answer) if isinstance(answer, pa.Table) else answer
        return _sql.frame(self.dataset.catalog.ctx, dataset)


def full_index(schema: pa.Schema) -> str | None:
    """Any index of the dataset: a reader with an index shows temporal and static columns."""
    return next((field.name for field in schema if (field.metadata or {}).get(b"rerun:kind") == b"index"), None)


def _segment_list(segment_ids: str | Sequence[str] | DataFrame) -> tuple[str, ...]:
    if isinstance(segment_ids, str):
        return (segment_ids,)
    if isinstance(segment_ids, DataFrame):
        return tuple(segment_ids.select(SEGMENT_ID).to_arrow_table()[SEGMENT_ID].to_pylist())
    for segment in segment_ids:
        if not isinstance(segment, str):
            raise TypeError(f"argument 'segment_ids': {type(segment).__name__!r} object is not an instance of 'str'")
    return tuple(dict.fromkeys(segment_ids))


