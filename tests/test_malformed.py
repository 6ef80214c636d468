"""Requests that no client would send: every one gets a status; nothing crashes, hangs, leaks, or touches what it should not."""

import json
import os
import socket
import struct
import subprocess
import sys

import grpc
import pytest

from differential import protos
from differential.wire import Connection
from support import sdk
from support.paths import SCRIPTS, TESTS

REQUESTS = int(os.environ.get("MUTOSCOPE_MALFORMED_REQUESTS", 100_000))
PROCESSES = 2
MEMORY_GROWTH_MAX = 200 << 20
STATUSES_OF_A_FAULT = ("UNKNOWN", "UNAVAILABLE", "DEADLINE_EXCEEDED", "INTERNAL")
JUNK = [
    b"", b"\0" * 1000, b"GET", b"GET / HTTP/1.1\r\n", b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n", b"PUT /upload/x HTTP/1.1\r\ncontent-length: 99999999999\r\n\r\n",
    b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", b"PUT /upload/x HTTP/1.1\r\ncontent-length: -5\r\n\r\n", b"\x16\x03\x01\x02\x00\x01" + b"\0" * 500,
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\xff" * 4000, b"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0" + b"\xff\xff\xff\1\x25\0\0\0\1", b"POST /a HTTP/1.1\r\ncontent-type: application/grpc-web\r\ncontent-length: 5\r\n\r\n\0\xff\xff\xff\xff",
]


def answer_of(connection, method, request, entry):
    running = connection.call(method, protos.build(f"{protos.CLOUD}.{method}Request", request).SerializeToString(), [("x-rerun-entry-id", entry)])
    answers = list(running) if protos.methods()[method].server_streaming else [running.result()]
    return [answer.SerializeToString(deterministic=True) for answer in answers]


def entry_text(answer):
    entry = answer.dataset.details.id if hasattr(answer, "dataset") else answer.table.details.id
    return f"{entry.id.time_ns:016X}{entry.id.inc:016x}"


class Target:
    """A server with a dataset that must come through, and some to be tried on."""

    def __init__(self, server, recording):
        self.connection = Connection(server.address)
        create = lambda name: entry_text(self.call("CreateDatasetEntry", {"name": name}))
        self.kept = create("kept")
        self.victims = [create("robots"), create("victim")]
        for entry in (self.kept, *self.victims):
            self.call("RegisterWithDataset", {"data_sources": [{"storage_url": recording.as_uri(), "typ": 1}]}, entry)
        self.recording = recording

    def call(self, method, request, entry=None):
        content = protos.build(f"{protos.CLOUD}.{method}Request", request).SerializeToString()
        return self.connection.call(method, content, [("x-rerun-entry-id", entry)] if entry else []).result()

    def kept_answers(self):
        calls = [("ScanSegmentTable", {}), ("GetDatasetSchema", {}), ("ScanDatasetManifest", {}), ("ReadDatasetEntry", {}),
                 ("QueryDataset", {"select_all_entity_paths": True})]
        return [answer_of(self.connection, method, request, self.kept) for method, request in calls]

    def known(self):
        from differential import arrow

        content = protos.build(f"{protos.CLOUD}.QueryDatasetRequest", {"select_all_entity_paths": True}).SerializeToString()
        first = next(iter(self.connection.call("QueryDataset", content, [("x-rerun-entry-id", self.kept)])))
        table = arrow.read_part(first.data)
        segments = table.column("chunk_segment_id").to_pylist()[:1]
        texts = ["robots", self.recording.as_uri(), str(self.recording.parent), "frame", "log_tick", *segments]
        return {"entries": self.victims, "segments": [*segments, "", "nobody"], "texts": texts, "columns": table.schema.names,
                "chunk_key": table.column("chunk_key")[0].as_py().hex()}


@pytest.fixture
def recording(tmp_path):
    sdk.run("0.41.0", SCRIPTS / "make_robots.py", tmp_path / "robots", "--recordings", 1)
    return next((tmp_path / "robots").glob("*.rrd"))


