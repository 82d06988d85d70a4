"""Freshness: one missed poll is not news, and nothing older than 90 s is ever shown."""

import asyncio

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import HomeAssistant, callback
from homeassistant.setup import async_setup_component

from custom_components.tedee_cloud.freshness import Freshness

from .common import DOMAIN, act, add_account, new_entry, state_of, wire
from .house import HouseClock, leave_for, live, settle, syncs
from .simulator import ABSENT, Fault, SimLock, Simulator

FRONT = "lock.front_door"
BACK = "lock.back_door"
SYNC = "GET /api/v37/my/lock/sync"
SERIAL = "20240101-000042"
OTHER = "20240101-000043"

pytestmark = pytest.mark.usefixtures("without_keypads")

INSTANT = 0.001
"""Seconds. Shorter than anything that is measured here."""


@pytest.fixture(autouse=True)
def clock(freezer: FrozenDateTimeFactory) -> HouseClock:
    """Freeze the time of the house and of the cloud before anything else starts."""
    return HouseClock(freezer)


async def add(hass: HomeAssistant, sim: Simulator) -> None:
    """Add the simulator's account and forget the requests that took."""
    entry = new_entry(sim, generation="operation")
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    await settle(hass)
    sim.clear()


async def next_sync(hass: HomeAssistant, sim: Simulator, clock: HouseClock) -> float:
    """Live until the next sync is answered, and return its moment."""
    known = len(syncs(sim))
    while len(syncs(sim)) == known:
        await live(hass, clock, 0.5)
    return syncs(sim)[-1]


async def to_just_before(hass: HomeAssistant, clock: HouseClock, moment: float) -> None:
    """Live until nothing but an instant is missing."""
    await live(hass, clock, moment - clock.monotonic() - 0.125)
    clock.advance(0.125 - INSTANT)
    await settle(hass)


async def an_instant(hass: HomeAssistant, clock: HouseClock) -> None:
    """Let the instant pass, and what the event loop's own rounding takes."""
    clock.advance(INSTANT + 2e-6)
    await settle(hass)


def watch(hass: HomeAssistant) -> list[tuple[str, str]]:
    """Return what will hold every change of a state from now on."""
    changes: list[tuple[str, str]] = []

    @callback
    def note(event: object) -> None:
        data = getattr(event, "data", {})
        changes.append((data["entity_id"], data["new_state"].state))

    hass.bus.async_listen(EVENT_STATE_CHANGED, note)
    return changes


def log_lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what the integration has written into the log, below debug left out."""
    return [
        f"{record.levelname} {record.getMessage()}"
        for record in caplog.records
        if record.name.startswith(f"custom_components.{DOMAIN}") and record.levelname != "DEBUG"
    ]


# --- The keeper of ages ---------------------------------------------------------------------


async def test_an_answer_is_fresh_for_90_seconds(hass: HomeAssistant, clock: HouseClock) -> None:
    """Counted from its request, and the end is told once."""
    told: list[float] = []
    freshness = Freshness(hass, lambda: told.append(clock.monotonic()))
    begin = clock.monotonic()
    freshness.heard({SERIAL}, begin - 10)

    await to_just_before(hass, clock, begin + 80)
    assert freshness.is_fresh(SERIAL)
    assert told == []
    await an_instant(hass, clock)
    assert not freshness.is_fresh(SERIAL)
    await live(hass, clock, 500)
    assert told == pytest.approx([begin + 80], abs=1e-5, rel=0)


async def test_each_lock_has_an_age_of_its_own(hass: HomeAssistant, clock: HouseClock) -> None:
    """One that is heard of again is fresh again; the other one's end is told in time."""
    told: list[float] = []
    freshness = Freshness(hass, lambda: told.append(clock.monotonic()))
    begin = clock.monotonic()
    freshness.heard({SERIAL, OTHER}, begin)
    await live(hass, clock, 60)
    freshness.heard({SERIAL}, begin + 60)

    await live(hass, clock, 30)
    assert (freshness.is_fresh(SERIAL), freshness.is_fresh(OTHER)) == (True, False)
    await live(hass, clock, 100)
    assert (freshness.is_fresh(SERIAL), freshness.is_fresh(OTHER)) == (False, False)
    assert told == [begin + 90.125, begin + 150.125]  # time stands on eighths of a second


