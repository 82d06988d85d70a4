"""Faults scripted per request: what goes wrong, for which requests, how often."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .envelope import ABSENT, Answer, Wire, render, to_json
from .recorder import Recorded
from .settings import Settings

type Predicate = Callable[[Recorded], bool]


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What goes wrong with a request. Parts may be combined.

    Without `worked`, a fault that replaces the answer also keeps the work from being done.
    """

    status: int | None = None
    """Answer this status; without a body it is an error in the vendor's envelope."""
    body: Any = ABSENT
    """Answer this body as it is: bytes, str (HTML or text) or any JSON value."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Added to the answer, or laid over its headers."""
    errors: tuple[str, ...] = ("Simulated fault.",)
    """errorMessages of an enveloped error."""
    worked: bool = False
    """Do the work all the same, before anything else."""
    delay: float = 0
    """Wait so many seconds before the work (after it with `worked`)."""
    hold: bool = False
    """Wait for release() before the work (after it with `worked`)."""
    drop: bool = False
    """Close the connection without an answer."""
    reset: bool = False
    """Reset the connection without an answer."""
    silent: bool = False
    """Never answer; ends when the client gives up."""
    stale: bool = False
    """Give the answer that the last identical request got."""
    keep: int | None = None
    """Send only so many bytes of the body that was announced, then close."""
    drip: float = 0
    """Seconds between the two halves of the body."""

    @property
    def replaces(self) -> bool:
        """Whether the true answer is not given."""
        replaced = self.status is not None or self.body is not ABSENT
        return replaced or self.drop or self.reset or self.silent or self.stale

    def over(self, wire: Wire | None, settings: Settings) -> Wire:
        """Return what is sent instead of the true answer."""
        if self.body is not ABSENT:
            kind, body = _raw(self.body)
            headers = {"Content-Type": kind} | dict(self.headers)
            return Wire(status=self.status or 200, headers=headers, body=body)
        if self.status is not None:
            wire = render(Answer(status=self.status, errors=self.errors), settings)
        if wire is None:
            wire = render(Answer(status=500, errors=self.errors), settings)
        return Wire(status=wire.status, headers=wire.headers | dict(self.headers), body=wire.body)


def _raw(body: object) -> tuple[str, bytes]:
    if isinstance(body, bytes):
        return "application/json", body
    if isinstance(body, str):
        return "text/html" if body.lstrip().startswith("<") else "text/plain", body.encode()
    return "application/json", to_json(body)


@dataclass(kw_only=True, eq=False)
class Script:
    """A fault, the requests it strikes, and the way to let held requests go."""

    fault: Fault
    method: str | None = None
    path: str | None = None
    predicate: Predicate | None = None
    times: int | None = 1
    """How many requests it strikes; None: all."""
    after: int = 0
    """How many fitting requests it lets pass first."""
    struck: list[Recorded] = field(default_factory=list)
    _released: asyncio.Event = field(default_factory=asyncio.Event)
    _reached: asyncio.Event = field(default_factory=asyncio.Event)
    _held: int = 0

    def strikes(self, request: Recorded) -> bool:
        """Decide, and count."""
        if self.times is not None and len(self.struck) >= self.times:
            return False
        if not request.matches(self.method, self.path):
            return False
        if self.predicate is not None and not self.predicate(request):
            return False
        if self.after > 0:
            self.after -= 1
            return False
        self.struck.append(request)
        return True

    def release(self) -> None:
        """Let the requests that are held go on, and those to come pass."""
        self._released.set()

    async def held(self, count: int = 1) -> Recorded:
        """Wait until so many requests are held, and return the last of them."""
        async with asyncio.timeout(10):
            while self._held < count:
                self._reached.clear()
                await self._reached.wait()
        return self.struck[count - 1]

    async def wait(self) -> None:
        """Hold a request until release()."""
        self._held += 1
        self._reached.set()
        await self._released.wait()


class Faults:
    """The faults waiting for their requests; the oldest that fits strikes."""

    def __init__(self) -> None:
        """Start without any."""
        self._scripts: list[Script] = []

    def add(
        self,
        fault: Fault,
        *,
        method: str | None = None,
        path: str | None = None,
        times: int | None = 1,
        after: int = 0,
        predicate: Predicate | None = None,
    ) -> Script:
        """Script a fault; the path is a pattern behind /api/{version}, see recorder."""
        script = Script(
            fault=fault, method=method, path=path, times=times, after=after, predicate=predicate
        )
        self._scripts.append(script)
        return script

    def remove(self, script: Script) -> None:
        """Take a fault back and release what it holds."""
        self._scripts.remove(script)
        script.release()

    def clear(self) -> None:
        """Take all faults back and release what they hold."""
        for script in self._scripts:
            script.release()
        self._scripts.clear()

    def take(self, request: Recorded) -> Script | None:
        """Return the fault that strikes a request."""
        return next((script for script in self._scripts if script.strikes(request)), None)
