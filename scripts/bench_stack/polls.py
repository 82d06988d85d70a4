"""Polls of small and large accounts, where nothing has changed and where one bolt has moved."""

import json
from statistics import median
from typing import Final
from unittest.mock import patch

from .cloud import Cloud, fill, turn_one
from .contenders import bare, peer
from .home import DOMAIN, Watch, coordinator_of, home_with_account
from .measure import Cost, Work, cost, costs, peak_bytes
from .table import Row, kibibytes, milliseconds

SIZES: Final = (1, 10, 100, 500)
MOVEMENTS: Final = 20


async def poll_rows(cloud: Cloud) -> list[Row]:
    """Measure polls of accounts of all sizes."""
    with patch(f"custom_components.{DOMAIN}.coordinator.SYNC_INTERVAL_MIN", 0):
        return [row for locks in SIZES for row in await _rows(cloud, locks)]


async def _rows(cloud: Cloud, locks: int) -> list[Row]:
    """Measure polls of one account."""
    cloud.ask(fill, locks)
    async with home_with_account(cloud) as hass, bare(cloud) as floor, peer(cloud) as client:
        poll = coordinator_of(hass).async_refresh
        await client.get_locks()
        body = await floor.get("my/lock/sync")
        peer_body = await floor.get("my/lock/sync", version="v1.32")

        async def fetch() -> None:
            json.loads(await floor.get("my/lock/sync"))

        async def parse() -> object:
            return json.loads(body)

        still = await costs(
            {"poll": poll, "peer": client.sync, "fetch": fetch, "parse": parse}, rounds=1
        )
        peaks = [await peak_bytes(work) for work in (poll, fetch, client.sync)]
        moved = [await _cost_after_movement(cloud, poll) for _ in range(MOVEMENTS)]
        watch = Watch(hass)
        await poll()
        still_writes = watch.writes
        await _cost_after_movement(cloud, poll)
        watch.stop()
    what = f"poll, {locks} lock{'s' if locks > 1 else ''}: "
    return [
        milliseconds(
            f"{what}time; floor: request and parsing",
            still["poll"].wall,
            still["fetch"].wall,
            still["peer"].wall,
        ),
        milliseconds(
            f"{what}processor time; floor: parsing",
            still["poll"].cpu,
            still["parse"].cpu,
            still["peer"].cpu,
        ),
        milliseconds(
            f"{what}processor time when one bolt has moved",
            median(one.cpu for one in moved),
            still["parse"].cpu,
        ),
        kibibytes(f"{what}answer", len(body), len(body), len(peer_body)),
        kibibytes(f"{what}memory at its peak; floor: request and parsing", *peaks),
        Row(f"{what}states written", still_writes, 0),
        Row(
            f"{what}states written when one bolt has moved; floor: changed",
            watch.writes - still_writes,
            watch.changes,
        ),
    ]


async def _cost_after_movement(cloud: Cloud, poll: Work) -> Cost:
    """Turn a bolt by hand, and return what the poll that notices it takes."""
    cloud.ask(turn_one)
    return await cost(poll)
