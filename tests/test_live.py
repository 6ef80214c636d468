"""Live streams: stock SDKs record through `rr.connect_grpc`, others query and view meanwhile."""

import http.client
import json
import re
import select
import subprocess
import time

import grpc
import pytest

from support import live, rpc, sdk
from support.live import ACTIVATION, CHUNK, INFO, field
from support.paths import SCRIPTS, SDK_PYTHON, SDK_VERSIONS
from support.viewer import free_port


@pytest.fixture
def record(serve):
    """A server that records into the dataset `live`; again on the same data after a stop."""
    return lambda *arguments, **options: serve("--record-to", "live", *arguments, **options)


def query(version, server, *until, dataset="live"):
    arguments = ["--until", *until] if until else []
    return sdk.run_json(version, SCRIPTS / "live_query.py", server.url, dataset, *arguments)


def expected(first, count):
    return {"frames": list(range(first, first + count)), "speeds": [frame * 0.25 for frame in range(first, first + count)]}


def metric(server, name):
    return float(re.search(rf"^{name} (\S+)$", server.get("/metrics")[1], re.MULTILINE)[1])


def until(condition, timeout_s=30.0):
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "condition did not come true"
        select.select([], [], [], 0.02)


def test_queries_see_what_is_being_recorded(record, version, mutoscope):
    server = record()
    with live.Logger(version, server.url, "robot one") as logger:
        logger("extras")
        logger("rows", 0, 10)
        logger("flush")
        for reader in SDK_VERSIONS:
            assert query(reader, server, "robot one", 10) == {"robot one": expected(0, 10)}, "the SDK is still connected"
        logger("rows", 10, 15)
        logger("flush")
        assert query(version, server, "robot one", 25) == {"robot one": expected(0, 25)}
        assert logger.end() == 0
    answer = mutoscope("query", "live", "--url", server.url, "--index", "frame", "--format", "json")
    assert answer.returncode == 0, answer.stderr
    assert [row["/speed:Scalars:scalars"] for row in json.loads(answer.stdout)] == [[frame * 0.25] for frame in range(25)]


def test_all_is_there_when_the_client_has_ended(record, serve, version):
    """The SDK waits for the answer of its stream: then a query sees everything, after a restart too."""
    server = record()
    with live.Logger(version, server.url, "r") as logger:
        logger("rows", 0, 200)
        assert logger.end() == 0
    until(lambda: metric(server, "mutoscope_live_streams") == 0)
    assert query(version, server) == {"r": expected(0, 200)}
    assert server.stop() == 0
    assert query(version, serve()) == {"r": expected(0, 200)}


def test_several_clients_at_once(record):
    server = record()
    loggers = [live.Logger(version, server.url, f"{version}_{n}") for version in SDK_VERSIONS for n in range(2)]
    for step in range(3):
        for logger in loggers:
            logger("rows", 20 * step, 20)
    assert [logger.end() for logger in loggers] == [0] * 4
    until(lambda: metric(server, "mutoscope_live_streams") == 0)
    assert query("0.41.0", server) == {f"{version}_{n}": expected(0, 60) for version in SDK_VERSIONS for n in range(2)}


def test_two_clients_write_the_same_recording(record):
    server = record()
    with live.Logger("0.36.3", server.url, "shared") as one, live.Logger("0.41.0", server.url, "shared") as two:
        one("rows", 0, 30)
        two("rows", 30, 30)
        assert (one.end(), two.end()) == (0, 0)
    until(lambda: metric(server, "mutoscope_live_streams") == 0)
    assert query("0.41.0", server) == {"shared": expected(0, 60)}


def test_kill_in_the_middle_loses_nothing_that_was_synced(record, version):
    server = record()
    with live.Logger(version, server.url, "r") as logger:
        logger("rows", 0, 50)
        logger("flush")
        assert query(version, server, "r", 50) == {"r": expected(0, 50)}
        logger("rows", 50, 10)  # of these any number may be there
        server.kill()
        server = record()
        answer = query(version, server)["r"]
        assert answer == expected(0, len(answer["frames"])) and len(answer["frames"]) >= 50
        logger("reconnect", f"{server.url}/proxy")
        logger("rows", 100, 20)
        assert logger.end() == 0
    until(lambda: metric(server, "mutoscope_live_streams") == 0)
    assert query(version, server)["r"]["frames"][-20:] == list(range(100, 120)), "the recording goes on in the same segment"
    recordings = list((server.data / "recordings").rglob("*.rrd"))
    assert len(recordings) == 1, "and in the same file"


