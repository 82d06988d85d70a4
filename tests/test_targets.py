"""Which locks a PIN action is for: every one that was named is served or told, none is skipped."""

import asyncio
from typing import Any

import pytest
import voluptuous as vol
from homeassistant.auth.models import User
from homeassistant.config_entries import ConfigEntryDisabler, ConfigEntryState
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import (
    HomeAssistantError,
    ServiceValidationError,
    Unauthorized,
    UnknownUser,
)
from homeassistant.helpers import area_registry as ar
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers import floor_registry as fr
from homeassistant.helpers import label_registry as lr
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from .common import DOMAIN, act, add_account, state_of
from .simulator import Fault, Key, SimLock, Simulator

DOOR = "lock.front_door"
SHED = "lock.shed"
GATE = "lock.gate"
NEW_PIN = {"alias": "Guest", "pin": "918273"}
CREATED = {"pin_id": 2, "result": "created"}
LOOK_AND_WRITE = ("GET", "POST")
"""What it takes to create a PIN in a lock: its list, whose names are to be free, and the PIN."""

UNREACHABLE = (
    "The PINs of {} cannot be reached: it is offline, or has no keypad or bridge. "
    "Check in the Tedee app."
)
FULL = "{} has no room for another PIN. Delete one that is no longer needed."
NO_LOCK = "The target of the action has no lock of Tedee Cloud in it. Choose one or more."


@pytest.fixture
def locks(sim: Simulator) -> list[SimLock]:
    """Put three locks into the account, each with its PIN 1."""
    added = [sim.account.add_lock(name) for name in ("Front door", "Shed", "Gate")]
    for lock in added:
        lock.pins.add("Cleaner", "482913")
    return added


@pytest.fixture
async def account(hass: HomeAssistant, sim: Simulator, locks: list[SimLock]) -> MockConfigEntry:
    """Add the account with its three locks."""
    assert len(locks) == 3
    return await add_account(hass, sim)


def device_of(hass: HomeAssistant, entity_id: str) -> str:
    """Return the device of an entity."""
    entity = er.async_get(hass).async_get(entity_id)
    assert entity is not None
    assert entity.device_id is not None
    return entity.device_id


def said(caught: pytest.ExceptionInfo[HomeAssistantError]) -> str:
    """Return the sentence a person reads; Home Assistant leaves out the last full stop."""
    return f"{caught.value}."


async def create(
    hass: HomeAssistant, *, respond: bool = False, context: Context | None = None, **target: Any
) -> Any:
    """Create a PIN in every lock of a target."""
    return await act(
        hass, "tedee_cloud.create_pin", NEW_PIN, respond=respond, context=context, **target
    )


def methods(sim: Simulator) -> list[str]:
    """Return the methods of all requests, of one kind after the other."""
    return sorted(call.method for call in sim.requests)


def with_guest(locks: list[SimLock]) -> list[str]:
    """Return the locks that have got the new PIN."""
    return [lock.name for lock in locks if lock.pins.find("Guest") is not None]


# --- Ways to name locks -----------------------------------------------------------------------


async def prepare_areas_floors_and_labels(hass: HomeAssistant) -> None:
    """Put door and shed on the ground floor, the door in the hall; label gate and hall."""
    floor = fr.async_get(hass).async_create("Ground")
    areas = ar.async_get(hass)
    hall, yard = (areas.async_create(name, floor_id=floor.floor_id) for name in ("Hall", "Yard"))
    devices = dr.async_get(hass)
    devices.async_update_device(device_of(hass, DOOR), area_id=hall.id)
    er.async_get(hass).async_update_entity(SHED, name="Padlock", area_id=yard.id)
    labels = lr.async_get(hass)
    for name in ("Outside", "Old", "Entrance"):
        labels.async_create(name)
    devices.async_update_device(device_of(hass, GATE), labels={"outside"})
    er.async_get(hass).async_update_entity(SHED, labels={"old"})
    areas.async_update(hall.id, labels={"entrance"})
    await hass.async_block_till_done()


