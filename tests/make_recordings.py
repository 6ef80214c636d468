#!/usr/bin/env python3
"""Make a varied corpus of recordings with a stock Rerun SDK, for unit tests and fuzz seeds.

usage: CI=1 PYTHON_WITH_RERUN tests/make_recordings.py OUT_DIR

Unit tests read the directory that the environment variable MUTOSCOPE_CORPUS names. Every file is named after what is special in it.
"""

import os
import sys

os.environ["CI"] = "1"  # no usage statistics

import numpy as np
import pyarrow as pa
import rerun as rr
import rerun.blueprint as rrb

APPLICATION = "mutoscope_corpus"
rng = np.random.default_rng(7)


def images(rec):
    for frame in range(5):
        rec.set_time("frame", sequence=frame)
        rec.log("cam/rgb", rr.Image(rng.integers(0, 255, (24, 32, 3), dtype=np.uint8)))
        rec.log("cam/gray", rr.Image(np.full((24, 32), frame, dtype=np.uint8)))
        rec.log("cam/jpg", rr.EncodedImage(contents=b"\xff\xd8\xff" + rng.bytes(6000), media_type="image/jpeg"))
        rec.log("cam/depth", rr.DepthImage(rng.integers(0, 9000, (24, 32), dtype=np.uint16), meter=1000.0))
        rec.log("cam/seg", rr.SegmentationImage(rng.integers(0, 4, (24, 32), dtype=np.uint8)))
        rec.log("cam/nv12", rr.Image(bytes=rng.bytes(32 * 24 * 3 // 2), width=32, height=24, pixel_format=rr.PixelFormat.NV12))
    rec.log("cam", rr.Pinhole(focal_length=20.0, width=32, height=24), static=True)


def scalars(rec):
    for step in range(200):
        rec.set_time("step", sequence=step)
        rec.log("plot/sin", rr.Scalars(float(np.sin(step / 10))))
        if step % 3 == 0:
            rec.log("plot/every/third", rr.Scalars([step, -step]))


def timelines(rec):
    for i in range(20):
        rec.set_time("frame", sequence=i * 10)
        rec.set_time("elapsed", duration=i * 0.1)
        rec.set_time("ts", timestamp=1_700_000_000 + i)
        if i % 2:
            rec.reset_time()
            rec.set_time("only odd", sequence=-i)
        rec.log("a", rr.Points3D(rng.random((i + 1, 3)), colors=[255, 0, 0]))
        rec.log("b", rr.TextLog(f"line {i}", level="INFO"))


def static_only(rec):
    rec.log("world", rr.ViewCoordinates.RIGHT_HAND_Z_UP, static=True)
    rec.log("world/box", rr.Boxes3D(half_sizes=[[1, 2, 3]], labels=["box"]), static=True)
    rec.log("world/box", rr.Boxes3D(half_sizes=[[3, 2, 1]]), static=True)


def properties(rec):
    rec.send_recording_name("a name with ä")
    rec.send_property("episode", rr.AnyValues(robot="r2", score=0.5, tags=["x", "y"]))
    rec.send_property("top", rr.TextDocument("text"))
    rec.set_time("frame", sequence=0)
    rec.log("x", rr.Scalars(1.0))


def clears(rec):
    for frame in range(6):
        rec.set_time("frame", sequence=frame)
        if frame == 3:
            rec.log("arm", rr.Clear(recursive=True))
        elif frame == 4:
            rec.log("arm/hand", rr.Clear(recursive=False))
        else:
            rec.log("arm/hand", rr.Points2D([[frame, frame]]))
            rec.log("arm/hand", rr.Points2D.from_fields(clear_unset=True))


def odd_names(rec):
    rec.set_time("a timeline, with: odd-name", sequence=1)
    for path in (["my path", "with spaces", "ä:b#c"], ["a/b", "c\\d"], ["日本", "x"], [], ["__reserved", "x"], ["n2"], ["n10"]):
        rec.log(path, rr.AnyValues(**{"with space": 1, "a.b": [1.0, 2.0], "foo": "bar"}))


def columns_unsorted(rec):
    times = [rr.TimeColumn("frame", sequence=[5, 1, 3, 2, 9]), rr.TimeColumn("ts", timestamp=[5.0, 4.0, 3.0, 2.0, 1.0])]
    rec.send_columns("sent", indexes=times, columns=rr.Scalars.columns(scalars=[5.0, 1.0, 3.0, 2.0, 9.0]))
    for frame in (7, 3, 5, 3):
        rec.set_time("frame", sequence=frame)
        rec.log("logged", rr.Scalars(float(frame)))


def empty_cells(rec):
    values = pa.array([[1, 2], None, [], [3]], pa.list_(pa.int64()))
    times = [rr.TimeColumn("frame", sequence=[0, 1, 2, 3])]
    rec.send_columns("cells", indexes=times, columns=rr.AnyValues.columns(values=values))
    rec.set_time("frame", sequence=4)
    rec.log("cells", rr.Points3D([]))
    rec.log("cells", rr.Points3D.cleared())


def nothing(rec):
    pass


def blueprint():
    return rrb.Blueprint(rrb.Horizontal(rrb.Spatial2DView(origin="/cam"), rrb.TimeSeriesView(origin="/plot")), collapse_panels=True)


CASES = [images, scalars, timelines, static_only, properties, clears, odd_names, columns_unsorted, empty_cells, nothing]


def new_recording(name, path, **kwargs):
    rec = rr.RecordingStream(APPLICATION, recording_id=name, send_properties=name != "nothing")
    rec.save(path, **kwargs)
    return rec


def main(out_dir):
    os.makedirs(out_dir, exist_ok=True)

    def path(name):
        return os.path.join(out_dir, name)

    for case in CASES:
        with new_recording(case.__name__, path(case.__name__ + ".rrd")) as rec:
            case(rec)
    with new_recording("with blueprint/ä", path("with_blueprint.rrd"), default_blueprint=blueprint()) as rec:
        images(rec)
        scalars(rec)
    blueprint().save(APPLICATION, path("blueprint.rbl"))
    join = {"concatenated.rrd": ["images", "scalars"], "same_twice.rrd": ["timelines", "timelines"]}
    for name, parts in join.items():
        with open(path(name), "wb") as out:
            for part in parts:
                with open(path(part + ".rrd"), "rb") as source:
                    out.write(source.read())
    with open(path("images.rrd"), "rb") as source:
        whole = source.read()
    for name, size in {"cut_in_message.rrd": len(whole) // 2, "cut_in_stream_footer.rrd": len(whole) - 9}.items():
        with open(path(name), "wb") as out:
            out.write(whole[:size])
    print(f"{len(os.listdir(out_dir))} files by rerun-sdk {rr.__version__} in {out_dir}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
