"""The vendor's rules for the digits of a PIN (page "Create pin").

The vendor refuses ascending and descending sequences. Runs in steps of one are refused here; what
else it takes for a sequence is left to the cloud.
"""

from enum import StrEnum
from itertools import pairwise
from typing import Final

MIN_LENGTH: Final = 5
MAX_LENGTH: Final = 8
MIN_DISTINCT: Final = 3
ASCII_DIGITS: Final = frozenset("0123456789")


class PinRule(StrEnum):
    """A rule that digits can break."""

    BLANK = "blank"
    UNQUOTED = "unquoted"
    LENGTH = "length"
    DIGITS = "digits"
    VARIETY = "variety"
    SEQUENCE = "sequence"


class PinRuleError(ValueError):
    """Digits that break a rule; carries the rule and never the digits."""

    def __init__(self, rule: PinRule) -> None:
        """Keep the rule that was broken."""
        super().__init__(rule.value)
        self.rule = rule


def pin_digits(value: object) -> str:
    """Return the digits of a PIN given as text or as a whole number.

    Templates turn "918273" into a number, so a number of the right length is its digits. YAML reads
    an unquoted number that begins with 0 as octal, 01234 as 668 and 037251 as 16041: a short one is
    refused, a longer one cannot be told from a template's.

    Raises PinRuleError with the first rule that is broken.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        if 0 <= value < 10 ** (MIN_LENGTH - 1):
            raise PinRuleError(PinRule.UNQUOTED)
        if value >= 10**MAX_LENGTH:
            raise PinRuleError(PinRule.LENGTH)
        value = str(value) if value >= 0 else "-"
    if value is None or value == "":
        raise PinRuleError(PinRule.BLANK)
    if not isinstance(value, str):
        raise PinRuleError(PinRule.DIGITS)
    for broken, rule in (
        (not value.strip(), PinRule.BLANK),
        (not ASCII_DIGITS.issuperset(value), PinRule.DIGITS),
        (not MIN_LENGTH <= len(value) <= MAX_LENGTH, PinRule.LENGTH),
        (len(set(value)) < MIN_DISTINCT, PinRule.VARIETY),
        (_is_run(value), PinRule.SEQUENCE),
    ):
        if broken:
            raise PinRuleError(rule)
    return value


def _is_run(digits: str) -> bool:
    """Tell whether the digits go up or down in steps of one all the way."""
    steps = {ord(after) - ord(before) for before, after in pairwise(digits)}
    return steps in ({1}, {-1})
