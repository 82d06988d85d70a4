"""Commands: put to the cloud, followed to the end of the movement, judged by the bolt."""

import asyncio
from asyncio import sleep
from collections.abc import Iterator
from dataclasses import dataclass, replace
from http import HTTPStatus
from itertools import chain, repeat
from types import MappingProxyType
from typing import Final

from homeassistant.util.async_ import create_eager_task

from .api import (
    IN_MOTION,
    Command,
    Lock,
    LockState,
    TedeeAnswerError,
    TedeeAuthError,
    TedeeError,
    TedeeRateLimitError,
    TedeeStatusError,
)
from .attempts import SHORT_WAIT, async_attempt, may_be_done
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A command on its way; its operation, where the cloud keeps one; whether it was accepted."""

    before: Lock
    command: Command
    operation_id: str | None = None
    accepted: bool = True

    @property
    def movement(self) -> Movement:
        """What the command does to the bolt."""
        return MOVEMENTS[self.command]

    @property
    def is_there_already(self) -> bool:
        """Whether the bolt need not move, as far as is known."""
        return self.command is not Command.PULL and _is_fulfilled(self.before, self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Where the bolt is, whether its movement has surely ended, and the cloud's error code."""

    lock: Lock
    ended: bool
    error: int = 0


async def async_move(coordinator: TedeeCoordinator, serial: str, command: Command) -> None:
    """Carry out a command on a lock and return once its bolt is where it should be.

    Whoever asked may leave: the bolt is followed to its end all the same, so that its state ends
    true. Raises HomeAssistantError with a sentence where the bolt is not where it should be, or
    where that cannot be known.
    """
    name = coordinator.data[serial].name
    movement = coordinator.config_entry.async_create_background_task(
        coordinator.hass,
        _async_take_turn(coordinator, serial, name, command),
        name=f"{command} {name}",
    )
    movement.add_done_callback(lambda task: task.cancelled() or task.exception())
    await asyncio.wait([movement])
    if movement.cancelled():
        raise failed("interrupted", lock=name)
    movement.result()


async def _async_take_turn(
    coordinator: TedeeCoordinator, serial: str, name: str, command: Command
) -> None:
    """Wait until the lock is free and carry out the command."""
    async with coordinator.commanding(serial):
        if serial not in coordinator.data:
            raise failed("lock_not_found", lock=name)
        if command is Command.PULL and await _async_is_shut(coordinator, serial):
            await _async_carry_out(coordinator, serial, Command.UNLOCK)
        await _async_carry_out(coordinator, serial, command)


async def _async_is_shut(coordinator: TedeeCoordinator, serial: str) -> bool:
    """Ask whether the bolt is out, in which case pulling the spring would do nothing."""
    lock = coordinator.data[serial]
    with coordinator.telling(lock, COMMAND_SENTENCES):
        lock = await async_attempt(lambda: coordinator.async_ask(lock))
    coordinator.publish(lock)
    return _state(lock) not in MOVEMENTS[Command.PULL].fulfilled


async def _async_carry_out(coordinator: TedeeCoordinator, serial: str, command: Command) -> None:
    """Put one command to a lock and follow it to its end."""
    before = coordinator.data[serial]
    if _state(before) is LockState.UNCALIBRATED:
        raise refused("uncalibrated", lock=before.name)
    # The request goes out first: what is shown is not waited for.
    sending = create_eager_task(_async_send(coordinator, before, command))
    coordinator.publish(before.in_state(MOVEMENTS[command].on_the_way))
    after = before
    try:
        with coordinator.telling(before, COMMAND_SENTENCES):
            sent = await sending
            after = before.in_state(LockState.UNKNOWN)
            outcome = await _async_follow(coordinator, sent)
        after = outcome.lock
    finally:
        coordinator.publish(after)
    _judge(outcome, sent)


async def _async_send(coordinator: TedeeCoordinator, lock: Lock, command: Command) -> Sent:
    """Put a command to the cloud; only what surely was not done is sent again."""
    client = coordinator.client
    try:
        receipt = await async_attempt(lambda: client.command(lock.lock_id, command))
    except TedeeError as err:
        if not may_be_done(err):
            raise
        return Sent(before=lock, command=command, accepted=False)
    coordinator.remember_client()
    return Sent(before=lock, command=command, operation_id=receipt.operation_id)


