"""Find the engine's handle of an entry, in whatever process they are called. They pickle by the URL of the catalog."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Generic, TypeVar

from mutoscope import _engine

if TYPE_CHECKING:
    from mutoscope.catalog._client import CatalogClient

HandleT = TypeVar("HandleT")


class _Source(Generic[HandleT]):
    __slots__ = ("_catalog", "_client", "_handle", "_id", "_pid")

    def __init__(self, client: CatalogClient, id: str, handle: HandleT | None = None) -> None:
        self._client, self._id, self._handle = client, id, handle
        self._catalog = client._connection.current
        self._pid = os.getpid() if handle is not None else -1

    def __call__(self) -> HandleT:
        # Another process, or the server was shut down: ask the connection again.
        if self._handle is None or self._pid != os.getpid() or self._catalog is not self._client._connection.current:
            self._handle = self._find(self._client._handle())
            self._catalog, self._pid = self._client._connection.current, os.getpid()
        return self._handle

    def _find(self, catalog: _engine.Catalog) -> HandleT:
        raise NotImplementedError

    def __reduce__(self) -> tuple[type[_Source[HandleT]], tuple[CatalogClient, str]]:
        return type(self), (self._client, self._id)


class DatasetSource(_Source[_engine.Dataset]):
    __slots__ = ()

    def _find(self, catalog: _engine.Catalog) -> _engine.Dataset:
        return catalog.dataset_by_id(self._id)


class TableSource(_Source[_engine.Table]):
    __slots__ = ()

    def _find(self, catalog: _engine.Catalog) -> _engine.Table:
        return catalog.table_by_id(self._id)
