"""Upkeep with the stock clients, the bandwidth test, and the telemetry that clients send along."""

import pathlib
import shutil

import grpc
import pytest

from support import rpc, sdk, servers, wire
from support.paths import SCRIPTS

ROBOTS = SCRIPTS / "robots.py"
WEB = {"content-type": "application/grpc-web+proto", "x-grpc-web": "1"}
MIB = 1 << 20
OTLP = [f"/opentelemetry.proto.collector.{path}/Export" for path in ("trace.v1.TraceService", "metrics.v1.MetricsService", "logs.v1.LogsService")]


@pytest.fixture
def dataset(serve, robot_recordings, tmp_path):
    """(server, directory) with ten robots registered one by one, which makes ten small index files; restart() serves it again."""
    directory = tmp_path / "recordings"
    directory.mkdir()
    for number in range(10):
        shutil.copy(robot_recordings / f"robot_{number:03d}.rrd", directory)
    server = serve("--allow-path", directory)
    files = sorted(directory.glob("*.rrd"))
    sdk.run_json("0.41.0", ROBOTS, "register", server.url, "robots", *files)
    return server, directory


def header(server, name="robots"):
    entry = wire.call(server.address, "FindEntries", filter={"name": name}).entries[0]
    return [("x-rerun-entry-id", f"{entry.id.id.time_ns:016X}{entry.id.id.inc:016x}")]


def maintain(server, **fields):
    request = wire.message("DoMaintenanceRequest")(**fields).SerializeToString()
    code, details, response = rpc.unary(server.address, f"{rpc.SERVICE}/DoMaintenance", request, header(server))
    assert code == grpc.StatusCode.OK, details
    return wire.message("DoMaintenanceResponse").FromString(response).report


def index_files(server):
    return sorted(path for path in pathlib.Path(server.data, "index").rglob("*") if path.is_file())


def test_the_stock_clients_keep_up_a_dataset(dataset, serve, version):
    server, directory = dataset
    before = len([path for path in index_files(server) if path.suffix == ".tables"])
    assert before == 10
    sdk.run(version, SCRIPTS / "maintain.py", server.url, "robots")
    assert len([path for path in index_files(server) if path.suffix == ".tables"]) == 1
    expected = {f"robot_{number:03d}": 20 for number in range(10)}
    assert sdk.run_json(version, ROBOTS, "check", server.url, "robots") == expected
    server.kill()
    assert sdk.run_json(version, ROBOTS, "check", serve("--allow-path", directory).url, "robots") == expected


def test_the_report_names_what_is_wrong(dataset):
    server, directory = dataset
    (directory / "robot_003.rrd").unlink()
    (directory / "robot_004.rrd").write_bytes(b"something else")
    report = maintain(server)
    assert "recordings: 10 looked at" in report
    assert f"recordings missing: 1: {directory}/robot_003.rrd" in report
    assert f"recordings changed since they were registered: 1: {directory}/robot_004.rrd" in report


@pytest.mark.parametrize("wish", [{}, {"optimize_indexes": True}, {"retrain_indexes": True}, {"compact_fragments": True}])
def test_damaged_indexes_are_repaired_and_answers_stay_the_same(dataset, serve, wish):
    server, directory = dataset
    server.stop()
    tables = [path for path in index_files(server) if path.suffix == ".tables"]
    tables[0].write_bytes(tables[0].read_bytes()[:-100])
    tables[1].unlink()
    server = serve("--allow-path", directory)
    assert "2 layers were missing or damaged: 2 made again" in maintain(server, **wish)
    assert "damaged" not in maintain(server, **wish)
    expected = {f"robot_{number:03d}": 20 for number in range(10)}
    assert sdk.run_json("0.41.0", ROBOTS, "check", server.url, "robots") == expected


def test_maintenance_of_nothing_is_refused(serve):
    server = serve()
    code, details, _ = rpc.unary(server.address, f"{rpc.SERVICE}/DoMaintenance", metadata=[("x-rerun-entry-id", "0" * 31 + "1")])
    assert code == grpc.StatusCode.NOT_FOUND, details
    code, details, _ = rpc.unary(server.address, f"{rpc.SERVICE}/DoMaintenance")
    assert code == grpc.StatusCode.INVALID_ARGUMENT and "x-rerun-entry-id" in details


def test_global_maintenance_tells_the_log_what_it_did(dataset):
    server, _ = dataset
    code, details, response = rpc.unary(server.address, f"{rpc.SERVICE}/DoGlobalMaintenance")
    assert (code, response) == (grpc.StatusCode.OK, b""), details
    log = server.log.read_text()
    assert "maintenance: dataset 'robots': recordings: 10 looked at" in log
    assert "maintenance: catalog.db: " in log


def bandwidth(address, count):
    """Payloads of the bandwidth test, or (code, details)."""
    with grpc.insecure_channel(address) as channel:
        call = channel.unary_stream(
            f"{rpc.SERVICE}/DoBandwidthTest", response_deserializer=wire.message("DoBandwidthTestResponse").FromString
        )
        request = wire.message("DoBandwidthTestRequest")(num_bytes=count).SerializeToString()
        try:
            return [response.payload for response in call(request, timeout=30)]
        except grpc.RpcError as error:
            return error.code(), error.details()


def test_bandwidth_as_the_stock_server_sends_it(serve, version):
    address = serve().address
    with servers.StockServer(version) as stock:
        stock_address = stock.url.removeprefix("rerun+http://").split("/")[0]
        for count in (0, 1, MIB, 2 * MIB + 5, 32 * MIB):
            sizes = [len(payload) for payload in bandwidth(address, count)]
            assert sizes == [len(payload) for payload in bandwidth(stock_address, count)] and sum(sizes) == count
        code, details = bandwidth(address, 32 * MIB + 1)
        assert code == bandwidth(stock_address, 32 * MIB + 1)[0] == grpc.StatusCode.INVALID_ARGUMENT
        assert str(32 * MIB) in details
    one, two = bandwidth(address, 2 * MIB)
    assert one != two and len(set(one)) == 256  # nothing that a proxy could compress


@pytest.mark.parametrize("path", OTLP)
@pytest.mark.parametrize("body", [b"", b"\x0a\x00", b"\xff" * 100_000], ids=["empty", "one", "garbage"])
def test_telemetry_is_taken_and_dropped(serve, path, body):
    server = serve()
    assert rpc.unary(server.address, path, body) == (grpc.StatusCode.OK, "", b"")
    status, _, answer = server.request("POST", path, rpc.grpc_web_frame(body), WEB)
    messages, trailers = rpc.grpc_web_answer(answer)
    assert (status, messages, trailers["grpc-status"]) == (200, [b""], "0")


def test_other_methods_of_telemetry_services_are_unknown(serve):
    code, details, _ = rpc.unary(serve().address, OTLP[0].replace("Export", "Import"))
    assert code == grpc.StatusCode.UNIMPLEMENTED and "Import" in details
