"""The vendor's request limits: fixed windows per user, and the pace of syncs."""

import math
from dataclasses import dataclass

from .clock import Clock
from .envelope import RefusedError
from .settings import Settings

HOUR = 3600
LIST_WINDOW = 600


@dataclass(slots=True)
class Window:
    """A fixed window that begins with its first request."""

    start: float
    used: int = 0


class Limits:
    """Counters of all users."""

    def __init__(self, clock: Clock, settings: Settings) -> None:
        """Start with fresh windows."""
        self._clock = clock
        self._settings = settings
        self._windows: dict[tuple[str, str], Window] = {}
        self._last_sync: dict[str, float] = {}

    def clear(self) -> None:
        """Forget all counts."""
        self._windows.clear()
        self._last_sync.clear()

    def used(self, user: str) -> int:
        """Return how many requests of the present hour a user has spent."""
        return self._window("hour", user, HOUR).used

    def spend(self, user: str, *, lists: str | None, syncs: bool) -> None:
        """Count a request or refuse it; `lists` is the key whose list limit it touches."""
        if not self._settings.limits:
            return
        self._count("hour", user, HOUR, self._settings.hourly_limit)
        if lists is not None:
            self._count("list", lists, LIST_WINDOW, self._settings.list_limit)
        if syncs and self._settings.sync_guard:
            now = self._clock.monotonic()
            wait = self._last_sync.get(user, -math.inf) + self._settings.sync_guard - now
            if wait > 0:
                self._refuse(wait)
            self._last_sync[user] = now

    def _window(self, kind: str, owner: str, seconds: float) -> Window:
        now = self._clock.monotonic()
        window = self._windows.get((kind, owner))
        if window is None or now >= window.start + seconds:
            window = self._windows[kind, owner] = Window(now)
        return window

    def _count(self, kind: str, owner: str, seconds: float, limit: int) -> None:
        window = self._window(kind, owner, seconds)
        if window.used >= limit:
            self._refuse(window.start + seconds - self._clock.monotonic())
        window.used += 1

    def _refuse(self, wait: float) -> None:
        seconds = str(max(1, math.ceil(wait)))
        raise RefusedError(429, "Too many requests.", {"Retry-After": seconds})
