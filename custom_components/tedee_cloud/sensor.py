"""Sensors: battery, number of PINs; and of the account, how its requests are spent."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
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
from homeassistant.util import dt as dt_util

from .api import Budget, Lock, Priority
from .coordinator import TedeeConfigEntry
from .devices import account_info
from .entity import (
    PinEntity,
    PinEntityDescription,
    TedeeEntity,
    TedeeEntityDescription,
    async_add_entities_of_locks,
)
from .pin_book import PinBook

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


@dataclass(frozen=True, kw_only=True)
class PinSensorDescription(PinEntityDescription, SensorEntityDescription):
    """A row of the table of sensors of a lock's PINs."""

    value_fn: Callable[[PinBook], int | None]


PIN_SENSORS: Final = (
    PinSensorDescription(
        key="pins",
        translation_key="pins",
        entity_category=EntityCategory.DIAGNOSTIC,
        state_class=SensorStateClass.MEASUREMENT,
        value_fn=lambda book: None if book.names is None else len(book.names),
    ),
)


@dataclass(frozen=True, kw_only=True)
class BudgetSensorDescription(SensorEntityDescription):
    """A row of the table of sensors of an account."""

    value_fn: Callable[[Budget], int | datetime | None]


def _resumes_at(budget: Budget) -> datetime | None:
    """Return when polling goes on, None where it is not held back."""
    if (wait := budget.wait(Priority.POLL)) <= 0:
        return None
    return dt_util.utc_from_timestamp(round(dt_util.utcnow().timestamp() + wait))


BUDGET_SENSORS: Final = (
    BudgetSensorDescription(
        key="requests_left",
        translation_key="requests_left",
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        state_class=SensorStateClass.MEASUREMENT,
        value_fn=lambda budget: budget.left,
    ),
    BudgetSensorDescription(
        key="polling_resumes",
        translation_key="polling_resumes",
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        value_fn=_resumes_at,
    ),
)


async def async_setup_entry(
    hass: HomeAssistant,  # noqa: ARG001  the platform's signature
    entry: TedeeConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the sensors of an account."""
    async_add_entities_of_locks(entry, async_add_entities, TedeeSensor, SENSORS)
    async_add_entities_of_locks(entry, async_add_entities, PinSensor, PIN_SENSORS)
    async_add_entities(BudgetSensor(entry, description) for description in BUDGET_SENSORS)


class TedeeSensor(TedeeEntity, SensorEntity):
    """A figure that a lock reports."""

    entity_description: TedeeSensorDescription

    @property
    @override
    def native_value(self) -> int | None:
        """Return what the lock last reported."""
        return self.entity_description.value_fn(self._lock)


class PinSensor(PinEntity, SensorEntity):
    """A figure of what is known of a lock's PINs."""

    entity_description: PinSensorDescription

    @property
    @override
    def native_value(self) -> int | None:
        """Return the figure as it is now."""
        return self.entity_description.value_fn(self._book)


class BudgetSensor(SensorEntity):
    """A figure of an account's request budget, read from memory."""

    _attr_has_entity_name = True
    entity_description: BudgetSensorDescription

    def __init__(self, entry: TedeeConfigEntry, description: BudgetSensorDescription) -> None:
        """Take the account and the row of the table."""
        self.entity_description = description
        self._budget = entry.runtime_data.client.budget
        self._attr_unique_id = f"{entry.entry_id}_{description.key}"
        self._attr_device_info = account_info(entry)

    @property
    @override
    def native_value(self) -> int | datetime | None:
        """Return the figure as it is now."""
        return self.entity_description.value_fn(self._budget)
