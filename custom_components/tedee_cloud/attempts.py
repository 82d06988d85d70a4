"""Which failed requests are worth another try, and which may have been carried out all the same."""

from asyncio import sleep
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Final

from .api import (
    TedeeAnswerError,
    TedeeConnectionError,
    TedeeError,
    TedeeNoAnswerError,
    TedeeRateLimitError,
    TedeeStatusError,
)

BUSY_PAUSES: Final = (1.0, 2.0, 4.0)
"""Seconds before each new try where the lock was busy with another request (409)."""
UNDONE_PAUSES: Final = (1.0,)
"""Seconds before the one new try where nothing was done: no connection, or 503."""
SHORT_WAIT: Final = 10.0
"""Seconds to wait, unless told otherwise, where the account has used up its requests."""
UNKNOWN_STATUSES: Final = frozenset({408, 500, 502, 504})
"""Answers of gateways and of the lock's own way to the cloud: the work may have been done."""


async def async_attempt[T](
    send: Callable[[], Awaitable[T]],
    *,
    busy: tuple[float, ...] = BUSY_PAUSES,
    slow: tuple[float, ...] = (),
    wait: float = SHORT_WAIT,
) -> T:
    """Send a request, and again where that can do no harm; raise what the last try raised.

    `busy` are the pauses, in seconds, for a lock that is busy; `slow` those for one that did not
    answer in time (408), which may have done what it was asked. `wait` is how many seconds a person
    is made to wait at most where the account has used up its requests.
    """
    tried: Counter[str] = Counter()
    while True:
        try:
            return await send()
        except TedeeError as err:
            reason, pauses = _worth(err, busy, slow, wait)
            if tried[reason] >= len(pauses):
                raise
        pause = pauses[tried[reason]]
        tried[reason] += 1
        await sleep(pause)


def may_be_done(err: TedeeError) -> bool:
    """Tell whether the cloud may have done what a failed request asked for."""
    return isinstance(err, (TedeeNoAnswerError, TedeeAnswerError)) or (
        isinstance(err, TedeeStatusError) and err.status in UNKNOWN_STATUSES
    )


def _worth(
    err: TedeeError, busy: tuple[float, ...], slow: tuple[float, ...], wait: float
) -> tuple[str, tuple[float, ...]]:
    """Return why a failure is worth another try, and the pauses before all of them."""
    match err:
        case TedeeStatusError(status=409):
            return "busy", busy
        case TedeeStatusError(status=408):
            return "slow", slow
        case TedeeStatusError(status=503) | TedeeConnectionError():
            return "undone", UNDONE_PAUSES
        case TedeeRateLimitError(retry_after=seconds) if seconds <= wait:
            return "limited", (seconds,)
        case _:
            return "nothing", ()