@pytest.mark.parametrize(
    ("target", "names"),
    [
        pytest.param({"entity_id": DOOR}, ["Front door"], id="entity"),
        pytest.param({"entity_id": [DOOR, GATE]}, ["Front door", "Gate"], id="two entities"),
        pytest.param({"entity_id": f"{DOOR}, {SHED}"}, ["Front door", "Shed"], id="text of two"),
        pytest.param({"entity_id": [DOOR, DOOR]}, ["Front door"], id="one entity twice"),
        pytest.param({"area_id": "hall"}, ["Front door"], id="area of the device"),
        pytest.param({"area_id": "yard"}, ["Shed"], id="area of the entity"),
        pytest.param({"area_id": ["hall", "yard"]}, ["Front door", "Shed"], id="two areas"),
        pytest.param({"floor_id": "ground"}, ["Front door", "Shed"], id="floor"),
        pytest.param({"label_id": "outside"}, ["Gate"], id="label of the device"),
        pytest.param({"label_id": "old"}, ["Shed"], id="label of the entity"),
        pytest.param({"label_id": "entrance"}, ["Front door"], id="label of the area"),
        pytest.param(
            {"entity_id": SHED, "area_id": "hall", "label_id": ["outside", "old"]},
            ["Front door", "Shed", "Gate"],
            id="all at once, one named twice",
        ),
    ],
)
async def test_locks_can_be_named_in_many_ways(
    hass: HomeAssistant,
    sim: Simulator,
    locks: list[SimLock],
    account: MockConfigEntry,
    target: dict[str, Any],
    names: list[str],
) -> None:
    """Each lock that is meant gets its requests, the others none."""
    await prepare_areas_floors_and_labels(hass)

    assert await create(hass, **target) is None

    assert with_guest(locks) == names
    assert methods(sim) == sorted(LOOK_AND_WRITE * len(names))
    assert account.state is ConfigEntryState.LOADED


@pytest.mark.usefixtures("account")
async def test_devices_and_their_response(
    hass: HomeAssistant, sim: Simulator, locks: list[SimLock]
) -> None:
    """The response names entities, however the locks were named."""
    targets = [device_of(hass, DOOR), device_of(hass, SHED)]

    response = await create(hass, respond=True, device_id=targets)

    assert response == {DOOR: CREATED, SHED: CREATED}
    assert {call.resource for call in sim.requests} == {
        f"/my/lock/{lock.id}/pin" for lock in locks[:2]
    }


@pytest.mark.usefixtures("account")
async def test_a_group_stands_for_its_members(
    hass: HomeAssistant, sim: Simulator, locks: list[SimLock]
) -> None:
    """A group of locks is served lock by lock, and a group in a group too."""
    groups = {
        "doors": {"entities": [DOOR, SHED]},
        "all_doors": {"entities": ["group.doors", GATE]},
    }
    assert await async_setup_component(hass, "group", {"group": groups})
    await hass.async_block_till_done()

    response = await create(hass, respond=True, entity_id="group.all_doors")

    assert response == {DOOR: CREATED, SHED: CREATED, GATE: CREATED}
    assert with_guest(locks) == ["Front door", "Shed", "Gate"]
    assert methods(sim) == sorted(LOOK_AND_WRITE * 3)


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("respond", [False, True], ids=["without response", "with response"])
async def test_a_group_that_does_not_exist_is_told(
    hass: HomeAssistant, sim: Simulator, locks: list[SimLock], *, respond: bool
) -> None:
    """An entity that does not exist is a failure, and a group is an entity."""
    told = "There is no entity group.nowhere. Correct the target of the action."
    try:
        response = await create(hass, respond=respond, entity_id=[DOOR, "group.nowhere"])
    except ServiceValidationError as err:
        response = f"{err}."

    assert response == ({DOOR: CREATED, "group.nowhere": {"error": told}} if respond else told)
    assert with_guest(locks) == ["Front door"]
    assert methods(sim) == [*LOOK_AND_WRITE]


