"""The coordinator: what it asks the cloud and when, and what entities show meanwhile."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.const import EVENT_STATE_CHANGED, EVENT_STATE_REPORTED
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.event import async_track_state_change_event
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from .common import DOMAIN, act, add_account, let_time_pass, new_entry, shown, state_of, wire
from .simulator import ABSENT, UNLOCKED, Access, Fault, Key, SimLock, Simulator

LIST = "GET /api/v37/my/lock?ItemsPerPage=100&Page=1&IncludeAccessories=true"
SYNC = "GET /api/v37/my/lock/sync"
OWNER = "8b8f0c1e-0000-4000-8000-000000000001"
NEIGHBOUR = "8b8f0c1e-0000-4000-8000-000000000002"

FRONT = "lock.front_door"
BACK = "lock.back_door"

pytestmark = pytest.mark.usefixtures("without_keypads")


def add_three(sim: Simulator) -> tuple[SimLock, SimLock, SimLock]:
    """Add three locks, with ids from 41001 and serials from 20240101-000042."""
    return (
        sim.account.add_lock("Front door"),
        sim.account.add_lock("Back door"),
        sim.account.add_lock("Cellar"),
    )


def start_poll(hass: HomeAssistant, freezer: FrozenDateTimeFactory, seconds: float = 31) -> None:
    """Let the next poll begin, without waiting for its end."""
    freezer.tick(seconds)
    async_fire_time_changed(hass)


def next_change(hass: HomeAssistant, entity_id: str) -> asyncio.Event:
    """Return what is set as soon as an entity's state changes or goes."""
    seen = asyncio.Event()
    async_track_state_change_event(hass, entity_id, callback(lambda _: seen.set()))
    return seen


async def soon(event: asyncio.Event) -> None:
    """Wait for an event, in turns of the loop: its clock stands still and would end no wait."""
    for _ in range(20_000):
        if event.is_set():
            return
        await asyncio.sleep(0)
    pytest.fail("It never came")


