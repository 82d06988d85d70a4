"""The simulated cloud over real HTTP: what other tests rely on."""

import asyncio
import logging
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from freezegun.api import FrozenDateTimeFactory

from tests.simulator import (
    ABSENT,
    EXPIRED_TOKEN,
    LOCKED,
    LOCKING,
    PULLED,
    PULLING,
    READ_ONLY_TOKEN,
    SEMI_LOCKED,
    UNCALIBRATED,
    UNLOCKED,
    UNLOCKING,
    Access,
    Fault,
    Key,
    ManualClock,
    Simulator,
    State,
)

REPOSITORY = Path(__file__).parent.parent
NOON = datetime(2021, 9, 15, 12, 0, tzinfo=UTC)
RESTRICTED = {
    "alias": "test pin 3",
    "pin": "918273",
    "startDate": "2021-10-01T00:00:00.000Z",
    "endDate": "2021-12-31T00:00:00.000Z",
    "dayStartTime": "2021-10-01T10:00:00.000Z",
    "dayEndTime": "2021-10-01T18:00:00.000Z",
    "weekDays": 1,
}
PERMANENT = {"alias": "test pin 3", "pin": "918273"}


@dataclass
class Reply:
    """An answer of the simulator."""

    status: int
    body: bytes
    json: Any
    headers: Any

    @property
    def result(self) -> Any:
        """The result in the envelope."""
        return self.json["result"]


class Caller:
    """A bare HTTP client."""

    def __init__(self, sim: Simulator, session: aiohttp.ClientSession) -> None:
        """Call a simulator."""
        self._sim = sim
        self._session = session
        self.version = "v37"
        self.authorization = f"PersonalKey {sim.token}"

    async def __call__(
        self, method: str, resource: str, body: object = None, *, root: str | None = None
    ) -> Reply:
        """Send one request and read the whole answer."""
        base = f"/api/{self.version}" if root is None else root
        async with self._session.request(
            method,
            self._sim.url + base + resource,
            json=body,
            headers={"Authorization": self.authorization},
        ) as response:
            raw = await response.read()
            json = await response.json() if response.content_type == "application/json" else None
            return Reply(response.status, raw, json, response.headers)


@pytest.fixture
def clock() -> ManualClock:
    """Return a clock that stands still in September 2021."""
    return ManualClock(NOON)


@pytest.fixture
async def sim(
    socket_enabled: None,  # noqa: ARG001 - lets the server listen
    clock: ManualClock,
) -> AsyncGenerator[Simulator]:
    """Run a cloud without locks."""
    async with Simulator(clock=clock) as simulator:
        yield simulator


@pytest.fixture
async def call(sim: Simulator) -> AsyncGenerator[Caller]:
    """Return a client of the running cloud."""
    async with aiohttp.ClientSession() as session:
        yield Caller(sim, session)


# --- envelope, routing, versions -------------------------------------------------------------


async def test_list_is_enveloped_and_tells_versions(sim: Simulator, call: Caller) -> None:
    """A list is a plain array in the vendor's envelope."""
    lock = sim.account.add_lock("Front door")
    reply = await call("GET", "/my/lock")
    assert (reply.status, reply.json["success"], reply.json["statusCode"]) == (200, True, 200)
    assert reply.json["errorMessages"] == []
    [shown] = reply.result
    assert shown["id"] == lock.id == 41001
    assert shown["serialNumber"] == "20240101-000042"
    assert shown["deviceState"]["state"] == 6
    assert shown["deviceState"]["lastStateChangedDate"] == "2021-09-15T12:00:00.000Z"
    assert reply.headers["API-Supported-Versions"].endswith("1.36, 37")
    assert reply.headers["X-Correlation-ID"]


@pytest.mark.parametrize(
    "path",
    ["/API/V37/My/Lock/Sync", "/api/v37/my/lock/sync/", "/api/v37/my/lock/sync?ID=41001"],
)
async def test_paths_and_query_names_know_no_letter_case(
    sim: Simulator, call: Caller, path: str
) -> None:
    """Upper case and a trailing slash reach the same route."""
    sim.account.add_lock()
    reply = await call("GET", path, root="")
    assert [lock["id"] for lock in reply.result] == [41001]
    assert sim.requests[0].path == path.partition("?")[0]


@pytest.mark.parametrize(
    ("version", "in_list", "in_sync", "access"),
    [
        ("v1.33", "lockProperties", "lockProperties", "shareDetails"),
        ("v1.34", "deviceState", "lockProperties", "accessDetails"),
        ("v1.35", "deviceState", "deviceState", "accessDetails"),
        ("v37", "deviceState", "deviceState", "accessDetails"),
    ],
)
async def test_names_change_with_the_version(
    sim: Simulator, call: Caller, version: str, in_list: str, in_sync: str, access: str
) -> None:
    """List and sync renamed the state at different versions."""
    sim.account.add_lock(access_level=Access.GUEST)
    call.version = version
    [listed] = (await call("GET", "/my/lock")).result
    [synced] = (await call("GET", "/my/lock/sync")).result
    assert listed[in_list]["state"] == synced[in_sync]["state"] == 6
    assert listed[access]["accessLevel"] == 0


@pytest.mark.parametrize(
    ("retired", "body"), [(404, b""), (410, b""), (400, b"UnsupportedApiVersion")]
)
async def test_retired_version(sim: Simulator, call: Caller, retired: int, body: bytes) -> None:
    """A version that is gone never answers in the envelope."""
    sim.settings.retired = retired
    call.version = "v1.31"
    reply = await call("GET", "/my/lock")
    assert reply.status == retired
    assert body in reply.body
    assert b"errorMessages" not in reply.body


async def test_unknown_routes_and_methods(sim: Simulator, call: Caller) -> None:
    """Neither answers in the envelope."""
    for method, path, status in (
        ("GET", "/my/nothing", 404),
        ("DELETE", "/my/lock", 405),
        ("GET", "/my/lock/41001/operation/lock", 405),
    ):
        reply = await call(method, path)
        assert (reply.status, reply.body) == (status, b"")
    assert (await call("GET", "/nowhere", root="")).status == 404
    assert [request.status for request in sim.requests] == [404, 405, 405, 404]


@pytest.mark.parametrize(
    ("dates", "text"),
    [
        ("z", "2021-09-15T12:00:00.000Z"),
        ("naive", "2021-09-15T12:00:00.000"),
        ("ticks", "2021-09-15T12:00:00.0000007"),
        ("offset", "2021-09-15T12:00:00.0000007+00:00"),
    ],
)
async def test_wire_styles(sim: Simulator, call: Caller, dates: str, text: str) -> None:
    """Envelope names and dates come in every style seen in the wild."""
    sim.account.add_lock()
    sim.settings.update({"letter_case": "pascal", "dates": dates})
    reply = await call("GET", "/my/lock/41001/sync")
    assert set(reply.json) == {"Result", "Success", "ErrorMessages", "StatusCode"}
    assert reply.json["Result"]["deviceState"]["lastStateChangedDate"] == text


async def test_raw_values_are_laid_over(sim: Simulator, call: Caller) -> None:
    """Tests can send what the vendor never should."""
    lock = sim.account.add_lock()
    lock.raw = {"deviceState": {"state": "six", "batteryLevel": ABSENT}, "name": None}
    lock.raw_sync = {"revision": "new"}
    [listed] = (await call("GET", "/my/lock")).result
    [synced] = (await call("GET", "/my/lock/sync")).result
    assert listed["name"] is None
    assert listed["deviceState"]["state"] == synced["deviceState"]["state"] == "six"
    assert "batteryLevel" not in synced["deviceState"]
    assert "name" not in synced
    assert (listed["revision"], synced["revision"]) == (7, "new")


