"""The coordinator: polls the account, holds its locks by serial and tells who may act on them."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import timedelta
from math import inf
from random import uniform
from time import monotonic
from typing import override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryAuthFailed, ConfigEntryError, HomeAssistantError
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed

from .api import (
    Lock,
    LockSync,
    Priority,
    TedeeAuthError,
    TedeeClient,
    TedeeError,
    TedeeRateLimitError,
)
from .chronology import Chronology
from .const import (
    CONF_GENERATION,
    CONF_SCHEME,
    DOMAIN,
    LOGGER,
    SYNC_INTERVAL_MIN,
)
from .errors import POLL_SENTENCES, Sentences, translated
from .freshness import Freshness
from .identity import identities
from .kept import Kept
from .keypads import Keypads
from .pace import LIVELY_PACE, QUIET_PACE, USUAL_PACE, Life
from .pin_watch import PinWatch
from .questions import Questions
from .roster import Roster
from .zones import Zones

type TedeeConfigEntry = ConfigEntry[TedeeCoordinator]


class TedeeCoordinator(DataUpdateCoordinator[dict[str, Lock]]):
    """All locks of one account, keyed by serial."""

    config_entry: TedeeConfigEntry

    def __init__(
        self,
        hass: HomeAssistant,
        entry: TedeeConfigEntry,
        client: TedeeClient,
        kept: Kept,
    ) -> None:
        """Take the account's client and what is kept of its PINs; nothing is asked yet."""
        super().__init__(
            hass,
            LOGGER,
            config_entry=entry,
            name=DOMAIN,
            update_interval=timedelta(seconds=USUAL_PACE),
            always_update=False,
        )
        self.client = client
        self.kept = kept
        self.zones = Zones()
        self.keypads = Keypads(client, kept, self.zones, self.find)
        self.pin_watch = PinWatch(hass, entry, kept.journal, self.keypads.by_serial)
        self._command_queues: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._commanded: dict[str, Lock | None] = {}
        self._published_at: dict[str, float] = {}
        self._roster = Roster(hass, entry, client)
        self._questions = Questions(
            hass, entry, client, self._claim_sync, self._async_sync_for_commands
        )
        self._chronology = Chronology()
        self._freshness = Freshness(hass, self.async_update_listeners)
        entry.async_on_unload(self._freshness.stop)
        self._life = Life()
        self._polled_at = -inf
        self._synced_at = -inf
        self._trouble: TedeeError | None = None
        self._due_at = inf

    @property
    def is_held_back(self) -> bool:
        """Tell whether polls wait for requests, which commands need not."""
        return isinstance(self._trouble, TedeeRateLimitError)

    def is_fresh(self, serial: str) -> bool:
        """Tell whether what is known of a lock is young enough to be shown."""
        return serial in self.data and self._freshness.is_fresh(serial)

    def find(self, serial: str) -> Lock | None:
        """Return a lock, None where the account does not have it today."""
        return self.data.get(serial)

    @asynccontextmanager
    async def commanding(self, serial: str) -> AsyncGenerator[None]:
        """Hold a lock's bolt: commands of one lock take turns, and polls leave its state alone."""
        async with self._command_queues[serial]:
            self._commanded[serial] = None
            try:
                yield
            finally:
                del self._commanded[serial]

    def told_meanwhile(self, lock: Lock) -> Lock:
        """Return a lock as polls have told while it was commanded, or as it was if none has."""
        return self._commanded.get(lock.serial) or lock

    def is_commanded(self, serial: str) -> bool:
        """Tell whether what is shown of a lock's bolt is what a command does to it."""
        return serial in self._commanded

    async def async_ask(self, lock: Lock, since: float) -> Lock:
        """Return a lock with what the cloud says of its bolt, asked at a moment or later."""
        answer = await self._questions.async_ask(lock.lock_id, since)
        self._freshness.heard({lock.serial}, answer.asked_at)
        return lock.synced(answer.sync)

    @callback
    def publish(self, lock: Lock) -> None:
        """Show what a command knows of a bolt, and let no answer to an older request undo it."""
        if lock.serial not in self.data:
            return
        self._published_at[lock.serial] = monotonic()
        known = self.data[lock.serial]
        shown = replace(known, connected=lock.connected, status=lock.status)
        self._life.note(known, shown)
        self.data = {**self.data, lock.serial: shown}
        self.async_update_listeners()
        due = self._polled_at + self._life.pace(self.data.values(), self.client.budget.left)
        if due < self._due_at and not self.is_held_back and not self._shutdown_requested:
            self._poll_at(due)
            self._schedule_refresh()

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

        A key may be refused because it has expired or because it lacks a scope; the next polls tell
        which and ask for a new key only for the first.
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
        now = monotonic()
        if now - self._polled_at < SYNC_INTERVAL_MIN:
            self._poll_at(self._due_at)
            if self.last_exception and not self.last_update_success:
                raise self.last_exception
            return self.data
        # Many homes start at once after a power cut; from then on they ask at different times.
        first = uniform(LIVELY_PACE, USUAL_PACE) if self.data is None else None  # noqa: S311
        self._polled_at = now
        self._poll_at(now + LIVELY_PACE)
        try:
            with self._syncing(now):
                locks = await self._async_poll()
        except TedeeError as err:
            raise self._failure(err) from err
        self._trouble = None
        self._adopt_identity(locks)
        self._poll_at(now + (first or self._life.pace(locks.values(), self.client.budget.left)))
        return locks

    def _failure(self, err: TedeeError) -> HomeAssistantError:
        """Return what a poll raises that has failed, and let the next one wait where it has to.

        A key that is refused once may be refused by mistake. When it is refused again a new one is
        asked for, and polls go on slowly: they show what they may as soon as it is accepted.
        """
        before, self._trouble = self._trouble, err
        kind: type[HomeAssistantError] = UpdateFailed
        if isinstance(err, TedeeRateLimitError):
            # The timer rounds down by up to a second.
            self._poll_at(max(self._due_at, monotonic() + err.retry_after + 1))
        elif isinstance(err, TedeeAuthError) and self.data is None:
            kind = ConfigEntryAuthFailed
        elif isinstance(err, TedeeAuthError) and isinstance(before, TedeeAuthError):
            self._poll_at(self._polled_at + QUIET_PACE)
            self.config_entry.async_start_reauth(self.hass)
        failure = translated(err, POLL_SENTENCES)
        return kind(
            translation_domain=DOMAIN,
            translation_key=failure.translation_key,
            translation_placeholders=failure.translation_placeholders,
        )

    @callback
    @override
    def _async_refresh_finished(self) -> None:
        """Let entities look again where one failure follows another: it may be of another kind."""
        if not self.last_update_success:
            self.async_update_listeners()

    async def _async_poll(self) -> dict[str, Lock]:
        """Return all locks: the list at the start, a sync and what the roster reads afterwards."""
        asked_at = monotonic()
        if self.data is None:
            listed = await self._roster.async_begin()
            self._freshness.heard(listed, asked_at)
            await self.zones.async_learn(listed.values())
            return listed
        syncs = {sync.lock_id: sync for sync in await self.client.sync()}
        read, gone = await self._roster.async_follow(self.data, syncs)
        await self.zones.async_learn(read.values())
        known = {serial: lock for serial, lock in (self.data | read).items() if serial not in gone}
        self._freshness.heard(read.keys(), asked_at)
        return self._told(known, syncs, asked_at)

    async def _async_sync_for_commands(self) -> Mapping[int, LockSync]:
        """Ask for all locks because commands want to know, and show what that tells of others."""
        asked_at = monotonic()
        with self._syncing(asked_at):
            syncs = {sync.lock_id: sync for sync in await self.client.sync(Priority.COMMAND)}
        self.data = self._told(self.data, syncs, asked_at)
        self.async_update_listeners()
        return syncs

    def _told(
        self, known: Mapping[str, Lock], syncs: Mapping[int, LockSync], asked_at: float
    ) -> dict[str, Lock]:
        """Return the locks that are known with what a sync tells of them."""
        news = self._chronology.news(known, syncs)
        self._freshness.heard(
            {serial for serial, lock in known.items() if lock.lock_id in news}, asked_at
        )
        locks = {
            serial: self._merged(lock, news.get(lock.lock_id), asked_at)
            for serial, lock in known.items()
        }
        for serial, lock in self.data.items():
            self._life.note(lock, locks.get(serial, lock))
        return locks

    def _merged(self, lock: Lock, sync: LockSync | None, asked_at: float) -> Lock:
        """Return a lock with the newest that is known of its bolt."""
        serial = lock.serial
        told = lock if sync is None else lock.synced(sync)
        if serial in self._commanded:
            self._commanded[serial] = told
        elif self._published_at.get(serial, -inf) < asked_at:
            return told
        if (shown := self.data.get(serial)) is None:
            return told
        return replace(lock, connected=shown.connected, status=shown.status)

    def _claim_sync(self) -> bool:
        """Tell whether all locks may be asked for now; if so, the next poll keeps its distance."""
        now = monotonic()
        if now - self._synced_at < SYNC_INTERVAL_MIN:
            return False
        self._polled_at = now
        if not self._shutdown_requested:
            self._poll_at(max(self._due_at, now + LIVELY_PACE))
            self._schedule_refresh()
        return True

    @contextmanager
    def _syncing(self, now: float) -> Generator[None]:
        """Remember when all locks are asked for; what is refused for want of requests is none."""
        before, self._synced_at = self._synced_at, now
        try:
            yield
        except TedeeRateLimitError:
            self._synced_at = before
            raise

    def _poll_at(self, due: float) -> None:
        """Let the timer that is set next end at a moment of the steady clock."""
        self._due_at = due
        self.update_interval = timedelta(seconds=max(due - monotonic(), 1))

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
