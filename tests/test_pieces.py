"""Frames delivered as pieces are the frames of the whole recording: decoded from their chunk, and read as cells by the layer index."""

import select
import time

from support import sdk
from support.paths import SCRIPTS


def wait_for_rows_index(server, timeout_s=60):
    deadline = time.monotonic() + timeout_s
    while "\nmutoscope_layers_without_rows_index 0\n" not in server.get("/metrics")[1]:
        assert time.monotonic() < deadline, server.log_tail()
        select.select([], [], [], 0.05)


def bytes_served(server):
    lines = [line for line in server.get("/metrics")[1].splitlines() if "FetchChunks" in line and "sent" in line and not line.startswith("#")]
    assert lines, "no metric of the bytes that FetchChunks sent"
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines)


def test_single_frames_equal_the_whole_recording(serve, version, tmp_path):
    recording = tmp_path / "frames" / "frames.rrd"
    recording.parent.mkdir()
    sdk.run(version, SCRIPTS / "frames.py", "make", recording)
    server = serve("--dataset", f"frames={recording}", "--piece-bytes-min", 0).wait_ready()
    expected = {"frames": 24, "equal": 48, "equal_range": True}
    assert sdk.run_json(version, SCRIPTS / "frames.py", "check", server.url, "frames") == expected
    wait_for_rows_index(server)
    before = bytes_served(server)
    assert sdk.run_json(version, SCRIPTS / "frames.py", "check", server.url, "frames") == expected
    # Whole chunks would be 8 times the 48 single frames, the whole read and the range.
    assert bytes_served(server) - before < 5 * recording.stat().st_size