def log_lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what the integration has written into the log, below debug left out."""
    return [
        f"{record.levelname} {record.getMessage()}"
        for record in caplog.records
        if record.name.startswith(f"custom_components.{DOMAIN}") and record.levelname != "DEBUG"
    ]


def reauth_flows(hass: HomeAssistant) -> int:
    """Return how many dialogs ask for a new key."""
    flows = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    return len([flow for flow in flows if flow["context"]["source"] == SOURCE_REAUTH])


# --- What a quiet account costs -------------------------------------------------------------


async def test_the_start_costs_one_list(hass: HomeAssistant, sim: Simulator) -> None:
    """Three locks, one request."""
    add_three(sim)
    entry = new_entry(sim)
    entry.add_to_hass(hass)

    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)

    assert wire(sim) == [LIST]
    assert sorted(hass.states.async_entity_ids("lock")) == [BACK, "lock.cellar", FRONT]


@pytest.mark.parametrize(
    ("largest_page", "locks", "pages"),
    [
        (None, 0, 1),
        (None, 9, 1),
        (None, 10, 2),
        (None, 99, 2),
        (None, 100, 2),
        (None, 101, 2),
        (20, 45, 3),
        (20, 40, 3),
    ],
)
async def test_the_list_is_asked_page_by_page(
    hass: HomeAssistant, sim: Simulator, largest_page: int | None, locks: int, pages: int
) -> None:
    """A page of less than ten is the last one: the cloud may give less than it was asked for."""
    sim.settings.max_page_size = largest_page
    for number in range(locks):
        sim.account.add_lock(f"Door {number}")
    entry = new_entry(sim)
    entry.add_to_hass(hass)

    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)

    assert (
        wire(sim)
        == [
            "GET /api/v37/my/lock?ItemsPerPage=100&Page=1&IncludeAccessories=true",
            "GET /api/v37/my/lock?ItemsPerPage=100&Page=2&IncludeAccessories=true",
            "GET /api/v37/my/lock?ItemsPerPage=100&Page=3&IncludeAccessories=true",
        ][:pages]
    )
    assert len(hass.states.async_entity_ids("lock")) == locks


async def test_every_30_seconds_one_sync_asks_for_all_locks(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """Not one for each lock, and not sooner; the first comes between 20 and 31 s of the start."""
    add_three(sim)
    await add_account(hass, sim)

    await let_time_pass(hass, freezer, 19)
    assert wire(sim) == []
    await let_time_pass(hass, freezer, 12)
    assert wire(sim) == [SYNC]
    sim.clear()

    for _ in range(3):
        await let_time_pass(hass, freezer, 28)
        assert wire(sim) == []
        await let_time_pass(hass, freezer, 3)
        assert wire(sim) == [SYNC]
        sim.clear()


async def test_every_hour_the_list_is_asked_again(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """After the sync of that moment, and once an hour only; a quiet house is asked every 60 s."""
    add_three(sim)
    await add_account(hass, sim)

    await let_time_pass(hass, freezer, 3590)
    assert wire(sim) == [SYNC]
    await let_time_pass(hass, freezer, 58)
    assert wire(sim) == [SYNC]
    await let_time_pass(hass, freezer, 3)
    assert wire(sim) == [SYNC, SYNC, LIST]
    await let_time_pass(hass, freezer, 61)
    await let_time_pass(hass, freezer, 3480)
    assert wire(sim) == [SYNC, SYNC, LIST, SYNC, SYNC]
    await let_time_pass(hass, freezer, 80)
    assert wire(sim) == [SYNC, SYNC, LIST, SYNC, SYNC, SYNC, LIST]


async def test_a_poll_in_which_nothing_changed_writes_no_state(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """Nor does an hourly list; a bolt that was turned writes one new state."""
    lock, _, _ = add_three(sim)
    await add_account(hass, sim)
    changed: list[str] = []
    reported: list[str] = []

    @callback
    def any_event(_: Any) -> bool:
        return True

    hass.bus.async_listen(
        EVENT_STATE_CHANGED, callback(lambda event: changed.append(event.data["entity_id"]))
    )
    hass.bus.async_listen(
        EVENT_STATE_REPORTED,
        callback(lambda event: reported.append(event.data["entity_id"])),
        event_filter=any_event,
    )

    for _ in range(60):
        await let_time_pass(hass, freezer, 61)
    assert wire(sim) == [SYNC] * 60 + [LIST]
    assert (changed, reported) == ([], [])

    lock.turn("unlocked")
    await let_time_pass(hass, freezer, 61)
    assert changed == [FRONT]


# --- Locks come, go and change --------------------------------------------------------------


async def test_a_lock_that_appears_costs_one_list(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """Its entity is there with the next poll, without a restart."""
    add_three(sim)
    await add_account(hass, sim)

    sim.account.add_lock("Shed", state=UNLOCKED)
    await let_time_pass(hass, freezer)
    assert wire(sim) == [SYNC, LIST]
    assert state_of(hass, "lock.shed") == "unlocked"

    await let_time_pass(hass, freezer)
    assert wire(sim) == [SYNC, LIST, SYNC]


async def test_the_first_lock_of_an_account_appears(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """An account without locks is polled like any other."""
    await add_account(hass, sim)
    assert hass.states.async_entity_ids("lock") == []

    sim.account.add_lock("Front door")
    await let_time_pass(hass, freezer)

    assert wire(sim) == [SYNC, LIST]
    assert state_of(hass, FRONT) == "locked"


async def test_a_lock_that_vanishes_leaves_after_two_syncs_and_a_list(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """Until then it stands as it was; the others notice nothing."""
    lock, _, _ = add_three(sim)
    await add_account(hass, sim)

    sim.account.remove(lock)
    await let_time_pass(hass, freezer)
    assert wire(sim) == [SYNC]
    assert state_of(hass, FRONT) == "locked"

    await let_time_pass(hass, freezer)
    assert wire(sim) == [SYNC, SYNC, LIST]
    assert sorted(hass.states.async_entity_ids("lock")) == [BACK, "lock.cellar"]

    await let_time_pass(hass, freezer)
    assert wire(sim) == [SYNC, SYNC, LIST, SYNC]
    assert state_of(hass, BACK) == "locked"


@pytest.mark.parametrize(
    "missing",
    [
        pytest.param([{"Front door"}], id="one is missing once"),
        pytest.param([{"Front door", "Back door", "Cellar"}], id="one sync is empty"),
        pytest.param([{"Front door"}, set(), {"Front door"}], id="every other sync misses one"),
        pytest.param([{"Front door"}, {"Back door"}, {"Cellar"}], id="missing in turn"),
    ],
)
async def test_a_sync_that_misses_a_lock_once_changes_nothing(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory, missing: list[set[str]]
) -> None:
    """No list, no state, no entity."""
    locks = add_three(sim)
    await add_account(hass, sim)
    before = hass.states.async_all()

    for names in [*missing, set()]:
        for lock in locks:
            lock.raw_sync = {"id": ABSENT} if lock.name in names else {}
        await let_time_pass(hass, freezer)
        assert hass.states.async_all() == before

    assert wire(sim) == [SYNC] * (len(missing) + 1)


async def test_a_lock_that_only_the_list_shows_is_unavailable(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """One list tells that it has not left; 90 s later that is too old to be shown."""
    lock, _, _ = add_three(sim)
    await add_account(hass, sim)

    lock.raw_sync = {"id": ABSENT}
    await let_time_pass(hass, freezer)
    assert wire(sim) == [SYNC]
    lock.turn("unlocked")
    await let_time_pass(hass, freezer)
    assert wire(sim) == [SYNC, SYNC, LIST]
    assert state_of(hass, FRONT) == "unlocked"
    await let_time_pass(hass, freezer)
    await let_time_pass(hass, freezer)
    await let_time_pass(hass, freezer, 27)
    assert state_of(hass, FRONT) == "unlocked"
    await let_time_pass(hass, freezer, 2)
    assert state_of(hass, FRONT) == "unavailable"
    assert state_of(hass, "binary_sensor.front_door_connectivity") == "unavailable"
    assert state_of(hass, BACK) == "locked"
    assert sim.calls("GET", "/my/lock") == [sim.requests[2]]

    lock.raw_sync = {}
    await let_time_pass(hass, freezer)
    assert state_of(hass, FRONT) == "unlocked"
    assert state_of(hass, "binary_sensor.front_door_connectivity") == "on"

    sim.clear()
    lock.raw_sync = {"id": ABSENT}
    await let_time_pass(hass, freezer)
    await let_time_pass(hass, freezer)
    assert wire(sim) == [SYNC, SYNC, LIST]


async def test_a_lock_that_only_the_sync_shows_costs_one_list(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """It appears once an hourly list shows it."""
    add_three(sim)
    await add_account(hass, sim)

    shed = sim.account.add_lock("Shed", raw={"serialNumber": None})
    for _ in range(3):
        await let_time_pass(hass, freezer)
    assert wire(sim) == [SYNC, LIST, SYNC, SYNC]
    assert len(hass.states.async_entity_ids("lock")) == 3

    shed.raw = {}
    await let_time_pass(hass, freezer, 3600)
    assert wire(sim) == [SYNC, LIST, SYNC, SYNC, SYNC, LIST]
    assert state_of(hass, "lock.shed") == "locked"


async def test_a_lock_whose_revision_moved_is_read_once(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """Each change costs one request for that lock, and no list."""
    front, back, _ = add_three(sim)
    await add_account(hass, sim)

    back.rename("Garden door")
    await let_time_pass(hass, freezer)
    await let_time_pass(hass, freezer)
    assert wire(sim) == [SYNC, "GET /api/v37/my/lock/41002?IncludeAccessories=true", SYNC]

    sim.clear()
    front.change_settings(pullSpringEnabled=False)
    back.rename("Back door")
    await let_time_pass(hass, freezer)
    await let_time_pass(hass, freezer)
    assert wire(sim) == [
        SYNC,
        "GET /api/v37/my/lock/41001?IncludeAccessories=true",
        "GET /api/v37/my/lock/41002?IncludeAccessories=true",
        SYNC,
    ]


async def test_a_list_that_is_due_spares_the_request_for_a_changed_lock(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """The list has just told the settings."""
    lock, _, _ = add_three(sim)
    await add_account(hass, sim)

    lock.change_settings(pullSpringEnabled=False)
    await let_time_pass(hass, freezer, 3601)

    assert wire(sim) == [SYNC, LIST]
    assert shown(hass, FRONT).attributes["supported_features"] == 0


async def test_before_revisions_were_in_syncs_the_hourly_list_tells_changes(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """API version 1.32."""
    sim.settings.versions = ("1.32",)
    lock, _, _ = add_three(sim)
    await add_account(hass, sim, api_version="v1.32")

    lock.rename("Main door")
    await let_time_pass(hass, freezer)
    assert wire(sim) == ["GET /api/v1.32/my/lock/sync"]
    assert shown(hass, FRONT).name == "Front door"

    await let_time_pass(hass, freezer, 3601)
    assert wire(sim)[1:] == [
        "GET /api/v1.32/my/lock/sync",
        "GET /api/v1.32/my/lock?ItemsPerPage=100&Page=1&IncludeAccessories=true",
    ]
    assert shown(hass, FRONT).name == "Main door"


@pytest.mark.usefixtures("pauses")
async def test_a_change_that_a_command_saw_first_is_read_with_the_next_poll(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """A command asks for the lock's state, which tells the revision as well."""
    lock = sim.account.add_lock("Front door")
    await add_account(hass, sim)

    lock.rename("Main door")
    await act(hass, "lock.unlock", entity_id=FRONT)
    sim.clear()
    await let_time_pass(hass, freezer)

    assert wire(sim) == [SYNC, "GET /api/v37/my/lock/41001?IncludeAccessories=true"]
    assert shown(hass, FRONT).name == "Main door"


