"""Lock entities: commands on the wire, and what a person is told of their end."""

import asyncio

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.lock import LockEntityFeature
from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import Event, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceNotSupported

from .common import act, add_account, let_time_pass, state_of
from .simulator import (
    LOCKED,
    SEMI_LOCKED,
    UNCALIBRATED,
    UNLOCKED,
    Fault,
    Key,
    ManualClock,
    Simulator,
    Timing,
)

DOOR = "lock.front_door"

type Request = tuple[str, dict[str, str], object]

BY_BODY: dict[str, Request] = {
    "lock": ("/my/lock/close", {}, {"deviceId": 41001}),
    "unlock": ("/my/lock/open", {}, {"deviceId": 41001, "openParameter": 3}),
    "open": ("/my/lock/pull-spring", {}, {"deviceId": 41001}),
}
BY_PATH: dict[str, Request] = {
    "lock": ("/my/lock/41001/operation/lock", {}, None),
    "unlock": ("/my/lock/41001/operation/unlock", {"mode": "3"}, None),
    "open": ("/my/lock/41001/operation/pull", {}, None),
}
BEGINNING = {"lock": UNLOCKED, "unlock": LOCKED, "open": UNLOCKED}
END = {"lock": "locked", "unlock": "unlocked", "open": "open"}


def commands(sim: Simulator) -> list[Request]:
    """Return the commands that came in, without the API version in their paths."""
    return [
        (call.path.removeprefix("/api/v37"), dict(call.query), call.json)
        for call in sim.calls("POST")
    ]


@pytest.mark.usefixtures("pauses")
async def test_the_vendors_example(hass: HomeAssistant, sim: Simulator) -> None:
    """POST close with the lock's id and a bearer token is answered with 200 and has locked."""
    jwt = "header.payload.signature"
    sim.account.add_key(Key(value=jwt, schemes=("Bearer",)))
    sim.settings.generation = "close"
    lock = sim.account.add_lock("Front door", state=UNLOCKED)
    await add_account(hass, sim, token=jwt, scheme="Bearer")

    await act(hass, "lock.lock", entity_id=DOOR)

    [call] = sim.calls("POST")
    assert (call.path, call.json) == ("/api/v37/my/lock/close", {"deviceId": lock.id})
    assert call.headers["Authorization"] == f"Bearer {jwt}"
    assert call.headers["Accept"] == "application/json"
    assert call.headers["Content-Type"] == "application/json"
    assert call.status == 200
    assert state_of(hass, DOOR) == "locked"
    assert lock.state == LOCKED


@pytest.mark.usefixtures("pauses")
@pytest.mark.parametrize("action", ["lock", "unlock", "open"])
@pytest.mark.parametrize(
    ("generation", "requests"),
    [("close", BY_BODY), ("close-202", BY_BODY), ("both", BY_BODY), ("operation", BY_PATH)],
)
async def test_a_command_in_the_generation_that_is_served(
    hass: HomeAssistant,
    sim: Simulator,
    action: str,
    generation: str,
    requests: dict[str, Request],
) -> None:
    """Close is asked first; what the cloud serves is found out once and then asked alone."""
    sim.settings.generation = generation
    lock = sim.account.add_lock("Front door", state=BEGINNING[action])
    entry = await add_account(hass, sim)

    await act(hass, f"lock.{action}", entity_id=DOOR)

    first = commands(sim)
    assert first == ([BY_BODY[action]] if requests is BY_PATH else []) + [requests[action]]
    assert state_of(hass, DOOR) == END[action]
    assert entry.data["generation"] == ("operation" if requests is BY_PATH else "close")

    sim.clear()
    lock.state = BEGINNING[action]
    assert await hass.config_entries.async_reload(entry.entry_id)
    await act(hass, f"lock.{action}", entity_id=DOOR)

    assert commands(sim) == [requests[action]]


@pytest.mark.usefixtures("pauses")
@pytest.mark.parametrize("unserved", [404, 405, 410, 501, 400])
async def test_a_route_that_is_not_there_is_left_for_the_other(
    hass: HomeAssistant, sim: Simulator, unserved: int
) -> None:
    """Any answer that says "no such route" means that nothing has moved."""
    sim.settings.unserved = unserved
    sim.account.add_lock("Front door", state=UNLOCKED)
    entry = await add_account(hass, sim)

    await act(hass, "lock.lock", entity_id=DOOR)

    assert commands(sim) == [BY_BODY["lock"], BY_PATH["lock"]]
    assert state_of(hass, DOOR) == "locked"
    assert entry.data["generation"] == "operation"


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (400, "bridge_disconnected"),
        (403, "remote_access_denied"),
        (429, "rate_limited"),
        (401, "key_refused"),
    ],
)
async def test_the_locks_own_answer_is_reported(
    hass: HomeAssistant, sim: Simulator, status: int, sentence: str
) -> None:
    """A refusal by the lock is told as it is and not put to the other generation."""
    sim.settings.generation = "both"
    sim.account.add_lock("Front door", state=UNLOCKED)
    entry = await add_account(hass, sim)
    sim.faults.add(Fault(status=status), method="POST", path="/my/lock/close")

    with pytest.raises(HomeAssistantError) as refusal:
        await act(hass, "lock.lock", entity_id=DOOR)

    assert refusal.value.translation_key == sentence
    assert commands(sim) == [BY_BODY["lock"]]
    assert state_of(hass, DOOR) == "unlocked"
    assert entry.data.get("generation") is None


