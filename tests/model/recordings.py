"""Random recordings: small, and full of what the rules are about (layers, static, Clear, duplicates, nulls, empties, several timelines)."""

from __future__ import annotations

import dataclasses
import random as random_module

from .data import CLEAR, Cell, Chunk, Column, Dataset, Layer, Row

# Names that stress the order of columns (A18), a tree, and the root.
ENTITIES = ["/", "/a", "/A", "/a/b", "/a/b/c", "/A/z", "/ab", "/n2", "/n10", "/n10/x2", "/_x", "/Z", "/1", "/raw\\ data", "/-dash", "/ö"]
CLEARED_TREE = ["/", "/a", "/a/b"]
PROPERTIES = ["/__properties", "/__properties/x", "/__properties/episode"]
COMPONENTS = [
    ("x", None, "f64"), ("y", None, "i64"), ("B", None, "utf8"), ("flag", None, "bool"), ("s", None, "struct"), ("byte", None, "u8"),
    ("raw", None, "blob"), ("Scalars:scalars", "rerun.archetypes.Scalars", "f64"), ("EncodedImage:blob", "rerun.archetypes.EncodedImage", "blob"),
    ("Points3D:positions", "rerun.archetypes.Points3D", "vec3"), ("TextLog:text", "rerun.archetypes.TextLog", "utf8"),
]  # fmt: skip
TIMELINES = [("frame", "sequence"), ("log_time", "timestamp"), ("dur", "duration"), ("Tick", "sequence")]
SEGMENTS = ["seg1", "seg2", "seg10", "A", "a", "ü"]
CLEAR_FLAGS: list[Cell] = [[False], [True], [False], [True], None, [], [False, True], [True, False]]
INT64_MAX = 2**63 - 1
TIME_BASE = 1_700_000_000_000_000_000
LARGE_BLOB_BYTES = (4096, 20_000)  # the engine treats blobs from 4096 bytes on specially


@dataclasses.dataclass
class Shape:
    """What a recording may hold. The stock client is wrong about some of it (rulings.md "Stock bugs")."""

    rows_max: int = 6
    unsorted_row_ids: bool = True
    all_null: bool = True
    several_flags: bool = True  # in a Clear cell: the stock client aborts
    static_nulls: bool = True
    large_blobs: bool = True
    extremes: bool = True
    clears: bool = True
    empties: bool = True


# Three kinds of datasets of which the stock client says something sound.
_STOCK = Shape(3, unsorted_row_ids=False, all_null=False, several_flags=False, static_nulls=False, large_blobs=False, clears=False, empties=False)
STOCK_SHAPES = [_STOCK, dataclasses.replace(_STOCK, clears=True), dataclasses.replace(_STOCK, empties=True)]


