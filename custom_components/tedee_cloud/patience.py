"""Patience: when the questions behind a command are asked, and when no more are."""

from collections.abc import Iterator
from itertools import chain, repeat
from time import monotonic
from typing import Final

from .const import SYNC_INTERVAL_MIN

QUESTION_PAUSES: Final = (2.0, 1.2, 1.5, 2.0, 3.0, 4.0)
"""Seconds between questions: the usual movement of up to 3 s has ended by the second one."""
DEADLINE: Final = 20.0
"""Seconds after which no more questions are asked; the lock itself gives up after 9."""


class Patience(Iterator[float]):
    """The pause before each question."""

    def __init__(self, *, at_once: bool, longer: float) -> None:
        """Begin at once where a bolt need not move; be patient longer where its movement is."""
        first = (0.0,) if at_once else ()
        self._pauses = chain(first, QUESTION_PAUSES, repeat(QUESTION_PAUSES[-1]))
        self._left = DEADLINE + longer
        self._pause = 0.0
        self._since = monotonic()
        self._wait = 0.0
        self._waited = False

    def __next__(self) -> float:
        """Return the next pause, as long as the deadline has not passed."""
        self._count()
        pause = max(next(self._pauses), self._wait)
        if pause > self._left:
            raise StopIteration
        self._pause, self._wait = pause, 0.0
        return pause

    def wait(self, seconds: float) -> bool:
        """Put the next question off, and tell whether there is patience enough for that.

        The first such wait puts the deadline off as well. None is longer than the vendor's own
        distance between two syncs.
        """
        if seconds > SYNC_INTERVAL_MIN:
            return False
        if not self._waited:
            self._waited = True
            self._left += seconds
        self._wait = seconds
        self._count()
        return seconds <= self._left

    def _count(self) -> None:
        """Count the last pause and the question that followed it."""
        now = monotonic()
        self._left -= max(self._pause, now - self._since)
        self._pause, self._since = 0.0, now
