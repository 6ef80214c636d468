"""Programs about recordings: registering, what a dataset tells of them, unregistering."""

from differential.programs import program


@program()
def register_modes(run):
    dataset = run.create()
    one, two = run.uri("one.rrd"), run.uri("two.rrd")
    run.step("one", lambda: dataset.register([one]).wait().segment_ids)
    run.step("a text", lambda: dataset.register(two).wait().segment_ids)
    yield
    dataset = run.dataset()
    run.step("skip", lambda: sorted(dataset.register([one, two], on_duplicate="skip").wait().segment_ids))
    run.step("replace", lambda: sorted(dataset.register([one, two], on_duplicate="replace").wait().segment_ids))
    run.step("wrong mode", lambda: dataset.register([one], on_duplicate="maybe"))
    run.step(
        "iterate",
        lambda: [
            [item.segment_id, item.uri, item.is_success, item.error]
            for item in dataset.register([one], on_duplicate="skip").iter_results()
        ],
    )
    yield
    run.step("segments", lambda: sorted(run.dataset().segment_ids()))


@program(only="0.41.0")
def register_duplicates(run):
    dataset = run.create("one.rrd")
    run.step("error", lambda: dataset.register([run.uri("one.rrd"), run.uri("two.rrd")]).wait())
    run.step("the other", lambda: sorted(dataset.segment_ids()))
    run.step(
        "results",
        lambda: sorted(
            [item.segment_id, item.is_success, item.error is None]
            for item in dataset.register([run.uri("one.rrd"), run.uri("three.rrd")]).iter_results()
        ),
    )


@program()
def register_errors(run):
    dataset = run.create()
    for name in ("missing.rrd", "few", "no_recording.rrd", "nothing.rrd", "header_only.rrd"):
        run.step(name.removesuffix(".rrd"), lambda name=name: dataset.register([run.uri(name)]).wait())
    run.step("relative", lambda: dataset.register(["one.rrd"]).wait())
    run.step("none", lambda: dataset.register([]).wait())
    run.step("layers of another length", lambda: dataset.register([run.uri("one.rrd")], layer_name=["a", "b"]).wait())
    run.step("empty layer", lambda: dataset.register([run.uri("one.rrd")], layer_name="").wait())
    run.step("twice", lambda: dataset.register([run.uri("one.rrd")] * 2).wait())
    run.step("nothing came of it", lambda: dataset.segment_ids())


@program()
def conflicting_types(run):
    run.create("number.rrd")
    run.step("conflict", lambda: run.dataset().register([run.uri("text.rrd")]).wait())
    run.step("timelines", lambda: run.create("sequence_t.rrd", name="t").register([run.uri("timestamp_t.rrd")]).wait())
    yield
    run.step("segments", lambda: [run.dataset().segment_ids(), run.dataset("t").segment_ids()])


@program()
def prefixes(run):
    dataset = run.create()
    run.step("few", lambda: sorted(dataset.register_prefix(run.uri("few")).wait().segment_ids))
    run.step("missing", lambda: dataset.register_prefix(run.uri("nowhere")).wait())
    run.step("empty", lambda: dataset.register_prefix(run.uri("empty")).wait())
    run.step("again", lambda: sorted(dataset.register_prefix(run.uri("few"), on_duplicate="skip").wait().segment_ids))
    run.step("layer", lambda: sorted(dataset.register_prefix(run.uri("many"), layer_name="many").wait().segment_ids))
    yield
    run.step("layers", lambda: run.rows(run.dataset().segment_table(), columns=["rerun_segment_id", "rerun_layer_names"]))


@program()
def segment_tables(run):
    run.create("one.rrd", "two.rrd", "properties.rrd", "indexes.rrd", ("one_layer.rrd", "labels"))
    yield
    dataset = run.dataset()
    run.step("table", lambda: run.frame(dataset.segment_table().drop("rerun_storage_urls"), columns_ordered=False))
    run.step("urls", lambda: len(dataset.segment_table().to_pydict()["rerun_storage_urls"]))
    run.step(
        "one",
        lambda: run.rows(
            dataset.filter_segments("one").segment_table(),
            columns=["rerun_segment_id", "rerun_layer_names", "frame:start", "frame:end"],
        ),
    )
    run.step("manifest", lambda: run.frame(dataset.manifest().drop("rerun_storage_url"), columns_ordered=False))
    run.step("ranges", lambda: run.frame(dataset.get_index_ranges(), columns_ordered=False))
    run.step("filtered", lambda: run.rows(dataset.segment_table().filter("rerun_num_chunks > 3").select("rerun_segment_id")))
    run.step("count", lambda: dataset.segment_table().count())
    run.step("limit", lambda: len(dataset.segment_table().limit(2).to_pylist()))


@program()
def empty_dataset(run):
    run.create()
    yield
    dataset = run.dataset()
    run.step("segments", dataset.segment_ids)
    run.step("schema", lambda: run.schema(dataset.schema()))
    run.step("table", lambda: run.frame(dataset.segment_table()))
    run.step("manifest", lambda: run.frame(dataset.manifest()))
    run.step("ranges", lambda: run.frame(dataset.get_index_ranges()))
    run.step("static", lambda: run.frame(dataset.reader(index=None)))
    run.step("index", lambda: dataset.reader(index="frame"))
    run.step("store", lambda: dataset.segment_store("one"))