class DatasetMaker:
    """One random dataset. Everything is drawn from `random`, so a seed (or hypothesis) decides all of it."""

    def __init__(self, random: random_module.Random, shape: Shape) -> None:
        self.random, self.shape = random, shape
        self.timelines = dict(random.sample(TIMELINES, random.choice([1, 1, 2, 2, 3])))
        self.times = {name: self.index_pool(kind) for name, kind in self.timelines.items()}
        self.is_about_clears = shape.clears and self.chance(0.2)  # then Clears follow each other in many small chunks of a small tree
        self.entities = CLEARED_TREE if self.is_about_clears else random.sample(ENTITIES, random.randint(2, 6))
        if self.chance(0.6):  # one ancestor more: recursive Clears and subtrees need them
            self.entities = [*self.entities, random.choice(["/", "/a", "/A"])]
        self.entities = list(dict.fromkeys(self.entities))
        self.columns = {entity: self.entity_columns(entity) for entity in self.entities + PROPERTIES}
        self.row_ids = list(range(1, 2001))
        random_module.Random(random.getrandbits(32)).shuffle(self.row_ids)  # in one draw: hypothesis pays for each

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def index_pool(self, kind: str) -> list[int]:
        """Few values, so that times collide in and across chunks."""
        base, step = (TIME_BASE, 1000) if kind == "timestamp" and self.chance(0.7) else (0, 1)
        pool = [base + step * offset for offset in self.random.sample(range(-4, 9), self.random.randint(3, 9))]
        if self.shape.extremes and self.chance(0.15):
            pool += self.random.choice([[-INT64_MAX], [INT64_MAX], [-INT64_MAX, INT64_MAX]])
        return pool

    def entity_columns(self, entity: str) -> list[Column]:
        chosen = self.random.sample(COMPONENTS, self.random.choice([1, 2, 2, 3]))
        return [Column(entity, component, datatype, archetype) for component, archetype, datatype in chosen]

    def instance(self, datatype: str):
        random = self.random
        if datatype == "f64":
            return random.choice([0.0, 1.0, 1.5, 2.0, -3.25, 1e300])
        if datatype == "i64":
            return random.choice([0, 1, 2, -7, 2**40, INT64_MAX, -INT64_MAX - 1])
        if datatype == "u8":
            return random.choice([0, 1, 2, 255])
        if datatype == "bool":
            return random.choice([True, False])
        if datatype == "utf8":
            return random.choice(["", "a", "b", "Ä", "longer than that"])
        if datatype == "vec3":
            return [float(random.randint(-2, 2)) for _ in range(3)]
        if datatype == "struct":
            return {"width": random.randint(0, 3), "name": random.choice([None, "", "n"])}
        return self.blob()

    def blob(self) -> bytes:
        if self.shape.large_blobs and self.chance(0.12):
            size = self.random.randint(*LARGE_BLOB_BYTES)
            content = random_module.Random(self.random.getrandbits(32))
            return content.randbytes(size) if self.chance(0.6) else content.randbytes(16) * (size // 16)
        return bytes(self.random.choices(range(256), k=self.random.choice([0, 1, 3, 8])))

    def cell(self, datatype: str, null: float, empty: float) -> Cell:
        drawn = self.random.random()
        if drawn < null:
            return None
        if drawn < null + empty:
            return []
        instances = [self.instance(datatype) for _ in range(self.random.choice([1, 1, 1, 2, 3]))]
        if datatype in ("f64", "i64", "utf8") and self.chance(0.05):
            instances[self.random.randrange(len(instances))] = None
        return instances

    def cells(self, column: Column, count: int, is_static: bool) -> list[Cell]:
        """A column of a chunk: now and then all null or all empty."""
        if column.component == CLEAR:
            flags = CLEAR_FLAGS if self.shape.several_flags else CLEAR_FLAGS[:6]
            return [self.random.choice(flags) for _ in range(count)]
        may_be_null = self.shape.static_nulls if is_static else True
        if may_be_null and self.shape.all_null and self.chance(0.07):
            return [None] * count
        if self.shape.all_null and self.chance(0.05):
            return [[]] * count
        null, empty = (0.2 if self.shape.all_null else 0.08) * may_be_null, (0.12 if self.shape.empties else 0.0)
        return [self.cell(column.datatype, null, empty) for _ in range(count)]

    def chunk(self, entity: str, timelines: dict[str, str], columns: list[Column]) -> Chunk:
        count = self.random.randint(1, 2 if not timelines or self.is_about_clears else self.shape.rows_max)
        row_ids = [self.row_ids.pop() for _ in range(count)]
        if not (self.shape.unsorted_row_ids and self.chance(0.1)):
            row_ids.sort()
        cells = {column.component: self.cells(column, count, not timelines) for column in columns}
        times = {name: [self.random.choice(self.times[name]) for _ in range(count)] for name in timelines}
        if self.chance(0.5):
            times = {name: sorted(values) for name, values in times.items()}
        rows = [
            Row(row_id, {name: values[i] for name, values in times.items()}, {name: values[i] for name, values in cells.items()})
            for i, row_id in enumerate(row_ids)
        ]
        if not self.shape.all_null:
            rows = [row for row in rows if any(cell is not None for cell in row.cells.values())] or rows[:0]
        return Chunk(entity, timelines, columns, rows)

    def some(self, items: list) -> list:
        """A non-empty part, mostly all."""
        return items if self.chance(0.6) else self.random.sample(items, self.random.randint(1, len(items)))

    def some_timelines(self) -> dict[str, str]:
        return {name: self.timelines[name] for name in self.some(list(self.timelines))}

    def random_chunk(self) -> Chunk:
        entity = self.random.choice(self.entities)
        if self.is_about_clears and self.chance(0.5):
            return self.clear_chunk(entity)
        kind = self.random.random() * (1.0 if self.shape.clears else 0.84)
        if kind < 0.62:
            return self.chunk(entity, self.some_timelines(), self.some(self.columns[entity]))
        if kind < 0.76:
            return self.chunk(entity, {}, self.some(self.columns[entity]))
        if kind < 0.84:
            entity = self.random.choice(PROPERTIES)
            return self.chunk(entity, {}, self.some(self.columns[entity]))
        return self.clear_chunk(entity)

    def clear_chunk(self, entity: str) -> Chunk:
        columns = [Column(entity, CLEAR, "bool", "rerun.archetypes.Clear")]
        if self.chance(0.2):  # a value in the very row of a Clear
            columns += self.random.sample(self.columns[entity], 1)
        return self.chunk(entity, {} if self.chance(0.06) else self.some_timelines(), columns)

    def layer(self, segment: str, name: str) -> Layer:
        chunks = [self.random_chunk() for _ in range(self.random.randint(1, 7))]
        return Layer(segment, name, [chunk for chunk in chunks if chunk.rows], self.chance(0.2))

    def dataset(self) -> Dataset:
        layers = [
            self.layer(segment, name)
            for segment in self.random.sample(SEGMENTS, self.random.choice([1, 2, 2, 3, 4]))
            for name in ["base", "extra", "more"][: self.random.choice([1, 1, 2, 3])]
        ]
        return [layer for layer in layers if layer.chunks]


def make_dataset(random: random_module.Random, shape: Shape = Shape()) -> Dataset:
    """A dataset of at least one layer."""
    while True:
        dataset = DatasetMaker(random, shape).dataset()
        if dataset:
            return dataset