def test_a_torn_last_message_is_cut_off(record):
    """What a power cut leaves: whole messages, then half a one."""
    server = record()
    with live.Logger("0.41.0", server.url, "r") as logger:
        logger("rows", 0, 5)
        logger("flush")
        query("0.41.0", server, "r", 5)
        server.kill()
        path, = (server.data / "recordings").rglob("*.rrd")
        with open(path, "ab") as file:
            file.write((2).to_bytes(8, "little") + (1000).to_bytes(8, "little") + bytes(10))
        server = record()
        assert query("0.41.0", server) == {"r": expected(0, 5)}
        logger("reconnect", f"{server.url}/proxy")
        logger("rows", 5, 5)
        assert logger.end() == 0
    until(lambda: metric(server, "mutoscope_live_streams") == 0)
    assert query("0.41.0", server) == {"r": expected(0, 10)}


def of_recording(messages, recording):
    return [message.bytes for message in messages if message.recording == recording]


def test_viewers_get_history_and_then_live_data(record, version):
    """A late reader gets, recording by recording, exactly the messages that an early one got."""
    server = record()
    with live.Reader(server.address) as early, live.Logger(version, server.url, "r") as logger:
        logger("extras")
        logger("rows", 0, 10)
        logger("blueprint")
        logger("flush")
        seen = early.take(lambda messages: messages and messages[-1].kind == ACTIVATION)
        blueprint = seen[-1].recording
        with live.Reader(server.address) as late:
            count = lambda recording: len(of_recording(seen, recording))
            history = late.take(lambda m: len(m) == len(seen))
            kinds = [message.kind for message in history]
            assert kinds[0] == INFO and set(message.recording for message in history[:2]) == {"r", blueprint}, "announcements come first"
            for recording in ("r", blueprint):
                assert of_recording(history, recording) == of_recording(seen, recording)
                assert count(recording) > 1
            logger("rows", 10, 10)
            logger("flush")
            new = late.take(lambda m: sum(message.kind == CHUNK for message in m) >= 1)
            same = early.take(lambda m: len(m) >= len(new))
            assert [m.bytes for m in new] == [m.bytes for m in same[: len(new)]]


def stock_proxy_messages(version, tmp_path, log):
    """What a late reader gets of the stock message proxy after `log(url)`."""
    port = free_port()
    program = SDK_PYTHON[version].rsplit("/", 1)[0] + "/rerun"
    with open(tmp_path / "proxy.log", "w") as out:
        process = subprocess.Popen(
            [program, "--serve-grpc", "--bind", "127.0.0.1", "--port", str(port)], env=sdk.ENVIRONMENT, stdout=out, stderr=out
        )
    try:
        channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        grpc.channel_ready_future(channel).result(timeout=30)
        channel.close()
        return log(f"127.0.0.1:{port}")
    finally:
        process.terminate()
        process.wait(20)


def test_a_late_reader_gets_what_the_stock_proxy_gives(record, version, tmp_path):
    """The same messages go to both proxies; each gives them back, announcements first, the same for each recording."""

    def exchange(address, messages):
        assert live.write(address, messages)[0] == grpc.StatusCode.OK
        with live.Reader(address) as reader:
            return reader.take(lambda m: len(m) == len(messages))

    server = record()
    with live.Reader(server.address) as reader, live.Logger(version, server.url, "r") as logger:
        logger("extras")
        logger("rows", 0, 10)
        logger("blueprint")
        assert logger.end() == 0
        messages = reader.take(lambda m: m and m[-1].kind == ACTIVATION)
        # All that belongs to the recording, which may come after the blueprint.
        until(lambda: metric(server, "mutoscope_live_streams") == 0)
        messages += reader.take(lambda m: len(messages) + len(m) == metric(server, "mutoscope_live_messages_total"))
    stock = stock_proxy_messages(version, tmp_path, lambda address: exchange(address, [m.bytes for m in messages]))
    other = record(data=tmp_path / "other")
    ours = exchange(other.address, [m.bytes for m in messages])
    for recording in {m.recording for m in messages}:
        key = lambda m: (m.kind, m.chunk_id)
        of = lambda them: sorted(key(m) for m in them if m.recording == recording and m.kind == CHUNK)
        assert of(ours) == of(stock) == of(messages)
    assert ours[0].kind == stock[0].kind == INFO
    assert {m.recording for m in ours} == {m.recording for m in stock}


