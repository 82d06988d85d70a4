"""Lets the hours of PINs made here follow the clocks: each window is sent anew once at a change.

The cloud holds hours in UTC, so on the wall they are others as soon as a zone changes its offset.
"""

import asyncio
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.event import async_track_point_in_utc_time
from homeassistant.util import dt as dt_util

from .api import (
    Lock,
    TedeeAnswerError,
    TedeeError,
    TedeeStatusError,
    TedeeUnfinishedError,
    moved,
    next_change,
    reference,
    utc_offset,
)
from .const import CONF_FOLLOW_CLOCK_CHANGES, DOMAIN, LOGGER
from .coordinator import TedeeCoordinator
from .errors import PIN_WRITE_SENTENCES, translated
from .keypad import Keypad
from .pin_hours import Converted

LOOK_INTERVAL: Final = timedelta(days=1)
"""Between two looks even without a change: a machine may sleep, or set its clock."""
RETRY_INTERVAL: Final = timedelta(hours=1)
"""Until a lock that could not be served is tried again."""
HOPELESS: Final = frozenset(
    {HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.NOT_ACCEPTABLE}
)
"""Answers about a PIN that the cloud does not have or will not take, however often it is asked."""
OF_ONE_PIN: Final = (TedeeAnswerError, TedeeUnfinishedError)
"""Failures behind which the lock was reached: they say nothing of its other PINs."""


class ClockChanges:
    """Looks at each change of the clocks, at the start and where something failed, hourly."""

    def __init__(self, hass: HomeAssistant, coordinator: TedeeCoordinator) -> None:
        """Take the account's locks."""
        self._hass = hass
        self._coordinator = coordinator
        self._entry = coordinator.config_entry
        self._kept = coordinator.kept.hours
        self._failing: set[str] = set()
        self._stop_timer: CALLBACK_TYPE | None = None

    @callback
    def start(self) -> None:
        """Look now, and from then on until the account is unloaded."""
        self._entry.async_on_unload(self._stop)
        self._look()

    @callback
    def _stop(self) -> None:
        """Look no more."""
        if self._stop_timer:
            self._stop_timer()
            self._stop_timer = None

    @callback
    def _look(self, _now: datetime | None = None) -> None:
        """Serve all locks in the background."""
        self._stop_timer = None
        self._entry.async_create_background_task(
            self._hass, self._async_serve_all(), f"{DOMAIN} clock changes"
        )

    async def _async_serve_all(self) -> None:
        """Serve all locks side by side, then set the timer for the next look."""
        now = dt_util.utcnow()
        locks = tuple(self._coordinator.data.values())
        served = await asyncio.gather(*map(self._async_serve, locks))
        self._failing = {lock.serial for lock, done in zip(locks, served, strict=True) if not done}
        changes = (next_change(zone, now) for zone in set(map(self._coordinator.zones.of, locks)))
        due = [now + (RETRY_INTERVAL if self._failing else LOOK_INTERVAL), *filter(None, changes)]
        self._stop_timer = async_track_point_in_utc_time(self._hass, self._look, min(due))

    async def _async_serve(self, lock: Lock) -> bool:
        """Let the windows of a lock follow its clock; return whether that is done."""
        zone, kept = self._coordinator.zones.of(lock), self._kept.of(lock.serial)
        due = {pin_id: hours for pin_id, hours in kept.items() if hours.is_due(zone)}
        if not self._entry.options.get(CONF_FOLLOW_CLOCK_CHANGES, True):
            for pin_id, hours in due.items():
                as_it_is = replace(hours, offset=hours.offset_now(zone), moving_to=None)
                await self._kept.async_keep(lock.serial, pin_id, as_it_is)
            return True
        try:
            with self._coordinator.telling(lock, PIN_WRITE_SENTENCES):
                await self._async_follow(lock, due)
        except HomeAssistantError as err:
            if lock.serial not in self._failing:
                LOGGER.warning("Hours of PINs are not moved with the clocks yet: %s", err)
            return False
        return True

    async def _async_follow(self, lock: Lock, pin_ids: Collection[int]) -> None:
        """Send the windows of PINs anew; between two of them, others may use the keypad.

        A PIN that fails for itself keeps none of the others back, and is raised at the end.
        """
        if not pin_ids:
            return
        keypad = self._coordinator.keypads.of(lock)
        async with keypad.queue:
            await keypad.async_refresh()
        failure: TedeeError | None = None
        for pin_id in pin_ids:
            async with keypad.queue:
                try:
                    await self._async_send(lock, keypad, pin_id)
                except TedeeError as err:
                    status = err.status if isinstance(err, TedeeStatusError) else None
                    if status in HOPELESS:
                        await self._async_let_go(lock, pin_id, err)
                    elif isinstance(err, OF_ONE_PIN) or status == HTTPStatus.INTERNAL_SERVER_ERROR:
                        failure = err
                    else:
                        raise
        if failure:
            raise failure

    async def _async_let_go(self, lock: Lock, pin_id: int, err: TedeeError) -> None:
        """Follow the clocks no longer for a PIN that the cloud refuses."""
        LOGGER.warning(
            "Hours of a PIN no longer follow the clocks: %s",
            translated(err, PIN_WRITE_SENTENCES, lock=lock.name),
        )
        await self._kept.async_forget(lock.serial, pin_id)

    async def _async_send(self, lock: Lock, keypad: Keypad, pin_id: int) -> None:
        """Send a window anew, unless the PIN is another one by now."""
        zone = self._coordinator.zones.of(lock)
        converted = self._kept.of(lock.serial).get(pin_id)
        if converted is None or not converted.is_due(zone):
            return
        if (keypad.book.names or {}).get(pin_id) != converted.alias:
            await self._kept.async_forget(lock.serial, pin_id)
            return
        pin = await keypad.async_get(pin_id)
        now, offset = reference(pin.start_date, zone, dt_util.utcnow()), converted.offset_of(pin)
        target = pin.with_hours(moved(pin.hours, offset, now))
        if not target.opens_like(pin):
            # On disk first: whatever cuts this off, a window must not be moved twice.
            moving = replace(Converted.of(pin, offset), moving_to=utc_offset(now))
            await self._kept.async_keep(lock.serial, pin_id, moving)
            await keypad.async_replace(pin_id, target)
        await self._kept.async_keep(lock.serial, pin_id, Converted.of(target, utc_offset(now)))
