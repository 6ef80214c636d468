"""`make bench-native`: the native engine, embedded and remote, beside Rerun 0.41 (stock client on its own server), Lance, Parquet +
DuckDB, ReductStore and what the machine allows. Prints a markdown table, writes JSON beside it.

usage: native.py [--quick] [--only medium,huge] [--repeat N] [--frames K] [--without NAME,…] [--data DIR]
      make bench-native BENCH_ARGS="--repeat 1"

The peers are optional: bench/setup_peers.sh installs them, and the table says which are not there. Contestants are processes of their own
that take turns in every repetition; figures are medians. Recordings and stores are read once beforehand, so the page cache is warm.
"""

import argparse
import dataclasses
import os
import pathlib
import statistics
import sys
import tempfile
import time

import datasets
import native_contestants
import native_report as report
from contestants import ROOT
from native_contestants import CONTESTANTS, LIMITS, REDUCT, RERUN
from native_report import EMBEDDED, OURS, REMOTE

MS, GB, MB = 1e3, 1e-9, 1e-6
AGREEMENT_FRAMES = 5
SLOW_FRAMES = 10  # of Rerun, in one repetition
WARM_FRAMES = 20  # not counted
COLD_TARGETS, TIMES_TARGETS = (30.0, 40.0), (3.0, 6.0)
FRAME_TARGETS, CELL_TARGETS = (1.0, 1.5), (0.05, 0.15)
HUGE_FACTORS = (1.2, 1.2)
IMAGE_TARGETS, IMU_TARGETS = (3.0, 1.8), (10.0, 20.0)
PREFIX_FACTOR, MEMORY_TARGETS = 1.2, (128.0, 128.0)
KINDS = ("encoded", "raw")


def median(values):
    return float(statistics.median(values))


def percentile_95(values):
    return sorted(values)[min(len(values) - 1, int(0.95 * len(values)))]


def warm(directory):
    """Reads every file below a directory, so that it is in the page cache."""
    for folder, _, names in os.walk(directory):
        for name in names:
            with open(os.path.join(folder, name), "rb", buffering=0) as file:
                while file.read(8 << 20):
                    pass


