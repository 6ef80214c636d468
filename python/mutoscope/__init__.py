"""Mutoscope: a catalog and query server for Rerun recordings.

``import mutoscope as rr`` takes the place of ``import rerun as rr`` in programs that query catalogs: the classes have the same names
and their queries run in a C++ engine, in this process or on a Mutoscope server.

- :mod:`mutoscope.catalog`: datasets and queries
- :mod:`mutoscope.server`: a server in this process
- :mod:`mutoscope.datatypes`, :mod:`mutoscope.encodings`: what the numbers in image formats mean

The package carries the ``mutoscope`` program too; ``mutoscope serve --help`` tells how to run it. And it carries the C++ library;
:func:`cmake_prefix` tells CMake where.
"""

from __future__ import annotations

import importlib
import os
from importlib.metadata import version as _version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mutoscope import catalog, datatypes, encodings, server

__version__ = _version("mutoscope")
__all__ = ["__version__", "catalog", "cmake_prefix", "datatypes", "encodings", "open", "server"]

_MODULES = ("catalog", "datatypes", "encodings", "server")


def __getattr__(name: str) -> Any:
    """Modules load when they are first used: the `mutoscope` program starts through this package too."""
    if name in _MODULES:
        return importlib.import_module(f"mutoscope.{name}")
    raise AttributeError(f"module 'mutoscope' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)


def open(directory: str | os.PathLike[str]) -> catalog.CatalogClient:
    """Open the catalog in a data directory, without a server.

    Parameters
    ----------
    directory
        A data directory; made if it does not exist. One process at a time has it open.

    Returns
    -------
    CatalogClient
        Its queries run in this process. It has no URL: what comes from it cannot be pickled.

    Raises
    ------
    RuntimeError
        Another process has the directory open; the text names it.

    Examples
    --------
    >>> client = mutoscope.open(tmp / "data")
    >>> client.create_dataset("robots").register([recording.as_uri()]).wait().segment_ids
    ['sample']
    """
    from mutoscope._connection import DirectoryConnection
    from mutoscope.catalog._client import CatalogClient

    return CatalogClient._of(DirectoryConnection(directory))


def cmake_prefix() -> str:
    """The directory under which CMake's ``find_package(mutoscope)`` finds the C++ library of this package.

    Returns
    -------
    str
        What belongs into ``CMAKE_PREFIX_PATH``: a directory with ``include/mutoscope`` and ``lib``.

    Examples
    --------
    >>> sorted(os.listdir(os.path.join(mutoscope.cmake_prefix(), "lib/cmake/mutoscope")))
    ['Arrow.cmake', 'mutoscopeConfig.cmake', 'mutoscopeConfigVersion.cmake']
    """
    return os.path.dirname(os.path.abspath(__file__))
