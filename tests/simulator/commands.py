"""From a command to the movement it causes, and to the operation that reports it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from .clock import Clock
from .envelope import RefusedError
from .lock import SimLock
from .motion import Step
from .settings import Settings
from .states import Mode, State, Verb


@dataclass(frozen=True, slots=True)
class Leg:
    """One part of a movement: what the bolt does, for how long, and where it ends."""

    transient: int
    seconds: float
    target: int


@dataclass(frozen=True, slots=True)
class Operation:
    """An accepted command."""

    id: str
    lock_id: int
    user: str
    type: int
    done_at: float | None
    """When it is COMPLETED; None: never."""
    result: int
    state_changed: datetime
    """The last state change known when the command was accepted."""


@dataclass(frozen=True, slots=True)
class Course:
    """What follows an accepted command: the bolt's steps and the operation's end."""

    steps: list[Step] = field(default_factory=list)
    done_at: float | None = None
    result: int = 0


def _steps(legs: list[Leg], start: float) -> list[Step]:
    steps: list[Step] = []
    for leg in legs:
        if not steps or steps[-1].state != leg.transient:
            steps.append(Step(start, leg.transient))
        start += leg.seconds
        steps.append(Step(start, leg.target))
    return steps


def _done(legs: list[Leg], start: float, _home: int) -> Course:
    steps = _steps(legs, start)
    pulls_only = legs[0].transient == State.PULLING
    return Course(steps, steps[1 if pulls_only else -1].at)


def _jam(legs: list[Leg], start: float, home: int) -> Course:
    end = home if legs[0].transient == State.PULLING else State.SEMI_LOCKED
    stop = start + legs[0].seconds
    return Course([Step(start, legs[0].transient), Step(stop, end, 1)], stop, 1)


def _fall_back(legs: list[Leg], start: float, home: int) -> Course:
    stop = start + legs[0].seconds
    return Course([Step(start, legs[0].transient), Step(stop, home)], stop)


OUTCOMES: dict[str, Callable[[list[Leg], float, int], Course]] = {
    "done": _done,
    "jam": _jam,
    "fall_back": _fall_back,
    "ignored": lambda _legs, start, _home: Course(done_at=start),
    "error": lambda legs, start, _home: Course(done_at=start + legs[0].seconds, result=2),
    "stuck": lambda _legs, _start, _home: Course(),
    "pending": lambda legs, start, _home: Course(_steps(legs, start)),
}
"""How a movement may end.

done: as asked; jam: half-way, with error 1; fall_back: back where it was, no error told;
ignored: COMPLETED without movement; error: COMPLETED with error 2, no movement;
stuck: PENDING for ever, no movement; pending: moves as asked, PENDING for ever.
"""


def _legs(lock: SimLock, verb: int, mode: int, home: int, speed: float) -> list[Leg] | None:
    """Return the parts of a movement; none: already there; None: accepted, nothing ever happens."""
    turn, pull, hold = (
        seconds / speed for seconds in (lock.timing.turn, lock.timing.pull, lock.pull_seconds)
    )
    closing = Leg(State.LOCKING, turn, State.LOCKED)
    opening = Leg(State.UNLOCKING, turn, State.UNLOCKED)
    pulling = [Leg(State.PULLING, pull, State.PULLED), Leg(State.PULLED, hold, State.UNLOCKED)]
    auto = pulling if lock.pull_spring and lock.auto_pull and mode in AUTO_PULLS else []
    table: dict[tuple[int, int], list[Leg] | None] = {
        (Verb.LOCK, State.LOCKED): [],
        (Verb.LOCK, State.UNLOCKED): [closing],
        (Verb.LOCK, State.SEMI_LOCKED): [closing],
        (Verb.UNLOCK, State.LOCKED): [opening, *auto],
        (Verb.UNLOCK, State.SEMI_LOCKED): [opening, *auto],
        (Verb.UNLOCK, State.UNLOCKED): pulling
        if mode == Mode.MAY_PULL and lock.pull_spring
        else [],
        (Verb.UNLOCK, State.UNKNOWN): [opening] if mode == Mode.FORCE else None,
        (Verb.PULL, State.LOCKED): [],
        (Verb.PULL, State.SEMI_LOCKED): [],
        (Verb.PULL, State.UNLOCKED): pulling if lock.pull_spring else None,
    }
    return table.get((verb, home))


AUTO_PULLS = (Mode.DEFAULT, Mode.AUTO, Mode.MAY_PULL)


def command(lock: SimLock, verb: int, mode: int, settings: Settings, clock: Clock) -> Course:
    """Set a reachable lock in motion and say what will come of it."""
    if lock.bolt.moving and settings.busy_lock == "refuse":
        raise RefusedError(409, "Lock is busy.")
    rest = lock.bolt.rest
    legs = _legs(lock, verb, mode, rest.state, settings.speed)
    if legs is None:
        return Course()
    if not legs:
        return Course(done_at=rest.at)
    start = max(rest.at, clock.monotonic() + lock.timing.latency / settings.speed)
    outcome = lock.outcomes.pop(0) if lock.outcomes else lock.outcome
    course = OUTCOMES[outcome](legs, start, rest.state)
    lock.bolt.move(course.steps)
    return course