# --- keys ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "authorization",
    ["", "PersonalKey wrong", f"PersonalKey {EXPIRED_TOKEN}", f"Bearer {Simulator.token}"],
)
async def test_unauthorized(call: Caller, authorization: str) -> None:
    """A key that does not fit gets the observed body, without a result."""
    call.authorization = authorization
    reply = await call("GET", "/my/lock")
    assert reply.status == 401
    assert reply.json == {
        "success": False,
        "errorMessages": ["You are unauthorized."],
        "statusCode": 401,
    }


async def test_bearer_key(sim: Simulator, call: Caller) -> None:
    """A key may belong to the other scheme."""
    sim.account.add_key(Key(value="a.b.c", schemes=("Bearer",)))
    call.authorization = "Bearer a.b.c"
    assert (await call("GET", "/my/lock")).status == 200


async def test_missing_scope(sim: Simulator, call: Caller) -> None:
    """A read-only key reads and does nothing else."""
    lock = sim.account.add_lock()
    call.authorization = f"PersonalKey {READ_ONLY_TOKEN}"
    assert (await call("GET", "/my/lock/sync")).status == 200
    assert (await call("POST", "/my/lock/41001/operation/unlock")).status == 403
    assert (await call("POST", "/my/lock/41001/pin", PERMANENT)).status == 403
    sim.settings.missing_scope = 401
    assert (await call("POST", "/my/lock/41001/operation/unlock")).status == 401
    assert lock.state == LOCKED
    assert not any(request.applied for request in sim.requests)


async def test_keys_see_the_locks_of_their_user(sim: Simulator, call: Caller) -> None:
    """Another account's lock is not there."""
    sim.account.add_lock("Mine")
    other = sim.account.add_lock("Other", user="somebody")
    sim.account.add_key(Key(value="other1.key", user="somebody"))
    assert [lock["name"] for lock in (await call("GET", "/my/lock")).result] == ["Mine"]
    assert (await call("GET", f"/my/lock/{other.id}/sync")).status == 404
    call.authorization = "PersonalKey other1.key"
    assert [lock["name"] for lock in (await call("GET", "/my/lock")).result] == ["Other"]


async def test_listing_keys_never_tells_them(sim: Simulator, call: Caller) -> None:
    """A key finds its own entry by the prefix."""
    reply = await call("GET", "/my/personalaccesskey")
    assert sim.token.encode() not in reply.body
    own = next(key for key in reply.result if key["prefix"] == "demo01")
    assert own["validTo"] == "2022-09-15T12:00:00.000Z"
    assert "Lock.Operate" in own["scopes"]


# --- reading ---------------------------------------------------------------------------------


async def test_paging(sim: Simulator, call: Caller) -> None:
    """Pages start at 1; before 1.26 there are none."""
    for number in range(5):
        sim.account.add_lock(f"Door {number}")

    async def names(query: str) -> list[str]:
        return [lock["name"][-1] for lock in (await call("GET", f"/my/lock{query}")).result]

    assert await names("?itemsPerPage=2&page=1") == ["0", "1"]
    assert await names("?ItemsPerPage=2&Page=3") == ["4"]
    assert await names("?ItemsPerPage=2&Page=4") == []
    assert await names("") == ["0", "1", "2", "3", "4"]
    sim.settings.max_page_size = 3
    assert await names("?ItemsPerPage=100") == ["0", "1", "2"]
    sim.settings.versions = ("1.25",)
    call.version = "v1.25"
    assert len(await names("?ItemsPerPage=2")) == 5


@pytest.mark.parametrize("query", ["Page=0", "Page=x", "ItemsPerPage=0"])
async def test_pages_that_cannot_be(call: Caller, query: str) -> None:
    """Nonsense is refused in the envelope."""
    reply = await call("GET", f"/my/lock?{query}")
    assert (reply.status, reply.json["success"]) == (400, False)


async def test_bridge_states(sim: Simulator, call: Caller) -> None:
    """No bridge: nothing is known; bridge away: not connected."""
    lock = sim.account.add_lock()
    lock.connected = False
    [shown] = (await call("GET", "/my/lock/sync")).result
    assert shown == {"id": 41001, "isConnected": False, "deviceState": None, "revision": 7}
    lock.bridge_id = None
    shown = (await call("GET", "/my/lock/41001/sync")).result
    assert (shown["isConnected"], shown["deviceState"]) == (None, None)


async def test_sync_of_chosen_locks(sim: Simulator, call: Caller) -> None:
    """The id may be repeated; unknown ones are left out."""
    for _ in range(3):
        sim.account.add_lock()
    reply = await call("GET", "/my/lock/sync?id=41001&id=41003&id=9")
    assert [lock["id"] for lock in reply.result] == [41001, 41003]
    assert sim.requests[0].values("id") == ["41001", "41003", "9"]


async def test_rename_and_pairing_again(sim: Simulator, call: Caller) -> None:
    """A change raises the revision; pairing again changes the id and keeps the serial."""
    lock = sim.account.add_lock("Front door")
    lock.rename("Gate")
    assert (await call("GET", "/my/lock/41001/sync")).result["revision"] == 8
    lock.change_settings(pullSpringEnabled=False)
    shown = (await call("GET", "/my/lock/41001")).result
    assert shown["name"] == "Gate"
    assert shown["deviceSettings"]["pullSpringEnabled"] is False
    assert shown["revision"] == shown["targetDeviceRevision"] == 9
    assert sim.account.readd(lock) == 41002
    assert (await call("GET", "/my/lock/41001")).status == 404
    assert (await call("GET", "/my/lock/41002")).result["serialNumber"] == "20240101-000042"
    sim.account.remove(lock)
    assert (await call("GET", "/my/lock")).result == []


async def test_change_over_the_wire(sim: Simulator, call: Caller) -> None:
    """PATCH needs the present revision and an administrator."""
    lock = sim.account.add_lock()
    change = {"id": 41001, "revision": 7, "name": "Gate"}
    assert (await call("PATCH", "/my/lock", change)).result == {
        "id": 41001,
        "revision": 8,
        "targetDeviceRevision": 5,
    }
    assert (await call("PATCH", "/my/lock", change)).status == 409
    settings = {"id": 41001, "revision": 8, "deviceSettings": {"autoPullSpringEnabled": True}}
    assert (await call("PATCH", "/my/lock", settings)).result["targetDeviceRevision"] == 9
    assert (lock.name, lock.auto_pull) == ("Gate", True)
    lock.access_level = Access.GUEST
    assert (await call("PATCH", "/my/lock", {**change, "revision": 9})).status == 403
    assert (await call("PATCH", "/my/lock", {"name": "Gate"})).status == 400


async def test_details(sim: Simulator, call: Caller) -> None:
    """One call tells locks, bridges and keypads."""
    sim.account.add_lock()
    result = (await call("GET", "/my/device/details?IncludeAccessories=true")).result
    assert set(result) == {"bridges", "locks", "keypads", "gates", "dryContacts"}
    assert result["locks"][0]["connectedToId"] == result["bridges"][0]["id"]
    assert result["locks"][0]["accessories"][0]["id"] == result["keypads"][0]["id"]
    assert (await call("GET", "/my/lock")).result[0]["accessories"] is None
    assert (await call("GET", "/my/bridge")).result == result["bridges"]
    assert (await call("GET", "/my/keypad")).result == result["keypads"]


# --- commands --------------------------------------------------------------------------------


async def test_close_generation_answers_as_the_page_shows(
    sim: Simulator, call: Caller, clock: ManualClock
) -> None:
    """The body-style command answers 200, to the letter."""
    sim.settings.generation = "close"
    lock = sim.account.add_lock(lock_id=123, state=UNLOCKED)
    clock.advance((datetime(2019, 12, 31, 23, tzinfo=UTC) - NOON).total_seconds())
    reply = await call("POST", "/my/lock/close", {"deviceId": 123})
    assert reply.status == 200
    assert reply.json == {
        "result": {"operationId": "1577833200000"},
        "success": True,
        "errorMessages": [],
        "statusCode": 200,
    }
    assert lock.state == LOCKING
    assert (await call("POST", "/my/lock/123/operation/lock")).status == 404
    assert (await call("GET", "/my/device/operation/1577833200000")).status == 404


