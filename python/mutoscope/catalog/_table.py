"""Tables of a catalog."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
from datafusion import DataFrame

from mutoscope import _engine, _sql
from mutoscope._arrow import QueryDataset, batches_of
from mutoscope._request import Request
from mutoscope.catalog._blueprint_files import register_one
from mutoscope.catalog._entry import Entry
from mutoscope.catalog._rows import Batches, batch_of_values, reader_of_batches
from mutoscope.catalog._sources import TableSource

if TYPE_CHECKING:
    from mutoscope.catalog._client import CatalogClient
    from mutoscope.catalog._dataset import DatasetEntry


class TableEntry(Entry):
    """A table: rows of the user's own beside the recordings.

    Examples
    --------
    >>> key = pa.field("robot", pa.string(), metadata={"rerun:is_table_index": "true"})
    >>> table = client.create_table("grades", pa.schema([key, ("grade", pa.int64())]))
    >>> table.append(robot=["one", "two"], grade=[1, 2])
    >>> table.upsert(robot=["two", "three"], grade=[5, 3])
    >>> client.ctx.sql("select robot, grade from grades order by robot").to_pydict()
    {'robot': ['one', 'three', 'two'], 'grade': [1, 3, 5]}
    """

    def __init__(self, client: CatalogClient, entry: _engine.EntryTuple, handle: _engine.Table | None = None) -> None:
        super().__init__(client, entry)
        self._source = TableSource(client, entry[0], handle)
        self._storage_url: str | None = None

    def __reduce__(self) -> tuple[type[TableEntry], tuple[CatalogClient, _engine.EntryTuple]]:
        return TableEntry, (self._client, self._entry)

    @property
    def storage_url(self) -> str:
        """Where its rows lie; "" for the list of entries."""
        if self._storage_url is None:
            self._storage_url = self._source().details()[0]
        return self._storage_url

    # Reading

    def arrow_schema(self) -> pa.Schema:
        return self._source().schema()

    def reader(self) -> DataFrame:
        """Its rows. Projections, filters and limits are applied batch by batch as the rows arrive."""
        return _sql.frame(self._client.ctx, self.to_arrow())

    def to_arrow(self) -> QueryDataset:
        """Its rows as a :class:`pyarrow.dataset.Dataset`, for DuckDB, Polars and everything else that scans one."""
        return QueryDataset(self._source, Request())

    def to_arrow_reader(self) -> pa.RecordBatchReader:
        """Its rows as they are now."""
        reader = self._source().query(Request())
        return pa.RecordBatchReader.from_batches(reader.schema, batches_of(reader))

    # Writing

    def append(self, /, batches: Batches | None = None, **named_params: Any) -> None:
        """Add rows.

        Parameters
        ----------
        batches
            A record batch, a list of them, a reader, or any Arrow stream. Columns that they lack are null.
        named_params
            Instead of them: a value, or a list with one for each row, by column. A str is one value.

        Raises
        ------
        TypeError
            Both are given, or `batches` is something else.
        KeyError
            There is no column of this name.
        ValueError
            The columns are not equally long, or a value or column does not suit the table.
        """
        self._write("append", batches, named_params)

    def overwrite(self, /, batches: Batches | None = None, **named_params: Any) -> None:
        """Replace all rows. The arguments are those of :meth:`append`; without any nothing happens.

        The table then has the columns of the batches; named values leave its columns as they are.
        """
        self._write("overwrite", batches, named_params)

    def upsert(self, /, batches: Batches | None = None, **named_params: Any) -> None:
        """Replace the rows with the same key, and add the others. The arguments are those of :meth:`append`.

        The key are the columns whose field has the metadata `rerun:is_table_index` = "true". Where a row is replaced, columns that the
        batches lack keep their values; those without a named value become null.

        Raises
        ------
        ValueError
            The table has no such column; two of the rows would replace the same one.
        """
        self._write("upsert", batches, named_params)

    def _write(self, how: str, batches: Batches | None, named_params: dict[str, Any]) -> None:
        if batches is not None and named_params:
            raise TypeError("Cannot pass both batches and named parameters. Use one or the other.")
        if batches is not None:
            rows = reader_of_batches(batches)
        elif named_params:
            batch = batch_of_values(self.arrow_schema(), named_params)
            rows = pa.RecordBatchReader.from_batches(batch.schema, [batch])
        else:
            rows = None
        if rows is not None:
            self._source().write(rows, how)

    # Blueprints

    def blueprint_dataset(self) -> DatasetEntry:
        """The hidden dataset that holds the blueprints; made if there is none.

        Raises
        ------
        NotFoundError
            It is the list of entries, which has none.
        """
        id = self._source().details()[1] or self._source().set_default_blueprint(None)[1]
        if id is None:
            raise LookupError(f"a blueprint dataset is not configured for table {self.name!r}")
        return self._client.get_dataset(id=id)

    def blueprints(self) -> list[str]:
        """Names of the blueprints, sorted."""
        return self.blueprint_dataset().segment_ids()

    def default_blueprint(self) -> str | None:
        """The one that viewers show the table with."""
        return self._source().details()[2]

    def set_default_blueprint(self, blueprint_name: str | None) -> None:
        """The one that viewers show the table with; None: they choose. Whether there is such a blueprint is not checked."""
        self._source().set_default_blueprint(blueprint_name)

    def register_blueprint(self, uri: str, set_default: bool = True, *, object_store_config: str | None = None) -> None:
        """Register a blueprint where it lies. See :meth:`DatasetEntry.register_blueprint`."""
        name = register_one(self.blueprint_dataset(), uri, "blueprint", object_store_config)
        if set_default:
            self.set_default_blueprint(name)
