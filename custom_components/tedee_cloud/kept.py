"""What outlives a reload of an account: calls under way go on using it."""

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field

from homeassistant.core import HomeAssistant
from homeassistant.util.hass_dict import HassKey

from .api import Budget
from .const import DOMAIN
from .journal import Journal
from .pin_hours import PinHours


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What is kept of an account.

    `budget` is what it has spent, `journal` what PIN calls are under way, `hours` the windows of
    PINs made here, and `queues` whose turn it is at which keypad, by serial.
    """

    journal: Journal
    hours: PinHours
    budget: Budget = field(default_factory=Budget)
    queues: defaultdict[str, asyncio.Lock] = field(
        default_factory=lambda: defaultdict(asyncio.Lock)
    )


KEPT: HassKey[dict[str, Kept]] = HassKey(DOMAIN)
"""By the entry of the account."""


async def async_kept(hass: HomeAssistant, entry_id: str) -> Kept:
    """Return what is kept of an account, read from disk where this run does not know it yet."""
    kept = hass.data.setdefault(KEPT, {})
    if entry_id not in kept:
        fresh = _unread(hass, entry_id)
        await fresh.journal.async_load()
        await fresh.hours.async_load()
        kept[entry_id] = fresh
    return kept[entry_id]


async def async_forget(hass: HomeAssistant, entry_id: str) -> None:
    """Keep nothing of an account any more, which may never have been set up."""
    kept = hass.data.get(KEPT, {}).pop(entry_id, None) or _unread(hass, entry_id)
    await kept.journal.async_remove()
    await kept.hours.async_remove()


def _unread(hass: HomeAssistant, entry_id: str) -> Kept:
    """Return what is kept of an account before anything was read from disk."""
    return Kept(journal=Journal(hass, entry_id), hours=PinHours(hass, entry_id))
