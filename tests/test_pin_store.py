"""One PIN on several locks: looked for first, written everywhere, taken back where it must go."""

import asyncio
import gc
import logging
from collections.abc import Collection
from typing import Any
from unittest.mock import patch

import pytest
import voluptuous as vol
from homeassistant.const import EVENT_CALL_SERVICE, MATCH_ALL
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events

from custom_components.tedee_cloud.journal import Journal

from .common import DOMAIN, act, add_account, asked
from .simulator import Fault, SimLock, Simulator

DOOR = "lock.front_door"
SHED = "lock.shed"
GATE = "lock.gate"
ALL = [DOOR, SHED, GATE]
PINS = "/my/lock/*/pin**"
DIGITS = "604217"
DRAWN = ("829173", "739164", "360852", "914730", "506294", "283917")
"""What is drawn, in this order."""
STRANGER = "482913"

STAY: dict[str, Any] = {
    "startDate": "2999-05-01T13:00:00.000Z",
    "endDate": "2999-05-08T09:00:00.000Z",
    "dayStartTime": "2999-05-01T06:00:00.000Z",
    "dayEndTime": "2999-05-01T20:00:00.000Z",
    "weekDays": 31,
}
PERMANENT = dict.fromkeys(STAY)
MOVED: dict[str, Any] = {"start_date": "2999-05-03 15:00", "end_date": "2999-05-10 11:00"}
MOVED_WIRE = {"startDate": "2999-05-03T13:00:00.000Z", "endDate": "2999-05-10T09:00:00.000Z"}

FULL = "{} has no room for another PIN. Delete one that is no longer needed."
EXISTS = "{} has a PIN with these digits already. Choose other digits."
TAKEN_BACK = (
    "{} was left as it was, because another lock refused the PIN. Put that right and try again."
)
LEFT_BEHIND = (
    "{} may still hold the PIN Guest, which could not be taken back. "
    "Delete it with the action Delete PIN."
)
NOT_PUT_BACK = (
    "{} may still have the PIN Guest as this call changed it, which could not be undone. "
    "The action Get PIN tells."
)
UNFINISHED = (
    "The Tedee cloud gave no clear answer, twice, and {} has not stored the change so far. "
    "Look with the action Get PINs before you try again."
)
UNKNOWN = (
    "No clear answer came from the Tedee cloud, so it is not certain whether {} has stored the "
    "change. The action Get PINs tells."
)
UNREACHABLE = (
    "The PINs of {} cannot be reached: it is offline, or has no keypad or bridge. "
    "Check in the Tedee app."
)

pytestmark = pytest.mark.usefixtures("account", "pauses")


@pytest.fixture(autouse=True)
def unwatched(pins_unwatched: None) -> None:
    """Let nobody else ask for PINs."""


@pytest.fixture
def locks(sim: Simulator) -> list[SimLock]:
    """Put three locks into the account, each with a PIN of somebody else."""
    added = [sim.account.add_lock(name) for name in ("Front door", "Shed", "Gate")]
    for lock in added:
        lock.pins.add("Cleaner", STRANGER)
    return added


@pytest.fixture
async def account(hass: HomeAssistant, sim: Simulator, locks: list[SimLock]) -> MockConfigEntry:
    """Add the account with its three locks."""
    assert len(locks) == 3
    return await add_account(hass, sim)


@pytest.fixture
def draws() -> Any:
    """Let known digits be drawn, and return how often that was."""
    with patch(f"custom_components.{DOMAIN}.pin_store.draw_pin", side_effect=DRAWN) as drawn:
        yield drawn


async def create(
    hass: HomeAssistant, *entity_ids: str, respond: bool = True, **data: Any
) -> dict[str, Any]:
    """Create the guest's PIN."""
    response: dict[str, Any] = await act(
        hass,
        f"{DOMAIN}.create_pin",
        {"alias": "Guest", **data},
        respond=respond,
        entity_id=list(entity_ids or ALL),
    )
    return response


async def refusal(
    hass: HomeAssistant, *entity_ids: str, respond: bool = True, **data: Any
) -> HomeAssistantError:
    """Return with what creating the guest's PIN fails."""
    with pytest.raises(HomeAssistantError) as caught:
        await create(hass, *entity_ids, respond=respond, **data)
    return caught.value


def reasons(err: HomeAssistantError) -> str:
    """Return what is said of the locks of a call that failed on several."""
    assert err.translation_key == "several_failed"
    assert err.translation_placeholders is not None
    return err.translation_placeholders["reasons"]


def at(sim: Simulator, lock: SimLock, fault: Fault, method: str, **where: Any) -> None:
    """Let something go wrong with the PINs of one lock."""
    sim.faults.add(fault, method=method, path=f"/my/lock/{lock.id}/pin**", **where)


def guest(lock: SimLock) -> dict[str, Any] | None:
    """Return the guest's PIN in a lock."""
    pin_id = lock.pins.find("Guest")
    return None if pin_id is None else lock.pins[pin_id]


def guests(locks: list[SimLock]) -> list[str | None]:
    """Return the guest's digits in each lock."""
    return [pin["pin"] if pin else None for pin in map(guest, locks)]


# --- Where the name is there already ----------------------------------------------------------


