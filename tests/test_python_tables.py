"""Tables in the Python package: the answers of the stock 0.41.0 client with its own server, call by call; and what is more."""

import multiprocessing
import pickle

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

import mutoscope as rr
from support import probes, sdk
from support.paths import SCRIPTS

KEYED = pa.schema([pa.field("k", pa.int64(), metadata={"rerun:is_table_index": "true"}), pa.field("v", pa.string())])

# Steps of table_probe.py where ours differs on purpose: step -> (reason, what ours answers).
DIFFERENCES = {
    "register missing": ("the path is what is wrong", {"error": "NotFoundError"}),
    "batches: text": ("text is no batch, as numbers are none", {"error": "TypeError"}),
    "batches: other column": ("what is given is wrong, not the server", {"error": "ValueError"}),
    "batches: other type": ("what is given is wrong, not the server", {"error": "ValueError"}),
    "upsert same key twice": ("what is given is wrong, not the server", {"error": "ValueError"}),
    "upsert without key": ("what is given is wrong, not the server", {"error": "ValueError"}),
    "recording as blueprint": ("the text says what is wrong", {"error": "ValueError"}),
    "create at": ("a server keeps its tables in its own directory", {"error": "ValueError"}),
    "read deleted": ("as every other call of what is deleted", {"error": "NotFoundError"}),
    "write deleted": ("as every other call of what is deleted", {"error": "NotFoundError"}),
}


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    directory = tmp_path_factory.mktemp("tables")
    sdk.run("0.41.0", SCRIPTS / "make_robots.py", directory, "--recordings", 2, "--extras")
    return directory


@pytest.fixture(scope="module")
def stock(directory):
    return probes.stock_answers("0.41.0", "table_probe.py", directory)


@pytest.mark.parametrize("where", ["embedded", "remote"])
def test_same_answers_as_the_stock_client(stock, directory, where, monkeypatch):
    with rr.server.Server() as server:
        probe = probes.our_probe(monkeypatch, "table_probe.py", "TableProbe", server.url(), directory)
        if where == "embedded":
            probe.client = server.client()
        for part in (probe.entries, probe.values, probe.batches, probe.writes, probe.reading, probe.life):
            part()
    probes.assert_same(stock, DIFFERENCES, probe.answers)


@pytest.fixture
def server():
    with rr.server.Server() as server:
        yield server


@pytest.fixture(params=["embedded", "remote"])
def client(server, request):
    return server.client() if request.param == "embedded" else rr.catalog.CatalogClient(server.url())


def keys(table):
    return sorted(pa.table(table.reader())["k"].to_pylist())


def test_a_write_is_all_or_nothing(client):
    table = client.create_table("t", KEYED)
    table.append(k=[1, 2])

    def rows():
        yield pa.RecordBatch.from_pydict({"k": range(100_000), "v": ["x" * 100] * 100_000}, schema=KEYED)  # more than a message
        raise ZeroDivisionError("no more rows")

    for write in (table.append, table.overwrite, table.upsert):
        with pytest.raises(ZeroDivisionError, match="no more rows"):
            write(pa.RecordBatchReader.from_batches(KEYED, rows()))
        assert keys(table) == [1, 2]


def test_large_writes_arrive_whole(client):
    table = client.create_table("t", KEYED)
    count = 200_000
    rows = pa.RecordBatch.from_pydict({"k": np.arange(count), "v": ["x" * 100] * count})
    table.append(rows)
    table.append([rows.slice(start, 10) for start in range(0, 1000, 10)])
    assert table.reader().count() == count + 1000
    table.overwrite([rows.slice(0, 3), rows.slice(3, 3)])
    assert keys(table) == list(range(6))


def test_an_empty_write_overwrites(client):
    table = client.create_table("t", KEYED)
    table.append(k=[1, 2])
    table.overwrite(pa.RecordBatchReader.from_batches(KEYED, []))
    assert keys(table) == []


def test_batches_need_not_have_the_same_columns(client):
    table = client.create_table("t", KEYED)
    table.append([pa.RecordBatch.from_pydict({"k": [1]}), pa.RecordBatch.from_pydict({"v": ["a"]})])
    assert sorted(pa.table(table.reader()).to_pylist(), key=str) == [{"k": 1, "v": None}, {"k": None, "v": "a"}]


def test_whatever_is_an_arrow_stream_can_be_written(client):
    table = client.create_table("t", KEYED)
    table.append(pa.table({"k": [1, 2], "v": ["a", "b"]}))
    table.append(client.ctx.sql("select k + 10 as k, v from t"))
    assert keys(table) == [1, 2, 11, 12]


def test_columns_that_must_not_be_null_are_checked(client):
    table = client.create_table("t", pa.schema([pa.field("k", pa.int64(), nullable=False), pa.field("v", pa.string())]))
    for values in ({"k": None, "v": "a"}, {"v": ["a", "b"]}):
        with pytest.raises(ValueError, match=r"Column 'k' must not be null: \d of \d rows"):
            table.append(**values)


