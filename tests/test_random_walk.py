"""A random walk through everything that can happen at once, and what must stay true all along.

Hypothesis composes commands, polls, faults, reloads, people and PIN writes, and takes a failure
apart into the shortest walk that still fails. Nothing is patched but time: Home Assistant and the
simulated cloud share one event loop whose time stands still while anything is left to do and then
jumps to the next timer. What is shown is looked at before every jump, so at every moment there is.

The usual walk is short and always the same. New ones, for about a quarter of an hour:

    RANDOM_WALK=long scripts/test tests/test_random_walk.py
"""

import asyncio
import logging
import os
import re
from collections import Counter
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from itertools import pairwise, takewhile
from typing import Any, ClassVar, override

import pytest
from freezegun import freeze_time
from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntryState
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import frame
from homeassistant.loader import DATA_CUSTOM_COMPONENTS
from hypothesis import HealthCheck, Phase, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from pytest_homeassistant_custom_component.common import async_test_home_assistant, mock_storage

from . import walk
from .common import DOMAIN, act, new_entry
from .house import HouseClock
from .simulator import (
    LOCKED,
    PULLED,
    SEMI_LOCKED,
    UNLOCKED,
    Fault,
    Recorded,
    Script,
    SimLock,
    Simulator,
)

LONG = os.environ.get("RANDOM_WALK") == "long"
PROFILE = settings(
    max_examples=400 if LONG else 20,
    stateful_step_count=50 if LONG else 25,
    derandomize=not LONG,
    database=None,
    deadline=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.generate, Phase.shrink),
)

DOORS = {"Front door": "lock.front_door", "Back door": "lock.back_door", "Cellar": "lock.cellar"}
FULFILLED = {"lock": {LOCKED}, "unlock": {UNLOCKED, PULLED}, "open": {UNLOCKED, PULLED}}
MEANS = {"locked": {LOCKED}, "unlocked": {UNLOCKED, SEMI_LOCKED}, "jammed": {SEMI_LOCKED}}
PIN_CHANGES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "some days": ({"week_days": ["mon", "fri"]}, {"weekDays": 17}),
    "all days": ({"clear": ["week_days"]}, {"weekDays": None}),
}
"""What an action is given, and what the keypad then holds."""
POLL_FAILED = re.compile(rf"(Error|Authentication failed while) fetching {DOMAIN} data")
"""Home Assistant itself logs the first of several failed polls as an error."""

HOUR = 3600.0
MOST = {"/my/lock/sync": ("GET", 600), "/my/lock/*/pin": ("POST", 540)}
"""Requests in the last hour up to which these may be made; what moves a bolt is never held back."""
OLDEST = 90.0
QUIET = 65.0
"""Seconds in which there is a poll, however quiet the house."""
RECOVERY = HOUR + 700
"""Seconds in which everything ends and is well again: those of the budget, and ten minutes that
Home Assistant may let pass between two tries to set an account up."""
ROUNDING = 0.01
"""Seconds; clocks are floating-point numbers."""

doors = st.sampled_from(sorted(DOORS))
ends = st.sampled_from(["done"] * 4 + ["jam", "fall_back", "ignored", "error", "stuck", "pending"])
calls = st.tuples(st.sampled_from(sorted(FULFILLED)), st.sets(doors, min_size=1), ends)
waits = st.sampled_from([0.001, 0.001, 0.5, 2, 5, 9, 21])


