"""Asks for every kind of upkeep.

usage: maintain.py URL DATASET
"""

import datetime
import sys

from rerun.catalog import CatalogClient

client = CatalogClient(sys.argv[1])
dataset = client.get_dataset(sys.argv[2])
dataset.do_maintenance()
dataset.do_maintenance(optimize_indexes=True, compact_fragments=True, cleanup_before=datetime.datetime.now())
client.do_global_maintenance()
dataset.do_maintenance(retrain_indexes=True, unsafe_allow_recent_cleanup=True)
