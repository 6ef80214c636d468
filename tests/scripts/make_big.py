"""A recording of incompressible blobs of 1 MB, one a row and chunk.

usage: make_big.py OUT.rrd --megabytes N
"""

import argparse
import pathlib

import numpy as np
import rerun as rr

parser = argparse.ArgumentParser()
parser.add_argument("out", type=pathlib.Path)
parser.add_argument("--megabytes", type=int, default=100)
args = parser.parse_args()
args.out.parent.mkdir(parents=True, exist_ok=True)
random = np.random.default_rng(1)
with rr.RecordingStream("mutoscope_test", recording_id="big") as recording:
    recording.save(args.out)
    for number in range(args.megabytes):
        blob = random.bytes(1_000_000)
        columns = rr.EncodedImage.columns(blob=[blob], media_type=["image/jpeg"])
        recording.send_columns("/camera/image", [rr.TimeColumn("frame", sequence=[number])], columns)
