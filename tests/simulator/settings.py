"""Switches of the simulated cloud; every one may be changed while it runs."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

VERSIONS = ("1.32", "1.33", "1.34", "1.35", "1.36", "37")


@dataclass(frozen=True, slots=True)
class Generation:
    """How a cloud takes commands."""

    close: int | None = None
    """Status of an accepted body-style command; None: those routes are not there."""
    dated: bool = False
    """Whether an accepted body-style command tells lastStateChangedDate."""
    operation: bool = False
    """Whether the path-style routes are there."""
    status: bool = True
    """Whether the status of an operation can be asked for."""


GENERATIONS = {
    "operation": Generation(operation=True),
    "close": Generation(close=200, status=False),
    "close-202": Generation(close=202, dated=True),
    "both": Generation(close=202, dated=True, operation=True),
    "neither": Generation(status=False),
}


@dataclass(kw_only=True)
class Settings:
    """All switches with the defaults of today's cloud."""

    generation: str = "operation"
    unserved: int = 404
    """What routes of the other generation answer: 404, 405, 410, 501 or 400 without envelope."""
    operation_status: bool | None = None
    """Whether the operation status endpoint is there; None: as the generation has it."""
    pending_result: int | None = 0
    """The meaningless result of an operation that is still PENDING."""
    busy_lock: str = "queue"
    """A command to a moving bolt: "queue" it or "refuse" it with 409."""

    versions: tuple[str, ...] = VERSIONS
    retired: int = 404
    """What other versions answer: 404 (empty), 400 (without envelope) or 410 (empty)."""
    missing_scope: int = 403
    unknown_lock: int = 404

    default_page_size: int | None = None
    max_page_size: int | None = None
    accessories_on_request: bool = True
    """Whether accessories are null unless IncludeAccessories=true asks for them."""

    letter_case: str = "camel"
    """Names in the envelope: "camel" (result) or "pascal" (Result)."""
    dates: str = "z"
    """See envelope.DATES."""
    documented_bodies: bool = False
    """Whether 204 and 304 carry the JSON bodies that the pages show, against HTTP."""

    limits: bool = False
    hourly_limit: int = 700
    list_limit: int = 10
    sync_guard: float = 0
    """Seconds that must pass between two syncs of a user; 0: any pace."""

    pin_capacity: int = 100
    pin_full_status: int = 412
    pin_seconds: float = 0
    """How long one PIN call keeps the lock busy."""
    pin_list_lag: float = 0
    """For how many seconds after a write over the wire the list shows what there was before."""
    pin_steps_only: bool = False
    """Whether only runs in steps of one are refused (12345), not any monotonic PIN (13579)."""
    expire_pins: bool = True
    reuse_ids: bool = False
    """Whether a new PIN is given the lowest id that is free, as if it had never been anybody's."""

    speed: float = 1
    """Divides the seconds of every movement."""

    def update(self, changes: Mapping[str, Any]) -> None:
        """Change switches by name; an unknown name or a wrong type changes nothing."""
        checked: dict[str, Any] = {}
        for name, value in changes.items():
            if name not in {known.name for known in fields(self)}:
                raise ValueError(name)
            wanted = ALLOWED.get(name)
            if wanted is not None and value not in wanted:
                raise ValueError(name)
            checked[name] = tuple(value) if isinstance(value, list) else value
            if not isinstance(checked[name], KINDS.get(name, type(getattr(Settings, name)))):
                raise ValueError(name)  # noqa: TRY004 - one error for every bad switch
        for name, value in checked.items():
            setattr(self, name, value)

    def as_dict(self) -> dict[str, Any]:
        """Return all switches by name."""
        return asdict(self)

    @property
    def commands(self) -> Generation:
        """How this cloud takes commands."""
        return GENERATIONS[self.generation]

    @property
    def serves_status(self) -> bool:
        """Whether the status of an operation can be asked for."""
        return self.commands.status if self.operation_status is None else self.operation_status


ALLOWED: dict[str, tuple[object, ...]] = {
    "generation": tuple(GENERATIONS),
    "unserved": (400, 404, 405, 410, 501),
    "busy_lock": ("queue", "refuse"),
    "retired": (400, 404, 410),
    "letter_case": ("camel", "pascal"),
    "dates": ("z", "naive", "ticks", "offset"),
}
KINDS: dict[str, tuple[type, ...]] = {
    "operation_status": (bool, type(None)),
    "pending_result": (int, type(None)),
    "default_page_size": (int, type(None)),
    "max_page_size": (int, type(None)),
    "sync_guard": (int, float),
    "pin_list_lag": (int, float),
    "pin_seconds": (int, float),
    "speed": (int, float),
}
