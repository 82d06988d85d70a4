"""The coordinator: polls the account, holds its locks by serial and tells who may act on them."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Generator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from math import inf
from time import monotonic
from typing import override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryAuthFailed, ConfigEntryError
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed

from .api import (
    Lock,
    LockSync,
    TedeeAuthError,
    TedeeClient,
    TedeeError,
    TedeeRateLimitError,
)
from .census import Census
from .const import (
    CONF_GENERATION,
    CONF_SCHEME,
    DOMAIN,
    LIST_INTERVAL,
    LOGGER,
    SYNC_INTERVAL,
)
from .devices import async_known_serials, async_remove_devices, async_update_devices
from .errors import POLL_SENTENCES, Sentences, translated
from .identity import identities

type TedeeConfigEntry = ConfigEntry[TedeeCoordinator]


class TedeeCoordinator(DataUpdateCoordinator[dict[str, Lock]]):
    """All locks of one account, keyed by serial."""

    config_entry: TedeeConfigEntry

    def __init__(self, hass: HomeAssistant, entry: TedeeConfigEntry, client: TedeeClient) -> None:
        """Take the account's client; nothing is asked yet."""
        super().__init__(
            hass,
            LOGGER,
            config_entry=entry,
            name=DOMAIN,
            update_interval=SYNC_INTERVAL,
            always_update=False,
        )
        self.client = client
        self.pin_queues: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._command_queues: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._commanded: set[str] = set()
        self._published_at: dict[str, float] = {}
        self._census = Census(async_known_serials(hass, entry))
        self._list_due = -inf

    @asynccontextmanager
    async def commanding(self, serial: str) -> AsyncGenerator[None]:
        """Hold a lock's bolt: commands of one lock take turns, and polls leave its state alone."""
        async with self._command_queues[serial]:
            self._commanded.add(serial)
            try:
                yield
            finally:
                self._commanded.discard(serial)

    @callback
    def publish(self, lock: Lock) -> None:
        """Show what a command knows of a lock, and let no answer to an older request undo it."""
        self._published_at[lock.serial] = monotonic()
        self.data = {**self.data, lock.serial: lock}
        self.async_update_listeners()

    @callback
    def remember_client(self) -> None:
        """Keep in the config entry what the client found out about the cloud."""
        self.hass.config_entries.async_update_entry(
            self.config_entry,
            data={
                **self.config_entry.data,
                CONF_SCHEME: self.client.scheme,
                CONF_GENERATION: self.client.generation,
            },
        )

    @contextmanager
    def telling(self, lock: Lock, sentences: Sentences) -> Generator[None]:
        """Turn what the client raises into sentences about a lock.

        A key may be refused because it has expired or because it lacks a scope; the next poll tells
        which and asks for a new key only for the first.
        """
        try:
            yield
        except TedeeError as err:
            if isinstance(err, TedeeAuthError):
                self.config_entry.async_create_task(self.hass, self.async_request_refresh())
            raise translated(err, sentences, lock=lock.name) from err

    @override
    async def _async_update_data(self) -> dict[str, Lock]:
        """Ask the cloud for the state of all locks."""
        try:
            locks = await self._async_poll()
        except TedeeAuthError as err:
            raise ConfigEntryAuthFailed(
                translation_domain=DOMAIN, translation_key="key_refused"
            ) from err
        except TedeeError as err:
            failure = translated(err, POLL_SENTENCES)
            raise UpdateFailed(
                translation_domain=DOMAIN,
                translation_key=failure.translation_key,
                translation_placeholders=failure.translation_placeholders,
                retry_after=err.retry_after if isinstance(err, TedeeRateLimitError) else None,
            ) from err
        self._adopt_identity(locks)
        return locks

    async def _async_poll(self) -> dict[str, Lock]:
        """Return all locks: the list at the start, a sync afterwards and the list where needed."""
        if self.data is None:
            listed = await self._async_list()
            self._census.settle(listed, set())
            return listed
        asked_at = monotonic()
        syncs = {sync.lock_id: sync for sync in await self.client.sync()}
        self._census.count(self.data, syncs.keys())
        listed = {}
        gone: set[str] = set()
        if self._census.wants_list or monotonic() >= self._list_due:
            listed = await self._async_list()
            gone = self._census.settle(listed, syncs.keys())
            async_remove_devices(self.hass, self.config_entry, gone)
        listed |= await self._async_fetch_changed(syncs, known=listed.keys() | gone)
        return {
            serial: self._merged(lock, syncs.get(lock.lock_id), asked_at)
            for serial, lock in (self.data | listed).items()
            if serial not in gone
        }

    async def _async_list(self) -> dict[str, Lock]:
        """Return all locks of the account with their settings."""
        locks = {lock.serial: lock for lock in await self.client.get_locks()}
        self._list_due = monotonic() + LIST_INTERVAL.total_seconds()
        async_update_devices(self.hass, self.config_entry, locks)
        return locks

    async def _async_fetch_changed(
        self, syncs: Mapping[int, LockSync], known: AbstractSet[str]
    ) -> dict[str, Lock]:
        """Return the locks whose settings have changed, but for those known already."""
        changed = {
            serial: await self.client.get_lock(lock.lock_id)
            for serial, lock in self.data.items()
            if serial not in known
            and (sync := syncs.get(lock.lock_id))
            and sync.revision not in (None, lock.revision)
        }
        if changed:
            async_update_devices(self.hass, self.config_entry, changed)
        return changed

    def _merged(self, lock: Lock, sync: LockSync | None, asked_at: float) -> Lock:
        """Return a lock with the newest that is known of its bolt."""
        serial = lock.serial
        if serial in self._commanded or self._published_at.get(serial, -inf) >= asked_at:
            shown = self.data[serial]
            return replace(lock, connected=shown.connected, status=shown.status)
        if sync is not None:
            return lock.synced(sync)
        return lock.out_of_reach() if serial in self._census.lost else lock

    def _adopt_identity(self, locks: Mapping[str, Lock]) -> None:
        """Give an account that had no locks when it was added its identity."""
        entry = self.config_entry
        marks = identities(locks.values())
        if entry.unique_id is not None or not marks:
            return
        if self.hass.config_entries.async_entry_for_domain_unique_id(DOMAIN, marks[0]):
            if self.data is not None:
                self.hass.config_entries.async_schedule_reload(entry.entry_id)
            raise ConfigEntryError(translation_domain=DOMAIN, translation_key="duplicate_account")
        self.hass.config_entries.async_update_entry(entry, unique_id=marks[0])
