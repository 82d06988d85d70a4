"""The client alone against the simulated cloud: routes, generations, schemes, failures."""

import asyncio
import traceback
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver

from custom_components.tedee_cloud.api import (
    Activity,
    Command,
    Generation,
    Pin,
    Receipt,
    Scheme,
    TedeeAnswerError,
    TedeeAuthError,
    TedeeClient,
    TedeeConnectionError,
    TedeeError,
    TedeeNoAnswerError,
    TedeeRateLimitError,
    TedeeStatusError,
    TedeeVersionError,
)

from .simulator import UNLOCKED, Fault, Key, Simulator

type Call = Callable[[TedeeClient], Awaitable[object]]

CLIENT = "custom_components.tedee_cloud.api.client"
HTML = "<html><body>Bad Gateway</body></html>"
PATIENCE = 0.5
"""Seconds that an answer is waited for where none will come."""
LOCK_ID = 41001
NOON = datetime(2027, 1, 15, 12, tzinfo=UTC)
UNKNOWN_ID = 999
CLOSE_PATH = "/api/v37/my/lock/close"
OPERATION_PATH = "/api/v37/my/lock/41001/operation/lock"

CALLS: dict[str, Call] = {
    "get_locks": lambda client: client.get_locks(),
    "get_lock": lambda client: client.get_lock(LOCK_ID),
    "sync": lambda client: client.sync(),
    "sync_lock": lambda client: client.sync_lock(LOCK_ID),
    "lock": lambda client: client.command(LOCK_ID, Command.LOCK),
    "get_operation": lambda client: client.get_operation("1577833200000"),
    "get_pins": lambda client: client.get_pins(LOCK_ID),
    "get_changed_pins": lambda client: client.get_changed_pins(LOCK_ID, 3),
    "get_pin": lambda client: client.get_pin(LOCK_ID, 3),
    "create_pin": lambda client: client.create_pin(LOCK_ID, Pin(alias="Guest", pin="918273")),
    "update_pin": lambda client: client.update_pin(LOCK_ID, 3, Pin(alias="Guest", pin="918273")),
    "delete_pin": lambda client: client.delete_pin(LOCK_ID, 3),
    "get_activities": lambda client: client.get_activities(LOCK_ID),
}


@pytest.fixture
async def session(sim: Simulator) -> AsyncGenerator[aiohttp.ClientSession]:
    """Open connections to the simulated cloud, which has one unlocked lock."""
    sim.account.add_lock("Front door", state=UNLOCKED)
    async with aiohttp.ClientSession() as opened:
        yield opened


def new_client(session: aiohttp.ClientSession, sim: Simulator, **known: Any) -> TedeeClient:
    """Return a client that knows its scheme, unless told otherwise."""
    known.setdefault("scheme", Scheme.PERSONAL_KEY)
    known.setdefault("url", sim.url)
    return TedeeClient(session, known.pop("token", sim.token), **known)


@pytest.fixture
def client(session: aiohttp.ClientSession, sim: Simulator) -> TedeeClient:
    """Return a client that knows its scheme and not its generation."""
    return new_client(session, sim)


def paths(sim: Simulator) -> list[str]:
    """Return where the requests went, in their order."""
    return [request.path for request in sim.requests]


# --- commands: two generations ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("generation", "command", "path", "query", "body"),
    [
        ("close", Command.LOCK, "/my/lock/close", "", {"deviceId": 41001}),
        (
            "close",
            Command.UNLOCK,
            "/my/lock/open",
            "",
            {"deviceId": 41001, "openParameter": 3},
        ),
        ("close", Command.PULL, "/my/lock/pull-spring", "", {"deviceId": 41001}),
        ("operation", Command.LOCK, "/my/lock/41001/operation/lock", "", None),
        ("operation", Command.UNLOCK, "/my/lock/41001/operation/unlock", "mode=3", None),
        ("operation", Command.PULL, "/my/lock/41001/operation/pull", "", None),
    ],
)
async def test_a_command_in_the_generation_that_is_known(
    session: aiohttp.ClientSession,
    sim: Simulator,
    generation: str,
    command: Command,
    path: str,
    query: str,
    body: dict[str, int] | None,
) -> None:
    """One request, word for word as the vendor's pages have it."""
    sim.settings.generation = generation
    client = new_client(session, sim, generation=Generation(generation))

    receipt = await client.command(LOCK_ID, command)

    [call] = sim.requests
    assert (call.method, call.path, call.query_string) == ("POST", f"/api/v37{path}", query)
    assert call.json == body
    assert call.headers["Authorization"] == f"PersonalKey {sim.token}"
    assert call.headers["Accept"] == "application/json"
    if body is None:
        assert call.body == b""
        assert call.headers["Content-Length"] == "0"
    else:
        assert call.headers["Content-Type"] == "application/json"
    assert [receipt.operation_id] == list(sim.account.operations)


