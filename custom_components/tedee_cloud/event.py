"""Events: PINs that were added, changed or removed elsewhere."""

from dataclasses import dataclass
from typing import Final, override

from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import TedeeConfigEntry
from .entity import PinEntity, PinEntityDescription, async_add_entities_of_locks
from .pin_book import ChangeKind, PinChange

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class TedeeEventDescription(PinEntityDescription, EventEntityDescription):
    """A row of the table of events."""


EVENTS: Final = (
    TedeeEventDescription(
        key="pins",
        translation_key="pins",
        event_types=[kind.value for kind in ChangeKind],
    ),
)


async def async_setup_entry(
    hass: HomeAssistant,  # noqa: ARG001  the platform's signature
    entry: TedeeConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the events of an account."""
    async_add_entities_of_locks(entry, async_add_entities, PinEvent, EVENTS)


class PinEvent(PinEntity, EventEntity):
    """What others have done to the PINs of a lock, in the Tedee app or in the portal."""

    entity_description: TedeeEventDescription

    @callback
    @override
    def _handle_pin_news(self, changes: tuple[PinChange, ...]) -> None:
        """Tell each change; the list does not always say which PIN it was."""
        for change in changes:
            self._trigger_event(change.kind, {"pin_id": change.pin_id, "alias": change.alias})
            self.async_write_ha_state()
        super()._handle_pin_news(changes)