@pytest.mark.parametrize(
    ("path", "change"),
    [
        pytest.param("/my/lock/41001", lambda sim: sim.account.lock(41001).rename("X"), id="one"),
        pytest.param("/my/lock", lambda sim: sim.account.add_lock("Shed"), id="list"),
    ],
)
async def test_settings_that_cannot_be_read_leave_the_states_of_the_sync(
    hass: HomeAssistant,
    sim: Simulator,
    freezer: FrozenDateTimeFactory,
    path: str,
    change: Callable[[Simulator], object],
) -> None:
    """The sync has told where all bolts are: one broken page must not hide that."""
    _, back, _ = add_three(sim)
    await add_account(hass, sim)

    sim.faults.add(Fault(status=500), method="GET", path=path, times=None)
    change(sim)
    back.turn("unlocked")
    await let_time_pass(hass, freezer)

    assert state_of(hass, FRONT) == "locked"
    assert state_of(hass, BACK) == "unlocked"


# --- When the cloud fails -------------------------------------------------------------------

HTML = "<html><body>502 Bad Gateway</body></html>"
NO_ANSWER = "The Tedee cloud did not answer. Polls go on by themselves; try an action again"
NOT_UNDERSTOOD = (
    "The Tedee cloud gave an answer that was not understood. Try again; if it stays so, report it"
)
NOT_READABLE = (
    "The key may not read your locks: it lacks the scope Device.Read. "
    "Make a new one and reconfigure the account"
)
VERSION_GONE = (
    "The Tedee cloud no longer serves the API version in use. "
    "Change the version by reconfiguring the account"
)


def error(status: int) -> str:
    """Return the sentence for a status that has none of its own."""
    return f"The Tedee cloud answered with error {status}. Try again later"


