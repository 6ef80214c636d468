"""Writes two assets: recordings with static data only. usage: make_assets.py DIRECTORY"""

import pathlib
import sys

import rerun as rr

for name in ("asset_1", "asset_2"):
    with rr.RecordingStream("assets", recording_id=name) as recording:
        recording.save(pathlib.Path(sys.argv[1]) / f"{name}.rrd")
        recording.log("/asset", rr.TextDocument(name), static=True)