@pytest.mark.parametrize("status", [200, 202])
async def test_the_close_endpoint_comes_first_and_is_remembered(
    client: TedeeClient, sim: Simulator, status: int
) -> None:
    """A cloud that serves it, in either version, is asked nothing else."""
    sim.settings.generation = {200: "close", 202: "close-202"}[status]

    await client.command(LOCK_ID, Command.LOCK)
    await client.command(LOCK_ID, Command.UNLOCK)

    assert paths(sim) == [CLOSE_PATH, "/api/v37/my/lock/open"]
    assert [request.status for request in sim.requests] == [status, status]
    assert client.generation is Generation.CLOSE


async def test_where_both_are_served_the_close_endpoint_is_used(
    client: TedeeClient, sim: Simulator
) -> None:
    """The mission's endpoint comes first."""
    sim.settings.generation = "both"
    await client.command(LOCK_ID, Command.LOCK)
    assert paths(sim) == [CLOSE_PATH]


@pytest.mark.parametrize("unserved", [400, 404, 405, 410, 501])
async def test_a_route_that_is_not_served_gives_way_to_the_other_once(
    client: TedeeClient, sim: Simulator, unserved: int
) -> None:
    """However the cloud says so; the second command costs no extra request."""
    sim.settings.unserved = unserved

    await client.command(LOCK_ID, Command.LOCK)
    await client.command(LOCK_ID, Command.UNLOCK)

    assert paths(sim) == [
        CLOSE_PATH,
        OPERATION_PATH,
        "/api/v37/my/lock/41001/operation/unlock",
    ]
    assert [request.status for request in sim.requests] == [unserved, 202, 202]
    assert client.generation is Generation.OPERATION


@pytest.mark.parametrize(
    ("fault", "error", "status"),
    [
        (Fault(status=400), TedeeStatusError, 400),
        (Fault(status=401), TedeeAuthError, None),
        (Fault(status=403), TedeeStatusError, 403),
        (Fault(status=403, body=HTML), TedeeStatusError, 403),
        (Fault(status=408), TedeeStatusError, 408),
        (Fault(status=409), TedeeStatusError, 409),
        (Fault(status=429), TedeeRateLimitError, None),
        (Fault(status=500), TedeeStatusError, 500),
        (Fault(status=502, body=HTML), TedeeStatusError, 502),
        (Fault(status=503), TedeeStatusError, 503),
        (Fault(status=504, worked=True), TedeeStatusError, 504),
        (Fault(status=200, body=HTML), TedeeAnswerError, None),
        (Fault(status=304), TedeeAnswerError, None),
        (Fault(drop=True), TedeeNoAnswerError, None),
        (Fault(drop=True, worked=True), TedeeNoAnswerError, None),
        (Fault(reset=True), TedeeNoAnswerError, None),
        (Fault(keep=10), TedeeNoAnswerError, None),
    ],
    ids=repr,
)
async def test_an_answer_of_the_locks_own_is_reported_and_never_tried_elsewhere(
    client: TedeeClient,
    sim: Simulator,
    fault: Fault,
    error: type[TedeeError],
    status: int | None,
) -> None:
    """The bolt may have moved, or the lock has said no: one request, nothing remembered."""
    sim.settings.generation = "both"
    await client.sync()
    sim.clear()
    sim.faults.add(fault, method="POST")

    with pytest.raises(TedeeError) as caught:
        await client.command(LOCK_ID, Command.LOCK)

    assert type(caught.value) is error
    assert getattr(caught.value, "status", None) == status
    assert paths(sim) == [CLOSE_PATH]
    assert client.generation is None


@pytest.mark.parametrize(
    ("known", "path"),
    [
        (Generation.CLOSE, "/api/v37/my/lock/close"),
        (Generation.OPERATION, "/api/v37/my/lock/999/operation/lock"),
    ],
)
@pytest.mark.parametrize("status", [404, 405, 410, 501, 400])
async def test_an_enveloped_refusal_of_a_known_generation_is_final(
    session: aiohttp.ClientSession,
    sim: Simulator,
    known: Generation,
    path: str,
    status: int,
) -> None:
    """The lock or bridge was not found; asking elsewhere would tell nothing new."""
    sim.settings.generation = "both"
    sim.faults.add(Fault(status=status), method="POST")
    client = new_client(session, sim, generation=known)

    with pytest.raises(TedeeStatusError) as caught:
        await client.command(UNKNOWN_ID, Command.LOCK)

    assert (caught.value.status, caught.value.enveloped) == (status, True)
    assert paths(sim) == [path]
    assert client.generation is known


