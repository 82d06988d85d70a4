"""PIN actions: name, schema and handler side by side, registered by one loop."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Any, Final

import voluptuous as vol
from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.service import async_register_admin_service

from .api import Pin, PinList, TedeeStatusError
from .const import DOMAIN
from .errors import (
    PIN_CREATE_SENTENCES,
    PIN_LIST_SENTENCES,
    PIN_SENTENCES,
    PIN_WRITE_SENTENCES,
    async_sentence,
    failed,
    refused,
)
from .pin_fields import (
    ATTR_ALIAS,
    ATTR_END_DATE,
    ATTR_PIN,
    ATTR_START_DATE,
    ATTR_WEEK_DAYS,
    PIN_FIELDS,
    SCHEDULE_FIELDS,
    Fields,
    changed_pin,
    check_fields,
    new_pin,
    pin_data,
)
from .targets import Target, async_targets

ATTR_CLEAR: Final = "clear"
ATTR_CURRENT_ALIAS: Final = "current_alias"
ATTR_PIN_ID: Final = "pin_id"
ATTR_REVEAL: Final = "reveal"

type Answer = dict[str, Any]
"""What an action returns for one lock."""

WEEK_DAYS_SHAPE: Final = vol.Any(None, vol.All(cv.ensure_list, [cv.string]))
SCHEDULE_SHAPE: Final = {
    vol.Optional(field): WEEK_DAYS_SHAPE if field == ATTR_WEEK_DAYS else object
    for field in SCHEDULE_FIELDS
}
"""Dates and times are judged by their rules, which have sentences; a schema's errors have none."""


def _one_of(alias: str) -> dict[vol.Marker, Any]:
    """Return the fields that say which PIN: its id or its name, and not both."""
    return {
        vol.Exclusive(ATTR_PIN_ID, "which"): cv.positive_int,
        vol.Exclusive(alias, "which"): cv.string,
    }


def _not_given_and_cleared(data: Answer) -> Answer:
    """Refuse a field that is to be set and cleared at once."""
    if both := data.keys() & set(data.get(ATTR_CLEAR, ())):
        raise vol.Invalid(f"set and cleared at once: {sorted(both)}")  # noqa: TRY003  no class for it
    return data


async def _async_list(target: Target) -> PinList:
    """Return the PIN list of a lock."""
    with target.coordinator.telling(target.lock, PIN_LIST_SENTENCES):
        return await target.coordinator.client.get_pins(target.lock.lock_id)


async def _async_find(target: Target, alias: str) -> int | None:
    """Return the id of the PIN with a name, None where there is none."""
    found = [pin.pin_id for pin in (await _async_list(target)).pins if pin.alias == alias]
    if len(found) > 1:
        ids = ", ".join(map(str, sorted(found)))
        raise refused("alias_ambiguous", lock=target.lock.name, alias=alias, ids=ids)
    return found[0] if found else None


async def _async_read(target: Target, data: Fields, alias_field: str) -> tuple[int, Pin]:
    """Return the PIN that an action names, with its id."""
    pin_id = data.get(ATTR_PIN_ID)
    if pin_id is None:
        pin_id = await _async_find(target, data[alias_field])
    if pin_id is None:
        raise refused("alias_not_found", lock=target.lock.name, alias=data[alias_field])
    with target.coordinator.telling(target.lock, PIN_SENTENCES):
        return pin_id, await target.coordinator.client.get_pin(target.lock.lock_id, pin_id)


async def _async_get_pins(target: Target, _: Fields) -> Answer:
    """Return which PINs a lock has."""
    pin_list = await _async_list(target)
    return {
        "list_version": pin_list.list_version,
        "pins": [{ATTR_PIN_ID: pin.pin_id, ATTR_ALIAS: pin.alias} for pin in pin_list.pins],
    }


async def _async_get_pin(target: Target, data: Fields) -> Answer:
    """Return a PIN with its schedule."""
    pin_id, pin = await _async_read(target, data, ATTR_ALIAS)
    return {**pin_data(pin_id, pin, target.zone, reveal=data[ATTR_REVEAL])}


async def _async_create_pin(target: Target, data: Fields) -> Answer:
    """Store a new PIN."""
    pin = new_pin(data, target.zone)
    with target.coordinator.telling(target.lock, PIN_CREATE_SENTENCES):
        pin_id = await target.coordinator.client.create_pin(target.lock.lock_id, pin)
    return {ATTR_PIN_ID: pin_id}


async def _async_update_pin(target: Target, data: Fields) -> Answer:
    """Change what was given of a PIN: the cloud replaces it as a whole, so the rest goes along."""
    pin_id, pin = await _async_read(target, data, ATTR_CURRENT_ALIAS)
    pin = changed_pin(pin, data, target.zone)
    with target.coordinator.telling(target.lock, PIN_WRITE_SENTENCES):
        await target.coordinator.client.update_pin(target.lock.lock_id, pin_id, pin)
    return {ATTR_PIN_ID: pin_id}


async def _async_delete_pin(target: Target, data: Fields) -> Answer:
    """Remove a PIN; one that is gone already is as good as removed."""
    pin_id = data.get(ATTR_PIN_ID)
    if pin_id is None:
        pin_id = await _async_find(target, data[ATTR_ALIAS])
    if pin_id is None:
        return {"deleted": False}
    with target.coordinator.telling(target.lock, PIN_WRITE_SENTENCES):
        try:
            await target.coordinator.client.delete_pin(target.lock.lock_id, pin_id)
        except TedeeStatusError as err:
            # A missing lock is answered alike, and its PIN would still open the door.
            if err.status != HTTPStatus.NOT_FOUND or pin_id in await _async_ids(target):
                raise
            return {"deleted": False}
    return {"deleted": True}


