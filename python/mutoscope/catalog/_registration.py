"""Registrations under way."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Iterator
from enum import Enum
from typing import TYPE_CHECKING

from mutoscope import _engine

if TYPE_CHECKING:
    from mutoscope.catalog._client import CatalogClient

POLL_INTERVAL_S = 0.1


class OnDuplicateSegmentLayer(str, Enum):
    """What to do with a recording whose segment has that layer already."""

    ERROR = "error"
    """It fails; the others of the call are registered."""
    SKIP = "skip"
    """What is registered stays."""
    REPLACE = "replace"
    """The new recording takes its place."""

    def __str__(self) -> str:
        return f"OnDuplicateSegmentLayer.{self.name}"


@dataclasses.dataclass(frozen=True)
class SegmentRegistrationResult:
    """How the registration of one recording ended."""

    uri: str
    segment_id: str
    error: str | None

    @property
    def is_success(self) -> bool:
        return self.error is None

    @property
    def is_error(self) -> bool:
        return self.error is not None


@dataclasses.dataclass(frozen=True)
class RegistrationResult:
    """Ids of the registered segments, in the order of the request."""

    segment_ids: list[str]


class RegistrationOperation:
    """Tasks of a registration that go on behind. Also named RegistrationHandle."""

    def __init__(self, client: CatalogClient, registered: list[_engine.RegisteredTuple]) -> None:
        self._client = client
        self._registered = registered

    def wait(self, timeout_secs: float | None = None) -> RegistrationResult:
        """Wait for the end of all tasks.

        Raises
        ------
        ValueError
            Recordings failed; the text tells each with its reason. The others are registered.
        TimeoutError
            Tasks are still running.
        """
        results = {result.uri: result for result in self._results(timeout_secs)}
        failed = [result for result in results.values() if result.error is not None]
        if failed:
            lines = "\n".join(f"- Segment {result.segment_id!r} ({result.uri}): {result.error}" for result in failed)
            raise ValueError(f"Registration failed.\nThe following segments failed:\n{lines}")
        return RegistrationResult([segment for segment, _, _, _ in self._registered])

    def iter_results(self, timeout_secs: float | None = None) -> Iterator[SegmentRegistrationResult]:
        """Results as the tasks end.

        Raises
        ------
        TimeoutError
            Tasks are still running.
        """
        return self._results(timeout_secs)

    def cancel(self) -> None:
        """Give up the tasks that have not ended; they end as failed."""
        self._client._handle().cancel_tasks([task for _, _, _, task in self._registered])

    def _results(self, timeout_secs: float | None) -> Iterator[SegmentRegistrationResult]:
        deadline = math.inf if timeout_secs is None else time.monotonic() + timeout_secs
        pending = list(self._registered)
        interval = 0.0
        while pending:
            # First what has ended, then whatever ends within the interval.
            wait_s = min(interval, max(0.0, deadline - time.monotonic()))
            states = self._client._handle().wait_for_tasks([task for _, _, _, task in pending], wait_s)
            still: list[_engine.RegisteredTuple] = []
            for row in pending:
                segment, _, url, task = row
                state, message = states[task]
                if state == "pending":
                    still.append(row)
                else:
                    yield SegmentRegistrationResult(url, segment, message if state == "failed" else None)
            if still and time.monotonic() >= deadline:
                names = ", ".join(segment or url for segment, _, url, _ in still[:5])
                raise TimeoutError(f"{len(still)} registrations are still running after {timeout_secs} s: {names}")
            pending, interval = still, POLL_INTERVAL_S


class UnregistrationHandle:
    """A removal of layers, which has happened already."""

    def wait(self, timeout_secs: float | None = None) -> None:
        """Return at once."""

    def cancel(self) -> None:
        """Without effect: it has happened."""


RegistrationHandle = RegistrationOperation
