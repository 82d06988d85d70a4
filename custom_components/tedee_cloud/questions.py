"""Questions about bolts: each lock is asked for alone, all at once where the cloud wants fewer."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from math import inf
from time import monotonic
from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant

from .api import (
    LockSync,
    TedeeAnswerError,
    TedeeClient,
    TedeeError,
    TedeeNoAnswerError,
    TedeeRateLimitError,
)

QUESTION_TIMEOUT: Final = 10.0
"""Seconds. Shorter than for other requests: a question that is not answered is asked again."""
TOGETHER: Final = 2.0
"""Seconds for which one answer serves all: who was told to wait asks again at about one time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the cloud says of a lock, and when it was asked."""

    sync: LockSync
    asked_at: float


class Questions:
    """Asks the cloud for single locks.

    `claim_sync` tells whether all locks may be asked for now, and keeps polls away if so;
    `async_sync` asks for them.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        client: TedeeClient,
        claim_sync: Callable[[], bool],
        async_sync: Callable[[], Awaitable[Mapping[int, LockSync]]],
    ) -> None:
        """Take the account."""
        self._hass = hass
        self._entry = entry
        self._client = client
        self._claim_sync = claim_sync
        self._async_sync = async_sync
        self._together_until = -inf
        self._asked_at = -inf
        self._asking: asyncio.Task[Mapping[int, LockSync]] | None = None

    async def async_ask(self, lock_id: int, since: float) -> Answer:
        """Return what the cloud says of a lock; what others have asked for since then will do.

        Where the cloud has just been asked too often, one question serves all who wait. Raises
        TedeeError.
        """
        try:
            async with asyncio.timeout(QUESTION_TIMEOUT):
                asked_at = monotonic()
                if asked_at < self._together_until and (asking := self._asking_since(since)):
                    return await self._async_ask_together(lock_id, asking)
                return Answer(sync=await self._client.sync_lock(lock_id), asked_at=asked_at)
        except TimeoutError:
            raise TedeeNoAnswerError from None
        except TedeeRateLimitError as err:
            self._together_until = monotonic() + err.retry_after + TOGETHER
            raise

    def _asking_since(self, since: float) -> asyncio.Task[Mapping[int, LockSync]] | None:
        """Return the question for all locks that was put since a moment, None if none may be."""
        now = monotonic()
        if self._asking and self._asked_at > max(since, now - TOGETHER):
            return self._asking
        if not self._claim_sync():
            return None
        self._asked_at = now
        self._asking = self._entry.async_create_background_task(
            self._hass, self._async_ask_all(), "ask for all bolts"
        )
        self._asking.add_done_callback(lambda task: task.cancelled() or task.exception())
        return self._asking

    async def _async_ask_together(
        self, lock_id: int, asking: asyncio.Task[Mapping[int, LockSync]]
    ) -> Answer:
        """Return what the cloud says of a lock when it is asked for all of them."""
        asked_at = self._asked_at
        await asyncio.wait([asking])
        if (sync := asking.result().get(lock_id)) is None:
            raise TedeeAnswerError
        return Answer(sync=sync, asked_at=asked_at)

    async def _async_ask_all(self) -> Mapping[int, LockSync]:
        """Return what the cloud says of all locks, by their ids."""
        try:
            return await self._async_sync()
        except TedeeError:
            # Who comes later asks anew.
            self._asking = None
            raise
