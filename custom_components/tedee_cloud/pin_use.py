"""Which PINs of a full lock can go: those whose time is over first, then those nobody uses."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from .api import Activity, Pin
from .pin_book import PinBook
from .pin_seen import SeenPin, seen_pins

NO_DATE: Final = datetime.max.replace(tzinfo=UTC)


class Standing(StrEnum):
    """What is known of a PIN; the surer it is that the PIN can go, the earlier it stands here."""

    EXPIRED = "expired"
    UNUSED = "unused"
    USED = "used"
    ENDLESS = "endless"
    ENDING = "ending"
    UNREAD = "unread"
    AHEAD = "ahead"


ORDER: Final = {standing: rank for rank, standing in enumerate(Standing)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A PIN that may be removed, and why."""

    pin: SeenPin
    standing: Standing
    date: datetime | None


def candidates(book: PinBook, activities: Collection[Activity], now: datetime) -> list[Candidate]:
    """Return all PINs, those that can go first.

    The log tells for how long a PIN was not used only as far as it goes back; an empty one tells
    nothing. It knows PINs by their names.
    """
    used = {
        line.name: line.date
        for line in sorted(activities, key=lambda line: line.date)
        if line.is_pin_use
    }
    log_start = min((line.date for line in activities), default=None)
    found = []
    for pin in seen_pins(book).values():
        standing, date = next(_standings(pin.limits, used.get(pin.alias), log_start, now))
        found.append(Candidate(pin=pin, standing=standing, date=date))
    return sorted(
        found,
        key=lambda one: (
            ORDER[one.standing],
            one.date or NO_DATE,
            one.pin.alias,
            one.pin.pin_id,
        ),
    )


def _standings(
    limits: Pin | None, used: datetime | None, log_start: datetime | None, now: datetime
) -> Iterator[tuple[Standing, datetime | None]]:
    """Walk what can be said of a PIN, what matters most first."""
    start, end = (limits.start_date, limits.end_date) if limits else (None, None)
    if end and end <= now:
        yield Standing.EXPIRED, end
    if start and start > now:
        yield Standing.AHEAD, start
    if used:
        yield Standing.USED, used
    if not limits:
        yield Standing.UNREAD, None
    if log_start:
        yield Standing.UNUSED, max(log_start, start or log_start)
    if end:
        yield Standing.ENDING, end
    yield Standing.ENDLESS, None