async def _async_ids(target: Target) -> set[int]:
    """Return the ids of all PINs of a lock."""
    return {pin.pin_id for pin in (await _async_list(target)).pins}


def _check_dates(target: Target, data: Fields) -> None:
    """Refuse dates that cannot go together whatever the PIN holds now."""
    dates = {field: data[field] for field in (ATTR_START_DATE, ATTR_END_DATE) if field in data}
    changed_pin(Pin(alias="", pin=""), dates, target.zone)


def _check_new_pin(target: Target, data: Fields) -> None:
    """Refuse a PIN that cannot be stored as it was given."""
    new_pin(data, target.zone)


@dataclass(frozen=True, slots=True, kw_only=True)
class PinAction:
    """An action on the PINs of each lock it is for.

    `check` refuses bad input before any lock is asked; `handler` does the work for one lock.
    """

    name: str
    schema: vol.Schema
    handler: Callable[[Target, Fields], Awaitable[Answer]]
    check: Callable[[Target, Fields], None] = lambda _, __: None
    supports_response: SupportsResponse = SupportsResponse.OPTIONAL


ACTIONS: Final = (
    PinAction(
        name="get_pins",
        schema=vol.Schema(cv.make_entity_service_schema({})),
        handler=_async_get_pins,
        supports_response=SupportsResponse.ONLY,
    ),
    PinAction(
        name="get_pin",
        schema=vol.Schema(
            vol.All(
                cv.make_entity_service_schema(
                    {**_one_of(ATTR_ALIAS), vol.Optional(ATTR_REVEAL, default=False): cv.boolean}
                ),
                cv.has_at_least_one_key(ATTR_PIN_ID, ATTR_ALIAS),
            )
        ),
        handler=_async_get_pin,
        supports_response=SupportsResponse.ONLY,
    ),
    PinAction(
        name="create_pin",
        schema=vol.Schema(
            cv.make_entity_service_schema(
                {
                    vol.Required(ATTR_ALIAS): cv.string,
                    vol.Required(ATTR_PIN): object,
                    **SCHEDULE_SHAPE,
                }
            )
        ),
        handler=_async_create_pin,
        check=_check_new_pin,
    ),
    PinAction(
        name="update_pin",
        schema=vol.Schema(
            vol.All(
                cv.make_entity_service_schema(
                    {
                        **_one_of(ATTR_CURRENT_ALIAS),
                        vol.Optional(ATTR_ALIAS): vol.Any(None, cv.string),
                        vol.Optional(ATTR_PIN): object,
                        **SCHEDULE_SHAPE,
                        vol.Optional(ATTR_CLEAR): vol.All(
                            cv.ensure_list, [vol.In(SCHEDULE_FIELDS)]
                        ),
                    }
                ),
                cv.has_at_least_one_key(ATTR_PIN_ID, ATTR_CURRENT_ALIAS),
                cv.has_at_least_one_key(*PIN_FIELDS, ATTR_CLEAR),
                _not_given_and_cleared,
            )
        ),
        handler=_async_update_pin,
        check=_check_dates,
    ),
    PinAction(
        name="delete_pin",
        schema=vol.Schema(
            vol.All(
                cv.make_entity_service_schema(_one_of(ATTR_ALIAS)),
                cv.has_at_least_one_key(ATTR_PIN_ID, ATTR_ALIAS),
            )
        ),
        handler=_async_delete_pin,
    ),
)


@callback
def async_register_actions(hass: HomeAssistant) -> None:
    """Register the PIN actions, for administrators and automations alone."""
    for action in ACTIONS:
        async_register_admin_service(
            hass,
            DOMAIN,
            action.name,
            partial(_async_call, hass, action),
            action.schema,
            action.supports_response,
        )


async def _async_call(hass: HomeAssistant, action: PinAction, call: ServiceCall) -> ServiceResponse:
    """Carry out an action on every lock of its target.

    Every lock is tried. Where any failed, the call raises with each lock and its reason, unless
    somebody waits for the answers of those that did not.
    """
    data = {
        **call.data,
        **check_fields(call.data),
        **dict.fromkeys(call.data.get(ATTR_CLEAR, ())),
    }
    targets = await async_targets(hass, call)
    for target in targets.values():
        if isinstance(target, Target):
            action.check(target, data)
    answers = dict(
        zip(
            targets,
            await asyncio.gather(
                *(_async_serve(action, target, data) for target in targets.values())
            ),
            strict=True,
        )
    )
    failures = {name: err for name, err in answers.items() if isinstance(err, HomeAssistantError)}
    if failures and (not call.return_response or len(failures) == len(answers)):
        raise await _async_combined(hass, failures)
    if not call.return_response:
        return None
    return {
        name: {"error": await async_sentence(hass, answer)}
        if isinstance(answer, HomeAssistantError)
        else answer
        for name, answer in answers.items()
    }


async def _async_serve(
    action: PinAction, target: Target | HomeAssistantError, data: Fields
) -> Answer | HomeAssistantError:
    """Return what an action has to say of one lock, or why it has nothing."""
    if isinstance(target, HomeAssistantError):
        return target
    try:
        async with target.coordinator.pin_queues[target.lock.serial]:
            return await action.handler(target, data)
    except HomeAssistantError as err:
        return err


async def _async_combined(
    hass: HomeAssistant, failures: dict[str, HomeAssistantError]
) -> HomeAssistantError:
    """Return one exception for all failures of a call."""
    if len(failures) == 1:
        return next(iter(failures.values()))
    sentences = [f"{name}: {await async_sentence(hass, err)}" for name, err in failures.items()]
    own_fault = all(isinstance(err, ServiceValidationError) for err in failures.values())
    return (refused if own_fault else failed)("several_failed", reasons=" ".join(sentences))
