"""Tables: creating, describing, writing in every mode, scanning; the list of entries as a table."""

import pyarrow as pa

from differential import arrow
from differential.cases import Call, Together, by_id, case, dataset, table

APPEND, OVERWRITE, REPLACE, UPDATE = 1, 2, 3, 4
KEYED = pa.schema([pa.field("key", pa.int64(), metadata={"rerun:is_table_index": "true"}), pa.field("value", pa.string())])
PAIR = {"key": "int64", "value": "string"}


def write(*parts, mode=APPEND, entry="table"):
    return Call("WriteTable", [{"dataframe_part": part, "insert_mode": mode} for part in parts], by_id(entry))


def scan(entry="table", **options):
    return Call("ScanTable", {"table_id": f"${entry}.id"}, by_id(entry), **options)


def schema(entry="table"):
    return Call("GetTableSchema", {"table_id": f"${entry}.id"}, by_id(entry))


def read(entry="table"):
    return Call("ReadTableEntry", {"id": f"${entry}.id"}, by_id(entry))


def rows(keys, values, fields=PAIR, **options):
    return arrow.part({"key": keys, "value": values}, fields, **options)


def any_of(name, content=None, url="/rerun.cloud.v1alpha1."):
    from differential import protos

    return {"type_url": f"{url}{name}", "value": protos.build(f"{protos.CLOUD}.{name}", content or {}).SerializeToString()}


CREATE = [
    case(
        "tables: create, describe, read",
        table({"a": "int64", "b": "string"}),
        schema(),
        scan(),
        read(),
        Call("FindEntries", {"filter": {"name": "@table"}}),
    ),
    case("tables: create twice", table({"a": "int64"}), table({"b": "int64"}, "again"), schema()),
    case(
        "tables: create without a schema",
        Call("CreateTableEntry", {"name": "@table"}),
        Call("CreateTableEntry", {"name": "@table", "schema": {}}),
    ),
    case(
        "tables: create with a schema that is none",
        Call("CreateTableEntry", {"name": "@table", "schema": {"arrow_schema": b"none"}}),
        Call("CreateTableEntry", {"name": "@table", "schema": {"arrow_schema": b""}}),
    ),
    case("tables: create without columns", table({}), schema(), scan(), read()),
    case(
        "tables: create with a column twice",
        Call("CreateTableEntry", {"name": "@table", "schema": arrow.schema(pa.schema([("a", pa.int64()), ("a", pa.string())]))}),
    ),
    case(
        "tables: create with odd columns",
        table({"ü ☃": "int64", "a.b": "int64", "A": "int64", "a": "int64", "": "int64", "x" * 1000: "int64"}),
        schema(),
    ),
    case(
        "tables: create with metadata",
        Call("CreateTableEntry", {"name": "@table", "schema": arrow.schema(KEYED.with_metadata({"who": "ü"}))}, save="table"),
        schema(),
        write(rows([1], ["a"], KEYED)),
        schema(),
    ),
    case(
        "tables: create with no nulls",
        Call(
            "CreateTableEntry",
            {"name": "@table", "schema": arrow.schema(pa.schema([pa.field("a", pa.int64(), nullable=False)]))},
            save="table",
        ),
        schema(),
        write(arrow.part({"a": [1]})),
        scan(),
    ),
    *(
        case(f"tables: create with the name {name[:12]!r}", table({"a": "int64"}, name=name))
        for name in ("", "a/b", "ü", "n" * 181, "__entries", "__bp_x")
    ),
    case(
        "tables: create a system table",
        Call(
            "CreateTableEntry",
            {"name": "@table", "schema": arrow.schema({"a": "int64"}), "provider_details": any_of("SystemTable", {"kind": 2})},
        ),
    ),
    case(
        "tables: create with unknown details",
        Call(
            "CreateTableEntry",
            {"name": "@table", "schema": arrow.schema({"a": "int64"}), "provider_details": {"type_url": "/x.Y", "value": b""}},
        ),
        Call(
            "CreateTableEntry",
            {"name": "@table", "schema": arrow.schema({"a": "int64"}), "provider_details": {"type_url": "", "value": b"\xff"}},
        ),
    ),
    case(
        "tables: create at once",
        Together((table({"a": "int64"}, None),) * 6),
        Call("FindEntries", {"filter": {"name": "@table"}}),
    ),
]


