"""Raw gRPC calls: what the stock clients never send."""

import grpc

SERVICE = "/rerun.cloud.v1alpha1.RerunCloudService"
TIMEOUT_S = 10.0


def unary(address, path, request=b"", metadata=()):
    """(status code, details, response bytes or None)."""
    with grpc.insecure_channel(address) as channel:
        call = channel.unary_unary(path)
        try:
            response, _ = call.with_call(request, timeout=TIMEOUT_S, metadata=metadata)
            return grpc.StatusCode.OK, "", response
        except grpc.RpcError as error:
            return error.code(), error.details(), None


def grpc_web_frame(message=b""):
    return b"\0" + len(message).to_bytes(4, "big") + message


def grpc_web_answer(body):
    """(messages, trailers) of a gRPC-web response body."""
    messages, trailers = [], {}
    while body:
        flags, length = body[0], int.from_bytes(body[1:5], "big")
        payload, body = body[5 : 5 + length], body[5 + length :]
        assert len(payload) == length, "frame is cut"
        if flags & 0x80:
            trailers = dict(line.split(":", 1) for line in payload.decode().strip().splitlines())
            trailers = {name.strip().lower(): text.strip() for name, text in trailers.items()}
        else:
            messages.append(payload)
    return messages, trailers
