"""Commands in a house where time passes: questions take theirs, hands turn bolts, polls go on."""

from collections.abc import Awaitable
from http import HTTPStatus
from typing import Any

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from pytest_homeassistant_custom_component.common import MockConfigEntry

from .common import act, new_entry, state_of
from .house import HouseClock, live, settle
from .simulator import LOCKED, UNLOCKED, Fault, SimLock, Simulator, Timing

FRONT = "lock.front_door"
LOCK_SYNC = "/my/lock/*/sync"
ALL_SYNC = "/my/lock/sync"
OPERATION = "/my/device/operation/*"

pytestmark = pytest.mark.usefixtures("without_keypads")


@pytest.fixture(autouse=True)
def clock(freezer: FrozenDateTimeFactory) -> HouseClock:
    """Freeze the time of the house and of the cloud before anything else starts."""
    return HouseClock(freezer)


@pytest.fixture
def lock(sim: Simulator) -> SimLock:
    """Put an unlocked lock into the account."""
    return sim.account.add_lock("Front door", state=UNLOCKED)


async def add(
    hass: HomeAssistant, sim: Simulator, generation: str = "operation"
) -> MockConfigEntry:
    """Add the simulator's account and forget the requests that took."""
    entry = new_entry(sim, generation=generation)
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    await settle(hass)
    sim.clear()
    return entry


class Call:
    """A command under way: how it ends, and when."""

    def __init__(self, hass: HomeAssistant, clock: HouseClock, call: Awaitable[Any]) -> None:
        """Begin it."""
        self._hass = hass
        self._clock = clock
        self._began = clock.monotonic()
        self.seconds = 0.0
        self._task = hass.async_create_task(self._run(call))

    async def _run(self, call: Awaitable[Any]) -> str | None:
        try:
            await call
        except HomeAssistantError as err:
            return err.translation_key
        finally:
            self.seconds = self._clock.monotonic() - self._began
        return None

    async def end(self, within: float) -> str | None:
        """Return the key of what was told at the end, None for success."""
        await live(self._hass, self._clock, within)
        assert self._task.done(), "it is still under way"
        return self._task.result()


def command(hass: HomeAssistant, clock: HouseClock, action: str, *entity_ids: str) -> Call:
    """Put a command to locks."""
    targets = list(entity_ids or (FRONT,))
    return Call(hass, clock, act(hass, f"lock.{action}", entity_id=targets))


# --- What is shown meanwhile ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "method", "path"),
    [("unlock", "POST", "/my/lock/*/operation/unlock"), ("open", "GET", LOCK_SYNC)],
)
async def test_a_command_that_fails_does_not_undo_what_a_poll_has_told(
    hass: HomeAssistant,
    sim: Simulator,
    clock: HouseClock,
    lock: SimLock,
    action: str,
    method: str,
    path: str,
) -> None:
    """The bolt was turned by hand while the lock was busy: it is not shown locked again."""
    lock.state = LOCKED
    await add(hass, sim)
    await live(hass, clock, 120)
    while clock.monotonic() - sim.calls("GET", ALL_SYNC)[-1].at < 28:
        await live(hass, clock, 0.5)
    assert state_of(hass, FRONT) == "locked"
    sim.faults.add(Fault(status=409), method=method, path=path, times=None)
    lock.turn("semi_locked", after=0.5)

    call = command(hass, clock, action)
    polls = len(sim.calls("GET", ALL_SYNC))

    assert await call.end(within=9) == "command_busy"
    assert len(sim.calls("GET", ALL_SYNC)) == polls + 1
    assert state_of(hass, FRONT) == "unlocked"
    assert len(sim.calls("GET", ALL_SYNC)) == polls + 1


async def test_opening_shows_from_the_first_question_on(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock, lock: SimLock
) -> None:
    """It asks where the bolt is before it moves anything, and says so at once."""
    lock.state = LOCKED
    await add(hass, sim)
    script = sim.faults.add(Fault(hold=True), method="GET", path=LOCK_SYNC)

    call = command(hass, clock, "open")
    await script.held()
    assert state_of(hass, FRONT) == "opening"
    script.release()

    assert await call.end(within=30) is None
    assert sim.calls("POST")[-1].path.endswith("/operation/pull")


