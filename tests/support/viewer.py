"""The stock web viewer (it ships inside the SDK's wheel) in headless Chromium, cut off from every host but this one."""

import contextlib
import socket
import subprocess
import urllib.parse

from support import sdk
from support.paths import SDK_PYTHON

CHROMIUM = "/usr/bin/chromium"
# WebGPU on the software adapter crashes the viewer, so WebGL it is.
FLAGS = [
    "--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--disable-features=WebGPU", "--disable-quic",
    "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-default-apps",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]
SLOW_MS = 180_000  # drawn by software, on a machine that does other things too
LOCAL_HOSTS = ("127.0.0.1", "localhost", "")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def hosted(version, directory):
    """Serves the viewer of an SDK version; yields the port of its page."""
    program = SDK_PYTHON[version].rsplit("/", 1)[0] + "/rerun"
    web_port, grpc_port = free_port(), free_port()
    command = [program, "--serve-web", "--bind", "127.0.0.1", "--web-viewer-port", str(web_port), "--port", str(grpc_port), "--renderer", "webgl"]
    with open(directory / "viewer.log", "w") as log, subprocess.Popen(command, env=sdk.ENVIRONMENT, stdout=log, stderr=log) as process:
        try:
            yield web_port
        finally:
            process.terminate()
            process.wait(20)


def page_url(web_port, server_url, dataset_id, segment):
    target = f"{server_url}/dataset/{dataset_id}?segment_id={segment}"
    return f"http://127.0.0.1:{web_port}/?url={urllib.parse.quote(target, safe='')}&renderer=webgl"


@contextlib.contextmanager
def opened(url):
    """A page that loads the URL; requests to other hosts are refused."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            page = browser.new_page(viewport={"width": 1000, "height": 700})
            page.set_default_timeout(SLOW_MS)
            local_only = lambda route: (
                route.continue_() if (urllib.parse.urlsplit(route.request.url).hostname or "") in LOCAL_HOSTS else route.abort()
            )
            page.route("**/*", local_only)
            for attempt in range(100):
                try:
                    page.goto(url, wait_until="domcontentloaded")
                    break
                except Exception:  # the page's host is still starting
                    if attempt == 99:
                        raise
                    page.wait_for_timeout(100)
            yield page
        finally:
            browser.close()
