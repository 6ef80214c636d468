"""The stock web viewer in a browser opens a segment from our server, over gRPC-web."""

import pathlib
import time

import pytest

from support import sdk, viewer
from support.paths import SCRIPTS

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not pathlib.Path(viewer.CHROMIUM).exists(), reason="Chromium is not installed (apt-get install chromium)"),
]
SHOWN_WITHIN_S = 80
# The viewer's empty page has some hundred colours (text, icons); a photograph on it has tens of thousands.
COLOURS_MIN = 5000


def test_viewer_shows_a_segment(serve, video_sample, tmp_path):
    server = serve("--dataset", f"video_sample={video_sample}").wait_ready()
    dataset_id = sdk.run_json("0.41.0", SCRIPTS / "dataset_id.py", server.url, "video_sample")
    picture, deadline = tmp_path / "viewer.png", time.monotonic() + SHOWN_WITHIN_S
    with viewer.hosted("0.41.0", tmp_path) as port:
        with viewer.opened(viewer.page_url(port, server.url, dataset_id, "video_sample")) as page:
            colours = 0
            while colours < COLOURS_MIN:
                assert time.monotonic() < deadline, f"{colours} colours on {picture} after {SHOWN_WITHIN_S} s\n{server.log_tail()}"
                page.wait_for_timeout(1000)
                page.screenshot(path=picture)
                colours = int(sdk.run("0.41.0", SCRIPTS / "count_colours.py", picture))
    assert server.served("GetRrdManifest") >= 1
    assert server.served("FetchChunks") >= 1
