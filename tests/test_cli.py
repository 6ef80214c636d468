"""The command line against a running server and against a data directory."""

import json
import os
import shutil

import pytest

from support import sdk
from support.paths import SCRIPTS
from support.servers import Mutoscope

COMMANDS = ["serve", "dataset list", "dataset create", "dataset delete", "dataset show", "register", "unregister", "status", "query", "rrd info", "rrd verify"]


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example(mutoscope, command):
    done = mutoscope(*command.split(), "--help")
    assert done.returncode == 0
    assert f"mutoscope {command}" in done.stdout.split("Example", 1)[1]


def test_usage_errors(mutoscope, tmp_path):
    for arguments in (["nonsense"], [], ["register"], ["serve", "--listen", "nonsense"], ["serve", "--dataset", "nopath"], ["serve", "--nope"]):
        done = mutoscope(*arguments, cwd=tmp_path)
        assert done.returncode == 2, (arguments, done)
        assert done.stderr
    missing = mutoscope("serve", "--dataset", f"a={tmp_path}/missing", cwd=tmp_path)
    assert missing.returncode == 2 and f"{tmp_path}/missing" in missing.stderr


def test_datasets_by_url(serve, mutoscope, robot_recordings):
    server = serve("--allow-path", robot_recordings)
    at = ["--url", server.url]
    created = json.loads(mutoscope("dataset", "create", "robots", *at, "--json").stdout)
    assert created["name"] == "robots" and len(created["id"]) == 32
    again = mutoscope("dataset", "create", "robots", *at)
    assert again.returncode == 1 and "robots" in again.stderr

    registered = mutoscope("register", "robots", *sorted(robot_recordings.glob("robot_00*.rrd")), *at, "--json")
    assert registered.returncode == 0, registered.stderr
    rows = json.loads(registered.stdout)
    assert [row["segment"] for row in rows] == [f"robot_{number:03d}" for number in range(10)]
    assert {row["status"] for row in rows} == {"success"}

    duplicate = mutoscope("register", "robots", robot_recordings / "robot_000.rrd", *at)
    assert duplicate.returncode == 1 and "robot_000" in duplicate.stdout + duplicate.stderr
    assert mutoscope("register", "robots", robot_recordings / "robot_000.rrd", "--on-duplicate", "skip", *at).returncode == 0

    shown = json.loads(mutoscope("dataset", "show", "robots", *at, "--json").stdout)
    assert shown["segments"] == 10 and shown["layers"] == 10
    assert {"frame", "log_time", "sensor_time"} <= {index["name"] for index in shown["indexes"]}
    assert "/speed:Scalars:scalars" in {column["name"] for column in shown["columns"]}
    assert "/speed:Scalars:scalars" in mutoscope("dataset", "show", "robots", *at).stdout

    dropped = json.loads(mutoscope("unregister", "robots", "--segment", "robot_003", "--segment", "robot_004", *at, "--json").stdout)
    assert dropped == {"dropped": 2, "left": 8}
    assert mutoscope("unregister", "robots", *at).returncode == 1

    status = json.loads(mutoscope("status", *at, "--json").stdout)
    assert [(dataset["name"], dataset["segments"]) for dataset in status["datasets"]] == [("robots", 8)]
    assert mutoscope("dataset", "delete", "robots", *at).returncode == 0
    assert json.loads(mutoscope("dataset", "list", *at, "--json").stdout) == []
    unknown = mutoscope("dataset", "show", "robots", *at)
    assert unknown.returncode == 1 and "robots" in unknown.stderr
    assert (robot_recordings / "robot_000.rrd").exists()


def test_data_directory_without_a_server(mutoscope, serve, robot_recordings, tmp_path):
    at = ["--data", tmp_path / "data"]
    assert mutoscope("dataset", "create", "robots", *at).returncode == 0
    registered = mutoscope("register", "robots", robot_recordings, *at)
    assert registered.returncode == 0, registered.stderr
    assert json.loads(mutoscope("status", *at, "--json").stdout)["datasets"][0]["segments"] == 50
    server = serve()
    assert len(sdk.run_json("0.41.0", SCRIPTS / "robots.py", "check", server.url, "robots")) == 50
    refused = mutoscope("status", *at)
    assert refused.returncode == 1 and f"in use by process {server.pid}" in refused.stderr


