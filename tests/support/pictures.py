"""Finds the picture of make_picture.py on a screenshot and compares it with what was recorded."""

import numpy as np
from PIL import Image


def framed_rectangle(screenshot):
    """(left, top, right, bottom) of what is inside and on the magenta border; None if there is none."""
    pixels = np.asarray(screenshot.convert("RGB")).astype(int)
    magenta = (pixels[..., 0] > 235) & (pixels[..., 1] < 30) & (pixels[..., 2] > 235)
    rows, columns = np.flatnonzero(magenta.sum(axis=1) > 40), np.flatnonzero(magenta.sum(axis=0) > 40)
    if len(rows) == 0 or len(columns) == 0:
        return None
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def distance(screenshot, rectangle, frame):
    """Mean difference of the colours (0 to 255) between a rectangle of the screenshot and the frame, which is scaled to it."""
    shown = np.asarray(screenshot.convert("RGB").crop(rectangle)).astype(float)
    expected = np.asarray(frame.convert("RGB").resize((shown.shape[1], shown.shape[0]), Image.Resampling.NEAREST)).astype(float)
    return float(np.abs(shown - expected).mean())
