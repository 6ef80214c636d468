"""Mutoscope: a catalog and query server for Rerun recordings.

This package carries the `mutoscope` program; `mutoscope serve --help` tells how to run it.
"""

from importlib.metadata import version as _version

__version__ = _version("mutoscope")
