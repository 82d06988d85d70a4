"""What the steps of the check share: the stack, the facts they hand on, and how they fail."""

import asyncio
from dataclasses import dataclass, field

from .client import Json
from .errors import DemoError
from .stack import Stack

LOCK = "lock.front_door"
NAME = "Front door"


@dataclass
class Check:
    """A check under way."""

    stack: Stack
    changes: asyncio.Queue[Json]
    """Every state change in Home Assistant."""
    entry_id: str = ""
    pin_id: int = 0
    form: Json = field(default_factory=dict)
    digits: list[str] = field(default_factory=list, repr=False)
    """Drawn by the integration."""


def expect(what: str, got: object, expected: object) -> None:
    """Fail with a sentence where the two differ."""
    if got != expected:
        raise DemoError(f"{what}: {got} came back instead of {expected}")
