"""What PINs and locks are called and when PINs open, in words that are read on a phone."""

import re
import string
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations

from .api import Lock, Pin
from .const import DOMAIN
from .pin_book import PinBook
from .pin_fields import (
    ATTR_DAY_END_TIME,
    ATTR_DAY_START_TIME,
    ATTR_END_DATE,
    ATTR_START_DATE,
    ATTR_WEEK_DAYS,
    PinData,
    pin_data,
)

TO_THE_MINUTE: Final = len("2027-05-01T15:00")
CLOCK_TO_THE_MINUTE: Final = len("15:00")
UNBROKEN: Final = str.maketrans({"-": "\N{NON-BREAKING HYPHEN}", "T": "\N{NO-BREAK SPACE}"})
"""On a phone, no line ends within a date or a window."""
MARKDOWN: Final = re.compile(f"([{re.escape(string.punctuation)}])")


def labels(names: Mapping[int, str]) -> dict[str, str]:
    """Return how the PINs of a lock are called, by id; several may share an alias."""
    rows = sorted(names.items(), key=lambda row: (row[1].casefold(), row[0]))
    return {str(pin_id): f"{alias} ({pin_id})".strip() for pin_id, alias in rows}


def lock_labels(locks: Collection[Lock]) -> dict[str, str]:
    """Return how locks are called, by serial, each with a name that no other has."""
    count = Counter(lock.name for lock in locks)
    return {
        lock.serial: lock.name if count[lock.name] == 1 else f"{lock.name} ({lock.serial})"
        for lock in sorted(locks, key=lambda lock: (lock.name.casefold(), lock.serial))
    }


def plain(text: str) -> str:
    """Return a text that Markdown shows as it is."""
    return MARKDOWN.sub(r"\\\1", " ".join(text.split()))


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one language."""

    texts: Mapping[str, str]

    def pins(self, book: PinBook, zone: tzinfo) -> str:
        """Return the PINs of a lock and when they open, one in a line."""
        called = labels(book.names or {})
        limits = {label: book.limits.get(int(pin_id)) for pin_id, label in called.items()}
        lines = [
            f"- **{plain(label)}**: {self.schedule(pin, zone) if pin else self['unread']}"
            for label, pin in limits.items()
        ]
        return "\n".join(lines) or self["no_pins"]

    def schedule(self, pin: Pin, zone: tzinfo) -> str:
        """Return when a PIN opens, with the times of a zone."""
        data = pin_data(0, pin, zone, reveal=False)
        return "; ".join(filter(None, (self._dates(data), self._hours(data)))) or self["always"]

    def __getitem__(self, key: str) -> str:
        """Return a text."""
        return self.texts[f"component.{DOMAIN}.common.{key}"]

    def _dates(self, data: PinData) -> str:
        """Return from and until when a PIN is valid."""
        start, end = (
            (data[field] or "")[:TO_THE_MINUTE].translate(UNBROKEN)
            for field in (ATTR_START_DATE, ATTR_END_DATE)
        )
        if start and end:
            return self["from_until"].format(start=start, end=end)
        if start:
            return self["from"].format(start=start)
        return self["until"].format(end=end) if end else ""

    def _hours(self, data: PinData) -> str:
        """Return on which days and between which hours a PIN is valid."""
        days = ", ".join(self[day] for day in data[ATTR_WEEK_DAYS] or ())
        start, end = (
            (data[field] or "")[:CLOCK_TO_THE_MINUTE]
            for field in (ATTR_DAY_START_TIME, ATTR_DAY_END_TIME)
        )
        window = f"{start}-{end}".translate(UNBROKEN) if start or end else ""
        return f"{days} {window}".strip()


async def async_words(hass: HomeAssistant) -> Words:
    """Return the words in the language of the installation."""
    return Words(await async_get_translations(hass, hass.config.language, "common", {DOMAIN}))
