"""Where the simulator takes its time from: the machine, or a test that turns the hands."""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """A steady clock for movements and limits, a wall clock for dates."""

    def monotonic(self) -> float:
        """Return seconds that only ever grow."""

    def now(self) -> datetime:
        """Return the date and time in UTC."""


class SystemClock:
    """The machine's own clocks, looked up at each call so that frozen time is seen."""

    def monotonic(self) -> float:
        """Return the machine's steady seconds."""
        return time.monotonic()

    def now(self) -> datetime:
        """Return the machine's date and time in UTC."""
        return datetime.now(UTC)


class ManualClock:
    """A clock that stands still until a test moves it."""

    def __init__(self, now: datetime | None = None) -> None:
        """Start at the given date, or at the present one."""
        self._seconds = 1000.0
        self._now = datetime.now(UTC) if now is None else now

    def monotonic(self) -> float:
        """Return the steady seconds."""
        return self._seconds

    def now(self) -> datetime:
        """Return the date and time in UTC."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Let time pass on both clocks."""
        self._seconds += seconds
        self._now += timedelta(seconds=seconds)