@pytest.mark.parametrize("unserved", [400, 404, 405, 410, 501])
@pytest.mark.parametrize(
    ("known", "served", "order"),
    [
        (Generation.CLOSE, "operation", [CLOSE_PATH, OPERATION_PATH]),
        (Generation.OPERATION, "close", [OPERATION_PATH, CLOSE_PATH]),
    ],
)
async def test_a_known_generation_that_is_gone_gives_way_to_the_other(
    session: aiohttp.ClientSession,
    sim: Simulator,
    unserved: int,
    known: Generation,
    served: str,
    order: list[str],
) -> None:
    """A cloud that changed under the client is found out, and remembered anew."""
    sim.settings.generation = served
    sim.settings.unserved = unserved
    client = new_client(session, sim, generation=known)

    await client.command(LOCK_ID, Command.LOCK)

    assert paths(sim) == order
    assert client.generation == served


@pytest.mark.parametrize(
    ("first", "second", "status"),
    [
        (Fault(status=404), Fault(status=404), 404),
        (Fault(status=404, body=b""), Fault(status=404, body=b""), 404),
        (Fault(status=404, body=b""), Fault(status=404), 404),
        (Fault(status=405, body=b""), Fault(status=404), 404),
        (Fault(status=404), Fault(status=405, body=b""), 404),
        (Fault(status=405, body=b""), Fault(status=501, body=b""), 405),
        (Fault(status=404, body=b""), Fault(status=400), 400),
        (Fault(status=404, body=b""), Fault(status=403), 403),
        (Fault(status=404, body=b""), Fault(status=409), 409),
        (Fault(status=400, body=HTML), Fault(status=503, body=HTML), 503),
    ],
    ids=repr,
)
async def test_where_neither_generation_takes_the_command_nothing_is_remembered(
    client: TedeeClient, sim: Simulator, first: Fault, second: Fault, status: int
) -> None:
    """A 404 of either is what is told, else what the lock itself said."""
    sim.faults.add(first, path="/my/lock/close")
    sim.faults.add(second, path="/my/lock/*/operation/lock")

    with pytest.raises(TedeeStatusError) as caught:
        await client.command(LOCK_ID, Command.LOCK)

    assert caught.value.status == status
    assert paths(sim) == [CLOSE_PATH, OPERATION_PATH]
    assert client.generation is None


async def test_a_lock_that_is_not_found_teaches_nothing_about_the_cloud(
    client: TedeeClient, sim: Simulator
) -> None:
    """The next command to a lock that is there finds out from the start."""
    sim.settings.generation = "both"
    with pytest.raises(TedeeStatusError):
        await client.command(UNKNOWN_ID, Command.LOCK)
    sim.clear()
    await client.command(LOCK_ID, Command.LOCK)
    assert paths(sim) == [CLOSE_PATH]


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=204),
        Fault(status=202, body={"success": True}),
        Fault(status=202, body={"result": None, "success": True}),
        Fault(status=202, body={"Result": {}, "Success": True}),
    ],
    ids=repr,
)
async def test_an_accepted_command_may_name_no_operation(
    client: TedeeClient, sim: Simulator, fault: Fault
) -> None:
    """It was accepted all the same, and so was the generation."""
    sim.faults.add(fault)
    receipt = await client.command(LOCK_ID, Command.LOCK)
    assert receipt.operation_id is None
    assert client.generation is Generation.CLOSE


# --- schemes ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("token", "accepted", "tried"),
    [
        ("abc123.key+/=", "PersonalKey", ["PersonalKey"]),
        ("abc123.key+/=", "Bearer", ["PersonalKey", "Bearer"]),
        ("abc123", "PersonalKey", ["PersonalKey"]),
        ("head.body.signature", "Bearer", ["Bearer"]),
        ("head.body.signature", "PersonalKey", ["Bearer", "PersonalKey"]),
        ("head..signature", "PersonalKey", ["PersonalKey"]),
        ("head.body.", "PersonalKey", ["PersonalKey"]),
        ("a.b.c.d", "PersonalKey", ["PersonalKey"]),
    ],
)
async def test_the_likelier_scheme_is_tried_first_and_the_working_one_kept(
    session: aiohttp.ClientSession, sim: Simulator, token: str, accepted: str, tried: list[str]
) -> None:
    """Three parts make a JWT; the other scheme is tried once where the first is refused."""
    sim.account.add_key(Key(value=token, schemes=(accepted,)))
    client = new_client(session, sim, token=token, scheme=None)

    await client.get_locks()
    await client.sync()

    assert [request.headers["Authorization"] for request in sim.requests] == [
        f"{scheme} {token}" for scheme in [*tried, accepted]
    ]
    assert client.scheme == accepted


@pytest.mark.parametrize(("scheme", "requests"), [(None, 2), (Scheme.PERSONAL_KEY, 1)])
async def test_a_token_that_is_refused_is_tried_with_each_unknown_scheme_once(
    session: aiohttp.ClientSession, sim: Simulator, scheme: Scheme | None, requests: int
) -> None:
    """A scheme that worked once is not doubted."""
    client = new_client(session, sim, token="nobody", scheme=scheme)
    with pytest.raises(TedeeAuthError):
        await client.sync()
    assert len(sim.requests) == requests
    assert client.scheme is scheme


