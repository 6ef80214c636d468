"""Small recordings as a robot writes them: robot_000.rrd …, and if asked for, in OUT/extras, a second layer and a blueprint.

usage: make_robots.py OUT [--recordings N] [--frames N] [--extras]
"""

import argparse
import io
import pathlib

import numpy as np
import rerun as rr
import rerun.blueprint as rrb
from PIL import Image

FRAMES_A_CHUNK = 5
START = np.datetime64("2026-03-01T08:00:00", "ns")


def jpeg(robot, frame):
    pixels = np.full((48, 64, 3), (robot * 5 % 256, frame * 12 % 256, 80), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def indexes(robot, numbers):
    times = START + np.timedelta64(robot, "h") + numbers * np.timedelta64(50_000_000, "ns")
    return [
        rr.TimeColumn("frame", sequence=numbers),
        rr.TimeColumn("log_time", timestamp=times),
        rr.TimeColumn("sensor_time", duration=numbers * 0.05),
    ]


def write_robot(path, robot, frames):
    with rr.RecordingStream("mutoscope_test", recording_id=path.stem) as recording:
        recording.save(path)
        recording.send_property("episode", rr.AnyValues(index=robot, success=bool(robot % 2)))
        recording.log("/camera", rr.Pinhole(focal_length=50, width=64, height=48), static=True)
        for start in range(0, frames, FRAMES_A_CHUNK):
            numbers = np.arange(start, min(start + FRAMES_A_CHUNK, frames))
            blobs = [jpeg(robot, int(number)) for number in numbers]
            images = rr.EncodedImage.columns(blob=blobs, media_type=["image/jpeg"] * len(blobs))
            recording.send_columns("/camera/image", indexes(robot, numbers), images)
            recording.send_columns("/speed", indexes(robot, numbers), rr.Scalars.columns(scalars=numbers * 0.5 + robot))
        first = np.arange(1)
        recording.send_columns("/log", indexes(robot, first), rr.TextLog.columns(text=[f"robot {robot} starts"]))


def write_layer(path, segment):
    with rr.RecordingStream("mutoscope_test", recording_id=segment) as recording:
        recording.save(path)
        numbers = np.arange(0, 20, 4)
        recording.send_columns("/labels", indexes(0, numbers), rr.TextLog.columns(text=[f"label {number}" for number in numbers]))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--recordings", type=int, default=3)
    parser.add_argument("--frames", type=int, default=20)
    parser.add_argument("--extras", action="store_true")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    for robot in range(args.recordings):
        write_robot(args.out / f"robot_{robot:03d}.rrd", robot, args.frames)
    if args.extras:
        extras = args.out / "extras"
        extras.mkdir(exist_ok=True)
        write_layer(extras / "labels.rrd", "robot_000")
        rrb.Blueprint(rrb.Spatial2DView(origin="/camera")).save("mutoscope_test", str(extras / "blueprint.rbl"))


if __name__ == "__main__":
    main()