def lance_table(name):
    """The details of a table that is this test file."""
    return lambda session: any_of("LanceTable", {"table_url": (session.files / name).as_uri()})


REGISTER = [
    case(
        "tables: register a Parquet file",
        Call("RegisterTable", {"name": "@table", "provider_details": lance_table("table.parquet")}, save="table"),
        schema(),
        scan(),
        write(arrow.part({"key": [9], "value": ["z"]})),
        scan(),
    ),
    case(
        "tables: register what is no table",
        *(
            Call("RegisterTable", {"name": "@table", "provider_details": lance_table(name)})
            for name in ("one.rrd", "missing.parquet", "empty", "few")
        ),
    ),
    case("tables: register without details", Call("RegisterTable", {"name": "@table"})),
    case(
        "tables: register a system table",
        Call("RegisterTable", {"name": "@table", "provider_details": any_of("SystemTable", {"kind": 2})}),
    ),
    case(
        "tables: register unknown details",
        Call(
            "RegisterTable", {"name": "@table", "provider_details": {"type_url": "/rerun.cloud.v1alpha1.Nothing", "value": b""}}
        ),
    ),
    case(
        "tables: register a wrong name",
        Call("RegisterTable", {"name": "a/b", "provider_details": any_of("LanceTable", {"table_url": "file:///nothing"})}),
    ),
    case("tables: register without a URL", Call("RegisterTable", {"name": "@table", "provider_details": any_of("LanceTable")})),
    case(
        "tables: register a taken name",
        table({"a": "int64"}),
        Call("RegisterTable", {"name": "@table", "provider_details": any_of("LanceTable", {"table_url": "file:///nothing"})}),
    ),
]

