"""Writes cases for the C++ model test (src/query/model_test.cc), which runs them under sanitizers.

usage: python -m tests.model.write_cases OUT [--recordings 60] [--requests 10]

OUT gets the RRD files, cases.json and one Arrow IPC file per expected table. cases.json is a list of
    {"name", "description", "dataset": [{"path", "layer"}…], "request": {…}, "expected": file name}
A request mirrors mutoscope::Request: "segments", "contents", "index", "columns", "filter" (base64 of Arrow's serialisation of the
expression, or null), "fill", "tombstones", "semantically_empty", "index_values", "segment_index_values" ([[segment, [values]]…]), "limit".
Index values are raw int64. Paths are relative to OUT.
"""

from __future__ import annotations

import argparse
import base64
import json
import pathlib
import sys
from typing import Any

import pyarrow as pa

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from model.arrow_values import arrow_expression, table_of  # noqa: E402
from model.cases import dataset_of, described, request_of  # noqa: E402
from model.data import Request  # noqa: E402
from model.rules import answer  # noqa: E402
from model.writer import SdkWriter  # noqa: E402


def serialised(request: Request) -> str | None:
    if request.filter is None:
        return None
    _, (buffer,) = arrow_expression(request.filter).__reduce__()
    return base64.b64encode(pa.py_buffer(buffer).to_pybytes()).decode()


def request_json(request: Request) -> dict[str, Any]:
    values = request.index_values
    return {
        "segments": request.segments,
        "contents": request.contents,
        "index": request.index,
        "columns": request.columns,
        "filter": serialised(request),
        "fill": request.fill_latest_at,
        "tombstones": request.include_tombstone_columns,
        "semantically_empty": request.include_semantically_empty_columns,
        "index_values": values if isinstance(values, list) else None,
        "segment_index_values": [list(item) for item in values.items()] if isinstance(values, dict) else None,
        "limit": request.limit,
    }


def write_cases(out: pathlib.Path, recordings: int, requests: int) -> None:
    """`recordings` datasets of several recordings each, `requests` for every one."""
    out.mkdir(parents=True, exist_ok=True)
    datasets = [dataset_of(seed) for seed in range(recordings)]
    with SdkWriter(out) as writer:
        files = writer.write(datasets, [f"dataset_{seed:03d}" for seed in range(recordings)])
    cases = []
    for seed, (dataset, paths) in enumerate(zip(datasets, files)):
        for number in range(requests):
            request = request_of(seed, number, dataset)
            name = f"case_{seed:03d}_{number:02d}"
            table = table_of(answer(dataset, request))
            with pa.ipc.new_file(out / f"{name}.arrow", table.schema) as writer_file:
                writer_file.write_table(table)
            cases.append({
                "name": name,
                "description": described(dataset, request),
                "dataset": [{"path": path.name, "layer": layer} for path, layer in paths],
                "request": request_json(request),
                "expected": f"{name}.arrow",
            })  # fmt: skip
    for leftover in ("order.pickle", "writer_stderr.txt"):
        (out / leftover).unlink()
    (out / "cases.json").write_text(json.dumps(cases, indent=1, ensure_ascii=False))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--recordings", type=int, default=60, help="datasets")
    parser.add_argument("--requests", type=int, default=10, help="requests for each")
    arguments = parser.parse_args()
    write_cases(arguments.out, arguments.recordings, arguments.requests)


if __name__ == "__main__":
    main()
