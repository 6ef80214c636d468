"""Registration of a file in the hidden dataset of an entry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mutoscope.catalog._registration import OnDuplicateSegmentLayer

if TYPE_CHECKING:
    from mutoscope.catalog._dataset import DatasetEntry


def register_one(dataset: DatasetEntry, uri: str, what: str, object_store_config: str | None) -> str:
    """The id of the segment that it became, when it is registered; it replaces what has that id.

    Raises
    ------
    ValueError
        It cannot be registered, or is no `what`.
    """
    operation = dataset.register([uri], on_duplicate=OnDuplicateSegmentLayer.REPLACE, object_store_config=object_store_config)
    segments = operation.wait().segment_ids
    if not segments:
        raise ValueError(f"{uri!r} is no {what}: nothing in it could be registered as one")
    return segments[0]
