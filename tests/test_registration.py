"""Registering many recordings: concurrently from many clients, and with a kill -9 in the middle."""

import json
import subprocess
import threading

import pytest

from support import sdk
from support.paths import SCRIPTS, SDK_VERSIONS
from support.servers import read_line

ROBOTS = SCRIPTS / "robots.py"
ALL_SEGMENTS = {f"robot_{number:03d}": 20 for number in range(50)}
CLIENTS = 8


def test_50_recordings_from_8_clients(serve, robot_recordings, version):
    server = serve("--allow-path", robot_recordings)
    files = sorted(robot_recordings.glob("*.rrd"))
    clients = [
        sdk.start(
            SDK_VERSIONS[number % 2], ROBOTS, "register", server.url, "robots", *files[number::CLIENTS],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        for number in range(CLIENTS)
    ]
    for number, client in enumerate(clients):
        out, err = client.communicate(timeout=120)
        assert client.returncode == 0, err
        assert json.loads(out) == {"segments": [file.stem for file in files[number::CLIENTS]]}
    assert sdk.run_json(version, ROBOTS, "check", server.url, "robots") == ALL_SEGMENTS


def test_same_recordings_from_8_clients(serve, robot_recordings):
    """Everyone registers everything with SKIP: nobody fails, nothing is there twice."""
    server = serve("--allow-path", robot_recordings)
    arguments = ["register", server.url, "robots", *sorted(robot_recordings.glob("*.rrd"))[:10], "--on-duplicate", "skip"]
    clients = [sdk.start(SDK_VERSIONS[number % 2], ROBOTS, *arguments, stdout=subprocess.PIPE) for number in range(CLIENTS)]
    for client in clients:
        assert json.loads(client.communicate(timeout=120)[0]) == {"segments": [f"robot_{number:03d}" for number in range(10)]}
    rows = sdk.run_json("0.41.0", ROBOTS, "check", server.url, "robots")
    assert rows == {f"robot_{number:03d}": 20 for number in range(10)}


@pytest.mark.parametrize("delay_ms", [0, 10, 40, 160])
def test_kill_during_registration(serve, robot_recordings, version, delay_ms):
    server = serve("--allow-path", robot_recordings)
    client = sdk.start(
        version, ROBOTS, "register", server.url, "robots", *sorted(robot_recordings.glob("*.rrd")), "--announce",
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )
    read_line(client, 60)
    # The moment of the kill is what is tested, so this waits for no event.
    threading.Event().wait(delay_ms / 1000)
    server.kill()
    client.communicate(timeout=60)

    server = serve("--allow-path", robot_recordings)
    answer = sdk.run_json(version, ROBOTS, "register", server.url, "robots", robot_recordings, "--on-duplicate", "skip")
    assert set(ALL_SEGMENTS) <= set(answer["segments"])
    assert sdk.run_json(version, ROBOTS, "check", server.url, "robots") == ALL_SEGMENTS


def test_what_was_acknowledged_survives_a_kill(serve, robot_recordings, version):
    server = serve("--allow-path", robot_recordings)
    some = sorted(robot_recordings.glob("*.rrd"))[:7]
    assert sdk.run_json(version, ROBOTS, "register", server.url, "robots", *some) == {"segments": [path.stem for path in some]}
    server.kill()
    server = serve("--allow-path", robot_recordings)
    assert sdk.run_json(version, ROBOTS, "check", server.url, "robots") == {path.stem: 20 for path in some}


def test_command_line_datasets_register_only_what_is_new(serve, robot_recordings, tmp_path):
    directory = tmp_path / "recordings"
    directory.mkdir()
    files = sorted(robot_recordings.glob("*.rrd"))
    for path in files[:5]:
        (directory / path.name).write_bytes(path.read_bytes())
    serve("--dataset", f"robots={directory}").wait_ready().stop()
    for path in files[5:8]:
        (directory / path.name).write_bytes(path.read_bytes())
    server = serve("--dataset", f"robots={directory}").wait_ready()
    assert sdk.run_json("0.41.0", ROBOTS, "check", server.url, "robots") == {path.stem: 20 for path in files[:8]}


def test_a_repeated_segment_in_a_served_directory_costs_only_its_own_file(serve, robot_recordings, tmp_path):
    directory = tmp_path / "recordings"
    directory.mkdir()
    files = sorted(robot_recordings.glob("*.rrd"))[:3]
    for path in files:
        (directory / path.name).write_bytes(path.read_bytes())
    (directory / "z_copy.rrd").write_bytes(files[1].read_bytes())
    for _ in ("first start", "restart"):
        server = serve("--dataset", f"robots={directory}").wait_ready()
        assert sdk.run_json("0.41.0", ROBOTS, "check", server.url, "robots") == {path.stem: 20 for path in files}
        server.stop()
        warnings = [line for line in server.log.read_text().splitlines() if "z_copy.rrd" in line]
        assert warnings and files[1].stem in warnings[-1]