async def test_the_three_statuses_of_the_vendors_page_have_three_sentences(
    hass: HomeAssistant, sim: Simulator
) -> None:
    """400, 403 and 404 each say what happened and what to do."""
    sim.settings.generation = "both"
    sim.account.add_lock("Front door", state=UNLOCKED)
    await add_account(hass, sim)
    said = []
    for status in (400, 403, 404):
        sim.faults.add(Fault(status=status), method="POST", times=2)
        with pytest.raises(HomeAssistantError) as refusal:
            await act(hass, "lock.lock", entity_id=DOOR)
        said.append(str(refusal.value))
        sim.faults.clear()

    assert said == [
        (
            "Front door cannot be reached: it is not connected to its bridge, or the bridge is "
            "offline. Check both in the Tedee app"
        ),
        (
            "You may not operate Front door remotely: your access is not active, its remote access "
            "is off, or the key lacks the scope Lock.Operate. Ask its owner, or check the key"
        ),
        (
            "The Tedee cloud does not find Front door or its bridge. Check in the Tedee app that "
            "both are still paired"
        ),
    ]


@pytest.mark.usefixtures("pauses")
async def test_not_found_in_both_generations_is_remembered_as_nothing(
    hass: HomeAssistant, sim: Simulator
) -> None:
    """The next command asks both again: the lock may be back."""
    lock = sim.account.add_lock("Front door", state=UNLOCKED)
    entry = await add_account(hass, sim)
    sim.faults.add(Fault(status=404), method="POST", path="/my/lock/**", times=2)

    with pytest.raises(HomeAssistantError) as refusal:
        await act(hass, "lock.lock", entity_id=DOOR)

    assert refusal.value.translation_key == "lock_not_found"
    assert commands(sim) == [BY_BODY["lock"], BY_PATH["lock"]]
    assert entry.data.get("generation") is None

    sim.clear()
    await act(hass, "lock.lock", entity_id=DOOR)

    assert commands(sim) == [BY_BODY["lock"], BY_PATH["lock"]]
    assert lock.state == LOCKED


async def test_a_cloud_that_takes_no_commands_at_all(hass: HomeAssistant, sim: Simulator) -> None:
    """Where neither route exists and no lock is missing, the version is to blame."""
    sim.settings.generation = "neither"
    sim.settings.unserved = 405
    sim.account.add_lock("Front door", state=UNLOCKED)
    await add_account(hass, sim)

    with pytest.raises(HomeAssistantError) as refusal:
        await act(hass, "lock.lock", entity_id=DOOR)

    assert refusal.value.translation_key == "command_not_served"
    assert state_of(hass, DOOR) == "unlocked"


@pytest.mark.usefixtures("pauses")
async def test_unlocking_never_pulls_the_spring(hass: HomeAssistant, sim: Simulator) -> None:
    """Not even where the lock pulls by itself when it is unlocked otherwise."""
    lock = sim.account.add_lock("Front door", state=LOCKED, pull_spring=True, auto_pull=True)
    await add_account(hass, sim)

    await act(hass, "lock.unlock", entity_id=DOOR)

    assert state_of(hass, DOOR) == "unlocked"
    assert [step.state for step in lock.bolt.log] == [LOCKED, 4, UNLOCKED]


@pytest.mark.usefixtures("pauses")
async def test_opening_a_locked_door_unlocks_it_first(hass: HomeAssistant, sim: Simulator) -> None:
    """Pulling the spring of a locked lock does nothing, and the polled state may be old."""
    lock = sim.account.add_lock("Front door", state=UNLOCKED)
    await add_account(hass, sim, generation="operation")
    lock.turn("locked")

    await act(hass, "lock.open", entity_id=DOOR)

    assert [path for path, _, _ in commands(sim)] == [BY_PATH["unlock"][0], BY_PATH["open"][0]]
    assert [step.state for step in lock.bolt.log][-4:] == [4, UNLOCKED, 8, 7]
    assert state_of(hass, DOOR) == "open"


