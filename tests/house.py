"""A house in which one frozen time rules: what is due happens, in its order and in no time."""

import asyncio
import math
from itertools import pairwise
from typing import Any

from freezegun import api
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.util.async_ import get_scheduled_timer_handles
from homeassistant.util.hass_dict import HassKey

from .simulator import Simulator, SystemClock

MIDNIGHT = "2026-11-02 00:00:00+00:00"
GRID = 0.125
"""Seconds. Time stands on multiples of it, so that sums of moments are exact."""
TURNS = 12
"""Turns of the event loop without a request under way, after which nothing more happens."""
UNANSWERED = 2000
INSTANT = 0.1
"""Turns of the event loop, and real seconds, after which a request under way gets no answer at this
moment. The system carries bytes when it has the time."""


class HouseClock(SystemClock):
    """The frozen time, for the cloud as well; what a test lets pass, passes for all."""

    def __init__(self, freezer: FrozenDateTimeFactory) -> None:
        """Begin at midnight."""
        self._freezer = freezer
        freezer.move_to(MIDNIGHT)

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._freezer.tick(seconds)


class Traffic:
    """The requests under way, and which of them get no answer as long as time stands still."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Look at the connections that all requests share."""
        connector = async_get_clientsession(hass).connector
        assert connector is not None
        self._connector = connector
        self._unanswered: set[object] = set()

    def flows(self) -> bool:
        """Tell whether any request may still be answered."""
        self._unanswered &= self._connector._acquired
        return bool(self._connector._acquired - self._unanswered)

    def give_up(self) -> None:
        """Expect no answer any more to what is under way."""
        self._unanswered |= self._connector._acquired


TRAFFIC: HassKey[Traffic] = HassKey("traffic")


async def settle(hass: HomeAssistant) -> None:
    """Let everything happen that happens at this moment."""
    traffic = hass.data.setdefault(TRAFFIC, Traffic(hass))
    quiet = turns = 0
    since = api.real_monotonic()
    while quiet < TURNS:
        await asyncio.sleep(0)
        quiet, turns = quiet + 1, turns + 1
        if _works_in_threads(hass):
            quiet = 0
        elif traffic.flows():
            quiet = 0
            if turns > UNANSWERED and api.real_monotonic() - since > INSTANT:
                traffic.give_up()


def _works_in_threads(hass: HomeAssistant) -> bool:
    """Tell whether any thread works for the event loop, such as one that reads from disk."""
    executors: tuple[Any, ...] = (vars(hass.loop)["_default_executor"], hass.import_executor)
    return any(
        len(executor._threads) > executor._idle_semaphore._value
        for executor in executors
        if executor
    )


async def live(hass: HomeAssistant, clock: HouseClock, seconds: float) -> None:
    """Let time pass from one thing that is due to the next."""
    end = clock.monotonic() + seconds
    await settle(hass)
    while (now := clock.monotonic()) < end:
        due = min(
            (
                handle.when()
                for handle in get_scheduled_timer_handles(hass.loop)
                if not handle.cancelled()
            ),
            default=end,
        )
        step = max(math.ceil((due - now) / GRID), 1) * GRID
        clock.advance(min(step, end - now))
        await settle(hass)


async def leave_for(hass: HomeAssistant, clock: HouseClock, seconds: float) -> None:
    """Let time pass at once: what was due several times in it happens once, at its end."""
    clock.advance(seconds)
    await settle(hass)


def syncs(sim: Simulator) -> list[float]:
    """Return the moments of all syncs on the wire."""
    return [call.at for call in sim.calls("GET", "/my/lock/sync")]


def gaps(sim: Simulator) -> list[float]:
    """Return the seconds between the syncs on the wire."""
    return [later - earlier for earlier, later in pairwise(syncs(sim))]


def busiest(moments: list[float], window: float) -> int:
    """Return how many moments the fullest window holds, wherever it begins."""
    most = first = 0
    for last, moment in enumerate(moments):
        while moments[first] <= moment - window:
            first += 1
        most = max(most, last - first + 1)
    return most
