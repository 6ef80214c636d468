"""A few calls about tables; prints what came back as JSON.

usage: tables_client.py URL create NAME       the table that tables_writer.py writes
       tables_client.py URL rows NAME         number of rows, and of distinct keys
       tables_client.py URL all NAME          all rows
       tables_client.py URL register NAME FILE_URL
       tables_client.py URL append|upsert|overwrite NAME JSON_COLUMNS
       tables_client.py URL rename NAME NEW_NAME
       tables_client.py URL delete NAME
"""

import json
import sys

import pyarrow as pa
from rerun.catalog import CatalogClient

SCHEMA = pa.schema([pa.field("k", pa.string(), metadata={"rerun:is_table_index": "true"}), pa.field("writer", pa.int64()), pa.field("payload", pa.binary())])


def answer(client, command, name, *rest):
    if command == "create":
        return client.create_table(name, SCHEMA).storage_url
    if command == "register":
        return client.register_table(name, *rest).storage_url
    table = client.get_table(name)
    if command == "rows":
        keys = pa.table(table.reader()).column("k").to_pylist()
        return [len(keys), len(set(keys))]
    if command == "all":
        return pa.table(table.reader()).to_pylist()
    if command == "rename":
        return table.set_name(*rest)
    if command == "delete":
        return table.delete()
    return getattr(table, command)(**json.loads(rest[0]))


try:
    print(json.dumps(answer(CatalogClient(sys.argv[1]), *sys.argv[2:]), default=str))
except Exception as error:  # noqa: BLE001 the type and the text are the answer
    print(json.dumps({"error": type(error).__name__, "text": str(error)}))
