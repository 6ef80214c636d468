"""Tables of every Arrow type that a stock client can send: written, or read again. Prints {type: "ok" or what is wrong}.

usage: tables_types.py URL write|read
"""

import json
import sys

import pyarrow as pa
from rerun.catalog import CatalogClient

_union = lambda kind, *buffers: kind(pa.array([0, 1, 0, 1], pa.int8()), *buffers)  # noqa: E731
VALUES = {
    "bool": pa.array([True, None, False, True]),
    "uint64": pa.array([2**64 - 1, None, 0, 1], pa.uint64()),
    "float16": pa.array([1.5, None, -2.0, 0.0], pa.float16()),
    "null": pa.nulls(4),
    "large_string": pa.array(["a", None, "", "d"], pa.large_string()),
    "string_view": pa.array(["a", None, "", "a text that does not fit in place"], pa.string_view()),
    "binary_view": pa.array([b"a", None, b"", b"\xff" * 20], pa.binary_view()),
    "fixed_size_binary": pa.array([b"ab", None, b"cd", b"ef"], pa.binary(2)),
    "date64": pa.array([86_400_000, None, 0, -86_400_000], pa.date64()),
    "time32": pa.array([1, None, 2, 3], pa.time32("s")),
    "timestamp": pa.array([1, None, 2, 3], pa.timestamp("s", tz="Europe/Berlin")),
    "duration": pa.array([1, None, 2, 3], pa.duration("ms")),
    "month_day_nano": pa.array([pa.MonthDayNano([1, 2, 3]), None, pa.MonthDayNano([0, 0, 0]), None]),
    "decimal32": pa.array([1, None, 2, 3], pa.decimal32(5, 2)),
    "decimal256": pa.array([1, None, 2, 3], pa.decimal256(50, 2)),
    "dictionary": pa.DictionaryArray.from_arrays(pa.array([0, None, 1, 0], pa.int8()), ["low", "high"]),
    "list_of_dictionaries": pa.array([["a"], None, [], ["b", "a"]], pa.list_(pa.dictionary(pa.int32(), pa.string()))),
    "large_list": pa.array([[1], None, [], [2, None]], pa.large_list(pa.int8())),
    "list_view": pa.array([[1], None, [], [2, None]], pa.list_view(pa.int8())),
    "fixed_size_list": pa.array([[1, 2], None, [3, None], [5, 6]], pa.list_(pa.int32(), 2)),
    "map": pa.array([[("a", 1)], None, [], [("b", None)]], pa.map_(pa.string(), pa.int32())),
    "struct": pa.array([{"a": 1, "b": ["x"]}, None, {"a": None, "b": None}, {"a": 2, "b": []}], pa.struct({"a": pa.int8(), "b": pa.list_(pa.string_view())})),
    "empty_struct": pa.array([{}, None, {}, {}], pa.struct([])),
    "sparse_union": _union(pa.UnionArray.from_sparse, [pa.array([1, None, 3, None]), pa.array([None, "b", None, "d"])]),
    "dense_union": _union(pa.UnionArray.from_dense, pa.array([0, 0, 1, 1], pa.int32()), [pa.array([1, 2]), pa.array(["a", "b"])]),
    "run_end_encoded": pa.RunEndEncodedArray.from_arrays(pa.array([2, 4], pa.int32()), pa.array(["a", None])),
    "uuid": pa.ExtensionArray.from_storage(pa.uuid(), pa.array([b"a" * 16, None, b"b" * 16, b"c" * 16], pa.binary(16))),
    "tensor": pa.ExtensionArray.from_storage(pa.fixed_shape_tensor(pa.float32(), (2,)), pa.array([[1, 2]] * 4, pa.list_(pa.float32(), 2))),
}


def batch_of(name):
    """The column `x` with metadata of all kinds, as field and as schema."""
    field = pa.field("x", VALUES[name].type, metadata={"unit": "m", "ü": "ö"})
    return pa.record_batch([VALUES[name]], schema=pa.schema([field], metadata={"type": name}))


def write(client, name):
    table = client.create_table(name, batch_of(name).schema)
    table.append(batch_of(name))


def check(client, name):
    """What is wrong with the table, or None."""
    table, expected = client.get_table(name), batch_of(name)
    schema = table.arrow_schema()
    if schema.field("x") != expected.schema.field("x") or schema.field("x").metadata != expected.schema.field("x").metadata:
        return f"schema: {schema}"
    if schema.metadata[b"type"] != name.encode():
        return f"schema metadata: {schema.metadata}"
    rows = pa.concat_tables(pa.Table.from_batches([batch]) for batch in table.to_arrow_reader())
    if rows.schema.field("x").type != expected.schema.field("x").type:
        return f"type: {rows.schema}"
    if rows.column("x").to_pylist() != expected.column("x").to_pylist():
        return f"rows: {rows.column('x').to_pylist()}"
    return None


client = CatalogClient(sys.argv[1])
found = {}
for name in VALUES:
    try:
        found[name] = (write if sys.argv[2] == "write" else check)(client, name) or "ok"
    except Exception as error:  # noqa: BLE001 reported
        found[name] = f"{type(error).__name__}: {error}"
print(json.dumps(found))
