"""Programs about the catalog itself: entries, names, errors, ids."""

from differential.programs import program

LONG = "n" * 181


@program()
def catalog_connects(run):
    import rerun.catalog as catalog

    run.step("features", lambda: run.client.version_info().features)
    run.step("no such server", lambda: catalog.CatalogClient("rerun+http://127.0.0.1:1"))
    run.step("wrong scheme", lambda: catalog.CatalogClient("ftp://127.0.0.1:1"))
    run.step("benchmark", lambda: [run.client.benchmark(num_bytes=100_000, num_pings=1).rtt.total_seconds() > 0])


@program()
def names_of_datasets(run):
    for number, name in enumerate(
        ("ok", "with blank", "x_-.: [1]", "a/b", "ünï", "", LONG, "n" * (180 - len(run.prefix)), "tab\t", "__hidden", "a.b.c")
    ):
        run.step(
            f"create {number}",
            lambda name=name: run.client.create_dataset(run.name(name) if name and len(name) < 181 else name).name,
            text=number in (3, 5),
        )
    yield
    run.step("all", lambda: run.own(run.client.datasets()))
    run.step("hidden too", lambda: run.own(run.client.datasets(include_hidden=True)))
    run.step("names", lambda: sorted(name for name in run.client.dataset_names() if name.startswith(run.prefix)))


@program()
def dataset_exists(run):
    run.create()
    yield
    run.step("again", lambda: run.create(), text=False)
    run.step("exist_ok", lambda: run.client.create_dataset(run.name("ds"), exist_ok=True).name)
    run.step("the same id", lambda: run.client.create_dataset(run.name("ds"), exist_ok=True).id == run.dataset().id)


@program()
def get_entries(run):
    from rerun.catalog import EntryId

    dataset = run.create()
    yield
    run.step("by name", lambda: [run.dataset().name, str(run.dataset().kind)])
    run.step("by id", lambda: run.client.get_dataset(id=dataset.id).name)
    run.step("by id text", lambda: run.client.get_dataset(id=str(dataset.id)).name)
    run.step("unknown name", lambda: run.client.get_dataset(run.name("nobody")), text=True)
    run.step("unknown id", lambda: run.client.get_dataset(id=EntryId("18EA604BF736E21E106732e40ef82c2a")))
    run.step("bad id", lambda: run.client.get_dataset(id="xyz"))
    run.step("both", lambda: run.client.get_dataset(run.name("ds"), id=dataset.id))
    run.step("neither", lambda: run.client.get_dataset())
    run.step("a dataset as a table", lambda: run.client.get_table(run.name("ds")))
    run.step("wrong name", lambda: run.client.get_dataset("a/b"))


@program()
def entry_properties(run):
    entry = run.create()
    yield
    entry = run.dataset()
    run.step("repr", lambda: repr(entry))
    run.step("times", lambda: [entry.created_at <= entry.updated_at, str(entry.created_at.tzinfo)])
    run.step(
        "equal",
        lambda: [
            entry == run.dataset(),
            entry == run.name("ds"),
            entry == entry.id,
            run.name("ds") in run.client.entries(),
            "nobody" in run.client.entries(),
        ],
    )
    run.step("kind", lambda: [int(entry.kind), str(entry.kind)])
    run.step("url", lambda: entry.manifest_url.split("/")[-1].lower() == str(entry.id).lower())
    run.step("url of a segment", lambda: [entry.segment_url("s"), entry.segment_url("s", "frame", 1, 5)])


@program()
def rename_and_delete(run):
    run.create(name="a")
    run.create(name="b")
    yield
    run.step("rename", lambda: run.dataset("a").set_name(run.name("c")))
    yield
    run.step("renamed", lambda: run.dataset("c").name)
    run.step("to a taken name", lambda: run.dataset("c").set_name(run.name("b")))
    run.step("to itself", lambda: run.dataset("c").set_name(run.name("c")))
    run.step("to a wrong name", lambda: run.dataset("c").set_name("a/b"))
    run.step("delete", lambda: run.dataset("c").delete())
    yield
    run.step("gone", lambda: run.dataset("c"))
    run.step("names", lambda: run.own(run.client.entries()))
    run.step("name is free", lambda: run.create(name="c").name)


@program()
def deleted_entries(run):
    dataset = run.create("one.rrd")
    dataset.delete()
    for name, call in {
        "schema": dataset.schema,
        "segments": dataset.segment_ids,
        "delete": dataset.delete,
        "register": lambda: dataset.register([run.uri("two.rrd")]),
        "rename": lambda: dataset.set_name(run.name("x")),
        "reader": lambda: dataset.reader(index="frame"),
        "store": lambda: dataset.segment_store("one"),
        "name": lambda: dataset.name,
    }.items():
        run.step(name, call)


@program()
def hidden_datasets(run):
    run.create()
    yield
    run.step("blueprint kind", lambda: str(run.dataset().blueprint_dataset().kind))
    run.step("blueprint name", lambda: run.dataset().blueprint_dataset().name.lower() == f"__bp_{run.dataset().id}".lower())
    run.step("no blueprints", lambda: run.dataset().blueprints())
    run.step("asset kind", lambda: str(run.dataset().asset_dataset().kind))
    run.step("no assets", lambda: run.dataset().assets())


@program()
def entries_table(run):
    run.create()
    yield
    run.step(
        "rows",
        lambda: sorted(
            [row["name"]] for row in run.client.get_table("__entries").reader().to_pylist() if row["name"].startswith(run.prefix)
        ),
    )
    run.step("by SQL", lambda: run.rows(run.client.ctx.sql(f"select name from __entries where name like '{run.prefix}%'")))
    run.step("write", lambda: run.client.get_table("__entries").append(name="x"))


@program()
def the_same_name_at_once(run):
    run.together("create", *[lambda: run.client.create_dataset(run.name("ds")).name] * 8)
    yield
    run.step("one", lambda: run.own(run.client.datasets()))
    run.together("exist_ok", *[lambda: run.client.create_dataset(run.name("ds"), exist_ok=True).name] * 8)
    run.together("delete", *[lambda dataset=run.dataset(): dataset.delete() for _ in range(4)])


@program()
def maintenance_calls(run):
    run.create("one.rrd")
    run.step("global", lambda: run.client.do_global_maintenance())
    run.step("dataset", lambda: run.dataset().do_maintenance())


@program(only="0.41.0")
def staging(run):
    run.step("a file", lambda: run.client.stage(str(run.files / "one.rrd"), key=run.name("one.rrd")).startswith("file://"))
    url = {}
    run.step("bytes", lambda: url.update(two=run.client.stage((run.files / "two.rrd").read_bytes(), key=run.name("two.rrd"))))
    run.step("the same key", lambda: run.client.stage(b"x", key=run.name("two.rrd")))
    run.step("a wrong key", lambda: run.client.stage(b"x", key="../x"))
    yield
    run.step("register", lambda: run.create().register([url["two"]]).wait().segment_ids)
    yield
    run.step("read", lambda: run.rows(run.dataset().reader(index="frame"), columns=["rerun_segment_id", "frame"]))
