"""Times that mean what people mean: in every zone, on both sides of every change of the clocks."""

from bisect import bisect_left
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest
from freezegun import freeze_time
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.tedee_cloud.api import WEEK_DAYS, Pin, next_change
from custom_components.tedee_cloud.pin_actions import new_wish
from custom_components.tedee_cloud.pin_fields import (
    PIN_FIELDS,
    Side,
    as_instant,
    changed_pin,
    check_fields,
    pin_data,
)

from .common import act, add_account
from .house import HouseClock
from .simulator import SimLock, Simulator

DOOR = "lock.front_door"
DIGITS = "482913"
WARSAW = "Europe/Warsaw"
NEW_YEAR = datetime(2027, 1, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)

ZONES = {name: ZoneInfo(name) for name in sorted(available_timezones())}
CHANGES = {
    name: [first, second]
    for name, zone in ZONES.items()
    if (first := next_change(zone, NEW_YEAR)) and (second := next_change(zone, first))
}
"""Both changes of a year, for the zones that have some."""

SAMPLE = [
    WARSAW,
    "America/New_York",
    "America/Santiago",
    "America/Nuuk",
    "Africa/Casablanca",
    "Australia/Lord_Howe",
    "Pacific/Chatham",
    "Asia/Kathmandu",
]


@pytest.fixture
def clock(freezer: FrozenDateTimeFactory) -> HouseClock:
    """Let one frozen time rule Home Assistant and the cloud."""
    return HouseClock(freezer)


@pytest.fixture(autouse=True)
def frozen(request: pytest.FixtureRequest) -> None:
    """Freeze the time before anything else starts."""
    if "hass" in request.fixturenames:
        request.getfixturevalue("clock")
        request.getfixturevalue("hass_storage")


def moments() -> Iterator[tuple[str, tzinfo, datetime]]:
    """Yield moments in every zone: around both changes of a year, or just one where it has none."""
    for name, zone in ZONES.items():
        for change in CHANGES.get(name, [NEW_YEAR]):
            for hours in (-1, 0):
                yield name, zone, change + timedelta(hours=hours)


# --- There and back ---------------------------------------------------------------------------

CLOCKS = st.times().map(lambda clock: clock.replace(microsecond=0))
WINDOWS = st.just((None, None)) | st.tuples(CLOCKS, CLOCKS).filter(
    lambda clocks: clocks[0] != clocks[1]
)
DAYS = st.none() | st.sets(st.sampled_from(WEEK_DAYS), min_size=1).map(
    lambda names: [name for name in WEEK_DAYS if name in names]
)
STARTS = st.none() | st.timedeltas(timedelta(days=-200), timedelta(days=400))


@settings(deadline=None, max_examples=5)
@given(WINDOWS, DAYS, STARTS)
@example((time(1, 30), time(5)), ["mon"], None)
@example((time(22), time(6)), ["fri", "sun"], timedelta(hours=3))
@example((time(0), time(23, 59, 59)), None, timedelta(days=180))
@example((None, None), ["mon", "sat"], None)
@example((None, None), ["sun"], timedelta(days=180))
@example((None, None), list(WEEK_DAYS), None)
def test_what_is_said_is_read_again_in_every_zone(
    clocks: tuple[time | None, time | None], days: list[str] | None, later: timedelta | None
) -> None:
    """Hours, week days and dates that were given are those that `get_pin` returns."""
    start, end = clocks
    with freeze_time(NEW_YEAR) as freezer:
        for name, zone, now in moments():
            freezer.move_to(now)
            said = {
                "alias": "Cleaner",
                "pin": DIGITS,
                "day_start_time": start and start.isoformat(),
                "day_end_time": end and end.isoformat(),
                "week_days": days,
                "start_date": later and (now + later).astimezone(zone).isoformat(),
                "end_date": (now + 500 * DAY).astimezone(zone).isoformat(),
            }

            wish = new_wish(check_fields(said))
            pin = wish.changed(Pin(alias="", pin=""), DIGITS, zone)

            assert pin_data(1, pin, zone, reveal=True) == {"pin_id": 1, **said}, (name, now)


def on(day: date, clock: time | None) -> datetime | None:
    """Return a time of day as the cloud holds it."""
    return None if clock is None else datetime.combine(day, clock, UTC)


