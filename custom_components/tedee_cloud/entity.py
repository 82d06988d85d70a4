"""What all entities of a lock have in common."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import override

from homeassistant.core import callback
from homeassistant.helpers.entity import Entity, EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .api import Lock
from .coordinator import TedeeConfigEntry, TedeeCoordinator
from .devices import device_info
from .pin_book import PinChange


@dataclass(frozen=True, kw_only=True)
class TedeeEntityDescription(EntityDescription):
    """A row of a platform's table: which locks have the entity, and when it is available."""

    supported_fn: Callable[[Lock], bool] = lambda _: True
    available_fn: Callable[[Lock], bool] = lambda lock: lock.connected


@dataclass(frozen=True, kw_only=True)
class PinEntityDescription(TedeeEntityDescription):
    """A row of a platform's table: an entity of all locks with a keypad."""

    supported_fn: Callable[[Lock], bool] = lambda lock: lock.keypad


class TedeeEntity(CoordinatorEntity[TedeeCoordinator]):
    """An entity of one lock, which it looks up by serial."""

    _attr_has_entity_name = True
    entity_description: TedeeEntityDescription

    def __init__(
        self, coordinator: TedeeCoordinator, serial: str, description: TedeeEntityDescription
    ) -> None:
        """Take the lock's serial and the row of the table."""
        super().__init__(coordinator)
        self.entity_description = description
        self._serial = serial
        self._news: tuple[Lock, bool, bool] | None = None
        self._attr_unique_id = f"{serial}_{description.key}"
        self._attr_device_info = device_info(self._lock)

    @property
    def _lock(self) -> Lock:
        """Return the lock as it is now."""
        return self.coordinator.data[self._serial]

    @property
    @override
    def available(self) -> bool:
        """Tell whether what is known of the lock is young enough, and says anything."""
        return self.coordinator.is_fresh(self._serial) and self.entity_description.available_fn(
            self._lock
        )

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        """Show what is new about this lock, unless it has left and the entity is on its way out."""
        if self._serial not in self.coordinator.data:
            return
        news = (self._lock, self.coordinator.is_fresh(self._serial), self.available)
        if news != self._news:
            self._news = news
            super()._handle_coordinator_update()


class PinEntity(TedeeEntity):
    """An entity of what is known of a lock's PINs, whether or not the lock can be reached now."""

    _reads_limits = False

    def __init__(
        self, coordinator: TedeeCoordinator, serial: str, description: TedeeEntityDescription
    ) -> None:
        """Take the lock's serial and the row of the table."""
        super().__init__(coordinator, serial, description)
        self._book = coordinator.keypads.of(self._lock).book

    @property
    @override
    def available(self) -> bool:
        """Tell whether the PINs have been listed."""
        return self._book.names is not None

    @override
    async def async_added_to_hass(self) -> None:
        """Have the PINs watched for as long as the entity is there."""
        await super().async_added_to_hass()
        self.async_on_remove(self._book.listen(self._handle_pin_news))
        watch = self.coordinator.pin_watch
        self.async_on_remove(watch.follow(self._serial, self._book, limits=self._reads_limits))

    @callback
    def _handle_pin_news(self, _: tuple[PinChange, ...]) -> None:
        """Show what is known now."""
        self.async_write_ha_state()

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        """Show nothing: a poll brings no news of PINs."""


@callback
def async_add_entities_of_locks[D: TedeeEntityDescription](
    entry: TedeeConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
    entity: Callable[[TedeeCoordinator, str, D], Entity],
    descriptions: Iterable[D],
) -> None:
    """Add the entities of all locks, and of those that appear or gain a capability later."""
    coordinator = entry.runtime_data
    known: set[str] = set()
    lacking: dict[tuple[str, str], D] = {}

    @callback
    def add_missing() -> None:
        locks = coordinator.data
        if locks.keys() != known:
            for key in [key for key in lacking if key[0] not in locks]:
                del lacking[key]
            new = [serial for serial in locks if serial not in known]
            lacking.update({(serial, row.key): row for serial in new for row in descriptions})
            known.clear()
            known.update(locks)
        found = [key for key, row in lacking.items() if row.supported_fn(locks[key[0]])]
        if found:
            async_add_entities([entity(coordinator, key[0], lacking.pop(key)) for key in found])

    entry.async_on_unload(coordinator.async_add_listener(add_missing))
    add_missing()
