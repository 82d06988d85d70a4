"""Tedee Cloud: Tedee smart locks and the PINs of their keypads, through the vendor's cloud."""

import asyncio
from collections import defaultdict

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import CONF_TOKEN, CONF_URL, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.device_registry import DeviceEntry
from homeassistant.helpers.typing import ConfigType
from homeassistant.util.hass_dict import HassKey

from .api import Budget, Generation, Scheme, TedeeClient
from .clock_changes import ClockChanges
from .const import CONF_API_VERSION, CONF_GENERATION, CONF_SCHEME, DOMAIN
from .coordinator import TedeeConfigEntry, TedeeCoordinator
from .devices import serials_of
from .journal import Journal
from .keypad import Queues
from .pin_hours import PinHours
from .pin_list_full import async_watch_full_lists
from .services import async_register_actions

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)
BUDGETS: HassKey[dict[str, Budget]] = HassKey(f"{DOMAIN}_budgets")
"""By entry: what an account has spent stays spent when it is reloaded."""
JOURNALS: HassKey[dict[str, Journal]] = HassKey(f"{DOMAIN}_journals")
"""By entry: what PIN calls are under way."""
PIN_HOURS: HassKey[dict[str, PinHours]] = HassKey(f"{DOMAIN}_pin_hours")
"""By entry: the windows of PINs made here."""
PIN_QUEUES: HassKey[dict[str, Queues]] = HassKey(f"{DOMAIN}_pin_queues")
"""By entry: whose turn it is at which keypad, while calls go on over a reload."""
PLATFORMS = (
    Platform.BINARY_SENSOR,
    Platform.CALENDAR,
    Platform.EVENT,
    Platform.LOCK,
    Platform.SENSOR,
)


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:  # noqa: ARG001  the platform's signature
    """Register the PIN actions, which stay while accounts come and go."""
    async_register_actions(hass)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: TedeeConfigEntry) -> bool:
    """Set up an account: client, coordinator, platforms."""
    generation = entry.data.get(CONF_GENERATION)
    budgets = hass.data.setdefault(BUDGETS, {})
    queues = hass.data.setdefault(PIN_QUEUES, {})
    client = TedeeClient(
        async_get_clientsession(hass),
        entry.data[CONF_TOKEN],
        url=entry.data[CONF_URL],
        api_version=entry.data[CONF_API_VERSION],
        scheme=Scheme(entry.data[CONF_SCHEME]),
        generation=Generation(generation) if generation else None,
        budget=budgets.setdefault(entry.entry_id, Budget()),
    )
    coordinator = TedeeCoordinator(
        hass,
        entry,
        client,
        await _async_kept(hass, entry.entry_id, JOURNALS, Journal),
        await _async_kept(hass, entry.entry_id, PIN_HOURS, PinHours),
        queues.setdefault(entry.entry_id, defaultdict(asyncio.Lock)),
    )
    await coordinator.async_config_entry_first_refresh()
    entry.runtime_data = coordinator
    async_watch_full_lists(hass, entry)
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    ClockChanges(hass, coordinator).start()
    coordinator.pin_watch.start()
    return True


async def _async_kept[T: (Journal, PinHours)](
    hass: HomeAssistant, entry_id: str, key: HassKey[dict[str, T]], kind: type[T]
) -> T:
    """Return what is kept of an account, which calls under way go on using while it is reloaded."""
    kept = hass.data.setdefault(key, {})
    if entry_id not in kept:
        kept[entry_id] = kind(hass, entry_id)
        await kept[entry_id].async_load()
    return kept[entry_id]


async def async_unload_entry(hass: HomeAssistant, entry: TedeeConfigEntry) -> bool:
    """Unload an account."""
    return await hass.config_entries.async_unload_platforms(entry, PLATFORMS)


async def async_remove_entry(hass: HomeAssistant, entry: TedeeConfigEntry) -> None:
    """Forget what a removed account has spent and left; it may never have been set up."""
    hass.data.get(BUDGETS, {}).pop(entry.entry_id, None)
    hass.data.get(PIN_QUEUES, {}).pop(entry.entry_id, None)
    journal = hass.data.get(JOURNALS, {}).pop(entry.entry_id, None)
    await (journal or Journal(hass, entry.entry_id)).async_remove()
    hours = hass.data.get(PIN_HOURS, {}).pop(entry.entry_id, None)
    await (hours or PinHours(hass, entry.entry_id)).async_remove()


async def async_remove_config_entry_device(
    hass: HomeAssistant,  # noqa: ARG001  the platform's signature
    entry: TedeeConfigEntry,
    device: DeviceEntry,
) -> bool:
    """Let a person remove the device of a lock that the account no longer shows."""
    if entry.state is not ConfigEntryState.LOADED:
        return False
    serials = serials_of(device)
    return bool(serials) and not serials & entry.runtime_data.data.keys()