@pytest.mark.parametrize("status", [403, 404, 429, 500])
async def test_only_a_401_makes_the_other_scheme_be_tried(
    session: aiohttp.ClientSession, sim: Simulator, status: int
) -> None:
    """Any other answer is about something else, and no scheme is remembered."""
    sim.faults.add(Fault(status=status))
    client = new_client(session, sim, scheme=None)
    with pytest.raises(TedeeError):
        await client.sync()
    assert len(sim.requests) == 1
    assert client.scheme is None


# --- the lock list ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("locks", "default_size", "pages"),
    [
        (0, None, 1),
        (1, None, 1),
        (9, None, 1),
        (10, None, 2),
        (99, None, 2),
        (100, None, 2),
        (101, None, 2),
        (109, None, 2),
        (110, None, 3),
        (250, 10, 4),
    ],
)
async def test_the_lock_list_is_read_page_by_page(
    session: aiohttp.ClientSession, sim: Simulator, locks: int, default_size: int, pages: int
) -> None:
    """A hundred at a time, whatever the cloud's own page size; a page below ten is the last one."""
    sim.account.locks.clear()
    sim.settings.default_page_size = default_size
    serials = [sim.account.add_lock(f"Door {number}").serial for number in range(locks)]

    found = await new_client(session, sim).get_locks()

    assert [lock.serial for lock in found] == serials
    assert [request.query_string for request in sim.requests] == [
        f"ItemsPerPage=100&Page={page}&IncludeAccessories=true" for page in range(1, pages + 1)
    ]


@pytest.mark.parametrize(("size", "pages"), [(10, 13), (25, 6), (50, 4), (99, 3)])
async def test_a_cloud_with_smaller_pages_hides_no_lock(
    session: aiohttp.ClientSession, sim: Simulator, size: int, pages: int
) -> None:
    """The vendor does not say how large a page may be."""
    sim.account.locks.clear()
    sim.settings.max_page_size = size
    for number in range(120):
        sim.account.add_lock(f"Door {number}")
    assert len(await new_client(session, sim).get_locks()) == 120
    assert len(sim.requests) == pages


async def test_a_cloud_that_repeats_its_page_for_ever_is_asked_once_more(
    session: aiohttp.ClientSession, sim: Simulator
) -> None:
    """As versions without paging do."""
    sim.account.locks.clear()
    for number in range(100):
        sim.account.add_lock(f"Door {number}")
    sim.settings.versions = ("1.25",)

    found = await new_client(session, sim, api_version="v1.25").get_locks()

    assert len(found) == 100
    assert len(sim.requests) == 2


async def test_a_cloud_that_always_has_more_is_left_after_fifty_pages(
    client: TedeeClient, sim: Simulator
) -> None:
    """It must not keep the client busy for ever."""
    for page in range(60):
        locks = [{"id": page * 100 + n, "serialNumber": f"{page}-{n}"} for n in range(100)]
        sim.faults.add(Fault(body={"success": True, "result": locks}))
    assert len(await client.get_locks()) == 5000
    assert len(sim.requests) == 50


async def test_what_is_no_lock_is_left_out_of_the_list(client: TedeeClient, sim: Simulator) -> None:
    """One broken line does not hide the others."""
    lines: list[Any] = [
        None,
        7,
        "lock",
        [],
        {},
        {"id": 1},
        {"id": 2, "serialNumber": "20240101-000002"},
    ]
    sim.faults.add(Fault(body={"success": True, "result": lines}))
    assert [lock.serial for lock in await client.get_locks()] == ["20240101-000002"]


@pytest.mark.parametrize("call", ["get_locks", "sync"])
@pytest.mark.parametrize("retired", [400, 404, 410])
async def test_a_version_that_is_not_served_is_told_apart(
    session: aiohttp.ClientSession, sim: Simulator, call: str, retired: int
) -> None:
    """Every version has these routes, so a missing route is a missing version."""
    sim.settings.retired = retired
    client = new_client(session, sim, api_version="v99")
    with pytest.raises(TedeeVersionError):
        await CALLS[call](client)
    assert sim.requests[0].path.startswith("/api/v99/")


async def test_the_address_may_have_a_path_and_a_slash(
    session: aiohttp.ClientSession, sim: Simulator
) -> None:
    """What comes behind it is the vendor's."""
    client = new_client(session, sim, url=f"{sim.url}/tedee/", api_version="v1.36")
    with pytest.raises(TedeeVersionError):
        await client.sync()
    assert paths(sim) == ["/tedee/api/v1.36/my/lock/sync"]


# --- the log ------------------------------------------------------------------------------------


def log(sim: Simulator, lines: int) -> None:
    """Let so many things have happened at the lock, one in a minute."""
    for minute in range(lines):
        date = NOON - timedelta(minutes=minute)
        sim.account.locks[0].activity.add(61, f"Guest {minute}", date=date)


