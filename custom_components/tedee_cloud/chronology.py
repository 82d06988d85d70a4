"""Which answers are news: a cloud that answers from a store may tell what was true before."""

from collections.abc import Mapping
from datetime import datetime

from .api import Lock, LockStatus, LockSync


class Chronology:
    """Passes over what is older than what is known, unless it is told twice in a row.

    A lock that is reset may begin to count its time anew.
    """

    def __init__(self) -> None:
        """Begin without doubts."""
        self._doubted: dict[int, datetime | None] = {}

    def news(
        self, known: Mapping[str, Lock], syncs: Mapping[int, LockSync]
    ) -> Mapping[int, LockSync]:
        """Return the answers that are not older than what is known of their locks."""
        before = self._doubted
        self._doubted = {
            lock.lock_id: changed_at(syncs[lock.lock_id].status)
            for lock in known.values()
            if lock.lock_id in syncs and is_older(syncs[lock.lock_id].status, lock.status)
        }
        passed_over = {
            lock_id
            for lock_id, moment in self._doubted.items()
            if lock_id not in before or before[lock_id] != moment
        }
        return {lock_id: sync for lock_id, sync in syncs.items() if lock_id not in passed_over}


def is_older(status: LockStatus | None, known: LockStatus | None) -> bool:
    """Tell whether a lock says what was old already when another status was known."""
    now, before = changed_at(status), changed_at(known)
    return bool(now and before and now < before)


def changed_at(status: LockStatus | None) -> datetime | None:
    """Return when a lock last changed, where that was told."""
    return status.changed_at if status else None
