"""A catalog: on a server, or in this process."""

from __future__ import annotations

import dataclasses
import datetime
import logging
import os
import time
import warnings
from typing import Any

import pyarrow as pa
from datafusion import SessionContext

from mutoscope import _engine, _sql
from mutoscope._connection import Connection, RemoteConnection
from mutoscope.catalog._dataset import DatasetEntry
from mutoscope.catalog._entry_id import EntryId, EntryKind
from mutoscope.catalog._names import check_name
from mutoscope.catalog._table import TableEntry

_log = logging.getLogger("mutoscope")
_DATASETS = (EntryKind.DATASET.value, EntryKind.BLUEPRINT_DATASET.value, EntryKind.ASSET_DATASET.value)
_TABLES = (EntryKind.TABLE.value,)
_BANDWIDTH_BYTES_MAX = 32 * 2**20


@dataclasses.dataclass(frozen=True)
class VersionInfo:
    """Of the server."""

    version: str
    cloud_provider: str | None
    cloud_region: str | None
    features: list[str]


@dataclasses.dataclass(frozen=True)
class BenchmarkResult:
    """Round-trip time of a small call, and bytes per second from the server; None: too fast to measure."""

    rtt: datetime.timedelta
    bandwidth: float | None


class CatalogClient:
    """The catalog of a server.

    Parameters
    ----------
    url
        For example "rerun+http://127.0.0.1:51234".
    token
        Not used: servers ask for none yet.

    Raises
    ------
    ConnectionError
        No server answers there.
    ValueError
        The URL has another scheme.

    Examples
    --------
    >>> client = CatalogClient(server.url())
    >>> client.dataset_names()
    ['sample']
    """

    def __init__(
        self, url: str | None = None, *, token: str | None = None, object_store_auth: object = None, addr: str | None = None
    ) -> None:
        if addr is not None:
            warnings.warn("addr is deprecated: use url", DeprecationWarning, stacklevel=2)
            url = addr
        if url is None:
            raise TypeError("CatalogClient() needs the url of a server")
        connection = RemoteConnection(_checked_url(url))
        connection.handle()
        self._set(connection)

    @classmethod
    def _of(cls, connection: Connection) -> CatalogClient:
        client = cls.__new__(cls)
        client._set(connection)
        return client

    def _set(self, connection: Connection) -> None:
        self._connection = connection
        self._session: SessionContext | None = None
        self._session_pid = -1

    def _handle(self) -> _engine.Catalog:
        return self._connection.handle()

    def __reduce__(self) -> tuple[Any, ...]:
        return CatalogClient._of, (self._connection,)

    @property
    def url(self) -> str | None:
        """None for a data directory in this process."""
        return self._connection.url

    @property
    def ctx(self) -> SessionContext:
        """A DataFusion session with the tables and datasets of the catalog.

        A table is a table. A dataset is a schema; its tables are its indexes, `segments` (the segment table) and `static` (one row a segment with its static
        values).

        Examples
        --------
        >>> client.ctx.sql('select max("frame") as last from "sample"."frame"').to_pydict()
        {'last': [3]}
        """
        if self._session is None or self._session_pid != os.getpid():
            self._session, self._session_pid = _sql.session(self), os.getpid()
        return self._session

    def version_info(self) -> VersionInfo:
        version, features = self._handle().version()
        return VersionInfo(version, None, None, features)

    def benchmark(self, *, num_bytes: int = 16 * 2**20, num_pings: int = 5) -> BenchmarkResult:
        """Measure the connection.

        Parameters
        ----------
        num_bytes
            That the server sends, at most 32 MiB.
        num_pings
            Small calls; the time of the quickest counts.

        Raises
        ------
        ValueError
            `num_bytes` is larger, or there is no ping.
        """
        if num_bytes > _BANDWIDTH_BYTES_MAX:
            raise ValueError(f"num_bytes ({num_bytes}) exceeds the maximum of {_BANDWIDTH_BYTES_MAX}")
        if num_pings < 1:
            raise ValueError("rtt requires at least one ping")
        handle = self._handle()

        def seconds(count: int) -> float:
            start = time.perf_counter()
            handle.test_bandwidth(count)
            return time.perf_counter() - start

        rtt = min(seconds(1) for _ in range(num_pings))
        transfer = seconds(num_bytes) - rtt
        bandwidth = num_bytes / transfer if num_bytes > 0 and transfer > 0 else None
        return BenchmarkResult(datetime.timedelta(seconds=rtt), bandwidth)

    # Lists

    def entries(self, *, include_hidden: bool = False) -> list[DatasetEntry | TableEntry]:
        """Datasets and tables by name. Hidden are those of blueprints and assets, and the system table."""
        return [self._entry(entry) for entry in self._handle().entries(include_hidden) if entry[2] in (*_DATASETS, *_TABLES)]

    def datasets(self, *, include_hidden: bool = False) -> list[DatasetEntry]:
        return [self._dataset(entry) for entry in self._handle().entries(include_hidden) if entry[2] in _DATASETS]

    def tables(self, *, include_hidden: bool = False) -> list[TableEntry]:
        return [self._table(entry) for entry in self._handle().entries(include_hidden) if entry[2] in _TABLES]

    def entry_names(self, *, include_hidden: bool = False) -> list[str]:
        return [entry.name for entry in self.entries(include_hidden=include_hidden)]

    def dataset_names(self, *, include_hidden: bool = False) -> list[str]:
        return [entry.name for entry in self.datasets(include_hidden=include_hidden)]

    def table_names(self, *, include_hidden: bool = False) -> list[str]:
        return [entry.name for entry in self.tables(include_hidden=include_hidden)]

    # One entry

    def get_dataset(self, name: str | None = None, *, id: EntryId | str | None = None) -> DatasetEntry:
        """A dataset by name or id.

        Raises
        ------
        LookupError
            There is nothing with this name.
        NotFoundError
            There is no dataset with this id, or what has the name is no dataset.
        ValueError
            Neither or both are given.
        TypeError
            The id is malformed.
        """
        _check_one_of(name, id)
        if id is not None:
            handle = self._handle().dataset_by_id(str(EntryId(str(id))))
        else:
            assert name is not None
            try:
                handle = self._handle().dataset(name)
            except _engine.NotFoundError:
                if self._has_entry(name):
                    raise
                raise LookupError(f"No dataset found with name {name!r}") from None
        return self._dataset(handle.entry(), handle)

    def get_table(self, name: str | None = None, *, id: EntryId | str | None = None) -> TableEntry:
        """A table by name or id. See :meth:`get_dataset`.

        Raises
        ------
        LookupError
            There is nothing with this name.
        NotFoundError
            There is no table with this id, or what has the name is no table.
        """
        _check_one_of(name, id)
        if id is not None:
            return self._table_of(self._handle().table_by_id(str(EntryId(str(id)))))
        assert name is not None
        try:
            return self._table_of(self._handle().table(name))
        except _engine.NotFoundError:
            if self._has_entry(name):
                raise
            raise LookupError(f"No table found with name {name!r}") from None

    def create_dataset(self, name: str, *, exist_ok: bool = False) -> DatasetEntry:
        """Make an empty dataset.

        Parameters
        ----------
        name
            1 to 180 ASCII letters, digits and `_-.: []`.
        exist_ok
            Take the one that has the name, if there is one.

        Raises
        ------
        AlreadyExistsError
            The name is taken.
        ValueError
            It cannot be a name.
        """
        check_name(name)
        try:
            handle = self._handle().create_dataset(name)
        except _engine.AlreadyExistsError:
            if not exist_ok:
                raise
            handle = self._handle().dataset(name)
        return self._dataset(handle.entry(), handle)

    def create_table(self, name: str, schema: pa.Schema, url: str | None = None) -> TableEntry:
        """Make an empty table.

        Parameters
        ----------
        name
            As of a dataset; no other entry may have it.
        schema
            Its columns. Those whose field has the metadata `rerun:is_table_index` = "true" are its key (:meth:`TableEntry.upsert`).
        url
            Other servers keep its rows there; a Mutoscope server keeps them in its data directory and refuses any.

        Raises
        ------
        AlreadyExistsError
            The name is taken.
        ValueError
            It cannot be a name, or `url` cannot be used.
        """
        check_name(name)
        if not isinstance(schema, pa.Schema):
            raise TypeError(f"argument 'schema': expected pyarrow.Schema, got {type(schema).__name__}")
        _check_url(url)
        return self._table_of(self._handle().create_table(name, schema, url))

    def register_table(self, name: str, url: str) -> TableEntry:
        """Make a table of rows that are there already, and stay there.

        Parameters
        ----------
        url
            Of a Parquet file or a directory of Parquet files, as the server sees it, such as "file:///data/grades.parquet".

        Raises
        ------
        AlreadyExistsError
            The name is taken.
        """
        check_name(name)
        _check_url(url)
        return self._table_of(self._handle().register_table(name, url))

    def stage(self, source: str | os.PathLike[str] | bytes, *, key: str) -> str:
        """Give a file to the catalog, which keeps it.

        Parameters
        ----------
        source
            Its path, or its bytes.
        key
            Relative path under which the catalog keeps it.

        Returns
        -------
        str
            The URL to register it by.

        Raises
        ------
        AlreadyExistsError
            There is something with this key.
        ValueError
            `key` cannot be one.
        OSError
            The file cannot be read.

        Examples
        --------
        >>> url = client.stage(recording, key="uploads/sample.rrd")
        >>> client.create_dataset("uploaded").register([url]).wait().segment_ids
        ['sample']
        """
        if isinstance(source, bytes):
            return self._handle().stage(key, pa.BufferReader(source))
        with pa.OSFile(os.fspath(source)) as file:
            return self._handle().stage(key, file)

    def do_global_maintenance(self) -> None:
        """Check what is stored of the whole catalog, and rebuild what can be rebuilt."""
        self._handle().do_global_maintenance()

    def _has_entry(self, name: str) -> bool:
        return any(entry[1] == name for entry in self._handle().entries(True))

    def _entry(self, entry: _engine.EntryTuple) -> DatasetEntry | TableEntry:
        return self._dataset(entry) if entry[2] in _DATASETS else self._table(entry)

    def _dataset(self, entry: _engine.EntryTuple, handle: _engine.Dataset | None = None) -> DatasetEntry:
        return DatasetEntry(self, entry, handle)

    def _table(self, entry: _engine.EntryTuple) -> TableEntry:
        return TableEntry(self, entry)

    def _table_of(self, handle: _engine.Table) -> TableEntry:
        return TableEntry(self, handle.entry(), handle)

    def __repr__(self) -> str:
        return f"CatalogClient({self._connection})"


def _check_one_of(name: str | None, id: EntryId | str | None) -> None:
    if name is None and id is None:
        raise ValueError("Either 'id' or 'name' must be provided.")
    if name is not None and id is not None:
        raise ValueError("Only one of 'id' or 'name' must be provided.")


def _check_url(url: str | None) -> None:
    if url is not None and "://" not in url:
        raise ValueError(f"Invalid URL: relative URL without a base: {url!r}, expected for example file:///data/tables")


def _checked_url(url: str) -> str:
    if url.startswith("http://"):
        _log.warning("Use `rerun+%s` instead of `%s`: the `rerun+` prefix marks a Rerun data protocol URL.", url, url)
        url = f"rerun+{url}"
    if url.startswith("rerun://"):
        raise ValueError(f"Invalid URI: {url!r} asks for TLS, which this version cannot do: use rerun+http://")
    if not url.startswith("rerun+http://"):
        raise ValueError(f"Invalid URI: Invalid or missing scheme in {url!r} (expected `rerun+http://`)")
    return url
