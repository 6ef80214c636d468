"""Runs the golden cases against a server with the SDK of this interpreter, and writes one JSON line a case: [name, result].
tests/test_python_golden.py runs them with our package by importing this file.

usage: run_cases.py --golden golden.json --recordings DIR --url URL --out OUT.jsonl [--skip NAMES.json] [--reuse | --resume]

--reuse   the datasets are there already (after a restart): nothing is registered.
--resume  some datasets may be there already, in part too (after the client or the server died): what is missing is registered.
A stock client can abort the process; the line [name, null] is written before a case runs, so that the caller sees where.
"""

import argparse
import datetime
import json
import pathlib
import warnings

warnings.simplefilter("ignore")

import numpy as np
import pyarrow as pa
from datafusion import col, functions, lit

# The field metadata of these cases is part of the answer.
METADATA_CASES = {"basic", "props_included", "arch", "clear_flat_tomb", "ts_all", "sem_empty_incl"}


def quoted(name):
    return col(f'"{name}"')


def expression(node):
    """A DataFusion expression from ["op", operand…]."""
    operator, *operands = node
    if operator == "col":
        return quoted(operands[0])
    if operator == "lit":
        return lit(operands[0])
    if operator == "dur":
        return lit(pa.scalar(operands[0], pa.duration("ns")))
    if operator == "dt":
        return lit(datetime.datetime.fromtimestamp(operands[0], datetime.timezone.utc).replace(tzinfo=None))
    if operator == "np_dt":
        return lit(np.datetime64(operands[0], "ns"))
    if operator == "item":
        return expression(operands[0])[operands[1]]
    if operator == "is_null":
        return expression(operands[0]).is_null()
    if operator == "is_not_null":
        return expression(operands[0]).is_not_null()
    if operator == "not":
        return ~expression(operands[0])
    if operator == "in":
        return functions.in_list(expression(operands[0]), [lit(value) for value in operands[1]])
    left, right = expression(operands[0]), expression(operands[1])
    return {
        "and": lambda: left & right,
        "or": lambda: left | right,
        "==": lambda: left == right,
        "!=": lambda: left != right,
        "<": lambda: left < right,
        "<=": lambda: left <= right,
        ">": lambda: left > right,
        ">=": lambda: left >= right,
    }[operator]()


def index_values(client, value):
    if isinstance(value, list):
        return np.array(value, dtype=np.int64)
    if "__df__" in value:
        return client.ctx.from_pydict(value["__df__"])
    if "__np_dt_us__" in value:
        return np.array(value["__np_dt_us__"], dtype="datetime64[us]")
    return {segment: np.array(values, dtype=np.int64) for segment, values in value.items()}


def plain(value):
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return "0x" + value.hex() if isinstance(value, bytes) else value


def text_map(metadata):
    return {key.decode(): value.decode() for key, value in (metadata or {}).items()}


def is_time(datatype):
    return pa.types.is_timestamp(datatype) or pa.types.is_duration(datatype)


def table_result(table, with_metadata):
    columns = [plain((column.cast(pa.int64()) if is_time(field.type) else column).to_pylist()) for field, column in zip(table.schema, table.columns)]
    result = {
        "columns": [[field.name, str(field.type), field.nullable] for field in table.schema],
        "rows": [list(row) for row in zip(*columns)],
    }
    if with_metadata:
        result["metadata"] = {field.name: text_map(field.metadata) for field in table.schema}
    return result


class Runner:
    """Runs cases with a CatalogClient of any package; `label` tells the datasets of several runs apart."""

    def __init__(self, client, recordings, label, reuse=False, resume=False):
        self.client, self.recordings, self.label, self.reuse, self.resume = client, pathlib.Path(recordings), label, reuse, resume
        self.datasets = {}

    def dataset(self, case):
        layers = case["layers"] or ["base"] * len(case["recordings"])
        parts = [recording if layer == "base" else f"{recording}:{layer}" for recording, layer in zip(case["recordings"], layers)]
        name = f"golden {self.label} " + ("-".join(parts) or "empty")
        if name not in self.datasets:
            self.datasets[name] = self.client.get_dataset(name) if self.reuse else self.registered(name, case["recordings"], layers)
        return self.datasets[name]

    def registered(self, name, recordings, layers):
        dataset = self.client.create_dataset(name, exist_ok=self.resume)
        for recording, layer in zip(recordings, layers):
            uri = (self.recordings / f"{recording}.rrd").as_uri()
            dataset.register([uri], layer_name=layer, on_duplicate="skip" if self.resume else "error").wait()
        return dataset

    def reader(self, case, view):
        if case["filter_segments"] is not None:
            view = view.filter_segments(case["filter_segments"])
        for rules in case["filter_contents"] or []:
            view = view.filter_contents(rules)
        options = dict(case["reader"])
        if options.get("using_index_values") is not None:
            options["using_index_values"] = index_values(self.client, options["using_index_values"])
        return view.reader(**options)

    def run(self, case):
        stage = "register"
        try:
            view = self.dataset(case)
            stage = "reader"
            frame = self.reader(case, view)
            stage = "plan"
            for operator, *operands in case["ops"]:
                if operator == "filter":
                    frame = frame.filter(expression(operands[0]))
                elif operator == "select":
                    frame = frame.select(*[quoted(name) for name in operands[0]])
                elif operator == "limit":
                    frame = frame.limit(operands[0])
                elif operator == "sort":
                    frame = frame.sort(col(operands[0]).sort(ascending=operands[1]))
                elif operator == "count":
                    stage = "execute"
                    return {"count": frame.count()}
            stage = "execute"
            return table_result(pa.table(frame), case["name"] in METADATA_CASES)
        except Exception as error:  # whatever the SDK raises is the answer
            return {"error": type(error).__name__, "stage": stage, "message": str(error)[:1000]}


def main():
    parser = argparse.ArgumentParser()
    for name in ("--golden", "--recordings", "--url", "--out"):
        parser.add_argument(name, required=True)
    parser.add_argument("--skip", help="JSON list of case names")
    parser.add_argument("--reuse", action="store_true")
    parser.add_argument("--resume", action="store_true")
    args = parser.parse_args()
    skip = set(json.loads(pathlib.Path(args.skip).read_text())) if args.skip else set()
    import rerun as rr
    from rerun.catalog import CatalogClient

    runner = Runner(CatalogClient(args.url), args.recordings, rr.__version__, args.reuse, args.resume)
    with open(args.out, "a") as out:
        for case in json.loads(pathlib.Path(args.golden).read_text())["cases"]:
            if case["name"] in skip:
                continue
            print(json.dumps([case["name"], None]), file=out, flush=True)
            print(json.dumps([case["name"], runner.run(case)]), file=out, flush=True)


if __name__ == "__main__":
    main()
