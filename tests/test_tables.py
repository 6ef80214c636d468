"""Tables as the stock clients use them: the stock server's answers, every Arrow type, restarts, many writers, files of the user."""

import json
import pathlib
import signal
import subprocess
import urllib.parse

import grpc
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from support import rpc, sdk, servers
from support.paths import SCRIPTS

# Steps of tables_probe.py where ours differs on purpose: step -> (reason, what ours answers).
_invalid = {"error": "ValueError"}
_wrong_rows = "what is wrong with the rows is the client's to mend: INVALID_ARGUMENT, not INTERNAL"
DIFFERENCES = {
    "append an unknown column": (_wrong_rows, _invalid),
    "append another type": (_wrong_rows, _invalid),
    "append a narrower type": (_wrong_rows, _invalid),
    "append a null key": (_wrong_rows, _invalid),
    "upsert one row twice": (_wrong_rows, _invalid),
    "upsert without the key": (_wrong_rows, _invalid),
    "upsert without any key": (_wrong_rows, _invalid),
    "register what is missing": ("outside of the allowed directories", {"error": "PermissionError"}),
    "get the old name": ("the stock server keeps the old name reserved after a rename", {"error": "LookupError"}),
}


def test_same_answers_as_the_stock_server(serve, version):
    with servers.StockServer(version) as stock:
        expected = sdk.run_json(version, SCRIPTS / "tables_probe.py", stock.url)
    expected.update({step: answer for step, (_, answer) in DIFFERENCES.items()})
    actual = sdk.run_json(version, SCRIPTS / "tables_probe.py", serve().url)
    assert list(actual) == list(expected)
    wrong = {step: {"expected": expected[step], "got": actual[step]} for step in expected if actual[step] != expected[step]}
    assert not wrong, json.dumps(wrong, indent=1)


def test_every_type_comes_back_after_a_restart(serve, version):
    server = serve()
    written = sdk.run_json(version, SCRIPTS / "tables_types.py", server.url, "write")
    server.kill()
    server = serve()
    read = sdk.run_json(version, SCRIPTS / "tables_types.py", server.url, "read")
    wrong = {name: (written[name], read[name]) for name in written if (written[name], read[name]) != ("ok", "ok")}
    # The stock clients themselves cannot send or show these: the oracle has no answer.
    assert not wrong, json.dumps(wrong, indent=1)


def client(server, *arguments, version="0.41.0"):
    return sdk.run_json(version, SCRIPTS / "tables_client.py", server.url, *arguments)


def table_files(server):
    return sorted(path for path in (server.data / "tables").rglob("*") if path.is_file())


def path_of(url):
    return pathlib.Path(urllib.parse.unquote(urllib.parse.urlsplit(url).path))


def test_many_writers_lose_nothing(serve, version):
    server = serve()
    client(server, "create", "log")
    writers = [sdk.start(version, SCRIPTS / "tables_writer.py", server.url, "append", "log", writer, 6) for writer in range(8)]
    assert [writer.wait(120) for writer in writers] == [0] * 8
    assert client(server, "rows", "log") == [480, 480]
    assert len(table_files(server)) < 48, "small files are put together"
    writers = [sdk.start(version, SCRIPTS / "tables_writer.py", server.url, "upsert", "log", writer, 2) for writer in range(4)]
    assert [writer.wait(120) for writer in writers] == [0] * 4
    assert client(server, "rows", "log") == [480, 480]
    server.kill()
    server = serve()
    assert client(server, "rows", "log") == [480, 480]


def test_a_writer_that_is_killed_leaves_nothing(serve, version):
    server = serve()
    client(server, "create", "log")
    client(server, "append", "log", '{"k": ["a"], "writer": [1]}')
    before = table_files(server)
    writer = sdk.start(version, SCRIPTS / "tables_writer.py", server.url, "endless", "log", stdout=subprocess.PIPE)
    for _ in range(50):
        assert writer.stdout.readline()
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    writer.stdout.close()
    # Another call of the same kind is served after the server has noticed; its own file stays.
    client(server, "append", "log", '{"k": ["b"], "writer": [1]}')
    assert client(server, "rows", "log") == [2, 2]
    server.stop()
    assert len(table_files(server)) == len(before) + 1


