"""The table of the benchmark: every work with both peers, ours, and whether the target is met."""

import dataclasses
import json


@dataclasses.dataclass
class Row:
    work: str
    unit: str  # ms, s, GB
    peers: dict[str, float]  # by SDK version
    ours: float
    factor_max: float | None = None  # ours at most this times the better peer
    absolute_max: float | None = None  # ours at most this

    @property
    def factor(self) -> float | None:
        return self.ours / min(self.peers.values()) if self.peers else None

    @property
    def met(self) -> bool | None:
        if self.absolute_max is not None:
            return self.ours <= self.absolute_max
        return None if self.factor_max is None or self.factor is None else self.factor <= self.factor_max

    @property
    def target(self) -> str:
        if self.absolute_max is not None:
            return f"≤ {self.absolute_max:g} {self.unit}"
        return "" if self.factor_max is None else f"≤ {self.factor_max:g}x"


def number(value: float, unit: str) -> str:
    return f"{value:.{1 if unit == 'ms' else 2}f} {unit}"


def markdown(rows: list[Row], versions: list[str]) -> str:
    heading = ["work", *(f"peer {version}" for version in versions), "ours", "ratio", "target", "met"]
    lines = ["| " + " | ".join(heading) + " |", "|" + "---|" * len(heading)]
    for row in rows:
        peers = [number(row.peers[version], row.unit) if version in row.peers else "" for version in versions]
        factor = "" if row.factor is None else f"{row.factor:.3f}x"
        met = {True: "yes", False: "**no**", None: ""}[row.met]
        lines.append("| " + " | ".join([row.work, *peers, number(row.ours, row.unit), factor, row.target, met]) + " |")
    return "\n".join(lines)


def as_json(rows: list[Row], **about) -> str:
    return json.dumps({**about, "rows": [{**dataclasses.asdict(row), "factor": row.factor, "met": row.met} for row in rows]}, indent=1)
