"""Entries: names and their rules, renames, deletion, lists and their filters, details of datasets."""

from differential.cases import Call, Together, by_id, case, dataset, one_dataset, register, table

ODD_NAMES = {
    "empty": "",
    "slash": "a/b",
    "umlaut": "ünï",
    "snowman": "☃",
    "blank": "a b",
    "tab": "a\tb",
    "newline": "a\n",
    "zero": "a\0b",
    "quote": "a'b",
    "backslash": "a\\b",
    "percent": "100%",
    "only a dot": ".",
    "two dots": "..",
    "blanks only": "   ",
    "brackets": "[x]:y-z_1.2",
    "comma": "a,b",
    "plus": "a+b",
    "at": "a@b",
    "180 bytes": "n" * 180,
    "181 bytes": "n" * 181,
    "10,000 bytes": "n" * 10_000,
    "180 bytes of umlauts": "ü" * 90,
    "bp": "__bp_x",
    "as": "__as_18EA604BF736E21E106732e40ef82c2a",
    "manifest": "x__manifest",
    "dotted": "a.b.c.d",
    "leading blank": " a",
    "entries": "__entries",
}
ENTRY = lambda name: {"filter": {"name": name}}
FIND = lambda **filter: Call("FindEntries", {"filter": filter})
TUID = {"time_ns": 0x18EA604BF736E21E, "inc": 7}


def rename(name, entry="ds", **options):
    return Call("UpdateEntry", {"id": f"${entry}.id", "entry_details_update": {"name": name}}, by_id(entry), **options)


def delete(entry="ds"):
    return Call("DeleteEntry", {"id": f"${entry}.id"}, by_id(entry))


def read(entry="ds"):
    return Call("ReadDatasetEntry", {}, by_id(entry))


def update(details, entry="ds"):
    return Call("UpdateDatasetEntry", {"id": f"${entry}.id", "dataset_details": details}, by_id(entry))


HIDDEN = {
    "blueprint_dataset": "$ds.dataset.dataset_details.blueprint_dataset",
    "asset_dataset": "$ds.dataset.dataset_details.asset_dataset",
}

NAMES = [
    *(case(f"entries: create with a name: {kind}", dataset(name=name), FIND(name=name)) for kind, name in ODD_NAMES.items()),
    *(
        case(f"entries: rename to a name: {kind}", dataset(), rename(name), FIND(name=name), read())
        for kind, name in ODD_NAMES.items()
    ),
]

CREATE = [
    case("entries: create and read", dataset(), read(), FIND(name="@ds")),
    case("entries: create without a name", Call("CreateDatasetEntry", {})),
    case("entries: create twice", dataset(), dataset("again"), FIND(name="@ds")),
    case(
        "entries: create with an id",
        Call("CreateDatasetEntry", {"name": "@ds", "id": {"id": {**TUID, "inc": 8}}}, save="ds"),
        read(),
    ),
    case(
        "entries: create with an id twice",
        Call("CreateDatasetEntry", {"name": "@ds", "id": {"id": TUID}}, save="ds"),
        Call("CreateDatasetEntry", {"name": "@other", "id": {"id": TUID}}),
        FIND(name="@other"),
    ),
    case(
        "entries: create with an id of zeros",
        Call("CreateDatasetEntry", {"name": "@ds", "id": {"id": {"time_ns": 0, "inc": 0}}}),
        FIND(name="@ds"),
    ),
    case(
        "entries: create with half an id",
        Call("CreateDatasetEntry", {"name": "@a", "id": {}}),
        Call("CreateDatasetEntry", {"name": "@b", "id": {"id": {"inc": 3}}}),
        Call("CreateDatasetEntry", {"name": "@c", "id": {"id": {"time_ns": 3}}}),
    ),
    case("entries: create a dataset like a table", table({"a": "int64"}), dataset(name="@table")),
    case("entries: create a table like a dataset", dataset(name="@table"), table({"a": "int64"})),
    case("entries: names differ in case", dataset("a", "@Name"), dataset("b", "@name"), FIND(name="@NAME"), FIND(name="@Name")),
    case("entries: the same name at once", Together((dataset(None),) * 8), FIND(name="@ds")),
    case(
        "entries: many names at once",
        Together(tuple(dataset(None, f"@n{number}") for number in range(12))),
        FIND(entry_kinds=[1]),
    ),
]

