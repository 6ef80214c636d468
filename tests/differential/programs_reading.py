"""Programs that read: readers with every option, filters, segment stores, SQL, joins."""

from differential.programs import program

SEVERAL = ("one.rrd", "two.rrd", "three.rrd", "sparse.rrd")


@program()
def readers(run):
    run.create(*SEVERAL)
    yield
    dataset = run.dataset()
    view = dataset.filter_contents(["/a"])
    run.step("frame", lambda: run.frame(view.reader(index="frame"), columns_ordered=False))
    run.step("filled", lambda: run.rows(view.reader(index="frame", fill_latest_at=True), columns_ordered=False))
    run.step("static", lambda: run.rows(dataset.filter_contents(["/static"]).reader(index=None), columns_ordered=False))
    run.step("no contents", lambda: run.rows(dataset.filter_contents([]).reader(index="frame"), columns_ordered=False))
    run.step("unknown index", lambda: dataset.reader(index="nothing"), text=True)
    run.step("index of a wrong type", lambda: dataset.reader(index=5))
    run.step("a component as index", lambda: dataset.reader(index="/a:Scalars:scalars"))
    run.step(
        "semantically empty",
        lambda: sorted(dataset.reader(index="frame", include_semantically_empty_columns=True).schema().names),
    )
    run.step("tombstones", lambda: sorted(dataset.reader(index="frame", include_tombstone_columns=True).schema().names))


@program()
def filters_of_readers(run):
    from datafusion import col, lit

    run.create(*SEVERAL)
    yield
    view = run.dataset().filter_contents(["/a"])
    read = lambda frame: run.rows(frame, columns=["rerun_segment_id", "frame"])
    run.step("range", lambda: read(view.reader(index="frame").filter((col("frame") >= lit(2)) & (col("frame") < lit(12)))))
    run.step("one", lambda: read(view.reader(index="frame").filter(col("frame") == lit(3))))
    run.step("segment", lambda: read(view.reader(index="frame").filter(col("rerun_segment_id") == lit("two"))))
    run.step("nothing", lambda: read(view.reader(index="frame").filter(col("frame") > lit(10**6))))
    run.step("count", lambda: view.reader(index="frame").count())
    run.step("limit", lambda: len(view.reader(index="frame").limit(3).to_pylist()))
    run.step(
        "sorted", lambda: view.reader(index="frame").sort(col("frame").sort(ascending=False)).select("frame").to_pydict()["frame"]
    )
    run.step("projection", lambda: run.rows(view.reader(index="frame").select("frame", "rerun_segment_id")))


@program()
def segments_of_readers(run):
    run.create(*SEVERAL)
    yield
    dataset = run.dataset()
    read = lambda view: run.rows(view.filter_contents(["/a"]).reader(index="frame"), columns=["rerun_segment_id", "frame"])
    run.step("one", lambda: read(dataset.filter_segments("one")))
    run.step("two", lambda: read(dataset.filter_segments(["one", "two"])))
    run.step("unknown", lambda: read(dataset.filter_segments(["nobody"])))
    run.step("chained", lambda: read(dataset.filter_segments(["one", "two"]).filter_segments(["two", "three"])))
    run.step("wrong type", lambda: dataset.filter_segments([5]))
    run.step("segment ids", lambda: sorted(dataset.filter_segments(["one", "nobody"]).segment_ids()))


@program()
def contents_of_readers(run):
    run.create("one.rrd", "sparse.rrd", "properties.rrd")
    yield
    dataset = run.dataset()
    for name, rules in {
        "all": "/**",
        "one": "/a",
        "not one": ["/**", "-/a"],
        "a subtree": "/late/**",
        "properties": "/__properties/**",
        "unknown": "/nothing",
        "star": ["+/**", "- /text"],
    }.items():
        run.step(name, lambda rules=rules: sorted(map(str, run.schema(dataset.filter_contents(rules).schema()))))
    run.step("wrong", lambda: dataset.filter_contents(5))


@program()
def index_values(run):
    import numpy as np

    run.create("one.rrd", "two.rrd")
    yield
    view = run.dataset().filter_contents(["/a"])
    read = lambda **options: run.rows(
        view.reader(index="frame", **options), columns=["rerun_segment_id", "frame", "/a:Scalars:scalars"]
    )
    run.step(
        "per segment",
        lambda: read(using_index_values={"one": np.array([0, 2], dtype=np.int64), "two": np.array([10], dtype=np.int64)}),
    )
    run.step("filled", lambda: read(using_index_values={"one": np.array([1, 100], dtype=np.int64)}, fill_latest_at=True))
    run.step("of a wrong type", lambda: read(using_index_values={"one": np.array(["x"])}))
    run.step("of nobody", lambda: read(using_index_values={"nobody": np.array([1], dtype=np.int64)}))


@program()
def indexes_of_all_types(run):
    run.create("indexes.rrd")
    yield
    dataset = run.dataset()
    for index in ("step", "when", "since"):
        run.step(
            index, lambda index=index: run.frame(dataset.filter_contents(["/all"]).reader(index=index), columns_ordered=False)
        )
    run.step("ranges", lambda: run.frame(dataset.get_index_ranges(), columns_ordered=False))


@program()
def segment_stores(run):
    run.create("one.rrd", "sparse.rrd", "properties.rrd", "no_rows.rrd")
    yield
    dataset = run.dataset()
    for segment in ("one", "sparse", "properties", "no_rows"):
        run.step(segment, lambda segment=segment: run.chunks(dataset.segment_store(segment)))
        run.step(f"schema of {segment}", lambda segment=segment: run.schema(dataset.segment_store(segment).schema()))
    run.step("unknown", lambda: dataset.segment_store("nobody"))
    run.together("at once", *[lambda: run.chunks(run.dataset().segment_store("one"))] * 4)


@program()
def joins_and_sql(run):
    import pyarrow as pa

    run.create("one.rrd", "two.rrd")
    meta = run.client.create_table(run.name("meta"), pa.schema([("rerun_segment_id", pa.string()), ("note", pa.string())]))
    meta.append(rerun_segment_id=["one", "two"], note=["first", "zweite ☃"])
    yield
    run.step(
        "joined", lambda: run.rows(run.dataset().segment_table(join_meta=run.table("meta")), columns=["rerun_segment_id", "note"])
    )
    run.step("join by a missing key", lambda: run.dataset().segment_table(join_meta=run.table("meta"), join_key="nothing"))
    run.step(
        "sql", lambda: run.rows(run.client.ctx.sql(f'select note from "{run.name("meta")}" where rerun_segment_id = \'two\''))
    )
    run.step("sql of nothing", lambda: run.client.ctx.sql('select * from "nobody.at.all"'))


@program()
def property_columns(run):
    run.create("properties.rrd", ("properties_layer.rrd", "more"))
    yield
    frame = run.dataset().segment_table()
    run.step("names", lambda: sorted(name for name in frame.schema().names if name.startswith("property:")))
    run.step(
        "values",
        lambda: run.rows(
            frame.select(*(f'"{name}"' for name in sorted(frame.schema().names) if name.startswith("property:plain")))
        ),
    )


@program()
def reading_at_once(run):
    run.create(*SEVERAL)
    yield
    view = run.dataset().filter_contents(["/a"])
    run.together(
        "readers", *[lambda: run.rows(view.reader(index="frame"), columns=["rerun_segment_id", "frame"]) for _ in range(6)]
    )
    run.together("tables", *[lambda: run.rows(run.dataset().segment_table(), columns=["rerun_segment_id"]) for _ in range(6)])
