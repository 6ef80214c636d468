"""Uploads: grants, PUT, and what is registered from them (0.41)."""

from differential.cases import NEW, Call, File, Http, Together, by_id, case, dataset, wait

SINGLE, MULTIPART = 1, 2
SIGNED, UNSIGNED = 1, 2


def grant(key="@file.rrd", saved="grant", **fields):
    return Call("GetWriteAccessGrant", {"key": key, **fields}, save=saved)


def put(content, **options):
    return Http("grant", body=content, **options)


def register_upload(saved="grant"):
    return [
        Call(
            "RegisterWithDataset",
            {"data_sources": [{"storage_url": lambda session: session.saved[saved].storage_url, "typ": 1}], "on_duplicate": 3},
            by_id("ds"),
            save="registered",
            keep=("rerun_segment_id", "rerun_segment_layer"),
        ),
        wait(),
    ]


SEGMENTS = Call("ScanSegmentTable", {"columns": ["rerun_segment_id", "rerun_layer_names"]}, by_id("ds"))
ODD_KEYS = (
    "",
    "/",
    "/absolute.rrd",
    "../up.rrd",
    "a/../b.rrd",
    ".",
    "..",
    "a//b.rrd",
    "a\\b.rrd",
    "a\0b.rrd",
    "ü☃.rrd",
    "a b.rrd",
    "x" * 300 + ".rrd",
    "x/" * 100 + "y.rrd",
    "x" * 5000,
    "no suffix",
    "a/b/c.rrd",
    "%2e%2e/x.rrd",
    "a?b#c.rrd",
    "C:\\x.rrd",
    "a/",
    ".hidden",
    "a\n.rrd",
)

TOKEN = "$grant.grant.multipart_request.upload_token"

CASES = [
    case("uploads: a recording", dataset(), grant(), put(File("one.rrd")), register_upload(), SEGMENTS, only=NEW),
    case("uploads: what is uploaded twice", grant(), put(b"one"), put(b"two"), grant(saved="again"), only=NEW),
    case("uploads: two grants for one key", grant(), grant(saved="again"), put(b"one"), Http("again", body=b"two"), only=NEW),
    case("uploads: nothing at all", grant(), put(b""), only=NEW),
    case(
        "uploads: a text registered as a recording",
        dataset(),
        grant(),
        put(b"this is text"),
        register_upload(),
        SEGMENTS,
        only=NEW,
    ),
    case("uploads: registered before it is there", dataset(), grant(), register_upload(), only=NEW),
    case(
        "uploads: without the header that forbids overwriting",
        grant(),
        put(b"x", drop_headers=("if-none-match",)),
        put(b"x"),
        only=NEW,
    ),
    case(
        "uploads: a changed grant",
        grant(),
        put(b"x", tamper=lambda path: path[:-3] + ("AAA" if not path.endswith("AAA") else "BBB")),
        put(b"x", tamper=lambda path: path[: len(path) // 2]),
        put(b"x", tamper=lambda path: path + "x"),
        put(b"x"),
        only=NEW,
    ),
    *(case(f"uploads: {method} to a grant", grant(), put(b"", method=method), only=NEW) for method in ("GET", "POST", "DELETE")),
    case(
        "uploads: PUT without a grant",
        Http(method="PUT", path="/upload/"),
        Http(method="PUT", path="/upload/nothing"),
        Http(method="PUT", path="/upload/%00%ff"),
        only=NEW,
    ),
    *(case(f"uploads: the key {key[:16]!r} of {len(key)}", grant(key), put(b"x"), only=NEW) for key in ODD_KEYS),
    case("uploads: no key", Call("GetWriteAccessGrant", {}), only=NEW),
    case("uploads: a location", grant(location={}), only=NEW),
    *(case(f"uploads: signing {mode}", grant(signing=mode), only=NEW) for mode in (0, SIGNED, UNSIGNED, 7)),
    *(
        case(f"uploads: methods {methods}", grant(supported_upload_methods=methods), only=NEW)
        for methods in ([], [SINGLE], [SINGLE, MULTIPART], [0], [9], [SINGLE, 9])
    ),
    case("uploads: only in parts", grant(supported_upload_methods=[MULTIPART], size_bytes=10), only=NEW),
    *(
        case(f"uploads: announced with {size} bytes", grant(size_bytes=size), put(b"12345"), only=NEW)
        for size in (0, 5, 6, 2**63)
    ),
    case(
        "uploads: parts of an unknown upload",
        Call("GetMultipartUploadPartGrants", {"upload_token": b"nothing", "part_numbers": [1]}),
        only=NEW,
    ),
    case(
        "uploads: completing an unknown upload",
        Call("CompleteMultipartUpload", {"upload_token": b"nothing", "parts": [{"part_number": 1, "etag": "x"}]}),
        only=NEW,
    ),
    case(
        "uploads: cancelling an unknown upload",
        Call("AbortMultipartUpload", {"upload_token": b"nothing"}),
        Call("AbortMultipartUpload", {}),
        only=NEW,
    ),
    case(
        "uploads: parts without a token", Call("GetMultipartUploadPartGrants", {}), Call("CompleteMultipartUpload", {}), only=NEW
    ),
    case("uploads: grants at once", Together(tuple(grant(saved=None) for _ in range(6))), only=NEW),
    case("uploads: the same put at once", grant(), Together((put(b"x"),) * 6), only=NEW),
    case(
        "uploads: in parts",
        dataset(),
        grant(supported_upload_methods=[MULTIPART], size_bytes=lambda session: (session.files / "one.rrd").stat().st_size),
        Call("GetMultipartUploadPartGrants", {"upload_token": TOKEN, "part_numbers": [1]}),
        Http("grant.grant.multipart_request.part_requests.0", body=File("one.rrd")),
        Call("CompleteMultipartUpload", {"upload_token": TOKEN, "parts": [{"part_number": 1}]}),
        register_upload(),
        only=NEW,
    ),
    case(
        "uploads: in parts, cancelled",
        grant(supported_upload_methods=[MULTIPART], size_bytes=10),
        Call("AbortMultipartUpload", {"upload_token": TOKEN}),
        Http("grant.grant.multipart_request.part_requests.0", body=b"0123456789"),
        Call("CompleteMultipartUpload", {"upload_token": TOKEN, "parts": [{"part_number": 1}]}),
        only=NEW,
    ),
]