RENAME = [
    case("entries: rename", dataset(), rename("@new"), read(), FIND(name="@new")),
    case("entries: the old name after a rename", dataset(), rename("@new"), FIND(name="@ds"), dataset("other", "@ds")),
    case("entries: rename to the same name", dataset(), rename("@ds"), read()),
    case("entries: rename to a taken name", dataset(), dataset("other", "@other"), rename("@other"), read()),
    case("entries: rename there and back", dataset(), rename("@b"), rename("@ds"), read()),
    case(
        "entries: swap names",
        dataset("a", "@a"),
        dataset("b", "@b"),
        rename("@c", "a"),
        rename("@a", "b"),
        rename("@b", "a"),
        FIND(entry_kinds=[1]),
    ),
    case("entries: rename without an update", dataset(), Call("UpdateEntry", {"id": "$ds.id"}, by_id("ds"))),
    case(
        "entries: rename without a name",
        dataset(),
        Call("UpdateEntry", {"id": "$ds.id", "entry_details_update": {}}, by_id("ds")),
        read(),
    ),
    case(
        "entries: rename a table",
        table({"a": "int64"}),
        rename("@new", "table"),
        Call("ReadTableEntry", {"id": "$table.id"}, by_id("table")),
    ),
    case("entries: rename a deleted dataset", dataset(), delete(), rename("@new")),
    case(
        "entries: rename the hidden datasets",
        dataset(),
        Call("UpdateEntry", {"id": HIDDEN["blueprint_dataset"], "entry_details_update": {"name": "@bp"}}),
        read(),
    ),
    case("entries: rename at once", dataset(), Together(tuple(rename(f"@name{number}") for number in range(6)))),
    case(
        "entries: two renamed to one name at once",
        dataset("a", "@a"),
        dataset("b", "@b"),
        Together((rename("@c", "a", code_only=True), rename("@c", "b", code_only=True))),
    ),
    case(
        "entries: rename keeps the data",
        one_dataset(),
        rename("@new"),
        Call("ScanSegmentTable", {"columns": ["rerun_segment_id"]}, {"name": "@new"}),
    ),
]

DELETE = [
    case("entries: delete", dataset(), delete(), FIND(name="@ds"), read()),
    case("entries: delete twice", dataset(), delete(), delete()),
    case("entries: delete at once", dataset(), Together((delete(),) * 6)),
    case("entries: the name after a deletion", dataset(), delete(), dataset("again"), read("again")),
    case(
        "entries: delete with data and create again",
        one_dataset(),
        delete(),
        dataset("again"),
        Call("ScanSegmentTable", {"columns": ["rerun_segment_id"]}, by_id("again")),
        register("one.rrd", to="again"),
    ),
    case(
        "entries: delete takes the hidden datasets along",
        dataset(),
        delete(),
        Call("ReadDatasetEntry", {}, {"id": HIDDEN["blueprint_dataset"]}),
        Call("ReadDatasetEntry", {}, {"id": HIDDEN["asset_dataset"]}),
    ),
    case("entries: delete a hidden dataset", dataset(), Call("DeleteEntry", {"id": HIDDEN["blueprint_dataset"]}), read()),
    case("entries: delete the asset dataset", dataset(), Call("DeleteEntry", {"id": HIDDEN["asset_dataset"]}), read()),
    case(
        "entries: delete a table",
        table({"a": "int64"}),
        delete("table"),
        FIND(name="@table"),
        Call("ReadTableEntry", {"id": "$table.id"}, by_id("table")),
        Call("ScanTable", {"table_id": "$table.id"}, by_id("table")),
        table({"b": "string"}, "again"),
    ),
    case(
        "entries: delete the list of entries",
        Call("FindEntries", {"filter": {"name": "__entries"}}, save="list"),
        Call("DeleteEntry", {"id": "$list.entries.0.id"}, {"id": "$list.entries.0.id"}),
        FIND(name="__entries"),
    ),
]

