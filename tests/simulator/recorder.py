"""What was asked of the simulator, and a way to wait for it without sleeping."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

API_PREFIX = re.compile(r"^/api/[^/]+", re.IGNORECASE)
PATIENCE = 10.0
"""Seconds a test waits for a request before it fails."""


def resource(path: str) -> str:
    """Return a path without /api/{version} and without a trailing slash."""
    return API_PREFIX.sub("", path).rstrip("/") or "/"


def path_pattern(glob: str) -> re.Pattern[str]:
    """Compile a pattern for resources: * is one segment, ** any rest; letter case is ignored."""
    parts = [
        {"*": "[^/]+", "**": ".*"}.get(part, re.escape(part))
        for part in re.split(r"(\*\*|\*)", resource(glob))
    ]
    return re.compile("".join(parts), re.IGNORECASE)


@dataclass(kw_only=True, eq=False)
class Recorded:
    """One request as it came in, and what became of it."""

    method: str
    path: str
    """As sent, without the query."""
    query: Mapping[str, str]
    query_string: str
    headers: Mapping[str, str]
    body: bytes
    json: Any
    """The parsed body, None when there is none."""
    at: float
    """When it came, on the steady clock."""
    status: int | None = None
    """The status that was sent; None while there is none, or when none was ever sent."""
    applied: bool = False
    """Whether it changed or moved anything."""
    user: str | None = None
    """Whose key it carried."""
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the client has given up before the answer was sent."""
    finished: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the simulator is done with it."""

    def values(self, name: str) -> list[str]:
        """Return every value of a query name."""
        return parse_qs(self.query_string).get(name, [])

    @property
    def resource(self) -> str:
        """The path without /api/{version}."""
        return resource(self.path)

    def matches(self, method: str | None, path: str | None) -> bool:
        """Tell whether method and path pattern fit."""
        return (method is None or method.upper() == self.method) and (
            path is None or bool(path_pattern(path).fullmatch(self.resource))
        )


class Recorder:
    """Every request since the start or the last clear()."""

    def __init__(self) -> None:
        """Start empty."""
        self.requests: list[Recorded] = []
        self._arrival = asyncio.Event()

    def add(self, request: Recorded) -> None:
        """Write a request down and wake those who wait for it."""
        self.requests.append(request)
        self._arrival.set()
        self._arrival = asyncio.Event()

    def calls(self, method: str | None = None, path: str | None = None) -> list[Recorded]:
        """Return the requests that fit."""
        return [request for request in self.requests if request.matches(method, path)]

    async def wait_for(self, method: str | None, path: str | None, count: int) -> Recorded:
        """Return the count-th request that fits, as soon as it has come."""
        async with asyncio.timeout(PATIENCE):
            while len(found := self.calls(method, path)) < count:
                await self._arrival.wait()
        return found[count - 1]

    async def idle(self) -> None:
        """Wait until no request is under way."""
        async with asyncio.timeout(PATIENCE):
            while busy := [call for call in self.requests if not call.finished.is_set()]:
                await busy[0].finished.wait()
