"""The key and the digits of PINs: they go to the cloud, and to nobody else.

One long day with an account is lived through while everything is written down that Home Assistant
logs, fires, shows, stores or raises; afterwards all of it is searched.
"""

import json
import logging

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import SOURCE_USER
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from .common import DOMAIN, act, add_account, let_time_pass
from .notes import Notes, everything_of, logged
from .simulator import UNLOCKED, Fault, Key, Simulator

DOOR = "lock.front_door"
DIGITS = ("918273", "827364", "736455")
NEW_TOKEN = "newkey.Zt4/Hq+9sLm2XbVc7NfRk1WyPd0GoJaUeT6iKxQ8rEv"
WRONG_TOKEN = "wrong.Qw1/Er2+Ty3UiOpAsDfGhJkLzXcVbNm4567890aBcD"
HTML = "<html><body>Bad Gateway</body></html>"
TROUBLES = (
    Fault(status=400),
    Fault(status=401),
    Fault(status=403),
    Fault(status=404),
    Fault(status=406),
    Fault(status=408),
    Fault(status=409),
    Fault(status=412),
    Fault(status=429),
    Fault(status=500),
    Fault(status=502, body=HTML),
    Fault(status=200, body=HTML),
    Fault(status=200, body={"success": True, "result": {"pin": 918273, "alias": "x"}}),
    Fault(drop=True, worked=True),
    Fault(reset=True),
    Fault(keep=20),
    Fault(status=200, headers={"X-Long": "a" * 9000}),
    Fault(status=302, headers={"Location": "http://127.0.0.1:1/"}),
)


async def live_through_a_day(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory, notes: Notes
) -> MockConfigEntry:
    """Add an account, use it, and let everything go wrong."""
    sim.account.add_lock("Front door", state=UNLOCKED)
    sim.account.add_key(Key(value=NEW_TOKEN))
    entry = await add_account(hass, sim)

    async def use_pins() -> None:
        for action, data in (
            ("get_pins", {}),
            ("create_pin", {"alias": "Guest", "pin": DIGITS[0], "week_days": ["mon"]}),
            ("create_pin", {"alias": "Guest", "pin": DIGITS[0]}),
            ("create_pin", {"alias": "Child", "pin": int(DIGITS[1])}),
            ("create_pin", {"alias": "Other", "pin": DIGITS[2], "end_date": "2001-01-01"}),
            ("create_pin", {"alias": "Other", "pin": DIGITS[2], "week_days": ["never"]}),
            ("create_pin", {"alias": "Other", "pin": [DIGITS[2]]}),
            ("create_pin", {"alias": "Other", "pin": f"{DIGITS[2]}{DIGITS[2]}"}),
            ("create_pin", {"pin": DIGITS[2]}),
            ("create_pin", {"alias": "Other", "pin": DIGITS[2], "colour": "red"}),
            ("get_pin", {"alias": "Guest"}),
            ("get_pin", {"alias": "Guest", "reveal": True}),
            ("update_pin", {"current_alias": "Guest", "pin": DIGITS[1]}),
            ("update_pin", {"current_alias": "Guest", "pin": DIGITS[2]}),
            ("update_pin", {"pin_id": 999, "pin": DIGITS[2]}),
            ("delete_pin", {"alias": "Guest"}),
            ("delete_pin", {"alias": "Child"}),
        ):
            call = act(hass, f"{DOMAIN}.{action}", data, respond=True, entity_id=DOOR)
            answer = await notes.calls(call)
            if not data.get("reveal") and not isinstance(data.get("pin"), int):
                notes.texts.append(repr(answer))
            notes.texts.append(repr(hass.states.async_all()))

    async def use_bolt() -> None:
        for action in ("lock", "unlock", "open"):
            await notes.calls(act(hass, f"lock.{action}", entity_id=DOOR))

    await use_pins()
    await use_bolt()
    for trouble in TROUBLES:
        script = sim.faults.add(trouble, times=None)
        await use_pins()
        await use_bolt()
        await let_time_pass(hass, freezer, 3700)
        await let_time_pass(hass, freezer)
        notes.texts.append(repr(hass.states.async_all()))
        notes.texts += everything_of(entry.runtime_data.last_exception)
        sim.faults.remove(script)
        await let_time_pass(hass, freezer, 3700)

    shown = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    for token in (WRONG_TOKEN, sim.token):
        answers = {"token": token, "advanced": {"url": sim.url, "api_version": "v37"}}
        await hass.config_entries.flow.async_configure(shown["flow_id"], answers)
    [flow] = [
        flow
        for flow in hass.config_entries.flow.async_progress()
        if flow["context"]["source"] == "reauth"
    ]
    for token in (WRONG_TOKEN, NEW_TOKEN):
        await hass.config_entries.flow.async_configure(flow["flow_id"], {"token": token})
        await hass.async_block_till_done(wait_background_tasks=True)
    notes.texts.append(repr(hass.config_entries.flow.async_progress()))
    assert entry.data["token"] == NEW_TOKEN
    await use_pins()
    return entry


@pytest.mark.usefixtures("pauses")
async def test_a_day_leaves_no_secret_behind(
    hass: HomeAssistant,
    sim: Simulator,
    freezer: FrozenDateTimeFactory,
    hass_client: ClientSessionGenerator,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Not in states, events, logs, exceptions, registries, objects or diagnostics."""
    caplog.set_level(logging.DEBUG)
    notes = Notes(hass)
    morning = dt_util.utcnow()
    entry = await live_through_a_day(hass, sim, freezer, notes)

    coordinator = entry.runtime_data
    objects = (coordinator, coordinator.client, coordinator.data, entry, entry.unique_id)
    notes.texts += [text for thing in objects for text in (repr(thing), str(thing))]
    notes.texts += [repr(device) for device in dr.async_get(hass).devices]
    notes.texts += [repr(entity.as_partial_dict) for entity in er.async_get(hass).entities.values()]
    notes.texts += [json.dumps(state.as_dict(), default=str) for state in hass.states.async_all()]
    notes.texts += [record.getMessage() + (record.exc_text or "") for record in logged(caplog)]
    assert await async_setup_component(hass, "diagnostics", {})
    await hass.async_block_till_done()
    freezer.move_to(morning)  # the test's own login has run out by now
    client = await hass_client()
    response = await client.get(f"/api/diagnostics/config_entry/{entry.entry_id}")
    assert response.status == 200
    notes.texts.append(await response.text())

    for secret in (sim.token, NEW_TOKEN, WRONG_TOKEN, *DIGITS):
        found = [text for text in notes.texts if secret in text]
        assert found == [], secret

    # The net was out: what is looked for did go by, and what is searched is there.
    sent = [request.headers["Authorization"] for request in sim.requests]
    assert {f"PersonalKey {sim.token}", f"PersonalKey {NEW_TOKEN}"} <= set(sent)
    bodies = [request.json for request in sim.calls(path="/my/lock/*/pin**") if request.json]
    assert {body["pin"] for body in bodies} == set(DIGITS)
    assert notes.called > 300
    assert any("EntityRegistryUpdated" in text or "state_changed" in text for text in notes.texts)
    assert any("tedee_cloud" in record.name for record in logged(caplog))
    assert any("TedeeNoAnswerError" in text for text in notes.texts)
    assert any("TedeeStatusError" in text for text in notes.texts)
