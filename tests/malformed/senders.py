"""Sends requests and counts how they end. A process of its own a sender: `python -m malformed.senders ADDRESS SEED COUNT KNOWN.json`."""

import collections
import http.client
import itertools
import json
import pathlib
import sys
import threading

import grpc

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

from differential import protos  # noqa: E402
from malformed.requests import ENDLESS, Requests  # noqa: E402
from support.rpc import grpc_web_answer, grpc_web_frame  # noqa: E402

THREADS = 8
TIMEOUT_S = 60.0
ENDLESS_TIMEOUT_S = 0.02
WEB_SHARE = 0.08
ANSWERS_MAX = 50
UNLIMITED = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]


class Sender:
    """One connection of each kind."""

    def __init__(self, address, seed, known):
        self.requests = Requests(seed, known)
        self.channel = grpc.insecure_channel(address, options=[*UNLIMITED, ("grpc.use_local_subchannel_pool", 1)])
        self.web = http.client.HTTPConnection(address, timeout=TIMEOUT_S)

    def close(self):
        self.channel.close()
        self.web.close()

    def one(self):
        """(method, status) of one request."""
        path, method, messages, metadata = self.requests.next()
        if not method.client_streaming and method.name not in ENDLESS and self.requests.random.random() < WEB_SHARE:
            return method.name, self.over_web(path, messages[0], metadata)
        try:
            return method.name, self.over_grpc(path, method, messages, metadata)
        except grpc.RpcError as error:
            code = error.code().name
            if method.name in ENDLESS and code in ("DEADLINE_EXCEEDED", "CANCELLED"):
                return method.name, "ENDLESS"
            text = error.details() if code in ("INTERNAL", "UNKNOWN", "UNAVAILABLE", "DEADLINE_EXCEEDED", "DATA_LOSS") else ""
            return method.name, f"{code} {text[:160]}".strip()

    def over_grpc(self, path, method, messages, metadata):
        timeout = ENDLESS_TIMEOUT_S if method.name in ENDLESS else TIMEOUT_S
        if method.server_streaming:
            running = self.channel.unary_stream(path)(messages[0], timeout=timeout, metadata=metadata)
            for _ in itertools.islice(running, ANSWERS_MAX):
                pass
            running.cancel()  # what is longer is left, as a client would that loses interest
        elif method.client_streaming:
            self.channel.stream_unary(path)(iter(messages), timeout=timeout, metadata=metadata)
        else:
            self.channel.unary_unary(path)(messages[0], timeout=timeout, metadata=metadata)
        return "OK"

    def over_web(self, path, message, metadata):
        import base64

        headers = {"content-type": "application/grpc-web+proto"}
        for name, value in metadata:
            headers[name] = base64.b64encode(value).decode() if isinstance(value, bytes) else value
        body = grpc_web_frame(message)
        if self.requests.random.random() < 0.2:
            body = self.requests.odd.mutated(body)
        try:
            self.web.request("POST", path, body, headers)
            answer = self.web.getresponse()
            content = answer.read()
        except (http.client.HTTPException, OSError) as error:
            self.web.close()
            return f"WEB {type(error).__name__}"
        if answer.status != 200:
            return f"HTTP {answer.status}"
        status = answer.getheader("grpc-status") or grpc_web_answer(content)[1].get("grpc-status")
        return f"WEB {status}" if status is not None else "WEB no status"


def main(address, seed, count, known_file):
    known = json.loads(pathlib.Path(known_file).read_text())
    known["chunk_key"] = bytes.fromhex(known["chunk_key"])
    for _, method in protos.every_method():  # classes are made once, by one thread
        protos.message_class(method.input_type.full_name)
    outcomes, lock, left = collections.Counter(), threading.Lock(), iter(range(int(count)))

    def work(number):
        sender = Sender(address, int(seed) * 1000 + number, known)
        mine = collections.Counter()
        while True:
            with lock:
                if next(left, None) is None:
                    break
            mine[sender.one()] += 1
        sender.close()
        with lock:
            outcomes.update(mine)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps([[method, status, number] for (method, status), number in sorted(outcomes.items())]))


if __name__ == "__main__":
    main(*sys.argv[1:])
