"""Writes to a table.

usage: tables_writer.py URL append|upsert NAME WRITER ROUNDS    one batch of ten rows of this writer a round
       tables_writer.py URL endless NAME                        one stream that never ends; a line on stdout for each batch handed over
"""

import sys

import pyarrow as pa
from rerun.catalog import CatalogClient

SCHEMA = pa.schema([pa.field("k", pa.string(), metadata={"rerun:is_table_index": "true"}), pa.field("writer", pa.int64()), pa.field("payload", pa.binary())])


def rows(writer, round_number):
    keys = [f"{writer}-{round_number}-{i}" for i in range(10)]
    return pa.record_batch([keys, pa.array([writer] * 10), pa.array([b"x" * 1000] * 10, pa.binary())], schema=SCHEMA)


def endless():
    for round_number in range(10**9):
        print(round_number, flush=True)
        yield pa.record_batch([[str(round_number)], [0], [b"y" * 100_000]], schema=SCHEMA)


url, mode, name, *rest = sys.argv[1:]
client = CatalogClient(url)
table = client.get_table(name)
if mode == "endless":
    table.append(pa.RecordBatchReader.from_batches(SCHEMA, endless()))
else:
    for number in range(int(rest[1])):
        getattr(table, mode)(rows(int(rest[0]), number))
