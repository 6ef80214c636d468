"""Makes the calls of tables against a server and prints what each answered as one JSON object: {step: value or {"error": type}}.

usage: table_probe.py URL DIRECTORY
"""

import datetime
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import numpy as np
import pyarrow as pa
from catalog_probe import Probe, plain

KEY = {"rerun:is_table_index": "true"}
SCHEMA = pa.schema([
    pa.field("k", pa.int64(), metadata=KEY), pa.field("v", pa.string()), pa.field("l", pa.list_(pa.float32())),
    pa.field("f", pa.list_(pa.int32(), 2)), pa.field("s", pa.struct([("a", pa.int64())])), pa.field("t", pa.timestamp("us")),
    pa.field("b", pa.binary()),
])


def batch(**columns):
    return pa.RecordBatch.from_pydict(columns)


def reader(*batches):
    return pa.RecordBatchReader.from_batches(batches[0].schema, batches)


def rows(table):
    """What is not null, in a fixed order."""
    found = [{name: value for name, value in row.items() if value is not None} for row in pa.table(table.reader()).to_pylist()]
    return sorted(plain(found), key=str)


class TableProbe(Probe):
    def entries(self):
        client, step = self.client, self.step
        step("create", lambda: [client.create_table("t", SCHEMA).name, str(client.get_table("t").kind)])
        step("create again", lambda: client.create_table("t", SCHEMA))
        step("create as a dataset", lambda: [client.create_dataset("d").name, client.create_table("d", SCHEMA)])
        step("dataset as a table", lambda: client.create_dataset("t"))
        step("create with bad name", lambda: client.create_table("a/b", SCHEMA))
        step("create with no schema", lambda: client.create_table("x", "schema"))
        step("create without columns", lambda: client.create_table("none", pa.schema([])).arrow_schema().names)
        step("create relative", lambda: client.create_table("x", SCHEMA, url="relative"))
        step("create another", lambda: client.create_table("at", SCHEMA).name)
        step("register relative", lambda: client.register_table("x", "relative"))
        step("register missing", lambda: client.register_table("x", self.uri("missing")))
        step("register s3", lambda: client.register_table("x", "s3://bucket/x"))
        step("names", lambda: [sorted(client.table_names()), sorted(client.table_names(include_hidden=True))])
        step("entries", lambda: sorted(client.entry_names()))
        step("get", lambda: client.get_table("at").name)
        step("get by id", lambda: client.get_table(id=client.get_table("at").id).name)
        step("get unknown", lambda: client.get_table("nope"))
        step("get dataset", lambda: client.get_table("d"))
        step("get table as dataset", lambda: client.get_dataset("t"))
        step("schema", lambda: [[field.name, str(field.type), plain_metadata(field)] for field in client.get_table("t").arrow_schema()])
        step("url", lambda: client.get_table("t").storage_url.startswith("file:///"))
        step("empty", lambda: [rows(client.get_table("t")), client.get_table("t").to_arrow_reader().read_all().num_rows])

    def values(self):
        table, step = self.client.get_table("t"), self.step

        def write(**values):
            table.overwrite(k=-1)
            table.append(**values)
            return [row for row in rows(table) if row.get("k") != -1]

        for name, values in {
            "scalars": {"k": 3, "v": "c"}, "lists": {"k": [1, 2], "v": ["a", "b"]}, "tuple": {"k": (1, 2)}, "range": {"k": range(2)},
            "set": {"k": {4}}, "numpy": {"k": np.array([9, 10])}, "numpy scalar": {"k": np.int64(4)}, "numpy strings": {"k": 1, "v": np.array(["a"])},
            "array": {"k": pa.array([7, 8]), "v": pa.array(["x", "y"])}, "small array": {"k": pa.array([1], pa.int8())},
            "chunked": {"k": pa.chunked_array([[11], [12]])}, "arrow scalar": {"k": pa.scalar(4)}, "none": {"k": 6, "v": None},
            "null key": {"k": None, "v": "x"}, "only some": {"v": "x"}, "whole float": {"k": 4.0}, "no rows": {"k": []},
            "list of one row": {"k": 4, "l": [1.0, 2.0]}, "wrapped list": {"k": 4, "l": [[1.0, 2.0]]}, "lists of rows": {"k": [4, 5], "l": [[1.0, 2.0], [3.0]]},
            "empty list": {"k": 1, "l": [[]]}, "null lists": {"k": [1, 2], "l": [None, [1.0]]}, "null list": {"k": 1, "l": [None]},
            "list with null": {"k": 1, "l": [1.0, None]}, "tuple as a list": {"k": 1, "l": (1.0, 2.0)}, "numpy in a list": {"k": 1, "l": [np.array([1.0])]},
            "fixed list": {"k": 1, "f": [1, 2]}, "struct": {"k": 1, "s": {"a": 1}}, "structs": {"k": 1, "s": [{"a": 1}]},
            "time": {"k": 1, "t": datetime.datetime(2026, 1, 2)}, "bytes": {"k": 1, "b": b"xyz"}, "bytearray": {"k": 1, "b": bytearray(b"xyz")},
            "unequal": {"k": [1, 2], "v": ["a"]}, "str is one": {"k": [1, 2], "v": "abc"}, "unequal lists": {"k": [4, 5], "l": [1.0, 2.0]},
            "fewer first": {"v": "a", "k": [1, 2]}, "empty list is no row": {"k": 1, "l": []}, "unknown": {"zz": 1}, "bad type": {"k": "x"},
            "number as text": {"k": 1, "v": 5}, "bool as number": {"k": True}, "number as a list": {"k": 1, "l": 1.0}, "fixed list of 3": {"k": 1, "f": [1, 2, 3]},
        }.items():
            step(f"values: {name}", lambda values=values: write(**values))

    def batches(self):
        table, step = self.client.get_table("t"), self.step

        def write(batches):
            table.overwrite(k=-1)
            table.append(batches)
            return [row for row in rows(table) if row.get("k") != -1]

        for name, batches in {
            "one": batch(k=[20]), "list": [batch(k=[1]), batch(k=[2])], "lists": [[batch(k=[1])], [batch(k=[2])]],
            "no list": [], "empty lists": [[]], "subset": batch(v=["a"]), "reader": reader(batch(k=[1]), batch(k=[2])),
            "other column": batch(k=[1], zz=[1]), "other type": batch(k=["q"]), "numbers": [1, 2], "number": 3, "text": "x",
        }.items():
            step(f"batches: {name}", lambda batches=batches: write(batches))
        step("both", lambda: table.append(batch(k=[1]), k=1))
        step("neither", lambda: [table.append(), table.overwrite(), table.upsert(), len(rows(table)) > 0])

    def writes(self):
        table, step = self.client.get_table("t"), self.step
        two = {"k": [1, 2], "v": ["a", "b"], "l": [[1.0], [2.0]]}
        lists = pa.array([[4.0], [5.0]], pa.list_(pa.float32()))
        step("overwrite", lambda: [table.overwrite(**two), rows(table)])
        step("overwrite with no batch", lambda: [table.overwrite([]), len(rows(table))])
        step("upsert", lambda: [table.overwrite(**two), table.upsert(k=[1, 100], v=["up", "new"]), rows(table)])
        step("upsert batch", lambda: [table.overwrite(**two), table.upsert(batch(k=[1, 3], v=["z", "y"], l=lists)), rows(table)])
        step("upsert new ones twice", lambda: [table.overwrite(**two), table.upsert(k=[9, 9], v=["B", "C"]), rows(table)])
        step("upsert same key twice", lambda: [table.overwrite(**two), table.upsert(k=[1, 1], v=["B", "C"])])
        step("upsert failed", lambda: rows(table))
        step("upsert null key", lambda: [table.upsert(k=None, v="Q"), rows(table)])
        keyless = self.client.create_table("keyless", pa.schema([("k", pa.int64())]))
        step("upsert without key", lambda: keyless.upsert(k=1))
        pair = pa.schema([pa.field("a", pa.int64(), metadata=KEY), pa.field("b", pa.string(), metadata=KEY), ("c", pa.int64())])
        keyed = self.client.create_table("pairs", pair)
        step("two keys", lambda: [keyed.append(a=[1, 1], b=["x", "y"], c=[1, 1]), keyed.upsert(a=1, b="y", c=9), rows(keyed)])

    def reading(self):
        client, step = self.client, self.step
        table = client.get_table("pairs")
        step("to_arrow_reader", lambda: sorted(plain(table.to_arrow_reader().read_all().to_pylist()), key=str))
        step("projection", lambda: sorted(plain(pa.table(table.reader().select("c", "a")).to_pylist()), key=str))
        step("count", lambda: table.reader().count())
        step("sql", lambda: plain(client.ctx.sql("select c, b from pairs where c > 1").to_pydict()))
        step("sql count", lambda: list(client.ctx.sql("select count(*) as n from pairs").to_pydict()["n"]))
        step("sql join", lambda: plain(client.ctx.sql("select p.c from pairs p join t on p.a = t.k where p.b = 'y'").to_pydict()))
        step("entries by sql", lambda: sorted(name for name in client.ctx.sql("select name from __entries").to_pydict()["name"] if name[:2] != "__"))
        step("join_meta", lambda: self.joined())

    def joined(self):
        dataset = self.client.create_dataset("joined")
        dataset.register([self.uri("robot_000.rrd"), self.uri("robot_001.rrd")]).wait()
        grades = self.client.create_table("grades", pa.schema([("rerun_segment_id", pa.string()), ("grade", pa.string())]))
        grades.append(rerun_segment_id=["robot_001"], grade=["A"])
        return sorted(str(grade) for grade in pa.table(dataset.segment_table(grades))["grade"].to_pylist())

    def life(self):
        client, step = self.client, self.step
        table, system = client.get_table("pairs"), client.get_table("__entries")
        step("system table", lambda: [system.storage_url, system.arrow_schema().names])
        step("system blueprints", system.blueprint_dataset)
        step("blueprints", lambda: [str(table.blueprint_dataset().kind), table.blueprints(), table.default_blueprint()])
        step("register blueprint", lambda: [table.register_blueprint(self.uri("extras/blueprint.rbl")), len(table.blueprints())])
        step("default blueprint", lambda: table.default_blueprint() in table.blueprints())
        step("unknown default", lambda: [table.set_default_blueprint("nope"), table.default_blueprint()])
        step("no default", lambda: [table.set_default_blueprint(None), table.default_blueprint()])
        step("recording as blueprint", lambda: table.register_blueprint(self.uri("robot_000.rrd")))
        step("rename", lambda: [table.set_name("renamed"), table.name, len(rows(table)), sorted(client.table_names())])
        step("delete", table.delete)
        step("delete again", table.delete)
        step("gone", lambda: sorted(client.table_names()))
        step("read deleted", table.reader)
        step("write deleted", lambda: table.append(a=1))
        step("blueprints of deleted", table.blueprints)
        step("create at", lambda: client.create_table("made", SCHEMA, url=self.uri("made")).storage_url.startswith(self.uri("made")))


def plain_metadata(field):
    return {key.decode(): value.decode() for key, value in (field.metadata or {}).items()}


def main(url, directory):
    probe = TableProbe(url, directory)
    for part in (probe.entries, probe.values, probe.batches, probe.writes, probe.reading, probe.life):
        part()
    print(json.dumps(probe.answers))


if __name__ == "__main__":
    main(*sys.argv[1:])
