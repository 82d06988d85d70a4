"""Binary sensors: charging, door, connectivity."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, override

from homeassistant.components.binary_sensor import (
    BinarySensorDeviceClass,
    BinarySensorEntity,
    BinarySensorEntityDescription,
)
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .api import DoorState, Lock
from .coordinator import TedeeConfigEntry
from .entity import TedeeEntity, TedeeEntityDescription, async_add_entities_of_locks

PARALLEL_UPDATES = 0

DOOR_IS_OPEN: Final = {DoorState.OPENED: True, DoorState.CLOSED: False}


def _door_state(lock: Lock) -> DoorState | None:
    """Return what the door sensor says; NOT_PAIRED where the lock says nothing."""
    return lock.status.door if lock.status else DoorState.NOT_PAIRED


def _door_is_open(lock: Lock) -> bool | None:
    """Tell whether the door is open, None for a sensor that does not know."""
    door = _door_state(lock)
    return None if door is None else DOOR_IS_OPEN.get(door)


@dataclass(frozen=True, kw_only=True)
class TedeeBinarySensorDescription(TedeeEntityDescription, BinarySensorEntityDescription):
    """A row of the table of binary sensors."""

    is_on_fn: Callable[[Lock], bool | None]


BINARY_SENSORS: Final = (
    TedeeBinarySensorDescription(
        key="charging",
        device_class=BinarySensorDeviceClass.BATTERY_CHARGING,
        entity_category=EntityCategory.DIAGNOSTIC,
        is_on_fn=lambda lock: lock.status.charging if lock.status else None,
    ),
    TedeeBinarySensorDescription(
        key="door",
        device_class=BinarySensorDeviceClass.DOOR,
        supported_fn=lambda lock: _door_state(lock) is not DoorState.NOT_PAIRED,
        is_on_fn=_door_is_open,
    ),
    TedeeBinarySensorDescription(
        key="connectivity",
        device_class=BinarySensorDeviceClass.CONNECTIVITY,
        entity_category=EntityCategory.DIAGNOSTIC,
        available_fn=lambda _: True,
        is_on_fn=lambda lock: lock.connected,
    ),
)


async def async_setup_entry(
    hass: HomeAssistant,  # noqa: ARG001  the platform's signature
    entry: TedeeConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the binary sensors of an account."""
    async_add_entities_of_locks(entry, async_add_entities, TedeeBinarySensor, BINARY_SENSORS)


class TedeeBinarySensor(TedeeEntity, BinarySensorEntity):
    """Something about a lock that is so or not."""

    entity_description: TedeeBinarySensorDescription

    @property
    @override
    def is_on(self) -> bool | None:
        """Return what the lock last reported."""
        return self.entity_description.is_on_fn(self._lock)
