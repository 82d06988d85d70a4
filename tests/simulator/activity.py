"""The activity log of one lock: what happened to it, when, and under whose name."""

from dataclasses import dataclass
from datetime import datetime
from itertools import count

from .clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """A line of the log; without a name where nobody is known to have done it."""

    id: int
    event: int
    username: str | None
    date: datetime


class ActivityLog:
    """What happened to a lock, in the order in which it came to the cloud."""

    def __init__(self, clock: Clock) -> None:
        """Start empty."""
        self._clock = clock
        self._ids = count(1)
        self.lines: list[Activity] = []

    def add(
        self, event: int, username: str | None = None, *, date: datetime | None = None
    ) -> Activity:
        """Log an event, of this moment or of an earlier one: devices upload their logs late."""
        line = Activity(
            id=next(self._ids), event=event, username=username, date=date or self._clock.now()
        )
        self.lines.append(line)
        return line

    def newest(self, most: int, before: datetime | None) -> list[Activity]:
        """Return the newest lines, or those before a moment, the newest first."""
        lines = [line for line in self.lines if before is None or line.date < before]
        return sorted(lines, key=lambda line: (line.date, line.id), reverse=True)[:most]
