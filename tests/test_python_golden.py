"""All golden queries through the Python package, with the catalog in this process and on a server: the recorded answers, or those that
the rules decide otherwise (tests/golden/native.json), in the defined order."""

import importlib.util

import pytest

import mutoscope as rr
from support import golden
from support.paths import TESTS


def load_runner():
    spec = importlib.util.spec_from_file_location("run_cases", TESTS / "golden" / "run_cases.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Runner


@pytest.fixture(scope="module", params=["embedded", "remote"])
def answers(request, golden_recordings):
    with rr.server.Server() as server:
        client = server.client() if request.param == "embedded" else rr.catalog.CatalogClient(server.url())
        runner = load_runner()(client, golden_recordings, request.param)
        return {name: runner.run(case) for name, case in golden.CASES.items()}


@pytest.mark.parametrize("name", golden.CASES)
def test_golden_case(answers, name):
    assert golden.native_difference(name, answers[name]) is None


def test_every_decided_answer_differs_from_the_recorded_one():
    assert set(golden.NATIVE) <= set(golden.CASES)
    for name in golden.NATIVE:
        assert golden.difference(name, golden.in_native_order(golden.CASES[name], golden.recorded(name, "0.41.0")), golden.native_answer(name))