def test_unreachable_server(mutoscope):
    done = mutoscope("status", "--url", "rerun+http://127.0.0.1:1")
    assert done.returncode == 1 and "127.0.0.1:1" in done.stderr


def test_config_file(program, robot_recordings, tmp_path):
    config = tmp_path / "mutoscope.toml"
    config.write_text(
        f'data = "{tmp_path}/configured"\nlisten = "127.0.0.1:1"\ndataset = ["robots={robot_recordings}"]\nlog-format = "json"\n'
    )
    # The command line wins over the file: --data and --listen are given by the fixture's class.
    with Mutoscope(tmp_path / "data", "--config", config) as server:
        server.wait_ready()
        assert len(sdk.run_json("0.41.0", SCRIPTS / "robots.py", "check", server.url, "robots")) == 50
    assert all(json.loads(line) for line in server.log.read_text().splitlines())
    assert not (tmp_path / "configured").exists()


def test_config_file_with_an_unknown_key(mutoscope, tmp_path):
    (tmp_path / "wrong.toml").write_text('lisen = "127.0.0.1:0"\n')
    done = mutoscope("serve", "--config", tmp_path / "wrong.toml", "--listen", "127.0.0.1:0", cwd=tmp_path, timeout_s=10)
    assert done.returncode == 2 and "lisen" in done.stderr


@pytest.mark.parametrize("corpus", ["robot_recordings", "golden_recordings", "video_sample"])
def test_rrd_verify_of_what_the_sdks_write(mutoscope, request, corpus):
    path = request.getfixturevalue(corpus)
    files = sorted(path.glob("*.rrd")) if path.is_dir() else [path]
    done = mutoscope("rrd", "verify", *files, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    verified = json.loads(done.stdout)
    assert len(verified) == len(files) and all(file["ok"] and file["findings"] == [] for file in verified)
    assert all(file["chunks"] > 0 for file in verified)


def test_rrd_verify_of_the_corpus(mutoscope, corpus):
    whole = sorted(path for path in corpus.iterdir() if not path.name.startswith("cut_"))
    cut = sorted(corpus.glob("cut_*"))
    assert len(whole) >= 14 and len(cut) == 2
    done = mutoscope("rrd", "verify", *whole, "--json")
    assert done.returncode == 0, done.stdout
    for path in cut:
        done = mutoscope("rrd", "verify", path, "--json")
        assert done.returncode == 1 and json.loads(done.stdout)[0]["findings"], done.stdout


def test_rrd_info(mutoscope, robot_recordings):
    path = robot_recordings / "robot_007.rrd"
    info = json.loads(mutoscope("rrd", "info", path, "--json").stdout)[0]
    assert info["written_by"] == "0.41.0" and info["bytes"] == path.stat().st_size and info["findings"] == []
    store = next(store for store in info["stores"] if store["kind"] == "recording")
    assert store["recording_id"] == "robot_007" and store["application_id"] == "mutoscope_test"
    assert {"/camera", "/camera/image", "/speed", "/log"} <= set(store["entities"])
    frames = next(timeline for timeline in store["timelines"] if timeline["name"] == "frame")
    assert (frames["kind"], frames["min"], frames["max"]) == ("sequence", 0, 19)
    text = mutoscope("rrd", "info", path).stdout
    assert "robot_007" in text and "/camera/image" in text


def test_rrd_verify_of_damaged_files(mutoscope, robot_recordings, tmp_path):
    good, cut, overwritten, text = (tmp_path / name for name in ("good.rrd", "cut.rrd", "overwritten.rrd", "text.rrd"))
    for path in (good, cut):
        shutil.copy(robot_recordings / "robot_001.rrd", path)
    os.truncate(cut, cut.stat().st_size * 2 // 3)
    content = good.read_bytes()
    middle = len(content) // 3
    # Long enough to cover headers: one changed byte in the payload of an image has no checksum that could tell.
    overwritten.write_bytes(content[:middle] + bytes(4096) + content[middle + 4096 :])
    text.write_text("no recording")
    done = mutoscope("rrd", "verify", good, cut, overwritten, text, "--json")
    assert done.returncode == 1
    verdicts = {os.path.basename(file["file"]): file["ok"] for file in json.loads(done.stdout)}
    assert verdicts == {"good.rrd": True, "cut.rrd": False, "overwritten.rrd": False, "text.rrd": False}
    assert mutoscope("rrd", "verify", tmp_path / "missing.rrd").returncode == 1
