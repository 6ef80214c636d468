"""The words in which wire cases are written.

In requests and headers a text "@a" is the name "a" with the case's own prefix (so that cases do not meet), "$ds.id" is taken from
the answer that was saved as "ds", File("x.rrd") is the URL of a test recording, and a function is called with the Session.
"""

import dataclasses

OLD, NEW = "0.36.3", "0.41.0"


@dataclasses.dataclass(frozen=True)
class File:
    """The file:// URL of a test recording."""

    name: str


@dataclasses.dataclass(frozen=True)
class Call:
    """One gRPC call. Its request is a dict, the encoded bytes, or for a client's stream a list of them."""

    method: str
    request: object = dataclasses.field(default_factory=dict)
    headers: dict = dataclasses.field(default_factory=dict)
    save: str | None = None
    ordered: bool = False  # the order of rows is part of the answer
    answer_headers: tuple = ()  # response headers that are part of the answer
    keep: tuple | None = None  # of a table, only these columns are part of the answer
    distinct: bool = False  # how often a row comes is no part of the answer
    code_only: bool = False  # the answer is left to chance
    columns_ordered: bool = True  # the order of columns is part of the answer


@dataclasses.dataclass(frozen=True)
class Together:
    """Steps taken at the same time by a thread each; what they answer is compared as a multiset."""

    calls: tuple


@dataclasses.dataclass(frozen=True)
class Watch:
    """WatchEvents during some calls, until this many events came."""

    request: dict
    calls: tuple
    events: int


@dataclasses.dataclass(frozen=True)
class Http:
    """A plain HTTP request, by default what the grant of a saved answer asks for."""

    grant: str | None = None
    body: object = b""  # bytes or a File
    method: str | None = None
    path: str | None = None
    drop_headers: tuple = ()
    expect_body: bool = False
    tamper: object = None  # changes the path


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    steps: tuple
    only: str | None = None  # the stock version that has the methods; None: both
    restart: bool = True  # can stop between any two steps


def flat(steps):
    for step in steps:
        if isinstance(step, (list, tuple)):
            yield from flat(step)
        else:
            yield step


def case(name, *steps, **options):
    return Case(name, tuple(flat(steps)), **options)


def by_id(saved):
    return {"id": f"${saved}.id"}


def dataset(saved="ds", name="@ds"):
    return Call("CreateDatasetEntry", {"name": name}, save=saved)


def source(file, **fields):
    return {"storage_url": File(file), "typ": 1, **fields}


def register(*sources, to="ds", on_duplicate=3, saved="registered"):
    """Registers files (names or sources) and waits for the tasks."""
    sources = [source(item) if isinstance(item, str) else item for item in sources]
    return [
        Call("RegisterWithDataset", {"data_sources": sources, "on_duplicate": on_duplicate}, by_id(to), save=saved),
        wait(saved),
    ]


def wait(saved="registered", **options):
    """Until the tasks of an answer are done. How many tasks share the work is the server's own affair."""
    request = {"ids": lambda session: session.tasks(saved), "timeout": {"seconds": 60}}
    return Call("QueryTasksOnCompletion", request, **(options or {"keep": ("exec_status",), "distinct": True}))


def table(columns, saved="table", name="@table"):
    from differential import arrow

    return Call("CreateTableEntry", {"name": name, "schema": arrow.schema(columns)}, save=saved)


def one_dataset():
    """A dataset "ds" with the recording "one"."""
    return [dataset(), *register("one.rrd")]
