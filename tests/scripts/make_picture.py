"""make_picture.py OUT.rrd FRAMES_DIR: a recording of three frames of one camera, and each frame as a PNG.

Each is a smooth random picture inside a magenta border, which nothing else on a viewer's page is.
"""

import io
import pathlib
import sys

import numpy as np
import rerun as rr
from PIL import Image

SIZE = (240, 160)
BORDER = 8
MAGENTA = (255, 0, 255)


def picture(seed):
    inside = (SIZE[0] - 2 * BORDER, SIZE[1] - 2 * BORDER)
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 9, 3), dtype=np.uint8)
    image = Image.new("RGB", SIZE, MAGENTA)
    image.paste(Image.fromarray(coarse).resize(inside, Image.Resampling.BICUBIC), (BORDER, BORDER))
    return image


out, frames = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
with rr.RecordingStream("mutoscope_test", recording_id=out.stem) as recording:
    recording.save(out)
    for number in range(3):
        image, buffer = picture(number), io.BytesIO()
        image.save(buffer, "PNG")
        image.save(frames / f"{number}.png")
        recording.set_time("frame", sequence=number)
        recording.log("/camera", rr.EncodedImage(contents=buffer.getvalue(), media_type="image/png"))
