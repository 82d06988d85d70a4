"""Routes as tables: what a request needs, and who answers it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .account import Account, Key
from .envelope import Answer, RefusedError
from .lock import SimLock
from .recorder import Recorded
from .settings import Settings
from .states import Access

READ = ("Device.Read", "Device.ReadWrite")
WRITE = ("Device.ReadWrite",)
OPERATE = ("Lock.Operate",)


@dataclass(frozen=True, kw_only=True)
class Call:
    """A request that found its route, with everything its handler needs."""

    account: Account
    key: Key
    version: int
    ids: tuple[int | str, ...]
    """The numbers and names in the path, in their order."""
    query: Mapping[str, list[str]]
    """Values by lower-case name."""
    json: Any
    recorded: Recorded

    @property
    def settings(self) -> Settings:
        """The switches."""
        return self.account.settings

    def flag(self, name: str) -> bool:
        """Tell whether a query switch is on."""
        return self.query.get(name.lower(), ["false"])[-1].lower() == "true"

    def number(self, name: str, default: int | None) -> int | None:
        """Return a number of the query."""
        values = self.query.get(name.lower())
        if not values:
            return default
        if not re.fullmatch("-?[0-9]+", values[-1]):
            raise RefusedError(400, f"{name} must be a number.")
        return int(values[-1])

    def locks(self) -> list[SimLock]:
        """Return the locks this key sees."""
        return self.account.seen_by(self.key.user)

    def lock(self, lock_id: object) -> SimLock:
        """Return a lock this key sees, or refuse."""
        for lock in self.locks():
            if lock.id == lock_id:
                return lock
        raise RefusedError(self.settings.unknown_lock, "Lock or bridge not found.")

    def done(self) -> None:
        """Note that the request changed something."""
        self.recorded.applied = True


def need_access(lock: SimLock) -> None:
    """Refuse when the share is not active or remote access is switched off."""
    if not lock.access_active or lock.remote_access_disabled:
        raise RefusedError(403, "Share is not active or remote access is disabled.")


def need_admin(lock: SimLock) -> None:
    """Refuse a guest."""
    if lock.access_level not in (Access.ADMIN, Access.OWNER):
        raise RefusedError(403, "User doesn't have permission to the lock.")
    need_access(lock)


type Handler = Callable[[Call], Any]


@dataclass(frozen=True, kw_only=True)
class Route:
    """One row of the routing table."""

    method: str
    path: str
    """{id} is a number, {name} any segment."""
    scopes: tuple[str, ...]
    """Any one of these lets a key pass."""
    answer: Handler
    served: Callable[[Settings], bool] = lambda _: True
    command: bool = False
    """Whether it belongs to one command generation: `unserved` says what it answers elsewhere."""

    def match(self, path: str) -> tuple[int | str, ...] | None:
        """Return the ids in a path that fits."""
        pattern = self.path.replace("{id}", "([0-9]{1,18})").replace("{name}", "([^/]+)")
        found = re.fullmatch(pattern, path, re.IGNORECASE)
        if found is None:
            return None
        return tuple(
            int(group) if group.isdigit() and "{id}" in self.path else group
            for group in found.groups()
        )


UNSERVED: dict[int, Answer] = {
    status: Answer(status=status, body=b"") for status in (404, 405, 410, 501)
} | {
    400: Answer(
        status=400,
        body=b'{"title":"Bad Request","status":400,"detail":"No such route."}',
        headers={"Content-Type": "application/problem+json"},
    )
}
"""How a cloud says that a route is not there: never in the vendor's envelope."""

RETIRED: dict[int, Answer] = {
    404: UNSERVED[404],
    410: UNSERVED[410],
    400: Answer(
        status=400,
        body=b'{"error":{"code":"UnsupportedApiVersion","message":"Unsupported API version."}}',
        headers={"Content-Type": "application/json"},
    ),
}
"""How a cloud says that a version is gone."""


def find(
    routes: tuple[Route, ...], method: str, path: str, settings: Settings
) -> tuple[Route, tuple[int | str, ...]] | Answer:
    """Return the route of a request with its ids, or the answer when there is none."""
    matches = [(route, ids) for route in routes if (ids := route.match(path)) is not None]
    fitting = [(route, ids) for route, ids in matches if route.method == method]
    for route, ids in fitting:
        if route.served(settings):
            return route, ids
    if any(route.command for route, _ in fitting):
        return UNSERVED[settings.unserved]
    served = sorted({route.method for route, _ in matches if route.served(settings)})
    if served and not fitting:
        return Answer(status=405, body=b"", headers={"Allow": ", ".join(served)})
    return UNSERVED[404]
