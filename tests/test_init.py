"""Setting up, unloading, reloading and removing accounts."""

from typing import Any

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.tedee_cloud.kept import KEPT

from .common import DOMAIN, act, add_account, let_time_pass, new_entry, state_of
from .simulator import OWNER, UNLOCKED, Fault, Key, Simulator

DOOR = "lock.front_door"
ACTIONS = {
    "get_pins",
    "get_pin",
    "create_pin",
    "update_pin",
    "delete_pin",
    "add_guest",
    "remove_guest",
}
HTML = "<html><body>Bad Gateway</body></html>"
STRANGER = "stranger.Yq1+Lm5/Zt8RbXc3NfVk7WsPd2GoJaHeT9iUxQ4rEw"


def setup_state(entry: MockConfigEntry) -> str:
    """Return how far the entry has come."""
    return str(entry.state.value)


def actions(hass: HomeAssistant) -> set[str]:
    """Return the actions that are registered."""
    return set(hass.services.async_services_for_domain(DOMAIN))


async def test_an_account_is_set_up_with_one_request(hass: HomeAssistant, sim: Simulator) -> None:
    """The lock list, as the entry's data say; the vendor counts these."""
    sim.account.add_lock("Front door")
    entry = new_entry(sim, api_version="v1.36")
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)

    assert setup_state(entry) == "loaded"
    [call] = sim.requests
    assert (call.method, call.path, call.query_string) == (
        "GET",
        "/api/v1.36/my/lock",
        "ItemsPerPage=100&Page=1&IncludeAccessories=true",
    )
    assert call.headers["Authorization"] == f"PersonalKey {sim.token}"
    assert state_of(hass, DOOR) == "locked"


async def test_the_stored_scheme_is_used_at_once(hass: HomeAssistant, sim: Simulator) -> None:
    """The config flow has found it out; no request is spent on the other."""
    sim.account.keys[0].schemes = ("Bearer",)
    entry = new_entry(sim, scheme="Bearer")
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    assert setup_state(entry) == "loaded"
    assert [call.headers["Authorization"] for call in sim.requests] == [f"Bearer {sim.token}"]


@pytest.mark.parametrize(
    ("fault", "key", "sentence"),
    [
        (
            Fault(drop=True),
            "no_answer",
            "The Tedee cloud did not answer. Polls go on by themselves; try an action again",
        ),
        (
            Fault(status=500),
            "refused",
            "The Tedee cloud answered with error 500. Try again later",
        ),
        (
            Fault(status=502, body=HTML),
            "refused",
            "The Tedee cloud answered with error 502. Try again later",
        ),
        (
            Fault(status=403),
            "locks_not_readable",
            (
                "The key may not read your locks: it lacks the scope Device.Read."
                " Make a new one and reconfigure the account"
            ),
        ),
        (
            Fault(status=429, headers={"Retry-After": "90"}),
            "rate_limited",
            "Your account has used up its requests to the Tedee cloud. Try again in 2 min",
        ),
        (
            Fault(status=404, body=b""),
            "unsupported_version",
            (
                "The Tedee cloud no longer serves the API version in use."
                " Change the version by reconfiguring the account"
            ),
        ),
        (
            Fault(status=200, body=HTML),
            "answer_not_understood",
            (
                "The Tedee cloud gave an answer that was not understood."
                " Try again; if it stays so, report it"
            ),
        ),
    ],
    ids=repr,
)
async def test_setup_is_tried_again_and_says_why(
    hass: HomeAssistant,
    sim: Simulator,
    freezer: FrozenDateTimeFactory,
    fault: Fault,
    key: str,
    sentence: str,
) -> None:
    """Home Assistant tries again by itself, and asks nobody for a new key.

    It shows sentences without their full stop.
    """
    sim.account.add_lock("Front door")
    script = sim.faults.add(fault, times=None)
    entry = await add_account(hass, sim)
    assert setup_state(entry) == "setup_retry"
    assert entry.error_reason_translation_key == key
    assert entry.reason == sentence
    assert hass.config_entries.flow.async_progress() == []
    assert hass.states.get(DOOR) is None

    sim.faults.remove(script)
    await let_time_pass(hass, freezer, 100)
    assert setup_state(entry) == "loaded"
    assert entry.reason is None
    assert state_of(hass, DOOR) == "locked"


