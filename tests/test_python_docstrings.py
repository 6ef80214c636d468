"""The examples in the docstrings of the Python package, run against a small recording."""

import doctest
import importlib
import inspect
import pkgutil

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

import mutoscope
from support import sdk
from support.paths import SCRIPTS

MODULES = ["mutoscope"] + [name for _, name, _ in pkgutil.walk_packages(mutoscope.__path__, "mutoscope.") if "_engine" not in name]
FINDER = doctest.DocTestFinder(exclude_empty=True)
WITH_EXAMPLES = [name for name in MODULES if any(test.examples for test in FINDER.find(importlib.import_module(name)))]


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    path = tmp_path_factory.mktemp("sample_recording") / "sample.rrd"
    sdk.run("0.41.0", SCRIPTS / "make_sample_recording.py", path)
    sdk.run("0.41.0", SCRIPTS / "make_blueprint.py", path.with_suffix(".rbl"))
    return path


@pytest.fixture
def names(sample, tmp_path):
    """What the docstrings take for granted."""
    with mutoscope.server.Server(datasets={"sample": [sample]}) as server:
        client = server.client()
        yield {
            "mutoscope": mutoscope, "np": np, "pa": pa, "pc": pc, "server": server, "client": client, "dataset": client.get_dataset("sample"),
            "recording": sample, "blueprint": sample.with_suffix(".rbl"), "tmp": tmp_path,
        }


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_examples(name, names):
    module = importlib.import_module(name)
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    for test in FINDER.find(module, globs={**vars(module), **names}):
        runner.run(test)
    assert runner.summarize(verbose=False) == (0, runner.tries) and runner.tries > 0


def test_the_classes_that_users_meet_have_examples():
    assert {"mutoscope", "mutoscope.server", "mutoscope.catalog._queries", "mutoscope.catalog._dataset"} <= set(WITH_EXAMPLES)


def test_everything_public_has_a_docstring():
    for name in ("catalog", "server", "datatypes", "encodings"):
        module = importlib.import_module(f"mutoscope.{name}")
        for symbol in module.__all__:
            value = getattr(module, symbol)
            if inspect.isclass(value):
                assert inspect.getdoc(value), f"{name}.{symbol}"
