"""A part of a dataset."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mutoscope.catalog._queries import Queries

if TYPE_CHECKING:
    from mutoscope.catalog._dataset import DatasetEntry


class DatasetSelection(Queries):
    """Some segments and some contents of a dataset. Also named DatasetView."""

    def __init__(self, dataset: DatasetEntry, segments: tuple[str, ...] | None, contents: tuple[tuple[str, ...], ...]) -> None:
        self._dataset = dataset
        self._source = dataset._source
        self._segments = segments
        self._contents = contents

    @property
    def dataset(self) -> DatasetEntry:
        """The whole of it."""
        return self._dataset

    def _part(self, segments: tuple[str, ...] | None, contents: tuple[tuple[str, ...], ...]) -> DatasetSelection:
        return DatasetSelection(self._dataset, segments, contents)

    def __repr__(self) -> str:
        segments = "all segments" if self._segments is None else f"{len(self._segments)} segments"
        contents = "no content filter"
        if self._contents:
            contents = f"content_filters={[_normalized(rules) for rules in self._contents]!r}"
        return f"DatasetSelection({self._dataset!r}, {segments}, {contents})"


def _normalized(rules: tuple[str, ...]) -> str:
    return " ".join(rule if rule[:1] in "+-" else f"+ {rule}" for rule in rules if rule)


DatasetView = DatasetSelection
