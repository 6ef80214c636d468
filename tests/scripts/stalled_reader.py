"""Starts to read a dataset, takes one batch, and never another one.

usage: stalled_reader.py URL DATASET
"""

import sys

from rerun.catalog import CatalogClient

dataset = CatalogClient(sys.argv[1]).get_dataset(sys.argv[2])
stream = dataset.reader(index="frame").execute_stream()
print(stream.next().to_pyarrow().num_rows, flush=True)
sys.stdin.read()
