"""Replays one random query of the model test, or all of a seed.

usage: python -m tests.model.replay SEED [QUERY] [--queries 64] [--minimise] [--remote] [--stock]

Prints the recordings, the request, the model's answer, and how the engine's differs. --minimise drops what does not matter first.
--stock asks the stock client on a stock server as well and says whether rulings.md calls it wrong there.
"""

from __future__ import annotations

import argparse
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from model import stock  # noqa: E402
from model.arrow_values import plain_rows, table_of  # noqa: E402
from model.cases import dataset_of, described, request_of  # noqa: E402
from model.data import Dataset, Request  # noqa: E402
from model.rules import answer  # noqa: E402
from model.writer import SdkWriter  # noqa: E402
from support.servers import StockServer  # noqa: E402


def show(dataset: Dataset, request: Request) -> None:
    expected = answer(dataset, request)
    print(described(dataset, request))
    print(f"model: {[name for name, _ in expected.columns]}")
    for row in plain_rows(table_of(expected)):
        print(f"  {row}")


def replay(arguments: argparse.Namespace, work: pathlib.Path) -> bool:
    """True if every query agrees."""
    from model.check import Minimiser  # needs the built package, which --stock alone does not
    from model.engine import Engine

    dataset = dataset_of(arguments.seed)
    agree = True
    with SdkWriter(work) as writer, Engine(work / "data") as engine:
        tried = Minimiser(writer, engine, "remote" if arguments.remote else "embedded")
        for number in range(arguments.queries) if arguments.query is None else [arguments.query]:
            shown, request = dataset, request_of(arguments.seed, number, dataset)
            text = tried.failure(dataset, request)
            if text is not None and arguments.minimise:
                shown, request = tried.minimised(dataset, request)
                text = tried.failure(shown, request)
            if text is not None or arguments.query is not None:
                print(f"--- seed {arguments.seed} query {number}")
                show(shown, request)
                print(f"engine: {text or 'agrees'}")
            agree = agree and text is None
    return agree


def replay_stock(arguments: argparse.Namespace, work: pathlib.Path) -> None:
    dataset = dataset_of(arguments.seed)
    request = stock.request_for_stock(request_of(arguments.seed, arguments.query or 0, dataset))
    with SdkWriter(work) as writer:
        (files,) = writer.write([dataset], ["stock"])
    with StockServer("0.41.0") as server, stock.StockClient(server.url, work) as client:
        (found,) = client.answers(files, [request])
    print(f"stock ({stock.why_wrong(dataset, request) or 'has to agree'}):")
    for line in [found] if isinstance(found, str) else [[name for name, _ in found[0]], *found[1]]:
        print(f"  {line}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("seed", type=int)
    parser.add_argument("query", type=int, nargs="?")
    parser.add_argument("--queries", type=int, default=64, help="how many of the seed, if QUERY is not given")
    for flag in ("--minimise", "--remote", "--stock"):
        parser.add_argument(flag, action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        if arguments.stock:
            replay_stock(arguments, pathlib.Path(work))
        sys.exit(0 if replay(arguments, pathlib.Path(work)) else 1)


if __name__ == "__main__":
    main()
