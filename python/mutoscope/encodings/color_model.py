"""Color models of images."""

from __future__ import annotations

from enum import Enum

from mutoscope.encodings._auto import AutoEnum

__all__ = ["ColorModel", "ColorModelLike"]


class ColorModel(AutoEnum, Enum):
    """Which color channels a pixel has, and in which order.

    Examples
    --------
    >>> ColorModel.auto(2), ColorModel.auto("bgra").num_channels()
    (<ColorModel.RGB: 2>, 4)
    """

    L = 1
    """Grayscale."""
    RGB = 2
    RGBA = 3
    BGR = 4
    BGRA = 5

    def num_channels(self) -> int:
        """Values per pixel: 1, 3 or 4."""
        return len(self.name)


ColorModelLike = ColorModel | str | int
