"""Binary sensors: charging, door, connectivity."""

from typing import Any

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er

from .common import add_account, let_time_pass, shown, state_of
from .simulator import ABSENT, Door, Fault, Simulator

CHARGING = "binary_sensor.front_door_charging"
DOOR = "binary_sensor.front_door_door"
CONNECTIVITY = "binary_sensor.front_door_connectivity"


@pytest.mark.parametrize(
    ("entity_id", "unique_id", "device_class", "category", "name", "state"),
    [
        (
            CHARGING,
            "20240101-000042_charging",
            "battery_charging",
            EntityCategory.DIAGNOSTIC,
            "Front door Charging",
            "off",
        ),
        (DOOR, "20240101-000042_door", "door", None, "Front door Door", "off"),
        (
            CONNECTIVITY,
            "20240101-000042_connectivity",
            "connectivity",
            EntityCategory.DIAGNOSTIC,
            "Front door Connectivity",
            "on",
        ),
    ],
)
async def test_what_they_are(
    hass: HomeAssistant,
    sim: Simulator,
    entity_id: str,
    unique_id: str,
    device_class: str,
    category: EntityCategory | None,
    name: str,
    state: str,
) -> None:
    """Class, category and name; all enabled from the start."""
    sim.account.add_lock("Front door", door=Door.CLOSED)
    await add_account(hass, sim)

    assert state_of(hass, entity_id) == state
    assert shown(hass, entity_id).attributes == {
        "device_class": device_class,
        "friendly_name": name,
    }
    entry = er.async_get(hass).entities[entity_id]
    assert entry.unique_id == unique_id
    assert entry.entity_category is category
    assert entry.disabled_by is None


@pytest.mark.parametrize(
    ("charging", "state"),
    [
        (True, "on"),
        (False, "off"),
        (None, "unknown"),
        (ABSENT, "unknown"),
        (1, "unknown"),
        ("true", "unknown"),
    ],
)
async def test_charging(
    hass: HomeAssistant,
    sim: Simulator,
    freezer: FrozenDateTimeFactory,
    charging: Any,
    state: str,
) -> None:
    """Yes, no, or not told."""
    lock = sim.account.add_lock("Front door", raw={"deviceState": {"isCharging": charging}})
    await add_account(hass, sim)
    assert state_of(hass, CHARGING) == state

    lock.raw = {"deviceState": {"isCharging": True}}
    await let_time_pass(hass, freezer)
    assert state_of(hass, CHARGING) == "on"
    lock.raw = {"deviceState": {"isCharging": charging}}
    await let_time_pass(hass, freezer)
    assert state_of(hass, CHARGING) == state


DOORS = [
    pytest.param(1, "unknown", id="sensor out of reach"),
    pytest.param(2, "on", id="open"),
    pytest.param(3, "off", id="closed"),
    pytest.param(4, "unknown", id="sensor not calibrated"),
    pytest.param(5, "unknown", id="a number not known yet"),
    pytest.param(255, "unknown", id="255"),
    pytest.param("2", "unknown", id="text"),
    pytest.param(True, "unknown", id="true"),
]


@pytest.mark.parametrize(("door", "state"), DOORS)
async def test_the_door(hass: HomeAssistant, sim: Simulator, door: Any, state: str) -> None:
    """Open or closed where the sensor says so, unknown where it does not."""
    sim.account.add_lock("Front door", raw={"deviceState": {"doorState": door}})
    await add_account(hass, sim)

    assert state_of(hass, DOOR) == state


@pytest.mark.parametrize(("door", "state"), DOORS)
async def test_a_door_sensor_that_is_paired_later_appears(
    hass: HomeAssistant,
    sim: Simulator,
    freezer: FrozenDateTimeFactory,
    door: Any,
    state: str,
) -> None:
    """With the next poll, without a restart."""
    lock = sim.account.add_lock("Front door", door=Door.NOT_PAIRED)
    await add_account(hass, sim)
    assert hass.states.get(DOOR) is None

    lock.raw = {"deviceState": {"doorState": door}}
    await let_time_pass(hass, freezer)

    assert state_of(hass, DOOR) == state


