"""The keypads of an account's locks, each made when it is first asked for."""

from collections.abc import Callable
from functools import partial

from homeassistant.core import callback

from .api import Lock, TedeeClient
from .kept import Kept
from .keypad import Keypad
from .pin_book import PinBook, PinWrite
from .zones import Zones


class Keypads:
    """Knows the keypads by the serials of their locks."""

    def __init__(
        self,
        client: TedeeClient,
        kept: Kept,
        zones: Zones,
        lock_of: Callable[[str], Lock | None],
    ) -> None:
        """Take the account, and how to find a lock that it has today."""
        self._client = client
        self._kept = kept
        self._zones = zones
        self._lock_of = lock_of
        self._known: dict[str, Keypad] = {}

    def of(self, lock: Lock) -> Keypad:
        """Return the keypad of a lock, whose number may be another one today."""
        if lock.serial not in self._known:
            keypad = Keypad(self._client, self._kept.queues[lock.serial])
            keypad.book.listen_to_writes(partial(self._note_write, lock, keypad.book))
            self._known[lock.serial] = keypad
        return self._known[lock.serial].at(lock)

    def by_serial(self, serial: str) -> Keypad | None:
        """Return the keypad of a lock, None where the account does not have it."""
        return self.of(lock) if (lock := self._lock_of(serial)) else None

    @callback
    def _note_write(self, lock: Lock, book: PinBook, write: PinWrite) -> None:
        """Keep in mind with which offset a PIN was written."""
        zone = self._zones.of(self._lock_of(lock.serial) or lock)
        self._kept.hours.note(lock.serial, write, zone, book.names)
