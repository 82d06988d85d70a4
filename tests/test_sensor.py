"""Sensors: the battery, the PINs; and how the requests of the account are spent."""

from datetime import timedelta
from typing import Any

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity_component import async_update_entity
from homeassistant.util import dt as dt_util

from custom_components.tedee_cloud.api import Priority

from .common import DOMAIN, act, add_account, let_time_pass, shown, state_of
from .simulator import ABSENT, Fault, ManualClock, Simulator

BATTERY = "sensor.front_door_battery"


async def test_the_battery_is_a_diagnosis_in_percent(hass: HomeAssistant, sim: Simulator) -> None:
    """Enabled from the start, and fit for statistics."""
    sim.account.add_lock("Front door", battery=81)
    await add_account(hass, sim)

    assert state_of(hass, BATTERY) == "81"
    assert shown(hass, BATTERY).attributes == {
        "device_class": "battery",
        "friendly_name": "Front door Battery",
        "state_class": "measurement",
        "unit_of_measurement": "%",
    }
    entry = er.async_get(hass).entities[BATTERY]
    assert entry.unique_id == "20240101-000042_battery"
    assert entry.entity_category is EntityCategory.DIAGNOSTIC
    assert entry.disabled_by is None


@pytest.mark.parametrize(
    ("level", "state"),
    [
        (0, "0"),
        (1, "1"),
        (100, "100"),
        (None, "unknown"),
        (ABSENT, "unknown"),
        (-1, "unknown"),
        (101, "unknown"),
        (255, "unknown"),
        ("81", "unknown"),
        (81.5, "unknown"),
        (True, "unknown"),
        ([81], "unknown"),
    ],
)
async def test_only_percentages_are_shown(
    hass: HomeAssistant,
    sim: Simulator,
    freezer: FrozenDateTimeFactory,
    level: Any,
    state: str,
) -> None:
    """From the list as from a sync; the vendor's 255 means unknown."""
    sim.account.add_lock("Front door", raw={"deviceState": {"batteryLevel": level}})
    await add_account(hass, sim)
    assert state_of(hass, BATTERY) == state

    lock = sim.account.lock("Front door")
    lock.raw = {}
    await let_time_pass(hass, freezer)
    assert state_of(hass, BATTERY) == "81"
    lock.raw_sync = {"deviceState": {"batteryLevel": level}}
    await let_time_pass(hass, freezer)
    assert state_of(hass, BATTERY) == state


