"""Pixel formats that are not just channels side by side."""

from __future__ import annotations

from enum import Enum

from mutoscope.encodings._auto import AutoEnum

__all__ = ["PixelFormat", "PixelFormatLike"]


class PixelFormat(AutoEnum, Enum):
    """Chroma-downsampled and mosaic formats. An image that has one has neither a color model nor a channel datatype.

    Examples
    --------
    >>> PixelFormat.auto(26), PixelFormat.auto("yuy2")
    (<PixelFormat.NV12: 26>, <PixelFormat.YUY2: 27>)
    """

    Y_U_V12_LimitedRange = 20
    NV12 = 26
    YUY2 = 27
    Y8_FullRange = 30
    Y_U_V24_LimitedRange = 39
    Y_U_V24_FullRange = 40
    Y8_LimitedRange = 41
    Y_U_V12_FullRange = 44
    Y_U_V16_LimitedRange = 49
    Y_U_V16_FullRange = 50
    BayerRGGB8 = 128
    BayerBGGR8 = 129
    BayerGBRG8 = 130
    BayerGRBG8 = 131


PixelFormatLike = PixelFormat | str | int
