"""The running simulator: sockets, recording, faults; the work itself is done in api."""

import asyncio
import json
import ssl
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from .account import TOKEN, Account, fill_default
from .api import Api
from .clock import Clock, SystemClock
from .demo import fill_demo
from .door import Door
from .envelope import Wire, render
from .faults import Fault, Faults
from .recorder import Recorded, Recorder
from .settings import Settings
from .transport import cut, send

NO_FAULT = Fault()


class Simulator:
    """A cloud for Tedee locks on a loopback port; see the package's docstring."""

    token = TOKEN
    """The default key's value: all scopes, never expired."""

    def __init__(
        self, *, demo: bool = False, clock: Clock | None = None, settings: Settings | None = None
    ) -> None:
        """Prepare a cloud without locks, or with the demo's three."""
        self._fill = fill_demo if demo else fill_default
        self.clock = clock or SystemClock()
        self.settings = settings or Settings()
        self._first_settings = self.settings.as_dict()
        self.account = Account(self.clock, self.settings)
        self._fill(self.account)
        self.faults = Faults()
        self.api = Api(self.account)
        self._recorder = Recorder()
        self._answers: dict[tuple[str, str, str], Wire] = {}
        self._jobs: set[asyncio.Task[web.StreamResponse | None]] = set()
        self._runner: web.AppRunner | None = None
        self._scheme = "http"
        self.host = "127.0.0.1"
        self.port = 0

    # --- running -----------------------------------------------------------------------------

    async def start(
        self, port: int = 0, *, host: str = "127.0.0.1", ssl_context: ssl.SSLContext | None = None
    ) -> None:
        """Listen; after a stop() the same port is taken again unless another is given."""
        application = web.Application()
        Door(self).add_routes(application)
        application.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(
            application, access_log=None, handler_cancellation=True, shutdown_timeout=1
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port or self.port, ssl_context=ssl_context)
        await site.start()
        self.host = host
        self.port = self._runner.addresses[0][1]
        self._scheme = "http" if ssl_context is None else "https"

    async def stop(self) -> None:
        """Cut all connections, also those of held requests, and leave nothing running."""
        jobs = list(self._jobs)
        for job in jobs:
            job.cancel()
        await asyncio.gather(*jobs, return_exceptions=True)
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
            await asyncio.sleep(0)  # a client in this process hears of its closed connection

    async def __aenter__(self) -> Self:
        """Start on a free port."""
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop."""
        await self.stop()

    @property
    def url(self) -> str:
        """The base address, to which /api/{version} is added."""
        return f"{self._scheme}://{self.host}:{self.port}"

    def reset(self) -> None:
        """Go back to the beginning: account, settings, faults, limits, records."""
        self.settings.update(self._first_settings)
        for kept in (self.account.keys, self.account.locks, self.account.operations):
            kept.clear()
        self._fill(self.account)
        self.faults.clear()
        self.api.limits.clear()
        self.clear()

    # --- what was asked ----------------------------------------------------------------------

    @property
    def requests(self) -> list[Recorded]:
        """Every API request since the start or the last clear()."""
        return self._recorder.requests

    def calls(self, method: str | None = None, path: str | None = None) -> list[Recorded]:
        """Return the requests that fit a method and a path pattern such as /my/lock/*/pin."""
        return self._recorder.calls(method, path)

    def clear(self) -> None:
        """Forget the requests."""
        self._recorder.requests.clear()

    async def wait_for_request(
        self, method: str | None = None, path: str | None = None, *, count: int = 1
    ) -> Recorded:
        """Return the count-th fitting request as soon as it has come in."""
        return await self._recorder.wait_for(method, path, count)

    async def idle(self) -> None:
        """Wait until every request has come to its end, answered or not."""
        await self._recorder.idle()

    # --- one request -------------------------------------------------------------------------

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        recorded = await self._record(request)
        job = asyncio.create_task(self._answer(request, recorded))
        self._jobs.add(job)
        job.add_done_callback(self._jobs.discard)
        job.add_done_callback(lambda _: recorded.finished.set())
        try:
            # A client that gives up does not undo what the cloud is doing.
            response = await asyncio.shield(job)
        except asyncio.CancelledError:
            if job.cancelled():
                return cut(request)
            recorded.gone.set()
            raise
        return cut(request) if response is None else response

    async def _record(self, request: web.Request) -> Recorded:
        body = await request.read()
        path, _, query = request.raw_path.partition("?")
        recorded = Recorded(
            method=request.method,
            path=path,
            query=request.query,
            query_string=query,
            headers=request.headers,
            body=body,
            json=_parsed(body),
            at=self.clock.monotonic(),
        )
        self._recorder.add(recorded)
        return recorded

    async def _answer(self, request: web.Request, recorded: Recorded) -> web.StreamResponse | None:
        script = self.faults.take(recorded)
        fault = NO_FAULT if script is None else script.fault
        older = self._older(recorded) if fault.stale else None
        replaced = fault.replaces and not (fault.stale and older is None)
        wire = await self._work(recorded) if fault.worked else None
        if fault.delay:
            await asyncio.sleep(fault.delay)
        if fault.hold and script is not None:
            await script.wait()
        if not fault.worked and not replaced:
            wire = await self._work(recorded)
        if fault.silent:
            await recorded.gone.wait()
        if recorded.gone.is_set():
            return None
        if fault.drop or fault.reset:
            return cut(request, reset=fault.reset)
        wire = fault.over(older or wire, self.settings)
        recorded.status = wire.status
        try:
            return await send(request, wire, fault)
        except ConnectionError:
            return None

    async def _work(self, recorded: Recorded) -> Wire:
        wire = render(await self.api.work(recorded), self.settings)
        self._answers[_identity(recorded)] = wire
        return wire

    def _older(self, recorded: Recorded) -> Wire | None:
        return self._answers.get(_identity(recorded))


def _identity(recorded: Recorded) -> tuple[str, str, str]:
    """Return what makes two requests the same one."""
    return recorded.method, recorded.path.lower(), recorded.query_string


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body) if body else None
    except ValueError:
        return None
