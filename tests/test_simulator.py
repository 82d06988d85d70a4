"""The simulated cloud over real HTTP: what other tests rely on."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest

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
async def sim(socket_enabled: None, clock: ManualClock) -> AsyncGenerator[Simulator]:
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
async def test_unauthorized(sim: Simulator, call: Caller, authorization: str) -> None:
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
    assert sim.requests[0].query.getall("id") == ["41001", "41003", "9"]


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
