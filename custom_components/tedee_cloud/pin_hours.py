"""The windows of PINs made here, and the offsets that made them UTC, kept on disk without digits.

The cloud holds hours in UTC alone, which do not tell what people meant once the clocks change.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone, tzinfo
from typing import Any, Final, Self

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util

from .api import Pin, UtcHours, moved, reference, utc_offset
from .const import DOMAIN
from .pin_book import PinWrite

VERSION: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted:
    """A PIN's window in UTC, and the offset it was converted with.

    `moving_to` is the offset of a write that is under way or whose outcome is not known.
    """

    alias: str
    start_date: datetime | None
    hours: UtcHours
    offset: timedelta
    moving_to: timedelta | None = None

    @classmethod
    def of(cls, pin: Pin, offset: timedelta) -> Self:
        """Return what is kept of a PIN."""
        return cls(alias=pin.alias, start_date=pin.start_date, hours=pin.hours, offset=offset)

    @classmethod
    def from_storage(cls, data: dict[str, Any]) -> Self:
        """Read what `to_storage` has written."""
        return cls(
            alias=data["alias"],
            start_date=_read_instant(data["start_date"]),
            hours=UtcHours(
                start=_read_instant(data["day_start_time"]),
                end=_read_instant(data["day_end_time"]),
                week_days=data["week_days"],
            ),
            offset=timedelta(seconds=data["offset"]),
            moving_to=None if data["moving_to"] is None else timedelta(seconds=data["moving_to"]),
        )

    def to_storage(self) -> dict[str, Any]:
        """Return everything as JSON."""
        return {
            "alias": self.alias,
            "start_date": _write_instant(self.start_date),
            "day_start_time": _write_instant(self.hours.start),
            "day_end_time": _write_instant(self.hours.end),
            "week_days": self.hours.week_days,
            "offset": self.offset.total_seconds(),
            "moving_to": None if self.moving_to is None else self.moving_to.total_seconds(),
        }

    def is_due(self, zone: tzinfo) -> bool:
        """Tell whether the window no longer means what people in a zone were told."""
        if self.hours.start is None:
            return False
        return self.moving_to is not None or self.offset != self.offset_now(zone)

    def offset_now(self, zone: tzinfo) -> timedelta:
        """Return the offset with which the window would be converted now."""
        return utc_offset(reference(self.start_date, zone, dt_util.utcnow()))

    def offset_of(self, pin: Pin) -> timedelta:
        """Return the offset of the PIN as it was found: a write may have arrived unseen."""
        if self.moving_to is None:
            return self.offset
        there = dt_util.utcnow().astimezone(timezone(self.moving_to))
        has_arrived = pin.with_hours(moved(self.hours, self.offset, there)).opens_like(pin)
        return self.moving_to if has_arrived else self.offset


class PinHours:
    """Keeps the windows of the PINs that were made here, by serial and id."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        """Take the account whose PINs are kept."""
        self._hass = hass
        self._store: Store[dict[str, Any]] = Store(
            hass, VERSION, f"{DOMAIN}.{entry_id}.hours", private=True, atomic_writes=True
        )
        self._kept: dict[str, dict[int, Converted]] = {}
        self._is_removed = False

    async def async_load(self) -> None:
        """Read what earlier runs have kept."""
        stored = await self._store.async_load() or {}
        self._kept = {
            serial: {int(pin_id): Converted.from_storage(data) for pin_id, data in kept.items()}
            for serial, kept in stored.items()
        }

    def of(self, serial: str) -> Mapping[int, Converted]:
        """Return what is kept of a lock."""
        return self._kept.get(serial, {})

    @callback
    def note(
        self, serial: str, write: PinWrite, zone: tzinfo, names: Collection[int] | None
    ) -> None:
        """Take a write from here, and which PINs the lock has if that is known.

        A PIN that was not made here stays unknown. A window that the write left alone keeps its
        offset, which may be one that is still to be moved.
        """
        kept = self.of(serial)
        before = None if write.is_new else kept.get(write.pin_id)
        after = {
            pin_id: converted
            for pin_id, converted in kept.items()
            if pin_id != write.pin_id and (names is None or pin_id in names)
        }
        pin = write.pin
        if before and pin and pin.with_hours(before.hours).opens_like(pin):
            after[write.pin_id] = replace(before, alias=pin.alias, start_date=pin.start_date)
        elif pin and (before or write.is_new):
            now = reference(pin.start_date, zone, dt_util.utcnow())
            after[write.pin_id] = Converted.of(pin, utc_offset(now))
        self._hass.async_create_task(self._async_keep(serial, after), f"{DOMAIN} pin hours")

    async def async_keep(self, serial: str, pin_id: int, converted: Converted) -> None:
        """Take what is known of a PIN now; it is on disk afterwards."""
        await self._async_keep(serial, {**self.of(serial), pin_id: converted})

    async def async_forget(self, serial: str, pin_id: int) -> None:
        """Take it that a PIN is none of ours any more."""
        others = {key: kept for key, kept in self.of(serial).items() if key != pin_id}
        await self._async_keep(serial, others)

    async def async_remove(self) -> None:
        """Forget everything, on disk as well; what calls under way still write is not kept."""
        self._is_removed = True
        await self._store.async_remove()

    async def _async_keep(self, serial: str, kept: dict[int, Converted]) -> None:
        """Take what is kept of a lock, and write it to disk where it has changed."""
        if kept != self.of(serial) and not self._is_removed:
            self._kept[serial] = kept
            await self._store.async_save(self._as_json())

    def _as_json(self) -> dict[str, Any]:
        """Return everything that is kept."""
        return {
            serial: {str(pin_id): converted.to_storage() for pin_id, converted in kept.items()}
            for serial, kept in self._kept.items()
            if kept
        }


def _read_instant(text: str | None) -> datetime | None:
    """Read an instant that `_write_instant` has written."""
    return None if text is None else datetime.fromisoformat(text)


def _write_instant(moment: datetime | None) -> str | None:
    """Return an instant as text."""
    return None if moment is None else moment.isoformat()
