"""Setting an account up, and what it keeps in memory."""

import json
from typing import Any, Final

from aiotedee import TedeeCloudClient  # type: ignore[import-not-found,unused-ignore]
from homeassistant.core import HomeAssistant

from .cloud import Cloud, arrivals, fill
from .contenders import BARE, OURS, PEER, bare, peer
from .home import add_account, home, remove_account
from .measure import costs, kept_bytes
from .table import Row, kibibytes, milliseconds

SIZES: Final = (1, 100)
ROUNDS: Final = 2
LIST: Final = "my/lock?ItemsPerPage=100&Page=1&IncludeAccessories=true"


async def account_rows(cloud: Cloud) -> list[Row]:
    """Measure a small account and a large one, and from their difference what a lock takes."""
    rows = [row for locks in SIZES for row in await _set_up_rows(cloud, locks)]
    small, large = [await _kept(cloud, locks) for locks in SIZES]
    each = [(more - less) / (SIZES[1] - SIZES[0]) for less, more in zip(small, large, strict=True)]
    return [*rows, kibibytes("memory for each lock; floor: its parsed JSON", *each)]


async def _set_up_rows(cloud: Cloud, locks: int) -> list[Row]:
    """Measure until an account is there, in a Home Assistant that has had one before."""
    cloud.ask(fill, locks)
    async with home() as hass, bare(cloud) as floor, peer(cloud) as client:

        async def fetch() -> None:
            json.loads(await floor.get(LIST))

        async def tidy() -> None:
            if hass.config_entries.async_entries():
                await remove_account(hass)

        works = {OURS: lambda: add_account(hass, cloud), BARE: fetch, PEER: client.get_locks}
        taken = await costs(works, rounds=ROUNDS, tidy=tidy)
        cloud.ask(arrivals)
        for work in works.values():
            await work()
        senders = [came.sender for came in cloud.ask(arrivals)]
    what = f"set-up, {locks} lock{'s' if locks > 1 else ''}: "
    asked = [sum(sender.startswith(name) for sender in senders) for name in works]
    return [
        milliseconds(
            f"{what}time; floor: request and parsing", *(taken[name].wall for name in works)
        ),
        Row(f"{what}requests", *asked),
    ]


async def _kept(cloud: Cloud, locks: int) -> tuple[int, int, int]:
    """Return the bytes that an account keeps: here, as parsed JSON, and in the peer."""
    cloud.ask(fill, locks)
    async with home() as hass, bare(cloud) as floor, peer(cloud) as client:
        await add_account(hass, cloud)
        await remove_account(hass)
        body = await floor.get(LIST)
        await floor.get("my/lock/sync", version="v1.32")

        async def ours() -> HomeAssistant:
            await add_account(hass, cloud)
            return hass

        async def parse() -> Any:  # noqa: ANN401  JSON
            return json.loads(body)

        async def peers() -> TedeeCloudClient:
            await client.get_locks()
            return client

        return await kept_bytes(ours), await kept_bytes(parse), await kept_bytes(peers)