@pytest.mark.parametrize(
    ("generation", "close", "operation", "status", "dated"),
    [
        ("operation", 404, 202, 200, True),
        ("close", 200, 404, 404, False),
        ("close-202", 202, 404, 200, True),
        ("both", 202, 202, 200, True),
        ("neither", 404, 404, 404, False),
    ],
)
async def test_generations(
    sim: Simulator,
    call: Caller,
    generation: str,
    close: int,
    operation: int,
    status: int,
    dated: bool,  # noqa: FBT001 - a column of the table
) -> None:
    """Each generation serves its own routes; what it does not serve moves nothing."""
    sim.settings.generation = generation
    lock = sim.account.add_lock(state=UNLOCKED)
    replies = [
        await call("POST", "/my/lock/close", {"deviceId": lock.id}),
        await call("POST", f"/my/lock/{lock.id}/operation/lock"),
    ]
    assert [reply.status for reply in replies] == [close, operation]
    accepted = [reply.result for reply in replies if reply.status < 300]
    assert all(("lastStateChangedDate" in result) is dated for result in accepted)
    assert all(reply.body == b"" for reply in replies if reply.status == 404)
    assert (lock.state == LOCKING) is bool(accepted)
    if accepted:
        asked = await call("GET", f"/my/device/operation/{accepted[0]['operationId']}")
        assert asked.status == status


@pytest.mark.parametrize("unserved", [400, 404, 405, 410, 501])
async def test_unserved_routes(sim: Simulator, call: Caller, unserved: int) -> None:
    """However a cloud says that a route is not there, it is not in the envelope."""
    sim.settings.unserved = unserved
    lock = sim.account.add_lock(state=UNLOCKED)
    reply = await call("POST", "/my/lock/close", {"deviceId": lock.id})
    assert reply.status == unserved
    assert b"errorMessages" not in reply.body
    assert lock.state == UNLOCKED


async def test_operation_status_can_be_switched_off(sim: Simulator, call: Caller) -> None:
    """A cloud may take commands and never tell how they ended."""
    lock = sim.account.add_lock()
    sim.settings.operation_status = False
    reply = await call("POST", f"/my/lock/{lock.id}/operation/unlock")
    assert reply.status == 202
    asked = await call("GET", f"/my/device/operation/{reply.result['operationId']}")
    assert (asked.status, asked.body) == (404, b"")


async def status_of(call: Caller, command: Reply) -> tuple[str, int | None]:
    """Ask for the status and result of an accepted command."""
    asked = await call("GET", f"/my/device/operation/{command.result['operationId']}")
    return asked.result["status"], asked.result["result"]


async def test_movement_takes_time(sim: Simulator, call: Caller, clock: ManualClock) -> None:
    """The bolt moves for two and a half seconds, and the operation tells when it is there."""
    lock = sim.account.add_lock(state=UNLOCKED)
    clock.advance(60)
    reply = await call("POST", f"/my/lock/{lock.id}/operation/lock")
    assert reply.json == {
        "result": {
            "operationId": "1631707260000",
            "lastStateChangedDate": "2021-09-15T12:00:00.000Z",
        },
        "success": True,
        "errorMessages": [],
        "statusCode": 202,
    }
    clock.advance(2.4)
    assert (await call("GET", "/my/lock/41001/sync")).result["deviceState"]["state"] == LOCKING
    assert await status_of(call, reply) == ("PENDING", 0)
    clock.advance(0.1)
    assert await status_of(call, reply) == ("COMPLETED", 0)
    clock.advance(10)
    assert (await call("GET", "/my/lock/41001/sync")).result["deviceState"] == {
        "state": 6,
        "doorState": 0,
        "isCharging": False,
        "batteryLevel": 81,
        "stateChangeResult": 0,
        "lastStateChangedDate": "2021-09-15T12:01:02.500Z",
    }
    assert sim.calls("POST")[0].applied


@pytest.mark.parametrize(
    ("outcome", "state", "change_result", "ends"),
    [
        ("done", LOCKED, 0, ("COMPLETED", 0)),
        ("jam", SEMI_LOCKED, 1, ("COMPLETED", 1)),
        ("fall_back", UNLOCKED, 0, ("COMPLETED", 0)),
        ("ignored", UNLOCKED, 0, ("COMPLETED", 0)),
        ("error", UNLOCKED, 0, ("COMPLETED", 2)),
        ("stuck", UNLOCKED, 0, ("PENDING", None)),
        ("pending", LOCKED, 0, ("PENDING", None)),
    ],
)
async def test_outcomes(
    sim: Simulator,
    call: Caller,
    clock: ManualClock,
    outcome: str,
    state: State,
    change_result: int,
    ends: tuple[str, int | None],
) -> None:
    """A movement ends as scripted, once; the next one is as asked."""
    sim.settings.pending_result = None
    lock = sim.account.add_lock(state=UNLOCKED)
    lock.outcomes.append(outcome)
    reply = await call("POST", f"/my/lock/{lock.id}/operation/lock")
    clock.advance(30)
    assert (lock.state, lock.bolt.result) == (state, change_result)
    assert await status_of(call, reply) == ends
    await call("POST", f"/my/lock/{lock.id}/operation/lock")
    clock.advance(30)
    assert lock.state == LOCKED


@pytest.mark.parametrize(
    ("start", "auto", "command", "course"),
    [
        (LOCKED, False, "unlock", [UNLOCKING, UNLOCKED]),
        (LOCKED, True, "unlock", [UNLOCKING, UNLOCKED, PULLING, PULLED, UNLOCKED]),
        (LOCKED, True, "unlock?mode=3", [UNLOCKING, UNLOCKED]),
        (LOCKED, False, "unlock?mode=4", [UNLOCKING, UNLOCKED]),
        (LOCKED, True, "unlock?mode=4", [UNLOCKING, UNLOCKED, PULLING, PULLED, UNLOCKED]),
        (UNLOCKED, False, "unlock?mode=4", [PULLING, PULLED, UNLOCKED]),
        (UNLOCKED, True, "unlock", []),
        (UNLOCKED, True, "unlock?mode=3", []),
        (UNLOCKED, False, "pull", [PULLING, PULLED, UNLOCKED]),
        (LOCKED, False, "pull", []),
        (SEMI_LOCKED, False, "lock", [LOCKING, LOCKED]),
        (SEMI_LOCKED, False, "unlock?mode=3", [UNLOCKING, UNLOCKED]),
        (LOCKED, False, "lock", []),
        (State.UNKNOWN, False, "unlock", []),
        (State.UNKNOWN, False, "unlock?mode=2", [UNLOCKING, UNLOCKED]),
        (UNCALIBRATED, False, "lock", []),
        (42, False, "lock", []),
    ],
)
async def test_courses(
    sim: Simulator,
    call: Caller,
    clock: ManualClock,
    start: int,
    auto: bool,  # noqa: FBT001 - a column of the table
    command: str,
    course: list[State],
) -> None:
    """The bolt takes the course that the state, the command and the spring make it take."""
    lock = sim.account.add_lock(state=start, auto_pull=auto)
    assert (await call("POST", f"/my/lock/{lock.id}/operation/{command}")).status == 202
    clock.advance(60)
    assert lock.state == (course[-1] if course else start)
    assert [step.state for step in lock.bolt.log[1:]] == course
    assert sim.requests[0].applied is bool(course)


