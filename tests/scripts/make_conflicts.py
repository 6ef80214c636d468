"""Recordings that do not fit together: number.rrd and text.rrd have a component of two types, sequence.rrd and clock.rrd a timeline.

usage: make_conflicts.py OUT
"""

import pathlib
import subprocess
import sys

import rerun as rr

CONTENTS = {
    "number": ({"sequence": 1}, [1]),
    "text": ({"sequence": 1}, ["one"]),
    "sequence": ({"sequence": 1}, [1]),
    "clock": ({"timestamp": 1.0}, [1]),
}


def write(path):
    timeline, value = CONTENTS[path.stem]
    with rr.RecordingStream("mutoscope_test", recording_id=path.stem) as recording:
        recording.save(path)
        recording.set_time("step", **timeline)
        recording.log("/robot", rr.AnyValues(value=value))


if len(sys.argv) == 2:  # a process each: the SDK holds a component to the type that it had first
    for name in CONTENTS:
        subprocess.run([sys.executable, __file__, sys.argv[1], name], check=True)
else:
    write(pathlib.Path(sys.argv[1], f"{sys.argv[2]}.rrd"))
