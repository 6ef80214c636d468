"""Golden cases: runs them in an SDK process and compares answers (order rules: within a segment by index, segments in any order)."""

import collections
import json
import os
import pathlib

from support import sdk
from support.paths import GOLDEN, TESTS

DATA = json.loads(GOLDEN.read_text())
CASES = {case["name"]: case for case in DATA["cases"]}
# What the native engine answers otherwise, by case name, each with its reason.
NATIVE = json.loads((GOLDEN.parent / "native.json").read_text())["cases"]
# Deaths of the stock client in one case before its answer is taken to be "the process aborts".
ATTEMPTS_MAX = 4


def recorded(name, version):
    case = CASES[name]
    return case["result"] if "result" in case else case["result_by_version"][version]


def make_recordings(directory, golden=GOLDEN):
    sdk.run("0.36.3", TESTS / "golden" / "make_recordings.py", golden, directory)


def start_cases(version, url, recordings, out, *options, golden=GOLDEN, **popen):
    args = ["--golden", golden, "--recordings", recordings, "--url", url, "--out", out]
    return sdk.start(version, TESTS / "golden" / "run_cases.py", *args, *options, **popen)


def run_cases(version, url, recordings, work, mode="", skip=(), golden=GOLDEN):
    """Answers by case name; `mode` is an option of run_cases.py, `golden` the file of the cases. Starts again after the case in which the stock client's process died."""
    out, skip_file = pathlib.Path(work) / "results.jsonl", pathlib.Path(work) / "skip.json"
    results, deaths = {}, collections.Counter()
    while True:
        out.unlink(missing_ok=True)
        skip_file.write_text(json.dumps(sorted({*skip, *results})))
        if deaths and not mode:
            mode = "--resume"
        with open(f"{work}/stderr.txt", "w") as stderr:
            status = start_cases(version, url, recordings, out, "--skip", skip_file, *filter(None, [mode]), golden=golden, stderr=stderr).wait(300)
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


def native_answer(name):
    """What the native engine has to answer: the recorded answer of 0.41.0 with its indexes in name order, or the one in native.json."""
    recorded_answer = in_native_order(CASES[name], recorded(name, "0.41.0"))
    if name not in NATIVE:
        return recorded_answer
    decided = {key: value for key, value in NATIVE[name].items() if key != "why"}
    return {**{key: recorded_answer[key] for key in ("columns", "metadata") if key in recorded_answer}, **decided}


def in_native_order(case, answer):
    """Indexes by name behind the segment id, rows by segment id: the order that rulings A18 and A19 decide."""
    if "columns" not in answer:
        return answer
    names = [column[0] for column in answer["columns"]]
    order = list(range(len(names)))
    if not any(operator[0] == "select" for operator in case["ops"]):
        is_component = lambda name: name.startswith(("/", "property:"))
        order.sort(key=lambda at: (names[at] != "rerun_segment_id", is_component(names[at]), "" if is_component(names[at]) else names[at]))
    rows = [[row[at] for at in order] for row in answer["rows"]]
    if "rerun_segment_id" in names and not any(operator[0] == "sort" for operator in case["ops"]):
        rows.sort(key=lambda row: row[order.index(names.index("rerun_segment_id"))])
    return {**answer, "columns": [answer["columns"][at] for at in order], "rows": rows}


def native_difference(name, actual):
    """None if the answer is what native_answer() says, in that order, else what differs."""
    expected = native_answer(name)
    if "rows" in expected and any(column[0] == "rerun_segment_id" for column in expected["columns"]) and expected["rows"] != actual.get("rows"):
        return f"rows: expected {expected['rows']}, got {actual.get('rows', actual)}"
    return difference(name, expected, actual)
