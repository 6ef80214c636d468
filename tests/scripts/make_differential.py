"""The recordings of the differential tests, in OUT.

usage: make_differential.py OUT
"""

import multiprocessing
import pathlib
import shutil
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import rerun as rr
import rerun.blueprint as rrb

APPLICATION = "mutoscope_test"
LONG = "long_" + "x" * 2000


def stream(path, segment):
    recording = rr.RecordingStream(APPLICATION, recording_id=segment)
    recording.save(path)
    return recording


def numbers(timeline="frame", count=4, start=0):
    return [rr.TimeColumn(timeline, sequence=np.arange(start, start + count))]


def scalars(recording, entity, indexes, values):
    recording.send_columns(entity, indexes, rr.Scalars.columns(scalars=values))


def simple(out, name, segment=None, start=0):
    with stream(out / f"{name}.rrd", segment or name) as recording:
        scalars(recording, "/a", numbers(start=start), np.arange(4.0) + start)
        recording.log("/static", rr.TextLog(f"of {name}"), static=True)


def odd_names(out):
    with stream(out / "unicode.rrd", "ünï ☃/segment?&id=1") as recording:
        scalars(recording, "/wörld/☃/x y", [rr.TimeColumn("zeit ü", sequence=np.arange(3))], np.arange(3.0))
        recording.send_property("größe", rr.AnyValues(länge="ä", höhe=3))
    with stream(out / "long.rrd", LONG) as recording:
        scalars(recording, "/" + "y" * 2000, [rr.TimeColumn("t" * 500, sequence=np.arange(2))], np.arange(2.0))


def indexes_of_all_types(out):
    with stream(out / "indexes.rrd", "indexes") as recording:
        count = np.arange(5)
        times = [
            rr.TimeColumn("step", sequence=count * 10 - 20),
            rr.TimeColumn("when", timestamp=np.datetime64("1969-12-31T23:59:58", "ns") + count * np.timedelta64(10**9, "ns")),
            rr.TimeColumn("since", duration=np.array([-1.5, 0.0, 0.5, 1.0, 1e6])),
        ]
        scalars(recording, "/all", times, np.arange(5.0))
        scalars(recording, "/step_only", times[:1], np.arange(5.0) * 2)
        scalars(recording, "/later", numbers("step", 3, 1000), np.arange(3.0))


def properties(out):
    values = {
        "integer": 7,
        "floating": 0.25,
        "text": "täxt",
        "flag": True,
        "integers": [1, 2, 3],
        "texts": ["a", "", "☃"],
        "small": np.array([1, 2], dtype=np.uint8),
        "half": np.array([0.5], dtype=np.float32),
        "moment": np.datetime64("2026-03-01T08:00:00", "ns"),
        "bytes": b"\x00\xff",
        "nothing": np.array([], dtype=np.int64),
    }
    with stream(out / "properties.rrd", "properties") as recording:
        scalars(recording, "/a", numbers(), np.arange(4.0))
        recording.send_recording_name("a name")
        recording.send_property("plain", rr.AnyValues(**{name: value for name, value in values.items() if name != "bytes"}))
        recording.send_property("place", rr.Points3D([[1, 2, 3], [4, 5, 6]], colors=[255, 0, 0], labels=["p", "q"]))
        recording.send_property("deep/er", rr.AnyValues(level=2))
    with stream(out / "properties_layer.rrd", "properties") as recording:
        recording.send_property("plain", rr.AnyValues(integer=8, more="added"))


def thing(out, name, value):
    with stream(out / f"{name}.rrd", name) as recording:
        recording.log("/thing", rr.AnyValues(value=value), static=True)