@pytest.mark.usefixtures("pauses")
async def test_a_door_that_does_not_unlock_is_not_opened(
    hass: HomeAssistant, sim: Simulator
) -> None:
    """A jam ends the whole of it, with its own sentence."""
    lock = sim.account.add_lock("Front door", state=LOCKED)
    await add_account(hass, sim, generation="operation")
    lock.jam()

    with pytest.raises(HomeAssistantError) as jam:
        await act(hass, "lock.open", entity_id=DOOR)

    assert jam.value.translation_key == "jammed"
    assert [path for path, _, _ in commands(sim)] == [BY_PATH["unlock"][0]]
    assert state_of(hass, DOOR) == "jammed"


async def test_without_a_pull_spring_there_is_no_open(hass: HomeAssistant, sim: Simulator) -> None:
    """Home Assistant refuses the action, and nothing leaves."""
    sim.account.add_lock("Front door", state=UNLOCKED, pull_spring=False)
    await add_account(hass, sim)

    state = hass.states.get(DOOR)
    assert state is not None
    assert state.attributes["supported_features"] == LockEntityFeature(0)
    with pytest.raises(ServiceNotSupported):
        await act(hass, "lock.open", entity_id=DOOR)
    assert sim.requests == []


@pytest.mark.parametrize("action", ["lock", "unlock"])
async def test_an_uncalibrated_lock_refuses_in_words(
    hass: HomeAssistant, sim: Simulator, action: str
) -> None:
    """The cloud would accept the command and do nothing, so it is not asked."""
    sim.account.add_lock("Front door", state=UNCALIBRATED)
    await add_account(hass, sim)

    with pytest.raises(HomeAssistantError) as refusal:
        await act(hass, f"lock.{action}", entity_id=DOOR)

    assert str(refusal.value) == (
        "Front door is not calibrated and would accept the command without moving. "
        "Calibrate it in the Tedee app"
    )
    assert sim.requests == []
    assert state_of(hass, DOOR) == "unknown"


@pytest.mark.parametrize(
    ("action", "on_the_way"), [("lock", "locking"), ("unlock", "unlocking"), ("open", "opening")]
)
async def test_the_movement_shows_at_once(
    hass: HomeAssistant, sim: Simulator, pauses: list[float], action: str, on_the_way: str
) -> None:
    """Before the cloud has answered, the state says where the bolt is going."""
    sim.account.add_lock("Front door", state=BEGINNING[action])
    await add_account(hass, sim, generation="operation")
    held = sim.faults.add(Fault(hold=True), method="POST")

    command = hass.async_create_task(act(hass, f"lock.{action}", entity_id=DOOR))
    await held.held()
    assert state_of(hass, DOOR) == on_the_way
    assert pauses == []
    held.release()
    await command

    assert state_of(hass, DOOR) == END[action]


@pytest.mark.parametrize(
    ("seconds", "questions"), [(2.5, [2.0, 1.2]), (3.0, [2.0, 1.2]), (6.5, [2.0, 1.2, 1.5, 2.0])]
)
async def test_the_operation_is_asked_for_until_it_has_completed(
    hass: HomeAssistant,
    sim: Simulator,
    pauses: list[float],
    seconds: float,
    questions: list[float],
) -> None:
    """A usual movement costs two questions and one sync."""
    lock = sim.account.add_lock("Front door", state=UNLOCKED, timing=Timing(turn=seconds))
    await add_account(hass, sim, generation="operation")

    await act(hass, "lock.lock", entity_id=DOOR)

    assert pauses == questions
    asked = sim.calls("GET", "/my/device/operation/*")
    assert len(asked) == len(questions)
    assert sim.requests[1:] == [*asked, *sim.calls("GET", f"/my/lock/{lock.id}/sync")]


async def test_a_lock_that_is_there_already_is_told_all_the_same(
    hass: HomeAssistant, sim: Simulator, pauses: list[float]
) -> None:
    """What was polled may be old; a bolt that need not move ends the command at once."""
    sim.account.add_lock("Front door", state=LOCKED)
    await add_account(hass, sim, generation="operation")

    await act(hass, "lock.lock", entity_id=DOOR)

    assert commands(sim) == [BY_PATH["lock"]]
    assert pauses == [0.0]
    assert state_of(hass, DOOR) == "locked"


TOLD_BY_OPERATION = {
    "jam": ("jammed", "jammed"),
    "fall_back": ("movement_fell_back", "unlocked"),
    "stuck": ("movement_unfinished", "unlocked"),
    "error": ("movement_failed", "unlocked"),
    "ignored": ("movement_fell_back", "unlocked"),
}
TOLD_BY_STATE = TOLD_BY_OPERATION | {
    "error": ("movement_unfinished", "unlocked"),
    "ignored": ("movement_unfinished", "unlocked"),
}


