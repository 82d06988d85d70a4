"""What the PIN actions do: on each lock for itself, or on all locks of a call together."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any, Final

from homeassistant.exceptions import HomeAssistantError
from homeassistant.util.async_ import create_eager_task

from .api import DEFAULT_LENGTH, PinList
from .errands import IsGone
from .errors import refused
from .pin_fields import (
    ATTR_ALIAS,
    ATTR_LENGTH,
    ATTR_PIN,
    SCHEDULE_FIELDS,
    Fields,
    pin_data,
)
from .pin_store import IfExists, Stored, Wish, async_store, the_one
from .targets import Target

ATTR_ALL_OR_NOTHING: Final = "all_or_nothing"
ATTR_CURRENT_ALIAS: Final = "current_alias"
ATTR_ERROR: Final = "error"
ATTR_IF_EXISTS: Final = "if_exists"
ATTR_PIN_ID: Final = "pin_id"
ATTR_RESULT: Final = "result"
ATTR_REVEAL: Final = "reveal"

type Answer = dict[str, Any]
"""What an action has to say of a lock; an error in it still has to be put into words."""
type Answers = dict[str, Answer | HomeAssistantError]
type Serve = Callable[[Mapping[str, Target], Fields, IsGone], Coroutine[Any, Any, Answers]]


def on_each(handler: Callable[[Target, Fields], Awaitable[Answer]]) -> Serve:
    """Return the work of an action that serves its locks side by side, each for itself."""

    async def serve(target: Target, data: Fields) -> Answer | HomeAssistantError:
        try:
            async with target.keypad.queue:
                await target.async_finish()
                return await handler(target, data)
        except HomeAssistantError as err:
            return err

    async def serve_all(targets: Mapping[str, Target], data: Fields, _: IsGone) -> Answers:
        # Begun at once, so that calls queue up in the order in which they were made.
        work = [create_eager_task(serve(target, data)) for target in targets.values()]
        answers = await asyncio.gather(*work)
        return dict(zip(targets, answers, strict=True))

    return serve_all


async def async_get_pins(target: Target, _: Fields) -> Answer:
    """Return which PINs a lock has."""
    pin_list = await target.async_list()
    return {
        "list_version": pin_list.list_version,
        "pins": [{ATTR_PIN_ID: pin.pin_id, ATTR_ALIAS: pin.alias} for pin in pin_list.pins],
    }


async def async_get_pin(target: Target, data: Fields) -> Answer:
    """Return a PIN with its schedule."""
    pin_id = data.get(ATTR_PIN_ID)
    if pin_id is None:
        pin_id = _id_of(data[ATTR_ALIAS], await target.async_list(), target)
    pin = await target.async_get(pin_id)
    return {**pin_data(pin_id, pin, target.zone, reveal=data[ATTR_REVEAL])}


async def async_update_pin(target: Target, data: Fields) -> Answer:
    """Change what was given of a PIN."""
    known, pin_id = None, data.get(ATTR_PIN_ID)
    if pin_id is None:
        known = await target.async_list()
        pin_id = _id_of(data[ATTR_CURRENT_ALIAS], known, target)
    await target.async_change(pin_id, await target.async_get(pin_id), data, known)
    return {ATTR_PIN_ID: pin_id}


async def async_delete_pin(target: Target, data: Fields) -> Answer:
    """Remove a PIN; one that is gone already is as good as removed."""
    pin_id, alias = data.get(ATTR_PIN_ID), data.get(ATTR_ALIAS)
    if alias is not None:
        pin_id = the_one((await target.async_list()).named(alias), target, alias)
    return {"deleted": pin_id is not None and await target.async_delete(pin_id)}


async def async_create_pin(targets: Mapping[str, Target], data: Fields, is_gone: IsGone) -> Answers:
    """Store a PIN on all locks, with digits that were given or with drawn ones."""
    stored = await async_store(targets, new_wish(data), is_gone)
    return answers_of(stored, reveal=data[ATTR_REVEAL])


def new_wish(data: Fields) -> Wish:
    """Return the wish for a new PIN, with digits that were given or to be drawn."""
    schedule = {name: data[name] for name in SCHEDULE_FIELDS if name in data}
    return Wish(
        alias=data[ATTR_ALIAS],
        fields_in=lambda _: schedule,
        digits=data.get(ATTR_PIN),
        length=data.get(ATTR_LENGTH, DEFAULT_LENGTH),
        if_exists=IfExists(data.get(ATTR_IF_EXISTS, IfExists.FAIL)),
        all_or_nothing=data.get(ATTR_ALL_OR_NOTHING, False),
    )


def answers_of(stored: Stored, *, reveal: bool) -> Answers:
    """Return what there is to say of each lock.

    An error is an answer of its own unless the lock may hold digits that nobody else knows.
    """
    answers: Answers = {}
    for name, held in stored.places.items():
        pin = {ATTR_PIN: held.pin.pin} if reveal and held.pin else {}
        if held.error is None:
            answers[name] = {ATTR_PIN_ID: held.pin_id, ATTR_RESULT: str(held.result), **pin}
        elif stored.were_drawn and held.is_possible:
            answers[name] = {ATTR_ERROR: held.error, **pin}
        else:
            answers[name] = held.error
    return answers


def _id_of(alias: str, known: PinList, target: Target) -> int:
    """Return the id of the one PIN with a name."""
    pin_id = the_one(known.named(alias), target, alias)
    if pin_id is None:
        raise refused("alias_not_found", lock=target.lock.name, alias=alias)
    return pin_id
