"""The stock web viewer watches a recording that is being made, over gRPC-web."""

import pathlib
import time
import urllib.parse

import pytest

from support import live, sdk, viewer
from support.paths import SCRIPTS

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not pathlib.Path(viewer.CHROMIUM).exists(), reason="Chromium is not installed (apt-get install chromium)"),
]
SHOWN_WITHIN_S = 120
# The viewer's empty page has some hundred colours (text, icons); a picture of noise on it has tens of thousands.
COLOURS_MIN = 5000


def test_viewer_shows_what_comes_after_it_connected(serve, tmp_path):
    server = serve("--record-to", "live")
    picture, deadline = tmp_path / "viewer.png", time.monotonic() + SHOWN_WITHIN_S

    def colours(page):
        page.screenshot(path=picture)
        return int(sdk.run("0.41.0", SCRIPTS / "count_colours.py", picture))

    with viewer.hosted("0.41.0", tmp_path) as port, live.Logger("0.41.0", server.url, "r") as logger:
        logger("rows", 0, 5)
        url = f"http://127.0.0.1:{port}/?url={urllib.parse.quote(server.url + '/proxy', safe='')}&renderer=webgl"
        with viewer.opened(url) as page:
            while "ReadMessages" not in "".join(line for line in server.get("/metrics")[1].splitlines() if line.endswith(" 1")):
                assert time.monotonic() < deadline, f"the viewer did not ask\n{server.log_tail()}"
                page.wait_for_timeout(200)
            assert colours(page) < COLOURS_MIN
            logger("photo")
            while (found := colours(page)) < COLOURS_MIN:
                assert time.monotonic() < deadline, f"{found} colours on {picture} after {SHOWN_WITHIN_S} s\n{server.log_tail()}"
                page.wait_for_timeout(1000)
