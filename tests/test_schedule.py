"""Hours and week days of a PIN between the lock's zone and the cloud's UTC."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from itertools import islice, pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from custom_components.tedee_cloud.api import (
    END_OF_CALENDAR,
    WEEK_DAYS,
    Hours,
    UtcHours,
    from_utc,
    moved,
    next_change,
    openings,
    reference,
    to_utc,
)

from .simulator.keypad import out_of_time

ZONES = sorted(available_timezones())
WARSAW = "Europe/Warsaw"
NEW_YORK = "America/New_York"
DAYS = st.dates(date(1990, 1, 1), date(2099, 12, 31))
CLOCKS = st.times()
WHOLE_DAY = (time(), time(23, 59, 59))
WINDOWS = st.tuples(CLOCKS, CLOCKS) | st.just((None, None))
NAMES = st.sets(st.sampled_from(WEEK_DAYS)).map(
    lambda names: tuple(name for name in WEEK_DAYS if name in names)
)

type Clocks = tuple[time | None, time | None]


def at(text: str) -> datetime:
    """Return an instant in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def noon(day: date, zone: str) -> datetime:
    """Return the middle of a day in a zone."""
    return datetime.combine(day, time(12), ZoneInfo(zone))


# Day, zone, what people there say, what the cloud holds.
ROWS = [
    pytest.param(
        "2021-10-01", "UTC", ("10:00", "18:00", ("mon",)), ("10-01 10:00", "10-01 18:00", 1),
        id="the vendor's example",
    ),
    pytest.param(
        "2021-10-01", "Europe/Warsaw", ("00:30", "06:00", ("tue", "sat")),
        ("09-30 22:30", "10-01 04:00", 1 + 16), id="the day before in UTC",
    ),
    pytest.param(
        "2021-10-01", "Europe/Warsaw", ("01:00", "03:00", ("mon",)),
        ("09-30 23:00", "10-01 01:00", 64), id="monday is sunday in UTC",
    ),
    pytest.param(
        "2021-10-01", "Europe/Warsaw", ("02:00", "03:00", ("mon",)),
        ("10-01 00:00", "10-01 01:00", 1), id="midnight in UTC belongs to the same day",
    ),
    pytest.param(
        "2021-10-01", "America/New_York", ("22:00", "23:00", ("sun",)),
        ("10-02 02:00", "10-02 03:00", 1), id="sunday is monday in UTC",
    ),
    pytest.param(
        "2021-10-01", "America/New_York", ("18:00", "23:00", ("fri",)),
        ("10-01 22:00", "10-02 03:00", 16), id="over midnight in UTC alone",
    ),
    pytest.param(
        "2021-10-01", "Europe/Warsaw", ("22:00", "01:00", ("fri",)),
        ("10-01 20:00", "09-30 23:00", 16), id="over midnight in the zone alone",
    ),
    pytest.param(
        "2021-12-01", "Europe/Warsaw", ("10:00", "18:00", ("wed",)),
        ("12-01 09:00", "12-01 17:00", 4), id="winter",
    ),
    pytest.param(
        "2021-07-01", "Europe/Warsaw", ("10:00", "18:00", ("thu",)),
        ("07-01 08:00", "07-01 16:00", 8), id="summer",
    ),
    pytest.param(
        "2021-10-31", "Europe/Warsaw", ("02:30", "02:45", None),
        ("10-31 01:30", "10-31 01:45", None), id="in the hour that comes twice",
    ),
    pytest.param(
        "2021-03-28", "Europe/Warsaw", ("02:30", "02:45", None),
        ("03-28 00:30", "03-28 00:45", None), id="in the hour that is skipped",
    ),
    pytest.param(
        "2021-10-01", "Pacific/Kiritimati", ("08:00", "15:00", ("mon", "wed")),
        ("09-30 18:00", "10-01 01:00", 64 + 2), id="fourteen hours ahead",
    ),
    pytest.param(
        "2021-10-01", "Etc/GMT+12", ("12:00", "13:00", ("sun",)),
        ("10-02 00:00", "10-02 01:00", 1), id="twelve hours behind",
    ),
    pytest.param(
        "2021-10-01", "Asia/Kathmandu", ("05:45", "06:00", ("sat",)),
        ("10-01 00:00", "10-01 00:15", 32), id="three quarters of an hour",
    ),
    pytest.param(
        "2021-10-01", "Europe/Warsaw", (None, None, ("mon", "sun")),
        ("09-30 22:00", "10-01 21:59:59", 64 + 32), id="days alone, ahead of UTC",
    ),
    pytest.param(
        "2021-10-01", "America/New_York", (None, None, ("mon", "sun")),
        ("10-01 04:00", "10-02 03:59:59", 1 + 64), id="days alone, behind UTC",
    ),
    pytest.param(
        "2021-10-01", "UTC", (None, None, ("wed",)), ("10-01 00:00", "10-01 23:59:59", 4),
        id="days alone, in UTC",
    ),
    pytest.param(
        "2021-10-01", "Europe/Warsaw", ("00:00", "23:59:59", None),
        ("09-30 22:00", "10-01 21:59:59", None), id="the whole of all days, said as hours",
    ),
    pytest.param(
        "2021-10-01", "Europe/Warsaw", ("00:00", "23:59:59", WEEK_DAYS),
        ("09-30 22:00", "10-01 21:59:59", 127), id="and with all their names",
    ),
    pytest.param(
        "2021-10-01", "Europe/Warsaw", ("10:00", "18:00", None),
        ("10-01 08:00", "10-01 16:00", None), id="hours without days",
    ),
    pytest.param("2021-10-01", "Europe/Warsaw", (None, None, None), (None, None, None), id="none"),
    pytest.param(
        "2021-10-01", "UTC", (None, None, WEEK_DAYS), (None, None, 127), id="every day",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("day", "zone", "said", "held"), ROWS)
def test_a_window_in_both_tongues(
    day: str,
    zone: str,
    said: tuple[str | None, str | None, tuple[str, ...] | None],
    held: tuple[str | None, str | None, int | None],
) -> None:
    """What people in the zone say is what the cloud holds, and back."""
    start, end = (clock and time.fromisoformat(clock) for clock in said[:2])
    local = Hours(start=start or None, end=end or None, week_days=said[2])
    first, last = (moment and at(f"2021-{moment}") for moment in held[:2])
    utc = UtcHours(start=first or None, end=last or None, week_days=held[2])

    then = noon(date.fromisoformat(day), zone)

    assert to_utc(local, then) == utc
    assert from_utc(utc, then) == local


@pytest.mark.parametrize(("number", "name"), list(enumerate(WEEK_DAYS)))
def test_the_vendors_flags(number: int, name: str) -> None:
    """Monday is 1, Tuesday 2, Wednesday 4, …, Sunday 64."""
    flag = [1, 2, 4, 8, 16, 32, 64][number]
    hours = Hours(start=time(8), end=time(12), week_days=(name,))

    assert to_utc(hours, noon(date(2021, 10, 1), "UTC")).week_days == flag


@pytest.mark.parametrize(
    ("start", "now", "zone", "moment"),
    [
        pytest.param(None, "2021-09-15 08:00", "UTC", "2021-09-15 08:00", id="no start: now"),
        pytest.param(None, "2021-09-15 23:00", WARSAW, "2021-09-16 01:00", id="now there"),
        pytest.param("2021-03-01 08:00", "2021-09-15 08:00", "UTC", "2021-09-15 08:00", id="past"),
        pytest.param(
            "2021-10-01 23:00", "2021-09-15 08:00", WARSAW, "2021-10-02 12:00", id="ahead"
        ),
        pytest.param(
            "2021-10-01 02:00",
            "2021-09-15 08:00",
            NEW_YORK,
            "2021-09-30 12:00",
            id="ahead, behind UTC",
        ),
        pytest.param(
            "2021-10-30 22:00",
            "2021-10-30 23:30",
            WARSAW,
            "2021-10-31 12:00",
            id="on its first day, which has a change",
        ),
        pytest.param(
            "2021-10-30 22:00",
            "2021-10-31 11:30",
            WARSAW,
            "2021-10-31 12:30",
            id="later on its first day",
        ),
        pytest.param(
            "9999-12-31 10:00", "2021-09-15 08:00", WARSAW, "9999-12-29 12:00", id="never"
        ),
        pytest.param("0001-01-01 00:00", "2021-09-15 08:00", "UTC", "2021-09-15 08:00", id="ever"),
    ],
)
def test_the_moment_whose_offset_counts(
    start: str | None, now: str, zone: str, moment: str
) -> None:
    """The middle of the day on which the window first can open a door, or now where it can."""
    start_date = at(start) if start else None

    found = reference(start_date, ZoneInfo(zone), at(now))

    assert found.replace(tzinfo=None) == datetime.fromisoformat(moment)
    assert found.tzinfo == ZoneInfo(zone)


@settings(deadline=None)
@given(st.sampled_from(ZONES), DAYS, CLOCKS, st.timedeltas(timedelta(0), timedelta(days=9)))
def test_the_moment_whose_offset_counts_never_goes_back(
    zone: str, day: date, clock: time, later: timedelta
) -> None:
    """While time passes, before a start, over it and after it, the moment stays or moves on."""
    start = datetime.combine(day, clock, UTC)
    now = start - timedelta(days=4) + later
    moments = [
        reference(start, ZoneInfo(zone), now + timedelta(hours=hours)).astimezone(UTC)
        for hours in range(0, 73, 6)
    ]

    assert moments == sorted(moments)
    assert moments[0] >= now


CHANGES = [
    pytest.param(WARSAW, "2027-01-15 00:00", "2027-03-28 01:00", id="Warsaw, spring"),
    pytest.param(WARSAW, "2027-03-28 01:00", "2027-10-31 01:00", id="the change itself is past"),
    pytest.param(WARSAW, "2027-03-28 00:59:59.9", "2027-03-28 01:00", id="at the last moment"),
    pytest.param(NEW_YORK, "2027-01-15 00:00", "2027-03-14 07:00", id="New York"),
    pytest.param("Australia/Lord_Howe", "2027-01-15 00:00", "2027-04-03 15:00", id="half an hour"),
    pytest.param("America/Nuuk", "2027-01-15 00:00", "2027-03-28 01:00", id="in the evening"),
    pytest.param("America/Santiago", "2027-01-15 00:00", "2027-04-04 03:00", id="at midnight"),
    pytest.param("Africa/Casablanca", "2027-01-15 00:00", "2027-02-07 02:00", id="Ramadan begins"),
    pytest.param("Africa/Casablanca", "2027-02-07 02:00", "2027-03-14 02:00", id="Ramadan ends"),
    pytest.param("Asia/Tokyo", "2027-01-15 00:00", None, id="never"),
    pytest.param("UTC", "2027-01-15 00:00", None, id="UTC"),
    pytest.param(WARSAW, "9999-12-20 00:00", None, id="no more time"),
]


@pytest.mark.parametrize(("zone", "after", "change"), CHANGES)
def test_the_next_change_of_a_zone(zone: str, after: str, change: str | None) -> None:
    """The instant from which on the zone has another offset."""
    assert next_change(ZoneInfo(zone), at(after)) == (at(change) if change else None)


def test_no_change_of_any_zone_is_passed_over() -> None:
    """For three years, a zone's offset changes at these instants and between no others."""
    for name in ZONES:
        zone = ZoneInfo(name)
        moment, end = at("2026-01-01"), at("2029-01-01")
        halves = [moment + timedelta(hours=12 * number) for number in range(3 * 2 * 365)]
        offsets = [half.astimezone(zone).utcoffset() for half in halves]
        found = []
        while (change := next_change(zone, moment)) and change < end:
            last = change - timedelta.resolution
            assert last.astimezone(zone).utcoffset() != change.astimezone(zone).utcoffset(), name
            found.append(change)
            moment = change
        seen = [
            later
            for later, (before, after) in zip(halves[1:], pairwise(offsets), strict=True)
            if before != after
        ]
        assert len(found) == len(seen), name
        for change, later in zip(found, seen, strict=True):
            assert later - timedelta(hours=12) < change <= later, name


@settings(deadline=None)
@given(st.sampled_from(ZONES), DAYS, WINDOWS, st.none() | NAMES)
def test_a_window_survives_the_way_there_and_back(
    zone: str, day: date, clocks: Clocks, names: tuple[str, ...] | None
) -> None:
    """In every zone and on every day, what was said is what is read again.

    Only the hours of a whole day say nothing beside some week days.
    """
    assume(clocks != WHOLE_DAY)
    hours = Hours(start=clocks[0], end=clocks[1], week_days=names)

    assert from_utc(to_utc(hours, noon(day, zone)), noon(day, zone)) == hours


@settings(deadline=None)
@given(st.sampled_from(ZONES), DAYS, CLOCKS, CLOCKS, st.integers(0, 127))
@example("Europe/Warsaw", date(2021, 10, 1), time(22), time(21, 59, 59), 64)
@example("America/New_York", date(2021, 10, 1), time(4), time(3, 59, 59), 1)
def test_a_stored_window_survives_being_read_and_written(
    zone: str, day: date, start: time, end: time, flags: int
) -> None:
    """What the cloud holds is what is sent again, whatever day its instants name."""
    held = UtcHours(
        start=datetime.combine(date(2021, 10, 1), start, UTC),
        end=datetime.combine(date(2021, 12, 31), end, UTC),
        week_days=flags,
    )

    sent = to_utc(from_utc(held, noon(day, zone)), noon(day, zone))

    assert sent.start is not None
    assert sent.end is not None
    assert (sent.start.time(), sent.end.time(), sent.week_days) == (start, end, flags)


def opens(hours: Hours, there: datetime) -> bool:
    """Tell whether people with a clock on the wall expect a PIN to open the door."""
    names = WEEK_DAYS if hours.week_days is None else hours.week_days
    if hours.start is None or hours.end is None:
        return WEEK_DAYS[there.weekday()] in names
    if hours.start <= hours.end:
        return WEEK_DAYS[there.weekday()] in names and hours.start <= there.time() < hours.end
    evening = there if there.time() >= hours.start else there - timedelta(days=1)
    return WEEK_DAYS[evening.weekday()] in names and not hours.end <= there.time() < hours.start


@settings(deadline=None)
@given(
    st.sampled_from(ZONES),
    DAYS,
    WINDOWS,
    st.none() | NAMES,
    st.timedeltas(timedelta(0), timedelta(days=7)),
)
@example("Europe/Warsaw", date(2021, 10, 1), (time(0, 30), time(6)), ("tue",), timedelta(days=4))
@example("America/New_York", date(2021, 10, 1), (time(22), time(1)), ("sun",), timedelta(hours=48))
@example("Europe/Warsaw", date(2021, 10, 1), (None, None), ("sat",), timedelta(hours=24))
@example("Europe/Warsaw", date(2021, 10, 1), (None, None), ("sat",), timedelta(hours=48))
@example("America/New_York", date(2021, 10, 1), (None, None), ("fri",), timedelta(hours=23))
@example("UTC", date(2021, 10, 1), (None, None), None, timedelta(hours=23.99999))
def test_the_door_opens_when_people_there_expect_it(
    zone: str, day: date, clocks: Clocks, names: tuple[str, ...] | None, later: timedelta
) -> None:
    """At any moment of a week the keypad, which goes by UTC, agrees with the clock on the wall.

    Only the last second of a day that was named alone is not judged.
    """
    start, end = clocks
    assume(start is None or start != end)
    hours = Hours(start=start, end=end, week_days=names)
    held = to_utc(hours, noon(day, zone))
    pin = {
        "startDate": None,
        "endDate": None,
        "dayStartTime": held.start and held.start.isoformat(),
        "dayEndTime": held.end and held.end.isoformat(),
        "weekDays": held.week_days,
    }
    offset = datetime.combine(day, time(12), ZoneInfo(zone)).utcoffset()
    assert offset is not None
    there = datetime.combine(day, time(), timezone(offset)) + later
    assume(start is not None or names is None or there.time() < time(23, 59, 59))

    assert (out_of_time(pin, there.astimezone(UTC)) == "") is opens(hours, there)


@settings(deadline=None)
@given(st.sampled_from(ZONES), DAYS, DAYS, WINDOWS, NAMES)
def test_a_moved_window_keeps_its_hours(
    zone: str, day: date, later: date, clocks: Clocks, names: tuple[str, ...]
) -> None:
    """Whatever two offsets a zone has had, people there notice nothing."""
    hours = Hours(start=clocks[0], end=clocks[1], week_days=names)
    before = noon(day, zone).utcoffset()
    assert before is not None

    sent = moved(to_utc(hours, noon(day, zone)), before, noon(later, zone))

    assert from_utc(sent, noon(later, zone)) == hours


@pytest.mark.parametrize("flags", [None, 0, 1, 127])
def test_a_stored_window_without_hours_is_not_moved(flags: int | None) -> None:
    """Somebody else has stored it, and may have meant days of UTC."""
    held = UtcHours(start=None, end=None, week_days=flags)

    assert moved(held, timedelta(hours=1), noon(date(2021, 7, 1), WARSAW)) == held


# --- When a PIN opens the door --------------------------------------------------------------

MOMENTS = st.timedeltas(timedelta(0), timedelta(days=60)).map(lambda time: at("2026-12-10") + time)
LIMITS = st.tuples(
    st.none() | MOMENTS,
    st.none() | MOMENTS,
    st.none() | st.tuples(CLOCKS, CLOCKS),
    st.none() | st.integers(1, 127),
)
type Limits = tuple[datetime | None, datetime | None, tuple[time, time] | None, int | None]


def held_hours(clocks: tuple[time, time] | None, week_days: int | None) -> UtcHours:
    """Return hours as the cloud holds them; the dates mean nothing."""
    if clocks is None:
        return UtcHours(start=None, end=None, week_days=week_days)
    start, end = clocks
    return UtcHours(
        start=datetime.combine(date(2021, 10, 1), start, UTC),
        end=datetime.combine(date(2021, 12, 31), end, UTC),
        week_days=week_days,
    )


def openings_of(
    limits: Limits, after: datetime, before: datetime
) -> list[tuple[datetime, datetime]]:
    """Return when a PIN opens the door."""
    start, end, clocks, week_days = limits
    return list(openings((start, end), held_hours(clocks, week_days), after, before))


@given(
    LIMITS, MOMENTS, st.timedeltas(timedelta(seconds=1), timedelta(days=20)), st.floats(0, 0.999)
)
def test_a_pin_is_open_when_the_keypad_takes_it(
    limits: Limits, after: datetime, length: timedelta, part: float
) -> None:
    """At any moment of any range, and one opening begins when the one before has ended."""
    start, end, clocks, week_days = limits
    assume(any(limits) and not (limits[:3] == (None, None, None) and week_days == 127))
    moment = after + length * part
    pin = {
        "startDate": start and start.isoformat(),
        "endDate": end and end.isoformat(),
        "dayStartTime": clocks and datetime.combine(date.min, clocks[0]).isoformat(),
        "dayEndTime": clocks and datetime.combine(date.min, clocks[1]).isoformat(),
        "weekDays": week_days,
    }
    found = openings_of(limits, after, after + length)

    is_open = any(opens <= moment < closes for opens, closes in found)
    assert is_open is (out_of_time(pin, moment) == "")
    assert all(opens < after + length and closes > after for opens, closes in found)
    assert all(opens < closes for opens, closes in found)
    assert all(closes <= opens for (_, closes), (opens, _) in pairwise(found))


@given(LIMITS, MOMENTS, st.timedeltas(timedelta(seconds=1), timedelta(days=400)))
def test_the_next_opening_is_the_first_of_all_that_follow(
    limits: Limits, after: datetime, length: timedelta
) -> None:
    """Whatever the range, an opening has the same ends."""
    start, end, clocks, week_days = limits
    hours = held_hours(clocks, week_days)
    ever = next(openings((start, end), hours, after, END_OF_CALENDAR), None)
    found = openings_of(limits, after, after + length)
    assert found[:1] == ([ever] if ever and ever[0] < after + length else [])


@pytest.mark.parametrize(
    "limits",
    [
        (None, None, None, None),
        (None, None, None, 127),
        (None, None, (time(8), time(8)), None),
        (None, None, (time(8), time(12)), 0),
        (at("2027-05-08"), at("2027-05-01"), None, None),
    ],
    ids=["no limit", "every day", "no time at all", "no day", "the end before the start"],
)
def test_a_pin_that_is_always_or_never_open_has_no_openings(limits: Limits) -> None:
    """However long the range; it ends at once."""
    assert openings_of(limits, datetime.min.replace(tzinfo=UTC), END_OF_CALENDAR) == []


def test_what_has_no_end_ends_with_the_calendar() -> None:
    """And what has no start began before there was any lock; every zone can tell both."""
    may = at("2027-05-01 15:00")
    ends = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))
    [(begin, until)] = openings_of((None, may, None, None), *ends)
    [(since, end)] = openings_of((may, None, None, None), *ends)
    assert until == since == may
    for zone in ZONES:
        assert begin.astimezone(ZoneInfo(zone)).year in (1969, 1970)
        assert end.astimezone(ZoneInfo(zone)).year == 9999
    assert openings_of((None, datetime.max.replace(tzinfo=UTC), None, None), *ends) == [
        (begin, end)
    ]


def test_years_are_walked_through_one_day_at_a_time() -> None:
    """Only as far as somebody asks."""
    hours = held_hours((time(8), time(12)), 1)
    ever = openings((None, None), hours, at("2027-01-01"), END_OF_CALENDAR)
    assert [opens.date().isoformat() for opens, _ in islice(ever, 3)] == [
        "2027-01-04",
        "2027-01-11",
        "2027-01-18",
    ]
