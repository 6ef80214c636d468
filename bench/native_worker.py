"""A contestant's process: it reads steps as lines of JSON from stdin and answers each with one line, so that contestants take turns with
warm caches. Runs in every virtual environment of the benchmark: numpy and pyarrow only."""

import json
import pathlib
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable

import numpy as np
import pyarrow as pa

from timing import FRAME_NS, SEGMENT_NS, START_NS

BLOB = "/compressed_images:EncodedImage:blob"
RAW, RAW_FORMAT = "/raw_images:Image:buffer", "/raw_images:Image:format"
ACCELERATION = "/imu/accel:Scalars:scalars"
ACCELERATION_MIN = 2.3263  # a standard normal value exceeds it in 1 % of rows
PAGE_BYTES = 4096
_SAMPLE_S = 0.002


def picks(segments: int, frames: int, count: int, seed: int) -> list[int]:
    """The log_time, in nanoseconds, of frames at random."""
    random = np.random.default_rng(seed)
    chosen = zip(random.integers(segments, size=count), random.integers(frames, size=count))
    return [START_NS + int(segment) * SEGMENT_NS + int(frame) * FRAME_NS for segment, frame in chosen]


def time_frames(read: Callable, check: Callable, count: int, warm: int, **chosen) -> dict:
    """Seconds of read(log_time) for each of `count` frames, after `warm` others; `check` gives the bytes of an answer, summed into a digest
    that all contestants must agree on."""
    seconds, digest = [], 0
    for argument in picks(count=warm + count, **chosen):
        start = time.perf_counter()
        answer = read(argument)
        seconds.append(time.perf_counter() - start)
        data = check(answer)
        digest = (digest * 31 + int(data[::97].astype(np.uint64).sum()) + len(data)) % (1 << 61)
    return {"seconds": seconds[warm:], "bytes": len(data), "digest": digest}


def payload(array: pa.Array) -> np.ndarray:
    """The bytes of a column of binary cells or (nested) lists of uint8, as a view."""
    begin, end = array.offset, array.offset + len(array)
    while True:
        kind = array.type
        if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
            offsets = np.frombuffer(array.buffers()[1], np.int32 if pa.types.is_binary(kind) else np.int64)
            return np.frombuffer(array.buffers()[2], np.uint8)[offsets[begin] : offsets[end]] if end > begin else np.empty(0, np.uint8)
        if not (pa.types.is_list(kind) or pa.types.is_large_list(kind)):
            data = array.buffers()[1]
            return np.empty(0, np.uint8) if data is None else np.frombuffer(data, np.uint8)[begin:end]
        if end == begin:
            return np.empty(0, np.uint8)
        offsets = np.frombuffer(array.buffers()[1], np.int32 if pa.types.is_list(kind) else np.int64)
        array = array.values
        begin, end = int(offsets[begin]) + array.offset, int(offsets[end]) + array.offset


def touch(array: pa.Array) -> int:
    """Reads one byte of every page of the column, so that nobody wins by not having read it. Returns its bytes."""
    data = payload(array)
    data[::PAGE_BYTES].sum()
    return len(data)


def scan(columns: Iterable[pa.Array], keep: bool = False) -> dict:
    """Consumes the batches of a column; `keep` holds them to the end."""
    start = time.perf_counter()
    kept, rows, size, largest = [], 0, 0, 0
    for column in columns:
        batch_bytes = touch(column)
        rows, size, largest = rows + len(column), size + batch_bytes, max(largest, batch_bytes)
        if keep:
            kept.append(column)
    return {"seconds": time.perf_counter() - start, "rows": rows, "bytes": size, "batch_bytes_max": largest}


def _status(*names: str) -> list[int]:
    values = dict(line.split(":", 1) for line in pathlib.Path("/proc/self/status").read_text().splitlines())
    return [int(values[name].split()[0]) * 1024 for name in names]


class MemoryWatch:
    """The high-water mark of this process while it is entered: all resident pages, and of them those that are no file's."""

    def __enter__(self):
        pathlib.Path("/proc/self/clear_refs").write_text("5")  # resets VmHWM
        self.rss_before, self.anonymous_before = _status("VmRSS", "RssAnon")
        self.anonymous_peak, self.done = self.anonymous_before, threading.Event()
        self.thread = threading.Thread(target=self._sample, daemon=True)
        self.thread.start()
        return self

    def _sample(self):
        while not self.done.wait(_SAMPLE_S):
            self.anonymous_peak = max(self.anonymous_peak, *_status("RssAnon"))

    def __exit__(self, *_):
        self.done.set()
        self.thread.join()
        (self.rss_peak,) = _status("VmHWM")

    def above(self, answer_bytes: int) -> dict:
        return {
            "rss_above": self.rss_peak - self.rss_before - answer_bytes,
            "anonymous_above": self.anonymous_peak - self.anonymous_before - answer_bytes,
            "rss_before": self.rss_before,
            "rss_peak": self.rss_peak,
        }


def read_bytes() -> int:
    """Bytes that this process got from read calls so far; pages of mapped files are not among them."""
    return int(pathlib.Path("/proc/self/io").read_text().split("rchar:")[1].split()[0])


def serve(steps: object) -> None:
    """Answers `{"step": NAME, "arguments": {…}}` lines with what the method of that name returns, or with {"error": …}."""
    answers = sys.stdout
    sys.stdout = sys.stderr
    print(json.dumps({"ready": True}), file=answers, flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = getattr(steps, request["step"])(**request["arguments"])
        except Exception as error:  # a contestant that cannot do a step says so in the table; the others go on
            traceback.print_exc()
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=answers, flush=True)
