#!/usr/bin/env python3
"""Make one small recording with an old Rerun SDK (0.23 to 0.33), for tests of reading and migrating old files.

usage: CI=1 PYTHON_WITH_OLD_RERUN tests/make_old_recording.py OUT_FILE
"""

import inspect
import os
import sys

os.environ["CI"] = "1"  # no usage statistics
os.environ["RERUN_FLUSH_TICK_SECS"] = "60"  # the same chunks every time

import rerun as rr

HAS_FOOTER = tuple(map(int, rr.__version__.split(".")[:2])) >= (0, 28)
FRAMES = range(3)
JPEGS = [bytes([255, 216, 255, frame]) * 8 for frame in FRAMES]


def log_rows():
    """As applications did: row by row, with the timelines that the SDK adds (and up to 0.23 indicator components)."""
    for frame in FRAMES:
        rr.set_time("frame", sequence=frame)
        rr.log("plot", rr.Scalars(float(frame)))
        rr.log("cam", rr.EncodedImage(contents=JPEGS[frame], media_type="image/jpeg"))
    axis_length = {"axis_length": 0.5} if "axis_length" in inspect.signature(rr.Transform3D.__init__).parameters else {}
    rr.log("arm", rr.Transform3D(translation=[1, 2, 3], **axis_length))


def send_columns():
    """Less, on one timeline: each timeline adds kilobytes of columns to the manifests in the footer."""
    index = [rr.TimeColumn("frame", sequence=FRAMES)]
    rr.send_columns("cam", indexes=index, columns=rr.EncodedImage.columns(blob=JPEGS))


def main(path):
    rr.init("old_app", recording_id="old")
    rr.save(path)
    rr.send_recording_name("an old recording")
    rr.send_property("episode", rr.AnyValues(robot="r2"))
    if HAS_FOOTER:
        send_columns()
    else:
        rr.log("plot", rr.SeriesLines(names="sin"), static=True)
        log_rows()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
