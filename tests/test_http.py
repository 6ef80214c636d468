"""The one port: plain HTTP routes, CORS and gRPC-web beside gRPC."""

import concurrent.futures
import re

import grpc
import pytest

from support import rpc, sdk
from support.paths import SCRIPTS

WEB = {"content-type": "application/grpc-web+proto", "x-grpc-web": "1"}


def test_plain_routes(serve):
    server = serve()
    status, headers, body = server.request("GET", "/version")
    assert status == 200 and b"mutoscope" in body.lower()
    assert server.get("/healthz")[0] == 200
    assert server.get("/readyz")[0] == 200
    assert server.get("/no/such/page")[0] == 404


def test_metrics_count_calls_and_bytes(serve, robot_recordings):
    server = serve("--dataset", f"robots={robot_recordings}").wait_ready()
    rows = sdk.run_json("0.41.0", SCRIPTS / "robots.py", "check", server.url, "robots")
    assert len(rows) == 50
    _, text = server.get("/metrics")
    for line in text.splitlines():
        assert re.fullmatch(r"#.*|[a-zA-Z_:][a-zA-Z0-9_:]*(\{[^}]*\})? [-+0-9.eEinfNa]+", line), line
    for method in ("WhoAmI", "FindEntries", "GetDatasetSchema", "FindChunks", "FetchChunks", "ScanSegmentTable"):
        assert server.served(method) >= 1, method
    for name in ("mutoscope_rpc_duration_seconds", "mutoscope_rpc_sent_bytes_total", "process_resident_memory_bytes", "process_open_fds"):
        assert name in text
    values = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    assert int(values["mutoscope_layers"]) == 50
    assert int(values["mutoscope_recordings_open"]) >= 1
    assert int(values["mutoscope_recordings_cache_misses_total"]) >= int(values["mutoscope_recordings_open"])
    assert int(values["mutoscope_index_resident_bytes"]) > 0


@pytest.mark.parametrize("origin", ["http://localhost:9090", "https://127.0.0.1", "https://rerun.io"])
def test_preflight_of_a_known_origin(serve, origin):
    headers = {"origin": origin, "access-control-request-method": "POST", "access-control-request-headers": "content-type,x-grpc-web"}
    status, answer, _ = serve().request("OPTIONS", f"{rpc.SERVICE}/WhoAmI", headers=headers)
    assert status == 200
    assert answer["access-control-allow-origin"] == origin
    assert answer["access-control-allow-credentials"] == "true"
    assert "x-grpc-web" in answer["access-control-allow-headers"]
    assert "POST" in answer["access-control-allow-methods"]


def test_foreign_origins_need_a_flag(serve, tmp_path):
    headers = {"origin": "https://viewer.example.org", "access-control-request-method": "POST"}
    path = f"{rpc.SERVICE}/WhoAmI"
    assert "access-control-allow-origin" not in serve().request("OPTIONS", path, headers=headers)[1]
    server = serve("--cors-allow-origin", "https://*.example.org", data=tmp_path / "other")
    assert server.request("OPTIONS", path, headers=headers)[1]["access-control-allow-origin"] == "https://viewer.example.org"


def test_many_grpc_web_calls_at_once(serve):
    """The in-process channel behind gRPC-web once lost answers when reads came late."""
    server = serve()

    def calls(_):
        answers = [server.request("POST", f"{rpc.SERVICE}/WhoAmI", rpc.grpc_web_frame(), WEB) for _ in range(100)]
        return [len(rpc.grpc_web_answer(body)[0]) for _, _, body in answers]

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert set(sum(pool.map(calls, range(8)), [])) == {1}
    assert server.stop() == 0


def test_grpc_web(serve):
    server = serve()
    status, headers, body = server.request("POST", f"{rpc.SERVICE}/WhoAmI", rpc.grpc_web_frame(), WEB | {"origin": "http://localhost"})
    assert status == 200 and headers["content-type"].startswith("application/grpc-web")
    assert headers["access-control-allow-origin"] == "http://localhost"
    messages, trailers = rpc.grpc_web_answer(body)
    assert trailers["grpc-status"] == "0"
    assert b"dataset:find_chunks" in messages[0]


def test_grpc_web_errors_come_as_trailers(serve):
    _, headers, body = serve().request("POST", f"{rpc.SERVICE}/ReadDatasetEntry", rpc.grpc_web_frame(), WEB)
    status = headers.get("grpc-status") or rpc.grpc_web_answer(body)[1]["grpc-status"]
    assert status == str(grpc.StatusCode.INVALID_ARGUMENT.value[0])


@pytest.mark.parametrize("method", ["NoSuchMethod", "SearchDataset"])
def test_what_is_not_served_says_its_name(serve, method):
    code, details, _ = rpc.unary(serve().address, f"{rpc.SERVICE}/{method}")
    assert code == grpc.StatusCode.UNIMPLEMENTED
    assert method in details


def test_unknown_service(serve):
    code, details, _ = rpc.unary(serve().address, "/no.such.v1.Service/Call")
    assert code == grpc.StatusCode.UNIMPLEMENTED and "no.such.v1.Service" in details


def test_garbage_on_the_port_harms_nobody(serve):
    import socket

    server = serve()
    host, port = server.address.rsplit(":", 1)
    for garbage in (b"", b"\0" * 4096, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\xff" * 512, b"GET / HTTP/9.9\r\n\r\n", b"POST / HTTP/1.1\r\ncontent-length: 99999999999999\r\n\r\n"):
        with socket.create_connection((host, int(port)), timeout=5) as connection:
            connection.sendall(garbage)
    assert server.get("/healthz")[0] == 200
    assert rpc.unary(server.address, f"{rpc.SERVICE}/WhoAmI")[0] == grpc.StatusCode.OK
