"""Recordings that do not fit together: number.rrd and text.rrd have a component of two types, sequence.rrd and clock.rrd a timeline.

usage: make_conflicts.py OUT
"""

import pathlib
import sys

import rerun as rr


def write(path, timeline, value):
    with rr.RecordingStream("mutoscope_test", recording_id=path.stem) as recording:
        recording.save(path)
        recording.set_time("step", **timeline)
        recording.log("/robot", rr.AnyValues(value=value))


out = pathlib.Path(sys.argv[1])
write(out / "number.rrd", {"sequence": 1}, [1])
write(out / "text.rrd", {"sequence": 1}, ["one"])
write(out / "sequence.rrd", {"sequence": 1}, [1])
write(out / "clock.rrd", {"timestamp": 1.0}, [1])
