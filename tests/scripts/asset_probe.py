"""Makes the calls of blueprints, assets, properties, staging and upkeep and prints what each answered as one JSON object:
{step: value or {"error": type}}.

usage: asset_probe.py URL DIRECTORY
"""

import datetime
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from catalog_probe import Probe


class AssetProbe(Probe):
    def start(self):
        self.dataset = self.client.create_dataset("robots")
        self.dataset.register([self.uri("robot_000.rrd"), self.uri("robot_001.rrd")]).wait()

    def blueprints(self):
        dataset, step = self.dataset, self.step
        defaults = lambda: [dataset.default_blueprint(), dataset.default_segment_table_blueprint()]
        step("no blueprints", lambda: [dataset.blueprints(), defaults()])
        step("register blueprint", lambda: dataset.register_blueprint(self.uri("extras/blueprint.rbl")))
        step("default", lambda: [len(dataset.blueprints()), dataset.default_blueprint() in dataset.blueprints()])
        step("register again", lambda: [dataset.register_blueprint(self.uri("extras/blueprint.rbl")), len(dataset.blueprints())])
        step("no segment table default", dataset.default_segment_table_blueprint)
        step("not as default", lambda: [dataset.set_default_blueprint(None), self.register_blueprint(set_default=False), defaults()])
        step("of the segment table", lambda: [
            self.register_blueprint(segment_table=True), dataset.default_segment_table_blueprint() in dataset.blueprints(),
            dataset.default_blueprint()])
        step("segment table not as default", lambda: [
            dataset.set_default_segment_table_blueprint(None), self.register_blueprint(segment_table=True, set_default=False), defaults()])
        step("unknown default", lambda: [dataset.set_default_blueprint("nope"), defaults()])
        step("unknown segment table default", lambda: [dataset.set_default_segment_table_blueprint("nope too"), defaults()])
        step("empty default", lambda: [dataset.set_default_blueprint(""), defaults()])
        step("no default", lambda: [dataset.set_default_blueprint(None), defaults()])
        step("default of another type", lambda: dataset.set_default_blueprint(3))
        step("recording as blueprint", lambda: dataset.register_blueprint(self.uri("robot_000.rrd")))
        step("missing blueprint", lambda: dataset.register_blueprint(self.uri("missing.rbl")))
        step("relative blueprint", lambda: dataset.register_blueprint("missing.rbl"))
        step("directory as blueprint", lambda: dataset.register_blueprint(self.recordings.as_uri()))
        hidden = dataset.blueprint_dataset()
        step("hidden of hidden", lambda: [hidden.blueprint_dataset(), hidden.blueprints(), hidden.asset_dataset(), hidden.assets()])
        step("blueprint of hidden", lambda: hidden.register_blueprint(self.uri("extras/blueprint.rbl")))
        step("default of hidden", lambda: hidden.set_default_blueprint("x"))
        step("asset of hidden", lambda: hidden.register_asset(self.uri("asset_1.rrd")))

    def register_blueprint(self, **options):
        return self.dataset.register_blueprint(self.uri("extras/blueprint.rbl"), **options)

    def assets(self):
        dataset, step = self.dataset, self.step
        step("no assets", lambda: [dataset.assets(), str(dataset.asset_dataset().kind)])
        step("register asset", lambda: dataset.register_asset(self.uri("asset_1.rrd")))
        step("register asset again", lambda: [dataset.register_asset(self.uri("asset_1.rrd")), dataset.assets()])
        step("temporal asset", lambda: dataset.register_asset(self.uri("robot_000.rrd")))
        step("missing asset", lambda: dataset.register_asset(self.uri("missing.rrd")))
        step("blueprint as asset", lambda: dataset.register_asset(self.uri("extras/blueprint.rbl")))
        step("assets", dataset.assets)
        if hasattr(dataset, "assets_for_segment"):
            self.segments_of_assets()
        step("unregister asset", lambda: [dataset.unregister_asset("asset_1"), dataset.assets()])
        step("unregister unknown asset", lambda: [dataset.unregister_asset("asset_1"), dataset.assets()])
        step("unregister with empty id", lambda: [dataset.unregister_asset(""), dataset.assets()])
        step("unregister with a number", lambda: dataset.unregister_asset(3))

    def segments_of_assets(self):
        dataset, step = self.dataset, self.step
        assets = lambda: {segment: sorted(dataset.assets_for_segment(segment)) for segment in ("robot_000", "robot_001", "robot_999")}
        step("for all", assets)
        step("opt in", lambda: [dataset.register_asset(self.uri("asset_2.rrd"), mode="opt_in", segments=["robot_000"]), assets()])
        step("add", lambda: [dataset.add_segments_to_asset("asset_2", ["robot_001", "robot_001"]), assets()])
        step("remove", lambda: [dataset.remove_segments_from_asset("asset_2", ["robot_000", "nope"]), assets()])
        step("add none", lambda: [dataset.add_segments_to_asset("asset_2", []), assets()])
        step("opt out", lambda: [dataset.register_asset(self.uri("asset_1.rrd"), segments=["robot_000"]), assets()])
        step("remove more", lambda: [dataset.remove_segments_from_asset("asset_1", ["robot_001"]), assets()])
        step("add back", lambda: [dataset.add_segments_to_asset("asset_1", ["robot_000", "robot_001"]), assets()])
        step("add a number", lambda: dataset.add_segments_to_asset("asset_1", [3]))
        step("register resets", lambda: [dataset.register_asset(self.uri("asset_2.rrd")), assets()])
        step("assets for a segment of hidden", lambda: dataset.blueprint_dataset().assets_for_segment("x"))
        step("segments of an asset of hidden", lambda: dataset.blueprint_dataset().add_segments_to_asset("x", ["y"]))
        step("bad mode", lambda: dataset.register_asset(self.uri("asset_2.rrd"), mode="x"))
        step("schema", lambda: sorted(dataset.segment("robot_000").schema().entity_paths()))
        step("schema with assets", lambda: sorted(dataset.segment("robot_000").schema(include_assets=True).entity_paths()))
        step("delete properties", lambda: [dataset.delete_segment_properties("robot_000"), dataset.delete_segment_properties(["nope"])])
        step("delete no properties", lambda: dataset.delete_segment_properties([]))
        step("delete properties of a number", lambda: dataset.delete_segment_properties([3]))
        step("opt in again", lambda: [dataset.register_asset(self.uri("asset_2.rrd"), mode="opt_in"), assets()])
        step("delete those of an asset", lambda: [dataset.asset_dataset().delete_segment_properties("asset_2"), assets()])

    def upkeep(self):
        client, dataset, step = self.client, self.dataset, self.step
        step("maintenance", dataset.do_maintenance)
        step("maintenance with arguments", lambda: dataset.do_maintenance(True, True, True, datetime.datetime(2020, 1, 1), True))
        step("global maintenance", client.do_global_maintenance)
        operation = dataset.register([self.uri("robot_000.rrd")], on_duplicate="replace")
        step("wait", lambda: operation.wait().segment_ids)
        step("cancel what has ended", lambda: [operation.cancel(), operation.wait().segment_ids])
        handle = dataset.unregister(segments_to_drop="robot_001", layers_to_drop=[])
        step("unregistered", lambda: [handle.cancel(), handle.wait(), handle.wait(1), dataset.segment_ids()])
        step("benchmark", lambda: self.measured(client.benchmark(num_bytes=1_000_000, num_pings=2)))
        step("benchmark of nothing", lambda: client.benchmark(num_bytes=0, num_pings=1).bandwidth)
        step("benchmark too large", lambda: client.benchmark(num_bytes=100 << 20))
        step("benchmark without pings", lambda: client.benchmark(num_pings=0))

    @staticmethod
    def measured(result):
        return [result.rtt > datetime.timedelta(0), result.bandwidth is None or result.bandwidth > 0]

    def staging(self):
        client, step = self.client, self.step
        if not hasattr(client, "stage"):
            return
        content = (self.recordings / "robot_002.rrd").read_bytes()
        staged = self.client.create_dataset("staged")
        step("stage", lambda: staged.register([client.stage(content, key="a/robot.rrd")]).wait().segment_ids)
        step("stage again", lambda: client.stage(content, key="a/robot.rrd"))
        step("stage a file", lambda: client.stage(self.recordings / "robot_000.rrd", key="b.rrd").startswith("file:///"))
        step("stage a path", lambda: client.stage(str(self.recordings / "robot_000.rrd"), key="c.rrd").endswith("/c.rrd"))
        step("stage nothing", lambda: client.stage(b"", key="nothing").endswith("/nothing"))
        for key in ("", "../x", "/x", "a//b", "."):
            step(f"stage at {key!r}", lambda key=key: client.stage(b"x", key=key))
        step("stage missing", lambda: client.stage(self.recordings / "missing", key="d"))
        step("stage a directory", lambda: client.stage(self.recordings, key="e"))
        for source in (3, bytearray(b"x"), None):
            step(f"stage {source!r}", lambda source=source: client.stage(source, key="f"))


def main(url, directory):
    probe = AssetProbe(url, directory)
    for part in (probe.start, probe.blueprints, probe.assets, probe.upkeep, probe.staging):
        part()
    print(json.dumps(probe.answers))


if __name__ == "__main__":
    main(*sys.argv[1:])
