"""The blueprints that the repository ships, run in Home Assistant against the simulated cloud."""

import shutil
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, override
from urllib.parse import quote

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.automation.config import (
    AUTOMATION_BLUEPRINT_SCHEMA as BLUEPRINT_SCHEMA,
)
from homeassistant.components.blueprint import Blueprint
from homeassistant.components.calendar import DOMAIN as CALENDAR_DOMAIN
from homeassistant.components.calendar import CalendarEntity, CalendarEvent
from homeassistant.components.trace.util import async_list_traces
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from homeassistant.util.yaml import parse_yaml
from pytest_homeassistant_custom_component.common import (
    async_fire_time_changed,
    async_mock_service,
    setup_test_component_platform,
)

from .common import act, add_account, state_of, wire
from .simulator import Fault, Simulator

BLUEPRINTS = Path(__file__).parents[1] / "blueprints" / "automation" / "tedee_cloud"
DOORS = ["lock.front_door", "lock.flat_2"]
CALENDAR = "calendar.bookings"


class Bookings(CalendarEntity):
    """A calendar of bookings that a test writes."""

    _attr_name = "Bookings"

    def __init__(self) -> None:
        """Begin without any."""
        self.events: list[CalendarEvent] = []

    @property
    @override
    def event(self) -> CalendarEvent | None:
        """Return none: the blueprint does not look at the calendar's state."""
        return None

    @override
    async def async_get_events(
        self, hass: HomeAssistant, start_date: datetime, end_date: datetime
    ) -> list[CalendarEvent]:
        """Return the events of a span."""
        return [
            event
            for event in self.events
            if event.end_datetime_local > start_date and event.start_datetime_local < end_date
        ]

    def clear(self) -> None:
        """Forget all bookings."""
        self.events.clear()

    def book(self, title: str, first: str, last: str, description: str | None = None) -> None:
        """Add a booking of whole days."""
        days = (datetime.fromisoformat(day).date() for day in (first, last))
        start, end = days
        self.events.append(
            CalendarEvent(summary=title, start=start, end=end, description=description)
        )


class Flat:
    """A flat with two doors, a calendar of its bookings, and the messages that were sent."""

    def __init__(
        self, hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory, folder: Path
    ) -> None:
        """Furnish it."""
        self.sim = sim
        self.doors = [sim.account.add_lock("Front door"), sim.account.add_lock("Flat 2")]
        self.bookings = Bookings()
        self.calls = async_mock_service(hass, "notify", "guests")
        self._hass = hass
        self._freezer = freezer
        self._folder = folder

    async def automate(self, blueprint: str, **inputs: Any) -> None:
        """Make an automation of a blueprint."""
        hass = self._hass
        use = {"path": f"tedee_cloud/{blueprint}.yaml", "input": {"locks": DOORS, **inputs}}
        automation = {"id": "it", "alias": "It", "use_blueprint": use}
        hass.config.config_dir = str(self._folder)
        assert await async_setup_component(hass, "automation", {"automation": automation})
        await hass.async_block_till_done()
        assert state_of(hass, "automation.it") == "on"

    async def at(self, moment: str) -> None:
        """Let it be another moment, and everything happen that is due then."""
        self._freezer.move_to(moment)
        self.sim.clear()
        async_fire_time_changed(self._hass)
        await self._hass.async_block_till_done(wait_background_tasks=True)

    def held(self) -> list[dict[str, tuple[str, str | None, str | None]]]:
        """Return the PINs of each door by name: digits, beginning and end."""
        return [
            {
                pin["alias"]: (pin["pin"], pin["startDate"], pin["endDate"])
                for pin in door.pins.entries.values()
            }
            for door in self.doors
        ]

    def messages(self) -> list[str]:
        """Return what was sent since the last time."""
        sent = [call.data["message"] for call in self.calls]
        self.calls.clear()
        return sent

    def writes(self) -> list[str]:
        """Return the requests that changed a PIN at this moment."""
        return [line for line in wire(self.sim) if not line.startswith("GET")]


