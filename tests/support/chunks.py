"""Chunks and WriteChunks calls as a client would make them (redap.md §2.1 RerunChunk, rrd.md §2). No stock client has such a call."""

from __future__ import annotations

import itertools
import struct
import time
from collections.abc import Iterable, Iterator

import grpc
import pyarrow as pa
from support import rpc, rrd_writer

PATH = f"{rpc.SERVICE}/WriteChunks"
TIMEOUT_S = 60.0
ENCODER_V0 = 1
LISTS = pa.list_(pa.field("item", pa.float64(), True))
_counter = itertools.count(1)


def new_id() -> bytes:
    return struct.pack(">QQ", time.time_ns(), next(_counter))


def chunk(
    entity: str,
    segment: str | None,
    times: list[int] | None = None,
    values: list | None = None,
    *,
    component: str = "foo",
    datatype: pa.DataType = LISTS,
    key: str = "rerun:segment_id",
    row_ids: list[bytes] | None = None,
    sorted_flag: bool = True,
    metadata: dict | None = None,
) -> bytes:
    """The Arrow IPC stream of a chunk on timeline `t` (static without times); one value a row."""
    values = values if values is not None else [float(time) for time in times or [0]]
    row_ids = row_ids or [new_id() for _ in values]
    control = {
        "rerun:kind": "control", "ARROW:extension:name": "rerun.datatypes.TUID", "ARROW:extension:metadata": '{"namespace":"row"}',
        **({"rerun:is_sorted": "true"} if sorted_flag else {}),
    }
    fields = [pa.field("rerun.controls.RowId", pa.binary(16), False, control)]
    columns = [pa.array(row_ids, pa.binary(16))]
    if times is not None:
        fields.append(pa.field("t", pa.int64(), True, {"rerun:kind": "index", "rerun:index_name": "t"}))
        columns.append(pa.array(times, pa.int64()))
    fields.append(pa.field(component, datatype, True, {"rerun:kind": "data", "rerun:component": component}))
    columns.append(pa.array([[value] for value in values], datatype))
    identifier = new_id().hex()
    of_chunk = {"sorbet:version": "0.1.3", "rerun:id": f"chunk_{identifier}", "rerun:entity_path": entity, **(metadata or {})}
    if segment is not None:
        of_chunk[key] = segment
    schema = pa.schema(fields, {name: value for name, value in of_chunk.items() if value is not None})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema) as stream:
        stream.write_batch(pa.record_batch(columns, schema=schema))
    return sink.getvalue().to_pybytes()


def request(payload: bytes | None, encoder_version: int = ENCODER_V0) -> bytes:
    content = rrd_writer.int_field(1, encoder_version)
    if payload is not None:
        content += rrd_writer.bytes_field(2, payload)
    return rrd_writer.bytes_field(1, content)


def create_dataset(address: str, name: str) -> None:
    """Without a stock client: starting one takes a second."""
    code, details, _ = rpc.unary(address, f"{rpc.SERVICE}/CreateDatasetEntry", rrd_writer.bytes_field(1, name.encode()))
    assert code == grpc.StatusCode.OK, details


def write(address: str, dataset: str, requests: Iterable[bytes]) -> tuple[grpc.StatusCode, str]:
    """(status code, details) of one WriteChunks stream into the dataset of that name."""
    with grpc.insecure_channel(address) as channel:
        call = channel.stream_unary(PATH)
        try:
            call(iter(requests), timeout=TIMEOUT_S, metadata=[("x-rerun-entry-name-bin", dataset.encode())])
            return grpc.StatusCode.OK, ""
        except grpc.RpcError as error:
            return error.code(), error.details()


def many(segment: str, count: int, rows: int) -> Iterator[bytes]:
    """`count` chunks of `rows` rows that do not compress."""
    for number in range(count):
        times = list(range(number * rows, (number + 1) * rows))
        yield request(chunk("/many", segment, times, [struct.unpack("<d", struct.pack("<Q", time * 0x9E3779B97F4A7C15 % 2**62))[0] for time in times]))
