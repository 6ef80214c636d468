"""The table of the native benchmark: every work with all contestants, the physical limit, and whether the targets are met."""

import dataclasses
import json

EMBEDDED, REMOTE = "ours, embedded", "ours, remote"
OURS = (EMBEDDED, REMOTE)


@dataclasses.dataclass
class Row:
    work: str
    unit: str  # ms, GB/s, MB or x
    values: dict[str, float | str]  # by contestant; a text says why there is no figure
    notes: dict[str, str] = dataclasses.field(default_factory=dict)  # shown behind the figure, e.g. p95
    limit: float | None = None
    targets: tuple[float, float] | None = None  # embedded, remote

    @property
    def more_is_better(self) -> bool:
        return self.unit == "GB/s"

    def distance(self, who: str) -> float | None:
        """How many times the limit is away."""
        value = self.values.get(who)
        if self.limit is None or not isinstance(value, float) or min(value, self.limit) <= 0:
            return None
        return self.limit / value if self.more_is_better else value / self.limit

    def met(self, who: str) -> bool | None:
        value = self.values.get(who)
        if self.targets is None or not isinstance(value, float):
            return None
        target = self.targets[OURS.index(who)]
        return value >= target if self.more_is_better else value <= target


def number(value: float, unit: str) -> str:
    if unit == "ms" and value >= 1000:
        value, unit = value / 1000, "s"
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2 if abs(value) >= 1 else 3 if abs(value) >= 0.1 else 4
    return f"{value:.{digits}f}" + ("x" if unit == "x" else f" {unit}")


def _cell(row: Row, who: str) -> str:
    value = row.values.get(who, "–")
    text = value if isinstance(value, str) else number(value, row.unit)
    return f"{text} ({row.notes[who]})" if who in row.notes else text


def _both(texts: list[str]) -> str:
    return "" if not any(texts) else " / ".join(text or "–" for text in texts)


def markdown(rows: list[Row], contestants: list[str]) -> str:
    heading = ["work", *contestants, "physical limit", "distance", "target", "met"]
    lines = ["| " + " | ".join(heading) + " |", "|" + "---|" * len(heading)]
    for row in rows:
        distances = [row.distance(who) for who in OURS]
        sign = "≥" if row.more_is_better else "≤"
        cells = [
            row.work,
            *(_cell(row, who) for who in contestants),
            "" if row.limit is None else number(row.limit, row.unit),
            _both(["" if value is None else number(value, "x") for value in distances]),
            "" if row.targets is None else _both([f"{sign} {number(target, row.unit)}" for target in row.targets]),
            "" if row.targets is None else _both([{True: "yes", False: "**no**", None: ""}[row.met(who)] for who in OURS]),
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def as_json(rows: list[Row], **about) -> str:
    described = [
        {**dataclasses.asdict(row), "distance": {who: row.distance(who) for who in OURS}, "met": {who: row.met(who) for who in OURS}}
        for row in rows
    ]
    return json.dumps({**about, "rows": described}, indent=1)
