"""Code blocks of README and docs. ```python run and ```sh run blocks run against a server that has what the docs assume; a ```sh serve block
starts a server that becomes ready, and so does the configuration in a ```toml serve block. ```sh make blocks name targets of the Makefile, which
people and CI run. Addresses, paths and the data directory of the docs are replaced by those of the test."""

import pathlib
import re
import shlex
import subprocess

import pytest

from support import sdk, servers
from support.paths import PROGRAM, ROOT

DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```(\w+)(?: (\w+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
KINDS = {("python", "run"), ("sh", "run"), ("sh", "serve"), ("sh", "make"), ("toml", "serve")}
DOCS_ADDRESS = "127.0.0.1:51234"
DOCS_RECORDINGS = "/data/robots"


def blocks(path):
    return BLOCK.findall(path.read_text())


WITH_BLOCKS = [path for path in DOCUMENTS if blocks(path)]


def name_of(path):
    return str(path.relative_to(ROOT))


@pytest.fixture
def demo_server(serve, robot_recordings, video_sample):
    return serve("--dataset", f"robots={robot_recordings}", "--dataset", f"video_sample={video_sample}", "--record-to", "live").wait_ready()


@pytest.mark.parametrize("path", WITH_BLOCKS, ids=name_of)
def test_blocks_run(demo_server, robot_recordings, path, tmp_path, version):
    here = lambda text: text.replace(DOCS_ADDRESS, demo_server.address).replace(DOCS_RECORDINGS, str(robot_recordings))
    python = "".join(text for language, mode, text in blocks(path) if (language, mode) == ("python", "run"))
    if python:
        script = tmp_path / "block.py"
        script.write_text(here(python))
        sdk.run(version, script)
    environment = {**sdk.ENVIRONMENT, "PATH": f"{PROGRAM.parent}:{sdk.ENVIRONMENT['PATH']}"}
    for language, mode, text in blocks(path):
        if (language, mode) == ("sh", "run"):
            done = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", here(text)], env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=60
            )
            assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"


SERVING = [(path, number, text) for path in WITH_BLOCKS for number, (_, mode, text) in enumerate(blocks(path)) if mode == "serve"]


@pytest.mark.parametrize(("path", "number", "text"), SERVING, ids=[f"{name_of(path)}-{number}" for path, number, _ in SERVING])
def test_serve_blocks_become_ready(program, robot_recordings, path, number, text, tmp_path):
    here = text.replace(DOCS_RECORDINGS, str(robot_recordings)).replace("/data/drones", str(robot_recordings)).replace('"/data"', '"/tmp"')
    if here.startswith("mutoscope serve"):
        arguments = shlex.split(here.replace("\\\n", " "))[2:]
    else:
        (tmp_path / "mutoscope.toml").write_text(here)
        arguments = ["--config", tmp_path / "mutoscope.toml"]
    with servers.Mutoscope(tmp_path / "data", *arguments) as server:
        server.wait_ready()
        assert int(re.search(r"^mutoscope_layers (\d+)$", server.get("/metrics")[1], re.MULTILINE)[1]) >= 50


def test_every_block_is_of_a_kind_that_is_tested():
    for path in DOCUMENTS:
        for language, mode, text in blocks(path):
            assert (language, mode) in KINDS, f"{name_of(path)}: {language} {mode}\n{text}"
        assert path.read_text().count("```") == 2 * len(blocks(path)), name_of(path)


def test_make_blocks_name_targets():
    for path in DOCUMENTS:
        for line in (line for _, mode, text in blocks(path) if mode == "make" for line in text.splitlines()):
            command = shlex.split(line, comments=True)
            assert command[0] == "make"
            subprocess.run([*command, "--dry-run"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL, timeout=60)


def test_links_lead_somewhere():
    for path in DOCUMENTS:
        for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text()):
            assert (path.parent / target).exists(), f"{name_of(path)}: {target}"


def test_every_format_page_is_found():
    assert list(pathlib.Path(ROOT / "docs/formats").glob("*.md"))