async def test_a_cloud_that_is_not_there_is_tried_again(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """Home Assistant may start before the internet is back."""
    sim.account.add_lock("Front door")
    entry = new_entry(sim)
    await sim.stop()
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    assert setup_state(entry) == "setup_retry"
    assert entry.reason == "The Tedee cloud cannot be reached. Check the internet connection"
    await sim.start()
    await let_time_pass(hass, freezer, 100)
    assert setup_state(entry) == "loaded"


async def test_a_key_that_is_refused_at_setup_is_asked_for(
    hass: HomeAssistant, sim: Simulator
) -> None:
    """Trying again would not help."""
    sim.account.keys[0].expired = True
    entry = await add_account(hass, sim)
    assert setup_state(entry) == "setup_error"
    assert entry.reason == (
        "The Tedee cloud refused the personal access key: it has expired, was deleted or lacks"
        " a scope. Check it in the portal"
    )
    [flow] = hass.config_entries.flow.async_progress()
    assert (flow["context"]["source"], flow["step_id"]) == ("reauth", "reauth_confirm")


@pytest.mark.usefixtures("pauses")
async def test_what_was_learnt_of_the_cloud_is_kept_over_a_reload(
    hass: HomeAssistant, sim: Simulator
) -> None:
    """The extra request is spent once in the life of the entry."""
    sim.account.add_lock("Front door", state=UNLOCKED)
    entry = await add_account(hass, sim)
    assert "generation" not in entry.data
    await act(hass, "lock.lock", entity_id=DOOR)
    assert entry.data == {
        "token": sim.token,
        "url": sim.url,
        "api_version": "v37",
        "scheme": "PersonalKey",
        "generation": "operation",
    }
    assert len(sim.calls("POST")) == 2

    await hass.config_entries.async_reload(entry.entry_id)
    sim.clear()
    await act(hass, "lock.unlock", entity_id=DOOR)
    assert [call.path for call in sim.calls("POST")] == ["/api/v37/my/lock/41001/operation/unlock"]


@pytest.mark.usefixtures("pauses")
async def test_a_command_that_was_refused_teaches_nothing(
    hass: HomeAssistant, sim: Simulator
) -> None:
    """A lock that is not found is no missing route."""
    sim.settings.generation = "both"
    sim.account.add_lock("Front door", state=UNLOCKED)
    entry = await add_account(hass, sim)
    before = dict(entry.data)
    sim.faults.add(Fault(status=404), method="POST", times=2)
    with pytest.raises(HomeAssistantError):
        await act(hass, "lock.lock", entity_id=DOOR)
    assert len(sim.calls("POST")) == 2
    assert entry.data == before


async def test_the_actions_are_there_before_any_account(hass: HomeAssistant) -> None:
    """So that automations which name them are valid."""
    assert await async_setup_component(hass, DOMAIN, {})
    assert actions(hass) == ACTIONS


async def test_an_account_is_unloaded(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """Its locks are unavailable, nothing more is asked, and the actions say why they cannot."""
    sim.account.add_lock("Front door")
    entry = await add_account(hass, sim)
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert setup_state(entry) == "not_loaded"
    assert state_of(hass, DOOR) == "unavailable"
    await let_time_pass(hass, freezer, 3700)
    assert sim.requests == []

    assert actions(hass) == ACTIONS
    with pytest.raises(HomeAssistantError) as caught:
        await act(hass, f"{DOMAIN}.get_pins", respond=True, entity_id=DOOR)
    assert caught.value.translation_key == "account_not_loaded"
    assert sim.requests == []


async def test_an_account_is_reloaded(hass: HomeAssistant, sim: Simulator) -> None:
    """One list, the same entities, what has changed meanwhile."""
    lock = sim.account.add_lock("Front door")
    entry = await add_account(hass, sim)
    before = {entity.entity_id for entity in er.async_get(hass).entities.values()}
    lock.state = UNLOCKED
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert setup_state(entry) == "loaded"
    assert [call.path for call in sim.requests] == ["/api/v37/my/lock"]
    assert {entity.entity_id for entity in er.async_get(hass).entities.values()} == before
    assert state_of(hass, DOOR) == "unlocked"


async def test_an_account_is_removed(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """Nothing of it stays but the actions, and nothing more is asked."""
    sim.account.add_lock("Front door")
    entry = await add_account(hass, sim)
    assert entry.entry_id in hass.data[KEPT]
    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()
    assert hass.states.async_all() == []
    assert not er.async_get(hass).entities
    assert list(dr.async_get(hass).devices) == []
    assert hass.data[KEPT] == {}
    assert actions(hass) == ACTIONS
    await let_time_pass(hass, freezer, 3700)
    assert sim.requests == []


async def test_an_account_that_was_never_set_up_is_removed(
    hass: HomeAssistant, sim: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    """Somebody had disabled it before Home Assistant started."""
    entry = new_entry(sim)
    entry.add_to_hass(hass)

    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()

    assert hass.config_entries.async_entries(DOMAIN) == []
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


@pytest.mark.usefixtures("pauses")
async def test_two_accounts_live_side_by_side(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """Each asks with its own key; what befalls one leaves the other alone."""
    sim.account.add_lock("Front door")
    shop = sim.account.add_lock("Shop", user="stranger", state=UNLOCKED)
    key = sim.account.add_key(Key(value=STRANGER, user="stranger"))
    first = await add_account(hass, sim)
    second = MockConfigEntry(
        domain=DOMAIN, unique_id="stranger", data={**first.data, "token": STRANGER}
    )
    second.add_to_hass(hass)
    await hass.config_entries.async_setup(second.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert first.unique_id == OWNER
    assert (state_of(hass, DOOR), state_of(hass, "lock.shop")) == ("locked", "unlocked")
    sim.clear()

    await act(hass, "lock.lock", entity_id="lock.shop")
    assert {call.headers["Authorization"] for call in sim.requests} == {f"PersonalKey {STRANGER}"}
    assert shop.state == 6
    assert "generation" in second.data
    assert "generation" not in first.data

    key.expired = True
    await let_time_pass(hass, freezer)
    assert (state_of(hass, DOOR), state_of(hass, "lock.shop")) == ("locked", "locked")
    await let_time_pass(hass, freezer, 60)
    assert (state_of(hass, DOOR), state_of(hass, "lock.shop")) == ("locked", "unavailable")

    await hass.config_entries.async_remove(second.entry_id)
    assert hass.states.get("lock.shop") is None
    assert state_of(hass, DOOR) == "locked"


def devices(hass: HomeAssistant) -> list[dr.DeviceEntry]:
    """Return the devices of all accounts."""
    return [
        device
        for entry in hass.config_entries.async_entries(DOMAIN)
        for device in dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    ]


async def remove_device(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, serial: str
) -> dict[str, Any]:
    """Press Delete on the page of a lock's device, and return the answer."""
    assert await async_setup_component(hass, "config", {})
    [device] = [device for device in devices(hass) if (DOMAIN, serial) in device.identifiers]
    client = await hass_ws_client(hass)
    await client.send_json_auto_id(
        {"type": "config/device_registry/remove", "device_id": device.id}
    )
    answer: dict[str, Any] = await client.receive_json()
    return answer


def serials(hass: HomeAssistant) -> set[str | None]:
    """Return the serials of all devices of locks; that of an account is a service."""
    return {device.serial_number for device in devices(hass) if not device.entry_type}


async def test_the_device_of_a_lock_of_the_account_cannot_be_removed_by_hand(
    hass: HomeAssistant, sim: Simulator, hass_ws_client: WebSocketGenerator
) -> None:
    """It would come back with the next list."""
    lock = sim.account.add_lock("Front door")
    await add_account(hass, sim)
    answer = await remove_device(hass, hass_ws_client, lock.serial)
    assert not answer["success"]
    assert "rejected by integration" in answer["error"]["message"]
    assert serials(hass) == {lock.serial}


async def test_the_device_of_a_lock_that_is_gone_can_be_removed_by_hand(
    hass: HomeAssistant, sim: Simulator, hass_ws_client: WebSocketGenerator
) -> None:
    """A person need not wait for polls to be sure of it."""
    lock = sim.account.add_lock("Front door")
    entry = await add_account(hass, sim)
    dr.async_get(hass).async_get_or_create(
        config_entry_id=entry.entry_id,
        identifiers={(DOMAIN, "20230101-000001")},
        serial_number="20230101-000001",
    )
    answer = await remove_device(hass, hass_ws_client, "20230101-000001")
    assert answer["success"]
    assert serials(hass) == {lock.serial}


async def test_the_device_of_an_account_cannot_be_removed_by_hand(
    hass: HomeAssistant, sim: Simulator, hass_ws_client: WebSocketGenerator
) -> None:
    """It stands for the account, which has a button of its own to be removed with."""
    await add_account(hass, sim)
    assert await async_setup_component(hass, "config", {})
    [device] = devices(hass)
    client = await hass_ws_client(hass)

    await client.send_json_auto_id(
        {"type": "config/device_registry/remove", "device_id": device.id}
    )

    assert not (await client.receive_json())["success"]
    assert [left.id for left in devices(hass)] == [device.id]


@pytest.mark.parametrize("state", ["not_loaded", "setup_retry"])
async def test_a_device_of_an_account_that_is_not_loaded_is_not_removed(
    hass: HomeAssistant,
    sim: Simulator,
    hass_ws_client: WebSocketGenerator,
    caplog: pytest.LogCaptureFixture,
    state: str,
) -> None:
    """Which locks the account has is not known then, so nothing goes, and nothing crashes."""
    lock = sim.account.add_lock("Front door")
    entry = await add_account(hass, sim)
    sim.account.remove(lock)
    await hass.config_entries.async_unload(entry.entry_id)
    if state == "setup_retry":
        sim.faults.add(Fault(status=503), times=None)
        await hass.config_entries.async_setup(entry.entry_id)
    assert setup_state(entry) == state

    answer = await remove_device(hass, hass_ws_client, lock.serial)

    assert not answer["success"]
    assert "rejected by integration" in answer["error"]["message"]
    assert serials(hass) == {lock.serial}
    assert "AttributeError" not in caplog.text
