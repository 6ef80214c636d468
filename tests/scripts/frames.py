"""Every image of a recording of noisy frames, read one by one and all at once. Prints {"equal": …, "frames": …}.

usage: frames.py make OUT_RRD          (noise: an image that LZ4 cannot compress lies verbatim in the file)
       frames.py check URL DATASET
"""

import io
import json
import sys

import numpy as np

FRAMES, BATCH = 24, 8
COLUMNS = ["/jpeg:EncodedImage:blob", "/raw:Image:buffer"]


def make(path):
    import rerun as rr
    from PIL import Image

    random = np.random.default_rng(7)
    with rr.RecordingStream("rerun_example_frames", recording_id="frames") as recording:
        recording.save(path)
        for first in range(0, FRAMES, BATCH):
            index = np.arange(first, first + BATCH)
            images = random.integers(0, 256, (BATCH, 96, 128, 3), dtype=np.uint8)
            encoded = []
            for image in images:
                buffer = io.BytesIO()
                Image.fromarray(image).save(buffer, "JPEG", quality=90)
                encoded.append(buffer.getvalue())
            times = [rr.TimeColumn("frame", sequence=index), rr.TimeColumn("clock", duration=index / 10.0)]
            recording.send_columns("/jpeg", times, rr.EncodedImage.columns(blob=encoded, media_type=["image/jpeg"] * BATCH))
            format = rr.components.ImageFormat(width=128, height=96, color_model="RGB", channel_datatype="U8")
            recording.send_columns("/raw", times, rr.Image.columns(buffer=[i.tobytes() for i in images], format=[format] * BATCH))


def check(url, dataset):
    import pyarrow as pa
    from datafusion import col, lit
    from rerun.catalog import CatalogClient

    client = CatalogClient(url)  # the DataFrame does not keep it
    reader = client.get_dataset(dataset).reader(index="frame")
    whole = pa.table(reader).sort_by("frame")
    equal = 0
    for frame in range(FRAMES):
        for column in COLUMNS:
            one = pa.table(reader.filter(col("frame") == lit(frame)).select(column))
            equal += one.num_rows == 1 and one[column].to_pylist() == whole[column].slice(frame, 1).to_pylist()
    some = pa.table(reader.filter((col("frame") >= lit(5)) & (col("frame") <= lit(18))).select("frame", *COLUMNS)).sort_by("frame")
    equal_range = all(some[column].to_pylist() == whole[column].slice(5, 14).to_pylist() for column in COLUMNS)
    print(json.dumps({"frames": whole.num_rows, "equal": equal, "equal_range": equal_range}))


if __name__ == "__main__":
    {"make": make, "check": check}[sys.argv[1]](*sys.argv[2:])
