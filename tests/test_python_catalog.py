"""The catalog API of the Python package: what the stock 0.41.0 client answers with its own server, call by call; and the rest of it."""

import datetime
import json
import re
import runpy
import shutil
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest

import mutoscope as rr
from support import sdk, servers
from support.paths import SCRIPTS, SDK_PYTHON

# Steps of catalog_probe.py where ours differs on purpose: step -> (reason, what ours answers).
_kinds = [f"EntryKind.{kind}" for kind in ["ASSET_DATASET"] * 3 + ["BLUEPRINT_DATASET"] * 3 + ["DATASET"] * 3 + ["TABLE"]]
_not_offered = ("not offered (docs/compatibility.md)", {"error": "RuntimeError"})
DIFFERENCES = {
    "old name is gone": ("the stock server keeps the old name reserved after a rename", {"error": "LookupError"}),
    "hidden entries": ("the stock server leaves the hidden datasets of a failed create behind", _kinds),
    "delete entries table": ("the list of entries is not ours to delete", {"error": "RuntimeError"}),
    "register s3": ("the scheme is what is wrong, not a file that is missing", {"error": "ValueError"}),
    "segment store": _not_offered,
    "segment store unknown": _not_offered,
    "register recording as blueprint": ("the text says what is wrong", {"error": "ValueError"}),
    "maintenance": ("ours does it", None),
    "dataset maintenance": ("ours does it", None),
}


def run_in_sdk(version, program):
    """What the last line that `program` prints says as JSON."""
    done = subprocess.run([SDK_PYTHON[version], "-c", program], env=sdk.ENVIRONMENT, capture_output=True, text=True, check=True, timeout=60)
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def probe_recordings(tmp_path_factory):
    directory = tmp_path_factory.mktemp("probe")
    sdk.run("0.41.0", SCRIPTS / "make_robots.py", directory, "--recordings", 3, "--extras")
    for path in ("bad", "few/deeper", "empty"):
        (directory / path).mkdir(parents=True)
    (directory / "bad/text.rrd").write_text("this is text\n")
    shutil.copy(directory / "robot_001.rrd", directory / "few")
    shutil.copy(directory / "robot_002.rrd", directory / "few/deeper")
    return directory


@pytest.fixture(scope="module")
def stock_answers(probe_recordings):
    with servers.StockServer("0.41.0") as stock:
        return sdk.run_json("0.41.0", SCRIPTS / "catalog_probe.py", stock.url, probe_recordings)


@pytest.mark.parametrize("where", ["embedded", "remote"])
def test_same_answers_as_the_stock_client(stock_answers, probe_recordings, where, monkeypatch):
    monkeypatch.setitem(sys.modules, "rerun", rr)
    monkeypatch.setitem(sys.modules, "rerun.catalog", rr.catalog)
    Probe = runpy.run_path(str(SCRIPTS / "catalog_probe.py"))["Probe"]
    with rr.server.Server() as server:
        probe = Probe(server.url(), probe_recordings)
        if where == "embedded":
            probe.client = server.client()
        for part in (probe.entries, probe.registration, probe.reading, probe.blueprints, probe.unregistration):
            part()
    expected = {**stock_answers, **{step: answer for step, (_, answer) in DIFFERENCES.items()}}
    actual = json.loads(json.dumps(probe.answers))
    assert list(actual) == list(stock_answers)
    wrong = {step: {"expected": expected[step], "got": actual[step]} for step in expected if actual[step] != expected[step]}
    assert not wrong, json.dumps(wrong, indent=1)


@pytest.fixture(scope="module")
def dataset(probe_recordings):
    with rr.server.Server() as server:
        dataset = server.client().create_dataset("robots")
        dataset.register([(probe_recordings / f"robot_00{number}.rrd").as_uri() for number in range(3)]).wait()
        yield dataset


