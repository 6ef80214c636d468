"""Segments and layers of a dataset, and what there is in all."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from mutoscope.catalog._registration import UnregistrationHandle
from mutoscope.catalog._schema import Schema

if TYPE_CHECKING:
    from mutoscope.catalog._dataset import DatasetEntry


class Segment:
    """A recording: all layers with the same recording id."""

    def __init__(self, dataset: DatasetEntry, id: str) -> None:
        self._dataset = dataset
        self._id = id

    @property
    def id(self) -> str:
        return self._id

    @property
    def dataset(self) -> DatasetEntry:
        return self._dataset

    @property
    def url(self) -> str:
        return self._dataset.segment_url(self._id)

    def schema(self, *, include_assets: bool = False) -> Schema:
        """The columns that have data in this segment (properties included), and behind them those of its assets if `include_assets`."""
        fields = list(self._dataset._segment_schema(self._id))
        assets = self._dataset.asset_dataset() if include_assets else None
        if assets is not None:
            for asset in self._dataset.assets_for_segment(self._id):
                names = {field.name for field in fields}
                fields += [field for field in assets._segment_schema(asset) if field.name not in names]
        return Schema(pa.schema(fields))

    def layers(self) -> set[str]:
        rows = self._dataset._segment_rows(["rerun_segment_id", "rerun_layer_names"], [self._id])
        return {layer for layers in rows["rerun_layer_names"].to_pylist() for layer in layers}

    def delete_layer(self, name: str) -> UnregistrationHandle:
        return self._dataset.unregister(segments_to_drop=[self._id], layers_to_drop=[name])

    def __repr__(self) -> str:
        return f'Segment(dataset_id={self._dataset.id}, id="{self._id}")'


class Layer:
    """What was registered under one layer name in any segment."""

    def __init__(self, dataset: DatasetEntry, name: str) -> None:
        self._dataset = dataset
        self._name = name

    @property
    def name(self) -> str:
        return self._name

    @property
    def dataset(self) -> DatasetEntry:
        return self._dataset

    def segment_ids(self) -> list[str]:
        rows = self._dataset._segment_rows(["rerun_segment_id", "rerun_layer_names"], None).to_pylist()
        return [row["rerun_segment_id"] for row in rows if self._name in row["rerun_layer_names"]]

    def __repr__(self) -> str:
        return f'Layer(dataset_id={self._dataset.id}, name="{self._name}")'


@dataclasses.dataclass(frozen=True)
class LayerInfo:
    """A layer name and in how many segments it occurs."""

    name: str
    num_segments: int


@dataclasses.dataclass(frozen=True)
class TimelineInfo:
    """An index: "sequence", "timestamp" or "duration", in how many segments it occurs, its least and greatest value."""

    name: str
    kind: str
    num_segments: int
    min: Any
    max: Any


@dataclasses.dataclass(frozen=True)
class DatasetInfo:
    """What a dataset holds."""

    dataset_name: str
    num_segments: int
    size_bytes: int
    layers: frozenset[LayerInfo]
    timelines: frozenset[TimelineInfo]
    num_entities: int
    num_component_columns: int
    property_columns: frozenset[str]
