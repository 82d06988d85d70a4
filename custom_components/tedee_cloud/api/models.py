"""What the cloud knows of locks, as frozen objects; its field names and numbers end here."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import IntEnum
from typing import Final, Self

from .wire import (
    JsonObject,
    read_bool,
    read_datetime,
    read_int,
    read_object,
    read_objects,
    read_text,
)

OWNER: Final = 2
NO_MANAGERS: Final = frozenset({0, 3})
"""Access levels that may not see PINs: guest and none."""
KEYPADS: Final = frozenset({3, 10})
"""Device types of the keypad and the Keypad PRO."""
DEVICE_SOFTWARE: Final = 0
FULL_BATTERY: Final = 100
LONGEST_PULL: Final = 60
"""Seconds for which a spring is thought to be held at most: a command waits for it."""
STATE_KEYS: Final = ("deviceState", "lockProperties")
"""The state object's name since 1.34 (lists) and 1.35 (sync), and its name before."""


class LockState(IntEnum):
    """Where the bolt is (vendor's page "Lock state"); any other number reads as UNKNOWN."""

    UNCALIBRATED = 0
    CALIBRATING = 1
    UNLOCKED = 2
    SEMI_LOCKED = 3
    UNLOCKING = 4
    LOCKING = 5
    LOCKED = 6
    PULLED = 7
    PULLING = 8
    UNKNOWN = 9
    UPDATING = 18


IN_MOTION: Final = frozenset({LockState.UNLOCKING, LockState.LOCKING, LockState.PULLING})


class DoorState(IntEnum):
    """What the door sensor says (vendor's page "Door state"); other numbers read as None."""

    NOT_PAIRED = 0
    DISCONNECTED = 1
    OPENED = 2
    CLOSED = 3
    UNCALIBRATED = 4


class LockType(IntEnum):
    """Which lock it is (vendor's page "Device type"); other numbers read as None."""

    LOCK_PRO = 2
    LOCK_GO = 4


def _member[E: IntEnum](kind: type[E], value: object) -> E | None:
    """Return the member with this number, or None."""
    number = read_int(value)
    try:
        return None if number is None else kind(number)
    except ValueError:
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class LockStatus:
    """What a lock last reported about itself (vendor's page "Lock state").

    `battery` is in percent; `change_failed` tells that the last movement ended with an error;
    `changed_at` is when the state last changed.
    """

    state: LockState
    door: DoorState | None
    battery: int | None
    charging: bool | None
    change_failed: bool
    changed_at: datetime | None

    @classmethod
    def from_wire(cls, holder: JsonObject) -> Self | None:
        """Read the state object of a lock or sync element; None for a lock out of reach."""
        data = next((holder[key] for key in STATE_KEYS if isinstance(holder.get(key), dict)), None)
        if data is None:
            return None
        state = _member(LockState, data.get("state"))
        battery = read_int(data.get("batteryLevel"))
        return cls(
            state=LockState.UNKNOWN if state is None else state,
            door=_member(DoorState, data.get("doorState") or DoorState.NOT_PAIRED),
            battery=battery if battery is not None and 0 <= battery <= FULL_BATTERY else None,
            charging=read_bool(data.get("isCharging")),
            change_failed=(read_int(data.get("stateChangeResult")) or 0) > 0,
            changed_at=read_datetime(data.get("lastStateChangedDate")),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LockSync:
    """One lock's element of a sync."""

    lock_id: int
    connected: bool
    status: LockStatus | None
    revision: int | None

    @classmethod
    def from_wire(cls, data: JsonObject) -> Self | None:
        """Read an element; None where it names no lock."""
        if (lock_id := read_int(data.get("id"))) is None:
            return None
        return cls(
            lock_id=lock_id,
            connected=data.get("isConnected") is True,
            status=LockStatus.from_wire(data),
            revision=read_int(data.get("revision")),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """One Tedee lock. Its identity is `serial`: `lock_id` changes when it is paired again.

    `owner_identity` is set where the token's user owns the lock. `time_zone` is an IANA name;
    `pull_spring_duration` is in seconds. `keypad` tells whether there is one whose PINs the user
    may see.
    """

    serial: str
    lock_id: int
    name: str
    type: LockType | None
    connected: bool
    status: LockStatus | None
    revision: int | None
    owner_identity: str | None = field(repr=False)
    time_zone: str | None
    firmware: str | None
    pull_spring: bool
    pull_spring_duration: int
    keypad: bool

    @classmethod
    def from_wire(cls, data: JsonObject) -> Self | None:
        """Read a lock of the lock list; None where it has no serial or id."""
        serial = read_text(data.get("serialNumber"))
        if serial is None or (sync := LockSync.from_wire(data)) is None:
            return None
        settings = read_object(data.get("deviceSettings"))
        owned = data.get("accessLevel") == OWNER
        return cls(
            serial=serial,
            lock_id=sync.lock_id,
            name=read_text(data.get("name")) or serial,
            type=_member(LockType, data.get("type")),
            connected=sync.connected,
            status=sync.status,
            revision=sync.revision,
            owner_identity=read_text(data.get("userIdentity")) if owned else None,
            time_zone=read_text(data.get("timeZone")),
            firmware=next(
                (
                    read_text(software.get("version"))
                    for software in read_objects(data.get("softwareVersions"))
                    if software.get("softwareType") == DEVICE_SOFTWARE
                ),
                None,
            ),
            pull_spring=settings.get("pullSpringEnabled") is True,
            pull_spring_duration=_seconds(read_int(settings.get("pullSpringDuration"))),
            keypad=_has_keypad(data) and read_int(data.get("accessLevel")) not in NO_MANAGERS,
        )

    def synced(self, sync: LockSync) -> Self:
        """Return the lock with what a sync says of its bolt.

        Its revision stays that of the settings held here: a sync brings none. A lock of which
        nothing has changed stays the same object.
        """
        if (self.lock_id, self.connected, self.status) == (
            sync.lock_id,
            sync.connected,
            sync.status,
        ):
            return self
        return replace(
            self,
            lock_id=sync.lock_id,
            connected=sync.connected,
            status=sync.status,
        )

    def in_state(self, state: LockState) -> Self:
        """Return the lock with its bolt elsewhere, everything else as it was."""
        return replace(self, status=self.status and replace(self.status, state=state))


def _seconds(value: int | None) -> int:
    """Return how long a spring is held, within reason."""
    return min(max(value or 0, 0), LONGEST_PULL)


def _has_keypad(data: JsonObject) -> bool:
    """Tell whether a lock names a keypad, as versions up to 1.32 do or as those since."""
    return read_int(data.get("connectedToKeypadId")) is not None or any(
        read_int(accessory.get("deviceType")) in KEYPADS
        for accessory in read_objects(data.get("accessories"))
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The cloud's answer to an accepted command: accepted, not done.

    `changed_at` is when the lock's state had last changed by then.
    """

    operation_id: str | None
    changed_at: datetime | None

    @classmethod
    def from_wire(cls, result: object) -> Self:
        """Read the result of a command; older versions may name neither."""
        data = read_object(result)
        return cls(
            operation_id=read_text(data.get("operationId")),
            changed_at=read_datetime(data.get("lastStateChangedDate")),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """How far a command has come; `result` is 0 for success and only known once completed."""

    completed: bool
    result: int | None

    @classmethod
    def from_wire(cls, result: object) -> Self:
        """Read an operation; anything but COMPLETED is still pending."""
        data = read_object(result)
        completed = str(data.get("status")).upper() == "COMPLETED"
        return cls(completed=completed, result=read_int(data.get("result")) if completed else None)