def test_names_of_both_generations():
    catalog = rr.catalog
    assert catalog.DatasetView is catalog.DatasetSelection
    assert catalog.RegistrationHandle is catalog.RegistrationOperation
    stock = {
        "AlreadyExistsError", "NotFoundError", "CatalogClient", "VersionInfo", "Entry", "DatasetEntry", "TableEntry", "EntryId", "EntryKind",
        "ContentFilter", "Schema", "IndexColumnDescriptor", "IndexColumnSelector", "ComponentColumnDescriptor", "ComponentColumnSelector",
        "IndexValuesLike", "OnDuplicateSegmentLayer", "RegistrationResult", "SegmentRegistrationResult", "UnregistrationHandle",
        "DatasetView", "RegistrationHandle", "DatasetSelection", "RegistrationOperation", "Segment", "Layer", "DatasetInfo", "LayerInfo",
        "TimelineInfo",
    }
    assert stock <= set(catalog.__all__)
    assert all(hasattr(catalog, name) for name in catalog.__all__)


def test_public_methods_of_the_stock_classes_are_there(version):
    program = (
        "import json, rerun.catalog as c\n"
        "print(json.dumps({n: [m for m in dir(getattr(c, n)) if not m.startswith('_')] for n in dir(c)"
        " if isinstance(getattr(c, n), type) and 'rerun' in getattr(c, n).__module__}))"
    )
    for name, members in run_in_sdk(version, program).items():
        ours = getattr(rr.catalog, name)
        fields = getattr(ours, "__dataclass_fields__", {})
        assert [member for member in members if not hasattr(ours, member) and member not in fields] == [], name


def test_entries(dataset):
    client = dataset.catalog
    assert dataset == "robots" and dataset == dataset.id and dataset == client.get_dataset("robots")
    assert "robots" in client.entries()
    with pytest.raises(TypeError, match="unhashable"):
        hash(dataset)
    assert repr(dataset) == "Entry(EntryKind.DATASET, 'robots')"
    assert int(dataset.kind) == 1 and str(dataset.kind) == "EntryKind.DATASET"
    now = datetime.datetime.now(datetime.timezone.utc)
    assert now - datetime.timedelta(minutes=10) < dataset.created_at <= dataset.updated_at <= now
    assert rr.catalog.EntryId(str(dataset.id).lower()) == dataset.id and len(dataset.id.as_bytes()) == 16
    with pytest.raises(TypeError, match="32 hex"):
        client.get_dataset(id="zz")
    with pytest.raises(ValueError, match="Either"):
        client.get_dataset()
    with pytest.raises(ValueError, match="Only one"):
        client.get_dataset("a", id=dataset.id)
    with pytest.raises(rr.catalog.NotFoundError, match="no table"):
        client.get_table("robots")


@pytest.mark.parametrize(("name", "text"), [("a/b", "invalid character '/'"), ("", "must not be empty"), ("n" * 181, "maximum length of 180")])
def test_names_are_checked(dataset, name, text):
    with pytest.raises(ValueError, match=re.escape(text)):
        dataset.catalog.create_dataset(name)
    with pytest.raises(ValueError, match=re.escape(text)):
        dataset.set_name(name)


def test_selections(dataset):
    view = dataset.filter_segments(["robot_000", "robot_001"]).filter_contents(["/speed/**"])
    assert repr(view) == "DatasetSelection(Entry(EntryKind.DATASET, 'robots'), 2 segments, content_filters=['+ /speed/**'])"
    assert view.dataset is dataset
    assert repr(dataset.filter_contents("/a")) == (
        "DatasetSelection(Entry(EntryKind.DATASET, 'robots'), all segments, content_filters=['+ /a'])"
    )
    assert view.filter_segments(["robot_001", "robot_002"]).segment_ids() == ["robot_001"]
    assert view.filter_segments([]).segment_ids() == []
    chosen = dataset.catalog.ctx.from_pydict({"rerun_segment_id": ["robot_002"]})
    assert dataset.filter_segments(chosen).segment_ids() == ["robot_002"]
    assert view.schema().entity_paths() == ["/speed"]
    assert [column.name for column in view.schema().index_columns()] == [column.name for column in dataset.schema().index_columns()]
    assert not any(column.is_property for column in view.schema().component_columns())
    assert view.filter_contents("/labels/**").schema().component_columns() == []
    with pytest.raises(TypeError, match="segment_ids"):
        dataset.filter_segments([3])
    with pytest.raises(TypeError, match="exprs"):
        dataset.filter_contents([3])
    assert sorted(pa.table(view.segment_table())["rerun_segment_id"].to_pylist()) == ["robot_000", "robot_001"]
    assert view.get_index_ranges().count() == 2