@pytest.mark.parametrize(
    ("lines", "read", "pages"),
    [(0, 0, 1), (3, 3, 1), (199, 199, 1), (200, 200, 2), (250, 250, 2), (500, 400, 2)],
)
async def test_the_log_is_read_two_pages_far(
    client: TedeeClient, sim: Simulator, lines: int, read: int, pages: int
) -> None:
    """The second begins where the first ends, in the cloud's own words; a short one is the last."""
    sim.settings.dates = "naive"
    log(sim, lines)

    found = await client.get_activities(LOCK_ID)

    assert [line.name for line in found] == [f"Guest {minute}" for minute in range(read)]
    first = "deviceId=41001&elements=200"
    second = f"{first}&lastElemDate=2027-01-15T08:41:00.000"
    assert [request.query_string for request in sim.requests] == [first, second][:pages]


def test_what_counts_as_the_use_of_a_pin() -> None:
    """What moved the bolt for a PIN: not a wrong one, not one outside its time, not a finger."""
    lines = [Activity(event=event, name="Guest", date=NOON) for event in range(300)]
    assert [line.event for line in lines if line.is_pin_use] == [61, 63, 64, 65, 68, 76]


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"username": "Guest"}, "Guest"),
        ({"userName": "Guest"}, "Guest"),
        ({"username": None, "userName": "Guest"}, "Guest"),
        ({"username": "", "userId": 7}, None),
        ({"username": 7}, None),
        ({}, None),
    ],
)
async def test_the_name_of_a_pin_is_found_under_both_of_its_keys(
    client: TedeeClient, sim: Simulator, given: dict[str, Any], name: str | None
) -> None:
    """The vendor writes both; a line without a name still tells how far back the log goes."""
    line = {"event": 61, "date": "2027-01-15T12:00:00.123", **given}
    sim.faults.add(Fault(body={"success": True, "result": [line]}))
    [found] = await client.get_activities(LOCK_ID)
    assert found == Activity(event=61, name=name, date=NOON.replace(microsecond=123000))


@pytest.mark.parametrize(
    "result",
    [None, {}, "log", [None, 7, "line", [], {}, {"event": 61}, {"date": NOON.isoformat()}]],
)
async def test_what_is_no_line_of_the_log_is_left_out(
    client: TedeeClient, sim: Simulator, result: object
) -> None:
    """A log that cannot be read is an empty one."""
    sim.faults.add(Fault(body={"success": True, "result": result}))
    assert await client.get_activities(LOCK_ID) == []


# --- what can go wrong --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "1"}, 1),
        ({"Retry-After": "120"}, 120),
        ({"Retry-After": " 30 "}, 30),
        ({"retry-after": "45"}, 45),
        ({"Retry-After": "3600"}, 3600),
        ({"Retry-After": "3601"}, 3600),
        ({"Retry-After": "9" * 30}, 3600),
        ({"Retry-After": "9" * 5000}, 60),
        ({"Retry-After": "0"}, 60),
        ({"Retry-After": "-5"}, 60),
        ({"Retry-After": "1.5"}, 60),
        ({"Retry-After": "soon"}, 60),
        ({"Retry-After": ""}, 60),
        ({"Retry-After": "Wed, 15 Sep 2021 13:00:00 GMT"}, 60),
        ({}, 60),
    ],
    ids=lambda value: str(value)[:50],
)
async def test_a_rate_limit_tells_how_long_to_wait(
    client: TedeeClient, sim: Simulator, headers: dict[str, str], seconds: int
) -> None:
    """As long as the cloud says and at most an hour; a minute where it says nothing usable."""
    sim.faults.add(Fault(status=429, headers=headers))
    with pytest.raises(TedeeRateLimitError) as caught:
        await client.sync()
    assert caught.value.retry_after == seconds
    assert len(sim.requests) == 1


NOT_THE_VENDORS: list[Any] = [HTML, "", b"\xff\xfe", [], "null", {"result": []}, {"success": 1}]
NO_LIST: list[Any] = [None, {}, "locks", 7, {"locks": []}]
NO_OBJECT: list[Any] = [None, [], "lock", 7, {}]
NO_PINS: list[Any] = [None, {}, "pins", [7], [{"alias": "Guest"}], [{"id": "3", "alias": "Guest"}]]
ANOTHER_PIN = {"id": 4, "alias": "Guest", "pin": "918273"}


