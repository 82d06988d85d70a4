"""The watch over PINs: when their lists are asked for, as seen on the wire."""

import asyncio
from itertools import pairwise
from typing import Any

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.util.async_ import get_scheduled_timer_handles
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.tedee_cloud.api import Priority

from .common import DOMAIN, act, new_entry, shown, state_of
from .house import HouseClock, leave_for, live, settle
from .simulator import Fault, Recorded, SimLock, Simulator

DOOR = "lock.front_door"
COUNT = "sensor.front_door_pins"
SERIAL = "20240101-000042"

HOUR = 3600.0
FULL = ""
"""The query of a request for the list, whatever its version."""

LISTS = "/my/lock/*/pin"
SINGLE = "/my/lock/*/pin/*"


@pytest.fixture(autouse=True)
def clock(freezer: FrozenDateTimeFactory) -> HouseClock:
    """Freeze the time of the house and of the cloud before anything else starts."""
    return HouseClock(freezer)


async def let_hours_pass(hass: HomeAssistant, clock: HouseClock, hours: int = 1) -> None:
    """Let time pass from hour to hour, and some seconds more."""
    for _ in range(hours):
        await leave_for(hass, clock, HOUR + 1)


async def add(
    hass: HomeAssistant, sim: Simulator, entry: MockConfigEntry | None = None
) -> MockConfigEntry:
    """Add the simulator's account."""
    entry = entry or new_entry(sim, generation="operation")
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle(hass)
    return entry


def read(sim: Simulator) -> list[str]:
    """Return the ids of the PINs that were read, in their order."""
    return [call.resource.rpartition("/")[2] for call in sim.calls("GET", SINGLE)]


def furnish(sim: Simulator, *aliases: str) -> SimLock:
    """Add a lock whose keypad has some PINs."""
    lock = sim.account.add_lock("Front door")
    for number, alias in enumerate(aliases):
        lock.pins.add(alias, f"4829{number:02}")
    return lock


