"""The catalog API call by call: the same calls to the stock server of the same version and to ours, with the same answers."""

import json
import shutil

import pytest

from support import sdk, servers
from support.paths import SCRIPTS

# Steps of catalog_probe.py where ours differs on purpose: step -> (reason, what ours answers).
_one_form = "one server for both clients answers in the 0.41 form (catalog_api.md 8)"
DIFFERENCES = {
    "old name is gone": ("the stock server keeps the old name reserved after a rename", {"error": "LookupError"}),
    "hidden entries": (
        "the stock server leaves the hidden datasets of a failed create behind",
        [f"EntryKind.{kind}" for kind in ["ASSET_DATASET"] * 3 + ["BLUEPRINT_DATASET"] * 3 + ["DATASET"] * 3 + ["TABLE"]],
    ),
    "delete entries table": ("the list of entries is not ours to delete", {"error": "RuntimeError"}),
    "register s3": ("the scheme is what is wrong, not a file that is missing", {"error": "ValueError"}),
    "register no rrd": (_one_form, {"error": "ValueError"}),
    "duplicate error": (_one_form, {"error": "ValueError"}),
    "maintenance": ("the stock server has no upkeep", None),
    "dataset maintenance": ("the stock server has no upkeep", None),
    "duplicate error: the others": (_one_form, ["robot_000", "robot_001"]),
}


@pytest.fixture(scope="session")
def probe_recordings(tmp_path_factory):
    directory = tmp_path_factory.mktemp("probe")
    sdk.run("0.41.0", SCRIPTS / "make_robots.py", directory, "--recordings", 3, "--extras")
    for path in ("bad", "few/deeper", "empty"):
        (directory / path).mkdir(parents=True)
    (directory / "bad/text.rrd").write_text("this is text\n")
    (directory / "few/readme.txt").write_text("no recording\n")
    shutil.copy(directory / "robot_001.rrd", directory / "few")
    shutil.copy(directory / "robot_002.rrd", directory / "few/deeper")
    return directory


def test_same_answers_as_the_stock_server(serve, probe_recordings, version):
    with servers.StockServer(version) as stock:
        expected = sdk.run_json(version, SCRIPTS / "catalog_probe.py", stock.url, probe_recordings)
    expected.update({step: answer for step, (_, answer) in DIFFERENCES.items()})
    ours = serve("--allow-path", probe_recordings)
    actual = sdk.run_json(version, SCRIPTS / "catalog_probe.py", ours.url, probe_recordings)
    assert list(actual) == list(expected)
    wrong = {step: {"expected": expected[step], "got": actual[step]} for step in expected if actual[step] != expected[step]}
    assert not wrong, json.dumps(wrong, indent=1)
