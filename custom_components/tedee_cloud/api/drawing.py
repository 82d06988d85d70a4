"""Draws the digits of a PIN that is hard to guess."""

import secrets
from itertools import pairwise
from typing import Final

from .pins import ASCII_DIGITS, PinRuleError, pin_digits

DEFAULT_LENGTH: Final = 6
DAYS: Final = range(1, 32)
MONTHS: Final = range(1, 13)
YEARS: Final = {2: range(100), 4: range(1900, 2100)}
"""By the number of digits a year is written with."""
COMMON: Final = frozenset(
    (  # noqa: SIM905  a list would take a line for each
        "10203 12354 12369 14725 14789 15935 20580 25800 32145 36987 42069 74123 74185 75395 "
        "78963 85204 90210 96325 98741 010203 102030 123654 134679 142536 147258 147852 "
        "159357 159753 246810 258456 314159 369258 456123 456852 520131 741852 753159 753951 "
        "789123 789456 852456 963852 987456 1234560 1472583 1478963 3141592 7418529 7894561 "
        "8675309 10203040 12345679 14725836 14789632 24681012 31415926 74108520 78945612"
    ).split()
)
"""What people choose most where rules like these keep them from the plainest."""


def draw_pin(length: int = DEFAULT_LENGTH) -> str:
    """Return `length` digits (5 to 8) that keep the vendor's rules and are not easily guessed."""
    while True:
        digits = "".join(secrets.choice(sorted(ASCII_DIGITS)) for _ in range(length))
        try:
            pin_digits(digits)
        except PinRuleError:
            continue
        if not is_guessable(digits):
            return digits


def is_guessable(digits: str) -> bool:
    """Tell whether digits only rise or fall, repeat or mirror themselves, or are a date."""
    steps = [ord(after) - ord(before) for before, after in pairwise(digits)]
    return (
        all(step >= 0 for step in steps)
        or all(step <= 0 for step in steps)
        or digits == digits[::-1]
        or digits[::2] == digits[1::2]
        or any(_repeats(digits, period) for period in range(1, len(digits) // 2 + 1))
        or digits in COMMON
        or _is_date(digits)
    )


def _repeats(digits: str, period: int) -> bool:
    """Tell whether digits are their beginning over and over."""
    return all(after == before for before, after in zip(digits, digits[period:], strict=False))


def _is_date(digits: str) -> bool:
    """Tell whether digits can be read as a day, a month and a year in any usual order."""
    for year_size, years in YEARS.items():
        for day_size, month_size in ((1, 1), (1, 2), (2, 1), (2, 2)):
            if day_size + month_size + year_size != len(digits):
                continue
            day, month, year = (day_size, DAYS), (month_size, MONTHS), (year_size, years)
            for parts in ((day, month, year), (month, day, year), (year, month, day)):
                if _fits(digits, parts):
                    return True
    return False


def _fits(digits: str, parts: tuple[tuple[int, range], ...]) -> bool:
    """Tell whether digits fall into parts of these sizes whose numbers lie in these ranges."""
    start = 0
    for size, numbers in parts:
        if int(digits[start : start + size]) not in numbers:
            return False
        start += size
    return True
