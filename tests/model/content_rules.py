"""Content filters (query.md §3, rulings A21 and A22) and the order of entity paths (rulings A18), literally."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

PROPERTIES = ("__properties",)


@dataclasses.dataclass(frozen=True)
class Rule:
    include: bool
    path: tuple[str, ...]
    subtree: bool

    def matches(self, path: tuple[str, ...]) -> bool:
        """`/a` the entity, `/a/**` the entity and all descendants."""
        return path[: len(self.path)] == self.path if self.subtree else path == self.path

    def specificity(self) -> tuple[int, bool]:
        """Deeper path more specific; exact more specific than subtree at the same path."""
        return len(self.path), not self.subtree


def raw_parts(text: str) -> list[str]:
    """Split at unescaped slashes; empty parts (leading, trailing, repeated slashes) are ignored."""
    return [part for part in re.split(r"(?<!\\)/", text) if part]


def unescape(part: str) -> str:
    return re.sub(r"\\(.)", r"\1", part)


def parse_path(text: str) -> tuple[str, ...]:
    return tuple(unescape(part) for part in raw_parts(text))


def tokens(rules: list[str]) -> list[str]:
    """The strings of one call are joined with a space and split at whitespace; an escaped space does not split."""
    return re.findall(r"(?:\\.|[^\s\\])+", " ".join(rules))


def parse_rule(token: str) -> Rule:
    include = not token.startswith("-")
    text = token[1:] if token[0] in "+-" else token
    subtree = text.endswith("/**")  # no other wildcard: a bare `**` is the entity of that name
    return Rule(include, parse_path(text[:-3] if subtree else text), subtree)


def parse_rules(rules: list[str]) -> list[Rule]:
    """A lone sign belongs to the next token, at the end to the root (A22)."""
    parsed, sign = [], ""
    for token in tokens(rules):
        if token in ("+", "-") and not sign:
            sign = token
            continue
        parsed.append(parse_rule(sign + token))
        sign = ""
    return parsed + ([parse_rule(sign + "/")] if sign else [])


def is_selected(rules: list[str], entity: str) -> bool:
    """One filter: the most specific matching rule decides; identical rules: the last one; no match = excluded.

    `- /__properties/**` is added unless a rule for exactly that subtree is given.
    """
    parsed = parse_rules(rules)
    if not any(rule.path == PROPERTIES and rule.subtree for rule in parsed):
        parsed.append(Rule(False, PROPERTIES, True))
    matching = [rule for rule in parsed if rule.matches(parse_path(entity))]
    if not matching:
        return False
    most_specific = max(rule.specificity() for rule in matching)
    return [rule for rule in matching if rule.specificity() == most_specific][-1].include


def in_contents(filters: list[list[str]], entity: str) -> bool:
    """Several filters intersect (A21); no filter = everything (but properties)."""
    return all(is_selected(rules, entity) for rules in filters or [["/**"]])


def natural(part: str) -> list[tuple[int, Any]]:
    """Digit runs as numbers; ignoring case. A number sorts as its first digit would among other characters."""
    pieces = re.findall(r"[0-9]+|[^0-9]", part.lower())
    return [(ord("0"), int(piece)) if piece.isdigit() else (ord(piece), 0) for piece in pieces]


def path_order(entity: str) -> list[tuple[bool, list[tuple[int, Any]], bytes]]:
    """Sort key: part-wise, parts starting with `__` last, natural and case-insensitive, then by bytes."""
    return [(part.startswith("__"), natural(part), part.encode()) for part in parse_path(entity)]
