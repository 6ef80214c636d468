"""Random requests over a dataset. Column names are ones that the answer has; everything else may miss."""

from __future__ import annotations

import random as random_module
from typing import Any

from .data import SEGMENT_ID, Dataset, Expression, Request
from .recordings import ENTITIES, INT64_MAX, SEGMENTS
from .rules import all_indexes, visible_columns

COMPARABLE: dict[str, list[Any]] = {
    "f64": [0.0, 1.0, 1.5, -3.25, 2.5], "i64": [0, 1, 2, -7, 2**40], "u8": [0, 1, 2, 255], "utf8": ["", "a", "b", "zz"],
    "bool": [True, False],
}  # fmt: skip
ORDERINGS = ["==", "!=", "<", "<=", ">", ">="]


class RequestMaker:
    def __init__(self, random: random_module.Random, dataset: Dataset) -> None:
        self.random, self.dataset = random, dataset
        self.indexes = all_indexes(dataset)
        self.segment_ids = sorted({layer.segment for layer in dataset})
        self.times = {name: self.logged_times(name) for name in self.indexes}
        self.kinds: dict[str, Any] = {}

    def logged_times(self, index: str) -> list[int]:
        chunks = [chunk for layer in self.dataset for chunk in layer.chunks if index in chunk.timelines]
        return sorted({row.times[index] for chunk in chunks for row in chunk.rows})

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    # ------------------------------------------------------------------------------------------------------------------ contents

    def rule(self) -> str:
        """A rule in one of the spellings of query.md §3."""
        logged = [chunk.entity for layer in self.dataset for chunk in layer.chunks]
        entity = self.random.choice(logged if self.chance(0.7) else ENTITIES)
        entity = self.random.choice([entity, entity, entity.rsplit("/", 1)[0] or "/"])
        spelling = self.random.random()
        if spelling < 0.45:
            entity = entity.rstrip("/") + "/**"
        elif spelling < 0.55:
            entity += "/"
        elif spelling < 0.6:
            entity = "/" + entity.replace("/", "//")
        elif spelling < 0.65:
            entity = self.random.choice(["/a/*", "/*", "/a:x", "$origin/**", "", "/d/*/e", "/__properties/**", "/__properties"])
        if self.chance(0.1) and len(entity) > 1 and entity[1] not in "-+":
            entity = entity.lstrip("/") or "/"
        # Not a sign alone: what a sign before a sign means is open.
        return self.random.choice(["", "", "", "", "+", "+ ", "-", "- "]) + entity if entity else entity

    def content_filter(self) -> list[str]:
        kind = self.random.random()
        if kind < 0.05:
            return []
        rules = [self.rule() for _ in range(self.random.choice([1, 2, 3, 4]))]
        if kind < 0.45:
            rules.insert(0, "/**")
        if kind > 0.9:
            rules.append("/__properties/**")
        if self.chance(0.1):
            rules = [self.random.choice([" ", "\n", "  "]).join(rules)]
        return rules + (["-"] if self.chance(0.01) else [])

    # ----------------------------------------------------------------------------------------------------------------- predicates

    def index_value(self, index: str) -> int:
        """Logged, beside it, or far away."""
        if not self.times[index] or self.chance(0.03):
            return self.random.choice([0, INT64_MAX, -INT64_MAX, 10**15])
        value = self.random.choice(self.times[index]) + self.random.choice([0, 0, 0, 1, -1])
        return max(-INT64_MAX, min(INT64_MAX, value))

    def index_literal(self, index: str) -> Expression:
        kind = {"sequence": "lit", "timestamp": "np_dt", "duration": "dur"}[self.indexes[index]]
        return [kind, self.index_value(index)]

    def column_atom(self, name: str, draw_literal: Any) -> Expression:
        column, kind = ["col", name], self.random.random()
        if kind < 0.5:
            comparison = [self.random.choice(ORDERINGS), column, draw_literal()]
            return comparison if self.chance(0.9) else [comparison[0], comparison[2], comparison[1]]
        if kind < 0.65:  # BETWEEN, also with lo > hi
            return ["and", [">=", column, draw_literal()], ["<=", column, draw_literal()]]
        if kind < 0.85:
            return ["in", column, [draw_literal() for _ in range(self.random.randint(1, 5))]]
        return [self.random.choice(["is_null", "is_not_null"]), column]

    def cell_atom(self, name: str, datatype: str) -> Expression:
        if datatype not in COMPARABLE or self.chance(0.4):
            return [self.random.choice(["is_null", "is_not_null"]), ["col", name]]
        item = ["item", ["col", name], self.random.choice([0, 0, 0, 1, 2])]
        draw = lambda: ["lit", self.random.choice(COMPARABLE[datatype])]
        if datatype == "bool":
            return [self.random.choice(["==", "!="]), item, draw()]
        if self.chance(0.15):
            return ["in", item, [draw() for _ in range(self.random.randint(1, 3))]]
        return [self.random.choice(["is_null", "is_not_null"]), item] if self.chance(0.1) else [self.random.choice(ORDERINGS), item, draw()]

    def atom(self, index: str | None) -> Expression:
        name = self.random.choice(list(self.kinds))
        if index is not None and self.chance(0.35):
            name = index
        if name == SEGMENT_ID:
            return self.column_atom(name, lambda: ["lit", self.random.choice([*self.segment_ids, *SEGMENTS])])
        if name in self.indexes:
            return self.column_atom(name, lambda: self.index_literal(name))
        return self.cell_atom(name, self.kinds[name])

    def predicate(self, index: str | None, depth: int = 0) -> Expression:
        kind = self.random.random()
        if depth == 3 or kind < 0.45:
            return self.atom(index)
        if kind < 0.6:
            return ["not", self.predicate(index, depth + 1)]
        return [self.random.choice(["and", "or"]), self.predicate(index, depth + 1), self.predicate(index, depth + 1)]

    # ------------------------------------------------------------------------------------------------------------------ the whole

    def index_values(self, index: str) -> Any:
        draw = lambda: [self.index_value(index) for _ in range(self.random.randint(0, 5))]
        if self.chance(0.5):
            return draw()
        segments = [*self.segment_ids, "zzz"]
        return {segment: draw() for segment in self.random.sample(segments, self.random.randint(0, len(segments)))}

    def request(self) -> Request:
        request = Request(index=self.random.choice(list(self.indexes)) if self.indexes and self.chance(0.88) else None)
        if self.chance(0.2):
            candidates = [*self.segment_ids, *self.segment_ids, "zzz"]
            request.segments = self.random.choices(candidates, k=self.random.randint(0, 3))
        if self.chance(0.4):
            request.contents = [self.content_filter() for _ in range(self.random.choice([1, 1, 1, 2]))]
        request.fill_latest_at = self.chance(0.35)
        request.include_tombstone_columns = self.chance(0.2)
        request.include_semantically_empty_columns = self.chance(0.2)
        if request.index is not None and self.chance(0.25):
            request.index_values = self.index_values(request.index)
        elif request.index is None and self.chance(0.15):
            request.index_values = {segment: [0] for segment in self.random.sample(self.segment_ids, 1)}
        components = {column.name: column.datatype for column in visible_columns(self.dataset, request)}
        self.kinds = {SEGMENT_ID: "utf8", **self.indexes, **components}
        if request.index is not None and self.chance(0.2):  # a range alone: it becomes the window of the query
            request.filter = self.column_atom(request.index, lambda: self.index_literal(str(request.index)))
        elif self.chance(0.5):
            request.filter = self.predicate(request.index)
        if self.chance(0.35):
            names = list(self.kinds)
            request.columns = self.random.sample(names, self.random.randint(1, len(names)))
        if self.chance(0.2):
            request.limit = self.random.choice([0, 1, 2, 3, 5, 100])
        return request


def make_request(random: random_module.Random, dataset: Dataset) -> Request:
    return RequestMaker(random, dataset).request()
