"""How old what is shown of each lock has grown: nothing is shown that is older than 90 s."""

from collections.abc import Callable, Iterable
from datetime import datetime
from time import monotonic
from typing import Final

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later

MAX_AGE: Final = 90.0
"""Seconds: one missed poll is not news, two are."""


class Freshness:
    """Remembers when each lock was heard of, and tells the moment that is too long ago."""

    def __init__(self, hass: HomeAssistant, on_change: Callable[[], None]) -> None:
        """Take what is to be called when something has grown too old to be shown, or is back."""
        self._hass = hass
        self._on_change = on_change
        self._heard: dict[str, float] = {}
        self._shown: set[str] = set()
        self._cancel_timer: CALLBACK_TYPE | None = None
        self._has_ended = False

    @callback
    def heard(self, serials: Iterable[str], asked_at: float) -> None:
        """Note an answer about some locks, as old as its request."""
        news = dict.fromkeys(serials, asked_at)
        if (news.keys() & self._heard.keys()) - self._shown:
            # An answer that changes nothing is news where nothing was shown any more.
            self._hass.loop.call_soon(self._on_change)
        self._heard |= news
        self._shown |= news.keys()
        self._arm()

    def is_fresh(self, serial: str) -> bool:
        """Tell whether what is known of a lock may be shown."""
        return monotonic() - self._heard[serial] < MAX_AGE

    @callback
    def stop(self) -> None:
        """Tell nothing any more; an answer may still be on its way."""
        self._has_ended = True
        self._disarm()

    @callback
    def _disarm(self) -> None:
        """Stop the timer."""
        if self._cancel_timer:
            self._cancel_timer()
            self._cancel_timer = None

    @callback
    def _arm(self) -> None:
        """Set the timer to the moment the next lock grows too old."""
        self._disarm()
        if self._shown and not self._has_ended:
            due = min(self._heard[serial] for serial in self._shown) + MAX_AGE
            self._cancel_timer = async_call_later(
                self._hass, max(due - monotonic(), 0), self._expire
            )

    @callback
    def _expire(self, _: datetime) -> None:
        """Tell that something shown has grown too old."""
        self._cancel_timer = None
        self._shown = {serial for serial in self._shown if self.is_fresh(serial)}
        self._arm()
        self._on_change()
