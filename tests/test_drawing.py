"""Drawn digits: within the vendor's rules, hard to guess, and from a source nobody can foresee."""

import secrets
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise, product
from random import Random
from typing import Any
from unittest.mock import patch

import pytest
from homeassistant.core import HomeAssistant
from hypothesis import example, given
from hypothesis import strategies as st

from custom_components.tedee_cloud.api import draw_pin, pin_digits
from custom_components.tedee_cloud.api.drawing import COMMON, is_guessable

from .common import act, add_account
from .simulator import SimLock, Simulator

LENGTHS = range(5, 9)
DIGITS = "0123456789"
GOOD = {5: "68970", 6: "829173", 7: "8291736", 8: "82917364"}
"""Digits that break no rule, one row for each length."""


def fed(*draws: str) -> Any:
    """Let the source of chance give these digits one after the other."""
    source: Iterator[str] = iter("".join(draws))
    return patch.object(secrets, "choice", lambda _: next(source))


# --- What is never drawn ----------------------------------------------------------------------

AGAINST_THE_RULES = [
    *("11111", "000000", "7777777", "99999999"),
    *("11112", "87787", "121212", "778787", "1111222", "89898989"),
    *("12345", "012345", "2345678", "12345678", "54321", "987654", "9876543", "87654321"),
]
MONOTONIC = [
    "13579",
    "02468",
    "11235",
    "112358",
    "0011223",
    "97531",
    "98631",
    "8643210",
    "99887766",
]
REPEATED = ["123123", "918918", "82918291", "27272727", "1231231", "4774774", "12312312"]
DOUBLED = ["112277", "99448800"]
MIRRORED = ["82928", "829928", "8291928", "82911928"]
DATES = [
    *("11289", "31290", "90131", "13112"),  # d.mm.yy, dd.m.yy
    *("240587", "052487", "870524", "311299", "010100"),
    *("2451987", "1992513", "1271955", "1987524"),
    *("24051987", "05241987", "19870524", "20260704", "31122099"),
]
WELL_KNOWN = ["14725", "25800", "147258", "159753", "314159", "8675309", "10203040", "31415926"]


@pytest.mark.parametrize(
    "guessable",
    [*AGAINST_THE_RULES, *MONOTONIC, *REPEATED, *DOUBLED, *MIRRORED, *DATES, *WELL_KNOWN],
)
def test_what_is_easily_guessed_is_drawn_again(guessable: str) -> None:
    """Whatever chance brings first, the next good digits are taken, and those as they came."""
    good = GOOD[len(guessable)]
    with fed(guessable, good):
        assert draw_pin(len(guessable)) == good


@pytest.mark.parametrize("length", LENGTHS)
def test_nothing_else_is_drawn_again(length: int) -> None:
    """The first digits that break no rule are taken."""
    with fed(GOOD[length], "no second draw"):
        assert draw_pin(length) == GOOD[length]


WAYS = [
    "".join(parts)
    for day, month, year in product(("%d", "%-d"), ("%m", "%-m"), ("%y", "%Y"))
    for parts in ((day, month, year), (month, day, year), (year, month, day))
]
"""With and without zeros, with two or four digits for the year, in any usual order."""


@given(st.dates(date(1900, 1, 1), date(2099, 12, 31)), st.sampled_from(WAYS))
@example(date(2000, 2, 29), "%Y%m%d")
@example(date(1905, 1, 2), "%-d%-m%y")
def test_no_date_of_two_centuries_is_drawn(day: date, way: str) -> None:
    """However people type it."""
    digits = day.strftime(way)
    if len(digits) in LENGTHS:
        assert is_guessable(digits)


def test_days_all_through_two_centuries_are_dates() -> None:
    """Every eleventh day, in all ways that come to a length a PIN can have."""
    first = date(1900, 1, 1)
    days = [first + timedelta(days=number) for number in range(0, 73049, 11)]
    assert days[-1] == date(2099, 12, 23)

    written = {day.strftime(way) for day in days for way in WAYS}

    assert [digits for digits in written if len(digits) > 4 and not is_guessable(digits)] == []


@pytest.mark.parametrize(
    "digits", ["329917", "991340", "449917", "18003171", "24052187", "2400199", "68970", "48533"]
)
def test_what_is_no_date_may_be_drawn(digits: str) -> None:
    """A day 32, a month 13, a year that nobody living has seen."""
    assert not is_guessable(digits)


def test_the_common_list_holds_what_would_be_drawn_otherwise() -> None:
    """Each of its lines keeps the vendor's rules; the list of a guesser begins with them."""
    assert {len(digits) for digits in COMMON} == set(LENGTHS)
    for digits in COMMON:
        assert pin_digits(digits) == digits


# --- What is drawn ----------------------------------------------------------------------------


@given(st.sampled_from(LENGTHS), st.integers())
def test_every_draw_keeps_every_rule(length: int, seed: int) -> None:
    """Judged by rules that are written anew here, whatever chance brings."""
    chance = Random(seed)  # noqa: S311  what Hypothesis finds has to come again
    with patch.object(secrets, "choice", chance.choice):
        digits = draw_pin(length)

    steps = {int(after) - int(before) for before, after in pairwise(digits)}
    assert len(digits) == length
    assert set(digits) <= set(DIGITS)
    assert len(set(digits)) >= 3
    assert min(steps) < 0 < max(steps)
    assert digits != digits[::-1]
    assert all(digits != (digits[:size] * length)[:length] for size in range(1, length // 2 + 1))
    assert digits not in COMMON


@pytest.mark.parametrize("length", LENGTHS)
def test_every_digit_comes_from_secrets_on_its_own(length: int) -> None:
    """Ten digits stand to choose each time; nothing but `secrets` chooses."""
    asked: list[str] = []

    def choose(among: list[str]) -> str:
        asked.append("".join(sorted(among)))
        return GOOD[length][len(asked) - 1]

    with patch.object(secrets, "choice", choose):
        draw_pin(length)

    assert asked == [DIGITS] * length


@pytest.mark.parametrize(("length", "share"), [(5, 0.25), (6, 0.85), (7, 0.95), (8, 0.95)])
def test_few_digits_are_ruled_out(length: int, share: float) -> None:
    """Most can be drawn, so that rules make guessing no easier; of five digits, most are dates."""
    step = 3 * 10 ** (length - 5) + 7 * (length > 5)
    tried = [f"{number:0{length}}" for number in range(0, 10**length, step)]
    left = [digits for digits in tried if not is_guessable(digits)]

    assert len(tried) > 9000
    assert len(left) > len(tried) * share


# --- In the actions ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("length", "digits"), [({}, GOOD[6]), *(({"length": size}, GOOD[size]) for size in LENGTHS)]
)
async def test_the_length_is_six_unless_another_is_asked_for(
    hass: HomeAssistant, sim: Simulator, length: dict[str, int], digits: str
) -> None:
    """The lock has the digits as they were drawn, zeros in front included."""
    lock: SimLock = sim.account.add_lock("Front door")
    await add_account(hass, sim)

    with fed(digits):
        response = await act(
            hass,
            "tedee_cloud.create_pin",
            {"alias": "Guest", **length},
            respond=True,
            entity_id="lock.front_door",
        )

    assert response["lock.front_door"]["pin"] == lock.pins[1]["pin"] == digits
