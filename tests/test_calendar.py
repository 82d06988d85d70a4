"""The calendar of a lock: when which PIN opens the door."""

from datetime import datetime
from typing import Any

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from .common import DOMAIN, act, new_entry, shown, state_of
from .house import HouseClock, leave_for, live, settle
from .simulator import Fault, SimLock, Simulator

DOOR = "lock.front_door"
CALENDAR = "calendar.front_door_pins"
SERIAL = "20240101-000042"
HOUR = 3600.0

MORNING: dict[str, Any] = {
    "dayStartTime": "2026-11-02T07:00:00Z",
    "dayEndTime": "2026-11-02T11:00:00Z",
}
NIGHT: dict[str, Any] = {
    "dayStartTime": "2026-11-02T21:00:00Z",
    "dayEndTime": "2026-11-02T05:00:00Z",
}
MAY: dict[str, Any] = {"startDate": "2027-05-01T13:00:00Z", "endDate": "2027-05-08T09:00:00Z"}

type Shown = tuple[str, str, str]
"""An event: from, until, whose PIN."""


@pytest.fixture(autouse=True)
def clock(freezer: FrozenDateTimeFactory) -> HouseClock:
    """Freeze the time of the house and of the cloud, at midnight before 2 November 2026, UTC."""
    return HouseClock(freezer)


@pytest.fixture
def lock(sim: Simulator) -> SimLock:
    """Add a lock in Warsaw."""
    return sim.account.add_lock("Front door", time_zone="Europe/Warsaw")


async def add(hass: HomeAssistant, sim: Simulator, clock: HouseClock) -> None:
    """Add the account, with the calendar that a person has enabled, and let PINs be read."""
    entry = new_entry(sim, generation="operation")
    entry.add_to_hass(hass)
    er.async_get(hass).async_get_or_create(
        "calendar",
        DOMAIN,
        f"{SERIAL}_pins",
        config_entry=entry,
        suggested_object_id="front_door_pins",
    )
    assert await hass.config_entries.async_setup(entry.entry_id)
    await live(hass, clock, 31)


async def events(hass: HomeAssistant, start: str, end: str) -> list[Shown]:
    """Return what the calendar shows between two moments."""
    data = {"start_date_time": start, "end_date_time": end}
    answer = await act(hass, "calendar.get_events", data, respond=True, entity_id=CALENDAR)
    return [
        (event["start"], event["end"], event["summary"]) for event in answer[CALENDAR]["events"]
    ]


# --- What is shown --------------------------------------------------------------------------


async def test_the_calendar_is_off_by_default(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock, lock: SimLock
) -> None:
    """It would cost a request for each PIN, which are not read until somebody enables it."""
    lock.pins.add("Guest", "918273", **MAY)
    entry = new_entry(sim)
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    await live(hass, clock, 60)

    row = er.async_get(hass).entities[CALENDAR]
    assert row.disabled_by is er.RegistryEntryDisabler.INTEGRATION
    assert row.unique_id == f"{SERIAL}_pins"
    assert hass.states.get(CALENDAR) is None
    assert sim.calls("GET", "/my/lock/*/pin/*") == []


async def test_a_stay_is_one_event(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock, lock: SimLock
) -> None:
    """From arrival to departure, with the hours of the lock's own zone; no digits anywhere."""
    lock.pins.add("Booking 4711", "918273", **MAY)
    await add(hass, sim, clock)

    stay = ("2027-05-01T15:00:00+02:00", "2027-05-08T11:00:00+02:00", "Booking 4711")
    assert await events(hass, "2027-04-01", "2027-06-01") == [stay]
    assert await events(hass, "2027-05-03", "2027-05-04") == [stay]
    assert await events(hass, "2027-04-01 00:00+00:00", "2027-05-01 13:00+00:00") == []
    assert await events(hass, "2027-05-08 09:00+00:00", "2027-06-01 00:00+00:00") == []
    assert "918273" not in str(hass.states.async_all())


async def test_what_has_no_limit_is_not_shown(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock, lock: SimLock
) -> None:
    """It opens the door at any time; a calendar that is always on says nothing."""
    lock.pins.add("Family", "918273")
    lock.pins.add("Neighbour", "482913", weekDays=127)
    await add(hass, sim, clock)

    assert state_of(hass, CALENDAR) == "off"
    assert await events(hass, "2026-01-01", "2030-01-01") == []


