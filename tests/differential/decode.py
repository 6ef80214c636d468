"""Answers of redap as plain data that can be compared (see normalise.py for what is left out)."""

import pyarrow as pa

from differential import arrow, protos
from differential.normalise import by_text, is_recorded

# Fields whose values are the server's own affair, by (message, field).
PRIVATE_FIELDS = {
    ("TaskId", "id"): "<task>",
    ("SetSegmentPropertiesResponse", "revision"): "<revision>",
    ("SegmentProperties", "revision"): "<revision>",
    ("VersionResponse", "build_info"): "<build info>",
    ("VersionResponse", "version"): "<version>",
    ("MultipartRequest", "upload_token"): "<token>",
    ("HttpRequest", "url"): "<url>",
    ("ArrowMsg", "compression"): "<compression>",
    ("ArrowMsg", "uncompressed_size"): "<size>",
}
UNORDERED_FIELDS = {"entries", "segments", "asset_segment_ids", "chunks"}


def entry_hex(tuid):
    return f"{tuid.time_ns:016X}{tuid.inc:016x}"


class Decoder:
    def __init__(self, normaliser, call):
        self.normaliser = normaliser
        self.call = call
        self.special = {
            "DataframePart": lambda part: self.table(arrow.read_part(part)),
            "Schema": lambda schema: self.schema(arrow.read_schema(schema)),
            "EntryId": lambda entry: normaliser.number(entry_hex(entry.id)),
            "Tuid": lambda tuid: entry_hex(tuid).lower(),
            "Timestamp": lambda time: normaliser.time(time.seconds * 10**9 + time.nanos),
            "Any": self.any,
            "ArrowMsg": self.chunk,
            "DoBandwidthTestResponse": lambda answer: {"bytes": len(answer.payload)},
            "HttpHeader": lambda header: header.name.lower(),
        }

    def message(self, message):
        special = self.special.get(message.DESCRIPTOR.name)
        if special:
            return special(message)
        name = message.DESCRIPTOR.name
        return {
            field.name: PRIVATE_FIELDS.get((name, field.name)) or self.field(field, value)
            for field, value in message.ListFields()
        }

    def field(self, field, value):
        if field.label != field.LABEL_REPEATED:
            return self.one(field, value)
        if field.message_type and field.message_type.name == "EntryDetails":
            value = [entry for entry in sorted(value, key=lambda entry: entry.name) if self.normaliser.is_own(entry.name)]
        items = [self.one(field, item) for item in value]
        return sorted(items, key=by_text) if field.name in UNORDERED_FIELDS else items

    def one(self, field, value):
        return self.message(value) if field.type == field.TYPE_MESSAGE else self.normaliser.value(value)

    def table(self, table):
        call = self.call
        if call.keep:
            table = table.select([name for name in call.keep if name in table.schema.names])
        if not call.columns_ordered:
            table = table.select(sorted(table.schema.names))
        return self.normaliser.table(table, call.ordered, call.distinct)

    def schema(self, schema):
        return self.normaliser.schema(
            schema if self.call.columns_ordered else pa.schema(sorted(schema, key=lambda field: field.name), schema.metadata)
        )

    def any(self, message):
        inside = protos.message_class(message.type_url.rsplit("/", 1)[-1]).FromString(message.value)
        return {"type_url": message.type_url, **self.message(inside)}

    def chunk(self, message):
        table = arrow.ipc_table(message.payload, message.compression, message.uncompressed_size)
        answer = {
            field.name: self.field(field, value)
            for field, value in message.ListFields()
            if field.name not in ("payload", "compression")
        }
        return {**answer, "uncompressed_size": "<size>", "rows": self.normaliser.table(table, ordered=True)}

    def stream(self, messages):
        """Of a stream of answers only what they say together: rows and chunks may be cut in any way."""
        tables = [part for message in messages for field, part in message.ListFields() if is_part(field)]
        sent = [chunk for message in messages if hasattr(message, "chunks") for chunk in message.chunks]
        chunks = [self.chunk(chunk) for chunk in sent if is_recorded(bytes.fromhex(entry_hex(chunk.chunk_id)))]
        if chunks:
            return {"chunks": sorted(chunks, key=by_text)}
        tables = [arrow.read_part(part) for part in tables]
        if self.call.method == "ScanTable" and not any(table.num_rows for table in tables):
            return {"messages": []}  # the stock server answers nothing at all, ours says which columns there are
        if tables:
            answer = {"rows": self.table(arrow.together(tables))}
            rest = [self.message(without_parts(message)) for message in messages]
            return {**answer, "rest": [item for item in rest if item]}
        if messages and messages[0].DESCRIPTOR.name == "DoBandwidthTestResponse":
            return {"bytes": sum(len(message.payload) for message in messages)}
        answers = [self.message(message) for message in messages]
        return {"messages": sorted((answer for answer in answers if answer), key=by_text)}


def is_part(field):
    return field.message_type is not None and field.message_type.name == "DataframePart" and field.label != field.LABEL_REPEATED


def without_parts(message):
    copy = type(message)()
    copy.CopyFrom(message)
    for field, _ in message.ListFields():
        if is_part(field):
            copy.ClearField(field.name)
    return copy
