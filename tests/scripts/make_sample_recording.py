"""Writes sample.rrd, the recording of the docstrings. Runs inside the 0.41.0 SDK.

usage: make_sample_recording.py PATH
"""

import sys

import numpy as np
import rerun as rr

FRAMES = 4


def main(path):
    recording = rr.RecordingStream("sample", recording_id="sample")
    recording.save(path)
    recording.log("/camera/depth", rr.DepthImage(np.zeros((2, 2), np.uint16), meter=1.0), static=True)
    for frame in range(FRAMES):
        recording.set_time("frame", sequence=frame)
        recording.log("/motor", rr.Scalars(float(frame)))
        recording.log("/camera", rr.EncodedImage(contents=bytes([frame]) * 1000, media_type="image/jpeg"))
    recording.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
