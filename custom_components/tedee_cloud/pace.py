"""How long to wait until the next poll: life sets the pace, and the budget slows it down."""

from collections.abc import Iterable
from time import monotonic
from typing import Final

from .api import IN_MOTION, Lock

LIVELY_PACE: Final = 21.0
"""Seconds. The vendor asks for 20 between syncs; the timer of polls rounds down by up to one."""
USUAL_PACE: Final = 30.0
"""Seconds. Fast enough for a person at the door, at 120 of 700 requests an hour."""
QUIET_PACE: Final = 60.0
"""Seconds. At night, and where little is left of the hour: half the requests, and still often
enough that nothing shown grows too old."""

LIVELY_FOR: Final = 300.0
"""Seconds after a movement: who has just come or gone often does so again."""
QUIET_AFTER: Final = 3600.0
"""Seconds without any movement that make a quiet house."""
SCARCE: Final = 180
"""Requests left of the hour. Of these 100 belong to commands; the rest lasts at the quiet pace
until enough has come back."""


def pace(*, idle: float, moving: bool, left: int) -> float:
    """Return the seconds until the next poll.

    `idle` is how many seconds ago anything moved, `moving` whether something moves now, `left` how
    many requests are left of the hour.
    """
    if left <= SCARCE:
        return QUIET_PACE
    if moving or idle < LIVELY_FOR:
        return LIVELY_PACE
    return USUAL_PACE if idle < QUIET_AFTER else QUIET_PACE


class Life:
    """How lively it is at an account's doors."""

    def __init__(self) -> None:
        """Begin as if nothing had moved for some minutes."""
        self._moved_at = monotonic() - LIVELY_FOR

    def note(self, before: Lock, now: Lock) -> None:
        """Note whether a bolt or a door is elsewhere than it was."""
        if _position(before) != _position(now):
            self._moved_at = monotonic()

    def pace(self, locks: Iterable[Lock], left: int) -> float:
        """Return the seconds until the next poll; `left` requests are left of the hour."""
        return pace(
            idle=monotonic() - self._moved_at,
            moving=any(lock.status and lock.status.state in IN_MOTION for lock in locks),
            left=left,
        )


def _position(lock: Lock) -> tuple[object, ...]:
    """Return where a lock's bolt and its door are."""
    return (lock.status.state, lock.status.door) if lock.status else ()
