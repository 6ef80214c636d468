"""Readers: order, push-down and limits through DataFusion, DuckDB, Polars and pyarrow; single cells; plans; SQL over the catalog."""

import datetime
import re

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as pds
import pytest
from datafusion import SessionContext, col, functions, lit

import mutoscope as rr
from support import sdk
from support.paths import SCRIPTS

SPEED = "/speed:Scalars:scalars"
SEGMENTS = [f"robot_{number:03d}" for number in range(12)]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    directory = tmp_path_factory.mktemp("robots")
    sdk.run("0.41.0", SCRIPTS / "make_robots.py", directory, "--recordings", len(SEGMENTS))
    with rr.server.Server(datasets={"robots": directory}) as server:
        yield server


@pytest.fixture(params=["embedded", "remote"])
def dataset(server, request):
    client = server.client() if request.param == "embedded" else rr.catalog.CatalogClient(server.url())
    return client.get_dataset("robots")


@pytest.fixture
def expected(dataset):
    """All rows, in the defined order."""
    table = dataset.query("frame").read_all()
    return table.take(pc.sort_indices(table, [("rerun_segment_id", "ascending"), ("frame", "ascending")]))


def keys(table):
    return list(zip(table["rerun_segment_id"].to_pylist(), table["frame"].to_pylist()))


# Order

def test_rows_come_by_segment_and_index(dataset, expected):
    table = pa.table(dataset.reader("frame"))
    assert table.equals(expected)
    assert len(set(table["rerun_segment_id"].to_pylist())) == len(SEGMENTS)


@pytest.mark.parametrize("limit", [1, 7, 23, 1000])
def test_limit_takes_the_first_rows(dataset, expected, limit):
    assert keys(pa.table(dataset.reader("frame").limit(limit))) == keys(expected)[:limit]


def test_order_survives_filters_and_projections(dataset, expected):
    frame = dataset.reader("frame").filter(col("frame") >= lit(2)).select("frame", "rerun_segment_id", SPEED)
    wanted = expected.filter(pc.field("frame") >= 2)
    assert keys(pa.table(frame)) == keys(wanted)
    assert keys(pa.table(frame.limit(5))) == keys(wanted)[:5]
    # A predicate that DataFusion keeps to itself.
    even = dataset.reader("frame").filter(col("frame") % lit(2) == lit(0))
    assert keys(pa.table(even.limit(9))) == [key for key in keys(expected) if key[1] % 2 == 0][:9]


def test_chosen_segments_come_by_id(dataset):
    frame = dataset.filter_segments(list(reversed(SEGMENTS[3:6]))).reader("frame").select("rerun_segment_id")
    found = pa.table(frame)["rerun_segment_id"].to_pylist()
    assert found == sorted(found) and set(found) == set(SEGMENTS[3:6])


# Push-down

def plan_of(frame):
    return frame.execution_plan().display_indent()


@pytest.mark.parametrize(("predicate", "pushed"), [
    (lambda: col("frame") == lit(2), True),
    (lambda: (col("frame") > lit(1)) & (col("rerun_segment_id") == lit("robot_003")), True),
    (lambda: functions.in_list(col("rerun_segment_id"), [lit("robot_001"), lit("robot_002")]), True),
    (lambda: col(f'"{SPEED}"').is_not_null(), True),
    (lambda: col("log_time") >= lit(pa.scalar(np.datetime64("2000-01-01", "ns"))), True),
    (lambda: col(f'"{SPEED}"')[0] > lit(1.0), False),
])
def test_filters_reach_the_engine_and_are_applied_once(dataset, predicate, pushed):
    plan = plan_of(dataset.reader("frame").filter(predicate()).select("frame"))
    assert ("FilterExec" not in plan) == pushed, plan
    assert "number_of_fragments=1" in plan and "Repartition" not in plan


def test_filters_mean_what_sql_says(dataset, expected):
    frame, reference = dataset.reader("frame"), SessionContext().from_arrow(expected)
    speed = col(f'"{SPEED}"')
    for predicate in (
        (col("frame") == lit(2)) | (col("rerun_segment_id") == lit("robot_003")),
        ~functions.in_list(col("frame"), [lit(0), lit(1), lit(2), lit(3), lit(4)]),
        speed.is_null(),
        speed.is_not_null() & (col("frame") < lit(3)),
        col("frame").between(lit(3), lit(1)),
        (col("frame") < lit(2)) & (col("frame") > lit(3)),
        functions.in_list(col("rerun_segment_id"), [lit(segment) for segment in SEGMENTS[:5]]),
        ~functions.in_list(col("rerun_segment_id"), [lit(segment) for segment in SEGMENTS[:5]]),
    ):
        assert keys(pa.table(frame.filter(predicate))) == keys(pa.table(reference.filter(predicate))), predicate
        assert frame.filter(predicate).count() == reference.filter(predicate).count()


