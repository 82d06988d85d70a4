"""The journal: which PIN calls have no answer yet, kept on disk so that a restart can end them.

Whoever made a call that a restart cut off never learns what became of it. A PIN that it stored is
taken back then, and a PIN that it was to delete is deleted.
"""

import asyncio
from collections.abc import AsyncGenerator, Collection, Iterable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final, Self
from uuid import uuid4

from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store

from .api import Pin
from .const import DOMAIN

VERSION: Final = 1


class Intent(StrEnum):
    """What a call is about to do to a PIN."""

    CREATE = "create"
    DELETE = "delete"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A write that is about to leave.

    `ids` are the PINs that are there before a new one, or the one PIN that is to be deleted.
    `limits` are the new one without its digits.
    """

    intent: Intent
    serial: str
    alias: str
    ids: tuple[int, ...]
    limits: Pin | None = None

    @classmethod
    def from_storage(cls, data: dict[str, Any]) -> Self:
        """Read what `to_storage` has written."""
        return cls(
            intent=Intent(data["intent"]),
            serial=data["serial"],
            alias=data["alias"],
            ids=tuple(data["ids"]),
            limits=Pin.limits_from_wire(data["limits"]) if data.get("limits") else None,
        )

    def to_storage(self) -> dict[str, Any]:
        """Return everything as JSON."""
        return {**asdict(self), "limits": self.limits and self.limits.to_wire()}


class Journal:
    """Keeps the entries of all calls under way, of this run and of one that was cut off."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        """Take the account whose calls are kept."""
        self._store: Store[dict[str, Any]] = Store(
            hass, VERSION, f"{DOMAIN}.{entry_id}.journal", private=True, atomic_writes=True
        )
        self._live: dict[str, Entry] = {}
        self._left: dict[str, Entry] = {}

    async def async_load(self) -> None:
        """Read what an earlier run has left."""
        stored = await self._store.async_load() or {}
        self._left = {key: Entry.from_storage(data) for key, data in stored.items()}

    @asynccontextmanager
    async def writing(self, entries: Iterable[Entry]) -> AsyncGenerator[None]:
        """Keep entries while their requests are under way; a call that is cut off leaves them."""
        keys = {uuid4().hex: entry for entry in entries}
        self._live |= keys
        try:
            await self._async_save(keys)
            yield
        except asyncio.CancelledError:
            self._left |= {key: self._live.pop(key) for key in keys & self._live.keys()}
            raise
        except Exception:
            await self.async_end(keys)
            raise
        await self.async_end(keys)

    async def async_end(self, keys: Collection[str]) -> None:
        """Strike out entries."""
        ended = [key for key in keys if self._live.pop(key, None) or self._left.pop(key, None)]
        await self._async_save(ended)

    @property
    def serials(self) -> set[str]:
        """The locks for which an earlier run has left entries."""
        return {entry.serial for entry in self._left.values()}

    def left(self, serial: str) -> dict[str, Entry]:
        """Return the entries of a lock that calls cut off have left."""
        return {key: entry for key, entry in self._left.items() if entry.serial == serial}

    async def async_remove(self) -> None:
        """Forget everything, on disk as well."""
        self._live.clear()
        self._left.clear()
        await self._store.async_remove()

    async def _async_save(self, changed: Collection[str]) -> None:
        """Write all entries to disk where any have changed."""
        if changed:
            entries = self._left | self._live
            await self._store.async_save(
                {key: entry.to_storage() for key, entry in entries.items()}
            )
