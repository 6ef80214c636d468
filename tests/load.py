"""Many clients at once: queries, registrations, table writes, entries and properties, for a while. `make load` runs it.

Prints a table of what was called: how often, the 50th and 99th percentile of its time in ms, errors; then the server's memory.
Exits with 1 if a call failed that the client did not make fail, or if the memory grew.
"""

import argparse
import asyncio
import collections
import json
import multiprocessing
import os
import pathlib
import random
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import grpc.aio  # noqa: E402
import pyarrow as pa  # noqa: E402

from differential import arrow, protos  # noqa: E402
from support import sdk  # noqa: E402
from support.paths import SCRIPTS  # noqa: E402
from support.servers import Mutoscope  # noqa: E402

PROCESSES = 2
RECORDINGS = 50
SHARED_TABLES = 4
MEMORY_GROWTH_MAX = 0.10
UNLIMITED = [("grpc.max_receive_message_length", -1)]


def entry_header(entry):
    return (("x-rerun-entry-id", f"{entry.id.time_ns:016X}{entry.id.inc:016x}"),)


class Client:
    """One of the many; it works until the deadline, one call after the other."""

    def __init__(self, channel, number, shared):
        self.channel, self.number, self.shared = channel, number, shared
        self.random = random.Random(number)
        self.times = collections.defaultdict(list)
        self.errors = collections.Counter()

    async def call(self, method, request, entry=None):
        descriptor = protos.methods()[method]
        content = protos.build(descriptor.input_type.full_name, request).SerializeToString()
        answer = protos.message_class(descriptor.output_type.full_name).FromString
        path, metadata = f"/{protos.SERVICE}/{method}", entry_header(entry) if entry is not None else ()
        if descriptor.server_streaming:
            return [message async for message in self.channel.unary_stream(path, response_deserializer=answer)(content, metadata=metadata, timeout=60)]
        if descriptor.client_streaming:
            return await self.channel.stream_unary(path, response_deserializer=answer)(iter([content]), metadata=metadata, timeout=60)
        return await self.channel.unary_unary(path, response_deserializer=answer)(content, metadata=metadata, timeout=60)

    async def query(self):
        """One frame, as a reader asks for it."""
        frame = self.random.randrange(20)
        found = await self.call("FindChunks", {
            "contents": {"all": {}}, "range": {"timeline": "frame", "start_inclusive": frame, "end_inclusive": frame,
                                                "segments": {"explicit": {"ids": [{"id": self.random.choice(self.shared["segments"])}]}}}}, self.shared["dataset"])
        chunks = await self.call("FetchChunks", {"chunk_infos": [found[0].data]})
        assert chunks

    async def scan_segments(self):
        answer = await self.call("ScanSegmentTable", {}, self.shared["dataset"])
        assert arrow.read_part(answer[0].data).num_rows == len(self.shared["segments"])

    async def register(self):
        """Into a dataset that others register into as well: a layer of our own."""
        layer = f"layer_{self.number}"
        source = {"storage_url": self.random.choice(self.shared["files"]), "typ": 1, "layer": layer}
        answer = await self.call("RegisterWithDataset", {"data_sources": [source], "on_duplicate": 1}, self.shared["registrations"])
        tasks = [{"id": task} for task in arrow.read_part(answer.data).column("rerun_task_id").to_pylist()]
        outcome = await self.call("QueryTasksOnCompletion", {"ids": tasks, "timeout": {"seconds": 60}})
        assert arrow.read_part(outcome[0].data).column("exec_status").to_pylist() == ["success"]
        await self.call("UnregisterFromDataset", {"layers_to_drop": [layer]}, self.shared["registrations"])

    async def write_table(self):
        table = self.random.choice(self.shared["tables"])
        rows = pa.record_batch({"client": [self.number] * 3, "value": [self.random.random() for _ in range(3)]})
        mode = 2 if self.random.random() < 0.2 else 1
        await self.call("WriteTable", {"dataframe_part": arrow.part(rows), "insert_mode": mode}, table)

    async def scan_table(self):
        table = self.random.choice(self.shared["tables"])
        await self.call("ScanTable", {"table_id": table}, table)

    async def entries(self):
        name = f"own_{self.number}_{self.random.randrange(10**9)}"
        created = await self.call("CreateDatasetEntry", {"name": name})
        entry = created.dataset.details.id
        await self.call("UpdateEntry", {"id": entry, "entry_details_update": {"name": name + "_renamed"}}, entry)
        await self.call("DeleteEntry", {"id": entry}, entry)

    async def properties(self):
        row = pa.record_batch({"property:load:value": [[self.number]]})
        segment = {"id": f"s{self.number}"}
        await self.call("SetSegmentProperties", {"segment_id": segment, "properties": arrow.part(row)}, self.shared["dataset"])
        found = await self.call("GetSegmentProperties", {"segment_ids": [segment]}, self.shared["dataset"])
        assert len(found[0].segments) == 1

    async def work(self, deadline):
        kinds = [self.query] * 10 + [self.scan_segments] * 2 + [self.register, self.write_table, self.scan_table, self.entries, self.properties]
        while time.monotonic() < deadline:
            kind = self.random.choice(kinds)
            started = time.monotonic()
            try:
                await kind()
            except (grpc.aio.AioRpcError, AssertionError) as error:
                self.errors[f"{kind.__name__}: {error.code().name + ' ' + str(error.details()) if isinstance(error, grpc.aio.AioRpcError) else repr(error)}"[:200]] += 1
            self.times[kind.__name__].append(time.monotonic() - started)


