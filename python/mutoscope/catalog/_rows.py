"""Rows for a table: record batches, or values by column name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa

Batches: TypeAlias = pa.RecordBatchReader | pa.RecordBatch | Sequence[pa.RecordBatch] | Sequence[Sequence[pa.RecordBatch]] | Any
"""What a table can be given: record batches in any of these forms, and whatever is an Arrow stream (tables, DataFrames)."""

_LISTS = (list, tuple, np.ndarray, pa.Array)


def reader_of_batches(batches: Batches) -> pa.RecordBatchReader | None:
    """None if there is no batch at all.

    Raises
    ------
    TypeError
        It is, or holds, something else.
    """
    if isinstance(batches, pa.RecordBatchReader):
        return batches
    if isinstance(batches, pa.RecordBatch):
        return _reader([batches])
    if hasattr(batches, "__arrow_c_stream__"):
        return pa.RecordBatchReader.from_stream(batches)
    if isinstance(batches, (str, bytes)) or not isinstance(batches, Iterable):
        raise TypeError(f"argument 'batches': expected record batches or their reader, got {type(batches).__name__}")
    flat: list[pa.RecordBatch] = []
    for item in batches:
        flat += [item] if isinstance(item, pa.RecordBatch) else _list_of_batches(item)
    return _reader(flat) if flat else None


def _list_of_batches(item: Any) -> list[pa.RecordBatch]:
    if not isinstance(item, (list, tuple)) or not all(isinstance(batch, pa.RecordBatch) for batch in item):
        raise TypeError(f"argument 'batches': expected record batches, got {type(item).__name__} among them")
    return list(item)


def _reader(batches: list[pa.RecordBatch]) -> pa.RecordBatchReader:
    """Columns that only some batches have are null in the others."""
    first = batches[0].schema
    if all(batch.schema == first for batch in batches):
        return pa.RecordBatchReader.from_batches(first, batches)
    schema = pa.unify_schemas([batch.schema for batch in batches])
    return pa.RecordBatchReader.from_batches(schema, [_with_all_columns(batch, schema) for batch in batches])


def _with_all_columns(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    columns = [
        batch.column(field.name) if field.name in batch.schema.names else pa.nulls(batch.num_rows, field.type) for field in schema
    ]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def batch_of_values(schema: pa.Schema, values: Mapping[str, Any]) -> pa.RecordBatch:
    """One batch with all columns of the table; those without a value are null.

    A value may be a scalar, which makes one row, or a list of scalars. A str is a scalar. A list for a column of lists is one row unless
    its elements are lists.

    Raises
    ------
    KeyError
        The table has no such column.
    ValueError
        The values do not make the same number of rows, do not suit their column, or one that must not be null is.
    """
    for name in values:
        if name not in schema.names:
            raise KeyError(f"Column {name} does not exist in schema")
    arrays = {name: _array(schema.field(name), value) for name, value in values.items()}
    rows = len(next(iter(arrays.values())))
    for name, array in arrays.items():
        if len(array) != rows:
            hint = f" Hint: For single-row list-typed columns, wrap your list in another list: {name}=[[…]] instead of {name}=[…]"
            raise ValueError(
                f"Columns have mismatched number of rows. Column '{name}' has {len(array)} rows but expected {rows}."
                + (hint if _is_list(schema.field(name).type) else "")
            )
    columns = [arrays[field.name] if field.name in arrays else pa.nulls(rows, field.type) for field in schema]
    for field, column in zip(schema, columns):
        if not field.nullable and column.null_count:
            raise ValueError(f"Column '{field.name}' must not be null: {column.null_count} of {rows} rows have no value for it")
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _is_list(type: pa.DataType) -> bool:
    return bool(pa.types.is_list(type) or pa.types.is_large_list(type) or pa.types.is_fixed_size_list(type))


def _array(field: pa.Field, value: Any) -> pa.Array:
    if isinstance(value, pa.ChunkedArray):
        value = value.combine_chunks()
    if isinstance(value, pa.Array):
        return value if value.type == field.type else value.cast(field.type)
    if isinstance(value, np.generic):  # of its own type: a list would lose the unit of a time
        value = np.asarray([value])
    if isinstance(value, np.ndarray) and value.ndim == 1 and not _is_list(field.type):
        return pa.array(value, field.type)
    scalar = isinstance(value, (str, bytes, bytearray, memoryview, pa.Scalar)) or not isinstance(value, Iterable)
    if scalar or (isinstance(value, Mapping) and pa.types.is_struct(field.type)):
        return pa.array([value], field.type)
    values = list(value)
    if _is_list(field.type) and values:
        filled = [element for element in values if element is not None]
        if filled and not any(isinstance(element, _LISTS) for element in filled):
            values = [values]
    return pa.array(values, field.type)
