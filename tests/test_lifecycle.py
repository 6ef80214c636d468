"""Starting and stopping, and clients that go away."""

import select
import signal
import subprocess
import time

import pytest

from support import sdk
from support.paths import SCRIPTS


def in_flight(server):
    _, text = server.get("/metrics")
    return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith("mutoscope_rpc_in_flight{"))


def until(condition, timeout_s=20.0):
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "condition did not come true"
        select.select([], [], [], 0.01)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_stop_it(serve, number):
    server = serve()
    server.process.send_signal(number)
    assert server.process.wait(10) == 0
    assert server.process.stdout.read() == b"", "stdout carries the ready line and nothing else"


def test_restart_after_kill_needs_no_cleaning(serve):
    serve().kill()
    assert serve().get("/readyz")[0] == 200


def test_client_killed_in_mid_stream_leaves_nothing_running(serve, tmp_path):
    """The stream is larger than every buffer on the way, so that it cannot have ended when the client dies."""
    path = tmp_path / "big" / "big.rrd"
    sdk.run("0.41.0", SCRIPTS / "make_big.py", path, "--megabytes", 300)
    server = serve("--dataset", f"big={path}").wait_ready()
    client = sdk.start(
        "0.41.0", SCRIPTS / "stalled_reader.py", server.url, "big",
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )
    until(lambda: in_flight(server) > 0 or client.poll() is not None)
    assert client.poll() is None, client.communicate()
    client.kill()
    client.communicate()
    until(lambda: in_flight(server) == 0)
    assert sdk.run_json("0.41.0", SCRIPTS / "robots.py", "read", server.url, "big", "big")["rows"] == 300


def test_sigterm_lets_a_running_stream_end(serve, tmp_path):
    path = tmp_path / "big" / "big.rrd"
    sdk.run("0.41.0", SCRIPTS / "make_big.py", path, "--megabytes", 200)
    server = serve("--dataset", f"big={path}").wait_ready()
    client = sdk.start("0.41.0", SCRIPTS / "robots.py", "read", server.url, "big", "big", stdout=subprocess.PIPE)
    until(lambda: server.served("FetchChunks") > 0 or in_flight(server) > 0 or client.poll() is not None)
    server.process.send_signal(signal.SIGTERM)
    client.communicate(timeout=60)
    assert server.process.wait(20) == 0


def test_ready_only_after_the_registrations(serve, robot_recordings):
    server = serve("--dataset", f"robots={robot_recordings}")
    status, text = server.get("/readyz")
    assert status in (200, 503)
    if status == 503:
        assert "registering" in text
    assert server.wait_ready().get("/readyz")[0] == 200
    rows = sdk.run_json("0.41.0", SCRIPTS / "robots.py", "check", server.url, "robots")
    assert len(rows) == 50


def test_json_logs(serve, robot_recordings):
    import json

    server = serve("--log-format", "json", "--dataset", f"robots={robot_recordings}").wait_ready()
    server.stop()
    lines = server.log.read_text().splitlines()
    assert lines and all(isinstance(json.loads(line), dict) for line in lines)
