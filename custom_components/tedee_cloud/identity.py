"""Which account a token belongs to, told by the locks it shows.

The cloud tells nothing of the account itself to a key that may only read devices, and the token
changes whenever a key is renewed.
"""

from collections.abc import Iterable

from .api import Lock


def identities(locks: Iterable[Lock]) -> list[str]:
    """Return everything that may stand for the account, its identity first; empty without locks.

    The identity is the owner's where the token's user owns a lock, else the lowest serial. The
    serials of locks that somebody else owns stay valid marks of an account that was added by one of
    them, also after its user came to own a lock.
    """
    ordered = sorted(locks, key=lambda lock: lock.serial)
    owners = [lock.owner_identity for lock in ordered if lock.owner_identity]
    return owners[:1] + [lock.serial for lock in ordered if not lock.owner_identity]
