"""Stores a PIN on one or more locks: looks first, writes side by side, takes back what must go."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from enum import StrEnum
from http import HTTPStatus
from typing import Any, Final

from homeassistant.exceptions import HomeAssistantError

from .api import (
    Pin,
    PinList,
    Priority,
    TedeeError,
    TedeeOutcomeUnknownError,
    TedeeStatusError,
    TedeeUnfinishedError,
    draw_pin,
)
from .errands import IsGone
from .errors import (
    PIN_CREATE_SENTENCES,
    PIN_WRITE_SENTENCES,
    failed,
    refused,
)
from .journal import Entry, Intent, Journal
from .pin_fields import ATTR_ALIAS, ATTR_PIN, Fields, changed_pin
from .targets import Target

DRAWS: Final = 5
"""How often digits are drawn: among 100 PINs of 6 digits, one draw in 10,000 is taken."""


class IfExists(StrEnum):
    """What to do where a lock has a PIN of this name."""

    FAIL = "fail"
    UPDATE = "update"
    KEEP = "keep"


class Result(StrEnum):
    """What was done to a lock."""

    CREATED = "created"
    UPDATED = "updated"
    KEPT = "kept"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A PIN that locks are to have; without digits, some are drawn.

    `fields_in` returns its schedule's fields for a lock in a zone.
    """

    alias: str
    fields_in: Callable[[tzinfo], Fields]
    digits: str | None = field(default=None, repr=False)
    length: int
    if_exists: IfExists
    all_or_nothing: bool = False

    def changed(self, pin: Pin, digits: str, zone: tzinfo) -> Pin:
        """Return a PIN as it is wished for."""
        fields = {**self.fields_in(zone), ATTR_ALIAS: self.alias, ATTR_PIN: digits}
        return changed_pin(pin, fields, zone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A lock before the PIN is stored: its list, and the PIN if it is there.

    `new` is what the PIN will be where it is not, without its digits.
    """

    target: Target
    known: PinList
    pin_id: int | None = None
    pin: Pin | None = None
    new: Pin | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What has become of the PIN on a lock; without a result, why.

    `pin` is what the lock holds, or may hold: `in_doubt` tells that it may, without a result.
    """

    pin_id: int | None = None
    pin: Pin | None = None
    result: Result | None = None
    error: HomeAssistantError | None = None
    in_doubt: bool = False

    @property
    def is_possible(self) -> bool:
        """Whether the lock holds the PIN, or may hold it for all that is known."""
        return self.result is not None or self.in_doubt


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """The outcome on all locks, by the names of their targets."""

    digits: str | None = field(repr=False)
    were_drawn: bool
    places: Mapping[str, Held]


async def async_store(targets: Mapping[str, Target], wish: Wish, is_gone: IsGone) -> Stored:
    """Let every lock have a PIN.

    `is_gone` tells at the end whether whoever asked has left without the answer: new digits would
    be known to nobody, so everything is taken back.
    """
    async with AsyncExitStack() as stack:
        # Always in the same order, so that no two calls wait for each other.
        for target in sorted(targets.values(), key=lambda target: target.lock.serial):
            await stack.enter_async_context(target.keypad.queue)
        looked = await _async_on_each(targets, lambda _, target: _async_look(target, wish))
        found = {name: look for name, look in looked.items() if isinstance(look, Found)}
        places = {name: look for name, look in looked.items() if isinstance(look, Held)}
        if (places and wish.all_or_nothing) or is_gone():
            return Stored(
                digits=None,
                were_drawn=False,
                places={
                    name: places.get(name) or _left_alone(target)
                    for name, target in targets.items()
                },
            )
        async with _journaled(found.values(), wish):
            stored = await _async_write_all(found, wish)
            places |= stored.places
            if wish.all_or_nothing and any(held.error for held in places.values()):
                places |= await _async_take_back_all(found, places, wish)
        # As late as can be: from here on the answer is as good as given.
        if is_gone():
            async with _journaled(found.values(), wish):
                places |= await _async_take_back_all(found, places, wish)
                if any(held.is_possible for held in places.values()):
                    raise asyncio.CancelledError  # nobody is told; the journal keeps what is left
        return replace(stored, places={name: places[name] for name in targets})


def the_one(found: list[int], target: Target, alias: str) -> int | None:
    """Return the id of the PIN with a name, None where there is none; refuse several."""
    if len(found) > 1:
        ids = ", ".join(map(str, found))
        raise refused("alias_ambiguous", lock=target.lock.name, alias=alias, ids=ids)
    return found[0] if found else None


async def _async_on_each[T, U](
    items: Mapping[str, T], work: Callable[[str, T], Coroutine[Any, Any, U]]
) -> dict[str, U]:
    """Do a work for all items side by side."""
    results = await asyncio.gather(*(work(name, item) for name, item in items.items()))
    return dict(zip(items, results, strict=True))


async def _async_look(target: Target, wish: Wish) -> Found | Held:
    """Find out whether a lock has the PIN; without a result, why it cannot have it."""
    try:
        known = await target.async_list()
        if wish.if_exists is IfExists.FAIL:
            target.check_is_free(wish.alias, known)
        pin_id = the_one(known.named(wish.alias), target, wish.alias)
        if pin_id is None:
            new = wish.changed(Pin(alias=wish.alias, pin=""), "", target.zone)
            return Found(target=target, known=known, new=new)
        if wish.if_exists is IfExists.KEEP and wish.digits is not None:
            return Found(target=target, known=known, pin_id=pin_id)
        return Found(target=target, known=known, pin_id=pin_id, pin=await target.async_get(pin_id))
    except HomeAssistantError as err:
        return Held(error=err)


@asynccontextmanager
async def _journaled(found: Iterable[Found], wish: Wish) -> AsyncGenerator[None]:
    """Keep in the journals of all accounts which PINs are about to be new."""
    entries: dict[Journal, list[Entry]] = {}
    for look in found:
        if look.pin_id is None:
            entry = Entry(
                intent=Intent.CREATE,
                serial=look.target.lock.serial,
                alias=wish.alias,
                ids=tuple(look.known.ids),
                limits=look.new,
            )
            entries.setdefault(look.target.coordinator.kept.journal, []).append(entry)
    async with AsyncExitStack() as stack:
        for journal, lines in entries.items():
            await stack.enter_async_context(journal.writing(lines))
        yield


async def _async_write_all(found: Mapping[str, Found], wish: Wish) -> Stored:
    """Let all locks have the same digits; where one refuses drawn digits as taken, draw others."""
    places = {name: Held(pin_id=look.pin_id, pin=look.pin) for name, look in found.items()}
    digits = wish.digits or next((look.pin.pin for look in found.values() if look.pin), None)
    if digits is not None:
        places = await _async_write_round(found, places, wish, digits)
        return Stored(digits=digits, were_drawn=False, places=places)
    for _ in range(DRAWS):
        digits = draw_pin(wish.length)
        places = await _async_write_round(found, places, wish, digits)
        if not any(map(_is_taken, places.values())):
            break
    return Stored(digits=digits, were_drawn=True, places=places)


async def _async_write_round(
    found: Mapping[str, Found], places: Mapping[str, Held], wish: Wish, digits: str
) -> dict[str, Held]:
    """Let all locks have the digits but those that failed, unless they only had them taken."""
    again = {
        name: look
        for name, look in found.items()
        if places[name].error is None or _is_taken(places[name])
    }
    return {
        **places,
        **await _async_on_each(
            again, lambda name, look: _async_write(look, places[name], wish, digits)
        ),
    }


async def _async_write(look: Found, held: Held, wish: Wish, digits: str) -> Held:
    """Let a lock have the PIN, which may be there from before or from an earlier draw."""
    target = look.target
    if look.pin_id is not None and wish.if_exists is IfExists.KEEP:
        return replace(held, result=Result.KEPT)
    held = replace(held, error=None)
    before = held.pin or Pin(alias=wish.alias, pin=digits)
    try:
        pin = wish.changed(before, digits, target.zone)
        if held.pin_id is None:
            held = Held(pin=pin)
            with target.telling(PIN_CREATE_SENTENCES):
                pin_id = await target.keypad.async_create(pin, look.known)
            return replace(held, pin_id=pin_id, result=Result.CREATED)
        if pin.opens_like(before):
            return replace(held, result=held.result or Result.KEPT)
        with target.telling(PIN_WRITE_SENTENCES):
            await target.keypad.async_replace(held.pin_id, pin)
        return replace(held, pin=pin, result=held.result or Result.UPDATED)
    except HomeAssistantError as err:
        in_doubt = isinstance(err.__cause__, (TedeeOutcomeUnknownError, TedeeUnfinishedError))
        held = replace(held, error=err, in_doubt=in_doubt)
        return held if held.is_possible else replace(held, pin=None)


async def _async_take_back_all(
    found: Mapping[str, Found], places: Mapping[str, Held], wish: Wish
) -> dict[str, Held]:
    """Leave all locks as they were found."""
    return await _async_on_each(
        found, lambda name, look: _async_take_back(look, places[name], wish)
    )


async def _async_take_back(look: Found, held: Held, wish: Wish) -> Held:
    """Leave a lock as it was found."""
    lock = look.target.lock
    try:
        if not await _async_undo(look, held):
            return held
    except TedeeError:
        key = "pin_left_behind" if look.pin_id is None else "pin_not_put_back"
        return replace(held, error=failed(key, lock=lock.name, alias=wish.alias))
    if held.error is None:
        return _left_alone(look.target)
    return Held(error=failed("pin_unfinished", lock=lock.name) if held.in_doubt else held.error)


async def _async_undo(look: Found, held: Held) -> bool:
    """Put the PIN back as it was, or remove it if it was not there.

    Return whether that is done: one in doubt that is not there to be removed may come yet.
    """
    if not held.is_possible or held.result is Result.KEPT:
        return True
    keypad, pin_id = look.target.keypad, held.pin_id
    if look.pin_id is not None and look.pin is not None:
        await keypad.async_replace(look.pin_id, look.pin, Priority.COMMAND)
        return True
    if pin_id is None and held.pin is not None:
        pin_id = await keypad.async_find(held.pin, look.known)
    if pin_id is not None:
        await keypad.async_delete(pin_id, Priority.COMMAND)
    return pin_id is not None


def _left_alone(target: Target) -> Held:
    """Return what is said of a lock that did not refuse and has no PIN all the same."""
    return Held(error=failed("pin_taken_back", lock=target.lock.name))


def _is_taken(held: Held) -> bool:
    """Tell whether a lock refused the digits because another of its PINs has them."""
    cause = held.error.__cause__ if held.error else None
    return isinstance(cause, TedeeStatusError) and cause.status == HTTPStatus.NOT_ACCEPTABLE
