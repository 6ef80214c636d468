"""Uses the tables of a server as a stock client and prints what each step answered as one JSON object: {step: value or {"error": type}}.

usage: tables_probe.py URL
"""

import json
import sys
import warnings

warnings.simplefilter("ignore")

import pyarrow as pa
from rerun.catalog import CatalogClient

KEY = {"rerun:is_table_index": "true"}
SCHEMA = pa.schema(
    [pa.field("k", pa.int64(), nullable=False, metadata=KEY), pa.field("v", pa.string()), pa.field("w", pa.float64())],
    metadata={"project": "arms", "ü": "ö"},
)


def fields(schema):
    return [[field.name, str(field.type), field.nullable, plain(field.metadata)] for field in schema], plain(schema.metadata)


def plain(metadata):
    return {key.decode(): text.decode() for key, text in (metadata or {}).items()}


class Probe:
    def __init__(self, url):
        self.client = CatalogClient(url)
        self.answers = {}

    def step(self, name, call):
        assert name not in self.answers, name
        try:
            self.answers[name] = call()
        except Exception as error:  # noqa: BLE001 the type is the answer
            self.answers[name] = {"error": type(error).__name__}

    def rows(self, table):
        return sorted(pa.table(table.reader()).to_pylist(), key=str)

    def write(self, name, table, mode, *arguments, **columns):
        """The rows after the write."""

        def call():
            getattr(table, mode)(*arguments, **columns)
            return self.rows(table)

        self.step(name, call)


def batch(**columns):
    return pa.record_batch(columns)


def probe(url):
    p = Probe(url)
    client = p.client
    table = client.create_table("arms", SCHEMA)
    p.step("entry", lambda: [str(table.kind), table.name, table.storage_url.startswith("file:///")])
    p.step("schema", lambda: fields(table.arrow_schema()))
    p.step("empty", lambda: [fields(pa.table(table.reader()).schema)[0], p.rows(table)])
    p.write("append columns", table, "append", k=[1, 2], v=["a", "b"], w=[1.0, 2.0])
    p.write("append scalars", table, "append", k=3, v="c", w=3.0)
    p.write("append some columns", table, "append", k=[4], v=["d"])
    p.write("append a batch of some columns", table, "append", batch(k=[5], v=["e"]))
    p.write("append a batch in another order", table, "append", batch(w=[6.0], v=["f"], k=[6]))
    p.write("append a list of batches", table, "append", [batch(k=[7]), batch(k=[8])])
    p.write("append a reader", table, "append", pa.RecordBatchReader.from_batches(SCHEMA, [pa.RecordBatch.from_pylist([{"k": 9}], SCHEMA)] * 2))
    p.write("append nothing", table, "append", [])
    p.write("append an unknown column", table, "append", batch(k=[1], x=[1]))
    p.write("append another type", table, "append", batch(k=["1"]))
    p.write("append a narrower type", table, "append", pa.record_batch({"k": pa.array([1], pa.int32())}))
    p.write("append a null key", table, "append", pa.record_batch({"k": pa.array([None], pa.int64())}))
    p.write("append both ways", table, "append", batch(k=[1]), k=[1])
    p.step("unchanged by errors", lambda: p.rows(table))
    p.write("upsert", table, "upsert", k=[1, 10], v=["A", "j"], w=[None, 10.0])
    p.write("upsert some columns", table, "upsert", batch(k=[2, 11], v=["B", "k"]))
    p.write("upsert one row twice", table, "upsert", k=[2, 2], v=["x", "y"], w=[1.0, 2.0])
    p.write("upsert a new row twice", table, "upsert", k=[20, 20], v=["x", "y"], w=[1.0, 2.0])
    p.write("upsert a batch without metadata", table, "upsert", batch(k=[3], v=["C"], w=[30.0]))
    p.write("upsert without the key", table, "upsert", batch(v=["x"]))
    p.write("overwrite", table, "overwrite", k=[1], v=["only"], w=[0.0])
    p.step("schema after overwriting", lambda: fields(table.arrow_schema()))
    p.write("overwrite with other columns", table, "overwrite", batch(z=["new"]))
    p.step("schema of other columns", lambda: [field[:3] for field in fields(table.arrow_schema())[0]])
    p.write("overwrite with no rows", table, "overwrite", pa.RecordBatch.from_pylist([], SCHEMA))
    p.step("schema as before", lambda: fields(table.arrow_schema()))

    p.step("create again", lambda: client.create_table("arms", SCHEMA))
    p.step("create with a bad name", lambda: client.create_table("a/b", SCHEMA))
    p.step("create without columns", lambda: len(client.create_table("empty", pa.schema([])).arrow_schema()))
    plain_table = client.create_table("plain", pa.schema([pa.field("a", pa.int64())]))
    p.write("upsert without any key", plain_table, "upsert", a=[1])
    keys = client.create_table("keys", pa.schema([pa.field("a", pa.int64(), metadata=KEY), pa.field("b", pa.string(), metadata=KEY), pa.field("c", pa.int64())]))
    p.write("append to two keys", keys, "append", a=[1, 1, 2, None], b=["x", "y", "x", "n"], c=[1, 2, 3, 4])
    p.write("upsert by two keys", keys, "upsert", a=[1, None, 3], b=["y", "n", "q"], c=[20, 40, 50])
    p.step("rename", lambda: keys.set_name("renamed"))
    p.step("rename to a taken name", lambda: keys.set_name("arms"))
    p.step("names", lambda: sorted(client.table_names()))
    p.step("hidden names", lambda: sorted(client.table_names(include_hidden=True)))
    p.step("kinds", lambda: sorted(str(entry.kind) for entry in client.entries(include_hidden=True)))
    p.step("sql", lambda: sorted(pa.table(client.ctx.sql("select a, c from renamed where c > 3")).to_pylist(), key=str))
    p.step("sql join", lambda: pa.table(client.ctx.sql("select count(*) as n from renamed r join plain p on r.a = p.a")).to_pylist())
    p.step("get", lambda: [client.get_table("renamed").name, client.get_table(id=str(keys.id)).name])
    p.step("get the old name", lambda: client.get_table("keys"))
    p.step("get a table as a dataset", lambda: client.get_dataset(id=str(keys.id)))
    client.create_dataset("recordings")
    p.step("get a dataset as a table", lambda: client.get_table(id=str(client.get_dataset("recordings").id)))
    p.step("no blueprint", lambda: [plain_table.default_blueprint(), plain_table.blueprints()])
    p.step("set a blueprint", lambda: [plain_table.set_default_blueprint("b"), plain_table.default_blueprint()])
    p.step("blueprint dataset", lambda: plain_table.blueprint_dataset().name == f"__bp_{plain_table.id}")
    p.step("unset the blueprint", lambda: [plain_table.set_default_blueprint(None), plain_table.default_blueprint()])
    p.step("register what is missing", lambda: client.register_table("missing", "file:///nowhere/at/all"))
    p.step("register s3", lambda: client.register_table("missing", "s3://bucket/table"))
    p.step("delete", lambda: [plain_table.delete(), sorted(client.table_names())])
    p.step("delete again", plain_table.delete)
    p.step("read what is deleted", lambda: p.rows(plain_table))
    p.step("kinds at the end", lambda: sorted(str(entry.kind) for entry in client.entries(include_hidden=True)))
    return p.answers


print(json.dumps(probe(sys.argv[1]), default=lambda value: type(value).__name__))
