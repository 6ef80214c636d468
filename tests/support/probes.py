"""Probes of tests/scripts: the stock client asks its own server, the Python package asks ours, and both answers are compared."""

import json
import runpy
import sys

import mutoscope as rr
from support import sdk, servers
from support.paths import SCRIPTS


def stock_answers(version, script, directory):
    """What the stock client of a version answers with its own server."""
    with servers.StockServer(version) as stock:
        return sdk.run_json(version, SCRIPTS / script, stock.url, directory)


def our_probe(monkeypatch, script, name, url, directory):
    """The probe of the script with the package `mutoscope` in the place of the stock SDK."""
    monkeypatch.setitem(sys.modules, "rerun", rr)
    monkeypatch.setitem(sys.modules, "rerun.catalog", rr.catalog)
    monkeypatch.delitem(sys.modules, "catalog_probe", raising=False)
    monkeypatch.setattr(sys, "path", [str(SCRIPTS), *sys.path])
    probe = runpy.run_path(str(SCRIPTS / script))[name](url, directory)
    monkeypatch.delitem(sys.modules, "catalog_probe", raising=False)  # it was imported with ours as "rerun"
    return probe


def assert_same(expected, differences, actual):
    """`differences`: step → (reason, what ours answers)."""
    actual = json.loads(json.dumps(actual))
    assert list(actual) == list(expected)
    assert not set(differences) - set(expected), "differences of steps that there are not"
    expected = {**expected, **{step: answer for step, (_, answer) in differences.items()}}
    wrong = {step: {"expected": expected[step], "got": actual[step]} for step in expected if actual[step] != expected[step]}
    assert not wrong, json.dumps(wrong, indent=1)
