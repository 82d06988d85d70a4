"""What an action says of a PIN, made into what the cloud stores, and back.

Every rule that a person can break is refused here with a sentence of its own; no sentence carries
digits.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import IntEnum
from typing import Any, Final, TypedDict

import voluptuous as vol
from homeassistant.exceptions import ServiceValidationError
from homeassistant.util import dt as dt_util

from .api import (
    MAX_LENGTH,
    MIN_LENGTH,
    WEEK_DAYS,
    Hours,
    Pin,
    PinRule,
    PinRuleError,
    from_utc,
    moved,
    pin_digits,
    reference,
    to_utc,
    utc_offset,
)
from .errors import refused

type Fields = Mapping[str, Any]
"""The fields that an action gave, checked; None for one that is to be cleared."""

ATTR_ALIAS: Final = "alias"
ATTR_PIN: Final = "pin"
ATTR_START_DATE: Final = "start_date"
ATTR_END_DATE: Final = "end_date"
ATTR_DAY_START_TIME: Final = "day_start_time"
ATTR_DAY_END_TIME: Final = "day_end_time"
ATTR_WEEK_DAYS: Final = "week_days"
ATTR_LENGTH: Final = "length"
ATTR_CLEAR: Final = "clear"
ATTR_ARRIVAL: Final = "arrival"
ATTR_DEPARTURE: Final = "departure"
ATTR_EARLY: Final = "early_minutes"
ATTR_LATE: Final = "late_minutes"

HOURS_FIELDS: Final = {
    ATTR_DAY_START_TIME: "start",
    ATTR_DAY_END_TIME: "end",
    ATTR_WEEK_DAYS: "week_days",
}
SCHEDULE_FIELDS: Final = (ATTR_START_DATE, ATTR_END_DATE, *HOURS_FIELDS)
PIN_FIELDS: Final = (ATTR_ALIAS, ATTR_PIN, *SCHEDULE_FIELDS)

RULE_SENTENCES: Final = {
    PinRule.BLANK: "pin_blank",
    PinRule.UNQUOTED: "pin_unquoted",
    PinRule.LENGTH: "pin_length",
    PinRule.DIGITS: "pin_digits",
    PinRule.VARIETY: "pin_variety",
    PinRule.SEQUENCE: "pin_sequence",
}

LENGTHS: Final = range(MIN_LENGTH, MAX_LENGTH + 1)
MINUTES: Final = range(7 * 24 * 60 + 1)
"""Up to a week before or after a stay."""

DAY: Final = timedelta(days=1)
SECOND: Final = timedelta(seconds=1)


class Side(IntEnum):
    """Which limit a moment is; the value is the fold that makes a period longer, see PEP 495."""

    START = 0
    END = 1


class PinData(TypedDict, total=False):
    """A PIN in an action's response; `pin` only where it was asked for."""

    pin_id: int
    alias: str
    pin: str
    start_date: str | None
    end_date: str | None
    day_start_time: str | None
    day_end_time: str | None
    week_days: list[str] | None


def check_fields(data: Fields) -> Fields:
    """Return the PIN fields of an action's data, each checked for itself.

    Raises ServiceValidationError for the first that breaks a rule.
    """
    return {
        name: None if data[name] is None and name in SCHEDULE_FIELDS else check(data[name])
        for name, check in CHECKS.items()
        if name in data
    }


def changed_pin(pin: Pin, fields: Fields, zone: tzinfo) -> Pin:
    """Return a PIN with the given fields changed and everything else as it was.

    Raises ServiceValidationError for fields that do not go together.
    """
    now = dt_util.utcnow()
    changes: dict[str, Any] = {
        name: fields[name] for name in (ATTR_ALIAS, ATTR_PIN) if name in fields
    }
    for name, side in ((ATTR_START_DATE, Side.START), (ATTR_END_DATE, Side.END)):
        if name in fields:
            changes[name] = as_instant(fields[name], side, zone)
    changed = replace(pin, **changes)
    start, end = changed.start_date, changed.end_date
    if end and ATTR_END_DATE in fields and end <= now:
        raise refused("end_date_in_past")
    if start and end and changes.keys() & {ATTR_START_DATE, ATTR_END_DATE} and end <= start:
        raise refused("end_date_before_start")
    before, at = reference(pin.start_date, zone, now), reference(start, zone, now)
    hours = _hours(pin, before)
    wanted = replace(
        hours, **{HOURS_FIELDS[name]: fields[name] for name in HOURS_FIELDS if name in fields}
    )
    if wanted == hours:
        return changed.with_hours(moved(pin.hours, utc_offset(before), at))
    _check_hours(wanted, hours)
    return changed.with_hours(to_utc(wanted, at))


def check_schedule(fields: Fields, zone: tzinfo) -> None:
    """Refuse a schedule that cannot be stored as it was given."""
    changed_pin(Pin(alias="", pin=""), fields, zone)


