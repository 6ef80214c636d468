"""The package works with DataFusion 54 (the one of the stock SDK's environment) as with 55 (ours)."""

import importlib.metadata
import os
import pathlib
import subprocess
import sys

import pytest

import mutoscope as rr
from support import sdk
from support.paths import SCRIPTS, SDK_PYTHON


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    directory = tmp_path_factory.mktemp("robots")
    sdk.run("0.41.0", SCRIPTS / "make_robots.py", directory, "--recordings", 6)
    with rr.server.Server(datasets={"robots": directory}) as server:
        yield server


def answers(python, url, **environment):
    done = subprocess.run(
        [python, SCRIPTS / "datafusion_answers.py", url, "robots"], env={**sdk.ENVIRONMENT, **environment}, capture_output=True, text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


def test_ours(server):
    assert answers(sys.executable, server.url()).split(".")[0] == importlib.metadata.version("datafusion").split(".")[0]


def test_54(server, tmp_path):
    """With our package, and nothing else of our environment, beside the other one's."""
    program = "import pyarrow; print(pyarrow.__path__[0])"
    pyarrow = subprocess.run([SDK_PYTHON["0.41.0"], "-c", program], capture_output=True, text=True, check=True).stdout.strip()
    metadata = importlib.metadata.distribution("mutoscope").locate_file(f"mutoscope-{rr.__version__}.dist-info")
    for path in map(pathlib.Path, (pathlib.Path(rr.__file__).parent, pyarrow, str(metadata))):
        os.symlink(path, tmp_path / path.name)
    assert answers(SDK_PYTHON["0.41.0"], server.url(), PYTHONPATH=str(tmp_path)).startswith("54.")
