"""The blueprints that the repository ships, run in Home Assistant against the simulated cloud."""

import asyncio
import re
import shutil
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any, override
from urllib.parse import unquote

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.calendar import DOMAIN as CALENDAR_DOMAIN
from homeassistant.components.calendar import CalendarEntity, CalendarEvent
from homeassistant.components.trace.util import async_list_traces
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.exceptions import HomeAssistantError
from homeassistant.setup import async_setup_component
from homeassistant.util.yaml import parse_yaml
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
    setup_test_component_platform,
)
from pytest_homeassistant_custom_component.test_util.aiohttp import AiohttpClientMocker
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from .common import act, add_account, state_of, wire
from .simulator import Fault, SimLock, Simulator

BLUEPRINTS = Path(__file__).parents[1] / "blueprints" / "automation" / "tedee_cloud"
TEXTS = {file.name: file.read_text() for file in BLUEPRINTS.glob("*.yaml")}
README = (BLUEPRINTS.parents[2] / "README.md").read_text()
DOORS = ["lock.front_door", "lock.flat_2"]
CALENDAR = "calendar.bookings"
FAILED = "Home Assistant's log says why."


class Bookings(CalendarEntity):
    """A calendar of bookings that a test writes."""

    _attr_name = "Bookings"

    def __init__(self) -> None:
        """Begin without any."""
        self.events: list[CalendarEvent] = []
        self.error: HomeAssistantError | None = None

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
        if self.error:
            raise self.error
        return [
            event
            for event in self.events
            if event.end_datetime_local > start_date and event.start_datetime_local < end_date
        ]

    def be_unavailable(self) -> None:
        """Lose touch with whoever keeps the bookings."""
        self._attr_available = False
        self.async_write_ha_state()

    def clear(self) -> None:
        """Forget all bookings."""
        self.events.clear()

    def book(self, title: str, first: str, last: str, description: str | None = None) -> None:
        """Add a booking of whole days."""
        self.events.append(
            CalendarEvent(
                summary=title,
                start=date.fromisoformat(first),
                end=date.fromisoformat(last),
                description=description,
            )
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
        self.sent: list[str] = []
        self.on_message: Callable[[str], Awaitable[None]] | None = None
        self._hass = hass
        hass.services.async_register("notify", "guests", self._async_notify)
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

    async def _async_notify(self, call: ServiceCall) -> None:
        """Send a message, unless that fails."""
        message = call.data["message"]
        if self.on_message:
            await self.on_message(message)
        self.sent.append(message)

    def fail(self, error: Exception, begin: str) -> None:
        """Let messages fail that begin so."""

        async def on_message(message: str) -> None:
            if message.startswith(begin):
                raise error

        self.on_message = on_message

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
        sent = sorted(self.sent)
        self.sent.clear()
        return sent

    def names(self) -> list[set[str]]:
        """Return the names of the PINs of each door."""
        return [set(door) for door in self.held()]

    def refuse_to_list(self, *doors: SimLock) -> None:
        """Let doors refuse once to say which PINs they have."""
        for door in doors:
            self.sim.faults.add(Fault(status=428), method="GET", path=f"/my/lock/{door.id}/pin")

    def lose_the_answer(self, door: SimLock, method: str) -> None:
        """Let a door do what it is told once, say so to nobody, and be gone until mended."""
        pins = f"/my/lock/{door.id}/pin**"
        self.sim.faults.add(Fault(status=504, worked=True), method=method, path=pins)
        self.sim.faults.add(
            Fault(status=428),
            method="GET",
            path=pins,
            times=None,
            predicate=lambda _: bool(self.sim.calls(method, pins)),
        )

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
    ann = "Booking: Ann 2027-05-05"
    digits = held[ann][0]
    window = ("2027-05-05T12:30:00.000Z", "2027-05-08T09:15:00.000Z")
    assert held == other == {ann: (digits, *window)}
    assert len(digits) == 6
    assert flat.messages() == [f"new {ann} {digits} 2027-05-05 15:00:00 2027-05-08 11:00:00"]

    # The calendar's event ends at midnight; the guest leaves at eleven.
    for moment in ("2027-05-02 14:07:00+00:00", "2027-05-08 09:07:00+00:00"):
        await flat.at(moment)
        assert flat.writes() == []
        assert flat.held() == [held, held]
        assert flat.messages() == []

    await flat.at("2027-05-08 10:07:00+00:00")
    assert flat.held() == [{}, {}]
    assert flat.messages() == []


CODE = "Reservation URL: https://www.example.com/details/HMABCD1234\nPhone: 1234"


async def test_a_booking_that_moves_keeps_its_digits(flat: Flat) -> None:
    """Near or far, the guest's PIN opens at the new times."""
    flat.bookings.book("Ann", "2027-05-02", "2027-05-08", CODE)
    await flat.automate("booking_pins", **BOOKING_INPUTS)
    await flat.at("2027-04-30 14:07:00+00:00")
    ann = "Booking: Ann HMABCD1234"
    digits = flat.held()[0][ann][0]
    flat.messages()

    flat.bookings.clear()
    flat.bookings.book("Ann", "2027-07-02", "2027-07-09", CODE)
    await flat.at("2027-04-30 15:07:00+00:00")
    window = ("2027-07-02T13:00:00.000Z", "2027-07-09T09:00:00.000Z")
    assert flat.held() == [{ann: (digits, *window)}] * 2
    assert flat.messages() == [f"moved {ann} {digits} 2027-07-02 15:00:00 2027-07-09 11:00:00"]


async def test_a_booking_that_moves_before_its_guest_was_told(flat: Flat) -> None:
    """The PIN moves along, and the message tells the new times."""
    flat.bookings.book("Ann", "2027-05-02", "2027-05-08", CODE)
    await flat.automate("booking_pins", **BOOKING_INPUTS)
    flat.fail(HomeAssistantError("no signal"), "new")
    await flat.at("2027-04-30 14:07:00+00:00")
    flat.on_message = None
    flat.messages()

    flat.bookings.clear()
    flat.bookings.book("Ann", "2027-07-02", "2027-07-09", CODE)
    await flat.at("2027-04-30 15:07:00+00:00")
    [(ann, (digits, *window))] = flat.held()[0].items()
    assert window == ["2027-07-02T13:00:00.000Z", "2027-07-09T09:00:00.000Z"]
    assert f"new {ann} {digits} 2027-07-02 15:00:00 2027-07-09 11:00:00" in flat.messages()


async def test_a_cancelled_booking_loses_its_pin(flat: Flat) -> None:
    """Its own PIN and no other: not one that was made by hand, nor another guest's."""
    flat.bookings.book("Ann", "2027-05-01", "2027-05-03")
    flat.bookings.book("Bob", "2027-05-03", "2027-05-06")
    by_hand = {"Cleaner", "Booking 4711", "Booking flat 2: Eve", "Mum"}
    for door in flat.doors:
        for number, name in enumerate(by_hand):
            door.pins.add(name, f"91827{number}", startDate="2027-06-01T00:00:00Z")
    await flat.automate("booking_pins", **BOOKING_INPUTS)
    await flat.at("2027-04-30 14:07:00+00:00")
    ann, bob = "Booking: Ann 2027-05-01", "Booking: Bob 2027-05-03"
    assert flat.names() == [{*by_hand, ann, bob}] * 2

    del flat.bookings.events[0]
    await flat.at("2027-04-30 15:07:00+00:00")
    assert flat.names() == [{*by_hand, bob}] * 2


@pytest.mark.parametrize("only_marked", [True, False])
async def test_cancelling_the_only_booking_takes_its_pin(flat: Flat, *, only_marked: bool) -> None:
    """An empty calendar has no bookings, whether events are gone or marked as cancelled."""
    flat.bookings.book("Ann", "2027-05-01", "2027-05-03")
    await flat.automate("booking_pins", **BOOKING_INPUTS)
    await flat.at("2027-04-30 14:07:00+00:00")
    assert flat.names() == [{"Booking: Ann 2027-05-01"}] * 2

    if only_marked:
        status: Any = "cancelled"
        flat.bookings.events[0].status = status
    else:
        flat.bookings.clear()
    await flat.at("2027-04-30 15:07:00+00:00")
    assert flat.held() == [{}, {}]


@pytest.mark.parametrize("answers", [True, False])
async def test_a_calendar_out_of_order_costs_nobody_the_pin(
    hass: HomeAssistant, flat: Flat, *, answers: bool
) -> None:
    """One that is unavailable, or does not answer, says nothing of bookings."""
    flat.bookings.book("Ann", "2027-05-01", "2027-05-03")
    await flat.automate("booking_pins", **BOOKING_INPUTS)
    await flat.at("2027-04-30 14:07:00+00:00")
    held = flat.held()

    if answers:
        flat.bookings.clear()
        flat.bookings.be_unavailable()
        assert state_of(hass, CALENDAR) == "unavailable"
    else:
        flat.bookings.error = HomeAssistantError("out of order")
    await flat.at("2027-04-30 15:07:00+00:00")
    assert flat.held() == held
    assert flat.writes() == []


async def test_bookings_of_one_name_are_told_apart(flat: Flat) -> None:
    """By the code in the description, else by their first day."""
    flat.bookings.book("Reserved", "2027-05-01", "2027-05-03", CODE)
    flat.bookings.book("Reserved", "2027-05-03", "2027-05-04")
    flat.bookings.book("Reserved", "2027-05-04", "2027-05-06")
    await flat.automate("booking_pins", days_before=10, **BOOKING_INPUTS)
    await flat.at("2027-04-30 14:07:00+00:00")
    held = flat.held()[0]
    assert held.keys() == {
        "Booking: Reserved HMABCD1234",
        "Booking: Reserved 2027-05-03",
        "Booking: Reserved 2027-05-04",
    }
    assert len({digits for digits, _, _ in held.values()}) == 3


async def test_a_stay_keeps_its_name_whoever_else_books(flat: Flat) -> None:
    """A namesake that comes and goes changes nothing for a guest who is there."""
    flat.bookings.book("Reserved", "2027-05-01", "2027-05-08")
    await flat.automate("booking_pins", **BOOKING_INPUTS)
    await flat.at("2027-05-01 14:07:00+00:00")
    held = flat.held()
    assert len(flat.messages()) == 1

    flat.bookings.book("Reserved", "2027-06-11", "2027-06-12")
    for moment in ("2027-05-02 14:07:00+00:00", "2027-05-03 14:07:00+00:00"):
        await flat.at(moment)
        assert flat.held() == held
        assert flat.writes() == flat.messages() == []
        del flat.bookings.events[1:]


async def test_two_events_of_one_name_are_one_stay(flat: Flat) -> None:
    """Two feeds with the same booking do not pull its PIN to and fro."""
    for last in ("2027-05-03", "2027-05-05", "2027-05-04"):
        flat.bookings.book("Reserved", "2027-05-01", last)
    await flat.automate("booking_pins", **BOOKING_INPUTS)
    await flat.at("2027-04-30 14:07:00+00:00")
    [(_, *window)] = flat.held()[0].values()
    assert window == ["2027-05-01T13:00:00.000Z", "2027-05-05T09:00:00.000Z"]
    assert len(flat.messages()) == 1
    await flat.at("2027-04-30 15:07:00+00:00")
    assert flat.writes() == flat.messages() == []


@pytest.mark.parametrize("order", [1, -1])
async def test_a_stay_in_two_parts_is_open_from_the_first_to_the_last(
    flat: Flat, order: int
) -> None:
    """In whatever order a portal writes them."""
    parts = [("2027-05-01", "2027-05-03"), ("2027-05-05", "2027-05-07")]
    for first, last in parts[::order]:
        flat.bookings.book("Reserved", first, last, CODE)
    await flat.automate("booking_pins", **BOOKING_INPUTS)
    await flat.at("2027-04-30 14:07:00+00:00")
    [(_, *window)] = flat.held()[0].values()
    assert window == ["2027-05-01T13:00:00.000Z", "2027-05-07T09:00:00.000Z"]


async def test_blocks_get_no_pin(flat: Flat) -> None:
    """What the pattern finds in a title, in capitals or not, is no booking."""
    flat.bookings.book("Ann", "2027-05-01", "2027-05-03")
    flat.bookings.book("CLOSED - Not available", "2027-05-03", "2027-05-04")
    flat.bookings.book("Owner here", "2027-05-04", "2027-05-06")
    await flat.automate(
        "booking_pins", days_before=10, skip="not available|^owner", **BOOKING_INPUTS
    )
    await flat.at("2027-04-30 14:07:00+00:00")
    assert flat.names() == [{"Booking: Ann 2027-05-01"}] * 2
    assert len(flat.messages()) == 1


@pytest.mark.parametrize("prefix", ["", "  "])
async def test_a_blank_beginning_stops_the_run(flat: Flat, prefix: str) -> None:
    """All PINs begin with it: none may go, and the host is told."""
    flat.bookings.book("Ann", "2027-05-01", "2027-05-03")
    flat.doors[0].pins.add("Mum", "918273")
    await flat.automate("booking_pins", prefix=prefix, **BOOKING_INPUTS)
    await flat.at("2027-04-30 14:07:00+00:00")
    assert flat.names() == [{"Mum"}, set()]
    assert flat.writes() == []
    [told] = flat.messages()
    assert told.startswith("refused every booking The beginning of the names of the PINs is blank.")


async def test_two_flats_share_a_door(flat: Flat) -> None:
    """Each automation keeps to the PINs that begin as its own do, blanks or not."""
    flat.bookings.book("Ann", "2027-05-01", "2027-05-03")
    ann, bob = "Flat 1 Ann 2027-05-01", "Flat 10 Bob 2027-05-01"
    flat.doors[0].pins.add(bob, "918273", startDate="2027-05-01T13:00:00Z")
    await flat.automate("booking_pins", prefix=" Flat 1 ", **BOOKING_INPUTS)
    for hour in (14, 15):
        await flat.at(f"2027-04-30 {hour}:07:00+00:00")
        assert flat.names() == [{ann, bob}, {ann}]
    assert len(flat.messages()) == 1


# --- Guests who are there ---------------------------------------------------------------------


async def test_a_long_time_after_the_departure_is_looked_back_for(flat: Flat) -> None:
    """The booking is found, and a door that lost its PIN gets it back, while the guest may stay."""
    flat.bookings.book("Ann", "2027-05-01", "2027-05-03")
    await flat.automate("booking_pins", late_minutes=7 * 24 * 60, **BOOKING_INPUTS)
    await flat.at("2027-05-01 14:07:00+00:00")
    held = flat.held()
    for moment in ("2027-05-04 14:07:00+00:00", "2027-05-10 08:07:00+00:00"):
        flat.doors[1].pins.entries.clear()
        await flat.at(moment)
        assert flat.held() == held
    await flat.at("2027-05-10 09:07:00+00:00")
    assert flat.held() == [{}, {}]


async def test_a_guest_who_is_there_keeps_the_pin(flat: Flat) -> None:
    """Whatever the calendar says: only PINs that are not valid yet, or no longer, are removed."""
    flat.bookings.book("Ann", "2027-05-01", "2027-05-04")
    flat.bookings.book("Bob", "2027-05-04", "2027-05-06")
    flat.bookings.book("Eve", "2027-05-06", "2027-05-08")
    await flat.automate("booking_pins", days_before=10, early_minutes=60, **BOOKING_INPUTS)
    await flat.at("2027-05-01 11:07:00+00:00")
    ann, bob, eve = "Booking: Ann 2027-05-01", "Booking: Bob 2027-05-04", "Booking: Eve 2027-05-06"
    assert flat.names() == [{ann, bob, eve}] * 2
    held = flat.held()[0]
    flat.messages()

    del flat.bookings.events[:2]  # cut short
    await flat.at("2027-05-01 12:07:00+00:00")
    assert flat.held() == [{ann: held[ann], eve: held[eve]}] * 2
    flat.bookings.clear()
    for moment in ("2027-05-02 00:07:00+00:00", "2027-05-04 08:07:00+00:00"):
        await flat.at(moment)
        assert flat.held() == [{ann: held[ann]}] * 2
    await flat.at("2027-05-04 09:07:00+00:00")
    assert flat.held() == [{}, {}]
    assert flat.messages() == []


async def test_a_guest_keeps_the_pin_until_check_out_by_the_locks_clock(
    hass: HomeAssistant, flat: Flat
) -> None:
    """At home in Tokyo, it is eleven seven hours before the guest in Warsaw leaves."""
    await hass.config.async_set_time_zone("Asia/Tokyo")
    flat.bookings.book("Ann", "2027-05-01", "2027-05-03")
    await flat.automate("booking_pins", **BOOKING_INPUTS)
    await flat.at("2027-05-01 14:07:00+00:00")
    [(_, *window)] = flat.held()[0].values()
    assert window == ["2027-05-01T13:00:00.000Z", "2027-05-03T09:00:00.000Z"]
    flat.messages()

    for hour in range(1, 9):
        await flat.at(f"2027-05-03 0{hour}:07:00+00:00")
        assert flat.names() == [{"Booking: Ann 2027-05-01"}] * 2
    await flat.at("2027-05-03 09:07:00+00:00")
    assert flat.held() == [{}, {}]
    assert flat.messages() == []


@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize("expire", [True, False])
async def test_nobody_is_missed_who_has_left_by_the_locks_clock(
    hass: HomeAssistant, flat: Flat, *, expire: bool, told: bool
) -> None:
    """At home in New York, eleven is still to come: the cloud has ended the PIN, and rightly so."""
    flat.sim.settings.expire_pins = expire
    await hass.config.async_set_time_zone("America/New_York")
    flat.bookings.book("Ann", "2027-05-01", "2027-05-02")
    await flat.automate("booking_pins", **BOOKING_INPUTS)
    if not told:
        flat.fail(HomeAssistantError("no signal"), "new")
    await flat.at("2027-05-01 14:07:00+00:00")
    assert [message.split()[0] for message in flat.messages()] == ["new" if told else "refused"]
    flat.on_message = None
    for hour in range(9, 15):
        await flat.at(f"2027-05-02 {hour:02}:07:00+00:00")
        assert flat.writes() == flat.messages() == []
    await flat.at("2027-05-02 15:07:00+00:00")
    assert flat.held() == [{}, {}]


# --- What is told, and to whom ----------------------------------------------------------------


async def test_the_guest_is_told_once_all_doors_hold_the_pin(flat: Flat) -> None:
    """A door that refuses at first is told of, and gets the same digits an hour later."""
    flat.bookings.book("Ann", "2027-05-01", "2027-05-03")
    flat.doors[1].connected = False
    await flat.automate("booking_pins", **BOOKING_INPUTS)
    await flat.at("2027-04-30 14:07:00+00:00")
    [told] = flat.messages()
    assert told.startswith("refused Booking: Ann 2027-05-01 The PINs of Flat 2 cannot be reached")
    [[digits, *_]] = flat.held()[0].values()
    assert flat.names() == [{"Booking: Ann 2027-05-01 (not told)"}, set()]

    flat.doors[1].connected = True
    await flat.at("2027-04-30 15:07:00+00:00")
    assert flat.messages() == [told_of_ann(flat)]
    assert digits in told_of_ann(flat)


def told_of_ann(flat: Flat) -> str:
    """Return the message to Ann, whose PIN both doors hold."""
    held, other = flat.held()
    assert held == other
    [(ann, (digits, _, _))] = held.items()
    assert ann == "Booking: Ann 2027-05-01"
    return f"new {ann} {digits} 2027-05-01 15:00:00 2027-05-03 11:00:00"


async def test_one_refused_booking_does_not_stop_the_next(flat: Flat) -> None:
    """Where no door takes a PIN, the host is told and the other bookings are served."""
    flat.bookings.book("Ann", "2027-05-01", "2027-05-03")
    flat.bookings.book("Bob", "2027-05-03", "2027-05-06")
    flat.sim.faults.add(
        Fault(status=403),
        method="POST",
        times=None,
        predicate=lambda call: "Ann" in call.json["alias"],
    )
    await flat.automate("booking_pins", **BOOKING_INPUTS)
    await flat.at("2027-04-30 14:07:00+00:00")
    assert flat.names() == [{"Booking: Bob 2027-05-03"}] * 2
    new, refused = flat.messages()
    assert refused == f"refused Booking: Ann 2027-05-01 No door took the PIN. {FAILED}"
    assert new.startswith("new Booking: Bob")


async def test_a_guest_is_told_whose_pin_was_stored_unseen(flat: Flat) -> None:
    """A door that does not say whether it has the PIN, and has it: told an hour later, once."""
    flat.bookings.book("Ann", "2027-05-01", "2027-05-03")
    flat.lose_the_answer(flat.doors[1], "POST")
    await flat.automate("booking_pins", **BOOKING_INPUTS)
    await flat.at("2027-04-30 14:07:00+00:00")
    held, other = flat.held()
    assert held == other
    assert [message.split()[0] for message in flat.messages()] == ["refused"]

    flat.sim.faults.clear()
    await flat.at("2027-04-30 15:07:00+00:00")
    assert told_of_ann(flat) in flat.messages()
    await flat.at("2027-04-30 16:07:00+00:00")
    assert flat.messages() == []


@pytest.mark.parametrize("error", [HomeAssistantError("no signal"), ValueError("a bug")])
async def test_a_message_that_fails_is_sent_again(flat: Flat, error: Exception) -> None:
    """It costs nobody else the PIN, holds up no removal, and the host hears of it."""
    for name in ("Ann", "Bob"):
        flat.bookings.book(name, "2027-05-01", "2027-05-03")
    flat.doors[0].pins.add("Booking: Eve 2027-05-01", "918273", startDate="2027-06-01T00:00:00Z")
    await flat.automate("booking_pins", **BOOKING_INPUTS)
    flat.fail(error, "new Booking: Ann")
    ann, bob = "Booking: Ann 2027-05-01", "Booking: Bob 2027-05-01"
    sent = []
    for hour in range(10, 20):
        await flat.at(f"2027-04-30 {hour}:07:00+00:00")
        sent += flat.messages()
        assert [len(door) for door in flat.held()] == [2, 2]
    assert flat.names() == [{f"{ann} (not told)", bob}] * 2
    assert sum(message.startswith(f"new {bob} ") for message in sent) == 1
    assert any(message.startswith(f"refused {ann} ") for message in sent)

    flat.on_message = None
    flat.bookings.events.pop()
    await flat.at("2027-05-01 13:07:00+00:00")
    [new] = [message for message in flat.messages() if message.startswith("new")]
    digits = flat.held()[0][ann][0]
    assert new == f"new {ann} {digits} 2027-05-01 15:00:00 2027-05-03 11:00:00"
    await flat.at("2027-05-01 14:07:00+00:00")
    assert flat.messages() == []


async def test_the_host_hears_at_once_of_a_message_that_failed(flat: Flat) -> None:
    """And hourly from then on."""
    flat.bookings.book("Ann", "2027-05-01", "2027-05-03")
    await flat.automate("booking_pins", **BOOKING_INPUTS)
    flat.fail(HomeAssistantError("no signal"), "new")
    refused = "refused Booking: Ann 2027-05-01"
    failed = f"{refused} The message to this guest failed. {FAILED}"
    await flat.at("2027-04-30 14:07:00+00:00")
    assert flat.messages() == [failed]
    await flat.at("2027-04-30 15:07:00+00:00")
    again = f"{refused} This guest has not been told so far. The message is sent now."
    assert flat.messages() == [failed, again]


async def test_a_guest_is_told_although_the_host_cannot_be(flat: Flat) -> None:
    """What fails for one is no reason to leave the other out."""
    flat.bookings.book("Ann", "2027-05-01", "2027-05-03")
    flat.bookings.book("Bob", "2027-05-03", "2027-05-06")
    flat.sim.faults.add(
        Fault(status=403),
        method="POST",
        times=None,
        predicate=lambda call: "Ann" in call.json["alias"],
    )
    await flat.automate("booking_pins", **BOOKING_INPUTS)
    flat.fail(HomeAssistantError("no signal"), "refused")
    await flat.at("2027-04-30 14:07:00+00:00")
    [new] = flat.messages()
    assert new.startswith("new Booking: Bob")


async def test_nobody_waits_for_a_guest_who_cannot_be_told(flat: Flat) -> None:
    """Nor for the host, who cannot be told of it either."""
    for name in ("Ann", "Bob", "Cid", "Dan", "Eve"):
        flat.bookings.book(name, "2027-05-01", "2027-05-03")
    await flat.automate("booking_pins", **BOOKING_INPUTS)

    error = HomeAssistantError("no signal")

    async def on_message(message: str) -> None:
        if "Ann" in message:
            raise error

    flat.on_message = on_message
    await flat.at("2027-04-30 14:07:00+00:00")
    assert [message.split()[2] for message in flat.messages()] == ["Bob", "Cid", "Dan", "Eve"]


async def test_a_guest_is_told_after_a_stop_in_between(hass: HomeAssistant, flat: Flat) -> None:
    """The PIN was stored and nobody heard of it: the next run says so."""
    flat.bookings.book("Ann", "2027-05-01", "2027-05-03")
    await flat.automate("booking_pins", **BOOKING_INPUTS)

    async def stop(_: str) -> None:
        hass.async_create_task(act(hass, "automation.turn_off", entity_id="automation.it"))
        await asyncio.Event().wait()

    flat.on_message = stop
    await flat.at("2027-04-30 14:07:00+00:00")
    assert flat.messages() == []
    assert flat.names() == [{"Booking: Ann 2027-05-01 (not told)"}] * 2

    flat.on_message = None
    await act(hass, "automation.turn_on", entity_id="automation.it")
    await flat.at("2027-04-30 15:07:00+00:00")
    assert told_of_ann(flat) in flat.messages()


async def test_nobody_is_told_twice_because_a_door_kept_the_old_name(flat: Flat) -> None:
    """A door that does not take the new name holds the guest's digits under it an hour later."""
    flat.bookings.book("Ann", "2027-05-01", "2027-05-03")
    door = flat.doors[1]
    flat.sim.faults.add(Fault(status=428), method="PUT", path=f"/my/lock/{door.id}/pin/*")
    await flat.automate("booking_pins", **BOOKING_INPUTS)
    await flat.at("2027-04-30 14:07:00+00:00")
    ann = "Booking: Ann 2027-05-01"
    assert flat.names() == [{ann}, {f"{ann} (not told)"}]
    sent = flat.messages()

    await flat.at("2027-04-30 15:07:00+00:00")
    assert sent == [told_of_ann(flat)]
    assert flat.messages() == []


async def test_a_door_that_lost_a_pin_gets_it_back(flat: Flat) -> None:
    """With the digits that the guest knows, and without another message."""
    flat.bookings.book("Ann", "2027-05-01", "2027-05-03")
    await flat.automate("booking_pins", **BOOKING_INPUTS)
    await flat.at("2027-04-30 14:07:00+00:00")
    held = flat.held()
    assert flat.messages() == [told_of_ann(flat)]
    flat.doors[1].pins.entries.clear()
    await flat.at("2027-04-30 15:07:00+00:00")
    assert flat.held() == held
    assert flat.messages() == []


async def test_no_second_pin_at_a_door_that_did_not_say_what_it_has(flat: Flat) -> None:
    """Its list is asked for again in the next hour; until then it is left as it is."""
    flat.bookings.book("Ann", "2027-05-01", "2027-05-03")
    await flat.automate("booking_pins", **BOOKING_INPUTS)
    await flat.at("2027-04-30 14:07:00+00:00")
    held = flat.held()
    flat.messages()
    await flat.at("2027-04-30 14:37:00+00:00")  # the integration itself has asked by now
    flat.refuse_to_list(*flat.doors)
    await flat.at("2027-04-30 15:07:00+00:00")
    assert flat.held() == held
    assert [message.split()[0] for message in flat.messages()] == ["refused"]


@pytest.mark.parametrize("silent", [0, 1])
async def test_the_digits_that_were_told_stay_whatever_doors_do_not_say(
    flat: Flat, silent: int
) -> None:
    """One door has lost the PIN, and the other does not say that it has it."""
    flat.bookings.book("Ann", "2027-05-01", "2027-05-03")
    await flat.automate("booking_pins", **BOOKING_INPUTS)
    await flat.at("2027-04-30 14:07:00+00:00")
    held = flat.held()
    flat.messages()
    await flat.at("2027-04-30 14:37:00+00:00")  # the integration itself has asked by now
    flat.doors[1 - silent].pins.entries.clear()
    flat.refuse_to_list(flat.doors[silent])
    await flat.at("2027-04-30 15:07:00+00:00")
    assert flat.held()[silent] == held[silent]
    assert [message.split()[0] for message in flat.messages()] == ["refused"]
    await flat.at("2027-04-30 16:07:00+00:00")
    assert flat.held() == held
    assert flat.messages() == []


async def test_a_removal_that_fails_is_told_and_tried_again(flat: Flat) -> None:
    """The door of a cancelled booking is offline for a while."""
    flat.bookings.book("Ann", "2027-05-01", "2027-05-03")
    await flat.automate("booking_pins", **BOOKING_INPUTS)
    await flat.at("2027-04-30 14:07:00+00:00")
    ann = "Booking: Ann 2027-05-01"
    flat.messages()

    flat.bookings.clear()
    flat.doors[1].connected = False
    await flat.at("2027-04-30 15:07:00+00:00")
    assert flat.names() == [set(), {ann}]
    [told] = flat.messages()
    assert told.startswith(f"refused {ann} The PINs of Flat 2 cannot be reached")
    flat.doors[1].connected = True
    await flat.at("2027-04-30 16:07:00+00:00")
    assert flat.names() == [set(), set()]
    assert flat.messages() == []


@pytest.mark.parametrize(("method", "path"), [("GET", "pin/*"), ("DELETE", "pin/*")])
async def test_a_removal_that_no_door_carries_out_is_told(
    flat: Flat, method: str, path: str
) -> None:
    """Whether the PIN could not be looked at or not be removed."""
    flat.bookings.book("Ann", "2027-05-01", "2027-05-03")
    await flat.automate("booking_pins", **BOOKING_INPUTS)
    await flat.at("2027-04-30 14:07:00+00:00")
    held = flat.held()
    flat.messages()

    flat.bookings.clear()
    flat.sim.faults.add(Fault(status=403), method=method, path=f"/my/lock/*/{path}", times=None)
    await flat.at("2027-04-30 15:07:00+00:00")
    assert flat.held() == held
    ann = "Booking: Ann 2027-05-01"
    assert flat.messages() == [
        f"refused {ann} No door let go of this PIN, whose booking is gone. {FAILED}"
    ]


async def test_the_reason_stands_in_home_assistants_log(
    flat: Flat, caplog: pytest.LogCaptureFixture
) -> None:
    """As the host is told where no door served."""
    flat.bookings.book("Ann", "2027-05-01", "2027-05-03")
    flat.sim.faults.add(Fault(status=403), method="POST", times=None)
    await flat.automate("booking_pins", **BOOKING_INPUTS)
    await flat.at("2027-04-30 14:07:00+00:00")
    assert flat.messages()[0].endswith(FAILED)
    assert "Front door" in caplog.text


async def test_bookings_with_hours_are_taken_as_they_are(flat: Flat) -> None:
    """Whatever zone the calendar writes them in."""
    start = datetime(2027, 5, 1, 16, 30, tzinfo=UTC)
    flat.bookings.events.append(
        CalendarEvent(summary="Ann", start=start, end=start + timedelta(days=2))
    )
    await flat.automate("booking_pins", **BOOKING_INPUTS)
    await flat.at("2027-04-30 14:07:00+00:00")
    _, *window = flat.held()[0]["Booking: Ann 2027-05-01"]
    assert window == ["2027-05-01T16:30:00.000Z", "2027-05-03T16:30:00.000Z"]


FEED = """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//A portal//Hosting Calendar 1.0//EN
BEGIN:VEVENT
UID:1@example.com
DTSTAMP:20270401T000000Z
DTSTART;VALUE=DATE:20270501
DTEND;VALUE=DATE:20270503
SUMMARY:Reserved
DESCRIPTION:Reservation URL: https://www.example.com/reservations/details/HMAB
 CD1234\\nPhone Number (Last 4 Digits): 1234
END:VEVENT
BEGIN:VEVENT
UID:2@example.com
DTSTAMP:20270401T000000Z
DTSTART;VALUE=DATE:20270503
DTEND;VALUE=DATE:20270504
SUMMARY:Reserved
STATUS:CANCELLED
END:VEVENT
BEGIN:VEVENT
UID:3@example.com
DTSTAMP:20270401T000000Z
DTSTART;VALUE=DATE:20270504
DTEND;VALUE=DATE:20270506
SUMMARY:A portal (Not available)
END:VEVENT
END:VCALENDAR
"""
NO_EVENTS = re.sub(r"BEGIN:VEVENT.*END:VEVENT\n", "", FEED, flags=re.DOTALL)


@dataclass
class Portal:
    """A portal that serves the feed of a calendar."""

    hass: HomeAssistant
    status: int = HTTPStatus.OK
    feed: str = FEED

    async def async_serve(self, _: web.Request) -> web.Response:
        """Answer a request for the feed."""
        return web.Response(status=self.status, text=self.feed, content_type="text/calendar")

    async def async_publish(self, status: int, feed: str) -> None:
        """Let Home Assistant read another answer, and do what that sets off."""
        self.status, self.feed = status, feed
        await act(self.hass, "homeassistant.update_entity", entity_id="calendar.portal")
        await self.hass.async_block_till_done(wait_background_tasks=True)


@pytest.fixture
async def portal(hass: HomeAssistant, flat: Flat) -> AsyncGenerator[Portal]:  # noqa: ARG001
    """Let Home Assistant make a calendar of a portal's feed."""
    assert await async_setup_component(hass, "homeassistant", {})
    portal = Portal(hass)
    app = web.Application()
    app.router.add_get("/calendar.ics", portal.async_serve)
    server = TestServer(app)
    await server.start_server(access_log=None)
    url = str(server.make_url("/calendar.ics"))
    data = {"calendar_name": "Portal", "url": url, "verify_ssl": False}
    entry = MockConfigEntry(domain="remote_calendar", title="Portal", data=data)
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    yield portal
    await server.close()


async def test_the_feed_of_a_portal(hass: HomeAssistant, flat: Flat, portal: Portal) -> None:
    """Over HTTP, through the calendar that Home Assistant makes of it."""
    inputs = {**BOOKING_INPUTS, "bookings": "calendar.portal", "skip": "not available"}
    await flat.automate("booking_pins", days_before=10, **inputs)
    await flat.at("2027-04-30 14:07:00+00:00")
    name = "Booking: Reserved HMABCD1234"
    digits, *window = flat.held()[0][name]
    assert flat.names() == [{name}] * 2
    assert window == ["2027-05-01T13:00:00.000Z", "2027-05-03T09:00:00.000Z"]
    assert flat.messages() == [f"new {name} {digits} 2027-05-01 15:00:00 2027-05-03 11:00:00"]

    await portal.async_publish(HTTPStatus.SERVICE_UNAVAILABLE, "")
    assert state_of(hass, "calendar.portal") == "unavailable"
    await flat.at("2027-04-30 15:07:00+00:00")
    assert flat.names() == [{name}] * 2
    await portal.async_publish(HTTPStatus.OK, NO_EVENTS)
    assert flat.held() == [{}, {}]
    assert flat.messages() == []


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


@pytest.mark.parametrize("state", ["unavailable", "unknown", None])
@pytest.mark.parametrize("held", [True, False])
async def test_a_switch_that_says_nothing_changes_nothing(
    hass: HomeAssistant, flat: Flat, state: str | None, *, held: bool
) -> None:
    """Nobody gets a PIN or loses it because of a holiday that may be or not."""
    switch = "input_boolean.cleaner"
    hass.states.async_set(switch, "on" if held else "off")
    await flat.automate("cleaner_pin", switch=switch, **CLEANER_INPUTS)
    await flat.at("2027-05-01 01:17:00+00:00")
    before = windows(flat)
    assert len(before) == 2 * held
    flat.messages()

    if state is None:
        hass.states.async_remove(switch)
    else:
        hass.states.async_set(switch, state)
    await flat.at("2027-05-02 01:17:00+00:00")
    assert windows(flat) == before
    assert flat.messages() == flat.writes() == []


async def test_a_door_that_keeps_the_pin_of_a_cleaner_on_holiday(
    hass: HomeAssistant, flat: Flat
) -> None:
    """Is told of, and tried again the next day."""
    hass.states.async_set("input_boolean.cleaner", "on")
    await flat.automate("cleaner_pin", switch="input_boolean.cleaner", **CLEANER_INPUTS)
    await flat.at("2027-05-01 01:17:00+00:00")
    flat.messages()
    flat.doors[1].connected = False
    hass.states.async_set("input_boolean.cleaner", "off")
    await hass.async_block_till_done(wait_background_tasks=True)
    assert flat.names() == [set(), {"Cleaner"}]
    [told] = flat.messages()
    assert told.startswith("refused The PINs of Flat 2 cannot be reached")

    flat.doors[1].connected = True
    await flat.at("2027-05-02 01:17:00+00:00")
    assert flat.held() == [{}, {}]
    assert flat.messages() == []


async def test_the_pin_of_a_cleaner_on_holiday_that_no_door_removes(
    hass: HomeAssistant, flat: Flat
) -> None:
    """The host hears of it."""
    hass.states.async_set("input_boolean.cleaner", "on")
    await flat.automate("cleaner_pin", switch="input_boolean.cleaner", **CLEANER_INPUTS)
    await flat.at("2027-05-01 01:17:00+00:00")
    flat.messages()
    flat.sim.faults.add(Fault(status=403), method="DELETE", times=None)
    hass.states.async_set("input_boolean.cleaner", "off")
    await hass.async_block_till_done(wait_background_tasks=True)
    assert flat.messages() == [f"refused No door took or gave back the PIN. {FAILED}"]
    assert flat.names() == [{"Cleaner"}] * 2


async def test_a_cleaner_is_told_whose_pin_was_stored_unseen(flat: Flat) -> None:
    """On the next day, and once."""
    flat.lose_the_answer(flat.doors[1], "POST")
    await flat.automate("cleaner_pin", **CLEANER_INPUTS)
    await flat.at("2027-05-01 01:17:00+00:00")
    assert flat.names() == [{"Cleaner (not told)"}] * 2
    assert [message.split()[0] for message in flat.messages()] == ["refused"]
    flat.sim.faults.clear()
    for expected in ([f"new {windows(flat)[0][0]}"], []):
        await flat.at(f"2027-05-0{3 - len(expected)} 01:17:00+00:00")
        assert flat.messages() == expected
        assert flat.names() == [{"Cleaner"}] * 2


async def test_no_second_pin_of_a_cleaner_at_a_door_that_did_not_say_what_it_has(
    flat: Flat,
) -> None:
    """It is left as it is for a day."""
    await flat.automate("cleaner_pin", **CLEANER_INPUTS)
    await flat.at("2027-05-01 01:17:00+00:00")
    before = windows(flat)
    flat.messages()
    await flat.at("2027-05-02 00:47:00+00:00")  # the integration itself has asked by now
    flat.refuse_to_list(*flat.doors)
    await flat.at("2027-05-02 01:17:00+00:00")
    assert windows(flat) == before
    assert [message.split()[0] for message in flat.messages()] == ["refused"]


@pytest.mark.parametrize("silent", [0, 1])
async def test_the_cleaners_digits_stay_whatever_doors_do_not_say(flat: Flat, silent: int) -> None:
    """One door has lost the PIN, and the other does not say that it has it."""
    await flat.automate("cleaner_pin", **CLEANER_INPUTS)
    await flat.at("2027-05-01 01:17:00+00:00")
    before = windows(flat)
    flat.messages()
    await flat.at("2027-05-02 00:47:00+00:00")  # the integration itself has asked by now
    flat.doors[1 - silent].pins.entries.clear()
    flat.refuse_to_list(flat.doors[silent])
    await flat.at("2027-05-02 01:17:00+00:00")
    assert flat.names()[silent] == {"Cleaner"}
    assert [message.split()[0] for message in flat.messages()] == ["refused"]
    await flat.at("2027-05-03 01:17:00+00:00")
    assert windows(flat) == before
    assert flat.messages() == []


async def test_a_message_to_the_cleaner_that_fails(flat: Flat) -> None:
    """The host is told, and it is sent again the next day."""
    await flat.automate("cleaner_pin", **CLEANER_INPUTS)
    flat.fail(HomeAssistantError("no signal"), "new")
    await flat.at("2027-05-01 01:17:00+00:00")
    assert flat.messages() == [f"refused The message to the cleaner failed. {FAILED}"]
    flat.on_message = None
    await flat.at("2027-05-02 01:17:00+00:00")
    assert flat.messages() == [f"new {windows(flat)[0][0]}"]


async def test_the_cleaner_is_not_told_twice_because_a_door_kept_the_old_name(flat: Flat) -> None:
    """The digits are the same under both names."""
    path = f"/my/lock/{flat.doors[1].id}/pin/*"
    flat.sim.faults.add(Fault(status=428), method="PUT", path=path)
    await flat.automate("cleaner_pin", **CLEANER_INPUTS)
    await flat.at("2027-05-01 01:17:00+00:00")
    assert flat.names() == [{"Cleaner"}, {"Cleaner (not told)"}]
    before = windows(flat)
    assert len(flat.messages()) == 1
    await flat.at("2027-05-02 01:17:00+00:00")
    assert flat.names() == [{"Cleaner"}] * 2
    assert windows(flat) == before
    assert flat.messages() == []


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


@pytest.mark.parametrize("file", sorted(TEXTS))
async def test_a_blueprint_can_be_imported(
    hass: HomeAssistant,
    aioclient_mock: AiohttpClientMocker,
    hass_ws_client: WebSocketGenerator,
    file: str,
) -> None:
    """By the link in the README, from the place that it names, as the button does it."""
    text = TEXTS[file]
    [link] = re.findall(rf"blueprint_url=([^)]+{file})", README)
    source = unquote(link)
    host, _, path = source.partition("/blob/")
    raw = f"{host.replace('github.com', 'raw.githubusercontent.com')}/{path}"
    aioclient_mock.get(raw, text=text)
    assert await async_setup_component(hass, "automation", {})
    client = await hass_ws_client(hass)
    await client.send_json_auto_id({"type": "blueprint/import", "url": source})
    answer = await client.receive_json()

    assert answer["success"]
    imported = answer["result"]
    assert imported["validation_errors"] is None
    assert imported["raw_data"] == text
    assert imported["suggested_filename"] == f"tedee-cloud/{file.removesuffix('.yaml')}"
    metadata = imported["blueprint"]["metadata"]
    written = parse_yaml(text)
    assert isinstance(written, dict)
    assert metadata["name"] == written["blueprint"]["name"]
    assert metadata["domain"] == "automation"
    assert metadata["source_url"] == written["blueprint"]["source_url"] == source
    assert metadata["homeassistant"] == {"min_version": "2026.10.0"}
    assert metadata["input"].keys() == written["blueprint"]["input"].keys()
