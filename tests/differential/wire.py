"""Runs wire cases against one server, and across its lives."""

import concurrent.futures
import http.client
import threading


import grpc

from differential import arrow, protos
from differential.cases import Call, File, Http, Together, Watch
from differential.decode import Decoder, entry_hex
from differential.normalise import Normaliser, by_text

TIMEOUT_S = 120.0  # only a server that hangs takes so long, on the slowest machine
UNLIMITED = [
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    ("grpc.max_metadata_size", 1 << 24),
    ("grpc.absolute_max_metadata_size", 1 << 24),
]


def is_message(value):
    return hasattr(value, "DESCRIPTOR")


class Connection:
    """To one life of a server."""

    def __init__(self, address):
        self.address = address
        self.channel = grpc.insecure_channel(address, options=UNLIMITED)

    def call(self, method, request, metadata, timeout_s=TIMEOUT_S):
        """The running call: a stream of answers, or one that is asked for result()."""
        path, descriptor = method if method.startswith("/") else f"/{protos.SERVICE}/{method}", protos.methods().get(method)
        input_streams = descriptor is not None and descriptor.client_streaming
        output_streams = descriptor is None or descriptor.server_streaming
        make = getattr(self.channel, f"{'stream' if input_streams else 'unary'}_{'stream' if output_streams else 'unary'}")
        answer_type = protos.message_class(descriptor.output_type.full_name).FromString if descriptor else None
        stub = make(path, request_serializer=None, response_deserializer=answer_type)
        argument = iter(request) if input_streams else request
        return (
            stub(argument, timeout=timeout_s, metadata=metadata)
            if output_streams
            else stub.future(argument, timeout=timeout_s, metadata=metadata)
        )

    def close(self):
        self.channel.close()


