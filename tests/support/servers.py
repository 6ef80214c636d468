"""Servers as real processes: ours, and the stock ones that are the oracle."""

import http.client
import os
import pathlib
import re
import resource
import select
import signal
import subprocess
import time
import urllib.parse

from support import sdk
from support.paths import PROGRAM, SCRIPTS

READY_LINE = re.compile(r"^mutoscope ready on (rerun\+http://\S+)$")


def read_line(process, timeout_s, diagnose=lambda: ""):
    """One line of the process's stdout; fails when it ends or takes too long."""
    descriptor, text, deadline = process.stdout.fileno(), b"", time.monotonic() + timeout_s
    while not text.endswith(b"\n"):
        if not select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))[0]:
            raise AssertionError(f"no line on stdout within {timeout_s} s: {process.args}\n{diagnose()}")
        byte = os.read(descriptor, 1)
        if not byte:
            raise AssertionError(f"process ended with {process.wait()}: {process.args}\n{diagnose()}")
        text += byte
    return text.decode().rstrip("\n")


class Mutoscope:
    """`mutoscope serve` on a free port of 127.0.0.1."""

    def __init__(self, data, *arguments, log=None, timeout_s=30.0, file_bytes_max=None):
        self.data = pathlib.Path(data)
        self.log = pathlib.Path(log or self.data.parent / f"{self.data.name}.log")
        limits = (lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes_max, file_bytes_max))) if file_bytes_max else None
        with open(self.log, "ab") as log_file:
            self.process = subprocess.Popen(
                [str(PROGRAM), "serve", "--data", str(data), "--listen", "127.0.0.1:0", *map(str, arguments)],
                stdout=subprocess.PIPE, stderr=log_file, bufsize=0,
                preexec_fn=limits,
            )
        line = read_line(self.process, timeout_s, self.log_tail)
        match = READY_LINE.match(line)
        assert match, f"unexpected line on stdout: {line!r}"
        self.url = match.group(1)
        self.address = urllib.parse.urlsplit(self.url.removeprefix("rerun+")).netloc

    @property
    def pid(self):
        return self.process.pid

    def log_tail(self, bytes_max=4000):
        return self.log.read_bytes()[-bytes_max:].decode(errors="replace")

    def request(self, method, path, body=None, headers=None, timeout_s=10.0):
        """(status, headers, body) of a plain HTTP/1.1 request."""
        connection = http.client.HTTPConnection(self.address, timeout=timeout_s)
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            return response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
        finally:
            connection.close()

    def get(self, path):
        status, _, body = self.request("GET", path)
        return status, body.decode()

    def wait_ready(self, timeout_s=60.0):
        """Until /readyz answers 200: the registrations of the command line are finished."""
        deadline = time.monotonic() + timeout_s
        while True:
            status, body = self.get("/readyz")
            if status == 200:
                return self
            assert time.monotonic() < deadline, f"not ready after {timeout_s} s: {body}\n{self.log_tail()}"
            select.select([], [], [], 0.02)

    def served(self, method):
        """How many calls of a gRPC method /metrics counts, with whatever outcome."""
        _, text = self.get("/metrics")
        pattern = re.compile(rf'^mutoscope_rpc_calls_total{{[^}}]*method="(?:[^"]*/)?{method}"[^}}]*}} (\S+)$', re.MULTILINE)
        return sum(float(count) for count in pattern.findall(text))

    def metric(self, name):
        """The value of a metric without labels."""
        return float(re.search(rf"^{name} (\S+)$", self.get("/metrics")[1], re.MULTILINE).group(1))

    def running(self):
        return self.process.poll() is None

    def stop(self, timeout_s=15.0):
        """SIGTERM; the exit code."""
        if self.running():
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"did not stop within {timeout_s} s of SIGTERM\n{self.log_tail()}") from None
        finally:
            self.process.stdout.close()

    def kill(self):
        self.process.kill()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.running():
            self.stop()


class StockServer:
    """The server inside the stock SDK of a version, in a process of its own."""

    def __init__(self, version):
        self.process = sdk.start(version, SCRIPTS / "stock_server.py", stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=1)
        self.url = read_line(self.process, 60.0)

    def stop(self):
        self.process.stdin.close()
        self.process.wait(30)
        self.process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
