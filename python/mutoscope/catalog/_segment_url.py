"""URLs of segments for viewers."""

from __future__ import annotations

import datetime

Moment = datetime.datetime | datetime.timedelta | int
# The least index value that a viewer knows: what is taken where only the end is given.
_EARLIEST = "1677-09-21T00:12:43.145224193Z"


def segment_url(url: str | None, dataset_id: str, segment_id: str, timeline: str | None, start: Moment | None, end: Moment | None) -> str:
    if url is None:
        raise ValueError("this catalog is a data directory in this process: it has no URL")
    text = f"{url}/dataset/{dataset_id}?segment_id={segment_id}"
    if timeline is None:
        if start is not None or end is not None:
            raise ValueError("If `start` or `end` is specified, `timeline` must also be specified.")
        return text
    if start is None and end is None:
        return text
    when = _EARLIEST if start is None else _moment(start)
    text += f"#when={timeline}@{when}"
    if end is not None:
        span_start = _moment(end) if start is None else when
        text += f"&time_selection={timeline}@{span_start}..{_moment(end)}"
    return text


def _moment(value: Moment) -> str:
    if isinstance(value, datetime.datetime):
        in_utc = value.astimezone(datetime.timezone.utc) if value.tzinfo else value
        fraction = f".{in_utc.microsecond:06d}".rstrip("0").rstrip(".") if in_utc.microsecond else ""
        return in_utc.strftime("%Y-%m-%dT%H:%M:%S") + fraction + "Z"
    if isinstance(value, datetime.timedelta):
        microseconds = value // datetime.timedelta(microseconds=1)
        sign = "-" if microseconds < 0 else "+"
        seconds, rest = divmod(abs(microseconds), 1_000_000)
        return f"{sign}{seconds}" + (f".{rest:06d}".rstrip("0") if rest else "") + "s"
    return str(value)
