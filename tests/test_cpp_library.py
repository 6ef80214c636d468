"""The C++ library: find_package(mutoscope) after `cmake --install` and from the installed wheel; the examples are built and run."""

import os
import pathlib
import re
import subprocess
import sys

import pyarrow
import pytest

import mutoscope
from support import sdk
from support.paths import ROOT, SCRIPTS

BUILD = pathlib.Path(os.environ.get("MUTOSCOPE_BUILD", ROOT / "build/release"))
EXAMPLES = ROOT / "examples/cpp"
BLOB = "/camera:EncodedImage:blob"


def cmake(*arguments):
    done = subprocess.run(["cmake", *map(str, arguments)], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, f"cmake {arguments}\n{done.stdout[-3000:]}\n{done.stderr[-6000:]}"
    return done.stdout


def configure(build, prefix, *arguments):
    return cmake("-S", EXAMPLES, "-B", build, f"-DCMAKE_PREFIX_PATH={prefix}", "-DCMAKE_CXX_FLAGS=-Wall -Wextra -Werror", *arguments)


def run(program, *arguments):
    return subprocess.run([str(program), *map(str, arguments)], capture_output=True, text=True, timeout=60)


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    path = tmp_path_factory.mktemp("cpp_sample") / "sample.rrd"
    sdk.run("0.41.0", SCRIPTS / "make_sample_recording.py", path)
    return path


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    path = tmp_path_factory.mktemp("prefix")
    cmake("--install", BUILD, "--component", "cpp", "--prefix", path)
    return path


@pytest.fixture(scope="module")
def examples(prefix, tmp_path_factory):
    """The directory of the built examples."""
    build = tmp_path_factory.mktemp("cpp_examples")
    configure(build, prefix, f"-DPython_EXECUTABLE={sys.executable}")
    cmake("--build", build, "--parallel", 2)
    return build


def check_embedded(program, sample, directory):
    done = run(program, directory, "frame", BLOB, sample)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    columns = [line.removeprefix("column ") for line in lines if line.startswith("column ")]
    assert columns[:2] == ["rerun.controls.RowId", "frame"]
    assert {BLOB, "/motor:Scalars:scalars", "/camera/depth:DepthImage:meter"} <= set(columns)
    assert lines[len(columns) :] == ["4 rows of frame", f"{BLOB} at 3: 1 x list<item: uint8 not null>"]


def test_what_is_installed(prefix):
    files = {str(path.relative_to(prefix)) for path in prefix.rglob("*") if not path.is_dir()}
    headers = {f"include/mutoscope/{path.name}" for path in (ROOT / "include/mutoscope").iterdir()}
    config = {f"lib/cmake/mutoscope/{name}.cmake" for name in ("Arrow", "mutoscopeConfig", "mutoscopeConfigVersion")}
    assert files == headers | config | {"lib/libmutoscope.so", "lib/libmutoscope.so.0"}


def test_the_library_shows_the_public_interface_only(prefix):
    done = subprocess.run(
        ["nm", "--dynamic", "--defined-only", "--demangle", prefix / "lib/libmutoscope.so.0"], capture_output=True, text=True, check=True
    )
    symbols = {line.split(" ", 2)[2].split("(")[0] for line in done.stdout.splitlines()}
    functions = {"Catalog::Open", "Client::Connect", "ErrorCodeOf", "Server::Start", "ToArrowDataset"}
    assert {symbol for symbol in symbols if " for " not in symbol and " name " not in symbol} == {f"mutoscope::{name}" for name in functions}
    classes = {symbol.split("mutoscope::")[1] for symbol in symbols if " for " in symbol}
    assert classes == {"Catalog", "Dataset", "QueryReader", "Server"}, "the others are type information and virtual tables of these"


def test_embedded(examples, sample, tmp_path):
    check_embedded(examples / "embedded", sample, tmp_path / "catalog")
    check_embedded(examples / "embedded", sample, tmp_path / "catalog")  # the dataset is there, and the recording in it


def test_embedded_names_what_is_wrong(examples, tmp_path):
    done = run(examples / "embedded", tmp_path / "catalog", "frame", BLOB, tmp_path / "missing.rrd")
    assert done.returncode == 1 and "missing.rrd" in done.stderr
    assert run(examples / "embedded").returncode == 2


def test_remote(examples, serve, sample):
    server = serve("--dataset", f"sample={sample}").wait_ready()
    done = run(examples / "remote", server.url, "sample", "frame", 2)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert re.fullmatch(r"server: mutoscope-\d+\.\d+\.\d+.*", lines[0]) and lines[1] == "dataset sample"
    assert "query: 2 rows" in lines and "scan: 2 rows counted, 2 read" in lines
    assert re.search(r"^frame \[\s*\[\s*2,\s*3\s*\]\s*\]$", done.stdout, re.MULTILINE)
    done = run(examples / "remote", server.url, "sample", "no_such_index", 2)
    assert done.returncode == 1 and "no_such_index" in done.stderr
    server.stop()
    done = run(examples / "remote", server.url, "sample", "frame", 2)
    assert done.returncode == 1 and server.address in done.stderr


def test_the_wheel_has_the_library_too(sample, tmp_path):
    """pyarrow lies beside the package, so no interpreter is looked for."""
    configure(tmp_path / "build", mutoscope.cmake_prefix(), "-DPython_EXECUTABLE=/nonexistent/python")
    cmake("--build", tmp_path / "build", "--target", "embedded")
    check_embedded(tmp_path / "build/embedded", sample, tmp_path / "catalog")


def test_a_missing_pyarrow_is_named(prefix, tmp_path):
    done = subprocess.run(
        ["cmake", "-S", EXAMPLES, "-B", tmp_path, f"-DCMAKE_PREFIX_PATH={prefix}", f"-DPYARROW_DIR={tmp_path}/nowhere"],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode != 0
    message = " ".join(done.stderr.split())
    major = pyarrow.__version__.split(".")[0]
    assert f"libarrow.so.{major}" in message and f"{tmp_path}/nowhere" in message and f"pyarrow=={major}.*" in message
