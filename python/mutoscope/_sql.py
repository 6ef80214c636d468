"""DataFusion sessions: order is kept, and the tables and datasets of a catalog are tables.

A table has its name, unless the user registers something else under it. A dataset is a schema. Its tables are its indexes, `static` (one row a segment with its static values) and `segments` (the segment table);
an index of one of these two names takes precedence.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pyarrow.dataset as pds
from datafusion import DataFrame, SessionConfig, SessionContext
from datafusion.catalog import CatalogProvider, SchemaProvider, Table

from mutoscope import _engine

if TYPE_CHECKING:
    from mutoscope.catalog._client import CatalogClient

STATIC = "static"
SEGMENTS = "segments"
_PUBLIC = "public"
_loaded_in = os.getpid()


class _Public(SchemaProvider):
    """Tables and views that the user registers, and the tables of the catalog."""

    def __init__(self, client: CatalogClient) -> None:
        self._client = client
        self._registered: dict[str, Any] = {}

    def table_names(self) -> set[str]:
        return {*self._registered, *self._client.table_names(include_hidden=True)}

    def table(self, name: str) -> Any:
        if name in self._registered:
            return self._registered[name]
        try:
            return Table(self._client.get_table(name).to_arrow())
        except (LookupError, _engine.NotFoundError):
            return None

    def table_exist(self, name: str) -> bool:
        return name in self.table_names()

    def register_table(self, name: str, table: Any) -> None:
        self._registered[name] = table

    def deregister_table(self, name: str, cascade: bool = True) -> None:
        self._registered.pop(name, None)


class _DatasetTables(SchemaProvider):
    """The indexes of a dataset."""

    def __init__(self, client: CatalogClient, name: str) -> None:
        self._dataset = client.get_dataset(name)

    def _indexes(self) -> list[str]:
        return [column.name for column in self._dataset.schema().index_columns()]

    def table_names(self) -> set[str]:
        return {*self._indexes(), STATIC, SEGMENTS}

    def table(self, name: str) -> Any:
        if name in self._indexes():
            return Table(self._dataset.to_arrow(name))
        if name == STATIC:
            return Table(self._dataset.to_arrow(None))
        return Table(pds.dataset(self._dataset._segment_rows(None, None))) if name == SEGMENTS else None

    def table_exist(self, name: str) -> bool:
        return name in self.table_names()


class _Datasets(CatalogProvider):
    def __init__(self, client: CatalogClient) -> None:
        self._client = client
        self._public = _Public(client)

    def schema_names(self) -> set[str]:
        return {_PUBLIC, *self._client.dataset_names()}

    def schema(self, name: str) -> Any:
        if name == _PUBLIC:
            return self._public
        try:
            return _DatasetTables(self._client, name)
        except (LookupError, _engine.NotFoundError):
            return None


def session(client: CatalogClient) -> SessionContext:
    """A session with the datasets of the catalog.

    It has one partition: more would change the order of rows and make `limit` a matter of chance. The engine is parallel inside.
    """
    context = SessionContext(SessionConfig().with_target_partitions(1))
    context.register_catalog_provider("datafusion", _Datasets(client))
    return context


class _CollectedFrame(DataFrame):
    """In a forked process whose parent used DataFusion its threads are missing: streams hang there, while collecting works."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self.to_arrow_table().__arrow_c_stream__(requested_schema)


def _adopting(method: Callable[..., Any]) -> Callable[..., Any]:
    def call(self: DataFrame, *args: Any, **options: Any) -> Any:
        result = method(self, *args, **options)
        if type(result) is DataFrame:
            result.__class__ = _CollectedFrame
        return result

    call.__name__ = method.__name__
    return call


for _name, _method in vars(DataFrame).items():
    if callable(_method) and not _name.startswith("_"):
        setattr(_CollectedFrame, _name, _adopting(_method))


def frame(context: SessionContext, dataset: pds.Dataset) -> DataFrame:
    """A dataset as a DataFrame of the session."""
    result = context.read_table(Table(dataset))
    if os.getpid() != _loaded_in:
        result.__class__ = _CollectedFrame
    return result