@settings(deadline=None, max_examples=5)
@given(
    st.none() | st.times(),
    st.none() | st.times(),
    st.none() | st.integers(0, 127),
    st.none() | st.datetimes(datetime(1900, 1, 1), datetime(2400, 1, 1)),  # noqa: DTZ001  hypothesis adds no zone
)
@example(time(23, 59, 59, 999000), time(0), 127, datetime(1, 1, 1))  # noqa: DTZ001  as above
@example(time(0), time(0), 64, datetime(9999, 12, 31, 23, 59, 59))  # noqa: DTZ001  as above
@example(time(22), time(21, 59, 59), 64, None)
@example(None, None, 3, None)
@example(None, None, 0, None)
def test_what_is_read_may_be_given_back_in_every_zone(
    start: time | None, end: time | None, flags: int | None, first: datetime | None
) -> None:
    """What `get_pin` returns changes nothing when it is given to `update_pin`, to the letter."""
    with freeze_time(NEW_YEAR) as freezer:
        for name, zone, now in moments():
            freezer.move_to(now)
            pin = Pin(
                alias="Cleaner",
                pin=DIGITS,
                start_date=first and first.replace(tzinfo=UTC),
                end_date=datetime(9999, 12, 31, 23, 59, 59, 999999, UTC),
                day_start_time=on(date(2021, 10, 1), start),
                day_end_time=on(date(2021, 12, 31), end),
                week_days=flags,
            )

            read = dict(pin_data(1, pin, zone, reveal=True))
            given = check_fields({field: read[field] for field in PIN_FIELDS})

            assert changed_pin(pin, given, zone) == pin, (name, now)


@pytest.mark.parametrize("zone", SAMPLE)
async def test_get_pin_and_update_pin_over_a_year_on_the_wire(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory, zone: str
) -> None:
    """What is read is given back before and after both changes; all the while it is the same."""
    sim.account.keys[0].valid_to = None
    freezer.move_to(NEW_YEAR)
    door = sim.account.add_lock("Front door", time_zone=zone)
    await add_account(hass, sim)
    said = {"day_start_time": "01:45:00", "day_end_time": "23:15:00", "week_days": ["mon", "sat"]}
    await act(
        hass, "tedee_cloud.create_pin", {"alias": "Ann", "pin": DIGITS, **said}, entity_id=DOOR
    )
    for change in CHANGES.get(zone, [NEW_YEAR + 90 * DAY]):
        for moment in (change - timedelta(hours=1), change, change + timedelta(hours=1)):
            freezer.move_to(moment)
            async_fire_time_changed(hass)
            await hass.async_block_till_done(wait_background_tasks=True)
            before = dict(door.pins[1])

            found = await act(
                hass,
                "tedee_cloud.get_pin",
                {"alias": "Ann", "reveal": True},
                respond=True,
                entity_id=DOOR,
            )
            sim.clear()
            await act(hass, "tedee_cloud.update_pin", found[DOOR], entity_id=DOOR)

            assert {field: found[DOOR][field] for field in said} == said
            [write] = sim.calls("PUT", "/my/lock/*/pin/1")
            assert write.json == before
            assert door.pins[1] == before


ODD = [
    pytest.param({"dayStartTime": "2021-10-01T07:00:00.000Z"}, id="only a start"),
    pytest.param({"dayEndTime": "2021-10-01T07:00:00.000Z", "weekDays": 3}, id="only an end"),
    pytest.param(
        {"dayStartTime": "2021-10-01T22:00:00.000Z", "dayEndTime": "2021-10-01T21:59:59.999Z"},
        id="parts of a second",
    ),
    pytest.param(
        {"dayStartTime": "2021-10-01T07:00:00.000Z", "dayEndTime": "2021-10-01T07:00:00.000Z"},
        id="hours that never open",
    ),
    pytest.param({"weekDays": 65}, id="days of UTC"),
    pytest.param({"startDate": "0001-01-01T00:00:00.000Z"}, id="since ever"),
    pytest.param({"endDate": "9999-12-31T23:59:59.999Z"}, id="for ever"),
]


@pytest.mark.parametrize("stored", ODD)
async def test_what_others_stored_may_be_given_back(
    hass: HomeAssistant, sim: Simulator, stored: dict[str, Any]
) -> None:
    """Whatever an app may have put there."""
    door = sim.account.add_lock("Front door", time_zone="Europe/Berlin")
    door.pins.add("Ann", DIGITS, **stored)
    await add_account(hass, sim)
    before = dict(door.pins[1])

    found = await act(hass, "tedee_cloud.get_pin", {"pin_id": 1}, respond=True, entity_id=DOOR)
    await act(hass, "tedee_cloud.update_pin", found[DOOR], entity_id=DOOR)

    [write] = sim.calls("PUT", "/my/lock/*/pin/1")
    assert write.json == before


# --- Dates ------------------------------------------------------------------------------------


