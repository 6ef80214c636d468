"""What goes wrong names the thing and what to do, and takes nothing else down."""

import os
import shutil
import subprocess

import pytest

from support import sdk
from support.paths import PROGRAM, SCRIPTS

ROBOTS = SCRIPTS / "robots.py"


@pytest.fixture
def recordings(tmp_path, robot_recordings):
    """A directory of three recordings that a test may damage."""
    directory = tmp_path / "recordings"
    directory.mkdir()
    for number in range(3):
        shutil.copy(robot_recordings / f"robot_{number:03d}.rrd", directory)
    return directory


def register(server, version, *paths):
    return sdk.run_json(version, ROBOTS, "register", server.url, "robots", *paths)


def read(server, version, segment):
    return sdk.run_json(version, ROBOTS, "read", server.url, "robots", segment)


def test_missing_file(serve, recordings, version):
    answer = register(serve("--allow-path", recordings), version, recordings / "missing.rrd")
    assert answer["error"] == "NotFoundError" and "missing.rrd" in answer["message"]


@pytest.mark.parametrize(
    ("content", "found"),
    [(b"", "0 bytes"), (b"this is text, no recording at all\n", "74686973"), (b"RRF0" + b"\0" * 100, "0.23"), (b"RRF2", "4 bytes")],
)
def test_no_recording(serve, recordings, version, content, found):
    (recordings / "wrong.rrd").write_bytes(content)
    answer = register(serve("--allow-path", recordings), version, recordings / "wrong.rrd")
    assert answer["error"] == "ValueError" and "wrong.rrd" in answer["message"]
    assert found in answer["message"]


def test_path_outside_the_allowed_ones(serve, recordings, tmp_path, version):
    (tmp_path / "allowed").mkdir()
    server = serve("--allow-path", tmp_path / "allowed")
    answer = register(server, version, recordings / "robot_000.rrd")
    assert answer["error"] == "PermissionError"
    assert "--allow-path" in answer["message"] and "robot_000.rrd" in answer["message"]
    for traversal in (tmp_path / "allowed/../recordings/robot_000.rrd", "/etc/passwd"):
        assert register(server, version, traversal)["error"] == "PermissionError"


def test_symbolic_links_that_lead_outside_are_outside(serve, recordings, tmp_path, version):
    allowed = tmp_path / "allowed"
    allowed.mkdir()
    (allowed / "link.rrd").symlink_to(recordings / "robot_000.rrd")
    (allowed / "directory").symlink_to(recordings)
    server = serve("--allow-path", allowed)
    for path in (allowed / "link.rrd", allowed / "directory/robot_001.rrd"):
        assert register(server, version, path)["error"] == "PermissionError"
    assert "segments" not in register(server, version, allowed)


def test_truncated_file_is_served_up_to_the_cut(serve, recordings, version, mutoscope):
    path = recordings / "robot_000.rrd"
    os.truncate(path, path.stat().st_size // 3)
    server = serve("--allow-path", recordings)
    mutoscope("dataset", "create", "robots", "--url", server.url)
    registered = mutoscope("register", "robots", path, "--url", server.url)
    assert registered.returncode == 0, registered.stderr
    report = (registered.stdout + registered.stderr).lower()
    assert "robot_000.rrd" in report and ("cut" in report or "truncated" in report or "missing" in report)
    rows = read(server, version, "robot_000")["rows"]
    assert 0 < rows < 20


def damage_by_truncation(path):
    os.truncate(path, path.stat().st_size // 2)


def damage_by_change(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    os.utime(path, ns=(1, 1))


@pytest.mark.parametrize("damage", [damage_by_truncation, damage_by_change, os.unlink], ids=["truncated", "changed", "removed"])
def test_source_that_changed_after_registration(serve, recordings, version, damage):
    server = serve("--allow-path", recordings)
    assert register(server, version, recordings) == {"segments": ["robot_000", "robot_001", "robot_002"]}
    assert read(server, version, "robot_001") == {"rows": 20}
    damage(recordings / "robot_001.rrd")
    answer = read(server, version, "robot_001")
    # The 0.36.3 client loses most errors of FetchChunks and shows no rows, so QueryDataset has to tell already.
    assert "error" in answer, answer
    assert "robot_001.rrd" in answer["message"]
    assert read(server, version, "robot_000") == {"rows": 20}
    assert read(server, version, "robot_002") == {"rows": 20}
    assert server.running()


def test_changed_source_after_restart_and_again_as_replacement(serve, recordings, robot_recordings, version):
    server = serve("--allow-path", recordings)
    register(server, version, recordings)
    server.stop()
    shutil.copy(robot_recordings / "robot_000.rrd", recordings / "copy.rrd")
    os.replace(recordings / "copy.rrd", recordings / "robot_000.rrd")
    os.utime(recordings / "robot_000.rrd", ns=(1, 1))
    server = serve("--allow-path", recordings)
    answer = read(server, version, "robot_000")
    assert "error" in answer, answer
    assert "robot_000.rrd" in answer["message"]
    again = sdk.run_json(
        version, ROBOTS, "register", server.url, "robots", recordings / "robot_000.rrd", "--on-duplicate", "replace"
    )
    assert again == {"segments": ["robot_000"]}
    assert read(server, version, "robot_000") == {"rows": 20}


def test_second_server_on_one_directory(serve):
    server = serve()
    second = subprocess.run(
        [PROGRAM, "serve", "--data", server.data, "--listen", "127.0.0.1:0"], capture_output=True, text=True, timeout=30
    )
    assert second.returncode != 0
    assert str(server.data) in second.stderr and f"in use by process {server.pid}" in second.stderr
    assert "ready" not in second.stdout
    assert server.get("/healthz")[0] == 200


def test_port_in_use(serve, tmp_path):
    server = serve()
    second = subprocess.run(
        [PROGRAM, "serve", "--data", tmp_path / "other", "--listen", server.address], capture_output=True, text=True, timeout=30
    )
    assert second.returncode != 0 and server.address.rsplit(":", 1)[1] in second.stderr


def test_full_disk_fails_the_registration_and_nothing_else(serve, robot_recordings, version):
    """A limit of the size of files stands in for a full disk: the database has room for some registrations, not for all."""
    first = robot_recordings / "robot_000.rrd"
    server = serve("--allow-path", robot_recordings, file_bytes_max=400_000)
    assert register(server, version, first) == {"segments": ["robot_000"]}
    answer = register(server, version, robot_recordings)
    assert "error" in answer and str(server.data) in answer["message"], answer
    assert read(server, version, "robot_000") == {"rows": 20}
    assert server.stop() == 0
    server = serve("--allow-path", robot_recordings)
    assert read(server, version, "robot_000") == {"rows": 20}
    assert len(sdk.run_json(version, ROBOTS, "register", server.url, "robots", robot_recordings, "--on-duplicate", "skip")["segments"]) == 50
