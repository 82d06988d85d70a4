"""PIN requests of one lock: in their order, and no write lost, doubled or half applied.

The answer to a write is kept back, spoilt or late; what the lock holds in the end, what was asked
of it and what the caller read have to agree.
"""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from pytest_homeassistant_custom_component.common import MockConfigEntry

from .common import DOMAIN, act, add_account, asked
from .simulator import Fault, Recorded, Script, SimLock, Simulator

DOOR = "lock.front_door"
SHED = "lock.shed"
PINS = "/my/lock/*/pin**"
HTML = "<html><body>Bad Gateway</body></html>"
OLD_DIGITS = "482913"
NEW_DIGITS = "604217"

PERMANENT = dict.fromkeys(("startDate", "endDate", "dayStartTime", "dayEndTime", "weekDays"))
CLEANER = {"alias": "Cleaner", "pin": OLD_DIGITS, **PERMANENT, "weekDays": 16}
GUEST = {"alias": "Guest", "pin": NEW_DIGITS, **PERMANENT}
CHANGED = {**CLEANER, "pin": NEW_DIGITS}


@dataclass(frozen=True, kw_only=True)
class Write:
    """A write: what is called, what is sent, how it is looked after, and what there is then."""

    action: str
    data: dict[str, Any]
    method: str
    before: list[str]
    send: str
    look: list[str]
    """One look that finds nothing done."""
    found: list[str]
    """One look that finds it done."""
    answer: dict[str, Any]
    pins: list[dict[str, Any]]
    unfinished: str = "pin_unfinished"
    unknown: str = "pin_outcome_unknown"


WRITES = {
    "create": Write(
        action="create_pin",
        data={"alias": "Guest", "pin": NEW_DIGITS},
        method="POST",
        before=["GET"],
        send="POST",
        look=["GET"],
        found=["GET", "GET /2"],
        answer={"pin_id": 2, "result": "created"},
        pins=[CLEANER, GUEST],
    ),
    "update": Write(
        action="update_pin",
        data={"pin_id": 1, "pin": NEW_DIGITS},
        method="PUT",
        before=["GET /1"],
        send="PUT /1",
        look=["GET /1"],
        found=["GET /1"],
        answer={"pin_id": 1},
        pins=[CHANGED],
    ),
    "delete": Write(
        action="delete_pin",
        data={"pin_id": 1},
        method="DELETE",
        before=[],
        send="DELETE /1",
        look=["GET"],
        found=["GET"],
        answer={"deleted": True},
        pins=[],
        unfinished="pin_not_deleted",
        unknown="pin_delete_unknown",
    ),
}
UNCLEAR: dict[str, dict[str, Any]] = {
    "408": {"status": 408},
    "500": {"status": 500},
    "502 in HTML": {"status": 502, "body": HTML},
    "504": {"status": 504},
    "dropped": {"drop": True},
    "reset": {"reset": True},
    "HTML": {"status": 200, "body": HTML},
    "half of the JSON": {"status": 200, "body": b'{"success":true,"result":{"id'},
}
"""Answers after which nobody knows whether the work was done."""


@pytest.fixture(autouse=True)
def unwatched(pins_unwatched: None) -> None:
    """Let nobody else ask for PINs."""


@pytest.fixture(params=WRITES)
def write(request: pytest.FixtureRequest) -> Write:
    """Return each kind of write."""
    return WRITES[request.param]