def test_segment_table_join(dataset):
    context = dataset.catalog.ctx
    grades = context.from_pydict({"rerun_segment_id": ["robot_001"], "grade": ["A"]})
    joined = pa.table(dataset.segment_table(grades)).select(["rerun_segment_id", "grade"]).to_pylist()
    assert {row["rerun_segment_id"]: row["grade"] for row in joined if row["rerun_segment_id"] is not None}["robot_001"] == "A"
    assert len(joined) == 3
    with pytest.raises(ValueError, match="join_key column 'rerun_segment_id'"):
        dataset.segment_table(context.from_pydict({"grade": ["A"]}))


def test_content_filter():
    content = rr.catalog.ContentFilter.everything().exclude("/a", subtree=True).include("/b").include_properties()
    assert content.to_exprs() == ["/**", "-/a/**", "/b", "/__properties/**"]
    assert content == rr.catalog.ContentFilter(content.to_exprs()) and hash(content) == hash(rr.catalog.ContentFilter(content.to_exprs()))
    assert repr(rr.catalog.ContentFilter.nothing().include("/x/**", subtree=True)) == "ContentFilter(['/x/**'])"
    with pytest.raises(ValueError, match="must start with '/', got: 'a'"):
        content.include("a")


def test_schema_lookups(dataset):
    schema = dataset.schema()
    column = next(iter(schema.component_columns()))
    assert schema.column_for(column.entity_path, column.component) == column
    assert schema.column_for_selector(f"{column.entity_path}:{column.component}") == column
    assert schema.column_for_selector(rr.catalog.ComponentColumnSelector(column.entity_path, column.component)) == column
    assert schema.column_for_selector(column) == column
    assert schema.column_for("/nope", "x") is None
    with pytest.raises(ValueError, match="entity_path:component_type"):
        schema.column_for_selector("nope")
    with pytest.raises(LookupError, match="/nope:x"):
        schema.column_for_selector("/nope:x")
    with pytest.raises(TypeError, match="selector"):
        schema.column_for_selector(3)
    assert pa.schema(schema) == dataset.arrow_schema()
    assert schema == rr.catalog.Schema(dataset.arrow_schema())
    assert schema.column_names() == [column.name for column in schema]
    assert schema.columns_for(archetype="Scalars") == schema.columns_for(archetype="rerun.archetypes.Scalars") != []


def test_info_segment_layer(dataset):
    info = dataset.info()
    assert (info.dataset_name, info.num_segments) == ("robots", 3)
    assert {(layer.name, layer.num_segments) for layer in info.layers} == {("base", 3)}
    assert {timeline.name: timeline.kind for timeline in info.timelines}["frame"] == "sequence"
    assert info.size_bytes > 0 and info.num_entities > 0
    segment = dataset.segment("robot_000")
    assert segment.layers() == {"base"} and segment.url == dataset.segment_url("robot_000")
    assert set(segment.schema().entity_paths()) <= set(dataset.schema().entity_paths())
    assert repr(segment) == f'Segment(dataset_id={dataset.id}, id="robot_000")'
    assert dataset.layer("base").segment_ids() == ["robot_000", "robot_001", "robot_002"]
    with pytest.raises(rr.catalog.NotFoundError, match="nope"):
        dataset.segment("nope")
    with pytest.raises(ValueError, match=r"nope.*Available layers: \['base'\]"):
        dataset.layer("nope")


def test_schema_of_a_segment(dataset, probe_recordings):
    labelled = dataset.catalog.create_dataset("labelled")
    labelled.register([(probe_recordings / f"robot_00{number}.rrd").as_uri() for number in range(2)]).wait()
    labelled.register([(probe_recordings / "extras/labels.rrd").as_uri()], layer_name="labels").wait()  # of robot_000
    assert labelled.segment("robot_000").schema() == labelled.schema()
    names = labelled.segment("robot_001").schema().column_names()
    assert [name for name in labelled.schema().column_names() if name not in names] == ["/labels:TextLog:text"]


