"""Facts that more than one module needs."""

from datetime import timedelta
from logging import Logger, getLogger
from typing import Final

DOMAIN: Final = "tedee_cloud"
LOGGER: Logger = getLogger(__package__)

MANUFACTURER: Final = "Tedee"
KEYS_PAGE: Final = "https://portal.tedee.com/personal-access-keys"

CONF_ADVANCED: Final = "advanced"
CONF_API_VERSION: Final = "api_version"
CONF_GENERATION: Final = "generation"
CONF_SCHEME: Final = "scheme"

SYNC_INTERVAL: Final = timedelta(seconds=30)
"""The vendor asks for at least 20 s between syncs; 30 s spends 120 of 700 requests an hour."""
LIST_INTERVAL: Final = timedelta(hours=1)
"""The vendor allows 10 lock lists in 10 minutes and asks for sync in between."""
