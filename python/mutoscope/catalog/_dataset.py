"""A dataset of recordings."""

from __future__ import annotations

import datetime
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
from datafusion import DataFrame

from mutoscope import _engine, _index_values
from mutoscope.catalog._assets import Assets
from mutoscope.catalog._blueprints import Blueprints
from mutoscope.catalog._columns import ComponentColumnDescriptor, metadata_of
from mutoscope.catalog._entry import Entry
from mutoscope.catalog._queries import SEGMENT_ID, Queries
from mutoscope.catalog._registration import OnDuplicateSegmentLayer, RegistrationOperation, UnregistrationHandle
from mutoscope.catalog._segment import DatasetInfo, Layer, LayerInfo, Segment, TimelineInfo
from mutoscope.catalog._segment_url import segment_url
from mutoscope.catalog._selection import DatasetSelection
from mutoscope.catalog._sources import DatasetSource
from mutoscope.catalog._unimplemented import unimplemented

if TYPE_CHECKING:
    from mutoscope.catalog._client import CatalogClient

_KINDS = {"int64": "sequence", "timestamp[ns]": "timestamp", "duration[ns]": "duration"}


class DatasetEntry(Queries, Blueprints, Assets, Entry):
    """A dataset: recordings by segment and layer, registered where they lie."""

    def __init__(self, client: CatalogClient, entry: _engine.EntryTuple, handle: _engine.Dataset | None = None) -> None:
        super().__init__(client, entry)
        self._source = DatasetSource(client, entry[0], handle)
        self._index_types: dict[str, pa.DataType] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        return DatasetEntry, (self._client, self._entry)

    @property
    def dataset(self) -> DatasetEntry:
        """Itself."""
        return self

    def _part(self, segments: tuple[str, ...] | None, contents: tuple[tuple[str, ...], ...]) -> DatasetSelection:
        return DatasetSelection(self, segments, contents)

    @property
    def manifest_url(self) -> str:
        return f"memory:///{self.id}"

    # One cell

    def cell(self, column: str, *, index: str, at: Any, segment_id: str | None = None, latest: bool = False) -> pa.Array:
        """One cell, read without a query: the quickest way to an image.

        Parameters
        ----------
        column
            A component, for example "/camera:EncodedImage:blob".
        index
            The index that `at` is a value of.
        at
            int (raw value), numpy datetime64 or timedelta64, datetime, timedelta or pyarrow scalar.
        segment_id
            None: the first segment by id that has a value there; with `latest`, the one whose value is the latest.
        latest
            The latest value at or before `at` instead of the value at `at`.

        Returns
        -------
        pyarrow.Array
            Of one row, of the type of the column; null if there is no value. Nothing is copied that lies in a file as it is.

        Raises
        ------
        NotFoundError
            There is no such column, index or segment.
        ValueError
            `at` does not suit the index.

        Examples
        --------
        >>> dataset.cell("/motor:Scalars:scalars", index="frame", at=2).to_pylist()
        [[2.0]]
        """
        if type(at) is not int:
            at = _index_values.raw_index_value(at, self._index_type(index), index)
        return self._source().cell(column, index, at, segment_id, latest)

    def _index_type(self, index: str) -> pa.DataType:
        datatype = self._index_types.get(index)
        if datatype is None:
            schema = self._source().schema()
            names = {field.name: field.type for field in schema if metadata_of(field).get("rerun:kind") == "index"}
            if index not in names:
                raise _engine.NotFoundError(f"dataset {self.name!r} has no index {index!r}: expected one of {sorted(names)}")
            self._index_types = names
            datatype = names[index]
        return datatype

    # Segments and layers

    def segment(self, segment_id: str) -> Segment:
        """A segment.

        Raises
        ------
        NotFoundError
            There is none with this id.
        """
        if not self._segment_rows([SEGMENT_ID], [segment_id]).num_rows:
            raise _engine.NotFoundError(f"Segment not found: dataset {self.name!r} has no segment {segment_id!r}")
        return Segment(self, segment_id)

    def layer(self, name: str) -> Layer:
        """A layer.

        Raises
        ------
        ValueError
            No segment has it.
        """
        names = {each for layers in self._segment_rows(["rerun_layer_names"], None)["rerun_layer_names"].to_pylist() for each in layers}
        if name not in names:
            raise ValueError(f"Layer {name!r} not found in dataset {self.name!r}. Available layers: {sorted(names)}")
        return Layer(self, name)

    def info(self) -> DatasetInfo:
        """How much there is."""
        rows, schema = self._segment_rows(None, None), self.schema()
        layers: dict[str, int] = {}
        for names in rows["rerun_layer_names"].to_pylist():
            for name in names:
                layers[name] = layers.get(name, 0) + 1
        timelines = []
        for column in schema.index_columns():
            starts, ends = rows[f"{column.name}:start"], rows[f"{column.name}:end"]
            kind, count = _KINDS[str(starts.type)], len(starts) - starts.null_count
            first, last = pc.min(starts.cast(pa.int64())), pc.max(ends.cast(pa.int64()))
            least, greatest = (bound.cast(starts.type).as_py() for bound in (first, last))
            timelines.append(TimelineInfo(column.name, kind, count, least, greatest))
        properties = [column.name for column in schema.component_columns() if column.is_property]
        return DatasetInfo(
            dataset_name=self.name,
            num_segments=rows.num_rows,
            size_bytes=sum(rows["rerun_size_bytes"].to_pylist()),
            layers=frozenset(LayerInfo(name, count) for name, count in layers.items()),
            timelines=frozenset(timelines),
            num_entities=len(schema.entity_paths()),
            num_component_columns=len(schema.component_columns()) - len(properties),
            property_columns=frozenset(properties),
        )

    def arrow_schema(self) -> pa.Schema:
        """Row id, indexes and components with Rerun's metadata."""
        return self._source().schema()

    def _segment_schema(self, segment_id: str) -> pa.Schema:
        rows, view = self._segment_rows(None, [segment_id]), self.filter_segments(segment_id).filter_contents(["/**", "/__properties/**"])
        schema = self.schema()
        indexes = [column.name for column in schema.index_columns() if rows[f"{column.name}:start"].null_count == 0]

        def is_logged(column: ComponentColumnDescriptor) -> bool:
            logged = pc.field(column.name).is_valid()
            options = {"include_semantically_empty_columns": True, "include_tombstone_columns": True}
            return any(
                view.to_arrow(index, columns=[], where=logged, limit=1, **options).count_rows()
                for index in ([None] if column.is_static else []) + indexes
            )

        used = {*indexes, *(column.name for column in schema.component_columns() if is_logged(column))}
        return pa.schema([field for field in self.arrow_schema() if field.name in used])

    def manifest(self, include_diagnostic_data: bool = False) -> DataFrame:
        """One row a layer.

        Parameters
        ----------
        include_diagnostic_data
            Also the column `rerun_registration_status`.
        """
        table = self._source().manifest()
        if not include_diagnostic_data and "rerun_registration_status" in table.column_names:
            table = table.drop_columns(["rerun_registration_status"])
        return self._frame(table)

    def segment_url(
        self,
        segment_id: str,
        timeline: str | None = None,
        start: datetime.datetime | datetime.timedelta | int | None = None,
        end: datetime.datetime | datetime.timedelta | int | None = None,
    ) -> str:
        """A URL that viewers open; whether there is such a segment is not checked.

        Parameters
        ----------
        timeline
            To look at from `start` on; with `end` that span is selected.

        Raises
        ------
        ValueError
            `start` or `end` without `timeline`, or the catalog has no URL.
        """
        return segment_url(self._client.url, str(self.id), segment_id, timeline, start, end)

    def segment_store(self, segment_id: str, *, include_assets: bool = True) -> Any:
        """Not offered: a store is made of the SDK's chunks, which this package does not have."""
        unimplemented("segment_store", "use query() or to_arrow(), or segment_store() of the stock SDK, which works with this server")

    # Registration

    def register(
        self,
        recording_uri: str | Sequence[str],
        *,
        layer_name: str | Sequence[str] = "base",
        on_duplicate: OnDuplicateSegmentLayer | str = OnDuplicateSegmentLayer.ERROR,
        object_store_config: str | None = None,
    ) -> RegistrationOperation:
        """Register recordings where they lie.

        Parameters
        ----------
        recording_uri
            URIs such as "file:///data/a.rrd".
        layer_name
            Of all, or of each.
        on_duplicate
            What to do where a segment has the layer already.

        Returns
        -------
        RegistrationOperation
            Tasks that go on behind; `wait()` for them.

        Raises
        ------
        NotFoundError, PermissionError
            A file is missing or must not be read; nothing is registered then.
        ValueError
            A URI or a layer name is malformed.

        Examples
        --------
        >>> dataset.register([recording.as_uri()], on_duplicate="skip").wait().segment_ids
        ['sample']
        """
        if isinstance(recording_uri, str):
            warnings.warn("register() with a single str is deprecated: pass a list", DeprecationWarning, stacklevel=2)
            recording_uri = [recording_uri]
        uris = list(recording_uri)
        layers = [layer_name] * len(uris) if isinstance(layer_name, str) else list(layer_name)
        if len(layers) != len(uris):
            raise ValueError(f"expected one layer name for each of the {len(uris)} recordings, got {len(layers)}")
        return self._register(list(zip(uris, layers, [False] * len(uris))), on_duplicate, object_store_config)

    def register_prefix(
        self,
        recordings_prefix: str,
        layer_name: str | None = None,
        on_duplicate: OnDuplicateSegmentLayer | str = OnDuplicateSegmentLayer.ERROR,
        *,
        object_store_config: str | None = None,
    ) -> RegistrationOperation:
        """Register all recordings below a directory.

        Raises
        ------
        ValueError
            There is no such directory, or two of its recordings have the same id.
        """
        return self._register([(recordings_prefix, "base" if layer_name is None else layer_name, True)], on_duplicate, object_store_config)

    def _register(
        self, sources: list[tuple[str, str, bool]], on_duplicate: OnDuplicateSegmentLayer | str, object_store_config: str | None
    ) -> RegistrationOperation:
        if object_store_config is not None:
            unimplemented("register(object_store_config=…)")
        for uri, layer, _ in sources:
            if not layer:
                raise ValueError(f"the layer name of {uri!r} must not be empty")
            if "://" not in uri:
                raise ValueError(f"Could not parse URL: relative URL without a base: {uri!r}, expected for example file:///data/a.rrd")
        text = on_duplicate.value if isinstance(on_duplicate, OnDuplicateSegmentLayer) else on_duplicate
        if text not in {member.value for member in OnDuplicateSegmentLayer}:
            raise ValueError(f"invalid on_duplicate value: {text!r}. Expected 'error', 'skip', or 'replace'")
        return RegistrationOperation(self._client, self._source().register(sources, text))

    def unregister(
        self, *, segments_to_drop: str | Sequence[str], layers_to_drop: str | Sequence[str], force: bool = False
    ) -> UnregistrationHandle:
        """Drop the layers whose segment and name are listed; files are never touched.

        Parameters
        ----------
        segments_to_drop, layers_to_drop
            An empty list matches all, unknown names nothing.

        Raises
        ------
        ValueError
            Both are empty.
        """
        segments = [segments_to_drop] if isinstance(segments_to_drop, str) else list(segments_to_drop)
        layers = [layers_to_drop] if isinstance(layers_to_drop, str) else list(layers_to_drop)
        self._source().unregister(segments, layers)
        return UnregistrationHandle()

    def delete_segment_properties(self, segment_ids: str | Sequence[str]) -> None:
        """Delete what was set beside the recordings of these segments, and outlives them; unknown ids have none."""
        segments = [segment_ids] if isinstance(segment_ids, str) else list(segment_ids)
        for segment in segments:
            if not isinstance(segment, str):
                raise TypeError(f"argument 'segment_ids': {type(segment).__name__!r} object is not an instance of 'str'")
        if segments:
            self._source().delete_segment_properties(segments)

    def do_maintenance(
        self,
        optimize_indexes: bool = False,
        retrain_indexes: bool = False,
        compact_fragments: bool = False,
        cleanup_before: datetime.datetime | None = None,
        unsafe_allow_recent_cleanup: bool = False,
    ) -> None:
        """Check what is stored of the dataset, and rebuild what can be rebuilt.

        Parameters
        ----------
        optimize_indexes, retrain_indexes, compact_fragments, unsafe_allow_recent_cleanup
            As in the stock SDK.
        cleanup_before
            Leave alone what is younger; UTC unless it says otherwise.
        """
        cleanup_before_ns = None
        if cleanup_before is not None:
            moment = cleanup_before if cleanup_before.tzinfo else cleanup_before.replace(tzinfo=datetime.timezone.utc)
            epoch = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
            cleanup_before_ns = (moment - epoch) // datetime.timedelta(microseconds=1) * 1000
        self._source().do_maintenance(
            optimize_indexes, retrain_indexes, compact_fragments, cleanup_before_ns, unsafe_allow_recent_cleanup
        )
