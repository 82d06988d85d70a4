"""The PINs of one lock: the vendor's rules, the list version, and who may enter when."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count, pairwise
from typing import Any

from .clock import Clock
from .envelope import RefusedError, parse_date
from .settings import Settings
from .states import WEEK_DAYS

DATE_FIELDS = ("startDate", "endDate", "dayStartTime", "dayEndTime")
FIELDS = ("alias", "pin", *DATE_FIELDS, "weekDays")
FULL_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,7})?)?(Z|[+-]\d\d:\d\d)?")
ALL_DAYS = 127


def _monotonic(digits: str, steps: tuple[int, ...]) -> bool:
    gaps = [int(right) - int(left) for left, right in pairwise(digits)]
    return any(
        all(gap * way > 0 and (not steps or gap * way in steps) for gap in gaps) for way in (1, -1)
    )


PIN_RULES: tuple[tuple[Callable[[str, Settings], bool], str], ...] = (
    (lambda pin, _: bool(pin.strip()), "Pin cannot be empty."),
    (lambda pin, _: bool(re.fullmatch("[0-9]+", pin)), "Pin can contain only digits."),
    (lambda pin, _: 5 <= len(pin) <= 8, "Pin length must be in range 5-8."),
    (lambda pin, _: len(set(pin)) >= 3, "Pin must contain at least 3 different digits."),
    (
        lambda pin, settings: not _monotonic(pin, (1,) if settings.pin_steps_only else ()),
        "Pin cannot be an ascending or descending sequence.",
    ),
)


@dataclass(frozen=True, slots=True)
class Listed:
    """What a list of PINs shows, and up to when it does."""

    version: int
    names: dict[int, str]
    until: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the keypad says to somebody who typed digits."""

    valid: bool
    alias: str | None
    reason: str


def _checked_date(name: str, value: object) -> None:
    if value is None:
        return
    if not isinstance(value, str) or not FULL_DATE.fullmatch(value):
        raise RefusedError(400, f"{name} is not a date and time.")
    try:
        parse_date(value)
    except ValueError as err:
        raise RefusedError(400, f"{name} is not a date and time.") from err


def checked(body: object, settings: Settings) -> dict[str, Any]:
    """Return all fields of a PIN as received, or refuse them; what was left out is null."""
    if not isinstance(body, dict):
        raise RefusedError(400, "The body must be a JSON object.")
    pin = {name: body.get(name) for name in FIELDS}
    if not isinstance(pin["alias"], str) or not pin["alias"].strip():
        raise RefusedError(400, "Alias cannot be empty.")
    if not isinstance(pin["pin"], str):
        raise RefusedError(400, "Pin must be a string.")
    for rule, sentence in PIN_RULES:
        if not rule(pin["pin"], settings):
            raise RefusedError(400, sentence)
    for name in DATE_FIELDS:
        _checked_date(name, pin[name])
    days = pin["weekDays"]
    if days is not None and (type(days) is not int or not 1 <= days <= ALL_DAYS):
        raise RefusedError(400, "WeekDays must be flags of week days.")
    return pin