@pytest.mark.usefixtures("account")
async def test_a_group_of_strangers_is_told(hass: HomeAssistant, locks: list[SimLock]) -> None:
    """A group was named as it is: members that cannot be served are failures like any other."""
    add_foreign_lock(hass)
    members = [DOOR, "lock.foreign", "lock.nowhere"]
    assert await async_setup_component(hass, "group", {"group": {"mixed": {"entities": members}}})
    await hass.async_block_till_done()

    assert await create(hass, respond=True, entity_id="group.mixed") == {
        DOOR: CREATED,
        "lock.foreign": {
            "error": (
                "lock.foreign is not a lock of Tedee Cloud. Correct the target of the action."
            )
        },
        "lock.nowhere": {
            "error": "There is no entity lock.nowhere. Correct the target of the action."
        },
    }
    assert with_guest(locks) == ["Front door"]


@pytest.mark.usefixtures("account")
async def test_a_lock_under_another_name_is_found(hass: HomeAssistant, sim: Simulator) -> None:
    """A person may rename the entity; the response names it as it is called now."""
    er.async_get(hass).async_update_entity(DOOR, new_entity_id="lock.entrance")
    await hass.async_block_till_done()

    assert await create(hass, respond=True, entity_id="lock.entrance") == {"lock.entrance": CREATED}
    assert methods(sim) == [*LOOK_AND_WRITE]


# --- What cannot be served --------------------------------------------------------------------


def add_foreign_lock(hass: HomeAssistant) -> None:
    """Add a lock of another integration, and a state without any entity behind it."""
    entities = er.async_get(hass)
    entities.async_get_or_create("lock", "demo", "1", suggested_object_id="foreign")
    hass.states.async_set("lock.foreign", "locked")
    hass.states.async_set("lock.loose", "locked")


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        pytest.param(
            {"entity_id": "lock.nowhere"},
            "There is no entity lock.nowhere. Correct the target of the action.",
            id="no such entity",
        ),
        pytest.param(
            {"entity_id": "lock.foreign"},
            "lock.foreign is not a lock of Tedee Cloud. Correct the target of the action.",
            id="lock of another integration",
        ),
        pytest.param(
            {"entity_id": "lock.loose"},
            "lock.loose is not a lock of Tedee Cloud. Correct the target of the action.",
            id="state without an entity",
        ),
        pytest.param(
            {"entity_id": "sensor.front_door_battery"},
            "sensor.front_door_battery is not a lock of Tedee Cloud. "
            "Correct the target of the action.",
            id="our sensor",
        ),
        pytest.param(
            {"device_id": "nowhere"},
            "There is no device nowhere. Correct the target of the action.",
            id="no such device",
        ),
        pytest.param(
            {"area_id": "nowhere"},
            "There is no area nowhere. Correct the target of the action.",
            id="no such area",
        ),
        pytest.param(
            {"floor_id": "nowhere"},
            "There is no floor nowhere. Correct the target of the action.",
            id="no such floor",
        ),
        pytest.param(
            {"label_id": "nowhere"},
            "There is no label nowhere. Correct the target of the action.",
            id="no such label",
        ),
        pytest.param({"area_id": "attic"}, NO_LOCK, id="area without a lock"),
        pytest.param({"label_id": "unused"}, NO_LOCK, id="label without a lock"),
        pytest.param({"entity_id": "none"}, NO_LOCK, id="no entity"),
        pytest.param({"entity_id": []}, NO_LOCK, id="empty list"),
    ],
)
@pytest.mark.parametrize("respond", [False, True], ids=["without response", "with response"])
async def test_a_target_that_leads_nowhere_is_refused(
    hass: HomeAssistant,
    sim: Simulator,
    locks: list[SimLock],
    target: dict[str, Any],
    sentence: str,
    *,
    respond: bool,
) -> None:
    """Nothing was done and the caller hears why."""
    add_foreign_lock(hass)
    ar.async_get(hass).async_create("Attic")
    lr.async_get(hass).async_create("Unused")

    with pytest.raises(ServiceValidationError) as caught:
        await create(hass, respond=respond, **target)

    assert said(caught) == sentence
    assert sim.requests == []
    assert with_guest(locks) == []


