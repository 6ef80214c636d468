"""The stock web viewer of both SDKs, served at /viewer by our server, in headless Chromium; and the command line of both."""

import contextlib
import gzip
import http.client
import io
import os
import pathlib
import subprocess
import sys
import time
import urllib.parse

import pytest
from PIL import Image

from support import pictures, sdk, viewer
from support.paths import ROOT, SCRIPTS, SDK_PYTHON, SDK_VERSIONS

needs_chromium = [
    pytest.mark.browser,
    pytest.mark.skipif(not pathlib.Path(viewer.CHROMIUM).exists(), reason="Chromium is not installed (apt-get install chromium)"),
]
SHOWN_WITHIN_S = 120
ALIKE_MAX = 4.0  # mean difference of colours; between two recorded frames it is above 40


def rerun_program(version):
    return SDK_PYTHON[version].rsplit("/", 1)[0] + "/rerun"


@pytest.fixture(scope="session")
def viewer_files(tmp_path_factory):
    """viewer_files(version): a directory with the web viewer of that SDK, made once by the command that users run."""
    made = {}

    def files(version):
        if version not in made:
            made[version] = tmp_path_factory.mktemp("viewer")
            environment = {**os.environ, "PYTHONPATH": str(ROOT / "python"), "PYTHONDONTWRITEBYTECODE": "1"}
            # By its path: the rest of the package need not be built.
            command = [sys.executable, ROOT / "python/mutoscope/viewer.py", made[version], "--from", rerun_program(version)]
            subprocess.run(command, check=True, env=environment, timeout=120)
        return made[version]

    return files


@pytest.fixture(scope="session")
def picture(tmp_path_factory):
    """(recording, frames): one camera with a picture that can be found on a screenshot."""
    directory = tmp_path_factory.mktemp("picture")
    (directory / "frames").mkdir()
    sdk.run("0.41.0", SCRIPTS / "make_picture.py", directory / "picture.rrd", directory / "frames")
    return directory / "picture.rrd", [Image.open(path) for path in sorted((directory / "frames").iterdir())]


def get(server, path, **headers):
    """(status, headers, body), redirects not followed."""
    return server.request("GET", path, headers={name.replace("_", "-"): text for name, text in headers.items()})


def test_without_viewer_files_the_page_says_how_to_get_them(serve, tmp_path):
    server = serve()
    status, _, body = get(server, "/viewer")
    assert status == 404
    assert b"python -m mutoscope.viewer" in body and b"--viewer" in body
    (server.data / "viewer").mkdir()
    (server.data / "viewer/index.html").write_text("<p>viewer")
    assert get(server, "/viewer/index.html")[2] == b"<p>viewer", "a viewer in the data directory needs no option"


def test_a_viewer_directory_without_a_viewer_is_refused(mutoscope, tmp_path):
    result = mutoscope("serve", "--data", tmp_path / "data", "--listen", "127.0.0.1:0", "--viewer", tmp_path)
    assert result.returncode == 2
    assert "index.html" in result.stderr and "python -m mutoscope.viewer" in result.stderr


@pytest.fixture
def small_viewer(tmp_path):
    directory = tmp_path / "small"
    (directory / "deep").mkdir(parents=True)
    (directory / "index.html").write_text("<p>page")
    (directory / "a.wasm").write_bytes(b"\0asm" * 1000)
    (directory / "a.wasm.gz").write_bytes(gzip.compress(b"\0asm" * 1000))
    (directory / "deep/x.js").write_text("1")
    (directory / ".hidden").write_text("secret")
    (tmp_path / "outside.txt").write_text("secret")
    return directory


def test_a_bare_viewer_opens_this_catalog(serve, small_viewer):
    server = serve("--viewer", small_viewer)
    catalog = urllib.parse.quote(f"rerun+http://{server.address}", safe=".")
    for path, extra in (("/viewer", ""), ("/viewer/", ""), ("/viewer?renderer=webgl", "&renderer=webgl")):
        status, headers, _ = get(server, path)
        assert (status, headers["location"]) == (302, f"/viewer/?url={catalog}{extra}")
    assert get(server, "/viewer", host="gpu.example:8080")[1]["location"] == "/viewer/?url=rerun%2Bhttp%3A%2F%2Fgpu.example%3A8080"
    assert get(server, "/viewer", x_forwarded_proto="https")[1]["location"].startswith("/viewer/?url=rerun%2Bhttps%3A")
    assert get(server, "/viewer", host="a b")[0] == 400
    assert get(server, "/viewer?url=x")[1]["location"] == "/viewer/?url=x"
    assert get(server, "/viewer/?url=x")[2] == b"<p>page"
    assert get(server, "/viewerx")[0] == 404


