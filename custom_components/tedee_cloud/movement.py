"""Movements: where a command should bring a bolt, and what a lock tells of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from .api import IN_MOTION, Command, Lock, LockState
from .chronology import is_older

RESOLUTION: Final = timedelta(milliseconds=1)
"""Of the moments that the cloud tells; some of its answers have more digits than others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """What a command does to a bolt: the state on the way and the states that fulfil it."""

    on_the_way: LockState
    fulfilled: frozenset[LockState]


MOVEMENTS: Final[Mapping[Command, Movement]] = {
    Command.LOCK: Movement(on_the_way=LockState.LOCKING, fulfilled=frozenset({LockState.LOCKED})),
    Command.UNLOCK: Movement(
        on_the_way=LockState.UNLOCKING,
        fulfilled=frozenset({LockState.UNLOCKED, LockState.PULLED}),
    ),
    Command.PULL: Movement(
        on_the_way=LockState.PULLING,
        fulfilled=frozenset({LockState.UNLOCKED, LockState.PULLED}),
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Where the bolt is, whether its movement has surely ended, and the cloud's error code."""

    lock: Lock
    ended: bool
    error: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A command on its way; its operation, where one can be asked for; whether it was accepted.

    `changed_at` is when the lock had last changed as the cloud accepted it, where that was told.
    """

    before: Lock
    command: Command
    operation_id: str | None = None
    changed_at: datetime | None = None
    accepted: bool = True

    @property
    def is_there_already(self) -> bool:
        """Whether the bolt need not move, as far as is known."""
        return self.command is not Command.PULL and self.is_fulfilled(self.before)

    def is_fulfilled(self, lock: Lock) -> bool:
        """Tell whether a bolt is where the command should bring it.

        A lock is unlocked before and after its spring was pulled, so that has to be news.
        """
        state = state_of(lock)
        if state not in MOVEMENTS[self.command].fulfilled:
            return False
        return (
            self.command is not Command.PULL or state is LockState.PULLED or self.has_changed(lock)
        )

    def has_changed(self, lock: Lock) -> bool:
        """Tell whether a lock has reported anything new since the command was put to it."""
        before = self.before.status
        if lock.status is None or before is None:
            return True
        now = lock.status.changed_at
        if now and self.changed_at and now - self.changed_at < RESOLUTION:
            return False
        return now != before.changed_at

    def has_ended(self, lock: Lock) -> bool:
        """Tell from a lock alone whether its movement has ended."""
        if lock.status is None:
            return True
        if lock.status.state in IN_MOTION:
            return False
        return self.is_fulfilled(lock) or self.has_changed(lock)

    def is_older(self, lock: Lock) -> bool:
        """Tell whether a lock reports what was old already when the command was put to it."""
        return is_older(lock.status, self.before.status)

    def is_doubtful(self, outcome: Outcome) -> bool:
        """Tell whether what a movement has come to may be how things were before it began.

        That it has completed and changed nothing may be an old answer. What is new to us may be the
        work of a hand before the command, where the cloud does not tell that this has completed.
        """
        if outcome.error or self.is_fulfilled(outcome.lock):
            return False
        return self.operation_id is None or not self.has_changed(outcome.lock)


def state_of(lock: Lock) -> LockState:
    """Return where the bolt is."""
    return lock.status.state if lock.status else LockState.UNKNOWN