async def test_an_end_that_is_due_is_told_though_another_answer_comes_first(
    hass: HomeAssistant, clock: HouseClock
) -> None:
    """Both in one turn of the event loop: it was busy, or the third poll came at 90 s sharp."""
    told: list[float] = []
    freshness = Freshness(hass, lambda: told.append(clock.monotonic()))
    freshness.heard({SERIAL, OTHER}, clock.monotonic())
    await live(hass, clock, 30)
    freshness.heard({SERIAL}, clock.monotonic())

    clock.advance(60)
    freshness.heard({SERIAL}, clock.monotonic())
    assert (freshness.is_fresh(SERIAL), freshness.is_fresh(OTHER)) == (True, False)
    await live(hass, clock, 1)
    freshness.stop()

    assert len(told) == 1


async def test_what_is_stopped_tells_nothing(hass: HomeAssistant, clock: HouseClock) -> None:
    """The account is on its way out."""
    told: list[float] = []
    freshness = Freshness(hass, lambda: told.append(clock.monotonic()))
    freshness.heard({SERIAL}, clock.monotonic())
    freshness.stop()
    await live(hass, clock, 500)

    assert told == []


# --- One missed poll ------------------------------------------------------------------------


FAULTS = [
    pytest.param(Fault(status=500), id="500"),
    pytest.param(Fault(body="<html>"), id="HTML"),
    pytest.param(Fault(drop=True), id="dropped"),
    pytest.param(Fault(status=429, headers={"Retry-After": "20"}), id="429 for 20 s"),
]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize(
    ("idle", "missed"), [(0, 0), (1000, 0), (4000, 0), (0, 2), (1000, 2), (4000, 2)]
)
async def test_one_missed_poll_changes_nothing(
    hass: HomeAssistant,
    sim: Simulator,
    clock: HouseClock,
    fault: Fault,
    idle: float,
    missed: int,
) -> None:
    """At no pace: lively, usual or quiet; every state stays as it was."""
    lock = sim.account.add_lock("Front door")
    sim.account.add_lock("Back door")
    await add(hass, sim)
    await leave_for(hass, clock, 400)
    lock.turn("unlocked")
    await next_sync(hass, sim, clock)
    await leave_for(hass, clock, max(idle, 10))
    await live(hass, clock, 130)
    changes = watch(hass)
    sim.clear()

    missing = sim.faults.add(fault, path="/my/lock/sync", after=missed)
    await live(hass, clock, 250)

    assert len(missing.struck) == 1
    assert wire(sim)[missed + 1 :] == [SYNC] * (len(wire(sim)) - missed - 1)
    assert len(wire(sim)) >= missed + 2
    assert changes == []
    assert state_of(hass, FRONT) == "unlocked"


async def test_one_missed_poll_changes_nothing_where_answers_take_their_time(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock
) -> None:
    """Each takes 3 s: in a quiet house the next try comes early enough for its answer."""
    sim.account.add_lock("Front door")
    await add(hass, sim)
    await leave_for(hass, clock, 4000)
    await live(hass, clock, 130)
    missing = sim.faults.add(Fault(status=500), path="/my/lock/sync", after=1)
    sim.faults.add(Fault(delay=3), path="/my/lock/sync", times=None)
    changes = watch(hass)
    await live(hass, clock, 300)

    assert len(missing.struck) == 1
    assert changes == []


@pytest.mark.parametrize("fault", [Fault(silent=True)])
@pytest.mark.parametrize("idle", [0, 1000])
async def test_one_poll_without_an_answer_changes_nothing(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock, fault: Fault, idle: float
) -> None:
    """Its 30 s of waiting and the wait before it stay below 90 s."""
    lock = sim.account.add_lock("Front door")
    await add(hass, sim)
    await leave_for(hass, clock, 400)
    lock.turn("unlocked")
    await next_sync(hass, sim, clock)
    await leave_for(hass, clock, max(idle, 10))
    await live(hass, clock, 130)
    changes = watch(hass)

    sim.faults.add(fault, path="/my/lock/sync")
    await live(hass, clock, 250)

    assert changes == []
    assert state_of(hass, FRONT) == "unlocked"


