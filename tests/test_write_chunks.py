"""WriteChunks (redap.md §1.2): chunks sent one by one become recordings of the server's own. The 0.36.3 server is the oracle."""

import pathlib
import subprocess
import threading
import urllib.parse

import grpc
import pytest
from support import chunks, sdk
from support.paths import SCRIPTS
from support.servers import StockServer
from test_lifecycle import until

SEGMENTS = SCRIPTS / "segments.py"
OK = grpc.StatusCode.OK
INVALID = grpc.StatusCode.INVALID_ARGUMENT


def client(version, task, url, *arguments):
    return sdk.run_json(version, SEGMENTS, task, url, "written", *arguments)


def recordings(server):
    """Files of the server's own, names only."""
    return sorted(path.name for path in (server.data / "recordings").rglob("*") if path.is_file())


@pytest.fixture
def server(serve):
    server = serve()
    chunks.create_dataset(server.address, "written")
    return server


@pytest.fixture(scope="module")
def stock():
    with StockServer("0.36.3") as server:
        server.address = urllib.parse.urlsplit(server.url.removeprefix("rerun+")).netloc
        chunks.create_dataset(server.address, "written")
        yield server


def good_stream():
    """Two segments, mixed; temporal and static; one chunk twice; one with the old key."""
    twice = chunks.chunk("/a", "one", [1, 2])
    contents = [
        twice,
        chunks.chunk("/b", "two", [7]),
        chunks.chunk("/b", "one", [2, 3], key="rerun:partition_id"),
        twice,
        chunks.chunk("/s", "two", None, [5.0]),
    ]
    return [chunks.request(content) for content in contents]


def test_as_the_stock_server_does(server, stock, version):
    answers = []
    stream = good_stream()
    for target in (server, stock):
        assert chunks.write(target.address, "written", stream) in [(OK, ""), (grpc.StatusCode.ALREADY_EXISTS, "Layer 'base' already exists")]
        answer = client(version, "read", target.url)
        answers.append({segment: answer[segment] for segment in ("one", "two")})
        assert all(segment.pop("urls") for segment in answer.values())
    assert answers[0] == answers[1]
    assert answers[0]["one"]["layers"] == ["base"]
    assert (answers[0]["one"]["chunks"], answers[0]["one"]["times"]) == (2, [1, 3])
    assert [time for time, _ in answers[0]["one"]["rows"]] == [1, 2, 3]
    assert answers[0]["two"]["rows"] == [[7, {"/b:foo": [7.0], "/s:foo": [5.0]}]]


def test_a_segment_is_written_once(server, stock):
    for target in (server, stock):
        chunks.write(target.address, "written", [chunks.request(chunks.chunk("/a", "once", [1]))])
        code, details = chunks.write(target.address, "written", [chunks.request(chunks.chunk("/a", "once", [2]))])
        assert code == grpc.StatusCode.ALREADY_EXISTS and "base" in details
    assert len(recordings(server)) == 1


