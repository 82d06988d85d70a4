"""Which locks belong to the account, told from syncs and lists that may miss one now and then."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from .api import Lock


class Census:
    """Decides when the lock list is worth a request and which locks have left for good.

    A lock has left when two syncs in a row and then the list do without it.
    """

    def __init__(self, known: AbstractSet[str]) -> None:
        """Take the serials that Home Assistant has devices for."""
        self._known = set(known)
        self._absent: set[str] = set()
        self._listed_though_absent: set[str] = set()
        self._unlisted: set[int] = set()
        self._appeared = False
        self._lost: set[str] = set()

    @property
    def wants_list(self) -> bool:
        """Tell whether the last sync showed what only a list can explain."""
        return self._appeared or bool(self._lost - self._listed_though_absent)

    def count(self, locks: Mapping[str, Lock], synced: AbstractSet[int]) -> None:
        """Take the ids of a sync; `locks` are those known so far."""
        ids = {lock.lock_id for lock in locks.values()}
        present = {serial for serial, lock in locks.items() if lock.lock_id in synced}
        absent = self._known - present
        self._lost = absent & self._absent
        self._absent = absent
        self._listed_though_absent &= self._lost
        self._appeared = not synced <= ids | self._unlisted

    def settle(self, listed: Mapping[str, Lock], synced: AbstractSet[int]) -> set[str]:
        """Take a list made after the sync, and return the serials that have left the account."""
        gone = self._lost - listed.keys()
        self._known = self._known - gone | listed.keys()
        self._listed_though_absent = self._lost & listed.keys()
        self._unlisted = set(synced) - {lock.lock_id for lock in listed.values()}
        self._appeared = False
        self._absent -= {serial for serial, lock in listed.items() if lock.lock_id in synced}
        self._lost -= gone
        return gone
