"""Hours and week days of a PIN: what people in the lock's zone say, and what the cloud holds.

The cloud keeps both in UTC (pages "Create pin", "Week days"), so a window near midnight may lie on
another day there.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from typing import Final

WEEK_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""In the order of the vendor's flags: Monday is 1, Sunday 64."""
NOON: Final = time(12)
END_OF_CALENDAR: Final = datetime.max.replace(tzinfo=UTC) - timedelta(days=3)
"""The last instant that every zone can tell, and the days around it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """A daily window in a zone; an end before the start lies on the next day. None: no limit."""

    start: time | None
    end: time | None
    week_days: tuple[str, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UtcHours:
    """The same window as the cloud holds it; of the two instants only the time of day counts."""

    start: datetime | None
    end: datetime | None
    week_days: int | None


def reference_day(start_date: datetime | None, zone: tzinfo, now: datetime) -> date:
    """Return the day whose offset converts hours: the start if it lies ahead, else today."""
    return min(max(now, start_date or now), END_OF_CALENDAR).astimezone(zone).date()


def to_utc(hours: Hours, zone: tzinfo, day: date) -> UtcHours:
    """Return a zone's window in UTC, with the offset that `day` has there."""
    offset = _offset(zone, day)
    start, end = (
        None if clock is None else datetime.combine(day, clock, offset).astimezone(UTC)
        for clock in (hours.start, hours.end)
    )
    flags = None
    if hours.week_days is not None:
        shift = (start.date() - day).days if start else 0
        flags = sum({1 << (WEEK_DAYS.index(name) + shift) % 7 for name in hours.week_days})
    return UtcHours(start=start, end=end, week_days=flags)


def from_utc(hours: UtcHours, zone: tzinfo, day: date) -> Hours:
    """Return a window in UTC as people in a zone say it, with the offset that `day` has there."""
    offset = _offset(zone, day)
    start, end = (
        None if moment is None else datetime.combine(day, moment.time(), UTC).astimezone(offset)
        for moment in (hours.start, hours.end)
    )
    week_days = None
    if hours.week_days is not None:
        shift = (start.date() - day).days if start else 0
        week_days = tuple(
            name
            for number, name in enumerate(WEEK_DAYS)
            if hours.week_days & 1 << (number - shift) % 7
        )
    return Hours(
        start=start.time() if start else None,
        end=end.time() if end else None,
        week_days=week_days,
    )


def _offset(zone: tzinfo, day: date) -> timezone:
    """Return a zone's offset at noon of a day: one for the whole day, so that nothing is lost."""
    return timezone(datetime.combine(day, NOON, zone).utcoffset() or timedelta())