@pytest.mark.usefixtures("pauses")
@pytest.mark.parametrize(
    ("generation", "outcome", "sentence", "shown"),
    [
        (generation, outcome, *told)
        for generation, table in (
            ("operation", TOLD_BY_OPERATION),
            ("close-202", TOLD_BY_OPERATION),
            ("close", TOLD_BY_STATE),
        )
        for outcome, told in table.items()
    ],
)
async def test_a_bolt_that_did_not_get_there(
    hass: HomeAssistant,
    sim: Simulator,
    generation: str,
    outcome: str,
    sentence: str,
    shown: str,
) -> None:
    """The command raises and the entity shows where the bolt is, never what was wished.

    A cloud that keeps no operations tells nothing but the state.
    """
    sim.settings.generation = generation
    lock = sim.account.add_lock("Front door", state=UNLOCKED)
    await add_account(hass, sim)
    lock.outcome = outcome

    with pytest.raises(HomeAssistantError) as failure:
        await act(hass, "lock.lock", entity_id=DOOR)

    assert failure.value.translation_key == sentence
    assert state_of(hass, DOOR) == shown


@pytest.mark.usefixtures("pauses")
@pytest.mark.parametrize("action", ["lock", "unlock", "open"])
async def test_a_lock_that_goes_offline_on_the_way(
    hass: HomeAssistant, sim: Simulator, action: str
) -> None:
    """Nothing is known of its bolt, and that is what is said."""
    lock = sim.account.add_lock("Front door", state=BEGINNING[action])
    await add_account(hass, sim, generation="operation")
    held = sim.faults.add(Fault(hold=True, worked=True), method="POST")

    command = hass.async_create_task(act(hass, f"lock.{action}", entity_id=DOOR))
    await held.held()
    lock.connected = False
    held.release()
    with pytest.raises(HomeAssistantError) as failure:
        await command

    assert failure.value.translation_key == "went_offline"
    assert state_of(hass, DOOR) == "unavailable"


@pytest.mark.usefixtures("pauses")
async def test_a_spring_that_was_never_calibrated(hass: HomeAssistant, sim: Simulator) -> None:
    """The cloud accepts the pull and nothing happens; unlocked before and after is not opened."""
    lock = sim.account.add_lock("Front door", state=UNLOCKED)
    await add_account(hass, sim, generation="operation")
    lock.outcome = "stuck"

    with pytest.raises(HomeAssistantError) as failure:
        await act(hass, "lock.open", entity_id=DOOR)

    assert failure.value.translation_key == "movement_unfinished"
    assert state_of(hass, DOOR) == "unlocked"


@pytest.mark.usefixtures("pauses")
@pytest.mark.parametrize(
    "lost",
    [
        Fault(drop=True, worked=True),
        Fault(reset=True, worked=True),
        Fault(keep=10, worked=True),
        Fault(status=200, body="<html>Welcome to the hotel</html>", worked=True),
        *(Fault(status=status, worked=True) for status in (408, 500, 502, 504)),
    ],
    ids=str,
)
async def test_a_lost_answer_is_made_up_for_by_the_bolt(
    hass: HomeAssistant, sim: Simulator, lost: Fault
) -> None:
    """The command is not repeated: the lock is asked, and has moved as it should."""
    lock = sim.account.add_lock("Front door", state=LOCKED)
    await add_account(hass, sim, generation="operation")
    sim.faults.add(lost, method="POST")

    await act(hass, "lock.unlock", entity_id=DOOR)

    assert commands(sim) == [BY_PATH["unlock"]]
    assert lock.state == UNLOCKED
    assert state_of(hass, DOOR) == "unlocked"


@pytest.mark.usefixtures("pauses")
@pytest.mark.parametrize("status", [408, 500, 502, 504])
async def test_a_command_that_never_arrived_is_told_as_unknown_and_not_repeated(
    hass: HomeAssistant, sim: Simulator, status: int
) -> None:
    """The bolt is where it was, and may yet move."""
    sim.account.add_lock("Front door", state=LOCKED)
    await add_account(hass, sim, generation="operation")
    sim.faults.add(Fault(status=status), method="POST")

    with pytest.raises(HomeAssistantError) as failure:
        await act(hass, "lock.unlock", entity_id=DOOR)

    assert failure.value.translation_key == "command_outcome_unknown"
    assert commands(sim) == [BY_PATH["unlock"]]
    assert state_of(hass, DOOR) == "locked"