@pytest.mark.usefixtures("account")
async def test_no_target_at_all_is_refused(hass: HomeAssistant, sim: Simulator) -> None:
    """An action without a target has the wrong shape."""
    with pytest.raises(vol.Invalid):
        await act(hass, "tedee_cloud.create_pin", NEW_PIN)

    assert sim.requests == []


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"disabled_by": er.RegistryEntryDisabler.USER}, id="disabled"),
        pytest.param({"hidden_by": er.RegistryEntryHider.USER}, id="hidden"),
    ],
)
async def test_a_device_whose_lock_is_out_of_use_is_refused(
    hass: HomeAssistant, sim: Simulator, locks: list[SimLock], change: dict[str, Any]
) -> None:
    """Home Assistant leaves such entities out of a device: the caller must hear it."""
    device_id = device_of(hass, DOOR)
    er.async_get(hass).async_update_entity(DOOR, **change)

    with pytest.raises(ServiceValidationError) as caught:
        await create(hass, device_id=[device_id, device_of(hass, SHED)])

    assert said(caught) == (
        f"The device {device_id} has no lock of Tedee Cloud that is enabled and visible. "
        "Correct the target of the action."
    )
    assert with_guest(locks) == ["Shed"]
    assert methods(sim) == [*LOOK_AND_WRITE]


@pytest.mark.usefixtures("account")
async def test_a_device_of_another_integration_is_refused(
    hass: HomeAssistant, sim: Simulator
) -> None:
    """A device that was named must not be passed over."""
    other = MockConfigEntry(domain="demo")
    other.add_to_hass(hass)
    device = dr.async_get(hass).async_get_or_create(
        config_entry_id=other.entry_id, identifiers={("demo", "1")}
    )

    with pytest.raises(ServiceValidationError) as caught:
        await create(hass, device_id=device.id)

    assert said(caught) == (
        f"The device {device.id} has no lock of Tedee Cloud that is enabled and visible. "
        "Correct the target of the action."
    )
    assert sim.requests == []


@pytest.mark.usefixtures("account")
async def test_other_things_in_an_area_are_none_of_our_business(
    hass: HomeAssistant, sim: Simulator, locks: list[SimLock]
) -> None:
    """An area means our locks in it, not every lamp and every other lock."""
    await prepare_areas_floors_and_labels(hass)
    add_foreign_lock(hass)
    er.async_get(hass).async_update_entity("lock.foreign", area_id="hall")

    assert await create(hass, respond=True, area_id="hall") == {DOOR: CREATED}
    assert with_guest(locks) == ["Front door"]
    assert methods(sim) == [*LOOK_AND_WRITE]


async def test_a_lock_that_is_unavailable_is_tried_and_told(
    hass: HomeAssistant, sim: Simulator, locks: list[SimLock]
) -> None:
    """Home Assistant would pass over it without a word; the cloud's own answer is better."""
    locks[0].connected = False
    await add_account(hass, sim)
    assert state_of(hass, DOOR) == STATE_UNAVAILABLE

    with pytest.raises(HomeAssistantError) as caught:
        await act(hass, "tedee_cloud.delete_pin", {"pin_id": 1}, entity_id=DOOR)

    assert said(caught) == UNREACHABLE.format("Front door")
    assert [(call.method, call.status) for call in sim.requests] == [("DELETE", 428)]
    assert len(locks[0].pins) == 1


async def test_a_lock_that_came_back_since_the_last_poll_is_served(
    hass: HomeAssistant, sim: Simulator, locks: list[SimLock]
) -> None:
    """What Home Assistant thinks of a lock does not keep a request from it."""
    locks[0].connected = False
    await add_account(hass, sim)
    locks[0].connected = True

    response = await act(
        hass, "tedee_cloud.delete_pin", {"pin_id": 1}, respond=True, entity_id=DOOR
    )

    assert state_of(hass, DOOR) == STATE_UNAVAILABLE
    assert response == {DOOR: {"deleted": True}}
    assert len(locks[0].pins) == 0


