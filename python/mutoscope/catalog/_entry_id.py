"""Identity of entries."""

from __future__ import annotations

from enum import Enum

_DIGITS = frozenset("0123456789abcdefABCDEF")


class EntryKind(Enum):
    """What an entry of the catalog is."""

    DATASET = 1
    DATASET_VIEW = 2
    TABLE = 3
    TABLE_VIEW = 4
    BLUEPRINT_DATASET = 5
    ASSET_DATASET = 6

    def __str__(self) -> str:
        return f"EntryKind.{self.name}"

    __repr__ = __str__

    def __int__(self) -> int:
        return self.value


class EntryId:
    """32 hexadecimal digits.

    Raises
    ------
    TypeError
        The text is not that.

    Examples
    --------
    >>> str(EntryId("18ea604bf736e21e106732e40ef82c2a"))
    '18EA604BF736E21E106732e40ef82c2a'
    """

    __slots__ = ("_text",)

    def __init__(self, id: str) -> None:
        if len(id) != 32:
            raise TypeError(f"invalid Tuid: expected exactly 32 hex characters, got {len(id.encode())} bytes")
        if not _DIGITS.issuperset(id):
            raise TypeError(f"invalid Tuid: {id!r} has other characters than hexadecimal digits")
        self._text = id[:16].upper() + id[16:].lower()

    def as_bytes(self) -> bytes:
        """16 bytes."""
        return bytes.fromhex(self._text)

    def __eq__(self, other: object) -> bool:
        return self._text == other._text if isinstance(other, EntryId) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"EntryId({self._text!r})"
