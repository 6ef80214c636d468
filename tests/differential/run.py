"""Runs cases on the stock servers and on ours, and keeps the answers.

python -m differential [WORD…] prints the answers of the wire cases whose names have one of the words (in tests/).
"""

import concurrent.futures
import pathlib

from differential import clients, wire
from differential.cases import NEW, OLD
from support import sdk, servers
from support.paths import SCRIPTS

OURS, RESTARTED = "ours", "ours, restarted between all steps"
SERVERS = (OLD, NEW, OURS, RESTARTED)


def make_files(directory):
    sdk.run(NEW, SCRIPTS / "make_differential.py", directory)
    return pathlib.Path(directory)


def our_server(work, files):
    return servers.Mutoscope(pathlib.Path(work) / "data", "--allow-path", files, log=pathlib.Path(work) / "server.log")


def wire_answers_of(name, numbered, files, work):
    """The answers of one of SERVERS: {case: records}. `numbered` are pairs of a number and a case."""
    numbered = [(number, case) for number, case in numbered if name not in (OLD, NEW) or case.only in (None, name)]
    work = pathlib.Path(work) / name.split(",")[0].replace("ours", name.replace(", ", "_").replace(" ", "_"))
    work.mkdir(parents=True)
    if name in (OLD, NEW):
        with servers.StockServer(name) as server:
            server.address = server.url.split("//")[1]
            return wire.run_cases(numbered, server, files)
    if name == OURS:
        with our_server(work, files) as server:
            return wire.run_cases(numbered, server, files)
    return wire.run_cases_with_restarts([item for item in numbered if item[1].restart], lambda: our_server(work, files), files)


def wire_answers(numbered, files, work):
    """{server: {case: records}} of all servers, asked at the same time."""
    with concurrent.futures.ThreadPoolExecutor(len(SERVERS)) as threads:
        running = {name: threads.submit(wire_answers_of, name, numbered, files, work) for name in SERVERS}
        return {name: answers.result() for name, answers in running.items()}


def program_answers_of(server, version, wanted, files, work):
    """The answers of the programs of one SDK, from the stock server of its version or from ours."""
    names = clients.names_of(version, wanted)
    work = pathlib.Path(work) / f"programs_{version}_{SERVERS.index(server)}"
    work.mkdir(parents=True)
    with clients.Client(version, files, work / "client.log") as client:
        if server in (OLD, NEW):
            with servers.StockServer(version) as stock:
                return clients.run_programs(client, names, stock.url)
        if server == OURS:
            with our_server(work, files) as ours:
                return clients.run_programs(client, names, ours.url)
        return clients.run_programs_with_restarts(client, names, lambda: our_server(work, files))


def program_answers(wanted, files, work):
    """{(server, version): {program: answers}}; the stock servers are asked by their own SDK only."""
    pairs = [(version, version) for version in (OLD, NEW)] + [
        (server, version) for server in (OURS, RESTARTED) for version in (OLD, NEW)
    ]
    with concurrent.futures.ThreadPoolExecutor(len(pairs)) as threads:
        running = {pair: threads.submit(program_answers_of, *pair, wanted, files, work) for pair in pairs}
        return {pair: answers.result() for pair, answers in running.items()}
