"""Sensors: battery."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import PERCENTAGE, EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .api import Lock
from .coordinator import TedeeConfigEntry
from .entity import TedeeEntity, TedeeEntityDescription, async_add_entities_of_locks

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class TedeeSensorDescription(TedeeEntityDescription, SensorEntityDescription):
    """A row of the table of sensors."""

    value_fn: Callable[[Lock], int | None]


SENSORS: Final = (
    TedeeSensorDescription(
        key="battery",
        device_class=SensorDeviceClass.BATTERY,
        entity_category=EntityCategory.DIAGNOSTIC,
        native_unit_of_measurement=PERCENTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        value_fn=lambda lock: lock.status.battery if lock.status else None,
    ),
)


async def async_setup_entry(
    hass: HomeAssistant,  # noqa: ARG001  the platform's signature
    entry: TedeeConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the sensors of an account."""
    async_add_entities_of_locks(entry, async_add_entities, TedeeSensor, SENSORS)


class TedeeSensor(TedeeEntity, SensorEntity):
    """A figure that a lock reports."""

    entity_description: TedeeSensorDescription

    @property
    @override
    def native_value(self) -> int | None:
        """Return what the lock last reported."""
        return self.entity_description.value_fn(self._lock)
