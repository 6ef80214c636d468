"""Golden cases: runs them in an SDK process and compares answers (order rules: within a segment by index, segments in any order)."""

import collections
import json
import os
import pathlib

from support import sdk
from support.paths import GOLDEN, SDK_PYTHON, TESTS

DATA = json.loads(GOLDEN.read_text())
CASES = {case["name"]: case for case in DATA["cases"]}
# Deaths of the stock client in one case before its answer is taken to be "the process aborts".
ATTEMPTS_MAX = 4


def recorded(name, version):
    case = CASES[name]
    return case["result"] if "result" in case else case["result_by_version"][version]


def make_recordings(directory):
    sdk.run("0.36.3", TESTS / "golden" / "make_recordings.py", GOLDEN, directory)


def start_cases(version, url, recordings, out, *options, **popen):
    args = ["--golden", GOLDEN, "--recordings", recordings, "--url", url, "--out", out]
    return sdk.start(version, TESTS / "golden" / "run_cases.py", *args, *options, **popen)


def run_cases(version, url, recordings, work, mode="", skip=()):
    """Answers by case name; `mode` is an option of run_cases.py. Starts again after the case in which the stock client's process died."""
    out, skip_file = pathlib.Path(work) / "results.jsonl", pathlib.Path(work) / "skip.json"
    results, deaths = {}, collections.Counter()
    while True:
        out.unlink(missing_ok=True)
        skip_file.write_text(json.dumps(sorted({*skip, *results})))
        if deaths and not mode:
            mode = "--resume"
        with open(f"{work}/stderr.txt", "w") as stderr:
            status = start_cases(version, url, recordings, out, "--skip", skip_file, *filter(None, [mode]), stderr=stderr).wait(300)
        lines = [json.loads(line) for line in out.read_text().splitlines()] if out.exists() else []
        results.update({name: result for name, result in lines if result is not None})
        if status == 0:
            return results
        assert lines and lines[-1][1] is None, f"golden runner exited with {status}: {pathlib.Path(work, 'stderr.txt').read_text()[-3000:]}"
        died_in = lines[-1][0]
        deaths[died_in] += 1
        if deaths[died_in] >= ATTEMPTS_MAX:
            results[died_in] = {"error": "ProcessAborted", "stage": "execute", "message": f"status {status}"}


def by_segment(result):
    """Rows of each segment in their order; without a segment column of several segments: in no order."""
    names = [column[0] for column in result["columns"]]
    rows = [json.dumps(row) for row in result["rows"]]
    if "rerun_segment_id" not in names:
        return {None: sorted(rows)}
    segments = collections.defaultdict(list)
    for row, text in zip(result["rows"], rows):
        segments[row[names.index("rerun_segment_id")]].append(text)
    return dict(segments)


def is_ordered(case):
    """Whether the order of all rows is defined: one segment, or sorted by the query."""
    segments = {DATA["recordings"][recording]["segment"] for recording in case["recordings"]}
    return len(segments) <= 1 or any(operator[0] == "sort" for operator in case["ops"])


def without_version(metadata):
    return {name: {key: value for key, value in fields.items() if key != "sorbet:version"} for name, fields in metadata.items()}


def difference(name, expected, actual):
    """None if the answers agree, else what differs."""
    for key in ("count", "error", "stage", "columns"):
        if expected.get(key) != actual.get(key):
            return f"{key}: expected {expected.get(key)}, got {actual.get(key)} {actual.get('message', '')}"
    if "rows" in expected:
        if is_ordered(CASES[name]) and expected["rows"] != actual["rows"]:
            return f"rows: expected {expected['rows']}, got {actual['rows']}"
        if by_segment(expected) != by_segment(actual):
            return f"rows by segment: expected {by_segment(expected)}, got {by_segment(actual)}"
    if "metadata" in expected and without_version(expected["metadata"]) != without_version(actual["metadata"]):
        return f"metadata: expected {expected['metadata']}, got {actual['metadata']}"
    return None
