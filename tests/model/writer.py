"""The stock SDK as a writer of RRD files, one process for many recordings; unfinished ones we write ourselves."""

from __future__ import annotations

import itertools
import pathlib
import pickle
import subprocess

from support import sdk
from support.rrd_writer import write_unfinished

from .arrow_values import record_batch
from .data import Dataset

OWN_CHUNKS_FIRST = 2**40  # the SDK's process counts from 1; chunk ids are unique


class SdkWriter:
    """Writes datasets with rerun-sdk 0.41.0 in a process of its own."""

    def __init__(self, work: pathlib.Path) -> None:
        self.work = pathlib.Path(work)
        self.chunk_numbers = itertools.count(OWN_CHUNKS_FIRST)
        script = pathlib.Path(__file__).with_name("sdk_writer.py")
        self.stderr = open(self.work / "writer_stderr.txt", "w+")
        self.process = sdk.start("0.41.0", script, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.stderr, bufsize=1)

    def write(self, datasets: list[Dataset], names: list[str]) -> list[list[tuple[pathlib.Path, str]]]:
        """For each dataset the (path, layer name) of its recordings, at work/<name>_<number>.rrd."""
        files = [
            [(self.work / f"{name}_{number}.rrd", layer.name) for number, layer in enumerate(dataset)] for name, dataset in zip(names, datasets)
        ]
        layers = [(layer, path) for dataset, paths in zip(datasets, files) for layer, (path, _) in zip(dataset, paths)]
        for layer, path in layers:
            if layer.unfinished:
                batches = [record_batch(chunk, next(self.chunk_numbers)) for chunk in layer.chunks]
                write_unfinished(path, "model", layer.segment, batches)
        jobs = [(str(path), layer.segment, layer.chunks) for layer, path in layers if not layer.unfinished]
        order = self.work / "order.pickle"
        order.write_bytes(pickle.dumps(jobs))
        self.process.stdin.write(f"{order}\n")
        answer = self.process.stdout.readline()
        if answer != "ok\n":
            raise AssertionError(f"the SDK did not write {names}: {answer!r}\n{self.stderr_tail()}")
        return files

    def stderr_tail(self) -> str:
        self.process.wait(10)
        self.stderr.seek(0)
        return self.stderr.read()[-4000:]

    def __enter__(self) -> "SdkWriter":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.stdin.close()
        self.process.wait(30)
        self.process.stdout.close()
        self.stderr.close()