@pytest.mark.parametrize(
    ("call", "body"),
    [
        *((call, body) for call in CALLS for body in NOT_THE_VENDORS),
        *(
            (call, {"success": True, "result": result})
            for call in ("get_locks", "sync")
            for result in NO_LIST
        ),
        *(
            (call, {"success": True, "result": result})
            for call in (
                *("get_lock", "sync_lock", "get_pins", "get_changed_pins"),
                *("get_pin", "create_pin"),
            )
            for result in NO_OBJECT
        ),
        *(
            (call, {"success": True, "result": {"listVersion": 4, "pins": pins}})
            for call in ("get_pins", "get_changed_pins")
            for pins in NO_PINS
        ),
        ("get_lock", {"success": True, "result": {"id": 1}}),
        ("sync_lock", {"success": True, "result": {"revision": 1}}),
        ("get_pin", {"success": True, "result": ANOTHER_PIN}),
        ("create_pin", {"success": True, "result": {"id": "3"}}),
    ],
)
async def test_an_answer_that_is_not_the_vendors_is_told_apart(
    client: TedeeClient, sim: Simulator, call: str, body: object
) -> None:
    """A 200 with something else in it is neither success nor refusal, and asked for once."""
    sim.faults.add(Fault(body=body))
    with pytest.raises(TedeeAnswerError):
        await CALLS[call](client)
    assert len(sim.requests) == 1


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    ("fault", "status", "enveloped"),
    [
        (Fault(status=418), 418, True),
        (Fault(status=418, body=HTML), 418, False),
        (Fault(status=302, body=b"", headers={"Location": "/elsewhere"}), 302, False),
        (Fault(status=502, body=HTML), 502, False),
        (Fault(status=200, body={"success": False, "statusCode": 409}), 409, True),
        (Fault(status=200, body={"Success": False}), 200, True),
    ],
    ids=repr,
)
async def test_a_refusal_carries_its_status_and_whether_it_is_the_vendors(
    client: TedeeClient, sim: Simulator, call: str, fault: Fault, status: int, *, enveloped: bool
) -> None:
    """Of every call alike; an envelope that says no counts whatever the status line says."""
    sim.faults.add(fault)
    with pytest.raises(TedeeStatusError) as caught:
        await CALLS[call](client)
    assert (caught.value.status, caught.value.enveloped) == (status, enveloped)
    assert str(caught.value) == f"refused with status {status}"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("call", CALLS)
async def test_no_redirect_is_followed(
    client: TedeeClient, sim: Simulator, call: str, status: int
) -> None:
    """The token and the digits go to the configured host alone."""
    async with Simulator() as other:
        location = {"Location": f"{other.url}/api/v37/my/lock"}
        sim.faults.add(Fault(status=status, body=b"", headers=location))
        with pytest.raises(TedeeStatusError) as caught:
            await CALLS[call](client)
        assert caught.value.status == status
        assert len(sim.requests) == 1
        assert other.requests == []


NEEDS_NO_RESULT = ("lock", "update_pin", "delete_pin")
FORBIDDEN_BODIES = [
    b"",
    b'{"success":false',
    b'{"success":false,"statusCode":409}',
    b'{"success":false,"errorMessages":["List version is up to date."],"statusCode":304}',
    b'{"success":true,"result":{"id":3,"operationId":"7"}}',
]
"""The vendor documents bodies of 204 and 304, and HTTP forbids them."""


@pytest.mark.parametrize("body", FORBIDDEN_BODIES)
@pytest.mark.parametrize("call", NEEDS_NO_RESULT)
async def test_204_alone_means_done_whatever_its_body(
    client: TedeeClient, sim: Simulator, call: str, body: bytes
) -> None:
    """What needs no result is done, and what the body says of it is not read."""
    sim.settings.documented_bodies = True
    sim.faults.add(Fault(status=204, body=body))
    assert await CALLS[call](client) in (None, Receipt(changed_at=None, operation_id=None))
    assert len(sim.requests) == 1


@pytest.mark.parametrize("body", FORBIDDEN_BODIES)
async def test_304_means_that_a_list_is_unchanged_whatever_its_body(
    client: TedeeClient, sim: Simulator, body: bytes
) -> None:
    """It is no refusal, and what stands in the body does not get into the next answer."""
    sim.settings.documented_bodies = True
    sim.faults.add(Fault(status=304, body=body))
    assert await client.get_changed_pins(LOCK_ID, 3) is None
    assert (await client.get_pins(LOCK_ID)).pins == ()
    [first, second] = sim.requests
    assert (first.path, first.query_string) == ("/api/v37/my/lock/41001/pin", "listVersion=3")
    assert (second.path, second.query_string) == ("/api/v37/my/lock/41001/pin", "")


@pytest.mark.parametrize("body", FORBIDDEN_BODIES)
@pytest.mark.parametrize(
    ("call", "status"),
    [
        *((call, 304) for call in CALLS if call != "get_changed_pins"),
        *((call, 204) for call in CALLS if call not in NEEDS_NO_RESULT),
    ],
)
async def test_304_and_204_are_no_answer_where_one_is_needed(
    client: TedeeClient, sim: Simulator, call: str, status: int, body: bytes
) -> None:
    """Nothing was asked that could be unchanged, and a result cannot be made up."""
    sim.settings.documented_bodies = True
    sim.faults.add(Fault(status=status, body=body))
    assert type(await failure_of(client, CALLS[call])) is TedeeAnswerError
    assert len(sim.requests) == 1
    assert client.generation is None


