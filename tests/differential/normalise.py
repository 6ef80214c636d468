"""Makes the answers of two servers comparable: what may differ is replaced by a word, and what has no order is sorted.

Only needs pyarrow: the processes of the stock SDKs use it as well.
"""

import json
import math
import re
import time

import pyarrow as pa

ENTRY_ID = re.compile(r"(?<!chunk_)\b([0-9A-F]{16}[0-9a-f]{16})\b|(?<=__bp_)([0-9A-Fa-f]{32})|(?<=__as_)([0-9A-Fa-f]{32})")
SERVER_URL = re.compile(r"\b((?:rerun\+)?http)://(?:127\.0\.0\.1|localhost):\d+")
OWN_URL = re.compile(r"file:///?(?!/?<files>)[^\s'\",)\]]+")
TASK_ID = re.compile(r"\btask_[0-9A-Za-z]+")
DAY_NS = 24 * 3600 * 10**9
# Columns whose values only mean something to the server that made them.
PRIVATE_COLUMNS = {"rerun_task_id": "<task>", "task_id": "<task>", "chunk_key": "<key>"}
# Sizes as stored: the stock server keeps other bytes than ours.
SIZE_COLUMNS = {"chunk_byte_len", "chunk_byte_size", "chunk_byte_size_uncompressed", "chunk_byte_offset", "rerun_size_bytes"}
PRIVATE_METADATA = {"sorbet:version"}
NO_ID = "0" * 32  # which the list of entries has in its own table
HOUR_NS = 3600 * 10**9
WRITTEN_CHUNK = "18EA604BF736E21E"  # the first half of the ids of arrow.chunk()


def by_text(item):
    return json.dumps(item, sort_keys=True, default=str)


def is_recorded(chunk_id):
    """Whether a chunk is of a recording: its id has the time when the test wrote it. Our server adds chunks of its own making."""
    time_ns = int.from_bytes(chunk_id[:8], "big")
    return abs(time.time_ns() - time_ns) < 2 * HOUR_NS or chunk_id[:8].hex().upper() == WRITTEN_CHUNK


class Normaliser:
    """Of one case on one server: ids are numbered as they appear."""

    def __init__(self, prefix, files):
        self.prefix = prefix
        self.files = str(files)
        self.ids = {}
        self.numbers_new = True
        self.started_ns = time.time_ns() - DAY_NS

    def number(self, hexadecimal):
        if not self.numbers_new:
            return f"#{self.ids.get(hexadecimal.lower(), 'new')}"
        return f"#{self.ids.setdefault(hexadecimal.lower(), len(self.ids) + 1)}"

    def text(self, text):
        text = text.replace(self.files, "<files>").replace(self.prefix, "@")
        text = OWN_URL.sub("<own url>", SERVER_URL.sub(r"\1://<server>", text))
        return ENTRY_ID.sub(lambda found: self.number(found[0]), TASK_ID.sub("<task>", text))

    def time(self, nanoseconds):
        """Times of the test run are all the same."""
        return "<now>" if self.started_ns < nanoseconds < time.time_ns() + DAY_NS else nanoseconds

    def value(self, value):
        """A Python value as JSON has it."""
        if isinstance(value, dict):
            return {self.text(str(key)): self.value(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.value(item) for item in value]
        if isinstance(value, (bytes, bytearray, memoryview)):
            return "0x" + bytes(value).hex()
        if isinstance(value, float) and (math.isnan(value) or math.isinf(value)):
            return str(value)
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, (int, float, bool, type(None))):
            return value
        return self.text(str(value))

    def cell(self, name, scalar):
        if not scalar.is_valid:
            return None
        if pa.types.is_timestamp(scalar.type) or pa.types.is_duration(scalar.type):
            return self.time(scalar.value) if pa.types.is_timestamp(scalar.type) else scalar.value
        if name == "id" and scalar.type == pa.binary(16):
            return self.number(scalar.as_py().hex())
        if name in PRIVATE_COLUMNS:
            return PRIVATE_COLUMNS[name]
        if name in SIZE_COLUMNS:
            return "<size>"
        return self.value(scalar.as_py())

    def metadata(self, metadata):
        texts = {key.decode(): value.decode("utf-8", "replace") for key, value in (metadata or {}).items()}
        return {key: self.text(value) for key, value in sorted(texts.items()) if key not in PRIVATE_METADATA}

    def schema(self, schema):
        fields = [[field.name, str(field.type), field.nullable, self.metadata(field.metadata)] for field in schema]
        return {"fields": fields, "metadata": self.metadata(schema.metadata)}

    def table(self, table, ordered=False, distinct=False):
        """Schema and rows; rows in a fixed order unless theirs has a meaning. Of the list of entries only the case's own."""
        if {"entry_kind", "name"} <= set(table.schema.names):
            table = self.own_entries(table)
        if "chunk_id" in table.schema.names:
            recorded = [is_recorded(chunk) for chunk in table.column("chunk_id").to_pylist()]
            table = table.filter(pa.array(recorded, pa.bool_()))
        rows = [
            [self.cell(name, column[at]) for name, column in zip(table.schema.names, table.columns)]
            for at in range(table.num_rows)
        ]
        if distinct:
            rows = list({by_text(row): row for row in rows}.values())
        return {**self.schema(table.schema), "rows": rows if ordered else sorted(rows, key=by_text)}

    def own_entries(self, table):
        names = table.column("name").to_pylist()
        return table.take(sorted((at for at, name in enumerate(names) if self.is_own(name)), key=names.__getitem__))

    def is_own(self, name):
        """Whether an entry is of this case: other cases' entries are on the same server."""
        if name.startswith(self.prefix) or name == "__entries":
            return True
        return name[:5] in ("__bp_", "__as_") and name[5:].lower() in self.ids and name[5:] != NO_ID