class Session:
    """One case on one server: what it saved, and the steps' records."""

    def __init__(self, case, prefix, files):
        self.case = case
        self.prefix = prefix
        self.files = files
        self.saved = {}
        self.normaliser = Normaliser(prefix, files)
        self.records = []

    def resolve(self, value):
        if callable(value):
            return self.resolve(value(self))
        if isinstance(value, File):
            return (self.files / value.name).as_uri()
        if isinstance(value, str):
            if value.startswith("@"):
                return self.prefix + value[1:]
            return self.reference(value[1:]) if value.startswith("$") else value
        if isinstance(value, dict):
            return {key: self.resolve(item) for key, item in value.items()}
        return [self.resolve(item) for item in value] if isinstance(value, (list, tuple)) else value

    def reference(self, path):
        name, *parts = path.split(".")
        value = self.saved[name]
        for part in parts:
            value = entry_id(value) if part == "id" else value[int(part)] if part.isdigit() else getattr(value, part)
        return value

    def tasks(self, saved):
        """The distinct tasks of a registration or an unregistration."""
        answers = self.saved.get(saved)
        answers = answers if isinstance(answers, list) else [answers]
        ids = {answer.task_id.id for answer in answers if hasattr(answer, "task_id")}
        for answer in answers:
            table = arrow.read_part(answer.data) if answer is not None else None
            if table is not None and "rerun_task_id" in table.schema.names:
                ids.update(table.column("rerun_task_id").to_pylist())
        return [{"id": task} for task in sorted(ids)]

    def table(self, saved):
        """The rows of a saved answer with data."""
        answers = self.saved[saved]
        return arrow.together([arrow.read_part(answer.data) for answer in (answers if isinstance(answers, list) else [answers])])

    def run(self, step, connection):
        try:
            record = self.one(step, connection)
        except NotAnswered as error:
            record = {"skipped": str(error)}
        self.records.append(record)

    def one(self, step, connection):
        return {Call: self.call, Together: self.together, Watch: self.watch, Http: self.http}[type(step)](step, connection)

    def start(self, step, connection):
        descriptor = protos.methods().get(step.method)
        try:
            request, headers = self.resolve(step.request), self.resolve(step.headers)
        except (KeyError, AttributeError) as error:
            raise NotAnswered(f"an answer that this step needs is missing: {error}") from None
        encode = lambda content: (
            content if isinstance(content, bytes) else protos.build(descriptor.input_type.full_name, content).SerializeToString()
        )
        content = [encode(item) for item in request] if isinstance(request, list) else encode(request)
        return connection.call(step.method, content, list(wire_headers(headers)))

    def call(self, step, connection):
        return self.finish(step, self.start(step, connection))

    def finish(self, step, running):
        descriptor = protos.methods().get(step.method)
        streams = descriptor is None or descriptor.server_streaming
        try:
            answer = list(running) if streams else running.result()
        except grpc.RpcError as error:
            return {"code": error.code().name}
        if step.save:
            self.saved[step.save] = answer
        if step.code_only:
            return {"code": "OK"}
        decoder = Decoder(self.normaliser, step)
        record = {"code": "OK", "answer": decoder.stream(answer) if streams else decoder.message(answer)}
        if step.answer_headers:
            headers = {name: text for name, text in running.initial_metadata() if name in step.answer_headers}
            record["headers"] = self.normaliser.value(dict(sorted(headers.items())))
        return record

    def together(self, step, connection):
        barrier = threading.Barrier(len(step.calls))

        def run(call):
            barrier.wait()
            return self.one(call, connection)

        self.normaliser.numbers_new = False  # who comes first is chance
        try:
            with concurrent.futures.ThreadPoolExecutor(len(step.calls)) as threads:
                return sorted(threads.map(run, step.calls), key=by_text)
        finally:
            self.normaliser.numbers_new = True

    def watch(self, step, connection):
        content = protos.build(f"{protos.CLOUD}.WatchEventsRequest", step.request).SerializeToString()
        stream = connection.call("WatchEvents", content, ())
        try:
            stream.initial_metadata()  # comes when the server listens
            records = [self.call(call, connection) for call in step.calls]
            events = []
            while len(events) < step.events:
                event = next(stream)
                events.append(Decoder(self.normaliser, step).message(event))
            return {"calls": records, "events": events}
        except grpc.RpcError as error:
            return {"code": error.code().name}
        finally:
            stream.cancel()

    def http(self, step, connection):
        method, path, headers = step.method, step.path, {}
        if step.grant:
            if step.grant.split(".")[0] not in self.saved:
                return {"skipped": "no grant"}
            request = self.reference(step.grant)
            request = request.grant.http_request if hasattr(request, "grant") else request
            method, path = method or request.method, request.url
            headers = {header.name: header.value for header in request.headers if header.name.lower() not in step.drop_headers}
        body = (self.files / step.body.name).read_bytes() if isinstance(step.body, File) else step.body
        web = http.client.HTTPConnection(connection.address, timeout=TIMEOUT_S)
        try:
            web.request(method, step.tamper(path) if step.tamper else path, body, headers)
            answer = web.getresponse()
            body = answer.read()
            return {"status": answer.status, **({"body": self.normaliser.text(body.decode())} if step.expect_body else {})}
        except OSError as error:
            return {"status": type(error).__name__}
        finally:
            web.close()


class NotAnswered(Exception):
    pass


def entry_id(answer):
    """The id of the entry that an answer is about."""
    for name in ("dataset", "table", "table_entry"):
        answer = getattr(answer, name, answer)
    return getattr(answer, "details", getattr(answer, "entry_details", answer)).id


def wire_headers(headers):
    for name, value in headers.items():
        if is_message(value):
            value = entry_hex(value.id if hasattr(value, "id") else value)
        if name == "name":
            yield "x-rerun-entry-name-bin", value if isinstance(value, bytes) else value.encode()
        else:
            yield {"id": "x-rerun-entry-id"}.get(name, name), value


def prefix_of(number):
    return f"c{number:03d}."


def run_cases(cases, server, files):
    """Every case from its first to its last step: {name: records}."""
    connection = Connection(server.address)
    try:
        sessions = [Session(case, prefix_of(number), files) for number, case in cases]
        for session in sessions:
            for step in session.case.steps:
                session.run(step, connection)
        return {session.case.name: session.records for session in sessions}
    finally:
        connection.close()


def run_cases_with_restarts(cases, start, files):
    """The first step of every case, then the second of every case in the next life of the server, and so on. start() runs it."""
    sessions = [Session(case, prefix_of(number), files) for number, case in cases]
    for at in range(max((len(session.case.steps) for session in sessions), default=0)):
        with start() as server:
            connection = Connection(server.address)
            for session in sessions:
                for step in session.case.steps[at : at + 1]:
                    session.run(step, connection)
            connection.close()
    return {session.case.name: session.records for session in sessions}
