"""Uploads: grants over gRPC, bytes over PUT, with the stock 0.41 client and by hand."""

import concurrent.futures
import hashlib
import os
import pathlib
import re
import socket
import urllib.parse

import pytest

from support import sdk, servers, wire
from support.paths import SCRIPTS

SINGLE, MULTIPART = 1, 2
PART_BYTES = 64 << 20
IF_ABSENT = {"if-none-match": "*"}


def grant(server, key, **fields):
    answer = wire.call(server.address, "GetWriteAccessGrant", key=key, **fields)
    assert not isinstance(answer, tuple), answer
    return answer


def error_of(server, key, **fields):
    answer = wire.call(server.address, "GetWriteAccessGrant", key=key, **fields)
    assert isinstance(answer, tuple), answer
    return answer[0]


def put(server, url, body, headers=IF_ABSENT, **options):
    """(status, ETag, text)"""
    status, answer, text = server.request("PUT", url, body, dict(headers), timeout_s=60.0, **options)
    return status, answer.get("etag", ""), text.decode()


def upload(server, key, body, **fields):
    answer = grant(server, key, **fields)
    assert put(server, answer.grant.http_request.url, body)[0] == 200
    return answer.storage_url


def path_of(url):
    return pathlib.Path(urllib.parse.unquote(urllib.parse.urlsplit(url).path))


def unfinished(server):
    """Names below the directory of unfinished uploads."""
    return sorted(str(path.relative_to(server.data)) for path in (server.data / "uploads/.pending").rglob("*") if path.is_file())


def eventually(condition, what):
    deadline = servers.time.monotonic() + 20
    while not condition():
        assert servers.time.monotonic() < deadline, what
        servers.time.sleep(0.01)


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    path = tmp_path_factory.mktemp("staged")
    sdk.run("0.41.0", SCRIPTS / "make_robots.py", path, "--recordings", 1)
    return path / "robot_000.rrd"


def test_the_stock_client_stages_and_registers(serve, recording):
    """The same calls to the stock server and to ours."""
    with servers.StockServer("0.41.0") as stock:
        expected = sdk.run_json("0.41.0", SCRIPTS / "stage.py", stock.url, recording)
    server = serve()
    actual = sdk.run_json("0.41.0", SCRIPTS / "stage.py", server.url, recording)
    for seen in (expected, actual):
        for name in ("file", "bytes", "empty"):
            seen[name] = re.sub(r"^file:///.*?/(?=project/|run-2|nothing)", "", seen[name])
    expected["below"] = "AlreadyExistsError"  # the stock server: an internal error
    assert actual == expected
    assert (server.data / "uploads/project/run-1.rrd").read_bytes() == recording.read_bytes()
    assert unfinished(server) == []


def test_a_grant_says_all_that_a_client_needs(serve):
    answer = grant(serve(), "a/b.rrd", size_bytes=5, supported_upload_methods=[MULTIPART, SINGLE])
    request = answer.grant.http_request
    assert (request.method, request.same_origin, answer.grant.signing) == ("PUT", True, 1)
    assert request.url.startswith("/upload/")
    assert [(header.name, header.value) for header in request.headers] == [("if-none-match", "*")]
    assert 890 < answer.grant.expires_at.ToSeconds() - servers.time.time() <= 901
    assert answer.storage_url.startswith("file:///") and answer.storage_url.endswith("/uploads/a/b.rrd")


def test_what_is_not_granted(serve):
    server = serve()
    upload(server, "there/x", b"")
    assert error_of(server, "a", location=wire.message("Location")()) == "INVALID_ARGUMENT"
    assert error_of(server, "a", signing=2) == "UNIMPLEMENTED"
    assert error_of(server, "a", signing=7) == "INVALID_ARGUMENT"
    assert error_of(server, "a", supported_upload_methods=[9]) == "FAILED_PRECONDITION"
    assert error_of(server, "there/x") == "ALREADY_EXISTS"
    assert error_of(server, "there") == "ALREADY_EXISTS"
    assert error_of(server, "there/x/y") == "ALREADY_EXISTS"
    assert error_of(server, "a", size_bytes=1 << 60) == "RESOURCE_EXHAUSTED"
    for key in ("", "../x", "/a", "a//b", "a/./b", "a/", ".pending", ".pending/x", "a\\b", "a b", "ä", "x" * 256, "n\0l"):
        assert error_of(server, key) == "INVALID_ARGUMENT", key