def test_a_server_that_is_killed_while_rows_come_keeps_what_it_had(serve):
    server = serve()
    client(server, "create", "log")
    client(server, "append", "log", '{"k": ["a"], "writer": [1]}')
    before = table_files(server)
    writer = sdk.start("0.41.0", SCRIPTS / "tables_writer.py", server.url, "endless", "log", stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    for _ in range(50):
        assert writer.stdout.readline()
    server.kill()
    writer.kill()
    writer.wait()
    writer.stdout.close()
    server = serve()
    assert client(server, "rows", "log") == [1, 1]
    assert table_files(server) == before, "what the write left behind is removed at the start"


@pytest.fixture
def users_files(tmp_path):
    """Parquet files that are not ours: one, and three in a directory with what other programs leave there."""
    schema = pa.schema([pa.field("k", pa.int64(), metadata={"rerun:is_table_index": "true"}), pa.field("v", pa.dictionary(pa.int32(), pa.string())), pa.field("t", pa.duration("ms"))])
    make = lambda first: pa.table([list(range(first, first + 3)), pa.array(["a", "b", None]).dictionary_encode(), pa.array([1, None, 3], pa.duration("ms"))], schema=schema)  # noqa: E731
    directory = tmp_path / "mine" / "many"
    (directory / "deeper").mkdir(parents=True)
    pq.write_table(make(0), tmp_path / "mine" / "one.parquet")
    for name, first in (("a.parquet", 0), ("b.parquet", 10), ("deeper/c.parquet", 20)):
        pq.write_table(make(first), directory / name)
    (directory / "_SUCCESS").touch()
    (directory / ".a.parquet").write_text("no Parquet")
    return tmp_path / "mine"


def test_registered_files_are_read_and_never_changed(serve, users_files, version):
    server = serve("--allow-path", users_files)
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in users_files.rglob("*") if path.is_file()}
    one, many = users_files / "one.parquet", users_files / "many"
    assert client(server, "register", "one", one.as_uri(), version=version) == one.as_uri()
    assert client(server, "register", "many", many.as_uri(), version=version) == many.as_uri()
    keys = lambda name: [row["k"] for row in client(server, "all", name, version=version)]  # noqa: E731
    assert sorted(keys("many")) == [0, 1, 2, 10, 11, 12, 20, 21, 22]
    client(server, "append", "one", '{"k": [7], "v": ["z"]}')
    client(server, "upsert", "one", '{"k": [1, 8], "v": ["B", "y"]}')
    server.kill()
    server = serve("--allow-path", users_files)
    assert sorted((row["k"], row["v"]) for row in client(server, "all", "one") if row["v"]) == [(0, "a"), (1, "B"), (7, "z"), (8, "y")]
    client(server, "overwrite", "many", '{"k": [5]}')
    assert keys("many") == [5]
    client(server, "delete", "one")
    client(server, "delete", "many")
    assert table_files(server) == []
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in users_files.rglob("*") if path.is_file()} == before


def test_registration_refuses(serve, users_files):
    server = serve("--allow-path", users_files)
    pq.write_table(pa.table({"k": ["text"]}), users_files / "many" / "z.parquet")
    (users_files / "text.parquet").write_text("no Parquet at all")
    (users_files / "empty").mkdir()
    (users_files / "old.lance" / "_versions").mkdir(parents=True)
    for name, error, words in (
        ("many", "ValueError", ["same columns", "a.parquet", "z.parquet"]),
        ("text.parquet", "ValueError", ["text.parquet", "Parquet"]),
        ("empty", "ValueError", ["no .parquet file"]),
        ("nowhere", "NotFoundError", ["nowhere"]),
        ("old.lance", "RuntimeError", ["Lance", "pyarrow.parquet.write_table"]),
    ):
        answer = client(server, "register", "t", (users_files / name).as_uri())
        assert answer["error"] == error and all(word in answer["text"] for word in words), answer
    answer = client(server, "register", "t", users_files.parent.as_uri())
    assert answer["error"] == "PermissionError" and "--allow-path" in answer["text"]
    assert client(server, "register", "t", (users_files / "one.parquet").as_uri())


def test_a_registered_file_that_changed_is_refused(serve, users_files):
    server = serve("--allow-path", users_files)
    path = users_files / "one.parquet"
    client(server, "register", "one", path.as_uri())
    pq.write_table(pa.table({"k": [1]}), path)
    answer = client(server, "all", "one")
    assert "one.parquet" in answer["text"] and "changed" in answer["text"]


def test_renames_and_deletions_last(serve, version):
    server = serve()
    directory = path_of(client(server, "create", "log", version=version))
    client(server, "append", "log", '{"k": ["a"]}', version=version)
    assert len(list(directory.iterdir())) == 1
    client(server, "rename", "log", "journal", version=version)
    server.kill()
    server = serve()
    assert client(server, "rows", "journal", version=version) == [1, 1]
    assert client(server, "rows", "log", version=version)["error"] == "LookupError"
    client(server, "delete", "journal", version=version)
    assert not directory.exists()
    server.kill()
    assert client(serve(), "rows", "journal", version=version)["error"] == "LookupError"


# ---- what the stock clients never send


def field(number, value):
    """A protobuf field: bytes, or an int as varint."""
    varint = lambda n: bytes([n]) if n < 128 else bytes([n & 127 | 128]) + varint(n >> 7)  # noqa: E731
    return varint(number << 3) + varint(value) if isinstance(value, int) else varint(number << 3 | 2) + varint(len(value)) + value


def write_request(columns, mode=1):
    batch = pa.record_batch(columns)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return field(1, field(1, 1) + field(2, sink.getvalue().to_pybytes())) + field(2, mode)