@pytest.mark.parametrize(
    ("status", "headers", "times", "waits"),
    [
        (409, {}, 1, [1.0]),
        (409, {}, 3, [1.0, 2.0, 4.0]),
        (503, {}, 1, [1.0]),
        (429, {"Retry-After": "7"}, 1, [7.0]),
    ],
)
async def test_what_was_not_done_is_tried_again(
    hass: HomeAssistant,
    sim: Simulator,
    pauses: list[float],
    status: int,
    headers: dict[str, str],
    times: int,
    waits: list[float],
) -> None:
    """A busy lock, a cloud that is restarting, a short wait for requests."""
    sim.account.add_lock("Front door", state=UNLOCKED)
    await add_account(hass, sim, generation="operation")
    sim.faults.add(Fault(status=status, headers=headers), method="POST", times=times)

    await act(hass, "lock.lock", entity_id=DOOR)

    assert len(commands(sim)) == times + 1
    assert pauses[:-2] == waits
    assert state_of(hass, DOOR) == "locked"


@pytest.mark.parametrize(
    ("status", "headers", "tries", "sentence"),
    [
        (409, {}, 4, "Front door is busy with another command. Try again in a few seconds"),
        (503, {}, 2, "The Tedee cloud answered with error 503. Try again later"),
        (
            429,
            {"Retry-After": "11"},
            1,
            "Your account has used up its requests to the Tedee cloud. Try again in 1 min",
        ),
        (
            429,
            {"Retry-After": "7"},
            2,
            "Your account has used up its requests to the Tedee cloud. Try again in 1 min",
        ),
        (
            429,
            {"Retry-After": "1800"},
            1,
            "Your account has used up its requests to the Tedee cloud. Try again in 30 min",
        ),
    ],
)
@pytest.mark.usefixtures("pauses")
async def test_what_stays_undone_is_told(
    hass: HomeAssistant,
    sim: Simulator,
    status: int,
    headers: dict[str, str],
    tries: int,
    sentence: str,
) -> None:
    """The tries are few, and the state is the one before."""
    sim.account.add_lock("Front door", state=UNLOCKED)
    await add_account(hass, sim, generation="operation")
    sim.faults.add(Fault(status=status, headers=headers), method="POST", times=None)

    with pytest.raises(HomeAssistantError) as failure:
        await act(hass, "lock.lock", entity_id=DOOR)

    assert str(failure.value) == sentence
    assert len(commands(sim)) == tries
    assert state_of(hass, DOOR) == "unlocked"


async def test_a_refused_connection_is_tried_once_more(
    hass: HomeAssistant, sim: Simulator, pauses: list[float]
) -> None:
    """Nothing has left, so nothing can have moved, and the next command needs no help."""
    lock = sim.account.add_lock("Front door", state=UNLOCKED)
    await add_account(hass, sim, generation="operation")
    await sim.stop()
    with pytest.raises(HomeAssistantError):  # whatever a connection was kept open for
        await act(hass, "lock.lock", entity_id=DOOR)
    pauses.clear()

    with pytest.raises(HomeAssistantError) as failure:
        await act(hass, "lock.lock", entity_id=DOOR)

    assert failure.value.translation_key == "cannot_connect"
    assert pauses == [1.0]

    await sim.start()
    await act(hass, "lock.lock", entity_id=DOOR)
    assert lock.state == LOCKED
    assert state_of(hass, DOOR) == "locked"


@pytest.mark.parametrize("status", [404, 500, 503])
async def test_a_question_that_fails_is_asked_again(
    hass: HomeAssistant, sim: Simulator, pauses: list[float], status: int
) -> None:
    """One bad answer on the way does not make a command fail."""
    sim.account.add_lock("Front door", state=UNLOCKED)
    await add_account(hass, sim, generation="operation")
    sim.faults.add(Fault(status=status), method="GET", path="/my/device/operation/*")

    await act(hass, "lock.lock", entity_id=DOOR)

    assert pauses == [2.0, 1.2]
    assert state_of(hass, DOOR) == "locked"


@pytest.mark.usefixtures("pauses")
@pytest.mark.parametrize("fault", [Fault(status=500), Fault(drop=True), Fault(status=403)], ids=str)
@pytest.mark.parametrize(
    ("outcome", "sentence", "shown"),
    [("done", None, "locked"), *((outcome, *told) for outcome, told in TOLD_BY_STATE.items())],
)
async def test_where_nobody_tells_of_the_operation_the_bolt_does(
    hass: HomeAssistant,
    sim: Simulator,
    fault: Fault,
    outcome: str,
    sentence: str | None,
    shown: str,
) -> None:
    """As in a cloud that keeps no operations; what ends elsewhere is not called locked."""
    lock = sim.account.add_lock("Front door", state=UNLOCKED)
    await add_account(hass, sim, generation="operation")
    lock.outcome = outcome
    sim.faults.add(fault, method="GET", path="/my/device/operation/*", times=None)

    said = None
    try:
        await act(hass, "lock.lock", entity_id=DOOR)
    except HomeAssistantError as err:
        said = err.translation_key

    assert (said, state_of(hass, DOOR)) == (sentence, shown)
    assert len(sim.calls("GET", "/my/device/operation/*")) == 2
    assert len(commands(sim)) == 1


