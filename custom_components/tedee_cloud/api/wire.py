"""Read and write the vendor's JSON: envelopes in any letter case, both date styles, odd types.

The readers return None for a value of the wrong type: what a lock reports must never stop the
polling of the others.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

type JsonObject = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """The vendor's frame around every answer."""

    result: Any
    success: bool
    status: int | None


def read_envelope(body: bytes) -> Envelope | None:
    """Return the envelope in a response body, or None where there is none."""
    try:
        answer = json.loads(body)
    except ValueError, RecursionError:
        return None
    if not isinstance(answer, dict):
        return None
    fields = {key.lower(): value for key, value in answer.items()}
    if not isinstance(success := fields.get("success"), bool):
        return None
    return Envelope(
        result=fields.get("result"), success=success, status=read_int(fields.get("statuscode"))
    )


def read_int(value: object) -> int | None:
    """Return a whole number, or None."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def read_bool(value: object) -> bool | None:
    """Return a truth value, or None."""
    return value if isinstance(value, bool) else None


def read_text(value: object) -> str | None:
    """Return text that is not empty, or None."""
    return value if isinstance(value, str) and value else None


def read_object(value: object) -> JsonObject:
    """Return a JSON object, empty where there is none."""
    return value if isinstance(value, dict) else {}


def read_objects(value: object) -> list[JsonObject]:
    """Return the JSON objects of an array, without anything else that may be in it."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def read_datetime(value: object) -> datetime | None:
    """Return an instant in UTC, or None; the vendor means UTC where it names no zone."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except ValueError, OverflowError:
        return None


def write_datetime(moment: datetime | None) -> str | None:
    """Return an instant as the vendor writes it: UTC, milliseconds, a Z."""
    if moment is None:
        return None
    text = moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds")
    return f"{text}Z"
