"""The engine under test, through the Python package: embedded in this process, or in a server of this process over a socket."""

from __future__ import annotations

import pathlib
from typing import Any

import numpy as np
import pyarrow as pa

import mutoscope.catalog
import mutoscope.server

from .arrow_values import arrow_expression
from .data import Request


class Engine:
    """A server in this process with an embedded client and a remote one."""

    def __init__(self, data: pathlib.Path) -> None:
        self.server = mutoscope.server.Server(data_dir=data)
        self.clients = {"embedded": self.server.client(), "remote": mutoscope.catalog.CatalogClient(self.server.url())}

    def register(self, name: str, files: list[tuple[pathlib.Path, str]]) -> dict[str, Any]:
        """The dataset of these (RRD, layer) as each client sees it."""
        dataset = self.clients["embedded"].create_dataset(name)
        dataset.register([path.as_uri() for path, _ in files], layer_name=[layer for _, layer in files]).wait()
        return {"embedded": dataset, "remote": self.clients["remote"].get_dataset(name)}

    def __enter__(self) -> "Engine":
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()


def raw(values: list[int]) -> np.ndarray:
    return np.array(values, dtype=np.int64)


def query(dataset: Any, request: Request) -> pa.Table:
    """The engine's answer."""
    asked = request.index_values
    values = {segment: raw(of_segment) for segment, of_segment in asked.items()} if isinstance(asked, dict) else None if asked is None else raw(asked)
    part = dataset if request.segments is None else dataset.filter_segments(request.segments)
    for rules in request.contents:
        part = part.filter_contents(rules)
    reader = part.query(
        request.index,
        columns=request.columns,
        where=None if request.filter is None else arrow_expression(request.filter),
        fill_latest_at=request.fill_latest_at,
        include_tombstone_columns=request.include_tombstone_columns,
        include_semantically_empty_columns=request.include_semantically_empty_columns,
        using_index_values=values,
        limit=request.limit,
    )
    return reader.read_all()