def run_senders(address, known_file, requests, seed):
    """Outcomes of all senders: [method, status, count]."""
    command = [sys.executable, "-m", "malformed.senders", address]
    senders = [
        subprocess.Popen([*command, str(seed + number), str(requests // PROCESSES), str(known_file)], cwd=TESTS, stdout=subprocess.PIPE, text=True)
        for number in range(PROCESSES)
    ]
    outputs = [sender.communicate(timeout=1200)[0] for sender in senders]
    assert [sender.returncode for sender in senders] == [0] * PROCESSES
    return [outcome for output in outputs for outcome in json.loads(output)]


def is_fault(method, status, _):
    """Of the server, not of the request. FetchChunks says INTERNAL of data that do not decode, as the stock servers do."""
    if method == "FetchChunks" and (status.startswith("INTERNAL FetchChunks: chunk_infos: ") or status == "WEB 13"):
        return False
    return status.split()[0] in STATUSES_OF_A_FAULT or status in ("WEB 2", "WEB 13", "WEB 14", "WEB no status")


def resident_bytes(pid):
    with open(f"/proc/{pid}/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def open_files(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def send_junk(address):
    """Bytes that are no protocol of ours, cut off by closing."""
    host, port = address.split(":")
    for junk in JUNK * 20:
        with socket.create_connection((host, int(port)), timeout=20) as connection:
            connection.sendall(junk)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def test_every_malformed_request_gets_a_status_and_nothing_else_changes(serve, recording, tmp_path):
    server = serve("--allow-path", recording.parent)
    target = Target(server, recording)
    kept = target.kept_answers()
    known_file = tmp_path / "known.json"
    known_file.write_text(json.dumps(target.known()))

    outcomes = run_senders(server.address, known_file, max(PROCESSES, REQUESTS // 5), seed=1)  # fills what is kept in memory
    resident, files = resident_bytes(server.pid), open_files(server.pid)
    outcomes += run_senders(server.address, known_file, REQUESTS - REQUESTS // 5, seed=100)
    send_junk(server.address)

    assert server.running(), server.log_tail()
    assert sum(count for _, _, count in outcomes) >= REQUESTS - PROCESSES
    assert not [outcome for outcome in outcomes if is_fault(*outcome)]
    assert {method for method, _, _ in outcomes} == {method.name for _, method in protos.every_method()}
    assert target.kept_answers() == kept
    target.connection.close()
    assert resident_bytes(server.pid) - resident < MEMORY_GROWTH_MAX
    assert open_files(server.pid) < files + 64
    assert server.stop() == 0

    again = serve(data=server.data)
    connection = Connection(again.address)
    assert answer_of(connection, "ScanSegmentTable", {}, target.kept) == kept[0]
    connection.close()


def test_messages_that_are_too_long_get_a_status(serve, recording):
    server = serve("--allow-path", recording.parent)
    target = Target(server, recording)
    long = "x" * (40 << 20)
    before = resident_bytes(server.pid)
    for method, request in [("CreateDatasetEntry", {"name": long}), ("FindEntries", {"filter": {"name": long}}),
                            ("RegisterWithDataset", {"data_sources": [{"storage_url": "file:///" + long, "typ": 1}]}),
                            ("QueryDataset", {"entity_paths": [{"path": long}]}), ("FetchChunks", {"chunk_infos": [{"encoder_version": 1, "payload": long.encode()}]})]:
        content = protos.build(f"{protos.CLOUD}.{method}Request", request).SerializeToString()
        running = target.connection.call(method, content, [("x-rerun-entry-id", target.victims[0])])
        try:
            list(running) if protos.methods()[method].server_streaming else running.result()
        except grpc.RpcError as error:
            assert error.code().name in ("INVALID_ARGUMENT", "RESOURCE_EXHAUSTED", "NOT_FOUND", "INTERNAL")
    assert server.running()
    target.connection.close()
    assert resident_bytes(server.pid) - before < 10 * len(long)  # what malloc keeps of a few of them
