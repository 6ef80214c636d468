"""Tables. The one there is so far is the system table `__entries`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.dataset as pds
from datafusion import DataFrame

from mutoscope import _engine, _sql
from mutoscope.catalog._entry import Entry
from mutoscope.catalog._entry_id import EntryId
from mutoscope.catalog._unimplemented import unimplemented

if TYPE_CHECKING:
    from mutoscope.catalog._client import CatalogClient
    from mutoscope.catalog._dataset import DatasetEntry

ENTRIES = "__entries"
_SCHEMA = pa.schema([
    pa.field("id", pa.binary(16), nullable=False),
    pa.field("name", pa.string(), nullable=False),
    pa.field("entry_kind", pa.uint8(), nullable=False),
    pa.field("created_at", pa.timestamp("ns"), nullable=False),
    pa.field("updated_at", pa.timestamp("ns"), nullable=False),
])


class TableEntry(Entry):
    """A table of the catalog."""

    def __reduce__(self) -> tuple[type[TableEntry], tuple[CatalogClient, _engine.EntryTuple]]:
        return TableEntry, (self._client, self._entry)

    @property
    def storage_url(self) -> str:
        return f"memory:///{self.id}"

    def arrow_schema(self) -> pa.Schema:
        self._check("TableEntry.arrow_schema")
        return _SCHEMA

    def reader(self) -> DataFrame:
        """Its rows."""
        return _sql.frame(self._client.ctx, pds.dataset(self._rows("TableEntry.reader")))

    def to_arrow_reader(self) -> pa.RecordBatchReader:
        """Its rows."""
        return self._rows("TableEntry.to_arrow_reader").to_reader()

    def append(self, batches: Any = None, **named_params: Any) -> None:
        """Not offered yet."""
        unimplemented("TableEntry.append")

    def overwrite(self, batches: Any = None, **named_params: Any) -> None:
        """Not offered yet."""
        unimplemented("TableEntry.overwrite")

    def upsert(self, batches: Any = None, **named_params: Any) -> None:
        """Not offered yet."""
        unimplemented("TableEntry.upsert")

    def blueprint_dataset(self) -> DatasetEntry:
        """Not offered yet."""
        unimplemented("TableEntry.blueprint_dataset")

    def blueprints(self) -> list[str]:
        """Not offered yet."""
        unimplemented("TableEntry.blueprints")

    def default_blueprint(self) -> str | None:
        """Not offered yet."""
        unimplemented("TableEntry.default_blueprint")

    def set_default_blueprint(self, blueprint_name: str | None) -> None:
        """Not offered yet."""
        unimplemented("TableEntry.set_default_blueprint")

    def register_blueprint(self, uri: str, set_default: bool = True, *, object_store_config: str | None = None) -> None:
        """Not offered yet."""
        unimplemented("TableEntry.register_blueprint")

    def _check(self, method: str) -> None:
        if self.name != ENTRIES:
            unimplemented(method, f"of tables only {ENTRIES!r} can be read yet, this is {self.name!r}")

    def _rows(self, method: str) -> pa.Table:
        self._check(method)
        rows = self._client._handle().entries(True)
        columns = list(zip(*((EntryId(id).as_bytes(), name, kind, created, updated) for id, name, kind, created, updated in rows)))
        return pa.table([pa.array(list(values), pa.int64()).cast(field.type) if pa.types.is_timestamp(field.type)
                         else pa.array(list(values), field.type) for values, field in zip(columns, _SCHEMA)], schema=_SCHEMA)
