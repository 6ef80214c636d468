"""The client's side of the benchmark: steps of the how-to, timed with the stock SDK. Prints one JSON object of seconds.

usage: howto.py register URL DATASET DIRECTORY
       howto.py frames URL DATASET --segments N --frames F [--count K] [--seed S]
       howto.py times URL DATASET
       howto.py imu URL DATASET
"""

import argparse
import io
import json
import pathlib
import time

import numpy as np
import pyarrow as pa
from datafusion import col, lit
from PIL import Image
from rerun.catalog import CatalogClient

from timing import FRAME_NS, SEGMENT_NS, START_NS

BLOB = "/compressed_images:EncodedImage:blob"
WARM_FRAMES = 2


def register(client, args):
    dataset = client.create_dataset(args.dataset)
    start = time.perf_counter()
    segments = dataset.register_prefix(pathlib.Path(args.directory).as_uri()).wait().segment_ids
    return {"seconds": time.perf_counter() - start, "segments": len(segments)}


def frames(client, args):
    """Every frame by its log_time, decoded; the seconds of each, and the CPU seconds of this process for one."""
    dataset = client.get_dataset(args.dataset)
    reader = dataset.filter_contents(["/compressed_images/**", "/raw_images/**"]).reader(index="log_time")
    random = np.random.default_rng(args.seed)
    seconds = []
    for number in range(WARM_FRAMES + args.count):
        if number == WARM_FRAMES:
            cpu_before = time.process_time()
        segment, frame = int(random.integers(args.segments)), int(random.integers(args.frames))
        at = np.datetime64(START_NS + segment * SEGMENT_NS + frame * FRAME_NS, "ns")
        start = time.perf_counter()
        table = pa.table(reader.filter(col("log_time") == lit(pa.scalar(at))).select(BLOB))
        image = np.asarray(Image.open(io.BytesIO(table[BLOB].to_numpy()[0][0].tobytes())))
        seconds.append(time.perf_counter() - start)
        assert table.num_rows == 1 and image.ndim == 3, (table.num_rows, image.shape)
    return {"seconds": seconds[WARM_FRAMES:], "client_cpu_s": (time.process_time() - cpu_before) / args.count}


def times(client, args):
    reader = client.get_dataset(args.dataset).filter_contents(["/compressed_images/**", "/raw_images/**"]).reader(index="log_time")
    start = time.perf_counter()
    rows = pa.table(reader.select("log_time")).num_rows
    return {"seconds": time.perf_counter() - start, "rows": rows}


def imu(client, args):
    dataset = client.get_dataset(args.dataset)
    start = time.perf_counter()
    rows = pa.table(dataset.filter_contents(["/imu/**"]).reader(index="log_time")).num_rows
    return {"seconds": time.perf_counter() - start, "rows": rows}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("step", choices=["register", "frames", "times", "imu"])
    parser.add_argument("url")
    parser.add_argument("dataset")
    parser.add_argument("directory", nargs="?")
    parser.add_argument("--segments", type=int)
    parser.add_argument("--frames", type=int)
    parser.add_argument("--count", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    step = {"register": register, "frames": frames, "times": times, "imu": imu}[args.step]
    print(json.dumps(step(CatalogClient(args.url), args)))


if __name__ == "__main__":
    main()
