"""Writes recordings as RRD with the stock 0.41.0 SDK, whose interpreter runs this script.

stdin: one path a line, of a pickle [(RRD path, segment id, [Chunk…])…]; each is answered with a line "ok" once its files are written.
"""

import pathlib
import pickle
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from rerun.chunk import Chunk, LazyChunkStream  # noqa: E402

from model.arrow_values import record_batch  # noqa: E402


def main() -> None:
    number = 0
    for line in sys.stdin:
        for path, segment, chunks in pickle.loads(pathlib.Path(line.rstrip("\n")).read_bytes()):
            written = []
            for chunk in chunks:
                number += 1
                written += Chunk.from_record_batch(record_batch(chunk, number))
            LazyChunkStream.from_iter(written).write_rrd(path, application_id="model", recording_id=segment)
        print("ok", flush=True)


if __name__ == "__main__":
    main()
