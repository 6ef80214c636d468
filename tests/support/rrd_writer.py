"""RRD files that the SDK does not write: uncompressed chunks, and no footer, as after a process that died (rrd.md §1)."""

from __future__ import annotations

import pathlib
import struct

import pyarrow as pa

VERSION = bytes([0, 41, 0, 0])
SET_STORE_INFO, ARROW_MSG = 1, 2
RECORDING = 1
COMPRESSION_NONE = 1
ENCODING_ARROW_IPC = 1
SOURCE_OTHER = 6


def varint(number: int) -> bytes:
    out = b""
    while number > 0x7F:
        out, number = out + bytes([number & 0x7F | 0x80]), number >> 7
    return out + bytes([number])


def bytes_field(number: int, content: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(content)) + content


def int_field(number: int, value: int) -> bytes:
    return varint(number << 3) + varint(value)


def tuid(identifier: bytes) -> bytes:
    """16 bytes, big-endian, as the message with two fixed64."""
    time_ns, counter = struct.unpack(">QQ", identifier)
    return b"".join(varint(number << 3 | 1) + struct.pack("<Q", value) for number, value in ((1, time_ns), (2, counter)))


def message(kind: int, payload: bytes) -> bytes:
    return struct.pack("<QQ", kind, len(payload)) + payload


def set_store_info(store_id: bytes) -> bytes:
    source = int_field(1, SOURCE_OTHER) + bytes_field(2, bytes_field(1, b"rrd_writer.py"))
    version = int_field(1, struct.unpack("<i", VERSION)[0])
    info = bytes_field(2, store_id) + bytes_field(5, source) + bytes_field(6, version)
    return message(SET_STORE_INFO, bytes_field(1, tuid(bytes(16))) + bytes_field(2, info))


def arrow_msg(store_id: bytes, batch: pa.RecordBatch) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as stream:
        stream.write_batch(batch)
    content = sink.getvalue().to_pybytes()
    chunk_id = bytes.fromhex(batch.schema.metadata[b"rerun:id"].decode().removeprefix("chunk_"))
    is_static = not any((field.metadata or {}).get(b"rerun:kind") == b"index" for field in batch.schema)
    return message(
        ARROW_MSG,
        bytes_field(1, store_id) + int_field(2, COMPRESSION_NONE) + int_field(3, len(content)) + int_field(4, ENCODING_ARROW_IPC)
        + bytes_field(5, content) + bytes_field(6, tuid(chunk_id)) + int_field(7, int(is_static)),
    )  # fmt: skip


def write_unfinished(path: pathlib.Path, application_id: str, recording_id: str, batches: list[pa.RecordBatch]) -> None:
    """One recording of these chunks (record batches as in rrd.md §2), uncompressed and without a footer."""
    store_id = int_field(1, RECORDING) + bytes_field(2, recording_id.encode()) + bytes_field(3, bytes_field(1, application_id.encode()))
    header = b"RRF2" + VERSION + bytes([0, 2, 0, 0])
    path.write_bytes(header + set_store_info(store_id) + b"".join(arrow_msg(store_id, batch) for batch in batches))