@pytest.mark.parametrize("asked_for", [{}, {"if_exists": "fail"}])
async def test_a_name_that_is_there_is_refused(
    hass: HomeAssistant, sim: Simulator, locks: list[SimLock], asked_for: dict[str, Any]
) -> None:
    """With the id it has; nothing is written."""
    door = locks[0]
    pin_id = door.pins.add("Guest", DIGITS, **STAY)

    err = await refusal(hass, DOOR, **asked_for)

    assert isinstance(err, ServiceValidationError)
    assert str(err) == (
        f"Front door has a PIN named Guest already (pin_id {pin_id}). "
        "Choose another name or change that PIN; "
        "the action Create PIN can also say with if_exists what to do with it"
    )
    assert asked(sim, door) == ["GET"]
    assert guest(door) == {"alias": "Guest", "pin": DIGITS, **STAY}


@pytest.mark.parametrize("if_exists", ["fail", "update", "keep"])
async def test_a_name_that_is_new_is_stored(
    hass: HomeAssistant, sim: Simulator, locks: list[SimLock], if_exists: str
) -> None:
    """Whatever was to be done with one that is there."""
    door = locks[0]

    response = await create(hass, DOOR, pin=DIGITS, if_exists=if_exists)

    assert response == {DOOR: {"pin_id": 2, "result": "created"}}
    assert asked(sim, door) == ["GET", "POST"]
    assert guest(door) == {"alias": "Guest", "pin": DIGITS, **PERMANENT}


async def test_a_moved_booking_is_one_call(
    hass: HomeAssistant, sim: Simulator, locks: list[SimLock]
) -> None:
    """The dates change; the digits, the hours and the week days stay."""
    door = locks[0]
    pin_id = door.pins.add("Guest", DIGITS, **STAY)

    response = await create(hass, DOOR, if_exists="update", **MOVED)

    assert response == {DOOR: {"pin_id": pin_id, "result": "updated", "pin": DIGITS}}
    assert guest(door) == {"alias": "Guest", "pin": DIGITS, **STAY, **MOVED_WIRE}
    assert asked(sim, door) == ["GET", f"GET /{pin_id}", f"PUT /{pin_id}"]
    assert len(door.pins) == 2


@pytest.mark.parametrize(("there", "said"), [("Guest", " Guest\n"), ("Guest ", "Guest")])
async def test_blanks_around_a_name_do_not_count(
    hass: HomeAssistant, locks: list[SimLock], there: str, said: str
) -> None:
    """Neither those a template leaves nor those typed in elsewhere make another guest of one."""
    door = locks[0]
    pin_id = door.pins.add(there, DIGITS)

    response = await create(hass, DOOR, alias=said, if_exists="update", **MOVED)

    assert response == {DOOR: {"pin_id": pin_id, "result": "updated", "pin": DIGITS}}
    assert guest(door) == {"alias": "Guest", "pin": DIGITS, **PERMANENT, **MOVED_WIRE}
    assert len(door.pins) == 2


async def test_an_update_can_bring_other_digits(hass: HomeAssistant, locks: list[SimLock]) -> None:
    """They were given, so the response does not repeat them; the schedule stays."""
    door = locks[0]
    pin_id = door.pins.add("Guest", DIGITS, **STAY)

    response = await create(hass, DOOR, if_exists="update", pin="918273")

    assert response == {DOOR: {"pin_id": pin_id, "result": "updated"}}
    assert guest(door) == {"alias": "Guest", "pin": "918273", **STAY}


async def test_an_update_can_lift_a_limit(hass: HomeAssistant, locks: list[SimLock]) -> None:
    """A field given as null is lifted, as in `update_pin`."""
    door = locks[0]
    door.pins.add("Guest", DIGITS, **STAY)

    await create(hass, DOOR, if_exists="update", week_days=None, end_date=None)

    assert guest(door) == {
        "alias": "Guest",
        "pin": DIGITS,
        **STAY,
        "weekDays": None,
        "endDate": None,
    }


@pytest.mark.parametrize("given", [{}, {"pin": DIGITS}, {"end_date": "2999-05-08 11:00"}])
async def test_an_update_that_changes_nothing_writes_nothing(
    hass: HomeAssistant, sim: Simulator, locks: list[SimLock], given: dict[str, Any]
) -> None:
    """The same call again costs two questions."""
    door = locks[0]
    pin_id = door.pins.add("Guest", DIGITS, **STAY)

    response = await create(hass, DOOR, if_exists="update", **given)

    assert response[DOOR]["result"] == "kept"
    assert asked(sim, door) == ["GET", f"GET /{pin_id}"]


async def test_a_pin_that_is_to_be_kept_is_left_alone(
    hass: HomeAssistant, sim: Simulator, locks: list[SimLock]
) -> None:
    """Other dates or not; who gave no digits learns those it has."""
    door = locks[0]
    pin_id = door.pins.add("Guest", DIGITS, **STAY)

    response = await create(hass, DOOR, if_exists="keep", **MOVED)

    assert response == {DOOR: {"pin_id": pin_id, "result": "kept", "pin": DIGITS}}
    assert guest(door) == {"alias": "Guest", "pin": DIGITS, **STAY}
    assert asked(sim, door) == ["GET", f"GET /{pin_id}"]


async def test_a_pin_that_is_to_be_kept_is_not_shown_to_who_gave_digits(
    hass: HomeAssistant, sim: Simulator, locks: list[SimLock]
) -> None:
    """Neither read nor told: the digits in the lock are none of the caller's."""
    door = locks[0]
    pin_id = door.pins.add("Guest", DIGITS, **STAY)

    response = await create(hass, DOOR, if_exists="keep", pin="918273")

    assert response == {DOOR: {"pin_id": pin_id, "result": "kept"}}
    assert asked(sim, door) == ["GET"]