class Bench:
    def __init__(self, args, work, stores):
        self.args, self.work, self.stores = args, pathlib.Path(work), stores
        self.rows, self.answers, self.disagreements = [], {}, []
        self.missing = {}  # why a contestant takes no part, by name
        self.twenty, self.twenty_rows = {}, 0  # medians with 20 recordings, by work; rows of theirs

    # Asking

    def rounds(self, step, workers, repeat=None, arguments_of=None, **arguments):
        """Answers by contestant, the contestants taking turns; a contestant that fails is not asked again."""
        answers = {name: [] for name in workers}
        for number in range(repeat or self.args.repeat):
            for name, worker in workers.items():
                if answers[name] and "error" in answers[name][-1]:
                    continue
                own = arguments_of(name, number) if arguments_of else {}
                answers[name].append(worker.ask(step, **{**arguments, **own}))
        self.answers.setdefault(step, []).append({"arguments": arguments, "answers": answers})
        return answers

    def values(self, answers, of):
        """The median of `of(answer)` (a number or a list of them) by contestant; why not, where it failed."""
        values = {}
        for name, given in answers.items():
            if any("error" in answer for answer in given):
                reason = next(answer["error"] for answer in given if "error" in answer)
                values[name] = "not stored" if "not stored" in reason else "failed: " + reason.split("\n")[0][:80].replace("|", "/")
                continue
            flat = [value for answer in given for value in (of(answer) if isinstance(of(answer), list) else [of(answer)])]
            values[name] = median(flat)
        for name in self.missing:
            values.setdefault(name, self.missing[name])
        return values

    def agree(self, what, values):
        """Contestants that answered must have given the same answer."""
        if len(set(values.values())) > 1:
            self.disagreements.append(f"{what}: {values}")
            print(f"DIFFERENT ANSWERS, {self.disagreements[-1]}", flush=True)

    def add(self, *args, **more):
        self.rows.append(report.Row(*args, **more))
        print(report.markdown(self.rows[-1:], CONTESTANTS).splitlines()[-1], flush=True)

    def wanted(self, names):
        return [name for name in names if name not in self.args.without]

    # Works

    def times(self, workers, data_set, limits=None):
        answers = self.rounds("times", workers, repeat=1 if self.args.quick else None, arguments_of=lambda name, _: {"repeat": 1 if name == RERUN else 20})
        rows = {name: given[-1]["rows"] for name, given in answers.items() if "rows" in given[-1]}
        self.agree(f"rows of {data_set.name}", rows)
        values = self.values(answers, lambda answer: [MS * value for value in answer["seconds"]])
        count = max(rows.values(), default=0)
        if limits:
            self.twenty["times"], self.twenty_rows = values, count
            limit = MS * median(limits.ask("memcpy", size=8 * count, repeat=50)["seconds"])
            self.add(f'`select("log_time")` to numpy, {count} rows, warm', "ms", values, limit=limit, targets=TIMES_TARGETS)
        else:
            self.add(f'`select("log_time")` to numpy, {data_set.segments} recordings, {count} rows', "ms", values)
            per_row = {name: value * self.twenty_rows / max(count, 1) for name, value in values.items() if isinstance(value, float)}
            self.against_twenty("times", "the same per row, to 20 recordings", per_row)

    def against_twenty(self, work, text, values):
        ratios = {
            name: value / self.twenty[work][name]
            for name, value in values.items()
            if isinstance(value, float) and isinstance(self.twenty.get(work, {}).get(name), float)
        }
        if ratios:
            self.add(text, "x", ratios, targets=HUGE_FACTORS)

    def frames(self, step, workers, data_set, kind, limits=None, targets=None, **arguments):
        shape = {"kind": kind, "segments": data_set.segments, "frames": data_set.frames, **arguments}
        first = self.rounds(step, workers, repeat=1, count=AGREEMENT_FRAMES, warm=0, seed=99, **shape)
        self.agree(f"{kind} frames of {data_set.name}", {name: given[0]["digest"] for name, given in first.items() if "digest" in given[0]})
        how_many = {RERUN: {"count": SLOW_FRAMES, "warm": 2}}
        count_of = lambda name, number: {**how_many.get(name, {"count": self.args.frames, "warm": WARM_FRAMES}), "seed": number}  # noqa: E731
        answers = self.rounds(step, workers, arguments_of=count_of, **shape)
        values = self.values(answers, lambda answer: [MS * value for value in answer["seconds"]])
        notes = {}
        for name, value in values.items():
            if isinstance(value, float):
                slow = percentile_95([MS * second for answer in answers[name] for second in answer["seconds"]])
                notes[name] = f"p95 {report.number(slow, 'ms')}"
        how = "direct call" if step == "cell" else "`df.filter(col(\"log_time\") == t).select(…)`"
        how += " and a copy of its bytes" if arguments.get("copied") else ""
        work = f"{kind} frame by {how}, p50"
        if limits:
            size = int(median([answer["bytes"] for given in first.values() for answer in given if "bytes" in answer] or [0]))
            limit = MS * median(limits.ask("pread", size=size, count=500)["seconds"]) if size else None
            if "copied" not in arguments:
                self.twenty[step, kind] = values
            self.add(work, "ms", values, notes=notes, limit=limit, targets=targets)
        else:
            self.add(f"{work}, {data_set.segments} recordings", "ms", values, notes=notes)
            self.against_twenty((step, kind), "the same, to 20 recordings", values)

    def cold(self, data_set, directory, prepared):
        """The first query of a process: right after the registration, and with all indexes written."""
        after, indexed = ({who: [] for who in self.wanted(OURS)} for _ in range(2))
        for _ in range(self.args.repeat):
            for who in after:
                with tempfile.TemporaryDirectory(dir=self.work) as place:
                    after[who].append(self.first_times(who, data_set, pathlib.Path(place), directory))
                indexed[who].append(self.first_times(who, data_set, prepared[who], None))
        milliseconds = lambda answer: [MS * value for value in answer["seconds"]]  # noqa: E731
        self.answers["cold"] = [after, indexed]
        self.add('`select("log_time")` to numpy, the first query, right after `register().wait()`', "ms", self.values(after, milliseconds), targets=COLD_TARGETS)
        self.add("the same, the first query of a new process, all indexes written", "ms", self.values(indexed, milliseconds), targets=COLD_TARGETS)

    def first_times(self, who, data_set, place, register):
        worker = native_contestants.start_ours(who, data_set, place, register=register)
        answer = worker.ask("times", repeat=1)
        worker.stop()
        return answer

    def images(self, workers, limits):
        for step in ("images", "images_by_datafusion"):
            asked = workers if step == "images" else {name: worker for name, worker in workers.items() if name in OURS}
            answers = self.rounds(step, asked)
            sizes = {name: given[-1]["bytes"] for name, given in answers.items() if "bytes" in given[-1]}
            self.agree("bytes of all images", sizes)
            values = self.values(answers, lambda answer: GB * answer["bytes"] / answer["seconds"])
            if step == "images":
                streamed = [limits.ask("stream", size=max(sizes.values(), default=0)) for _ in range(self.args.repeat)]
                limit = median([GB * answer["bytes"] / answer["seconds"] for answer in streamed])
                self.add("all encoded images to Arrow, batch by batch", "GB/s", values, limit=limit, targets=IMAGE_TARGETS)
                copied = median(limits.ask("memcpy", size=256 << 20, repeat=5)["seconds"])
                self.answers["memcpy_gb_per_s"] = GB * (256 << 20) / copied
            else:
                self.add("the same through DataFusion", "GB/s", values, limit=limit)

    def imu(self, workers, limits):
        for step, text in (("imu", "IMU rows (list of 3 doubles) to Arrow"), ("imu_by_query", "the same by `dataset.query`")):
            asked = workers if step == "imu" else {name: worker for name, worker in workers.items() if name in OURS}
            answers = self.rounds(step, asked, repeat=5 * self.args.repeat)
            rows = {name: given[-1]["rows"] for name, given in answers.items() if "rows" in given[-1]}
            self.agree("IMU rows", rows)
            count = max(rows.values(), default=0)
            limit = MS * median(limits.ask("memcpy", size=count * (8 + 4 + 24), repeat=20)["seconds"])
            values = self.values(answers, lambda answer: MS * answer["seconds"])
            self.add(f"{count} {text}" if step == "imu" else text, "ms", values, limit=limit, targets=IMU_TARGETS if step == "imu" else None)

    def exceeding(self, workers, limits):
        holds = limits.ask("prefixes")
        self.answers["prefixes"] = holds
        answers = self.exceeding_answers = self.rounds("exceeding", workers)
        images = {name: given[-1]["image_bytes"] for name, given in answers.items() if "image_bytes" in given[-1]}
        self.agree("bytes of the images of the rows that exceed", images)
        share = f"{holds['images']} images of {holds['rows']} rows of 1 %"
        self.add(f"rows where a scalar exceeds a bound, with the image of each ({share})", "ms", self.values(answers, lambda answer: MS * answer["seconds"]))
        answers = self.rounds("exceeding", {name: worker for name, worker in workers.items() if name in OURS}, only_images=True)
        self.add("the same, only rows that have an image", "ms", self.values(answers, lambda answer: MS * answer["seconds"]))

    def bytes_read(self, data_set, prepared):
        """What `exceeding` read: the peers' read calls, and what ours says in a new process."""
        read = {name: [answer for answer in given if "error" in answer or "bytes_read" in answer] for name, given in self.exceeding_answers.items()}
        read = {name: given for name, given in read.items() if given and name not in OURS}
        for who in self.wanted(OURS):
            worker = native_contestants.start_ours(who, data_set, prepared[who])
            read[who] = [worker.ask("exceeding_bytes")]
            worker.stop()
        self.answers["exceeding_bytes"] = read
        holds = self.answers["prefixes"]
        limit, verbatim = MB * holds["prefix_bytes"], report.number(MB * holds["verbatim_bytes"], "MB")
        work = f"rows where a scalar exceeds a bound: bytes read with empty caches (limit: prefixes that hold the answer; {verbatim} where the images lie verbatim)"
        values = self.values(read, lambda answer: MB * answer["bytes_read"])
        self.add(work, "MB", values, limit=limit, targets=(PREFIX_FACTOR * limit,) * 2)

    def memory(self, data_set, directory, prepared):
        """Each in a new process, twice: batch by batch, and all of it held."""
        for keep, text in ((False, "batch by batch"), (True, "collected")):
            answers, servers = {}, {}
            for name in self.wanted((RERUN, *OURS)):
                if name == RERUN:
                    worker = native_contestants.start_rerun(data_set, directory, self.work)
                else:
                    worker = native_contestants.start_ours(name, data_set, prepared[name])
                with ServerMemory(worker.server) as server:
                    answers[name] = [worker.ask("memory", keep=keep)]
                if worker.server:
                    servers[name] = MB * server.above
                worker.stop()
            self.answers.setdefault("memory", []).append({"keep": keep, "answers": answers, "servers": servers})
            work = f"peak memory of the full scan of the images, {text}, above the answer"
            values = self.values(answers, lambda answer: MB * answer["rss_above"])
            notes = {name: f"{MB * given[0]['anonymous_above']:.0f} MB anonymous" for name, given in answers.items() if "anonymous_above" in given[0]}
            self.add(work, "MB", values, notes=notes, targets=MEMORY_TARGETS)
            self.add("the same, the server behind it", "MB", servers, targets=None)

    # Data sets

    def medium(self, data_set, directory):
        prepared = self.prepare(data_set, directory)
        warm(directory)
        self.cold(data_set, directory, prepared)
        self.missing = {name: "left out" for name in self.args.without}
        workers = {}
        if RERUN not in self.missing:
            workers[RERUN] = native_contestants.start_rerun(data_set, directory, self.work)
        for name in native_contestants.PEER_KINDS:
            self.missing.setdefault(name, native_contestants.missing_peer(name))
            if self.missing[name] is None:
                del self.missing[name]
                workers[name] = native_contestants.start_peer(name, self.stores, directory, self.work)
                warm(self.stores / native_contestants.PEER_KINDS[name])
        for who in self.wanted(OURS):
            workers[who] = native_contestants.start_ours(who, data_set, prepared[who])
        limits = native_contestants.start_limits(directory, self.work)
        without_reduct = {name: worker for name, worker in workers.items() if name != REDUCT}
        only_ours = {name: worker for name, worker in workers.items() if name in OURS}

        self.times(without_reduct, data_set, limits)
        for kind in KINDS:
            self.frames("frame", workers, data_set, kind, limits, FRAME_TARGETS)
        direct = only_ours if REDUCT in self.missing else {REDUCT: workers[REDUCT], **only_ours}
        for kind in KINDS:
            asked = {name: _As(worker, "frame") if name == REDUCT else worker for name, worker in direct.items()} if kind == "encoded" else only_ours
            self.frames("cell", asked, data_set, kind, limits, CELL_TARGETS if kind == "encoded" else None)
        self.frames("cell", only_ours, data_set, "encoded", limits, copied=True)
        self.images(workers, limits)
        self.imu(without_reduct, limits)
        self.exceeding(without_reduct, limits)
        for worker in (*workers.values(), limits):
            worker.stop()
        self.missing = {}
        self.bytes_read(data_set, prepared)
        self.memory(data_set, directory, prepared)

    def huge(self, data_set, directory):
        prepared = self.prepare(data_set, directory)
        warm(directory)
        self.missing = {name: "left out" for name in self.args.without if name in (RERUN, *OURS)}
        workers = {}
        if RERUN not in self.missing:
            workers[RERUN] = native_contestants.start_rerun(data_set, directory, self.work)
        for who in self.wanted(OURS):
            workers[who] = native_contestants.start_ours(who, data_set, prepared[who])
        self.times(workers, data_set)
        for kind in KINDS:
            self.frames("frame", workers, data_set, kind)
        self.frames("cell", {name: worker for name, worker in workers.items() if name in OURS}, data_set, "encoded")
        for worker in workers.values():
            worker.stop()

    def prepare(self, data_set, directory):
        places = {who: self.work / f"{data_set.name}-{who.split()[-1]}" for who in self.wanted(OURS)}
        for place in places.values():
            native_contestants.prepare_ours(data_set, directory, place)
        return places


