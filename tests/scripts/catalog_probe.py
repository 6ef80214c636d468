"""Makes the calls of the catalog API against a server and prints what each answered as one JSON object: {step: value or {"error": type}}.

usage: catalog_probe.py URL RECORDINGS

What cannot be the same on two servers (ids, storage URLs, times, sizes) is left out.
"""

import json
import pathlib
import sys
import warnings

warnings.simplefilter("ignore")

import pyarrow as pa
import rerun as rr
from rerun.catalog import CatalogClient, EntryId

DIFFERS_BETWEEN_SERVERS = {
    "rerun_storage_urls", "rerun_storage_url", "rerun_last_updated_at", "rerun_registration_time", "rerun_size_bytes", "rerun_schema_sha256",
}


def plain(value):
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)


def frame_content(frame, sort_by):
    """Fields with their metadata, and rows in a fixed order."""
    table = pa.table(frame)
    fields = [
        [field.name, str(field.type), field.nullable, {key.decode(): text.decode() for key, text in (field.metadata or {}).items()}]
        for field in table.schema
    ]
    kept = [name for name in table.schema.names if name not in DIFFERS_BETWEEN_SERVERS]
    rows = sorted(table.select(kept).to_pylist(), key=lambda row: [str(row[name]) for name in sort_by])
    return {"fields": fields, "rows": plain(rows)}


def column_list(schema):
    indexes = [["index", column.name] for column in schema.index_columns()]
    components = [
        [column.entity_path, column.component, column.component_type, column.archetype, column.is_static, column.is_property]
        for column in schema.component_columns()
    ]
    return indexes + components


