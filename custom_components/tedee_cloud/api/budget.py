"""The request budget of an account: who may still ask the cloud, and who has to wait.

The vendor counts 700 requests an hour for a user (page "Rate limiting"), whatever sends them. Here
every request takes a token that comes back an hour later, so that no hour, wherever the vendor
begins to count it, sees more than 700 of ours.
"""

from collections import deque
from collections.abc import Mapping
from enum import Enum, auto
from math import inf
from time import monotonic
from typing import Final

from .exceptions import TedeeRateLimitError

LIMIT: Final = 700
WINDOW: Final = 3600.0
"""Seconds until a token comes back."""


class Priority(Enum):
    """What a request is for."""

    COMMAND = auto()
    """What moves a bolt, and what confirms that or a PIN write, or undoes one: never held back."""
    SET_UP = auto()
    """The list that a set-up begins with: held back only where the cloud asks for it."""
    POLL = auto()
    """What is asked in the background."""
    PIN = auto()
    """What manages PINs."""


RESERVES: Final[Mapping[Priority, int]] = {Priority.POLL: 100, Priority.PIN: 160}
"""How many tokens a request has to leave for what matters more: the last 100 of an hour belong to
commands and set-ups, and a batch of PINs leaves an hour's worth of slow polls as well."""


class Budget:
    """Counts the requests of one account, and keeps the pause that the cloud asks for."""

    def __init__(self) -> None:
        """Begin with a full hour."""
        self._spent: deque[float] = deque()
        self._paused_until = -inf

    @property
    def left(self) -> int:
        """How many requests are left of this hour."""
        self._refill()
        return max(LIMIT - len(self._spent), 0)

    @property
    def pause(self) -> float:
        """How many seconds the cloud still wants to be left alone in the background."""
        return max(self._paused_until - monotonic(), 0)

    def spend(self, priority: Priority) -> None:
        """Take a token for a request.

        Raises TedeeRateLimitError, with the seconds to wait, where the request has to be held back.
        """
        wait = self.wait(priority)
        if wait > 0:
            raise TedeeRateLimitError(wait)
        self._spent.append(monotonic())

    def wait(self, priority: Priority) -> float:
        """Return how many seconds a request of this kind has to be held back."""
        if priority is Priority.COMMAND:
            return 0
        return max(self._refill_in(priority), self.pause)

    def hold(self, seconds: float) -> None:
        """Hold back what is asked in the background, as the cloud has asked."""
        self._paused_until = max(self._paused_until, monotonic() + seconds)

    def _refill_in(self, priority: Priority) -> float:
        """Return in how many seconds there are tokens for a request of this kind."""
        if priority not in RESERVES:
            return 0
        self._refill()
        missing = RESERVES[priority] + 1 + len(self._spent) - LIMIT
        return self._spent[missing - 1] + WINDOW - monotonic() if missing > 0 else 0

    def _refill(self) -> None:
        """Take back the tokens that were spent an hour ago."""
        while self._spent and self._spent[0] <= monotonic() - WINDOW:
            self._spent.popleft()