@pytest.fixture
async def flat(
    hass: HomeAssistant,
    sim: Simulator,
    freezer: FrozenDateTimeFactory,
    pauses: list[float],  # noqa: ARG001
    tmp_path: Path,
) -> AsyncGenerator[Flat]:
    """Rent out a flat in Warsaw."""
    freezer.move_to("2027-04-30 09:00:00+00:00")
    await hass.config.async_set_time_zone("Europe/Warsaw")
    sim.settings.expire_pins = False  # so that what is gone was removed from here
    shutil.copytree(BLUEPRINTS, tmp_path / "blueprints" / "automation" / "tedee_cloud")
    flat = Flat(hass, sim, freezer, tmp_path)
    setup_test_component_platform(hass, CALENDAR_DOMAIN, [flat.bookings])
    calendar = {CALENDAR_DOMAIN: {"platform": "test"}}
    assert await async_setup_component(hass, CALENDAR_DOMAIN, calendar)
    await add_account(hass, sim)
    assert await async_setup_component(hass, "persistent_notification", {})
    await hass.async_block_till_done()
    yield flat
    await act(hass, "automation.turn_off", entity_id="automation.it")


def tell(text: str) -> list[dict[str, Any]]:
    """Return the actions that send a message."""
    return [{"action": "notify.guests", "data": {"message": text}}]


BOOKING_INPUTS: dict[str, Any] = {
    "bookings": CALENDAR,
    "message": tell("new {{ guest }} {{ pin }} {{ arrival }} {{ departure }}"),
    "changed": tell("moved {{ guest }} {{ pin }} {{ arrival }} {{ departure }}"),
    "refused": tell("refused {{ guest }} {{ reasons }}"),
}


async def test_a_stay_from_its_booking_to_its_end(flat: Flat) -> None:
    """The PIN comes before the guest, stays the same while it is needed, and goes afterwards."""
    flat.bookings.book("Ann", "2027-05-05", "2027-05-08")
    await flat.automate("booking_pins", early_minutes=30, late_minutes=15, **BOOKING_INPUTS)
    await flat.at("2027-05-02 11:07:00+00:00")
    assert flat.held() == [{}, {}]  # two hours too early for three days ahead
    assert flat.messages() == []

    await flat.at("2027-05-02 13:07:00+00:00")
    held, other = flat.held()
    digits = held["Booking Ann"][0]
    window = ("2027-05-05T12:30:00.000Z", "2027-05-08T09:15:00.000Z")
    assert held == other == {"Booking Ann": (digits, *window)}
    assert len(digits) == 6
    assert flat.messages() == [f"new Booking Ann {digits} 2027-05-05 15:00:00 2027-05-08 11:00:00"]

    # The calendar's event ends at midnight; the guest leaves at eleven.
    for moment in ("2027-05-02 14:07:00+00:00", "2027-05-08 09:07:00+00:00"):
        await flat.at(moment)
        assert flat.writes() == []
        assert flat.held() == [held, held]
        assert flat.messages() == []

    flat.bookings.book("Next year", "2028-05-05", "2028-05-08")
    await flat.at("2027-05-08 10:07:00+00:00")
    assert flat.held() == [{}, {}]


async def test_a_booking_that_moves_keeps_its_digits(flat: Flat) -> None:
    """Near or far, the guest's PIN opens at the new times."""
    flat.bookings.book("Ann", "2027-05-02", "2027-05-08")
    await flat.automate("booking_pins", **BOOKING_INPUTS)
    await flat.at("2027-04-30 14:07:00+00:00")
    digits = flat.held()[0]["Booking Ann"][0]
    flat.messages()

    flat.bookings.clear()
    flat.bookings.book("Ann", "2027-07-02", "2027-07-09")
    await flat.at("2027-04-30 15:07:00+00:00")
    window = ("2027-07-02T13:00:00.000Z", "2027-07-09T09:00:00.000Z")
    assert flat.held() == [{"Booking Ann": (digits, *window)}] * 2
    assert flat.messages() == [
        f"moved Booking Ann {digits} 2027-07-02 15:00:00 2027-07-09 11:00:00"
    ]


async def test_a_cancelled_booking_loses_its_pin(flat: Flat) -> None:
    """Its own PIN and no other: not one that was made by hand, nor another guest's."""
    flat.bookings.book("Ann", "2027-05-01", "2027-05-03")
    flat.bookings.book("Bob", "2027-05-03", "2027-05-06")
    for door in flat.doors:
        door.pins.add("Cleaner", "918273")
    await flat.automate("booking_pins", **BOOKING_INPUTS)
    await flat.at("2027-04-30 14:07:00+00:00")
    assert [door.keys() for door in flat.held()] == [{"Cleaner", "Booking Ann", "Booking Bob"}] * 2

    del flat.bookings.events[0]
    await flat.at("2027-04-30 15:07:00+00:00")
    assert [door.keys() for door in flat.held()] == [{"Cleaner", "Booking Bob"}] * 2