def as_instant(
    moment: date | None, side: Side, zone: tzinfo, shift: timedelta = timedelta()
) -> datetime | None:
    """Return a date, or a time without a zone, as an instant of a lock's zone.

    A date alone is its first second, or its last. Raises ServiceValidationError for one beyond the
    calendar.
    """
    if moment is None:
        return None
    folds = {0, side}
    if not isinstance(moment, datetime):
        # A day may have no last hour, but every day begins somewhere.
        moment = datetime.combine(min(moment, date.max - side * DAY) + side * DAY, time())
        folds, shift = {0}, shift - side * SECOND
    try:
        if moment.tzinfo is None:
            moment = max(moment.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in folds)
        return moment.astimezone(UTC) + shift
    except OverflowError:
        raise refused("date_not_understood") from None


def pin_data(pin_id: int, pin: Pin, zone: tzinfo, *, reveal: bool) -> PinData:
    """Return a PIN under the names of the action's fields, with the times of `zone`."""
    hours = _hours(pin, reference(pin.start_date, zone, dt_util.utcnow()))
    data = PinData(
        pin_id=pin_id,
        alias=pin.alias,
        start_date=_local(pin.start_date, zone),
        end_date=_local(pin.end_date, zone),
        day_start_time=hours.start.isoformat() if hours.start else None,
        day_end_time=hours.end.isoformat() if hours.end else None,
        week_days=None if hours.week_days is None else list(hours.week_days),
    )
    if reveal:
        data[ATTR_PIN] = pin.pin
    return data


def _check_hours(wanted: Hours, stored: Hours) -> None:
    """Refuse hours and week days that nobody can mean, unless the cloud holds them already."""
    start, end = wanted.start, wanted.end
    if (start, end) != (stored.start, stored.end):
        if (start is None) is not (end is None):
            raise refused("day_time_alone")
        if start is not None and start == end:
            raise refused("day_times_equal")
    if wanted.week_days == () and stored.week_days != ():
        raise _week_day_unknown()


def _hours(pin: Pin, at: datetime) -> Hours:
    """Return the daily window of a PIN as people in the lock's zone say it: in whole seconds."""
    hours = from_utc(pin.hours, at)
    return replace(
        hours,
        start=hours.start and hours.start.replace(microsecond=0),
        end=hours.end and hours.end.replace(microsecond=0),
    )


def _local(moment: datetime | None, zone: tzinfo) -> str | None:
    """Return an instant with the lock's time, or in UTC where few could read that back.

    This is at the ends of the calendar, and long ago, when offsets had seconds.
    """
    if moment is None:
        return None
    with suppress(OverflowError):
        local = moment.astimezone(zone)
        if not utc_offset(local) % timedelta(minutes=1):
            return local.isoformat()
    return moment.isoformat()


def _check_alias(value: object) -> str:
    """Return a name that says something."""
    if not isinstance(value, str) or not value.strip():
        raise refused("alias_blank")
    return value.strip()


def _check_pin(value: object) -> str:
    """Return digits that keep the vendor's rules."""
    try:
        return pin_digits(value)
    except PinRuleError as err:
        raise refused(RULE_SENTENCES[err.rule]) from None


def _check_moment(value: object) -> date:
    """Return a date, or a date and time, however it was written."""
    moment = value
    if isinstance(value, str):
        with suppress(ValueError):
            moment = dt_util.parse_date(value) or dt_util.parse_datetime(value)
    if not isinstance(moment, date):
        raise refused("date_not_understood")
    return moment


def _check_clock(value: object) -> time:
    """Return a time of day, however it was written."""
    clock = dt_util.parse_time(value) if isinstance(value, str) else value
    if not isinstance(clock, time) or clock.tzinfo:
        raise refused("time_not_understood")
    return clock


def _check_week_days(value: list[str]) -> tuple[str, ...]:
    """Return week days in their order."""
    if not set(WEEK_DAYS).issuperset(value):
        raise _week_day_unknown()
    return tuple(day for day in WEEK_DAYS if day in value)


def _week_day_unknown() -> ServiceValidationError:
    """Return the exception for week days that are none."""
    return refused("week_day_unknown", week_days=", ".join(WEEK_DAYS))


def _whole(numbers: range, sentence: str) -> Callable[[object], int]:
    """Return the check for a whole number, which a form gives as 6.0 and a template as "6"."""

    def check(value: object) -> int:
        with suppress(vol.Invalid):
            if (number := vol.Coerce(float)(value)) in numbers:
                return int(number)
        raise refused(sentence)

    return check


CHECKS: Final = {
    ATTR_ALIAS: _check_alias,
    ATTR_PIN: _check_pin,
    ATTR_START_DATE: _check_moment,
    ATTR_END_DATE: _check_moment,
    ATTR_DAY_START_TIME: _check_clock,
    ATTR_DAY_END_TIME: _check_clock,
    ATTR_WEEK_DAYS: _check_week_days,
    ATTR_LENGTH: _whole(LENGTHS, "pin_length"),
    ATTR_ARRIVAL: _check_moment,
    ATTR_DEPARTURE: _check_moment,
    ATTR_EARLY: _whole(MINUTES, "minutes_not_understood"),
    ATTR_LATE: _whole(MINUTES, "minutes_not_understood"),
}
