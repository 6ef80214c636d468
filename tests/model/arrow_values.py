"""Plain values to Arrow and back. Also imported by the scripts that run inside the stock SDK's virtual environment."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .data import CLEAR, SEGMENT_ID, Answer, Cell, Chunk, Expression

INDEX_TYPES: dict[str, pa.DataType] = {"sequence": pa.int64(), "timestamp": pa.timestamp("ns"), "duration": pa.duration("ns")}
# Types of an instance, as SDKs write them.
TYPES: dict[str, pa.DataType] = {
    "f64": pa.float64(),
    "i64": pa.int64(),
    "u8": pa.uint8(),
    "bool": pa.bool_(),
    "utf8": pa.utf8(),
    "blob": pa.list_(pa.field("item", pa.uint8(), nullable=False)),
    "vec3": pa.list_(pa.field("item", pa.float32(), nullable=False), 3),
    "struct": pa.struct([pa.field("width", pa.int64(), nullable=False), pa.field("name", pa.utf8())]),
}
COMPARISONS = {"==": pc.equal, "!=": pc.not_equal, "<": pc.less, "<=": pc.less_equal, ">": pc.greater, ">=": pc.greater_equal}
TUID_TIME = 0x18EA5FC500000000


def cell_type(datatype: str) -> pa.DataType:
    return pa.list_(TYPES[datatype])


def cell_array(cells: list[Cell], datatype: str) -> pa.Array:
    """Cells of a component column. Blobs are given as bytes, which is much faster than lists of integers."""
    if datatype != "blob":
        return pa.array(cells, cell_type(datatype))
    as_binary = pa.array(cells, pa.list_(pa.binary()))
    binary = as_binary.values
    numbers = pa.Array.from_buffers(pa.uint8(), binary.buffers()[2].size if binary.buffers()[2] else 0, [None, binary.buffers()[2]])
    blobs = pa.Array.from_buffers(TYPES["blob"], len(binary), binary.buffers()[:2], children=[numbers])
    return pa.Array.from_buffers(cell_type(datatype), len(as_binary), as_binary.buffers()[:2], children=[blobs])


def column_array(values: list[Any], datatype: Any) -> pa.Array:
    """A column of an Answer."""
    if isinstance(datatype, list):
        return cell_array(values, datatype[1])
    if datatype == "utf8":
        return pa.array(values, pa.utf8())
    return pa.array(values, pa.int64()).cast(INDEX_TYPES[datatype])


def table_of(answer: Answer) -> pa.Table:
    """The expected table, as query.md §4 types it: the segment id is not nullable, everything else is."""
    arrays = [column_array([row[position] for row in answer.rows], datatype) for position, (_, datatype) in enumerate(answer.columns)]
    fields = [pa.field(name, array.type, nullable=name != SEGMENT_ID) for (name, _), array in zip(answer.columns, arrays)]
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


def plain_rows(table: pa.Table) -> list[list[Any]]:
    """Rows with raw index values and blobs as bytes, for messages and for comparing tables of the stock client."""
    return [list(row) for row in zip(*(plain_column(column) for column in table.columns))] if table.num_columns else []


def plain_column(column: pa.ChunkedArray) -> list[Any]:
    if pa.types.is_temporal(column.type):
        column = column.cast(pa.int64())
    values = column.to_pylist()
    if column.type == cell_type("blob"):
        return [None if cell is None else [None if blob is None else bytes(blob) for blob in cell] for cell in values]
    return values


# --------------------------------------------------------------------------------------------------------------- chunks for the SDK


def is_sorted_flag(values: list[Any]) -> dict[str, str]:
    return {"rerun:is_sorted": "true"} if values == sorted(values) else {}


def record_batch(chunk: Chunk, number: int) -> pa.RecordBatch:
    """A chunk as rrd.md §2 writes it; `number` becomes its id."""
    ids = [TUID_TIME.to_bytes(8, "big") + row.row_id.to_bytes(8, "big") for row in chunk.rows]
    extension = {"ARROW:extension:name": "rerun.datatypes.TUID", "ARROW:extension:metadata": '{"namespace":"row"}'}
    fields = [pa.field("rerun.controls.RowId", pa.binary(16), False, {"rerun:kind": "control", **extension, **is_sorted_flag(ids)})]
    arrays = [pa.array(ids, pa.binary(16))]
    for name, kind in sorted(chunk.timelines.items()):
        times = [row.times[name] for row in chunk.rows]
        fields.append(pa.field(name, INDEX_TYPES[kind], True, {"rerun:kind": "index", "rerun:index_name": name, **is_sorted_flag(times)}))
        arrays.append(pa.array(times, pa.int64()).cast(INDEX_TYPES[kind]))
    for column in sorted(chunk.columns, key=lambda column: (column.archetype or "", column.component)):
        metadata = {"rerun:kind": "data", "rerun:component": column.component}
        if column.archetype:
            metadata["rerun:archetype"] = column.archetype
        if column.component == CLEAR:
            metadata["rerun:component_type"] = "rerun.components.ClearIsRecursive"
        fields.append(pa.field(column.component, cell_type(column.datatype), True, metadata))
        arrays.append(cell_array([row.cells[column.component] for row in chunk.rows], column.datatype))
    metadata = {"sorbet:version": "0.1.3", "rerun:entity_path": chunk.entity, "rerun:id": f"chunk_{TUID_TIME:016X}{number:016x}"}
    return pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields, metadata))


# ------------------------------------------------------------------------------------------------------------------------ predicates


def literal(node: Expression) -> pa.Scalar:
    """A literal with the type that it has in SQL."""
    kind, value = node
    if kind == "dur":
        return pa.scalar(value, pa.duration("ns"))
    if kind == "dt":
        return pa.scalar(value * 10**9, pa.timestamp("ns"))
    if kind == "np_dt":
        return pa.scalar(np.datetime64(value, "ns"), pa.timestamp("ns"))
    return pa.scalar(value)


def literal_array(members: list[Any]) -> pa.Array:
    """The members of an IN list: plain values or literal nodes, all of one type."""
    scalars = [literal(member if isinstance(member, list) else ["lit", member]) for member in members]
    datatype = scalars[0].type
    is_time = pa.types.is_temporal(datatype)
    values = [scalar.cast(pa.int64()).as_py() if is_time else scalar.as_py() for scalar in scalars]
    return pa.array(values, pa.int64() if is_time else datatype).cast(datatype)


def arrow_expression(node: Expression) -> pc.Expression:
    """The predicate as a pyarrow expression, in the form that pyarrow's own operators give it."""
    kind, *operands = node
    if kind == "col":
        return pc.field(operands[0])
    if kind in ("lit", "dur", "dt", "np_dt"):
        return pc.scalar(literal(node))
    if kind == "item":
        return pc.list_element(arrow_expression(operands[0]), operands[1])
    if kind == "is_null":
        return arrow_expression(operands[0]).is_null()
    if kind == "is_not_null":
        return arrow_expression(operands[0]).is_valid()
    if kind == "not":
        return ~arrow_expression(operands[0])
    if kind == "in":
        return arrow_expression(operands[0]).isin(literal_array(operands[1]))
    left, right = (arrow_expression(operand) for operand in operands)
    if kind in ("and", "or"):
        return left & right if kind == "and" else left | right
    return COMPARISONS[kind](left, right)
