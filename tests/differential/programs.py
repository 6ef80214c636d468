"""The words in which programs of stock clients are written. Imported in the processes of the SDKs: only needs what they have.

A program takes a Run. `run.step(name, call)` keeps the value or the error of one call: these are compared. A generator's `yield`
is a place where the server may be restarted: behind it `run.client` is a new client, so entries have to be asked for again.
"""

import concurrent.futures
import warnings

from differential.normalise import Normaliser, by_text

PROGRAMS = {}


def program(*, only=None):
    """Registers a program under the name of its function."""

    def register(function):
        name = function.__name__.replace("_", " ")
        assert name not in PROGRAMS, name
        PROGRAMS[name] = (function, only)
        return function

    return register


class Run:
    """One program on one server with one SDK."""

    def __init__(self, number, files):
        self.prefix = f"p{number:03d}."
        self.files = files
        self.normaliser = Normaliser(self.prefix, files)
        self.answers = {}
        self.client = None
        self.connect = None  # makes another client

    def name(self, name):
        return self.prefix + name

    def uri(self, name):
        return (self.files / name).as_uri()

    def dataset(self, name="ds"):
        return self.client.get_dataset(self.name(name))

    def table(self, name="table"):
        return self.client.get_table(self.name(name))

    def create(self, *files, name="ds"):
        """A dataset with these recordings; a pair is a file and its layer."""
        dataset = self.client.create_dataset(self.name(name))
        for file in files:
            file, layer = file if isinstance(file, tuple) else (file, "base")
            dataset.register([self.uri(file)], layer_name=layer).wait()
        return dataset

    def step(self, name, call, text=False):
        assert name not in self.answers, name
        try:
            self.answers[name] = self.normaliser.value(call())
        except Exception as error:  # its type is the answer
            self.answers[name] = {"error": type(error).__name__, **({"text": self.normaliser.text(str(error))} if text else {})}

    def own(self, entries):
        return sorted(entry.name for entry in entries if entry.name.startswith(self.prefix))

    def frame(self, frame, ordered=False, columns=None, columns_ordered=True):
        """Fields with their metadata, and rows."""
        import pyarrow as pa

        table = pa.table(frame)
        table = table.select(columns) if columns else table
        table = table if columns_ordered else table.select(sorted(table.schema.names))
        answer = self.normaliser.table(table, ordered)
        answer.pop("metadata")
        return answer

    def rows(self, frame, **options):
        return self.frame(frame, **options)["rows"]

    def schema(self, schema):
        """The descriptors of a catalog Schema, in their order."""
        indexes = [["index", column.name] for column in schema.index_columns()]
        return indexes + [
            [column.entity_path, column.component, column.component_type, column.archetype, column.is_static, column.is_property]
            for column in schema.component_columns()
        ]

    def chunks(self, store):
        """What a segment store holds."""
        return sorted(([chunk.entity_path, chunk.num_rows, bool(chunk.is_static)] for chunk in store.stream()), key=by_text)

    def together(self, name, *calls):
        """Calls in a thread each; their outcomes as a multiset."""

        def run(call):
            try:
                return self.normaliser.value(call())
            except Exception as error:
                return {"error": type(error).__name__}

        with concurrent.futures.ThreadPoolExecutor(len(calls)) as threads:
            self.answers[name] = sorted(threads.map(run, calls), key=by_text)


warnings.simplefilter("ignore")