@program()
def schemas_of_datasets(run):
    run.create("one.rrd", "properties.rrd")
    yield
    schema = run.dataset().schema()
    # Sorted, as the stock server shows columns as recordings bring them, ours always in the order of one recording (rulings A18).
    run.step("columns", lambda: sorted(run.schema(schema), key=str))
    run.step("arrow", lambda: sorted([field.name, str(field.type), field.nullable] for field in run.dataset().arrow_schema()))
    run.step("view", lambda: run.schema(run.dataset().filter_contents(["/a/**"]).schema()))
    run.step("selector", lambda: repr(schema.column_for_selector("/a:Scalars:scalars")))
    run.step("wrong selector", lambda: schema.column_for_selector("/nothing:x"))
    run.step("equal", lambda: schema == run.dataset().schema())


@program()
def odd_names(run):
    run.create("unicode.rrd", "long.rrd", "with blanks ü/o n e.rrd")
    yield
    dataset = run.dataset()
    odd = "ünï ☃/segment?&id=1"
    run.step("segments", lambda: sorted(dataset.segment_ids()))
    run.step(
        "rows", lambda: run.rows(dataset.filter_segments(odd).reader(index="zeit ü"), columns=["rerun_segment_id", "zeit ü"])
    )
    run.step("store", lambda: run.chunks(dataset.segment_store(odd)))
    run.step("url", lambda: dataset.segment_url(odd))
    run.step("unregister", lambda: dataset.unregister(segments_to_drop=[odd], layers_to_drop=[]).wait())
    run.step("left", lambda: len(dataset.segment_ids()))


@program()
def layers(run):
    run.create("one.rrd", ("one_layer.rrd", "labels"))
    run.step("a layer alone", lambda: run.create(("one_layer.rrd", "labels"), name="alone").segment_ids())
    yield
    dataset = run.dataset()
    run.step("schema", lambda: sorted(map(str, run.schema(dataset.schema()))))
    run.step("rows", lambda: run.rows(dataset.reader(index="frame"), columns_ordered=False))
    run.step("store", lambda: run.chunks(dataset.segment_store("one")))
    run.step("drop", lambda: dataset.unregister(segments_to_drop=[], layers_to_drop=["base"]).wait())
    yield
    run.step("left", lambda: run.rows(run.dataset().segment_table(), columns=["rerun_segment_id", "rerun_layer_names"]))
    run.step("rows left", lambda: run.rows(run.dataset().reader(index="frame"), columns_ordered=False))


@program()
def unregistering(run):
    run.create("one.rrd", "two.rrd", "three.rrd")
    yield
    drop = lambda segments, layers: run.dataset().unregister(segments_to_drop=segments, layers_to_drop=layers).wait()
    run.step("nothing", lambda: drop([], []))
    run.step("unknown", lambda: drop(["nobody"], []))
    run.step("one", lambda: drop(["one"], []))
    yield
    run.step("left", lambda: sorted(run.dataset().segment_ids()))
    run.step("again", lambda: run.dataset().register([run.uri("one.rrd")]).wait().segment_ids)
    run.step("everything", lambda: drop(["one", "two", "three"], ["base"]))
    yield
    run.step("none left", lambda: [run.dataset().segment_ids(), run.schema(run.dataset().schema())])


@program()
def registering_at_once(run):
    dataset = run.create()
    run.together(
        "files", *[lambda at=at: dataset.register([run.uri(f"many/many_{at:02d}.rrd")]).wait().segment_ids for at in range(8)]
    )
    run.together(
        "the same",
        *[lambda: run.dataset().register([run.uri("one.rrd")], on_duplicate="skip").wait().segment_ids for _ in range(6)],
    )
    yield
    run.step("all", lambda: sorted(run.dataset().segment_ids()))
    run.together("reading", *[lambda: len(run.dataset().reader(index="frame").to_pylist()) for _ in range(4)])


@program(only="0.41.0")
def infos(run):
    run.create("one.rrd", "properties.rrd", ("one_layer.rrd", "labels"))
    yield
    dataset = run.dataset()
    info = dataset.info()
    run.step(
        "info", lambda: [info.num_segments, sorted(layer.name for layer in info.layers) if hasattr(info, "layers") else None]
    )
    run.step(
        "segment",
        lambda: [dataset.segment("one").id, sorted(dataset.segment("one").layers()), run.schema(dataset.segment("one").schema())],
    )
    run.step("unknown segment", lambda: dataset.segment("nobody"))
    run.step("layer", lambda: sorted(dataset.layer("labels").segment_ids()))
    run.step("unknown layer", lambda: dataset.layer("nothing"))
    run.step("delete layer", lambda: dataset.segment("one").delete_layer("labels").wait())
    run.step("layers left", lambda: sorted(dataset.segment("one").layers()))
