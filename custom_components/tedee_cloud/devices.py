"""Home Assistant's device for each lock: made, renamed and removed as the account changes."""

from collections.abc import Mapping
from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo

from .api import Lock, LockType
from .const import DOMAIN, MANUFACTURER

MODELS: Final[Mapping[LockType | None, str]] = {
    LockType.LOCK_PRO: "Lock PRO",
    LockType.LOCK_GO: "Lock GO",
    None: "Lock",
}


def device_info(lock: Lock) -> DeviceInfo:
    """Return what the device registry holds of a lock."""
    return DeviceInfo(
        identifiers={(DOMAIN, lock.serial)},
        manufacturer=MANUFACTURER,
        model=MODELS[lock.type],
        name=lock.name,
        serial_number=lock.serial,
        sw_version=lock.firmware,
    )


def account_info(entry: ConfigEntry) -> DeviceInfo:
    """Return what the device registry holds of an account."""
    return DeviceInfo(
        entry_type=DeviceEntryType.SERVICE,
        identifiers={(DOMAIN, entry.entry_id)},
        manufacturer=MANUFACTURER,
        name=entry.title,
    )


def serials_of(device: dr.DeviceEntry) -> set[str]:
    """Return the serial of the lock that a device stands for, as a set: an account has none."""
    return {device.serial_number} if device.serial_number else set()


@callback
def async_known_serials(hass: HomeAssistant, entry: ConfigEntry) -> set[str]:
    """Return the serials of all locks that have a device."""
    devices = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    return {serial for device in devices for serial in serials_of(device)}


@callback
def async_update_devices(
    hass: HomeAssistant, entry: ConfigEntry, locks: Mapping[str, Lock]
) -> None:
    """Give the devices the names and firmware their locks have now."""
    registry = dr.async_get(hass)
    for lock in locks.values():
        registry.async_get_or_create(config_entry_id=entry.entry_id, **device_info(lock))


@callback
def async_remove_devices(hass: HomeAssistant, entry: ConfigEntry, serials: set[str]) -> None:
    """Remove the devices of locks that have left the account, and with them their entities."""
    registry = dr.async_get(hass)
    for device in dr.async_entries_for_config_entry(registry, entry.entry_id):
        if serials_of(device) & serials:
            registry.async_remove_device(device.id)
