"""Runs the programs of stock clients against servers: one long-lived process for each SDK and server."""

import importlib
import json
import pathlib
import subprocess

from differential.programs import PROGRAMS
from support import sdk
from support.paths import TESTS
from support.servers import read_line

for module in sorted(pathlib.Path(__file__).parent.glob("programs_*.py")):
    importlib.import_module(f"differential.{module.stem}")
NUMBERS = {name: number for number, name in enumerate(PROGRAMS)}
ANSWER_S = 240.0


def names_of(version, wanted):
    return [name for name, (_, only) in PROGRAMS.items() if only in (None, version) and name in wanted]


class Client:
    """The process of an SDK. Its programs of the two SDK versions on one server have different numbers."""

    def __init__(self, version, files, log):
        self.version = version
        self.log = open(log, "ab")
        self.process = sdk.start(
            version,
            TESTS / "differential" / "client_runner.py",
            files,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
        )

    def ask(self, **request):
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return json.loads(read_line(self.process, ANSWER_S, lambda: f"while it ran {request}, see {self.log.name}"))

    def start(self, name):
        return self.ask(start=name, number=NUMBERS[name] + (500 if self.version == "0.36.3" else 0))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(30)
        self.process.stdout.close()
        self.log.close()


def run_programs(client, names, url):
    """Each from its beginning to its end: {name: answers}."""
    client.ask(url=url)
    answers = {}
    for name in names:
        outcome = client.start(name)
        while not outcome["done"]:
            outcome = client.ask(resume=name)
        answers[name] = outcome["answers"]
    return answers


def run_programs_with_restarts(client, names, start):
    """All programs up to their first yield, then, in the server's next life, up to their second, and so on."""
    answers, waiting = {}, []
    step = client.start
    names = list(names)
    while names:
        with start() as server:
            client.ask(url=server.url)
            for name in names:
                outcome = step(name)
                if outcome["done"]:
                    answers[name] = outcome["answers"]
                else:
                    waiting.append(name)
        names, waiting = waiting, []
        step = lambda name: client.ask(resume=name)
    return answers