def test_not_in_leaves_nulls_out(dataset):
    frame = dataset.reader("frame", using_index_values={"robot_000": [3, 10**6]})
    assert pa.table(frame)["sensor_time"].null_count == 1
    out = ~functions.in_list(col("sensor_time"), [lit(pa.scalar(number, pa.duration("ns"))) for number in (1, 2, 3, 4, 5)])
    assert pa.table(frame.filter(out).select("frame"))["frame"].to_pylist() == [3]


def test_counting_reads_no_columns(dataset, expected):
    assert dataset.reader("frame").count() == dataset.to_arrow("frame").count_rows() == expected.num_rows
    plan = plan_of(dataset.reader("frame").aggregate([], [functions.count(lit(1))]))
    assert "projection=[]" in plan
    handle = dataset._source()
    reader = handle.query(dataset._request("frame", None, columns=[]))
    while reader.read() is not None:
        pass
    assert reader.read() is None, "the end is the end"
    assert reader.statistics()["rows"] == expected.num_rows
    assert reader.statistics()["cells_verbatim"] == 0


def test_projections_do_not_change_the_rows(dataset, expected):
    for name in expected.column_names:
        assert pa.table(dataset.reader("frame").select(col(f'"{name}"'))).column(0).equals(expected[name])


def test_frame_helpers(dataset, expected):
    frame = dataset.reader("frame").select("rerun_segment_id", "frame")
    assert frame.to_pandas()["frame"].tolist() == expected["frame"].to_pylist()
    assert frame.to_polars()["frame"].to_list() == expected["frame"].to_pylist()
    assert frame.schema().names == ["rerun_segment_id", "frame"]
    metadata = pa.table(dataset.reader("frame")).schema.field(SPEED).metadata
    assert metadata[b"rerun:entity_path"] == b"/speed"


# Index values

@pytest.mark.parametrize("values", [
    np.array([1, 3]), [1, 3], (3, 1), range(1, 4, 2), pa.array([1, 3]), pa.chunked_array([[1], [3]]), [1, 3, 3], np.array([1, 3], np.int32),
])
def test_index_values_of_every_kind(dataset, values):
    table = pa.table(dataset.filter_segments("robot_000").reader("frame", using_index_values=values))
    assert table["frame"].to_pylist() == [1, 3]


def test_time_values_of_every_unit(dataset):
    times = pa.table(dataset.filter_segments("robot_000").reader("log_time").select("log_time"))["log_time"].cast(pa.int64()).to_pylist()
    second = times[0] // 10**9 + 1
    wanted = [second * 10**9]
    moment = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=second)
    for value in (
        np.array([second], "datetime64[s]"), np.array([second * 10**3], "datetime64[ms]"), np.array(wanted, "datetime64[ns]"), [moment],
        [moment.replace(tzinfo=datetime.timezone.utc)], [np.datetime64(second, "s")], pa.array([second * 10**6], pa.timestamp("us")), wanted,
    ):
        table = pa.table(dataset.reader("log_time", using_index_values={"robot_000": value}))
        assert table["log_time"].cast(pa.int64()).to_pylist() == wanted, value


def test_index_values_by_segment(dataset):
    table = pa.table(dataset.reader("frame", using_index_values={"robot_001": [99], "robot_000": [1], "unknown": [1]}))
    assert keys(table) == [("robot_000", 1), ("robot_001", 99)]
    frame = dataset.catalog.ctx.from_pydict({"rerun_segment_id": ["robot_002", "robot_000"], "frame": [2, 1]})
    assert keys(pa.table(dataset.reader("frame", using_index_values=frame))) == [("robot_000", 1), ("robot_002", 2)]
    assert pa.table(dataset.reader("frame", using_index_values={})).num_rows == 0