FIND_CASES = [
    case("entries: find by name", dataset(), FIND(name="@ds"), FIND(name="@nobody"), FIND(name="@DS")),
    case("entries: find by a wrong name", *(FIND(name=name) for name in ("", "a/b", "ünï", "n" * 181, "n" * 5000))),
    case("entries: find by id", dataset(), FIND(id="$ds.id"), FIND(id={"id": TUID}), FIND(id={}), FIND(id={"id": {"inc": 1}})),
    case("entries: find by id and name", dataset(), FIND(id="$ds.id", name="@ds"), FIND(id="$ds.id", name="@other")),
    case(
        "entries: find hidden datasets by id",
        dataset(),
        FIND(id=HIDDEN["blueprint_dataset"]),
        FIND(id=HIDDEN["asset_dataset"]),
        FIND(id=HIDDEN["asset_dataset"], entry_kinds=[6]),
    ),
    case(
        "entries: find everything", dataset(), table({"a": "int64"}), Call("FindEntries", {}), Call("FindEntries", {"filter": {}})
    ),
    *(
        case(f"entries: find kind {kind}", dataset(), table({"a": "int64"}), FIND(entry_kind=kind))
        for kind in (0, 1, 2, 3, 4, 5, 6, 7, -1)
    ),
    *(
        case(f"entries: find kinds {kinds}", dataset(), table({"a": "int64"}), FIND(entry_kinds=kinds))
        for kinds in ([0], [1], [3], [5], [6], [1, 3, 5, 6], [1, 1], [2, 4], [99], [1, 99], [-1], [1, 0])
    ),
    case(
        "entries: find kinds and the old kind",
        dataset(),
        table({"a": "int64"}),
        FIND(entry_kinds=[3], entry_kind=1),
        FIND(entry_kinds=[1], entry_kind=0),
    ),
    case("entries: find the list of entries", FIND(name="__entries"), FIND(name="__entries", entry_kinds=[1])),
    case("entries: unknown fields are ignored", dataset(), Call("FindEntries", b"\xfa\x3f\x03abc")),
    case(
        "entries: bytes that are no message",
        *(Call("FindEntries", content) for content in (b"\xff", b"\x0a\x05ab", b"\x0a\x04\x12\x02\xff\xfe")),
    ),
]

DETAILS = [
    case("entries: update details to nothing", dataset(), update({}), read()),
    case("entries: update details without any", dataset(), Call("UpdateDatasetEntry", {"id": "$ds.id"}, by_id("ds")), read()),
    case(
        "entries: a default blueprint",
        dataset(),
        update({**HIDDEN, "default_blueprint_segment": {"id": "nobody"}}),
        read(),
        update(HIDDEN),
        read(),
    ),
    case(
        "entries: a default blueprint with an empty id",
        dataset(),
        update({**HIDDEN, "default_blueprint_segment": {"id": ""}}),
        update({**HIDDEN, "default_blueprint_segment": {}}),
        read(),
    ),
    case(
        "entries: a default blueprint of the segment table",
        dataset(),
        update({**HIDDEN, "default_segment_table_blueprint_segment": {"id": "ü"}}),
        read(),
    ),
    case(
        "entries: a default blueprint without a blueprint dataset",
        dataset(),
        update({"default_blueprint_segment": {"id": "x"}}),
        read(),
        update({"default_segment_table_blueprint_segment": {"id": "x"}}),
        read(),
    ),
    case(
        "entries: an unknown blueprint dataset",
        dataset(),
        update({"blueprint_dataset": {"id": TUID}}),
        update({**HIDDEN, "asset_dataset": {"id": TUID}}),
        read(),
    ),
    case(
        "entries: a blueprint dataset of the wrong kind",
        dataset(),
        dataset("other", "@other"),
        update({"blueprint_dataset": "$other.id"}),
        update({"blueprint_dataset": HIDDEN["asset_dataset"]}),
        update({**HIDDEN, "asset_dataset": "$other.id"}),
        update({**HIDDEN, "asset_dataset": HIDDEN["blueprint_dataset"]}),
        read(),
    ),
    case(
        "entries: the blueprint dataset of another",
        dataset(),
        dataset("other", "@other"),
        update({**HIDDEN, "blueprint_dataset": "$other.dataset.dataset_details.blueprint_dataset"}),
        read(),
        delete("other"),
        read(),
        delete(),
    ),
    case("entries: the asset dataset is kept", dataset(), update({"blueprint_dataset": HIDDEN["blueprint_dataset"]}), read()),
    case(
        "entries: the asset dataset is made again",
        dataset(),
        Call("DeleteEntry", {"id": HIDDEN["asset_dataset"]}),
        update({"blueprint_dataset": HIDDEN["blueprint_dataset"]}),
        read(),
    ),
    case(
        "entries: a very long default blueprint",
        dataset(),
        update({**HIDDEN, "default_blueprint_segment": {"id": "x" * 10_000}}),
        read(),
    ),
    case("entries: details of a table", table({"a": "int64"}), Call("ReadDatasetEntry", {}, by_id("table")), update({}, "table")),
    case(
        "entries: details of a hidden dataset",
        dataset(),
        Call("ReadDatasetEntry", {}, {"id": HIDDEN["blueprint_dataset"]}),
        Call("ReadDatasetEntry", {}, {"id": HIDDEN["asset_dataset"]}),
        Call("UpdateDatasetEntry", {"dataset_details": {}, "id": HIDDEN["blueprint_dataset"]}),
    ),
    case("entries: details of a deleted dataset", dataset(), delete(), update(HIDDEN)),
]

CASES = [*NAMES, *CREATE, *RENAME, *DELETE, *FIND_CASES, *DETAILS]
