"""The peers of bench/native.py that are no Rerun servers: Lance, Parquet + DuckDB and ReductStore, holding the frames of the recordings.

usage: peers.py build STORE RECORDINGS lance|parquet|reductstore    fills a store once from the recordings
       peers.py serve STORE lance|parquet|reductstore               answers the steps of native_worker.py

Runs in .venv-peers (bench/setup_peers.sh). Parquet holds the encoded frames only, to spare 5 GB of disk.
"""

import asyncio
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import numpy as np
import pyarrow as pa

import native_rrd
import native_worker as worker

IMU_SCHEMA = pa.schema([("log_time", pa.timestamp("ns")), ("acceleration", pa.list_(pa.float64()))])
FRAME_FIELDS = [("segment", pa.string()), ("log_time", pa.timestamp("ns")), ("t_ns", pa.int64()), ("acceleration_x", pa.float64()),
                ("jpeg", pa.large_binary())]  # fmt: skip
RAW_FIELD = ("raw", pa.large_binary())
ROWS_A_GROUP = 100
REDUCT_BATCH_ROWS = 50  # below the server's limit of bytes a request
REDUCT_BUCKET, REDUCT_ENTRY, REDUCT_TOKEN = "bench", "jpeg", "token"


def _cells(column: pa.Array) -> list[memoryview]:
    return [memoryview(worker.payload(column.slice(row, 1))) for row in range(len(column))]


def frames(recordings: pathlib.Path, raw: bool) -> Iterator[pa.RecordBatch]:
    """All frames of all recordings, ROWS_A_GROUP at a time."""
    schema = pa.schema(FRAME_FIELDS + ([RAW_FIELD] if raw else []))
    for path in sorted(recordings.glob("*.rrd")):
        encoded, buffers, first_x = {}, {}, {}
        for chunk in native_rrd.chunks(path):
            for name, cells in (("EncodedImage:blob", encoded), ("Image:buffer", buffers)):
                column = chunk.column(name)
                if column is not None and (raw or cells is encoded):
                    cells.update(zip(chunk.column("log_time").cast("int64").to_pylist(), _cells(column)))
            scalars = chunk.column("Scalars:scalars")
            if scalars is not None:
                first_x.update(zip(chunk.column("log_time").cast("int64").to_pylist(), (value[0] for value in scalars.to_pylist())))
        times = sorted(encoded)
        for start in range(0, len(times), ROWS_A_GROUP):
            some = times[start : start + ROWS_A_GROUP]
            columns = [
                pa.array([path.stem] * len(some)),
                pa.array(some, pa.timestamp("ns")),
                pa.array(some, pa.int64()),
                pa.array([first_x.get(at) for at in some], pa.float64()),
                pa.array([encoded[at] for at in some], pa.large_binary()),
            ]
            yield pa.record_batch(columns + ([pa.array([buffers[at] for at in some], pa.large_binary())] if raw else []), schema=schema)


def imu(recordings: pathlib.Path) -> Iterator[pa.RecordBatch]:
    for path in sorted(recordings.glob("*.rrd")):
        for chunk in native_rrd.chunks(path):
            scalars = chunk.column("Scalars:scalars")
            if scalars is not None:
                yield pa.record_batch([chunk.column("log_time"), scalars.cast(IMU_SCHEMA.field(1).type)], schema=IMU_SCHEMA)


class Lance:
    def __init__(self, store: pathlib.Path):
        import lance

        self.lance, self.store = lance, store
        if store.exists():
            self.frames, self.samples = lance.dataset(str(store / "frames")), lance.dataset(str(store / "imu"))

    def build(self, recordings):
        batches = frames(recordings, raw=True)
        first = next(batches)
        write = self.lance.write_dataset
        write(pa.RecordBatchReader.from_batches(first.schema, (batch for part in ([first], batches) for batch in part)), str(self.store / "frames"))
        self.lance.dataset(str(self.store / "frames")).create_scalar_index("t_ns", "BTREE")
        write(pa.RecordBatchReader.from_batches(IMU_SCHEMA, imu(recordings)), str(self.store / "imu"))

    def times(self, repeat):
        return _times(lambda: self.frames.to_table(columns=["log_time"])["log_time"].to_numpy(), repeat)

    def frame(self, kind, **chosen):
        column = {"encoded": "jpeg", "raw": "raw"}[kind]
        read = lambda at: self.frames.to_table(columns=[column], filter=f"t_ns = {at}")[column]  # noqa: E731
        return worker.time_frames(read, lambda answer: worker.payload(answer.chunk(0)), **chosen)

    def images(self, keep=False):
        return worker.scan((batch.column(0) for batch in self.frames.to_batches(columns=["jpeg"], batch_size=ROWS_A_GROUP)), keep)

    def imu(self):
        return _rows(lambda: self.samples.to_table(columns=["log_time", "acceleration"]))

    def exceeding(self):
        return _exceeding(lambda: self.frames.to_table(columns=["log_time", "jpeg"], filter=f"acceleration_x > {worker.ACCELERATION_MIN}"), "jpeg")


