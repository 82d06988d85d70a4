"""Hours and week days of a PIN: what people in the lock's zone say, and what the cloud holds.

The cloud keeps both in UTC (pages "Create pin", "Week days"), so a window near midnight may lie on
another day there.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, timezone, tzinfo
from typing import Final

WEEK_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""In the order of the vendor's flags: Monday is 1, Sunday 64."""
ALL_DAYS: Final = (1 << len(WEEK_DAYS)) - 1
WHOLE_DAY: Final = (time(), time(23, 59, 59))
"""What is sent for week days alone: without hours the cloud takes them for days of UTC."""
DAY: Final = timedelta(days=1)
NOON: Final = time(12)
BEGIN_OF_CALENDAR: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""Before there was any lock."""
END_OF_CALENDAR: Final = datetime.max.replace(tzinfo=UTC) - 3 * DAY
"""The last instant that every zone can tell, and the days around it."""
STRIDE: Final = timedelta(weeks=1)
"""Shorter than any zone keeps an offset nowadays: some leave summer time for a Ramadan."""
STRIDES: Final = 58
"""A year and some weeks: a zone that changes its clocks at all changes them in it."""


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


def reference(start_date: datetime | None, zone: tzinfo, now: datetime) -> datetime:
    """Return the moment whose offset converts hours: noon of the start's day, or now after it."""
    start = min(max(start_date or now - DAY, now - DAY), END_OF_CALENDAR).astimezone(zone)
    noon = datetime.combine(start, NOON, zone)
    return max(now, noon.astimezone(UTC)).astimezone(zone)


def next_change(zone: tzinfo, after: datetime) -> datetime | None:
    """Return the first instant at which a zone's offset is another one, None in a year without."""
    before, offset = after.astimezone(UTC), after.astimezone(zone).utcoffset()
    for _ in range(STRIDES):
        if before > END_OF_CALENDAR - STRIDE:
            break
        later = before + STRIDE
        if later.astimezone(zone).utcoffset() == offset:
            before = later
            continue
        while later - before > timedelta.resolution:
            middle = before + (later - before) // 2
            if middle.astimezone(zone).utcoffset() == offset:
                before = middle
            else:
                later = middle
        return later
    return None


def to_utc(hours: Hours, at: datetime) -> UtcHours:
    """Return a zone's window in UTC, with the offset that the zone has at a moment."""
    offset, day = timezone(utc_offset(at)), at.date()
    clocks = (hours.start, hours.end)
    if clocks == (None, None) and _leaves_days_out(hours.week_days):
        clocks = WHOLE_DAY
    start, end = (
        None if clock is None else datetime.combine(day, clock, offset).astimezone(UTC)
        for clock in clocks
    )
    flags = None
    if hours.week_days is not None:
        shift = (start.date() - day).days if start else 0
        flags = sum({1 << (WEEK_DAYS.index(name) + shift) % 7 for name in hours.week_days})
    return UtcHours(start=start, end=end, week_days=flags)


def from_utc(hours: UtcHours, at: datetime) -> Hours:
    """Return a window in UTC as people in a zone say it, with its offset at a moment."""
    offset, day = timezone(utc_offset(at)), at.date()
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
    clocks = (start.time() if start else None, end.time() if end else None)
    if clocks == WHOLE_DAY and _leaves_days_out(week_days):
        clocks = (None, None)
    return Hours(start=clocks[0], end=clocks[1], week_days=week_days)


def moved(hours: UtcHours, before: timedelta, after: datetime) -> UtcHours:
    """Return a window that keeps its local hours, from one offset to that of a moment.

    One without hours is not from here: what its days were meant to be is not known.
    """
    if hours.start is None or before == utc_offset(after):
        return hours
    return to_utc(from_utc(hours, after.astimezone(timezone(before))), after)


def _leaves_days_out(week_days: tuple[str, ...] | None) -> bool:
    """Tell whether week days are a limit."""
    return week_days is not None and len(set(week_days)) < len(WEEK_DAYS)


def utc_offset(at: datetime) -> timedelta:
    """Return how far a moment's zone is ahead of UTC then."""
    return at.utcoffset() or timedelta()


def openings(
    period: tuple[datetime | None, datetime | None],
    hours: UtcHours,
    after: datetime,
    before: datetime,
) -> Iterator[tuple[datetime, datetime]]:
    """Yield, in order, the times at which limits let somebody in and that touch a range.

    Where hours limit nothing, the period is one such time; without any limit there is none.
    """
    begin = max(period[0] or BEGIN_OF_CALENDAR, BEGIN_OF_CALENDAR)
    end = min(period[1] or END_OF_CALENDAR, END_OF_CALENDAR)
    first, last = max(after, begin), min(before, end)
    opens, length = _daily(hours)
    days = ALL_DAYS if hours.week_days is None else hours.week_days
    if first >= last or not (length and days):
        return
    if (length, days) == (DAY, ALL_DAYS):
        if any(period):
            yield begin, end
        return
    day = (first - length).date()
    while (start := datetime.combine(day, opens, UTC)) < last:
        if days & 1 << day.weekday() and start + length > first:
            yield max(start, begin), min(start + length, end)
        day += DAY


def _daily(hours: UtcHours) -> tuple[time, timedelta]:
    """Return when a daily window opens, and for how long: a whole day where it has no hours."""
    if hours.start is None or hours.end is None:
        return time(), DAY
    opens = hours.start.astimezone(UTC)
    closes = datetime.combine(opens, hours.end.astimezone(UTC).time(), UTC)
    return opens.time(), (closes - opens) % DAY
