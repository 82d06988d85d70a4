"""Run the simulated cloud on its own: python -m tests.simulator [--host H] [--port P] [--fast]."""

import argparse
import asyncio
import signal
import sys

from .account import EXPIRED_TOKEN, READ_ONLY_TOKEN
from .server import Simulator
from .settings import Settings

FAST = 20
PORT = 8321


def main() -> None:
    """Run until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=PORT)
    parser.add_argument("--fast", action="store_true", help=f"bolts move {FAST} times as fast")
    arguments = parser.parse_args()
    try:
        asyncio.run(_serve(arguments.host, arguments.port, fast=arguments.fast))
    except OSError as err:
        sys.exit(f"The simulated cloud cannot listen: {err.strerror}")


async def _serve(host: str, port: int, *, fast: bool) -> None:
    settings = Settings(limits=True, pin_seconds=0.5 / FAST if fast else 0.5)
    settings.speed = FAST if fast else 1
    sim = Simulator(demo=True, settings=settings)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await sim.start(port, host=host)
    sys.stdout.write(
        f"Simulated Tedee cloud: {sim.url}\n"
        f"  key:           {sim.token}\n"
        f"  read-only key: {READ_ONLY_TOKEN}\n"
        f"  expired key:   {EXPIRED_TOKEN}\n"
        f"  the door:      {sim.url}/\n"
        "Ctrl-C stops it.\n"
    )
    sys.stdout.flush()
    await stop.wait()
    await sim.stop()


if __name__ == "__main__":
    main()
