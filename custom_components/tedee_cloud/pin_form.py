"""The form of a PIN: what stands in its fields, and what a person has made of them."""

from collections.abc import Mapping
from datetime import tzinfo
from typing import Any, Final

import voluptuous as vol
from homeassistant.helpers.selector import (
    DateSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
    TimeSelector,
)

from .api import DEFAULT_LENGTH, MAX_LENGTH, MIN_LENGTH, WEEK_DAYS, Pin
from .errors import refused
from .guests import ATTR_LOCKS
from .pin_fields import (
    ATTR_ALIAS,
    ATTR_CLEAR,
    ATTR_DAY_END_TIME,
    ATTR_DAY_START_TIME,
    ATTR_END_DATE,
    ATTR_LENGTH,
    ATTR_PIN,
    ATTR_START_DATE,
    ATTR_WEEK_DAYS,
    PIN_FIELDS,
    Fields,
    check_fields,
    pin_data,
)

type Values = dict[str, Any]
"""What stands in the fields of a form; an empty field is missing."""

ATTR_START_TIME: Final = "start_time"
ATTR_END_TIME: Final = "end_time"
TIME_OF: Final = {ATTR_START_DATE: ATTR_START_TIME, ATTR_END_DATE: ATTR_END_TIME}
"""A date without its time is meant from its beginning, or to its end."""

PASSWORD: Final = TextSelector(
    TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="new-password")
)
LENGTH: Final = NumberSelector(
    NumberSelectorConfig(min=MIN_LENGTH, max=MAX_LENGTH, step=1, mode=NumberSelectorMode.BOX)
)
WEEK: Final = SelectSelector(
    SelectSelectorConfig(
        options=list(WEEK_DAYS),
        multiple=True,
        mode=SelectSelectorMode.DROPDOWN,
        translation_key="week_day",
    )
)
CLEAR: Final = SelectSelector(
    SelectSelectorConfig(
        options=list(TIME_OF),
        multiple=True,
        mode=SelectSelectorMode.LIST,
        translation_key="schedule_field",
    )
)
"""In the browser, times and week days can be emptied, but not dates."""
ALIAS: Final = {vol.Required(ATTR_ALIAS): TextSelector()}
SCHEDULE: Final = {
    vol.Optional(ATTR_START_DATE): DateSelector(),
    vol.Optional(ATTR_START_TIME): TimeSelector(),
    vol.Optional(ATTR_END_DATE): DateSelector(),
    vol.Optional(ATTR_END_TIME): TimeSelector(),
    vol.Optional(ATTR_CLEAR): CLEAR,
    vol.Optional(ATTR_DAY_START_TIME): TimeSelector(),
    vol.Optional(ATTR_DAY_END_TIME): TimeSelector(),
    vol.Optional(ATTR_WEEK_DAYS): WEEK,
}
EDIT_SCHEMA: Final = vol.Schema({**ALIAS, vol.Optional(ATTR_PIN): PASSWORD, **SCHEDULE})

FIELD_OF: Final = {
    "alias_blank": ATTR_ALIAS,
    "alias_exists": ATTR_ALIAS,
    "day_time_alone": ATTR_DAY_END_TIME,
    "day_times_equal": ATTR_DAY_END_TIME,
    "end_date_before_start": ATTR_END_DATE,
    "end_date_in_past": ATTR_END_DATE,
    "no_lock_chosen": ATTR_LOCKS,
    "pin_blank": ATTR_PIN,
    "pin_digits": ATTR_PIN,
    "pin_exists": ATTR_PIN,
    "pin_length": ATTR_PIN,
    "pin_sequence": ATTR_PIN,
    "pin_variety": ATTR_PIN,
}
"""Which field a sentence is about; all others are about the whole form."""


def choice(labels: Mapping[str, str], *, multiple: bool = False) -> SelectSelector:
    """Return the selector of one or more things by their labels."""
    options = [SelectOptionDict(value=value, label=label) for value, label in labels.items()]
    return SelectSelector(
        SelectSelectorConfig(options=options, multiple=multiple, mode=SelectSelectorMode.LIST)
    )


def new_schema(locks: Mapping[str, str]) -> vol.Schema:
    """Return the form of a new PIN, which asks for locks where there is a choice."""
    which = {vol.Required(ATTR_LOCKS): choice(locks, multiple=True)} if len(locks) > 1 else {}
    digits = {
        vol.Optional(ATTR_PIN): PASSWORD,
        vol.Required(ATTR_LENGTH, default=DEFAULT_LENGTH): LENGTH,
    }
    return vol.Schema({**ALIAS, **which, **digits, **SCHEDULE})


def new_fields(values: Values) -> Fields:
    """Return the fields of a new PIN, each checked for itself.

    Raises ServiceValidationError for the first that breaks a rule.
    """
    given = {field: value for field, value in _fields(values).items() if value}
    digits = {} if ATTR_PIN in given else {ATTR_LENGTH: values[ATTR_LENGTH]}
    return check_fields({ATTR_ALIAS: "", **given, **digits})


def shown_values(pin: Pin, zone: tzinfo) -> Values:
    """Return what stands in the form of a PIN that is there; digits do not."""
    values: Values = {**pin_data(0, pin, zone, reveal=False)}
    for day, clock in TIME_OF.items():
        if moment := values[day]:
            values[day], _, rest = moment.partition("T")
            values[clock] = rest[: len("15:00:00")]
    return {field: value for field, value in values.items() if value}


def changed_fields(shown: Values, values: Values) -> Fields:
    """Return the fields that a person has changed, checked; None for one that was emptied.

    What nobody touched is not sent back, as the form does not show parts of seconds.
    """
    before, after = _fields(shown), _fields(values)
    return check_fields({field: after[field] for field in after if after[field] != before[field]})


def _fields(values: Values) -> Values:
    """Return what stands in a form under the names of an action's fields, None for nothing."""
    fields = {field: values.get(field) or None for field in PIN_FIELDS}
    for day, clock in TIME_OF.items():
        if day in values.get(ATTR_CLEAR, ()):
            fields[day] = None
        elif time := values.get(clock):
            if not fields[day]:
                raise refused("time_without_date")
            fields[day] = f"{fields[day]} {time}"
    return fields
