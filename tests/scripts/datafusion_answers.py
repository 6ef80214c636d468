"""Asks a server through the DataFusion of this interpreter, and by direct queries; exits with an error where they differ.

usage: datafusion_answers.py URL DATASET
"""

import os
import sys

import datafusion
import pyarrow as pa
import pyarrow.compute as pc
from datafusion import col, functions, lit

import mutoscope as rr


def same(name, frame, table):
    answer = pa.table(frame)
    assert answer.num_rows > 0 and answer.to_pydict() == table.to_pydict(), f"{name}: {answer} instead of {table}"


def main(url, name):
    client = rr.catalog.CatalogClient(url)
    dataset = client.get_dataset(name)
    frame, speed = dataset.reader("frame"), "/speed:Scalars:scalars"
    same("all", frame, dataset.query("frame").read_all())
    same("limit", frame.limit(30), dataset.query("frame", limit=30).read_all())
    late = pc.field("frame") >= 7
    filtered = frame.filter(col("frame") >= lit(7)).select("frame", speed)
    same("filter", filtered, dataset.query("frame", columns=["frame", speed], where=late).read_all())
    same("filter and limit", filtered.limit(3), dataset.query("frame", columns=["frame", speed], where=late, limit=3).read_all())
    fast = pc.list_element(pc.field(speed), 0) > 3
    same("by DataFusion", frame.filter(col(f'"{speed}"')[0] > lit(3.0)), dataset.query("frame", where=fast).read_all())
    one = functions.in_list(col("rerun_segment_id"), [lit("robot_003"), lit("robot_004")])
    same("in", frame.filter(one), dataset.filter_segments(["robot_003", "robot_004"]).query("frame").read_all())
    plan = filtered.execution_plan().display_indent()
    assert "FilterExec" not in plan and "Repartition" not in plan, plan
    assert frame.count() == dataset.to_arrow("frame").count_rows()
    assert client.ctx.sql(f'select count(*) as n from "{name}"."frame"').to_pydict() == {"n": [frame.count()]}
    pid = os.fork()
    if pid == 0:
        same("forked", dataset.reader("frame"), dataset.query("frame").read_all())
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0
    print(datafusion.__version__)


if __name__ == "__main__":
    main(*sys.argv[1:])