FAILURES = {
    "500": (Fault(status=500), error(500)),
    "503 with an hour to wait": (Fault(status=503, headers={"Retry-After": "3600"}), error(503)),
    "502 in HTML": (Fault(status=502, body=HTML), error(502)),
    "403": (Fault(status=403), NOT_READABLE),
    "403 in HTML": (Fault(status=403, body=HTML), NOT_READABLE),
    "a redirect": (Fault(status=302, headers={"Location": "http://192.0.2.1/"}), error(302)),
    "no success": (
        Fault(body={"result": None, "success": False, "errorMessages": ["No"], "statusCode": 409}),
        error(409),
    ),
    "404": (Fault(status=404), VERSION_GONE),
    "410 without a body": (Fault(status=410, body=b""), VERSION_GONE),
    "400 without an envelope": (
        Fault(status=400, body={"error": {"code": "UnsupportedApiVersion"}}),
        VERSION_GONE,
    ),
    "400": (Fault(status=400), error(400)),
    "200 in HTML": (Fault(body=HTML), NOT_UNDERSTOOD),
    "200 without a body": (Fault(body=b""), NOT_UNDERSTOOD),
    "204": (Fault(status=204, body=b""), NOT_UNDERSTOOD),
    "null": (Fault(body=None), NOT_UNDERSTOOD),
    "half a body, well cut": (Fault(body=b'{"result":[{"id":41'), NOT_UNDERSTOOD),
    "no result": (Fault(body={"success": True, "statusCode": 200}), NOT_UNDERSTOOD),
    "a result of another kind": (
        Fault(body={"result": {"id": 1}, "success": True}),
        NOT_UNDERSTOOD,
    ),
    "an answer cut off": (Fault(keep=20), NO_ANSWER),
    "a dropped connection": (Fault(drop=True), NO_ANSWER),
    "a reset connection": (Fault(reset=True), NO_ANSWER),
}


@pytest.mark.parametrize(("fault", "sentence"), FAILURES.values(), ids=FAILURES.keys())
async def test_a_cloud_that_fails_is_told_once_and_back_by_itself(
    hass: HomeAssistant,
    sim: Simulator,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
    fault: Fault,
    sentence: str,
) -> None:
    """Shown for 90 s and then no more, a line in the log each way, no question for a new key."""
    add_three(sim)
    await add_account(hass, sim)
    before = hass.states.async_all()
    caplog.clear()

    failing = sim.faults.add(fault, path="/my/lock/sync", times=None)
    for seconds in (31, 31, 27):
        await let_time_pass(hass, freezer, seconds)
        assert hass.states.async_all() == before
    await let_time_pass(hass, freezer, 2)
    assert {state.state for state in hass.states.async_all()} == {"unavailable"}
    await let_time_pass(hass, freezer)
    assert {state.state for state in hass.states.async_all()} == {"unavailable"}
    assert log_lines(caplog) == [f"ERROR Error fetching {DOMAIN} data: {sentence}"]
    assert sim.token not in caplog.text
    assert {call.path for call in sim.requests} == {"/api/v37/my/lock/sync"}
    caplog.clear()

    sim.faults.remove(failing)
    await let_time_pass(hass, freezer)
    assert state_of(hass, FRONT) == "locked"
    assert state_of(hass, "sensor.front_door_battery") == "81"
    assert log_lines(caplog) == [f"INFO Fetching {DOMAIN} data recovered"]
    assert reauth_flows(hass) == 0


