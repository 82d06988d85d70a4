"""Watches the PINs of an account's locks: hourly and after writes, one lock after the other."""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import partial
from math import inf
from random import uniform
from time import monotonic
from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later

from .api import TedeeAnswerError, TedeeError
from .const import LOGGER
from .journal import Journal
from .keypad import Keypad
from .pin_book import PinBook
from .unfinished import async_finish

FIRST_LOOK: Final = (10.0, 30.0)
"""Seconds after the start, drawn: many homes start at once after a power cut."""
APART: Final = 10.0
"""Seconds between the first looks at two locks, and so between all that follow."""
INTERVAL: Final = 3600.0
"""Seconds from one look at a lock to the next."""
AFTER_WRITE: Final = 10.0
"""Seconds after the last of several writes from here."""
FULL_INTERVAL: Final = 86400.0
"""Seconds after which a list is asked for whatever its version: the vendor does not say what
becomes of versions when a lock is reset."""


class PinWatch:
    """Looks at the PINs of those locks of which somebody wants to know.

    What an earlier run has left is ended first, whoever wants to know. What goes wrong is tried
    again with the next look.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        journal: Journal,
        keypad_of: Callable[[str], Keypad | None],
    ) -> None:
        """Take the account, its journal, and how to reach the keypad of a lock it has."""
        self._hass = hass
        self._entry = entry
        self._journal = journal
        self._keypad_of = keypad_of
        self._followers: defaultdict[str, list[bool]] = defaultdict(list)
        self._timers: dict[str, CALLBACK_TYPE] = {}
        self._turn = asyncio.Lock()
        self._full_due: defaultdict[str, float] = defaultdict(lambda: -inf)
        self._first_free = monotonic() + uniform(*FIRST_LOOK)  # noqa: S311
        entry.async_on_unload(self.stop)

    @callback
    def start(self) -> None:
        """Look at the locks for which an earlier run has left something."""
        for serial in self._journal.serials - self._timers.keys():
            self._arm_first(serial)

    @callback
    def stop(self) -> None:
        """Look at nothing any more."""
        while self._timers:
            self._timers.popitem()[1]()

    @callback
    def follow(self, serial: str, book: PinBook, *, limits: bool = False) -> CALLBACK_TYPE:
        """Look at a lock from now on, at the limits of its PINs as well; return how to stop it."""
        followers = self._followers[serial]
        if not followers:
            self._arm_first(serial)
        followers.append(limits)
        unlisten = book.listen(lambda _: self._note_writes(serial, book))

        def unfollow() -> None:
            followers.remove(limits)
            unlisten()

        return unfollow

    def _is_wanted(self, serial: str) -> bool:
        """Tell whether there is anything to look for."""
        return bool(self._followers[serial] or self._journal.left(serial))

    @callback
    def _note_writes(self, serial: str, book: PinBook) -> None:
        """Look soon where PINs were written from here."""
        if book.writes:
            self._arm(serial, AFTER_WRITE)

    @callback
    def _arm_first(self, serial: str) -> None:
        """Look at a lock for the first time, some time after the lock before it."""
        now = monotonic()
        self._first_free = max(self._first_free, now)
        self._arm(serial, self._first_free - now)
        self._first_free += APART

    @callback
    def _arm(self, serial: str, seconds: float) -> None:
        """Look at a lock in some seconds, and not before."""
        self._disarm(serial)
        job = HassJob(partial(self._fire, serial), cancel_on_shutdown=True)
        self._timers[serial] = async_call_later(self._hass, seconds, job)

    @callback
    def _disarm(self, serial: str) -> None:
        """Do not look at a lock."""
        if cancel := self._timers.pop(serial, None):
            cancel()

    @callback
    def _fire(self, serial: str, _: datetime) -> None:
        """Look at a lock now, and again in an hour."""
        del self._timers[serial]
        if self._is_wanted(serial):
            self._arm(serial, INTERVAL)
            self._entry.async_create_background_task(
                self._hass, self._async_look(serial), name="look at PINs"
            )

    async def _async_look(self, serial: str) -> None:
        """Look at a lock when its turn has come."""
        async with self._turn:
            keypad = self._keypad_of(serial)
            if keypad is None:
                return
            try:
                async with keypad.queue:
                    await async_finish(keypad, self._journal, serial)
                    if self._followers[serial]:
                        await self._async_list(serial, keypad)
                if any(self._followers[serial]):
                    await _async_read_limits(keypad)
            except TedeeError as err:
                LOGGER.debug("PINs of a lock could not be looked at: %r", err)

    async def _async_list(self, serial: str, keypad: Keypad) -> None:
        """Ask for the list of PINs; once a day as if nothing were known of it."""
        now = monotonic()
        if now < self._full_due[serial]:
            await keypad.async_refresh()
        else:
            await keypad.async_list()
            self._full_due[serial] = now + FULL_INTERVAL


async def _async_read_limits(keypad: Keypad) -> None:
    """Read the PINs whose limits are not known, and let others ask in between.

    One that is not understood hides no other.
    """
    for pin_id in keypad.book.unread:
        async with keypad.queue:
            if pin_id in keypad.book.unread:
                with suppress(TedeeAnswerError):
                    await keypad.async_get(pin_id)