async def test_ends_of_operations_that_move_nothing(
    sim: Simulator, call: Caller, clock: ManualClock
) -> None:
    """In the target state: completed at once; without calibration: never."""
    lock = sim.account.add_lock()
    reply = await call("POST", f"/my/lock/{lock.id}/operation/lock")
    assert await status_of(call, reply) == ("COMPLETED", 0)
    lock.pull_spring = False
    lock.state = UNLOCKED
    for state, command in ((UNLOCKED, "pull"), (UNCALIBRATED, "lock")):
        lock.state = state
        reply = await call("POST", f"/my/lock/{lock.id}/operation/{command}")
        assert reply.status == 202
        clock.advance(60)
        assert (await status_of(call, reply))[0] == "PENDING"
        assert lock.state == state


async def test_pull_is_done_while_the_latch_is_held(
    sim: Simulator, call: Caller, clock: ManualClock
) -> None:
    """A pull completes when the spring is pulled; the bolt returns after its duration."""
    lock = sim.account.add_lock(state=UNLOCKED, pull_seconds=3)
    reply = await call("POST", f"/my/lock/{lock.id}/operation/pull")
    clock.advance(1)
    assert await status_of(call, reply) == ("COMPLETED", 0)
    assert lock.state == PULLED
    clock.advance(3)
    assert lock.state == UNLOCKED


async def test_commands_to_a_moving_bolt(sim: Simulator, call: Caller, clock: ManualClock) -> None:
    """They wait for their turn, or are refused where that is switched on."""
    lock = sim.account.add_lock(state=UNLOCKED)
    await call("POST", f"/my/lock/{lock.id}/operation/lock")
    second = await call("POST", f"/my/lock/{lock.id}/operation/unlock")
    clock.advance(2.5)
    assert lock.state == UNLOCKING
    sim.settings.busy_lock = "refuse"
    assert (await call("POST", f"/my/lock/{lock.id}/operation/lock")).status == 409
    clock.advance(2.5)
    assert lock.state == UNLOCKED
    assert (await status_of(call, second))[0] == "COMPLETED"


async def test_a_hand_on_the_bolt(sim: Simulator, call: Caller, clock: ManualClock) -> None:
    """Turning by hand ends a movement; it can be planned ahead."""
    lock = sim.account.add_lock(state=UNLOCKED)
    await call("POST", f"/my/lock/{lock.id}/operation/lock")
    lock.turn("semi_locked", after=1)
    clock.advance(5)
    shown = (await call("GET", "/my/lock/41001/sync")).result["deviceState"]
    assert shown["state"] == SEMI_LOCKED
    assert shown["lastStateChangedDate"] == "2021-09-15T12:00:01.000Z"
    lock.turn("locked")
    assert lock.state == LOCKED


async def test_speed_divides_movements(sim: Simulator, call: Caller, clock: ManualClock) -> None:
    """An impatient test or demo runs the bolts faster."""
    sim.settings.speed = 10
    lock = sim.account.add_lock(state=UNLOCKED)
    await call("POST", f"/my/lock/{lock.id}/operation/lock")
    clock.advance(0.25)
    assert lock.state == LOCKED


@pytest.mark.parametrize("generation", ["operation", "close"])
async def test_refused_commands(sim: Simulator, call: Caller, generation: str) -> None:
    """Offline, not permitted and unknown are the lock's own answers, in the envelope."""
    sim.settings.generation = generation
    lock = sim.account.add_lock(state=UNLOCKED)

    async def lock_it(lock_id: int) -> int:
        if generation == "close":
            reply = await call("POST", "/my/lock/close", {"deviceId": lock_id})
        else:
            reply = await call("POST", f"/my/lock/{lock_id}/operation/lock")
        assert reply.json["success"] is False
        assert reply.json["statusCode"] == reply.status
        return reply.status

    lock.connected = False
    assert await lock_it(lock.id) == 400
    lock.connected = True
    lock.bridge_id = None
    assert await lock_it(lock.id) == 400
    lock.remote_access_disabled = True
    assert await lock_it(lock.id) == 403
    assert await lock_it(9) == 404
    assert lock.state == UNLOCKED


async def test_bad_command_parameters(sim: Simulator, call: Caller) -> None:
    """Unknown modes and missing ids are refused."""
    sim.settings.generation = "both"
    lock = sim.account.add_lock()
    assert (await call("POST", f"/my/lock/{lock.id}/operation/unlock?mode=7")).status == 400
    assert (
        await call("POST", "/my/lock/open", {"deviceId": 41001, "openParameter": 9})
    ).status == 400
    assert (await call("POST", "/my/lock/close", {"deviceId": "41001"})).status == 400
    assert (await call("POST", "/my/lock/close")).status == 400
    reply = await call("POST", "/my/lock/open", {"deviceId": 41001, "openParameter": 3})
    assert reply.status == 202
    assert lock.state == UNLOCKING


async def test_an_operation_of_a_lock_gone_offline_stays_pending(
    sim: Simulator, call: Caller, clock: ManualClock
) -> None:
    """Nobody can tell how it ended."""
    lock = sim.account.add_lock(state=UNLOCKED)
    reply = await call("POST", f"/my/lock/{lock.id}/operation/lock")
    lock.connected = False
    clock.advance(10)
    assert (await status_of(call, reply))[0] == "PENDING"
    lock.connected = True
    assert (await status_of(call, reply))[0] == "COMPLETED"
    assert (await call("GET", "/my/device/operation/123")).status == 404


# --- PINs ------------------------------------------------------------------------------------


async def test_pins_as_the_pages_show_them(sim: Simulator, call: Caller) -> None:
    """The vendor's own examples, stored as they came."""
    lock = sim.account.add_lock(lock_id=123)
    lock.pins.add("test pin 1", "123987")
    lock.pins.add("test pin 2", "456129")
    created = await call("POST", "/my/lock/123/pin", RESTRICTED)
    assert created.status == 201
    assert created.json == {
        "result": {"id": 3},
        "success": True,
        "errorMessages": [],
        "statusCode": 201,
    }
    assert lock.pins[3] == RESTRICTED
    assert (await call("GET", "/my/lock/123/pin/3")).result == {"id": 3, **RESTRICTED}
    replaced = await call("PUT", "/my/lock/123/pin/3", {"alias": "new", "pin": "827364"})
    assert (replaced.status, replaced.body) == (204, b"")
    assert lock.pins[3] == dict.fromkeys(RESTRICTED) | {"alias": "new", "pin": "827364"}
    deleted = await call("DELETE", "/my/lock/123/pin/3")
    assert (deleted.status, deleted.body) == (204, b"")
    assert [request.applied for request in sim.requests] == [True, False, True, True]
    assert (await call("GET", "/my/lock/123/pin")).result == {
        "listVersion": 6,
        "pins": [{"id": 1, "alias": "test pin 1"}, {"id": 2, "alias": "test pin 2"}],
    }


async def test_list_version(sim: Simulator, call: Caller) -> None:
    """Only the present version is answered with 304, and without a body."""
    lock = sim.account.add_lock()
    lock.pins.add("Guest", "481596")
    reply = await call("GET", "/my/lock/41001/pin?listVersion=2")
    assert (reply.status, reply.body) == (304, b"")
    assert (await call("GET", "/my/lock/41001/pin?listVersion=3")).result["listVersion"] == 2
    assert (await call("GET", "/my/lock/41001/pin?listVersion=x")).status == 400


