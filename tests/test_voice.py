"""Voice assistants: Assist, Alexa and Google move the same bolts, through Home Assistant alone.

They call actions without waiting for them, so every test lets Home Assistant finish first.
"""

from http import HTTPStatus
from typing import Any

import pytest
from homeassistant.components.conversation import async_converse
from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.core import Context, HomeAssistant
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from .common import add_account, state_of, wire
from .simulator import LOCKED, UNLOCKED, SimLock, Simulator

FRONT = "lock.front_door"
LOCK = "POST /api/v37/my/lock/41001/operation/lock"
UNLOCK = "POST /api/v37/my/lock/41001/operation/unlock?mode=3"

pytestmark = pytest.mark.usefixtures("pauses")


async def add_front_door(hass: HomeAssistant, sim: Simulator, state: int) -> SimLock:
    """Add an account with one lock."""
    lock = sim.account.add_lock("Front door", state=state)
    await add_account(hass, sim, generation="operation")
    return lock


def commands(sim: Simulator) -> list[str]:
    """Return the requests that move a bolt."""
    return [request for request in wire(sim) if request.startswith("POST")]


# --- Assist ---------------------------------------------------------------------------------


async def say(hass: HomeAssistant, text: str) -> tuple[str, str]:
    """Say a sentence to Assist, and return the kind of its answer and the words."""
    result = await async_converse(hass, text, None, Context(), language="en")
    await hass.async_block_till_done(wait_background_tasks=True)
    response = result.response
    return str(response.response_type.value), response.speech["plain"]["speech"]


async def set_up_assist(hass: HomeAssistant) -> None:
    """Set up Assist; locks are told to it by their owner only."""
    await async_setup_component(hass, "homeassistant", {})
    await async_setup_component(hass, "conversation", {})
    async_expose_entity(hass, "conversation", FRONT, should_expose=True)


@pytest.mark.parametrize(
    ("text", "before", "request_", "after", "state"),
    [
        ("lock the front door", UNLOCKED, LOCK, LOCKED, "locked"),
        ("unlock the front door", LOCKED, UNLOCK, UNLOCKED, "unlocked"),
    ],
)
async def test_assist_moves_the_bolt(
    hass: HomeAssistant,
    sim: Simulator,
    text: str,
    before: int,
    request_: str,
    after: int,
    state: str,
) -> None:
    """By a sentence; unlocking never pulls the spring."""
    lock = await add_front_door(hass, sim, before)
    await set_up_assist(hass)

    kind, _ = await say(hass, text)

    assert kind == "action_done"
    assert commands(sim) == [request_]
    assert lock.state == after
    assert state_of(hass, FRONT) == state


@pytest.mark.parametrize(("state", "answer"), [(LOCKED, "Yes"), (UNLOCKED, "No, unlocked")])
async def test_assist_tells_whether_the_door_is_locked(
    hass: HomeAssistant, sim: Simulator, state: int, answer: str
) -> None:
    """Without a request to the cloud."""
    await add_front_door(hass, sim, state)
    await set_up_assist(hass)

    assert await say(hass, "is the front door locked") == ("query_answer", answer)
    assert wire(sim) == []


async def test_assist_leaves_a_lock_alone_that_nobody_exposed(
    hass: HomeAssistant, sim: Simulator
) -> None:
    """Home Assistant exposes no lock by itself, and the integration does not either."""
    await add_front_door(hass, sim, LOCKED)
    await async_setup_component(hass, "homeassistant", {})
    await async_setup_component(hass, "conversation", {})

    kind, _ = await say(hass, "unlock the front door")

    assert kind == "error"
    assert wire(sim) == []
    assert state_of(hass, FRONT) == "locked"


async def test_assist_sees_the_truth_when_the_bolt_jams(
    hass: HomeAssistant, sim: Simulator
) -> None:
    """The sentence is answered before the movement has ended; the state tells how it ended."""
    lock = await add_front_door(hass, sim, UNLOCKED)
    lock.jam()
    await set_up_assist(hass)

    await say(hass, "lock the front door")

    assert state_of(hass, FRONT) == "jammed"
    _, answer = await say(hass, "is the front door locked")
    assert answer == "No, jammed"


# --- Alexa ----------------------------------------------------------------------------------


async def ask_alexa(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, namespace: str, name: str
) -> dict[str, Any]:
    """Send a directive as Amazon's skill does, and return the answer."""
    client = await hass_client()
    response = await client.post(
        "/api/alexa/smart_home",
        json={
            "directive": {
                "header": {
                    "namespace": namespace,
                    "name": name,
                    "messageId": "1",
                    "correlationToken": "2",
                    "payloadVersion": "3",
                },
                "endpoint": {
                    "scope": {"type": "BearerToken", "token": "3"},
                    "endpointId": "lock#front_door",
                    "cookie": {},
                },
                "payload": {},
            }
        },
    )
    assert response.status == HTTPStatus.OK
    answer: dict[str, Any] = await response.json()
    await hass.async_block_till_done(wait_background_tasks=True)
    return answer


def properties(answer: dict[str, Any]) -> dict[str, Any]:
    """Return what Alexa is told of a lock, by name."""
    return {item["name"]: item["value"] for item in answer["context"]["properties"]}


