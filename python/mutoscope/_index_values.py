"""Values of an index as Arrow arrays: the engine converts units and refuses what does not suit the index (rulings A10 to A15)."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

_UNITS = ("s", "ms", "us", "ns")
_NUMPY_NS: dict[Any, pa.DataType] = {np.dtype("datetime64[ns]"): pa.timestamp("ns"), np.dtype("timedelta64[ns]"): pa.duration("ns")}


def index_array(values: Any) -> pa.Array:
    """An int64, timestamp or duration array of one dimension.

    Raises
    ------
    TypeError
        `values` is no sequence of integers or of points or lengths of time.
    """
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    if isinstance(values, pa.Array):
        return _checked(values)
    if isinstance(values, (str, bytes)) or not hasattr(values, "__iter__"):
        raise TypeError(f"index values must be an array or a sequence, got {type(values).__name__}")
    if not isinstance(values, np.ndarray):
        values = list(values)
        if not values:
            return pa.array([], pa.int64())
        if any(isinstance(value, (np.datetime64, np.timedelta64)) for value in values):
            values = np.array(values)
        else:
            return _of_python(values)
    return _of_numpy(values)


def _of_numpy(values: np.ndarray[Any, Any]) -> pa.Array:
    if values.ndim != 1:
        raise TypeError(f"index values must have one dimension, got {values.ndim}")
    if values.dtype.kind in "iu":
        return pa.array(values)
    if values.dtype.kind in "mM":
        unit, count = np.datetime_data(values.dtype)
        if unit not in _UNITS or count != 1:  # days and coarser become seconds, which loses nothing; picoseconds are refused by numpy
            values = values.astype(f"{values.dtype.kind}8[s]" if unit in "YMWDhm" else f"{values.dtype.kind}8[ns]")
        return pa.array(values)
    raise TypeError(f"index values must be integers, datetime64 or timedelta64, got an array of {values.dtype}")


def _of_python(values: list[Any]) -> pa.Array:
    for value in values:
        if isinstance(value, bool) or not isinstance(value, (int, np.integer, datetime.datetime, datetime.timedelta, type(None), pa.Scalar)):
            raise TypeError(f"index values must be integers, datetimes or timedeltas, got {value!r}")
    if any(isinstance(value, pa.Scalar) for value in values):
        return _checked(pa.array(values))
    if any(isinstance(value, datetime.datetime) for value in values):
        return pa.array([raw_datetime(value) if isinstance(value, datetime.datetime) else value for value in values])
    return pa.array([int(value) if isinstance(value, np.integer) else value for value in values])


def raw_datetime(value: datetime.datetime) -> datetime.datetime:
    """In UTC, without a time zone: a datetime without one is UTC already."""
    return value.astimezone(datetime.timezone.utc).replace(tzinfo=None) if value.tzinfo is not None else value


def _checked(array: pa.Array) -> pa.Array:
    type_ = array.type
    if not (pa.types.is_integer(type_) or pa.types.is_timestamp(type_) or pa.types.is_duration(type_) or pa.types.is_null(type_)):
        raise TypeError(f"index values must be integers, timestamps or durations, got an array of {type_}")
    return array


def by_segment(values: Mapping[str, Any]) -> dict[str, pa.Array]:
    """Of a dict segment id → values."""
    for segment in values:
        if not isinstance(segment, str):
            raise TypeError(f"the keys of using_index_values must be segment ids, got {segment!r}")
    return {segment: index_array(array) for segment, array in values.items()}


def by_segment_of_table(table: pa.Table, index: str) -> dict[str, pa.Array]:
    """Of a table with the columns `rerun_segment_id` and `index`.

    Raises
    ------
    ValueError
        A column is missing.
    """
    for name in ("rerun_segment_id", index):
        if name not in table.column_names:
            raise ValueError(f"using_index_values must have the column {name!r}, got {', '.join(table.column_names)}")
    segments = table["rerun_segment_id"].to_pylist()
    rows: dict[str, list[int]] = {}
    for row, segment in enumerate(segments):
        rows.setdefault(segment, []).append(row)
    values = index_array(table[index])
    return {segment: values.take(pa.array(numbers)) for segment, numbers in rows.items()}


def raw_index_value(value: Any, datatype: pa.DataType, index: str) -> int:
    """A raw index value (nanoseconds on time indexes) from an int, numpy, datetime or pyarrow value.

    Raises
    ------
    ValueError
        It does not suit the type of the index, is null or does not fit 64 bits.
    TypeError
        It is nothing of the kind.
    """
    if type(value) is int:
        return value
    if _NUMPY_NS.get(getattr(value, "dtype", None)) == datatype and not np.isnat(value):
        return int(value.view(np.int64))  # what single cells are mostly asked by
    if isinstance(value, pa.Scalar):
        array = pa.array([value.as_py()], value.type) if not value.is_valid else pa.array([value])
    else:
        array = index_array([value])
    if array.null_count:
        raise ValueError(f"the index value {value!r} of {index!r} is null")
    if pa.types.is_integer(array.type):
        return int(array[0].as_py())
    kinds = (pa.types.is_timestamp, pa.types.is_duration)
    if not any(kind(array.type) and kind(datatype) for kind in kinds):
        raise ValueError(f"the index value {value!r} does not suit the index {index!r} of the type {datatype}")
    target = pa.timestamp("ns") if pa.types.is_timestamp(array.type) else pa.duration("ns")
    try:
        return int(array.cast(target).cast(pa.int64())[0].as_py())
    except pa.ArrowInvalid as error:
        raise ValueError(f"the index value {value!r} of {index!r} does not fit 64 bits of nanoseconds") from error