def conflicts(out):
    for name, value in (("number", 1), ("text", "one")):  # in processes of their own: one process keeps a name to one type
        process = multiprocessing.get_context("spawn").Process(target=thing, args=(out, name, value))
        process.start()
        process.join()
        assert process.exitcode == 0, name
    with stream(out / "sequence_t.rrd", "sequence_t") as recording:
        scalars(recording, "/s", [rr.TimeColumn("t", sequence=np.arange(2))], np.arange(2.0))
    with stream(out / "timestamp_t.rrd", "timestamp_t") as recording:
        scalars(recording, "/s", [rr.TimeColumn("t", timestamp=np.arange(2).astype("datetime64[ns]"))], np.arange(2.0))


def sparse(out):
    """Chunks that begin and end at different times, an entity that is empty, clears."""
    with stream(out / "sparse.rrd", "sparse") as recording:
        for start in (0, 100, 200):
            scalars(recording, "/early" if start == 0 else "/late", numbers("frame", 5, start), np.arange(5.0))
        recording.send_columns("/text", numbers("frame", 3, 50), rr.TextLog.columns(text=["a", "b", "c"]))
        recording.set_time("frame", sequence=150)
        recording.log("/late", rr.Clear(recursive=False))
        recording.log("/empty", rr.Points3D([]))
        recording.log("/fixed", rr.Pinhole(focal_length=50, width=64, height=48), static=True)
    with stream(out / "no_rows.rrd", "no_rows"):
        pass


def assets(out):
    for number in range(14):
        with stream(out / f"asset_{number:02d}.rrd", f"asset_{number:02d}") as recording:
            recording.log(f"/mesh/{number}", rr.Points3D([[number, 0, 0]]), static=True)


def blueprints(out):
    for number, origin in enumerate(("/camera", "/a")):
        rrb.Blueprint(rrb.Spatial2DView(origin=origin)).save(APPLICATION, str(out / f"blueprint_{number}.rbl"))
        shutil.copy(out / f"blueprint_{number}.rbl", out / f"blueprint_{number}.rrd")


def several(out):
    """Directories, and files that are no recordings."""
    for path in ("few/deeper/still", "empty", "twice", "mixed", "many", "directory.rrd", "with blanks ü"):
        (out / path).mkdir(parents=True)
    shutil.copy(out / "one.rrd", out / "few")
    shutil.copy(out / "two.rrd", out / "few/deeper")
    shutil.copy(out / "three.rrd", out / "few/deeper/still/UPPER.RRD")
    (out / "few/readme.txt").write_text("no recording\n")
    shutil.copy(out / "one.rrd", out / "twice/a.rrd")
    shutil.copy(out / "one.rrd", out / "twice/b.rrd")
    shutil.copy(out / "one.rrd", out / "with blanks ü/o n e.rrd")
    shutil.copy(out / "one.rrd", out / "mixed/good.rrd")
    (out / "mixed/bad.rrd").write_text("this is text\n")
    (out / "no_recording.rrd").write_text("this is text\n")
    (out / "nothing.rrd").write_bytes(b"")
    whole = (out / "one.rrd").read_bytes()
    (out / "cut.rrd").write_bytes(whole[: len(whole) // 2])
    (out / "header_only.rrd").write_bytes(whole[:12])
    pq.write_table(pa.table({"key": [1, 2], "value": ["a", None]}), out / "table.parquet")
    for number in range(20):
        simple(out / "many", f"many_{number:02d}", start=number)
    rerun = pathlib.Path(sys.executable).with_name("rerun")
    subprocess.run([rerun, "rrd", "merge", "-o", out / "both.rrd", out / "one.rrd", out / "two.rrd"], check=True)


def main(out):
    out.mkdir(parents=True, exist_ok=True)
    for start, name in enumerate(("one", "two", "three")):
        simple(out, name, start=start * 10)
    simple(out, "one_again", "one", start=50)
    with stream(out / "one_layer.rrd", "one") as recording:
        scalars(recording, "/b", numbers(start=2), np.arange(4.0) * -1)
        scalars(recording, "/c", numbers("other", 3), np.arange(3.0))
    odd_names(out)
    indexes_of_all_types(out)
    properties(out)
    conflicts(out)
    sparse(out)
    assets(out)
    blueprints(out)
    several(out)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
