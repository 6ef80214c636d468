"""Programs about blueprints and shared assets."""

from differential.programs import program


@program()
def blueprints(run):
    dataset = run.create("one.rrd")
    run.step("register", lambda: dataset.register_blueprint(run.uri("blueprint_0.rbl")))
    run.step("another", lambda: dataset.register_blueprint(run.uri("blueprint_1.rbl"), set_default=False))
    yield
    dataset = run.dataset()
    run.step("all", lambda: sorted(dataset.blueprints()))
    run.step("default", lambda: [dataset.default_blueprint() in dataset.blueprints(), dataset.default_segment_table_blueprint()])
    run.step("clear", lambda: [dataset.set_default_blueprint(None), dataset.default_blueprint()])
    run.step("unknown", lambda: [dataset.set_default_blueprint("nobody"), dataset.default_blueprint()])
    run.step("a recording", lambda: dataset.register_blueprint(run.uri("one.rrd")))
    run.step("missing", lambda: dataset.register_blueprint(run.uri("missing.rbl")))
    yield
    run.step("kept", lambda: [run.dataset().default_blueprint(), len(run.dataset().blueprints())])


@program()
def segment_table_blueprints(run):
    run.create("one.rrd").register_blueprint(run.uri("blueprint_0.rbl"), segment_table=True)
    yield
    dataset = run.dataset()
    run.step("default", lambda: [dataset.default_blueprint(), dataset.default_segment_table_blueprint() in dataset.blueprints()])
    run.step("clear", lambda: [dataset.set_default_segment_table_blueprint(None), dataset.default_segment_table_blueprint()])


@program()
def assets_of_both_versions(run):
    dataset = run.create("one.rrd")
    run.step("register", lambda: dataset.register_asset(run.uri("asset_00.rrd")))
    run.step("temporal", lambda: dataset.register_asset(run.uri("two.rrd")))
    run.step("missing", lambda: dataset.register_asset(run.uri("missing.rrd")))
    yield
    run.step("assets", lambda: sorted(run.dataset().assets()))
    run.step("unregister", lambda: run.dataset().unregister_asset("asset_00"))
    yield
    run.step("none", lambda: run.dataset().assets())


@program(only="0.41.0")
def scoped_assets(run):
    dataset = run.create("one.rrd", "two.rrd")
    run.step("opt in", lambda: dataset.register_asset(run.uri("asset_00.rrd"), mode="opt_in", segments=["one"]))
    run.step("opt out", lambda: dataset.register_asset(run.uri("asset_01.rrd"), mode="opt_out", segments=["one"]))
    run.step("wrong mode", lambda: dataset.register_asset(run.uri("asset_02.rrd"), mode="never"))
    yield
    for_segment = lambda name: sorted(run.dataset().assets_for_segment(name))
    run.step("one", lambda: for_segment("one"))
    run.step("two", lambda: for_segment("two"))
    run.step("add", lambda: run.dataset().add_segments_to_asset("asset_00", ["two"]))
    run.step("remove", lambda: run.dataset().remove_segments_from_asset("asset_01", ["one"]))
    yield
    run.step("one then", lambda: for_segment("one"))
    run.step("two then", lambda: for_segment("two"))
    run.step("store", lambda: run.chunks(run.dataset().segment_store("one")))
    run.step("store without", lambda: run.chunks(run.dataset().segment_store("one", include_assets=False)))
    run.step("schema", lambda: len(run.schema(run.dataset().segment("one").schema(include_assets=True))))
    run.step("delete properties", lambda: run.dataset().delete_segment_properties(["one"]))