AMBIGUOUS: list[tuple[str, dict[str, Any]]] = [
    ("create_pin", {"alias": "Guest", "if_exists": "update"}),
    ("create_pin", {"alias": "Guest", "if_exists": "keep"}),
    ("create_pin", {"alias": "Guest", "if_exists": "keep", "pin": "918273"}),
    ("add_guest", {"alias": "Guest", "arrival": "2999-05-01", "departure": "2999-05-02"}),
    ("remove_guest", {"alias": "Guest"}),
    ("get_pin", {"alias": "Guest"}),
    ("update_pin", {"current_alias": "Guest", "alias": "Friend"}),
    ("delete_pin", {"alias": "Guest"}),
]


@pytest.mark.parametrize(("action", "data"), AMBIGUOUS)
async def test_a_name_of_several_pins_is_refused_with_their_ids(
    hass: HomeAssistant, sim: Simulator, locks: list[SimLock], action: str, data: dict[str, Any]
) -> None:
    """The cloud lets several PINs share a name, and none is picked at random."""
    door = locks[0]
    door.pins.add("Guest", DIGITS, pin_id=7)
    door.pins.add("Guest", "739164", pin_id=5)

    with pytest.raises(ServiceValidationError) as caught:
        await act(hass, f"{DOMAIN}.{action}", data, respond=True, entity_id=DOOR)

    assert str(caught.value) == (
        "Front door has several PINs named Guest. Name the one you mean by its pin_id: 5, 7"
    )
    assert asked(sim, door) == ["GET"]


async def test_a_name_of_several_pins_is_there_already(
    hass: HomeAssistant, locks: list[SimLock]
) -> None:
    """A new PIN of that name is refused with all their ids."""
    for digits in (DIGITS, "739164"):
        locks[0].pins.add("Guest", digits)

    err = await refusal(hass, DOOR)

    assert err.translation_key == "alias_exists"
    assert err.translation_placeholders is not None
    assert err.translation_placeholders["ids"] == "2, 3"


@pytest.mark.parametrize(
    "data", [{"if_exists": "replace"}, {"if_exists": None}, {"pin": DIGITS, "length": 6}]
)
async def test_what_makes_no_sense_is_refused(
    hass: HomeAssistant, sim: Simulator, data: dict[str, Any]
) -> None:
    """Before any request leaves."""
    with pytest.raises(vol.Invalid):
        await create(hass, **data)

    assert sim.calls(path=PINS) == []


# --- Several locks ----------------------------------------------------------------------------


async def test_every_lock_is_tried_and_told_apart(
    hass: HomeAssistant, sim: Simulator, locks: list[SimLock]
) -> None:
    """One is new, one has the PIN, one is offline: each has its answer."""
    locks[1].pins.add("Guest", DIGITS)
    locks[2].connected = False

    response = await create(hass, pin=DIGITS, if_exists="update", week_days=["mon"])

    assert response == {
        DOOR: {"pin_id": 2, "result": "created"},
        SHED: {"pin_id": 2, "result": "updated"},
        GATE: {"error": UNREACHABLE.format("Gate")},
    }
    assert [pin and pin["weekDays"] for pin in map(guest, locks)] == [64, 64, None]
    assert [asked(sim, lock) for lock in locks] == [
        ["GET", "POST"],
        ["GET", "GET /2", "PUT /2"],
        ["GET"],
    ]


async def test_a_call_without_a_response_raises_and_serves_the_others(
    hass: HomeAssistant, sim: Simulator, locks: list[SimLock]
) -> None:
    """The sentence names each lock that failed; what was stored stays."""
    at(sim, locks[0], Fault(status=412), "POST")
    locks[2].connected = False

    err = await refusal(hass, respond=False, pin=DIGITS)

    assert reasons(err) == (
        f"{DOOR}: {FULL.format('Front door')} {GATE}: {UNREACHABLE.format('Gate')}"
    )
    assert guests(locks) == [None, DIGITS, None]


async def test_a_lock_that_lacks_the_pin_gets_the_digits_of_the_others(
    hass: HomeAssistant, draws: Any, locks: list[SimLock]
) -> None:
    """Nothing is drawn where the guest knows digits already."""
    locks[1].pins.add("Guest", DIGITS)

    response = await create(hass, if_exists="update")

    assert response == {
        DOOR: {"pin_id": 2, "result": "created", "pin": DIGITS},
        SHED: {"pin_id": 2, "result": "kept", "pin": DIGITS},
        GATE: {"pin_id": 2, "result": "created", "pin": DIGITS},
    }
    assert guests(locks) == [DIGITS] * 3
    assert draws.call_count == 0


# --- Drawn digits -----------------------------------------------------------------------------


async def test_drawn_digits_are_the_same_on_all_locks(
    hass: HomeAssistant, sim: Simulator, locks: list[SimLock]
) -> None:
    """And in the response, for each lock."""
    response = await create(hass)

    [digits] = {answer["pin"] for answer in response.values()}
    assert response == {
        name: {"pin_id": 2, "result": "created", "pin": digits} for name in (DOOR, SHED, GATE)
    }
    assert guests(locks) == [digits] * 3
    assert [asked(sim, lock) for lock in locks] == [["GET", "POST"]] * 3


