"""Protobuf messages that nobody would send: every field may be missing, odd or far too large."""

import io
import random
import string

import pyarrow as pa

from differential import protos

LONG = 20_000
INTEGERS = [0, 1, 2, 5, 7, 100, 2**31 - 1, 2**31, 2**32 - 1, 2**53, 2**63 - 1, 2**63, 2**64 - 1, -1, -2, -(2**31), -(2**63), -(2**63) + 1]
TEXTS = [
    "", " ", "a", "base", "log_time", "t", "/", "/a", "/a/b", "//", "/**", "..", "../../etc/passwd", "__entries", "__bp_", "a/b", "ü", "日本語", "🤖",
    "\0", "a\0b", "%s%n", "'; DROP TABLE entries; --", "x" * 180, "x" * 181, "file://", "file:///", "file:///etc/passwd", "file:///dev/zero", "s3://b/k",
    "memory:///store/1", "http://127.0.0.1:1/x", "rerun_segment_id", "chunk_key", "chunk_id", "id IS NULL", "a = = b", "(" * 500, "chunk_byte_len > 5",
]
KNOWN_LIMITS = {"num_bytes": 64 << 10}  # what the server would do dutifully, and for too long


class Odd:
    """Makes messages of any type from one source of chance. `known`: values that mean something to the server, by what they name."""

    def __init__(self, seed, known):
        self.random = random.Random(seed)
        self.known = known

    def integer(self, field):
        value = self.random.choice(INTEGERS) if self.random.random() < 0.8 else self.random.getrandbits(64)
        value = min(abs(value), KNOWN_LIMITS[field.name]) if field.name in KNOWN_LIMITS else value
        bits = 32 if field.type in (field.TYPE_INT32, field.TYPE_UINT32, field.TYPE_FIXED32, field.TYPE_SFIXED32, field.TYPE_SINT32) else 64
        signed = field.type in (field.TYPE_INT32, field.TYPE_INT64, field.TYPE_SFIXED32, field.TYPE_SFIXED64, field.TYPE_SINT32, field.TYPE_SINT64)
        value &= 2**bits - 1
        return value - 2**bits if signed and value >= 2 ** (bits - 1) else value

    def text(self):
        chance = self.random.random()
        if chance < 0.4:
            return self.random.choice(self.known["texts"])
        if chance < 0.9:
            return self.random.choice(TEXTS)
        return "".join(self.random.choices(string.printable, k=self.random.choice([1, 10, 300, LONG if chance > 0.99 else 50])))

    def bytes(self, most=200):
        return self.random.randbytes(self.random.choice([0, 1, 4, 16, 32, most]))

    def scalar(self, field):
        if field.type in (field.TYPE_STRING,):
            return self.text()
        if field.type == field.TYPE_BYTES:
            return self.bytes()
        if field.type == field.TYPE_BOOL:
            return self.random.random() < 0.5
        if field.type == field.TYPE_ENUM:
            return self.random.choice([value.number for value in field.enum_type.values] + [-1, 99, 2**31 - 1])
        if field.type in (field.TYPE_DOUBLE, field.TYPE_FLOAT):
            return self.random.choice([0.0, -1.0, float("nan"), float("inf"), 1e300 if field.type == field.TYPE_DOUBLE else 1.0])
        return self.integer(field)

    def message(self, descriptor, depth=0):
        message = protos.message_class(descriptor.full_name)()
        special = {"EntryId": self.entry_id, "DataframePart": self.dataframe, "Schema": self.schema, "SegmentId": self.segment_id}
        if descriptor.name in special and self.random.random() < 0.85:
            special[descriptor.name](message)
            return message
        for field in descriptor.fields:
            if self.random.random() < (0.3 if depth else 0.15):
                continue
            self.fill(message, field, depth)
        return message

    def fill(self, message, field, depth):
        if field.label == field.LABEL_REPEATED:
            values = getattr(message, field.name)
            for _ in range(self.random.choice([0, 1, 1, 2, 3, 30 if depth == 0 else 2])):
                if field.type == field.TYPE_MESSAGE:
                    values.add().MergeFromString(self.message(field.message_type, depth + 1).SerializeToString())
                else:
                    values.append(self.scalar(field))
        elif field.type == field.TYPE_MESSAGE:
            if depth < 6:
                getattr(message, field.name).MergeFromString(self.message(field.message_type, depth + 1).SerializeToString())
        else:
            setattr(message, field.name, self.scalar(field))

    def entry_id(self, message):
        known = self.random.choice(self.known["entries"])
        message.id.time_ns, message.id.inc = int(known[:16], 16), int(known[16:], 16)
        if self.random.random() < 0.1:
            message.id.ClearField("inc")

    def segment_id(self, message):
        message.id = self.random.choice(self.known["segments"])

    def schema(self, message):
        message.arrow_schema = self.broken(ipc(self.batch().slice(0, 0), with_batch=False))

    def dataframe(self, message):
        """Arrow data, whole or not, under a header that may lie about it."""
        plain = ipc(self.batch())
        message.encoder_version = 1 if self.random.random() < 0.9 else self.random.choice([0, 2, 77])
        message.compression = self.random.choice([0, 1, 1, 2, 2, 9])
        message.uncompressed_size = len(plain)
        if message.compression == 2:
            plain = pa.compress(plain, codec="lz4_raw", asbytes=True)
        if self.random.random() < 0.3:
            message.uncompressed_size = self.random.choice([0, 1, len(plain) - 1, 2**31, 2**40, 2**64 - 1])
        message.payload = self.broken(plain)

    def batch(self):
        """Some columns that a call may ask for, of types that it may not expect."""
        names = self.random.choices(self.known["columns"] + ["x", "", "ü", "rerun:id", "chunk_key"], k=self.random.choice([0, 1, 2, 5]))
        rows = self.random.choice([0, 1, 1, 2, 3, 100])
        make = [
            lambda: pa.array([self.text() for _ in range(rows)]),
            lambda: pa.array([self.bytes() for _ in range(rows)], pa.binary()),
            lambda: pa.array([self.random.choice([None, 1, -5, 2**62]) for _ in range(rows)], pa.int64()),
            lambda: pa.array([[self.text()] for _ in range(rows)], pa.list_(pa.string())),
            lambda: pa.array([self.random.randbytes(16) for _ in range(rows)], pa.binary(16)),
            lambda: pa.nulls(rows),
            lambda: pa.array([self.random.choice(["a", "b", None]) for _ in range(rows)]).dictionary_encode(),
            lambda: pa.array([{"a": 1, "b": [1.5, None]} for _ in range(rows)]),
            lambda: pa.array([self.known["chunk_key"] for _ in range(rows)], pa.binary()),
        ]
        columns = [self.random.choice(make)() for _ in names]
        metadata = self.random.choice([None, {"rerun:id": "chunk_" + "0" * 32, "rerun:segment_id": "s"}, {"rerun:entity_path": "/a", "rerun:segment_id": ""}])
        return pa.RecordBatch.from_arrays(columns, names=names).replace_schema_metadata(metadata) if names else pa.RecordBatch.from_struct_array(pa.array([{}] * rows, pa.struct([])))

    def broken(self, content):
        """The bytes, most of the time with something wrong."""
        return content if self.random.random() < 0.5 else self.mutated(content)

    def mutated(self, content):
        data = bytearray(content)
        for _ in range(self.random.choice([1, 1, 2, 4, 8])):
            place = self.random.randrange(len(data) + 1)
            match self.random.randrange(6):
                case 0 if data:
                    data[place % len(data)] ^= 1 << self.random.randrange(8)
                case 1:
                    del data[place : place + self.random.choice([1, 4, 100])]
                case 2:
                    data[place:place] = self.random.randbytes(self.random.choice([1, 4, 16]))
                case 3:
                    data[place:place] = data[place // 2 : place]
                case 4:
                    del data[place:]
                case 5:
                    data[place : place + 5] = b"\xff\xff\xff\xff\x7f"
        return bytes(data[: 4 * LONG])


def ipc(batch, with_batch=True):
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        if with_batch:
            writer.write_batch(batch)
    return sink.getvalue()
