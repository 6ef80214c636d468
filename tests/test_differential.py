"""The same calls to the stock servers of both versions and to ours, the answers compared field by field (see differential/)."""

import pytest

from differential import clients, expect, run
from differential.all_cases import WIRE
from differential.compare import differences
from differential.on_purpose import ON_PURPOSE, PROGRAMS_ON_PURPOSE
from differential.protos import methods
from differential.stock_versions import STOCK_DIFFERS
from support.paths import ROOT, SDK_VERSIONS

RESTARTABLE = [name for name, (_, case) in WIRE.items() if case.restart]
PROGRAMS = [(name, version) for version in SDK_VERSIONS for name in clients.names_of(version, clients.PROGRAMS)]


@pytest.fixture(scope="session")
def files(tmp_path_factory):
    return run.make_files(tmp_path_factory.mktemp("differential") / "files")


@pytest.fixture(scope="session")
def wire_answers(request, files, tmp_path_factory):
    """Of all servers, to the cases that this session tests."""
    wanted = {item.callspec.params.get("name") for item in request.session.items if hasattr(item, "callspec")}
    everything = any(item.name == "test_every_method_and_status_is_reached" for item in request.session.items)
    numbered = [item for name, item in WIRE.items() if everything or name in wanted]
    return run.wire_answers(numbered, files, tmp_path_factory.mktemp("servers"))


@pytest.fixture(scope="session")
def program_answers(request, files, tmp_path_factory):
    """Of all pairs of a server and an SDK, to the programs that this session tests."""
    wanted = {item.callspec.params.get("program") for item in request.session.items if hasattr(item, "callspec")}
    return run.program_answers(wanted, files, tmp_path_factory.mktemp("programs"))


def explain(problems):
    return "\n".join(problems[:40])


@pytest.mark.parametrize("name", WIRE)
def test_wire(wire_answers, name):
    case = WIRE[name][1]
    problems = differences(expect.expected_answer(case, wire_answers), wire_answers[run.OURS][name])
    assert not problems, explain(problems)


@pytest.mark.parametrize("name", RESTARTABLE)
def test_wire_with_a_restart_between_all_steps(wire_answers, name):
    case = WIRE[name][1]
    problems = differences(expect.expected_answer(case, wire_answers), wire_answers[run.RESTARTED][name])
    assert not problems, explain(problems)


@pytest.mark.parametrize("name", [name for name, (_, case) in WIRE.items() if not case.only])
def test_stock_versions_differ_where_we_say(wire_answers, name):
    problems = expect.stock_differences(WIRE[name][1], wire_answers)
    if name in STOCK_DIFFERS:
        assert problems, "the stock versions agree: the case is no more for stock_versions.py"
    assert not problems or name in STOCK_DIFFERS, explain(problems)


@pytest.mark.parametrize("name", ON_PURPOSE)
def test_differences_on_purpose_are_real(wire_answers, name):
    assert not expect.stale_purposes(WIRE[name][1], wire_answers)


@pytest.mark.parametrize("program, version", PROGRAMS)
def test_program(program_answers, program, version):
    expected = expect.expected_of_program(program, version, program_answers)
    problems = differences(expected, program_answers[run.OURS, version][program])
    assert not problems, explain(problems)


@pytest.mark.parametrize("program, version", PROGRAMS)
def test_program_with_restarts(program_answers, program, version):
    expected = expect.expected_of_program(program, version, program_answers)
    problems = differences(expected, program_answers[run.RESTARTED, version][program])
    assert not problems, explain(problems)


@pytest.mark.parametrize("program, version", PROGRAMS)
def test_programs_of_the_stock_client_are_right(program_answers, program, version):
    """A program ends by itself with the stock server."""
    assert "ended by" not in program_answers[version, version][program]


@pytest.mark.parametrize("program, version", PROGRAMS_ON_PURPOSE)
def test_differences_of_programs_on_purpose_are_real(program_answers, program, version):
    changes = PROGRAMS_ON_PURPOSE[program, version][1]
    stock = program_answers[version, version][program]
    assert not [path for path, content in changes.items() if expect.get(stock, path) == content]


def test_reasons_are_documented():
    text = (ROOT / "docs/compatibility.md").read_text()
    listed = text.split("### Differences on the wire")[1].split("\n## ")[0]
    missing = {reason for reason, _ in [*ON_PURPOSE.values(), *PROGRAMS_ON_PURPOSE.values()] if f"- {reason}" not in listed}
    assert not missing, f"not in docs/compatibility.md: {missing}"


def test_cases_of_the_lists_exist():
    assert not {*ON_PURPOSE, *STOCK_DIFFERS} - set(WIRE)
    assert not set(PROGRAMS_ON_PURPOSE) - set(PROGRAMS)


def test_every_method_and_status_is_reached(wire_answers):
    """By what our server answers; UNAUTHENTICATED is for servers with tokens."""
    codes, answered = set(), set()
    for name, (_, case) in WIRE.items():
        for step, record in zip(case.steps, wire_answers[run.OURS][name]):
            for call, outcome in outcomes(step, record):
                codes.add(outcome.get("code"))
                if outcome.get("code") == "OK":
                    answered.add(call.method)
    assert set(methods()) - answered == set()
    assert codes >= {"OK", "NOT_FOUND", "ALREADY_EXISTS", "INVALID_ARGUMENT", "FAILED_PRECONDITION", "UNIMPLEMENTED", "INTERNAL"}


def outcomes(step, record):
    if hasattr(step, "method") and hasattr(step, "save"):
        yield step, record
    elif type(step).__name__ == "Together" and step.calls and hasattr(step.calls[0], "save"):
        yield from ((step.calls[0], item) for item in record)
    elif type(step).__name__ == "Watch" and "events" in record:
        yield type("WatchEvents", (), {"method": "WatchEvents"}), {"code": "OK"}
