"""The engine, a slow model of the query rules, and (where it is right) the stock client give the same answers to random queries.

A failure prints the recordings, the request and what differs; `python -m tests.model.replay SEED QUERY --minimise` makes it smaller.
MUTOSCOPE_MODEL_SEED moves the seeds, for runs that look for new cases.
"""

from __future__ import annotations

import collections
import concurrent.futures
import multiprocessing
import os
import pathlib
import random
from typing import Any

import hypothesis
import pytest

from model import stock
from model.cases import dataset_of, described, request_of
from model.check import Minimiser, Outcome, check_seeds
from model.data import CLEAR, Dataset, Request
from model.engine import Engine
from model.recordings import STOCK_SHAPES, make_dataset
from model.requests import make_request
from model.rules import answer
from model.writer import SdkWriter
from support import sdk  # noqa: F401  (the model's processes import it)
from support.servers import StockServer

FIRST_SEED = int(os.environ.get("MUTOSCOPE_MODEL_SEED", "0"))
DATASETS, QUERIES_EACH = 320, 64
QUERIES_MIN, REMOTE_MIN, STOCK_MIN = 20_000, 2_000, 300
WORKERS = 2
REQUESTS_BESIDE = 20
STOCK_DATASETS, STOCK_QUERIES_EACH = 45, 60


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """All random queries, on all cores: each worker has its own server and its own SDK process."""
    work, each = tmp_path_factory.mktemp("model"), DATASETS // (2 * WORKERS)
    with concurrent.futures.ProcessPoolExecutor(WORKERS, multiprocessing.get_context("spawn")) as pool:
        jobs = [pool.submit(check_seeds, FIRST_SEED + part * each, each, QUERIES_EACH, work / str(part)) for part in range(2 * WORKERS)]
        return sum((job.result() for job in jobs), Outcome())


def test_engine_answers_as_the_model(outcome: Outcome) -> None:
    assert not outcome.failures, f"{len(outcome.failures)} or more differences\n\n" + "\n\n".join(outcome.failures[:3])


def test_enough_queries_with_rows(outcome: Outcome) -> None:
    assert outcome.queries >= QUERIES_MIN
    assert outcome.remote_queries >= REMOTE_MIN
    assert outcome.subset_queries >= QUERIES_MIN / 4
    assert outcome.with_rows >= 0.45 * outcome.queries
    assert outcome.cells >= 5_000 and outcome.cells_with_value >= outcome.cells / 8


@pytest.fixture(scope="module")
def minimiser(tmp_path_factory: pytest.TempPathFactory) -> Any:
    work = tmp_path_factory.mktemp("hypothesis")
    with SdkWriter(work) as writer, Engine(work / "data") as engine:
        yield Minimiser(writer, engine, "embedded")


@hypothesis.settings(max_examples=100, deadline=None, derandomize=True, database=None, suppress_health_check=list(hypothesis.HealthCheck))
@hypothesis.given(source=hypothesis.strategies.randoms(use_true_random=False))
def test_hypothesis_finds_no_difference(minimiser: Minimiser, source: random.Random) -> None:
    """Hypothesis draws the recordings and a request (it shrinks what fails); its small draws need others beside them to have rows."""
    dataset = make_dataset(source)
    requests = [make_request(source, dataset), *(make_request(random.Random(number), dataset) for number in range(REQUESTS_BESIDE))]
    for request, text in zip(requests, minimiser.failures(dataset, requests)):
        assert text is None, f"{described(dataset, request)}\n{text}"


def features(dataset: Dataset, request: Request) -> set[str]:
    """What a case exercises, as far as its answer has rows."""
    whole = answer(dataset, request)
    if not whole.rows:
        return set()
    chunks = [chunk for layer in dataset for chunk in layer.chunks]
    has_clear = any(column.component == CLEAR for chunk in chunks for column in chunk.columns)
    return {name for name, present in {
        "no index": request.index is None,
        "fill": request.fill_latest_at,
        "plain index values": isinstance(request.index_values, list),
        "index values by segment": isinstance(request.index_values, dict),
        "limit": request.limit is not None,
        "columns": request.columns is not None,
        "predicate": request.filter is not None,
        "contents": bool(request.contents),
        "segments": request.segments is not None,
        "Clear": has_clear,
        "fill and Clear": has_clear and request.fill_latest_at,
        "layers": len(dataset) > len({layer.segment for layer in dataset}),
        "properties": any(name.startswith("property:") for name, _ in whole.columns),
        "large blobs": any(isinstance(item, bytes) and len(item) >= 4096 for row in whole.rows for cell in row if isinstance(cell, list) for item in cell),
        "empty cells": any(cell == [] for row in whole.rows for cell in row),
        "unsorted row ids": any([row.row_id for row in chunk.rows] != sorted(row.row_id for row in chunk.rows) for chunk in chunks),
    }.items() if present}  # fmt: skip


def test_the_random_cases_cover_the_rules() -> None:
    """A sample of the seeds has each feature at least 10 times in an answer with rows."""
    found: collections.Counter[str] = collections.Counter()
    for seed in range(60):
        dataset = dataset_of(seed)
        for number in range(20):
            found.update(features(dataset, request_of(seed, number, dataset)))
    assert len(found) == 16 and min(found.values()) >= 10, found


def test_stock_client_agrees_where_it_is_right(tmp_path: pathlib.Path) -> None:
    datasets = [dataset_of(FIRST_SEED + seed, STOCK_SHAPES[seed % len(STOCK_SHAPES)]) for seed in range(STOCK_DATASETS)]
    with SdkWriter(tmp_path) as writer:
        files = writer.write(datasets, [f"stock_{seed}" for seed in range(STOCK_DATASETS)])
    compared, with_rows = 0, 0
    with StockServer("0.41.0") as server, stock.StockClient(server.url, tmp_path) as client:
        for seed, dataset in enumerate(datasets):
            requests = [stock.request_for_stock(request_of(FIRST_SEED + seed, number, dataset)) for number in range(STOCK_QUERIES_EACH)]
            requests = [request for request in requests if stock.why_wrong(dataset, request) is None]
            for request, found in zip(requests, client.answers(files[seed], requests)):
                expected = stock.expected_of_stock(answer(dataset, request), request.index)
                arranged = found if isinstance(found, str) else stock.comparable(*found, request.index)
                assert arranged == expected, f"stock dataset {seed}\n{described(dataset, request)}\nmodel {expected}\nstock {arranged}"
                compared, with_rows = compared + 1, with_rows + bool(expected[1])
    assert compared >= STOCK_MIN and with_rows >= compared / 2, f"{compared} compared, {with_rows} with rows"