def first_of(day: date, zone: tzinfo) -> datetime:
    """Return the first second of a day in a zone, found by looking at the clock on the wall."""
    begin = datetime.combine(day, time(), UTC) - 2 * DAY
    seconds = range(4 * 24 * 3600)
    return begin + timedelta(
        seconds=bisect_left(
            seconds,
            day,
            key=lambda second: (begin + timedelta(seconds=second)).astimezone(zone).date(),
        )
    )


def test_a_date_alone_is_the_whole_day_in_every_zone() -> None:
    """With its first second and its last, also where the clocks change at midnight."""
    for name, zone in ZONES.items():
        for change in CHANGES.get(name, [NEW_YEAR]):
            for days in (-1, 0, 1):
                day = change.astimezone(zone).date() + days * DAY

                start = as_instant(day, Side.START, zone)
                end = as_instant(day, Side.END, zone)

                assert start == first_of(day, zone), (name, day)
                assert end == first_of(day + DAY, zone) - SECOND, (name, day)


WHOLE_DAYS = [
    pytest.param(WARSAW, "2027-03-28", "03-27T23:00:00", "03-28T21:59:59", id="Warsaw, 23 hours"),
    pytest.param(WARSAW, "2027-10-31", "10-30T22:00:00", "10-31T22:59:59", id="Warsaw, 25 hours"),
    pytest.param(
        "America/Santiago", "2027-04-03", "04-03T03:00:00", "04-04T03:59:59", id="last hour twice"
    ),
    pytest.param(
        "America/Havana", "2027-11-07", "11-07T04:00:00", "11-08T04:59:59", id="first hour twice"
    ),
    pytest.param(
        "America/Havana", "2027-03-14", "03-14T05:00:00", "03-15T03:59:59", id="no midnight"
    ),
    pytest.param(
        "America/Nuuk", "2027-03-27", "03-27T02:00:00", "03-28T00:59:59", id="no last hour"
    ),
    pytest.param(
        "Asia/Kathmandu", "2027-05-01", "04-30T18:15:00", "05-01T18:14:59", id="a quarter"
    ),
    pytest.param(
        "Australia/Lord_Howe", "2027-04-04", "04-03T13:00:00", "04-04T13:29:59", id="24.5 hours"
    ),
]


@pytest.mark.parametrize(("zone", "day", "start", "end"), WHOLE_DAYS)
@pytest.mark.parametrize("kind", [str, date.fromisoformat], ids=["text", "object"])
async def test_a_date_alone_on_the_wire(
    hass: HomeAssistant,
    sim: Simulator,
    freezer: FrozenDateTimeFactory,
    zone: str,
    day: str,
    start: str,
    end: str,
    kind: Any,
) -> None:
    """A PIN for a day, and a guest's stay of a day."""
    freezer.move_to(NEW_YEAR)
    sim.account.keys[0].valid_to = None
    door = sim.account.add_lock("Front door", time_zone=zone)
    await add_account(hass, sim)

    await act(
        hass,
        "tedee_cloud.create_pin",
        {"alias": "Ann", "pin": DIGITS, "start_date": kind(day), "end_date": kind(day)},
        entity_id=DOOR,
    )
    await act(
        hass,
        "tedee_cloud.add_guest",
        {"alias": "Bob", "pin": "604217", "arrival": kind(day), "departure": kind(day)},
        entity_id=DOOR,
    )

    for pin_id in (1, 2):
        assert limits(door, pin_id) == (f"2027-{start}.000Z", f"2027-{end}.000Z")


def limits(door: SimLock, pin_id: int = 1) -> tuple[str | None, str | None]:
    """Return from when to when a PIN is valid, as the cloud holds it."""
    return door.pins[pin_id]["startDate"], door.pins[pin_id]["endDate"]


@pytest.mark.parametrize(
    ("said", "start", "end"),
    [
        pytest.param("2027-10-31 02:30", "10-31T00:30", "10-31T01:30", id="comes twice"),
        pytest.param("2027-03-28 02:30", "03-28T01:30", "03-28T01:30", id="does not come"),
        pytest.param("2027-10-31T02:30+01:00", "10-31T01:30", "10-31T01:30", id="said exactly"),
    ],
)
async def test_a_time_that_is_none_or_two(
    hass: HomeAssistant,
    sim: Simulator,
    freezer: FrozenDateTimeFactory,
    said: str,
    start: str,
    end: str,
) -> None:
    """Nobody stands before a closed door because the clocks go back meanwhile."""
    freezer.move_to(NEW_YEAR)
    sim.account.keys[0].valid_to = None
    door = sim.account.add_lock("Front door", time_zone=WARSAW)
    await add_account(hass, sim)

    for alias, pin, field in (("Ann", DIGITS, "start_date"), ("Bob", "604217", "end_date")):
        data = {"alias": alias, "pin": pin, field: said}
        await act(hass, "tedee_cloud.create_pin", data, entity_id=DOOR)

    assert limits(door, 1) == (f"2027-{start}:00.000Z", None)
    assert limits(door, 2) == (None, f"2027-{end}:00.000Z")


