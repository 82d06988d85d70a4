"""The keypad of one lock: PIN requests in their order, and writes whose outcome is made sure of.

The lock carries out one PIN request at a time, through its bridge, and answers that it is busy
(409) meanwhile. Where the answer to a write is missing, what the lock holds afterwards decides.
"""

import asyncio
from asyncio import sleep
from collections.abc import Awaitable, Callable, Container
from http import HTTPStatus
from typing import Final, Self

from .api import (
    Lock,
    Pin,
    PinList,
    Priority,
    TedeeClient,
    TedeeError,
    TedeeOutcomeUnknownError,
    TedeeStatusError,
    TedeeUnfinishedError,
)
from .attempts import async_attempt, may_be_done
from .pin_book import PinBook

BUSY_PAUSES: Final = (2.0, 5.0, 10.0)
"""Seconds before each new try where the lock was busy: a PIN request takes it some seconds."""
SLOW_PAUSES: Final = (2.0,)
"""Seconds before the one new try where the lock did not tell in time what it was asked."""
READ_BACK_PAUSES: Final = (2.0, 5.0)
"""Seconds before each look at what became of a write: it may still be on its way to the lock."""
LIST_FULL: Final = frozenset({HTTPStatus.PRECONDITION_FAILED, HTTPStatus.UNPROCESSABLE_CONTENT})
"""The vendor's pages name both, in turns."""
OWN_DOING: Final = LIST_FULL | {HTTPStatus.NOT_ACCEPTABLE}
"""Why a new PIN may be refused because it is there: it has its digits, and took the last room."""


