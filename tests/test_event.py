"""Events: what others have done to the PINs of a lock."""

from typing import Any

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, State
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
    mock_restore_cache_with_extra_data,
)

from .common import act, add_account, let_time_pass, new_entry, shown, state_of
from .simulator import SimLock, Simulator

DOOR = "lock.front_door"
CHANGES = "event.front_door_pin_changes"
HOUR = 3601


@pytest.fixture
def lock(sim: Simulator) -> SimLock:
    """Add a lock with two PINs."""
    lock = sim.account.add_lock("Front door")
    lock.pins.add("Cleaner", "482913")
    lock.pins.add("Guest", "604217")
    return lock


@pytest.fixture
async def entry(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory, lock: SimLock
) -> MockConfigEntry:
    """Add the account and let its PINs be listed."""
    assert lock
    entry = await add_account(hass, sim, generation="operation")
    await let_time_pass(hass, freezer)
    return entry


def fired(events: list[Event[EventStateChangedData]]) -> list[tuple[str, int | None, str | None]]:
    """Return what was told: the kind, the PIN's number and its name."""
    return [
        (told["event_type"], told["pin_id"], told["alias"])
        for event in events
        if event.data["entity_id"] == CHANGES
        and event.data["new_state"]
        and event.data["new_state"].state not in ("unknown", "unavailable")
        for told in (event.data["new_state"].attributes,)
    ]


@pytest.mark.usefixtures("entry")
async def test_the_first_list_is_no_news(hass: HomeAssistant) -> None:
    """Nobody has added the PINs that were there before Home Assistant."""
    assert state_of(hass, CHANGES) == "unknown"
    assert shown(hass, CHANGES).attributes == {
        "event_type": None,
        "event_types": ["pin_added", "pin_changed", "pin_removed"],
        "friendly_name": "Front door PIN changes",
    }
    row = er.async_get(hass).entities[CHANGES]
    assert row.unique_id == "20240101-000042_pins"
    assert row.disabled_by is None


async def test_nothing_is_known_before_the_first_list(
    hass: HomeAssistant, sim: Simulator, lock: SimLock
) -> None:
    """Unavailable, like all that shows PINs."""
    assert lock
    await add_account(hass, sim)
    assert state_of(hass, CHANGES) == state_of(hass, "sensor.front_door_pins") == "unavailable"


def add(lock: SimLock) -> None:
    """Add a PIN."""
    lock.pins.add("Friend", "918273")


def remove(lock: SimLock) -> None:
    """Remove a PIN."""
    lock.pins.delete(1)


def rename(lock: SimLock) -> None:
    """Give a PIN another name."""
    lock.pins.replace(2, {**lock.pins[2], "alias": "Visitor"})


def change_digits(lock: SimLock) -> None:
    """Change what the list does not show."""
    lock.pins.replace(2, {**lock.pins[2], "pin": "735194"})


def swap(lock: SimLock) -> None:
    """Do everything at once."""
    remove(lock)
    add(lock)
    rename(lock)
    change_digits(lock)


@pytest.mark.usefixtures("entry")
@pytest.mark.parametrize(
    ("change", "told"),
    [
        (add, [("pin_added", 3, "Friend")]),
        (remove, [("pin_removed", 1, "Cleaner")]),
        (rename, [("pin_changed", 2, "Visitor")]),
        (change_digits, [("pin_changed", None, None)]),
        (
            swap,
            [
                ("pin_removed", 1, "Cleaner"),
                ("pin_changed", 2, "Visitor"),
                ("pin_added", 3, "Friend"),
                ("pin_changed", None, None),
            ],
        ),
    ],
)
async def test_what_was_done_elsewhere_is_told(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, lock: SimLock, change: Any, told: Any
) -> None:
    """With the next look, once; where the list does not name a PIN, neither do we."""
    events = async_capture_events(hass, "state_changed")
    change(lock)
    await let_time_pass(hass, freezer)
    assert fired(events) == []

    await let_time_pass(hass, freezer, HOUR)
    await let_time_pass(hass, freezer, HOUR)
    assert fired(events) == told
    assert "735194" not in str(events)


@pytest.mark.usefixtures("entry", "pauses")
async def test_what_was_done_from_here_is_not_told(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    """Neither a PIN that was stored, nor one that was changed or deleted."""
    events = async_capture_events(hass, "state_changed")
    data = {"alias": "Friend", "pin": "918273"}
    await act(hass, "tedee_cloud.create_pin", data, entity_id=DOOR)
    data = {"current_alias": "Guest", "pin": "735194"}
    await act(hass, "tedee_cloud.update_pin", data, entity_id=DOOR)
    await act(hass, "tedee_cloud.delete_pin", {"pin_id": 1}, entity_id=DOOR)
    await let_time_pass(hass, freezer)
    await let_time_pass(hass, freezer, HOUR)

    assert state_of(hass, "sensor.front_door_pins") == "2"
    assert fired(events) == []


@pytest.mark.usefixtures("entry", "pauses")
async def test_a_change_between_our_own_is_told(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, lock: SimLock
) -> None:
    """By the list that an action asks for, or by the versions that do not add up."""
    events = async_capture_events(hass, "state_changed")
    add(lock)
    await act(hass, "tedee_cloud.create_pin", {"alias": "Aunt", "pin": "150286"}, entity_id=DOOR)
    assert fired(events) == [("pin_added", 3, "Friend")]

    change_digits(lock)
    await let_time_pass(hass, freezer)
    assert fired(events)[1:] == [("pin_changed", None, None)]


@pytest.mark.usefixtures("entry")
async def test_an_automation_can_tell_the_host(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, lock: SimLock
) -> None:
    """As the README has it in mind: somebody has added a PIN in the app."""
    assert await async_setup_component(
        hass,
        "automation",
        {
            "automation": {
                "triggers": {"trigger": "state", "entity_id": CHANGES},
                "conditions": "{{ trigger.to_state.attributes.event_type == 'pin_added' }}",
                "actions": {
                    "event": "told",
                    "event_data": {"alias": "{{ trigger.to_state.attributes.alias }}"},
                },
            }
        },
    )
    told = async_capture_events(hass, "told")
    swap(lock)
    await let_time_pass(hass, freezer, HOUR)
    assert [event.data for event in told] == [{"alias": "Friend"}]


async def test_the_last_event_is_shown_after_a_restart(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory, lock: SimLock
) -> None:
    """And no new one is made of it."""
    assert lock
    last = "2026-11-01T18:22:07.431+00:00"
    attributes = {"pin_id": 9, "alias": "Plumber"}
    mock_restore_cache_with_extra_data(
        hass,
        [
            (
                State(CHANGES, last),
                {"last_event_type": "pin_removed", "last_event_attributes": attributes},
            )
        ],
    )
    entry = new_entry(sim)
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    await let_time_pass(hass, freezer)

    assert state_of(hass, CHANGES) == last
    assert shown(hass, CHANGES).attributes["event_type"] == "pin_removed"
    assert shown(hass, CHANGES).attributes["alias"] == "Plumber"
