"""What the machine allows: the same bytes by pread or memcpy, and the bytes of the recordings that hold an answer.

usage: native_limits.py RECORDINGS                answers steps as the contestants do
"""

import os
import pathlib
import sys
import time

import numpy as np

import native_rrd
import native_worker as worker

PIECE_BYTES = 8 << 20
WARM_READS = 20


class Limits:
    def __init__(self, recordings: pathlib.Path):
        self.paths = sorted(recordings.glob("*.rrd"))[:20]

    def pread(self, size, count):
        """Seconds of `count` reads of `size` bytes at random places into one buffer."""
        random, buffer, seconds = np.random.default_rng(1), bytearray(size), []
        files = [os.open(path, os.O_RDONLY) for path in self.paths]
        places = [int(random.integers(max(os.fstat(file).st_size - size, 1))) for file in files]
        for number in range(WARM_READS + count):
            file = files[number % len(files)]
            places[number % len(files)] = place = (places[number % len(files)] * 7919 + 13) % max(os.fstat(file).st_size - size, 1)
            start = time.perf_counter()
            os.preadv(file, [buffer], place)
            seconds.append(time.perf_counter() - start)
        for file in files:
            os.close(file)
        return {"seconds": seconds[WARM_READS:]}

    def stream(self, size):
        """Seconds to pread `size` bytes, piece by piece into one buffer."""
        buffer, left = memoryview(bytearray(PIECE_BYTES)), size
        start = time.perf_counter()
        for path in self.paths:
            file = os.open(path, os.O_RDONLY)
            while left > 0:
                read = os.preadv(file, [buffer[: min(left, PIECE_BYTES)]], os.lseek(file, 0, os.SEEK_CUR))
                if read == 0:
                    break
                os.lseek(file, read, os.SEEK_CUR)
                left -= read
            os.close(file)
        return {"seconds": time.perf_counter() - start, "bytes": size - left}

    def memcpy(self, size, repeat):
        """Seconds to copy `size` bytes between two buffers that exist."""
        source, target, seconds = np.ones(size, np.uint8), np.zeros(size, np.uint8), []
        for _ in range(repeat):
            start = time.perf_counter()
            np.copyto(target, source)
            seconds.append(time.perf_counter() - start)
        return {"seconds": seconds}

    def prefixes(self):
        """Stored bytes that hold the answer to `exceeding`: of each chunk it needs, the prefix up to the last cell it needs."""
        exceeding, prefix_bytes, verbatim_bytes, images = set(), 0, 0, 0
        for path in self.paths:
            for chunk in native_rrd.chunks(path):
                scalars = chunk.column("Scalars:scalars")
                if scalars is None:
                    continue
                prefix = native_rrd.stored_prefix(chunk, native_rrd.end_in_plain(chunk, scalars, len(scalars) - 1))
                prefix_bytes, verbatim_bytes = prefix_bytes + prefix, verbatim_bytes + prefix
                first = scalars.values.to_numpy()[scalars.offsets.to_numpy()[:-1]]
                exceeding.update(chunk.column("log_time").cast("int64").to_numpy()[first > worker.ACCELERATION_MIN].tolist())
        for path in self.paths:
            for chunk in native_rrd.chunks(path):
                blobs = chunk.column("EncodedImage:blob")
                if blobs is None:
                    continue
                rows = [row for row, at in enumerate(chunk.column("log_time").cast("int64").to_pylist()) if at in exceeding]
                if rows:
                    prefix_bytes += native_rrd.stored_prefix(chunk, native_rrd.end_in_plain(chunk, blobs, rows[-1]))
                    verbatim_bytes += sum(len(worker.payload(blobs.slice(row, 1))) for row in rows)
                    images += len(rows)
        return {"prefix_bytes": prefix_bytes, "verbatim_bytes": verbatim_bytes, "rows": len(exceeding), "images": images}


if __name__ == "__main__":
    worker.serve(Limits(pathlib.Path(sys.argv[1])))
