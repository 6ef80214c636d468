"""Rules for names of entries."""

from __future__ import annotations

import string

NAME_LENGTH_MAX = 180
_ALLOWED = frozenset(string.ascii_letters + string.digits + "_-.: []")


def check_name(name: str) -> None:
    """Raises ValueError if `name` cannot be the name of an entry."""
    if not name:
        raise ValueError("name '' must not be empty")
    for character in name:
        if character not in _ALLOWED:
            raise ValueError(f"name {name!r} contains invalid character {character!r}")
    if len(name) > NAME_LENGTH_MAX:
        raise ValueError(f"name {name!r} exceeds maximum length of {NAME_LENGTH_MAX} characters (got {len(name)})")
