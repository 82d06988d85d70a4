"""Measure everything and print the table, or, with --profile, where the time goes."""

import argparse
import asyncio
import os
import platform
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import chain
from typing import Final

from homeassistant.const import __version__ as home_assistant

from .accounts import account_rows
from .cloud import Cloud
from .commands import command_rows
from .pins import pin_rows
from .polls import poll_rows
from .profiles import show_profiles
from .table import HEADER, Row

PARTS: Final[dict[str, Callable[[Cloud], Awaitable[list[Row]]]]] = {
    "commands": command_rows,
    "polls": poll_rows,
    "accounts": account_rows,
    "PINs": pin_rows,
}


async def show_table(cloud: Cloud) -> None:
    """Measure part after part, then print all rows at once."""
    rows = []
    for name, measure in PARTS.items():
        print(f"Measuring {name} …", file=sys.stderr)
        rows.append(await measure(cloud))
    versions = {
        "Python": platform.python_version(),
        "Home Assistant": home_assistant,
        "aiohttp": version("aiohttp"),
        "aiotedee": version("aiotedee"),
    }
    print(*HEADER, *chain.from_iterable(rows), sep="\n")
    print(
        f"\n{datetime.now(UTC):%Y-%m-%d}, {', '.join(map(' '.join, versions.items()))}, "
        f"{os.cpu_count()} processors with a load of {os.getloadavg()[0]:.1f}; `scripts/bench`"
    )


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("--profile", action="store_true", help="where the time goes")
    show = show_profiles if parser.parse_args().profile else show_table
    with Cloud.running() as cloud:
        asyncio.run(show(cloud))


if __name__ == "__main__":
    main()
