"""Lock entities: one for each lock, named like it."""

from dataclasses import dataclass
from typing import Any, Final, override

from homeassistant.components.lock import (
    LockEntity,
    LockEntityDescription,
    LockEntityFeature,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .api import IN_MOTION, Command, LockState
from .commands import async_move
from .coordinator import TedeeConfigEntry, TedeeCoordinator
from .entity import TedeeEntity, TedeeEntityDescription, async_add_entities_of_locks
from .movement import state_of

PARALLEL_UPDATES = 0
"""Commands take turns for each lock, not for the whole platform."""

IS_LOCKED: Final = {
    LockState.UNLOCKED: False,
    LockState.SEMI_LOCKED: False,
    LockState.UNLOCKING: False,
    LockState.LOCKING: False,
    LockState.LOCKED: True,
    LockState.PULLED: False,
    LockState.PULLING: False,
}
"""Every state that says where the bolt is; of any other nothing is claimed."""


@dataclass(frozen=True, kw_only=True)
class TedeeLockDescription(TedeeEntityDescription, LockEntityDescription):
    """The row of the table of locks."""


LOCKS: Final = (TedeeLockDescription(key="lock", name=None),)


async def async_setup_entry(
    hass: HomeAssistant,  # noqa: ARG001  the platform's signature
    entry: TedeeConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the locks of an account."""
    async_add_entities_of_locks(entry, async_add_entities, TedeeLock, LOCKS)


class TedeeLock(TedeeEntity, LockEntity):
    """A Tedee lock."""

    entity_description: TedeeLockDescription

    def __init__(
        self, coordinator: TedeeCoordinator, serial: str, description: TedeeLockDescription
    ) -> None:
        """Take the lock's serial, which is the entity's id as well."""
        super().__init__(coordinator, serial, description)
        self._attr_unique_id = serial

    @property
    @override
    def available(self) -> bool:
        """Tell whether the lock can be operated.

        Home Assistant passes over unavailable locks without a word. While polls are held back for
        want of requests, commands still go through, so the lock stays, with its state unknown.
        """
        return super().available or (
            self.coordinator.is_held_back
            and self._serial in self.coordinator.data
            and self._lock.connected
        )

    @property
    def _state(self) -> LockState:
        """Return where the bolt is; unknown where the lock has last reported it too long ago."""
        state = state_of(self._lock)
        if self.coordinator.is_fresh(self._serial):
            return state
        is_ours = state in IN_MOTION and self.coordinator.is_commanded(self._serial)
        return state if is_ours else LockState.UNKNOWN

    @property
    @override
    def supported_features(self) -> LockEntityFeature:
        """Return open while the lock can pull the spring."""
        return LockEntityFeature.OPEN if self._lock.pull_spring else LockEntityFeature(0)

    @property
    @override
    def is_locked(self) -> bool | None:
        """Tell whether the bolt is out all the way."""
        return IS_LOCKED.get(self._state)

    @property
    @override
    def is_locking(self) -> bool:
        """Tell whether the bolt is on its way out."""
        return self._state is LockState.LOCKING

    @property
    @override
    def is_unlocking(self) -> bool:
        """Tell whether the bolt is on its way in."""
        return self._state is LockState.UNLOCKING

    @property
    @override
    def is_open(self) -> bool:
        """Tell whether the spring is pulled."""
        return self._state is LockState.PULLED

    @property
    @override
    def is_opening(self) -> bool:
        """Tell whether the spring is being pulled."""
        return self._state is LockState.PULLING

    @property
    @override
    def is_jammed(self) -> bool:
        """Tell whether the bolt got stuck half-way."""
        status = self._lock.status
        return bool(self._state is LockState.SEMI_LOCKED and status and status.change_failed)

    @override
    async def async_lock(self, **kwargs: Any) -> None:
        """Turn the bolt out."""
        await async_move(self.coordinator, self._serial, Command.LOCK)

    @override
    async def async_unlock(self, **kwargs: Any) -> None:
        """Turn the bolt in, without pulling the spring."""
        await async_move(self.coordinator, self._serial, Command.UNLOCK)

    @override
    async def async_open(self, **kwargs: Any) -> None:
        """Pull the spring, after turning the bolt in where it is out."""
        await async_move(self.coordinator, self._serial, Command.PULL)
