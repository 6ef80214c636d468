"""The message proxy: stock SDKs that log on command, and raw calls."""

import subprocess

import grpc

from support import sdk
from support.paths import SCRIPTS
from support.servers import read_line

SERVICE = "/rerun.sdk_comms.v1alpha1.MessageProxyService"
INFO, CHUNK, ACTIVATION = 1, 2, 3  # fields of LogMsg
UNLIMITED = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]


class Logger:
    """tests/scripts/live_log.py: logger("rows", 0, 10) returns when the SDK has logged them."""

    def __init__(self, version, url, recording_id, *application_id):
        self.process = sdk.start(
            version, SCRIPTS / "live_log.py", f"{url}/proxy", recording_id, *application_id,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=1,
        )
        assert read_line(self.process, 60.0) == "connected"

    def __call__(self, *command):
        self.process.stdin.write(" ".join(map(str, command)) + "\n")
        self.process.stdin.flush()
        assert read_line(self.process, 60.0) == command[0]

    def end(self):
        """Ends the SDK in good order: it waits for the server's answer."""
        self.process.stdin.close()
        code = self.process.wait(60)
        self.process.stdout.close()
        return code

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def varint(number):
    out = b""
    while number > 127:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


def field(number, content):
    """A field of a protobuf message: bytes, or an integer."""
    if isinstance(content, int):
        return varint(number << 3) + varint(content)
    return varint(number << 3 | 2) + varint(len(content)) + content


def fields(message):
    """[(number, value)] of a protobuf message."""
    at, out = 0, []

    def number():
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(message):
        tag = number()
        if tag & 7 == 0:
            value = number()
        else:
            size = {1: 8, 2: None, 5: 4}[tag & 7]
            size = number() if size is None else size
            value = message[at : at + size]
            at += size
        out.append((tag >> 3, value))
    return out


def store_id(recording_id, application_id="raw", kind=1):
    return field(1, kind) + field(2, recording_id.encode()) + field(3, field(1, application_id.encode()))


class Message:
    """One LogMsg as it came: `kind` and the `recording` it belongs to."""

    def __init__(self, response):
        (_, self.bytes), = fields(response)
        (self.kind, content), = fields(self.bytes)
        parts = dict(fields(content))
        store = dict(fields(parts[2]))[2] if self.kind == INFO else parts[1]
        self.store = dict(fields(store))
        self.recording = self.store[2].decode()
        self.chunk_id = parts.get(6) if self.kind == CHUNK else None


class Reader:
    """A ReadMessages call."""

    def __init__(self, address, window_bytes=None):
        options = UNLIMITED + ([("grpc.http2.lookahead_bytes", window_bytes), ("grpc.http2.bdp_probe", 0)] if window_bytes else [])
        self.channel = grpc.insecure_channel(address, options=options)
        self.call = self.channel.unary_stream(f"{SERVICE}/ReadMessages")(b"", timeout=60)

    def __iter__(self):
        return (Message(response) for response in self.call)

    def take(self, done):
        """Messages until `done(messages)`."""
        messages = []
        while not done(messages):
            messages.append(Message(next(self.call)))
        return messages

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.call.cancel()
        self.channel.close()


def write(address, messages):
    """(status code, details) of a WriteMessages call with these serialized LogMsgs."""
    with grpc.insecure_channel(address, options=UNLIMITED) as channel:
        requests = (field(1, message) if message is not None else b"" for message in messages)
        try:
            channel.stream_unary(f"{SERVICE}/WriteMessages")(requests, timeout=60)
            return grpc.StatusCode.OK, ""
        except grpc.RpcError as error:
            return error.code(), error.details()