async def test_half_a_period_is_shown_as_far_as_it_goes(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock, lock: SimLock
) -> None:
    """From a day on for ever, or until a day."""
    lock.pins.add("Tenant", "918273", startDate=MAY["startDate"])
    lock.pins.add("Builder", "482913", endDate=MAY["endDate"])
    await add(hass, sim, clock)

    assert await events(hass, "2027-05-03", "2027-05-04") == [
        ("1970-01-01T01:00:00+01:00", "2027-05-08T11:00:00+02:00", "Builder"),
        ("2027-05-01T15:00:00+02:00", "9999-12-29T00:59:59.999999+01:00", "Tenant"),
    ]
    assert state_of(hass, CALENDAR) == "on"


async def test_a_weekly_window_is_an_event_on_each_of_its_days(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock, lock: SimLock
) -> None:
    """The cleaner's Mondays and Fridays, in the order of time beside a guest."""
    lock.pins.add("Cleaner", "482913", **MORNING, weekDays=1 + 16)
    lock.pins.add(
        "Guest", "918273", startDate="2026-11-05T14:00:00Z", endDate="2026-11-08T10:00:00Z"
    )
    await add(hass, sim, clock)

    assert await events(hass, "2026-11-02", "2026-11-10") == [
        ("2026-11-02T08:00:00+01:00", "2026-11-02T12:00:00+01:00", "Cleaner"),
        ("2026-11-05T15:00:00+01:00", "2026-11-08T11:00:00+01:00", "Guest"),
        ("2026-11-06T08:00:00+01:00", "2026-11-06T12:00:00+01:00", "Cleaner"),
        ("2026-11-09T08:00:00+01:00", "2026-11-09T12:00:00+01:00", "Cleaner"),
    ]


async def test_a_window_over_midnight_ends_on_the_next_day(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock, lock: SimLock
) -> None:
    """The week day is that of its start; a range that begins after midnight has its rest."""
    lock.pins.add("Night nurse", "482913", **NIGHT, weekDays=32)
    await add(hass, sim, clock)

    night = ("2026-11-07T22:00:00+01:00", "2026-11-08T06:00:00+01:00", "Night nurse")
    assert await events(hass, "2026-11-02", "2026-11-10") == [night]
    assert await events(hass, "2026-11-08 00:00+01:00", "2026-11-09 00:00+01:00") == [night]
    assert await events(hass, "2026-11-08 06:00+01:00", "2026-11-09 00:00+01:00") == []


async def test_a_window_is_cut_by_the_period(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock, lock: SimLock
) -> None:
    """At both ends: it opens the door at neither before nor after."""
    lock.pins.add(
        "Night nurse",
        "482913",
        **NIGHT,
        startDate="2026-11-03T00:30:00Z",
        endDate="2026-11-04T22:00:00Z",
    )
    await add(hass, sim, clock)

    assert await events(hass, "2026-11-01", "2026-12-01") == [
        ("2026-11-03T01:30:00+01:00", "2026-11-03T06:00:00+01:00", "Night nurse"),
        ("2026-11-03T22:00:00+01:00", "2026-11-04T06:00:00+01:00", "Night nurse"),
        ("2026-11-04T22:00:00+01:00", "2026-11-04T23:00:00+01:00", "Night nurse"),
    ]


@pytest.mark.parametrize(
    ("change", "before", "after"),
    [
        ("2027-03-28", "08:00:00+01:00", "09:00:00+02:00"),
        ("2026-10-25", "09:00:00+02:00", "08:00:00+01:00"),
    ],
    ids=["spring", "autumn"],
)
async def test_a_window_moves_with_the_clocks(
    hass: HomeAssistant,
    sim: Simulator,
    clock: HouseClock,
    lock: SimLock,
    change: str,
    before: str,
    after: str,
) -> None:
    """The cloud holds it in UTC, and what it holds opens the door."""
    lock.pins.add("Cleaner", "482913", **MORNING)
    await add(hass, sim, clock)

    day = datetime.fromisoformat(change)
    begin, end = day.replace(day=day.day - 1), day.replace(day=day.day + 1)
    starts = [start for start, _, _ in await events(hass, str(begin), str(end))]
    assert starts == [f"{begin:%Y-%m-%d}T{before}", f"{change}T{after}"]