def test_segment_urls(dataset):
    start = f"{dataset.catalog.url}/dataset/{dataset.id}?segment_id=a"
    noon = datetime.datetime(2026, 1, 1, 12, 0, 0, 500000)
    assert dataset.segment_url("a") == start
    assert dataset.segment_url("a", "frame", 3) == f"{start}#when=frame@3"
    assert dataset.segment_url("a", "t", noon, 5) == f"{start}#when=t@2026-01-01T12:00:00.5Z&time_selection=t@2026-01-01T12:00:00.5Z..5"
    assert dataset.segment_url("a", "t", datetime.timedelta(seconds=1)) == f"{start}#when=t@+1s"
    with pytest.raises(ValueError, match="timeline"):
        dataset.segment_url("a", start=3)


def test_registration_results(dataset, probe_recordings):
    uri = (probe_recordings / "robot_000.rrd").as_uri()
    with pytest.raises(ValueError, match=r"(?s)Registration failed.*robot_000"):
        dataset.register([uri]).wait()
    (result,) = dataset.register([uri]).iter_results()
    assert (result.uri, result.segment_id, result.is_error) == (uri, "robot_000", True) and "already" in result.error
    with pytest.warns(DeprecationWarning, match="list"):
        assert dataset.register(uri, on_duplicate=rr.catalog.OnDuplicateSegmentLayer.SKIP).wait(10).segment_ids == ["robot_000"]
    with pytest.raises(ValueError, match="Expected 'error', 'skip', or 'replace'"):
        dataset.register([uri], on_duplicate="x")
    with pytest.raises(rr.catalog.NotFoundError, match="missing.rrd"):
        dataset.register([(probe_recordings / "missing.rrd").as_uri()])


def test_urls_are_checked(caplog):
    with pytest.raises(ValueError, match="scheme"):
        rr.catalog.CatalogClient("ftp://x")
    with pytest.raises(ConnectionError, match="127.0.0.1:1"):
        rr.catalog.CatalogClient("rerun+http://127.0.0.1:1")
    with rr.server.Server() as server:
        assert rr.catalog.CatalogClient(server.url().removeprefix("rerun+")).dataset_names() == []
        assert "rerun+" in caplog.text


def test_what_is_not_offered_names_itself(dataset):
    for name, call in {
        "segment_store": lambda: dataset.segment_store("robot_000"),
        "object_store_config": lambda: dataset.register(["file:///a.rrd"], object_store_config="x"),
    }.items():
        with pytest.raises(RuntimeError, match=f"{name}.*not implemented"):
            call()


def test_image_enums_are_those_of_the_sdk(version):
    program = """
import json, numpy as np
import rerun as rr
e = rr.encodings if hasattr(rr, "encodings") else rr.datatypes
print(json.dumps({
  "ColorModel": [[m.name, m.value, m.num_channels(), repr(m), str(m)] for m in e.ColorModel],
  "ChannelDatatype": [[m.name, m.value, np.dtype(m.to_np_dtype()).name, repr(m), str(m)] for m in e.ChannelDatatype],
  "PixelFormat": [[m.name, m.value, 0, repr(m), str(m)] for m in e.PixelFormat],
}))"""
    mine = {
        "ColorModel": [[m.name, m.value, m.num_channels(), repr(m), str(m)] for m in rr.encodings.color_model.ColorModel],
        "ChannelDatatype": [[m.name, m.value, np.dtype(m.to_np_dtype()).name, repr(m), str(m)] for m in rr.datatypes.ChannelDatatype],
        "PixelFormat": [[m.name, m.value, 0, repr(m), str(m)] for m in rr.encodings.PixelFormat],
    }
    theirs = run_in_sdk(version, program)
    assert theirs["ColorModel"] == mine["ColorModel"] and theirs["ChannelDatatype"] == mine["ChannelDatatype"]
    assert theirs["PixelFormat"] == mine["PixelFormat"][: len(theirs["PixelFormat"])]
    assert rr.datatypes.ColorModel.auto(2).num_channels() == rr.encodings.color_model.ColorModel.auto("rgb").num_channels() == 3
    assert rr.datatypes.ChannelDatatype.from_np_dtype(np.dtype("uint16")) is rr.encodings.channel_datatype.ChannelDatatype.U16
    with pytest.raises(ValueError, match="nope"):
        rr.datatypes.PixelFormat.auto("nope")
    with pytest.raises(ValueError, match="complex64"):
        rr.datatypes.ChannelDatatype.from_np_dtype("complex64")
