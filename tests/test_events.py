"""WatchEvents: entries that come and go, told to whoever watches."""

import contextlib
import pathlib
import queue
import threading
import time

import grpc
import pytest

from support import rpc, servers, wire
from support.paths import SDK_VERSIONS

WAIT_S = 20.0


class Watch:
    """A watcher in a thread of its own: next() is (kind, id) of an event, or the code that ended the stream."""

    def __init__(self, address, **fields):
        self.channel = grpc.insecure_channel(address)
        call = self.channel.unary_stream(
            f"{rpc.SERVICE}/WatchEvents",
            request_serializer=lambda request: request.SerializeToString(),
            response_deserializer=wire.message("WatchEventsResponse").FromString,
        )
        self.call = call(wire.message("WatchEventsRequest")(**fields))
        self.got = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        try:
            for event in self.call:
                kind = event.WhichOneof("kind")
                self.got.put((kind, getattr(event, kind).id.id.SerializeToString()))
            self.got.put((grpc.StatusCode.OK, ""))
        except grpc.RpcError as error:
            self.got.put((error.code(), error.details()))

    def next(self):
        return self.got.get(timeout=WAIT_S)

    def stands(self):
        """Until the server has answered that it watches."""
        self.call.initial_metadata()
        return self

    def close(self):
        self.call.cancel()
        self.channel.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def create(address, name):
    answer = wire.call(address, "CreateDatasetEntry", name=name)
    assert not isinstance(answer, tuple), answer
    return answer.dataset.details.id


def rename(address, entry, name):
    return wire.call(address, "UpdateEntry", id=entry, entry_details_update={"name": name})


def delete(address, entry):
    request = wire.message("DeleteEntryRequest")(id=entry)
    header = ("x-rerun-entry-id", f"{entry.id.time_ns:016X}{entry.id.inc:016x}")
    code, details, _ = rpc.unary(address, f"{rpc.SERVICE}/DeleteEntry", request.SerializeToString(), [header])
    assert code == grpc.StatusCode.OK, details


def events_of_a_life(address, watch):
    """What a watcher hears of a dataset that is created, renamed and deleted, from a first one on that shows that it hears."""
    heard = None
    for number in range(100):
        create(address, f"first_{number}")
        with contextlib.suppress(queue.Empty):
            heard = watch.got.get(timeout=0.3)
            break
    assert heard is not None and heard[0] == "entry_created"
    entry = create(address, "robots")
    assert isinstance(wire.call(address, "CreateDatasetEntry", name="robots"), tuple)
    rename(address, entry, "machines")
    delete(address, entry)
    last = create(address, "last")
    names, ids = [], {entry.id.SerializeToString(): "robots", last.id.SerializeToString(): "last"}
    while not names or names[-1][1] != "last":
        kind, key = watch.next()
        if key in ids:
            names.append((kind, ids[key]))
    return names


@pytest.mark.parametrize("kinds", [[], [{"entry": {}}]], ids=["all", "entry"])
def test_same_events_as_the_stock_server(serve, version, kinds):
    with servers.StockServer(version) as stock:
        address = stock.url.removeprefix("rerun+http://").split("/")[0]
        with Watch(address, kinds=kinds) as watch:
            expected = events_of_a_life(address, watch)
    address = serve().address
    with Watch(address, kinds=kinds) as watch:
        assert events_of_a_life(address, watch.stands()) == expected
    assert expected == [("entry_created", "robots"), ("entry_deleted", "robots"), ("entry_created", "last")]


def test_a_kind_that_names_nothing_selects_nothing(serve):
    server = serve()
    with Watch(server.address, kinds=[{}]) as nothing, Watch(server.address) as all_kinds:
        nothing.stands()
        all_kinds.stands()
        create(server.address, "robots")
        assert all_kinds.next()[0] == "entry_created"
        assert nothing.got.empty()


def test_a_watcher_hears_of_nothing_that_was_before_it(serve):
    serve_once = serve()
    create(serve_once.address, "before")
    serve_once.stop()
    server = serve()
    with Watch(server.address) as watch:
        watch.stands()
        after = create(server.address, "after")
        assert watch.next() == ("entry_created", after.id.SerializeToString())


def test_the_stop_of_the_server_ends_watchers_at_once(serve):
    server = serve()
    watches = [Watch(server.address).stands() for _ in range(20)]
    started = time.monotonic()
    assert server.stop(timeout_s=8.0) == 0  # running calls would get 10 s
    assert time.monotonic() - started < 5.0
    for watch in watches:
        code, details = watch.next()
        assert code == grpc.StatusCode.UNAVAILABLE and "stopping" in details, (code, details)
        watch.close()


def test_watchers_hold_no_threads_and_nobody_up(serve):
    server = serve()
    tasks = pathlib.Path(f"/proc/{server.pid}/task")
    with Watch(server.address) as watch:
        watch.stands()
        before = len(list(tasks.iterdir()))
    watches = [Watch(server.address).stands() for _ in range(100)]
    assert len(list(tasks.iterdir())) < before + 20
    robots = create(server.address, "robots")
    for watch in watches:
        assert watch.next() == ("entry_created", robots.id.SerializeToString())
    for watch in watches:
        watch.close()
    with Watch(server.address) as watch:
        watch.stands()
        delete(server.address, robots)
        assert watch.next()[0] == "entry_deleted"