class Probe:
    def __init__(self, url, recordings):
        self.client = CatalogClient(url)
        self.recordings = pathlib.Path(recordings)
        self.answers = {}

    def step(self, name, call):
        assert name not in self.answers, name
        try:
            self.answers[name] = plain(call())
        except Exception as error:  # the type is the answer
            self.answers[name] = {"error": type(error).__name__}

    def uri(self, name):
        return (self.recordings / name).as_uri()

    def entries(self):
        client, step = self.client, self.step
        step("features", lambda: client.version_info().features)
        step("no entries", lambda: sorted(client.entry_names()))
        step("create", lambda: client.create_dataset("alpha").name)
        step("create again", lambda: client.create_dataset("alpha"))
        step("create exist_ok", lambda: client.create_dataset("alpha", exist_ok=True).name)
        for name in ("a/b", "", "n" * 181, "ünï"):
            step(f"create {name[:5]!r}", lambda name=name: client.create_dataset(name))
        step("create odd", lambda: client.create_dataset("x_-.: [1]").name)
        step("create 180", lambda: client.create_dataset("n" * 180).name)
        step("get", lambda: [client.get_dataset("alpha").name, str(client.get_dataset("alpha").kind)])
        step("get by id", lambda: client.get_dataset(id=client.get_dataset("alpha").id).name)
        step("get unknown", lambda: client.get_dataset("nope"))
        step("get unknown id", lambda: client.get_dataset(id=EntryId("18EA604BF736E21E106732e40ef82c2a")))
        step("get table by dataset name", lambda: client.get_table("alpha"))
        step("rename", lambda: [client.get_dataset("x_-.: [1]").set_name("renamed"), client.get_dataset("renamed").name])
        step("old name is gone", lambda: client.get_dataset("x_-.: [1]"))
        step("rename to the same", lambda: client.get_dataset("renamed").set_name("renamed"))
        step("rename to a taken name", lambda: client.get_dataset("renamed").set_name("alpha"))
        step("names", lambda: sorted(client.dataset_names()))
        step("hidden entries", lambda: sorted(str(entry.kind) for entry in client.entries(include_hidden=True)))
        doomed = client.get_dataset("renamed")
        step("delete", doomed.delete)
        step("delete again", doomed.delete)
        step("schema of deleted", doomed.schema)
        step("name is free again", lambda: client.create_dataset("renamed").name)
        step("entries table", lambda: sorted(
            row["name"] for row in pa.table(client.get_table("__entries").reader()).to_pylist() if not row["name"].startswith("__")
        ))
        step("delete entries table", lambda: client.get_table("__entries").delete())
        step("maintenance", client.do_global_maintenance)

    def registration(self):
        dataset, step, uri = self.client.create_dataset("robots"), self.step, self.uri
        one, two, three = (uri(f"robot_00{number}.rrd") for number in range(3))
        step("empty dataset", lambda: [dataset.segment_ids(), column_list(dataset.schema())])
        step("empty segment table", lambda: frame_content(dataset.segment_table(), []))
        step("register", lambda: dataset.register([one]).wait().segment_ids)
        step("register nothing", lambda: dataset.register([]).wait())
        step("register relative", lambda: dataset.register(["robot_001.rrd"]).wait())
        step("register s3", lambda: dataset.register(["s3://bucket/a.rrd"]).wait())
        step("register missing", lambda: dataset.register([uri("missing.rrd")]).wait())
        step("register directory", lambda: dataset.register([self.recordings.as_uri()]).wait())
        step("register no rrd", lambda: dataset.register([uri("bad/text.rrd")]).wait())
        step("register one good one missing", lambda: dataset.register([two, uri("missing.rrd")]).wait())
        step("register layer names of other length", lambda: dataset.register([two], layer_name=["a", "b"]).wait())
        step("register empty layer name", lambda: dataset.register([two], layer_name="").wait())
        step("register twice in one call", lambda: dataset.register([two, two]).wait())
        step("nothing came of these", lambda: sorted(dataset.segment_ids()))
        step("duplicate error", lambda: dataset.register([one, two]).wait())
        step("duplicate error: the others", lambda: sorted(dataset.segment_ids()))
        step("duplicate skip", lambda: sorted(dataset.register([one, two], on_duplicate="skip").wait().segment_ids))
        step("duplicate replace", lambda: sorted(dataset.register([one, two], on_duplicate="replace").wait().segment_ids))
        step("register three", lambda: dataset.register([three]).wait().segment_ids)
        step("iterate results", lambda: [
            [result.segment_id, result.is_success] for result in dataset.register([three], on_duplicate="skip").iter_results()
        ])
        step("second layer", lambda: dataset.register([uri("extras/labels.rrd")], layer_name="labels").wait().segment_ids)
        step("blueprint file as recording", lambda: dataset.register([uri("extras/blueprint.rbl")]).wait().segment_ids)
        prefixed = self.client.create_dataset("prefixed")
        step("prefix", lambda: len(prefixed.register_prefix((self.recordings / "few").as_uri()).wait().segment_ids))
        step("prefix recursive", lambda: sorted(prefixed.segment_ids()))
        step("prefix missing", lambda: prefixed.register_prefix(uri("no_such_directory")).wait())
        step("prefix empty", lambda: prefixed.register_prefix(uri("empty")).wait())

    def reading(self):
        dataset, step = self.client.get_dataset("robots"), self.step
        step("segment ids", lambda: sorted(dataset.segment_ids()))
        # The stock server puts the columns of a second layer behind those of the first; ours sorts them all (rulings A18).
        step("schema", lambda: sorted(column_list(dataset.schema()), key=str))
        step("segment table", lambda: frame_content(dataset.segment_table(), ["rerun_segment_id"]))
        step("segment table of a view", lambda: frame_content(dataset.filter_segments(["robot_001"]).segment_table(), ["rerun_segment_id"]))
        step("manifest", lambda: frame_content(dataset.manifest(), ["rerun_segment_id", "rerun_layer_name"]))
        step("manifest diagnostics", lambda: frame_content(
            dataset.manifest(include_diagnostic_data=True), ["rerun_segment_id", "rerun_layer_name"]))
        step("index ranges", lambda: frame_content(dataset.get_index_ranges(), ["rerun_segment_id"]))
        step("view", lambda: column_list(dataset.filter_contents(["/speed/**"]).schema()))
        step("view segment ids", lambda: sorted(dataset.filter_segments(["robot_001", "unknown"]).segment_ids()))
        step("rows", lambda: len(pa.table(dataset.reader(index="frame"))))
        step("rows of a view", lambda: frame_content(
            dataset.filter_segments(["robot_001"]).filter_contents(["/speed"]).reader(index="frame"), ["frame"])["rows"])
        step("static", lambda: len(pa.table(dataset.reader(index=None))))
        step("unknown index", lambda: dataset.reader(index="nope"))
        step("segment store", lambda: self.store_content(dataset.segment_store("robot_000")))
        step("segment store unknown", lambda: dataset.segment_store("nope"))
        step("assets", dataset.assets)
        step("dataset maintenance", dataset.do_maintenance)
        if hasattr(dataset, "info"):
            step("info", lambda: {key: value for key, value in self.info_content(dataset.info()).items() if "size" not in key})
            step("segment", lambda: sorted(dataset.segment("robot_000").layers()))
            step("segment unknown", lambda: dataset.segment("nope"))
            step("layer", lambda: sorted(dataset.layer("labels").segment_ids()))
            step("layer unknown", lambda: dataset.layer("nope"))

    @staticmethod
    def info_content(info):
        return {name: getattr(info, name) for name in ("num_segments",) if hasattr(info, name)}

    @staticmethod
    def store_content(store):
        chunks = list(store.stream())
        return {
            "entities": sorted([chunk.entity_path, chunk.num_rows, bool(chunk.is_static)] for chunk in chunks),
            "schema": column_list(store.schema()) if hasattr(store, "schema") else None,
        }

    def blueprints(self):
        dataset, step = self.client.get_dataset("robots"), self.step
        step("blueprint of the dataset", lambda: dataset.blueprint_dataset().kind)
        step("no blueprints", dataset.blueprints)
        step("no default blueprint", dataset.default_blueprint)
        step("register blueprint", lambda: dataset.register_blueprint(self.uri("extras/blueprint.rbl")))
        step("blueprints", lambda: len(dataset.blueprints()))
        step("default blueprint", lambda: dataset.default_blueprint() in dataset.blueprints())
        step("register recording as blueprint", lambda: dataset.register_blueprint(self.uri("robot_000.rrd")))
        step("clear default blueprint", lambda: [dataset.set_default_blueprint(None), dataset.default_blueprint()])

    def unregistration(self):
        dataset, step = self.client.get_dataset("robots"), self.step
        drop = lambda segments, layers: dataset.unregister(segments_to_drop=segments, layers_to_drop=layers).wait()
        step("unregister nothing", lambda: drop([], []))
        step("unregister unknown", lambda: [drop(["nope"], []), len(dataset.segment_ids())])
        step("unregister layer", lambda: [drop(["robot_000"], ["labels"]), sorted(dataset.segment_ids())])
        step("schema without layer", lambda: column_list(dataset.schema()))
        step("unregister segment", lambda: [drop(["robot_001"], []), sorted(dataset.segment_ids())])
        step("register again", lambda: [dataset.register([self.uri("robot_001.rrd")]).wait().segment_ids, sorted(dataset.segment_ids())])
        step("unregister all of a layer", lambda: [drop([], ["base"]), sorted(dataset.segment_ids())])


def main(url, recordings):
    probe = Probe(url, recordings)
    probe.entries()
    probe.registration()
    probe.reading()
    probe.blueprints()
    probe.unregistration()
    print(json.dumps(probe.answers))


if __name__ == "__main__":
    main(*sys.argv[1:])
