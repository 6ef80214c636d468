"""What a stock client sees of a dataset that is recorded live. Prints JSON: {segment: {"frames": […], "speeds": […]}}.

usage: live_query.py URL DATASET [--until SEGMENT ROWS]    asks again until the segment has that many rows
"""

import argparse
import json
import time
import warnings

warnings.simplefilter("ignore")

import pyarrow as pa
from rerun.catalog import CatalogClient

SPEED = "/speed:Scalars:scalars"

parser = argparse.ArgumentParser()
parser.add_argument("url")
parser.add_argument("dataset")
parser.add_argument("--until", nargs=2)
args = parser.parse_args()
client = CatalogClient(args.url)


def rows():
    dataset = client.get_dataset(args.dataset)
    answer = {segment: {"frames": [], "speeds": []} for segment in sorted(dataset.segment_ids())}
    if SPEED not in [f"{c.entity_path}:{c.component}" for c in dataset.schema().component_columns()]:
        return answer
    view = dataset.filter_contents(["/speed"])
    for row in pa.table(view.reader(index="frame").select("rerun_segment_id", "frame", f'"{SPEED}"')).to_pylist():
        if row[SPEED] is None:
            continue
        answer[row["rerun_segment_id"]]["frames"].append(row["frame"])
        answer[row["rerun_segment_id"]]["speeds"] += row[SPEED]
    return answer


deadline = time.monotonic() + 30
answer = rows()
while args.until and len(answer.get(args.until[0], {"frames": []})["frames"]) < int(args.until[1]):
    assert time.monotonic() < deadline, answer
    answer = rows()
print(json.dumps(answer))