async def test_other_digits_are_drawn_each_time(hass: HomeAssistant, locks: list[SimLock]) -> None:
    """Ten PINs, and no digits twice."""
    responses = [await create(hass, DOOR, alias=f"Guest {number}") for number in range(10)]

    assert len({response[DOOR]["pin"] for response in responses}) == 10
    assert len(locks[0].pins) == 11


async def test_drawn_digits_are_in_the_response_and_nowhere_else(
    hass: HomeAssistant,
    sim: Simulator,
    locks: list[SimLock],
    account: MockConfigEntry,
    caplog: pytest.LogCaptureFixture,
    hass_storage: dict[str, Any],
) -> None:
    """Not in the log at debug level, not in an event, a state or a file."""
    caplog.set_level(logging.DEBUG)
    events = async_capture_events(hass, MATCH_ALL)
    at(sim, locks[1], Fault(status=504, worked=True), "POST")

    response = await create(hass)
    moved = await create(hass, if_exists="update", **MOVED)
    at(sim, locks[1], Fault(status=412), "POST")
    err = await refusal(hass, DOOR, SHED, alias="Other", all_or_nothing=True)
    await hass.async_block_till_done(wait_background_tasks=True)

    sent = {call.json["pin"] for call in sim.calls(path=PINS) if call.json}
    [digits] = {answer["pin"] for answer in response.values()}
    assert {answer["pin"] for answer in moved.values()} == {digits}
    assert len(sent) == 2
    assert digits in sent
    said = [record.getMessage() + (record.exc_text or "") for record in caplog.records]
    shown = [repr(event) + repr(event.data) for event in events]
    shown += [repr(state.as_dict()) for state in hass.states.async_all()]
    shown += [repr(hass_storage), repr(err), str(err), repr(vars(err)), repr(err.__cause__)]
    shown += [repr(vars(account.runtime_data)), repr(vars(account.runtime_data.kept.journal))]
    assert [text for text in said + shown for secret in sent if secret in text] == []
    assert any(event.event_type == EVENT_CALL_SERVICE for event in events)
    assert any("tedee_cloud" in text for text in said)


async def test_digits_that_nobody_would_see_are_not_drawn(
    hass: HomeAssistant, sim: Simulator
) -> None:
    """A call without a response would lose them."""
    err = await refusal(hass, respond=False)

    assert isinstance(err, ServiceValidationError)
    assert err.translation_key == "response_needed"
    assert sim.calls(path=PINS) == []


async def test_drawn_digits_are_free_on_all_locks(
    hass: HomeAssistant, sim: Simulator, draws: Any, locks: list[SimLock]
) -> None:
    """One lock has them: others are drawn, and where the first were stored they are replaced."""
    locks[1].pins.add("Neighbour", DRAWN[0])
    locks[2].pins.add("Neighbour", DRAWN[1])

    response = await create(hass, end_date="2099-05-08T11:00:00Z")

    assert response == {
        DOOR: {"pin_id": 2, "result": "created", "pin": DRAWN[2]},
        SHED: {"pin_id": 3, "result": "created", "pin": DRAWN[2]},
        GATE: {"pin_id": 3, "result": "created", "pin": DRAWN[2]},
    }
    assert [guest(lock) for lock in locks] == [
        {"alias": "Guest", "pin": DRAWN[2], **PERMANENT, "endDate": "2099-05-08T11:00:00.000Z"}
    ] * 3
    assert draws.call_count == 3
    assert [asked(sim, lock) for lock in locks] == [
        ["GET", "POST", "PUT /2", "PUT /2"],
        ["GET", "POST", "POST", "PUT /3"],
        ["GET", "POST", "PUT /3", "PUT /3"],
    ]


async def test_digits_are_not_drawn_for_ever(
    hass: HomeAssistant, sim: Simulator, draws: Any, locks: list[SimLock]
) -> None:
    """A cloud that finds all of them taken ends it; the others hold what was drawn last."""
    at(sim, locks[1], Fault(status=406), "POST", times=None)

    response = await create(hass)

    assert response == {
        DOOR: {"pin_id": 2, "result": "created", "pin": DRAWN[4]},
        SHED: {"error": EXISTS.format("Shed")},
        GATE: {"pin_id": 2, "result": "created", "pin": DRAWN[4]},
    }
    assert draws.call_count == 5
    assert guests(locks) == [DRAWN[4], None, DRAWN[4]]


async def test_given_digits_are_never_exchanged(
    hass: HomeAssistant, sim: Simulator, draws: Any, locks: list[SimLock]
) -> None:
    """Where they are taken, that is what is said."""
    locks[1].pins.add("Neighbour", DIGITS)

    response = await create(hass, pin=DIGITS)

    assert response == {
        DOOR: {"pin_id": 2, "result": "created"},
        SHED: {"error": EXISTS.format("Shed")},
        GATE: {"pin_id": 2, "result": "created"},
    }
    assert draws.call_count == 0
    assert asked(sim, locks[1]) == ["GET", "POST"]


async def test_digits_that_a_guest_knows_are_never_exchanged(
    hass: HomeAssistant, draws: Any, locks: list[SimLock]
) -> None:
    """They open one door already, so a second one that has them taken is told."""
    locks[0].pins.add("Guest", DIGITS)
    locks[1].pins.add("Neighbour", DIGITS)

    response = await create(hass, DOOR, SHED, if_exists="update")

    assert response == {
        DOOR: {"pin_id": 2, "result": "kept", "pin": DIGITS},
        SHED: {"error": EXISTS.format("Shed")},
    }
    assert draws.call_count == 0


