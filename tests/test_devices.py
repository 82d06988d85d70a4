"""Devices: one for each lock, and it stays the same one whatever the cloud calls the lock."""

from typing import Any

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import area_registry as ar
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from .common import DOMAIN, act, add_account, let_time_pass, shown, state_of, wire
from .simulator import ABSENT, Door, Simulator

FRONT = "lock.front_door"
SERIAL = "20240101-000042"
"""Of the first lock that a test adds; its id is 41001."""
ACCOUNT = "Tedee Cloud"
"""What the account's own device is called: the title of its entry."""
ACCOUNT_SENSORS = [
    "sensor.tedee_cloud_polling_resumes",
    "sensor.tedee_cloud_requests_left_this_hour",
]


def all_devices(hass: HomeAssistant) -> list[dr.DeviceEntry]:
    """Return the devices of all accounts."""
    registry = dr.async_get(hass)
    return [
        device
        for entry in hass.config_entries.async_entries(DOMAIN)
        for device in dr.async_entries_for_config_entry(registry, entry.entry_id)
    ]


def device_of(hass: HomeAssistant, serial: str = SERIAL) -> dr.DeviceEntry:
    """Return the device of a lock."""
    [device] = [d for d in all_devices(hass) if (DOMAIN, serial) in d.identifiers]
    return device


def devices(hass: HomeAssistant) -> list[str]:
    """Return the names of all devices."""
    return sorted(device.name or "" for device in all_devices(hass))


def entity_ids(hass: HomeAssistant) -> list[str]:
    """Return the ids of all entities in the registry."""
    return sorted(er.async_get(hass).entities)


# --- What a device tells --------------------------------------------------------------------


async def test_a_device_tells_what_the_cloud_knows_of_the_lock(
    hass: HomeAssistant, sim: Simulator
) -> None:
    """Name, maker, serial and firmware."""
    sim.account.add_lock("Front door", serial="20240101-000042")
    await add_account(hass, sim)

    device = device_of(hass)
    assert device.name == "Front door"
    assert device.manufacturer == "Tedee"
    assert device.serial_number == "20240101-000042"
    assert device.sw_version == "2.4.47638"
    assert device.identifiers == {("tedee_cloud", "20240101-000042")}


@pytest.mark.parametrize(
    ("number", "model"),
    [(2, "Lock PRO"), (4, "Lock GO"), (3, "Lock"), (99, "Lock"), (None, "Lock"), ("2", "Lock")],
)
async def test_the_model_is_told_by_the_type(
    hass: HomeAssistant, sim: Simulator, number: Any, model: str
) -> None:
    """A type that is not known yet is a lock all the same."""
    sim.account.add_lock("Front door", raw={"type": number})
    await add_account(hass, sim)

    assert device_of(hass).model == model
    assert state_of(hass, FRONT) == "locked"


@pytest.mark.parametrize(
    ("software", "firmware"),
    [
        ([{"softwareType": 0, "version": "2.4.1"}], "2.4.1"),
        ([{"softwareType": 1, "version": "9"}, {"softwareType": 0, "version": "2.4.1"}], "2.4.1"),
        ([{"softwareType": 1, "version": "9"}], None),
        ([{"softwareType": 0, "version": None}], None),
        ([None, 3], None),
        ([], None),
        (None, None),
        ("2.4.1", None),
        (ABSENT, None),
    ],
)
async def test_the_firmware_is_that_of_the_lock_itself(
    hass: HomeAssistant, sim: Simulator, software: Any, firmware: str | None
) -> None:
    """Where the cloud tells none, the device has none."""
    sim.account.add_lock("Front door", raw={"softwareVersions": software})
    await add_account(hass, sim)

    assert device_of(hass).sw_version == firmware


async def test_a_lock_without_a_name_is_called_by_its_serial(
    hass: HomeAssistant, sim: Simulator
) -> None:
    """So that it can be told from others."""
    sim.account.add_lock("", serial="20240101-000042")
    await add_account(hass, sim)

    assert device_of(hass).name == "20240101-000042"
    assert state_of(hass, "lock.20240101_000042") == "locked"


async def test_an_account_has_a_device_of_its_own(hass: HomeAssistant, sim: Simulator) -> None:
    """A service that is no lock: with its two sensors, which wait until somebody wants them."""
    entry = await add_account(hass, sim)

    [device] = all_devices(hass)
    assert (device.name, device.manufacturer, device.entry_type) == (
        ACCOUNT,
        "Tedee",
        dr.DeviceEntryType.SERVICE,
    )
    assert device.identifiers == {("tedee_cloud", entry.entry_id)}
    assert (device.model, device.serial_number, device.sw_version) == (None, None, None)
    sensors = er.async_entries_for_device(
        er.async_get(hass), device.id, include_disabled_entities=True
    )
    assert sorted(sensor.entity_id for sensor in sensors) == ACCOUNT_SENSORS
    assert {sensor.disabled_by for sensor in sensors} == {er.RegistryEntryDisabler.INTEGRATION}
    assert hass.states.async_entity_ids() == []


