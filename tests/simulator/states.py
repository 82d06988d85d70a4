"""The numbers the vendor uses on the wire."""

from enum import IntEnum


class State(IntEnum):
    """Position or movement of a bolt."""

    UNCALIBRATED = 0
    CALIBRATING = 1
    UNLOCKED = 2
    SEMI_LOCKED = 3
    UNLOCKING = 4
    LOCKING = 5
    LOCKED = 6
    PULLED = 7
    PULLING = 8
    UNKNOWN = 9
    UPDATING = 18


class Door(IntEnum):
    """What the door sensor says."""

    NOT_PAIRED = 0
    DISCONNECTED = 1
    OPENED = 2
    CLOSED = 3
    UNCALIBRATED = 4


class Access(IntEnum):
    """What a user may do with a lock."""

    GUEST = 0
    ADMIN = 1
    OWNER = 2
    NONE = 3


class Verb(IntEnum):
    """Type of an operation."""

    LOCK = 0
    UNLOCK = 1
    PULL = 2


class Mode(IntEnum):
    """How an unlock treats the spring."""

    DEFAULT = 0
    AUTO = 1
    FORCE = 2
    NEVER_PULL = 3
    MAY_PULL = 4


class Event(IntEnum):
    """What the activity log says of keypads."""

    UNLOCKED_BY_PIN = 61
    INCORRECT_PIN = 62
    UNAUTHORIZED_PIN = 75


LOCK_PRO = 2
LOCK_GO = 4
BRIDGE = 1
KEYPAD = 3

WEEK_DAYS = (1, 2, 4, 8, 16, 32, 64)
"""Flags of Monday to Sunday."""