# --- Drawn digits are not lost ----------------------------------------------------------------


def lose_the_answer(sim: Simulator, lock: SimLock, method: str = "POST") -> None:
    """Let a lock carry out a write, and not be there to be asked afterwards."""
    at(sim, lock, Fault(status=504, worked=True), method)
    at(sim, lock, Fault(status=428), "GET", after=1, times=None)


async def test_digits_that_a_lock_may_hold_are_told(
    hass: HomeAssistant, sim: Simulator, draws: Any, locks: list[SimLock]
) -> None:
    """The only lock of a call: an exception would lose the digits of a PIN that opens the door."""
    lose_the_answer(sim, locks[0])

    response = await create(hass, DOOR)

    assert response == {DOOR: {"error": UNKNOWN.format("Front door"), "pin": DRAWN[0]}}
    assert guests(locks)[0] == DRAWN[0]
    assert draws.call_count == 1


async def test_digits_that_a_lock_may_hold_from_an_earlier_draw_are_told(
    hass: HomeAssistant, sim: Simulator, draws: Any, locks: list[SimLock]
) -> None:
    """Others were drawn since; the lock that cannot be asked is named with its own."""
    lose_the_answer(sim, locks[0])
    locks[1].pins.add("Neighbour", DRAWN[0])

    response = await create(hass, DOOR, SHED)

    assert response == {
        DOOR: {"error": UNKNOWN.format("Front door"), "pin": DRAWN[0]},
        SHED: {"pin_id": 3, "result": "created", "pin": DRAWN[1]},
    }
    assert guests(locks)[:2] == [DRAWN[0], DRAWN[1]]
    assert draws.call_count == 2


async def test_digits_of_a_pin_that_the_list_does_not_show_yet_are_told(
    hass: HomeAssistant, sim: Simulator, draws: Any, locks: list[SimLock]
) -> None:
    """The second try finds them taken, by the first: others would make a second PIN."""
    sim.settings.pin_list_lag = 60
    at(sim, locks[0], Fault(status=504, worked=True), "POST")

    response = await create(hass, DOOR)

    assert response == {DOOR: {"error": UNKNOWN.format("Front door"), "pin": DRAWN[0]}}
    assert [pin["pin"] for pin in locks[0].pins.entries.values()] == [STRANGER, DRAWN[0]]
    assert [call.status for call in sim.calls("POST")] == [504, 406]
    assert draws.call_count == 1


async def test_digits_that_may_come_yet_are_told(
    hass: HomeAssistant, sim: Simulator, draws: Any, locks: list[SimLock]
) -> None:
    """Neither try is there so far, which does not say that neither will be."""
    at(sim, locks[0], Fault(status=504), "POST", times=None)

    response = await create(hass, DOOR)

    assert response == {DOOR: {"error": UNFINISHED.format("Front door"), "pin": DRAWN[0]}}
    assert guests(locks)[0] is None
    assert draws.call_count == 1


async def test_digits_that_could_not_be_replaced_are_told(
    hass: HomeAssistant, sim: Simulator, draws: Any, locks: list[SimLock]
) -> None:
    """A lock holds the first draw and cannot be given the second one."""
    locks[1].pins.add("Neighbour", DRAWN[0])
    at(sim, locks[0], Fault(status=428), "PUT")

    response = await create(hass, DOOR, SHED)

    assert response == {
        DOOR: {"error": UNREACHABLE.format("Front door"), "pin": DRAWN[0]},
        SHED: {"pin_id": 3, "result": "created", "pin": DRAWN[1]},
    }
    assert guests(locks)[:2] == [DRAWN[0], DRAWN[1]]
    assert draws.call_count == 2


async def test_digits_that_no_lock_holds_are_forgotten(
    hass: HomeAssistant, sim: Simulator, draws: Any, locks: list[SimLock]
) -> None:
    """Every lock has refused: the call raises, as it does with given digits."""
    for lock in locks:
        at(sim, lock, Fault(status=412), "POST")

    err = await refusal(hass)

    assert reasons(err) == " ".join(
        f"{entity_id}: {FULL.format(lock.name)}"
        for entity_id, lock in zip((DOOR, GATE, SHED), (locks[0], locks[2], locks[1]), strict=True)
    )
    assert guests(locks) == [None] * 3
    assert draws.call_count == 1


# --- All or nothing ---------------------------------------------------------------------------


async def test_all_or_nothing_stores_it_on_all(hass: HomeAssistant, locks: list[SimLock]) -> None:
    """Where no lock refuses, there is nothing to take back."""
    response = await create(hass, pin=DIGITS, all_or_nothing=True)

    assert {answer["result"] for answer in response.values()} == {"created"}
    assert guests(locks) == [DIGITS] * 3


