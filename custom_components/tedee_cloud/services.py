"""PIN actions: name, schema and work side by side, registered by one loop."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import voluptuous as vol
from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.service import async_register_admin_service

from .const import DOMAIN
from .errands import async_see_through
from .errors import async_combined, async_sentence, refused
from .guests import async_add_guest, guest_response, locks_response, stay_fields
from .pin_actions import (
    ATTR_ALL_OR_NOTHING,
    ATTR_CURRENT_ALIAS,
    ATTR_ERROR,
    ATTR_IF_EXISTS,
    ATTR_PIN_ID,
    ATTR_REVEAL,
    Answer,
    Answers,
    Serve,
    async_create_pin,
    async_delete_pin,
    async_get_pin,
    async_get_pins,
    async_update_pin,
    on_each,
)
from .pin_fields import (
    ATTR_ALIAS,
    ATTR_ARRIVAL,
    ATTR_CLEAR,
    ATTR_DEPARTURE,
    ATTR_EARLY,
    ATTR_END_DATE,
    ATTR_LATE,
    ATTR_LENGTH,
    ATTR_PIN,
    ATTR_START_DATE,
    ATTR_WEEK_DAYS,
    PIN_FIELDS,
    SCHEDULE_FIELDS,
    Fields,
    check_fields,
    check_schedule,
)
from .pin_store import IfExists
from .targets import Target, async_targets

WEEK_DAYS_SHAPE: Final = vol.Any(None, vol.All(cv.ensure_list, [cv.string]))
SCHEDULE_SHAPE: Final = {
    vol.Optional(field): WEEK_DAYS_SHAPE if field == ATTR_WEEK_DAYS else object
    for field in SCHEDULE_FIELDS
}
"""Dates and times are judged by their rules, which have sentences; a schema's errors have none."""
DIGITS_SHAPE: Final = {
    vol.Exclusive(ATTR_PIN, "digits"): object,
    vol.Exclusive(ATTR_LENGTH, "digits"): object,
    vol.Optional(ATTR_ALL_OR_NOTHING, default=False): cv.boolean,
}
"""A PIN is given, or drawn with so many digits."""


def _one_of(alias: str) -> dict[vol.Marker, Any]:
    """Return the fields that say which PIN: its id or its name, and not both."""
    return {
        vol.Exclusive(ATTR_PIN_ID, "which"): cv.positive_int,
        vol.Exclusive(alias, "which"): cv.string,
    }


def _not_given_and_cleared(data: dict[str, Any]) -> dict[str, Any]:
    """Refuse a field that is to be set and cleared at once."""
    if both := data.keys() & set(data.get(ATTR_CLEAR, ())):
        raise vol.Invalid(f"set and cleared at once: {sorted(both)}")  # noqa: TRY003  no class for it
    return data


def _revealing_new_digits(data: dict[str, Any]) -> dict[str, Any]:
    """Let the response tell digits that nobody wrote like this: drawn ones, or a number's."""
    return {**data, ATTR_REVEAL: not isinstance(data.get(ATTR_PIN), str)}


def _check_schedule(target: Target, data: Fields) -> None:
    """Refuse a schedule that cannot be stored as it was given."""
    check_schedule(data, target.zone)


def _check_dates(target: Target, data: Fields) -> None:
    """Refuse dates that cannot go together whatever the PIN holds now."""
    dates = {field: data[field] for field in (ATTR_START_DATE, ATTR_END_DATE) if field in data}
    _check_schedule(target, dates)


def _check_stay(target: Target, data: Fields) -> None:
    """Refuse a stay that ends before it begins, or has ended."""
    _check_schedule(target, stay_fields(data, target.zone))


def _as_they_are(answers: Mapping[str, Answer]) -> dict[str, Any]:
    """Return the answers of the locks as the response."""
    return dict(answers)


@dataclass(frozen=True, slots=True, kw_only=True)
class PinAction:
    """An action on the PINs of the locks it is for.

    `check` refuses bad input before any lock is asked, `serve` does the work, and `response` makes
    what is said of the locks into the response. `draws` tells of digits that nobody gave.
    """

    name: str
    schema: vol.Schema
    serve: Serve
    check: Callable[[Target, Fields], None] = lambda _, __: None
    response: Callable[[Mapping[str, Answer]], dict[str, Any]] = _as_they_are
    supports_response: SupportsResponse = SupportsResponse.OPTIONAL
    draws: bool = False


ACTIONS: Final = (
    PinAction(
        name="get_pins",
        schema=vol.Schema(cv.make_entity_service_schema({})),
        serve=on_each(async_get_pins),
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
        serve=on_each(async_get_pin),
        supports_response=SupportsResponse.ONLY,
    ),
    PinAction(
        name="create_pin",
        schema=vol.Schema(
            vol.All(
                cv.make_entity_service_schema(
                    {
                        vol.Required(ATTR_ALIAS): cv.string,
                        **DIGITS_SHAPE,
                        **SCHEDULE_SHAPE,
                        vol.Optional(ATTR_IF_EXISTS, default=IfExists.FAIL.value): vol.In(
                            [choice.value for choice in IfExists]
                        ),
                    }
                ),
                _revealing_new_digits,
            )
        ),
        serve=async_create_pin,
        check=_check_schedule,
        draws=True,
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
        serve=on_each(async_update_pin),
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
        serve=on_each(async_delete_pin),
    ),
    PinAction(
        name="add_guest",
        schema=vol.Schema(
            cv.make_entity_service_schema(
                {
                    vol.Required(ATTR_ALIAS): cv.string,
                    vol.Required(ATTR_ARRIVAL): object,
                    vol.Required(ATTR_DEPARTURE): object,
                    vol.Optional(ATTR_EARLY, default=0): object,
                    vol.Optional(ATTR_LATE, default=0): object,
                    **DIGITS_SHAPE,
                }
            )
        ),
        serve=async_add_guest,
        check=_check_stay,
        response=guest_response,
        draws=True,
    ),
    PinAction(
        name="remove_guest",
        schema=vol.Schema(cv.make_entity_service_schema({vol.Required(ATTR_ALIAS): cv.string})),
        serve=on_each(async_delete_pin),
        response=locks_response,
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
    if action.draws and ATTR_PIN not in data and not call.return_response:
        raise refused("response_needed")
    named = await async_targets(hass, call)
    targets = {name: target for name, target in named.items() if isinstance(target, Target)}
    answers: Answers = {
        name: err for name, err in named.items() if isinstance(err, HomeAssistantError)
    }
    for target in targets.values():
        action.check(target, data)
    if targets and not (answers and data.get(ATTR_ALL_OR_NOTHING)):
        answers |= await async_see_through(
            hass, action.name, lambda is_gone: action.serve(targets, data, is_gone)
        )
    answers = {name: answers[name] for name in named if name in answers}
    failures = {name: err for name, err in answers.items() if isinstance(err, HomeAssistantError)}
    if failures and (not call.return_response or len(failures) == len(answers)):
        raise await async_combined(hass, failures)
    if not call.return_response:
        return None
    return action.response({name: await _async_worded(hass, answers[name]) for name in answers})


async def _async_worded(hass: HomeAssistant, answer: Answer | HomeAssistantError) -> Answer:
    """Return what is said of a lock, with its error as a sentence."""
    if isinstance(answer, HomeAssistantError):
        return {ATTR_ERROR: await async_sentence(hass, answer)}
    if error := answer.get(ATTR_ERROR):
        return {**answer, ATTR_ERROR: await async_sentence(hass, error)}
    return answer