async def unload(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Stop an account."""
    assert await hass.config_entries.async_unload(entry.entry_id)


async def fail_to_start(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Start an account anew while its address leads nowhere."""
    hass.config_entries.async_update_entry(entry, data={**entry.data, "url": "http://127.0.0.1:9"})
    assert not await hass.config_entries.async_reload(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_RETRY


async def disable(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Disable an account, as a person does."""
    await hass.config_entries.async_set_disabled_by(entry.entry_id, ConfigEntryDisabler.USER)


@pytest.mark.parametrize("stop", [unload, fail_to_start, disable])
async def test_a_lock_of_an_account_that_is_not_running_is_told(
    hass: HomeAssistant,
    sim: Simulator,
    locks: list[SimLock],
    account: MockConfigEntry,
    stop: Any,
) -> None:
    """The actions stay while accounts come and go, and say what is missing."""
    await stop(hass, account)
    await hass.async_block_till_done()
    sim.clear()

    with pytest.raises(HomeAssistantError) as caught:
        await create(hass, respond=True, entity_id=DOOR)

    assert said(caught) == (
        "The Tedee account of lock.front_door is not running. "
        "Look at its entry under Devices and services."
    )
    assert not isinstance(caught.value, ServiceValidationError)
    assert sim.requests == []
    assert with_guest(locks) == []


async def test_a_device_of_an_account_that_is_not_running_is_told(
    hass: HomeAssistant, sim: Simulator, account: MockConfigEntry
) -> None:
    """The registry still knows which lock the device is, so it is named."""
    device_id = device_of(hass, DOOR)
    await unload(hass, account)
    sim.clear()

    with pytest.raises(HomeAssistantError) as caught:
        await create(hass, device_id=device_id)

    assert said(caught) == (
        "The Tedee account of lock.front_door is not running. "
        "Look at its entry under Devices and services."
    )
    assert sim.requests == []


async def test_a_lock_that_left_the_account_is_told(
    hass: HomeAssistant, sim: Simulator, locks: list[SimLock], account: MockConfigEntry
) -> None:
    """Its entity may still be known while the account no longer shows it."""
    serial = f"{locks[0].serial}-old"
    er.async_get(hass).async_get_or_create(
        "lock", DOMAIN, serial, suggested_object_id="old_door", config_entry=account
    )

    with pytest.raises(HomeAssistantError) as caught:
        await create(hass, entity_id="lock.old_door")

    assert said(caught) == (
        "The lock of lock.old_door is no longer in its Tedee account. "
        "Check in the Tedee app that it is still shared with you."
    )
    assert sim.requests == []


# --- Several locks ----------------------------------------------------------------------------


async def add_account_with_troubles(
    hass: HomeAssistant, sim: Simulator, locks: list[SimLock]
) -> None:
    """Add the account; the shed is offline."""
    locks[1].connected = False
    await add_account(hass, sim)


async def test_one_of_several_fails_with_a_response(
    hass: HomeAssistant, sim: Simulator, locks: list[SimLock]
) -> None:
    """Who waits for the answers gets those there are, and the reasons for the others."""
    await add_account_with_troubles(hass, sim, locks)

    response = await create(hass, respond=True, entity_id=[DOOR, SHED, GATE, "lock.nowhere"])

    assert response == {
        DOOR: CREATED,
        SHED: {"error": UNREACHABLE.format("Shed")},
        GATE: CREATED,
        "lock.nowhere": {
            "error": "There is no entity lock.nowhere. Correct the target of the action."
        },
    }
    assert len(sim.calls("POST", "/my/lock/*/pin")) == 2
    assert [call.method for call in sim.requests if call.status == 428] == ["GET"]
    assert with_guest(locks) == ["Front door", "Gate"]


async def test_one_of_several_fails_without_a_response(
    hass: HomeAssistant, sim: Simulator, locks: list[SimLock]
) -> None:
    """Nobody would read the answers, so it raises; the others were served all the same."""
    await add_account_with_troubles(hass, sim, locks)

    with pytest.raises(HomeAssistantError) as caught:
        await create(hass, entity_id=[DOOR, SHED, GATE])

    assert said(caught) == UNREACHABLE.format("Shed")
    assert methods(sim) == sorted([*LOOK_AND_WRITE * 2, "GET"])
    assert with_guest(locks) == ["Front door", "Gate"]


async def test_two_of_several_fail_without_a_response(
    hass: HomeAssistant, sim: Simulator, locks: list[SimLock]
) -> None:
    """One sentence names each lock that failed with its own reason."""
    await add_account_with_troubles(hass, sim, locks)
    sim.faults.add(Fault(status=412), method="POST", path=f"/my/lock/{locks[2].id}/pin")

    with pytest.raises(HomeAssistantError) as caught:
        await create(hass, entity_id=[DOOR, SHED, GATE])

    assert str(caught.value) == (
        f"Not every lock could be served. lock.gate: {FULL.format('Gate')} "
        f"lock.shed: {UNREACHABLE.format('Shed')}"
    )
    assert not isinstance(caught.value, ServiceValidationError)
    assert methods(sim) == sorted([*LOOK_AND_WRITE * 2, "GET"])
    assert with_guest(locks) == ["Front door"]


@pytest.mark.parametrize("respond", [False, True], ids=["without response", "with response"])
async def test_all_of_several_fail(
    hass: HomeAssistant, sim: Simulator, locks: list[SimLock], *, respond: bool
) -> None:
    """Where nothing was done there is nothing to respond with."""
    await add_account_with_troubles(hass, sim, locks)
    locks[2].keypad_id = None

    with pytest.raises(HomeAssistantError) as caught:
        await create(hass, respond=respond, entity_id=[SHED, GATE, "lock.nowhere"])

    assert str(caught.value) == (
        "Not every lock could be served. "
        f"lock.gate: {UNREACHABLE.format('Gate')} "
        "lock.nowhere: There is no entity lock.nowhere. Correct the target of the action. "
        f"lock.shed: {UNREACHABLE.format('Shed')}"
    )
    assert {call.status for call in sim.requests} == {428}
    assert len(sim.requests) == 2


@pytest.mark.usefixtures("account")
async def test_several_mistakes_of_the_caller_are_a_mistake(
    hass: HomeAssistant, sim: Simulator
) -> None:
    """Where every failure is the caller's own, so is the whole: no trace in the log."""
    with pytest.raises(ServiceValidationError) as caught:
        await create(hass, respond=True, entity_id="lock.nowhere", area_id="nowhere")

    assert str(caught.value) == (
        "Not every lock could be served. "
        "nowhere: There is no area nowhere. Correct the target of the action. "
        "lock.nowhere: There is no entity lock.nowhere. Correct the target of the action."
    )
    assert sim.requests == []


@pytest.mark.usefixtures("account")
async def test_delete_by_name_tells_each_lock_apart(
    hass: HomeAssistant, locks: list[SimLock]
) -> None:
    """One lock had the PIN, one did not, one has two of that name."""
    locks[1].pins.delete(1)
    locks[2].pins.add("Cleaner", "135246")

    response = await act(
        hass,
        "tedee_cloud.delete_pin",
        {"alias": "Cleaner"},
        respond=True,
        entity_id=[DOOR, SHED, GATE],
    )

    assert response == {
        DOOR: {"deleted": True},
        SHED: {"deleted": False},
        GATE: {
            "error": (
                "Gate has several PINs named Cleaner. Name the one you mean by its pin_id: 1, 2."
            )
        },
    }
    assert [len(lock.pins) for lock in locks] == [0, 0, 2]


async def test_reasons_are_told_in_the_language_of_the_installation(
    hass: HomeAssistant, sim: Simulator, locks: list[SimLock]
) -> None:
    """A Polish household reads Polish, not the language of the code."""
    hass.config.language = "pl"
    await add_account_with_troubles(hass, sim, locks)

    response = await create(hass, respond=True, entity_id=[DOOR, SHED])

    assert response == {
        DOOR: CREATED,
        SHED: {
            "error": (
                "Brak dostępu do kodów PIN zamka Shed: jest offline albo nie ma klawiatury lub "
                "mostka. Sprawdź w aplikacji Tedee."
            )
        },
    }


async def test_locks_of_two_accounts_in_one_call(
    hass: HomeAssistant, sim: Simulator, locks: list[SimLock], account: MockConfigEntry
) -> None:
    """Each lock is reached with the key of its own account."""
    sim.account.add_key(Key(value="demo09.Neighbour", user="neighbour"))
    theirs = sim.account.add_lock("Neighbours", user="neighbour")
    other = MockConfigEntry(
        domain=DOMAIN, unique_id="neighbour", data={**account.data, "token": "demo09.Neighbour"}
    )
    other.add_to_hass(hass)
    await hass.config_entries.async_setup(other.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    sim.clear()

    response = await create(hass, respond=True, entity_id=[DOOR, "lock.neighbours"])

    assert response == {DOOR: CREATED, "lock.neighbours": {"pin_id": 1, "result": "created"}}
    assert {call.resource: call.headers["Authorization"] for call in sim.requests} == {
        f"/my/lock/{locks[0].id}/pin": f"PersonalKey {sim.token}",
        f"/my/lock/{theirs.id}/pin": "PersonalKey demo09.Neighbour",
    }


async def test_each_lock_has_its_own_zone(hass: HomeAssistant, sim: Simulator) -> None:
    """One call, two time zones: nine o'clock is nine o'clock at either door."""
    for name, zone in (("Front door", "Europe/Warsaw"), ("Shed", "Asia/Tokyo")):
        sim.account.add_lock(name, time_zone=zone)
    await add_account(hass, sim)

    await act(
        hass,
        "tedee_cloud.create_pin",
        {**NEW_PIN, "start_date": "2099-01-15 09:00"},
        entity_id=[DOOR, SHED],
    )

    assert [sim.account.lock(name).pins[1]["startDate"] for name in ("Front door", "Shed")] == [
        "2099-01-15T08:00:00.000Z",
        "2099-01-15T00:00:00.000Z",
    ]


@pytest.mark.usefixtures("account")
async def test_bad_input_for_several_locks_reaches_none(
    hass: HomeAssistant, sim: Simulator, locks: list[SimLock]
) -> None:
    """A rule is broken for all of them: it is told once and nothing leaves."""
    with pytest.raises(ServiceValidationError) as caught:
        await act(
            hass,
            "tedee_cloud.create_pin",
            {**NEW_PIN, "end_date": "2020-01-01"},
            respond=True,
            entity_id=[DOOR, SHED, "lock.nowhere"],
        )

    assert said(caught) == "The end date of the PIN has passed already. Give a later one."
    assert sim.requests == []
    assert with_guest(locks) == []


# --- One at a time ----------------------------------------------------------------------------


@pytest.mark.usefixtures("account")
async def test_one_lock_gets_one_call_at_a_time_and_others_do_not_wait(
    hass: HomeAssistant, sim: Simulator, locks: list[SimLock]
) -> None:
    """A PIN call travels to the lock and back; a second one on the way would be refused."""
    script = sim.faults.add(Fault(hold=True), method="POST", path=f"/my/lock/{locks[0].id}/pin")
    first = hass.async_create_task(create(hass, respond=True, entity_id=DOOR))
    await script.held()
    second = hass.async_create_task(act(hass, "tedee_cloud.get_pins", respond=True, entity_id=DOOR))
    third = hass.async_create_task(create(hass, respond=True, entity_id=SHED))

    assert await third == {SHED: CREATED}
    at_first_lock = [call for call in sim.requests if f"/{locks[0].id}/" in call.path]
    assert [call.method for call in at_first_lock] == ["GET", "POST"]
    assert not first.done()
    assert not second.done()

    script.release()
    assert await first == {DOOR: CREATED}
    assert (await second)[DOOR]["pins"] == [
        {"pin_id": 1, "alias": "Cleaner"},
        {"pin_id": 2, "alias": "Guest"},
    ]
    at_first_lock = [call for call in sim.requests if f"/{locks[0].id}/" in call.path]
    assert [(call.method, call.status) for call in at_first_lock] == [
        ("GET", 200),
        ("POST", 201),
        ("GET", 200),
    ]


@pytest.mark.usefixtures("account")
async def test_one_call_for_several_locks_serves_them_side_by_side(
    hass: HomeAssistant, sim: Simulator, locks: list[SimLock]
) -> None:
    """The locks' requests are under way at once."""
    script = sim.faults.add(Fault(hold=True), method="POST", times=None)

    call = hass.async_create_task(create(hass, respond=True, entity_id=[DOOR, SHED, GATE]))
    await script.held(3)
    script.release()

    assert await call == {DOOR: CREATED, SHED: CREATED, GATE: CREATED}
    assert with_guest(locks) == ["Front door", "Shed", "Gate"]


@pytest.mark.usefixtures("account")
async def test_a_change_is_read_and_written_without_another_in_between(
    hass: HomeAssistant, sim: Simulator, locks: list[SimLock]
) -> None:
    """Two changes of one PIN at once: neither wipes out the other."""
    script = sim.faults.add(Fault(hold=True), method="GET", path="/my/lock/*/pin/1")
    changes = [
        hass.async_create_task(
            act(hass, "tedee_cloud.update_pin", {"pin_id": 1, **change}, entity_id=DOOR)
        )
        for change in ({"pin": "604217"}, {"week_days": ["sat"]})
    ]
    await script.held()
    script.release()
    await asyncio.gather(*changes)

    assert [call.method for call in sim.requests] == ["GET", "PUT", "GET", "PUT"]
    assert (locks[0].pins[1]["pin"], locks[0].pins[1]["weekDays"]) == ("604217", 16)


@pytest.mark.usefixtures("account")
async def test_a_failed_call_lets_the_next_one_pass(
    hass: HomeAssistant, sim: Simulator, locks: list[SimLock]
) -> None:
    """A failure does not block the lock's queue."""
    sim.faults.add(Fault(status=428), method="POST")

    with pytest.raises(HomeAssistantError):
        await create(hass, entity_id=DOOR)
    await create(hass, entity_id=DOOR)

    assert [call.status for call in sim.requests] == [200, 428, 200, 201]
    assert with_guest(locks) == ["Front door"]


# --- Who may ----------------------------------------------------------------------------------

ACTIONS: list[tuple[str, dict[str, Any]]] = [
    ("get_pins", {}),
    ("get_pin", {"pin_id": 1, "reveal": True}),
    ("create_pin", NEW_PIN),
    ("update_pin", {"pin_id": 1, "alias": "Burglar"}),
    ("delete_pin", {"pin_id": 1}),
]


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize(("action", "data"), ACTIONS)
async def test_only_administrators_may_manage_pins(
    hass: HomeAssistant,
    hass_read_only_user: User,
    sim: Simulator,
    locks: list[SimLock],
    action: str,
    data: dict[str, Any],
) -> None:
    """Anybody else is refused before a request leaves, and nobody learns a PIN."""
    for user, refusal in (
        (hass_read_only_user.id, Unauthorized),
        ((await hass.auth.async_create_user("Guest", group_ids=["system-users"])).id, Unauthorized),
        ("nobody", UnknownUser),
    ):
        with pytest.raises(refusal):
            await act(
                hass,
                f"tedee_cloud.{action}",
                data,
                respond=True,
                context=Context(user_id=user),
                entity_id=DOOR,
            )

    assert sim.requests == []
    assert locks[0].pins[1]["alias"] == "Cleaner"


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize(("action", "data"), ACTIONS)
@pytest.mark.parametrize("person", [True, False], ids=["administrator", "automation"])
async def test_administrators_and_automations_may(
    hass: HomeAssistant,
    hass_admin_user: User,
    sim: Simulator,
    action: str,
    data: dict[str, Any],
    *,
    person: bool,
) -> None:
    """An automation acts for no user, and passes."""
    context = Context(user_id=hass_admin_user.id if person else None)

    response = await act(
        hass, f"tedee_cloud.{action}", data, respond=True, context=context, entity_id=DOOR
    )

    assert response.keys() == {DOOR}
    assert "error" not in response[DOOR]
    assert len(sim.requests) == {"create_pin": 2, "update_pin": 3}.get(action, 1)


@pytest.mark.usefixtures("account")
async def test_rest_refuses_who_is_no_administrator(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    hass_read_only_access_token: str,
    sim: Simulator,
) -> None:
    """The same over HTTP: 401, no PIN in the answer."""
    assert await async_setup_component(hass, "api", {})
    client = await hass_client(hass_read_only_access_token)

    answer = await client.post(
        f"/api/services/{DOMAIN}/get_pin?return_response",
        json={"entity_id": DOOR, "pin_id": 1, "reveal": True},
    )

    assert answer.status == 401
    assert "482913" not in await answer.text()
    assert sim.requests == []