@pytest.mark.parametrize(("index", "values", "error", "text"), [
    ("frame", np.array([1.5]), TypeError, "float64"),
    ("frame", np.zeros((2, 2), int), TypeError, "one dimension"),
    ("frame", "text", TypeError, "str"),
    ("frame", ["x"], TypeError, "'x'"),
    ("frame", np.array(["2026-01-01"], "datetime64[s]"), ValueError, "frame"),
    ("frame", [1, None], ValueError, "null"),
    ("log_time", np.array(["NaT"], "datetime64[ns]"), ValueError, "null|NaT"),
    ("log_time", np.array([5000], "datetime64[Y]"), ValueError, "log_time"),
    (None, [1], ValueError, "index"),
    (3, None, TypeError, "argument 'index'"),
    ("nope", None, ValueError, "Index 'nope' does not exist in the dataset"),
    (SPEED, None, ValueError, "does not exist in the dataset"),
])
def test_wrong_index_values(dataset, index, values, error, text):
    with pytest.raises(error, match=text):
        pa.table(dataset.reader(index, using_index_values=values))


# Other engines

def test_duckdb(dataset, expected):
    robots = dataset.to_arrow("frame")
    rows = duckdb.sql("select rerun_segment_id, frame from robots where frame >= 3 and rerun_segment_id < 'robot_004'").fetchall()
    wanted = expected.filter((pc.field("frame") >= 3) & (pc.field("rerun_segment_id") < "robot_004"))
    assert sorted(rows) == keys(wanted)
    assert duckdb.from_arrow(robots).aggregate("count(*)").fetchall() == [(expected.num_rows,)]
    assert duckdb.sql(f'select count("{SPEED}") from robots').fetchall() == [(expected.num_rows - expected[SPEED].null_count,)]


def test_polars(dataset, expected):
    lazy = pl.scan_pyarrow_dataset(dataset.to_arrow("frame"))
    answer = lazy.filter((pl.col("frame") > 1) & (pl.col("rerun_segment_id") == "robot_002")).select("frame", SPEED).collect()
    wanted = expected.filter((pc.field("frame") > 1) & (pc.field("rerun_segment_id") == "robot_002"))
    assert answer["frame"].to_list() == wanted["frame"].to_pylist()
    assert answer[SPEED].to_list() == wanted[SPEED].to_pylist()
    assert lazy.select(pl.len()).collect().item() == expected.num_rows


def test_pyarrow_dataset(dataset, expected):
    rows = dataset.to_arrow("frame")
    late = pc.field("frame") > 2
    assert rows.schema.equals(expected.schema)
    assert rows.to_table().equals(expected)
    assert rows.to_table(columns=["frame"], filter=late).equals(expected.filter(late).select(["frame"]))
    assert rows.to_table(columns={"double": pc.field("frame") * 2}, filter=late)["double"].to_pylist() == [
        2 * value for value in expected.filter(late)["frame"].to_pylist()
    ]
    assert rows.head(3).equals(expected.slice(0, 3)) and rows.count_rows(filter=late) == expected.filter(late).num_rows
    assert sum(batch.num_rows for batch in rows.to_batches(columns=[])) == expected.num_rows
    assert rows.scanner(columns=["frame"]).to_reader().read_all().equals(expected.select(["frame"]))
    narrow = dataset.to_arrow("frame", columns=["frame", SPEED], where=late, limit=4)
    assert narrow.to_table().equals(expected.filter(late).select(["frame", SPEED]).slice(0, 4))
    # The limit comes before the filter of a scan.
    assert narrow.to_table(filter=pc.field("frame") < 0).num_rows == 0


def test_scans_that_cpp_starts(dataset, expected):
    """Acero and older DuckDBs take the C++ object and never call a method in Python."""
    rows, late = dataset.to_arrow("frame"), pc.field("frame") > 2
    scanned = pds.Scanner.from_dataset(rows, columns=["frame", SPEED], filter=late).to_table()
    assert scanned.equals(expected.filter(late).select(["frame", SPEED]))
    assert pds.Scanner.from_dataset(rows, filter=late).count_rows() == expected.filter(late).num_rows
    assert keys(pds.Scanner.from_dataset(rows).head(5)) == keys(expected)[:5]


def test_query(dataset, expected):
    reader = dataset.query("frame", columns=[SPEED, "frame"], where=pc.list_element(pc.field(SPEED), 0) > 0.5, limit=3)
    assert isinstance(reader, pa.RecordBatchReader) and reader.schema.names == [SPEED, "frame"]
    wanted = [(cell, frame) for cell, frame in zip(expected[SPEED].to_pylist(), expected["frame"].to_pylist()) if cell and cell[0] > 0.5]
    assert list(zip(*reader.read_all().to_pydict().values())) == wanted[:3]
    with pytest.raises(ValueError, match="'nope'"):
        dataset.query("frame", columns=["nope"])
    with pytest.raises(ValueError, match="nope"):
        dataset.query("frame", where=pc.field("nope") == 1)


