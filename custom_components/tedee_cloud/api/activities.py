"""What the cloud's log tells of a lock (pages "Get all activities", "Event type")."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self

from .wire import JsonObject, read_datetime, read_int, read_text

PIN_USES: Final = frozenset({61, 63, 64, 65, 68, 76})
"""A PIN unlocked, pulled, half opened, locked, unlocked by force, or pulled by itself. 75 is a PIN
outside its time, which did nothing."""
NAME_KEYS: Final = ("username", "userName")
"""The vendor's samples write the one, its table of fields the other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """A line of the log; `name` is the name of the PIN where one was used."""

    event: int
    name: str | None
    date: datetime

    @property
    def is_pin_use(self) -> bool:
        """Whether a PIN has moved the bolt."""
        return self.event in PIN_USES

    @classmethod
    def from_wire(cls, data: JsonObject) -> Self | None:
        """Read a line; None where it does not say what happened or when."""
        event, date = read_int(data.get("event")), read_datetime(data.get("date"))
        if event is None or date is None:
            return None
        names = [name for key in NAME_KEYS if (name := read_text(data.get(key)))]
        return cls(event=event, name=names[0] if names else None, date=date)