async def _async_follow(coordinator: TedeeCoordinator, sent: Sent) -> Outcome:
    """Ask until the movement has ended or the deadline has passed, then where the bolt is.

    A question that fails is asked again in its turn.
    """
    doubted = None
    for pause in _pauses(sent):
        await sleep(pause)
        try:
            outcome = await _async_question(coordinator, sent)
        except TedeeAuthError:
            raise
        except TedeeError as err:
            if isinstance(err, TedeeRateLimitError) and err.retry_after > SHORT_WAIT:
                raise
            if isinstance(err, TedeeStatusError) and err.status == HTTPStatus.NOT_FOUND:
                sent = replace(sent, operation_id=None)
            continue
        if outcome and (outcome == doubted or not _is_doubtful(outcome, sent)):
            return outcome
        doubted = outcome
    try:
        return Outcome(lock=await _async_ask(coordinator, sent), ended=False)
    except TedeeError as err:
        raise failed("command_outcome_unknown", lock=sent.before.name) from err


async def _async_question(coordinator: TedeeCoordinator, sent: Sent) -> Outcome | None:
    """Return how the movement has ended, None while it has not.

    Where the cloud keeps no operations, the lock itself is asked.
    """
    if sent.operation_id is None:
        lock = await _async_ask(coordinator, sent)
        return Outcome(lock=lock, ended=True) if _has_ended(lock, sent) else None
    operation = await coordinator.client.get_operation(sent.operation_id)
    if not operation.completed:
        return None
    lock = await _async_ask(coordinator, sent)
    if _state(lock) in IN_MOTION:
        return None
    return Outcome(lock=lock, ended=True, error=operation.result or 0)


async def _async_ask(coordinator: TedeeCoordinator, sent: Sent) -> Lock:
    """Return the lock as it is now.

    Raises TedeeAnswerError for an answer that is older than what was known before the command.
    """
    lock = await coordinator.async_ask(sent.before)
    before = sent.before.status and sent.before.status.changed_at
    now = lock.status and lock.status.changed_at
    if before and now and now < before:
        raise TedeeAnswerError
    return lock


def _is_doubtful(outcome: Outcome, sent: Sent) -> bool:
    """Tell whether a movement completed well and changed nothing: the answer may be an old one."""
    return not (
        outcome.error or _is_fulfilled(outcome.lock, sent) or _has_changed(outcome.lock, sent)
    )


def _pauses(sent: Sent) -> Iterator[float]:
    """Return the pause before each question; a lock that is there already is asked at once."""
    deadline = DEADLINE
    if sent.command is Command.PULL:
        deadline += sent.before.pull_spring_duration
    if sent.is_there_already:
        yield 0.0
    waited = 0.0
    for pause in chain(QUESTION_PAUSES, repeat(QUESTION_PAUSES[-1])):
        waited += pause
        if waited > deadline:
            return
        yield pause


def _has_ended(lock: Lock, sent: Sent) -> bool:
    """Tell from a lock alone whether its movement has ended."""
    if lock.status is None:
        return True
    if lock.status.state in IN_MOTION:
        return False
    return _is_fulfilled(lock, sent) or _has_changed(lock, sent)


def _has_changed(lock: Lock, sent: Sent) -> bool:
    """Tell whether a lock has reported anything new since the command was put to it."""
    before = sent.before.status
    return lock.status is None or before is None or lock.status.changed_at != before.changed_at


def _judge(outcome: Outcome, sent: Sent) -> None:
    """Raise unless the bolt is where the command should have brought it."""
    lock = outcome.lock
    if not lock.connected or lock.status is None:
        raise failed("went_offline", lock=lock.name)
    if lock.status.state is LockState.SEMI_LOCKED and lock.status.change_failed:
        raise failed("jammed", lock=lock.name)
    if outcome.error:
        raise failed("movement_failed", lock=lock.name, code=str(outcome.error))
    if outcome.ended and _is_fulfilled(lock, sent):
        return
    if not sent.accepted:
        raise failed("command_outcome_unknown", lock=lock.name)
    raise failed("movement_fell_back" if outcome.ended else "movement_unfinished", lock=lock.name)


def _is_fulfilled(lock: Lock, sent: Sent) -> bool:
    """Tell whether a bolt is where the command should bring it.

    A lock is unlocked before and after its spring was pulled, so that has to be news.
    """
    if _state(lock) not in sent.movement.fulfilled:
        return False
    return (
        sent.command is not Command.PULL
        or _state(lock) is LockState.PULLED
        or _has_changed(lock, sent)
    )


def _state(lock: Lock) -> LockState:
    """Return where the bolt is."""
    return lock.status.state if lock.status else LockState.UNKNOWN
