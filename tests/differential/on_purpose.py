"""Where we differ from the stock server on purpose: case -> (reason, {place in the stock answer: our answer}).

Each reason is a line of the list "Differences on the wire" in docs/compatibility.md.
"""

from differential.compare import Any

ABSENT = "<absent>"
OK, EMPTY = {"code": "OK", "answer": Any(dict)}, {"code": "OK", "answer": {}}
ENTRY = lambda number, name, kind=1: {
    "id": f"#{number}",
    "name": name,
    "entry_kind": kind,
    "created_at": "<now>",
    "updated_at": "<now>",
}
NEW_DATASET = lambda number, name: {
    "code": "OK",
    "answer": {
        "dataset": {
            "details": ENTRY(number, name),
            "dataset_handle": {
                "entry_id": f"#{number}",
                "dataset_url": f"memory:///#{number}",
                "store_kind": 1,
                "dataset_kind": 1,
            },
            "dataset_details": {"blueprint_dataset": f"#{number + 1}", "asset_dataset": f"#{number + 2}"},
        }
    },
}
NO_ROWS = {"code": "OK", "answer": {"messages": []}}
VECTORS = "list<item: fixed_size_list<item: float not null>[3]>"
PROPERTIES = (
    ("properties.rrd", 5),
    ("properties.rrd, properties_layer.rrd as more", 5),
    ("one.rrd, indexes.rrd, properties.rrd, sparse.rrd, unicode.rrd", 7),
)
PART_REQUEST = {"method": "PUT", "url": "<url>", "same_origin": True}
PAIR = [["key", "int64", True, {}], ["value", "string", True, {}]]
ROWS = lambda *rows: {"code": "OK", "answer": {"rows": {"fields": PAIR, "metadata": {}, "rows": list(rows)}, "rest": []}}
BY_TABLE = ("ReadTableEntry", "UpdateTableEntry", "GetTableSchema", "ScanTable")

