"""Runs programs with the SDK of this environment while stdin brings requests: one JSON object a line, one answer a line.

usage: client_runner.py FILES
requests: {"url": …} names the server; {"start": name, "number": n} starts a program; {"resume": name} goes on behind its yield.
answers: {"done": bool} for start and resume, with "answers" when done.
"""

import importlib
import inspect
import json
import pathlib
import sys
import traceback

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

from rerun.catalog import CatalogClient  # noqa: E402

from differential.programs import PROGRAMS, Run  # noqa: E402

for module in sorted(pathlib.Path(__file__).parent.glob("programs_*.py")):
    importlib.import_module(f"differential.{module.stem}")


class Runner:
    def __init__(self, files):
        self.files = pathlib.Path(files)
        self.url = None
        self.running = {}

    def request(self, request):
        if "url" in request:
            self.url = request["url"]
            return {}
        name = request.get("start") or request["resume"]
        if "start" in request:
            self.running[name] = [Run(request["number"], self.files), None]
        return self.advance(name)

    def advance(self, name):
        """A program up to its next yield or its end."""
        state = self.running[name]
        run = state[0]
        run.connect = lambda: CatalogClient(self.url)
        run.client = run.connect()
        try:
            if state[1] is None:
                result = PROGRAMS[name][0](run)
                if inspect.isgenerator(result):
                    state[1] = result
                    next(result)
                    return {"done": False}
            else:
                next(state[1])
                return {"done": False}
        except StopIteration:
            pass
        except Exception as error:  # outside of a step: the program is wrong, or its server
            run.answers["ended by"] = {"error": type(error).__name__, "where": "".join(traceback.format_exception(error))[-1500:]}
        return {"done": True, "answers": run.answers}


def main(files):
    runner, out = Runner(files), sys.stdout
    sys.stdout = sys.stderr
    for line in sys.stdin:
        print(json.dumps(runner.request(json.loads(line))), file=out, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