def test_files_of_the_viewer(serve, small_viewer):
    server = serve("--viewer", small_viewer)
    status, headers, body = get(server, "/viewer/a.wasm")
    assert (status, headers["content-type"], headers["content-length"], len(body)) == (200, "application/wasm", "4000", 4000)
    assert get(server, "/viewer/a.wasm", if_none_match=headers["etag"])[::2] == (304, b"")
    assert get(server, "/viewer/a.wasm", if_none_match='"other"')[0] == 200
    status, small, body = get(server, "/viewer/a.wasm", accept_encoding="br, gzip")
    assert small["content-encoding"] == "gzip" and small["rerun-final-length"] == "4000" and small["etag"] != headers["etag"]
    assert gzip.decompress(body) == b"\0asm" * 1000
    assert "content-encoding" not in get(server, "/viewer/a.wasm", accept_encoding="gzip;q=0")[1]
    status, head, body = server.request("HEAD", "/viewer/a.wasm")
    assert (status, head["content-length"], body) == (200, "4000", b"")
    assert get(server, "/viewer/deep/x.js")[1]["content-type"].startswith("text/javascript")
    status, headers, _ = server.request("POST", "/viewer/a.wasm", b"x")
    assert (status, headers["allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("path", ["../outside.txt", "deep/../../outside.txt", "..%2foutside.txt", ".hidden", "deep", "deep/", "/etc/passwd", "no", "a\\b"])
def test_nothing_else_is_served(serve, small_viewer, path):
    host = serve("--viewer", small_viewer).address
    connection = http.client.HTTPConnection(host, timeout=10)
    connection.putrequest("GET", f"/viewer/{path}", skip_host=False)
    connection.endheaders()
    answer = connection.getresponse()
    assert answer.status == 404 and b"secret" not in answer.read()
    connection.close()


@contextlib.contextmanager
def page_of(server, target=""):
    """(page, errors): /viewer with that URL, or bare; what the page reports as an error, and what our server failed to answer."""
    query = f"?url={urllib.parse.quote(target, safe='')}&renderer=webgl" if target else "?renderer=webgl"
    with viewer.opened("about:blank") as page:
        errors = []
        # Hosts that are cut off (fonts, statistics) are reported as such.
        cut_off = lambda text: "ERR_FAILED" in text or "Failed to fetch" in text
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" and not cut_off(message.text) else None)
        page.on("pageerror", lambda error: errors.append(str(error)) if not cut_off(str(error)) else None)
        # The viewer gives up reading an answer behind its trailers: that is "aborted".
        failed = lambda request: server.address in request.url and "ERR_ABORTED" not in request.failure
        page.on("requestfailed", lambda request: errors.append(f"{request.failure} {request.url}") if failed(request) else None)
        page.on("response", lambda answer: errors.append(f"{answer.status} {answer.url}") if server.address in answer.url and answer.status >= 400 else None)
        page.goto(f"http://{server.address}/viewer{query}", wait_until="domcontentloaded")
        yield page, errors


def wait_until(page, condition, what, server):
    deadline = time.monotonic() + SHOWN_WITHIN_S
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not within {SHOWN_WITHIN_S} s\n{server.log_tail()}"
        page.wait_for_timeout(500)


def shot(page):
    return Image.open(io.BytesIO(page.screenshot()))


@pytest.fixture(params=SDK_VERSIONS[::-1], ids=["viewer41", "viewer36"])
def viewing(request, serve, viewer_files, picture):
    return serve("--viewer", viewer_files(request.param), "--dataset", f"pictures={picture[0]}").wait_ready()


@pytest.mark.browser
@needs_chromium[1]
def test_the_frame_that_was_recorded_is_on_the_screen(viewing, picture):
    _, frames = picture
    dataset = sdk.run_json("0.41.0", SCRIPTS / "dataset_id.py", viewing.url, "pictures")
    found = []
    with page_of(viewing, f"{viewing.url}/dataset/{dataset}?segment_id=picture") as (page, errors):

        def shows_a_frame():
            screenshot = shot(page)
            rectangle = pictures.framed_rectangle(screenshot)
            if rectangle is not None:
                found[:] = sorted((pictures.distance(screenshot, rectangle, frame), at) for at, frame in enumerate(frames))
            return found and found[0][0] < ALIKE_MAX

        wait_until(page, shows_a_frame, f"the picture (best: {found})", viewing)
        assert not errors
    assert found[1][0] > 10 * ALIKE_MAX, f"the frames are told apart: {found}"
    assert viewing.served("GetRrdManifest") >= 1 and viewing.served("FetchChunks") >= 1


@pytest.mark.browser
@needs_chromium[1]
def test_catalog_and_dataset_are_listed(viewing):
    dataset = sdk.run_json("0.41.0", SCRIPTS / "dataset_id.py", viewing.url, "pictures")
    before = viewing.served("FindEntries")
    with page_of(viewing) as (page, errors):
        wait_until(page, lambda: viewing.served("FindEntries") > before and viewing.served("WhoAmI") > 0, "the catalog is asked", viewing)
        assert not errors
    before = viewing.served("ScanSegmentTable")
    with page_of(viewing, f"{viewing.url}/entry/{dataset}") as (page, errors):
        wait_until(page, lambda: viewing.served("ScanSegmentTable") > before, "the segments are asked for", viewing)
        page.wait_for_timeout(1000)
        assert not errors


def test_command_line_opens_a_segment(serve, picture, version, tmp_path):
    server = serve("--dataset", f"pictures={picture[0]}").wait_ready()
    dataset = sdk.run_json(version, SCRIPTS / "dataset_id.py", server.url, "pictures")
    out = tmp_path / "saved.rrd"
    url = f"{server.url}/dataset/{dataset}?segment_id=picture"
    result = subprocess.run([rerun_program(version), url, "--save", out], env=sdk.ENVIRONMENT, capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stderr
    assert server.served("GetRrdManifest") >= 1
    printed = subprocess.run([rerun_program(version), "rrd", "print", out], env=sdk.ENVIRONMENT, capture_output=True, text=True, timeout=60)
    assert printed.returncode == 0 and "picture" in printed.stdout
