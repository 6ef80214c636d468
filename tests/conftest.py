"""Fixtures of the end-to-end tests: real server processes, real SDK processes, nothing shared but what a fixture says."""

import pathlib
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from support import golden, sdk, servers  # noqa: E402
from support.paths import PROGRAM, ROOT, SCRIPTS, SDK_VERSIONS  # noqa: E402


@pytest.fixture(params=SDK_VERSIONS, ids=["sdk36", "sdk41"], scope="session")
def version(request):
    """Each stock client in turn."""
    return request.param


@pytest.fixture(scope="session")
def program():
    assert PROGRAM.is_file(), f"{PROGRAM} is missing: run make setup (or set MUTOSCOPE_PROGRAM)"
    return PROGRAM


@pytest.fixture(scope="session")
def golden_recordings(tmp_path_factory):
    """The directory of the golden RRD files."""
    directory = tmp_path_factory.mktemp("golden_recordings")
    golden.make_recordings(directory)
    return directory


@pytest.fixture(scope="session")
def robot_recordings(tmp_path_factory):
    """50 small recordings robot_000 … robot_049 as a robot would write them."""
    directory = tmp_path_factory.mktemp("robot_recordings")
    sdk.run("0.41.0", SCRIPTS / "make_robots.py", directory, "--recordings", 50)
    return directory


@pytest.fixture(scope="session")
def corpus(tmp_path_factory, version):
    """One recording of everything that an SDK version can write; cut_… are damaged."""
    directory = tmp_path_factory.mktemp("corpus")
    sdk.run(version, ROOT / "tests/make_recordings.py", directory)
    return directory


@pytest.fixture(scope="session")
def video_sample(tmp_path_factory):
    """The recording of the examples, in a directory of its own."""
    path = tmp_path_factory.mktemp("sample") / "video_sample.rrd"
    sdk.run("0.41.0", ROOT / "examples/make_sample.py", path)
    return path


@pytest.fixture
def serve(program, tmp_path):
    """serve(*arguments, data=…) starts a server that is stopped after the test; the data directory is kept between calls."""
    started = []

    def start(*arguments, data=tmp_path / "data", **options):
        server = servers.Mutoscope(data, *arguments, log=tmp_path / "server.log", **options)
        started.append(server)
        return server

    yield start
    for server in started:
        if server.running():
            server.stop()


@pytest.fixture
def mutoscope(program):
    """mutoscope("dataset", "list", …) runs the command line to its end."""
    def run(*arguments, timeout_s=60.0, **options):
        return subprocess.run([str(program), *map(str, arguments)], capture_output=True, text=True, timeout=timeout_s, **options)

    return run
