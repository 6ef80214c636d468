"""Prints the id of a dataset.  usage: dataset_id.py URL DATASET"""

import json
import sys

from rerun.catalog import CatalogClient

print(json.dumps(str(CatalogClient(sys.argv[1]).get_dataset(sys.argv[2]).id)))
