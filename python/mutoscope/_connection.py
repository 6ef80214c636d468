"""Which engine handle a process uses: handles never cross a fork."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

from mutoscope import _engine

CONNECT_TIMEOUT_S = 5.0


class Connection:
    """A catalog that any process can ask for its handle. Thread-safe."""

    url: str | None = None

    def __init__(self) -> None:
        self._pid = -1
        self.current: _engine.Catalog | None = None  # the handle of the process `_pid`
        self._lock = threading.Lock()

    def handle(self) -> _engine.Catalog:
        """The handle of this process, connected if need be."""
        if self._pid == os.getpid() and self.current is not None:
            return self.current
        if self._pid not in (-1, os.getpid()):
            self._lock = threading.Lock()  # a thread that did not survive the fork may have held it
        with self._lock:
            if self._pid != os.getpid() or self.current is None:
                self.current, self._pid = self._open(), os.getpid()
            return self.current

    def _open(self) -> _engine.Catalog:
        raise NotImplementedError

    def close(self) -> None:
        """Give the handle up; handles of datasets that are in use keep what they need."""
        if self.current is not None and self._pid == os.getpid():
            self.current.close()
        self.current, self._pid = None, -1

    def __str__(self) -> str:
        return str(self.url)


class RemoteConnection(Connection):
    """A server at a URL."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url

    def _open(self) -> _engine.Catalog:
        assert self.url is not None
        return _engine.Catalog.connect(self.url, CONNECT_TIMEOUT_S)

    def __reduce__(self) -> tuple[Callable[[str], RemoteConnection], tuple[str]]:
        assert self.url is not None
        return RemoteConnection, (self.url,)


class ServerConnection(Connection):
    """A server in this process, asked without the network; from other processes it is remote."""

    def __init__(self, server: _engine.Server) -> None:
        super().__init__()
        self.url = server.url
        self._server: _engine.Server | None = server
        self._server_pid = os.getpid()

    def _open(self) -> _engine.Catalog:
        if os.getpid() == self._server_pid:
            if self._server is None:
                raise ConnectionError(f"the server at {self.url} was shut down")
            return self._server.catalog()
        assert self.url is not None
        return _engine.Catalog.connect(self.url, CONNECT_TIMEOUT_S)

    def close(self) -> None:
        super().close()
        if os.getpid() == self._server_pid:
            self._server = None

    def __reduce__(self) -> tuple[Callable[[str], RemoteConnection], tuple[str]]:
        assert self.url is not None
        return RemoteConnection, (self.url,)


class DirectoryConnection(Connection):
    """A data directory in this process."""

    def __init__(self, directory: str | os.PathLike[str]) -> None:
        super().__init__()
        self.directory = os.path.abspath(os.fspath(directory))
        self._owner_pid = os.getpid()
        self.handle()

    def _open(self) -> _engine.Catalog:
        if os.getpid() != self._owner_pid:
            raise RuntimeError(
                f"the data directory {self.directory} is open in the process {self._owner_pid} that forked this one: "
                "serve it (mutoscope.server.Server(data_dir=…)) to query it from several processes"
            )
        return _engine.Catalog.open(self.directory, ["/"])

    def __str__(self) -> str:
        return self.directory

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        raise TypeError(
            f"the catalog in {self.directory} belongs to this process and cannot be pickled: "
            "serve it (mutoscope.server.Server(data_dir=…)), then what comes from server.client() can"
        )