@pytest.mark.parametrize(
    ("night", "shown_as"),
    [
        ("2027-03-27", ("2027-03-27T22:00:00+01:00", "2027-03-28T07:00:00+02:00")),
        ("2026-10-24", ("2026-10-24T23:00:00+02:00", "2026-10-25T06:00:00+01:00")),
    ],
    ids=["spring", "autumn"],
)
async def test_a_night_in_which_the_clocks_change_is_eight_hours_long(
    hass: HomeAssistant,
    sim: Simulator,
    clock: HouseClock,
    lock: SimLock,
    night: str,
    shown_as: tuple[str, str],
) -> None:
    """Whatever the clocks on the wall say of it."""
    lock.pins.add("Night nurse", "482913", **NIGHT)
    await add(hass, sim, clock)

    [event] = await events(hass, f"{night} 12:00+00:00", f"{night} 23:59+00:00")
    assert event == (*shown_as, "Night nurse")
    begin, end = (datetime.fromisoformat(moment) for moment in shown_as)
    assert (end - begin).total_seconds() == 8 * HOUR


async def test_what_a_person_asked_for_is_shown_as_asked(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock, lock: SimLock
) -> None:
    """At once and without a request, in the zone of the lock and not in that of Home Assistant."""
    lock.time_zone = "Asia/Kolkata"
    await hass.config.async_set_time_zone("America/New_York")
    await add(hass, sim, clock)
    await act(
        hass,
        "tedee_cloud.create_pin",
        {
            "alias": "Cleaner",
            "pin": "827364",
            "day_start_time": "04:00",
            "day_end_time": "06:00",
            "week_days": ["wed"],
        },
        entity_id=DOOR,
    )
    await settle(hass)

    assert await events(hass, "2026-11-02", "2026-11-09") == [
        ("2026-11-04T04:00:00+05:30", "2026-11-04T06:00:00+05:30", "Cleaner")
    ]
    assert sim.calls("GET", "/my/lock/*/pin/*") == []
    await act(hass, "tedee_cloud.delete_pin", {"alias": "Cleaner"}, entity_id=DOOR)
    assert await events(hass, "2026-11-02", "2026-11-09") == []


@pytest.mark.parametrize("zone", ["Europe/Warsaw", "America/New_York"])
async def test_week_days_are_those_of_the_lock(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock, lock: SimLock, zone: str
) -> None:
    """A day without hours is the whole day there."""
    lock.time_zone = zone
    await hass.config.async_set_time_zone(zone)
    await add(hass, sim, clock)
    data = {"alias": "Cleaner", "pin": "827364", "week_days": ["mon"]}
    await act(hass, "tedee_cloud.create_pin", data, entity_id=DOOR)
    await settle(hass)

    offset = {"Europe/Warsaw": "+01:00", "America/New_York": "-05:00"}[zone]
    assert await events(hass, "2026-11-08", "2026-11-15") == [
        (f"2026-11-09T00:00:00{offset}", f"2026-11-09T23:59:59{offset}", "Cleaner")
    ]


@pytest.mark.parametrize("zone", [None, "Mars/Olympus"])
async def test_a_lock_without_a_zone_has_that_of_home_assistant(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock, lock: SimLock, zone: str | None
) -> None:
    """As the actions have it."""
    lock.time_zone = zone
    lock.pins.add("Cleaner", "482913", **MORNING)
    await hass.config.async_set_time_zone("Asia/Tokyo")
    await add(hass, sim, clock)

    assert await events(hass, "2026-11-02", "2026-11-03") == [
        ("2026-11-02T16:00:00+09:00", "2026-11-02T20:00:00+09:00", "Cleaner")
    ]


# --- The state ------------------------------------------------------------------------------


