"""Fifty PINs, written to one lock and to ten."""

import asyncio
from statistics import median
from typing import Final

from homeassistant.const import ATTR_ENTITY_ID
from homeassistant.core import HomeAssistant

from .cloud import Cloud, Door, count_pins, fill
from .contenders import Bare, bare
from .home import DOMAIN, home_with_account
from .measure import cost
from .table import Row, milliseconds

WRITES: Final = 50
LOCKS: Final = (1, 10)
RUNS: Final = 3
BUSY_SECONDS: Final = 0.05
"""How long a PIN call keeps a lock busy, which takes the next one only then."""


async def pin_rows(cloud: Cloud) -> list[Row]:
    """Measure fifty PINs for one lock, and five for each of ten."""
    return [await _row(cloud, locks) for locks in LOCKS]


async def _row(cloud: Cloud, locks: int) -> Row:
    """Let both contenders write the same PINs."""
    taken = [(await _ours(cloud, locks), await _floor(cloud, locks)) for _ in range(RUNS)]
    return milliseconds(
        f"{WRITES} PINs to {locks} lock{'s' if locks > 1 else ''} that are busy for "
        f"{BUSY_SECONDS * 1000:.0f} ms with each of two requests",
        *map(median, zip(*taken, strict=True)),
    )


async def _ours(cloud: Cloud, locks: int) -> float:
    """Return how long the actions take."""
    doors = _filled(cloud, locks)
    async with home_with_account(cloud) as hass:
        taken = await cost(lambda: _by_action(hass, doors))
    _check(cloud)
    return taken.wall


async def _floor(cloud: Cloud, locks: int) -> float:
    """Return how long the bare requests take."""
    doors = _filled(cloud, locks)
    async with bare(cloud) as client:
        taken = await cost(lambda: _by_request(client, doors))
    _check(cloud)
    return taken.wall


def _filled(cloud: Cloud, locks: int) -> list[Door]:
    """Return the lock that each PIN is for."""
    doors = cloud.ask(fill, locks, pin_seconds=BUSY_SECONDS)
    return [doors[number % locks] for number in range(WRITES)]


async def _by_action(hass: HomeAssistant, doors: list[Door]) -> None:
    """Call all actions at once, as a script may: they take turns by themselves."""
    await asyncio.gather(
        *(
            hass.services.async_call(
                DOMAIN,
                "create_pin",
                {ATTR_ENTITY_ID: door.entity_id, "alias": f"Guest {number}", "pin": _pin(number)},
                blocking=True,
            )
            for number, door in enumerate(doors)
        )
    )


async def _by_request(client: Bare, doors: list[Door]) -> None:
    """Send the requests of each lock one after the other, of all locks side by side.

    Before each PIN comes the list, as a name must be free.
    """

    async def one_after_the_other(mine: Door) -> None:
        for number, door in enumerate(doors):
            if door == mine:
                await client.get(f"my/lock/{door.lock_id}/pin")
                await client.create_pin(door.lock_id, f"Guest {number}", _pin(number))

    await asyncio.gather(*map(one_after_the_other, set(doors)))


def _pin(number: int) -> str:
    """Return digits that break none of the vendor's rules."""
    return f"91{number:02}35"


def _check(cloud: Cloud) -> None:
    """Make sure that what was measured was done."""
    if cloud.ask(count_pins) != WRITES:
        raise RuntimeError("PINs are missing.")
