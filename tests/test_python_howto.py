"""The how-to "Query images" runs with only its import line changed, with no rerun-sdk installed, and gives the same images."""

import importlib.util
import re
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

import mutoscope as rr
from support import sdk
from support.paths import ROOT

EXAMPLE = ROOT / "examples/query_images.py"
HOWTO = ROOT / "docs/howto/query_images.md"


@pytest.fixture
def server(video_sample):
    with rr.server.Server(datasets={"video_sample": video_sample.parent}) as server:
        yield server


def run(script, *arguments):
    return subprocess.run([sys.executable, script, *map(str, arguments)], capture_output=True, text=True, timeout=120)


def test_there_is_no_rerun_sdk():
    assert importlib.util.find_spec("rerun") is None


def test_the_example_with_one_line_changed(server, tmp_path):
    text = EXAMPLE.read_text()
    assert text.count("import rerun as rr\n") == 1
    script = tmp_path / "query_images.py"
    script.write_text(text.replace("import rerun as rr\n", "import mutoscope as rr\n"))
    done = run(script, server.url(), "--out", tmp_path / "ours.png")
    assert done.returncode == 0, done.stderr
    expected = sdk.run("0.41.0", EXAMPLE, server.url(), "--out", tmp_path / "stock.png")
    assert done.stdout.splitlines()[:2] == expected.splitlines()[:2]
    ours, stock = (np.asarray(Image.open(tmp_path / name).convert("RGB")).astype(int) for name in ("ours.png", "stock.png"))
    assert ours.shape == stock.shape and abs(ours - stock).max() <= 2  # two builds of Pillow


def test_the_blocks_with_one_line_changed(server, tmp_path):
    blocks = "".join(re.findall(r"^```python run\n(.*?)^```$", HOWTO.read_text(), re.MULTILINE | re.DOTALL))
    assert blocks.count("from rerun.catalog import") == 1
    script = tmp_path / "blocks.py"
    script.write_text(
        blocks.replace("from rerun.catalog import", "from mutoscope.catalog import").replace("rerun+http://127.0.0.1:51234", server.url())
    )
    done = run(script)
    assert done.returncode == 0, done.stderr
