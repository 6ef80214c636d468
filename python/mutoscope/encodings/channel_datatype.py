"""Types of the channels of images."""

from __future__ import annotations

from enum import Enum
from typing import Any

import numpy as np

from mutoscope.encodings._auto import AutoEnum

__all__ = ["ChannelDatatype", "ChannelDatatypeLike"]


class ChannelDatatype(AutoEnum, Enum):
    """The type of one value of a pixel.

    Examples
    --------
    >>> ChannelDatatype.auto(8).to_np_dtype()
    <class 'numpy.uint16'>
    >>> ChannelDatatype.from_np_dtype(np.dtype("float32"))
    <ChannelDatatype.F32: 34>
    """

    U8 = 6
    I8 = 7
    U16 = 8
    I16 = 9
    U32 = 10
    I32 = 11
    U64 = 12
    I64 = 13
    F16 = 33
    F32 = 34
    F64 = 35

    @classmethod
    def from_np_dtype(cls, dtype: Any) -> ChannelDatatype:
        """The channel type of a numpy dtype (or of what names one).

        Raises
        ------
        ValueError
            Images cannot have channels of this type.
        """
        found = np.dtype(dtype).type
        for member, type_ in _NUMPY.items():
            if type_ is found:
                return member
        expected = ", ".join(np.dtype(type_).name for type_ in _NUMPY.values())
        raise ValueError(f"images have no channels of the dtype {np.dtype(dtype)}: expected one of {expected}")

    def to_np_dtype(self) -> type[Any]:
        """The numpy scalar type."""
        return _NUMPY[self]


_NUMPY: dict[ChannelDatatype, type[Any]] = {
    ChannelDatatype.U8: np.uint8,
    ChannelDatatype.I8: np.int8,
    ChannelDatatype.U16: np.uint16,
    ChannelDatatype.I16: np.int16,
    ChannelDatatype.U32: np.uint32,
    ChannelDatatype.I32: np.int32,
    ChannelDatatype.U64: np.uint64,
    ChannelDatatype.I64: np.int64,
    ChannelDatatype.F16: np.float16,
    ChannelDatatype.F32: np.float32,
    ChannelDatatype.F64: np.float64,
}

ChannelDatatypeLike = ChannelDatatype | str | int
