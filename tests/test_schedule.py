"""Hours and week days of a PIN between the lock's zone and the cloud's UTC."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from custom_components.tedee_cloud.api import (
    WEEK_DAYS,
    Hours,
    UtcHours,
    from_utc,
    reference_day,
    to_utc,
)

from .simulator.keypad import out_of_time

ZONES = sorted(available_timezones())
DAYS = st.dates(date(1990, 1, 1), date(2099, 12, 31))
CLOCKS = st.times()
NAMES = st.sets(st.sampled_from(WEEK_DAYS)).map(
    lambda names: tuple(name for name in WEEK_DAYS if name in names)
)


def at(text: str) -> datetime:
    """Return an instant in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


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
        ("10-31 01:30", "10-31 01:45", None), id="the hour that comes twice has noon's offset",
    ),
    pytest.param(
        "2021-03-28", "Europe/Warsaw", ("02:30", "02:45", None),
        ("03-28 00:30", "03-28 00:45", None), id="the hour that is skipped has noon's offset",
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
        "2021-10-01", "Pacific/Kiritimati", (None, None, ("mon", "sun")), (None, None, 65),
        id="days without hours stay",
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

    assert to_utc(local, ZoneInfo(zone), date.fromisoformat(day)) == utc
    assert from_utc(utc, ZoneInfo(zone), date.fromisoformat(day)) == local


@pytest.mark.parametrize(("number", "name"), list(enumerate(WEEK_DAYS)))
def test_the_vendors_flags(number: int, name: str) -> None:
    """Monday is 1, Tuesday 2, Wednesday 4, …, Sunday 64."""
    flag = [1, 2, 4, 8, 16, 32, 64][number]
    hours = Hours(start=None, end=None, week_days=(name,))

    assert to_utc(hours, UTC, date(2021, 10, 1)).week_days == flag


@pytest.mark.parametrize(
    ("start", "now", "zone", "day"),
    [
        pytest.param(None, "2021-09-15 08:00", "UTC", "2021-09-15", id="no start: today"),
        pytest.param(None, "2021-09-15 23:00", "Europe/Warsaw", "2021-09-16", id="today there"),
        pytest.param(
            "2021-10-01 23:00", "2021-09-15 08:00", "Europe/Warsaw", "2021-10-02", id="start ahead"
        ),
        pytest.param(
            "2021-10-01 02:00",
            "2021-09-15 08:00",
            "America/New_York",
            "2021-09-30",
            id="start ahead, behind UTC",
        ),
        pytest.param("2021-03-01 08:00", "2021-09-15 08:00", "UTC", "2021-09-15", id="start past"),
    ],
)
def test_the_day_whose_offset_counts(start: str | None, now: str, zone: str, day: str) -> None:
    """The first day on which the window can open a door: the start, or today."""
    start_date = at(start) if start else None

    assert reference_day(start_date, ZoneInfo(zone), at(now)) == date.fromisoformat(day)


@settings(deadline=None)
@given(st.sampled_from(ZONES), DAYS, CLOCKS, CLOCKS, st.none() | NAMES)
def test_a_window_survives_the_way_there_and_back(
    zone: str, day: date, start: time, end: time, names: tuple[str, ...] | None
) -> None:
    """In every zone and on every day, what was said is what is read again."""
    hours = Hours(start=start, end=end, week_days=names)

    assert from_utc(to_utc(hours, ZoneInfo(zone), day), ZoneInfo(zone), day) == hours


@settings(deadline=None)
@given(st.sampled_from(ZONES), DAYS, CLOCKS, CLOCKS, st.integers(0, 127))
def test_a_stored_window_survives_being_read_and_written(
    zone: str, day: date, start: time, end: time, flags: int
) -> None:
    """What the cloud holds is what is sent again, whatever day its instants name."""
    held = UtcHours(
        start=datetime.combine(date(2021, 10, 1), start, UTC),
        end=datetime.combine(date(2021, 12, 31), end, UTC),
        week_days=flags,
    )

    sent = to_utc(from_utc(held, ZoneInfo(zone), day), ZoneInfo(zone), day)

    assert sent.start is not None
    assert sent.end is not None
    assert (sent.start.time(), sent.end.time(), sent.week_days) == (start, end, flags)


def opens(hours: Hours, there: datetime) -> bool:
    """Tell whether people with a clock on the wall expect a PIN to open the door."""
    assert hours.start is not None
    assert hours.end is not None
    assert hours.week_days is not None
    if hours.start <= hours.end:
        return WEEK_DAYS[there.weekday()] in hours.week_days and (
            hours.start <= there.time() < hours.end
        )
    evening = there if there.time() >= hours.start else there - timedelta(days=1)
    return WEEK_DAYS[evening.weekday()] in hours.week_days and not (
        hours.end <= there.time() < hours.start
    )


@settings(deadline=None)
@given(
    st.sampled_from(ZONES),
    DAYS,
    CLOCKS,
    CLOCKS,
    NAMES,
    st.timedeltas(timedelta(0), timedelta(days=7)),
)
@example("Europe/Warsaw", date(2021, 10, 1), time(0, 30), time(6), ("tue",), timedelta(days=4))
@example("America/New_York", date(2021, 10, 1), time(22), time(1), ("sun",), timedelta(hours=48))
def test_the_door_opens_when_people_there_expect_it(
    zone: str, day: date, start: time, end: time, names: tuple[str, ...], later: timedelta
) -> None:
    """At any moment of a week the keypad, which goes by UTC, agrees with the clock on the wall."""
    assume(start != end)
    hours = Hours(start=start, end=end, week_days=names)
    held = to_utc(hours, ZoneInfo(zone), day)
    assert held.start is not None
    assert held.end is not None
    pin = {
        "startDate": None,
        "endDate": None,
        "dayStartTime": held.start.isoformat(),
        "dayEndTime": held.end.isoformat(),
        "weekDays": held.week_days,
    }
    offset = datetime.combine(day, time(12), ZoneInfo(zone)).utcoffset()
    assert offset is not None
    there = datetime.combine(day, time(), timezone(offset)) + later

    assert (out_of_time(pin, there.astimezone(UTC)) == "") is opens(hours, there)