@pytest.mark.parametrize(
    "answer", [b'{"result":[],"success":true,"errorMessages":[],"statusCode":200}']
)
async def test_one_empty_sync_changes_nothing(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock, answer: bytes
) -> None:
    """No device goes, no state changes."""
    sim.account.add_lock("Front door")
    sim.account.add_lock("Back door")
    await add(hass, sim)
    await next_sync(hass, sim, clock)
    changes = watch(hass)

    sim.faults.add(Fault(body=answer), path="/my/lock/sync")
    await live(hass, clock, 200)

    assert set(wire(sim)) == {SYNC}
    assert changes == []


# --- Ninety seconds -------------------------------------------------------------------------


def all_states(hass: HomeAssistant) -> set[str]:
    """Return the states of all entities."""
    return {state.state for state in hass.states.async_all()}


async def test_at_90_seconds_everything_is_unavailable_without_any_poll(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock
) -> None:
    """A poll is under way and unanswered when the moment comes; the next good one brings it back.

    Shown until the last instant, gone exactly then.
    """
    sim.account.add_lock("Front door")
    await add(hass, sim)
    last = await next_sync(hass, sim, clock)
    silence = sim.faults.add(Fault(silent=True), path="/my/lock/sync", times=None)
    changes = watch(hass)

    await to_just_before(hass, clock, last + 90)
    assert changes == []
    assert state_of(hass, FRONT) == "locked"
    asked = len(syncs(sim))
    under_way = [call for call in sim.requests if not call.finished.is_set()]
    assert len(under_way) == 1

    await an_instant(hass, clock)
    assert len(syncs(sim)) == asked
    assert not under_way[0].finished.is_set()
    assert all_states(hass) == {"unavailable"}

    sim.faults.remove(silence)
    await live(hass, clock, 60)
    assert state_of(hass, FRONT) == "locked"
    assert state_of(hass, "sensor.front_door_battery") == "81"
    assert "unavailable" not in all_states(hass)


async def test_an_answer_is_as_old_as_its_request(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock
) -> None:
    """It came after 25 s, and is shown for 65 more."""
    lock = sim.account.add_lock("Front door")
    await add(hass, sim)
    await next_sync(hass, sim, clock)
    slow = sim.faults.add(Fault(hold=True, worked=True), path="/my/lock/sync")
    sim.faults.add(Fault(status=500), path="/my/lock/sync", times=None)
    lock.turn("unlocked")
    asked = await next_sync(hass, sim, clock)
    await live(hass, clock, asked + 25 - clock.monotonic())
    slow.release()
    await live(hass, clock, 0.5)
    assert state_of(hass, FRONT) == "unlocked"

    await to_just_before(hass, clock, asked + 90)
    assert state_of(hass, FRONT) == "unlocked"
    await an_instant(hass, clock)
    assert state_of(hass, FRONT) == "unavailable"


async def test_while_the_cloud_is_gone_nothing_old_is_shown_and_the_log_says_so_once(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock, caplog: pytest.LogCaptureFixture
) -> None:
    """Two hours; one line when it goes, one when it is back, and no device is lost."""
    lock = sim.account.add_lock("Front door")
    sim.account.add_lock("Back door")
    await add(hass, sim)
    last = await next_sync(hass, sim, clock)
    before = {state.entity_id for state in hass.states.async_all()}
    gone = sim.faults.add(Fault(status=502, body="<html>"), path="/**", times=None)
    caplog.clear()
    lock.turn("unlocked")
    await live(hass, clock, last + 90.125 - clock.monotonic())
    assert all_states(hass) == {"unavailable"}
    changes = watch(hass)

    await live(hass, clock, 1800)
    await leave_for(hass, clock, 5400)
    assert changes == []
    assert all_states(hass) == {"unavailable"}
    assert {state.entity_id for state in hass.states.async_all()} == before
    assert len(log_lines(caplog)) == 1
    assert log_lines(caplog)[0].startswith(f"ERROR Error fetching {DOMAIN} data: ")

    sim.faults.remove(gone)
    await live(hass, clock, 40)
    assert state_of(hass, FRONT) == "unlocked"
    assert state_of(hass, BACK) == "locked"
    assert log_lines(caplog)[1:] == [f"INFO Fetching {DOMAIN} data recovered"]


