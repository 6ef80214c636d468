"""Predicates: evaluated as SQL's three-valued logic on a finished row (rulings A17), and as expressions of Arrow."""

from __future__ import annotations

import operator
from typing import Any, Callable

from .data import Expression

COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}
NANOSECONDS = 1_000_000_000


def evaluate(node: Expression, row: dict[str, Any]) -> Any:
    """The value of an expression; None is SQL's NULL, index values and time literals are raw integers."""
    kind, *operands = node
    if kind == "col":
        return row[operands[0]]
    if kind in ("lit", "dur", "np_dt"):
        return operands[0]
    if kind == "dt":
        return operands[0] * NANOSECONDS
    if kind == "item":
        cell = evaluate(operands[0], row)
        return cell[operands[1]] if cell is not None and operands[1] < len(cell) else None
    if kind == "is_null":
        return evaluate(operands[0], row) is None
    if kind == "is_not_null":
        return evaluate(operands[0], row) is not None
    if kind == "not":
        value = evaluate(operands[0], row)
        return None if value is None else not value
    if kind == "in":
        return any_of([compared("==", evaluate(operands[0], row), plain_literal(value)) for value in operands[1]])
    left, right = evaluate(operands[0], row), evaluate(operands[1], row)
    if kind == "and":
        return negated(any_of([negated(left), negated(right)]))
    if kind == "or":
        return any_of([left, right])
    return compared(kind, left, right)


def plain_literal(value: Any) -> Any:
    """Members of an IN list are plain values or literal nodes."""
    return evaluate(value, {}) if isinstance(value, list) else value


def compared(kind: str, left: Any, right: Any) -> bool | None:
    return None if left is None or right is None else COMPARISONS[kind](left, right)


def negated(value: bool | None) -> bool | None:
    return None if value is None else not value


def any_of(values: list[bool | None]) -> bool | None:
    """SQL's OR: true if any is true, else unknown if any is unknown."""
    if True in values:
        return True
    return None if None in values else False


def columns_of(node: Expression | None) -> set[str]:
    """Names of all columns that an expression reads."""
    if not isinstance(node, list) or not node:
        return set()
    if node[0] == "col":
        return {node[1]}
    return set().union(*(columns_of(operand) for operand in node[1:]))