class Keypad:
    """Reads and writes the PINs of a lock.

    Whoever asks more than one thing holds `queue` meanwhile. `book` is what is known of the PINs.
    All methods raise TedeeError.
    """

    def __init__(self, client: TedeeClient, queue: asyncio.Lock) -> None:
        """Take the client; the lock's number changes when it is added to its account anew."""
        self.queue = queue
        self.book = PinBook()
        self.lock_name = ""
        self._lock_id = 0
        self._client = client

    def at(self, lock: Lock) -> Self:
        """Return the keypad, whose lock has this name and number today."""
        self.lock_name = lock.name
        if lock.lock_id != self._lock_id:
            self._lock_id = lock.lock_id
            self.book.doubted()
        return self

    async def async_list(self, priority: Priority = Priority.PIN) -> PinList:
        """Return all PINs as they are now."""
        pins = await self._async_read_list(priority)
        self.book.listed(pins)
        return pins

    async def async_refresh(self) -> None:
        """Ask for the list of PINs only where it is not the one that is known."""
        version = self.book.list_version
        if version is None:
            await self.async_list()
            return
        pins = await self._async_read(lambda: self._client.get_changed_pins(self._lock_id, version))
        if pins is not None:
            self.book.listed(pins)

    async def async_get(self, pin_id: int, priority: Priority = Priority.PIN) -> Pin:
        """Return a PIN with its digits."""
        pin = await self._async_read(lambda: self._client.get_pin(self._lock_id, pin_id, priority))
        self.book.read(pin_id, pin)
        return pin

    async def async_create(self, pin: Pin, known: PinList) -> int:
        """Store a new PIN and return its id; `known` are the PINs before it."""
        pin_id = await self._async_write(
            lambda: self._client.create_pin(self._lock_id, pin),
            lambda: self.async_find(pin, known),
            own_doing=OWN_DOING,
        )
        self.book.stored(pin_id, pin, is_new=True)
        return pin_id

    async def async_find(self, pin: Pin, known: PinList) -> int | None:
        """Return the id of a PIN that was to be new, None where the list does not show it."""
        for pin_id in (await self._async_read_list(Priority.COMMAND)).named(pin.alias):
            if pin_id in known.ids:
                continue
            if (await self.async_get(pin_id, Priority.COMMAND)).pin == pin.pin:
                return pin_id
        return None

    async def async_replace(self, pin_id: int, pin: Pin, priority: Priority = Priority.PIN) -> None:
        """Replace a PIN as a whole."""

        async def replaced() -> bool | None:
            try:
                now = await self.async_get(pin_id, Priority.COMMAND)
            except TedeeStatusError as err:
                if err.status != HTTPStatus.NOT_FOUND:
                    raise
                return None
            return now.opens_like(pin) or None

        async def send() -> bool:
            await self._client.update_pin(self._lock_id, pin_id, pin, priority)
            return True

        await self._async_write(send, replaced)
        self.book.stored(pin_id, pin)

    async def async_delete(self, pin_id: int, priority: Priority = Priority.PIN) -> bool:
        """Remove a PIN; return whether it was there.

        Raises TedeeStatusError with 404 where the lock itself is not found.
        """

        async def gone() -> bool | None:
            return pin_id not in (await self._async_read_list(Priority.COMMAND)).ids or None

        async def send() -> bool:
            await self._client.delete_pin(self._lock_id, pin_id, priority)
            return True

        try:
            await self._async_write(send, gone)
        except TedeeStatusError as err:
            if err.status != HTTPStatus.NOT_FOUND:
                raise
            # A missing lock is answered alike, and its PIN would still open the door.
            if pin_id in (await self.async_list(Priority.COMMAND)).ids:
                raise TedeeUnfinishedError from err
            return False
        self.book.removed(pin_id)
        return True

    async def _async_write[T](
        self,
        send: Callable[[], Awaitable[T]],
        done: Callable[[], Awaitable[T | None]],
        *,
        own_doing: Container[int] = (),
    ) -> T:
        """Send a write; without a clear answer, look whether it is done, and if not send it again.

        `done` looks, and returns None where it is not, or is not shown yet. `own_doing` are the
        statuses that the second may be refused with because the first was carried out.
        """
        try:
            return await self._async_attempt(send)
        except TedeeError as err:
            if not may_be_done(err):
                self._note(err)
                raise
        result = await self._async_look(done)
        if result is not None:
            return result
        try:
            return await self._async_attempt(send)
        except TedeeError as err:
            # The first may have arrived late and be what the second is refused for.
            result = await self._async_look(done)
            if result is not None:
                return result
            if may_be_done(err):
                raise TedeeUnfinishedError from err
            self._note(err)
            if isinstance(err, TedeeStatusError) and err.status in own_doing:
                raise TedeeOutcomeUnknownError from err
            raise

    async def _async_look[T](self, done: Callable[[], Awaitable[T | None]]) -> T | None:
        """Return what became of a write, None where it was not carried out.

        What is read meanwhile is kept from the book, which would take our write for a stranger's.
        """
        self.book.doubted()
        seen = False
        for pause in READ_BACK_PAUSES:
            await sleep(pause)
            try:
                result = await done()
            except TedeeError:
                continue
            seen = True
            if result is not None:
                return result
        if not seen:
            raise TedeeOutcomeUnknownError
        return None

    async def _async_read_list(self, priority: Priority) -> PinList:
        """Return all PINs as they are now, and tell nobody."""
        return await self._async_read(lambda: self._client.get_pins(self._lock_id, priority))

    async def _async_read[T](self, send: Callable[[], Awaitable[T]]) -> T:
        """Send a request that changes nothing, and again where nothing came of it."""
        return await async_attempt(send, busy=BUSY_PAUSES, slow=SLOW_PAUSES)

    async def _async_attempt[T](self, send: Callable[[], Awaitable[T]]) -> T:
        """Send a request, and again where nothing was done; a busy lock is waited for."""
        return await async_attempt(send, busy=BUSY_PAUSES)

    def _note(self, err: TedeeError) -> None:
        """Note a refusal that says something of the lock's PINs."""
        if isinstance(err, TedeeStatusError) and err.status in LIST_FULL:
            self.book.filled()