def disable_pin_entities(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Disable what shows PINs, as a person has done before."""
    entry.add_to_hass(hass)
    for platform in ("event", "sensor"):
        er.async_get(hass).async_get_or_create(
            platform,
            DOMAIN,
            f"{SERIAL}_pins",
            config_entry=entry,
            disabled_by=er.RegistryEntryDisabler.USER,
        )


def lists(sim: Simulator) -> list[Recorded]:
    """Return the requests for lists of PINs."""
    return sim.calls("GET", LISTS)


def queries(sim: Simulator) -> list[str]:
    """Return what the requests for lists of PINs asked for."""
    return [call.query_string for call in lists(sim)]


# --- When -----------------------------------------------------------------------------------


async def test_the_first_look_comes_a_little_after_the_start(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock
) -> None:
    """Set-up waits for nothing, and nothing is shown that is not known."""
    furnish(sim, "Cleaner", "Guest")
    begin = clock.monotonic()
    await add(hass, sim)
    assert len(sim.requests) == 1
    assert state_of(hass, COUNT) == "unavailable"

    await live(hass, clock, 31)

    [call] = lists(sim)
    assert 10 <= call.at - begin <= 31
    assert (call.query_string, call.status) == (FULL, 200)
    assert state_of(hass, COUNT) == "2"


async def test_a_quiet_day_costs_one_request_an_hour(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock
) -> None:
    """With the version that is known, so that nothing is sent back; once a day without it."""
    lock = furnish(sim, "Cleaner")
    await add(hass, sim)
    await live(hass, clock, 31)
    await let_hours_pass(hass, clock, 25)

    version = f"listVersion={lock.pins.list_version}"
    assert queries(sim) == [FULL, *[version] * 23, FULL, version]
    assert [call.status for call in lists(sim)] == [200, *[304] * 23, 200, 304]
    assert state_of(hass, COUNT) == "1"
    assert sim.calls(path=SINGLE) == []


async def test_polls_do_not_set_the_pace(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock
) -> None:
    """An hour of polls, one every 21 s where a bolt turns, and two requests for PINs."""
    lock = furnish(sim, "Cleaner")
    await add(hass, sim)
    for number in range(60):
        lock.turn("unlocked" if number % 2 else "locked")
        await live(hass, clock, 60)
    assert len(sim.calls("GET", "/my/lock/sync")) > 120
    await live(hass, clock, 31)

    first, second = lists(sim)
    assert second.at - first.at == pytest.approx(HOUR, abs=1)


async def test_many_locks_are_not_looked_at_together(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock
) -> None:
    """Ten seconds lie between two of them, in the first round as in later ones."""
    for number in range(6):
        sim.account.add_lock(f"Door {number}")
    await add(hass, sim)
    await live(hass, clock, 90)
    first_round = [call.path for call in lists(sim)]
    assert len(set(first_round)) == len(first_round) == 6

    await leave_for(hass, clock, HOUR - 90)
    await live(hass, clock, 90)
    assert [call.path for call in lists(sim)] == first_round * 2
    assert min(later.at - call.at for call, later in pairwise(lists(sim))) >= 9.5


async def test_a_slow_lock_is_waited_for(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock
) -> None:
    """The next one is asked when it has answered."""
    sim.account.add_lock("Front door")
    sim.account.add_lock("Back door")
    slow = sim.faults.add(Fault(hold=True), path="/my/lock/41001/pin")
    await add(hass, sim)
    await live(hass, clock, 31)
    first = await slow.held()
    await live(hass, clock, first.at + 25 - clock.monotonic())
    assert sim.calls(path="/my/lock/41002/pin") == []

    slow.release()
    await live(hass, clock, 1)
    assert len(sim.calls(path="/my/lock/41002/pin")) == 1


# --- For whom -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fields", [{"keypad_id": None}, {"access_level": 0}], ids=["no keypad", "guest of the lock"]
)
async def test_a_lock_without_pins_is_left_alone(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock, fields: dict[str, Any]
) -> None:
    """It has no such entities, and not one request is spent."""
    sim.account.add_lock("Front door", **fields)
    await add(hass, sim)
    await let_hours_pass(hass, clock)

    assert hass.states.async_entity_ids("event") == []
    assert hass.states.get(COUNT) is None
    assert sim.calls(path="/my/lock/*/pin/**") == sim.calls(path=LISTS) == []


async def test_a_keypad_that_is_paired_later_is_watched_from_then_on(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock
) -> None:
    """Without a reload."""
    lock = sim.account.add_lock("Front door", keypad_id=None)
    await add(hass, sim)
    await live(hass, clock, 60)
    lock.keypad_id = 7001
    lock.change_settings()
    await live(hass, clock, 60)

    assert state_of(hass, COUNT) == "0"
    assert len(lists(sim)) == 1


async def test_entities_that_are_disabled_cost_nothing(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock
) -> None:
    """Nor do writes from here make anybody look then."""
    furnish(sim, "Cleaner")
    entry = new_entry(sim, generation="operation")
    disable_pin_entities(hass, entry)
    await add(hass, sim, entry)
    await live(hass, clock, 60)
    assert lists(sim) == []

    await act(hass, "tedee_cloud.delete_pin", {"pin_id": 1}, entity_id=DOOR)
    await let_hours_pass(hass, clock)
    assert lists(sim) == []


# --- After writes from here -----------------------------------------------------------------


async def test_several_writes_make_one_look(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock
) -> None:
    """Ten seconds after the last; what was written shows at once. The next is an hour later."""
    furnish(sim, "Cleaner")
    await add(hass, sim)
    await live(hass, clock, 31)
    await live(hass, clock, 1200)
    for number in range(3):
        await act(
            hass,
            "tedee_cloud.create_pin",
            {"alias": f"Guest {number}", "pin": f"91827{number}"},
            entity_id=DOOR,
        )
        assert state_of(hass, COUNT) == str(number + 2)
        await live(hass, clock, 7)
    sim.clear()
    written = clock.monotonic() - 7

    await live(hass, clock, 300)
    [call] = lists(sim)
    assert call.at - written == pytest.approx(10, abs=1)
    assert (call.query_string, call.status) == ("listVersion=4", 200)
    assert state_of(hass, COUNT) == "4"
    await leave_for(hass, clock, HOUR - 320)
    assert len(lists(sim)) == 1
    await live(hass, clock, 40)
    assert [call.status for call in lists(sim)] == [200, 304]


async def test_a_write_of_unknown_outcome_is_looked_at_without_its_version(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock
) -> None:
    """What is known of versions is worth nothing then."""
    lock = furnish(sim, "Cleaner")
    await add(hass, sim)
    await live(hass, clock, 31)
    sim.faults.add(Fault(status=500, worked=True), method="DELETE")
    sim.faults.add(Fault(status=500), path=LISTS, times=2)
    acting = asyncio.create_task(act(hass, "tedee_cloud.delete_pin", {"pin_id": 1}, entity_id=DOOR))
    await live(hass, clock, 60)
    assert acting.exception() is not None
    assert lock.pins.entries == {}
    assert state_of(hass, COUNT) == "1"

    sim.clear()
    await let_hours_pass(hass, clock)
    assert queries(sim) == [FULL]
    assert state_of(hass, COUNT) == "0"


async def test_a_look_waits_for_a_write_that_is_under_way(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock
) -> None:
    """The lock does one thing at a time."""
    furnish(sim, "Cleaner")
    await add(hass, sim)
    held = sim.faults.add(Fault(hold=True), method="DELETE")
    acting = asyncio.create_task(act(hass, "tedee_cloud.delete_pin", {"pin_id": 1}, entity_id=DOOR))
    await held.held()
    await live(hass, clock, 29)
    assert lists(sim) == []

    held.release()
    await acting
    await live(hass, clock, 1)
    assert len(lists(sim)) == 1
    assert state_of(hass, COUNT) == "0"


# --- What goes wrong ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "requests"),
    [
        pytest.param(Fault(status=401), 1, id="key refused"),
        pytest.param(Fault(status=403), 1, id="not allowed"),
        pytest.param(Fault(status=404), 1, id="no such lock"),
        pytest.param(Fault(status=408), 2, id="lock did not answer"),
        pytest.param(Fault(status=409), 4, id="busy"),
        pytest.param(Fault(status=428), 1, id="offline"),
        pytest.param(Fault(status=429, headers={"Retry-After": "600"}), 1, id="limited"),
        pytest.param(Fault(status=500), 1, id="broken"),
        pytest.param(Fault(status=503), 2, id="restarting"),
        pytest.param(Fault(body="<html>"), 1, id="a web page"),
        pytest.param(Fault(body={"result": {"pins": [{}]}, "success": True}), 1, id="no ids"),
        pytest.param(Fault(drop=True), 1, id="dropped"),
    ],
)
async def test_what_fails_is_tried_again_an_hour_later(
    hass: HomeAssistant,
    sim: Simulator,
    clock: HouseClock,
    caplog: pytest.LogCaptureFixture,
    fault: Fault,
    requests: int,
) -> None:
    """What was known stays shown, and nobody is bothered."""
    lock = furnish(sim, "Cleaner")
    entry = await add(hass, sim)
    await live(hass, clock, 31)
    lock.pins.add("Guest", "918273")
    sim.clear()
    failing = sim.faults.add(fault, path=LISTS, times=None)
    caplog.clear()
    await let_hours_pass(hass, clock)
    await live(hass, clock, 60)

    assert len(lists(sim)) == requests
    assert state_of(hass, COUNT) == "1"
    assert entry.state.value == "loaded"
    assert [record for record in caplog.records if record.exc_info] == []
    assert [
        record
        for record in caplog.records
        if record.levelname == "WARNING" and record.name.endswith(DOMAIN)
    ] == []

    sim.faults.remove(failing)
    sim.clear()
    await let_hours_pass(hass, clock)
    await live(hass, clock, 60)
    assert state_of(hass, COUNT) == "2"
    assert queries(sim) == ["listVersion=2"]


async def test_a_lock_that_is_offline_keeps_showing_its_pins(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock
) -> None:
    """Unlike its bolt, they are where they were."""
    lock = furnish(sim, "Cleaner")
    await add(hass, sim)
    await live(hass, clock, 31)
    lock.connected = False
    await let_hours_pass(hass, clock)

    assert state_of(hass, DOOR) == "unavailable"
    assert lists(sim)[-1].status == 428
    assert state_of(hass, COUNT) == "1"
    assert shown(hass, "event.front_door_pin_changes").state == "unknown"


async def test_a_scarce_hour_is_left_to_polls_and_commands(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock
) -> None:
    """No list is asked for until the hour has passed."""
    furnish(sim, "Cleaner")
    entry = await add(hass, sim)
    for _ in range(560):
        entry.runtime_data.client.budget.spend(Priority.COMMAND)
    await live(hass, clock, 60)
    assert lists(sim) == []
    assert state_of(hass, COUNT) == "unavailable"

    await let_hours_pass(hass, clock)
    await live(hass, clock, 31)
    assert state_of(hass, COUNT) == "1"


async def test_a_lock_that_was_paired_anew_is_asked_under_its_new_number(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock
) -> None:
    """And for its whole list: what is known of versions belongs to the old one."""
    lock = furnish(sim, "Cleaner")
    await add(hass, sim)
    await live(hass, clock, 31)
    assert sim.account.readd(lock) == 41002
    await live(hass, clock, 60)
    await let_hours_pass(hass, clock)

    assert [(call.resource, call.query_string) for call in lists(sim)] == [
        ("/my/lock/41001/pin", FULL),
        ("/my/lock/41002/pin", FULL),
    ]


# --- The end --------------------------------------------------------------------------------


async def test_an_account_that_is_unloaded_asks_for_nothing(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock
) -> None:
    """Neither hourly, nor after a write that ends later."""
    furnish(sim, "Cleaner", "Guest")
    entry = await add(hass, sim)
    await live(hass, clock, 31)
    held = sim.faults.add(Fault(hold=True), method="DELETE")
    acting = asyncio.create_task(act(hass, "tedee_cloud.delete_pin", {"pin_id": 1}, entity_id=DOOR))
    await held.held()
    assert await hass.config_entries.async_unload(entry.entry_id)
    held.release()
    await acting
    sim.clear()
    timers = [timer for timer in get_scheduled_timer_handles(hass.loop) if not timer.cancelled()]
    assert "PinWatch" not in str([timer._args for timer in timers])
    await let_hours_pass(hass, clock, 2)

    assert sim.requests == []


async def test_an_account_can_be_unloaded_in_the_middle_of_a_look(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock
) -> None:
    """The request is given up, and nothing follows it; once loaded, all is as before."""
    furnish(sim, "Cleaner")
    held = sim.faults.add(Fault(hold=True), path=LISTS)
    entry = await add(hass, sim)
    await live(hass, clock, 31)
    await held.held()
    assert await hass.config_entries.async_unload(entry.entry_id)
    held.release()
    await let_hours_pass(hass, clock, 2)
    assert len(lists(sim)) == 1

    assert await hass.config_entries.async_setup(entry.entry_id)
    await live(hass, clock, 31)
    assert state_of(hass, COUNT) == "1"


async def test_a_lock_that_has_left_is_not_asked_for(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock
) -> None:
    """Once its entities are gone."""
    lock = furnish(sim, "Cleaner")
    await add(hass, sim)
    await live(hass, clock, 31)
    sim.account.remove(lock)
    await live(hass, clock, 120)
    await let_hours_pass(hass, clock, 2)

    assert hass.states.get(COUNT) is None
    assert len(lists(sim)) == 1


# --- What an earlier run has left -----------------------------------------------------------


def left_behind(serial: str = SERIAL) -> dict[str, Any]:
    """Return the journal of a run that was cut off: one PIN was being made, one deleted."""
    return {
        "version": 1,
        "minor_version": 1,
        "data": {
            "a": {
                "intent": "create",
                "serial": serial,
                "alias": "Guest",
                "ids": [1, 2],
                "limits": {"alias": "Guest"},
            },
            "b": {"intent": "delete", "serial": serial, "alias": "Cleaner", "ids": [1]},
        },
    }


@pytest.fixture(params=[True, False], ids=["shown", "disabled"])
def cut_off(
    request: pytest.FixtureRequest,
    hass: HomeAssistant,
    sim: Simulator,
    hass_storage: dict[str, Any],
) -> MockConfigEntry:
    """Return an account whose last run was cut off, with PIN entities or without."""
    furnish(sim, "Cleaner", "Guest", "Guest", "Gardener")
    entry = new_entry(sim, generation="operation")
    hass_storage[f"{DOMAIN}.{entry.entry_id}.journal"] = left_behind()
    if not request.param:
        disable_pin_entities(hass, entry)
    return entry


async def test_what_a_restart_has_cut_off_is_ended_soon(
    hass: HomeAssistant,
    sim: Simulator,
    clock: HouseClock,
    cut_off: MockConfigEntry,
    hass_storage: dict[str, Any],
) -> None:
    """Whether anybody looks at PINs or not: a PIN that nobody knows of opens no door."""
    lock = sim.account.locks[0]
    await add(hass, sim, cut_off)
    await live(hass, clock, 31)

    followed = hass.states.get(COUNT) is not None
    assert followed or len(lists(sim)) == 2
    left = {pin_id: pin["alias"] for pin_id, pin in lock.pins.entries.items()}
    assert left == {2: "Guest", 4: "Gardener"}
    assert hass_storage[f"{DOMAIN}.{cut_off.entry_id}.journal"]["data"] == {}
    await live(hass, clock, 31)
    sim.clear()
    await let_hours_pass(hass, clock, 2)
    assert len(lists(sim)) == (2 if followed else 0)


async def test_what_cannot_be_ended_yet_is_tried_hourly(
    hass: HomeAssistant,
    sim: Simulator,
    clock: HouseClock,
    cut_off: MockConfigEntry,
    hass_storage: dict[str, Any],
) -> None:
    """A lock that is offline at the start, and then refuses to delete."""
    lock = sim.account.locks[0]
    lock.connected = False
    await add(hass, sim, cut_off)
    await live(hass, clock, 31)
    assert len(lists(sim)) == 1
    lock.connected = True
    sim.faults.add(Fault(status=403), method="DELETE")
    await let_hours_pass(hass, clock)
    assert len(lock.pins) == 4
    assert hass_storage[f"{DOMAIN}.{cut_off.entry_id}.journal"]["data"].keys() == {"a", "b"}

    await let_hours_pass(hass, clock)
    await live(hass, clock, 31)
    assert sorted(lock.pins.entries) == [2, 4]
    assert hass_storage[f"{DOMAIN}.{cut_off.entry_id}.journal"]["data"] == {}


async def test_what_was_left_in_a_lock_of_before_costs_no_request(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock, hass_storage: dict[str, Any]
) -> None:
    """It is kept for the day the lock comes back."""
    furnish(sim, "Cleaner")
    entry = new_entry(sim, generation="operation")
    disable_pin_entities(hass, entry)
    hass_storage[f"{DOMAIN}.{entry.entry_id}.journal"] = left_behind("20240101-000099")
    await add(hass, sim, entry)
    await let_hours_pass(hass, clock)

    assert lists(sim) == []
    back = sim.account.add_lock("Back door", serial="20240101-000099")
    back.pins.add("Cleaner", "482913")
    await live(hass, clock, 120)
    assert len(back.pins) == 0


# --- The limits of PINs, for the calendar ---------------------------------------------------


@pytest.mark.usefixtures("all_enabled")
async def test_pins_are_read_once_and_again_after_changes_made_elsewhere(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock
) -> None:
    """The new one alone, or all where the list does not name it; none that was written here."""
    lock = furnish(sim, "Cleaner", "Guest")
    await add(hass, sim)
    await live(hass, clock, 31)
    assert [call.resource for call in sim.calls("GET", SINGLE)] == [
        "/my/lock/41001/pin/1",
        "/my/lock/41001/pin/2",
    ]

    sim.clear()
    await let_hours_pass(hass, clock)
    await act(hass, "tedee_cloud.create_pin", {"alias": "Friend", "pin": "918273"}, entity_id=DOOR)
    await live(hass, clock, 31)
    assert sim.calls("GET", SINGLE) == []

    lock.pins.add("Gardener", "604217")
    await let_hours_pass(hass, clock)
    [call] = sim.calls("GET", SINGLE)
    assert call.resource == "/my/lock/41001/pin/4"

    sim.clear()
    lock.pins.replace(1, {**lock.pins[1], "weekDays": 1})
    await let_hours_pass(hass, clock)
    assert len(sim.calls("GET", SINGLE)) == 4


@pytest.mark.usefixtures("all_enabled")
async def test_reading_stops_at_the_first_failure_and_goes_on_an_hour_later(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock
) -> None:
    """What was read is not read again."""
    furnish(sim, "Cleaner", "Guest", "Friend")
    sim.faults.add(Fault(status=500), path="/my/lock/41001/pin/2")
    await add(hass, sim)
    await live(hass, clock, 31)
    assert read(sim) == ["1", "2"]
    await let_hours_pass(hass, clock)

    assert read(sim) == ["1", "2", "2", "3"]


@pytest.mark.usefixtures("all_enabled")
async def test_a_pin_that_is_not_understood_hides_no_other(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock
) -> None:
    """It is asked for again an hour later, and the others are known."""
    lock = furnish(sim, "Cleaner", "Guest", "Friend")
    lock.pins.entries[1]["endDate"] = "next Friday"
    sim.settings.expire_pins = False
    await add(hass, sim)
    await live(hass, clock, 31)
    await let_hours_pass(hass, clock)

    assert read(sim) == ["1", "2", "3", "1"]


@pytest.mark.usefixtures("all_enabled")
async def test_a_person_gets_a_turn_while_many_pins_are_read(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock
) -> None:
    """Between two of them; a PIN that is deleted meanwhile is not asked for."""
    furnish(sim, "Cleaner", "Guest", "Friend")
    held = sim.faults.add(Fault(hold=True), path="/my/lock/41001/pin/1")
    await add(hass, sim)
    await live(hass, clock, 31)
    await held.held()
    acting = asyncio.create_task(act(hass, "tedee_cloud.delete_pin", {"pin_id": 2}, entity_id=DOOR))
    await settle(hass)
    held.release()
    await acting
    await live(hass, clock, 1)

    pins = [f"{call.method} {call.resource.rpartition('/')[2]}" for call in sim.calls(path=SINGLE)]
    assert pins == ["GET 1", "DELETE 2", "GET 3"]
