"""What the numbers in image formats mean, under the names of rerun-sdk 0.36 (:mod:`mutoscope.encodings` has those of 0.41).

Examples
--------
>>> mutoscope.datatypes.ColorModel.auto(2).num_channels()
3
"""

from mutoscope.encodings import channel_datatype, color_model, pixel_format
from mutoscope.encodings.channel_datatype import ChannelDatatype, ChannelDatatypeLike
from mutoscope.encodings.color_model import ColorModel, ColorModelLike
from mutoscope.encodings.pixel_format import PixelFormat, PixelFormatLike

__all__ = [
    "ChannelDatatype", "ChannelDatatypeLike", "ColorModel", "ColorModelLike", "PixelFormat", "PixelFormatLike",
    "channel_datatype", "color_model", "pixel_format",
]
