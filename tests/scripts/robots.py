"""Small tasks with the recordings of make_robots.py, for the tests. Prints one JSON line.

usage: robots.py register URL DATASET PATH… [--on-duplicate MODE] [--announce]   registers files and directories, one call each
       robots.py check URL DATASET                       {segment: rows} after checking every value, image and property
       robots.py read URL DATASET SEGMENT                rows of one segment, or the error
"""

import argparse
import io
import json
import pathlib
import warnings

warnings.simplefilter("ignore")

import numpy as np
import pyarrow as pa
from PIL import Image
from rerun.catalog import CatalogClient

BLOB = "/camera/image:EncodedImage:blob"
SPEED = "/speed:Scalars:scalars"
SUCCESS = "property:episode:success"


def failure(error):
    return {"error": type(error).__name__, "message": str(error)}


def register(client, args):
    if args.announce:
        print("registering", flush=True)
    dataset = client.create_dataset(args.dataset, exist_ok=True)
    segments = []
    for path in map(pathlib.Path, args.rest):
        try:
            if path.is_dir():
                handle = dataset.register_prefix(path.as_uri(), on_duplicate=args.on_duplicate)
            else:
                handle = dataset.register([path.as_uri()], on_duplicate=args.on_duplicate)
            segments += handle.wait().segment_ids
        except Exception as error:  # the answer of the test
            return failure(error)
    return {"segments": sorted(segments)}


def robot_of(segment):
    return int(segment.removeprefix("robot_"))


def check_segment(segment, rows):
    robot = robot_of(segment)
    for row in rows:
        assert row[SPEED] == [row["frame"] * 0.5 + robot], (segment, row["frame"], row[SPEED])
        pixel = np.asarray(Image.open(io.BytesIO(bytes(row[BLOB][0]))))[24, 32].astype(int)
        assert abs(pixel - (robot * 5 % 256, row["frame"] * 12 % 256, 80)).max() < 12, (segment, row["frame"], pixel)
    assert [row["frame"] for row in rows] == list(range(len(rows))), segment
    return len(rows)


def check(client, args):
    dataset = client.get_dataset(args.dataset)
    # The stock client loses static values in a reader when chunks do not overlap (rulings.md), so properties come from the segment table.
    segments = pa.table(dataset.segment_table().select("rerun_segment_id", f'"{SUCCESS}"')).to_pylist()
    assert all(row[SUCCESS] == [bool(robot_of(row["rerun_segment_id"]) % 2)] for row in segments), segments
    view = dataset.filter_contents(["/camera/image", "/speed"])
    table = pa.table(view.reader(index="frame").select("rerun_segment_id", "frame", f'"{BLOB}"', f'"{SPEED}"'))
    by_segment = {row["rerun_segment_id"]: [] for row in segments}
    for row in table.to_pylist():
        by_segment[row["rerun_segment_id"]].append(row)
    return {segment: check_segment(segment, rows) for segment, rows in sorted(by_segment.items())}


def read(client, args):
    try:
        view = client.get_dataset(args.dataset).filter_segments(args.rest)
        return {"rows": len(pa.table(view.reader(index="frame")))}
    except Exception as error:  # the answer of the test
        return failure(error)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("task", choices=["register", "check", "read"])
    parser.add_argument("url")
    parser.add_argument("dataset")
    parser.add_argument("rest", nargs="*")
    parser.add_argument("--on-duplicate", default="error")
    parser.add_argument("--announce", action="store_true")
    args = parser.parse_args()
    print(json.dumps({"register": register, "check": check, "read": read}[args.task](CatalogClient(args.url), args)), flush=True)


if __name__ == "__main__":
    main()
