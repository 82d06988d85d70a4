"""What most tests do with Home Assistant: add an account, let time pass, call an action."""

from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.const import CONF_TOKEN, CONF_URL
from homeassistant.core import Context, HomeAssistant, State
from homeassistant.helpers import entity_registry as er
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from .simulator import SimLock, Simulator

DOMAIN = "tedee_cloud"


def new_entry(sim: Simulator, **data: Any) -> MockConfigEntry:
    """Return the config entry of the simulator's account, not added yet."""
    locks = sim.account.locks
    return MockConfigEntry(
        domain=DOMAIN,
        title="Tedee Cloud",
        unique_id=locks[0].user_identity if locks else None,
        data={
            CONF_TOKEN: sim.token,
            CONF_URL: sim.url,
            "api_version": "v37",
            "scheme": "PersonalKey",
            **data,
        },
    )


async def add_account(hass: HomeAssistant, sim: Simulator, **data: Any) -> MockConfigEntry:
    """Add the simulator's account as it is, and forget the requests that took."""
    entry = new_entry(sim, **data)
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    sim.clear()
    return entry


async def let_time_pass(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, seconds: float = 31
) -> None:
    """Let time pass in Home Assistant, by default until the next poll, and all it sets off."""
    freezer.tick(seconds)
    async_fire_time_changed(hass)
    await hass.async_block_till_done(wait_background_tasks=True)


async def act(
    hass: HomeAssistant,
    action: str,
    data: dict[str, Any] | None = None,
    *,
    respond: bool = False,
    context: Context | None = None,
    **target: Any,
) -> Any:
    """Call an action, such as "lock.lock" or "tedee_cloud.create_pin", and return its response."""
    domain, service = action.split(".")
    return await hass.services.async_call(
        domain,
        service,
        {**(data or {})},  # core adds the target to what it is given
        target=target or None,
        blocking=True,
        return_response=respond,
        context=context,
    )


def shown(hass: HomeAssistant, entity_id: str) -> State:
    """Return what Home Assistant shows of an entity: state, name and attributes."""
    state = hass.states.get(entity_id)
    assert state is not None, f"{entity_id} has no state"
    return state


def state_of(hass: HomeAssistant, entity_id: str) -> str:
    """Return the state that Home Assistant shows."""
    return shown(hass, entity_id).state


def entity_id_of(hass: HomeAssistant, platform: str, unique_id: str) -> str | None:
    """Return the entity with a unique id, None where there is none."""
    return er.async_get(hass).async_get_entity_id(platform, DOMAIN, unique_id)


def wire(sim: Simulator) -> list[str]:
    """Return the requests since the last clear(): method, path and query, in their order."""
    return [
        f"{call.method} {call.path}" + (f"?{call.query_string}" if call.query_string else "")
        for call in sim.requests
    ]


def asked(sim: Simulator, lock: SimLock) -> list[str]:
    """Return the PIN requests to a lock since the last clear(), like "GET" and "PUT /7"."""
    begin = f"/my/lock/{lock.id}/pin"
    return [
        f"{call.method} {call.resource.removeprefix(begin)}".strip()
        for call in sim.calls(path=f"{begin}**")
    ]
