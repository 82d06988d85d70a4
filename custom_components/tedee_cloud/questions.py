"""Questions about bolts: each lock is asked for alone, all at once where the cloud wants fewer."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
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


@asynccontextmanager
async def in_time() -> AsyncGenerator[None]:
    """Wait for the answer to a question. Raises TedeeNoAnswerError where it takes too long."""
    try:
        async with asyncio.timeout(QUESTION_TIMEOUT):
            yield
    except TimeoutError:
        raise TedeeNoAnswerError from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the cloud says of a lock, and when it was asked."""

    sync: LockSync
    asked_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """A question for all locks, which several may wait for."""

    asked_at: float
    asking: asyncio.Task[Mapping[int, LockSync]]

    async def async_answer(self, lock_id: int) -> Answer:
        """Return what the cloud says of one of the locks."""
        await asyncio.wait([self.asking])
        if (sync := self.asking.result().get(lock_id)) is None:
            raise TedeeAnswerError
        return Answer(sync=sync, asked_at=self.asked_at)


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
        self._shared: Shared | None = None

    async def async_ask(self, lock_id: int, since: float) -> Answer:
        """Return what the cloud says of a lock; what others have asked for since then will do.

        Where the cloud has just been asked too often, one question serves all who wait. Raises
        TedeeError.
        """
        try:
            async with in_time():
                asked_at = monotonic()
                if asked_at < self._together_until and (shared := self._shared_since(since)):
                    return await shared.async_answer(lock_id)
                return Answer(sync=await self._client.sync_lock(lock_id), asked_at=asked_at)
        except TedeeRateLimitError as err:
            self._together_until = monotonic() + err.retry_after + TOGETHER
            raise

    def _shared_since(self, since: float) -> Shared | None:
        """Return the question for all locks that was put since a moment, None if none may be."""
        now = monotonic()
        if self._shared and self._shared.asked_at > max(since, now - TOGETHER):
            return self._shared
        if not self._claim_sync():
            return None
        asking = self._entry.async_create_background_task(
            self._hass, self._async_ask_all(), "ask for all bolts"
        )
        asking.add_done_callback(lambda task: task.cancelled() or task.exception())
        self._shared = Shared(asked_at=now, asking=asking)
        return self._shared

    async def _async_ask_all(self) -> Mapping[int, LockSync]:
        """Return what the cloud says of all locks, by their ids."""
        try:
            return await self._async_sync()
        except TedeeError:
            # Who comes later asks anew.
            self._shared = None
            raise
