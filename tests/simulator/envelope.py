"""How answers look on the wire: envelope, letter case, dates, bodies where HTTP has none."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

from .settings import Settings


class Absent:
    """The type of ABSENT."""

    def __repr__(self) -> str:
        """Name the value in failure messages."""
        return "ABSENT"


ABSENT: Final = Absent()
"""Stands for "this key is not sent at all"."""

EMPTY_BODY = (204, 304)
JSON_TYPE = "application/json; charset=utf-8"

DATES: dict[str, Callable[[datetime], str]] = {
    "z": lambda date: date.strftime("%Y-%m-%dT%H:%M:%S.") + f"{date.microsecond // 1000:03d}Z",
    "naive": lambda date: date.strftime("%Y-%m-%dT%H:%M:%S.") + f"{date.microsecond // 1000:03d}",
    "ticks": lambda date: date.strftime("%Y-%m-%dT%H:%M:%S.%f") + "7",
    "offset": lambda date: date.strftime("%Y-%m-%dT%H:%M:%S.%f") + "7+00:00",
}
"""Date styles seen in the vendor's answers."""


@dataclass(kw_only=True)
class Answer:
    """What a route answers, before it takes its shape on the wire."""

    status: int = 200
    result: Any = ABSENT
    errors: tuple[str, ...] = ()
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    """Sent as it is, without an envelope."""


class RefusedError(Exception):
    """A request that ends here, with the answer to give."""

    def __init__(self, status: int, error: str, headers: dict[str, str] | None = None) -> None:
        """Refuse with a status and a sentence in the envelope."""
        super().__init__(status, error)
        self.answer = Answer(status=status, errors=(error,), headers=headers or {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """An answer as bytes."""

    status: int
    headers: dict[str, str]
    body: bytes


def render(answer: Answer, settings: Settings) -> Wire:
    """Give an answer its shape on the wire."""
    headers = {
        "API-Supported-Versions": ", ".join(settings.versions),
        "X-Correlation-ID": str(uuid4()),
    }
    if answer.body is not None:
        body = answer.body
    elif answer.status in EMPTY_BODY and not settings.documented_bodies:
        body = b""
    else:
        body = to_json(wrap(answer, settings))
        headers["Content-Type"] = JSON_TYPE
    return Wire(status=answer.status, headers=headers | answer.headers, body=body)


def wrap(answer: Answer, settings: Settings) -> dict[str, Any]:
    """Put a result or errors into the vendor's envelope."""
    envelope = {} if answer.result is ABSENT else {"result": answer.result}
    envelope |= {
        "success": not answer.errors,
        "errorMessages": list(answer.errors),
        "statusCode": answer.status,
    }
    if settings.letter_case == "camel":
        return envelope
    return {name[0].upper() + name[1:]: value for name, value in envelope.items()}


def to_json(value: object) -> bytes:
    """Return the bytes of a JSON value."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def date_text(date: datetime, settings: Settings) -> str:
    """Write a date in the style that is switched on."""
    return DATES[settings.dates](date.astimezone(UTC))


def parse_date(text: str) -> datetime:
    """Read a date of the wire; without a zone it is UTC."""
    date = datetime.fromisoformat(text)
    return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)


def restyled(text: str | None, settings: Settings) -> str | None:
    """Write a stored wire date in the style that is switched on; "z" leaves it as it came."""
    if text is None or settings.dates == "z":
        return text
    return date_text(parse_date(text), settings)


def merged(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Lay raw values over JSON, object by object; ABSENT takes a key out."""
    result = dict(base)
    for key, value in over.items():
        if value is ABSENT:
            result.pop(key, None)
        elif isinstance(value, dict) and isinstance(result.get(key), dict):
            result[key] = merged(result[key], value)
        else:
            result[key] = value
    return result
