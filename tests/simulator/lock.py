"""One Tedee lock: what the cloud knows about it and what a person at the door can do."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypedDict

from .activity import ActivityLog
from .keypad import PinList, Verdict
from .motion import Bolt
from .states import LOCK_PRO, Access, Door, Event, State

TURNS = {
    "locked": State.LOCKED,
    "unlocked": State.UNLOCKED,
    "semi_locked": State.SEMI_LOCKED,
}
"""Positions a hand can bring a bolt to."""


@dataclass(kw_only=True)
class Timing:
    """How many seconds the parts of a movement take."""

    turn: float = 2.5
    pull: float = 1.0
    latency: float = 0.0
    """From the accepted command to the first movement."""


@dataclass(kw_only=True)
class Firmware:
    """One entry of softwareVersions."""

    version: str = "2.4.47638"
    update_available: bool = False


class LockFields(TypedDict, total=False):
    """What may be said about a lock when it is added; the rest has defaults."""

    serial: str
    type: int
    user: str
    user_identity: str
    bridge_id: int | None
    connected: bool
    keypad_id: int | None
    battery: int | None
    charging: bool | None
    door: int
    access_level: int
    remote_access_disabled: bool
    access_active: bool
    time_zone: str | None
    pull_spring: bool
    pull_seconds: float
    auto_pull: bool
    timing: Timing
    raw: dict[str, Any]
    raw_sync: dict[str, Any]


@dataclass(kw_only=True, eq=False)
class SimLock:
    """A lock as the cloud sees it."""

    id: int
    serial: str
    name: str
    bolt: Bolt
    pins: PinList
    activity: ActivityLog
    user: str
    """Whose account lists the lock."""
    user_identity: str
    """Whose lock it is."""
    type: int = LOCK_PRO
    bridge_id: int | None
    """None: no bridge was ever paired."""
    connected: bool = True
    """Whether lock and bridge can be reached."""
    keypad_id: int | None
    battery: int | None = 81
    charging: bool | None = False
    door: int = Door.NOT_PAIRED
    access_level: int = Access.OWNER
    remote_access_disabled: bool = False
    access_active: bool = True
    time_zone: str | None = "Europe/Warsaw"
    pull_spring: bool = True
    pull_seconds: float = 3
    auto_pull: bool = False
    other_settings: dict[str, Any] = field(default_factory=lambda: {"autoLockEnabled": False})
    timing: Timing = field(default_factory=Timing)
    firmware: Firmware = field(default_factory=Firmware)
    created: datetime = datetime(2024, 2, 3, 9, 10, 11, 123456, tzinfo=UTC)
    revision: int = 7
    target_device_revision: int = 5
    device_revision: int = 5
    raw: dict[str, Any] = field(default_factory=dict)
    """Merged over the lock's JSON wherever it is sent (newest key names; ABSENT removes a key)."""
    raw_sync: dict[str, Any] = field(default_factory=dict)
    """Merged over the JSON of sync answers alone."""
    outcomes: list[str] = field(default_factory=list)
    """How the next movements end, see commands.OUTCOMES; used up one by one."""
    outcome: str = "done"
    """How movements end when nothing is scripted."""

    @property
    def state(self) -> int:
        """The state at this moment."""
        return self.bolt.state

    @state.setter
    def state(self, state: int) -> None:
        self.bolt.put(state)

    @property
    def reachable(self) -> bool:
        """Whether a command can reach the lock."""
        return self.bridge_id is not None and self.connected

    def turn(self, to: str, *, after: float = 0) -> None:
        """Turn the bolt by hand, now or in some seconds."""
        self.bolt.put(TURNS[to], after=after)

    def typed(self, digits: str) -> Verdict:
        """Judge digits typed at the keypad, and log under whose name they were."""
        verdict = self.pins.typed(digits)
        known = Event.UNLOCKED_BY_PIN if verdict.valid else Event.UNAUTHORIZED_PIN
        self.activity.add(known if verdict.alias else Event.INCORRECT_PIN, verdict.alias)
        return verdict

    def jam(self) -> None:
        """Let the next movement end half-way."""
        self.outcomes.append("jam")

    def rename(self, name: str) -> None:
        """Give the lock another name, as its owner does in the vendor's app."""
        self.name = name
        self.revision += 1

    def change_settings(self, **settings: bool | float | str | None) -> None:
        """Change device settings (wire names) and hand them to the lock at once."""
        for key, value in settings.items():
            if key in SETTING_FIELDS:
                setattr(self, SETTING_FIELDS[key], value)
            else:
                self.other_settings[key] = value
        self.revision += 1
        self.target_device_revision = self.device_revision = self.revision

    def device_settings(self) -> dict[str, Any]:
        """Return the settings under their wire names."""
        named = {key: getattr(self, attribute) for key, attribute in SETTING_FIELDS.items()}
        return self.other_settings | named


SETTING_FIELDS = {
    "pullSpringEnabled": "pull_spring",
    "pullSpringDuration": "pull_seconds",
    "autoPullSpringEnabled": "auto_pull",
}
"""Settings that the simulated bolt obeys, and where they are kept."""
