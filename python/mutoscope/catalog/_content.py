"""Which entities a query reads."""

from __future__ import annotations

from collections.abc import Sequence

PROPERTIES = "/__properties/**"


class ContentFilter:
    """An immutable list of rules that include and exclude entity paths.

    The most specific rule that matches an entity decides. Properties are left out unless they are included.

    Examples
    --------
    >>> content = ContentFilter.everything().exclude("/camera", subtree=True).include("/camera/rgb")
    >>> content.to_exprs()
    ['/**', '-/camera/**', '/camera/rgb']
    """

    def __init__(self, exprs: tuple[str, ...] | list[str]) -> None:
        self._exprs = tuple(exprs)

    @classmethod
    def everything(cls) -> ContentFilter:
        return cls(("/**",))

    @classmethod
    def nothing(cls) -> ContentFilter:
        return cls(())

    def include(self, path: str, *, subtree: bool = False) -> ContentFilter:
        """With an entity, and all below it if `subtree`.

        Raises
        ------
        ValueError
            The path does not begin with "/".
        """
        return ContentFilter((*self._exprs, _expression(path, subtree)))

    def exclude(self, path: str, *, subtree: bool = False) -> ContentFilter:
        """Without an entity, and all below it if `subtree`.

        Raises
        ------
        ValueError
            The path does not begin with "/".
        """
        return ContentFilter((*self._exprs, "-" + _expression(path, subtree)))

    def include_properties(self) -> ContentFilter:
        """With the properties of the recordings."""
        return ContentFilter((*self._exprs, PROPERTIES))

    def to_exprs(self) -> list[str]:
        """The rules as text."""
        return list(self._exprs)

    def __eq__(self, other: object) -> bool:
        return self._exprs == other._exprs if isinstance(other, ContentFilter) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._exprs)

    def __repr__(self) -> str:
        return f"ContentFilter({list(self._exprs)!r})"


def _expression(path: str, subtree: bool) -> str:
    if not path.startswith("/"):
        raise ValueError(f"Entity path expression must start with '/', got: {path!r}")
    return path + "/**" if subtree and not path.endswith("/**") else path


def rules_of(exprs: ContentFilter | str | Sequence[str]) -> tuple[str, ...]:
    """The rules of whatever `filter_contents` takes."""
    if isinstance(exprs, ContentFilter):
        return tuple(exprs.to_exprs())
    if isinstance(exprs, str):
        return (exprs,)
    for expression in exprs:
        if not isinstance(expression, str):
            raise TypeError(f"argument 'exprs': {type(expression).__name__!r} object is not an instance of 'str'")
    return tuple(exprs)