async def test_documented_bodies_where_http_has_none(sim: Simulator, call: Caller) -> None:
    """With the pages' bodies on 204 and 304, the next request still works."""
    sim.settings.documented_bodies = True
    lock = sim.account.add_lock()
    lock.pins.add("Guest", "481596")
    assert (await call("GET", "/my/lock/41001/pin?listVersion=2")).status == 304
    assert (await call("DELETE", "/my/lock/41001/pin/1")).status == 204
    assert (await call("GET", "/my/lock/41001/pin")).result["pins"] == []
    reader, writer = await asyncio.open_connection(sim.host, sim.port)
    writer.write(
        b"GET /api/v37/my/lock/41001/pin?listVersion=3 HTTP/1.1\r\nHost: localhost\r\n"
        + f"Authorization: PersonalKey {sim.token}\r\n\r\n".encode()
    )
    raw = await reader.read()
    writer.close()
    await writer.wait_closed()
    assert raw.startswith(b"HTTP/1.1 304 Not Modified\r\n")
    assert raw.endswith(
        b'{"success":false,"errorMessages":["List version is up to date."],"statusCode":304}'
    )


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"pin": "1234"}, 400),
        ({"pin": "918273645"}, 400),
        ({"pin": "91827a"}, 400),
        ({"pin": "٩١٨٢٧٣"}, 400),
        ({"pin": "     "}, 400),
        ({"pin": ""}, 400),
        ({"pin": None}, 400),
        ({"pin": 918273}, 400),
        ({"pin": "121212"}, 400),
        ({"pin": "12345"}, 400),
        ({"pin": "87654"}, 400),
        ({"pin": "13579"}, 400),
        ({"pin": "12344"}, 201),
        ({"pin": "89012"}, 201),
        ({"pin": "01928374"}, 201),
        ({"alias": " "}, 400),
        ({"alias": None}, 400),
        ({"startDate": "2021-10-01"}, 400),
        ({"startDate": "2021-13-01T00:00:00.000Z"}, 400),
        ({"dayEndTime": "18:00:00.000Z"}, 400),
        ({"startDate": "2021-10-01T00:00:00"}, 201),
        ({"weekDays": 0}, 400),
        ({"weekDays": 128}, 400),
        ({"weekDays": True}, 400),
        ({"weekDays": "mon"}, 400),
        ({"weekDays": 127}, 201),
        ({"weekDays": None, "startDate": None}, 201),
    ],
)
async def test_pin_rules(
    sim: Simulator, call: Caller, change: dict[str, object], status: int
) -> None:
    """What the cloud refuses to store, it refuses in the envelope."""
    lock = sim.account.add_lock()
    reply = await call("POST", "/my/lock/41001/pin", PERMANENT | change)
    assert reply.status == reply.json["statusCode"] == status
    assert len(lock.pins) == (status == 201)


async def test_pin_bodies_that_are_none(sim: Simulator, call: Caller) -> None:
    """Malformed JSON and JSON of another kind are refused, and recorded as they came."""
    lock = sim.account.add_lock()
    assert (await call("POST", "/my/lock/41001/pin", [PERMANENT])).status == 400
    async with aiohttp.request(
        "POST",
        f"{sim.url}/api/v37/my/lock/41001/pin",
        data=b'{"alias": "x", "pin": "918273"',
        headers={"Authorization": f"PersonalKey {sim.token}"},
    ) as response:
        assert response.status == 400
    assert [request.json for request in sim.requests] == [[PERMANENT], None]
    assert len(lock.pins) == 0


async def test_pin_dates_in_other_styles(sim: Simulator, call: Caller) -> None:
    """Stored as received, shown in the style that is switched on."""
    lock = sim.account.add_lock()
    lock.pins.add("Guest", "481596", startDate="2021-10-01T00:00:00+02:00")
    sim.settings.dates = "naive"
    shown = (await call("GET", "/my/lock/41001/pin/1")).result
    assert (shown["startDate"], shown["endDate"]) == ("2021-09-30T22:00:00.000", None)
    assert lock.pins[1]["startDate"] == "2021-10-01T00:00:00+02:00"


async def test_lenient_sequences(sim: Simulator, call: Caller) -> None:
    """The reading of "sequence" that refuses steps of one alone."""
    sim.settings.pin_steps_only = True
    sim.account.add_lock()
    assert (await call("POST", "/my/lock/41001/pin", PERMANENT | {"pin": "13579"})).status == 201
    assert (await call("POST", "/my/lock/41001/pin", PERMANENT | {"pin": "54321"})).status == 400


async def test_pin_refusals(sim: Simulator, call: Caller) -> None:
    """Every status of the pages, each from its own cause."""
    lock = sim.account.add_lock()
    lock.pins.add("One", "481596")
    lock.pins.add("Two", "602915")
    assert (await call("GET", "/my/lock/41001/pin/9")).status == 404
    assert (await call("PUT", "/my/lock/41001/pin/9", PERMANENT)).status == 404
    assert (await call("DELETE", "/my/lock/41001/pin/9")).status == 404
    assert (await call("GET", "/my/lock/9/pin")).status == 404
    same = {"alias": "Same", "pin": "481596"}
    assert (await call("POST", "/my/lock/41001/pin", same)).status == 406
    assert (await call("PUT", "/my/lock/41001/pin/2", same)).status == 406
    assert (await call("PUT", "/my/lock/41001/pin/1", same)).status == 204
    sim.settings.pin_capacity = 2
    assert (await call("POST", "/my/lock/41001/pin", PERMANENT)).status == 412
    sim.settings.pin_full_status = 422
    assert (await call("POST", "/my/lock/41001/pin", PERMANENT)).status == 422
    lock.pins.busy = True
    assert (await call("GET", "/my/lock/41001/pin")).status == 409
    lock.pins.busy = False
    lock.connected = False
    assert (await call("GET", "/my/lock/41001/pin")).status == 428
    lock.connected = True
    lock.keypad_id = None
    assert (await call("DELETE", "/my/lock/41001/pin/1")).status == 428
    lock.access_level = Access.GUEST
    assert (await call("GET", "/my/lock/41001/pin/1")).status == 403
    assert len(lock.pins) == 2


async def test_pin_ids_can_be_given_anew(sim: Simulator, call: Caller) -> None:
    """By default no id comes twice; where they do, the lowest one that is free is next."""
    lock = sim.account.add_lock()
    for alias, digits in (("One", "481596"), ("Two", "602915"), ("Three", "739164")):
        lock.pins.add(alias, digits)
    assert (await call("DELETE", "/my/lock/41001/pin/2")).status == 204
    assert (await call("POST", "/my/lock/41001/pin", PERMANENT)).result == {"id": 4}
    sim.settings.reuse_ids = True
    again = PERMANENT | {"pin": "827364"}
    assert (await call("POST", "/my/lock/41001/pin", again)).result == {"id": 2}
    assert lock.pins.add("Five", "360852") == 5


async def test_pin_lists_can_lag(sim: Simulator, call: Caller, clock: ManualClock) -> None:
    """Lists show what there was some seconds ago; single PINs and refusals know better."""
    lock = sim.account.add_lock()
    lock.pins.add("One", "481596")
    sim.settings.pin_list_lag = 20
    old, new = {"id": 1, "alias": "One"}, {"id": 2, "alias": "test pin 3"}
    assert (await call("POST", "/my/lock/41001/pin", PERMANENT)).result == {"id": 2}
    clock.advance(15)
    assert (await call("DELETE", "/my/lock/41001/pin/1")).status == 204
    assert (await call("GET", "/my/lock/41001/pin")).result == {
        "listVersion": 2,
        "pins": [old],
    }
    assert (await call("GET", "/my/lock/41001/pin?listVersion=2")).status == 304
    assert (await call("GET", "/my/lock/41001/pin/2")).status == 200
    assert (await call("POST", "/my/lock/41001/pin", PERMANENT)).status == 406
    clock.advance(5)
    assert (await call("GET", "/my/lock/41001/pin")).result == {
        "listVersion": 3,
        "pins": [old, new],
    }
    clock.advance(15)
    assert (await call("GET", "/my/lock/41001/pin")).result == {
        "listVersion": 4,
        "pins": [new],
    }


