"""Small tasks with the segments of a dataset, for the tests. Prints one JSON line.

usage: segments.py create URL DATASET
       segments.py read URL DATASET                   {segment: {"layers", "chunks", "urls", "times", "rows"}}; rows by timeline `t`, columns that are set
       segments.py unregister URL DATASET SEGMENT…
       segments.py delete URL DATASET
       segments.py register URL DATASET FILE…
"""

import json
import pathlib
import sys
import warnings

warnings.simplefilter("ignore")

import pyarrow as pa
from rerun.catalog import CatalogClient


def read(client, name):
    dataset = client.get_dataset(name)
    table = pa.table(dataset.segment_table())
    answer = {}
    for row in table.to_pylist():
        segment = row["rerun_segment_id"]
        rows = pa.table(dataset.filter_segments([segment]).reader(index="t")).to_pylist() if "t:start" in row else []
        answer[segment] = {
            "layers": row["rerun_layer_names"],
            "chunks": row["rerun_num_chunks"],
            "urls": row["rerun_storage_urls"],
            "times": [row.get("t:start"), row.get("t:end")],
            "rows": sorted([row.get("t"), {key: value for key, value in row.items() if ":" in key and value is not None}] for row in rows),
        }
    return answer


def main():
    task, url, name, *rest = sys.argv[1:]
    client = CatalogClient(url)
    if task == "create":
        answer = str(client.create_dataset(name).id)
    elif task == "read":
        answer = read(client, name)
    elif task == "register":
        answer = sorted(client.get_dataset(name).register([pathlib.Path(path).as_uri() for path in rest]).wait().segment_ids)
    elif task == "unregister":
        client.get_dataset(name).unregister(segments_to_drop=rest, layers_to_drop=[]).wait()
        answer = sorted(client.get_dataset(name).segment_ids())
    else:
        client.get_dataset(name).delete()
        answer = client.dataset_names()
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
