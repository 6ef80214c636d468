"""mutoscope.server.Server behaves as rerun.server.Server."""

import pathlib
import re
import socket

import pytest

import mutoscope as rr
from support import sdk
from support.paths import SCRIPTS


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    path = tmp_path_factory.mktemp("sample_recording") / "sample.rrd"
    sdk.run("0.41.0", SCRIPTS / "make_sample_recording.py", path)
    return path


def test_serves_until_it_is_shut_down(sample):
    server = rr.server.Server(datasets={"directory": sample.parent, "list": [sample], "text": [str(sample)]})
    assert re.fullmatch(r"rerun\+http://127\.0\.0\.1:\d+", server.url())
    assert server.host() == "127.0.0.1" and server.is_running()
    client = server.client()
    assert client.url == server.url() and repr(client) == f"CatalogClient({server.url()})"
    assert client.dataset_names() == ["directory", "list", "text"]
    assert [dataset.segment_ids() for dataset in client.datasets()] == [["sample"]] * 3
    assert rr.catalog.CatalogClient(server.url()).dataset_names() == client.dataset_names()
    dataset = client.get_dataset("list")
    assert dataset.reader("frame").count() == 4
    server.shutdown()
    with pytest.raises(ConnectionError, match="shut down"):
        dataset.reader("frame")
    with pytest.raises(ConnectionError, match="shut down"):
        dataset.cell("/motor:Scalars:scalars", index="frame", at=2)
    assert not server.is_running()
    with pytest.raises(ValueError, match="not running or has already been shut down"):
        server.shutdown()
    with pytest.raises(RuntimeError, match="server is not running"):
        server.client()
    with pytest.raises(ConnectionError, match=re.escape(server.url())):
        client.dataset_names()
    with pytest.raises(ConnectionError, match=re.escape(server.url())):
        rr.catalog.CatalogClient(server.url())


def test_is_a_context_manager_and_stops_when_it_is_collected():
    with rr.server.Server() as server:
        assert server.is_running()
    assert not server.is_running()
    port = int(rr.server.Server().url().rpartition(":")[2])  # nothing keeps it
    with rr.server.Server(port=port) as server:
        assert server.url().endswith(f":{port}")


def test_the_stock_client_reads_it(sample, version):
    with rr.server.Server(datasets={"sample": [sample]}) as server:
        assert sdk.run_json(version, SCRIPTS / "dataset_id.py", server.url(), "sample") == str(server.client().get_dataset("sample").id)


def test_data_dir_keeps_the_catalog(sample, tmp_path):
    with rr.server.Server(datasets={"kept": [sample]}, data_dir=tmp_path / "data") as server:
        with pytest.raises(RuntimeError, match=r"open|lock|process"):
            rr.server.Server(data_dir=tmp_path / "data")
        assert server.client().dataset_names() == ["kept"]
    with rr.server.Server(datasets={"kept": [sample]}, data_dir=tmp_path / "data") as server:  # registered already: skipped
        assert server.client().get_dataset("kept").segment_ids() == ["sample"]


def test_without_data_dir_nothing_stays(monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with rr.server.Server():
        assert len(list(tmp_path.iterdir())) == 1
    assert not list(tmp_path.iterdir())
    with pytest.raises(ValueError, match="Failed to bind"):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            rr.server.Server(port=taken.getsockname()[1])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("options", "error", "text"), [
    ({"host": "localhost"}, ValueError, 'Invalid IP: "localhost"'),
    ({"datasets": {"a": "/no/such"}}, ValueError, "Prefix path '/no/such' for dataset 'a' must be a directory."),
    ({"datasets": {"a": ["/no/such.rrd"]}}, ValueError, "Path '/no/such.rrd' for dataset 'a' must be a RRD file."),
    ({"tables": {"a": "/no/such"}}, ValueError, "Path '/no/such' for table 'a' must be a Parquet file or a directory of Parquet files."),
])
def test_says_what_is_wrong(options, error, text):
    with pytest.raises(error, match=re.escape(text)):
        rr.server.Server(**options)


def test_a_file_that_is_no_recording_is_named(tmp_path):
    path = tmp_path / "text.rrd"
    path.write_text("no recording")
    with pytest.raises(ValueError, match="text.rrd"):
        rr.server.Server(datasets={"a": [path]})


def test_deprecated_names_warn():
    with pytest.warns(DeprecationWarning, match="host"):
        server = rr.server.Server(addr="127.0.0.1")
    with server, pytest.warns(DeprecationWarning, match="url"):
        assert server.address() == server.url()


def test_allow_paths_limits_what_clients_register(sample, tmp_path):
    other = tmp_path / "other.rrd"
    other.write_bytes(sample.read_bytes())
    with rr.server.Server(datasets={"a": [sample]}, allow_paths=[]) as server:
        with pytest.raises(PermissionError, match="other.rrd"):
            server.client().get_dataset("a").register([other.as_uri()])
    with rr.server.Server(host="0.0.0.0", datasets={"a": [sample]}) as server:  # open to other machines: the same
        assert server.url().startswith("rerun+http://127.0.0.1:")
        with pytest.raises(PermissionError, match="other.rrd"):
            server.client().get_dataset("a").register([other.as_uri()])


def test_open_without_a_server(sample, tmp_path):
    client = rr.open(tmp_path / "data")
    assert client.url is None and str(tmp_path) in repr(client)
    assert client.create_dataset("a").register([sample.as_uri()]).wait().segment_ids == ["sample"]
    assert client.get_dataset("a").reader("frame").count() == 4
    with pytest.raises(RuntimeError, match=re.escape(str(pathlib.Path(tmp_path / "data")))):
        rr.open(tmp_path / "data")
