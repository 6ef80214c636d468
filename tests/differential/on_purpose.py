"""Where we differ from the stock server on purpose: case -> (reason, {place in the stock answer: our answer}).

Each reason is a line of the list "Differences on the wire" in docs/compatibility.md.
"""

ABSENT = "<absent>"
ON_PURPOSE = {}

# Of the programs: (name, SDK version) -> the same.
PROGRAMS_ON_PURPOSE = {}
