"""Assets of a dataset: static recordings that belong to several of its segments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal

import pyarrow as pa

from mutoscope.catalog._blueprint_files import register_one

if TYPE_CHECKING:
    from mutoscope.catalog._client import CatalogClient
    from mutoscope.catalog._dataset import DatasetEntry
    from mutoscope.catalog._sources import DatasetSource

_MODE, _SEGMENTS = "property:asset:mode", "property:asset:segments"
_OPT_OUT, _OPT_IN = "OptOut", "OptIn"
_MODES = {"opt_out": _OPT_OUT, "opt_in": _OPT_IN}
_ATTEMPTS = 8  # of a change while others change the same asset


class Assets:
    """What several segments share, such as the model of a robot, kept once in a hidden dataset."""

    _client: CatalogClient
    _source: DatasetSource

    def asset_dataset(self) -> DatasetEntry | None:
        """The hidden dataset that holds the assets."""
        id = self._source().details()[1]
        return None if id is None else self._client.get_dataset(id=id)

    def assets(self) -> list[str]:
        """Ids of the assets, sorted."""
        dataset = self.asset_dataset()
        return [] if dataset is None else dataset.segment_ids()

    def register_asset(
        self,
        uri: str,
        *,
        mode: Literal["opt_out", "opt_in"] = "opt_out",
        segments: Sequence[str] | None = None,
        object_store_config: str | None = None,
    ) -> str:
        """Register a recording with static data only as an asset, where it lies.

        Parameters
        ----------
        uri
            Such as "file:///data/model.rrd".
        mode
            "opt_out": for all segments but `segments`; "opt_in": for `segments`.
        segments
            Ids, also of segments that are not there yet.

        Returns
        -------
        str
            Its id.

        Raises
        ------
        NotFoundError, PermissionError
            The file is missing or must not be read.
        ValueError
            It is no recording or has temporal data; `mode` is neither.
        LookupError
            The dataset has no dataset of assets.
        """
        if mode not in _MODES:
            raise ValueError(f"invalid mode {mode!r}: expected 'opt_out' or 'opt_in'")
        dataset = self._checked_asset_dataset()
        listed = _segment_list(segments or [])
        asset = register_one(dataset, uri, "recording", object_store_config)
        dataset._source().set_segment_properties(asset, _properties(_MODES[mode], listed))
        return asset

    def unregister_asset(self, segment_id: str) -> None:
        """Drop an asset; an unknown id is none. Its file is not touched."""
        if not isinstance(segment_id, str):
            raise TypeError(f"argument 'segment_id': {type(segment_id).__name__!r} object is not an instance of 'str'")
        if segment_id:
            self._checked_asset_dataset().unregister(segments_to_drop=[segment_id], layers_to_drop=[]).wait()

    def add_segments_to_asset(self, asset_segment_id: str, segments: Sequence[str]) -> None:
        """Let an asset be for these segments too."""
        self._change_segments(asset_segment_id, segments, applies=True)

    def remove_segments_from_asset(self, asset_segment_id: str, segments: Sequence[str]) -> None:
        """Let an asset not be for these segments any more."""
        self._change_segments(asset_segment_id, segments, applies=False)

    def assets_for_segment(self, segment_id: str) -> list[str]:
        """Ids of the assets that are for a segment; whether there is such a segment is not checked."""
        return [] if self._source().details()[1] is None else self._source().assets_for_segment(segment_id)

    def _checked_asset_dataset(self) -> DatasetEntry:
        dataset = self.asset_dataset()
        if dataset is None:
            raise LookupError("an asset dataset is not configured for this dataset")
        return dataset

    def _change_segments(self, asset: str, segments: Sequence[str], *, applies: bool) -> None:
        source, changed = self._checked_asset_dataset()._source, _segment_list(segments)

        def change(mode: str, listed: list[str]) -> list[str]:
            if (mode == _OPT_IN) == applies:
                return listed + [segment for segment in dict.fromkeys(changed) if segment not in listed]
            return [segment for segment in listed if segment not in changed]

        _change_properties(source, asset, change)


def _change_properties(source: DatasetSource, asset: str, change: Callable[[str, list[str]], list[str]]) -> None:
    """Lets nothing get lost that somebody else changes at the same time."""
    for attempt in range(_ATTEMPTS):
        values, revision = source().segment_properties([asset]).get(asset, (None, 0))
        mode, listed = _read(values)
        wanted = change(mode, listed)
        if wanted == listed:
            return
        try:
            source().set_segment_properties(asset, _properties(mode, wanted, values), revision)
            return
        except RuntimeError:  # the revision is another one by now
            if attempt == _ATTEMPTS - 1:
                raise


def _read(values: pa.RecordBatch | None) -> tuple[str, list[str]]:
    columns = {} if values is None else {name: values.column(name).to_pylist()[0] for name in values.schema.names}
    mode = (columns.get(_MODE) or [_OPT_OUT])[0]
    return (mode if mode == _OPT_IN else _OPT_OUT), list(columns.get(_SEGMENTS) or [])


def _properties(mode: str, segments: list[str], others: pa.RecordBatch | None = None) -> pa.RecordBatch:
    """One row; other properties of the asset stay."""
    texts = pa.list_(pa.string())
    columns = {name: others.column(name) for name in others.schema.names} if others is not None else {}
    columns |= {_MODE: pa.array([[mode]], texts), _SEGMENTS: pa.array([segments], texts)}
    return pa.RecordBatch.from_pydict(columns)


def _segment_list(segments: Sequence[str]) -> list[str]:
    values = [segments] if isinstance(segments, str) else list(segments)
    for segment in values:
        if not isinstance(segment, str):
            raise TypeError(f"argument 'segments': {type(segment).__name__!r} object is not an instance of 'str'")
    return values