MADE = table(PAIR)
WRITE = [
    case("tables: append", MADE, write(rows([1, 2], ["a", None])), scan(), write(rows([3], ["c"])), scan(), schema()),
    case("tables: append the default way", MADE, write(rows([1], ["a"]), mode=0), scan()),
    case("tables: overwrite", MADE, write(rows([1, 2], ["a", "b"])), write(rows([9], ["z"]), mode=OVERWRITE), scan(), read()),
    case("tables: overwrite with nothing", MADE, write(rows([1, 2], ["a", "b"])), write(rows([], []), mode=OVERWRITE), scan()),
    case(
        "tables: overwrite with other columns",
        MADE,
        write(rows([1], ["a"])),
        write(arrow.part({"other": [1.5]}), mode=OVERWRITE),
        schema(),
        scan(),
    ),
    case("tables: append nothing", MADE, write(rows([], [])), scan()),
    case("tables: append no part", MADE, write(), write({}), Call("WriteTable", [{}], by_id("table")), scan()),
    case(
        "tables: append several parts",
        MADE,
        write(rows([1], ["a"]), rows([2, 3], ["b", "c"]), rows([], []), rows([4], [None])),
        scan(),
    ),
    case("tables: append compressed parts", MADE, write(rows([1] * 500, ["a"] * 500, lz4=True)), scan(distinct=True)),
    case(
        "tables: append some columns", MADE, write(arrow.part({"key": [1]})), scan(), write(arrow.part({"value": ["b"]})), scan()
    ),
    case(
        "tables: append in another order",
        MADE,
        write(arrow.part({"value": ["a"], "key": [1]}, {"value": "string", "key": "int64"})),
        scan(),
    ),
    case(
        "tables: append an unknown column",
        MADE,
        write(arrow.part({"key": [1], "value": ["a"], "more": [True]})),
        scan(),
        schema(),
    ),
    case("tables: append another type", MADE, write(arrow.part({"key": ["text"], "value": ["a"]})), scan()),
    case(
        "tables: append a narrower type",
        MADE,
        write(arrow.part({"key": [1], "value": ["a"]}, {"key": "int32", "value": "string"})),
        scan(),
    ),
    case(
        "tables: append nulls where there are none",
        Call(
            "CreateTableEntry",
            {"name": "@table", "schema": arrow.schema(pa.schema([pa.field("a", pa.int64(), nullable=False)]))},
            save="table",
        ),
        write(arrow.part({"a": [None]}, {"a": "int64"})),
        scan(),
    ),
    case(
        "tables: append what is no Arrow data",
        MADE,
        write({"encoder_version": 1, "payload": b"none"}),
        write({"encoder_version": 0, "payload": b""}),
        scan(),
    ),
    case(
        "tables: parts of two modes",
        MADE,
        Call(
            "WriteTable",
            [
                {"dataframe_part": rows([1], ["a"]), "insert_mode": APPEND},
                {"dataframe_part": rows([2], ["b"]), "insert_mode": OVERWRITE},
            ],
            by_id("table"),
        ),
        scan(),
    ),
    case("tables: parts of different columns", MADE, write(rows([1], ["a"]), arrow.part({"key": [2]})), scan()),
    case(
        "tables: a bad part behind a good one",
        MADE,
        write(rows([1], ["a"])),
        write(rows([2], ["b"]), {"encoder_version": 1, "payload": b"none"}),
        scan(),
    ),
    case("tables: an unknown mode", MADE, write(rows([1], ["a"]), mode=9), write(rows([1], ["a"]), mode=-1), scan()),
    case("tables: write to a dataset", dataset(), write(rows([1], ["a"]), entry="ds")),
    case(
        "tables: write to a deleted table",
        MADE,
        Call("DeleteEntry", {"id": "$table.id"}, by_id("table")),
        write(rows([1], ["a"])),
        schema(),
        scan(),
        read(),
    ),
    case(
        "tables: write to the list of entries",
        Call("FindEntries", {"filter": {"name": "__entries"}}, save="list"),
        Call("WriteTable", [{"dataframe_part": rows([1], ["a"])}], {"id": "$list.entries.0.id"}),
    ),
    case(
        "tables: append at once",
        MADE,
        Together(tuple(write(rows([at], [f"v{at}"])) for at in range(6))),
        scan(keep=("key",), distinct=True),
    ),
]

KEYED_TABLE = Call("CreateTableEntry", {"name": "@table", "schema": arrow.schema(KEYED)}, save="table")
UPSERT = [
    case(
        "tables: upsert",
        KEYED_TABLE,
        write(rows([1, 2], ["a", "b"], KEYED)),
        write(rows([2, 3], ["B", "c"], KEYED), mode=REPLACE),
        scan(),
        schema(),
    ),
    case("tables: upsert into nothing", KEYED_TABLE, write(rows([1], ["a"], KEYED), mode=REPLACE), scan()),
    case(
        "tables: upsert without metadata in the part",
        KEYED_TABLE,
        write(rows([1], ["a"], KEYED)),
        write(rows([1], ["A"]), mode=REPLACE),
        scan(),
    ),
    case("tables: upsert without a key column", MADE, write(rows([1], ["a"])), write(rows([1], ["A"]), mode=REPLACE), scan()),
    case(
        "tables: upsert a key twice",
        KEYED_TABLE,
        write(rows([1, 1], ["a", "b"], KEYED), mode=REPLACE),
        scan(keep=("key",), distinct=True),
    ),
    case(
        "tables: upsert a null key",
        KEYED_TABLE,
        write(rows([None], ["a"], KEYED), mode=REPLACE),
        write(rows([None], ["b"], KEYED), mode=REPLACE),
        scan(),
    ),
    case("tables: upsert without the key", KEYED_TABLE, write(arrow.part({"value": ["a"]}), mode=REPLACE), scan()),
    case("tables: upsert nothing", KEYED_TABLE, write(rows([1], ["a"], KEYED)), write(rows([], [], KEYED), mode=REPLACE), scan()),
    case(
        "tables: update",
        KEYED_TABLE,
        write(rows([1, 2], ["a", "b"], KEYED)),
        write(rows([2, 3], ["B", "c"], KEYED), mode=UPDATE),
        scan(),
    ),
]