async def test_the_pin_routes(client: TedeeClient, sim: Simulator) -> None:
    """A create sends what there is; a PUT replaces the whole PIN, so it sends all seven fields."""
    pin = Pin(alias="test pin 3", pin="918273", week_days=1)
    pin_id = await client.create_pin(LOCK_ID, pin)
    await client.update_pin(LOCK_ID, pin_id, pin)
    assert await client.get_pin(LOCK_ID, pin_id) == pin
    assert [(line.pin_id, line.alias) for line in (await client.get_pins(LOCK_ID)).pins] == [
        (pin_id, "test pin 3")
    ]
    await client.delete_pin(LOCK_ID, pin_id)
    one = f"/api/v37/my/lock/41001/pin/{pin_id}"
    assert [(call.method, call.path, call.json) for call in sim.requests] == [
        (
            "POST",
            "/api/v37/my/lock/41001/pin",
            {"alias": "test pin 3", "pin": "918273", "weekDays": 1},
        ),
        (
            "PUT",
            one,
            {
                "alias": "test pin 3",
                "pin": "918273",
                "startDate": None,
                "endDate": None,
                "dayStartTime": None,
                "dayEndTime": None,
                "weekDays": 1,
            },
        ),
        ("GET", one, None),
        ("GET", "/api/v37/my/lock/41001/pin", None),
        ("DELETE", one, None),
    ]


class NoNames(AbstractResolver):
    """A resolver that finds no host."""

    async def resolve(self, *_: Any, **__: Any) -> list[Any]:
        """Find nothing."""
        message = "Name or service not known"
        raise OSError(message)

    async def close(self) -> None:
        """Hold nothing."""


