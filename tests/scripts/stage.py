"""stage.py URL RECORDING: what the 0.41 client does with uploads; prints what it saw as JSON."""

import json
import pathlib
import sys

from rerun.catalog import CatalogClient

url, recording = sys.argv[1], pathlib.Path(sys.argv[2])
client = CatalogClient(url)
seen = {}


def attempt(name, function):
    try:
        seen[name] = function()
    except Exception as error:
        seen[name] = type(error).__name__


def rows(dataset):
    return dataset.reader(index="frame").to_arrow_table().num_rows


seen["file"] = client.stage(recording, key="project/run-1.rrd")
seen["bytes"] = client.stage(recording.read_bytes(), key="run-2.rrd")
seen["empty"] = client.stage(b"", key="nothing")
attempt("again", lambda: client.stage(recording, key="run-2.rrd"))
attempt("folder", lambda: client.stage(b"x", key="project"))
attempt("below", lambda: client.stage(b"x", key="run-2.rrd/x"))
for name, key in {"no key": "", "absolute": "/a", "up": "../a", "hidden": ".a", "space": "a b", "umlaut": "ü", "long": "x" * 256}.items():
    attempt(name, lambda: client.stage(b"x", key=key))
dataset = client.create_dataset("staged")
dataset.register([seen["file"]]).wait()
seen["segments"] = dataset.segment_ids()
seen["rows"] = rows(dataset)
written = client.create_dataset("written")
written._write_segments(recording.read_bytes(), "in/parts").wait()
seen["written segments"] = written.segment_ids()
seen["written rows"] = rows(written)
print(json.dumps(seen))
