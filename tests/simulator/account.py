"""Everything the cloud keeps: users, their keys and their locks."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Unpack
from uuid import NAMESPACE_OID, uuid5

from .activity import ActivityLog
from .clock import Clock
from .commands import Operation
from .keypad import PinList
from .lock import LockFields, SimLock
from .motion import Bolt
from .settings import Settings
from .states import State

SCOPES = (
    "Account.Read",
    "Device.Read",
    "Device.ReadWrite",
    "DeviceActivity.Read",
    "DeviceShare.Read",
    "Lock.Operate",
)

OWNER = "8b8f0c1e-0000-4000-8000-000000000001"
TOKEN = "demo01.3Qy+Zk7/w1mTtV0xLr5BfKc9EhUjN2sGaPdXoIy6RMe"
READ_ONLY_TOKEN = "demo02.Vw8/Jc1+pHq4ZyTnE6sLkXb0RgMd3UoFa7CiQe9KtWx"
EXPIRED_TOKEN = "demo03.Bn5xGh/2+uYd7RkPzMw0TcQe4SvLj9FoXaK1iNt8HqC"


@dataclass(kw_only=True)
class Key:
    """A credential of one user."""

    value: str
    user: str = OWNER
    name: str = "Home"
    scopes: tuple[str, ...] = SCOPES
    schemes: tuple[str, ...] = ("PersonalKey",)
    valid_to: datetime | None = None
    expired: bool = False

    @property
    def id(self) -> str:
        """The identity of the key in lists."""
        return str(uuid5(NAMESPACE_OID, self.value))

    @property
    def prefix(self) -> str:
        """The part of the key that may be shown."""
        return self.value.partition(".")[0]

    def is_valid(self, now: datetime) -> bool:
        """Tell whether the key still opens the account."""
        return not self.expired and (self.valid_to is None or now < self.valid_to)


@dataclass(eq=False)
class Account:
    """What stands behind the server: add, find, remove and re-add locks and keys."""

    clock: Clock
    settings: Settings
    keys: list[Key] = field(default_factory=list)
    locks: list[SimLock] = field(default_factory=list)
    operations: dict[str, Operation] = field(default_factory=dict)
    keypads: bool = True
    """Whether locks that are added come with a keypad."""
    _next_id: int = 41001

    def add_key(self, key: Key) -> Key:
        """Hand out a key."""
        self.keys.append(key)
        return key

    def add_lock(
        self,
        name: str = "Front door",
        *,
        lock_id: int | None = None,
        state: int = State.LOCKED,
        state_change_result: int | None = 0,
        **fields: Unpack[LockFields],
    ) -> SimLock:
        """Add a lock; every field has a default that makes it work."""
        number = self._next_id if lock_id is None else lock_id
        self._next_id = max(self._next_id, number + 1)
        given = LockFields(
            serial=f"20240101-{number - 40959:06d}",
            user=OWNER,
            bridge_id=number - 36000,
            keypad_id=number - 34000 if self.keypads else None,
        )
        given.update(fields)
        given.setdefault("user_identity", given["user"])
        lock = SimLock(
            id=number,
            name=name,
            bolt=Bolt(self.clock, state, state_change_result),
            pins=PinList(self.clock, self.settings),
            activity=ActivityLog(self.clock),
            **given,
        )
        self.locks.append(lock)
        return lock

    def lock(self, which: str | int) -> SimLock:
        """Return a lock by its name, serial or present id."""
        for lock in self.locks:
            if which in (lock.name, lock.serial, lock.id):
                return lock
        raise LookupError(which)

    def remove(self, lock: SimLock) -> None:
        """Take a lock out of the account; it can be added again later."""
        self.locks.remove(lock)

    def readd(self, lock: SimLock) -> int:
        """Pair a lock anew: the same serial under a new id, which is returned."""
        if lock in self.locks:
            self.locks.remove(lock)
        lock.id = self._next_id
        self._next_id += 1
        self.locks.append(lock)
        return lock.id

    def seen_by(self, user: str) -> list[SimLock]:
        """Return the locks a user's account lists."""
        return [lock for lock in self.locks if lock.user == user]


def fill_default(account: Account) -> None:
    """Hand out the keys every account starts with: full, read-only and expired."""
    now = account.clock.now()
    account.add_key(Key(value=TOKEN, valid_to=now + timedelta(days=365)))
    account.add_key(
        Key(value=READ_ONLY_TOKEN, name="Wall tablet", scopes=("Account.Read", "Device.Read"))
    )
    account.add_key(Key(value=EXPIRED_TOKEN, name="Old phone", expired=True))