@pytest.fixture(params=UNCLEAR)
def unclear(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Return each answer that says nothing clear."""
    return UNCLEAR[request.param]


@pytest.fixture
def door(sim: Simulator) -> SimLock:
    """Put a lock with one PIN into the account."""
    lock = sim.account.add_lock("Front door")
    lock.pins.add("Cleaner", OLD_DIGITS, weekDays=16)
    return lock


@pytest.fixture
async def account(hass: HomeAssistant, sim: Simulator, door: SimLock) -> MockConfigEntry:
    """Add the account with its lock."""
    assert len(door.pins) == 1
    return await add_account(hass, sim)


def holds(lock: SimLock) -> list[dict[str, Any]]:
    """Return all PINs of a lock with all their fields."""
    return list(lock.pins.entries.values())


async def carry_out(hass: HomeAssistant, write: Write, entity_id: str = DOOR) -> Any:
    """Call the action of a write, and return what it says of the lock."""
    call = act(hass, f"{DOMAIN}.{write.action}", write.data, respond=True, entity_id=entity_id)
    return (await call)[entity_id]


async def sentence(call: Awaitable[object]) -> str | None:
    """Return the key of the sentence with which an action fails."""
    with pytest.raises(HomeAssistantError) as caught:
        await call
    assert caught.value.translation_domain == DOMAIN
    assert OLD_DIGITS not in str(caught.value)
    assert NEW_DIGITS not in str(caught.value)
    return caught.value.translation_key


# --- What became of a write without a clear answer --------------------------------------------


@pytest.mark.usefixtures("account")
async def test_a_write_that_was_done_is_a_success(
    hass: HomeAssistant,
    sim: Simulator,
    door: SimLock,
    pauses: list[float],
    write: Write,
    unclear: dict[str, Any],
) -> None:
    """The lock is asked, tells that it is done, and nothing is sent twice."""
    sim.faults.add(Fault(**unclear, worked=True), method=write.method)

    assert await carry_out(hass, write) == write.answer

    assert holds(door) == write.pins
    assert asked(sim, door) == [*write.before, write.send, *write.found]
    assert pauses == [2]


@pytest.mark.usefixtures("account")
async def test_a_write_that_was_not_done_is_sent_once_more(
    hass: HomeAssistant,
    sim: Simulator,
    door: SimLock,
    pauses: list[float],
    write: Write,
    unclear: dict[str, Any],
) -> None:
    """Two looks, the second some seconds later, find nothing: then it is safe to try again."""
    sim.faults.add(Fault(**unclear), method=write.method)

    assert await carry_out(hass, write) == write.answer

    assert holds(door) == write.pins
    assert asked(sim, door) == [*write.before, write.send, *write.look * 2, write.send]
    assert pauses == [2, 5]


@pytest.mark.usefixtures("account", "pauses")
@pytest.mark.parametrize("unclear", ["504", "dropped"], indirect=True)
async def test_a_write_that_was_done_the_second_time_is_a_success(
    hass: HomeAssistant, sim: Simulator, door: SimLock, write: Write, unclear: dict[str, Any]
) -> None:
    """The second answer may be as unclear as the first one."""
    sim.faults.add(Fault(**unclear), method=write.method)
    sim.faults.add(Fault(**unclear, worked=True), method=write.method)

    assert await carry_out(hass, write) == write.answer

    assert holds(door) == write.pins
    assert asked(sim, door) == [
        *write.before,
        write.send,
        *write.look * 2,
        write.send,
        *write.found,
    ]


@pytest.mark.usefixtures("account", "pauses")
@pytest.mark.parametrize("unclear", ["504", "dropped"], indirect=True)
async def test_a_write_that_was_not_done_twice_is_reported(
    hass: HomeAssistant, sim: Simulator, door: SimLock, write: Write, unclear: dict[str, Any]
) -> None:
    """The sentence says that the lock has not stored it, because that is known."""
    sim.faults.add(Fault(**unclear), method=write.method, times=None)

    assert await sentence(carry_out(hass, write)) == write.unfinished

    assert holds(door) == [CLEANER]
    once = [write.send, *write.look * 2]
    assert asked(sim, door) == [*write.before, *once, *once]


@pytest.mark.usefixtures("account", "pauses")
@pytest.mark.parametrize("worked", [True, False])
@pytest.mark.parametrize("lost", [Fault(status=428), Fault(drop=True), Fault(body=HTML)])
async def test_what_cannot_be_known_is_said(
    hass: HomeAssistant, sim: Simulator, door: SimLock, write: Write, lost: Fault, *, worked: bool
) -> None:
    """Where the lock cannot be asked either, nothing more is sent: that could do it twice."""
    sim.faults.add(Fault(status=504, worked=worked), method=write.method)
    sim.faults.add(lost, method="GET", path=PINS, after=len(write.before), times=None)

    assert await sentence(carry_out(hass, write)) == write.unknown

    assert holds(door) == (write.pins if worked else [CLEANER])
    assert asked(sim, door) == [*write.before, write.send, *write.look * 2]


@pytest.mark.usefixtures("account", "pauses")
async def test_one_look_is_enough(
    hass: HomeAssistant, sim: Simulator, door: SimLock, write: Write
) -> None:
    """A first look that fails leaves the second one to decide."""
    sim.faults.add(Fault(status=504, worked=True), method=write.method)
    sim.faults.add(Fault(status=428), method="GET", path=PINS, after=len(write.before))

    assert await carry_out(hass, write) == write.answer

    assert holds(door) == write.pins
    assert asked(sim, door) == [*write.before, write.send, *write.look, *write.found]


@pytest.mark.usefixtures("account", "pauses")
async def test_an_answer_that_is_cut_off_is_made_sure_of(
    hass: HomeAssistant, sim: Simulator, door: SimLock
) -> None:
    """The id was in the half that got lost; the list has it."""
    sim.faults.add(Fault(keep=20), method="POST")

    assert await carry_out(hass, WRITES["create"]) == {"pin_id": 2, "result": "created"}

    assert holds(door) == [CLEANER, GUEST]
    assert asked(sim, door) == ["GET", "POST", "GET", "GET /2"]


@pytest.mark.usefixtures("account", "pauses")
async def test_a_created_pin_whose_id_is_missing_is_looked_up(
    hass: HomeAssistant, sim: Simulator, door: SimLock
) -> None:
    """Whatever the cloud puts in its place."""
    sim.faults.add(
        Fault(status=201, body={"success": True, "statusCode": 201, "result": None}, worked=True),
        method="POST",
    )

    assert await carry_out(hass, WRITES["create"]) == {"pin_id": 2, "result": "created"}
    assert asked(sim, door) == ["GET", "POST", "GET", "GET /2"]


# --- No answer at all -------------------------------------------------------------------------


@pytest.fixture
def patient(hass: HomeAssistant, freezer: FrozenDateTimeFactory, pauses: list[float]) -> None:
    """Stop the clock, so that the client's patience ends when the test says so."""
    hass.loop.set_debug(enabled=False)  # it warns of callbacks that take half a minute
    assert freezer is not None
    assert pauses == []


async def give_up(freezer: FrozenDateTimeFactory, script: Script) -> None:
    """Let the client wait for an answer for as long as it does."""
    await script.held()
    freezer.tick(31)  # aiohttp rounds up to whole seconds
    await script.struck[0].gone.wait()


@pytest.mark.usefixtures("patient", "account")
async def test_a_write_that_was_done_without_any_answer(
    hass: HomeAssistant,
    sim: Simulator,
    freezer: FrozenDateTimeFactory,
    door: SimLock,
    write: Write,
) -> None:
    """After half a minute of silence the lock is asked."""
    script = sim.faults.add(Fault(hold=True, worked=True), method=write.method)

    call = hass.async_create_task(carry_out(hass, write))
    await give_up(freezer, script)

    assert await call == write.answer
    assert holds(door) == write.pins
    assert asked(sim, door) == [*write.before, write.send, *write.found]


@pytest.mark.usefixtures("patient", "account")
async def test_a_write_that_is_done_while_it_is_looked_after(
    hass: HomeAssistant,
    sim: Simulator,
    freezer: FrozenDateTimeFactory,
    door: SimLock,
    write: Write,
) -> None:
    """The first look comes too early for it, the second one finds it."""
    script = sim.faults.add(Fault(hold=True), method=write.method)
    look = sim.faults.add(
        Fault(hold=True, worked=True), method="GET", path=PINS, after=len(write.before)
    )

    call = hass.async_create_task(carry_out(hass, write))
    await give_up(freezer, script)
    await look.held()
    script.release()
    await script.struck[0].finished.wait()
    look.release()

    assert await call == write.answer
    assert holds(door) == write.pins
    assert asked(sim, door) == [*write.before, write.send, *write.look, *write.found]


LATE = {
    # The digits are taken: by the first, whose id is the answer.
    "create": ([406], ["GET", "GET /2"]),
    "update": ([204], []),
    # It is gone: by the first, so that it was there.
    "delete": ([404], ["GET"]),
}


@pytest.mark.usefixtures("patient", "account")
@pytest.mark.parametrize("kind", WRITES)
async def test_a_write_that_is_done_when_it_was_sent_again(
    hass: HomeAssistant,
    sim: Simulator,
    freezer: FrozenDateTimeFactory,
    door: SimLock,
    kind: str,
) -> None:
    """The first arrives just before the second: stored once, and no failure for the caller."""
    write = WRITES[kind]
    statuses, look = LATE[kind]
    first = sim.faults.add(Fault(hold=True), method=write.method)
    second = sim.faults.add(Fault(hold=True), method=write.method)

    call = hass.async_create_task(carry_out(hass, write))
    await give_up(freezer, first)
    await second.held()
    first.release()
    await first.struck[0].finished.wait()
    second.release()

    assert await call == write.answer
    assert holds(door) == write.pins
    assert [script.status for script in second.struck] == statuses
    assert asked(sim, door) == [*write.before, write.send, *write.look * 2, write.send, *look]


@pytest.mark.usefixtures("patient", "account")
async def test_a_late_create_without_any_answer_to_either(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory, door: SimLock
) -> None:
    """Both arrive when the caller has long been told otherwise, and still there is one PIN."""
    scripts = [sim.faults.add(Fault(hold=True), method="POST") for _ in range(2)]

    call = hass.async_create_task(carry_out(hass, WRITES["create"]))
    for script in scripts:
        await give_up(freezer, script)
    assert await sentence(call) == "pin_unfinished"

    for script in scripts:
        script.release()
    await sim.idle()
    assert holds(door) == [CLEANER, GUEST]


# --- Where somebody else is at work as well ---------------------------------------------------


@pytest.mark.usefixtures("account", "pauses")
async def test_a_pin_of_the_same_name_from_elsewhere_is_not_taken_for_ours(
    hass: HomeAssistant, sim: Simulator, door: SimLock
) -> None:
    """Its digits are others, so ours has not been stored and is sent again."""
    script = sim.faults.add(Fault(hold=True, drop=True), method="POST")

    call = hass.async_create_task(carry_out(hass, WRITES["create"]))
    await script.held()
    door.pins.add("Guest", "739164")
    script.release()

    assert await call == {"pin_id": 3, "result": "created"}
    assert [pin["pin"] for pin in holds(door)] == [OLD_DIGITS, "739164", NEW_DIGITS]


@pytest.mark.usefixtures("account", "pauses")
async def test_digits_that_are_taken_after_a_lost_answer_settle_nothing(
    hass: HomeAssistant, sim: Simulator, door: SimLock
) -> None:
    """They are somebody else's here, and could as well be those of our own first try."""
    script = sim.faults.add(Fault(hold=True, drop=True), method="POST")

    call = hass.async_create_task(carry_out(hass, WRITES["create"]))
    await script.held()
    door.pins.add("Neighbour", NEW_DIGITS)
    script.release()

    assert await sentence(call) == "pin_outcome_unknown"
    assert [pin["alias"] for pin in holds(door)] == ["Cleaner", "Neighbour"]


@pytest.mark.usefixtures("account", "pauses")
@pytest.mark.parametrize(("capacity", "status"), [(100, 406), (2, 412), (2, 422)])
async def test_a_pin_that_the_list_does_not_show_yet_may_be_there(
    hass: HomeAssistant, sim: Simulator, door: SimLock, capacity: int, status: int
) -> None:
    """The second try is refused because of the first: it has the digits, and took the last room."""
    sim.settings.update({"pin_list_lag": 60, "pin_capacity": capacity})
    sim.faults.add(Fault(status=504, worked=True), method="POST")
    sim.faults.add(Fault(status=status), method="POST", after=1)

    assert await sentence(carry_out(hass, WRITES["create"])) == "pin_outcome_unknown"

    assert holds(door) == [CLEANER, GUEST]
    assert asked(sim, door) == ["GET", "POST", "GET", "GET", "POST", "GET", "GET"]


@pytest.mark.usefixtures("account", "pauses")
async def test_a_change_of_a_pin_that_is_gone_meanwhile(
    hass: HomeAssistant, sim: Simulator, door: SimLock
) -> None:
    """The lock could be asked very well, and does not have it any more."""
    script = sim.faults.add(Fault(hold=True, drop=True), method="PUT")

    call = hass.async_create_task(carry_out(hass, WRITES["update"]))
    await script.held()
    door.pins.delete(1)
    script.release()

    assert await sentence(call) == "pin_not_found"
    assert holds(door) == []


@pytest.mark.usefixtures("account", "pauses")
async def test_a_change_over_a_change_from_elsewhere_is_whole(
    hass: HomeAssistant, sim: Simulator, door: SimLock
) -> None:
    """What a lost answer leaves is one change or the other, never a bit of each."""
    script = sim.faults.add(Fault(hold=True, drop=True), method="PUT")

    call = hass.async_create_task(carry_out(hass, WRITES["update"]))
    await script.held()
    door.pins[1].update(alias="Gardener", weekDays=64)
    script.release()

    assert await call == {"pin_id": 1}
    assert holds(door) == [CHANGED]


# --- Deleting what is gone --------------------------------------------------------------------


@pytest.mark.usefixtures("account")
async def test_deleting_what_is_gone_is_a_success(
    hass: HomeAssistant, sim: Simulator, door: SimLock
) -> None:
    """The list makes sure: a missing lock would be answered alike."""
    door.pins.delete(1)

    assert await carry_out(hass, WRITES["delete"]) == {"deleted": False}
    assert asked(sim, door) == ["DELETE /1", "GET"]


@pytest.mark.usefixtures("account")
async def test_a_missing_lock_is_no_success(
    hass: HomeAssistant, sim: Simulator, door: SimLock
) -> None:
    """The PIN would still open the door."""
    sim.account.remove(door)

    assert await sentence(carry_out(hass, WRITES["delete"])) == "lock_not_found"
    assert holds(door) == [CLEANER]


@pytest.mark.usefixtures("account")
async def test_a_pin_that_is_listed_still_is_no_success(
    hass: HomeAssistant, sim: Simulator, door: SimLock
) -> None:
    """What the list shows was not deleted, whatever the answer said."""
    sim.faults.add(Fault(status=404), method="DELETE")

    assert await sentence(carry_out(hass, WRITES["delete"])) == "pin_not_deleted"
    assert holds(door) == [CLEANER]


# --- A busy lock ------------------------------------------------------------------------------


@pytest.mark.usefixtures("account")
async def test_a_busy_lock_is_waited_for_with_growing_pauses(
    hass: HomeAssistant, sim: Simulator, door: SimLock, pauses: list[float], write: Write
) -> None:
    """Nothing was done, so the same is sent until it is."""
    sim.faults.add(Fault(status=409), method=write.method, times=3)

    assert await carry_out(hass, write) == write.answer

    assert holds(door) == write.pins
    assert pauses == [2, 5, 10]
    assert asked(sim, door) == [*write.before, *[write.send] * 4]


@pytest.mark.usefixtures("account")
async def test_a_lock_that_stays_busy_is_reported(
    hass: HomeAssistant, sim: Simulator, door: SimLock, pauses: list[float], write: Write
) -> None:
    """After a quarter of a minute a person is told."""
    sim.faults.add(Fault(status=409), method=write.method, times=None)

    assert await sentence(carry_out(hass, write)) == "pin_busy"

    assert holds(door) == [CLEANER]
    assert pauses == [2, 5, 10]
    assert asked(sim, door) == [*write.before, *[write.send] * 4]


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize(
    ("action", "data", "requests"),
    [
        pytest.param("get_pins", {}, ["GET"], id="get_pins"),
        pytest.param("get_pin", {"pin_id": 1}, ["GET /1"], id="get_pin"),
    ],
)
async def test_a_busy_lock_is_waited_for_by_who_reads(
    hass: HomeAssistant,
    sim: Simulator,
    door: SimLock,
    pauses: list[float],
    action: str,
    data: dict[str, Any],
    requests: list[str],
) -> None:
    """With the same pauses."""
    sim.faults.add(Fault(status=409), method="GET", path=PINS, times=3)

    response = await act(hass, f"{DOMAIN}.{action}", data, respond=True, entity_id=DOOR)

    assert "Cleaner" in str(response)
    assert pauses == [2, 5, 10]
    assert asked(sim, door) == requests * 4


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize(
    ("action", "data", "requests"),
    [
        pytest.param("get_pins", {}, ["GET"] * 2, id="get_pins"),
        pytest.param("get_pin", {"pin_id": 1}, ["GET /1"] * 2, id="get_pin"),
        pytest.param("create_pin", WRITES["create"].data, ["GET", "GET", "POST"], id="create_pin"),
        pytest.param(
            "update_pin", WRITES["update"].data, ["GET /1", "GET /1", "PUT /1"], id="update_pin"
        ),
    ],
)
async def test_a_slow_lock_is_asked_once_more(
    hass: HomeAssistant,
    sim: Simulator,
    door: SimLock,
    pauses: list[float],
    action: str,
    data: dict[str, Any],
    requests: list[str],
) -> None:
    """A question does no harm, and one slow answer keeps no guest from the door."""
    script = sim.faults.add(Fault(status=408), method="GET", path=PINS)

    response = await act(hass, f"{DOMAIN}.{action}", data, respond=True, entity_id=DOOR)

    assert "error" not in response[DOOR]
    assert asked(sim, door) == requests
    assert pauses == [2]

    sim.faults.remove(script)
    sim.faults.add(Fault(status=408), method="GET", path=PINS, times=None)
    sim.clear()
    call = act(hass, f"{DOMAIN}.{action}", data, respond=True, entity_id=DOOR)
    assert await sentence(call) == "pin_timeout"
    assert asked(sim, door) == requests[:1] * 2
    assert pauses == [2, 2]


@pytest.mark.usefixtures("account")
async def test_a_lock_busy_with_the_lost_write_is_waited_for(
    hass: HomeAssistant, sim: Simulator, door: SimLock, pauses: list[float], write: Write
) -> None:
    """The look at what became of it meets the lock still at work on it."""
    sim.faults.add(Fault(status=504, worked=True), method=write.method)
    sim.faults.add(Fault(status=409), method="GET", path=PINS, after=len(write.before), times=3)

    assert await carry_out(hass, write) == write.answer

    assert holds(door) == write.pins
    assert pauses == [2, 2, 5, 10]


# --- In their order, and side by side ---------------------------------------------------------


@pytest.mark.usefixtures("account", "pauses")
async def test_calls_of_one_lock_take_turns_in_their_order(
    hass: HomeAssistant, sim: Simulator, door: SimLock
) -> None:
    """A lock that is asked two things at once refuses one: here it never has to."""
    sim.settings.pin_seconds = 0.01
    calls: list[tuple[str, dict[str, Any]]] = [
        ("create_pin", {"alias": "Guest", "pin": NEW_DIGITS}),
        ("update_pin", {"current_alias": "Guest", "alias": "Friend"}),
        ("add_guest", {"alias": "Family", "arrival": "2999-05-01", "departure": "2999-05-08"}),
        ("get_pin", {"alias": "Friend"}),
        ("remove_guest", {"alias": "Family"}),
        ("delete_pin", {"pin_id": 1}),
        ("create_pin", {"alias": "Family"}),
        ("get_pins", {}),
    ]

    answers = await asyncio.gather(
        *(act(hass, f"{DOMAIN}.{name}", data, respond=True, entity_id=DOOR) for name, data in calls)
    )

    assert asked(sim, door) == [
        *("GET", "POST"),
        *("GET", "GET /2", "PUT /2"),
        *("GET", "POST"),
        *("GET", "GET /2"),
        *("GET", "DELETE /3"),
        "DELETE /1",
        *("GET", "POST"),
        "GET",
    ]
    assert {call.status for call in sim.calls(path=PINS)} == {200, 201, 204}
    assert [pin["alias"] for pin in answers[-1][DOOR]["pins"]] == ["Friend", "Family"]


@pytest.mark.usefixtures("pauses")
@pytest.mark.parametrize(
    ("departure", "result", "requests"),
    [("2999-05-08", "kept", []), ("2999-05-09", "updated", ["PUT /2"])],
)
async def test_calls_of_one_lock_take_turns_over_a_reload(
    hass: HomeAssistant,
    sim: Simulator,
    door: SimLock,
    account: MockConfigEntry,
    departure: str,
    result: str,
    requests: list[str],
) -> None:
    """The guest who is on the way to the lock is known to the call that comes after the reload."""

    async def add_guest(departure: str) -> Any:
        stay = {"alias": "Guest", "arrival": "2999-05-01", "departure": departure}
        return await act(hass, f"{DOMAIN}.add_guest", stay, respond=True, entity_id=DOOR)

    script = sim.faults.add(Fault(hold=True), method="POST")
    first = hass.async_create_task(add_guest("2999-05-08"))
    await script.held()
    assert await hass.config_entries.async_reload(account.entry_id)
    second = hass.async_create_task(add_guest(departure))
    await act(hass, "lock.lock", entity_id=DOOR)
    assert asked(sim, door) == ["GET", "POST"]
    script.release()

    stored, found = await first, await second
    assert found == {
        "pin": stored["pin"],
        "locks": {DOOR: {"pin_id": 2, "result": result}},
    }
    assert asked(sim, door) == ["GET", "POST", "GET", "GET /2", *requests]
    assert len(door.pins) == 2


@pytest.mark.usefixtures("pauses")
async def test_locks_are_written_side_by_side(
    hass: HomeAssistant, sim: Simulator, door: SimLock
) -> None:
    """By two calls as well as by one, all requests are under way at once."""
    shed = sim.account.add_lock("Shed")
    await add_account(hass, sim)
    for targets in ((DOOR, SHED), ([DOOR, SHED],)):
        script = sim.faults.add(Fault(hold=True), method="POST", times=2)
        calls = [
            hass.async_create_task(
                act(
                    hass,
                    f"{DOMAIN}.create_pin",
                    {"alias": f"Guest {len(door.pins)}", "length": 8},
                    respond=True,
                    entity_id=target,
                )
            )
            for target in targets
        ]
        await script.held(2)
        script.release()
        await asyncio.gather(*calls)

    assert [len(door.pins), len(shed.pins)] == [3, 2]


@pytest.mark.usefixtures("pauses")
async def test_calls_for_several_locks_do_not_wait_for_each_other_for_ever(
    hass: HomeAssistant, sim: Simulator, door: SimLock
) -> None:
    """Two calls that name the same locks in turns: both come to their end."""
    shed = sim.account.add_lock("Shed")
    await add_account(hass, sim)
    sim.settings.pin_seconds = 0.01

    await asyncio.gather(
        *(
            act(
                hass,
                f"{DOMAIN}.create_pin",
                {"alias": f"Guest {number}"},
                respond=True,
                entity_id=[DOOR, SHED] if number % 2 else [SHED, DOOR],
            )
            for number in range(6)
        )
    )

    names = [f"Guest {number}" for number in range(6)]
    assert sorted(pin["alias"] for pin in holds(door)) == ["Cleaner", *names]
    assert sorted(pin["alias"] for pin in holds(shed)) == names
    assert {call.status for call in sim.calls(path=PINS)} == {200, 201}


# --- A full lock, and an empty one ------------------------------------------------------------


async def fill_and_empty(hass: HomeAssistant, door: SimLock) -> None:
    """Add PINs until a lock has a hundred, and remove all of them."""
    hass.loop.set_debug(enabled=False)  # most of the time would go into it
    ids: dict[str, int] = {}
    for number in range(len(door.pins), 100):
        alias = f"Guest {number}"
        response = await act(
            hass, f"{DOMAIN}.create_pin", {"alias": alias}, respond=True, entity_id=DOOR
        )
        ids[alias] = response[DOOR]["pin_id"]
        assert door.pins[ids[alias]]["pin"] == response[DOOR]["pin"]
    assert await listed(hass) == {pin_id: pin["alias"] for pin_id, pin in door.pins.entries.items()}
    assert len(door.pins) == 100
    refused = act(hass, f"{DOMAIN}.create_pin", {"alias": "One more"}, respond=True, entity_id=DOOR)
    assert await sentence(refused) == "pin_list_full"
    for alias, pin_id in ids.items():
        data = {"alias": alias} if pin_id % 2 else {"pin_id": pin_id}
        response = await act(hass, f"{DOMAIN}.delete_pin", data, respond=True, entity_id=DOOR)
        assert response == {DOOR: {"deleted": True}}


async def listed(hass: HomeAssistant) -> dict[int, str]:
    """Return what the action says a lock has."""
    response = await act(hass, f"{DOMAIN}.get_pins", respond=True, entity_id=DOOR)
    return {pin["pin_id"]: pin["alias"] for pin in response[DOOR]["pins"]}


@pytest.mark.usefixtures("account", "pauses")
async def test_a_hundred_pins_come_and_go(
    hass: HomeAssistant, sim: Simulator, door: SimLock
) -> None:
    """Within the vendor's limits: list and cloud are equal when it is full and when it is not."""
    sim.settings.limits = True

    await fill_and_empty(hass, door)

    assert await listed(hass) == {1: "Cleaner"}
    assert holds(door) == [CLEANER]
    assert {call.status for call in sim.requests if call.method != "GET"} == {201, 204, 412}


@pytest.mark.usefixtures("account")
async def test_a_hundred_pins_come_and_go_on_a_bad_line(
    hass: HomeAssistant, sim: Simulator, door: SimLock, pauses: list[float]
) -> None:
    """Every seventh write gets no clear answer, done or not, and none is lost or doubled."""
    count = 0

    def every_seventh(request: Recorded) -> bool:
        nonlocal count
        count += request.method != "GET"
        return request.method != "GET" and count % 7 == 0

    for number in range(30):
        fault = Fault(status=504, worked=number % 2 == 0)
        sim.faults.add(fault, path=PINS, predicate=every_seventh)

    await fill_and_empty(hass, door)

    assert await listed(hass) == {1: "Cleaner"}
    assert holds(door) == [CLEANER]
    assert pauses.count(2) == 30


@pytest.mark.usefixtures("account", "pauses")
async def test_a_batch_that_uses_up_the_hour_is_held_back(
    hass: HomeAssistant, sim: Simulator, door: SimLock
) -> None:
    """By the cloud or by our own count: the rest is told so, and nothing is half done."""
    sim.settings.update({"limits": True, "hourly_limit": 60})
    stored = []
    for number in range(40):
        call = act(
            hass,
            f"{DOMAIN}.create_pin",
            {"alias": f"Guest {number}"},
            respond=True,
            entity_id=DOOR,
        )
        try:
            await call
        except HomeAssistantError as err:
            assert err.translation_key == "rate_limited"  # noqa: PT017  some succeed
        else:
            stored.append(f"Guest {number}")

    assert 20 < len(stored) < 40
    assert stored == [f"Guest {number}" for number in range(len(stored))]
    assert [pin["alias"] for pin in holds(door)] == ["Cleaner", *stored]
    assert [call.status for call in sim.calls(path=PINS)].count(429) == 1