async def test_the_cloud_that_comes_and_goes_is_told_each_time(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock, caplog: pytest.LogCaptureFixture
) -> None:
    """Twice gone, twice back: four lines in this order."""
    sim.account.add_lock("Front door")
    await add(hass, sim)
    caplog.clear()
    for _ in range(2):
        gone = sim.faults.add(Fault(status=500), path="/my/lock/sync", times=None)
        await live(hass, clock, 200)
        sim.faults.remove(gone)
        await live(hass, clock, 100)

    assert [line.split()[0] for line in log_lines(caplog)] == ["ERROR", "INFO", "ERROR", "INFO"]


# --- One lock of several --------------------------------------------------------------------


@pytest.mark.parametrize("listed", [True, False], ids=["still listed", "no list to be had"])
async def test_a_lock_that_syncs_leave_out_is_unavailable_after_90_seconds(
    hass: HomeAssistant,
    sim: Simulator,
    clock: HouseClock,
    listed: bool,  # noqa: FBT001
) -> None:
    """Counted from the last answer that told of it: a sync, or the list asked for its sake.

    The others are shown as ever; back in a sync, it is shown again though nothing has changed.
    """
    front = sim.account.add_lock("Front door")
    sim.account.add_lock("Back door")
    await add(hass, sim)
    last = await next_sync(hass, sim, clock)
    if not listed:
        sim.faults.add(Fault(status=500), path="/my/lock", times=None)
    front.raw_sync = {"id": ABSENT}
    if listed:
        while not (lists := sim.calls("GET", "/my/lock")):
            await live(hass, clock, 1)
        last = lists[0].at

    await to_just_before(hass, clock, last + 90)
    assert (state_of(hass, FRONT), state_of(hass, BACK)) == ("locked", "locked")
    await an_instant(hass, clock)
    assert (state_of(hass, FRONT), state_of(hass, BACK)) == ("unavailable", "locked")
    await live(hass, clock, 300)
    assert (state_of(hass, FRONT), state_of(hass, BACK)) == ("unavailable", "locked")

    front.raw_sync = {}
    await next_sync(hass, sim, clock)
    assert (state_of(hass, FRONT), state_of(hass, BACK)) == ("locked", "locked")


async def test_what_a_command_asks_keeps_its_own_lock_fresh(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock
) -> None:
    """The cloud answers about one lock and not about all: one is shown for 90 s more."""
    sim.account.add_lock("Front door")
    sim.account.add_lock("Back door")
    await add(hass, sim)
    last = await next_sync(hass, sim, clock)
    sim.faults.add(Fault(status=500), path="/my/lock/sync", times=None)
    await live(hass, clock, last + 80 - clock.monotonic())

    acting = asyncio.create_task(act(hass, "lock.unlock", entity_id=FRONT))
    await live(hass, clock, 15)
    await acting
    assert (state_of(hass, FRONT), state_of(hass, BACK)) == ("unlocked", "unavailable")

    [asked] = sim.calls("GET", "/my/lock/41001/sync")
    await to_just_before(hass, clock, asked.at + 90)
    assert state_of(hass, FRONT) == "unlocked"
    await an_instant(hass, clock)
    assert state_of(hass, FRONT) == "unavailable"


