"""Arrow data in messages, both ways."""

import pyarrow as pa

LZ4 = 2


def ipc(schema, batches=()):
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema) as stream:
        for batch in batches:
            stream.write_batch(batch)
    return sink.getvalue().to_pybytes()


def schema(fields):
    """common.Schema of a pyarrow schema or of {name: type}."""
    return {"arrow_schema": ipc(as_schema(fields))}


def as_schema(fields):
    if isinstance(fields, pa.Schema):
        return fields
    return pa.schema([(name, getattr(pa, kind)() if isinstance(kind, str) else kind) for name, kind in fields.items()])


def batch(columns, fields=None):
    if isinstance(columns, pa.RecordBatch):
        return columns
    if fields is None:
        return pa.RecordBatch.from_pydict(columns)
    return pa.RecordBatch.from_pydict(columns, schema=as_schema(fields))


def part(columns, fields=None, lz4=False, **overrides):
    """common.DataframePart of one batch."""
    rows = batch(columns, fields)
    content = ipc(rows.schema, [rows])
    size = len(content)
    if lz4:
        content = pa.Codec("lz4_raw").compress(content, asbytes=True)
    return {"encoder_version": 1, "payload": content, "compression": LZ4 if lz4 else 1, "uncompressed_size": size, **overrides}


def read_part(message):
    return ipc_table(message.payload, message.compression, message.uncompressed_size)


def read_schema(message):
    return pa.ipc.open_stream(message.arrow_schema).schema


def ipc_table(payload, compression, uncompressed_size):
    if compression == LZ4:
        payload = pa.Codec("lz4_raw").decompress(payload, uncompressed_size)
    return pa.ipc.open_stream(payload).read_all()


def together(tables):
    """One table of parts that have the same columns, but for their order and metadata."""
    assert all(set(table.schema.names) == set(tables[0].schema.names) for table in tables), [table.schema for table in tables]
    return pa.concat_tables([tables[0], *(table.select(tables[0].schema.names).cast(tables[0].schema) for table in tables[1:])])


def row_ids(count, seed=0):
    return pa.array([(0x18EA604BF736E21E << 64 | seed << 32 | at).to_bytes(16, "big") for at in range(count)], pa.binary(16))


def chunk(segment, entity="/w", times=(0, 1), values=(0.5, 1.5), identifier=1, timeline="frame", **metadata):
    """common.RerunChunk of scalars, for WriteChunks; metadata that is None is left out."""
    row_id = {
        "rerun:kind": "control",
        "ARROW:extension:name": "rerun.datatypes.TUID",
        "ARROW:extension:metadata": '{"namespace":"row"}',
    }
    component = {
        "rerun:kind": "data",
        "rerun:component": "Scalars:scalars",
        "rerun:archetype": "rerun.archetypes.Scalars",
        "rerun:component_type": "rerun.components.Scalar",
    }
    fields = [pa.field("rerun.controls.RowId", pa.binary(16), nullable=False, metadata=row_id)]
    columns = [row_ids(len(values), identifier)]
    if times is not None:
        fields.append(pa.field(timeline, pa.int64(), metadata={"rerun:kind": "index", "rerun:index_name": timeline}))
        columns.append(pa.array(times, pa.int64()))
    fields.append(pa.field("Scalars:scalars", pa.list_(pa.float64()), metadata=component))
    columns.append(pa.array([[value] for value in values], pa.list_(pa.float64())))
    texts = {
        "rerun:id": f"chunk_18EA604BF736E21E{identifier:016x}",
        "rerun:entity_path": entity,
        "sorbet:version": "0.1.3",
        "rerun:segment_id": segment,
        **{key.replace("__", ":"): text for key, text in metadata.items()},
    }
    schema = pa.schema(fields, metadata={key: text for key, text in texts.items() if text is not None})
    return {"encoder_version": 1, "payload": ipc(schema, [pa.RecordBatch.from_arrays(columns, schema=schema)])}