# Reason -> case -> {place: our answer}; a code stands for {"code": …} at that step.
_GROUPS = {
    "A renamed entry frees its old name at once.": {
        "entries: the old name after a rename": {2: EMPTY, 3: NEW_DATASET(4, "@ds")},
        "entries: rename there and back": {"[2].answer.entry_details.name": "@ds", "[3].answer.dataset.details.name": "@ds"},
        "entries: swap names": {
            3: {"code": "OK", "answer": {"entry_details": ENTRY(4, "@a")}},
            4: {"code": "OK", "answer": {"entry_details": ENTRY(1, "@b")}},
            5: {"code": "OK", "answer": {"entries": [ENTRY(1, "@b"), ENTRY(4, "@a")]}},
        },
    },
    "No entry has the id of zeros: it stands for the list of entries in its own table.": {
        "entries: create with an id of zeros": {0: "INVALID_ARGUMENT", 1: EMPTY},
        "tables: the list of entries": {4: OK},
        "tables: the list of entries changes": {2: OK, 4: OK},
    },
    "Details never name a dataset that was deleted, and its owner can still be deleted.": {
        "entries: delete a hidden dataset": {"[2].answer.dataset.dataset_details.blueprint_dataset": ABSENT},
        "entries: delete the asset dataset": {"[2].answer.dataset.dataset_details.asset_dataset": ABSENT},
        "entries: the blueprint dataset of another": {"[5].answer.dataset.dataset_details.blueprint_dataset": ABSENT, 6: EMPTY},
        "assets: after their dataset is gone": {"[7].answer.dataset.dataset_details.asset_dataset": ABSENT},
    },
    "The list of entries cannot be deleted, renamed or written.": {
        "entries: delete the list of entries": {1: "FAILED_PRECONDITION", "[2].answer.entries[0].id": "#1"},
        "tables: write to the list of entries": {1: "FAILED_PRECONDITION"},
        "tables: rename the list of entries": {1: "FAILED_PRECONDITION", 2: EMPTY, 3: "FAILED_PRECONDITION"},
    },
    "The list of entries lists itself with its id and times, as FindEntries does.": {
        "tables: the list of entries": {"[4].answer.rows.rows[5]": ["#6", "__entries", 3, "<now>", "<now>"]},
        "tables: the list of entries changes": {
            "[2].answer.rows.rows": [
                ["#1", "__entries", 3, "<now>", "<now>"],
                ["#2", "@ds", 1, "<now>", "<now>"],
                ["#3", "__bp_#2", 5, "<now>", "<now>"],
                ["#4", "__as_#2", 6, "<now>", "<now>"],
            ],
            "[4].answer.rows.rows": [["#1", "__entries", 3, "<now>", "<now>"]],
        },
    },
    "An entry that is gone is NOT_FOUND, whatever else is wrong with the request.": {
        "entries: details of a deleted dataset": {2: "NOT_FOUND"}
    },
    "Bytes that are no message are UNIMPLEMENTED: gRPC answers before any of our code.": {
        "entries: bytes that are no message": {0: "UNIMPLEMENTED", 1: "UNIMPLEMENTED", 2: "UNIMPLEMENTED"},
        "service: request bytes to a request without fields": {2: "UNIMPLEMENTED"},
        "service: a method of the wrong kind": {0: "UNIMPLEMENTED", 1: "UNIMPLEMENTED"},
    },
    "URLs other than file:///path are INVALID_ARGUMENT: no file is missing.": {
        f"registration: the URL {url}": {1: "INVALID_ARGUMENT"}
        for url in (
            "s3://bucket/one.rrd",
            "gs://bucket/one.rrd",
            "http://localhost:1/one.rrd",
            "file://elsewhere/one.rrd",
            "file://",
            "nonsense://",
            "ftp://x/y.rrd",
            "data:,x",
        )
    },
    "PERMISSION_DENIED for paths that no --dataset or --allow-path covers, whether they exist or not.": {
        "registration: the URL file:///": {1: "PERMISSION_DENIED"},
        "registration: the URL file:///no/such/directory/one.": {1: "PERMISSION_DENIED"},
    },
    "A bad file in a prefix is a failed task; the others are registered.": {
        "registration: the prefix mixed": {
            1: OK,
            "[2].answer.rows.rows": [["failed"], ["success"]],
            "[3].answer.rows.rows": [["one", "base", "file://<files>/mixed/good.rrd", "done"]],
        }
    },
    "Tasks say when they were created and last changed.": {
        "registration: the answer's rows": {"[2].answer.rows.rows[0][9]": "<now>", "[2].answer.rows.rows[0][10]": "<now>"},
        "tasks: all columns of a finished one": {"[3].answer.data.rows[0][9]": "<now>", "[3].answer.data.rows[0][10]": "<now>"},
    },
    "Every call has a trace id of its own.": {"service: version": {"[0].headers.x-request-trace-id": Any(str)}},
    "Uploads in parts work, and the announced size has to be right.": {
        "uploads: in parts": {
            1: OK,
            2: {"code": "OK", "answer": {"requests": [PART_REQUEST]}},
            3: {"status": 200},
            4: EMPTY,
            5: OK,
            "[6].answer": {
                "rows": {"fields": [["exec_status", "string", False, {}]], "metadata": {}, "rows": [["success"]]},
                "rest": [],
            },
        },
        "uploads: in parts, cancelled": {0: OK, 1: EMPTY, 2: {"status": 404}, 3: "NOT_FOUND"},
        "uploads: only in parts": {0: OK},
        **{f"uploads: {what} an unknown upload": {0: "INVALID_ARGUMENT"} for what in ("parts of", "completing")},
        "uploads: cancelling an unknown upload": {0: "INVALID_ARGUMENT", 1: "INVALID_ARGUMENT"},
        "uploads: parts without a token": {0: "INVALID_ARGUMENT", 1: "INVALID_ARGUMENT"},
        "uploads: announced with 0 bytes": {"[1].status": 400},
        "uploads: announced with 6 bytes": {"[1].status": 400},
        "uploads: announced with 9223372036854775808 bytes": {0: "RESOURCE_EXHAUSTED", 1: {"skipped": "no grant"}},
    },
    "What a client writes and cannot be decoded, or does not fit the table, is INVALID_ARGUMENT, not INTERNAL.": {
        **{
            f"tables: {what}": {step: "INVALID_ARGUMENT" for step in steps}
            for what, *steps in (
                ("create with a column twice", 0),
                ("register a wrong name", 0),
                ("append no part", 2),
                ("append an unknown column", 1),
                ("append another type", 1),
                ("append a narrower type", 1),
                ("append nulls where there are none", 1),
                ("append what is no Arrow data", 1, 2),
                ("upsert without a key column", 2),
                ("upsert without the key", 1),
            )
        },
        "write chunks: a message without a chunk": {2: "INVALID_ARGUMENT"},
        "write chunks: a good and a bad one": {1: "INVALID_ARGUMENT"},
        "write chunks: without an entity": {1: "INVALID_ARGUMENT"},
        "write chunks: without an id": {1: "INVALID_ARGUMENT"},
        "write chunks: a wrong encoder": {1: "INVALID_ARGUMENT", 2: "INVALID_ARGUMENT"},
    },
    "A call that writes a table has one mode, and a part that fails leaves nothing of its call behind.": {
        "tables: parts of two modes": {1: "INVALID_ARGUMENT", 2: NO_ROWS},
        "tables: a bad part behind a good one": {2: "INVALID_ARGUMENT", "[3].answer.rows.rows": [[1, "a"]]},
    },
    "A table may be named in the header, too, and header and body must not contradict each other.": {
        **{f"addressing: {method} by name header": {2: OK} for method in BY_TABLE},
        **{f"addressing: {method} by header and another body": {3: "INVALID_ARGUMENT"} for method in BY_TABLE},
        **{f"addressing: {method} of what is unknown": {6: "NOT_FOUND"} for method in BY_TABLE},
        "addressing: WriteTable by name": {2: EMPTY, 3: OK},
    },
    "Tables are Parquet, not Lance: every Arrow type comes back as it was written, and columns have any name.": {
        "tables: a column of string view": {
            "[1].answer.schema.fields[0][1]": "string_view",
            "[3].answer.rows.fields[0][1]": "string_view",
        },
        "tables: a column of binary view": {
            "[1].answer.schema.fields[0][1]": "binary_view",
            "[3].answer.rows.fields[0][1]": "binary_view",
        },
        "tables: a column of list view": {0: OK, 1: OK, 2: EMPTY, 3: OK},
        "tables: a column of map": {2: EMPTY, 3: OK},
        "tables: create with odd columns": {0: OK, 1: OK},
        "tables: register a taken name": {1: "PERMISSION_DENIED"},
    },
    "RegisterTable takes Parquet files and directories of them, and never changes them.": {
        "tables: register a Parquet file": {
            0: OK,
            1: OK,
            2: ROWS([1, "a"], [2, None]),
            3: EMPTY,
            4: ROWS([1, "a"], [2, None], [9, "z"]),
        },
        "tables: register what is no table": {
            0: "INVALID_ARGUMENT",
            1: "NOT_FOUND",
            2: "INVALID_ARGUMENT",
            3: "INVALID_ARGUMENT",
        },
    },
    "Upkeep is done, and says what it did.": {
        **{
            f"addressing: DoMaintenance {way}": {step: OK} for way, step in (("by name", 3), ("by id and the name of another", 4))
        },
        "addressing: DoMaintenance by id": {3: {**OK, "headers": {"x-rerun-client-version": "test/1", "x-rerun-entry-id": "#1"}}},
        "addressing: DoMaintenance with wrong headers": {
            **{step: "INVALID_ARGUMENT" for step in range(3, 16)},
            **{step: "NOT_FOUND" for step in (4, 8, 13)},
        },
        "addressing: DoMaintenance of a table": {1: "NOT_FOUND", 2: "NOT_FOUND"},
        "addressing: DoMaintenance of a deleted dataset": {4: "NOT_FOUND"},
        "maintenance: of a dataset": {3: OK},
        "maintenance: nothing asked for": {3: OK},
        "maintenance: cleanup": {3: OK},
        "maintenance: of a wrong dataset": {0: "INVALID_ARGUMENT", 1: "NOT_FOUND", 3: "NOT_FOUND"},
        "maintenance: of everything": {0: EMPTY},
        "maintenance: at once": {"[3]": [OK, OK, EMPTY, EMPTY]},
    },
    "An entry id has 32 digits for WriteChunks, too, as 0.41 demands.": {
        "addressing: WriteChunks with wrong headers": {5: "INVALID_ARGUMENT"}
    },
    "A timeout that is negative or malformed is INVALID_ARGUMENT.": {
        "tasks: wait a negative time": {3: "INVALID_ARGUMENT"},
        "tasks: wait a time with wrong nanoseconds": {3: "INVALID_ARGUMENT"},
    },
    "A duplicate is a failed task also beside written chunks, as in 0.41.": {
        "write chunks: register over a written segment": {2: OK, "[3].answer.rows.rows": [["failed"]]}
    },
    "The hash in the manifest of a segment of several layers, or of a written one, is ours.": {
        "write chunks: the manifest of a written segment": {"[2].answer.messages[0].rrd_manifest.sorbet_schema_sha256": Any(str)},
        "manifest of a segment: two layers": {
            "[3].answer.messages[0].rrd_manifest.sorbet_schema_sha256": Any(str),
            "[3].answer.messages[0].rrd_manifest.data.fields[2][2]": True,
            "[3].answer.messages[0].rrd_manifest.data.fields[17][2]": True,
        },
    },
    "Keys of chunks are ours: one that another server could have made is malformed.": {
        "fetch: unknown keys": {2: "INVALID_ARGUMENT", 3: "INVALID_ARGUMENT", 4: "INVALID_ARGUMENT"}
    },
    "ScanParameters of QueryDataset are honoured: columns, filter, offset, limit and order.": {
        **{f"query: scan parameters: {what}": {3: OK} for what in ("a filter", "an offset", "a limit", "an order")},
        "query: the named columns": {3: OK},
        "query: all columns of a named start": {3: OK},
        "query: an unknown column": {3: "INVALID_ARGUMENT"},
    },
    "A range that is open at both ends leaves out chunks without its timeline: they have no row in it.": {
        "find: an open range": {"[3].answer.rows.rows": Any(list)},
        "find: an open range, fill unspecified": {"[3].answer.rows.rows": Any(list)},
    },
    "Property columns of vectors say in their type that the numbers are never null.": {
        **{
            f"segment table: schemas of {files}": {
                f"[4].answer.schema.fields[{at + 2 if files[0] == 'p' else at + 4}][1]": VECTORS,
                f"[5].answer.schema.fields[{at}][1]": VECTORS,
            }
            for files, at in PROPERTIES
        },
        **{
            f"segment table: rows of {files}": {f"[3].answer.rows.fields[{at + 2 if files[0] == 'p' else at + 4}][1]": VECTORS}
            for files, at in PROPERTIES
        },
        **{f"segment table: manifest of {files}": {f"[3].answer.rows.fields[{at}][1]": VECTORS} for files, at in PROPERTIES},
    },
    "A written segment needs an id.": {"write chunks: an empty segment": {1: "INVALID_ARGUMENT", "[2].answer.rows.rows": []}},
    "Written chunks without rows are kept.": {"write chunks: no rows": {"[2].answer.rows.rows[0][2]": 1}},
}