async def test_one_pin_call_at_a_time(sim: Simulator, call: Caller) -> None:
    """A second call of the same lock is refused; another lock does not care."""
    sim.settings.pin_seconds = 0.05
    for _ in range(2):
        sim.account.add_lock()
    replies = await asyncio.gather(
        call("POST", "/my/lock/41001/pin", PERMANENT),
        call("GET", "/my/lock/41001/pin"),
        call("GET", "/my/lock/41002/pin"),
    )
    assert sorted(reply.status for reply in replies[:2])[1] == 409
    assert replies[2].status == 200


async def test_expired_pins_vanish(sim: Simulator, call: Caller, clock: ManualClock) -> None:
    """The list version tells that one is gone."""
    lock = sim.account.add_lock()
    lock.pins.add("Guest", "481596", endDate="2021-09-15T13:00:00.000Z")
    before = lock.pins.list_version
    clock.advance(3600)
    shown = (await call("GET", f"/my/lock/41001/pin?listVersion={before}")).result
    assert shown == {"listVersion": before + 1, "pins": []}
    assert (await call("DELETE", "/my/lock/41001/pin/1")).status == 404


@pytest.mark.parametrize(
    ("schedule", "now", "valid"),
    [
        ({}, NOON, True),
        ({"startDate": "2021-09-16T00:00:00Z"}, NOON, False),
        ({"endDate": "2021-09-15T12:00:00Z"}, NOON, False),
        ({"weekDays": 4}, NOON, True),
        ({"weekDays": 127 - 4}, NOON, False),
        (
            {"dayStartTime": "2000-01-01T12:00:00Z", "dayEndTime": "2000-01-01T13:00:00Z"},
            NOON,
            True,
        ),
        (
            {"dayStartTime": "2000-01-01T11:00:00Z", "dayEndTime": "2000-01-01T12:00:00Z"},
            NOON,
            False,
        ),
        (
            {
                "dayStartTime": "2000-01-01T22:00:00Z",
                "dayEndTime": "2000-01-01T06:00:00Z",
                "weekDays": 2,
            },
            NOON.replace(hour=5),
            True,
        ),
        (
            {
                "dayStartTime": "2000-01-01T22:00:00Z",
                "dayEndTime": "2000-01-01T06:00:00Z",
                "weekDays": 4,
            },
            NOON.replace(hour=5),
            False,
        ),
    ],
)
async def test_typing_a_pin(
    sim: Simulator,
    clock: ManualClock,
    schedule: dict[str, Any],
    now: datetime,
    valid: bool,  # noqa: FBT001 - a column of the table
) -> None:
    """The keypad knows periods, hours over midnight and week days, all in UTC."""
    sim.settings.expire_pins = False
    lock = sim.account.add_lock()
    lock.pins.add("Guest", "481596", **schedule)
    clock.advance((now - NOON).total_seconds())
    verdict = lock.pins.typed("481596")
    assert (verdict.valid, verdict.alias) == (valid, "Guest")
    assert lock.pins.typed("000000").alias is None


# --- the activity log ------------------------------------------------------------------------


async def test_the_log_tells_who_typed_a_pin(
    sim: Simulator, call: Caller, clock: ManualClock
) -> None:
    """The newest comes first: a PIN that opens, one out of its time, digits of nobody."""
    lock = sim.account.add_lock()
    lock.pins.add("Guest", "481596")
    lock.pins.add("Late", "602915", endDate="2021-09-15T11:00:00.000Z")
    sim.settings.expire_pins = False
    for digits in ("481596", "602915", "000000"):
        clock.advance(1)
        lock.typed(digits)
    lines = (await call("GET", "/my/deviceactivity?deviceId=41001")).result
    assert [(line["event"], line["username"], line["date"][-9:]) for line in lines] == [
        (62, None, "0:03.000Z"),
        (75, "Late", "0:02.000Z"),
        (61, "Guest", "0:01.000Z"),
    ]
    assert set(lines[0]) == {"id", "deviceId", "userId", "username", "event", "source", "date"}
    assert (lines[0]["deviceId"], lines[0]["userId"]) == (41001, None)


async def test_the_log_has_pages(sim: Simulator, call: Caller) -> None:
    """A page holds what is older than the date it is asked for, and 200 lines at most."""
    sim.settings.dates = "naive"
    lock = sim.account.add_lock()
    for minute in range(203):
        lock.activity.add(38, date=NOON - timedelta(minutes=minute))
    first = (await call("GET", "/my/deviceactivity?deviceId=41001")).result
    last = first[-1]["date"]
    assert (len(first), first[0]["id"], last) == (200, 1, "2021-09-15T08:41:00.000")
    for page, ids in (("", [201, 202, 203]), ("&elements=2", [201, 202])):
        query = f"deviceId=41001&lastElemDate={last}{page}"
        rest = (await call("GET", f"/my/deviceactivity?{query}")).result
        assert [line["id"] for line in rest] == ids
    end = "2021-09-15T08:38:00Z"
    query = f"deviceId=41001&lastElemDate={end}"
    assert (await call("GET", f"/my/deviceactivity?{query}")).result == []


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 400),
        ("?deviceId=41009", 404),
        ("?deviceId=41001&elements=201", 400),
        ("?deviceId=41001&elements=0", 400),
        ("?deviceId=41001&lastElemDate=yesterday", 400),
    ],
)
async def test_the_log_refuses(sim: Simulator, call: Caller, query: str, status: int) -> None:
    """The lock is named, a page has its size, and a date is one."""
    sim.account.add_lock()
    assert (await call("GET", f"/my/deviceactivity{query}")).status == status


async def test_the_log_has_a_scope_of_its_own(sim: Simulator, call: Caller) -> None:
    """No other scope opens it."""
    sim.account.add_lock()
    key = sim.account.keys[0]
    key.scopes = tuple(scope for scope in key.scopes if scope != "DeviceActivity.Read")
    assert (await call("GET", "/my/deviceactivity?deviceId=41001")).status == 403


# --- limits ----------------------------------------------------------------------------------


async def test_hourly_limit(sim: Simulator, call: Caller, clock: ManualClock) -> None:
    """A user's keys share the fixed hour."""
    sim.settings.limits = True
    sim.settings.hourly_limit = 3
    for token in (sim.token, READ_ONLY_TOKEN, sim.token):
        call.authorization = f"PersonalKey {token}"
        assert (await call("GET", "/my/lock/sync")).status == 200
    clock.advance(600.5)
    reply = await call("GET", "/my/lock/sync")
    assert reply.status == 429
    assert reply.headers["Retry-After"] == "3000"
    clock.advance(2999.5)
    assert (await call("GET", "/my/lock/sync")).status == 200
    assert sim.api.limits.used("8b8f0c1e-0000-4000-8000-000000000001") == 1


async def test_list_limit_is_for_personal_keys(sim: Simulator, call: Caller) -> None:
    """Ten lists in ten minutes; other schemes and other routes are free of it."""
    sim.settings.limits = True
    sim.account.add_key(Key(value="a.b.c", schemes=("Bearer",)))
    statuses = [(await call("GET", "/my/lock")).status for _ in range(11)]
    assert statuses == [200] * 10 + [429]
    assert (await call("GET", "/my/lock/sync")).status == 200
    call.authorization = "Bearer a.b.c"
    assert (await call("GET", "/my/lock")).status == 200


async def test_sync_guard(sim: Simulator, call: Caller, clock: ManualClock) -> None:
    """Syncs that come too soon are refused where that is switched on."""
    sim.settings.limits = True
    sim.settings.sync_guard = 20
    assert (await call("GET", "/my/lock/sync")).status == 200
    clock.advance(5)
    reply = await call("GET", "/my/lock/sync")
    assert (reply.status, reply.headers["Retry-After"]) == (429, "15")
    clock.advance(15)
    assert (await call("GET", "/my/lock/sync")).status == 200


