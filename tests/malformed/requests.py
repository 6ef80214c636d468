"""Requests from the odd messages: for every method, with headers that may be wrong, over gRPC and gRPC-web."""

from differential import protos
from malformed.messages import Odd

ENDLESS = {"WatchEvents", "ReadMessages", "ReadTables"}  # answer until the client goes


class Requests:
    def __init__(self, seed, known):
        self.odd = Odd(seed, known)
        self.random = self.odd.random
        self.known = known
        self.methods = protos.every_method()

    def next(self):
        """(path, descriptor, messages, metadata): messages are bytes, several where the client streams."""
        path, method = self.random.choice(self.methods)
        count = self.random.choice([0, 1, 1, 2, 5]) if method.client_streaming else 1
        return path, method, [self.content(method.input_type) for _ in range(count)], self.metadata()

    def content(self, descriptor):
        chance = self.random.random()
        if chance < 0.08:
            return self.random.randbytes(self.random.choice([0, 1, 7, 60, 1000]))
        content = self.odd.message(descriptor).SerializeToString()
        return content if chance < 0.6 else self.odd.mutated(content)

    def metadata(self):
        chance = self.random.random()
        entry = self.random.choice(self.known["entries"])
        if chance < 0.7:
            return [("x-rerun-entry-id", entry)]
        if chance < 0.8:
            return [("x-rerun-entry-name-bin", self.random.choice([b"", b"\xff\xfe", b"robots", b"a\0b", self.random.randbytes(50)]))]
        if chance < 0.9:
            text = self.random.choice(["", "zz", entry[:31], entry + "0", "0" * 32, "F" * 32, "x" * 4000, "-1", entry.lower()])
            return [("x-rerun-entry-id", text)]
        if chance < 0.95:
            return [("x-rerun-entry-id", entry), ("x-rerun-entry-name-bin", b"robots"), ("x-rerun-dataset-revision", "x")]
        return []