def _places(changes):
    return {
        f"[{place}]" if isinstance(place, int) else place: (
            {"code": content} if isinstance(place, int) and isinstance(content, str) else content
        )
        for place, content in changes.items()
    }


ON_PURPOSE = {case: (reason, _places(changes)) for reason, cases in _GROUPS.items() for case, changes in cases.items()}

# Of the programs: (name, SDK version) -> the same.
_BOTH = ("0.36.3", "0.41.0")
_PROGRAM_GROUPS = {
    "A file that is no recording is a ValueError for both clients, as in 0.41.": {
        ("register errors", "0.36.3"): {"no_recording.error": "ValueError", "nothing.error": "ValueError"}
    },
    "The list of entries cannot be deleted, renamed or written.": {
        ("entries table", version): {"write": {"error": "RuntimeError"}} for version in _BOTH
    },
    "Upkeep is done, and says what it did.": {
        ("maintenance calls", version): {"global": None, "dataset": None} for version in _BOTH
    },
    "Property columns of vectors say in their type that the numbers are never null.": {
        ("segment tables", version): {"manifest.fields[5][1]": VECTORS, "table.fields[9][1]": VECTORS} for version in _BOTH
    },
    "What a client writes and cannot be decoded, or does not fit the table, is INVALID_ARGUMENT, not INTERNAL.": {
        ("table without a key", version): {"upsert.error": "ValueError"} for version in _BOTH
    },
    "PERMISSION_DENIED for paths that no --dataset or --allow-path covers, whether they exist or not.": {
        ("lance tables", version): {"a missing one.error": "PermissionError"} for version in _BOTH
    },
}
PROGRAMS_ON_PURPOSE = {
    key: (reason, changes) for reason, programs in _PROGRAM_GROUPS.items() for key, changes in programs.items()
}
