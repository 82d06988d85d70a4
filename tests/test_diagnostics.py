"""Diagnostics: enough for a bug report, nothing that opens a door or names its owner."""

import json
from http import HTTPStatus

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from .common import act, add_account, let_time_pass
from .simulator import OWNER, Fault, Simulator

REDACTED = "**REDACTED**"
DOOR = "lock.front_door"


async def test_diagnostics_in_full(
    hass: HomeAssistant, sim: Simulator, hass_client: ClientSessionGenerator
) -> None:
    """Word for word: settings, the last poll, what each lock reported, and of PINs how many."""
    lock = sim.account.add_lock("Front door", door=3, battery=67)
    lock.raw = {"deviceState": {"lastStateChangedDate": "2026-01-05T18:22:07.431Z"}}
    sim.account.add_lock("Gone", connected=False, pull_spring=False, access_level=0)
    entry = await add_account(hass, sim, generation="operation")
    lock.pins.add("Cleaner", "482913")
    lock.pins.add("Guest", "918273")
    await act(hass, "tedee_cloud.get_pin", {"alias": "Guest"}, respond=True, entity_id=DOOR)

    assert await get_diagnostics_for_config_entry(hass, hass_client, entry) == {
        "entry": {
            "token": REDACTED,
            "url": sim.url,
            "api_version": "v37",
            "scheme": "PersonalKey",
            "generation": "operation",
        },
        "state": "loaded",
        "last_update_success": True,
        "locks": [
            {
                "serial": REDACTED,
                "lock_id": 41001,
                "name": REDACTED,
                "type": 2,
                "connected": True,
                "status": {
                    "state": 6,
                    "door": 3,
                    "battery": 67,
                    "charging": False,
                    "change_failed": False,
                    "changed_at": "2026-01-05T18:22:07.431000+00:00",
                },
                "revision": 7,
                "owner_identity": REDACTED,
                "time_zone": "Europe/Warsaw",
                "firmware": "2.4.47638",
                "pull_spring": True,
                "pull_spring_duration": 3,
                "keypad": True,
                "pins": {
                    "listed": 2,
                    "read": 1,
                    "unread": 1,
                    "list_version": 3,
                    "is_full": False,
                },
            },
            {
                "serial": REDACTED,
                "lock_id": 41002,
                "name": REDACTED,
                "type": 2,
                "connected": False,
                "status": None,
                "revision": 7,
                "owner_identity": None,
                "time_zone": "Europe/Warsaw",
                "firmware": "2.4.47638",
                "pull_spring": False,
                "pull_spring_duration": 3,
                "keypad": False,
                "pins": {
                    "listed": None,
                    "read": 0,
                    "unread": 0,
                    "list_version": None,
                    "is_full": False,
                },
            },
        ],
    }


async def test_diagnostics_hold_nothing_private(
    hass: HomeAssistant, sim: Simulator, hass_client: ClientSessionGenerator
) -> None:
    """The whole file that a person downloads, also after PINs went through."""
    lock = sim.account.add_lock("Granny's door")
    entry = await add_account(hass, sim)
    await act(
        hass,
        "tedee_cloud.create_pin",
        {"alias": "Milkman", "pin": "918273"},
        entity_id="lock.granny_s_door",
    )
    await get_diagnostics_for_config_entry(hass, hass_client, entry)
    client = await hass_client()
    response = await client.get(f"/api/diagnostics/config_entry/{entry.entry_id}")
    text = await response.text()
    assert json.loads(text)["data"]["locks"]
    for private in (sim.token, lock.serial, lock.name, OWNER, "Milkman", "918273"):
        assert private not in text


@pytest.mark.usefixtures("without_keypads")
async def test_diagnostics_tell_that_the_last_poll_failed(
    hass: HomeAssistant,
    sim: Simulator,
    hass_client: ClientSessionGenerator,
    freezer: FrozenDateTimeFactory,
) -> None:
    """That is when they are asked for."""
    sim.account.add_lock("Front door")
    entry = await add_account(hass, sim)
    sim.faults.add(Fault(status=503))
    await let_time_pass(hass, freezer)
    diagnostics = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    assert diagnostics["last_update_success"] is False


@pytest.mark.parametrize(
    ("status", "state"), [(503, "setup_retry"), (401, "setup_error"), (200, "not_loaded")]
)
async def test_diagnostics_of_an_account_that_is_not_loaded(
    hass: HomeAssistant,
    sim: Simulator,
    hass_client: ClientSessionGenerator,
    status: int,
    state: str,
) -> None:
    """A bug report is made most of all when nothing works: the settings, and how far it came."""
    sim.account.add_lock("Front door")
    if status != HTTPStatus.OK:
        sim.faults.add(Fault(status=status), times=None)
    entry = await add_account(hass, sim)
    if status == HTTPStatus.OK:
        await hass.config_entries.async_unload(entry.entry_id)
    assert await async_setup_component(hass, "diagnostics", {})
    await hass.async_block_till_done()
    client = await hass_client()
    response = await client.get(f"/api/diagnostics/config_entry/{entry.entry_id}")
    assert response.status == HTTPStatus.OK
    text = await response.text()
    assert json.loads(text)["data"] == {
        "entry": {
            "token": REDACTED,
            "url": sim.url,
            "api_version": "v37",
            "scheme": "PersonalKey",
        },
        "state": state,
    }
    assert sim.token not in text