async def test_the_battery_of_a_lock_out_of_reach_is_unavailable(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """Until the lock is back."""
    lock = sim.account.add_lock("Front door", battery=64)
    await add_account(hass, sim)

    lock.connected = False
    await let_time_pass(hass, freezer)
    assert state_of(hass, BATTERY) == "unavailable"

    lock.connected = True
    lock.battery = 63
    await let_time_pass(hass, freezer)
    assert state_of(hass, BATTERY) == "63"


# --- PINs -----------------------------------------------------------------------------------

PINS = "sensor.front_door_pins"


async def test_the_number_of_pins_is_a_diagnosis(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """Enabled from the start, known with the first list, and fit for statistics."""
    lock = sim.account.add_lock("Front door")
    lock.pins.add("Cleaner", "482913")
    await add_account(hass, sim)
    assert state_of(hass, PINS) == "unavailable"

    await let_time_pass(hass, freezer)
    assert state_of(hass, PINS) == "1"
    assert shown(hass, PINS).attributes == {
        "friendly_name": "Front door PINs",
        "state_class": "measurement",
    }
    entry = er.async_get(hass).entities[PINS]
    assert entry.unique_id == "20240101-000042_pins"
    assert entry.entity_category is EntityCategory.DIAGNOSTIC
    assert entry.disabled_by is None


async def test_the_number_of_pins_follows_every_change(
    hass: HomeAssistant, sim: Simulator, clock: ManualClock, freezer: FrozenDateTimeFactory
) -> None:
    """Made here at once, and made elsewhere within the hour; those that expire are gone as well."""
    lock = sim.account.add_lock("Front door")
    await add_account(hass, sim)
    await let_time_pass(hass, freezer)
    assert state_of(hass, PINS) == "0"

    data = {"alias": "Guest", "pin": "604217", "end_date": dt_util.utcnow() + timedelta(hours=3)}
    await act(hass, "tedee_cloud.create_pin", data, entity_id="lock.front_door")
    assert state_of(hass, PINS) == "1"
    lock.pins.add("Friend", "918273")
    await let_time_pass(hass, freezer, 3601)
    assert state_of(hass, PINS) == "2"

    clock.advance(4 * 3600)
    await let_time_pass(hass, freezer, 3601)
    assert state_of(hass, PINS) == "1"


async def test_a_list_that_an_action_asked_for_is_shown(
    hass: HomeAssistant, sim: Simulator
) -> None:
    """Nobody waits for the next look."""
    lock = sim.account.add_lock("Front door")
    lock.pins.add("Cleaner", "482913")
    await add_account(hass, sim)
    await act(hass, "tedee_cloud.get_pins", respond=True, entity_id="lock.front_door")
    assert state_of(hass, PINS) == "1"


# --- What the account spends ----------------------------------------------------------------

LEFT = "sensor.tedee_cloud_requests_left_this_hour"
RESUMES = "sensor.tedee_cloud_polling_resumes"


async def test_what_the_account_spends_is_a_diagnosis_that_is_off_by_default(
    hass: HomeAssistant, sim: Simulator
) -> None:
    """Two entities of the account's own device, which no lock is."""
    sim.account.add_lock("Front door")
    entry = await add_account(hass, sim)
    registry = er.async_get(hass)

    for entity_id, key in ((LEFT, "requests_left"), (RESUMES, "polling_resumes")):
        row = registry.entities[entity_id]
        assert row.unique_id == f"{entry.entry_id}_{key}"
        assert row.disabled_by is er.RegistryEntryDisabler.INTEGRATION
        assert row.entity_category is EntityCategory.DIAGNOSTIC
        assert hass.states.get(entity_id) is None
        assert row.device_id is not None
        device = dr.async_get(hass).async_get(row.device_id)
        assert isinstance(device, dr.DeviceEntry)
        assert device.identifiers == {(DOMAIN, entry.entry_id)}
        assert device.entry_type is dr.DeviceEntryType.SERVICE


@pytest.mark.usefixtures("all_enabled", "without_keypads")
async def test_the_requests_left_follow_what_is_on_the_wire(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """700 less every request of the hour; each comes back an hour later."""
    sim.account.add_lock("Front door")
    await add_account(hass, sim)
    assert state_of(hass, LEFT) == "699"
    assert shown(hass, LEFT).attributes["state_class"] == "measurement"
    assert state_of(hass, RESUMES) == "unknown"
    assert shown(hass, RESUMES).attributes["device_class"] == "timestamp"

    await let_time_pass(hass, freezer)
    await let_time_pass(hass, freezer)
    await async_update_entity(hass, LEFT)
    assert len(sim.requests) == 2
    assert state_of(hass, LEFT) == "697"

    sim.clear()
    await let_time_pass(hass, freezer, 3700)
    await let_time_pass(hass, freezer)
    await async_update_entity(hass, LEFT)
    assert len(sim.requests) == 2
    assert state_of(hass, LEFT) == "698"


@pytest.mark.usefixtures("all_enabled", "without_keypads")
async def test_when_polling_resumes_is_told_while_it_is_held_back(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """Ten minutes after the cloud has asked for them; the moment stands still meanwhile."""
    sim.account.add_lock("Front door")
    freezer.move_to("2026-11-02 12:00:00+00:00")
    await add_account(hass, sim)
    sim.faults.add(Fault(status=429, headers={"Retry-After": "600"}), path="/my/lock/sync")
    await let_time_pass(hass, freezer)
    assert [call.status for call in sim.requests] == [429]

    seen = set()
    for _ in range(12):
        await let_time_pass(hass, freezer, 31.3)
        seen.add(state_of(hass, RESUMES))
    assert seen == {"2026-11-02T12:10:31+00:00"}

    await let_time_pass(hass, freezer, 300)
    await let_time_pass(hass, freezer, 31)
    assert state_of(hass, RESUMES) == "unknown"
    assert [call.status for call in sim.requests] == [429, 200, 200]


@pytest.mark.usefixtures("all_enabled", "without_keypads")
async def test_when_polling_resumes_is_told_where_the_budget_is_spent(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """The moment at which the first request comes back that polls may have."""
    sim.account.add_lock("Front door")
    freezer.move_to("2026-11-02 12:00:00+00:00")
    entry = await add_account(hass, sim)
    for _ in range(650):
        entry.runtime_data.client.budget.spend(Priority.COMMAND)
    await let_time_pass(hass, freezer, 31)

    assert sim.requests == []
    assert state_of(hass, LEFT) == "49"
    assert state_of(hass, RESUMES) == "2026-11-02T13:00:00+00:00"
