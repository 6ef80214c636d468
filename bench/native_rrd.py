"""Chunks of a recording, read without any SDK: what the peers' stores are filled from, and which bytes of a file an answer needs.

The layout: a 12-byte header, then [u64 kind, u64 length] + protobuf; kind 2 is ArrowMsg {2: compression,
3: uncompressed size, 5: payload}, its payload an Arrow IPC stream, perhaps as one LZ4 block.
"""

import bisect
import dataclasses
import mmap
import pathlib
from collections.abc import Iterator

import pyarrow as pa

_ARROW_MESSAGE, _END = 2, 0
_LZ4 = 2


@dataclasses.dataclass
class Chunk:
    payload: memoryview  # as it lies in the file
    uncompressed_size: int
    is_lz4: bool
    plain: pa.Buffer
    batch: pa.RecordBatch

    @property
    def entity(self) -> str:
        metadata = self.batch.schema.metadata
        return metadata.get(b"rerun:entity_path", metadata.get(b"rerun.entity_path", b"")).decode()

    def column(self, name: str) -> pa.Array | None:
        """The column whose field is called so, or whose component is."""
        for field, array in zip(self.batch.schema, self.batch.columns):
            if name in (field.name, (field.metadata or {}).get(b"rerun:component", b"").decode()):
                return array
        return None


def chunks(path: pathlib.Path) -> Iterator[Chunk]:
    """All chunks of a file in file order."""
    with open(path, "rb") as file:
        data = memoryview(mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ))
    if bytes(data[:4]) != b"RRF2":
        raise SystemExit(f"{path} is not an RRD: it begins with {bytes(data[:4])!r}, expected b'RRF2'")
    position = 12
    while position + 16 <= len(data):
        kind, length = (int.from_bytes(data[position + at : position + at + 8], "little") for at in (0, 8))
        if kind == _END:
            return
        if kind == _ARROW_MESSAGE:
            yield _chunk(data[position + 16 : position + 16 + length])
        position += 16 + length


def _chunk(message: memoryview) -> Chunk:
    fields = dict(_protobuf_fields(message))
    payload, is_lz4 = fields[5], fields.get(2) == _LZ4
    size = fields.get(3, len(payload))
    plain = pa.decompress(pa.py_buffer(payload), decompressed_size=size, codec="lz4_raw") if is_lz4 else pa.py_buffer(payload)
    return Chunk(payload, size, is_lz4, plain, pa.ipc.open_stream(plain).read_next_batch())


def _protobuf_fields(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    position = 0
    while position < len(message):
        tag, position = _varint(message, position)
        number, wire_type = tag >> 3, tag & 7
        if wire_type == 0:
            value, position = _varint(message, position)
        elif wire_type in (1, 5):
            size = 8 if wire_type == 1 else 4
            value, position = int.from_bytes(message[position : position + size], "little"), position + size
        elif wire_type == 2:
            length, position = _varint(message, position)
            value, position = message[position : position + length], position + length
        else:
            raise SystemExit(f"a protobuf field {number} has the wire type {wire_type}, expected 0, 1, 2 or 5")
        yield number, value


def _varint(data: memoryview, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[position]
        value |= (byte & 0x7F) << shift
        position, shift = position + 1, shift + 7
        if byte < 0x80:
            return value, position


def stored_prefix(chunk: Chunk, plain_end: int) -> int:
    """Stored bytes that must be read to know the first `plain_end` bytes of the chunk."""
    if not chunk.is_lz4:
        return plain_end
    return _lz4_ends(chunk.payload)(plain_end)


def _lz4_ends(block: memoryview):
    """Walks the sequences of an LZ4 block: returns a function from the length of a plain prefix to that of the stored one."""
    plain_ends, stored_ends, is_literal = [], [], []
    position = plain = 0
    while position < len(block):
        token = block[position]
        literals, position = _lz4_length(block, position + 1, token >> 4)
        position, plain = position + literals, plain + literals
        plain_ends.append(plain), stored_ends.append(position), is_literal.append(True)
        if position >= len(block):
            break
        matched, position = _lz4_length(block, position + 2, token & 15)
        plain += matched + 4
        plain_ends.append(plain), stored_ends.append(position), is_literal.append(False)

    def stored(plain_end: int) -> int:
        at = bisect.bisect_left(plain_ends, plain_end)
        return stored_ends[at] - (plain_ends[at] - plain_end if is_literal[at] else 0)

    return stored


def _lz4_length(block: memoryview, position: int, length: int) -> tuple[int, int]:
    if length < 15:
        return length, position
    while True:
        byte = block[position]
        length, position = length + byte, position + 1
        if byte != 255:
            return length, position


def end_in_plain(chunk: Chunk, array: pa.Array, row: int) -> int:
    """Where the cell `row` of a list column, nested or not, ends in the plain chunk."""
    last = array.offset + row
    while pa.types.is_list(array.type):
        last = int.from_bytes(array.buffers()[1].slice((last + 1) * 4, 4).to_pybytes(), "little") - 1
        array = array.values
        last += array.offset
    return array.buffers()[1].address - chunk.plain.address + (last + 1) * array.type.bit_width // 8