def test_a_stalled_reader_does_not_slow_the_recording_down(record):
    """One reader never reads; 100 MB go through, and a reader that reads gets them all."""
    server = record()
    with live.Reader(server.address, window_bytes=16 << 10) as stalled, live.Logger("0.41.0", server.url, "r") as logger:
        next(stalled.call)
        memory = metric(server, "process_resident_memory_bytes")
        logger("blobs", 100, 1 << 20)
        assert logger.end() == 0
        until(lambda: metric(server, "mutoscope_live_streams") == 0)
        assert metric(server, "mutoscope_live_bytes_total") > 100 << 20
        with live.Reader(server.address) as reader:
            total = int(metric(server, "mutoscope_live_messages_total"))
            assert len(reader.take(lambda m: len(m) == total)) == total
        assert metric(server, "process_resident_memory_bytes") < memory + (80 << 20), "nothing queues up for the stalled reader"


def test_blueprints_are_kept_and_can_be_the_default(record, version):
    server = record()
    with live.Logger(version, server.url, "r") as logger:
        logger("rows", 0, 5)
        logger("blueprint")
        assert logger.end() == 0
    until(lambda: metric(server, "mutoscope_live_streams") == 0)
    script = "import sys, json; from rerun.catalog import CatalogClient; d = CatalogClient(sys.argv[1]).get_dataset('live'); " \
             "print(json.dumps([d.default_blueprint(), list(d.blueprints())]))"
    path = server.data.parent / "blueprints.py"
    path.write_text(script)
    default, blueprints = sdk.run_json(version, path, server.url)
    assert default is not None and default in blueprints


def test_unregistering_a_segment_that_is_being_recorded(record, version, mutoscope):
    """It is gone with its file; what comes afterwards begins anew, announcement and all."""
    server = record()
    with live.Logger(version, server.url, "r") as logger:
        logger("rows", 0, 5)
        logger("flush")
        query(version, server, "r", 5)
        done = mutoscope("unregister", "live", "--url", server.url, "--segment", "r")
        assert done.returncode == 0, done.stderr
        assert query(version, server) == {}
        logger("rows", 5, 5)
        assert logger.end() == 0
    until(lambda: metric(server, "mutoscope_live_streams") == 0)
    assert query(version, server) == {"r": expected(5, 5)}
    assert len(list((server.data / "recordings").rglob("*.rrd"))) == 1


def test_a_segment_of_the_users_own_file_is_not_replaced(record, robot_recordings, mutoscope):
    server = record("--allow-path", robot_recordings)
    registered = mutoscope("register", "live", robot_recordings / "robot_000.rrd", "--url", server.url)
    assert registered.returncode == 0, registered.stderr
    with live.Logger("0.41.0", server.url, "robot_000") as logger:
        logger("rows", 1000, 5)
        assert logger.end() == 0
    until(lambda: metric(server, "mutoscope_live_streams") == 0)
    frames = query("0.41.0", server)["robot_000"]["frames"]
    assert frames[0] == 0 and frames[-5:] == list(range(1000, 1005)), "a layer besides"


BAD_MESSAGES = {
    "no log message": (None, "without a log message"),
    "no content": (b"", "without content"),
    "no store": (field(2, field(4, 1)), "recording id"),
    "unknown compression": (field(2, field(1, live.store_id("bad")) + field(2, 9) + field(4, 1) + field(5, b"x")), "bad"),
    "unknown encoding": (field(2, field(1, live.store_id("bad")) + field(2, 1) + field(4, 7) + field(5, b"x")), "bad"),
    "damaged LZ4": (field(2, field(1, live.store_id("bad")) + field(2, 2) + field(3, 100) + field(4, 1) + field(5, b"\xff" * 50)), "bad"),
    "expands too much": (field(2, field(1, live.store_id("bad")) + field(2, 2) + field(3, 1 << 40) + field(4, 1) + field(5, b"x" * 50)), "bad"),
    "no chunk": (field(2, field(1, live.store_id("bad")) + field(2, 1) + field(3, 7) + field(4, 1) + field(5, b"garbage")), "bad"),
    "activation of a recording": (field(3, field(1, live.store_id("bad")) + field(3, 1)), "no blueprint"),
}


def test_bad_messages_end_their_own_stream_only(record):
    server = record()
    with live.Logger("0.41.0", server.url, "good") as logger:
        logger("rows", 0, 5)
        for name, (message, text) in BAD_MESSAGES.items():
            code, details = live.write(server.address, [message])
            assert code == grpc.StatusCode.INVALID_ARGUMENT and text in details, (name, code, details)
        logger("rows", 5, 5)
        assert logger.end() == 0
    until(lambda: metric(server, "mutoscope_live_streams") == 0)
    assert query("0.41.0", server) == {"good": expected(0, 10)}