async def test_a_cloud_that_is_not_there_is_told_once_and_back_by_itself(
    hass: HomeAssistant,
    sim: Simulator,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Nobody listens."""
    sim.account.add_lock("Front door")
    await add_account(hass, sim)
    caplog.clear()

    await sim.stop()
    await let_time_pass(hass, freezer)
    await let_time_pass(hass, freezer, 58)
    assert state_of(hass, FRONT) == "locked"
    await let_time_pass(hass, freezer, 2)
    assert state_of(hass, FRONT) == "unavailable"
    assert log_lines(caplog) == [
        (
            f"ERROR Error fetching {DOMAIN} data: "
            "The Tedee cloud cannot be reached. Check the internet connection"
        )
    ]

    await sim.start()
    await let_time_pass(hass, freezer)
    assert state_of(hass, FRONT) == "locked"


async def test_a_cloud_that_never_answers_is_given_up_after_30_seconds(
    hass: HomeAssistant,
    sim: Simulator,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """And asked again soon after; nobody sees anything of one missed poll but the log."""
    sim.account.add_lock("Front door")
    await add_account(hass, sim)
    before = hass.states.async_all()
    caplog.clear()

    sim.faults.add(Fault(silent=True), path="/my/lock/sync")
    start_poll(hass, freezer)
    await sim.wait_for_request("GET", "/my/lock/sync")
    start_poll(hass, freezer, 29)
    await hass.async_block_till_done()
    assert log_lines(caplog) == []
    await let_time_pass(hass, freezer, 2)
    assert log_lines(caplog) == [f"ERROR Error fetching {DOMAIN} data: {NO_ANSWER}"]
    caplog.clear()

    await let_time_pass(hass, freezer, 27)
    assert wire(sim) == [SYNC, SYNC]
    assert log_lines(caplog) == [f"INFO Fetching {DOMAIN} data recovered"]
    assert hass.states.async_all() == before


async def test_a_key_that_is_refused_is_asked_for_once(
    hass: HomeAssistant,
    sim: Simulator,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """401 twice in a row starts one reauthentication; in the end nothing is shown."""
    add_three(sim)
    entry = await add_account(hass, sim)
    before = hass.states.async_all()
    caplog.clear()

    sim.account.keys[0].expired = True
    await let_time_pass(hass, freezer)
    assert reauth_flows(hass) == 0
    await let_time_pass(hass, freezer)
    assert reauth_flows(hass) == 1
    await let_time_pass(hass, freezer, 27)
    assert hass.states.async_all() == before
    for seconds in (2, 31, 61):
        await let_time_pass(hass, freezer, seconds)
        assert {state.state for state in hass.states.async_all()} == {"unavailable"}

    [flow] = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert flow["step_id"] == "reauth_confirm"
    assert flow["context"]["entry_id"] == entry.entry_id
    assert log_lines(caplog) == [
        (
            f"ERROR Error fetching {DOMAIN} data: "
            "The Tedee cloud refused the personal access key: "
            "it has expired, was deleted or lacks a scope. Check it in the portal"
        )
    ]
    assert sim.token not in caplog.text


async def test_a_key_that_is_refused_once_is_no_news(
    hass: HomeAssistant,
    sim: Simulator,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The next poll recovers without help: nobody is asked for a key, and no state changes."""
    lock = sim.account.add_lock("Front door")
    await add_account(hass, sim)
    before = hass.states.async_all()
    caplog.clear()

    sim.faults.add(Fault(status=401), path="/my/lock/sync")
    await let_time_pass(hass, freezer)
    assert hass.states.async_all() == before
    lock.turn("unlocked")
    await let_time_pass(hass, freezer, 22)

    assert wire(sim) == [SYNC, SYNC]
    assert state_of(hass, FRONT) == "unlocked"
    assert reauth_flows(hass) == 0
    assert [line.split(":")[0] for line in log_lines(caplog)] == [
        f"ERROR Error fetching {DOMAIN} data",
        f"INFO Fetching {DOMAIN} data recovered",
    ]


@pytest.mark.parametrize("between", [Fault(status=500), Fault(drop=True), None])
async def test_a_key_that_is_refused_now_and_then_is_not_asked_for(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory, between: Fault | None
) -> None:
    """Only two refusals in a row are a verdict."""
    sim.account.add_lock("Front door")
    await add_account(hass, sim)

    for _ in range(3):
        sim.faults.add(Fault(status=401), path="/my/lock/sync")
        await let_time_pass(hass, freezer)
        if between:
            sim.faults.add(between, path="/my/lock/sync")
        await let_time_pass(hass, freezer)

    assert wire(sim) == [SYNC] * 6
    assert reauth_flows(hass) == 0


async def test_a_key_that_works_again_needs_no_help(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """Asked for, but tried every minute; the question that stands open may still be answered."""
    lock = sim.account.add_lock("Front door")
    entry = await add_account(hass, sim)
    sim.account.keys[0].expired = True
    for _ in range(2):
        await let_time_pass(hass, freezer)
    assert reauth_flows(hass) == 1
    sim.clear()

    for asked in range(10):
        await let_time_pass(hass, freezer, 58)
        assert wire(sim) == [SYNC] * asked
        await let_time_pass(hass, freezer, 3)
    assert wire(sim) == [SYNC] * 10
    assert reauth_flows(hass) == 1
    assert state_of(hass, FRONT) == "unavailable"

    sim.account.keys[0].expired = False
    lock.turn("unlocked")
    await let_time_pass(hass, freezer, 61)
    assert state_of(hass, FRONT) == "unlocked"
    await let_time_pass(hass, freezer)
    assert len(wire(sim)) == 12

    [flow] = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    await hass.config_entries.flow.async_configure(flow["flow_id"], {"token": sim.token})
    await hass.async_block_till_done(wait_background_tasks=True)
    assert reauth_flows(hass) == 0
    assert entry.state is ConfigEntryState.LOADED
    assert state_of(hass, FRONT) == "unlocked"


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        pytest.param({"Retry-After": "600"}, 600, id="ten minutes"),
        pytest.param({"Retry-After": "3600"}, 3600, id="an hour"),
        pytest.param({"Retry-After": "25"}, 25, id="less than an interval"),
        pytest.param({"Retry-After": "86400"}, 3600, id="at most the window of an hour"),
        pytest.param({}, 60, id="not told"),
        pytest.param({"Retry-After": "0"}, 60, id="zero"),
        pytest.param({"Retry-After": "-5"}, 60, id="negative"),
        pytest.param({"Retry-After": "soon"}, 60, id="words"),
        pytest.param({"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, 60, id="a date"),
    ],
)
async def test_a_spent_budget_is_waited_for(
    hass: HomeAssistant,
    sim: Simulator,
    freezer: FrozenDateTimeFactory,
    headers: dict[str, str],
    wait: int,
) -> None:
    """429: no request before Retry-After is over, then as usual."""
    sim.account.add_lock("Front door")
    await add_account(hass, sim)

    sim.faults.add(Fault(status=429, headers=headers), path="/my/lock/sync")
    await let_time_pass(hass, freezer)
    assert wire(sim) == [SYNC]
    assert state_of(hass, FRONT) == "locked"

    await let_time_pass(hass, freezer, wait - 2)
    assert wire(sim) == [SYNC]
    too_old = wait >= 90
    assert state_of(hass, FRONT) == ("unknown" if too_old else "locked")
    assert state_of(hass, "sensor.front_door_battery") == ("unavailable" if too_old else "81")
    await let_time_pass(hass, freezer, 4)
    assert len(sim.calls("GET", "/my/lock/sync")) == 2
    assert state_of(hass, FRONT) == "locked"
    assert state_of(hass, "sensor.front_door_battery") == "81"

    await let_time_pass(hass, freezer, 61)
    assert len(sim.calls("GET", "/my/lock/sync")) == 3
    assert reauth_flows(hass) == 0


async def test_a_wait_of_a_moment_does_not_bring_syncs_closer_together(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """The vendor asks for 20 s between two of them, whatever Retry-After says."""
    sim.account.add_lock("Front door")
    await add_account(hass, sim)
    sim.faults.add(Fault(status=429, headers={"Retry-After": "5"}), path="/my/lock/sync")
    await let_time_pass(hass, freezer)

    for seconds in (7, 6, 6):
        await let_time_pass(hass, freezer, seconds)
        assert wire(sim) == [SYNC]
    await let_time_pass(hass, freezer, 9)
    assert wire(sim) == [SYNC, SYNC]


async def test_a_spent_budget_is_told_once(
    hass: HomeAssistant,
    sim: Simulator,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """With how many minutes are left, rounded up."""
    sim.account.add_lock("Front door")
    await add_account(hass, sim)
    caplog.clear()

    fault = Fault(status=429, headers={"Retry-After": "601"})
    sim.faults.add(fault, path="/my/lock/sync", times=2)
    await let_time_pass(hass, freezer)
    await let_time_pass(hass, freezer, 603)

    assert wire(sim) == [SYNC, SYNC]
    assert log_lines(caplog) == [
        (
            f"ERROR Error fetching {DOMAIN} data: "
            "Your account has used up its requests to the Tedee cloud. Try again in 11 min"
        )
    ]


async def test_a_spent_budget_is_waited_for_to_the_last_second(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """Answered 0.9 s after a full second, Retry-After ends 0.9 s after one."""
    sim.account.add_lock("Front door")
    freezer.move_to("2027-01-01 12:00:00.9+00:00")
    await add_account(hass, sim)
    sim.faults.add(Fault(status=429, headers={"Retry-After": "600"}), path="/my/lock/sync")
    await let_time_pass(hass, freezer)

    await let_time_pass(hass, freezer, 599.2)
    assert wire(sim) == [SYNC]

    await let_time_pass(hass, freezer, 2.8)
    assert wire(sim) == [SYNC, SYNC]


async def test_a_spent_budget_is_waited_for_at_the_start_too(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """Restarting Home Assistant must not spend requests that the account does not have."""
    sim.account.add_lock("Front door")
    sim.faults.add(Fault(status=429, headers={"Retry-After": "600"}), path="/my/lock")
    entry = await add_account(hass, sim)
    assert entry.state is ConfigEntryState.SETUP_RETRY

    for _ in range(59):
        await let_time_pass(hass, freezer, 10)
    assert wire(sim) == []
    assert entry.state is ConfigEntryState.SETUP_RETRY

    for _ in range(10):
        await let_time_pass(hass, freezer, 10)
    assert wire(sim)[0] == LIST
    assert state_of(hass, FRONT) == "locked"


async def test_a_spent_budget_is_waited_for_over_a_reload(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """Reloading an account is no way around what the cloud has asked for."""
    sim.account.add_lock("Front door")
    entry = await add_account(hass, sim)
    sim.faults.add(Fault(status=429, headers={"Retry-After": "600"}), path="/my/lock/sync")
    await let_time_pass(hass, freezer)
    assert wire(sim) == [SYNC]

    await hass.config_entries.async_reload(entry.entry_id)
    await let_time_pass(hass, freezer, 590)
    assert wire(sim) == [SYNC]
    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert entry.error_reason_translation_key == "rate_limited"


async def test_a_spent_budget_is_waited_for_by_a_refresh_by_hand_too(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """homeassistant.update_entity while the account is blocked."""
    await async_setup_component(hass, "homeassistant", {})
    sim.account.add_lock("Front door")
    await add_account(hass, sim)
    sim.faults.add(Fault(status=429, headers={"Retry-After": "600"}), path="/my/lock/sync")
    await let_time_pass(hass, freezer)
    assert wire(sim) == [SYNC]

    await act(hass, "homeassistant.update_entity", {"entity_id": [FRONT]})
    await hass.async_block_till_done(wait_background_tasks=True)
    assert wire(sim) == [SYNC]


async def test_a_refresh_by_hand_is_one_sync(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """homeassistant.update_entity shows at once what happened at the door, every 20 s at most."""
    await async_setup_component(hass, "homeassistant", {})
    lock, _, _ = add_three(sim)
    await add_account(hass, sim)

    async def refresh() -> None:
        await act(hass, "homeassistant.update_entity", {"entity_id": [FRONT, BACK]})
        await hass.async_block_till_done(wait_background_tasks=True)

    lock.turn("unlocked")
    await refresh()
    assert wire(sim) == []
    assert state_of(hass, FRONT) == "locked"

    await let_time_pass(hass, freezer, 20)
    await refresh()
    assert wire(sim) == [SYNC]
    assert state_of(hass, FRONT) == "unlocked"

    lock.turn("locked")
    await let_time_pass(hass, freezer, 11)
    await refresh()
    assert wire(sim) == [SYNC]
    await let_time_pass(hass, freezer, 11)
    assert wire(sim) == [SYNC, SYNC]
    assert state_of(hass, FRONT) == "locked"


@pytest.mark.parametrize(
    ("fault", "state", "reauths"),
    [
        pytest.param(Fault(status=401), ConfigEntryState.SETUP_ERROR, 1, id="401"),
        pytest.param(Fault(status=403), ConfigEntryState.SETUP_RETRY, 0, id="403"),
        pytest.param(Fault(status=429), ConfigEntryState.SETUP_RETRY, 0, id="429"),
        pytest.param(Fault(status=500), ConfigEntryState.SETUP_RETRY, 0, id="500"),
        pytest.param(Fault(body=HTML), ConfigEntryState.SETUP_RETRY, 0, id="HTML"),
        pytest.param(Fault(drop=True), ConfigEntryState.SETUP_RETRY, 0, id="dropped"),
    ],
)
async def test_a_start_that_fails_is_tried_again_unless_the_key_is_refused(
    hass: HomeAssistant,
    sim: Simulator,
    freezer: FrozenDateTimeFactory,
    fault: Fault,
    state: ConfigEntryState,
    reauths: int,
) -> None:
    """Home Assistant repeats the set-up by itself; only 401 asks for a new key."""
    sim.account.add_lock("Front door")
    failing = sim.faults.add(fault, path="/my/lock", times=None)

    entry = await add_account(hass, sim)
    assert entry.state is state
    assert reauth_flows(hass) == reauths

    sim.faults.remove(failing)
    await let_time_pass(hass, freezer, 3700)
    recovered = state is ConfigEntryState.SETUP_RETRY
    assert (entry.state is ConfigEntryState.LOADED) == recovered
    assert (hass.states.get(FRONT) is not None) == recovered


# --- Polls and commands at the same time ----------------------------------------------------


@pytest.mark.usefixtures("pauses")
async def test_an_answer_asked_for_before_a_command_does_not_undo_it(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """The poll's answer was made while the door was still locked, and arrives after the command."""
    front, back, _ = add_three(sim)
    await add_account(hass, sim)
    back.turn("unlocked")
    slow = sim.faults.add(Fault(hold=True, worked=True), path="/my/lock/sync")
    start_poll(hass, freezer)
    await slow.held()

    await act(hass, "lock.unlock", entity_id=FRONT)
    assert state_of(hass, FRONT) == "unlocked"
    slow.release()
    await hass.async_block_till_done(wait_background_tasks=True)
    assert state_of(hass, FRONT) == "unlocked"
    assert state_of(hass, BACK) == "unlocked"

    front.turn("locked")
    await let_time_pass(hass, freezer)
    assert state_of(hass, FRONT) == "locked"


@pytest.mark.usefixtures("pauses")
async def test_a_poll_during_a_command_leaves_that_lock_alone(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """The bolt has not begun to move yet; the other locks are polled as ever."""
    _, back, _ = add_three(sim)
    await add_account(hass, sim, generation="operation")
    await let_time_pass(hass, freezer, 20)
    command = sim.faults.add(Fault(hold=True), method="POST")
    unlocking = asyncio.create_task(act(hass, "lock.unlock", entity_id=FRONT))
    await command.held()
    assert state_of(hass, FRONT) == "unlocking"

    back.turn("unlocked")
    polled = next_change(hass, BACK)
    start_poll(hass, freezer, 11)
    await soon(polled)
    assert state_of(hass, BACK) == "unlocked"
    assert state_of(hass, FRONT) == "unlocking"

    command.release()
    await unlocking
    assert state_of(hass, FRONT) == "unlocked"


@pytest.mark.usefixtures("pauses")
async def test_a_poll_that_fails_while_a_command_succeeds_does_not_lose_it(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """The next poll shows the bolt where the command has brought it."""
    lock = sim.account.add_lock("Front door")
    await add_account(hass, sim)
    failing = sim.faults.add(Fault(status=500, hold=True), path="/my/lock/sync")
    start_poll(hass, freezer)
    await failing.held()

    await act(hass, "lock.unlock", entity_id=FRONT)
    assert state_of(hass, FRONT) == "unlocked"
    failing.release()
    await hass.async_block_till_done(wait_background_tasks=True)
    assert state_of(hass, FRONT) == "unlocked"

    lock.raw_sync = {"id": ABSENT}
    await let_time_pass(hass, freezer)
    assert state_of(hass, FRONT) == "unlocked"


@pytest.mark.usefixtures("pauses")
async def test_a_command_that_fails_while_a_poll_is_under_way_is_undone(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """Refused by the lock: it shows where it was, before and after the poll's answer."""
    lock = sim.account.add_lock("Front door")
    await add_account(hass, sim, generation="operation")
    slow = sim.faults.add(Fault(hold=True, worked=True), path="/my/lock/sync")
    start_poll(hass, freezer)
    await slow.held()

    sim.faults.add(Fault(status=409), method="POST", times=None)
    with pytest.raises(HomeAssistantError):
        await act(hass, "lock.unlock", entity_id=FRONT)
    assert len(sim.calls("POST")) == 4
    assert state_of(hass, FRONT) == "locked"
    slow.release()
    await hass.async_block_till_done(wait_background_tasks=True)

    assert state_of(hass, FRONT) == "locked"
    assert lock.state == 6


@pytest.mark.usefixtures("pauses")
async def test_a_lock_that_leaves_during_a_command_stays_away(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """The poll that removes it ends before the command does."""
    front, _, _ = add_three(sim)
    await add_account(hass, sim, generation="operation")
    sim.account.remove(front)
    await let_time_pass(hass, freezer)
    await let_time_pass(hass, freezer, 20)
    command = sim.faults.add(Fault(hold=True), method="POST")
    unlocking = asyncio.create_task(act(hass, "lock.unlock", entity_id=FRONT))
    await command.held()

    removed = next_change(hass, FRONT)
    start_poll(hass, freezer, 11)
    await soon(removed)
    assert hass.states.get(FRONT) is None
    command.release()
    with pytest.raises(HomeAssistantError):
        await unlocking
    await hass.async_block_till_done(wait_background_tasks=True)

    assert hass.states.get(FRONT) is None


# --- Accounts -------------------------------------------------------------------------------


async def add_neighbour(hass: HomeAssistant, sim: Simulator) -> tuple[Key, MockConfigEntry]:
    """Add the account of somebody else with a lock of their own."""
    key = sim.account.add_key(Key(value="neigh1.AAAA", user=NEIGHBOUR))
    sim.account.add_lock("Attic", user=NEIGHBOUR)
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="Neighbour",
        unique_id=NEIGHBOUR,
        data={
            "token": key.value,
            "url": sim.url,
            "api_version": "v37",
            "scheme": "PersonalKey",
        },
    )
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    sim.clear()
    return key, entry


async def test_two_accounts_are_polled_with_their_own_keys(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """Each shows its locks; when one key expires, the other account goes on."""
    sim.account.add_lock("Front door")
    await add_account(hass, sim)
    key, _ = await add_neighbour(hass, sim)

    await let_time_pass(hass, freezer)
    assert wire(sim) == [SYNC, SYNC]
    assert {call.headers["Authorization"] for call in sim.requests} == {
        f"PersonalKey {sim.token}",
        "PersonalKey neigh1.AAAA",
    }
    assert state_of(hass, FRONT) == state_of(hass, "lock.attic") == "locked"

    key.expired = True
    await let_time_pass(hass, freezer)
    assert state_of(hass, FRONT) == state_of(hass, "lock.attic") == "locked"
    await let_time_pass(hass, freezer, 60)
    assert state_of(hass, FRONT) == "locked"
    assert state_of(hass, "lock.attic") == "unavailable"


async def test_an_account_that_is_unloaded_is_polled_no_more(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """The other account is."""
    sim.account.add_lock("Front door")
    entry = await add_account(hass, sim)
    await add_neighbour(hass, sim)

    await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert entry.state is ConfigEntryState.NOT_LOADED
    await let_time_pass(hass, freezer)
    await let_time_pass(hass, freezer)

    assert [call.headers["Authorization"] for call in sim.requests] == [
        "PersonalKey neigh1.AAAA",
        "PersonalKey neigh1.AAAA",
    ]
    assert state_of(hass, FRONT) == "unavailable"
    assert state_of(hass, "lock.attic") == "locked"


async def test_unloading_does_not_wait_for_a_poll_under_way(
    hass: HomeAssistant,
    sim: Simulator,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Its answer, if it ever comes, changes nothing and is no error."""
    sim.account.add_lock("Front door")
    entry = await add_account(hass, sim)
    slow = sim.faults.add(Fault(hold=True), path="/my/lock/sync")
    start_poll(hass, freezer)
    await slow.held()
    caplog.clear()

    assert await hass.config_entries.async_unload(entry.entry_id)
    slow.release()
    await hass.async_block_till_done(wait_background_tasks=True)
    await let_time_pass(hass, freezer)

    assert wire(sim) == [SYNC]
    assert log_lines(caplog) == []


async def test_an_account_without_locks_gets_its_identity_with_the_first_one(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """The owner's."""
    entry = await add_account(hass, sim)
    await let_time_pass(hass, freezer)
    assert entry.unique_id is None

    sim.account.add_lock("Front door")
    await let_time_pass(hass, freezer)

    assert entry.unique_id == OWNER


async def test_an_account_whose_first_lock_is_shared_is_told_by_its_serial(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """Somebody else's identity is not that of this account."""
    entry = await add_account(hass, sim)

    sim.account.add_lock("Front door", access_level=Access.GUEST, user_identity=NEIGHBOUR)
    await let_time_pass(hass, freezer)

    assert entry.unique_id == "20240101-000042"


async def test_an_identity_once_given_stays(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """Whatever locks come later."""
    entry = await add_account(hass, sim)
    sim.account.add_lock("Shared", access_level=Access.GUEST, user_identity=NEIGHBOUR)
    await let_time_pass(hass, freezer)

    sim.account.add_lock("Own", serial="20200101-000001")
    await let_time_pass(hass, freezer)

    assert state_of(hass, "lock.own") == "locked"
    assert entry.unique_id == "20240101-000042"


async def test_an_account_that_turns_out_to_be_here_already_stops(
    hass: HomeAssistant,
    sim: Simulator,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Added twice while it had no locks: the entry that polls last says so with the first lock.

    It asks for nothing any more: the vendor's limits count for both entries together.
    """
    entries = [await add_account(hass, sim), await add_account(hass, sim)]
    sim.account.add_lock("Front door")
    caplog.clear()

    await let_time_pass(hass, freezer)
    assert {entry.unique_id: entry.state for entry in entries} == {
        OWNER: ConfigEntryState.LOADED,
        None: ConfigEntryState.SETUP_ERROR,
    }
    errors = [line for line in log_lines(caplog) if line.startswith("ERROR")]
    assert {line.rpartition(": ")[2] for line in errors} == {
        "This Tedee account is in Home Assistant twice. Remove one of its two entries"
    }
    assert hass.states.async_entity_ids("lock") == [FRONT]
    assert state_of(hass, FRONT) == "locked"

    sim.clear()
    await let_time_pass(hass, freezer)
    assert wire(sim) == [SYNC]