# --- Whose offset -----------------------------------------------------------------------------

SPRING = datetime(2027, 3, 28, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "start_date", "hour"),
    [
        pytest.param(SPRING - 7 * DAY, None, "07", id="a week before"),
        pytest.param(SPRING - SECOND, None, "07", id="a second before"),
        pytest.param(SPRING, None, "06", id="at the change"),
        pytest.param(SPRING - 7 * DAY, "2027-03-27", "07", id="starts the day before"),
        pytest.param(SPRING - 7 * DAY, "2027-03-28", "06", id="starts on the day"),
        pytest.param(SPRING - 7 * DAY, "2027-07-01", "06", id="starts in summer"),
        pytest.param(SPRING - 7 * DAY, "2027-12-01", "07", id="starts in winter"),
        pytest.param(SPRING + 7 * DAY, "2027-01-01", "06", id="has started"),
    ],
)
async def test_the_offset_that_counts(
    hass: HomeAssistant,
    sim: Simulator,
    freezer: FrozenDateTimeFactory,
    now: datetime,
    start_date: str | None,
    hour: str,
) -> None:
    """That of the start date where it lies ahead, else that of now."""
    freezer.move_to(now)
    sim.account.keys[0].valid_to = None
    door = sim.account.add_lock("Front door", time_zone=WARSAW)
    await add_account(hass, sim)

    hours = {"day_start_time": "08:00", "day_end_time": "12:00", "start_date": start_date}
    data = {"alias": "Ann", "pin": DIGITS, **hours}
    await act(hass, "tedee_cloud.create_pin", data, entity_id=DOOR)

    assert door.pins[1]["dayStartTime"].partition("T")[2] == f"{hour}:00:00.000Z"


async def test_a_new_start_leaves_days_of_utc_alone(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """Without hours there is nothing to convert anew, and nobody here said what they mean."""
    freezer.move_to(SPRING - 7 * DAY)
    door = sim.account.add_lock("Front door", time_zone=WARSAW)
    door.pins.add("Ann", DIGITS, weekDays=1)
    await add_account(hass, sim)

    change = {"pin_id": 1, "start_date": "2027-07-01"}
    await act(hass, "tedee_cloud.update_pin", change, entity_id=DOOR)

    assert [door.pins[1][key] for key in HOURS] == [None, None, 1]
    await act(hass, "tedee_cloud.update_pin", {"pin_id": 1, "week_days": ["tue"]}, entity_id=DOOR)
    held = [door.pins[1][key] for key in HOURS]
    assert held == ["2027-06-30T22:00:00.000Z", "2027-07-01T21:59:59.000Z", 1]


@pytest.mark.parametrize("field", ["alias", "pin", "end_date", "start_date"])
async def test_a_new_start_keeps_the_hours_that_people_know(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory, field: str
) -> None:
    """Moved over a change, the window is converted anew; other fields leave it to the letter."""
    freezer.move_to(SPRING - 7 * DAY)
    door = sim.account.add_lock("Front door", time_zone=WARSAW)
    door.pins.add(
        "Ann",
        DIGITS,
        dayStartTime="2027-01-01T00:30:00.000Z",
        dayEndTime="2027-01-01T05:00:00.000Z",
        weekDays=1,
    )
    await add_account(hass, sim)
    value = {"alias": "Bob", "pin": "604217"}.get(field, "2027-07-01")
    before = dict(door.pins[1])

    await act(hass, "tedee_cloud.update_pin", {"pin_id": 1, field: value}, entity_id=DOOR)

    found = await act(hass, "tedee_cloud.get_pin", {"pin_id": 1}, respond=True, entity_id=DOOR)
    assert found[DOOR]["day_start_time"] == "01:30:00"
    assert found[DOOR]["day_end_time"] == "06:00:00"
    assert found[DOOR]["week_days"] == ["mon"]
    after = door.pins[1]
    if field == "start_date":
        assert after["dayStartTime"].endswith("T23:30:00.000Z")
        assert after["weekDays"] == 64
    else:
        assert [after[key] for key in HOURS] == [before[key] for key in HOURS]


HOURS = ("dayStartTime", "dayEndTime", "weekDays")
