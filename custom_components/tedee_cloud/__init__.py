"""Tedee Cloud: Tedee smart locks and the PINs of their keypads, through the vendor's cloud."""

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import CONF_TOKEN, CONF_URL, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.device_registry import DeviceEntry
from homeassistant.helpers.typing import ConfigType

from .api import Generation, Scheme, TedeeClient
from .clock_changes import ClockChanges
from .const import CONF_API_VERSION, CONF_GENERATION, CONF_SCHEME, DOMAIN
from .coordinator import TedeeConfigEntry, TedeeCoordinator
from .devices import serials_of
from .kept import async_forget, async_kept
from .pin_list_full import async_watch_full_lists
from .services import async_register_actions

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)
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
    kept = await async_kept(hass, entry.entry_id)
    client = TedeeClient(
        async_get_clientsession(hass),
        entry.data[CONF_TOKEN],
        url=entry.data[CONF_URL],
        api_version=entry.data[CONF_API_VERSION],
        scheme=Scheme(entry.data[CONF_SCHEME]),
        generation=Generation(generation) if generation else None,
        budget=kept.budget,
    )
    coordinator = TedeeCoordinator(hass, entry, client, kept)
    await coordinator.async_config_entry_first_refresh()
    entry.runtime_data = coordinator
    async_watch_full_lists(hass, entry)
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    ClockChanges(hass, coordinator).start()
    coordinator.pin_watch.start()
    return True


async def async_unload_entry(hass: HomeAssistant, entry: TedeeConfigEntry) -> bool:
    """Unload an account."""
    return await hass.config_entries.async_unload_platforms(entry, PLATFORMS)


async def async_remove_entry(hass: HomeAssistant, entry: TedeeConfigEntry) -> None:
    """Forget what a removed account has spent and left."""
    await async_forget(hass, entry.entry_id)


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