# --- Changes that a revision tells ----------------------------------------------------------


async def test_a_lock_that_is_renamed_in_the_app_is_renamed_here(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """The device and what its entities are called; not the ids that automations use."""
    lock = sim.account.add_lock("Front door")
    await add_account(hass, sim)
    before = entity_ids(hass)

    lock.rename("Main door")
    await let_time_pass(hass, freezer)

    assert device_of(hass).name == "Main door"
    assert shown(hass, FRONT).name == "Main door"
    assert shown(hass, "sensor.front_door_battery").name == "Main door Battery"
    assert entity_ids(hass) == before


async def test_names_that_a_person_gave_here_outlast_a_rename_in_the_app(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """Home Assistant shows the name given in Home Assistant."""
    lock = sim.account.add_lock("Front door")
    await add_account(hass, sim)
    dr.async_get(hass).async_update_device(device_of(hass).id, name_by_user="My door")

    lock.rename("Main door")
    await let_time_pass(hass, freezer)

    assert device_of(hass).name_by_user == "My door"
    assert shown(hass, FRONT).name == "My door"


async def test_new_firmware_is_told(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """With the revision that comes with it."""
    lock = sim.account.add_lock("Front door")
    await add_account(hass, sim)

    lock.firmware.version = "2.5.1"
    lock.revision += 1
    await let_time_pass(hass, freezer)

    assert device_of(hass).sw_version == "2.5.1"


async def test_a_rename_that_only_the_hourly_list_tells(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """Without a revision."""
    lock = sim.account.add_lock("Front door")
    await add_account(hass, sim)

    lock.name = "Main door"
    await let_time_pass(hass, freezer)
    assert shown(hass, FRONT).name == "Front door"
    await let_time_pass(hass, freezer, 3600)
    assert shown(hass, FRONT).name == "Main door"


# --- Locks come and go ----------------------------------------------------------------------


async def test_a_lock_that_vanished_takes_its_device_and_entities_along(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """After two syncs and a list without it; what belongs to other locks stays."""
    lock = sim.account.add_lock("Front door", door=Door.CLOSED)
    sim.account.add_lock("Back door")
    await add_account(hass, sim)
    assert devices(hass) == ["Back door", "Front door", ACCOUNT]
    assert len(entity_ids(hass)) == 17

    sim.account.remove(lock)
    await let_time_pass(hass, freezer)
    assert len(entity_ids(hass)) == 17
    await let_time_pass(hass, freezer)

    assert devices(hass) == ["Back door", ACCOUNT]
    assert entity_ids(hass) == [
        "binary_sensor.back_door_charging",
        "binary_sensor.back_door_connectivity",
        "calendar.back_door_pins",
        "event.back_door_pin_changes",
        "lock.back_door",
        "sensor.back_door_battery",
        "sensor.back_door_pins",
        *ACCOUNT_SENSORS,
    ]
    shown_ones = set(entity_ids(hass)[:7]) - {"calendar.back_door_pins"}
    assert set(hass.states.async_entity_ids()) == shown_ones


async def test_home_assistant_has_nothing_to_say_about_how_a_device_is_removed(
    hass: HomeAssistant,
    sim: Simulator,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """No warning that the integration is about to stop working."""
    lock = sim.account.add_lock("Front door")
    await add_account(hass, sim)
    caplog.clear()

    sim.account.remove(lock)
    await let_time_pass(hass, freezer)
    await let_time_pass(hass, freezer)

    assert devices(hass) == [ACCOUNT]
    warnings = [record for record in caplog.records if record.levelname == "WARNING"]
    assert [record.name for record in warnings if record.name != "asyncio"] == []


async def test_a_lock_that_vanished_can_come_back(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """With all of its entities, without a restart."""
    lock = sim.account.add_lock("Front door")
    await add_account(hass, sim)
    before = entity_ids(hass)
    sim.account.remove(lock)
    for _ in range(3):
        await let_time_pass(hass, freezer)
    assert entity_ids(hass) == ACCOUNT_SENSORS

    sim.account.locks.append(lock)
    await let_time_pass(hass, freezer)

    assert entity_ids(hass) == before
    assert state_of(hass, FRONT) == "locked"


@pytest.mark.usefixtures("without_keypads")
async def test_a_lock_that_vanished_while_home_assistant_was_off_leaves_as_well(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """The list at the start is not enough to remove it, two syncs and another list are."""
    lock = sim.account.add_lock("Front door")
    sim.account.add_lock("Back door")
    entry = await add_account(hass, sim)
    await hass.config_entries.async_unload(entry.entry_id)
    sim.account.remove(lock)

    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert devices(hass) == ["Back door", "Front door", ACCOUNT]
    sim.clear()
    await let_time_pass(hass, freezer)
    assert devices(hass) == ["Back door", "Front door", ACCOUNT]
    await let_time_pass(hass, freezer)
    assert devices(hass) == ["Back door", ACCOUNT]
    await let_time_pass(hass, freezer)
    assert wire(sim) == [
        "GET /api/v37/my/lock/sync",
        "GET /api/v37/my/lock/sync",
        "GET /api/v37/my/lock?ItemsPerPage=100&Page=1&IncludeAccessories=true",
        "GET /api/v37/my/lock/sync",
    ]


async def test_a_person_can_remove_only_devices_whose_lock_has_left(
    hass: HomeAssistant, sim: Simulator, hass_ws_client: WebSocketGenerator
) -> None:
    """The device of a lock that the account shows would come back at once."""
    await async_setup_component(hass, "config", {})
    lock = sim.account.add_lock("Front door")
    sim.account.add_lock("Back door")
    entry = await add_account(hass, sim)
    sim.account.remove(lock)
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    client = await hass_ws_client(hass)

    async def remove(serial: str) -> bool:
        await client.send_json_auto_id(
            {
                "type": "config/device_registry/remove_config_entry",
                "config_entry_id": entry.entry_id,
                "device_id": device_of(hass, serial).id,
            }
        )
        answer = await client.receive_json()
        return bool(answer["success"])

    assert not await remove("20240101-000043")
    assert await remove("20240101-000042")
    assert devices(hass) == ["Back door", ACCOUNT]


# --- A lock that is paired again ------------------------------------------------------------


@pytest.mark.usefixtures("pauses")
@pytest.mark.parametrize("polls_away", [0, 1], ids=["at once", "after a poll without it"])
async def test_a_lock_under_a_new_id_keeps_all_that_a_person_gave_it(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory, polls_away: int
) -> None:
    """Device, area, names and entity ids; commands and PINs go to the new id."""
    lock = sim.account.add_lock("Front door", keypad_id=None)
    await add_account(hass, sim, generation="operation")
    device = device_of(hass)
    area = ar.async_get(hass).async_create("Hall")
    dr.async_get(hass).async_update_device(device.id, area_id=area.id, name_by_user="My door")
    er.async_get(hass).async_update_entity(FRONT, new_entity_id="lock.mine", name="Big lock")
    await hass.async_block_till_done()
    before = entity_ids(hass)

    sim.account.remove(lock)
    for _ in range(polls_away):
        await let_time_pass(hass, freezer)
    assert sim.account.readd(lock) == 41002
    sim.clear()
    await let_time_pass(hass, freezer)
    assert wire(sim) == [
        "GET /api/v37/my/lock/sync",
        "GET /api/v37/my/lock?ItemsPerPage=100&Page=1&IncludeAccessories=true",
    ]

    after = device_of(hass)
    assert (after.id, after.area_id, after.name_by_user) == (device.id, area.id, "My door")
    assert entity_ids(hass) == before
    assert shown(hass, "lock.mine").name == "Big lock"
    assert state_of(hass, "lock.mine") == "locked"

    sim.clear()
    lock.keypad_id = 7001
    await act(hass, "lock.unlock", entity_id="lock.mine")
    response = await act(
        hass,
        "tedee_cloud.create_pin",
        {"alias": "Guest", "pin": "481596"},
        respond=True,
        entity_id="lock.mine",
    )
    assert [call.path for call in sim.calls("POST")] == [
        "/api/v37/my/lock/41002/operation/unlock",
        "/api/v37/my/lock/41002/pin",
    ]
    assert state_of(hass, "lock.mine") == "unlocked"
    assert response == {"lock.mine": {"pin_id": 1, "result": "created"}}

    sim.clear()
    await let_time_pass(hass, freezer)
    await let_time_pass(hass, freezer)
    assert wire(sim) == ["GET /api/v37/my/lock/sync"] * 2


async def test_a_lock_under_a_new_id_after_a_restart_is_the_same_one(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """Paired again while Home Assistant was off."""
    lock = sim.account.add_lock("Front door")
    entry = await add_account(hass, sim)
    device, before = device_of(hass), entity_ids(hass)
    await hass.config_entries.async_unload(entry.entry_id)
    sim.account.readd(lock)

    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    lock.turn("unlocked")
    await let_time_pass(hass, freezer)

    assert device_of(hass).id == device.id
    assert entity_ids(hass) == before
    assert state_of(hass, FRONT) == "unlocked"


async def test_one_empty_moment_behind_a_new_pairing_does_not_remove_the_lock(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """One empty sync and one empty list, as a cloud in trouble may give them."""
    lock = sim.account.add_lock("Front door")
    await add_account(hass, sim)
    sim.account.readd(lock)
    await let_time_pass(hass, freezer)

    sim.account.remove(lock)
    await let_time_pass(hass, freezer)

    assert devices(hass) == ["Front door", ACCOUNT]
    assert state_of(hass, FRONT) == "locked"