@pytest.mark.parametrize("digits", [{}, {"pin": DIGITS}])
@pytest.mark.parametrize("respond", [True, False])
async def test_what_was_stored_is_taken_back(
    hass: HomeAssistant,
    sim: Simulator,
    locks: list[SimLock],
    digits: dict[str, Any],
    *,
    respond: bool,
) -> None:
    """One lock is full: no lock has the PIN in the end, and each is named with its reason."""
    if not respond and not digits:
        digits = {"pin": "918273"}
    at(sim, locks[1], Fault(status=412), "POST")

    err = await refusal(hass, respond=respond, all_or_nothing=True, **digits)

    assert reasons(err) == (
        f"{DOOR}: {TAKEN_BACK.format('Front door')} "
        f"{GATE}: {TAKEN_BACK.format('Gate')} "
        f"{SHED}: {FULL.format('Shed')}"
    )
    assert guests(locks) == [None] * 3
    assert [len(lock.pins) for lock in locks] == [1, 1, 1]
    assert asked(sim, locks[0]) == ["GET", "POST", "DELETE /2"]
    assert asked(sim, locks[1]) == ["GET", "POST"]


async def test_what_was_changed_is_put_back_as_it_was(
    hass: HomeAssistant, sim: Simulator, locks: list[SimLock]
) -> None:
    """All of it: digits, dates, hours and week days; what was kept is left alone."""
    door, shed, gate = locks
    door.pins.add("Guest", DIGITS, **STAY)
    gate.pins.add("Guest", "918273", **{**STAY, **MOVED_WIRE})
    at(sim, shed, Fault(status=412), "POST")

    err = await refusal(hass, if_exists="update", all_or_nothing=True, pin="918273", **MOVED)

    assert f"{DOOR}: {TAKEN_BACK.format('Front door')}" in reasons(err)
    assert f"{GATE}: {TAKEN_BACK.format('Gate')}" in reasons(err)
    assert guest(door) == {"alias": "Guest", "pin": DIGITS, **STAY}
    assert guest(gate) == {"alias": "Guest", "pin": "918273", **STAY, **MOVED_WIRE}
    assert asked(sim, door) == ["GET", "GET /2", "PUT /2", "PUT /2"]
    assert asked(sim, gate) == ["GET", "GET /2"]


async def test_what_may_have_been_stored_is_taken_back(
    hass: HomeAssistant, sim: Simulator, locks: list[SimLock]
) -> None:
    """A write whose outcome was unknown is undone as soon as the lock can be asked again."""
    door, shed, _ = locks
    shed.pins.add("Guest", DIGITS, **STAY)
    at(sim, door, Fault(status=504, worked=True), "POST")
    at(sim, door, Fault(status=428), "GET", after=1, times=2)
    at(sim, shed, Fault(status=504, worked=True), "PUT")
    at(sim, shed, Fault(status=428), "GET", after=2, times=2)

    err = await refusal(hass, DOOR, SHED, if_exists="update", all_or_nothing=True, **MOVED)

    assert reasons(err) == (
        f"{DOOR}: {UNFINISHED.format('Front door')} {SHED}: {UNFINISHED.format('Shed')}"
    )
    assert guest(door) is None
    assert guest(shed) == {"alias": "Guest", "pin": DIGITS, **STAY}


async def test_what_the_list_does_not_show_yet_is_taken_back(
    hass: HomeAssistant, sim: Simulator, locks: list[SimLock]
) -> None:
    """The id of what was stored is known."""
    sim.settings.pin_list_lag = 60
    at(sim, locks[1], Fault(status=412), "POST")

    err = await refusal(hass, DOOR, SHED, all_or_nothing=True)

    assert f"{DOOR}: {TAKEN_BACK.format('Front door')}" in reasons(err)
    assert guests(locks) == [None] * 3


@pytest.mark.parametrize(("worked", "lag", "error"), [(True, 60, UNKNOWN), (False, 0, UNFINISHED)])
async def test_what_may_come_yet_is_not_said_to_be_taken_back(
    hass: HomeAssistant,
    sim: Simulator,
    draws: Any,
    locks: list[SimLock],
    *,
    worked: bool,
    lag: float,
    error: str,
) -> None:
    """The list does not show it, so its digits are told; the other lock is left as it was."""
    sim.settings.pin_list_lag = lag
    at(sim, locks[0], Fault(status=504, worked=worked), "POST", times=1 if worked else 2)

    response = await create(hass, DOOR, SHED, all_or_nothing=True)

    assert response == {
        DOOR: {"error": error.format("Front door"), "pin": DRAWN[0]},
        SHED: {"error": TAKEN_BACK.format("Shed")},
    }
    assert guests(locks) == [DRAWN[0] if worked else None, None, None]
    assert draws.call_count == 1


async def test_a_pin_of_this_name_from_elsewhere_is_not_taken_back(
    hass: HomeAssistant, sim: Simulator, locks: list[SimLock]
) -> None:
    """Somebody made it while ours was on its way; its digits tell."""
    door = locks[0]
    script = sim.faults.add(Fault(status=504, hold=True, worked=True), method="POST")
    at(sim, door, Fault(status=428), "GET", after=1, times=2)
    at(sim, locks[1], Fault(status=412), "POST")

    call = hass.async_create_task(create(hass, DOOR, SHED, pin=DIGITS, all_or_nothing=True))
    await script.held()
    door.pins.add("Guest", "739164")
    script.release()
    with pytest.raises(HomeAssistantError):
        await call

    assert [pin["pin"] for pin in door.pins.entries.values()] == [STRANGER, "739164"]


