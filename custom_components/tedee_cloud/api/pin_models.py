"""What the cloud knows of PINs, as frozen objects; its field names and numbers end here."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Self

from .exceptions import TedeeAnswerError
from .schedule import UtcHours
from .wire import (
    JsonObject,
    read_datetime,
    read_int,
    read_object,
    read_text,
    write_datetime,
)


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
