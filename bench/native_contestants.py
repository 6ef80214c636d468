"""Who takes part in the native benchmark: processes that answer the steps of native_worker.py, and the servers behind them."""

import json
import pathlib
import subprocess
import threading
import time
import urllib.request

from contestants import BENCH, ENVIRONMENT, OURS, ROOT, SDK_PYTHON, Contestant
from native_report import EMBEDDED, REMOTE

RERUN, LANCE, PARQUET, REDUCT, LIMITS = "Rerun 0.41", "Lance", "Parquet + DuckDB", "ReductStore", "limits"
CONTESTANTS = [RERUN, LANCE, PARQUET, REDUCT, EMBEDDED, REMOTE]
PEER_KINDS = {LANCE: "lance", PARQUET: "parquet", REDUCT: "reductstore"}
OUR_PYTHON = str(ROOT / ".venv/bin/python")
PEER_PYTHON = ROOT / ".venv-peers/bin/python"
STEP_TIMEOUT_S = 900
INDEX_TIMEOUT_S = 600


class Worker:
    """A contestant's process. `ask` returns the answer to a step, or {"error": …}: it never raises for a contestant's failure."""

    def __init__(self, command, log, server=None):
        self.server = server
        self.log = open(log, "ab")
        self.process = subprocess.Popen(
            list(map(str, command)), env=ENVIRONMENT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, text=True
        )
        self.failed = None if self._answer().get("ready") else f"did not start, see {pathlib.Path(log).name}"

    def _answer(self):
        timer = threading.Timer(STEP_TIMEOUT_S, self.process.kill)
        timer.start()
        line = self.process.stdout.readline()
        timer.cancel()
        return json.loads(line) if line.strip() else {"error": f"the process ended with {self.process.wait(60)}"}

    def ask(self, step, **arguments):
        if self.failed:
            return {"error": self.failed}
        try:
            self.process.stdin.write(json.dumps({"step": step, "arguments": arguments}) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            return {"error": "the process ended"}
        return self._answer()

    def stop(self):
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass
        self.process.wait(120)
        self.process.stdout.close()
        self.log.close()
        if self.server is not None:
            self.server.stop()


def missing_peer(name):
    """Why a peer cannot take part, or None."""
    if not PEER_PYTHON.exists() or (name == REDUCT and not (PEER_PYTHON.parent / "reductstore").exists()):
        return "not installed"
    return None


def start_peer(name, stores, recordings, work):
    """A peer that holds the frames; its store is filled the first time."""
    kind = PEER_KINDS[name]
    if not stores.joinpath(kind).with_suffix(".done").exists():
        print(f"filling the store of {name} from {recordings}", flush=True)
        stores.mkdir(parents=True, exist_ok=True)
        subprocess.run([PEER_PYTHON, BENCH / "peers.py", "build", stores, recordings, kind], check=True)
    return Worker([PEER_PYTHON, BENCH / "peers.py", "serve", stores, kind], work / f"{kind}.log")


def start_rerun(data_set, directory, work, server=None):
    """The stock client, on `server` or on a stock server of its own."""
    own = None if server else Contestant("0.41.0", work, {data_set.name: directory})
    command = [SDK_PYTHON["0.41.0"], BENCH / "native_dataframe.py", "rerun", (server or own).url, data_set.name]
    return Worker(command, work / "rerun.log", own)


def start_ours(who, data_set, place, register=None, server=None):
    """Ours on the data directory `place`/data, in its own process or behind a server; `register`: the recordings, first."""
    own = None if who == EMBEDDED or server else Contestant(OURS, place)
    address = place / "data" if who == EMBEDDED else (server or own).url
    command = [OUR_PYTHON, BENCH / "native_dataframe.py", "embedded" if who == EMBEDDED else "remote", address, data_set.name]
    return Worker(command + (["--register", register] if register else []), place / f"{who.split()[-1]}.log", own)


def start_limits(directory, work):
    return Worker([OUR_PYTHON, BENCH / "native_limits.py", directory], work / "limits.log")


def prepare_ours(data_set, directory, place):
    """A data directory with everything registered and every index written."""
    place.mkdir(parents=True)
    server = Contestant(OURS, place)
    register = [SDK_PYTHON["0.41.0"], BENCH / "howto.py", "register", server.url, data_set.name, directory]
    subprocess.run(list(map(str, register)), env=ENVIRONMENT, check=True, capture_output=True, timeout=STEP_TIMEOUT_S)
    start = time.perf_counter()
    while _metric(server, "mutoscope_layers_without_rows_index") or _metric(server, "mutoscope_tasks_pending"):
        if time.perf_counter() - start > INDEX_TIMEOUT_S:
            raise SystemExit(f"the indexes of {data_set.name} were not written within {INDEX_TIMEOUT_S} s")
        time.sleep(0.2)
    server.stop()


def _metric(server, name):
    with urllib.request.urlopen(server.url.replace("rerun+http", "http") + "/metrics", timeout=30) as answer:
        for line in answer.read().decode().splitlines():
            if line.startswith(name + " "):
                return float(line.split()[1])
    raise SystemExit(f"{server.url}/metrics has no {name}")
