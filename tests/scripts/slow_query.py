"""Runs a query that takes long inside one step, prints "running" and waits for Ctrl-C. Prints what came of it.

usage: slow_query.py RECORDING query|explain|register|dataframe|worker [URL]
"""

import sys
import threading
import time

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from datafusion import col, lit

import mutoscope as rr

ROWS = 4_000_000
SCALARS = "/motor:Scalars:scalars"


def main(recording, kind, url=None):
    server = rr.server.Server(datasets={"sample": [recording]})
    client = rr.catalog.CatalogClient(server.url()) if url else server.client()
    dataset = client.get_dataset("sample")
    asked = {"using_index_values": {"sample": np.arange(ROWS)}, "fill_latest_at": True}
    never = pc.list_element(pc.field(SCALARS), 0) > 1e9
    frame = dataset.reader("frame", **asked).filter(col(f'"{SCALARS}"')[0] > lit(1e9))
    work = {
        "query": lambda: dataset.query("frame", where=never, **asked).read_all(),
        "explain": lambda: dataset.explain("frame", where=never, **asked),
        "dataframe": lambda: pa.table(frame),
    }[kind]
    threading.Timer(0.2, lambda: print("running", flush=True)).start()
    start = time.monotonic()
    try:
        try:
            while True:  # until the signal comes: this machine may be quicker than we think
                work()
        except Exception as error:
            print(f"{type(error).__name__}: {error}"[:200], flush=True)
            time.sleep(10)
    except KeyboardInterrupt:
        print(f"KeyboardInterrupt after {time.monotonic() - start:.2f} s", flush=True)
    assert dataset.reader("frame").count() == 4, "the next query works"
    server.shutdown()
    print("ended", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
