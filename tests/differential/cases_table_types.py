"""Tables with a column of every Arrow type."""

import decimal

import pyarrow as pa

from differential import arrow
from differential.cases import Call, case
from differential.cases_tables import scan, schema, write

TYPES = {
    "bool": (pa.bool_(), [True, None, False]),
    "int8": (pa.int8(), [-128, 127, None]),
    "uint64": (pa.uint64(), [0, 2**64 - 1, None]),
    "float16": (pa.float16(), [0.5, None, -2.0]),
    "float64": (pa.float64(), [float("nan"), float("-inf"), -0.0]),
    "string": (pa.string(), ["", "ü☃", None]),
    "large string": (pa.large_string(), ["x" * 1000, None, "y"]),
    "string view": (pa.string_view(), ["a long enough string to be out of line", None, "b"]),
    "binary": (pa.binary(), [b"", b"\0\xff", None]),
    "large binary": (pa.large_binary(), [b"1", None, b"3"]),
    "binary view": (pa.binary_view(), [b"a long enough value to be out of line", None, b"b"]),
    "fixed size binary": (pa.binary(3), [b"abc", None, b"def"]),
    "date32": (pa.date32(), [0, None, -1]),
    "date64": (pa.date64(), [0, None, 86_400_000]),
    "time32": (pa.time32("ms"), [0, None, 5]),
    "time64": (pa.time64("ns"), [0, None, 5]),
    "timestamp s": (pa.timestamp("s"), [0, None, 5]),
    "timestamp ns": (pa.timestamp("ns"), [-1, None, 5]),
    "timestamp with a zone": (pa.timestamp("us", "Europe/Berlin"), [0, None, 5]),
    "duration": (pa.duration("ns"), [0, None, -5]),
    "decimal128": (pa.decimal128(20, 3), [decimal.Decimal("1.234"), None, decimal.Decimal("-5")]),
    "decimal256": (pa.decimal256(50, 2), [decimal.Decimal("1.23"), None, decimal.Decimal(7)]),
    "list": (pa.list_(pa.int64()), [[1, None], None, []]),
    "large list": (pa.large_list(pa.string()), [["a"], None, []]),
    "fixed size list": (pa.list_(pa.float32(), 2), [[1, 2], None, [3, None]]),
    "list view": (pa.list_view(pa.int32()), [[1], None, []]),
    "struct": (pa.struct({"a": pa.int64(), "b": pa.list_(pa.string())}), [{"a": 1, "b": ["x"]}, None, {"a": None, "b": None}]),
    "map": (pa.map_(pa.string(), pa.int64()), [[("a", 1)], None, []]),
    "dictionary": (pa.dictionary(pa.int32(), pa.string()), ["a", None, "a"]),
    "null": (pa.null(), [None, None, None]),
    "nested": (pa.list_(pa.struct({"x": pa.list_(pa.list_(pa.float64()))})), [[{"x": [[1.0], []]}], None, []]),
    "extension": (pa.uuid(), [bytes(16), None, b"\xff" * 16]),
}


def typed(name):
    kind, values = TYPES[name]
    array = (
        pa.array(values, kind)
        if name != "extension"
        else pa.ExtensionArray.from_storage(kind, pa.array(values, kind.storage_type))
    )
    batch = pa.RecordBatch.from_arrays([array], schema=pa.schema([pa.field("c", kind)]))
    return case(
        f"tables: a column of {name}",
        Call("CreateTableEntry", {"name": "@table", "schema": arrow.schema(batch.schema)}, save="table"),
        schema(),
        write(arrow.part(batch)),
        scan(),
    )


CASES = [typed(name) for name in TYPES]
