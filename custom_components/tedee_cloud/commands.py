"""Commands: put to the cloud, followed to the end of the movement, judged by the bolt."""

import asyncio
from asyncio import sleep
from dataclasses import replace
from http import HTTPStatus
from time import monotonic
from typing import Final

from homeassistant.exceptions import HomeAssistantError
from homeassistant.util.async_ import create_eager_task

from .api import (
    IN_MOTION,
    Command,
    Lock,
    LockState,
    Operation,
    TedeeAnswerError,
    TedeeAuthError,
    TedeeError,
    TedeeRateLimitError,
    TedeeStatusError,
)
from .attempts import async_attempt, may_be_done
from .const import SYNC_INTERVAL_MIN
from .coordinator import TedeeCoordinator
from .errors import COMMAND_SENTENCES, FOLLOW_SENTENCES, failed, refused, translated
from .movement import MOVEMENTS, Outcome, Sent, state_of
from .patience import Patience
from .questions import in_time

UNANSWERED: Final = 2
"""Questions about an operation that fail in a row until the lock alone is asked."""


async def async_move(coordinator: TedeeCoordinator, serial: str, command: Command) -> None:
    """Carry out a command on a lock and return once its bolt is where it should be.

    Whoever asked may leave: the bolt is followed to its end all the same, so that its state ends
    true. Raises HomeAssistantError with a sentence where the bolt is not where it should be, or
    where that cannot be known. Where Home Assistant stops, nobody is left to be told.
    """
    name = coordinator.data[serial].name
    movement = coordinator.config_entry.async_create_background_task(
        coordinator.hass,
        _async_take_turn(coordinator, serial, name, command),
        name=f"{command} {name}",
    )
    movement.add_done_callback(lambda task: task.cancelled() or task.exception())
    await asyncio.wait([movement])
    if movement.cancelled() and not coordinator.hass.is_stopping:
        raise failed("interrupted", lock=name)
    movement.result()


async def _async_take_turn(
    coordinator: TedeeCoordinator, serial: str, name: str, command: Command
) -> None:
    """Wait until the lock is free and carry out the command."""
    async with coordinator.commanding(serial):
        lock = coordinator.data.get(serial)
        if lock is None:
            raise failed("lock_not_found", lock=name)
        if command is Command.PULL:
            lock = await _async_ask_first(coordinator, lock)
            if state_of(lock) not in MOVEMENTS[command].fulfilled:
                lock = await _async_carry_out(coordinator, lock, Command.UNLOCK)
        await _async_carry_out(coordinator, lock, command)


async def _async_ask_first(coordinator: TedeeCoordinator, lock: Lock) -> Lock:
    """Return a lock as it is now: behind a bolt that is out, a spring would be pulled in vain."""
    since = monotonic()
    coordinator.publish(lock.in_state(MOVEMENTS[Command.PULL].on_the_way))
    try:
        with coordinator.telling(lock, COMMAND_SENTENCES):
            return await async_attempt(
                lambda: coordinator.async_ask(lock, since), wait=SYNC_INTERVAL_MIN
            )
    except BaseException:
        coordinator.publish(coordinator.told_meanwhile(lock))
        raise


async def _async_carry_out(coordinator: TedeeCoordinator, before: Lock, command: Command) -> Lock:
    """Put one command to a lock, follow it to its end and return the lock as it is then."""
    if state_of(before) is LockState.UNCALIBRATED:
        coordinator.publish(before)
        raise refused("uncalibrated", lock=before.name)
    # The request goes out first: what is shown is not waited for.
    sending = create_eager_task(_async_send(coordinator, before, command))
    coordinator.publish(before.in_state(MOVEMENTS[command].on_the_way))
    after = None
    try:
        with coordinator.telling(before, COMMAND_SENTENCES):
            sent = await sending
            after = before.in_state(LockState.UNKNOWN)
            outcome = await _Follower(coordinator, sent).async_follow()
        after = outcome.lock
    finally:
        coordinator.publish(after or coordinator.told_meanwhile(before))
    _judge(outcome, sent)
    return outcome.lock


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
    return Sent(
        before=lock,
        command=command,
        operation_id=receipt.operation_id,
        changed_at=receipt.changed_at,
    )


