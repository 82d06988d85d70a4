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
    """Remembers when each lock was heard of, and tells the moment one has not been for too long."""

    def __init__(self, hass: HomeAssistant, on_stale: Callable[[], None]) -> None:
        """Take what is to be called when something shown has grown too old."""
        self._hass = hass
        self._on_stale = on_stale
        self._heard: dict[str, float] = {}
        self._cancel_timer: CALLBACK_TYPE | None = None

    @callback
    def heard(self, serials: Iterable[str], asked_at: float) -> None:
        """Note an answer about some locks, as old as its request."""
        self._heard.update(dict.fromkeys(serials, asked_at))
        self._arm()

    def is_fresh(self, serial: str) -> bool:
        """Tell whether what is known of a lock may be shown."""
        return monotonic() - self._heard[serial] < MAX_AGE

    @callback
    def stop(self) -> None:
        """Tell nothing any more."""
        if self._cancel_timer:
            self._cancel_timer()
            self._cancel_timer = None

    @callback
    def _arm(self) -> None:
        """Set the timer to the moment the next lock grows too old."""
        self.stop()
        now = monotonic()
        if fresh := [at for at in self._heard.values() if now - at < MAX_AGE]:
            self._cancel_timer = async_call_later(
                self._hass, min(fresh) + MAX_AGE - now, self._expire
            )

    @callback
    def _expire(self, _: datetime) -> None:
        """Tell that something shown has grown too old."""
        self._cancel_timer = None
        self._arm()
        self._on_stale()
