"""Diagnostics: what a bug report needs, without anything that opens a door or names its owner."""

from dataclasses import asdict
from typing import Any, Final

from homeassistant.components.diagnostics import async_redact_data
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import CONF_TOKEN
from homeassistant.core import HomeAssistant

from .coordinator import TedeeConfigEntry
from .pin_book import PinBook

PRIVATE: Final = {CONF_TOKEN, "serial", "name", "owner_identity"}


async def async_get_config_entry_diagnostics(
    hass: HomeAssistant,  # noqa: ARG001  the platform's signature
    entry: TedeeConfigEntry,
) -> dict[str, Any]:
    """Return the account's settings and what its locks last reported."""
    account = {"entry": async_redact_data(dict(entry.data), PRIVATE), "state": entry.state.value}
    if entry.state is not ConfigEntryState.LOADED:
        return account
    coordinator = entry.runtime_data
    return account | {
        "last_update_success": coordinator.last_update_success,
        "locks": [
            {
                **async_redact_data(asdict(lock), PRIVATE),
                "pins": _pin_counts(coordinator.keypads.of(lock).book),
            }
            for lock in coordinator.data.values()
        ],
    }


def _pin_counts(book: PinBook) -> dict[str, Any]:
    """Return how much is known of a lock's PINs."""
    return {
        "listed": None if book.names is None else len(book.names),
        "read": len(book.limits),
        "unread": len(book.unread),
        "list_version": book.list_version,
        "is_full": book.is_full,
    }
