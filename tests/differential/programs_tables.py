"""Programs about tables."""

from differential.programs import program


def pair():
    import pyarrow as pa

    return pa.schema([pa.field("key", pa.int64(), metadata={"rerun:is_table_index": "true"}), pa.field("value", pa.string())])


@program()
def table_is_made(run):
    import pyarrow as pa

    run.step("create", lambda: run.client.create_table(run.name("table"), pair()).name)
    run.step("again", lambda: run.client.create_table(run.name("table"), pair()))
    run.step("wrong name", lambda: run.client.create_table("a/b", pair()))
    yield
    run.step("get", lambda: [run.table().name, str(run.table().kind)])
    run.step("schema", lambda: [[field.name, str(field.type)] for field in run.table().arrow_schema()])
    run.step("empty", lambda: run.frame(run.table().reader()))
    run.step("names", lambda: [run.own(run.client.tables()), run.own(run.client.datasets())])
    run.step("as a dataset", lambda: run.client.get_dataset(run.name("table")))
    run.step("storage", lambda: run.table().storage_url.startswith("file://"))
    run.step("no columns", lambda: run.client.create_table(run.name("none"), pa.schema([])).name)


@program()
def table_is_written(run):
    import pyarrow as pa

    table = run.client.create_table(run.name("table"), pair())
    run.step("append", lambda: table.append(key=[1, 2], value=["a", "b"]))
    yield
    table = run.table()
    run.step("rows", lambda: run.rows(table.reader()))
    run.step("one value", lambda: table.append(key=3, value="c"))
    run.step("a batch", lambda: table.append(pa.RecordBatch.from_pydict({"key": [4], "value": ["d"]})))
    run.step("batches", lambda: table.append([pa.RecordBatch.from_pydict({"key": [5], "value": ["e"]})] * 2))
    run.step("some columns", lambda: table.append(key=[6]))
    run.step("nothing", lambda: table.append())
    run.step("unequal", lambda: table.append(key=[1, 2], value=["a"]))
    run.step("unknown column", lambda: table.append(nothing=[1]))
    run.step("wrong type", lambda: table.append(key=["text"]))
    yield
    run.step("all rows", lambda: run.rows(run.table().reader()))
    run.step("overwrite", lambda: run.table().overwrite(key=[9], value=["z"]))
    yield
    run.step("overwritten", lambda: run.rows(run.table().reader()))


@program()
def table_is_upserted(run):
    table = run.client.create_table(run.name("table"), pair())
    table.append(key=[1, 2], value=["a", "b"])
    yield
    run.step("upsert", lambda: run.table().upsert(key=[2, 3], value=["B", "c"]))
    yield
    run.step("rows", lambda: run.rows(run.table().reader()))


@program()
def table_without_a_key(run):
    import pyarrow as pa

    table = run.client.create_table(run.name("table"), pa.schema([("a", pa.int64())]))
    table.append(a=[1])
    run.step("upsert", lambda: table.upsert(a=[1]))
    yield
    run.step("rows", lambda: run.rows(run.table().reader()))


@program()
def table_is_queried(run):
    from datafusion import col, lit

    table = run.client.create_table(run.name("table"), pair())
    table.append(key=list(range(100)), value=[f"v{at % 7}" for at in range(100)])
    yield
    table = run.table()
    run.step("filter", lambda: run.rows(table.reader().filter(col("key") < lit(5))))
    run.step("select", lambda: run.rows(table.reader().select("value").distinct()))
    run.step("count", lambda: table.reader().count())
    run.step("limit", lambda: len(table.reader().limit(7).to_pylist()))
    run.step(
        "sql", lambda: run.rows(run.client.ctx.sql(f'select value, count(*) as n from "{run.name("table")}" group by value'))
    )
    run.step("arrow", lambda: table.to_arrow_reader().read_all().num_rows)


@program()
def table_of_nested_types(run):
    import pyarrow as pa

    schema = pa.schema(
        [
            ("list", pa.list_(pa.int64())),
            ("struct", pa.struct([("a", pa.string()), ("b", pa.list_(pa.float64()))])),
            ("time", pa.timestamp("ns")),
            ("text", pa.large_string()),
            ("bytes", pa.binary()),
        ]
    )
    table = run.client.create_table(run.name("table"), schema)
    batch = pa.RecordBatch.from_pylist(
        [{"list": [1, None], "struct": {"a": "ü", "b": [0.5]}, "time": 5, "text": "x" * 1000, "bytes": b"\0"}, {}], schema=schema
    )
    run.step("append", lambda: table.append(batch))
    yield
    run.step("rows", lambda: run.frame(run.table().reader()))


@program()
def table_is_renamed_and_deleted(run):
    run.client.create_table(run.name("table"), pair()).append(key=[1], value=["a"])
    run.step("rename", lambda: run.table().set_name(run.name("other")))
    yield
    run.step("rows", lambda: run.rows(run.table("other").reader()))
    table = run.table("other")
    run.step("delete", lambda: table.delete())
    yield
    run.step("gone", lambda: run.table("other"))
    run.step("free", lambda: run.client.create_table(run.name("other"), pair()).name)


@program()
def table_writers_at_once(run):
    run.client.create_table(run.name("table"), pair())
    # Each with a client of its own: the 0.36.3 client aborts when one is used by several writers at once.
    tables = [run.connect().get_table(run.name("table")) for _ in range(6)]
    run.together("append", *[lambda at=at: tables[at].append(key=[at], value=[f"v{at}"]) for at in range(6)])
    yield
    run.step("rows", lambda: run.rows(run.table().reader()))


@program()
def lance_tables(run):
    run.step("a missing one", lambda: run.client.register_table(run.name("lance"), "file:///no/such/table"))