@pytest.mark.usefixtures("pauses")
async def test_the_last_question_is_believed_like_any_other(
    hass: HomeAssistant, sim: Simulator
) -> None:
    """Whatever failed before it."""
    sim.account.add_lock("Front door", state=UNLOCKED)
    await add_account(hass, sim, generation="operation")
    sim.faults.add(Fault(status=500), path="/my/device/operation/*", times=2)
    failing = sim.faults.add(Fault(status=500), path="/my/lock/*/sync", times=5)

    await act(hass, "lock.lock", entity_id=DOOR)

    assert len(failing.struck) == 5
    assert len(sim.calls("GET", "/my/lock/*/sync")) == 6
    assert state_of(hass, DOOR) == "locked"


@pytest.mark.usefixtures("pauses")
async def test_two_failures_that_are_not_in_a_row_do_not_end_the_questions(
    hass: HomeAssistant, sim: Simulator
) -> None:
    """Only the operation tells which error kept the bolt from moving."""
    lock = sim.account.add_lock("Front door", state=UNLOCKED, timing=Timing(turn=6))
    await add_account(hass, sim, generation="operation")
    lock.outcome = "error"
    for number in (0, 1):
        sim.faults.add(
            Fault(status=500), method="GET", path="/my/device/operation/*", after=2 * number
        )

    with pytest.raises(HomeAssistantError) as failure:
        await act(hass, "lock.lock", entity_id=DOOR)

    assert failure.value.translation_key == "movement_failed"


@pytest.mark.usefixtures("pauses")
@pytest.mark.parametrize("generation", ["operation", "close"])
async def test_a_hand_that_was_quicker_than_the_poll_is_not_taken_for_the_end(
    hass: HomeAssistant, sim: Simulator, clock: ManualClock, generation: str
) -> None:
    """The bolt is not where the last poll saw it, and the command has not moved it yet."""
    sim.settings.generation = generation
    lock = sim.account.add_lock("Front door", state=LOCKED, timing=Timing(latency=2.5))
    await add_account(hass, sim, generation=generation)
    clock.advance(10)
    lock.turn("unlocked")

    await act(hass, "lock.lock", entity_id=DOOR)

    assert lock.state == LOCKED
    assert state_of(hass, DOOR) == "locked"


@pytest.mark.parametrize("generation", ["operation", "close"])
async def test_commands_right_after_each_other_where_syncs_are_20_seconds_apart(
    hass: HomeAssistant, sim: Simulator, pauses: list[float], generation: str
) -> None:
    """The vendor asks for that; a cloud that insists is waited for, and nothing is refused."""
    sim.settings.generation = generation
    sim.settings.limits = True
    lock = sim.account.add_lock("Front door", state=UNLOCKED)
    await add_account(hass, sim, generation=generation)
    sim.settings.sync_guard = 20

    for action, state in (("lock", LOCKED), ("unlock", UNLOCKED), ("lock", LOCKED)):
        pauses.clear()
        await act(hass, f"lock.{action}", entity_id=DOOR)
        assert lock.state == state
        assert state_of(hass, DOOR) == f"{action}ed"
        assert sum(pauses) <= 24

    assert len(commands(sim)) == 3


@pytest.mark.usefixtures("pauses")
async def test_opening_where_syncs_are_20_seconds_apart(
    hass: HomeAssistant, sim: Simulator
) -> None:
    """The question before it is waited for as well."""
    sim.settings.limits = True
    lock = sim.account.add_lock("Front door", state=LOCKED, pull_seconds=60)
    await add_account(hass, sim, generation="operation")
    sim.settings.sync_guard = 20
    await act(hass, "lock.unlock", entity_id=DOOR)

    await act(hass, "lock.open", entity_id=DOOR)

    assert [step.state for step in lock.bolt.log][-3:] == [UNLOCKED, 8, 7]
    assert state_of(hass, DOOR) == "open"


@pytest.mark.usefixtures("pauses")
@pytest.mark.parametrize("path", ["/my/device/operation/*", "/my/lock/*/sync"])
@pytest.mark.parametrize("seconds", [21, 1800])
async def test_a_command_whose_end_may_not_be_asked_for(
    hass: HomeAssistant,
    sim: Simulator,
    freezer: FrozenDateTimeFactory,
    clock: ManualClock,
    path: str,
    seconds: int,
) -> None:
    """That it was accepted is told, and that its end is not known; the wish is not shown."""
    sim.account.add_lock("Front door", state=UNLOCKED)
    await add_account(hass, sim, generation="operation")
    fault = Fault(status=429, headers={"Retry-After": str(seconds)})
    sim.faults.add(fault, method="GET", path=path)

    with pytest.raises(HomeAssistantError) as failure:
        await act(hass, "lock.lock", entity_id=DOOR)

    assert str(failure.value) == (
        "The Tedee cloud accepted the command for Front door, but your account has used up its "
        f"requests for the next {-(-seconds // 60)} min, so it is not known whether the lock has "
        "moved. Look at the door before you rely on it"
    )
    assert len(commands(sim)) == 1
    assert state_of(hass, DOOR) == "unknown"

    clock.advance(seconds)
    await let_time_pass(hass, freezer, seconds + 40)
    assert state_of(hass, DOOR) == "locked"


