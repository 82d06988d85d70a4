"""The client: one request function, then a few lines for each endpoint."""

from collections.abc import Mapping
from enum import StrEnum
from http import HTTPMethod, HTTPStatus
from typing import Final

import aiohttp

from .activities import Activity
from .budget import Budget, Priority
from .exceptions import (
    TedeeAnswerError,
    TedeeAuthError,
    TedeeConnectionError,
    TedeeError,
    TedeeNoAnswerError,
    TedeeRateLimitError,
    TedeeStatusError,
    TedeeVersionError,
)
from .generations import Command, Generation, route, route_missing
from .models import Lock, LockSync, Operation, Receipt
from .pin_models import Pin, PinList
from .wire import (
    Envelope,
    JsonObject,
    read_envelope,
    read_int,
    read_object,
    read_objects,
    read_text,
)

DEFAULT_URL: Final = "https://api.tedee.com"
DEFAULT_API_VERSION: Final = "v37"
"""The newest version the vendor documents (page "Release notes", 2025-08-11)."""

CONNECT_TIMEOUT: Final = 10
"""Seconds for a connection to be made."""
ANSWER_TIMEOUT: Final = 30
"""Seconds for a whole request: PIN calls travel through the bridge to the lock and back."""

WITH_ACCESSORIES: Final = {"IncludeAccessories": "true"}
"""Without it, the cloud does not tell which locks have a keypad."""
PAGE_SIZE: Final = 100
SMALL_PAGE: Final = 10
"""A page with fewer locks is the last. Larger ones may be cut short by a cloud whose own largest
page, which the vendor does not tell, is below ours."""
MAX_PAGES: Final = 50
"""A cloud that repeats itself for ever must not keep the client busy for ever."""

ACTIVITY_PAGE: Final = 200
"""The largest page of the log that the vendor has."""
ACTIVITY_PAGES: Final = 2
"""How far back the log is worth a request: it has no end that is told beforehand."""

RETRY_AFTER_DEFAULT: Final = 60
RETRY_AFTER_MAX: Final = 3600
"""Seconds; the vendor's window for counting requests is an hour long."""

JWT_PARTS: Final = 3
NO_BODY: Final = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED})
"""The vendor documents bodies for these; HTTP forbids them, so they are never read."""
VERSION_GONE: Final = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})


type Params = Mapping[str, int | str]


class Scheme(StrEnum):
    """The word before the token in the Authorization header (page "Authenticate")."""

    PERSONAL_KEY = "PersonalKey"
    BEARER = "Bearer"


