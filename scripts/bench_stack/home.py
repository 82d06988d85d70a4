"""Home Assistant with the simulator's account, in this process."""

import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from aiohttp.resolver import ThreadedResolver
from homeassistant.components.lock import DOMAIN as LOCK
from homeassistant.components.lock import LockState
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import (
    ATTR_ENTITY_ID,
    CONF_TOKEN,
    CONF_URL,
    EVENT_STATE_CHANGED,
    EVENT_STATE_REPORTED,
)
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator
from homeassistant.loader import DATA_CUSTOM_COMPONENTS
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_test_home_assistant,
)

import custom_components  # noqa: F401  ours comes first: the test harness has a package of this name

from .cloud import Cloud

DOMAIN = "tedee_cloud"
RESOLVER = "homeassistant.helpers.aiohttp_client._async_make_resolver"


class Resolver(ThreadedResolver):
    """Home Assistant's own resolver wants the network searched; an address needs none of that."""

    async def real_close(self) -> None:
        """Close, as Home Assistant calls it."""
        await self.close()


@asynccontextmanager
async def home() -> AsyncGenerator[HomeAssistant]:
    """Provide a Home Assistant without accounts."""
    with TemporaryDirectory() as folder:
        async with async_test_home_assistant(config_dir=folder) as hass:
            hass.data.pop(DATA_CUSTOM_COMPONENTS)
            with patch(RESOLVER, lambda _: Resolver()):
                try:
                    yield hass
                finally:
                    await hass.async_stop(force=True)


@asynccontextmanager
async def home_with_account(cloud: Cloud) -> AsyncGenerator[HomeAssistant]:
    """Provide a Home Assistant with the simulator's account."""
    async with home() as hass:
        await add_account(hass, cloud)
        yield hass


async def add_account(hass: HomeAssistant, cloud: Cloud) -> None:
    """Add the simulator's account and return when everything of it is there."""
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="Tedee Cloud",
        data={
            CONF_TOKEN: cloud.token,
            CONF_URL: cloud.url,
            "api_version": "v37",
            "scheme": "PersonalKey",
            "generation": "operation",
        },
    )
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    if entry.state is not ConfigEntryState.LOADED:
        raise RuntimeError(f"The account was not set up: {entry.state} {entry.reason}")


async def remove_account(hass: HomeAssistant) -> None:
    """Remove the account, if there is one."""
    for entry in hass.config_entries.async_entries(DOMAIN):
        await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()


def coordinator_of(hass: HomeAssistant) -> DataUpdateCoordinator[Any]:
    """Return what polls the account."""
    [entry] = hass.config_entries.async_entries(DOMAIN)
    coordinator: DataUpdateCoordinator[Any] = entry.runtime_data
    return coordinator


async def lock_by_action(hass: HomeAssistant, entity_id: str) -> None:
    """Call lock.lock as an automation does."""
    await hass.services.async_call(LOCK, "lock", {ATTR_ENTITY_ID: entity_id}, blocking=True)


class Watch:
    """Sees every state that is written, changed or not, and when locks became locked."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Begin to look."""
        self.writes = 0
        self.changes = 0
        self.locked_at: dict[str, float] = {}
        self._stop = (
            hass.bus.async_listen(EVENT_STATE_CHANGED, self._changed),
            hass.bus.async_listen(EVENT_STATE_REPORTED, self._reported, event_filter=self._any),
        )

    def stop(self) -> None:
        """Look no more."""
        for stop in self._stop:
            stop()

    @callback
    def _changed(self, event: Event[Any]) -> None:
        self.writes += 1
        self.changes += 1
        state = event.data["new_state"]
        if state is not None and state.state == LockState.LOCKED:
            self.locked_at[state.entity_id] = time.monotonic()

    @callback
    def _reported(self, _: Event[Any]) -> None:
        self.writes += 1

    @callback
    def _any(self, _: object) -> bool:
        return True
