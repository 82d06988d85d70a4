"""Commands: put to the cloud, followed to the end of the movement, judged by the bolt."""

from asyncio import sleep
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from itertools import chain, repeat
from types import MappingProxyType
from typing import Final

from .api import (
    Command,
    Lock,
    LockState,
    TedeeAnswerError,
    TedeeClient,
    TedeeError,
    TedeeNoAnswerError,
    TedeeStatusError,
)
from .coordinator import TedeeCoordinator
from .errors import COMMAND_SENTENCES, failed, refused

QUESTION_PAUSES: Final = (2.0, 1.2, 1.5, 2.0, 3.0, 4.0)
"""Seconds between questions: the usual movement of up to 3 s has ended by the second one."""
DEADLINE: Final = 20.0
"""Seconds after which no more questions are asked; the lock itself gives up after 9."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """What a command does to a bolt: the state on the way and the states that fulfil it."""

    on_the_way: LockState
    fulfilled: frozenset[LockState]


MOVEMENTS: Final = MappingProxyType(
    {
        Command.LOCK: Movement(
            on_the_way=LockState.LOCKING, fulfilled=frozenset({LockState.LOCKED})
        ),
        Command.UNLOCK: Movement(
            on_the_way=LockState.UNLOCKING,
            fulfilled=frozenset({LockState.UNLOCKED, LockState.PULLED}),
        ),
        Command.PULL: Movement(
            on_the_way=LockState.PULLING,
            fulfilled=frozenset({LockState.UNLOCKED, LockState.PULLED}),
        ),
    }
)
IN_MOTION: Final = frozenset(movement.on_the_way for movement in MOVEMENTS.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Where the bolt is, whether its movement has surely ended, and the cloud's error code."""

    lock: Lock
    ended: bool
    error: int = 0


async def async_move(coordinator: TedeeCoordinator, serial: str, command: Command) -> None:
    """Carry out a command on a lock and return once its bolt is where it should be.

    Raises HomeAssistantError with a sentence where it is not, or where that cannot be known.
    """
    async with coordinator.commanding(serial):
        if command is Command.PULL and await _async_is_shut(coordinator, serial):
            await _async_move(coordinator, serial, Command.UNLOCK)
        await _async_move(coordinator, serial, command)


async def _async_is_shut(coordinator: TedeeCoordinator, serial: str) -> bool:
    """Ask whether the bolt is out, in which case pulling the spring would do nothing."""
    lock = coordinator.data[serial]
    with coordinator.telling(lock, COMMAND_SENTENCES):
        lock = lock.synced(await coordinator.client.sync_lock(lock.lock_id))
    coordinator.publish(lock)
    return _state(lock) not in MOVEMENTS[Command.PULL].fulfilled


async def _async_move(coordinator: TedeeCoordinator, serial: str, command: Command) -> None:
    """Put one command to a lock and follow it to its end."""
    client = coordinator.client
    before = coordinator.data[serial]
    if _state(before) is LockState.UNCALIBRATED:
        raise refused("uncalibrated", lock=before.name)
    coordinator.publish(before.in_state(MOVEMENTS[command].on_the_way))
    accepted = False
    with coordinator.telling(before, COMMAND_SENTENCES):
        try:
            receipt = await client.command(before.lock_id, command)
            accepted = True
            coordinator.remember_client()
            outcome = await _async_follow(client, before, command, receipt.operation_id)
        except TedeeError as err:
            unknown = accepted or isinstance(err, (TedeeNoAnswerError, TedeeAnswerError))
            coordinator.publish(await _async_truth(client, before) if unknown else before)
            raise
    coordinator.publish(outcome.lock)
    _judge(outcome, command)


async def _async_follow(
    client: TedeeClient, before: Lock, command: Command, operation_id: str | None
) -> Outcome:
    """Ask until the movement has ended or the deadline has passed, then where the bolt is.

    Where the cloud keeps no operations, the lock itself is asked.
    """
    lock = before
    for pause in _pauses(before, command):
        await sleep(pause)
        if operation_id is not None:
            try:
                operation = await client.get_operation(operation_id)
            except TedeeStatusError as err:
                if err.status != HTTPStatus.NOT_FOUND:
                    raise
                operation_id = None
            else:
                if operation.completed:
                    lock = lock.synced(await client.sync_lock(lock.lock_id))
                    return Outcome(lock=lock, ended=True, error=operation.result or 0)
                continue
        lock = lock.synced(await client.sync_lock(lock.lock_id))
        if _has_ended(lock, before, command):
            return Outcome(lock=lock, ended=True)
    return Outcome(lock=lock.synced(await client.sync_lock(lock.lock_id)), ended=False)


def _pauses(before: Lock, command: Command) -> Iterator[float]:
    """Return the pause before each question; a lock that is there already is asked at once."""
    movement = MOVEMENTS[command]
    deadline = DEADLINE
    if command is Command.PULL:
        deadline += before.pull_spring_duration
    elif _state(before) in movement.fulfilled:
        yield 0.0
    waited = 0.0
    for pause in chain(QUESTION_PAUSES, repeat(QUESTION_PAUSES[-1])):
        waited += pause
        if waited > deadline:
            return
        yield pause


def _has_ended(lock: Lock, before: Lock, command: Command) -> bool:
    """Tell from a lock alone whether its movement has ended."""
    if lock.status is None:
        return True
    if lock.status.state in IN_MOTION:
        return False
    changed = before.status is None or lock.status.changed_at != before.status.changed_at
    if command is Command.PULL:
        return changed or lock.status.state is LockState.PULLED
    return changed or lock.status.state in MOVEMENTS[command].fulfilled


async def _async_truth(client: TedeeClient, lock: Lock) -> Lock:
    """Return the lock as it is, with an unknown state where that cannot be learnt."""
    try:
        return lock.synced(await client.sync_lock(lock.lock_id))
    except TedeeError:
        return lock.in_state(LockState.UNKNOWN)


def _judge(outcome: Outcome, command: Command) -> None:
    """Raise unless the bolt is where the command should have brought it."""
    lock = outcome.lock
    state = _state(lock)
    if not lock.connected or lock.status is None:
        raise failed("went_offline", lock=lock.name)
    if state is LockState.SEMI_LOCKED and lock.status.change_failed:
        raise failed("jammed", lock=lock.name)
    if outcome.error:
        raise failed("movement_failed", lock=lock.name, code=str(outcome.error))
    # Unlocked is a lock before and after its spring was pulled: only the operation tells which.
    told_by_state = command is not Command.PULL or state is LockState.PULLED
    if state in MOVEMENTS[command].fulfilled and (outcome.ended or told_by_state):
        return
    raise failed("movement_fell_back" if outcome.ended else "movement_unfinished", lock=lock.name)


def _state(lock: Lock) -> LockState:
    """Return where the bolt is."""
    return lock.status.state if lock.status else LockState.UNKNOWN