def test_without_the_option_the_proxy_says_how_to_get_it(serve):
    server = serve()
    assert live.write(server.address, [b""])[0] == grpc.StatusCode.FAILED_PRECONDITION
    with pytest.raises(grpc.RpcError) as error, live.Reader(server.address) as reader:
        next(reader.call)
    assert error.value.code() == grpc.StatusCode.FAILED_PRECONDITION and "--record-to" in error.value.details()
    code, details, _ = rpc.unary(server.address, f"{live.SERVICE}/WriteTable")
    assert code == grpc.StatusCode.FAILED_PRECONDITION and "--record-to" in details


def test_streams_end_promptly_when_the_server_stops(record):
    """A client that is connected, a reader that waits and one that is stalled: none of them gets the grace of 10 s."""
    server = record()
    with (
        live.Logger("0.41.0", server.url, "r") as logger,
        live.Reader(server.address) as reader,
        live.Reader(server.address, window_bytes=16 << 10) as stalled,
    ):
        logger("blobs", 20, 1 << 20)
        logger("flush")
        next(stalled.call)
        until(lambda: metric(server, "mutoscope_live_bytes_total") > 20 << 20)
        begin = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - begin < 5
        assert sum(1 for _ in until_its_end(reader)) > 0
    server = record()
    assert query("0.41.0", server).keys() == {"r"}


def until_its_end(reader):
    try:
        yield from reader
    except grpc.RpcError as error:
        assert error.code() in (grpc.StatusCode.CANCELLED, grpc.StatusCode.UNAVAILABLE)


def test_a_full_disk_ends_the_stream_and_keeps_the_rest(record, version):
    """A file size limit stands for it."""
    server = record(file_bytes_max=8 << 20)
    with live.Logger(version, server.url, "small") as logger:
        logger("rows", 0, 5)
        assert logger.end() == 0
    with live.Reader(server.address) as reader, live.Logger("0.41.0", server.url, "large") as logger:
        logger("blobs", 6, 1 << 20)
        logger("flush")
        messages = reader.take(lambda m: sum(len(message.bytes) for message in m if message.recording == "large") >= 6 << 20)
    chunk = max((m for m in messages if m.recording == "large"), key=lambda m: len(m.bytes))
    code, details = live.write(server.address, [chunk.bytes] * 8)
    assert code == grpc.StatusCode.RESOURCE_EXHAUSTED and ".rrd" in details, (code, details)
    server.stop()
    assert {"small", "large"} == query(version, record()).keys()


def test_tables_are_kept_for_viewers(record):
    """The latest of each id, then what comes."""
    server = record()
    put = lambda name, size: rpc.unary(
        server.address, f"{live.SERVICE}/WriteTable", field(1, field(1, name)) + field(2, field(1, 1) + field(2, bytes([65]) * size))
    )
    for name, size in ((b"a", 10), (b"b", 20), (b"a", 30)):
        assert put(name, size)[0] == grpc.StatusCode.OK
    assert rpc.unary(server.address, f"{live.SERVICE}/WriteTable")[0] == grpc.StatusCode.INVALID_ARGUMENT
    with grpc.insecure_channel(server.address, options=live.UNLIMITED) as channel:
        call = channel.unary_stream(f"{live.SERVICE}/ReadTables")(b"", timeout=30)
        name_and_size = lambda response: (dict(live.fields(dict(live.fields(response))[1]))[1],
                                          len(dict(live.fields(dict(live.fields(response))[2]))[2]))
        assert [name_and_size(next(call)) for _ in range(2)] == [(b"b", 20), (b"a", 30)]
        put(b"c", 40)
        assert name_and_size(next(call)) == (b"c", 40)
        call.cancel()


def test_the_web_viewer_reads_over_grpc_web(record):
    server = record()
    with live.Logger("0.41.0", server.url, "r") as logger:
        logger("rows", 0, 5)
        assert logger.end() == 0
    until(lambda: metric(server, "mutoscope_live_streams") == 0)
    with live.Reader(server.address) as reader:
        count = int(metric(server, "mutoscope_live_messages_total"))
        native = [m.bytes for m in reader.take(lambda m: len(m) == count)]
    connection = http.client.HTTPConnection(server.address, timeout=20)
    connection.request("POST", f"{live.SERVICE}/ReadMessages", rpc.grpc_web_frame(), {"content-type": "application/grpc-web+proto"})
    response = connection.getresponse()
    assert response.status == 200
    web = []
    while len(web) < count:
        head = response.read(5)
        web.append(live.Message(response.read(int.from_bytes(head[1:], "big"))).bytes)
    connection.close()
    assert web == native