class _Follower:
    """Asks what becomes of a command: its operation, or the lock alone where that tells nothing."""

    def __init__(self, coordinator: TedeeCoordinator, sent: Sent) -> None:
        """Take the command."""
        self._coordinator = coordinator
        self._sent = sent
        self._since = monotonic()
        self._ended: Operation | None = None
        self._unanswered = 0

    async def async_follow(self) -> Outcome:
        """Ask until the movement has ended or the deadline has passed, then where the bolt is.

        A question that fails is asked again in its turn.
        """
        sent = self._sent
        patience = Patience(
            at_once=sent.is_there_already,
            longer=sent.before.pull_spring_duration if sent.command is Command.PULL else 0,
        )
        doubted = None
        for pause in patience:
            await sleep(pause)
            try:
                outcome = await self._async_outcome()
            except TedeeAuthError:
                raise
            except TedeeError as err:
                if isinstance(err, TedeeRateLimitError) and not patience.wait(err.retry_after):
                    raise self._lost(err) from err
                if self._unanswered >= UNANSWERED or _is_not_found(err):
                    self._sent = replace(self._sent, operation_id=None)
                continue
            if outcome and (outcome == doubted or not self._sent.is_doubtful(outcome)):
                return outcome
            doubted = outcome
        try:
            lock = await self._async_lock()
        except TedeeError as err:
            raise self._lost(err) from err
        told_by_lock = self._sent.operation_id is None
        return Outcome(lock=lock, ended=told_by_lock and self._sent.has_ended(lock))

    async def _async_outcome(self) -> Outcome | None:
        """Return how the movement has ended, None while it has not."""
        sent = self._sent
        if sent.operation_id is None:
            lock = await self._async_lock()
            return Outcome(lock=lock, ended=True) if sent.has_ended(lock) else None
        operation = self._ended or await self._async_operation(sent.operation_id)
        if not operation.completed:
            return None
        self._ended = operation
        lock = await self._async_lock()
        if state_of(lock) in IN_MOTION:
            return None
        return Outcome(lock=lock, ended=True, error=operation.result or 0)

    async def _async_operation(self, operation_id: str) -> Operation:
        """Return how far the command has come, and count how often that could not be learnt."""
        self._unanswered += 1
        async with in_time():
            operation = await self._coordinator.client.get_operation(operation_id)
        self._unanswered = 0
        return operation

    async def _async_lock(self) -> Lock:
        """Return the lock as it is now.

        Raises TedeeAnswerError for an answer that is older than what was known before the command.
        """
        since, self._since = self._since, monotonic()
        lock = await self._coordinator.async_ask(self._sent.before, since)
        if self._sent.is_older(lock):
            raise TedeeAnswerError
        return lock

    def _lost(self, err: TedeeError) -> HomeAssistantError:
        """Return the sentence for a command of which nobody tells how it has ended."""
        name = self._sent.before.name
        if self._sent.accepted and isinstance(err, TedeeRateLimitError):
            return translated(err, FOLLOW_SENTENCES, lock=name)
        return failed("command_outcome_unknown", lock=name)


def _judge(outcome: Outcome, sent: Sent) -> None:
    """Raise unless the bolt is where the command should have brought it."""
    lock = outcome.lock
    if not lock.connected or lock.status is None:
        raise failed("went_offline", lock=lock.name)
    if lock.status.state is LockState.SEMI_LOCKED and lock.status.change_failed:
        raise failed("jammed", lock=lock.name)
    if outcome.error:
        raise failed("movement_failed", lock=lock.name, code=str(outcome.error))
    if outcome.ended and sent.is_fulfilled(lock):
        return
    if not sent.accepted:
        raise failed("command_outcome_unknown", lock=lock.name)
    raise failed("movement_fell_back" if outcome.ended else "movement_unfinished", lock=lock.name)


def _is_not_found(err: TedeeError) -> bool:
    """Tell whether the cloud does not know what it was asked for."""
    return isinstance(err, TedeeStatusError) and err.status == HTTPStatus.NOT_FOUND
