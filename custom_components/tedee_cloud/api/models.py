"""What the cloud knows, as frozen objects; the vendor's field names and numbers end here."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import IntEnum
from typing import Final, Self

from .exceptions import TedeeAnswerError
from .schedule import UtcHours
from .wire import (
    JsonObject,
    read_bool,
    read_datetime,
    read_int,
    read_object,
    read_objects,
    read_text,
    write_datetime,
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


@dataclass(frozen=True, slots=True, kw_only=True)
class PinEntry:
    """A line of the PIN list: no digits, no schedule."""

    pin_id: int
    alias: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PinList:
    """The PINs of a lock; `list_version` rises with every change."""

    list_version: int | None
    pins: tuple[PinEntry, ...]

    @property
    def ids(self) -> frozenset[int]:
        """The ids of all PINs."""
        return frozenset(entry.pin_id for entry in self.pins)

    def named(self, alias: str) -> list[int]:
        """Return the ids of the PINs with a name; the cloud lets several share one.

        Blanks around a name do not count.
        """
        return sorted(entry.pin_id for entry in self.pins if entry.alias.strip() == alias.strip())

    @classmethod
    def from_wire(cls, result: object) -> Self:
        """Read a PIN list. Raises TedeeAnswerError where it is none or a line has no id."""
        data = read_object(result)
        if not isinstance(lines := data.get("pins"), list):
            raise TedeeAnswerError
        return cls(
            list_version=read_int(data.get("listVersion")),
            pins=tuple(
                PinEntry(
                    pin_id=_required(read_int(line.get("id"))),
                    alias=read_text(line.get("alias")) or "",
                )
                for line in map(read_object, lines)
            ),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """A PIN as the cloud holds it, in UTC; None where it has no such limit.

    Of `day_start_time` and `day_end_time` only the time of day means anything. `week_days` are the
    vendor's flags, Monday 1 to Sunday 64.
    """

    alias: str
    pin: str = field(repr=False)
    start_date: datetime | None = None
    end_date: datetime | None = None
    day_start_time: datetime | None = None
    day_end_time: datetime | None = None
    week_days: int | None = None

    @classmethod
    def from_wire(cls, result: object, pin_id: int) -> Self:
        """Read the PIN that was asked for.

        Raises TedeeAnswerError for another PIN, whose digits the next update would write over this
        one's, and for any field that is not understood: a limit read as None would be lost, and the
        PIN would open the door for ever.
        """
        data = read_object(result)
        if data.get("id") not in (None, pin_id):
            raise TedeeAnswerError
        return replace(cls.limits_from_wire(data), pin=_required(read_text(data.get("pin"))))

    @classmethod
    def limits_from_wire(cls, data: JsonObject) -> Self:
        """Read a PIN without its digits. Raises TedeeAnswerError as `from_wire` does."""
        return cls(
            alias=_required(read_text(data.get("alias"))),
            pin="",
            start_date=_limit(data, "startDate", read_datetime),
            end_date=_limit(data, "endDate", read_datetime),
            day_start_time=_limit(data, "dayStartTime", read_datetime),
            day_end_time=_limit(data, "dayEndTime", read_datetime),
            week_days=_limit(data, "weekDays", read_int),
        )

    @property
    def hours(self) -> UtcHours:
        """The daily window with its week days."""
        return UtcHours(start=self.day_start_time, end=self.day_end_time, week_days=self.week_days)

    def with_hours(self, hours: UtcHours) -> Self:
        """Return the PIN with another daily window."""
        return replace(
            self,
            day_start_time=hours.start,
            day_end_time=hours.end,
            week_days=hours.week_days,
        )

    @property
    def limits(self) -> Self:
        """The PIN without its digits, as it may be kept."""
        return replace(self, pin="")

    def opens_like(self, other: Pin) -> bool:
        """Tell whether another PIN has the same name, digits and limits."""
        return self._essence() == other._essence()

    def _essence(self) -> tuple[object, ...]:
        """Return what counts: neither the dates of its hours nor parts of seconds do."""
        dates = (self.start_date, self.end_date)
        clocks = (self.day_start_time, self.day_end_time)
        return (
            self.alias,
            self.pin,
            self.week_days,
            *(moment and moment.replace(microsecond=0) for moment in dates),
            *(moment and moment.astimezone(UTC).time().replace(microsecond=0) for moment in clocks),
        )

    def to_wire(self) -> JsonObject:
        """Return all seven fields as the vendor names them."""
        return {
            "alias": self.alias,
            "pin": self.pin,
            "startDate": write_datetime(self.start_date),
            "endDate": write_datetime(self.end_date),
            "dayStartTime": write_datetime(self.day_start_time),
            "dayEndTime": write_datetime(self.day_end_time),
            "weekDays": self.week_days,
        }


def _required[T](value: T | None) -> T:
    """Return the value, or raise TedeeAnswerError where it is missing."""
    if value is None:
        raise TedeeAnswerError
    return value


def _limit[T](data: JsonObject, key: str, read: Callable[[object], T | None]) -> T | None:
    """Return a limit of a PIN, None where it is not set."""
    value = data.get(key)
    return None if value is None else _required(read(value))
