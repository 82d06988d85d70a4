"""Fill a Home Assistant configuration folder so that its first start needs no person.

Home Assistant's own classes write everything in .storage: its formats change between versions.
"""

import json
from datetime import timedelta
from pathlib import Path

from homeassistant.auth import auth_manager_from_config
from homeassistant.auth.const import GROUP_ID_ADMIN
from homeassistant.auth.models import TOKEN_TYPE_LONG_LIVED_ACCESS_TOKEN
from homeassistant.auth.providers.homeassistant import HassAuthProvider
from homeassistant.components import onboarding
from homeassistant.components.http.config import ConfData, HTTPConfigStore
from homeassistant.components.onboarding.const import STEPS
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.storage import Store

HOST = "127.0.0.1"
USER = "demo"
PASSWORD = "front-door"  # noqa: S105  printed on the screen, and only good on loopback


async def seed(folder: Path, port: int, integration: Path) -> str:
    """Prepare the folder and return a token for the API."""
    _write_configuration(folder, port, integration)
    hass = HomeAssistant(str(folder))
    try:
        dr.async_setup(hass)  # the users' store reads it
        await _finish_onboarding(hass)
        await _listen_on_loopback(hass, port)
        return await _create_owner(hass)
    finally:
        await hass.async_stop(force=True)  # writes what is still in memory


def _write_configuration(folder: Path, port: int, integration: Path) -> None:
    """Write configuration.yaml (JSON is YAML too) and link the integration."""
    custom_components = folder / "custom_components"
    custom_components.mkdir(parents=True)
    (custom_components / integration.name).symlink_to(integration, target_is_directory=True)
    configuration = {
        "homeassistant": {
            "name": "Demo home",
            "latitude": 52.2297,
            "longitude": 21.0122,
            "elevation": 100,
            "unit_system": "metric",
            "time_zone": "Europe/Warsaw",
            "currency": "PLN",
            "country": "PL",
            "internal_url": f"http://{HOST}:{port}",
        },
        "frontend": {},
        "config": {},
        "history": {},
        "logbook": {},
        # No camera here: spare a machine without ffmpeg an error in the log.
        "ffmpeg": {"ffmpeg_bin": "true"},
    }
    (folder / "configuration.yaml").write_text(json.dumps(configuration, indent=2))


async def _finish_onboarding(hass: HomeAssistant) -> None:
    """Mark every step of the welcome screens as done."""
    store = Store[dict[str, list[str]]](hass, onboarding.STORAGE_VERSION, onboarding.STORAGE_KEY)
    await store.async_save({"done": STEPS})


async def _listen_on_loopback(hass: HomeAssistant, port: int) -> None:
    """Store the HTTP settings as confirmed.

    In configuration.yaml they would be on trial, and reverted to all interfaces after five minutes.
    """
    store = HTTPConfigStore(hass)
    settings: ConfData = {**store.default, "server_host": [HOST], "server_port": port}
    await store.async_set_pending(settings)
    await store.async_promote_pending()


async def _create_owner(hass: HomeAssistant) -> str:
    """Create the owner with a password and return a long-lived token."""
    auth = await auth_manager_from_config(hass, [{"type": "homeassistant"}], [])
    provider = auth.auth_providers[0]
    assert isinstance(provider, HassAuthProvider)  # noqa: S101  the one type configured above
    await provider.async_initialize()
    await provider.async_add_auth(USER, PASSWORD)
    owner = await auth.async_create_user(USER.title(), group_ids=[GROUP_ID_ADMIN])
    credentials = await provider.async_get_or_create_credentials({"username": USER})
    await auth.async_link_user(owner, credentials)
    refresh_token = await auth.async_create_refresh_token(
        owner,
        client_name="scripts/demo",
        token_type=TOKEN_TYPE_LONG_LIVED_ACCESS_TOKEN,
        access_token_expiration=timedelta(days=365),
    )
    return auth.async_create_access_token(refresh_token)
