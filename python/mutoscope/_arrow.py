"""Answers and tables as pyarrow datasets whose filters, projections and counts run in the engine.

DataFusion and Polars call the methods of a dataset; DuckDB and other C++ code scan the C++ object below it. Both reach the engine, and a
filter is applied there, once.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as pds

from mutoscope import _engine
from mutoscope._request import Request

# A thread other than the main one that waits longer hands an empty batch on, so that whoever scans can see that nobody wants more.
WAIT_MS_MAX = 100
INTERRUPT_AGAIN_S = 0.005

Handle = Callable[[], _engine.Dataset | _engine.Table]


def batches_of(reader: _engine.Reader) -> Iterator[pa.RecordBatch]:
    """The batches of a query; leaving the loop ends it."""
    try:
        while (batch := reader.read()) is not None:
            yield batch
    finally:
        reader.close()


class QueryScanner:
    """What a scan does when it is started."""

    def __init__(self, handle: Handle, request: Request, schema: pa.Schema) -> None:
        self._handle = handle
        self._request = request
        self.projected_schema = schema
        self.dataset_schema = schema

    def _reader(self) -> _engine.Reader:
        return self._handle().query(self._request)

    def to_batches(self) -> Iterator[pa.RecordBatch]:
        reader: _engine.Reader | None = None
        on_main_thread = threading.current_thread() is threading.main_thread()
        timeout_ms = -1 if on_main_thread else WAIT_MS_MAX
        try:
            reader = self._reader()
            while True:
                batch = reader.read(timeout_ms)
                if batch is not None:
                    yield batch
                elif reader.waits:
                    yield self._nothing()
                else:
                    return
        except KeyboardInterrupt:
            # DataFusion turns it into an error of its own, which a loop may catch; so it comes again when the error has been raised.
            threading.Timer(INTERRUPT_AGAIN_S, signal.pthread_kill, (threading.main_thread().ident, signal.SIGINT)).start()
            raise
        finally:
            if reader is not None:
                reader.close()

    def _nothing(self) -> pa.RecordBatch:
        return pa.RecordBatch.from_arrays([pa.array([], field.type) for field in self.projected_schema], schema=self.projected_schema)

    def to_reader(self) -> pa.RecordBatchReader:
        reader = self._reader()
        return pa.RecordBatchReader.from_batches(reader.schema, batches_of(reader))

    def to_table(self) -> pa.Table:
        reader = self._reader()
        return pa.Table.from_batches(list(batches_of(reader)), reader.schema)

    def head(self, num_rows: int) -> pa.Table:
        return QueryScanner(self._handle, self._request.with_limit(num_rows), self.projected_schema).to_table()

    def count_rows(self) -> int:
        reader = self._handle().query(self._request.with_columns([]))
        return sum(batch.num_rows for batch in batches_of(reader))


class QueryFragment:
    """The one ordered part of an answer."""

    partition_expression = pc.scalar(True)

    def __init__(self, dataset: QueryDataset) -> None:
        self._dataset = dataset

    @property
    def physical_schema(self) -> pa.Schema:
        return self._dataset.schema

    def scanner(
        self, schema: pa.Schema | None = None, columns: Sequence[str] | None = None, filter: pc.Expression | None = None, **_: Any
    ) -> Any:
        return self._dataset.scanner(columns=columns, filter=filter)

    def to_table(self, schema: pa.Schema | None = None, **options: Any) -> pa.Table:
        return self._dataset.to_table(**options)

    def to_batches(self, schema: pa.Schema | None = None, **options: Any) -> Iterator[pa.RecordBatch]:
        return self._dataset.to_batches(**options)

    def count_rows(self, **options: Any) -> int:
        return self._dataset.count_rows(**options)


class QueryDataset(_engine.ArrowDataset):
    """The answer to a query, or a table, as a :class:`pyarrow.dataset.Dataset`. Every scan runs it again.

    Columns may be names or, as in pyarrow, a dict of expressions; options that do not apply (`batch_size`, `use_threads` …) are
    accepted.
    """

    _source: Handle
    _request: Request
    _pid: int

    def __init__(self, source: Handle, request: Request) -> None:
        super().__init__(source(), request)
        self._source, self._request, self._pid = source, request, os.getpid()

    def __reduce__(self) -> tuple[Any, ...]:
        return QueryDataset, (self._source, self._request)

    def get_fragments(self, filter: pc.Expression | None = None) -> Iterator[Any]:
        return iter([QueryFragment(self)])

    def scanner(self, columns: Any = None, filter: pc.Expression | None = None, **options: Any) -> Any:
        if isinstance(columns, dict) or self._request.limit is not None and filter is not None:
            # Computed columns, and rows to choose among the first ones: Arrow does it, over what the engine reads.
            return pds.Scanner.from_batches(self._plain_reader(), columns=columns, filter=filter, **options)
        schema = self.schema if columns is None else pa.schema([self.schema.field(name) for name in columns], self.schema.metadata)
        return QueryScanner(self._source, self._request.with_filter(filter).with_columns(columns), schema)

    def _plain_reader(self) -> pa.RecordBatchReader:
        return QueryScanner(self._source, self._request, self.schema).to_reader()

    def to_batches(self, columns: Any = None, filter: pc.Expression | None = None, **options: Any) -> Iterator[pa.RecordBatch]:
        reader: pa.RecordBatchReader = self.scanner(columns, filter, **options).to_reader()
        yield from reader

    def to_table(self, columns: Any = None, filter: pc.Expression | None = None, **options: Any) -> pa.Table:
        return self.scanner(columns, filter, **options).to_table()

    def head(self, num_rows: int, columns: Any = None, filter: pc.Expression | None = None, **options: Any) -> pa.Table:
        return self.scanner(columns, filter, **options).head(num_rows)

    def count_rows(self, filter: pc.Expression | None = None, **options: Any) -> int:
        return int(self.scanner(None, filter, **options).count_rows())

    def take(self, indices: Any, columns: Any = None, filter: pc.Expression | None = None, **options: Any) -> pa.Table:
        return self.to_table(columns, filter, **options).take(indices)
