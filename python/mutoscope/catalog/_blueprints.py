"""Blueprints of a dataset."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mutoscope.catalog._blueprint_files import register_one

if TYPE_CHECKING:
    from mutoscope.catalog._client import CatalogClient
    from mutoscope.catalog._dataset import DatasetEntry
    from mutoscope.catalog._sources import DatasetSource


class Blueprints:
    """How viewers show a dataset: files that `rerun.blueprint` writes, kept in a hidden dataset."""

    _client: CatalogClient
    _source: DatasetSource

    def blueprint_dataset(self) -> DatasetEntry | None:
        """The hidden dataset that holds the blueprints."""
        id = self._source().details()[0]
        return None if id is None else self._client.get_dataset(id=id)

    def blueprints(self) -> list[str]:
        """Names of the blueprints, sorted."""
        dataset = self.blueprint_dataset()
        return [] if dataset is None else dataset.segment_ids()

    def default_blueprint(self) -> str | None:
        """The one that viewers open recordings with."""
        return self._source().details()[2]

    def default_segment_table_blueprint(self) -> str | None:
        """The one that viewers show the segment table with."""
        return self._source().details()[3]

    def set_default_blueprint(self, blueprint_name: str | None) -> None:
        """The one that viewers open recordings with; None: they choose. Whether there is such a blueprint is not checked.

        Raises
        ------
        ValueError
            The dataset has no dataset of blueprints.
        """
        blueprints, assets, _, segment_table = self._source().details()
        self._source().set_details(blueprints, assets, _checked(blueprint_name), segment_table)

    def set_default_segment_table_blueprint(self, blueprint_name: str | None) -> None:
        """The one that viewers show the segment table with. See :meth:`set_default_blueprint`."""
        blueprints, assets, default, _ = self._source().details()
        self._source().set_details(blueprints, assets, default, _checked(blueprint_name))

    def register_blueprint(
        self, uri: str, set_default: bool = True, *, segment_table: bool = False, object_store_config: str | None = None
    ) -> None:
        """Register a blueprint where it lies.

        Parameters
        ----------
        uri
            Such as "file:///data/layout.rbl".
        set_default
            Make it the one that viewers open recordings with.
        segment_table
            Make it that of the segment table instead.

        Raises
        ------
        NotFoundError, PermissionError
            The file is missing or must not be read.
        ValueError
            It is no blueprint.
        LookupError
            The dataset has no dataset of blueprints.

        Examples
        --------
        >>> dataset.register_blueprint(blueprint.as_uri())
        >>> dataset.blueprints() == [dataset.default_blueprint()]
        True
        """
        dataset = self.blueprint_dataset()
        if dataset is None:
            raise LookupError("a blueprint dataset is not configured for this dataset")
        name = register_one(dataset, uri, "blueprint", object_store_config)
        if set_default and segment_table:
            self.set_default_segment_table_blueprint(name)
        elif set_default:
            self.set_default_blueprint(name)


def _checked(name: str | None) -> str | None:
    if name is not None and not isinstance(name, str):
        raise TypeError(f"argument 'blueprint_name': {type(name).__name__!r} object is not an instance of 'str'")
    return name