async def test_a_calendar_out_of_order_costs_nobody_the_pin(
    hass: HomeAssistant, flat: Flat
) -> None:
    """An empty calendar, or one that is unavailable, is no reason to shut a guest out."""
    flat.bookings.book("Ann", "2027-05-01", "2027-05-03")
    await flat.automate("booking_pins", **BOOKING_INPUTS)
    await flat.at("2027-04-30 14:07:00+00:00")
    held = flat.held()

    flat.bookings.clear()
    await flat.at("2027-04-30 15:07:00+00:00")
    assert flat.held() == held
    hass.states.async_set(CALENDAR, "unavailable")
    await flat.at("2027-04-30 16:07:00+00:00")
    assert flat.held() == held


async def test_bookings_of_one_name_are_told_apart(flat: Flat) -> None:
    """By the code in the description, else by their first day."""
    code = "Reservation URL: https://www.example.com/details/HMABCD1234\nPhone: 1234"
    flat.bookings.book("Reserved", "2027-05-01", "2027-05-03", code)
    flat.bookings.book("Reserved", "2027-05-03", "2027-05-04")
    flat.bookings.book("Reserved", "2027-05-04", "2027-05-06")
    await flat.automate("booking_pins", days_before=10, **BOOKING_INPUTS)
    await flat.at("2027-04-30 14:07:00+00:00")
    held = flat.held()[0]
    assert held.keys() == {
        "Booking Reserved HMABCD1234",
        "Booking Reserved 2027-05-03",
        "Booking Reserved 2027-05-04",
    }
    assert len({digits for digits, _, _ in held.values()}) == 3


async def test_the_guest_is_told_once_all_doors_hold_the_pin(flat: Flat) -> None:
    """A door that refuses at first is told of, and gets the same digits an hour later."""
    flat.bookings.book("Ann", "2027-05-01", "2027-05-03")
    flat.doors[1].connected = False
    await flat.automate("booking_pins", **BOOKING_INPUTS)
    await flat.at("2027-04-30 14:07:00+00:00")
    [told] = flat.messages()
    assert told.startswith("refused Booking Ann The PINs of Flat 2 cannot be reached")

    flat.doors[1].connected = True
    await flat.at("2027-04-30 15:07:00+00:00")
    held, other = flat.held()
    assert held == other
    assert flat.messages() == [
        f"new Booking Ann {held['Booking Ann'][0]} 2027-05-01 15:00:00 2027-05-03 11:00:00"
    ]


async def test_one_refused_booking_does_not_stop_the_next(flat: Flat) -> None:
    """Where no door takes a PIN, the host is told and the other bookings are served."""
    flat.bookings.book("Ann", "2027-05-01", "2027-05-03")
    flat.bookings.book("Bob", "2027-05-03", "2027-05-06")
    flat.sim.faults.add(
        Fault(status=403),
        method="POST",
        times=None,
        predicate=lambda call: call.json["alias"].endswith("Ann"),
    )
    await flat.automate("booking_pins", **BOOKING_INPUTS)
    await flat.at("2027-04-30 14:07:00+00:00")
    assert [door.keys() for door in flat.held()] == [{"Booking Bob"}] * 2
    refused, new = flat.messages()
    assert refused.startswith("refused Booking Ann No door took the PIN.")
    assert new.startswith("new Booking Bob")


async def test_bookings_with_hours_are_taken_as_they_are(flat: Flat) -> None:
    """Whatever zone the calendar writes them in."""
    start = datetime(2027, 5, 1, 16, 30, tzinfo=UTC)
    flat.bookings.events.append(
        CalendarEvent(summary="Ann", start=start, end=start + timedelta(days=2))
    )
    await flat.automate("booking_pins", **BOOKING_INPUTS)
    await flat.at("2027-04-30 14:07:00+00:00")
    _, *window = flat.held()[0]["Booking Ann"]
    assert window == ["2027-05-01T16:30:00.000Z", "2027-05-03T16:30:00.000Z"]