def test_statuses_of_a_put(serve, tmp_path):
    server = serve("--upload-quota", "1MB")
    url = grant(server, "a", size_bytes=5).grant.http_request.url
    assert put(server, "/upload/nonsense", b"hello")[0] == 400
    assert put(server, url, b"hello6")[0] == 400
    assert put(server, url, b"hell")[0] == 400
    assert put(server, url, iter([b"hel", b"l"]))[0] == 400  # in chunks: known at its end only
    assert put(server, url, iter([b"hel", b"lo6"]))[0] == 413
    assert put(server, url, b"hello", {})[0] == 403
    assert put(server, url, b"hello", {"if-none-match": '"x"'})[0] == 403
    assert put(server, url[:9] + ("0" if url[9] != "0" else "1") + url[10:], b"hello")[0] == 403
    assert put(server, url.replace(".5.", ".6."), b"hello6")[0] == 403
    assert put(server, "/upload/", b"hello")[0] == 404
    assert server.request("POST", url, b"hello", IF_ABSENT)[0] == 405
    assert server.request("GET", url)[1]["allow"] == "PUT"
    big = grant(server, "big").grant.http_request.url
    assert put(server, big, b"x" * (2 << 20))[0] == 413
    assert put(server, big, iter([b"x" * (1 << 20)] * 2))[0] == 507
    assert unfinished(server) == []
    assert put(server, url, b"hello")[0] == 200
    assert put(server, url, b"hello")[0] == 412
    assert (server.data / "uploads/a").read_bytes() == b"hello"
    other = serve(data=tmp_path / "other")
    assert put(other, url, b"hello")[0] == 403, "the grant of another server"


def test_a_body_in_chunks_and_one_that_waits_to_be_asked(serve):
    server = serve()
    blocks = [os.urandom(100_000) for _ in range(30)]
    url = grant(server, "chunked").grant.http_request.url
    assert put(server, url, iter(blocks))[0] == 200
    assert (server.data / "uploads/chunked").read_bytes() == b"".join(blocks)

    def ask(url):
        host, port = server.address.rsplit(":", 1)
        connection = socket.create_connection((host, int(port)), timeout=20)
        connection.sendall(f"PUT {url} HTTP/1.1\r\nHost: x\r\nIf-None-Match: *\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n".encode())
        return connection, connection.recv(1000)

    connection, first = ask(url)
    assert b" 412 " in first, "refused before the body is sent"
    connection.close()
    connection, first = ask(grant(server, "asked").grant.http_request.url)
    assert first == b"HTTP/1.1 100 Continue\r\n\r\n"
    connection.sendall(b"hello")
    assert b" 200 " in connection.recv(1000)
    connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")  # the connection is good for more
    assert b" 200 " in connection.recv(1000)
    connection.close()


def test_a_client_that_goes_away_leaves_nothing(serve):
    server = serve()
    host, port = server.address.rsplit(":", 1)
    url = grant(server, "torn").grant.http_request.url
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(f"PUT {url} HTTP/1.1\r\nHost: x\r\nIf-None-Match: *\r\nContent-Length: 1000000\r\n\r\n".encode() + b"x" * 500_000)
        eventually(lambda: unfinished(server), "the upload has begun")
    eventually(lambda: not unfinished(server), "the upload is gone")
    assert not (server.data / "uploads/torn").exists()
    assert put(server, url, b"whole")[0] == 200


def test_of_many_uploads_of_a_key_one_wins(serve):
    server = serve()
    urls = [grant(server, "same").grant.http_request.url for _ in range(8)]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda url: put(server, url, url.encode() * 1000)[0], urls))
    assert sorted(statuses) == [200] + [412] * 7
    assert (server.data / "uploads/same").read_bytes() == urls[statuses.index(200)].encode() * 1000


def test_killed_right_after_the_answer(serve, recording):
    server = serve()
    waiting = grant(server, "later").grant.http_request.url
    storage_url = upload(server, "kept.rrd", recording.read_bytes())
    server.kill()
    server = serve()
    assert path_of(storage_url).read_bytes() == recording.read_bytes()
    assert error_of(server, "kept.rrd") == "ALREADY_EXISTS"
    assert put(server, waiting, b"a grant outlives the server")[0] == 200
    assert sdk.run_json("0.41.0", SCRIPTS / "register_urls.py", server.url, "kept", storage_url) == ["robot_000"]


def test_killed_in_the_middle(serve):
    server = serve()
    host, port = server.address.rsplit(":", 1)
    url = grant(server, "torn").grant.http_request.url
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(f"PUT {url} HTTP/1.1\r\nHost: x\r\nIf-None-Match: *\r\nContent-Length: 1000000\r\n\r\n".encode() + b"x" * 500_000)
        eventually(lambda: unfinished(server), "the upload has begun")
        server.kill()
    assert unfinished(server)
    server = serve()
    assert unfinished(server) == []
    assert not (server.data / "uploads/torn").exists()


def test_memory_stays_flat(serve):
    server = serve()
    block = os.urandom(1 << 20)
    before = server.metric("process_resident_memory_bytes")
    storage_url = upload(server, "large", iter([block] * 256))
    assert server.metric("process_resident_memory_bytes") - before < 32 << 20
    assert path_of(storage_url).stat().st_size == 256 << 20


def test_a_full_disk(serve):
    server = serve(file_bytes_max=8 << 20)  # writes beyond fail as on a full disk
    url = grant(server, "large").grant.http_request.url
    status, _, text = put(server, url, iter([b"x" * (1 << 20)] * 16))
    assert status == 507 and "File too large" in text
    assert unfinished(server) == []
    assert put(server, url, b"small")[0] == 200


