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

# Reason -> case -> {place: our answer}; a code stands for {"code": …} at that step.
_GROUPS = {
    "A renamed entry frees its old name at once.": {
        "entries: the old name after a rename": {2: EMPTY, 3: NEW_DATASET(4, "@ds")},
        "entries: rename there and back": {"[2].answer.entry_details.name": "@ds", "[3].answer.dataset.details.name": "@ds"},
        "entries: swap names": {
            3: {"code": "OK", "answer": {"entry_details": ENTRY(4, "@a")}},
            4: {"code": "OK", "answer": {"entry_details": ENTRY(1, "@b")}},
            5: {"code": "OK", "answer": {"entries": [ENTRY(4, "@a"), ENTRY(1, "@b")]}},
        },
    },
    "No entry has the id of zeros: it stands for the list of entries in its own table.": {
        "entries: create with an id of zeros": {0: "INVALID_ARGUMENT", 1: EMPTY}
    },
    "Details never name a dataset that was deleted, and its owner can still be deleted.": {
        "entries: delete a hidden dataset": {"[2].answer.dataset.dataset_details.blueprint_dataset": ABSENT},
        "entries: delete the asset dataset": {"[2].answer.dataset.dataset_details.asset_dataset": ABSENT},
        "entries: the blueprint dataset of another": {"[5].answer.dataset.dataset_details.blueprint_dataset": ABSENT, 6: EMPTY},
        "assets: after their dataset is gone": {"[7].answer.dataset.dataset_details.asset_dataset": ABSENT},
    },
    "The list of entries cannot be deleted, renamed or written.": {
        "entries: delete the list of entries": {1: "FAILED_PRECONDITION", "[2].answer.entries[0].id": "#1"}
    },
    "A hidden dataset has no details that could be updated.": {"entries: details of a hidden dataset": {3: "INVALID_ARGUMENT"}},
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
        "uploads: only in parts": {0: OK},
        **{f"uploads: {what} an unknown upload": {0: "INVALID_ARGUMENT"} for what in ("parts of", "completing")},
        "uploads: cancelling an unknown upload": {0: "INVALID_ARGUMENT", 1: "INVALID_ARGUMENT"},
        "uploads: parts without a token": {0: "INVALID_ARGUMENT", 1: "INVALID_ARGUMENT"},
        "uploads: announced with 0 bytes": {"[1].status": 400},
        "uploads: announced with 6 bytes": {"[1].status": 400},
        "uploads: announced with 9223372036854775808 bytes": {0: "RESOURCE_EXHAUSTED", 1: {"skipped": "no grant"}},
    },
    "What a client writes and cannot be decoded is INVALID_ARGUMENT, not INTERNAL.": {
        "write chunks: a message without a chunk": {2: "INVALID_ARGUMENT"},
        "write chunks: a good and a bad one": {1: "INVALID_ARGUMENT"},
        "write chunks: without an entity": {1: "INVALID_ARGUMENT"},
        "write chunks: without an id": {1: "INVALID_ARGUMENT"},
        "write chunks: a wrong encoder": {1: "INVALID_ARGUMENT", 2: "INVALID_ARGUMENT"},
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
    }
}
PROGRAMS_ON_PURPOSE = {
    key: (reason, changes) for reason, programs in _PROGRAM_GROUPS.items() for key, changes in programs.items()
}
