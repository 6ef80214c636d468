"""A server in this process, as `rerun.server`."""

from __future__ import annotations

import ipaddress
import os
import pathlib
import shutil
import tempfile
import warnings
import weakref
from collections.abc import Mapping, Sequence
from types import TracebackType

from mutoscope import _engine
from mutoscope._connection import ServerConnection
from mutoscope._engine import AlreadyExistsError
from mutoscope.catalog._client import CatalogClient

__all__ = ["Server"]

Recordings = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]


class Server:
    """Serves datasets to stock Rerun clients, viewers, browsers and :class:`mutoscope.catalog.CatalogClient` until it is shut down.

    Parameters
    ----------
    host
        The address to listen on. "0.0.0.0": all interfaces.
    port
        None or 0: any free one.
    datasets
        Name → directory (all recordings below it) or list of recordings. They are registered when the constructor returns.
    tables
        Name → Parquet file or directory of Parquet files. They stay where they are.
    data_dir
        Where the catalog is kept. None: a temporary directory that is removed at the end.
    allow_paths
        Directories and files that clients may register besides `datasets`. None: any where only this machine can connect, else none.
    addr
        Use `host`.

    Raises
    ------
    ValueError
        The address cannot be listened on, or a dataset's recordings are not there or are no recordings.
    AlreadyExistsError
        `data_dir` has something else with the name of a table.
    RuntimeError
        Another process has `data_dir` open.

    Examples
    --------
    >>> with mutoscope.server.Server(datasets={"robots": [recording]}) as server:
    ...     server.client().get_dataset("robots").segment_ids()
    ['sample']
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int | None = None,
        datasets: Mapping[str, Recordings] | None = None,
        tables: Mapping[str, str | os.PathLike[str]] | None = None,
        data_dir: str | os.PathLike[str] | None = None,
        allow_paths: Sequence[str | os.PathLike[str]] | None = None,
        addr: str | None = None,
    ) -> None:
        if addr is not None:
            warnings.warn("addr is deprecated: use host", DeprecationWarning, stacklevel=2)
            host = addr
        try:
            address = ipaddress.ip_address(host)
        except ValueError as error:
            raise ValueError(f'Invalid IP: "{host}": invalid IP address syntax') from error
        sources = {name: _sources(name, recordings) for name, recordings in (datasets or {}).items()}
        allowed = [os.fspath(path) for path in allow_paths] if allow_paths is not None else ["/"] if address.is_loopback else []
        table_paths = {name: _table_path(name, path) for name, path in (tables or {}).items()}
        allowed += [path for paths in sources.values() for path, _ in paths] + list(table_paths.values())

        self._host = host
        temporary = tempfile.mkdtemp(prefix="mutoscope-") if data_dir is None else None
        directory = os.path.abspath(os.fspath(data_dir)) if data_dir is not None else str(temporary)
        try:
            server = _start(directory, allowed, host, port or 0)
        except BaseException:
            _remove(temporary)
            raise
        self._connection = ServerConnection(server)
        self._end = weakref.finalize(self, _stop, server, self._connection, temporary, os.getpid())
        self._url = server.url
        del server
        try:
            self._register(sources)
            self._register_tables(table_paths)
        except BaseException:
            self._end()
            raise

    def _register(self, sources: Mapping[str, list[tuple[str, bool]]]) -> None:
        for name, paths in sources.items():
            dataset = CatalogClient._of(self._connection).create_dataset(name, exist_ok=True)
            rows = [(pathlib.Path(path).as_uri(), "base", is_directory) for path, is_directory in paths]
            if rows:
                dataset._register(rows, "skip", None).wait()

    def _register_tables(self, paths: Mapping[str, str]) -> None:
        client = CatalogClient._of(self._connection)
        for name, path in paths.items():
            uris = [pathlib.Path(each).as_uri() for each in (path, os.path.realpath(path))]
            try:
                client.register_table(name, uris[0])
            except AlreadyExistsError:
                if client.get_table(name).storage_url.rstrip("/") not in uris:  # not from an earlier time with this data_dir
                    raise

    def url(self) -> str:
        """For example "rerun+http://127.0.0.1:51234"; with 127.0.0.1 where the server listens on all interfaces."""
        return self._url

    def host(self) -> str:
        """The address it listens on."""
        return self._host

    def address(self) -> str:
        """Use :meth:`url`."""
        warnings.warn("address() is deprecated: use url()", DeprecationWarning, stacklevel=2)
        return self._url

    def is_running(self) -> bool:
        return self._end.alive

    def client(self) -> CatalogClient:
        """The catalog of this server, asked without the network. What comes from it pickles by the server's URL.

        Raises
        ------
        RuntimeError
            The server was shut down.
        """
        if not self.is_running():
            raise RuntimeError("Cannot create client: server is not running.")
        return CatalogClient._of(self._connection)

    def shutdown(self) -> None:
        """Stop serving. Running calls get a moment to end.

        Raises
        ------
        ValueError
            It was shut down before.
        """
        if not self.is_running():
            raise ValueError("Server is not running or has already been shut down")
        self._end()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self.is_running():
            self.shutdown()


def _sources(name: str, recordings: Recordings) -> list[tuple[str, bool]]:
    """(absolute path, whether it is a directory) of each."""
    if isinstance(recordings, (str, os.PathLike)):
        if not os.path.isdir(recordings):
            raise ValueError(f"Prefix path {os.fspath(recordings)!r} for dataset {name!r} must be a directory.")
        return [(os.path.abspath(os.fspath(recordings)), True)]
    for path in recordings:
        if not os.path.isfile(path):
            raise ValueError(f"Path {os.fspath(path)!r} for dataset {name!r} must be a RRD file.")
    return [(os.path.abspath(os.fspath(path)), False) for path in recordings]


def _table_path(name: str, path: str | os.PathLike[str]) -> str:
    if not os.path.exists(path):
        raise ValueError(f"Path {os.fspath(path)!r} for table {name!r} must be a Parquet file or a directory of Parquet files.")
    return os.path.abspath(os.fspath(path))


def _start(directory: str, allow_paths: list[str], host: str, port: int) -> _engine.Server:
    try:
        return _engine.Server.start(directory, allow_paths, host, port)
    except ConnectionError as error:
        raise ValueError(f"Failed to start server: Failed to bind to address {host}:{port}: {error}") from error


def _stop(server: _engine.Server, connection: ServerConnection, temporary: str | None, pid: int) -> None:
    if os.getpid() != pid:  # a fork: the server runs in the other process
        return
    connection.close()
    server.stop()
    _remove(temporary)


def _remove(directory: str | None) -> None:
    if directory is not None:
        shutil.rmtree(directory, ignore_errors=True)