class Multipart:
    def __init__(self, server, key, **fields):
        self.server, self.answer = server, grant(server, key, supported_upload_methods=[MULTIPART], **fields)
        self.request = self.answer.grant.multipart_request
        self.token = self.request.upload_token

    def urls(self, *numbers):
        return [request.url for request in wire.call(self.server.address, "GetMultipartUploadPartGrants", upload_token=self.token, part_numbers=numbers).requests]

    def complete(self, *parts):
        part = wire.message("UploadedPart")
        return wire.call(
            self.server.address, "CompleteMultipartUpload", upload_token=self.token, parts=[part(part_number=number, etag=etag) for number, etag in parts]
        )

    def abort(self):
        return wire.call(self.server.address, "AbortMultipartUpload", upload_token=self.token)


def test_multipart(serve):
    server = serve()
    first, second = os.urandom(PART_BYTES), os.urandom(1000)
    upload = Multipart(server, "in/parts", size_bytes=PART_BYTES + 1000)
    assert upload.request.part_size_bytes == PART_BYTES
    assert len(upload.request.part_requests) == 2
    urls = [request.url for request in upload.request.part_requests]
    assert put(server, urls[1], b"to be replaced", {})[0] == 200
    (status, etag_2, _), (_, etag_1, _) = put(server, urls[1], second, {}), put(server, urls[0], first, {})
    assert status == 200 and re.fullmatch(r'"[0-9a-f]{32}"', etag_2)
    assert not (server.data / "uploads/in").exists()
    server.kill()
    upload.server = server = serve()
    assert upload.complete((1, etag_1), (2, '"0123"'))[0] == "FAILED_PRECONDITION"
    assert upload.complete((1, etag_1), (2, etag_2)) == wire.message("CompleteMultipartUploadResponse")()
    assert hashlib.sha256(path_of(upload.answer.storage_url).read_bytes()).digest() == hashlib.sha256(first + second).digest()
    assert unfinished(server) == []
    assert upload.complete((1, etag_1), (2, etag_2))[0] == "NOT_FOUND"
    assert put(server, urls[0], first, {})[0] == 404
    assert error_of(server, "in/parts", supported_upload_methods=[MULTIPART]) == "ALREADY_EXISTS"


def test_multipart_mistakes(serve):
    server = serve()
    upload = Multipart(server, "parts")
    urls = upload.urls(1, 2, 3)
    assert len(set(urls)) == 3
    for url in urls[:2]:
        assert put(server, url, b"short", {})[0] == 200
    assert put(server, urls[0], b"x" * (PART_BYTES + 1), {})[0] == 413
    for numbers in ([0], [10_001], [1, 1]):
        code, _ = wire.call(server.address, "GetMultipartUploadPartGrants", upload_token=upload.token, part_numbers=numbers)
        assert code == "INVALID_ARGUMENT", numbers
    for parts in ([], [2], [2, 1], [1, 3], [1, 1], [0, 1], [1, 2]):  # the last: part 1 is too short
        assert upload.complete(*[(number, "") for number in parts])[0] == "INVALID_ARGUMENT", parts
    for method in ("GetMultipartUploadPartGrants", "CompleteMultipartUpload", "AbortMultipartUpload"):
        assert wire.call(server.address, method, upload_token=b"")[0] == "INVALID_ARGUMENT"
        assert wire.call(server.address, method, upload_token=b"\xff" * 99)[0] == "INVALID_ARGUMENT"
        assert wire.call(server.address, method, upload_token=b"0" * 64 + upload.token[64:])[0] == "PERMISSION_DENIED"
    # A multipart upload ends without parts 2 and 3, as the client says.
    assert upload.complete((1, "")) == wire.message("CompleteMultipartUploadResponse")()
    assert (server.data / "uploads/parts").read_bytes() == b"short"


def test_an_aborted_multipart_upload_is_gone(serve):
    server = serve("--upload-quota", "1000000")
    upload = Multipart(server, "aborted")
    url = upload.urls(7)[0]
    assert put(server, url, b"x" * 900_000, {})[0] == 200
    single = grant(server, "b").grant.http_request.url
    assert put(server, single, b"x" * 900_000)[0] == 507
    assert upload.abort() == wire.message("AbortMultipartUploadResponse")()
    assert unfinished(server) == []
    assert upload.abort()[0] == "NOT_FOUND"
    assert put(server, url, b"x", {})[0] == 404
    assert put(server, single, b"x" * 900_000)[0] == 200


def test_browsers_may_put(serve):
    server = serve()
    url = grant(server, "from/browser").grant.http_request.url
    origin = {"origin": "http://localhost:9090"}
    preflight = {**origin, "access-control-request-method": "PUT", "access-control-request-headers": "if-none-match"}
    status, headers, _ = server.request("OPTIONS", url, headers=preflight)
    assert status == 200 and headers["access-control-allow-methods"] == "PUT" and headers["access-control-allow-headers"] == "if-none-match"
    status, headers, _ = server.request("PUT", url, b"x", {**IF_ABSENT, **origin})
    assert status == 200 and headers["access-control-allow-origin"] == "http://localhost:9090"
