"""Random queries through the engine, judged by the model: what the test and `replay` run."""

from __future__ import annotations

import dataclasses
import pathlib
import random
from typing import Any, Iterator


from .arrow_values import cell_array
from .cases import cell_of, dataset_of, described, difference, minimised, request_of
from .data import Answer, Dataset, Request
from .engine import Engine, query
from .rules import answer, single_cell
from .writer import SdkWriter

BATCH = 20  # datasets written and registered together
REMOTE_EVERY = 8  # every 8th query goes over a socket too
SUBSETS_EVERY = 16  # of every 16th query, column subsets are asked for
CELLS_EACH = 16  # single cells for each dataset
FAILURES_MAX = 10


@dataclasses.dataclass
class Outcome:
    queries: int = 0
    remote_queries: int = 0
    subset_queries: int = 0
    cells: int = 0
    cells_with_value: int = 0
    with_rows: int = 0
    failures: list[str] = dataclasses.field(default_factory=list)

    def __add__(self, other: "Outcome") -> "Outcome":
        return Outcome(*(getattr(self, field.name) + getattr(other, field.name) for field in dataclasses.fields(Outcome)))


def failure(dataset: Any, request: Request, expected: Answer) -> str | None:
    """How the engine's answer differs from the model's."""
    try:
        return difference(expected, query(dataset, request))
    except Exception as error:  # no request of the generator is wrong: an error is a wrong answer
        return f"{type(error).__name__}: {error}"


def subset_failure(dataset: Any, request: Request, seed: int) -> tuple[int, str | None]:
    """Every subset of the columns gives the same rows (design.md §4): some random ones and each column alone."""
    whole = query(dataset, dataclasses.replace(request, columns=None))
    chosen = random.Random(seed)
    subsets = [[name] for name in whole.column_names]
    subsets += [chosen.sample(whole.column_names, chosen.randint(1, whole.num_columns)) for _ in range(4)]
    for columns in subsets:
        found = query(dataset, dataclasses.replace(request, columns=columns))
        if found.num_rows != whole.num_rows or not found.equals(whole.select(columns)):
            text = f"columns {columns}: {found.num_rows} rows instead of {whole.num_rows}, or other cells"
            return len(subsets), f"{text}\n{found}\n{whole.select(columns)}"
    return len(subsets), None


def check_cells(seed: int, dataset: Dataset, handles: dict[str, Any], outcome: Outcome) -> None:
    """The direct call for one cell, through both doors."""
    cases = [case for number in range(CELLS_EACH) if (case := cell_of(seed, number, dataset)) is not None]
    for case in cases:
        cell = single_cell(dataset, case.column, case.index, case.at, case.segment, case.latest)
        expected = cell_array([cell], case.column.datatype)
        outcome.cells += len(handles)
        outcome.cells_with_value += cell is not None
        for door, handle in handles.items():
            try:
                found = handle.cell(case.column.name, index=case.index, at=case.at, segment_id=case.segment, latest=case.latest)
                text = None if found.equals(expected) else f"expected {expected}, found {found}"
            except Exception as error:  # as for queries
                text = f"{type(error).__name__}: {error}"
            if text is not None and len(outcome.failures) < FAILURES_MAX:
                outcome.failures.append(f"seed {seed}, {door}, {case}\n{described(dataset, Request(index=case.index))}\n{text}")


def batches(first: int, count: int) -> Iterator[list[int]]:
    for start in range(first, first + count, BATCH):
        yield list(range(start, min(start + BATCH, first + count)))


def check_seeds(first: int, count: int, requests: int, work: pathlib.Path) -> Outcome:
    """`requests` queries for each of the seeds first … first + count - 1."""
    outcome = Outcome()
    work.mkdir(parents=True)
    with SdkWriter(work) as writer, Engine(work / "data") as engine:
        for seeds in batches(first, count):
            datasets = [dataset_of(seed) for seed in seeds]
            for seed, dataset, files in zip(seeds, datasets, writer.write(datasets, [f"seed_{seed}" for seed in seeds])):
                handles = engine.register(f"seed {seed}", files)
                check_dataset(seed, dataset, handles, requests, outcome)
                check_cells(seed, dataset, handles, outcome)
    return outcome


def check_dataset(seed: int, dataset: Dataset, handles: dict[str, Any], requests: int, outcome: Outcome) -> None:
    for number in range(requests):
        request = request_of(seed, number, dataset)
        expected = answer(dataset, request)
        doors = ["embedded", "remote"] if number % REMOTE_EVERY == REMOTE_EVERY - 1 else ["embedded"]
        found = {door: failure(handles[door], request, expected) for door in doors}
        if number % SUBSETS_EVERY == 1 and found["embedded"] is None:
            asked, found["column subsets"] = subset_failure(handles["embedded"], request, seed)
            outcome.subset_queries += asked
        outcome.queries += 1
        outcome.remote_queries += "remote" in doors
        outcome.with_rows += bool(expected.rows)
        for door, text in found.items():
            if text is not None and len(outcome.failures) < FAILURES_MAX:
                outcome.failures.append(report(seed, number, door, dataset, request, text))


def report(seed: int, number: int, door: str, dataset: Dataset, request: Request, text: str) -> str:
    replay = f"python -m tests.model.replay {seed} {number} --minimise"
    return f"seed {seed}, query {number}, {door} ({replay})\n{described(dataset, request)}\n{text}"


class Minimiser:
    """Makes a failing case smaller: writes and registers every attempt."""

    def __init__(self, writer: SdkWriter, engine: Engine, door: str) -> None:
        self.writer, self.engine, self.door, self.attempts = writer, engine, door, 0

    def failures(self, dataset: Dataset, requests: list[Request]) -> list[str | None]:
        """How each answer differs from the model's."""
        self.attempts += 1
        (files,) = self.writer.write([dataset], [f"attempt_{self.attempts}"])
        handles = self.engine.register(f"attempt {self.attempts}", files)
        return [failure(handles[self.door], request, answer(dataset, request)) for request in requests]

    def failure(self, dataset: Dataset, request: Request) -> str | None:
        return self.failures(dataset, [request])[0]

    def minimised(self, dataset: Dataset, request: Request) -> tuple[Dataset, Request]:
        return minimised(dataset, request, lambda smaller, asked: self.failure(smaller, asked) is not None)


