"""The servers of the benchmark as processes whose CPU seconds and memory can be read."""

import os
import pathlib
import shutil
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
BENCH = ROOT / "bench"
PROGRAM = os.environ.get("MUTOSCOPE_PROGRAM", str(ROOT / ".venv/bin/mutoscope"))
SDK_PYTHON = {
    "0.36.3": os.environ.get("MUTOSCOPE_SDK36_PYTHON", str(ROOT / ".venv-sdk36/bin/python")),
    "0.41.0": os.environ.get("MUTOSCOPE_SDK41_PYTHON", str(ROOT / ".venv-sdk41/bin/python")),
}
OURS = "mutoscope"
ENVIRONMENT = {**os.environ, "CI": "1"}  # no usage analytics
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
READY = "mutoscope ready on "


class Contestant:
    """A server process; `start_s` is the time from its start to its first answer being possible."""

    def __init__(self, name, work, datasets=None):
        self.name, self.work = name, pathlib.Path(work)
        start = time.perf_counter()
        if name == OURS:
            self.log = open(self.work / "mutoscope.log", "ab")
            command = [PROGRAM, "serve", "--data", str(self.work / "data"), "--listen", "127.0.0.1:0", "--allow-path", "/"]
            command += [argument for dataset, path in (datasets or {}).items() for argument in ("--dataset", f"{dataset}={path}")]
        else:
            self.log = open(self.work / f"peer-{name}.log", "ab")
            command = [SDK_PYTHON[name], str(BENCH / "peer_server.py"), *(f"{dataset}={path}" for dataset, path in (datasets or {}).items())]
        self.process = subprocess.Popen(
            command, env=ENVIRONMENT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, text=True
        )
        line = self.process.stdout.readline().strip()
        self.start_s = time.perf_counter() - start
        self.url = line.removeprefix(READY)
        if not self.url.startswith("rerun+http://"):
            raise SystemExit(f"{name} did not start: {line!r}, see {self.log.name}")

    def cpu_s(self):
        """User and system seconds of the process so far."""
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND

    def rss_bytes(self):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise SystemExit(f"/proc/{self.process.pid}/status has no VmRSS")

    def stop(self):
        if self.name == OURS:
            self.process.terminate()
        self.process.stdin.close()
        self.process.wait(60)
        self.process.stdout.close()
        self.log.close()

    def forget(self):
        """Removes what a stopped server remembers."""
        shutil.rmtree(self.work / "data", ignore_errors=True)