# What ours says of a stream that is wrong. The stock server refuses the same ones, most of them as INTERNAL.
WRONG = {
    "no chunk": (lambda: b"", "no chunk"),
    "no payload": (lambda: chunks.request(None), "no payload"),
    "no segment": (lambda: chunks.request(chunks.chunk("/a", None, [1])), "rerun:segment_id"),
    "encoder 0": (lambda: chunks.request(chunks.chunk("/a", "x", [1]), 0), "encoder_version"),
    "encoder 2": (lambda: chunks.request(chunks.chunk("/a", "x", [1]), 2), "encoder_version"),
    "no Arrow": (lambda: chunks.request(b"hello, this is no Arrow"), "chunk 1 of the stream"),
    "cut": (lambda: chunks.request(chunks.chunk("/a", "x", [1])[:-100]), "chunk 1 of the stream"),
    "no chunk id": (lambda: chunks.request(chunks.chunk("/a", "x", [1], metadata={"rerun:id": None})), "rerun:id"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_chunk_ends_the_stream_and_nothing_remains(server, stock, case):
    make, expected = WRONG[case]
    for target in (server, stock):
        code, details = chunks.write(target.address, "written", [chunks.request(chunks.chunk("/a", "good first", [1])), make()])
        assert code in (INVALID, grpc.StatusCode.INTERNAL) and details
        if target is server:
            assert code == INVALID and expected in details
    assert recordings(server) == []


def test_an_empty_segment_id_is_refused(server):
    code, details = chunks.write(server.address, "written", [chunks.request(chunks.chunk("/a", "", [1]))])
    assert code == INVALID and "empty" in details


def test_an_empty_stream_writes_nothing(server, stock):
    for target in (server, stock):
        assert chunks.write(target.address, "written", [])[0] == OK
    assert recordings(server) == []


def test_an_unknown_dataset(server, stock):
    for target in (server, stock):
        code, _ = chunks.write(target.address, "nobody", [chunks.request(chunks.chunk("/a", "x", [1]))])
        assert code == grpc.StatusCode.NOT_FOUND


def test_a_datatype_that_the_dataset_has_otherwise(server, stock):
    """All or nothing: the good segment of the same stream is not there either."""
    import pyarrow as pa

    text = pa.list_(pa.field("item", pa.utf8(), True))
    for target in (server, stock):
        assert chunks.write(target.address, "written", [chunks.request(chunks.chunk("/typed", "typed", [1]))])[0] == OK
        stream = [
            chunks.request(chunks.chunk("/other", "good too", [1])),
            chunks.request(chunks.chunk("/typed", "conflict", [1], ["x"], datatype=text)),
        ]
        code, _ = chunks.write(target.address, "written", stream)
        assert code == INVALID
    assert list(client("0.41.0", "read", server.url)) == ["typed"]
    assert len(recordings(server)) == 1
    # In one segment the second chunk is refused as it comes.
    stream = [chunks.request(chunks.chunk("/c", "self", [1])), chunks.request(chunks.chunk("/c", "self", [2], ["x"], datatype=text))]
    code, details = chunks.write(server.address, "written", stream)
    assert code == INVALID and "/c:foo" in details and "chunk 1" in details


def test_unsorted_rows_are_sorted(server, version):
    """The stock server refuses them ("Chunks must be sorted before insertion"), or believes a flag that lies."""
    first, second = chunks.new_id(), chunks.new_id()
    for segment, flag in (("honest", False), ("lying", True)):
        content = chunks.chunk("/a", segment, [5, 4], [50.0, 40.0], row_ids=[second, first], sorted_flag=flag)
        assert chunks.write(server.address, "written", [chunks.request(content)])[0] == OK
    answer = client(version, "read", server.url)
    for segment in ("honest", "lying"):
        assert answer[segment]["rows"] == [[4, {"/a:foo": [40.0]}], [5, {"/a:foo": [50.0]}]]


def test_what_was_answered_survives_a_kill(serve, server, version):
    assert chunks.write(server.address, "written", good_stream())[0] == OK
    server.kill()
    again = serve()
    answer = client(version, "read", again.url)
    assert sorted(answer) == ["one", "two"] and len(answer["one"]["rows"]) == 3
    assert len(recordings(again)) == 2


def test_the_files_are_recordings_that_rerun_reads(server, version):
    assert chunks.write(server.address, "written", good_stream())[0] == OK
    rerun = pathlib.Path(sdk.SDK_PYTHON[version]).parent / "rerun"
    for path in (server.data / "recordings").rglob("*.rrd"):
        answer = subprocess.run([rerun, "rrd", "verify", path], env=sdk.ENVIRONMENT, capture_output=True, text=True)
        assert answer.returncode == 0 and "1 file verified" in answer.stdout + answer.stderr, answer
    paths = sorted((server.data / "recordings").rglob("*.rrd"))
    with StockServer(version) as other:
        chunks.create_dataset(urllib.parse.urlsplit(other.url.removeprefix("rerun+")).netloc, "written")
        assert client(version, "register", other.url, *paths) == ["one", "two"]
        theirs, ours = client(version, "read", other.url), client(version, "read", server.url)
    for answer in (theirs, ours):
        assert all(segment.pop("urls") for segment in answer.values())
    assert theirs == ours


def test_a_client_that_goes_away_leaves_nothing(server):
    """It cancels once the first segment lies on the disk."""
    gone = threading.Event()

    def requests():
        yield from chunks.many("abandoned", 20, 1000)
        gone.wait(60)

    with grpc.insecure_channel(server.address) as channel:
        call = channel.stream_unary(chunks.PATH).future(requests(), metadata=[("x-rerun-entry-name-bin", b"written")])
        until(lambda: recordings(server) and (next((server.data / "recordings").rglob("*.rrd"))).stat().st_size > 100_000)
        call.cancel()
        gone.set()
    until(lambda: recordings(server) == [])
    assert client("0.41.0", "read", server.url) == {}


def test_what_a_killed_server_was_writing_is_removed_at_the_next_start(serve, server):
    assert chunks.write(server.address, "written", [chunks.request(chunks.chunk("/a", "whole", [1]))])[0] == OK
    (server.data / "recordings" / "notes.txt").write_text("the user's own")
    gone = threading.Event()

    def requests():
        yield from chunks.many("unfinished", 20, 1000)
        gone.wait(60)

    with grpc.insecure_channel(server.address) as channel:
        call = channel.stream_unary(chunks.PATH).future(requests(), metadata=[("x-rerun-entry-name-bin", b"written")])
        until(lambda: any(name.startswith("unfinished") for name in recordings(server)))
        assert not call.done()
        server.kill()
        gone.set()
    again = serve()
    assert [name.split("-")[0] for name in recordings(again)] == ["notes.txt", "whole"]
    assert sorted(client("0.41.0", "read", again.url)) == ["whole"]


def test_files_go_with_their_last_layer(server, version):
    assert chunks.write(server.address, "written", good_stream())[0] == OK
    assert client(version, "unregister", server.url, "one") == ["two"]
    assert [name.split("-")[0] for name in recordings(server)] == ["two"]
    # Somebody else refers to the file too.
    (path,) = (server.data / "recordings").rglob("two-*.rrd")
    chunks.create_dataset(server.address, "other")
    assert sdk.run_json(version, SEGMENTS, "register", server.url, "other", path) == ["two"]
    client(version, "delete", server.url)
    assert path.is_file()
    sdk.run_json(version, SEGMENTS, "delete", server.url, "other")
    assert recordings(server) == []


def test_a_full_disk_is_told_and_leaves_nothing(serve, version):
    server = serve(file_bytes_max=400_000)
    chunks.create_dataset(server.address, "written")
    code, details = chunks.write(server.address, "written", chunks.many("too large", 100, 1000))
    assert code == grpc.StatusCode.RESOURCE_EXHAUSTED and "too%20large" in details
    assert recordings(server) == []
    assert chunks.write(server.address, "written", [chunks.request(chunks.chunk("/a", "small", [1]))])[0] == OK
    assert sorted(client(version, "read", server.url)) == ["small"]


def test_names_of_files_cannot_leave_the_directory(server, version):
    names = ["../../evil", "a/b", "ünïcode %41", "x" * 5000, ".", "-"]
    assert chunks.write(server.address, "written", [chunks.request(chunks.chunk("/a", name, [1])) for name in names])[0] == OK
    assert sorted(client(version, "read", server.url)) == sorted(names)
    (directory,) = (server.data / "recordings").iterdir()
    assert len(list(directory.iterdir())) == len(names) == len(recordings(server))
    assert len(directory.name) == 32


def test_too_many_segments_in_one_stream(server):
    stream = (chunks.request(chunks.chunk("/a", f"segment {number}", [1])) for number in range(257))
    code, details = chunks.write(server.address, "written", stream)
    assert code == INVALID and "segment 256" in details and "256" in details
    assert recordings(server) == []
