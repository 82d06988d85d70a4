"""Guests: a stay in one call, whose PIN moves with it and keeps its digits."""

from collections.abc import Mapping
from datetime import timedelta, tzinfo
from typing import Any, Final

from .api import DEFAULT_LENGTH
from .errands import IsGone
from .pin_actions import (
    ATTR_ALL_OR_NOTHING,
    ATTR_ERROR,
    Answer,
    Answers,
    answers_of,
)
from .pin_fields import (
    ATTR_ALIAS,
    ATTR_ARRIVAL,
    ATTR_DEPARTURE,
    ATTR_EARLY,
    ATTR_END_DATE,
    ATTR_LATE,
    ATTR_LENGTH,
    ATTR_PIN,
    ATTR_START_DATE,
    Fields,
    Side,
    as_instant,
)
from .pin_store import IfExists, Wish, async_store
from .targets import Target

ATTR_LOCKS: Final = "locks"


def stay_fields(data: Fields, zone: tzinfo) -> Fields:
    """Return the PIN fields of a stay in a zone, with the minutes before and after it."""
    early, late = (timedelta(minutes=data[name]) for name in (ATTR_EARLY, ATTR_LATE))
    return {
        ATTR_START_DATE: as_instant(data[ATTR_ARRIVAL], Side.START, zone, -early),
        ATTR_END_DATE: as_instant(data[ATTR_DEPARTURE], Side.END, zone, late),
    }


async def async_add_guest(targets: Mapping[str, Target], data: Fields, is_gone: IsGone) -> Answers:
    """Let a guest in for the length of a stay; one who is known keeps the digits."""
    wish = Wish(
        alias=data[ATTR_ALIAS],
        fields_in=lambda zone: stay_fields(data, zone),
        digits=data.get(ATTR_PIN),
        length=data.get(ATTR_LENGTH, DEFAULT_LENGTH),
        if_exists=IfExists.UPDATE,
        all_or_nothing=data[ATTR_ALL_OR_NOTHING],
    )
    return answers_of(await async_store(targets, wish, is_gone), reveal=True)


def guest_response(answers: Mapping[str, Answer]) -> dict[str, Any]:
    """Return a guest's digits and what was done on each lock.

    A lock that holds other digits, because new ones could not be written, names them itself.
    """
    ordered = sorted(answers.values(), key=lambda answer: ATTR_ERROR in answer)
    pin = next((answer[ATTR_PIN] for answer in ordered if ATTR_PIN in answer), None)
    return {
        ATTR_PIN: pin,
        ATTR_LOCKS: {
            name: {key: value for key, value in answer.items() if (key, value) != (ATTR_PIN, pin)}
            for name, answer in answers.items()
        },
    }


def locks_response(answers: Mapping[str, Answer]) -> dict[str, Any]:
    """Return what was done on each lock."""
    return {ATTR_LOCKS: dict(answers)}