@dataclasses.dataclass
class _As:
    """A contestant whose answer to another step is the answer to this one."""

    worker: native_contestants.Worker
    step: str

    def ask(self, _, **arguments):
        return self.worker.ask(self.step, **arguments)


class ServerMemory:
    """How far a server's memory rises above what it was."""

    def __init__(self, server):
        self.directory = server and pathlib.Path(f"/proc/{server.process.pid}")
        self.above = 0

    def _bytes(self, name):
        line = next(line for line in (self.directory / "status").read_text().splitlines() if line.startswith(name + ":"))
        return int(line.split()[1]) * 1024

    def __enter__(self):
        if self.directory:
            (self.directory / "clear_refs").write_text("5")
            self.before = self._bytes("VmRSS")
        return self

    def __exit__(self, *_):
        if self.directory:
            self.above = self._bytes("VmHWM") - self.before


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="small data sets, to see that it runs; the targets mean nothing then")
    parser.add_argument("--only", default="medium,huge")
    parser.add_argument("--without", type=lambda text: text.split(","), default=[], help=f"contestants to leave out: {', '.join(CONTESTANTS)}, by ','")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--frames", type=int, default=200, help="frames a repetition")
    parser.add_argument("--data", type=pathlib.Path, default=None, help="directory with medium and huge (default MUTOSCOPE_BENCH_DATA or build/bench)")
    parser.add_argument("--json", type=pathlib.Path, default=ROOT / "build/bench/native.json")
    args = parser.parse_args()
    args.without = ["ours, " + name if name in ("embedded", "remote") else name for name in args.without]
    root = args.data or pathlib.Path(os.environ.get("MUTOSCOPE_BENCH_DATA", ROOT / "build/bench"))
    chosen = datasets.FULL
    if args.quick:
        root, chosen = ROOT / "build/bench/quick", datasets.QUICK
    load_before, start = os.getloadavg(), time.time()
    with tempfile.TemporaryDirectory() as work:
        bench = Bench(args, work, root / "peers")
        for name in args.only.split(","):
            getattr(bench, name)(chosen[name], datasets.ensure(chosen[name], root))
    print("\n" + report.markdown(bench.rows, CONTESTANTS))
    print(f"\nload average {load_before[0]:.1f} before, {os.getloadavg()[0]:.1f} after; {time.time() - start:.0f} s; memcpy {bench.answers.get('memcpy_gb_per_s', 0):.1f} GB/s")
    args.json.parent.mkdir(parents=True, exist_ok=True)
    about = {"repeat": args.repeat, "frames": args.frames, "quick": args.quick, "load": [load_before, os.getloadavg()]}
    args.json.write_text(report.as_json(bench.rows, disagreements=bench.disagreements, answers=bench.answers, **about))
    print(f"JSON: {args.json}")
    if bench.disagreements:
        sys.exit("contestants gave different answers:\n" + "\n".join(bench.disagreements))


if __name__ == "__main__":
    main()
