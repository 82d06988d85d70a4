"""The Tedee cloud over HTTP: asyncio and aiohttp, nothing of Home Assistant."""

from .activities import Activity
from .budget import LIMIT, Budget, Priority
from .client import DEFAULT_API_VERSION, DEFAULT_URL, Scheme, TedeeClient
from .drawing import DEFAULT_LENGTH, draw_pin
from .exceptions import (
    TedeeAnswerError,
    TedeeAuthError,
    TedeeConnectionError,
    TedeeError,
    TedeeNoAnswerError,
    TedeeOutcomeUnknownError,
    TedeeRateLimitError,
    TedeeStatusError,
    TedeeUnfinishedError,
    TedeeVersionError,
)
from .generations import Command, Generation
from .models import (
    IN_MOTION,
    DoorState,
    Lock,
    LockState,
    LockStatus,
    LockSync,
    LockType,
    Operation,
    Pin,
    PinList,
    Receipt,
)
from .pins import MAX_LENGTH, MIN_LENGTH, PinRule, PinRuleError, pin_digits
from .schedule import WEEK_DAYS, Hours, UtcHours, from_utc, reference_day, to_utc

__all__ = [
    "DEFAULT_API_VERSION",
    "DEFAULT_LENGTH",
    "DEFAULT_URL",
    "IN_MOTION",
    "LIMIT",
    "MAX_LENGTH",
    "MIN_LENGTH",
    "WEEK_DAYS",
    "Activity",
    "Budget",
    "Command",
    "DoorState",
    "Generation",
    "Hours",
    "Lock",
    "LockState",
    "LockStatus",
    "LockSync",
    "LockType",
    "Operation",
    "Pin",
    "PinList",
    "PinRule",
    "PinRuleError",
    "Priority",
    "Receipt",
    "Scheme",
    "TedeeAnswerError",
    "TedeeAuthError",
    "TedeeClient",
    "TedeeConnectionError",
    "TedeeError",
    "TedeeNoAnswerError",
    "TedeeOutcomeUnknownError",
    "TedeeRateLimitError",
    "TedeeStatusError",
    "TedeeUnfinishedError",
    "TedeeVersionError",
    "UtcHours",
    "draw_pin",
    "from_utc",
    "pin_digits",
    "reference_day",
    "to_utc",
]