class PinList:
    """The PINs in one lock, under their ids, with the fields exactly as received."""

    def __init__(self, clock: Clock, settings: Settings) -> None:
        """Start empty."""
        self._clock = clock
        self._settings = settings
        self._entries: dict[int, dict[str, Any]] = {}
        self._next_id = 1
        self._version = 1
        self._shown: list[Listed] = []
        self.busy = False
        """True while a PIN call is under way; a test may set it to make the lock answer 409."""

    @property
    def entries(self) -> dict[int, dict[str, Any]]:
        """The PINs that have not expired, by id."""
        self._drop_expired()
        return self._entries

    @property
    def list_version(self) -> int:
        """A number that rises with every change."""
        self._drop_expired()
        return self._version

    @property
    def listed(self) -> Listed:
        """What the list shows, which may lag behind writes."""
        now = self._clock.monotonic()
        self._shown = [listed for listed in self._shown if listed.until > now]
        return self._shown[0] if self._shown else self._as_it_is(now)

    def _as_it_is(self, until: float) -> Listed:
        names = {pin_id: pin["alias"] for pin_id, pin in self.entries.items()}
        return Listed(version=self.list_version, names=names, until=until)

    def _is_to_change(self) -> None:
        if lag := self._settings.pin_list_lag:
            self._shown.append(self._as_it_is(self._clock.monotonic() + lag))

    def __getitem__(self, pin_id: int) -> dict[str, Any]:
        """Return the fields of a PIN under their wire names."""
        return self.entries[pin_id]

    def __len__(self) -> int:
        """Count the PINs."""
        return len(self.entries)

    def _drop_expired(self) -> None:
        if not self._settings.expire_pins:
            return
        now = self._clock.now()
        for pin_id, pin in list(self._entries.items()):
            if pin["endDate"] is not None and parse_date(pin["endDate"]) <= now:
                del self._entries[pin_id]
                self._version += 1

    def add(self, alias: str, pin: str, *, pin_id: int | None = None, **schedule: object) -> int:
        """Put a PIN into the lock without asking any rule, and return its id."""
        number = self._free_id() if pin_id is None else pin_id
        self._next_id = max(self._next_id, number + 1)
        given = {"alias": alias, "pin": pin, **schedule}
        self._entries[number] = {name: given.get(name) for name in FIELDS}
        self._version += 1
        return number

    def _free_id(self) -> int:
        if not self._settings.reuse_ids:
            return self._next_id
        return next(number for number in count(1) if number not in self.entries)

    def find(self, alias: str) -> int | None:
        """Return the id of the first PIN with an alias."""
        return next((key for key, pin in self.entries.items() if pin["alias"] == alias), None)

    def create(self, pin: Mapping[str, Any]) -> int:
        """Store a checked PIN as the cloud does."""
        self._refuse_same_digits(pin["pin"], None)
        if len(self.entries) >= self._settings.pin_capacity:
            raise RefusedError(self._settings.pin_full_status, "No more pins can be added.")
        self._is_to_change()
        return self.add(**pin)

    def replace(self, pin_id: int, pin: Mapping[str, Any]) -> None:
        """Replace every field of a PIN by a checked one."""
        self.need(pin_id)
        self._refuse_same_digits(pin["pin"], pin_id)
        self._is_to_change()
        self._entries[pin_id] = dict(pin)
        self._version += 1

    def delete(self, pin_id: int) -> None:
        """Take a PIN out of the lock."""
        self.need(pin_id)
        self._is_to_change()
        del self._entries[pin_id]
        self._version += 1

    def need(self, pin_id: int) -> dict[str, Any]:
        """Return a PIN or refuse with 404."""
        if pin_id not in self.entries:
            raise RefusedError(404, "Pin not found.")
        return self._entries[pin_id]

    def _refuse_same_digits(self, digits: str, but: int | None) -> None:
        if any(pin["pin"] == digits for key, pin in self.entries.items() if key != but):
            raise RefusedError(406, "Pin already exists.")

    @asynccontextmanager
    async def one_call(self) -> AsyncIterator[PinList]:
        """Keep the lock busy for one call, or refuse with 409 while it is."""
        if self.busy:
            raise RefusedError(409, "Other request is currently processing.")
        self.busy = True
        try:
            if self._settings.pin_seconds:
                await asyncio.sleep(self._settings.pin_seconds)
            yield self
        finally:
            self.busy = False

    def typed(self, digits: str) -> Verdict:
        """Judge digits typed at the door, at this moment."""
        for pin in self.entries.values():
            if pin["pin"] == digits:
                reason = out_of_time(pin, self._clock.now())
                return Verdict(valid=not reason, alias=pin["alias"], reason=reason or "Welcome.")
        return Verdict(valid=False, alias=None, reason="Wrong PIN.")


def out_of_time(pin: Mapping[str, Any], now: datetime) -> str:
    """Say why a PIN does not open now; everything is UTC. Empty: it does."""
    if pin["startDate"] is not None and now < parse_date(pin["startDate"]):
        return "This PIN is not valid yet."
    if pin["endDate"] is not None and now >= parse_date(pin["endDate"]):
        return "This PIN has expired."
    day = now
    if pin["dayStartTime"] is not None and pin["dayEndTime"] is not None:
        start, end = parse_date(pin["dayStartTime"]).time(), parse_date(pin["dayEndTime"]).time()
        clock = now.time()
        over_midnight = end < start
        inside = (clock >= start or clock < end) if over_midnight else start <= clock < end
        if not inside:
            return "This PIN is not valid at this time of day."
        if over_midnight and clock < end:
            day = now - timedelta(days=1)
    days = ALL_DAYS if pin["weekDays"] is None else pin["weekDays"]
    return "" if days & WEEK_DAYS[day.weekday()] else "This PIN is not valid on this week day."
