"""Run the demo: for a person until Ctrl-C, or, with --check, step by step without one."""

import argparse
import asyncio
import sys

from tests.simulator import TOKEN

from . import account, check, dashboard, home
from .errors import DemoError
from .processes import tail
from .stack import Stack, run

INTERRUPTED = 130


async def show(stack: Stack) -> None:
    """Set everything up, tell a person where it is, and stay."""
    result = await account.submit(stack.client, TOKEN, stack.cloud.url)
    if result.get("type") != "create_entry":
        raise DemoError(f"The account could not be added: {result}\n{tail(stack.home_log)}")
    await dashboard.make(stack.client, stack.cloud.url)
    print(
        f"""
  Home Assistant   {stack.client.url}
  User             {home.USER}
  Password         {home.PASSWORD}
  The door         {stack.cloud.url}/   (turn a bolt by hand, type a PIN, …)
  Logs             {stack.home_log.parent}/*.log

Ctrl-C stops everything.
"""
    )
    await asyncio.Event().wait()


def main() -> int:
    """Run the demo and return its exit code."""
    parser = argparse.ArgumentParser(prog="scripts/demo", description=__doc__)
    parser.add_argument("--check", action="store_true", help="take every step, without a person")
    try:
        if parser.parse_args().check:
            return 0 if run("check", check.take_every_step) else INTERRUPTED
        run("demo", show)
    except DemoError as err:
        print(f"\n{err}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