@asynccontextmanager
async def raw_server(answer: bytes) -> AsyncGenerator[str]:
    """Answer every request with these bytes; gives the address."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(handle, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def never(*_: Any, **__: Any) -> None:
    """Wait until cancelled."""
    await asyncio.Event().wait()


async def failure_of(client: TedeeClient, call: Call = CALLS["sync"]) -> TedeeError:
    """Return what a call raises."""
    with pytest.raises(TedeeError) as caught:
        await call(client)
    return caught.value


async def test_where_no_connection_is_made_nothing_was_done(
    session: aiohttp.ClientSession, sim: Simulator
) -> None:
    """Refused, no such host, no TLS at the other end, or not in time."""
    await sim.stop()
    assert type(await failure_of(new_client(session, sim))) is TedeeConnectionError

    connector = aiohttp.TCPConnector(resolver=NoNames())
    async with aiohttp.ClientSession(connector=connector) as lost:
        nowhere = new_client(lost, sim, url="https://api.tedee.invalid")
        assert type(await failure_of(nowhere)) is TedeeConnectionError

    await sim.start()
    tls = new_client(session, sim, url=sim.url.replace("http:", "https:"))
    assert type(await failure_of(tls)) is TedeeConnectionError

    with (
        patch(f"{CLIENT}.CONNECT_TIMEOUT", 0.01),
        patch("aiohttp.connector.aiohappyeyeballs.start_connection", never),
    ):
        slow = await failure_of(new_client(session, sim))
    assert type(slow) is TedeeConnectionError


async def test_a_closed_session_is_no_connection(
    session: aiohttp.ClientSession, sim: Simulator
) -> None:
    """Home Assistant closes it when it stops, whatever is still about to be asked."""
    await session.close()

    assert type(await failure_of(new_client(session, sim))) is TedeeConnectionError
    assert sim.requests == []
    assert sim.requests == []


@pytest.mark.parametrize(
    "fault",
    [
        Fault(drop=True),
        Fault(reset=True),
        Fault(keep=0),
        Fault(keep=20),
        Fault(status=200, body=b"no gzip", headers={"Content-Encoding": "gzip"}),
        Fault(status=200, headers={"X-Long": "a" * 9000}),
    ],
    ids=lambda fault: repr(fault)[:60],
)
@pytest.mark.parametrize("call", CALLS)
async def test_where_no_whole_answer_came_the_outcome_is_unknown(
    client: TedeeClient, sim: Simulator, fault: Fault, call: str
) -> None:
    """A cut connection, half a body or one that cannot be read."""
    sim.faults.add(fault, times=None)
    assert type(await failure_of(client, CALLS[call])) is TedeeNoAnswerError
    assert sim.requests


@pytest.mark.parametrize("call", ["sync", "lock", "update_pin"])
async def test_silence_is_no_answer(client: TedeeClient, sim: Simulator, call: str) -> None:
    """It ends after a while, and nothing is sent again."""
    await client.sync()
    sim.clear()
    sim.faults.add(Fault(silent=True), times=None)
    with patch(f"{CLIENT}.ANSWER_TIMEOUT", PATIENCE):
        error = await failure_of(client, CALLS[call])
    assert type(error) is TedeeNoAnswerError
    assert chain(error) == [error]
    assert len(sim.requests) == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nSet-Cookie: \x00\r\n\r\n",
        b"",
    ],
)
async def test_what_is_not_http_is_no_answer(
    session: aiohttp.ClientSession, sim: Simulator, answer: bytes
) -> None:
    """Something else listens there."""
    async with raw_server(answer) as url:
        error = await failure_of(new_client(session, sim, url=url))
    assert type(error) is TedeeNoAnswerError


async def test_json_without_an_end_is_not_understood(client: TedeeClient, sim: Simulator) -> None:
    """The client raises its own exceptions and nothing else."""
    sim.faults.add(Fault(body=b"[" * 200_000))
    assert type(await failure_of(client)) is TedeeAnswerError


async def test_a_date_beyond_utc_hides_no_lock(client: TedeeClient, sim: Simulator) -> None:
    """What one lock reports must never stop the polling of the others."""
    sim.account.lock(LOCK_ID).raw_sync = {
        "deviceState": {"lastStateChangedDate": "0001-01-01T00:00:00+01:00"}
    }
    [sync] = await client.sync()
    assert sync.status is not None
    assert sync.status.changed_at is None


# --- what exceptions tell -----------------------------------------------------------------------

FAILURES: dict[str, Fault] = {
    "refused": Fault(status=403),
    "unauthorized": Fault(status=401),
    "limited": Fault(status=429),
    "dropped": Fault(drop=True),
    "cut off": Fault(keep=20),
    "not understood": Fault(status=200, body=HTML),
    "unreadable head": Fault(status=200, headers={"X-Long": "a" * 9000}),
    "unreadable body": Fault(status=200, body=b"x", headers={"Content-Encoding": "gzip"}),
}


def chain(error: BaseException | None) -> list[BaseException]:
    """Return an exception and everything that it drags along, shown or not."""
    links = []
    while error is not None:
        links.append(error)
        error = error.__cause__ or error.__context__
    return links


@pytest.mark.parametrize("fault", FAILURES.values(), ids=FAILURES)
@pytest.mark.parametrize("call", CALLS)
async def test_no_exception_shows_the_token_the_digits_or_aiohttp(
    client: TedeeClient, sim: Simulator, fault: Fault, call: str
) -> None:
    """Neither it nor what is printed with it: aiohttp's own hold the request's headers."""
    sim.faults.add(fault, times=None)
    error = await failure_of(client, CALLS[call])
    shown = "".join(traceback.format_exception(error)) + repr(error) + str(error)
    assert sim.token not in shown
    assert "PersonalKey" not in shown
    assert "918273" not in shown
    assert all(isinstance(link, TedeeError) for link in chain(error))


async def test_what_is_not_http_shows_nothing_either(
    session: aiohttp.ClientSession, sim: Simulator
) -> None:
    """What aiohttp raises here has the request's headers in its repr."""
    async with raw_server(b"nonsense\r\n\r\n") as url:
        error = await failure_of(new_client(session, sim, url=url))
    assert chain(error) == [error]


def test_a_client_shows_nothing_of_its_token(
    session: aiohttp.ClientSession, sim: Simulator
) -> None:
    """Logs and debuggers print objects."""
    client = new_client(session, sim)
    assert sim.token not in repr(client)
    assert sim.token not in str(client)


# --- Every request is sent once ------------------------------------------------------------------


@pytest.mark.parametrize("kept", [True, False], ids=["kept connection", "new connection"])
@pytest.mark.parametrize(
    "call", ["sync", "get_pin", "update_pin", "delete_pin", "create_pin", "lock"]
)
async def test_a_connection_that_breaks_is_not_made_up_for_by_aiohttp(
    session: aiohttp.ClientSession, sim: Simulator, call: str, *, kept: bool
) -> None:
    """Left to itself it repeats GET, PUT and DELETE: uncounted, and a deleted PIN would be gone."""
    lock = sim.account.lock(LOCK_ID)
    pin_id = lock.pins.add("Guest", "918273")
    new_pin = Pin(alias="New", pin="827364")
    client = new_client(session, sim, generation=Generation.OPERATION)
    if kept:
        await client.sync_lock(LOCK_ID)
    sim.clear()
    sim.faults.add(Fault(drop=True, worked=True))
    called: Call = {
        "get_pin": lambda client: client.get_pin(LOCK_ID, pin_id),
        "update_pin": lambda client: client.update_pin(LOCK_ID, pin_id, new_pin),
        "delete_pin": lambda client: client.delete_pin(LOCK_ID, pin_id),
        "create_pin": lambda client: client.create_pin(LOCK_ID, new_pin),
    }.get(call, CALLS[call])

    assert type(await failure_of(client, called)) is TedeeNoAnswerError

    assert len(sim.requests) == 1
