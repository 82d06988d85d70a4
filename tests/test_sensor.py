"""Sensors: the battery."""

from typing import Any

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er

from .common import add_account, let_time_pass, shown, state_of
from .simulator import ABSENT, Simulator

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
