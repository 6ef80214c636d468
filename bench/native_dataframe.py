"""Rerun's client and ours as contestants of bench/native.py: one API, so one program. Answers the steps of native_worker.py.

usage: native_dataframe.py rerun URL DATASET            the stock client (.venv-sdk41)
       native_dataframe.py remote URL DATASET           ours, on a server
       native_dataframe.py embedded DATA_DIR DATASET    ours, the server in this process
With --register DIRECTORY the recordings are registered first, and the answer to "ready" comes when that is done.
"""

import argparse
import pathlib
import re
import time

import numpy as np
import pyarrow as pa
from datafusion import col, lit

import native_worker as worker

INDEX = "log_time"


def connect(args):
    """The client, and what must be kept alive for it."""
    if args.who == "rerun":
        from rerun.catalog import CatalogClient

        return CatalogClient(args.place), None
    import mutoscope as rr

    if args.who == "remote":
        return rr.catalog.CatalogClient(args.place), None
    server = rr.server.Server(host="127.0.0.1", data_dir=args.place)
    return server.client(), server


class Steps:
    def __init__(self, dataset):
        self.dataset = dataset
        self.images_reader = dataset.filter_contents(["/compressed_images/**", "/raw_images/**"]).reader(index=INDEX)

    def times(self, repeat):
        seconds = []
        for _ in range(repeat):
            start = time.perf_counter()
            values = pa.table(self.images_reader.select(INDEX))[INDEX].to_numpy()
            seconds.append(time.perf_counter() - start)
        return {"seconds": seconds, "rows": len(values)}

    def frame(self, kind, **chosen):
        columns = {"encoded": [worker.BLOB], "raw": [worker.RAW, worker.RAW_FORMAT]}[kind]

        def read(at):
            literal = lit(pa.scalar(np.datetime64(at, "ns")))
            return pa.table(self.images_reader.filter(col(INDEX) == literal).select(*columns))

        return worker.time_frames(read, lambda table: worker.payload(table[columns[0]].combine_chunks()), **chosen)

    def cell(self, kind, copied=False, **chosen):
        column = {"encoded": worker.BLOB, "raw": worker.RAW}[kind]

        def read(at):
            cell = self.dataset.cell(column, index=INDEX, at=np.datetime64(at, "ns"))
            return worker.payload(cell).copy() if copied else cell

        return worker.time_frames(read, lambda answer: answer if copied else worker.payload(answer), **chosen)

    def images(self, keep=False):
        return worker.scan(self._image_columns(), keep)

    def _image_columns(self):
        contents = self.dataset.filter_contents(["/compressed_images/**"])
        if hasattr(contents, "query"):
            for batch in contents.query(index=INDEX, columns=[worker.BLOB]):
                yield batch.column(0)
        else:
            yield from self._image_columns_by_datafusion()

    def _image_columns_by_datafusion(self):
        contents = self.dataset.filter_contents(["/compressed_images/**"])
        for batch in contents.reader(index=INDEX).select(worker.BLOB).execute_stream():
            yield batch.to_pyarrow().column(0)

    def images_by_datafusion(self, keep=False):
        return worker.scan(self._image_columns_by_datafusion(), keep)

    def imu(self):
        start = time.perf_counter()
        rows = pa.table(self.dataset.filter_contents(["/imu/**"]).reader(index=INDEX)).num_rows
        return {"seconds": time.perf_counter() - start, "rows": rows}

    def imu_by_query(self):
        start = time.perf_counter()
        rows = self.dataset.filter_contents(["/imu/**"]).query(index=INDEX).read_all().num_rows
        return {"seconds": time.perf_counter() - start, "rows": rows}

    def exceeding(self, only_images=False):
        """Rows whose first acceleration exceeds the bound, with the image of each; `only_images`: of those that have one."""
        contents = self.dataset.filter_contents(["/imu/**", "/compressed_images/**"])
        if hasattr(contents, "query"):
            return self._exceeding(lambda: contents.query(**self._asked(only_images)).read_all())
        frame = contents.reader(index=INDEX).filter(col(f'"{worker.ACCELERATION}"')[0] > lit(worker.ACCELERATION_MIN))
        if only_images:
            frame = frame.filter(col(f'"{worker.BLOB}"').is_not_null())
        return self._exceeding(lambda: pa.table(frame.select(INDEX, worker.BLOB)))

    def exceeding_bytes(self, only_images=False):
        """What ours says that it read of the recordings for it; to be asked of a process whose caches are empty."""
        contents = self.dataset.filter_contents(["/imu/**", "/compressed_images/**"])
        text = contents.explain(**self._asked(only_images), run=True)
        return {"bytes_read": int(re.search(r"read: (\d+) bytes", text)[1]), "explained": text}

    @staticmethod
    def _asked(only_images):
        import pyarrow.compute as pc

        where = pc.list_element(pc.field(worker.ACCELERATION), 0) > worker.ACCELERATION_MIN
        if only_images:
            where = where & pc.field(worker.BLOB).is_valid()
        return {"index": INDEX, "columns": [INDEX, worker.BLOB], "where": where}

    @staticmethod
    def _exceeding(read):
        start = time.perf_counter()
        table = read()
        seconds = time.perf_counter() - start
        column = table[worker.BLOB]
        size = sum(worker.touch(chunk) for chunk in column.chunks)
        return {"seconds": seconds, "rows": table.num_rows, "images": len(column) - column.null_count, "image_bytes": size}

    def memory(self, keep):
        """The high-water mark of a full scan above the answer: above the largest batch, or with `keep` above all of it."""
        with worker.MemoryWatch() as watch:
            answer = self.images(keep)
        return {**answer, **watch.above(answer["bytes"] if keep else answer["batch_bytes_max"])}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("who", choices=["rerun", "remote", "embedded"])
    parser.add_argument("place")
    parser.add_argument("dataset")
    parser.add_argument("--register", type=pathlib.Path)
    args = parser.parse_args()
    client, server = connect(args)
    if args.register:
        client.create_dataset(args.dataset).register_prefix(args.register.as_uri()).wait()
    worker.serve(Steps(client.get_dataset(args.dataset)))
    if server is not None:
        server.shutdown()


if __name__ == "__main__":
    main()