CLEANER_INPUTS: dict[str, Any] = {
    "week_days": ["mon", "fri"],
    "message": tell("new {{ pin }}"),
    "refused": tell("refused {{ reasons }}"),
}


def windows(flat: Flat) -> list[tuple[str, str, str, int]]:
    """Return the digits, hours and week days of the only PIN of each door."""
    return [
        (pin["pin"], pin["dayStartTime"][11:16], pin["dayEndTime"][11:16], pin["weekDays"])
        for door in flat.doors
        for pin in door.pins.entries.values()
    ]


async def test_the_cleaner_has_a_weekly_window(flat: Flat) -> None:
    """Told once, kept as it is, and put back in the night after somebody has changed it."""
    await flat.automate("cleaner_pin", **CLEANER_INPUTS)
    await flat.at("2027-05-01 01:17:00+00:00")
    first, second = windows(flat)
    digits = first[0]
    assert first == second == (digits, "06:00", "10:00", 1 + 16)
    assert flat.messages() == [f"new {digits}"]

    await flat.at("2027-05-02 01:17:00+00:00")
    assert flat.writes() == []
    flat.doors[0].pins.entries[1]["weekDays"] = 127
    await flat.at("2027-05-03 01:17:00+00:00")
    assert windows(flat) == [first, first]
    assert flat.messages() == []


async def test_the_cleaner_on_holiday(hass: HomeAssistant, flat: Flat) -> None:
    """A switch takes the PIN away, and gives a new one back."""
    hass.states.async_set("input_boolean.cleaner", "on")
    await flat.automate("cleaner_pin", switch="input_boolean.cleaner", **CLEANER_INPUTS)
    await flat.at("2027-05-01 01:17:00+00:00")
    assert len(windows(flat)) == 2
    flat.messages()
    hass.states.async_set("input_boolean.cleaner", "off")
    await hass.async_block_till_done(wait_background_tasks=True)
    assert windows(flat) == []
    await flat.at("2027-05-02 01:17:00+00:00")
    assert windows(flat) == []
    hass.states.async_set("input_boolean.cleaner", "on")
    await hass.async_block_till_done(wait_background_tasks=True)
    assert flat.messages() == [f"new {windows(flat)[0][0]}"]


async def test_a_door_that_refuses_the_cleaner_is_told_of(flat: Flat) -> None:
    """Daily, until it holds the PIN as the other one does."""
    flat.doors[1].connected = False
    await flat.automate("cleaner_pin", **CLEANER_INPUTS)
    await flat.at("2027-05-01 01:17:00+00:00")
    [told] = flat.messages()
    assert told.startswith("refused The PINs of Flat 2 cannot be reached")
    flat.doors[1].connected = True
    await flat.at("2027-05-02 01:17:00+00:00")
    first, second = windows(flat)
    assert first == second
    assert flat.messages() == [f"new {first[0]}"]


@pytest.mark.parametrize("blueprint", ["booking_pins", "cleaner_pin"])
async def test_no_trace_keeps_the_digits(hass: HomeAssistant, flat: Flat, blueprint: str) -> None:
    """Home Assistant's traces hold all variables, so that these automations keep none."""
    flat.bookings.book("Ann", "2027-05-01", "2027-05-03")
    inputs = {"booking_pins": BOOKING_INPUTS, "cleaner_pin": CLEANER_INPUTS}[blueprint]
    await flat.automate(blueprint, **inputs)
    await flat.at("2027-05-01 01:17:00+00:00")
    await flat.at("2027-05-01 02:07:00+00:00")
    assert flat.messages()
    assert await async_list_traces(hass, "automation", "automation.it") == []


@pytest.mark.parametrize("file", sorted(BLUEPRINTS.glob("*.yaml")), ids=lambda file: file.stem)
def test_a_blueprint_can_be_imported(file: Path) -> None:
    """Home Assistant takes it, from the place that it names and the README links to."""
    text = parse_yaml(file.read_text())
    assert isinstance(text, dict)
    blueprint = Blueprint(text, expected_domain="automation", schema=BLUEPRINT_SCHEMA)
    assert blueprint.validate() is None
    source = str(blueprint.metadata["source_url"])
    assert source.endswith(f"/blob/main/blueprints/automation/tedee_cloud/{file.name}")
    link = f"blueprint_url={quote(source, safe='')}"
    assert link in (BLUEPRINTS.parents[2] / "README.md").read_text()
