"""What the enums of image formats share."""

from __future__ import annotations

from enum import Enum
from typing import Any, TypeVar

_Member = TypeVar("_Member", bound="AutoEnum")


class AutoEnum:
    """Mixin: members from names and numbers, and `str()` gives the bare name."""

    name: Any

    @classmethod
    def auto(cls: type[_Member], val: str | int | _Member) -> _Member:
        """A member from a member, its number, or its name in upper or lower case.

        Raises
        ------
        ValueError
            There is no such member.
        """
        assert issubclass(cls, Enum)
        if isinstance(val, cls):
            return val
        if isinstance(val, int):
            member: _Member = cls(val)
            return member
        for each in cls:
            if each.name.lower() == val.lower():
                return each
        raise ValueError(f"Cannot convert {val} to {cls.__name__}")

    def __str__(self) -> str:
        return str(self.name)