@pytest.fixture
async def alexa(hass: HomeAssistant, sim: Simulator) -> SimLock:
    """Set up the front door and Alexa, without Amazon."""
    lock = await add_front_door(hass, sim, LOCKED)
    config = {"alexa": {"smart_home": {"filter": {"include_domains": ["lock"]}}}}
    assert await async_setup_component(hass, "alexa", config)
    return lock


@pytest.mark.parametrize(
    ("name", "before", "request_", "then"),
    [
        ("Lock", "unlocked", LOCK, (LOCKED, "locked")),
        ("Unlock", "locked", UNLOCK, (UNLOCKED, "unlocked")),
    ],
)
async def test_alexa_moves_the_bolt(
    hass: HomeAssistant,
    sim: Simulator,
    hass_client: ClientSessionGenerator,
    alexa: SimLock,
    name: str,
    before: str,
    request_: str,
    then: tuple[int, str],
) -> None:
    """Her answer comes at once; the state is true once the bolt is there."""
    alexa.turn(before)

    answer = await ask_alexa(hass, hass_client, "Alexa.LockController", name)

    assert answer["event"]["header"]["name"] == "Response"
    assert commands(sim) == [request_]
    assert (alexa.state, state_of(hass, FRONT)) == then


@pytest.mark.parametrize(
    ("state", "result", "told"),
    [(6, 0, "LOCKED"), (2, 0, "UNLOCKED"), (3, 1, "JAMMED")],
)
async def test_alexa_is_told_the_state(
    hass: HomeAssistant,
    sim: Simulator,
    hass_client: ClientSessionGenerator,
    state: int,
    result: int,
    told: str,
) -> None:
    """In her own words, without a request to the cloud."""
    sim.account.add_lock("Front door", state=state, state_change_result=result)
    await add_account(hass, sim)
    config = {"alexa": {"smart_home": {"filter": {"include_domains": ["lock"]}}}}
    assert await async_setup_component(hass, "alexa", config)

    answer = await ask_alexa(hass, hass_client, "Alexa", "ReportState")

    assert answer["event"]["header"]["name"] == "StateReport"
    assert properties(answer)["lockState"] == told
    assert wire(sim) == []


# --- Google ---------------------------------------------------------------------------------


async def ask_google(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, intent: str, payload: dict[str, Any]
) -> dict[str, Any]:
    """Send a request as Google does, and return the payload of the answer."""
    client = await hass_client()
    response = await client.post(
        "/api/google_assistant",
        json={
            "requestId": "1",
            "inputs": [{"intent": f"action.devices.{intent}", "payload": payload}],
        },
    )
    assert response.status == HTTPStatus.OK
    answer = await response.json()
    await hass.async_block_till_done(wait_background_tasks=True)
    told: dict[str, Any] = answer["payload"]
    return told


def execute(lock: bool, pin: str | None = None) -> dict[str, Any]:  # noqa: FBT001  Google's word
    """Return the payload that locks or unlocks the front door."""
    execution: dict[str, Any] = {
        "command": "action.devices.commands.LockUnlock",
        "params": {"lock": lock},
    }
    if pin is not None:
        execution["challenge"] = {"pin": pin}
    return {"commands": [{"devices": [{"id": FRONT}], "execution": [execution]}]}


@pytest.fixture
async def google(hass: HomeAssistant, sim: Simulator) -> SimLock:
    """Set up the front door and Google, without Google."""
    lock = await add_front_door(hass, sim, LOCKED)
    await async_setup_component(hass, "homeassistant", {})
    config = {
        "google_assistant": {
            "project_id": "demo",
            "secure_devices_pin": "1234",
            "expose_by_default": False,
            "entity_config": {FRONT: {"expose": True, "name": "Front door"}},
        }
    }
    assert await async_setup_component(hass, "google_assistant", config)
    await hass.async_block_till_done()
    return lock


async def test_google_is_offered_a_lock(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, google: SimLock
) -> None:
    """With the trait that locks and unlocks."""
    assert google.state == LOCKED

    [device] = (await ask_google(hass, hass_client, "SYNC", {}))["devices"]

    assert device["id"] == FRONT
    assert device["type"] == "action.devices.types.LOCK"
    assert device["traits"] == ["action.devices.traits.LockUnlock"]


async def test_google_locks_without_and_unlocks_with_its_pin(
    hass: HomeAssistant, sim: Simulator, hass_client: ClientSessionGenerator, google: SimLock
) -> None:
    """Until the pin is right no request leaves."""
    for pin, challenge in [(None, "pinNeeded"), ("4321", "challengeFailedPinNeeded")]:
        told = await ask_google(hass, hass_client, "EXECUTE", execute(lock=False, pin=pin))
        [command] = told["commands"]
        assert command["challengeNeeded"] == {"type": challenge}
        assert wire(sim) == []
        assert google.state == LOCKED

    await ask_google(hass, hass_client, "EXECUTE", execute(lock=False, pin="1234"))
    assert commands(sim) == [UNLOCK]
    assert google.state == UNLOCKED
    assert state_of(hass, FRONT) == "unlocked"

    sim.clear()
    await ask_google(hass, hass_client, "EXECUTE", execute(lock=True))
    assert commands(sim) == [LOCK]
    assert google.state == LOCKED
    assert state_of(hass, FRONT) == "locked"

    told = await ask_google(hass, hass_client, "QUERY", {"devices": [{"id": FRONT}]})
    assert told["devices"][FRONT] == {"isLocked": True, "online": True}
