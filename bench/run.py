"""`make bench`: the stock servers and ours side by side, with the stock client 0.41.0. Prints a markdown table, writes JSON beside it.

usage: run.py [--quick] [--only medium,many,huge] [--peers 0.36.3,0.41.0] [--repeat N] [--frames K] [--data DIR]
      make bench BENCH_ARGS="--only many --repeat 1"

Servers take turns in every repetition, so that noise of the machine meets all alike; the figure is the median.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import tempfile

import datasets
import report
from contestants import BENCH, ENVIRONMENT, OURS, ROOT, SDK_PYTHON, Contestant

CLIENT_TIMEOUT_S = 900


def client(step, *arguments):
    command = [SDK_PYTHON["0.41.0"], str(BENCH / "howto.py"), step, *map(str, arguments)]
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, timeout=CLIENT_TIMEOUT_S)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr[-3000:]}")
    return json.loads(done.stdout.splitlines()[-1])


class Bench:
    def __init__(self, args, work):
        self.args, self.work = args, pathlib.Path(work)
        self.names = [*args.peers.split(","), OURS]
        self.rows = []

    def start(self, name, served=None):
        return Contestant(name, self.work, served)

    def row(self, work, unit, figures, **target):
        """figures: values by server; the median of each goes into the table."""
        medians = {name: statistics.median(values) for name, values in figures.items()}
        ours = medians.pop(OURS)
        self.rows.append(report.Row(work, unit, medians, ours, **target))
        print(report.markdown(self.rows[-1:], list(medians)).splitlines()[-1], flush=True)

    def registration(self, data_set, directory, **target):
        seconds = {name: [] for name in self.names}
        for _ in range(self.args.repeat):
            for name in self.names:
                server = self.start(name)
                answer = client("register", server.url, data_set.name, directory)
                assert answer["segments"] == data_set.segments, (name, answer)
                seconds[name].append(answer["seconds"])
                server.stop()
                server.forget()
        self.row(f"registering {data_set.segments} recordings ({data_set.name}), first time", "s", seconds, **target)

    def serve_all(self, data_set, directory):
        """All servers with the data set registered."""
        servers = {}
        for name in self.names:
            if name == OURS:
                servers[name] = self.start(name)
                client("register", servers[name].url, data_set.name, directory)
            else:
                servers[name] = self.start(name, {data_set.name: directory})
        return servers

    def frames(self, data_set, servers, **target):
        milliseconds, cpu = ({name: [] for name in self.names} for _ in range(2))
        sizes = ["--segments", data_set.segments, "--frames", data_set.frames]
        for repetition in range(self.args.repeat):
            for name in self.names:
                answer = client("frames", servers[name].url, data_set.name, *sizes, "--count", self.args.frames, "--seed", repetition)
                milliseconds[name] += [1000 * value for value in answer["seconds"]]
                cpu[name].append(1000 * answer["client_cpu_s"])
        self.row(f"one encoded frame by log_time, {data_set.segments} x {data_set.frames} ({data_set.name}), p50", "ms", milliseconds, **target)
        self.row("one encoded frame, CPU of the stock client", "ms", cpu)

    def scan(self, step, work, data_set, servers, factor_max, cpu_factor_max=None):
        seconds, cpu = ({name: [] for name in self.names} for _ in range(2))
        for _ in range(self.args.repeat):
            rows = set()
            for name in self.names:
                before = servers[name].cpu_s()
                answer = client(step, servers[name].url, data_set.name)
                cpu[name].append(servers[name].cpu_s() - before)
                seconds[name].append(answer["seconds"])
                rows.add(answer["rows"])
            assert len(rows) == 1, f"servers disagree about the number of rows: {rows}"
        self.row(f"{work} ({data_set.name}, {rows.pop()} rows)", "s", seconds, factor_max=factor_max)
        if cpu_factor_max:
            self.row(f"{work}, server CPU", "s", cpu, factor_max=cpu_factor_max)

    def medium(self, data_set, directory):
        self.registration(data_set, directory, absolute_max=1.0)
        servers = self.serve_all(data_set, directory)
        self.frames(data_set, servers, factor_max=0.6)
        self.scan("times", 'select("log_time")', data_set, servers, 0.7, 0.4)
        self.scan("imu", "IMU rows", data_set, servers, 0.9)
        self.end(servers)

    def many(self, data_set, directory):
        self.registration(data_set, directory, factor_max=1.0)
        servers = self.serve_all(data_set, directory)
        self.frames(data_set, servers, factor_max=0.1)
        self.end(servers)

    def huge(self, data_set, directory):
        servers = self.serve_all(data_set, directory)
        starts = {name: [server.start_s] for name, server in servers.items() if name != OURS}
        starts[OURS] = []
        for _ in range(max(3, self.args.repeat)):
            servers[OURS].stop()
            servers[OURS] = self.start(OURS)
            starts[OURS].append(servers[OURS].start_s)
        self.row(f"start to ready with {data_set.segments} registered recordings", "s", starts, absolute_max=0.3)
        self.frames(data_set, servers, factor_max=0.02)
        memory = {name: [server.rss_bytes() / 1e9] for name, server in servers.items()}
        self.row(f"server memory (RSS) with {data_set.segments} recordings, after the queries", "GB", memory, absolute_max=0.2)
        self.end(servers)

    @staticmethod
    def end(servers):
        for server in servers.values():
            server.stop()
        servers[OURS].forget()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="small data sets, to see that it runs; the targets mean nothing then")
    parser.add_argument("--only", default="medium,many,huge")
    parser.add_argument("--peers", default="0.36.3,0.41.0")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--frames", type=int, default=15, help="frames a repetition")
    parser.add_argument("--data", type=pathlib.Path, default=None, help="directory with medium, many, huge (default MUTOSCOPE_BENCH_DATA or build/bench)")
    parser.add_argument("--json", type=pathlib.Path, default=ROOT / "build/bench/result.json")
    args = parser.parse_args()
    root = args.data or pathlib.Path(os.environ.get("MUTOSCOPE_BENCH_DATA", ROOT / "build/bench"))
    chosen = datasets.FULL
    if args.quick:
        root, chosen = ROOT / "build/bench/quick", datasets.QUICK
    with tempfile.TemporaryDirectory() as work:
        bench = Bench(args, work)
        for name in args.only.split(","):
            data_set = chosen[name]
            getattr(bench, name)(data_set, datasets.ensure(data_set, root))
    versions = args.peers.split(",")
    print("\n" + report.markdown(bench.rows, versions))
    args.json.parent.mkdir(parents=True, exist_ok=True)
    args.json.write_text(report.as_json(bench.rows, repeat=args.repeat, frames=args.frames, quick=args.quick, load=os.getloadavg()))
    print(f"\nJSON: {args.json}")


if __name__ == "__main__":
    main()
