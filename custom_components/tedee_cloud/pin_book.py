"""What is known of the PINs of a lock: their names and limits, never their digits."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from .api import Pin, PinList


class ChangeKind(StrEnum):
    """What can happen to a PIN."""

    ADDED = "pin_added"
    CHANGED = "pin_changed"
    REMOVED = "pin_removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class PinChange:
    """A change that was made elsewhere; the list does not always tell of which PIN."""

    kind: ChangeKind
    pin_id: int | None = None
    alias: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PinWrite:
    """A write that was made from here; without a PIN, one was removed."""

    pin_id: int
    pin: Pin | None = None
    is_new: bool = False


type Listener = Callable[[tuple[PinChange, ...]], None]
type WriteListener = Callable[[PinWrite], None]


class PinBook:
    """Keeps what lists and writes have told of a lock's PINs, and tells who listens of news.

    `names` are the aliases by id, None before the first list. `limits` are the PINs without their
    digits, as far as they were read or written here; those in `stale` may have changed since.
    `writes` counts what was written from here since the last list.
    """

    def __init__(self) -> None:
        """Begin with nothing known."""
        self.names: dict[int, str] | None = None
        self.limits: dict[int, Pin] = {}
        self.stale: set[int] = set()
        self.is_full = False
        self.list_version: int | None = None
        self.writes = 0
        self._listeners: list[Listener] = []
        self._write_listeners: list[WriteListener] = []

    @property
    def unread(self) -> list[int]:
        """The PINs whose limits are not known, or may have changed."""
        known = self.limits.keys() - self.stale
        return sorted((self.names or {}).keys() - known)

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call a function at all news, with what was changed elsewhere; return how to stop it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def listen_to_writes(self, listener: WriteListener) -> None:
        """Call a function at all writes from here."""
        self._write_listeners.append(listener)

    def listed(self, pin_list: PinList) -> None:
        """Take a list of all PINs that the cloud has given."""
        names = {entry.pin_id: entry.alias for entry in pin_list.pins}
        differences = _differences(self.names, names)
        unseen = self._unseen_writes(pin_list) - len(differences)
        expired = self._over() - names.keys()
        changes = tuple(change for change in differences if change.pin_id not in expired)
        if unseen > 0:
            changes = (*changes, PinChange(kind=ChangeKind.CHANGED))
        if unseen or self.list_version is None:
            self.stale.update(names)
        self.stale.update(change.pin_id for change in differences if change.pin_id is not None)
        if len(names) < len(self.names or ()):
            self.is_full = False
        news = names != self.names or changes
        self.names = names
        self.list_version = pin_list.list_version
        self.limits = {pin_id: pin for pin_id, pin in self.limits.items() if pin_id in names}
        self.stale &= names.keys()
        self.writes = 0
        if news:
            self._tell(changes)

    def read(self, pin_id: int, pin: Pin) -> None:
        """Take a PIN that the cloud has given."""
        self.limits[pin_id] = pin.limits
        self.stale.discard(pin_id)
        self._tell()

    def stored(self, pin_id: int, pin: Pin, *, is_new: bool = False) -> None:
        """Take a PIN that was written from here."""
        self.writes += 1
        if self.names is not None:
            self.is_full = self.is_full and pin_id in self.names
            self.names[pin_id] = pin.alias
        self._tell_write(PinWrite(pin_id=pin_id, pin=pin.limits, is_new=is_new))
        self.read(pin_id, pin)

    def removed(self, pin_id: int) -> None:
        """Take it that a PIN was deleted from here."""
        self.writes += 1
        self.is_full = False
        if self.names is not None:
            self.names.pop(pin_id, None)
        self.limits.pop(pin_id, None)
        self.stale.discard(pin_id)
        self._tell_write(PinWrite(pin_id=pin_id))
        self._tell()

    def doubted(self) -> None:
        """Take it that a write from here may have been carried out: versions tell nothing now."""
        self.list_version = None

    def filled(self) -> None:
        """Take it that the lock has no room for another PIN."""
        self.is_full = True
        self._tell()

    def _unseen_writes(self, pin_list: PinList) -> int:
        """Return how many writes the version of a list tells of that were not made from here."""
        if pin_list.list_version is None or self.list_version is None or self.names is None:
            return 0
        return pin_list.list_version - self.list_version - self.writes

    def _over(self) -> set[int]:
        """Return the PINs whose time is over: the cloud removes them, as everybody expects."""
        now = datetime.now(UTC)
        return {
            pin_id for pin_id, pin in self.limits.items() if pin.end_date and pin.end_date <= now
        }

    def _tell(self, changes: tuple[PinChange, ...] = ()) -> None:
        """Call who listens."""
        for listener in tuple(self._listeners):
            listener(changes)

    def _tell_write(self, write: PinWrite) -> None:
        """Call who listens to writes."""
        for listener in self._write_listeners:
            listener(write)


def _differences(before: dict[int, str] | None, now: dict[int, str]) -> tuple[PinChange, ...]:
    """Return what a list shows to have been changed elsewhere."""
    if before is None:
        return ()
    added = [(ChangeKind.ADDED, pin_id, now[pin_id]) for pin_id in now.keys() - before.keys()]
    gone = [(ChangeKind.REMOVED, pin_id, before[pin_id]) for pin_id in before.keys() - now.keys()]
    renamed = [
        (ChangeKind.CHANGED, pin_id, now[pin_id])
        for pin_id in now.keys() & before.keys()
        if now[pin_id] != before[pin_id]
    ]
    return tuple(
        PinChange(kind=kind, pin_id=pin_id, alias=alias)
        for kind, pin_id, alias in sorted(added + gone + renamed, key=lambda row: row[1])
    )