@pytest.mark.usefixtures("pauses")
async def test_a_command_is_not_called_accepted_where_its_answer_was_lost(
    hass: HomeAssistant, sim: Simulator
) -> None:
    """Though nobody may be asked about it either."""
    sim.account.add_lock("Front door", state=LOCKED)
    await add_account(hass, sim, generation="operation")
    sim.faults.add(Fault(drop=True, worked=True), method="POST")
    held = Fault(status=429, headers={"Retry-After": "1800"})
    sim.faults.add(held, method="GET", path="/my/lock/*/sync")

    with pytest.raises(HomeAssistantError) as failure:
        await act(hass, "lock.unlock", entity_id=DOOR)

    assert failure.value.translation_key == "command_outcome_unknown"
    assert state_of(hass, DOOR) == "unknown"


@pytest.mark.usefixtures("pauses")
async def test_an_old_answer_about_the_bolt_is_doubted(hass: HomeAssistant, sim: Simulator) -> None:
    """Completed and yet nothing new: the lock is asked once more."""
    lock = sim.account.add_lock("Front door", state=UNLOCKED)
    await add_account(hass, sim, generation="operation")
    await act(hass, "lock.unlock", entity_id=DOOR)
    sim.faults.add(Fault(stale=True), method="GET", path="/my/lock/*/sync")

    await act(hass, "lock.lock", entity_id=DOOR)

    assert lock.state == LOCKED
    assert state_of(hass, DOOR) == "locked"


@pytest.mark.usefixtures("pauses")
async def test_a_state_that_cannot_be_learnt_is_not_claimed(
    hass: HomeAssistant, sim: Simulator
) -> None:
    """After a lost answer with the cloud gone, the lock does not go on showing "locked"."""
    sim.account.add_lock("Front door", state=LOCKED)
    await add_account(hass, sim, generation="operation")
    sim.faults.add(Fault(drop=True, worked=True), method="POST")
    sim.faults.add(Fault(status=500), method="GET", path="/my/lock/*/sync", times=None)

    with pytest.raises(HomeAssistantError) as failure:
        await act(hass, "lock.unlock", entity_id=DOOR)

    assert failure.value.translation_key == "command_outcome_unknown"
    assert state_of(hass, DOOR) == "unknown"


async def test_commands_of_one_lock_take_turns(
    hass: HomeAssistant, sim: Simulator, pauses: list[float]
) -> None:
    """Unlock waits until lock has ended, then runs."""
    lock = sim.account.add_lock("Front door", state=UNLOCKED)
    await add_account(hass, sim, generation="operation")
    held = sim.faults.add(Fault(hold=True), method="POST")

    locking = hass.async_create_task(act(hass, "lock.lock", entity_id=DOOR))
    await held.held()
    unlocking = hass.async_create_task(act(hass, "lock.unlock", entity_id=DOOR))
    held.release()
    await locking
    await unlocking

    assert [path for path, _, _ in commands(sim)] == [BY_PATH["lock"][0], BY_PATH["unlock"][0]]
    assert [step.state for step in lock.bolt.log] == [UNLOCKED, 5, LOCKED, 4, UNLOCKED]
    assert state_of(hass, DOOR) == "unlocked"
    assert len(pauses) == 4


@pytest.mark.usefixtures("pauses")
async def test_two_locks_in_one_call(hass: HomeAssistant, sim: Simulator) -> None:
    """Both are told at the same time, and the failure of one does not keep the other back."""
    front = sim.account.add_lock("Front door", state=UNLOCKED)
    back = sim.account.add_lock("Back door", state=UNLOCKED)
    await add_account(hass, sim, generation="operation")
    held = sim.faults.add(Fault(hold=True), method="POST", times=2)
    front.jam()

    command = hass.async_create_task(act(hass, "lock.lock", entity_id=[DOOR, "lock.back_door"]))
    await held.held()
    await sim.wait_for_request("POST", count=2)
    held.release()
    with pytest.raises(HomeAssistantError) as failure:
        await command
    await hass.async_block_till_done()

    assert failure.value.translation_key == "jammed"
    assert (front.state, back.state) == (SEMI_LOCKED, LOCKED)
    assert (state_of(hass, DOOR), state_of(hass, "lock.back_door")) == ("jammed", "locked")


