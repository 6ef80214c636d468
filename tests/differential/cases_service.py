"""The service itself: version, identity, bandwidth, methods and paths that are not there, encodings."""

from differential import protos
from differential.cases import NEW, Call, Http, Together, case, dataset

SERVICE = f"/{protos.SERVICE}"


def bandwidth(count):
    return Call("DoBandwidthTest", {"num_bytes": count})


CASES = [
    case("service: version", Call("Version", answer_headers=("x-request-trace-id",))),
    case("service: identity", Call("WhoAmI"), only=NEW),
    case(
        "service: identity with headers",
        Call(
            "WhoAmI",
            headers={
                "x-rerun-client-version": "rerun-py/0.41.0",
                "x-rerun-client-id": "18EA604BF736E21E106732e40ef82c2a",
                "authorization": "Bearer x",
            },
            answer_headers=("x-rerun-client-version",),
        ),
        only=NEW,
    ),
    *(
        case(f"service: {count} bytes of bandwidth", bandwidth(count))
        for count in (0, 1, 1 << 20, (1 << 20) + 1, 5_000_000, 33_554_432, 33_554_433, 2**64 - 1)
    ),
    case("service: bandwidth at once", Together((bandwidth(100_000),) * 4)),
    *(
        case(f"service: the method {method}", Call(f"{SERVICE}/{method}", b""))
        for method in ("Nothing", "CreateIndex", "ListIndexes", "DeleteIndexes", "SearchDataset", "version", "")
    ),
    case(
        "service: an unknown service",
        Call("/rerun.cloud.v1alpha1.Nothing/Version", b""),
        Call("/grpc.health.v1.Health/Check", b""),
        Call("/x/y", b""),
    ),
    case(
        "service: request bytes to a request without fields",
        Call("Version", b"\x08\x01"),
        Call("WhoAmI", b"\x0a\x03abc"),
        Call("Version", b"\xff\xff\xff"),
    ),
    case(
        "service: a method of the wrong kind",
        Call("FindEntries", b"\x0a"),
        Call("CreateDatasetEntry", b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f"),
    ),
    case("service: GET /version", Http(method="GET", path="/version")),
    case("service: GET /nothing", Http(method="GET", path="/nothing"), Http(method="GET", path="/upload/x")),
    case("service: identities at once", Together((Call("WhoAmI"),) * 8), only=NEW),
    case(
        "service: many datasets and versions at once",
        Together((*(dataset(None, f"@n{at}") for at in range(4)), *(Call("Version"),) * 4)),
    ),
]
