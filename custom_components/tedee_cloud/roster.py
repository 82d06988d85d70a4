"""The roster: which locks an account has and how they are set up, read where a sync asks for it."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import replace
from math import inf
from time import monotonic
from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant

from .api import Lock, LockSync, Priority, TedeeClient, TedeeError
from .census import Census
from .devices import async_known_serials, async_remove_devices, async_update_devices

LIST_INTERVAL: Final = 3600.0
"""Seconds. The vendor allows 10 lock lists in 10 minutes and asks for sync in between."""
LIST_RETRY: Final = 300.0
"""Seconds until a list that could not be had is asked for again."""


class Roster:
    """Asks for the lock list and for single locks, and keeps their devices as they are."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, client: TedeeClient) -> None:
        """Take the account; the locks that have a device are known from before."""
        self._hass = hass
        self._entry = entry
        self._client = client
        self._census = Census(async_known_serials(hass, entry))
        self._list_due = -inf
        self._list_not_before = -inf

    async def async_begin(self) -> dict[str, Lock]:
        """Return all locks at the start, by serial.

        Raises TedeeError.
        """
        listed = await self._async_list(Priority.SET_UP)
        self._census.settle(listed, set())
        return listed

    async def async_follow(
        self, known: Mapping[str, Lock], syncs: Mapping[int, LockSync]
    ) -> tuple[dict[str, Lock], set[str]]:
        """Return the locks that were worth reading after a sync, and who has left the account.

        What the sync has told stays true where nothing can be read, so nothing is raised.
        """
        self._census.count(known, syncs.keys())
        read, gone = await self._async_list_where_needed(syncs.keys())
        others = {
            serial: lock for serial, lock in known.items() if serial not in read.keys() | gone
        }
        return read | await self._async_read_changed(others, syncs), gone

    async def _async_list_where_needed(
        self, synced: AbstractSet[int]
    ) -> tuple[dict[str, Lock], set[str]]:
        """Return the lock list and who has left; both empty where there is nothing to learn."""
        now = monotonic()
        if now < self._list_not_before or not (self._census.wants_list or now >= self._list_due):
            return {}, set()
        try:
            listed = await self._async_list(Priority.POLL)
        except TedeeError:
            self._list_not_before = now + LIST_RETRY
            return {}, set()
        gone = self._census.settle(listed, synced)
        async_remove_devices(self._hass, self._entry, gone)
        return listed, gone

    async def _async_list(self, priority: Priority) -> dict[str, Lock]:
        """Return all locks of the account with their settings."""
        locks = {lock.serial: lock for lock in await self._client.get_locks(priority)}
        self._list_due = monotonic() + LIST_INTERVAL
        async_update_devices(self._hass, self._entry, locks)
        return locks

    async def _async_read_changed(
        self, locks: Mapping[str, Lock], syncs: Mapping[int, LockSync]
    ) -> dict[str, Lock]:
        """Return those locks whose settings have changed.

        One that cannot be had, or whose answer is an older one, is asked for again with the next
        poll.
        """
        changed = {}
        for serial, lock in locks.items():
            sync = syncs.get(lock.lock_id)
            if sync is None or sync.revision is None or sync.revision == lock.revision:
                continue
            with suppress(TedeeError):
                read = await self._client.get_lock(lock.lock_id)
                if read.revision is None or read.revision >= sync.revision:
                    changed[serial] = replace(read, revision=sync.revision)
        if changed:
            async_update_devices(self._hass, self._entry, changed)
        return changed