async def run_clients(address, numbers, seconds, shared):
    channels = [grpc.aio.insecure_channel(address, options=[*UNLIMITED, ("grpc.use_local_subchannel_pool", 1)]) for _ in numbers]
    clients = [Client(channel, number, shared) for channel, number in zip(channels, numbers)]
    deadline = time.monotonic() + seconds
    await asyncio.gather(*(client.work(deadline) for client in clients))
    for channel in channels:
        await channel.close()
    return clients


def process_main(address, numbers, seconds, shared, results):
    shared = {key: [restore(item) for item in value] if isinstance(value, list) else restore(value) for key, value in shared.items()}
    clients = asyncio.run(run_clients(address, numbers, seconds, shared))
    times, errors = collections.defaultdict(list), collections.Counter()
    for client in clients:
        errors.update(client.errors)
        for kind, durations in client.times.items():
            times[kind] += durations
    results.put((dict(times), dict(errors)))


def restore(item):
    return protos.message_class(f"{protos.COMMON}.EntryId").FromString(item) if isinstance(item, bytes) else item


def prepare(address, directory):
    """The shared datasets and tables, as values that go to another process."""
    async def make():
        async with grpc.aio.insecure_channel(address, options=UNLIMITED) as channel:
            client = Client(channel, 0, {})
            files = sorted(directory.glob("*.rrd"))
            dataset, registrations = [(await client.call("CreateDatasetEntry", {"name": name})).dataset.details.id for name in ("robots", "registrations")]
            sources = [{"storage_url": path.as_uri(), "typ": 1} for path in files]
            await client.call("RegisterWithDataset", {"data_sources": sources}, dataset)
            schema = arrow.schema(pa.schema({"client": pa.int64(), "value": pa.float64()}))
            tables = [(await client.call("CreateTableEntry", {"name": f"table_{i}", "schema": schema})).table.details.id for i in range(SHARED_TABLES)]
            return {"dataset": dataset.SerializeToString(), "registrations": registrations.SerializeToString(),
                    "tables": [table.SerializeToString() for table in tables], "segments": [path.stem for path in files], "files": [path.as_uri() for path in files]}

    return asyncio.run(make())


def resident_bytes(pid):
    with open(f"/proc/{pid}/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def run(server, directory, clients, seconds):
    """{kind: times}, {error: count}, memory samples."""
    shared = prepare(server.address, directory)
    context = multiprocessing.get_context("spawn")
    results = context.SimpleQueue()
    processes = [
        context.Process(target=process_main, args=(server.address, list(range(part, clients, PROCESSES)), seconds, shared, results)) for part in range(PROCESSES)
    ]
    for process in processes:
        process.start()
    memory, outcomes = [], []
    while len(outcomes) < PROCESSES:
        if not results.empty():
            outcomes.append(results.get())
        memory.append(resident_bytes(server.pid))
        processes[0].join(0.5)
        assert any(process.is_alive() for process in processes) or not results.empty() or len(outcomes) == PROCESSES, "the clients died"
    for process in processes:
        process.join()
    times, errors = collections.defaultdict(list), collections.Counter()
    for kinds, failed in outcomes:
        errors.update(failed)
        for kind, durations in kinds.items():
            times[kind] += durations
    return dict(times), dict(errors), memory


def growth(memory):
    """How much the last third of the samples is above the middle one, as a ratio."""
    third = len(memory) // 3
    mean = lambda part: sum(part) / max(1, len(part))
    return mean(memory[2 * third :]) / mean(memory[third : 2 * third]) - 1


def summary(times, errors, memory):
    rows = []
    for kind, durations in sorted(times.items()):
        durations = sorted(durations)
        percentile = lambda share: durations[min(len(durations) - 1, int(share * len(durations)))] * 1e3
        rows.append({"what": kind, "calls": len(durations), "p50_ms": round(percentile(0.5), 1), "p99_ms": round(percentile(0.99), 1)})
    return {"calls": rows, "errors": errors, "memory_mb_max": max(memory) >> 20, "memory_growth": round(growth(memory), 3)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        directory = pathlib.Path(scratch) / "robots"
        sdk.run("0.41.0", SCRIPTS / "make_robots.py", directory, "--recordings", RECORDINGS)
        with Mutoscope(pathlib.Path(scratch) / "data", "--allow-path", directory) as server:
            result = summary(*run(server, directory, options.clients, options.seconds))
    if options.json:
        print(json.dumps(result))
    else:
        for row in result["calls"]:
            print(f"{row['what']:16} {row['calls']:8} calls   p50 {row['p50_ms']:8.1f} ms   p99 {row['p99_ms']:8.1f} ms")
        print(f"memory: at most {result['memory_mb_max']} MB, growth {result['memory_growth']:+.1%}")
        for error, count in result["errors"].items():
            print(f"{count} x {error}")
    return 1 if result["errors"] or result["memory_growth"] > MEMORY_GROWTH_MAX else 0


if __name__ == "__main__":
    sys.exit(main())