async def test_what_could_not_be_taken_back_is_said(
    hass: HomeAssistant, sim: Simulator, locks: list[SimLock]
) -> None:
    """A lock that went offline still has it, and a person is told what to do."""
    door, shed, gate = locks
    gate.pins.add("Guest", DIGITS, **STAY)
    at(sim, shed, Fault(status=412), "POST")
    at(sim, door, Fault(status=428), "DELETE", times=None)
    at(sim, gate, Fault(status=428), "PUT", after=1, times=None)

    err = await refusal(hass, if_exists="update", all_or_nothing=True, **MOVED)

    assert reasons(err) == (
        f"{DOOR}: {LEFT_BEHIND.format('Front door')} "
        f"{GATE}: {NOT_PUT_BACK.format('Gate')} "
        f"{SHED}: {FULL.format('Shed')}"
    )
    assert guests(locks) == [DIGITS, None, DIGITS]


@pytest.mark.parametrize("known", [True, False])
async def test_drawn_digits_that_could_not_be_taken_back_are_told(
    hass: HomeAssistant, sim: Simulator, locks: list[SimLock], draws: Any, *, known: bool
) -> None:
    """Whether they were stored for certain or perhaps: the call does not raise."""
    if not known:
        lose_the_answer(sim, locks[0])
    at(sim, locks[0], Fault(status=428), "DELETE", times=None)
    at(sim, locks[1], Fault(status=412), "POST")

    response = await create(hass, DOOR, SHED, all_or_nothing=True)

    assert response == {
        DOOR: {"error": LEFT_BEHIND.format("Front door"), "pin": DRAWN[0]},
        SHED: {"error": FULL.format("Shed")},
    }
    assert guests(locks)[:2] == [DRAWN[0], None]
    assert draws.call_count == 1


@pytest.mark.parametrize("digits", [{}, {"pin": DIGITS}])
async def test_nothing_is_written_where_a_lock_cannot_be_asked(
    hass: HomeAssistant, sim: Simulator, locks: list[SimLock], digits: dict[str, Any]
) -> None:
    """All are looked at before the first write."""
    locks[1].connected = False

    err = await refusal(hass, all_or_nothing=True, **digits)

    assert reasons(err) == (
        f"{DOOR}: {TAKEN_BACK.format('Front door')} "
        f"{GATE}: {TAKEN_BACK.format('Gate')} "
        f"{SHED}: {UNREACHABLE.format('Shed')}"
    )
    assert [asked(sim, lock) for lock in locks] == [["GET"]] * 3


async def test_nothing_is_asked_where_a_target_is_no_lock(
    hass: HomeAssistant, sim: Simulator, locks: list[SimLock]
) -> None:
    """All or nothing: a name that leads nowhere is known before the first request."""
    err = await refusal(hass, DOOR, "lock.nowhere", pin=DIGITS, all_or_nothing=True)

    assert err.translation_key == "entity_unknown"
    assert sim.calls(path=PINS) == []
    assert guests(locks) == [None] * 3


async def test_a_target_that_is_no_lock_does_not_keep_the_others(
    hass: HomeAssistant, locks: list[SimLock]
) -> None:
    """Without all or nothing."""
    response = await create(hass, DOOR, "lock.nowhere", pin=DIGITS)

    assert response == {
        DOOR: {"pin_id": 2, "result": "created"},
        "lock.nowhere": {
            "error": "There is no entity lock.nowhere. Correct the target of the action."
        },
    }
    assert guests(locks)[0] == DIGITS


# --- A caller who leaves ----------------------------------------------------------------------


async def leave(task: asyncio.Task[Any]) -> None:
    """Let a caller leave before the answer."""
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def settled(hass: HomeAssistant, caplog: pytest.LogCaptureFixture) -> None:
    """Wait for the end of everything; nothing of it is anything for the log."""
    await hass.async_block_till_done(wait_background_tasks=True)
    gc.collect()  # a task whose exception nobody looks at complains when it is thrown away
    assert [text for _, level, text in caplog.record_tuples if level >= logging.ERROR] == []