async def test_a_movement_shows_though_nothing_is_known_of_the_lock(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock
) -> None:
    """Polls are held back and the last answer is too old to be shown, but the command is ours."""
    sim.account.add_lock("Front door", state=UNLOCKED)
    await add(hass, sim)
    fault = Fault(status=429, headers={"Retry-After": "600"})
    sim.faults.add(fault, method="GET", path=ALL_SYNC)
    await live(hass, clock, 200)
    assert state_of(hass, FRONT) == "unknown"

    call = command(hass, clock, "lock")
    await live(hass, clock, 1)
    assert state_of(hass, FRONT) == "locking"

    assert await call.end(within=10) is None
    assert state_of(hass, FRONT) == "locked"


async def test_an_older_answer_to_a_poll_does_not_undo_a_command(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock, lock: SimLock
) -> None:
    """A cloud that answers from a store would show a door locked that was just unlocked."""
    lock.state = LOCKED
    await add(hass, sim)
    await live(hass, clock, 70)
    call = command(hass, clock, "unlock")
    assert await call.end(within=5) is None
    sim.faults.add(Fault(stale=True), method="GET", path=ALL_SYNC)
    polls = len(sim.calls("GET", ALL_SYNC))

    for _ in range(60):
        await live(hass, clock, 1)
        assert state_of(hass, FRONT) == "unlocked"

    assert len(sim.calls("GET", ALL_SYNC)) >= polls + 2


async def test_a_lock_that_counts_its_time_anew_is_believed_the_second_time(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock, lock: SimLock
) -> None:
    """Else a lock whose clock was set back would never change its state again."""
    await add(hass, sim)
    lock.state = LOCKED
    lock.raw = {"deviceState": {"lastStateChangedDate": "2020-01-01T00:00:00.000Z"}}

    await live(hass, clock, 31)
    assert state_of(hass, FRONT) == "unlocked"
    await live(hass, clock, 31)
    assert state_of(hass, FRONT) == "locked"


# --- When it ends ---------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["silent", "slow", "silent bolt", "slow bolt"])
async def test_questions_without_answers_end_as_well(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock, what: str
) -> None:
    """The deadline of 20 s counts the time that questions take; the last two may take ten each."""
    sim.account.add_lock("Front door", state=UNLOCKED)
    await add(hass, sim)
    fault = Fault(silent=True) if what.startswith("silent") else Fault(delay=8)
    sim.faults.add(fault, method="GET", path=LOCK_SYNC, times=None)
    if "bolt" not in what:
        sim.faults.add(fault, method="GET", path=OPERATION, times=None)

    call = command(hass, clock, "lock")

    ended = await call.end(within=41)
    assert ended == ("command_outcome_unknown" if "silent" in what else None)
    assert 10 < call.seconds <= 40
    assert state_of(hass, FRONT) in ("locked", "unknown")


@pytest.mark.parametrize(
    ("told", "seconds"), [(0, 20), (10, 30), (3000, 80), (10**20, 80), (-5, 20), ("soon", 20)]
)
async def test_a_spring_is_waited_for_as_long_as_it_is_held(
    hass: HomeAssistant,
    sim: Simulator,
    clock: HouseClock,
    lock: SimLock,
    told: object,
    seconds: float,
) -> None:
    """Longer than for other movements, but not for ever, whatever the lock is set to."""
    lock.raw = {"deviceSettings": {"pullSpringDuration": told}}
    lock.outcome = "pending"
    await add(hass, sim)

    call = command(hass, clock, "open")

    assert await call.end(within=seconds + 2) is not None
    assert seconds - 4 <= call.seconds <= seconds
    assert len(sim.requests) < 40


@pytest.mark.parametrize("generation", ["operation", "close-202"])
async def test_a_hand_before_a_slow_movement_is_not_taken_for_its_end(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock, lock: SimLock, generation: str
) -> None:
    """What was accepted tells when the lock had last changed, where nobody tells of the rest."""
    sim.settings.generation = generation
    sim.settings.operation_status = False
    lock.state = LOCKED
    lock.timing = Timing(latency=8)
    await add(hass, sim, "operation" if generation == "operation" else "close")
    await live(hass, clock, 5)
    lock.turn("unlocked")

    call = command(hass, clock, "lock")

    assert await call.end(within=20) is None
    assert lock.state == LOCKED
    assert state_of(hass, FRONT) == "locked"


# --- Where the cloud wants fewer questions ------------------------------------------------------