# --- faults ----------------------------------------------------------------------------------


async def test_fault_strikes_what_it_fits(sim: Simulator, call: Caller) -> None:
    """Method, path, count and patience choose the requests."""
    sim.account.add_lock()
    fault = Fault(status=503, headers={"Retry-After": "7"})
    script = sim.faults.add(fault, method="get", path="/MY/lock/*/pin", times=1, after=1)
    assert (await call("GET", "/my/lock/41001/pin/1")).status == 404
    assert (await call("GET", "/my/lock/41001/pin")).status == 200
    reply = await call("GET", "/my/lock/41001/pin")
    assert (reply.status, reply.headers["Retry-After"]) == (503, "7")
    assert reply.json["statusCode"] == 503
    assert (await call("GET", "/my/lock/41001/pin")).status == 200
    assert script.struck == [sim.requests[2]]


async def test_fault_for_all_until_removed(sim: Simulator, call: Caller) -> None:
    """A fault without an end can be taken back."""
    fault = Fault(status=500)
    script = sim.faults.add(fault, times=None, predicate=lambda request: "sync" in request.path)
    assert [(await call("GET", "/my/lock/sync")).status for _ in range(3)] == [500] * 3
    assert (await call("GET", "/my/lock")).status == 200
    sim.faults.remove(script)
    assert (await call("GET", "/my/lock/sync")).status == 200


@pytest.mark.parametrize(
    ("body", "raw", "kind"),
    [
        (b"\xff\x00", b"\xff\x00", "application/json"),
        ("<html>Bad gateway</html>", b"<html>Bad gateway</html>", "text/html"),
        ("gone", b"gone", "text/plain"),
        ([1, {"a": None}], b'[1,{"a":null}]', "application/json"),
        (None, b"null", "application/json"),
        (b"", b"", "application/json"),
    ],
)
async def test_fault_bodies(sim: Simulator, body: object, raw: bytes, kind: str) -> None:
    """Any body can be sent, also with a good status."""
    sim.faults.add(Fault(body=body))
    async with aiohttp.request("GET", f"{sim.url}/api/v37/my/lock") as response:
        assert (response.status, response.content_type) == (200, kind)
        assert await response.read() == raw


@pytest.mark.parametrize("worked", [False, True])
@pytest.mark.parametrize("fault", [{"drop": True}, {"reset": True}])
async def test_lost_connection(
    sim: Simulator,
    call: Caller,
    fault: dict[str, bool],
    worked: bool,  # noqa: FBT001 - a column
) -> None:
    """The answer is lost before or after the work was done."""
    lock = sim.account.add_lock()
    sim.faults.add(Fault(worked=worked, drop=fault.get("drop", False), reset="reset" in fault))
    with pytest.raises(aiohttp.ClientConnectionError):
        await call("POST", "/my/lock/41001/pin", PERMANENT)
    await sim.idle()
    [request] = sim.requests
    assert (request.applied, request.status) == (worked, None)
    assert len(lock.pins) == worked


async def test_error_although_it_worked(sim: Simulator, call: Caller) -> None:
    """A gateway's 504 or the lock's 408 say nothing about what was stored."""
    lock = sim.account.add_lock()
    sim.faults.add(Fault(status=408, worked=True))
    sim.faults.add(Fault(status=408))
    assert (await call("POST", "/my/lock/41001/pin", PERMANENT)).status == 408
    assert lock.pins.find("test pin 3") == 1
    assert (await call("DELETE", "/my/lock/41001/pin/1")).status == 408
    assert [request.applied for request in sim.requests] == [True, False]
    assert len(lock.pins) == 1


async def test_cut_off_body(sim: Simulator, call: Caller) -> None:
    """Fewer bytes come than were announced."""
    sim.account.add_lock()
    sim.faults.add(Fault(keep=20))
    with pytest.raises(aiohttp.ClientPayloadError):
        await call("GET", "/my/lock")


async def test_slow_answers(sim: Simulator, call: Caller) -> None:
    """A slow answer and a slow body come whole."""
    sim.account.add_lock()
    sim.faults.add(Fault(delay=0.02))
    sim.faults.add(Fault(drip=0.02))
    for _ in range(2):
        assert len((await call("GET", "/my/lock")).result) == 1


