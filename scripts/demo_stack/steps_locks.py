"""Steps: move the front door's bolt, and follow it here and behind the cloud's counter."""

import asyncio
from http import HTTPStatus

from .errors import DemoError
from .steps import LOCK, NAME, Check, expect

MOVE_SECONDS = 30  # several times what the slowest movement and its confirmation take


async def unlock(check: Check) -> str:
    """Unlock the front door."""
    return await _move(check, "unlock", ["unlocking", "unlocked"], bolt="unlocked")


async def lock(check: Check) -> str:
    """Lock the front door."""
    return await _move(check, "lock", ["locking", "locked"], bolt="locked")


async def open_locked(check: Check) -> str:
    """Open the front door while it is locked."""
    seen = await _move(check, "open", ["opening", "open"], bolt="pulled")
    await _follow(check, "unlocked")
    return f"{seen}; then the spring went back: unlocked"


async def _move(check: Check, action: str, last_states: list[str], bolt: str) -> str:
    """Perform an action and expect these states at the end of the way."""
    while not check.changes.empty():
        check.changes.get_nowait()
    async with asyncio.TaskGroup() as tasks:
        following = tasks.create_task(_follow(check, last_states[-1]))
        answer = await check.stack.client.action(f"lock.{action}", {"entity_id": LOCK})
        expect(f"HTTP status ({answer.sentence})", answer.status, HTTPStatus.OK)
    seen, behind = following.result()
    expect(f"the end of the way {seen}", seen[-len(last_states) :], last_states)
    expect("the simulator's bolt", behind, bolt)
    return f"{' → '.join(seen)}; the simulator's bolt: {behind}"


async def _follow(check: Check, final: str) -> tuple[list[str], str]:
    """Collect the lock's states up to the final one, and look at the bolt at that moment."""
    seen: list[str] = []
    try:
        async with asyncio.timeout(MOVE_SECONDS):
            while final not in seen:
                change = (await check.changes.get())["data"]
                if change["entity_id"] == LOCK and seen[-1:] != [change["new_state"]["state"]]:
                    seen.append(change["new_state"]["state"])
    except TimeoutError:
        raise DemoError(f"never became {final}, only {seen}") from None
    return seen, (await check.stack.cloud.lock(NAME))["state"]