class Parquet:
    def __init__(self, store: pathlib.Path):
        import duckdb

        self.store, self.database = store, duckdb.connect()
        self.frames, self.samples = f"'{store / 'frames.parquet'}'", f"'{store / 'imu.parquet'}'"

    def build(self, recordings):
        import pyarrow.parquet as pq

        self.store.mkdir(parents=True)
        for name, schema, batches in (("frames", pa.schema(FRAME_FIELDS), frames(recordings, raw=False)), ("imu", IMU_SCHEMA, imu(recordings))):
            with pq.ParquetWriter(self.store / f"{name}.parquet", schema, compression="zstd", use_dictionary=False) as writer:
                if name == "imu":
                    writer.write_table(pa.Table.from_batches(batches))
                else:
                    for batch in batches:
                        writer.write_batch(batch, row_group_size=ROWS_A_GROUP)

    def times(self, repeat):
        return _times(lambda: self.database.execute(f"select log_time from {self.frames}").fetchnumpy()["log_time"], repeat)

    def frame(self, kind, **chosen):
        if kind != "encoded":
            raise NotImplementedError("not stored")
        read = lambda at: self.database.execute(f"select jpeg from {self.frames} where t_ns = {at}").fetchall()[0][0]  # noqa: E731
        return worker.time_frames(read, lambda answer: np.frombuffer(answer, np.uint8), **chosen)

    def images(self, keep=False):
        reader = self.database.sql(f"select jpeg from {self.frames}").to_arrow_reader(ROWS_A_GROUP)
        return worker.scan((batch.column(0) for batch in reader), keep)

    def imu(self):
        return _rows(lambda: self.database.sql(f"select * from {self.samples}").to_arrow_table())

    def exceeding(self):
        query = f"select log_time, jpeg from {self.frames} where acceleration_x > {worker.ACCELERATION_MIN}"
        return _exceeding(lambda: self.database.sql(query).to_arrow_table(), "jpeg")


class ReductStore:
    """The server runs as a child of this process."""

    def __init__(self, store: pathlib.Path):
        from reduct import Client

        program = pathlib.Path(sys.prefix) / "bin/reductstore"
        store.mkdir(parents=True, exist_ok=True)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        environment = {**os.environ, "RS_DATA_PATH": str(store), "RS_HOST": "127.0.0.1", "RS_PORT": str(port), "RS_API_TOKEN": REDUCT_TOKEN}
        self.server = subprocess.Popen([program], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.loop = asyncio.new_event_loop()
        self.client = self.run(self._connect(Client, f"http://127.0.0.1:{port}"))

    def run(self, coroutine):
        return self.loop.run_until_complete(coroutine)

    @staticmethod
    async def _connect(client_class, url):
        client = await client_class(url, api_token=REDUCT_TOKEN).__aenter__()
        for _ in range(100):
            try:
                await client.info()
                return client
            except Exception:
                await asyncio.sleep(0.1)
        raise ConnectionError(f"reductstore does not answer at {url}")

    def close(self):
        self.run(self.client.__aexit__(None, None, None))
        self.server.terminate()
        self.server.wait(30)

    def build(self, recordings):
        self.run(self._build(recordings))

    async def _build(self, recordings):
        from reduct import Batch, BucketSettings

        bucket = await self.client.create_bucket(REDUCT_BUCKET, BucketSettings())
        for rows in frames(recordings, raw=False):
            for start in range(0, rows.num_rows, REDUCT_BATCH_ROWS):
                some, batch = rows.slice(start, REDUCT_BATCH_ROWS), Batch()
                for at, blob in zip(some["t_ns"].to_pylist(), some["jpeg"].to_pylist()):
                    batch.add(at // 1000, blob)
                await bucket.write_batch(REDUCT_ENTRY, batch)

    def frame(self, kind, **chosen):
        if kind != "encoded":
            raise NotImplementedError("not stored")
        bucket = self.run(self.client.get_bucket(REDUCT_BUCKET))

        async def read(at):
            async with bucket.read(REDUCT_ENTRY, at // 1000) as record:
                return await record.read_all()

        return worker.time_frames(lambda at: self.run(read(at)), lambda answer: np.frombuffer(answer, np.uint8), **chosen)

    def images(self, keep=False):
        async def read():
            bucket, blobs, rows, size = await self.client.get_bucket(REDUCT_BUCKET), [], 0, 0
            start = time.perf_counter()
            async for record in bucket.query(REDUCT_ENTRY):
                blob = await record.read_all()
                rows, size = rows + 1, size + len(blob)
                if keep:
                    blobs.append(blob)
            return {"seconds": time.perf_counter() - start, "rows": rows, "bytes": size, "batch_bytes_max": 0}

        return self.run(read())


def _times(read, repeat):
    seconds = []
    for _ in range(repeat):
        start = time.perf_counter()
        values = read()
        seconds.append(time.perf_counter() - start)
    return {"seconds": seconds, "rows": len(values)}


def _rows(read):
    start = time.perf_counter()
    rows = read().num_rows
    return {"seconds": time.perf_counter() - start, "rows": rows}


def _exceeding(read, column):
    before, start = worker.read_bytes(), time.perf_counter()
    table = read()
    seconds = time.perf_counter() - start
    images = sum(worker.touch(chunk) for chunk in table[column].chunks)
    return {"seconds": seconds, "rows": table.num_rows, "images": table.num_rows, "image_bytes": images, "bytes_read": worker.read_bytes() - before}


KINDS = {"lance": Lance, "parquet": Parquet, "reductstore": ReductStore}


def build(peer, place, recordings):
    peer.build(recordings)
    place.with_suffix(".done").write_text("")


def main():
    command, store, *rest = sys.argv[1:]
    place = pathlib.Path(store) / rest[-1]
    if command == "build":
        shutil.rmtree(place, ignore_errors=True)
    peer = KINDS[rest[-1]](place)
    try:
        build(peer, place, pathlib.Path(rest[0])) if command == "build" else worker.serve(peer)
    finally:
        if hasattr(peer, "close"):
            peer.close()


if __name__ == "__main__":
    main()
