"""Where the time goes: the functions that a poll and a command spend most in."""

import cProfile
import pstats
from typing import Final
from unittest.mock import patch

from .cloud import Cloud, fill, put_locked, turn_one
from .home import DOMAIN, coordinator_of, home_with_account, lock_by_action

RUNS: Final = 50
LOCKS: Final = 500
LINES: Final = 35


async def show_profiles(cloud: Cloud) -> None:
    """Print profiles of polls of a large account, and of commands."""
    doors = cloud.ask(fill, LOCKS)
    async with home_with_account(cloud) as hass:
        poll = coordinator_of(hass).async_refresh
        with patch(f"custom_components.{DOMAIN}.coordinator.SYNC_INTERVAL_MIN", 0):
            await poll()
            still, moved, commands = (cProfile.Profile() for _ in range(3))
            for _ in range(RUNS):
                with still:
                    await poll()
                cloud.ask(turn_one)
                with moved:
                    await poll()
    doors = cloud.ask(fill, 1)
    cloud.ask(put_locked)
    async with home_with_account(cloud) as hass:
        for _ in range(RUNS):
            with commands:
                await lock_by_action(hass, doors[0].entity_id)
    for title, profile in (
        (f"{RUNS} polls of {LOCKS} locks where nothing has changed", still),
        (f"{RUNS} polls of {LOCKS} locks where one bolt has moved", moved),
        (f"{RUNS} commands to a lock that is locked", commands),
    ):
        print(f"\n{title}\n")
        stats = pstats.Stats(profile).strip_dirs()
        stats.sort_stats("tottime").print_stats(LINES)
        stats.sort_stats("cumulative").print_stats(LINES)
