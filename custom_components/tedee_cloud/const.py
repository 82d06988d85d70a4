"""Facts that more than one module needs."""

from logging import Logger, getLogger
from typing import Final

DOMAIN: Final = "tedee_cloud"
LOGGER: Logger = getLogger(__package__)

MANUFACTURER: Final = "Tedee"
KEYS_PAGE: Final = "https://portal.tedee.com/personal-access-keys"

CONF_ADVANCED: Final = "advanced"
CONF_API_VERSION: Final = "api_version"
CONF_FOLLOW_CLOCK_CHANGES: Final = "follow_clock_changes"
CONF_GENERATION: Final = "generation"
CONF_SCHEME: Final = "scheme"

SYNC_INTERVAL_MIN: Final = 20.0
"""Seconds that the vendor asks to leave between two syncs."""
