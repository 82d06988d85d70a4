"""Calendars: when which PIN opens the door."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from heapq import merge
from itertools import islice
from typing import Final, override

from homeassistant.components.calendar import (
    CalendarEntity,
    CalendarEntityDescription,
    CalendarEvent,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from .api import END_OF_CALENDAR, Pin, openings
from .coordinator import TedeeConfigEntry
from .entity import PinEntity, PinEntityDescription, async_add_entities_of_locks

PARALLEL_UPDATES = 0

MAX_EVENTS: Final = 5000
"""Of one answer: a month of a hundred daily PINs has 3100."""

type Opening = tuple[datetime, datetime, str]
"""From when until when a PIN opens the door, and the PIN's name."""


@dataclass(frozen=True, kw_only=True)
class TedeeCalendarDescription(PinEntityDescription, CalendarEntityDescription):
    """A row of the table of calendars."""


CALENDARS: Final = (
    TedeeCalendarDescription(
        key="pins",
        translation_key="pins",
        entity_registry_enabled_default=False,
    ),
)


async def async_setup_entry(
    hass: HomeAssistant,  # noqa: ARG001  the platform's signature
    entry: TedeeConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the calendars of an account."""
    async_add_entities_of_locks(entry, async_add_entities, PinCalendar, CALENDARS)


class PinCalendar(PinEntity, CalendarEntity):
    """When the PINs of a lock open the door, as the cloud holds it; for those that are limited."""

    entity_description: TedeeCalendarDescription
    _reads_limits = True

    @property
    @override
    def event(self) -> CalendarEvent | None:
        """Return what is open now, or what opens next."""
        first = next(self._openings(dt_util.utcnow(), END_OF_CALENDAR), None)
        return first and _event(first, UTC)

    @override
    async def async_get_events(
        self, hass: HomeAssistant, start_date: datetime, end_date: datetime
    ) -> list[CalendarEvent]:
        """Return what opens in a range, in its order."""
        zone = self.coordinator.zones.of(self._lock)
        openings_of_range = islice(self._openings(start_date, end_date), MAX_EVENTS)
        return [_event(opening, zone) for opening in openings_of_range]

    def _openings(self, after: datetime, before: datetime) -> Iterator[Opening]:
        """Return when any PIN opens the door, in order."""
        pins = self._book.limits.values()
        return merge(*(_openings_of(pin, after, before) for pin in pins))


def _openings_of(pin: Pin, after: datetime, before: datetime) -> Iterator[Opening]:
    """Yield when a PIN opens the door."""
    for start, end in openings((pin.start_date, pin.end_date), pin.hours, after, before):
        yield start, end, pin.alias


def _event(opening: Opening, zone: tzinfo) -> CalendarEvent:
    """Return what a calendar shows of an opening."""
    start, end, alias = opening
    return CalendarEvent(start.astimezone(zone), end.astimezone(zone), summary=alias)
