"""Blueprints, assets, properties, staging and upkeep in the Python package: the answers of the stock clients with their own servers."""

import threading

import pytest

import mutoscope as rr
from support import probes, sdk
from support.paths import SCRIPTS

# Steps of asset_probe.py where ours differs on purpose: step -> (reason, what ours answers).
DIFFERENCES = {
    "recording as blueprint": ("the text says what is wrong", {"error": "ValueError"}),
    "blueprint as asset": ("the text says what is wrong", {"error": "ValueError"}),
    "bad mode": ("before anything is registered", {"error": "ValueError"}),
    "add a number": ("it is no segment id", {"error": "TypeError"}),
    "maintenance": ("ours does it", None),
    "maintenance with arguments": ("ours does it", None),
    "global maintenance": ("ours does it", None),
    "stage missing": ("it is an OSError", {"error": "FileNotFoundError"}),
}


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    directory = tmp_path_factory.mktemp("assets")
    sdk.run("0.41.0", SCRIPTS / "make_robots.py", directory, "--recordings", 3, "--extras")
    sdk.run("0.41.0", SCRIPTS / "make_assets.py", directory)
    return directory


@pytest.fixture(scope="module")
def stock(directory):
    return probes.stock_answers("0.41.0", "asset_probe.py", directory)


@pytest.mark.parametrize("where", ["embedded", "remote"])
def test_same_answers_as_the_stock_client(stock, directory, where, monkeypatch):
    with rr.server.Server() as server:
        probe = probes.our_probe(monkeypatch, "asset_probe.py", "AssetProbe", server.url(), directory)
        if where == "embedded":
            probe.client = server.client()
        for part in (probe.start, probe.blueprints, probe.assets, probe.upkeep, probe.staging):
            part()
    probes.assert_same(stock, DIFFERENCES, probe.answers)


@pytest.fixture
def dataset(directory):
    with rr.server.Server() as server:
        dataset = server.client().create_dataset("robots")
        dataset.register([(directory / "robot_000.rrd").as_uri()]).wait()
        yield dataset


def test_no_change_of_an_asset_is_lost(dataset, directory):
    dataset.register_asset((directory / "asset_1.rrd").as_uri(), mode="opt_in")
    failures = []

    def add(worker):
        try:
            for number in range(5):
                dataset.add_segments_to_asset("asset_1", [f"segment_{worker}_{number}"])
        except Exception as error:
            failures.append(error)

    workers = [threading.Thread(target=add, args=(worker,)) for worker in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not failures
    assert all(dataset.assets_for_segment(f"segment_{worker}_{number}") == ["asset_1"] for worker in range(3) for number in range(5))


def test_what_cannot_be_a_blueprint_says_so(dataset, directory):
    with pytest.raises(ValueError, match=r"robot_000.rrd' is no blueprint"):
        dataset.register_blueprint((directory / "robot_000.rrd").as_uri())
    with pytest.raises(ValueError, match="expected 'opt_out' or 'opt_in'"):
        dataset.register_asset((directory / "asset_1.rrd").as_uri(), mode="x")
    assert dataset.assets() == []


def test_what_was_staged_stays(tmp_path, directory):
    client = rr.open(tmp_path / "data")
    url = client.stage(directory / "robot_001.rrd", key="kept/robot.rrd")
    client.create_dataset("d").register([url]).wait()
    client._connection.close()
    assert rr.open(tmp_path / "data").get_dataset("d").segment_ids() == ["robot_001"]


def test_a_cancelled_registration_registers_what_it_says(robot_recordings):
    with rr.server.Server() as server:
        dataset = server.client().create_dataset("many")
        operation = dataset.register([path.as_uri() for path in sorted(robot_recordings.glob("*.rrd"))])
        operation.cancel()
        results = list(operation.iter_results(60))
        assert len(results) == 50
        assert all("cancel" in result.error for result in results if result.is_error)
        assert sorted(result.segment_id for result in results if result.is_success) == dataset.segment_ids()


def test_segment_store_says_what_to_use_instead(dataset):
    with pytest.raises(RuntimeError, match="segment_store not implemented.*stock SDK"):
        dataset.segment_store("robot_000")