async def test_a_command_that_brings_a_stale_lock_back_shows_it(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock
) -> None:
    """While polls are held back the lock stays operable with its state unknown; then it is known.

    Also where the bolt is found where it was.
    """
    sim.account.add_lock("Front door")
    await add(hass, sim)
    sim.faults.add(Fault(status=429, headers={"Retry-After": "3600"}), path="/my/lock/sync")
    await live(hass, clock, 200)
    assert state_of(hass, FRONT) == "unknown"
    assert state_of(hass, "sensor.front_door_battery") == "unavailable"

    acting = asyncio.create_task(act(hass, "lock.lock", entity_id=FRONT))
    await live(hass, clock, 10)
    await acting
    assert state_of(hass, FRONT) == "locked"
    assert state_of(hass, "sensor.front_door_battery") == "81"

    await live(hass, clock, 90)
    assert state_of(hass, FRONT) == "unknown"
    assert state_of(hass, "sensor.front_door_battery") == "unavailable"


async def test_a_lock_is_operable_exactly_while_polls_wait_for_requests(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock
) -> None:
    """Also where the cloud was gone before, and is gone again afterwards."""
    sim.account.add_lock("Front door")
    await add(hass, sim)
    sim.faults.add(Fault(status=500), path="/my/lock/sync", times=None)
    await live(hass, clock, 200)
    assert state_of(hass, FRONT) == "unavailable"

    sim.faults.clear()
    sim.faults.add(Fault(status=429, headers={"Retry-After": "600"}), path="/my/lock/sync")
    sim.faults.add(Fault(status=500), path="/my/lock/sync", times=None)
    held = await next_sync(hass, sim, clock)
    assert state_of(hass, FRONT) == "unknown"
    assert state_of(hass, "sensor.front_door_battery") == "unavailable"

    await live(hass, clock, held + 599 - clock.monotonic())
    assert state_of(hass, FRONT) == "unknown"
    await next_sync(hass, sim, clock)
    assert state_of(hass, FRONT) == "unavailable"


async def test_a_reload_begins_with_what_the_list_says(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock
) -> None:
    """It counts like any answer, for 90 s."""
    await async_setup_component(hass, "homeassistant", {})
    lock = sim.account.add_lock("Front door")
    entry = await add_account(hass, sim)
    await live(hass, clock, 40)
    sim.faults.add(Fault(status=500), path="/my/lock/sync", times=None)
    lock.turn("unlocked")
    begin = clock.monotonic()
    assert await hass.config_entries.async_reload(entry.entry_id)
    await settle(hass)
    assert state_of(hass, FRONT) == "unlocked"

    await to_just_before(hass, clock, begin + 90)
    assert state_of(hass, FRONT) == "unlocked"
    await an_instant(hass, clock)
    assert state_of(hass, FRONT) == "unavailable"


def invariant(
    hass: HomeAssistant, locks: list[SimLock], heard: dict[str, float], now: float
) -> None:
    """Check that no lock shows a state that is older than 90 s."""
    for lock in locks:
        entity_id = f"lock.{lock.name.lower().replace(' ', '_')}"
        age = now - heard[lock.name]
        if age > 90:
            assert state_of(hass, entity_id) == "unavailable"
        elif age < 90:
            assert state_of(hass, entity_id) == "locked"


async def test_no_pattern_of_missing_answers_shows_anything_old(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock
) -> None:
    """Two hours of syncs that fail or leave locks out in all patterns, looked at every second."""
    locks = [sim.account.add_lock(name) for name in ("Front door", "Back door")]
    await add(hass, sim)
    await next_sync(hass, sim, clock)
    sim.faults.add(Fault(status=500), path="/my/lock", times=None)
    heard = dict.fromkeys(("Front door", "Back door"), syncs(sim)[-1])
    patterns = [int(digit) for digit in "0310122230111133330002222200313"]
    failing = None
    for pattern in patterns:
        for bit, lock in enumerate(locks):
            lock.raw_sync = {"id": ABSENT} if pattern >> bit & 1 else {}
        if failing:
            sim.faults.remove(failing)
        failing = sim.faults.add(Fault(status=500), path="/my/lock/sync") if pattern == 3 else None
        known = len(syncs(sim))
        while len(syncs(sim)) == known:
            await live(hass, clock, 1)
            if len(syncs(sim)) == known:
                invariant(hass, locks, heard, clock.monotonic())
        for bit, lock in enumerate(locks):
            if not pattern >> bit & 1:
                heard[lock.name] = syncs(sim)[-1]
        invariant(hass, locks, heard, clock.monotonic())
