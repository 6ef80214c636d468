"""register_urls.py URL DATASET STORAGE_URL...: registers them in a new dataset; prints the segment ids as JSON."""

import json
import sys

from rerun.catalog import CatalogClient

dataset = CatalogClient(sys.argv[1]).create_dataset(sys.argv[2])
dataset.register(sys.argv[3:]).wait()
print(json.dumps(sorted(dataset.segment_ids())))