def test_scans(client):
    table = client.create_table("t", KEYED)
    for start in range(0, 100, 10):
        table.append(k=range(start, start + 10), v=[f"v{number}" for number in range(start, start + 10)])
    rows = table.to_arrow()
    assert rows.count_rows() == 100 and rows.count_rows(filter=pc.field("k") < 5) == 5
    assert rows.to_table(columns=["v"], filter=pc.field("k") == 42).to_pydict() == {"v": ["v42"]}
    assert rows.head(3).num_rows == 3
    assert rows.to_table(columns={"twice": pc.field("k") * 2}, filter=pc.field("v") == "v4").to_pydict() == {"twice": [8]}
    assert table.reader().limit(7).count() == 7
    assert rows.to_table().schema == table.arrow_schema() == table.to_arrow_reader().schema
    with pytest.raises(ValueError, match="no column 'nope'"):
        rows.to_table(columns=["nope"]) if "nope" in rows.schema.names else table._source().query(
            rr._request.Request(columns=("nope",)))


def test_other_engines_scan_it(client):
    duckdb, polars = pytest.importorskip("duckdb"), pytest.importorskip("polars")
    table = client.create_table("t", KEYED)
    table.append(k=range(10), v=list("abcdefghij"))
    rows = table.to_arrow()
    assert duckdb.sql("select v from rows where k > 7 order by k").fetchall() == [("i",), ("j",)]
    assert polars.scan_pyarrow_dataset(rows).filter(polars.col("k") == 3).select("v").collect()["v"].to_list() == ["d"]


def test_sql_sees_tables_at_once(client):
    context = client.ctx
    client.create_table("early", KEYED).append(k=1)
    assert context.sql("select k from early").to_pydict() == {"k": [1]}
    client.create_table("odd name-1", KEYED).append(k=2)
    assert context.sql('select k from "odd name-1"').to_pydict() == {"k": [2]}
    context.register_view("early", context.from_pydict({"k": [7]}))
    assert context.sql("select k from early").to_pydict() == {"k": [7]}
    client.get_table("odd name-1").delete()
    with pytest.raises(Exception, match="odd name-1"):
        context.sql('select k from "odd name-1"').to_pydict()


def test_tables_of_a_server(tmp_path):
    pq.write_table(pa.table({"k": [1, 2]}), tmp_path / "one.parquet")
    (tmp_path / "several").mkdir()
    pq.write_table(pa.table({"k": [3]}), tmp_path / "several/a.parquet")
    pq.write_table(pa.table({"k": [4]}), tmp_path / "several/b.parquet")
    tables = {"one": tmp_path / "one.parquet", "several": str(tmp_path / "several")}
    for _ in range(2):  # again with the same data directory
        with rr.server.Server(tables=tables, data_dir=tmp_path / "data", allow_paths=[]) as server:
            client = server.client()
            assert client.table_names() == ["one", "several"]
            assert [keys(client.get_table(name)) for name in tables] == [[1, 2], [3, 4]]
    with pytest.raises(rr.catalog.AlreadyExistsError, match="one"):
        rr.server.Server(tables={"one": tmp_path / "several"}, data_dir=tmp_path / "data")
    with pytest.raises(ValueError, match="missing"):
        rr.server.Server(tables={"t": tmp_path / "missing"})


def test_a_directory_keeps_its_tables(tmp_path):
    client = rr.open(tmp_path / "data")
    client.create_table("t", KEYED).append(k=[1, 2], v=["a", "b"])
    url = client.get_table("t").storage_url
    client._connection.close()
    again = rr.open(tmp_path / "data").get_table("t")
    assert keys(again) == [1, 2] and again.storage_url == url


def test_tables_pickle(server):
    table = server.client().create_table("t", KEYED)
    table.append(k=[1, 2])
    assert keys(pickle.loads(pickle.dumps(table))) == [1, 2]
    assert pickle.loads(pickle.dumps(table.to_arrow())).count_rows() == 2


def append_in_child(table, count, queue):
    try:
        table.append(k=range(count), v=["x" * 1000] * count)
        queue.put(("rows", table.to_arrow().count_rows()))
    except Exception as error:
        queue.put((type(error).__name__, str(error)))


@pytest.mark.parametrize(("method", "count", "expected"), [
    ("fork", 10, ("rows", 10)), ("spawn", 20_000, ("rows", 20_000)), ("fork", 20_000, ("RuntimeError", "forked")),
])
def test_other_processes_write(server, method, count, expected):
    table = rr.catalog.CatalogClient(server.url()).create_table("t", KEYED)
    assert table.to_arrow().count_rows() == 0  # gRPC is in use before the fork
    context = multiprocessing.get_context(method)
    queue = context.Queue()
    child = context.Process(target=append_in_child, args=(table, count, queue))
    child.start()
    kind, answer = queue.get(timeout=60)
    child.join(60)
    assert kind == expected[0] and (answer == expected[1] if kind == "rows" else expected[1] in answer)
    assert table.to_arrow().count_rows() == (count if kind == "rows" else 0)