class Walk(RuleBasedStateMachine):
    """Everything that can happen, one step at a time or several at once."""

    pins = Bundle[walk.ModelPin]("pins")
    total: ClassVar[Counter[str]] = Counter()
    """Steps and requests of all walks together."""

    def __init__(self, freezer: FrozenDateTimeFactory, caplog: pytest.LogCaptureFixture) -> None:
        """Prepare a loop; the home is built by the first step."""
        super().__init__()
        self.caplog = caplog
        self.clock = HouseClock(freezer)
        loop = walk.JumpingLoop(self.clock, self.look_around)
        self.runner = asyncio.Runner(loop_factory=lambda: loop)
        self.locks: dict[str, SimLock] = {}
        self.one_at_a_time = asyncio.Lock()
        self.scripts: list[Script] = []
        self.going: list[asyncio.Task[Any]] = []
        self.commands: list[asyncio.Task[Any]] = []
        self.asked: Counter[SimLock] = Counter()
        self.written: list[walk.ModelPin] = []
        self.secrets = [Simulator.token]
        self.wrong: list[str] = []

    # --- the beginning, time, and the end ----------------------------------------------------

    @initialize(
        generation=st.sampled_from(["operation", "close", "close-202", "both"]),
        busy_lock=st.sampled_from(["queue", "refuse"]),
        pin_seconds=st.sampled_from([0, 2]),
        sync_guard=st.sampled_from([0, 20]),
        states=st.tuples(*[st.sampled_from([LOCKED, UNLOCKED])] * len(DOORS)),
    )
    def move_in(self, states: tuple[int, ...], **cloud: object) -> None:
        """Build a home with three locks."""
        self.runner.run(self._move_in(states, cloud))

    async def _move_in(self, states: tuple[int, ...], cloud: dict[str, object]) -> None:
        self.stack = AsyncExitStack()
        self.stack.enter_context(mock_storage())
        self.sim = await self.stack.enter_async_context(Simulator(clock=self.clock))
        self.sim.settings.update({**cloud, "limits": True})
        for name, state in zip(DOORS, states, strict=True):
            self.sim.account.add_lock(name, state=state, time_zone="UTC")
        self.hass = await self.stack.enter_async_context(async_test_home_assistant())
        self.hass.data.pop(DATA_CUSTOM_COMPONENTS)
        frame.async_setup(self.hass)
        self.entry = new_entry(self.sim)
        self.entry.add_to_hass(self.hass)
        assert await self.hass.config_entries.async_setup(self.entry.entry_id)
        self.locks = {name: self.sim.account.lock(name) for name in DOORS}

    def live(self, seconds: float) -> None:
        """Let time pass."""
        self.total["steps"] += 1
        self.runner.run(asyncio.sleep(seconds))

    def start(self, work: Coroutine[Any, Any, Any], judge: walk.Judge = bool) -> asyncio.Task[Any]:
        """Begin something that may take its time; `judge` is given its failure."""

        def end(task: asyncio.Task[Any]) -> None:
            self.going.remove(task)
            failure = None if task.cancelled() else task.exception()
            if isinstance(failure, HomeAssistantError) and failure.translation_domain == DOMAIN:
                judge(failure)
            elif failure:
                self.wrong.append(f"raised: {failure!r}")
            elif not task.cancelled():
                judge(None)

        self.going.append(task := self.runner.get_loop().create_task(work))
        task.add_done_callback(end)
        return task

    @override
    def teardown(self) -> None:
        """Expect the truth once the cloud is well, and leave nothing behind."""
        if not self.locks:
            return
        try:
            if not self.wrong:
                self.recover()
        finally:
            self.total["requests"] += len(self.sim.requests)
            self.runner.run(self._move_out())
            self.runner.close()
        self.nothing_is_wrong()

    def recover(self) -> None:
        """Expect everything to be shown as it is again, without help but after a refused key."""
        self.sim.faults.clear()
        if self.going:
            _, endless = self.runner.run(asyncio.wait(self.going, timeout=RECOVERY))
            self.wrong += [f"does not end: {task!r}" for task in endless]
        if self.entry.state is ConfigEntryState.SETUP_ERROR:
            self.reload(0)
        end = self.clock.monotonic() + RECOVERY
        self.live(QUIET)
        while (wrong := self.wrongly_shown()) and self.clock.monotonic() < end:
            self.live(QUIET)
        self.wrong += wrong
        for lock in self.locks.values():
            if self.taken(lock) > self.asked[lock]:
                self.wrong.append(f"{lock.name} was given more commands than were asked for")
        for path, (method, most) in MOST.items():
            for nth, call in enumerate(self.sim.requests[most:]):
                within = call.at - self.sim.requests[nth].at < HOUR
                if call.matches(method, path) and within and not self.may_be_shared(call):
                    self.wrong.append(f"too many requests: {call.path} at {call.at}")
        synced = [call.at for call in self.sim.calls("GET", "/my/lock/sync") if call.status != 429]
        gaps = (later - earlier for earlier, later in pairwise(synced))
        self.wrong += [f"{gap} s between syncs" for gap in gaps if gap < 20 - ROUNDING]

    def may_be_shared(self, call: Recorded) -> bool:
        """Tell whether commands that were told to wait may ask for all locks together."""
        questions = self.sim.calls("GET", "/my/lock/*/sync")
        return any(q.status == 429 and 0 <= call.at - q.at <= 25 for q in questions)

    async def _move_out(self) -> None:
        for task in self.going:
            task.cancel()
        await self.hass.config_entries.async_unload(self.entry.entry_id)
        await self.hass.async_stop(force=True)
        await self.stack.aclose()
        await asyncio.sleep(1)
        left = asyncio.all_tasks() - {asyncio.current_task()}
        self.wrong += [f"left behind: {task!r}" for task in left]

    # --- what must be true -------------------------------------------------------------------

    def shown(self, name: str) -> str:
        """Return what Home Assistant shows of a lock."""
        state = self.hass.states.get(DOORS[name])
        return state.state if state else "unavailable"

    def wrongly_shown(self) -> list[str]:
        """Return which locks are not shown as they are."""
        return [
            f"{name} at {lock.state:d} is shown {self.shown(name)}"
            for name, lock in self.locks.items()
            if (self.shown(name) == "unavailable") == lock.reachable
            or (lock.reachable and lock.state not in MEANS.get(self.shown(name), ()))
        ]

    def fault_of(self, call: Recorded) -> Fault:
        """Return the fault that struck a request, one without any effect where none did."""
        return next((s.fault for s in self.scripts if call in s.struck), Fault())

    def taken(self, lock: SimLock) -> int:
        """Return how many commands a lock was given, whatever was answered."""
        return sum(
            self.fault_of(call).worked
            or (call.status in {200, 202} and not self.fault_of(call).replaces)
            for call in self.sim.calls("POST")
            if str(lock.id) in f"{call.resource} {call.json}" and not call.matches(None, "**/pin")
        )

    def look_around(self) -> None:
        """Expect no lock to be shown locked after the cloud has told, or failed to tell, better."""
        for name, lock in self.locks.items():
            if lock.state == LOCKED or self.shown(name) != "locked":
                continue
            since = walk.left_locked_at(lock)
            told = all(step.state != LOCKED for step in lock.bolt.log)
            for call in takewhile(lambda call: call.at > since, reversed(self.sim.requests)):  # noqa: B023
                asked = call.resource in {"/my/lock/sync", f"/my/lock/{lock.id}/sync"}
                told |= asked and call.status == 200 and self.fault_of(call) == Fault()
            lies = (call.at for s in self.scripts if s.fault.stale for call in s.struck)
            if told or self.clock.monotonic() - max([since, *lies]) > OLDEST + ROUNDING:
                self.wrong.append(f"{name} is shown locked, left that at {since}")

    @invariant()
    def nothing_is_wrong(self) -> None:
        """Fail with all that was found, after the last of what went over the wire."""
        self.wrong += [f"lost or doubled: {pin}" for pin in self.written if not pin.is_right()]
        self.wrong += [f"leaked: {secret}" for secret in self.secrets if secret in self.caplog.text]
        errors = [r.getMessage() for r in self.caplog.records if r.levelno >= logging.ERROR]
        self.wrong += [f"logged: {error}" for error in errors if not POLL_FAILED.match(error)]
        for call in self.sim.requests[-60:] if self.wrong else ():
            faults = [name for name, fault in walk.FAULTS.items() if fault is self.fault_of(call)]
            note(f"{call.at:.3f} {call.method} {call.path} {call.status} {faults or ''}")
        assert not self.wrong, "\n".join(dict.fromkeys(self.wrong))
        self.caplog.clear()

    # --- time, people, cloud -----------------------------------------------------------------

    @rule(seconds=st.sampled_from([11, 21, 31, 45, 65, 95, 130, 320, 700, 1900, 3700]))
    def leave_alone(self, seconds: float) -> None:
        """Let nothing happen but polls."""
        self.live(seconds)

    @rule(door=doors, what=st.sampled_from(sorted(walk.AT_THE_DOOR)), then=waits)
    def at_the_door(self, door: str, what: str, then: float) -> None:
        """Turn the bolt by hand, now or soon, or let something else become of a lock."""
        walk.AT_THE_DOOR[what](self.locks[door])
        self.live(then)

    @rule(
        kind=st.sampled_from(["command", "PIN write", *sorted(walk.REQUESTS)]),
        fault=st.sampled_from(sorted(walk.FAULTS)),
        times=st.sampled_from([1, 1, 2, 3, 6]),
        after=st.sampled_from([0, 0, 1, 2]),
        then=waits,
    )
    def trouble(self, kind: str, fault: str, times: int, after: int, then: float) -> None:
        """Let something go wrong with the next requests of a kind."""
        # Nobody can tell an old list of locks or PINs from a new one.
        which = walk.REQUESTS["question" if walk.FAULTS[fault].stale else kind]
        add = self.sim.faults.add
        self.scripts.append(add(walk.FAULTS[fault], predicate=which, times=times, after=after))
        self.live(then)

    @rule(
        which=st.sampled_from(["cloud", *DOORS]), seconds=st.sampled_from([3, 25, 320]), then=waits
    )
    def outage(self, which: str, seconds: float, then: float) -> None:
        """Let the cloud or the bridge of a lock be gone for a while."""
        self.start(self._outage(self.locks.get(which), seconds))
        self.live(then)

    async def _outage(self, lock: SimLock | None, seconds: float) -> None:
        if lock:
            lock.connected = False
            await asyncio.sleep(seconds)
            lock.connected = True
            return
        async with self.one_at_a_time:
            await self.sim.stop()
            await asyncio.sleep(seconds)
            await self.sim.start()

    @rule(then=waits)
    def reload(self, then: float) -> None:
        """Reload the account, whatever is under way."""
        self.start(self.hass.config_entries.async_reload(self.entry.entry_id))
        self.live(then)

    # --- commands ----------------------------------------------------------------------------

    @rule(calls=st.lists(calls, min_size=1, max_size=4), then=waits)
    def commands_at_once(self, calls: list[tuple[str, set[str], str]], then: float) -> None:
        """Let one person command, or several people and automations."""
        for call in calls:
            self.command(*call)
        self.live(then)

    def command(self, verb: str, names: set[str], end: str) -> None:
        """Give a command; if it succeeds, every bolt that was available has got there."""
        started = self.clock.monotonic()
        told = [self.locks[name] for name in sorted(names) if self.shown(name) != "unavailable"]
        self.asked.update(told * (2 if verb == "open" else 1))  # it unlocks before it pulls
        for lock in told:
            lock.outcomes.append(end)

        def judge(failure: HomeAssistantError | None) -> None:
            for lock in told if failure is None else ():
                if not (been := walk.states_since(lock, started)) & FULFILLED[verb]:
                    self.wrong.append(f"{verb} of {lock.name} told success, it was at {been}")

        acting = act(self.hass, f"lock.{verb}", entity_id=[DOORS[name] for name in sorted(names)])
        self.commands.append(self.start(acting, judge))

    @precondition(lambda self: self.commands)
    @rule(then=waits)
    def caller_leaves(self, then: float) -> None:
        """Stop an automation in the middle of its call."""
        self.commands.pop().cancel()
        self.live(then)

    # --- PINs --------------------------------------------------------------------------------

    @rule(target=pins, door=doors, then=waits)
    def create_pin(self, door: str, then: float) -> walk.ModelPin:
        """Store a PIN."""
        pin = walk.ModelPin(lock=self.locks[door], alias=f"Guest {len(self.written)}")
        self.written.append(pin)
        digits = self.new_digits()
        held = {"stored": True, "weekDays": None, **digits}
        self.write("create_pin", pin, {"alias": pin.alias, **digits}, held, then)
        return pin

    @rule(pin=pins, change=st.sampled_from(["digits", *PIN_CHANGES]), then=waits)
    def update_pin(self, pin: walk.ModelPin, change: str, then: float) -> None:
        """Change the digits of a PIN, or its week days; both may be under way at once."""
        digits = self.new_digits()
        given, held = PIN_CHANGES.get(change, (digits, digits))
        self.write("update_pin", pin, {"current_alias": pin.alias, **given}, held, then)

    @rule(pin=pins, then=waits)
    def delete_pin(self, pin: walk.ModelPin, then: float) -> None:
        """Delete a PIN, be it there or not."""
        self.write("delete_pin", pin, {"alias": pin.alias}, {"stored": False}, then)

    def write(
        self,
        action: str,
        pin: walk.ModelPin,
        data: dict[str, Any],
        held: dict[str, Any],
        then: float,
    ) -> None:
        """Call an action on one lock, unless what it writes is being written."""
        if not pin.busy & held.keys():
            acting = act(self.hass, f"{DOMAIN}.{action}", data, entity_id=DOORS[pin.lock.name])
            self.start(acting, pin.writing(held))
        self.live(then)

    @rule(door=doors, times=st.sampled_from([1, 5, 120]), then=waits)
    def get_pins(self, door: str, times: int, then: float) -> None:
        """Read the PINs as a script may, until the hour's requests are used up."""
        for _ in range(times):
            self.start(act(self.hass, f"{DOMAIN}.get_pins", respond=True, entity_id=DOORS[door]))
        self.live(then)

    def new_digits(self) -> dict[str, Any]:
        """Return the field of digits that no PIN has had."""
        self.secrets.append(f"9{len(self.secrets):04d}587")
        return {"pin": self.secrets[-1]}


@pytest.mark.timeout(7200 if LONG else 600)
@pytest.mark.usefixtures("socket_enabled")
@pytest.mark.filterwarnings("ignore:It looks like `register_random`")  # the harness freezes it
def test_whatever_happens(
    caplog: pytest.LogCaptureFixture, record_property: Callable[..., None]
) -> None:
    """Locked means locked, PINs are neither lost nor doubled, and the budget is kept."""
    caplog.set_level(logging.WARNING)
    caplog.set_level(logging.DEBUG, f"custom_components.{DOMAIN}")
    # The five minutes that Hypothesis takes for the shortest walk are to be real ones.
    with freeze_time(ignore=["hypothesis.internal.conjecture.engine"]) as freezer:
        run_state_machine_as_test(lambda: Walk(freezer, caplog), settings=PROFILE)  # type: ignore[arg-type]
    record_property("total", dict(Walk.total))
    assert Walk.total["requests"] > 0
