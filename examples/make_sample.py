"""Makes the recording `video_sample` with the stock SDK: a camera that pans over real photographs.

usage: make_sample.py OUT.rrd [--photographs N] [--frames N]

/compressed_images  EncodedImage, JPEG 480x360        /metrics/brightness  Scalars
/raw_images         Image, RGB8 320x240               /log                 TextLog, one line a photograph
/video_stream       VideoStream, H.264 480x360
All on the indexes log_time and frame; both image entities have the same log_time.
"""

import argparse
import fractions
import io
import pathlib

import av
import numpy as np
import rerun as rr
from PIL import Image
from skimage import data

PHOTOGRAPHS = [data.astronaut, data.chelsea, data.coffee, data.rocket, data.retina, data.hubble_deep_field]
SIZE = (480, 360)
RAW_SIZE = (320, 240)
FRAMES_PER_SECOND = 30
FRAMES_A_CHUNK = 10
START = np.datetime64("2026-01-01T12:00:00", "ns")


def camera_pan(photograph: np.ndarray, frames: int) -> list[Image.Image]:
    """A window of three quarters of the photograph moves from one corner to the other."""
    image = Image.fromarray(photograph)
    width, height = image.width * 3 // 4, image.height * 3 // 4
    views = []
    for step in np.linspace(0.0, 1.0, frames):
        left, top = (image.width - width) * step, (image.height - height) * step
        views.append(image.resize(SIZE, Image.Resampling.BICUBIC, box=(left, top, left + width, top + height)))
    return views


def jpeg(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=88)
    return buffer.getvalue()


def h264_samples(images: list[Image.Image]) -> list[bytes]:
    """One Annex B sample an image, a keyframe every second, no reordering."""
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height = SIZE
    encoder.pix_fmt = "yuv420p"
    encoder.time_base = fractions.Fraction(1, FRAMES_PER_SECOND)
    encoder.gop_size = FRAMES_PER_SECOND
    encoder.max_b_frames = 0
    encoder.options = {"preset": "veryfast", "tune": "zerolatency"}
    packets = []
    for number, image in enumerate(images):
        frame = av.VideoFrame.from_image(image)
        frame.pts = number
        packets += encoder.encode(frame)
    packets += encoder.encode(None)
    return [bytes(packet) for packet in packets]


def log_sample(recording: rr.RecordingStream, photographs: int, frames: int) -> None:
    chosen = PHOTOGRAPHS[:photographs]
    images = [view for photograph in chosen for view in camera_pan(photograph(), frames)]
    samples = h264_samples(images)
    recording.send_property("episode", rr.AnyValues(photographs=[photograph.__name__ for photograph in chosen]))
    recording.log("/video_stream", rr.VideoStream(codec=rr.VideoCodec.H264), static=True)
    for start in range(0, len(images), FRAMES_A_CHUNK):
        numbers = np.arange(start, min(start + FRAMES_A_CHUNK, len(images)))
        log_frames(recording, numbers, [images[number] for number in numbers], [samples[number] for number in numbers])
    texts = [f"now showing: {photograph.__name__}" for photograph in chosen]
    recording.send_columns("/log", indexes(np.arange(photographs) * frames), rr.TextLog.columns(text=texts, level=["INFO"] * photographs))


def indexes(numbers: np.ndarray) -> list[rr.TimeColumn]:
    times = START + numbers * (1_000_000_000 // FRAMES_PER_SECOND)
    return [rr.TimeColumn("frame", sequence=numbers), rr.TimeColumn("log_time", timestamp=times)]


def log_frames(recording: rr.RecordingStream, numbers: np.ndarray, images: list[Image.Image], samples: list[bytes]) -> None:
    raw_images = [np.asarray(image.resize(RAW_SIZE, Image.Resampling.BILINEAR)) for image in images]
    raw_format = rr.components.ImageFormat(width=RAW_SIZE[0], height=RAW_SIZE[1], color_model="RGB", channel_datatype="U8")
    entities = {
        "/compressed_images": rr.EncodedImage.columns(blob=[jpeg(image) for image in images], media_type=["image/jpeg"] * len(images)),
        "/raw_images": rr.Image.columns(buffer=[image.tobytes() for image in raw_images], format=[raw_format] * len(images)),
        "/video_stream": rr.VideoStream.columns(sample=samples),
        "/metrics/brightness": rr.Scalars.columns(scalars=[image.mean() / 255.0 for image in raw_images]),
    }
    for entity, columns in entities.items():
        recording.send_columns(entity, indexes(numbers), columns)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--photographs", type=int, default=len(PHOTOGRAPHS))
    parser.add_argument("--frames", type=int, default=30, help="frames a photograph")
    args = parser.parse_args()
    args.out.parent.mkdir(parents=True, exist_ok=True)
    with rr.RecordingStream("mutoscope_example_video_sample", recording_id=args.out.stem) as recording:
        recording.save(args.out)
        log_sample(recording, args.photographs, args.frames)
    print(f"{args.out}: {args.photographs * args.frames} frames, {args.out.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