@pytest.mark.parametrize("count", [2, 3, 10])
async def test_locks_that_have_to_wait_share_a_question(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock, count: int
) -> None:
    """The cloud insists on 20 s between two syncs, whichever: one serves all who wait."""
    names = [f"Door {number}" for number in range(count)]
    doors = [sim.account.add_lock(name, state=UNLOCKED) for name in names]
    sim.settings.limits = True
    await add(hass, sim)
    sim.settings.sync_guard = 20
    entity_ids = [f"lock.door_{number}" for number in range(count)]

    call = command(hass, clock, "lock", *entity_ids)

    assert await call.end(within=45) is None
    assert {door.state for door in doors} == {LOCKED}
    assert {state_of(hass, entity_id) for entity_id in entity_ids} == {"locked"}
    assert len(sim.calls("POST")) == count
    assert len(sim.calls("GET", ALL_SYNC)) <= 3
    assert len(sim.calls("GET", OPERATION)) == 2 * count


async def test_a_shared_answer_tells_of_all_locks(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock
) -> None:
    """A bolt turned by hand meanwhile is shown as it is: the cloud has said so."""
    for name in ("Front door", "Back door"):
        sim.account.add_lock(name, state=UNLOCKED)
    cellar = sim.account.add_lock("Cellar", state=LOCKED)
    sim.settings.limits = True
    await add(hass, sim)
    sim.settings.sync_guard = 20
    cellar.turn("unlocked", after=10)

    call = command(hass, clock, "lock", FRONT, "lock.back_door")
    while not [sync for sync in sim.calls("GET", ALL_SYNC) if sync.status == HTTPStatus.OK]:
        await live(hass, clock, 0.5)

    assert state_of(hass, "lock.cellar") == "unlocked"
    assert await call.end(within=5) is None


async def test_a_shared_question_that_fails_is_not_put_again_at_once(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock
) -> None:
    """All who shared it ask for themselves, each in its turn."""
    for name in ("Front door", "Back door"):
        sim.account.add_lock(name, state=UNLOCKED)
    await add(hass, sim)
    wait = Fault(status=429, headers={"Retry-After": "20"})
    sim.faults.add(wait, method="GET", path=LOCK_SYNC, times=2)
    sim.faults.add(Fault(status=500), method="GET", path=ALL_SYNC)

    call = command(hass, clock, "lock", FRONT, "lock.back_door")

    assert await call.end(within=30) is None
    assert [sync.status for sync in sim.calls("GET", ALL_SYNC)] == [500]
    assert [sync.status for sync in sim.calls("GET", LOCK_SYNC)] == [429, 429, 200, 200]
    assert state_of(hass, FRONT) == state_of(hass, "lock.back_door") == "locked"


async def test_a_lock_that_is_missing_in_the_shared_answer_is_not_known(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock
) -> None:
    """Nothing is claimed of it."""
    sim.account.add_lock("Front door", state=UNLOCKED)
    await add(hass, sim)
    sim.faults.add(
        Fault(status=429, headers={"Retry-After": "20"}), method="GET", path=LOCK_SYNC, times=None
    )
    sim.faults.add(
        Fault(body={"success": True, "result": []}), method="GET", path=ALL_SYNC, times=None
    )

    call = command(hass, clock, "lock")

    assert await call.end(within=40) == "command_not_followed"
    assert len(sim.calls("GET", ALL_SYNC)) > 0
    assert state_of(hass, FRONT) == "unknown"


# --- What comes between ------------------------------------------------------------------------


async def test_a_lock_that_leaves_the_account_while_it_is_opened(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock, lock: SimLock
) -> None:
    """A sentence, and nothing else."""
    lock.state = LOCKED
    sim.account.add_lock("Back door")
    await add(hass, sim)
    script = sim.faults.add(Fault(hold=True), method="POST")
    call = command(hass, clock, "open")
    await script.held()

    sim.account.remove(lock)
    await live(hass, clock, 20)
    script.release()

    assert await call.end(within=120) == "lock_not_found"
    assert hass.states.get(FRONT) is None


async def test_two_failures_in_one_call_leave_both_states_true(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock, lock: SimLock
) -> None:
    """Home Assistant raises one of them; the other lock does not claim anything either."""
    other = sim.account.add_lock("Back door", state=UNLOCKED)
    await add(hass, sim)
    lock.jam()
    other.outcomes.append("fall_back")

    call = command(hass, clock, "lock", FRONT, "lock.back_door")

    assert await call.end(within=30) in ("jammed", "movement_fell_back")
    assert state_of(hass, FRONT) == "jammed"
    assert state_of(hass, "lock.back_door") == "unlocked"
    assert len(sim.calls("POST")) == 2
