"""Cases that 0.36.3 and 0.41.0 answer in different ways: case -> (the version that we follow, what differs)."""

from differential.cases import NEW, OLD

_BY_HEADER = (
    "ReadDatasetEntry",
    "RegisterWithDataset",
    "UnregisterFromDataset",
    "GetSegmentTableSchema",
    "ScanSegmentTable",
    "GetDatasetManifestSchema",
    "ScanDatasetManifest",
    "GetDatasetSchema",
    "GetRrdManifest",
    "GetAssetsForSegment",
    "QueryDataset",
    "WriteTable",
)
_BY_BODY = (
    "DeleteEntry",
    "UpdateEntry",
    "UpdateDatasetEntry",
    "ReadTableEntry",
    "UpdateTableEntry",
    "GetTableSchema",
    "ScanTable",
)

_GROUPS = {
    "0.36 takes an id of less than 32 digits": [f"addressing: {method} with wrong headers" for method in _BY_HEADER],
    "0.36 knows the body field only": [
        f"addressing: {method} {way}"
        for method in _BY_BODY
        for way in ("by header", "by header and another body", "of what is unknown")
    ]
    + [f"addressing: {method} {way}" for method in ("GetTableSchema", "ScanTable") for way in ("by name header", "of nothing")],
    "0.36 does not read the request": ["assets: of a segment without id"],
    "0.36 leaves the segment of a failed row empty": [
        "assets: with temporal data",
        "assets: a good one and one with temporal data",
        "registration: a component of another type",
        "registration: a component of another type in one call",
        "registration: a timeline of another kind",
        "registration: a conflict does not stop others",
        "registration: overwriting with another type",
        "tasks: all columns of a failed one",
        "tasks: of a failed registration and another",
    ],
    "0.36 refuses the whole call": [
        "assets: a thirteenth",
        "registration: a prefix twice, ERROR",
        "registration: a duplicate, ERROR",
        "registration: other content for a segment, ERROR",
        "registration: a duplicate among new ones, ERROR",
    ],
    "0.36 calls a file that is no recording an internal error": [
        "registration: a text file",
        "registration: an empty file",
        "registration: a good and a text file",
        "registration: the prefix mixed",
    ],
    "another code for a URL of its own": ["registration: the URL memory:///store/abc"],
    "0.36 lists a chunk for each time that its segment is named": ["query: a segment twice"],
    "0.41 refuses what 0.36 honours or ignores": [
        f"query: {what}"
        for what in (
            "chunk ids",
            "no static data",
            "no temporal data",
            "no data",
            "latest at without a time",
            "latest at of an unknown timeline",
            "a range of an unknown timeline",
            "a range and latest at another time",
            "a range and latest at another timeline",
            "values of an unknown timeline",
            "scan parameters: a filter",
            "scan parameters: an offset",
            "scan parameters: a limit",
            "scan parameters: an order",
        )
    ],
    "0.36 lists static chunks for a segment without values": ["query: no values of a segment"],
    "0.36 names the start on every timeline, not the one of the request": ["query: all columns of a named start"],
    "0.36 has no capabilities": ["service: request bytes to a request without fields"],
    "0.36 has no uploads": ["service: GET /nothing"],
}
STOCK_DIFFERS = {
    **{case: (NEW, what) for what, cases in _GROUPS.items() for case in cases},
    **{
        f"query: all columns{of}": (OLD, "0.36 names the start on every timeline, and its client needs them")
        for of in ("", " of static data", " of a range")
    },
    "registration: a cut file": (OLD, "0.36 reads what a cut file holds: recordings of writers that died are worth keeping"),
}
