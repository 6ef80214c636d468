"""Blueprints and assets of a dataset. What needs calls that the C++ interface does not have yet raises the server's UNIMPLEMENTED."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from mutoscope.catalog._unimplemented import unimplemented

if TYPE_CHECKING:
    from mutoscope.catalog._client import CatalogClient
    from mutoscope.catalog._dataset import DatasetEntry
    from mutoscope.catalog._queries import DatasetSource


class Blueprints:
    """The hidden datasets of a dataset."""

    _client: CatalogClient
    _source: DatasetSource

    def blueprint_dataset(self) -> DatasetEntry | None:
        """The hidden dataset that holds the blueprints."""
        return self._hidden(self._source().details()[0])

    def blueprints(self) -> list[str]:
        """Names of the blueprints, sorted."""
        dataset = self.blueprint_dataset()
        return [] if dataset is None else dataset.segment_ids()

    def default_blueprint(self) -> str | None:
        return self._source().details()[2]

    def default_segment_table_blueprint(self) -> str | None:
        return self._source().details()[3]

    def set_default_blueprint(self, blueprint_name: str | None) -> None:
        """Not offered yet."""
        unimplemented("set_default_blueprint")

    def set_default_segment_table_blueprint(self, blueprint_name: str | None) -> None:
        """Not offered yet."""
        unimplemented("set_default_segment_table_blueprint")

    def register_blueprint(
        self, uri: str, set_default: bool = True, *, segment_table: bool = False, object_store_config: str | None = None
    ) -> None:
        """Not offered yet."""
        unimplemented("register_blueprint")

    def asset_dataset(self) -> DatasetEntry | None:
        """The hidden dataset that holds the assets."""
        return self._hidden(self._source().details()[1])

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
        """Not offered yet."""
        unimplemented("register_asset")

    def unregister_asset(self, segment_id: str) -> None:
        """Not offered yet."""
        unimplemented("unregister_asset")

    def add_segments_to_asset(self, asset_segment_id: str, segments: Sequence[str]) -> None:
        """Not offered yet."""
        unimplemented("add_segments_to_asset")

    def remove_segments_from_asset(self, asset_segment_id: str, segments: Sequence[str]) -> None:
        """Not offered yet."""
        unimplemented("remove_segments_from_asset")

    def assets_for_segment(self, segment_id: str) -> list[str]:
        """Not offered yet."""
        unimplemented("assets_for_segment")

    def _hidden(self, id: str | None) -> DatasetEntry | None:
        return None if id is None else self._client.get_dataset(id=id)
