"""The main job: the how-to "Query images" with both stock clients, equal to what the stock server gives."""

import pathlib

import pytest

from support import sdk, servers
from support.paths import ROOT

EXAMPLES = ROOT / "examples"


def query_images(version, url, sheet):
    output = sdk.run(version, EXAMPLES / "query_images.py", url, "--out", sheet)
    return [line for line in output.splitlines() if "contact sheet" not in line], pathlib.Path(sheet).read_bytes()


@pytest.fixture(scope="session")
def stock_answer(video_sample, tmp_path_factory):
    answers = {}
    for version in ("0.36.3", "0.41.0"):
        with servers.StockServer(version) as server:
            script = ROOT / "tests/scripts/robots.py"
            assert "segments" in sdk.run_json(version, script, "register", server.url, "video_sample", video_sample)
            answers[version] = query_images(version, server.url, tmp_path_factory.mktemp("sheet") / "sheet.png")
    return answers


def test_query_images(serve, video_sample, stock_answer, version, tmp_path):
    server = serve("--dataset", f"video_sample={video_sample.parent}").wait_ready()
    lines, sheet = query_images(version, server.url, tmp_path / "sheet.png")
    assert lines == [
        "180 times from 2026-01-01T12:00:00.000000000 to 2026-01-01T12:00:05.966666607",
        "encoded image (360, 480, 3) uint8, raw image (240, 320, 3) uint8",
    ]
    assert sheet == stock_answer[version][1], "the contact sheet differs from the one out of the stock server"
    assert server.served("GetDatasetSchema") >= 1
    assert server.served("FetchChunks") >= 2


def test_query_images_after_restart(serve, video_sample, stock_answer, version, tmp_path):
    serve("--dataset", f"video_sample={video_sample}").wait_ready().stop()
    server = serve()  # not named again: it is in the catalog; and its path stays readable because it was registered from the command line
    _, sheet = query_images(version, server.url, tmp_path / "sheet.png")
    assert sheet == stock_answer[version][1]
