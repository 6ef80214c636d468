"""The Python package in worker processes, threads and asyncio; pickling; and Ctrl-C."""

import asyncio
import concurrent.futures
import multiprocessing
import pickle
import signal
import subprocess
import sys
import threading
import time

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from datafusion import col, lit

import mutoscope as rr
from support import sdk
from support.paths import SCRIPTS

SCALARS = "/motor:Scalars:scalars"
INTERRUPT_S_MAX = 2.0  # on a busy machine; 0.1 on a quiet one


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    path = tmp_path_factory.mktemp("sample_recording") / "sample.rrd"
    sdk.run("0.41.0", SCRIPTS / "make_sample_recording.py", path)
    return path


@pytest.fixture(scope="module")
def server(sample):
    with rr.server.Server(datasets={"sample": [sample]}) as server:
        yield server


@pytest.fixture(params=["embedded", "remote"])
def dataset(server, request):
    client = server.client() if request.param == "embedded" else rr.catalog.CatalogClient(server.url())
    return client.get_dataset("sample")


def answers(dataset):
    """What every process has to find, by each way of asking."""
    frame = dataset.reader("frame").filter(col("frame") >= lit(2))
    return {
        "client": dataset.catalog.dataset_names(),
        "segments": dataset.segment_ids(),
        "cell": dataset.cell(SCALARS, index="frame", at=2).to_pylist(),
        "query": dataset.query("frame", columns=["frame"], where=pc.field("frame") > 1).read_all()["frame"].to_pylist(),
        "arrow": dataset.to_arrow("frame").to_table(columns=["frame"])["frame"].to_pylist(),
        "collect": frame.select("frame").to_pydict(),
        "stream": pa.table(frame.select("frame")).to_pydict(),
        "count": frame.count(),
        "sql": dataset.catalog.ctx.sql("select count(*) as n from sample.frame").to_pydict(),
    }


RIGHT = {
    "client": ["sample"], "segments": ["sample"], "cell": [[2.0]], "query": [2, 3], "arrow": [0, 1, 2, 3], "collect": {"frame": [2, 3]},
    "stream": {"frame": [2, 3]}, "count": 2, "sql": {"n": [4]},
}


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_worker_processes(dataset, method):
    assert answers(dataset) == RIGHT  # the parent has used everything before
    with concurrent.futures.ProcessPoolExecutor(2, multiprocessing.get_context(method)) as pool:
        found = [pool.submit(answers, dataset).result(60) for _ in range(3)]
    assert found == [RIGHT] * 3
    assert answers(dataset) == RIGHT


def test_a_fork_uses_what_it_inherited(dataset):
    """Objects that are not pickled but simply there, as in data loaders."""
    frame = dataset.reader("frame")
    selection = dataset.filter_contents("/motor/**")
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    worker = context.Process(target=lambda: sender.send((answers(dataset), selection.reader("frame").count(), frame.count())))
    worker.start()
    assert receiver.poll(60), "the forked process hangs"
    assert receiver.recv() == (RIGHT, 4, 4)
    worker.join(30)
    assert worker.exitcode == 0
    assert answers(dataset) == RIGHT  # the child's end has not touched what is ours


def test_a_forked_server_object_does_not_stop_the_server(server):
    context = multiprocessing.get_context("fork")
    worker = context.Process(target=lambda: sys.exit(0 if server.client().dataset_names() == ["sample"] else 1))
    worker.start()
    worker.join(60)
    assert worker.exitcode == 0
    assert server.is_running() and server.client().dataset_names() == ["sample"]


def test_a_data_directory_does_not_cross_a_fork(sample, tmp_path):
    client = rr.open(tmp_path / "data")
    client.create_dataset("sample").register([sample.as_uri()]).wait()
    dataset = client.get_dataset("sample")
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)

    def ask():
        try:
            dataset.segment_ids()
        except RuntimeError as error:
            sender.send(str(error))

    worker = context.Process(target=ask)
    worker.start()
    assert receiver.poll(60)
    text = receiver.recv()
    assert "forked" in text and "Server(data_dir=" in text and str(tmp_path) in text
    worker.join(30)
    assert dataset.segment_ids() == ["sample"]
    with pytest.raises(TypeError, match=r"cannot be pickled.*Server\(data_dir="):
        pickle.dumps(dataset)


def test_pickles_by_url(server, dataset):
    for thing in (
        dataset.catalog, dataset, dataset.filter_segments("sample").filter_contents("/motor/**"), dataset.to_arrow("frame"),
        dataset.to_arrow("frame", where=pc.field("frame") > 1), dataset.schema(), rr.catalog.ContentFilter.everything(), dataset.id,
        dataset.segment("sample"), dataset.layer("base"),
    ):
        copy = pickle.loads(pickle.dumps(thing))
        assert type(copy) is type(thing)
    copy = pickle.loads(pickle.dumps(dataset))
    assert copy == dataset and copy.catalog.url == server.url() and answers(copy) == RIGHT
    rows = pickle.loads(pickle.dumps(dataset.to_arrow("frame", where=pc.field("frame") > 1)))
    assert rows.count_rows() == 2


def test_threads(dataset):
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda _: answers(dataset), range(16))) == [RIGHT] * 16


def test_other_python_threads_go_on_during_a_query(dataset):
    ticks, stop = [], threading.Event()

    def tick():
        while not stop.wait(0.005):
            ticks.append(time.monotonic())

    thread = threading.Thread(target=tick)
    thread.start()
    start = time.monotonic()
    values = {"sample": range(300_000)}
    assert dataset.query("frame", using_index_values=values, where=pc.list_element(pc.field(SCALARS), 0) > 1e9).read_all().num_rows == 0
    stop.set()
    thread.join()
    assert len(ticks) >= (time.monotonic() - start) / 0.005 / 20


def test_asyncio(dataset):
    async def ask():
        return await asyncio.gather(*(asyncio.to_thread(answers, dataset) for _ in range(4)))

    assert asyncio.run(ask()) == [RIGHT] * 4


@pytest.mark.parametrize("where", ["embedded", "remote"])
@pytest.mark.parametrize("kind", ["query", "explain", "dataframe"])
def test_ctrl_c_stops_a_query(sample, kind, where):
    command = [sys.executable, SCRIPTS / "slow_query.py", sample, kind, *(["remote"] if where == "remote" else [])]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout.readline() == "running\n", process.stderr.read()
            start = time.monotonic()
            process.send_signal(signal.SIGINT)
            said = process.stdout.readline()
            seconds = time.monotonic() - start
            rest, errors = process.communicate(timeout=60)
        finally:
            process.kill()
    if kind == "dataframe":  # DataFusion has its own error for it; the interrupt follows
        assert "KeyboardInterrupt" in said and rest.startswith("KeyboardInterrupt"), said + rest + errors
    else:
        assert said.startswith("KeyboardInterrupt"), said + rest + errors
    assert seconds < INTERRUPT_S_MAX
    assert rest.endswith("ended\n") and process.returncode == 0, rest + errors
