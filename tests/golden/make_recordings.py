"""Writes the abstract recordings of golden.json as RRD files. Runs inside the 0.36.3 SDK.

usage: make_recordings.py golden.json OUT
"""

import json
import pathlib
import sys

import pyarrow as pa

try:
    from rerun.chunk import Chunk, LazyChunkStream
except ImportError:  # 0.36
    from rerun.experimental import Chunk, LazyChunkStream

INDEX_TYPES = {"sequence": pa.int64(), "timestamp": pa.timestamp("ns"), "duration": pa.duration("ns")}
CELL_TYPES = {"f64": pa.float64(), "bool": pa.bool_(), "i64": pa.int64(), "str": pa.utf8()}
TUID_TIME = 0x18EA5FC500000000


def row_id_column(rows):
    ids = [TUID_TIME.to_bytes(8, "big") + row[0].to_bytes(8, "big") for row in rows]
    metadata = {"rerun:kind": "control", "ARROW:extension:name": "rerun.datatypes.TUID", "ARROW:extension:metadata": '{"namespace":"row"}'}
    if ids == sorted(ids):
        metadata["rerun:is_sorted"] = "true"
    return pa.field("rerun.controls.RowId", pa.binary(16), False, metadata), pa.array(ids, pa.binary(16))


def index_column(name, kind, rows):
    values = [row[1][name] for row in rows]
    metadata = {"rerun:kind": "index", "rerun:index_name": name}
    if values == sorted(values):
        metadata["rerun:is_sorted"] = "true"
    return pa.field(name, INDEX_TYPES[kind], True, metadata), pa.array(values, pa.int64()).cast(INDEX_TYPES[kind])


def component_column(name, chunk):
    datatype = pa.list_(CELL_TYPES[chunk["types"].get(name, "f64")])
    metadata = {"rerun:kind": "data", "rerun:component": name}
    if name in chunk["archetypes"]:
        metadata["rerun:archetype"] = chunk["archetypes"][name]
    if chunk["static"]:
        metadata["rerun:is_static"] = "true"
    if name == "Clear:is_recursive":
        metadata["rerun:component_type"] = "rerun.components.ClearIsRecursive"
    return pa.field(name, datatype, True, metadata), pa.array([row[2].get(name) for row in chunk["rows"]], datatype)


def record_batch(chunk, number):
    columns = [row_id_column(chunk["rows"])]
    columns += [index_column(name, kind, chunk["rows"]) for name, kind in chunk["timelines"].items()]
    columns += [component_column(name, chunk) for name in chunk["rows"][0][2]]
    metadata = {"sorbet:version": "0.1.3", "rerun:entity_path": chunk["entity"], "rerun:id": f"chunk_{TUID_TIME:016X}{number:016x}"}
    return pa.RecordBatch.from_arrays([array for _, array in columns], schema=pa.schema([field for field, _ in columns], metadata))


def main(golden_path, out):
    number = 0
    for name, recording in json.loads(pathlib.Path(golden_path).read_text())["recordings"].items():
        chunks = []
        for chunk in recording["chunks"]:
            number += 1
            chunks += Chunk.from_record_batch(record_batch(chunk, number))
        path = str(pathlib.Path(out) / f"{name}.rrd")
        LazyChunkStream.from_iter(chunks).write_rrd(path, application_id="golden", recording_id=recording["segment"])


if __name__ == "__main__":
    main(*sys.argv[1:])
