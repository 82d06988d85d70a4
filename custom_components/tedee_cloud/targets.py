"""Which locks an action is for, and why any of them cannot be served.

Home Assistant passes over unavailable entities of an action without a word. A PIN that was not
deleted must not go unnoticed, so every lock that was named and cannot be served is a failure.
"""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import tzinfo
from typing import Final

from homeassistant.components.lock import DOMAIN as LOCK_DOMAIN
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.target import (
    TargetSelection,
    async_extract_referenced_entity_ids,
)

from .api import Lock, Pin, PinList
from .const import DOMAIN
from .coordinator import TedeeConfigEntry, TedeeCoordinator
from .errors import (
    PIN_DELETE_SENTENCES,
    PIN_LIST_SENTENCES,
    PIN_SENTENCES,
    PIN_WRITE_SENTENCES,
    Sentences,
    failed,
    refused,
)
from .journal import Entry, Intent
from .keypad import Keypad
from .pin_fields import Fields, changed_pin
from .unfinished import async_finish

GROUP_PREFIX: Final = "group."
"""Home Assistant takes a group that does not exist for an empty one."""
MISSING_CONTAINERS: Final = {
    "missing_devices": "device_unknown",
    "missing_areas": "area_unknown",
    "missing_floors": "floor_unknown",
    "missing_labels": "label_unknown",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A lock that an action is for, and the coordinator that reaches it."""

    coordinator: TedeeCoordinator
    lock: Lock
    zone: tzinfo

    @property
    def keypad(self) -> Keypad:
        """The way to the lock's PINs."""
        return self.coordinator.keypads.of(self.lock)

    def telling(self, sentences: Sentences) -> AbstractContextManager[None]:
        """Turn what goes wrong at the lock into sentences."""
        return self.coordinator.telling(self.lock, sentences)

    async def async_finish(self) -> None:
        """End what calls of an earlier run have left; mostly there is nothing to ask."""
        with self.telling(PIN_DELETE_SENTENCES):
            await async_finish(self.keypad, self.coordinator.kept.journal, self.lock.serial)

    async def async_list(self) -> PinList:
        """Return the PINs of the lock, free of what calls of an earlier run have left."""
        await self.async_finish()
        with self.telling(PIN_LIST_SENTENCES):
            return await self.keypad.async_list()

    async def async_get(self, pin_id: int) -> Pin:
        """Return a PIN of the lock, with its digits."""
        with self.telling(PIN_SENTENCES):
            return await self.keypad.async_get(pin_id)

    async def async_change(
        self, pin_id: int, before: Pin, fields: Fields, known: PinList | None = None
    ) -> None:
        """Change what was given of a PIN: the cloud replaces it as a whole, so the rest goes along.

        A new name that another PIN has is refused, as nobody could name either of them any more.
        """
        pin = changed_pin(before, fields, self.zone)
        if pin.alias.strip() != before.alias.strip():
            known = known or await self.async_list()
            self.check_is_free(pin.alias, known)
        with self.telling(PIN_WRITE_SENTENCES):
            await self.keypad.async_replace(pin_id, pin)

    def check_is_free(self, alias: str, known: PinList) -> None:
        """Refuse a name that any PIN of the lock has, with the ids of those."""
        if found := known.named(alias):
            ids = ", ".join(map(str, found))
            raise refused("alias_exists", lock=self.lock.name, alias=alias, ids=ids)

    async def async_delete(self, pin_id: int) -> bool:
        """Remove a PIN of the lock, even across a restart; return whether it was there."""
        alias = (self.keypad.book.names or {}).get(pin_id)
        entry = Entry(
            intent=Intent.DELETE, serial=self.lock.serial, alias=alias or "", ids=(pin_id,)
        )
        # Without its name, the id alone would not be reason enough to delete a PIN some time later.
        with self.telling(PIN_DELETE_SENTENCES):
            async with self.coordinator.kept.journal.writing([entry] if alias else []):
                return await self.keypad.async_delete(pin_id)


type Targets = dict[str, Target | HomeAssistantError]
"""By entity id, or by the id of what could not be found."""


async def async_targets(hass: HomeAssistant, call: ServiceCall) -> Targets:
    """Return everything that an action's target names: each lock, or why it cannot be served.

    Raises ServiceValidationError where the target comes to nothing at all.
    """
    selection = TargetSelection(call.data)
    selected = async_extract_referenced_entity_ids(hass, selection)
    targets: Targets = {
        missing: refused(key, id=missing)
        for attribute, key in MISSING_CONTAINERS.items()
        for missing in sorted(getattr(selected, attribute))
    }
    targets |= {
        device_id: refused("device_has_no_lock", id=device_id)
        for device_id in sorted(selection.device_ids - selected.missing_devices)
        if not _tedee_locks(hass, TargetSelection({ATTR_DEVICE_ID: device_id}))
    }
    no_groups = {
        entity_id
        for entity_id in selection.entity_ids
        if entity_id.startswith(GROUP_PREFIX) and hass.states.get(entity_id) is None
    }
    for entity_id in sorted(selected.referenced | no_groups | _tedee_locks(hass, selection)):
        try:
            targets[entity_id] = await _async_entity_target(hass, entity_id)
        except HomeAssistantError as err:
            targets[entity_id] = err
    if not targets:
        raise refused("no_lock_targeted")
    return targets


def _tedee_locks(hass: HomeAssistant, selection: TargetSelection) -> set[str]:
    """Return the locks of this integration that devices, areas, floors and labels lead to."""
    registry = er.async_get(hass)
    return {
        entity_id
        for entity_id in async_extract_referenced_entity_ids(hass, selection).indirectly_referenced
        if (entity := registry.async_get(entity_id)) and _is_tedee_lock(entity)
    }


def _is_tedee_lock(entity: er.RegistryEntry) -> bool:
    """Tell whether an entity is a lock of this integration."""
    return entity.platform == DOMAIN and entity.domain == LOCK_DOMAIN


async def _async_entity_target(hass: HomeAssistant, entity_id: str) -> Target:
    """Return the lock behind an entity, or raise why there is none to be served."""
    entity = er.async_get(hass).async_get(entity_id)
    if entity is None and hass.states.get(entity_id) is None:
        raise refused("entity_unknown", id=entity_id)
    if entity is None or not _is_tedee_lock(entity):
        raise refused("not_a_tedee_lock", id=entity_id)
    return await async_target(hass, entity.config_entry_id or "", entity.unique_id, entity_id)


async def async_target(hass: HomeAssistant, entry_id: str, serial: str, called: str) -> Target:
    """Return a lock of an account, or raise why it cannot be served, as what it was called."""
    entry: TedeeConfigEntry | None = hass.config_entries.async_get_entry(entry_id)
    if entry is None or entry.state is not ConfigEntryState.LOADED:
        raise failed("account_not_loaded", id=called)
    coordinator = entry.runtime_data
    lock = coordinator.data.get(serial)
    if lock is None:
        raise failed("lock_not_in_account", id=called)
    return Target(coordinator=coordinator, lock=lock, zone=coordinator.zones.of(lock))
