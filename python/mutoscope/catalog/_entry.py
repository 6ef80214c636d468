"""What datasets and tables have in common."""

from __future__ import annotations

import datetime
import warnings
from typing import TYPE_CHECKING

from mutoscope import _engine
from mutoscope.catalog._entry_id import EntryId, EntryKind
from mutoscope.catalog._names import check_name

if TYPE_CHECKING:
    from mutoscope.catalog._client import CatalogClient


def _utc(nanoseconds: int) -> datetime.datetime:
    epoch = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
    return epoch + datetime.timedelta(microseconds=nanoseconds // 1000)


class Entry:
    """An entry of the catalog as it was when it was asked for.

    Equal to an entry or :class:`EntryId` with the same id and to a string with its name.
    """

    def __init__(self, client: CatalogClient, entry: _engine.EntryTuple) -> None:
        self._client = client
        self._entry = entry

    @property
    def id(self) -> EntryId:
        return EntryId(self._entry[0])

    @property
    def name(self) -> str:
        return self._entry[1]

    @property
    def kind(self) -> EntryKind:
        return EntryKind(self._entry[2])

    @property
    def created_at(self) -> datetime.datetime:
        """In UTC."""
        return _utc(self._entry[3])

    @property
    def updated_at(self) -> datetime.datetime:
        """In UTC."""
        return _utc(self._entry[4])

    @property
    def catalog(self) -> CatalogClient:
        return self._client

    def delete(self) -> None:
        """Remove the entry from the catalog. Recordings stay where they are.

        Raises
        ------
        NotFoundError
            It is deleted already.
        """
        self._client._handle().delete_entry(self._entry[0])

    def set_name(self, name: str) -> None:
        """Rename the entry.

        Raises
        ------
        ValueError
            `name` cannot be a name.
        AlreadyExistsError
            Another entry has it.
        """
        check_name(name)
        self._entry = self._client._handle().rename_entry(self._entry[0], name)

    def update(self, *, name: str | None = None) -> None:
        """Use :meth:`set_name`."""
        warnings.warn("update() is deprecated: use set_name()", DeprecationWarning, stacklevel=2)
        if name is not None:
            self.set_name(name)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Entry):
            return self.id == other.id
        if isinstance(other, str):
            return self.name == other
        return self.id == other if isinstance(other, EntryId) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Entry({self.kind}, {self.name!r})"
