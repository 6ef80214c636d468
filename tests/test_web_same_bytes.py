"""gRPC-web answers what gRPC answers: every unary and server-streaming method, byte for byte."""

import base64
import http.client

import grpc
import pytest

from differential import protos
from differential.wire import Connection
from support import sdk
from support.paths import SCRIPTS
from support.rpc import grpc_web_answer, grpc_web_frame

PATH_OF = {method.name: path for path, method in protos.every_method() if path.startswith(f"/{protos.SERVICE}/")}
ENDLESS = {"WatchEvents"}
# Answers with something new in them every time: only their shape is compared.
NEW_EVERY_TIME = {"CreateDatasetEntry", "CreateTableEntry", "RegisterTable", "RegisterWithDataset", "SetSegmentProperties", "GetWriteAccessGrant", "UpdateDatasetEntry",
                  "UpdateTableEntry", "UnregisterFromDataset", "DoBandwidthTest", "DoMaintenance", "UpdateEntry"}


def over_grpc(server, method, content, metadata):
    connection = Connection(server.address)
    descriptor = protos.methods()[method]
    make = connection.channel.unary_stream if descriptor.server_streaming else connection.channel.unary_unary
    try:
        running = make(PATH_OF[method])(content, timeout=20, metadata=metadata)
        return "0", "", list(running) if descriptor.server_streaming else [running]
    except grpc.RpcError as error:
        return str(error.code().value[0]), error.details(), []
    finally:
        connection.close()


def over_web(server, method, content, metadata):
    headers = {"content-type": "application/grpc-web+proto"}
    for name, value in metadata:
        headers[name] = base64.b64encode(value).decode() if isinstance(value, bytes) else value
    status, answer_headers, body = server.request("POST", PATH_OF[method], grpc_web_frame(content), headers)
    assert status == 200
    messages, trailers = grpc_web_answer(body)
    outcome = answer_headers if "grpc-status" in answer_headers else trailers
    return outcome["grpc-status"], http_unescape(outcome.get("grpc-message", "")), messages


def http_unescape(text):
    from urllib.parse import unquote

    return unquote(text)


class State:
    """A server with something to answer about."""

    def __init__(self, server, directory):
        self.server = server
        recordings = sorted(directory.glob("*.rrd"))
        self.dataset = self.create("robots")
        sources = [{"storage_url": path.as_uri(), "typ": 1} for path in recordings]
        self.call("RegisterWithDataset", {"data_sources": sources}, self.dataset)
        chunks = self.call("FindChunks", {"contents": {"all": {}}, "range": {"timeline": "frame", "segments": {"all": {}}}}, self.dataset)
        self.part = chunks[0].data
        self.segment = recordings[0].stem
        entries = self.call("FindEntries", {"filter": {"name": "__entries", "entry_kinds": [3]}})
        self.entries_table = entries[0].entries[0].id

    def call(self, method, request, entry=None):
        content = protos.build(f"{protos.CLOUD}.{method}Request", request).SerializeToString()
        status, text, messages = over_grpc(self.server, method, content, header(entry))
        assert status == "0", f"{method}: {text}"
        return [protos.message_class(protos.methods()[method].output_type.full_name).FromString(message) for message in messages]

    def create(self, name):
        return self.call("CreateDatasetEntry", {"name": name})[0].dataset.details.id


def header(entry):
    return [("x-rerun-entry-id", f"{entry.id.time_ns:016X}{entry.id.inc:016x}")] if entry is not None else []


def requests_of(state):
    """{method: [(request, entry)]}; every method also gets an empty request, and one about an entry that does not exist."""
    segment, data = {"id": state.segment}, state.dataset
    return {
        "ReadDatasetEntry": [({}, data)],
        "FindEntries": [({"filter": {"name": "robots"}}, None)],
        "UpdateEntry": [({"id": data, "entry_details_update": {"name": "robots"}}, data)],
        "GetDatasetSchema": [({}, data)], "GetSegmentTableSchema": [({}, data)], "ScanSegmentTable": [({}, data), ({"columns": ["rerun_segment_id"]}, data)],
        "GetDatasetManifestSchema": [({}, data)], "ScanDatasetManifest": [({}, data)],
        "GetRrdManifest": [({"segment_id": segment}, data)], "GetAssetsForSegment": [({"segment_id": segment}, data)],
        "QueryDataset": [({"select_all_entity_paths": True}, data)],
        "FindChunks": [({"contents": {"all": {}}, "static": {"segments": {"all": {}}}}, data)],
        "FetchChunks": [({"chunk_infos": [state.part]}, None)],
        "GetTableSchema": [({"table_id": state.entries_table}, state.entries_table)], "ScanTable": [({"table_id": state.entries_table}, state.entries_table)],
        "ReadTableEntry": [({"id": state.entries_table}, state.entries_table)],
        "QueryTasks": [({"ids": [{"id": "task_unknown"}]}, None)], "QueryTasksOnCompletion": [({"ids": [{"id": "task_unknown"}]}, None)],
        "RegisterWithDataset": [({"data_sources": [{"storage_url": "file:///nowhere.rrd", "typ": 1}]}, data)],
        "GetSegmentProperties": [({"segment_ids": [segment]}, data)],
        "DoBandwidthTest": [({"num_bytes": 3 << 20}, None)],
        "CreateDatasetEntry": [({"name": "ü"}, None), ({"name": "robots"}, None)],
        "DeleteSegmentProperties": [({"segments": [{"segment_id": segment}]}, data)],
        "UnregisterFromDataset": [({"segments_to_drop": [{"id": "nobody"}]}, data)],
    }


@pytest.fixture(scope="module")
def state(tmp_path_factory, program):
    from support.servers import Mutoscope

    directory = tmp_path_factory.mktemp("web")
    sdk.run("0.41.0", SCRIPTS / "make_robots.py", directory / "robots", "--recordings", 3)
    with Mutoscope(directory / "data", "--allow-path", directory / "robots") as server:
        yield State(server, directory / "robots")


@pytest.mark.parametrize("method", sorted(name for name, method in protos.methods().items() if not method.client_streaming and name not in ENDLESS))
def test_the_answer_is_the_same(state, method):
    nobody = protos.build(f"{protos.COMMON}.EntryId", {"id": {"time_ns": 1, "inc": 2}})
    for request, entry in [({}, None), ({}, nobody), *requests_of(state).get(method, [])]:
        content = protos.build(f"{protos.CLOUD}.{method}Request", request).SerializeToString()
        plain, web = over_grpc(state.server, method, content, header(entry)), over_web(state.server, method, content, header(entry))
        assert web[:2] == plain[:2]
        if method in NEW_EVERY_TIME:
            assert len(web[2]) == len(plain[2])
        else:
            assert web[2] == plain[2]


def test_endless_streams_begin(state):
    """Over gRPC-web too: the headers come at once, and closing ends the call."""
    connection = http.client.HTTPConnection(state.server.address, timeout=20)
    connection.request("POST", PATH_OF["WatchEvents"], grpc_web_frame(), {"content-type": "application/grpc-web+proto"})
    state.create("watched")
    answer = connection.getresponse()
    assert answer.status == 200
    first = answer.read1(5)
    assert first[:1] == b"\0" and int.from_bytes(first[1:5], "big") > 0
    connection.close()


def test_client_streams_are_refused_by_name(state):
    for method in (name for name, method in protos.methods().items() if method.client_streaming):
        status, text, _ = over_web(state.server, method, b"", [])
        assert status != "0" and text
