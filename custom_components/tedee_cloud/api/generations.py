"""The two ways in which the cloud has taken commands, as one table of routes.

Versions up to 1.19 name the lock in the body, later ones in the path. No published version serves
both, and only the cloud knows which it serves.
"""

from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Final

from .exceptions import TedeeStatusError


class Command(StrEnum):
    """Something that moves the bolt."""

    LOCK = "lock"
    UNLOCK = "unlock"
    PULL = "pull"


class Generation(StrEnum):
    """How a command is put to the cloud."""

    CLOSE = "close"
    OPERATION = "operation"


UNLOCK_WITHOUT_PULL: Final = 3
"""The vendor's unlock mode that never pulls the spring, even where auto-pull is on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Where a command is sent and what goes with it."""

    path: str
    params: dict[str, int] | None = None
    body: dict[str, int] | None = None


def route(generation: Generation, command: Command, lock_id: int) -> Route:
    """Return the request that puts `command` to the lock in the given generation."""
    operation = f"my/lock/{lock_id}/operation"
    target = {"deviceId": lock_id}
    return {
        (Generation.CLOSE, Command.LOCK): Route(path="my/lock/close", body=target),
        (Generation.CLOSE, Command.UNLOCK): Route(
            path="my/lock/open", body=target | {"openParameter": UNLOCK_WITHOUT_PULL}
        ),
        (Generation.CLOSE, Command.PULL): Route(path="my/lock/pull-spring", body=target),
        (Generation.OPERATION, Command.LOCK): Route(path=f"{operation}/lock"),
        (Generation.OPERATION, Command.UNLOCK): Route(
            path=f"{operation}/unlock", params={"mode": UNLOCK_WITHOUT_PULL}
        ),
        (Generation.OPERATION, Command.PULL): Route(path=f"{operation}/pull"),
    }[generation, command]


ROUTE_NOT_SERVED: Final = frozenset(
    {
        HTTPStatus.NOT_FOUND,
        HTTPStatus.METHOD_NOT_ALLOWED,
        HTTPStatus.GONE,
        HTTPStatus.NOT_IMPLEMENTED,
    }
)


def route_missing(error: TedeeStatusError) -> bool:
    """Tell whether the refusal is about the route, so that nothing has moved and another may do.

    A 400 in the vendor's envelope is the lock's own answer; without it, the address was not
    understood.
    """
    return error.status in ROUTE_NOT_SERVED or (
        error.status == HTTPStatus.BAD_REQUEST and not error.enveloped
    )