async def test_the_calendar_is_on_while_a_pin_opens_the_door(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock, lock: SimLock
) -> None:
    """To the second, and it shows what comes next."""
    lock.pins.add("Cleaner", "482913", **MORNING)
    lock.pins.add("Family", "604217")
    await add(hass, sim, clock)
    await hass.config.async_set_time_zone("UTC")
    assert state_of(hass, CALENDAR) == "off"

    await leave_for(hass, clock, 7 * HOUR - 31 - 1)
    assert state_of(hass, CALENDAR) == "off"
    await live(hass, clock, 2)
    assert state_of(hass, CALENDAR) == "on"
    assert shown(hass, CALENDAR).attributes == {
        "friendly_name": "Front door PINs",
        "message": "Cleaner",
        "all_day": False,
        "start_time": "2026-11-02 07:00:00",
        "end_time": "2026-11-02 11:00:00",
        "location": "",
        "description": "",
    }

    await leave_for(hass, clock, 4 * HOUR - 2)
    assert state_of(hass, CALENDAR) == "on"
    await live(hass, clock, 2)
    assert state_of(hass, CALENDAR) == "off"
    assert shown(hass, CALENDAR).attributes["start_time"] == "2026-11-03 07:00:00"
    assert sim.calls("GET", "/my/lock/*/pin/2") != []


async def test_the_calendar_follows_changes_made_elsewhere(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock, lock: SimLock
) -> None:
    """Within the hour; a PIN that was removed leaves it."""
    lock.pins.add("Guest", "918273", **MAY)
    await add(hass, sim, clock)
    lock.pins.replace(1, {**lock.pins[1], "endDate": "2027-05-10T09:00:00Z"})
    await leave_for(hass, clock, HOUR + 1)
    assert await events(hass, "2027-04-01", "2027-06-01") == [
        ("2027-05-01T15:00:00+02:00", "2027-05-10T11:00:00+02:00", "Guest")
    ]

    lock.pins.delete(1)
    await leave_for(hass, clock, HOUR + 1)
    assert await events(hass, "2027-04-01", "2027-06-01") == []
    assert state_of(hass, CALENDAR) == "off"


async def test_the_calendar_stays_while_the_lock_is_offline(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock, lock: SimLock
) -> None:
    """It is unavailable only before the first list."""
    lock.pins.add("Guest", "918273", **MAY)
    failing = sim.faults.add(Fault(status=428), path="/my/lock/*/pin", times=None)
    await add(hass, sim, clock)
    assert state_of(hass, CALENDAR) == "unavailable"

    sim.faults.remove(failing)
    await leave_for(hass, clock, HOUR + 1)
    lock.connected = False
    await leave_for(hass, clock, HOUR + 1)
    assert state_of(hass, DOOR) == "unavailable"
    assert state_of(hass, CALENDAR) == "off"
    assert shown(hass, CALENDAR).attributes["message"] == "Guest"


# --- Long ranges, and the panel -------------------------------------------------------------


async def test_a_range_of_centuries_is_answered_in_part(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock, lock: SimLock
) -> None:
    """From its beginning on, as far as five thousand events go."""
    for number in range(3):
        lock.pins.add(f"Daily {number}", f"48291{number}", **MORNING)
    lock.pins.add("Never", "604217", startDate=MAY["endDate"], endDate=MAY["startDate"])
    sim.settings.expire_pins = False
    await add(hass, sim, clock)
    found = await events(hass, "2027-01-01", "2999-01-01")

    assert len(found) == 5000
    assert found == sorted(found)
    assert found[0][0] == "2027-01-01T08:00:00+01:00"


async def test_the_panel_of_home_assistant_shows_the_events(
    hass: HomeAssistant,
    sim: Simulator,
    clock: HouseClock,
    lock: SimLock,
    hass_client: ClientSessionGenerator,
) -> None:
    """Through the door that its frontend uses."""
    lock.pins.add("Guest", "918273", **MAY)
    await add(hass, sim, clock)
    await hass.config.async_set_time_zone("Europe/Warsaw")
    client = await hass_client()
    span = {"start": "2027-05-01T00:00:00Z", "end": "2027-06-01T00:00:00Z"}
    response = await client.get(f"/api/calendars/{CALENDAR}", params=span)

    [event] = await response.json()
    told: dict[str, Any] = {key: event[key] for key in ("summary", "start", "end")}
    assert told == {
        "summary": "Guest",
        "start": {"dateTime": "2027-05-01T15:00:00+02:00"},
        "end": {"dateTime": "2027-05-08T11:00:00+02:00"},
    }
    assert "918273" not in await response.text()