async def test_a_door_sensor_appears_whatever_became_of_other_locks(
    hass: HomeAssistant,
    sim: Simulator,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """One without a door sensor has left; and it has one when it comes back."""
    lock = sim.account.add_lock("Front door", door=Door.NOT_PAIRED)
    gone = sim.account.add_lock("Back door", door=Door.NOT_PAIRED)
    await add_account(hass, sim)
    sim.account.remove(gone)
    for _ in range(2):
        await let_time_pass(hass, freezer)
    assert hass.states.get("lock.back_door") is None

    lock.door = Door.CLOSED
    await let_time_pass(hass, freezer)
    assert state_of(hass, DOOR) == "off"

    sim.account.readd(gone)
    gone.door = Door.OPENED
    await let_time_pass(hass, freezer)
    assert state_of(hass, "binary_sensor.back_door_door") == "on"
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


@pytest.mark.parametrize("door", [ABSENT, None], ids=["no such field", "null"])
async def test_a_lock_that_tells_of_no_door_sensor_has_none(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory, door: Any
) -> None:
    """The field is younger than some API versions."""
    sim.account.add_lock("Front door", raw={"deviceState": {"doorState": door}})
    await add_account(hass, sim)
    await let_time_pass(hass, freezer)

    assert hass.states.get(DOOR) is None


async def test_a_door_opens_and_closes(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """With each poll; a sensor that is taken off leaves the door unknown."""
    lock = sim.account.add_lock("Front door", door=Door.CLOSED)
    await add_account(hass, sim)

    for door, state in [
        (Door.OPENED, "on"),
        (Door.CLOSED, "off"),
        (Door.DISCONNECTED, "unknown"),
        (Door.OPENED, "on"),
        (Door.NOT_PAIRED, "unknown"),
        (Door.CLOSED, "off"),
    ]:
        lock.door = door
        await let_time_pass(hass, freezer)
        assert state_of(hass, DOOR) == state


async def test_a_door_sensor_behind_a_lock_out_of_reach_appears_with_the_lock(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """A lock that says nothing may have one or not."""
    lock = sim.account.add_lock("Front door", door=Door.CLOSED, connected=False)
    await add_account(hass, sim)
    assert hass.states.get(DOOR) is None

    lock.connected = True
    await let_time_pass(hass, freezer)

    assert state_of(hass, DOOR) == "off"


@pytest.mark.usefixtures("without_keypads")
async def test_connectivity_tells_of_a_lock_out_of_reach(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """It is the one entity that is available then."""
    lock = sim.account.add_lock("Front door", door=Door.CLOSED)
    await add_account(hass, sim)
    assert state_of(hass, CONNECTIVITY) == "on"

    lock.connected = False
    await let_time_pass(hass, freezer)
    assert state_of(hass, CONNECTIVITY) == "off"
    others = [state for state in hass.states.async_all() if state.entity_id != CONNECTIVITY]
    assert len(others) == 4
    assert {state.state for state in others} == {"unavailable"}

    lock.connected = True
    await let_time_pass(hass, freezer)
    assert state_of(hass, CONNECTIVITY) == "on"
    assert state_of(hass, DOOR) == state_of(hass, CHARGING) == "off"


async def test_connectivity_is_unavailable_while_the_cloud_is(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """Nothing is known of the lock then, not even that it is out of reach."""
    sim.account.add_lock("Front door")
    await add_account(hass, sim)

    failing = sim.faults.add(Fault(status=500), path="/my/lock/sync", times=None)
    await let_time_pass(hass, freezer)
    await let_time_pass(hass, freezer, 58)
    assert state_of(hass, CONNECTIVITY) == "on"
    await let_time_pass(hass, freezer, 2)
    assert state_of(hass, CONNECTIVITY) == "unavailable"

    sim.faults.remove(failing)
    await let_time_pass(hass, freezer)
    assert state_of(hass, CONNECTIVITY) == "on"