async def test_what_is_stored_for_a_caller_who_left_is_taken_back(
    hass: HomeAssistant, sim: Simulator, locks: list[SimLock], caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody would know the digits: what is new goes, what was there is as it was."""
    door, shed, gate = locks
    shed.pins.add("Guest", DIGITS, **STAY)
    script = sim.faults.add(Fault(hold=True, worked=True), method="POST", times=2)

    call = hass.async_create_task(create(hass, if_exists="update", **MOVED))
    await script.held(2)
    assert [len(lock.pins) for lock in locks] == [2, 2, 2]
    await leave(call)
    script.release()

    await settled(hass, caplog)
    assert [len(lock.pins) for lock in locks] == [1, 2, 1]
    assert guest(shed) == {"alias": "Guest", "pin": DIGITS, **STAY}
    for lock in (door, gate):
        assert asked(sim, lock) == ["GET", "POST", "DELETE /2"]


async def test_nothing_is_stored_for_a_caller_who_left_in_time(
    hass: HomeAssistant, sim: Simulator, locks: list[SimLock], caplog: pytest.LogCaptureFixture
) -> None:
    """While the locks were still being asked."""
    script = sim.faults.add(Fault(hold=True), method="GET", path=PINS)

    call = hass.async_create_task(create(hass))
    await script.held()
    await leave(call)
    script.release()

    await settled(hass, caplog)
    assert [asked(sim, lock) for lock in locks] == [["GET"]] * 3


async def test_a_failure_after_the_caller_has_left_is_nothing_for_the_log(
    hass: HomeAssistant, sim: Simulator, locks: list[SimLock], caplog: pytest.LogCaptureFixture
) -> None:
    """Nor does it keep the other locks from being taken back."""
    at(sim, locks[0], Fault(status=428), "GET")
    at(sim, locks[1], Fault(status=412, hold=True), "POST")
    script = sim.faults.add(Fault(hold=True, worked=True), method="POST")

    call = hass.async_create_task(create(hass))
    await script.held()
    await leave(call)
    sim.faults.clear()

    await settled(hass, caplog)
    assert [len(lock.pins) for lock in locks] == [1, 1, 1]


async def test_a_caller_may_leave_at_the_last_moment(
    hass: HomeAssistant, locks: list[SimLock], caplog: pytest.LogCaptureFixture
) -> None:
    """Everything is stored, and only the journal is still being written."""
    calls: list[asyncio.Task[Any]] = []
    real = Journal.async_end

    async def end(journal: Journal, keys: Collection[str]) -> None:
        if len(locks[0].pins) == 2:
            await leave(calls[0])
        await real(journal, keys)

    with patch.object(Journal, "async_end", end):
        calls.append(hass.async_create_task(create(hass)))
        await asyncio.wait(calls)
        await settled(hass, caplog)

    assert calls[0].cancelled()
    assert [len(lock.pins) for lock in locks] == [1, 1, 1]


async def test_what_could_not_be_taken_back_then_is_taken_back_later(
    hass: HomeAssistant, sim: Simulator, locks: list[SimLock], caplog: pytest.LogCaptureFixture
) -> None:
    """The lock went offline, and nobody is there to be told: the next call finds it gone."""
    door = locks[0]
    script = sim.faults.add(Fault(hold=True, worked=True), method="POST")

    call = hass.async_create_task(create(hass, DOOR))
    await script.held()
    await leave(call)
    door.connected = False
    script.release()
    await settled(hass, caplog)
    assert len(door.pins) == 2

    door.connected = True
    sim.clear()
    response = await act(hass, f"{DOMAIN}.get_pins", respond=True, entity_id=DOOR)

    assert response[DOOR]["pins"] == [{"pin_id": 1, "alias": "Cleaner"}]
    assert asked(sim, door) == ["GET", "GET /2", "DELETE /2", "GET"]


async def test_what_comes_too_late_for_a_caller_who_left_is_taken_back_later(
    hass: HomeAssistant, sim: Simulator, locks: list[SimLock], caplog: pytest.LogCaptureFixture
) -> None:
    """The write was not there when everything was over, and came in the end."""
    door = locks[0]
    script = sim.faults.add(Fault(status=504, hold=True), method="POST", times=2)

    call = hass.async_create_task(create(hass, DOOR, **MOVED))
    await script.held()
    await leave(call)
    script.release()
    await settled(hass, caplog)
    door.pins.create(
        script.struck[0].json | {"dayStartTime": None, "dayEndTime": None, "weekDays": None}
    )

    response = await act(hass, f"{DOMAIN}.get_pins", respond=True, entity_id=DOOR)

    assert response[DOOR]["pins"] == [{"pin_id": 1, "alias": "Cleaner"}]


@pytest.mark.parametrize(
    ("action", "data", "method", "left"),
    [
        ("update_pin", {"pin_id": 1, "alias": "Neighbour"}, "PUT", ["Neighbour"]),
        ("delete_pin", {"alias": "Cleaner"}, "DELETE", []),
    ],
)
async def test_a_change_goes_on_without_its_caller(
    hass: HomeAssistant,
    sim: Simulator,
    locks: list[SimLock],
    caplog: pytest.LogCaptureFixture,
    action: str,
    data: dict[str, Any],
    method: str,
    left: list[str],
) -> None:
    """Half a change helps nobody; the request is not cut off on its way."""
    script = sim.faults.add(Fault(hold=True), method=method)

    task = hass.async_create_task(act(hass, f"{DOMAIN}.{action}", data, entity_id=DOOR))
    await script.held()
    await leave(task)
    script.release()

    await settled(hass, caplog)
    assert [pin["alias"] for pin in locks[0].pins.entries.values()] == left
    assert not script.struck[0].gone.is_set()


async def test_a_script_that_starts_anew_leaves_one_pin(
    hass: HomeAssistant, sim: Simulator, locks: list[SimLock], caplog: pytest.LogCaptureFixture
) -> None:
    """The first run is stopped in the middle; the second one stores the PIN that it tells of."""
    sequence = [
        {
            "action": f"{DOMAIN}.create_pin",
            "target": {"entity_id": [DOOR, SHED]},
            "data": {"alias": "Guest"},
            "response_variable": "created",
        },
        {"event": "told", "event_data": {"pins": "{{ created }}"}},
    ]
    assert await async_setup_component(
        hass, "script", {"script": {"welcome": {"mode": "restart", "sequence": sequence}}}
    )
    told = async_capture_events(hass, "told")
    script = sim.faults.add(Fault(hold=True, worked=True), method="POST", times=2)

    await hass.services.async_call("script", "turn_on", {"entity_id": "script.welcome"})
    await script.held(2)
    await hass.services.async_call("script", "turn_on", {"entity_id": "script.welcome"})
    script.release()

    await settled(hass, caplog)
    [event] = told
    pins = event.data["pins"]
    assert [pins[name]["result"] for name in (DOOR, SHED)] == ["created"] * 2
    assert guests(locks)[:2] == [pins[DOOR]["pin"], pins[SHED]["pin"]]
    assert [len(lock.pins) for lock in locks] == [2, 2, 1]
