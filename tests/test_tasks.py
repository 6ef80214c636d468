"""Registrations as tasks: mixed outcomes, thousands of files, cancelling, and the same after a kill."""

import json
import os
import shutil

import grpc
import pyarrow as pa
import pytest

from model.arrow_values import record_batch
from model.data import Chunk, Column, Row
from support import rpc, sdk, wire
from support.paths import SCRIPTS
from support.rrd_writer import write_unfinished

ROBOTS = SCRIPTS / "robots.py"
MANY = 2000
RRD = 1


@pytest.fixture(scope="session")
def many_recordings(tmp_path_factory):
    """2,000 tiny recordings many_0000 …"""
    directory = tmp_path_factory.mktemp("many")
    batch = record_batch(Chunk("/a", {"frame": "sequence"}, [Column("/a", "x", "i64")], [Row(1, {"frame": 0}, {"x": [7]})]), 1)
    write_unfinished(directory / "many_0000.rrd", "mutoscope_test", "many_0000", [batch])
    content = (directory / "many_0000.rrd").read_bytes()
    for number in range(1, MANY):
        name = f"many_{number:04d}"
        (directory / f"{name}.rrd").write_bytes(content.replace(b"many_0000", name.encode()))
    return directory


@pytest.fixture(scope="session")
def conflicts(tmp_path_factory):
    directory = tmp_path_factory.mktemp("conflicts")
    sdk.run("0.41.0", SCRIPTS / "make_conflicts.py", directory)
    return directory


def table_of(part):
    """The rows of a dataframe part that was sent uncompressed or in LZ4 blocks."""
    payload = part.payload
    if part.compression == 2:
        payload = pa.decompress(payload, decompressed_size=part.uncompressed_size, codec="lz4_raw")
    return pa.ipc.open_stream(payload).read_all()


class Dataset:
    """Raw calls about one dataset."""

    def __init__(self, server, name):
        self.address = server.address
        found = wire.call(self.address, "FindEntries", filter={"name": name})
        entry = found.entries[0] if found.entries else wire.call(self.address, "CreateDatasetEntry", name=name).dataset.details
        self.header = [("x-rerun-entry-id", f"{entry.id.id.time_ns:016X}{entry.id.id.inc:016x}")]

    def call(self, method, **fields):
        request = wire.message(f"{method}Request")(**fields).SerializeToString()
        code, details, response = rpc.unary(self.address, f"{rpc.SERVICE}/{method}", request, self.header)
        assert code == grpc.StatusCode.OK, details
        return wire.message(f"{method}Response").FromString(response)

    def stream(self, method, **fields):
        with grpc.insecure_channel(self.address) as channel:
            call = channel.unary_stream(f"{rpc.SERVICE}/{method}")
            request = wire.message(f"{method}Request")(**fields).SerializeToString()
            return [wire.message(f"{method}Response").FromString(bytes_) for bytes_ in call(request, timeout=60, metadata=self.header)]

    def register_prefix(self, directory):
        """{segment: task}."""
        source = {"storage_url": directory.as_uri(), "typ": RRD, "prefix": True}
        rows = table_of(self.call("RegisterWithDataset", data_sources=[source], on_duplicate=1).data)
        return dict(zip(rows["rerun_segment_id"].to_pylist(), rows["rerun_task_id"].to_pylist()))

    def states(self, tasks, method="QueryTasks"):
        """{task: (status, message)}."""
        fields = {"ids": [{"id": task} for task in tasks]}
        answer = self.call(method, **fields) if method == "QueryTasks" else self.stream(method, timeout={"seconds": 60}, **fields)[0]
        rows = table_of(answer.data)
        return {row["task_id"]: (row["exec_status"], row["msgs"] or "") for row in rows.to_pylist()}

    def segments(self):
        messages = self.stream("ScanSegmentTable")
        return {segment for message in messages for segment in table_of(message.data)["rerun_segment_id"].to_pylist()}


def test_thousands_of_files_below_a_prefix(serve, many_recordings, version):
    arguments = ["--allow-path", many_recordings, "--register-wait", 0]
    server = serve(*arguments)
    answer = sdk.run_json(version, ROBOTS, "register", server.url, "many", many_recordings)
    names = [f"many_{number:04d}" for number in range(MANY)]
    assert answer == {"segments": names}
    assert Dataset(server, "many").segments() == set(names)
    server.kill()
    assert Dataset(serve(*arguments), "many").segments() == set(names)


def test_tasks_of_a_registration_that_nobody_waits_for(serve, many_recordings):
    server = serve("--allow-path", many_recordings, "--register-wait", 0)
    dataset = Dataset(server, "many")
    tasks = dataset.register_prefix(many_recordings)
    assert len(tasks) == len(set(tasks.values())) == MANY
    now = dataset.states(tasks.values())
    assert set(now) == set(tasks.values()) and {status for status, _ in now.values()} <= {"pending", "success"}
    finished = dataset.states(tasks.values(), "QueryTasksOnCompletion")
    assert set(finished) == set(tasks.values()) and set(finished.values()) == {("success", "")}
    server.kill()
    restarted = Dataset(serve("--allow-path", many_recordings), "many")
    assert restarted.states(tasks.values()) == finished
    assert restarted.segments() == set(tasks)


