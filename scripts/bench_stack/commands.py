"""Commands: the way to the wire, the end of the movement, and the requests in between."""

import asyncio
import math
import time
from collections import defaultdict
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import batched, permutations
from statistics import median
from typing import Any, Final

from aiotedee import TedeeCloudClient  # type: ignore[import-not-found,unused-ignore]
from homeassistant.components.lock import DATA_COMPONENT, LockEntity
from homeassistant.core import HomeAssistant

from .cloud import TURN, Cloud, Door, arrivals, fill, put_locked, stopped_at
from .contenders import BARE, OURS, PEER, Bare, bare, impatient_peer, peer
from .home import Watch, home_with_account, lock_by_action
from .measure import WARM_UP
from .table import Row, milliseconds

WIRE_LOCKS: Final = (1, 100)
WIRE_ROUNDS: Final = 3
"""How often every order of the contenders is run."""
MOVEMENT_RUNS: Final = 3
TURNS: Final = (1.5, 2.5, 3.5, 4.5, 6.0, 8.0)
"""Seconds that a bolt may take, from a light door to just before the lock itself gives up."""
BARE_ENTITY: Final = "lock.bare"


class BareLock(LockEntity):
    """What Home Assistant itself takes: an entity that does nothing but the bare request."""

    _attr_should_poll = False

    def __init__(self, client: Bare, door: Door) -> None:
        """Take the lock to send the request to."""
        self.entity_id = BARE_ENTITY
        self._client = client
        self._door = door

    async def async_lock(self, **_: Any) -> None:  # noqa: ANN401  the platform's signature
        """Send the bare request."""
        await self._client.lock(self._door.lock_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """All contenders, ready to go."""

    cloud: Cloud
    doors: list[Door]
    hass: HomeAssistant
    bare: Bare
    peer: TedeeCloudClient


@asynccontextmanager
async def bench(
    cloud: Cloud, locks: int, turns: tuple[float, ...] = (TURN,)
) -> AsyncGenerator[Bench]:
    """Provide all contenders with their connections made."""
    doors = cloud.ask(fill, locks, turns=turns)
    async with home_with_account(cloud) as hass, bare(cloud) as floor, peer(cloud) as client:
        await floor.get("my/lock/sync")
        await client.get_locks()
        cloud.ask(arrivals)
        yield Bench(cloud=cloud, doors=doors, hass=hass, bare=floor, peer=client)


async def command_rows(cloud: Cloud) -> list[Row]:
    """Measure commands from the call to the end."""
    wire = [row for locks in WIRE_LOCKS for row in await _wire_rows(cloud, locks)]
    return [*wire, *await _movement_rows(cloud), await _late_row(cloud)]


async def _wire_rows(cloud: Cloud, locks: int) -> list[Row]:
    """Measure from the call to the request's arrival; the bolt is out already and need not move."""
    taken: defaultdict[str, list[float]] = defaultdict(list)
    async with bench(cloud, locks) as at:
        door = at.doors[0]
        cloud.ask(put_locked)
        await at.hass.data[DATA_COMPONENT].async_add_entities([BareLock(at.bare, door)])
        works: dict[str, Callable[[], Awaitable[object]]] = {
            OURS: lambda: lock_by_action(at.hass, door.entity_id),
            BARE: lambda: at.bare.lock(door.lock_id),
            PEER: lambda: at.peer.lock(door.lock_id),
            BARE_ENTITY: lambda: lock_by_action(at.hass, BARE_ENTITY),
        }
        with impatient_peer():
            for run, order in enumerate([*permutations(works)] * WIRE_ROUNDS):
                for name in order:
                    cloud.ask(arrivals)
                    called = time.monotonic()
                    await works[name]()
                    command = next(came for came in cloud.ask(arrivals) if came.method == "POST")
                    if run >= WARM_UP:
                        taken[name].append(command.at - called)
    middle = {name: median(seconds) for name, seconds in taken.items()}
    what = f"action call → request on the wire, {locks} lock{'s' if locks > 1 else ''}"
    return [
        milliseconds(f"{what}; floor: bare request", middle[OURS], middle[BARE], middle[PEER]),
        milliseconds(
            f"{what}; floor: an entity that sends a bare request",
            middle[OURS],
            middle[BARE_ENTITY],
        ),
    ]


async def _movement_rows(cloud: Cloud) -> list[Row]:
    """Let each contender turn a bolt for the usual time."""
    late: defaultdict[str, list[float]] = defaultdict(list)
    asked: defaultdict[str, int] = defaultdict(int)
    for _ in range(MOVEMENT_RUNS):
        async with bench(cloud, 3) as at:
            for name, [seconds] in (await _lateness(at, (TURN,))).items():
                late[name].append(seconds)
            senders = [came.sender for came in cloud.ask(arrivals)]
            for name in late:
                asked[name] = max(asked[name], sum(sender.startswith(name) for sender in senders))
    return [
        milliseconds(
            f"bolt's end → final state, a movement of {TURN:g} s",
            *(median(seconds) for seconds in late.values()),
        ),
        Row(f"requests for a command, a movement of {TURN:g} s", *asked.values()),
    ]


async def _late_row(cloud: Cloud) -> Row:
    """Let each contender turn bolts of all kinds."""
    async with bench(cloud, 3 * len(TURNS), TURNS) as at:
        late = await _lateness(at, TURNS)
    return milliseconds(
        f"bolt's end → final state, the worst of {', '.join(f'{turn:g}' for turn in TURNS)} s",
        *map(max, late.values()),
    )


async def _lateness(at: Bench, turns: tuple[float, ...]) -> dict[str, list[float]]:
    """Let all contenders turn bolts side by side, and return how late each was for each bolt.

    That is the seconds from its end to the moment the contender knows where it is, infinite where
    it is done and takes the bolt to be elsewhere.
    """
    watch = Watch(at.hass)

    async def ours(door: Door, _: float) -> float:
        await lock_by_action(at.hass, door.entity_id)
        return watch.locked_at[door.entity_id]

    async def floor(door: Door, turn: float) -> float:
        """Look once, at the moment that nobody can know."""
        await at.bare.lock(door.lock_id)
        await asyncio.sleep(turn)
        await at.bare.get(f"my/lock/{door.lock_id}/sync")
        return time.monotonic()

    async def peers(door: Door, _: float) -> float:
        """Do as core's integration does: the command, then a sync."""
        await at.peer.lock(door.lock_id)
        await at.peer.sync()
        return time.monotonic() if at.peer.is_locked(door.lock_id) else math.inf

    share = list(batched(at.doors, len(turns), strict=True))
    known = await asyncio.gather(
        *(
            asyncio.gather(*map(work, doors, turns, strict=True))
            for work, doors in zip((ours, floor, peers), share, strict=True)
        )
    )
    watch.stop()
    return {
        name: [
            moment - at.cloud.ask(stopped_at, door.lock_id)
            for moment, door in zip(moments, doors, strict=True)
        ]
        for name, moments, doors in zip((OURS, BARE, PEER), known, share, strict=True)
    }