async def test_a_client_that_goes_in_the_middle_of_a_body(
    sim: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    """The rest is for nobody, and no news for the log."""
    sim.faults.add(Fault(drip=0.02))
    headers = {"Authorization": f"PersonalKey {sim.token}"}
    async with aiohttp.ClientSession(headers=headers) as session:
        async with session.get(f"{sim.url}/api/v37/my/lock"):
            pass
        await sim.requests[0].gone.wait()
    await sim.idle()
    await asyncio.sleep(0)
    assert not [line for line in caplog.records if line.levelno >= logging.ERROR]


async def test_silence(sim: Simulator, call: Caller) -> None:
    """No answer comes; when the client gives up, the request is over."""
    lock = sim.account.add_lock()
    sim.faults.add(Fault(silent=True))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await call("POST", "/my/lock/41001/operation/unlock")
    await sim.idle()
    assert sim.requests[0].status is None
    assert lock.state == LOCKED


async def test_stale_answer(sim: Simulator, call: Caller) -> None:
    """The answer of an older request comes again."""
    lock = sim.account.add_lock()
    sim.faults.add(Fault(stale=True), path="/my/lock/sync", times=None, after=1)
    older = await call("GET", "/my/lock/sync")
    lock.state = UNLOCKED
    assert (await call("GET", "/my/lock/sync")).body == older.body
    assert (await call("GET", "/my/lock/sync?id=41001")).result[0]["deviceState"]["state"] == 2


async def test_held_request(sim: Simulator, call: Caller) -> None:
    """A request waits before its work until the test lets it go."""
    lock = sim.account.add_lock()
    script = sim.faults.add(Fault(hold=True), method="POST")
    task = asyncio.create_task(call("POST", "/my/lock/41001/operation/unlock"))
    held = await script.held()
    assert held is await sim.wait_for_request("POST", "/my/lock/*/operation/unlock")
    assert lock.state == LOCKED
    script.release()
    assert (await task).status == 202
    assert lock.state == UNLOCKING


async def test_held_answer(sim: Simulator, call: Caller) -> None:
    """Or after it."""
    lock = sim.account.add_lock()
    script = sim.faults.add(Fault(hold=True, worked=True), method="POST")
    task = asyncio.create_task(call("POST", "/my/lock/41001/operation/unlock"))
    assert (await script.held()).applied
    assert lock.state == UNLOCKING
    script.release()
    assert (await task).status == 202


async def test_held_request_outlives_its_client(sim: Simulator, call: Caller) -> None:
    """What a client gave up on may still be done later."""
    lock = sim.account.add_lock()
    script = sim.faults.add(Fault(hold=True), method="POST")
    task = asyncio.create_task(call("POST", "/my/lock/41001/operation/unlock"))
    await script.held()
    task.cancel()
    await sim.requests[0].gone.wait()
    assert lock.state == LOCKED
    script.release()
    await sim.idle()
    assert lock.state == UNLOCKING
    assert (sim.requests[0].applied, sim.requests[0].status) == (True, None)


async def test_stop_with_a_held_request(sim: Simulator, call: Caller) -> None:
    """Stopping cuts everything, at once; starting again takes the same port and goes on."""
    sim.account.add_lock()
    script = sim.faults.add(Fault(hold=True))
    sim.faults.add(Fault(silent=True))
    tasks = [asyncio.create_task(call("GET", "/my/lock")) for _ in range(2)]
    await script.held()
    await sim.wait_for_request(count=2)
    async with asyncio.timeout(1):
        await sim.stop()
    for task in tasks:
        with pytest.raises(aiohttp.ClientConnectionError):
            await task
    with pytest.raises(aiohttp.ClientConnectorError):
        await call("GET", "/my/lock")
    url = sim.url
    await sim.start()
    assert sim.url == url
    assert (await call("GET", "/my/lock")).status == 200


async def test_calls_are_filtered(sim: Simulator, call: Caller) -> None:
    """One star is one segment, two are any rest."""
    for path in ("/my/lock", "/my/lock/1/sync", "/my/lock/1/pin/2"):
        await call("GET", path)
    assert len(sim.calls("GET", "/my/lock/*/sync")) == 1
    assert len(sim.calls(path="/my/lock/**")) == 2
    assert sim.calls("POST") == []
    assert sim.calls()[0].headers["authorization"] == f"PersonalKey {sim.token}"
    sim.clear()
    assert sim.requests == []


@pytest.mark.usefixtures("socket_enabled")
async def test_frozen_time_is_seen(freezer: FrozenDateTimeFactory) -> None:
    """The system clock is looked up at each call."""
    freezer.move_to("2021-09-01T00:00:00Z")
    async with Simulator() as sim:
        lock = sim.account.add_lock(state=UNLOCKED)
        lock.pins.add("Guest", "481596", endDate="2021-12-31T00:00:00.000Z")
        assert len(lock.pins) == 1
        lock.turn("locked", after=60)
        freezer.tick(61)
        assert lock.state == LOCKED
        freezer.move_to("2022-01-01T00:00:00Z")
        assert len(lock.pins) == 0


# --- the door --------------------------------------------------------------------------------


@pytest.fixture
async def door(
    socket_enabled: None,  # noqa: ARG001 - lets the server listen
    clock: ManualClock,
) -> AsyncGenerator[Caller]:
    """Return a client of the running demo account's control API."""
    async with Simulator(demo=True, clock=clock) as sim, aiohttp.ClientSession() as session:
        yield Caller(sim, session)


async def at_door(door: Caller, path: str, body: object = None) -> Any:
    """Do something at the door and return what the control API says."""
    reply = await door("GET" if body is None else "POST", path, body, root="/sim")
    assert reply.status == 200, reply.body
    return reply.json


async def test_demo_account(door: Caller) -> None:
    """Three locks that differ in what matters."""
    locks = {lock["name"]: lock for lock in (await at_door(door, "/state"))["locks"]}
    assert list(locks) == ["Front door", "Back door", "Flat 2"]
    assert locks["Front door"]["serial"] == "20240101-000042"
    assert [lock["state"] for lock in locks.values()] == ["locked", "unlocked", "locked"]
    assert [len(lock["pins"]) for lock in locks.values()] == [0, 0, 2]
    assert (await door("GET", "/", root="")).body.startswith(b"<!doctype html>")


async def test_playing_the_person_at_the_door(door: Caller) -> None:
    """What a person does is seen in the cloud."""
    lock = "/locks/20240101-000042"
    assert (await at_door(door, f"{lock}/turn", {"to": "unlocked"}))["state"] == "unlocked"
    assert (await at_door(door, f"{lock}/door", {"open": True}))["door"] == "opened"
    assert (await at_door(door, f"{lock}/battery", {"level": 9}))["battery"] == 9
    assert (await at_door(door, f"{lock}/rename", {"name": "Gate"}))["revision"] == 8
    assert (await at_door(door, f"{lock}/jam", {}))["jam_next"] is True
    assert (await at_door(door, f"{lock}/bridge", {"online": False}))["online"] is False
    [shown, *_] = (await door("GET", "/my/lock")).result
    assert (shown["name"], shown["isConnected"]) == ("Gate", False)
    await at_door(door, f"{lock}/remove", {})
    assert (await at_door(door, "/state"))["removed"][0]["serial"] == "20240101-000042"
    assert (await at_door(door, f"{lock}/readd", {}))["id"] == 41004
    assert (await at_door(door, "/locks", {"name": "Shed"}))["id"] == 41005
    await at_door(door, "/reset", {})
    names = [lock["name"] for lock in (await at_door(door, "/state"))["locks"]]
    assert names == ["Front door", "Back door", "Flat 2"]


async def test_typing_at_the_door(door: Caller, clock: ManualClock) -> None:
    """A valid PIN opens, a wrong one does not, and the log tells of both."""
    flat = "/locks/20240101-000044"
    assert await at_door(door, f"{flat}/keypad", {"pin": "111222"}) == {
        "valid": False,
        "alias": None,
        "reason": "Wrong PIN.",
    }
    typed = await at_door(door, f"{flat}/keypad", {"pin": "481596"})
    assert (typed["valid"], typed["alias"]) == (True, "Guest")
    clock.advance(3)
    assert (await at_door(door, "/state"))["locks"][2]["state"] == "unlocked"
    log = (await door("GET", "/my/deviceactivity?deviceId=41003")).result
    assert [line["username"] for line in log] == ["Guest", None]


async def test_settings_and_faults_over_http(door: Caller) -> None:
    """Another process can change the cloud and let it fail."""
    assert (await at_door(door, "/settings", {"generation": "close"}))["generation"] == "close"
    assert (await door("POST", "/my/lock/41001/operation/lock")).status == 404
    await at_door(door, "/faults", {"status": 503, "path": "/my/lock", "times": None})
    assert (await door("GET", "/my/lock")).status == 503
    await at_door(door, "/faults", {"clear": True})
    assert (await door("GET", "/my/lock")).status == 200


async def test_records_over_http_hide_digits(door: Caller) -> None:
    """Neither keys nor digits are shown."""
    await door("POST", "/my/lock/41001/pin", PERMANENT)
    reply = await door("GET", "/requests", root="/sim")
    assert reply.json[0]["path"] == "/api/v37/my/lock/41001/pin"
    assert reply.json[0]["status"] == 201
    assert b"918273" not in reply.body
    assert Simulator.token.encode() not in reply.body


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/locks/20240101-000042/turn", {"to": "left"}, 400),
        ("/locks/20240101-000042/bridge", {"online": "no"}, 400),
        ("/locks/20240101-000042/rename", {"name": ""}, 400),
        ("/locks/20240101-000042/kick", {}, 404),
        ("/locks/nowhere/turn", {"to": "locked"}, 404),
        ("/settings", {"generation": "last"}, 400),
        ("/settings", {"unknown": 1}, 400),
        ("/settings", {"limits": "yes"}, 400),
        ("/settings", [], 400),
        ("/faults", {"hold": True}, 400),
        ("/faults", {"nonsense": 1}, 400),
    ],
)
async def test_what_the_control_api_does_not_understand(
    door: Caller, path: str, body: object, status: int
) -> None:
    """Mistakes are answered, and change nothing."""
    before = await at_door(door, "/state")
    assert (await door("POST", path, body, root="/sim")).status == status
    assert await at_door(door, "/state") == before


# --- on its own ------------------------------------------------------------------------------


def test_runs_alone_and_stops_cleanly() -> None:
    """The command prints where it is, what opens it, and ends without complaint."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.simulator", "--port", "0", "--fast"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=REPOSITORY,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        first = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()
        assert process.stderr.read() == ""
    assert first.startswith("Simulated Tedee cloud: http://127.0.0.1:")
    assert Simulator.token in rest
    assert process.returncode == 0


def test_needs_nothing_but_its_own() -> None:
    """Another process can import it without Home Assistant, pytest or the integration."""
    strangers = ("homeassistant", "pytest", "custom_components")
    script = f"import sys, tests.simulator; print([m for m in {strangers} if m in sys.modules])"
    done = subprocess.run(  # noqa: S603 - this interpreter, a script of our own
        [sys.executable, "-c", script], check=True, capture_output=True, text=True, cwd=REPOSITORY
    )
    assert done.stdout.strip() == "[]"
