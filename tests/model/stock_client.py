"""Answers requests with the stock 0.41.0 client, whose interpreter runs this script.

usage: stock_client.py URL
stdin: one path a line, of a pickle (dataset name, [(RRD path, layer)…], [Request…]); the answer is a line with the path of a pickle: a list of
(columns as (name, type), rows) or an error text for each request.
"""

import pathlib
import pickle
import sys
import warnings

warnings.simplefilter("ignore")
for directory in ("", "golden"):
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / directory))

import numpy as np  # noqa: E402
import pyarrow as pa  # noqa: E402
from rerun.catalog import CatalogClient  # noqa: E402
from run_cases import expression  # noqa: E402

from model.arrow_values import plain_rows  # noqa: E402


def array(values):
    return np.array(sorted(set(values)), dtype=np.int64)


def table(dataset, request):
    view = dataset if request.segments is None else dataset.filter_segments(request.segments)
    for rules in request.contents:
        view = view.filter_contents(rules)
    values = request.index_values
    frame = view.reader(
        index=request.index,
        fill_latest_at=request.fill_latest_at,
        include_tombstone_columns=request.include_tombstone_columns,
        include_semantically_empty_columns=request.include_semantically_empty_columns,
        using_index_values={segment: array(of_segment) for segment, of_segment in values.items()} if isinstance(values, dict)
        else None if values is None else array(values),
    )
    return pa.table(frame.filter(expression(plain(request.filter))) if request.filter else frame)


def plain(node):
    """run_cases.expression() takes plain values in IN lists; typed ones are ORs of equalities."""
    if not isinstance(node, list):
        return node
    if node[0] == "in" and any(isinstance(member, list) and member[0] != "lit" for member in node[2]):
        equal = [["==", plain(node[1]), member] for member in node[2]]
        while len(equal) > 1:
            equal = [["or", equal[0], equal[1]], *equal[2:]]
        return equal[0]
    if node[0] == "in":
        return ["in", plain(node[1]), [member[1] if isinstance(member, list) else member for member in node[2]]]
    return [plain(item) for item in node]


def answer(dataset, request):
    try:
        found = table(dataset, request)
    except Exception as error:  # whatever the SDK raises is the answer
        return f"{type(error).__name__}: {error}"[:600]
    return [(field.name, str(field.type)) for field in found.schema], plain_rows(found)


def main():
    client = CatalogClient(sys.argv[1])
    for line in sys.stdin:
        order = pathlib.Path(line.rstrip("\n"))
        name, files, requests = pickle.loads(order.read_bytes())
        dataset = client.create_dataset(name)
        for path, layer in files:
            dataset.register([pathlib.Path(path).as_uri()], layer_name=layer).wait()
        answers = order.with_suffix(".answers")
        answers.write_bytes(pickle.dumps([answer(dataset, request) for request in requests]))
        print(answers, flush=True)


if __name__ == "__main__":
    main()
