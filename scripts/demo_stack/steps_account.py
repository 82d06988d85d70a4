"""Steps: add the account through the config flow, and see what is made of it."""

from tests.simulator import EXPIRED_TOKEN, TOKEN

from . import account, dashboard
from .errors import DemoError
from .steps import Check, expect

LOCKS = {"lock.back_door": "Back door", "lock.flat_2": "Flat 2", "lock.front_door": "Front door"}


async def refused_key(check: Check) -> str:
    """Give the config flow a key that has expired."""
    check.form = await account.submit(check.stack.client, EXPIRED_TOKEN, check.stack.cloud.url)
    expect(f"answer {check.form}", check.form.get("type"), "form")
    expect("errors of the form", list(check.form["errors"].values()), ["invalid_auth"])
    return f"the same form, with {await _sentence(check, 'error.invalid_auth')}"


async def accepted_key(check: Check) -> str:
    """Correct the key in that form."""
    result = await account.resubmit(check.stack.client, check.form, TOKEN, check.stack.cloud.url)
    expect(f"answer {result}", result.get("type"), "create_entry")
    expect("state of the config entry", result["result"]["state"], "loaded")
    check.entry_id = result["result"]["entry_id"]
    return f'the account "{result["title"]}", loaded'


async def same_account(check: Check) -> str:
    """Add the same account a second time."""
    result = await account.submit(check.stack.client, TOKEN, check.stack.cloud.url)
    expect(f"answer {result}", result.get("type"), "abort")
    expect("reason", result["reason"], "already_configured")
    return f"refused: {await _sentence(check, 'abort.already_configured')}"


async def _sentence(check: Check, key: str) -> str:
    """Return what the frontend shows for a key."""
    answer = await check.stack.client.command(
        "frontend/get_translations",
        language="en",
        category="config",
        integration=[account.DOMAIN],
        config_flow=True,
    )
    return f'"{answer["resources"][f"component.{account.DOMAIN}.config.{key}"]}"'


async def three_locks(check: Check) -> str:
    """Look for the three locks."""
    states = {
        state["entity_id"]: state["state"]
        for state in await check.stack.client.command("get_states")
    }
    bolts = {
        entity_id: (await check.stack.cloud.lock(name))["state"]
        for entity_id, name in LOCKS.items()
    }
    expect("lock entities", {key: states[key] for key in states if key.startswith("lock.")}, bolts)
    return ", ".join(f"{name} {states[entity_id]}" for entity_id, name in LOCKS.items())


async def on_a_dashboard(check: Check) -> str:
    """Put them on the dashboard that a person sees first."""
    await dashboard.make(check.stack.client, check.stack.cloud.url)
    saved = str(await check.stack.client.command("lovelace/config", url_path=dashboard.PATH))
    if missing := [entity_id for entity_id in LOCKS if f"'{entity_id}'" not in saved]:
        raise DemoError(f"not on the dashboard: {missing}")
    return f"all three stand on {check.stack.client.url}/{dashboard.PATH}"
