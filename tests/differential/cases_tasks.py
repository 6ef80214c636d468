"""Tasks: asked for at once, when done, cancelled."""

from differential.cases import Call, Together, by_id, case, dataset, one_dataset, register, source

FIELDS = ("task_id", "exec_status")


def tasks(*ids):
    return [{"id": item} for item in ids]


def ask(ids, **options):
    return Call("QueryTasks", {"ids": ids}, **options)


def ask_when_done(ids, timeout, **options):
    return Call("QueryTasksOnCompletion", {"ids": ids, "timeout": timeout}, **options)


MINUTE = {"seconds": 60}
OF = lambda saved: lambda session: session.tasks(saved)
STATUS = {"keep": ("exec_status",), "distinct": True}

CASES = [
    case("tasks: none", ask([]), ask_when_done([], MINUTE), Call("CancelTasks", {"ids": []})),
    case(
        "tasks: unknown",
        ask(tasks("nothing"), keep=FIELDS),
        ask_when_done(tasks("nothing"), MINUTE, keep=FIELDS),
        Call("CancelTasks", {"ids": tasks("nothing")}),
    ),
    case("tasks: an empty id", ask(tasks(""), keep=FIELDS), ask([{}], keep=FIELDS)),
    case("tasks: the same id three times", ask(tasks("x", "x", "y"), keep=FIELDS)),
    case("tasks: a very long id", ask(tasks("x" * 10_000), keep=FIELDS)),
    case(
        "tasks: of a registration",
        one_dataset(),
        ask(OF("registered"), **STATUS),
        ask_when_done(OF("registered"), MINUTE, **STATUS),
    ),
    case("tasks: all columns of a finished one", one_dataset(), ask(OF("registered"))),
    case(
        "tasks: all columns of a failed one",
        dataset(),
        register("number.rrd"),
        register("text.rrd", saved="b"),
        ask(OF("b"), keep=("exec_status", "kind", "data", "attempts", "lease_owner")),
    ),
    case(
        "tasks: of a failed registration and another",
        dataset(),
        register("number.rrd"),
        register("text.rrd", saved="b"),
        ask(lambda session: [*session.tasks("registered"), *session.tasks("b")], **STATUS),
    ),
    case(
        "tasks: of an unregistration",
        one_dataset(),
        Call("UnregisterFromDataset", {"segments_to_drop": [{"id": "one"}]}, by_id("ds"), save="dropped"),
        ask(OF("dropped"), **STATUS),
        ask_when_done(OF("dropped"), MINUTE, **STATUS),
    ),
    *(
        case(f"tasks: wait {kind}", one_dataset(), ask_when_done(OF("registered"), timeout, **STATUS))
        for kind, timeout in (
            ("no time", None),
            ("zero time", {"seconds": 0}),
            ("a negative time", {"seconds": -5}),
            ("a nanosecond", {"nanos": 1}),
            ("longer than there is time", {"seconds": 2**62}),
            ("a time with wrong nanoseconds", {"seconds": 1, "nanos": -5}),
        )
    ),
    case(
        "tasks: cancel a finished one",
        one_dataset(),
        Call("CancelTasks", {"ids": OF("registered")}),
        ask(OF("registered"), **STATUS),
        Call("ScanSegmentTable", {"columns": ["rerun_segment_id"]}, by_id("ds")),
    ),
    case(
        "tasks: cancel twice",
        one_dataset(),
        Call("CancelTasks", {"ids": OF("registered")}),
        Call("CancelTasks", {"ids": OF("registered")}),
    ),
    case(
        "tasks: waited for at once",
        one_dataset(),
        Together(tuple(ask_when_done(OF("registered"), MINUTE, **STATUS) for _ in range(8))),
    ),
    case("tasks: of a prefix", dataset(), register(source("many", prefix=True)), ask(OF("registered"), **STATUS)),
    case(
        "tasks: after the dataset is gone",
        one_dataset(),
        Call("DeleteEntry", {"id": "$ds.id"}, by_id("ds")),
        ask(OF("registered"), **STATUS),
    ),
]
