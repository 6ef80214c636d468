"""Catalogs of recordings and queries of them, as `rerun.catalog` of rerun-sdk 0.36 and 0.41.

Errors are :class:`NotFoundError`, :class:`AlreadyExistsError`, ValueError, PermissionError, ConnectionError, TimeoutError and
RuntimeError; each text names the thing, what was expected and what was found.

Examples
--------
>>> client = mutoscope.catalog.CatalogClient(server.url())
>>> dataset = client.get_dataset("sample")
>>> dataset.reader(index="frame").select("frame").to_pydict()
{'frame': [0, 1, 2, 3]}
"""

from mutoscope._engine import AlreadyExistsError, NotFoundError
from mutoscope.catalog._client import BenchmarkResult, CatalogClient, VersionInfo
from mutoscope.catalog._columns import (
    ComponentColumnDescriptor,
    ComponentColumnSelector,
    IndexColumnDescriptor,
    IndexColumnSelector,
)
from mutoscope.catalog._content import ContentFilter
from mutoscope.catalog._dataset import DatasetEntry
from mutoscope.catalog._entry import Entry
from mutoscope.catalog._entry_id import EntryId, EntryKind
from mutoscope.catalog._queries import IndexValuesLike
from mutoscope.catalog._registration import (
    OnDuplicateSegmentLayer,
    RegistrationHandle,
    RegistrationOperation,
    RegistrationResult,
    SegmentRegistrationResult,
    UnregistrationHandle,
)
from mutoscope.catalog._schema import Schema
from mutoscope.catalog._segment import DatasetInfo, Layer, LayerInfo, Segment, TimelineInfo
from mutoscope.catalog._selection import DatasetSelection, DatasetView
from mutoscope.catalog._table import TableEntry

__all__ = [
    "AlreadyExistsError", "BenchmarkResult", "CatalogClient", "ComponentColumnDescriptor", "ComponentColumnSelector", "ContentFilter",
    "DatasetEntry", "DatasetInfo", "DatasetSelection", "DatasetView", "Entry", "EntryId", "EntryKind", "IndexColumnDescriptor",
    "IndexColumnSelector", "IndexValuesLike", "Layer", "LayerInfo", "NotFoundError", "OnDuplicateSegmentLayer", "RegistrationHandle",
    "RegistrationOperation", "RegistrationResult", "Schema", "Segment", "SegmentRegistrationResult", "TableEntry", "TimelineInfo",
    "UnregistrationHandle", "VersionInfo",
]