TWO_KEYS = pa.schema(
    [pa.field(name, pa.string(), metadata={"rerun:is_table_index": "true"}) for name in ("x", "y")]
    + [pa.field("value", pa.float64())]
)
two_keys = lambda *items: arrow.part(
    {"x": [item[0] for item in items], "y": [item[1] for item in items], "value": [item[2] for item in items]}, TWO_KEYS
)
UPSERT.append(
    case(
        "tables: upsert by two keys",
        Call("CreateTableEntry", {"name": "@table", "schema": arrow.schema(TWO_KEYS)}, save="table"),
        write(two_keys(("a", "b", 1.0), ("a", "c", 2.0))),
        write(two_keys(("a", "b", 3.0), ("b", "b", 4.0)), mode=REPLACE),
        scan(),
    )
)

BLUEPRINT = {"blueprint_dataset": "$table.table.table_details.blueprint_dataset"}


def update(details):
    return Call("UpdateTableEntry", {"id": "$table.id", "table_details": details})


DETAILS = [
    case("tables: details to nothing", MADE, update({}), read()),
    case("tables: details without any", MADE, Call("UpdateTableEntry", {"id": "$table.id"}), read()),
    case(
        "tables: a default blueprint",
        MADE,
        update({**BLUEPRINT, "default_blueprint_segment": {"id": "ü"}}),
        read(),
        update(BLUEPRINT),
        read(),
    ),
    case("tables: a default blueprint without a dataset", MADE, update({"default_blueprint_segment": {"id": "x"}}), read()),
    case("tables: an unknown blueprint dataset", MADE, update({"blueprint_dataset": {"id": {"time_ns": 5, "inc": 6}}}), read()),
    case(
        "tables: a blueprint dataset of the wrong kind",
        MADE,
        dataset(),
        update({"blueprint_dataset": "$ds.id"}),
        update({"blueprint_dataset": "$table.id"}),
        read(),
    ),
    case(
        "tables: details of a dataset",
        dataset(),
        Call("UpdateTableEntry", {"id": "$ds.id", "table_details": {}}),
        Call("ReadTableEntry", {"id": "$ds.id"}, by_id("ds")),
    ),
]

LIST = Call("FindEntries", {"filter": {"name": "__entries"}}, save="list")
ENTRIES = {"id": "$list.entries.0.id"}
list_call = lambda method, field="table_id": Call(method, {field: "$list.entries.0.id"}, ENTRIES)
ENTRIES_TABLE = [
    case(
        "tables: the list of entries",
        dataset(),
        MADE,
        LIST,
        list_call("GetTableSchema"),
        list_call("ScanTable"),
        list_call("ReadTableEntry", "id"),
    ),
    case(
        "tables: the list of entries changes",
        LIST,
        dataset(),
        list_call("ScanTable"),
        Call("DeleteEntry", {"id": "$ds.id"}, by_id("ds")),
        list_call("ScanTable"),
    ),
    case(
        "tables: rename the list of entries",
        LIST,
        Call("UpdateEntry", {"id": "$list.entries.0.id", "entry_details_update": {"name": "@entries"}}, ENTRIES),
        Call("FindEntries", {"filter": {"name": "@entries"}}),
        Call("UpdateEntry", {"id": "$list.entries.0.id", "entry_details_update": {"name": "__entries"}}, ENTRIES),
    ),
]

CASES = [*CREATE, *REGISTER, *WRITE, *UPSERT, *DETAILS, *ENTRIES_TABLE]
