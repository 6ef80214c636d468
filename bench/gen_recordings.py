"""Generates the recordings of the benchmark with the stock SDK.

usage: gen_recordings.py OUT --segments N --frames F [--width W --height H --raw-width w --raw-height h] [--batch B] [--imu-per-frame K]

Every segment seg_00000 … has /compressed_images (EncodedImage, JPEG), /raw_images (Image, RGB8), /pose (Transform3D), /imu/accel
(Scalars), /log (TextLog) and the static /static/camera (Pinhole), on the indexes log_time, frame and sensor_time. Frame i of segment s
has the log_time START_NS + s * SEGMENT_NS + i * FRAME_NS, so that a client can name frames without asking for their times.
"""

import argparse
import io
import pathlib

import numpy as np
import rerun as rr
from PIL import Image

from timing import FRAME_NS, SEGMENT_NS, START_NS

FRAMES_PER_SECOND = 30.0
JPEG_QUALITY = 85


def smooth_picture(random, width, height):
    coarse = random.integers(0, 255, (height // 16 + 1, width // 16 + 1, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC))


def noisy_view(random, picture, number):
    """The picture, shifted by the frame number, with a camera's noise: compresses about as photographs do."""
    moved = np.roll(picture, number * 3 % picture.shape[1], axis=1).astype(np.int16)
    return np.clip(moved + random.integers(-12, 12, moved.shape, dtype=np.int16), 0, 255).astype(np.uint8)


def jpeg(pixels):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=JPEG_QUALITY)
    return buffer.getvalue()


def log_batch(recording, args, random, pictures, segment, numbers):
    times_ns = START_NS + segment * SEGMENT_NS + numbers * FRAME_NS
    times = times_ns.astype("datetime64[ns]")
    indexes = [
        rr.TimeColumn("frame", sequence=numbers),
        rr.TimeColumn("sensor_time", duration=numbers / FRAMES_PER_SECOND),
        rr.TimeColumn("log_time", timestamp=times),
    ]
    blobs = [jpeg(noisy_view(random, pictures[0], int(number))) for number in numbers]
    buffers = [noisy_view(random, pictures[1], int(number)).tobytes() for number in numbers]
    raw_format = rr.components.ImageFormat(width=args.raw_width, height=args.raw_height, color_model="RGB", channel_datatype="U8")
    positions = np.stack([numbers * 0.1, numbers * 0 + segment, numbers * 0], axis=1)
    recording.send_columns("/compressed_images", indexes, rr.EncodedImage.columns(blob=blobs, media_type=["image/jpeg"] * len(blobs)))
    recording.send_columns("/raw_images", indexes, rr.Image.columns(buffer=buffers, format=[raw_format] * len(buffers)))
    recording.send_columns("/pose", indexes, rr.Transform3D.columns(translation=positions))

    samples = args.imu_per_frame
    count = len(numbers) * samples
    imu_times = times_ns.repeat(samples) + np.tile(np.arange(samples) * (FRAME_NS // samples), len(numbers))
    accelerations = rr.Scalars.columns(scalars=random.normal(size=(count, 3)).ravel()).partition([3] * count)
    recording.send_columns("/imu/accel", [rr.TimeColumn("log_time", timestamp=imu_times.astype("datetime64[ns]"))], accelerations)
    if numbers[0] % (2 * args.batch) == 0:
        first = [rr.TimeColumn("frame", sequence=numbers[:1]), rr.TimeColumn("log_time", timestamp=times[:1])]
        recording.send_columns("/log", first, rr.TextLog.columns(text=[f"frame {numbers[0]}"], level=["INFO"]))


def write_segment(args, segment):
    random = np.random.default_rng(segment)
    pictures = smooth_picture(random, args.width, args.height), smooth_picture(random, args.raw_width, args.raw_height)
    name = f"seg_{segment:05d}"
    with rr.RecordingStream("mutoscope_bench", recording_id=name) as recording:
        recording.save(args.out / f"{name}.rrd")
        recording.send_property("episode", rr.AnyValues(index=segment, success=bool(segment % 2)))
        recording.log("/static/camera", rr.Pinhole(focal_length=500, width=args.width, height=args.height), static=True)
        for start in range(0, args.frames, args.batch):
            log_batch(recording, args, random, pictures, segment, np.arange(start, min(start + args.batch, args.frames)))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=pathlib.Path)
    for name, default in (
        ("segments", 1), ("frames", 100), ("width", 640), ("height", 480), ("raw-width", 320), ("raw-height", 240), ("batch", 10), ("imu-per-frame", 10),
    ):
        parser.add_argument(f"--{name}", type=int, default=default)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    for segment in range(args.segments):
        write_segment(args, segment)


if __name__ == "__main__":
    main()