class TedeeClient:
    """Talks to the Tedee cloud for one account.

    `scheme` and `generation` are what an earlier client found out; without them the first requests
    find out, and both attributes then say what the cloud takes. `budget` counts the account's
    requests and outlives the client.

    Every method may raise TedeeConnectionError, TedeeNoAnswerError, TedeeAnswerError,
    TedeeAuthError, TedeeRateLimitError and TedeeStatusError, and nothing else.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        token: str,
        *,
        url: str = DEFAULT_URL,
        api_version: str = DEFAULT_API_VERSION,
        scheme: Scheme | None = None,
        generation: Generation | None = None,
        budget: Budget | None = None,
    ) -> None:
        """Take the session to talk through and what is known of the account."""
        self._session = session
        self._token = token
        self._base = f"{url.rstrip('/')}/api/{api_version}"
        self.scheme = scheme
        self.generation = generation
        self.budget = budget or Budget()

    async def get_locks(self, priority: Priority = Priority.POLL) -> list[Lock]:
        """Return all locks of the account, page by page (page "Get all locks").

        The vendor allows 10 such requests in 10 minutes. Raises TedeeVersionError where the cloud
        does not serve the API version.
        """
        locks: dict[str, Lock] = {}
        for page in range(1, MAX_PAGES + 1):
            result = await self._read_always_served(
                priority, "my/lock", {"ItemsPerPage": PAGE_SIZE, "Page": page, **WITH_ACCESSORIES}
            )
            items = read_objects(result)
            found = [lock for item in items if (lock := Lock.from_wire(item))]
            known = len(locks)
            locks |= {lock.serial: lock for lock in found}
            if len(items) < SMALL_PAGE or len(locks) == known:
                break
        return list(locks.values())

    async def get_lock(self, lock_id: int) -> Lock:
        """Return one lock with its settings (page "Get single lock")."""
        path = f"my/lock/{lock_id}"
        result = read_object(await self._read(Priority.POLL, path, WITH_ACCESSORIES))
        if (lock := Lock.from_wire(result)) is None:
            raise TedeeAnswerError
        return lock

    async def sync(self, priority: Priority = Priority.POLL) -> list[LockSync]:
        """Return the state of all locks in one request (page "Sync locks").

        Not to be asked more than once in 20 seconds. Raises TedeeVersionError where the cloud does
        not serve the API version.
        """
        items = read_objects(await self._read_always_served(priority, "my/lock/sync"))
        return [sync for item in items if (sync := LockSync.from_wire(item))]

    async def sync_lock(self, lock_id: int) -> LockSync:
        """Return the state of one lock (page "Sync single lock")."""
        result = read_object(await self._read(Priority.COMMAND, f"my/lock/{lock_id}/sync"))
        sync = LockSync.from_wire(result)
        if sync is None or sync.lock_id != lock_id:
            raise TedeeAnswerError
        return sync

    async def command(self, lock_id: int, command: Command) -> Receipt:
        """Put a command to a lock (pages "Lock your lock", "Unlock your lock", "Pull spring").

        The cloud's answer means accepted, not done. The generation that the cloud is known to serve
        is asked first, else the close generation; the other one only where the route is missing,
        because then nothing has moved. Where neither is served, a 404 of one of them is what
        TedeeStatusError carries.
        """
        first = self.generation or Generation.CLOSE
        other = Generation.OPERATION if first is Generation.CLOSE else Generation.CLOSE
        try:
            return await self._command(first, lock_id, command)
        except TedeeStatusError as err:
            own_answer = self.generation is not None and err.enveloped
            if own_answer or not route_missing(err):
                raise
            try:
                return await self._command(other, lock_id, command)
            except TedeeStatusError as second:
                unserved = route_missing(second) and second.status != HTTPStatus.NOT_FOUND
                raise err if unserved else second from None

    async def get_operation(self, operation_id: str) -> Operation:
        """Return how far a command has come (page "Get device operation").

        Raises TedeeStatusError with 404 where the cloud keeps no operations (before 1.17).
        """
        path = f"my/device/operation/{operation_id}"
        return Operation.from_wire(await self._read(Priority.COMMAND, path))

    async def get_pins(self, lock_id: int, priority: Priority = Priority.PIN) -> PinList:
        """Return the PINs of a lock, without digits or schedules (page "Get PIN list")."""
        return PinList.from_wire(await self._read(priority, f"my/lock/{lock_id}/pin"))

    async def get_changed_pins(self, lock_id: int, list_version: int) -> PinList | None:
        """Return the PINs of a lock, None where the list still has the version that is known."""
        answer = await self._request(
            Priority.PIN,
            HTTPMethod.GET,
            f"my/lock/{lock_id}/pin",
            params={"listVersion": list_version},
            bodyless=HTTPStatus.NOT_MODIFIED,
        )
        return None if answer is None else PinList.from_wire(answer.result)

    async def get_pin(self, lock_id: int, pin_id: int, priority: Priority = Priority.PIN) -> Pin:
        """Return a PIN with its digits and schedule (page "Get single PIN")."""
        path = f"my/lock/{lock_id}/pin/{pin_id}"
        return Pin.from_wire(await self._read(priority, path), pin_id)

    async def create_pin(self, lock_id: int, pin: Pin) -> int:
        """Store a new PIN, sending only the limits it has, and return its id (page "Create")."""
        body = {key: value for key, value in pin.to_wire().items() if value is not None}
        path = f"my/lock/{lock_id}/pin"
        answer = await self._request(Priority.PIN, HTTPMethod.POST, path, body=body)
        pin_id = read_int(read_object(answer and answer.result).get("id"))
        if pin_id is None:
            raise TedeeAnswerError
        return pin_id

    async def update_pin(
        self, lock_id: int, pin_id: int, pin: Pin, priority: Priority = Priority.PIN
    ) -> None:
        """Replace a PIN as a whole: a limit that is None is lifted (page "Update")."""
        path = f"my/lock/{lock_id}/pin/{pin_id}"
        await self._request(priority, HTTPMethod.PUT, path, body=pin.to_wire())

    async def delete_pin(
        self, lock_id: int, pin_id: int, priority: Priority = Priority.PIN
    ) -> None:
        """Remove a PIN (page "Delete"). Raises TedeeStatusError with 404 where it is gone."""
        path = f"my/lock/{lock_id}/pin/{pin_id}"
        await self._request(priority, HTTPMethod.DELETE, path)

    async def get_activities(self, lock_id: int) -> list[Activity]:
        """Return what happened at a lock of late (page "Get all activities").

        The only request that needs the scope DeviceActivity.Read.
        """
        activities: list[Activity] = []
        params: dict[str, int | str] = {"deviceId": lock_id, "elements": ACTIVITY_PAGE}
        for _ in range(ACTIVITY_PAGES):
            items = read_objects(await self._read(Priority.PIN, "my/deviceactivity", params))
            activities += [line for item in items if (line := Activity.from_wire(item))]
            last = read_text(items[-1].get("date")) if len(items) == ACTIVITY_PAGE else None
            if last is None:
                break
            params["lastElemDate"] = last
        return activities

    async def _command(self, generation: Generation, lock_id: int, command: Command) -> Receipt:
        """Put a command to a lock in one generation, and remember a generation that is served."""
        to = route(generation, command, lock_id)
        answer = await self._request(
            Priority.COMMAND, HTTPMethod.POST, to.path, params=to.params, body=to.body
        )
        self.generation = generation
        return Receipt.from_wire(answer and answer.result)

    async def _read(self, priority: Priority, path: str, params: Params | None = None) -> object:
        """Return the result of a GET."""
        answer = await self._request(priority, HTTPMethod.GET, path, params=params)
        if answer is None:
            raise TedeeAnswerError
        return answer.result

    async def _read_always_served(
        self, priority: Priority, path: str, params: Params | None = None
    ) -> object:
        """Return the result of a GET whose route every version has."""
        try:
            result = await self._read(priority, path, params)
        except TedeeStatusError as err:
            no_route = err.status == HTTPStatus.BAD_REQUEST and not err.enveloped
            if err.status in VERSION_GONE or no_route:
                raise TedeeVersionError from None
            raise
        if not isinstance(result, list):
            raise TedeeAnswerError
        return result

    async def _request(
        self,
        priority: Priority,
        method: HTTPMethod,
        path: str,
        *,
        params: Params | None = None,
        body: JsonObject | None = None,
        bodyless: HTTPStatus = HTTPStatus.NO_CONTENT,
    ) -> Envelope | None:
        """Send a request and return its envelope, None for the status that has no body.

        Without a known scheme the likelier one is tried first and, where it is refused, the other.
        """
        for scheme in (self.scheme,) if self.scheme else _likely_schemes(self._token):
            self.budget.spend(priority)
            status, headers, content = await self._exchange(method, path, scheme, params, body)
            if status != HTTPStatus.UNAUTHORIZED:
                break
        else:
            raise TedeeAuthError
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            seconds = _retry_after(headers)
            self.budget.hold(seconds)
            raise TedeeRateLimitError(seconds)
        if status == bodyless:
            return None
        if status in NO_BODY:
            raise TedeeAnswerError
        envelope = read_envelope(content)
        if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            raise TedeeStatusError(status, enveloped=envelope is not None)
        if envelope is None:
            raise TedeeAnswerError
        if not envelope.success:
            raise TedeeStatusError(envelope.status or status, enveloped=True)
        self.scheme = scheme
        return envelope

    async def _exchange(
        self,
        method: HTTPMethod,
        path: str,
        scheme: Scheme,
        params: Params | None,
        body: JsonObject | None,
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Send one HTTP request and return status, headers and body.

        aiohttp's exceptions can hold the request's headers, so none of them leaves from here, not
        even as a cause or context. Redirects are not followed: the token goes to the configured
        host alone.
        """
        failure: type[TedeeError]
        try:
            async with self._session.request(
                method,
                f"{self._base}/{path}",
                headers={"Accept": "application/json", "Authorization": f"{scheme} {self._token}"},
                params=params,
                json=body,
                allow_redirects=False,
                middlewares=(_once,),
                timeout=aiohttp.ClientTimeout(total=ANSWER_TIMEOUT, sock_connect=CONNECT_TIMEOUT),
            ) as response:
                content = b"" if response.status in NO_BODY else await response.read()
                return response.status, response.headers, content
        except (
            aiohttp.ClientConnectorError,
            aiohttp.ConnectionTimeoutError,
            aiohttp.InvalidURL,
            RuntimeError,  # aiohttp's word for a session that is closed
        ):
            failure = TedeeConnectionError
        except TimeoutError, aiohttp.ClientError:
            failure = TedeeNoAnswerError
        raise failure


async def _once(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Keep aiohttp from repeating a GET, PUT or DELETE by itself when the connection breaks.

    The repeat would escape the budget, and a PIN deleted by the first would be missing for the
    second.
    """
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except aiohttp.ClientOSError, aiohttp.ServerDisconnectedError:
        raise aiohttp.ClientError from None


def _likely_schemes(token: str) -> tuple[Scheme, Scheme]:
    """Return both schemes, the one that suits the token first: a JWT has three parts."""
    parts = token.split(".")
    if len(parts) == JWT_PARTS and all(parts):
        return Scheme.BEARER, Scheme.PERSONAL_KEY
    return Scheme.PERSONAL_KEY, Scheme.BEARER


def _retry_after(headers: Mapping[str, str]) -> int:
    """Return the seconds the cloud asks to wait, within reason."""
    try:
        seconds = int(headers.get("Retry-After", ""))
    except ValueError:
        return RETRY_AFTER_DEFAULT
    return min(seconds, RETRY_AFTER_MAX) if seconds > 0 else RETRY_AFTER_DEFAULT