async def test_a_key_refused_for_a_command_is_tried_by_the_next_polls(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """A key without the scope still polls, so no new key is asked for; an expired one does not."""
    sim.account.add_lock("Front door", state=UNLOCKED)
    await add_account(hass, sim, generation="operation")
    sim.faults.add(Fault(status=401), method="POST")

    with pytest.raises(HomeAssistantError) as refusal:
        await act(hass, "lock.lock", entity_id=DOOR)
    await let_time_pass(hass, freezer)

    assert refusal.value.translation_key == "key_refused"
    assert len(sim.calls("GET", "/my/lock/sync")) == 1
    assert hass.config_entries.flow.async_progress() == []

    sim.account.keys[0].expired = True
    with pytest.raises(HomeAssistantError):
        await act(hass, "lock.lock", entity_id=DOOR)
    await let_time_pass(hass, freezer)
    assert hass.config_entries.flow.async_progress() == []
    await let_time_pass(hass, freezer)

    [flow] = hass.config_entries.flow.async_progress()
    assert flow["context"]["source"] == "reauth"


async def test_stopping_in_the_middle_of_a_command(
    hass: HomeAssistant, sim: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    """Unloading the account while a bolt moves leaves nothing behind but a sentence."""
    sim.account.add_lock("Front door", state=UNLOCKED)
    entry = await add_account(hass, sim, generation="operation")
    held = sim.faults.add(Fault(hold=True), method="POST")
    command = hass.async_create_task(act(hass, "lock.lock", entity_id=DOOR))
    await held.held()
    caplog.clear()

    assert await hass.config_entries.async_unload(entry.entry_id)
    with pytest.raises(HomeAssistantError) as failure:
        await command
    held.release()
    await hass.async_block_till_done()

    assert failure.value.translation_key == "interrupted"
    assert state_of(hass, DOOR) == "unavailable"
    assert [record for record in caplog.records if record.levelname in ("WARNING", "ERROR")] == []


@pytest.mark.parametrize("worked", [False, True], ids=["not accepted yet", "accepted"])
@pytest.mark.parametrize("action", ["lock", "unlock"])
async def test_stopping_home_assistant_in_the_middle_of_commands(
    hass: HomeAssistant,
    sim: Simulator,
    caplog: pytest.LogCaptureFixture,
    action: str,
    *,
    worked: bool,
) -> None:
    """It does not wait for the bolt, and has nothing to complain about; nor has who called."""
    sim.account.add_lock("Front door", state=BEGINNING[action])
    await add_account(hass, sim, generation="operation")
    held = sim.faults.add(Fault(hold=True, worked=worked), method="POST")

    async def call_from_browser() -> None:
        await asyncio.shield(act(hass, f"lock.{action}", entity_id=DOOR))

    async def stop_something_else(_: Event) -> None:
        for _turn in range(50):
            await asyncio.sleep(0)

    calls = [asyncio.create_task(call_from_browser()) for _ in range(2)]
    await held.held()
    hass.bus.async_listen_once(EVENT_HOMEASSISTANT_STOP, stop_something_else)
    caplog.clear()

    calls[0].cancel()  # the connection has gone
    await hass.async_stop(force=True)
    held.release()

    await asyncio.wait(calls)
    assert all(call.cancelled() for call in calls)
    assert [record for record in caplog.records if record.levelname in ("WARNING", "ERROR")] == []


async def test_unloading_while_a_poll_is_under_way_leaves_no_timer(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """Its answer comes too late to be watched growing old; every test ends in a look for timers."""
    sim.account.add_lock("Front door")
    entry = await add_account(hass, sim)
    held = sim.faults.add(Fault(hold=True), method="GET", path="/my/lock/sync")
    freezer.tick(31)
    polling = hass.async_create_task(entry.runtime_data.async_refresh())
    await held.held()

    assert await hass.config_entries.async_unload(entry.entry_id)
    held.release()
    await polling

    assert state_of(hass, DOOR) == "unavailable"


@pytest.mark.usefixtures("pauses")
async def test_whoever_asked_may_leave(hass: HomeAssistant, sim: Simulator) -> None:
    """An automation that is stopped leaves a bolt on its way: it is followed to its end."""
    lock = sim.account.add_lock("Front door", state=UNLOCKED)
    await add_account(hass, sim, generation="operation")
    held = sim.faults.add(Fault(hold=True), method="POST")
    command = hass.async_create_task(act(hass, "lock.lock", entity_id=DOOR))
    await held.held()

    command.cancel()
    await asyncio.wait([command])
    assert state_of(hass, DOOR) == "locking"
    held.release()
    await hass.async_block_till_done(wait_background_tasks=True)

    assert command.cancelled()
    assert lock.state == LOCKED
    assert state_of(hass, DOOR) == "locked"
