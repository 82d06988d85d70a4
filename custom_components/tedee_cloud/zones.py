"""The time zones of locks, each read from disk once."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import tzinfo

from homeassistant.util import dt as dt_util

from .api import Lock


class Zones:
    """Knows the zones of all locks it was shown."""

    def __init__(self) -> None:
        """Begin with none."""
        self._known: dict[str, tzinfo | None] = {}

    async def async_learn(self, locks: Iterable[Lock]) -> None:
        """Read the zones that locks name and no lock has named before."""
        for name in {lock.time_zone for lock in locks if lock.time_zone} - self._known.keys():
            with suppress(OSError, ValueError):
                self._known[name] = await dt_util.async_get_time_zone(name)

    def of(self, lock: Lock) -> tzinfo:
        """Return a lock's zone, or Home Assistant's where the lock names none that exists."""
        return self._known.get(lock.time_zone or "") or dt_util.get_default_time_zone()