def test_what_is_cancelled_is_not_registered(serve, many_recordings):
    """How much is finished when the cancelling comes is open; whatever is said of a task holds for its segment."""
    arguments = ["--allow-path", many_recordings, "--register-wait", 0]
    server = serve(*arguments)
    dataset = Dataset(server, "many")
    tasks = dataset.register_prefix(many_recordings)
    dataset.call("CancelTasks", ids=[{"id": task} for task in tasks.values()])
    states = dataset.states(tasks.values())
    assert all(state == ("success", "") or (state[0] == "failed" and "cancelled" in state[1]) for state in states.values())
    visible = {segment for segment, task in tasks.items() if states[task][0] == "success"}
    assert dataset.segments() == visible
    server.stop()
    restarted = Dataset(serve(*arguments), "many")
    assert restarted.states(tasks.values()) == states
    assert restarted.segments() == visible
    again = restarted.register_prefix(many_recordings)  # skips what is there
    assert set(restarted.states(again.values(), "QueryTasksOnCompletion").values()) == {("success", "")}
    assert restarted.segments() == set(tasks)


def test_a_kill_while_tasks_are_pending(serve, many_recordings):
    arguments = ["--allow-path", many_recordings, "--register-wait", 0]
    server = serve(*arguments)
    tasks = Dataset(server, "many").register_prefix(many_recordings)
    server.kill()
    dataset = Dataset(serve(*arguments), "many")
    states = dataset.states(tasks.values())
    assert all(state == ("success", "") or (state[0] == "failed" and "stopped" in state[1]) for state in states.values())
    assert dataset.segments() == {segment for segment, task in tasks.items() if states[task][0] == "success"}


def test_good_and_bad_files_below_a_prefix(serve, robot_recordings, tmp_path, version):
    directory = tmp_path / "mixed"
    directory.mkdir()
    for number in range(3):
        shutil.copy(robot_recordings / f"robot_{number:03d}.rrd", directory)
    (directory / "text.rrd").write_text("this is no recording\n")
    server = serve("--allow-path", directory)
    sdk.run_json(version, ROBOTS, "register", server.url, "robots", directory / "robot_001.rrd")
    dataset = Dataset(server, "robots")
    source = {"storage_url": directory.as_uri(), "typ": RRD, "prefix": True}
    rows = table_of(dataset.call("RegisterWithDataset", data_sources=[source], on_duplicate=3).data).to_pylist()
    tasks = {row["rerun_segment_id"]: row["rerun_task_id"] for row in rows}
    for _ in ("now", "after a restart"):
        states = {segment: dataset.states([task])[task] for segment, task in tasks.items()}
        assert {segment: status for segment, (status, _) in states.items()} == {
            "robot_000": "success", "robot_001": "failed", "robot_002": "success", "text.rrd": "failed"
        }
        assert "already" in states["robot_001"][1] and "text.rrd" in states["text.rrd"][1]
        assert dataset.segments() == {"robot_000", "robot_001", "robot_002"}
        server.stop()
        server = serve("--allow-path", directory)
        dataset = Dataset(server, "robots")


@pytest.mark.parametrize(("first", "second", "what"), [("number", "text", "value"), ("sequence", "clock", "step")])
def test_a_type_conflict_names_both_files(serve, conflicts, version, first, second, what):
    server = serve("--allow-path", conflicts)
    for dataset, calls in (("together", [[first, second]]), ("one by one", [[first], [second]])):
        data = Dataset(server, dataset)
        for names in calls:
            sources = [{"storage_url": (conflicts / f"{name}.rrd").as_uri(), "typ": RRD} for name in names]
            rows = table_of(data.call("RegisterWithDataset", data_sources=sources, on_duplicate=3).data).to_pylist()
        status, message = data.states([rows[-1]["rerun_task_id"]])[rows[-1]["rerun_task_id"]]
        assert status == "failed"
        assert f"{first}.rrd" in message and f"{second}.rrd" in message and what in message, message
    answer = sdk.run_json(version, ROBOTS, "register", server.url, "one by one", conflicts / f"{second}.rrd")
    assert answer["error"] == "ValueError" and f"{first}.rrd" in answer["message"], answer


def test_registering_again_after_a_file_has_changed(serve, robot_recordings, tmp_path, version):
    directory = tmp_path / "changing"
    directory.mkdir()
    path = directory / "robot_000.rrd"
    shutil.copy(robot_recordings / path.name, path)
    server = serve("--allow-path", directory)
    sdk.run_json(version, ROBOTS, "register", server.url, "robots", path)
    sdk.run(
        "0.41.0", SCRIPTS / "make_robots.py", tmp_path / "longer", "--recordings", 1, "--frames", 35,
    )
    os.replace(tmp_path / "longer" / path.name, path)
    changed = sdk.run_json(version, ROBOTS, "read", server.url, "robots", "robot_000")
    assert str(path) in changed["message"] and "register" in changed["message"], json.dumps(changed)
    sdk.run_json(version, ROBOTS, "register", server.url, "robots", path, "--on-duplicate", "replace")
    assert sdk.run_json(version, ROBOTS, "check", server.url, "robots") == {"robot_000": 35}
    server.kill()
    assert sdk.run_json(version, ROBOTS, "check", serve("--allow-path", directory).url, "robots") == {"robot_000": 35}
