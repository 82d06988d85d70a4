"""What a random walk needs: time that jumps, bolts and PINs as they are, what can go wrong."""

import asyncio
import selectors
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import partial
from math import ceil, inf
from typing import Any, override

from homeassistant.exceptions import HomeAssistantError

from .house import HouseClock
from .simulator import LOCKED, Fault, Recorded, SimLock

MICROSECONDS = 1_000_000
UNKNOWN_OUTCOMES = {"pin_outcome_unknown", "pin_delete_unknown"}

type Judge = Callable[[HomeAssistantError | None], object]
"""What is told of the end of an action: its failure, if it has one."""


class JumpingSelector(selectors.DefaultSelector):
    """Where an event loop would sleep until its next timer, this one turns the clock."""

    def __init__(self, clock: HouseClock, before_jump: Callable[[], None]) -> None:
        """Take the clock to turn, and what looks around before each jump."""
        super().__init__()
        self._clock = clock
        self._before_jump = before_jump

    @override
    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        events = super().select(timeout and 0)
        if timeout and not events:
            self._before_jump()
            self._clock.advance(ceil(timeout * MICROSECONDS) / MICROSECONDS)
        return events


class JumpingLoop(asyncio.SelectorEventLoop):
    """An event loop in which nobody ever waits: not for time, and not for threads."""

    def __init__(self, clock: HouseClock, before_jump: Callable[[], None]) -> None:
        """Take the clock to turn, and what looks around before each jump."""
        super().__init__(JumpingSelector(clock, before_jump))
        self._clock_resolution = 1 / MICROSECONDS

    @override
    def run_in_executor[*Ts, T](
        self, executor: Executor | None, func: Callable[[*Ts], T], *args: *Ts
    ) -> asyncio.Future[T]:
        job: asyncio.Future[T] = self.create_future()
        try:
            job.set_result(func(*args))
        except Exception as err:  # noqa: BLE001  whatever it is, it is told to whoever waits
            job.set_exception(err)
        return job


@dataclass(kw_only=True, eq=False)
class ModelPin:
    """A PIN that was asked for, and all that the keypad may hold of it."""

    lock: SimLock = field(repr=False)
    alias: str
    may_be: dict[str, set[Any]] = field(
        default_factory=lambda: {"stored": {False}, "pin": set(), "weekDays": set()}
    )
    """By wire name, and whether it is stored at all."""
    busy: set[str] = field(default_factory=set)
    """What is being written."""

    def is_right(self) -> bool:
        """Tell whether the keypad holds it as it may be, and no second one."""
        held = [pin for pin in self.lock.pins.entries.values() if pin["alias"] == self.alias]
        found = [(name, pin[name]) for pin in held for name in ("pin", "weekDays")]
        found.append(("stored", bool(held)))
        return len(held) < 2 and all(value in self.may_be[name] for name, value in found)

    def writing(self, held: dict[str, Any]) -> Judge:
        """Expect either until it ends; then what was written, or what was before a refusal."""
        before = {name: set(self.may_be[name]) for name in held}
        self.busy |= held.keys()
        for name, value in held.items():
            self.may_be[name] |= {value}

        def judge(failure: HomeAssistantError | None) -> None:
            self.busy -= held.keys()
            if failure is None:
                self.may_be |= {name: {value} for name, value in held.items()}
            elif failure.translation_key not in UNKNOWN_OUTCOMES:
                self.may_be |= before

        return judge


def is_pin(call: Recorded) -> bool:
    """Tell whether a request is about PINs."""
    return call.matches(None, "/my/lock/*/pin**")


def left_locked_at(lock: SimLock) -> float:
    """Return since when a bolt has not been locked."""
    since = inf
    for step in lock.bolt.log:
        since = inf if step.state == LOCKED else min(since, step.at)
    return since


def states_since(lock: SimLock, moment: float) -> set[int]:
    """Return all states a bolt has been in since a moment, also the one it was in then."""
    before = [step.state for step in lock.bolt.log if step.at < moment]
    return {lock.state, *before[-1:], *(s.state for s in lock.bolt.log if s.at >= moment)}


FAULTS: dict[str, Fault] = {
    **{str(status): Fault(status=status) for status in (400, 401, 403, 404, 408, 409, 500, 503)},
    **{f"{status}, done": Fault(status=status, worked=True) for status in (408, 502, 504)},
    **{
        f"429 for {seconds} s": Fault(status=429, headers={"Retry-After": seconds})
        for seconds in ("1", "7", "600", "-5")
    },
    "html": Fault(status=200, body="<html>Welcome</html>"),
    "html, done": Fault(status=200, body="<html>Welcome</html>", worked=True),
    "dropped": Fault(drop=True),
    "dropped, done": Fault(drop=True, worked=True),
    "reset, done": Fault(reset=True, worked=True),
    "cut": Fault(keep=10),
    "slow": Fault(delay=3),
    "slow body": Fault(drip=3),
    "silent": Fault(silent=True),
    "silent, done": Fault(silent=True, worked=True),
    "too late": Fault(delay=40, worked=True),
    "old answer": Fault(stale=True),
}
REQUESTS: dict[str, Callable[[Recorded], bool]] = {
    "any": lambda _: True,
    "sync": lambda call: call.matches("GET", "/my/lock/sync"),
    "list or sync": lambda call: call.matches("GET", "/my/lock**"),
    "question": lambda call: call.matches("GET", "/my/lock/*/sync"),
    "operation": lambda call: call.matches("GET", "/my/device/operation/*"),
    "command": lambda call: call.method == "POST" and not is_pin(call),
    "PIN": is_pin,
    "PIN write": lambda call: call.method != "GET" and is_pin(call),
}
AT_THE_DOOR: dict[str, Callable[[SimLock], None]] = {
    "its settings change": lambda lock: lock.rename(lock.name),
    **{
        f"it is {to} in {seconds} s": partial(SimLock.turn, to=to, after=seconds)
        for to in ("locked", "unlocked", "semi_locked")
        for seconds in (0, 1, 3, 20)
    },
}