def test_static_values(dataset):
    table = pa.table(dataset.reader(None))
    assert table["rerun_segment_id"].to_pylist() == SEGMENTS and table["frame"].null_count == len(SEGMENTS)


# Cells, plans, SQL

def test_cells(dataset, expected):
    row = expected.filter((pc.field("rerun_segment_id") == "robot_004") & pc.is_valid(pc.field(SPEED))).slice(1, 1)
    at, cell = row["frame"][0].as_py(), row[SPEED].combine_chunks()
    found = dataset.cell(SPEED, index="frame", at=at, segment_id="robot_004")
    assert isinstance(found, pa.Array) and found.equals(cell) and found.type == expected.schema.field(SPEED).type
    time = row["log_time"][0]
    nanoseconds = time.cast(pa.int64()).as_py()
    for moment in (np.datetime64(nanoseconds, "ns"), time, nanoseconds):
        assert dataset.cell(SPEED, index="log_time", at=moment, segment_id="robot_004").equals(cell), moment
    assert dataset.cell(SPEED, index="frame", at=10**6, segment_id="robot_004").null_count == 1
    last = expected.filter((pc.field("rerun_segment_id") == "robot_004") & pc.is_valid(pc.field(SPEED)))[SPEED][-1].as_py()
    assert dataset.cell(SPEED, index="frame", at=10**6, segment_id="robot_004", latest=True).to_pylist() == [last]
    first = expected.filter((pc.field("frame") == at) & pc.is_valid(pc.field(SPEED)))[SPEED][0].as_py()
    assert dataset.cell(SPEED, index="frame", at=at).to_pylist() == [first]


@pytest.mark.parametrize(("options", "error", "text"), [
    ({"column": "/nope:x"}, rr.catalog.NotFoundError, "/nope:x"),
    ({"segment_id": "nope"}, rr.catalog.NotFoundError, "nope"),
    ({"at": np.datetime64("2026-01-01", "ns")}, ValueError, "'frame'"),
    ({"at": datetime.timedelta(seconds=1), "index": "log_time"}, ValueError, "'log_time'"),
    ({"at": np.datetime64("NaT", "ns"), "index": "log_time"}, ValueError, "null"),
    ({"at": "x"}, TypeError, "'x'"),
    ({"at": 1.5}, TypeError, "1.5"),
    ({"at": np.datetime64(0, "s"), "index": "nope"}, rr.catalog.NotFoundError, "nope"),
])
def test_wrong_cells(dataset, options, error, text):
    with pytest.raises(error, match=re.escape(text)):
        dataset.cell(**{"column": SPEED, "index": "frame", "at": 1, **options})


def test_explain(dataset):
    where = pc.field("frame") == 2
    planned = dataset.explain("frame", columns=["frame"], where=where, run=False)
    ran = dataset.explain("frame", columns=["frame"], where=where)
    assert "frame" in planned and "estimate" in planned and "actual" not in planned
    assert "actual" in ran and "bytes" in ran


def test_sql_over_the_catalog(dataset, expected):
    context = dataset.catalog.ctx
    query = f'select count(*) as n, count("{SPEED}") as s from "robots"."frame" where frame > 1 and rerun_segment_id <> \'robot_000\''
    wanted = expected.filter((pc.field("frame") > 1) & (pc.field("rerun_segment_id") != "robot_000"))
    assert context.sql(query).to_pydict() == {"n": [wanted.num_rows], "s": [wanted.num_rows - wanted[SPEED].null_count]}
    assert context.sql("select rerun_segment_id from robots.segments order by 1").to_pydict()["rerun_segment_id"] == SEGMENTS
    assert context.sql("select count(*) as n from robots.static").to_pydict() == {"n": [len(SEGMENTS)]}
    context.register_view("fast", dataset.reader("frame").filter(col("frame") > lit(1)))
    joined = context.sql("select count(*) as n from fast join robots.segments using (rerun_segment_id)").to_pydict()
    assert joined == {"n": [expected.filter(pc.field("frame") > 1).num_rows]}
    with pytest.raises(ValueError, match="nope"):
        context.sql("select * from robots.nope")
    with pytest.raises(ValueError, match="nope"):
        context.sql("select * from nope.frame")