def call(server, method, requests, metadata=()):
    """(status, details) of a call that streams or not."""
    with grpc.insecure_channel(server.address) as channel:
        path = f"{rpc.SERVICE}/{method}"
        try:
            if isinstance(requests, list):
                channel.stream_unary(path)(iter(requests), timeout=10, metadata=metadata)
            else:
                channel.unary_unary(path)(requests, timeout=10, metadata=metadata)
            return "OK", ""
        except grpc.RpcError as error:
            return error.code().name, error.details()


def test_writes_that_are_refused_change_nothing(serve):
    server = serve()
    table_id = path_of(client(server, "create", "log")).name
    client(server, "append", "log", '{"k": ["a"], "writer": [1]}')
    header = (("x-rerun-entry-id", table_id),)
    rows = write_request({"k": ["b"]})
    for requests, metadata, code, words in (
        ([rows, write_request({"k": ["c"]}, 2)], header, "INVALID_ARGUMENT", ["insert modes", "log"]),
        ([rows, field(2, 1)], header, "INVALID_ARGUMENT", ["dataframe_part"]),
        ([write_request({"k": ["b"]}, 9)], header, "INVALID_ARGUMENT", ["insert mode 9"]),
        ([rows, write_request({"nope": ["b"]})], header, "INVALID_ARGUMENT", ["'nope'", "'writer'"]),
        ([write_request({"k": [1]})], header, "INVALID_ARGUMENT", ["'k'", "string", "int64"]),
        ([write_request({"writer": [1]}, 3)], header, "INVALID_ARGUMENT", ["key column 'k'"]),
        ([rows], (), "INVALID_ARGUMENT", ["x-rerun-entry-id"]),
        ([rows], (("x-rerun-entry-id", "0" * 31 + "1"),), "NOT_FOUND", []),
        ([rows], (("x-rerun-entry-name-bin", b"nobody"),), "NOT_FOUND", ["nobody"]),
        ([rows], (("x-rerun-entry-name-bin", b"__entries"),), "FAILED_PRECONDITION", ["__entries"]),
        ([], (("x-rerun-entry-name-bin", b"nobody"),), "NOT_FOUND", []),
    ):
        found, details = call(server, "WriteTable", requests, metadata)
        assert found == code and all(word in details for word in words), (found, details)
    assert client(server, "rows", "log") == [1, 1]
    assert len(table_files(server)) == 1
    assert call(server, "WriteTable", [], header)[0] == "OK"
    assert call(server, "WriteTable", [rows], (("x-rerun-entry-name-bin", b"log"),))[0] == "OK"
    assert call(server, "WriteTable", [write_request({"k": ["b", "z"], "writer": [5, 6]}, 4)], header)[0] == "OK"
    assert sorted((row["k"], row["writer"]) for row in client(server, "all", "log")) == [("a", 1), ("b", 5)]


def test_requests_about_tables_are_checked(serve):
    server = serve()
    any_of = lambda url, value=b"": field(1, url.encode()) + field(2, value)  # noqa: E731
    lance = any_of("/rerun.cloud.v1alpha1.LanceTable", field(1, b"file:///tmp/t"))
    system = any_of("/rerun.cloud.v1alpha1.SystemTable")
    name = field(1, b"t")
    schema = field(3, field(1, pa.schema([pa.field("a", pa.int8())]).serialize().to_pybytes() + b"\xff\xff\xff\xff\0\0\0\0"))
    for method, request, code, words in (
        ("CreateTableEntry", name, "INVALID_ARGUMENT", ["schema", "'t'"]),
        ("CreateTableEntry", name + field(3, b""), "INVALID_ARGUMENT", ["schema"]),
        ("CreateTableEntry", name + field(3, field(1, b"nonsense")), "INVALID_ARGUMENT", ["schema"]),
        ("CreateTableEntry", schema, "INVALID_ARGUMENT", ["name"]),
        ("CreateTableEntry", name + schema + field(2, lance), "INVALID_ARGUMENT", ["leave the URL out"]),
        ("CreateTableEntry", name + schema + field(2, system), "INVALID_ARGUMENT", ["system"]),
        ("CreateTableEntry", name + schema + field(2, any_of("/foo")), "INVALID_ARGUMENT", ["'/foo'"]),
        ("RegisterTable", name, "INVALID_ARGUMENT", ["URL"]),
        ("RegisterTable", name + field(2, system), "INVALID_ARGUMENT", ["system"]),
        ("RegisterTable", name + field(2, any_of("/rerun.cloud.v1alpha1.LanceTable", b"\xff")), "INVALID_ARGUMENT", ["malformed"]),
        ("RegisterTable", name + field(2, any_of("/rerun.cloud.v1alpha1.LanceTable")), "INVALID_ARGUMENT", ["URL"]),
        ("UpdateTableEntry", b"", "INVALID_ARGUMENT", ["x-rerun-entry-id"]),
        ("GetTableSchema", b"", "INVALID_ARGUMENT", ["x-rerun-entry-id"]),
    ):
        found, details = call(server, method, request)
        assert found == code and all(word in details for word in words), (method, found, details)
    assert call(server, "CreateTableEntry", name + schema) == ("OK", "")
    assert call(server, "CreateTableEntry", name + schema)[0] == "ALREADY_EXISTS"
