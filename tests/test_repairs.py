"""The repair of a full list of PINs: an issue while there is no room, and a way to make some."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any
from unittest.mock import patch

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.repairs import repairs_flow_manager
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import (
    ClientSessionGenerator,
    WebSocketGenerator,
)

from .common import DOMAIN, act, add_account, let_time_pass, new_entry, wire
from .simulator import Fault, SimLock, Simulator

DOOR = "lock.front_door"
SERIAL = "20240101-000042"
ISSUE = f"pin_list_full_{SERIAL}"
PINS = "/my/lock/*/pin"
ONE = "/my/lock/*/pin/*"
LOG = "/my/deviceactivity"
ONE_MORE = {"alias": "One more", "pin": "482915"}
LOG_STARTS = datetime(2025, 3, 1, 9, tzinfo=UTC)
DIGITS = ("918273", "827364", "736455", "645546", "554637", "463728", "372819", "281937")
NO_LONGER = "2020-05-08T09:00:00.000Z"
NOT_YET = "2090-05-01T13:00:00.000Z"

pytestmark = pytest.mark.usefixtures("account")


class Fixer:
    """A person who opens the issue in a browser."""

    def __init__(self, hass: HomeAssistant, client: Any) -> None:
        """Sit down in front of the browser."""
        self._hass = hass
        self._client = client
        self._flow = ""

    async def open(self, issue: str = ISSUE) -> Any:
        """Open the issue and return what is shown."""
        asked = {"handler": DOMAIN, "issue_id": issue}
        return await self._shown(self._client.post("/api/repairs/issues/fix", json=asked))

    async def choose(self, *pin_ids: int) -> Any:
        """Choose PINs, send the form, and return what is shown then."""
        chosen = {"pins": [str(pin_id) for pin_id in pin_ids]}
        return await self._shown(self._client.post(self._address, json=chosen))

    async def look(self) -> Any:
        """Return what is shown when work has gone on."""
        await self._hass.async_block_till_done(wait_background_tasks=True)
        return await self._shown(self._client.get(self._address))

    async def close(self) -> None:
        """Close the window."""
        assert (await self._client.delete(self._address)).status == 200

    @property
    def _address(self) -> str:
        return f"/api/repairs/issues/fix/{self._flow}"

    async def _shown(self, request: Awaitable[Any]) -> Any:
        response = await request
        assert response.status == 200, await response.text()
        shown = await response.json()
        self._flow = shown["flow_id"]
        return shown


@pytest.fixture
async def fixer(hass: HomeAssistant, hass_client: ClientSessionGenerator) -> Fixer:
    """Return a person with a browser."""
    assert await async_setup_component(hass, "repairs", {})
    return Fixer(hass, await hass_client())


@pytest.fixture
def door(sim: Simulator) -> SimLock:
    """Return a lock that keeps PINs whose time is over, in a cloud with a log."""
    sim.settings.expire_pins = False
    lock = sim.account.add_lock("Front door", time_zone="Europe/Warsaw")
    lock.activity.add(38, date=LOG_STARTS)
    return lock


@pytest.fixture
async def account(hass: HomeAssistant, sim: Simulator, door: SimLock) -> MockConfigEntry:  # noqa: ARG001
    """Add the account of the door."""
    return await add_account(hass, sim)


async def fill(hass: HomeAssistant, sim: Simulator, door: SimLock, entity_id: str = DOOR) -> None:
    """Ask for a PIN more than the lock takes."""
    sim.settings.pin_capacity = len(door.pins)
    with pytest.raises(HomeAssistantError, match="has no room for another PIN"):
        await act(hass, f"{DOMAIN}.create_pin", ONE_MORE, entity_id=entity_id)
    sim.clear()


def issues(hass: HomeAssistant) -> list[str]:
    """Return the issues that are shown."""
    return [
        issue.issue_id
        for issue in ir.async_get(hass).issues.values()
        if issue.domain == DOMAIN and issue.active
    ]


def offered(shown: Any) -> dict[str, str]:
    """Return the PINs that a form offers, in its order."""
    [field] = shown["data_schema"]
    select = field["selector"]["select"]
    assert (shown["step_id"], field["name"]) == ("pins", "pins")
    assert (select["multiple"], select["mode"]) == (True, "list")
    return {option["value"]: option["label"] for option in select["options"]}


def preselected(shown: Any) -> list[str]:
    """Return the PINs that a form has chosen already."""
    chosen: list[str] = shown["data_schema"][0]["description"]["suggested_value"]
    return chosen


def path(request: str) -> str:
    """Return a request as the vendor's pages name it."""
    return request.replace("/api/v37", "")


# --- the issue ----------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [412, 422])
async def test_a_refusal_for_lack_of_room_raises_an_issue(
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    sim: Simulator,
    door: SimLock,
    account: MockConfigEntry,
    status: int,
) -> None:
    """Both of the vendor's numbers say it; a restart forgets the issue until it happens again."""
    assert await async_setup_component(hass, "repairs", {})
    door.pins.add("Guest", DIGITS[0])
    sim.settings.pin_full_status = status
    for _ in range(2):
        await fill(hass, sim, door)

    client = await hass_ws_client()
    await client.send_json_auto_id({"type": "repairs/list_issues"})
    [issue] = (await client.receive_json())["result"]["issues"]
    assert (issue["domain"], issue["issue_id"], issue["severity"]) == (DOMAIN, ISSUE, "warning")
    assert issue["is_fixable"] is True
    assert issue["translation_key"] == "pin_list_full"
    assert issue["translation_placeholders"] == {"lock": "Front door"}
    kept = ir.async_get(hass).issues[DOMAIN, ISSUE]
    assert kept.data == {"entry_id": account.entry_id, "serial": SERIAL, "lock": "Front door"}
    assert kept.is_persistent is False


@pytest.mark.parametrize("status", [400, 403, 406, 428, 429])
async def test_no_other_refusal_raises_an_issue(
    hass: HomeAssistant, sim: Simulator, status: int
) -> None:
    """A PIN may be refused for many reasons."""
    sim.faults.add(Fault(status=status), method="POST", path=PINS)
    with pytest.raises(HomeAssistantError):
        await act(hass, f"{DOMAIN}.create_pin", ONE_MORE, entity_id=DOOR)
    assert issues(hass) == []


async def test_each_lock_has_an_issue_of_its_own(
    hass: HomeAssistant,
    sim: Simulator,
    door: SimLock,
    account: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    """One that appears later as well; each goes with its lock, and all with the account."""
    gate = sim.account.add_lock("Gate")
    await let_time_pass(hass, freezer, 61)
    for lock, entity_id in ((door, DOOR), (gate, "lock.gate")):
        lock.pins.add("Guest", DIGITS[0])
        await fill(hass, sim, lock, entity_id)
    assert issues(hass) == [ISSUE, f"pin_list_full_{gate.serial}"]

    sim.account.remove(gate)
    for _ in range(3):
        await let_time_pass(hass, freezer, 61)
    assert issues(hass) == [ISSUE]

    sim.account.readd(gate)
    await let_time_pass(hass, freezer, 61)
    await fill(hass, sim, gate, "lock.gate")
    assert issues(hass) == [ISSUE, f"pin_list_full_{gate.serial}"]

    await hass.config_entries.async_unload(account.entry_id)
    assert issues(hass) == []


async def test_the_issue_of_another_account_with_the_same_lock_stays(
    hass: HomeAssistant, sim: Simulator, door: SimLock
) -> None:
    """The lock belongs to the account that was added first; the other has nothing to withdraw."""
    other = new_entry(sim)
    other.add_to_hass(hass)
    hass.config_entries.async_update_entry(other, unique_id="another")
    await hass.config_entries.async_setup(other.entry_id)
    door.pins.add("Guest", DIGITS[0])
    await fill(hass, sim, door)
    await hass.config_entries.async_unload(other.entry_id)
    assert issues(hass) == [ISSUE]


@pytest.mark.parametrize("way", ["deleted here", "deleted elsewhere", "stored after all"])
async def test_the_issue_goes_when_there_is_room(
    hass: HomeAssistant, sim: Simulator, door: SimLock, way: str
) -> None:
    """Whoever made it; and it comes back when there is none again."""
    guest = door.pins.add("Guest", DIGITS[0])
    door.pins.add("Cleaner", DIGITS[1])
    await fill(hass, sim, door)
    await act(hass, f"{DOMAIN}.get_pins", respond=True, entity_id=DOOR)
    assert issues(hass) == [ISSUE]

    if way == "deleted here":
        await act(hass, f"{DOMAIN}.delete_pin", {"pin_id": guest}, entity_id=DOOR)
    elif way == "deleted elsewhere":
        door.pins.delete(guest)
        await act(hass, f"{DOMAIN}.get_pins", respond=True, entity_id=DOOR)
    else:
        sim.settings.pin_capacity = 3
        await act(hass, f"{DOMAIN}.create_pin", ONE_MORE, entity_id=DOOR)
        door.pins.delete(guest)
    assert issues(hass) == []

    sim.settings.pin_capacity = len(door.pins)
    with pytest.raises(HomeAssistantError, match="has no room"):
        await act(
            hass,
            f"{DOMAIN}.create_pin",
            {"alias": "And one", "pin": DIGITS[5]},
            entity_id=DOOR,
        )
    assert issues(hass) == [ISSUE]


async def test_changing_a_pin_makes_no_room(
    hass: HomeAssistant, sim: Simulator, door: SimLock
) -> None:
    """Nothing less is stored."""
    door.pins.add("Guest", DIGITS[0])
    await fill(hass, sim, door)
    changes = {"current_alias": "Guest", "alias": "Other guest"}
    await act(hass, f"{DOMAIN}.update_pin", changes, entity_id=DOOR)
    assert issues(hass) == [ISSUE]


# --- what is shown ------------------------------------------------------------------------------


async def test_what_can_go_comes_first(
    hass: HomeAssistant,
    sim: Simulator,
    door: SimLock,
    fixer: Fixer,
) -> None:
    """Each PIN with its reason, in the lock's days; only those whose time is over are chosen."""
    add = door.pins.add
    add("Next year", DIGITS[0], startDate=NOT_YET)
    add("Family", DIGITS[1])
    add("Cleaner", DIGITS[2], weekDays=1)
    add("Spring", DIGITS[3], endDate="2020-05-08T22:30:00.000Z")
    add("Winter", DIGITS[4], endDate="2020-01-08T09:00:00.000Z")
    add("Newer", DIGITS[5], startDate="2026-01-01T00:00:00Z", endDate="9999-12-31T23:59:59Z")
    add("Old friend", DIGITS[6])
    for name, event, day in (
        ("Old friend", 61, 2),
        ("Family", 65, 4),
        ("Family", 76, 3),
        ("Cleaner", 75, 9),
        ("Next year", 61, 9),
    ):
        door.activity.add(event, name, date=LOG_STARTS + timedelta(days=day))
    await fill(hass, sim, door)

    shown = await fixer.open()

    assert (shown["type"], shown["errors"]) == ("form", {})
    assert shown["description_placeholders"] == {"lock": "Front door", "reason": ""}
    assert offered(shown) == {
        "5": "Winter: expired since 2020-01-08",
        "4": "Spring: expired since 2020-05-09",
        "3": "Cleaner: not used since 2025-03-01",
        "6": "Newer: not used since 2026-01-01",
        "7": "Old friend: last used on 2025-03-03",
        "2": "Family: last used on 2025-03-05",
        "1": "Next year: begins on 2090-05-01",
    }
    assert list(offered(shown)) == ["5", "4", "3", "6", "7", "2", "1"]
    assert preselected(shown) == ["5", "4"]
    assert list(map(path, wire(sim))) == [
        "GET /my/lock/41001/pin",
        "GET /my/deviceactivity?deviceId=41001&elements=200",
        *(f"GET /my/lock/41001/pin/{pin_id}" for pin_id in range(1, 8)),
    ]


async def test_a_pin_that_is_known_is_not_read_again(
    hass: HomeAssistant,
    sim: Simulator,
    door: SimLock,
    fixer: Fixer,
) -> None:
    """Unless somebody has changed something elsewhere since."""
    for number in range(3):
        door.pins.add(f"Guest {number}", DIGITS[number])
    await fill(hass, sim, door)
    await fixer.open()
    await fixer.close()

    sim.clear()
    await fixer.open()
    assert [path(request).split("?")[0] for request in wire(sim)] == [
        "GET /my/lock/41001/pin",
        "GET /my/deviceactivity",
    ]

    door.pins.replace(2, {**door.pins[2], "endDate": NO_LONGER})
    sim.clear()
    shown = await fixer.open()
    assert len(sim.calls("GET", ONE)) == 3
    assert offered(shown)["2"] == "Guest 1: expired since 2020-05-08"


async def test_pins_of_one_name_are_told_apart(
    hass: HomeAssistant,
    sim: Simulator,
    door: SimLock,
    fixer: Fixer,
) -> None:
    """By their numbers in the cloud; the log does not tell which of them was used."""
    for number in range(2):
        door.pins.add("Guest {0}", DIGITS[number])
    door.activity.add(61, "Guest {0}", date=LOG_STARTS)
    await fill(hass, sim, door)
    assert list(offered(await fixer.open()).values()) == [
        "Guest {0} (1): last used on 2025-03-01",
        "Guest {0} (2): last used on 2025-03-01",
    ]


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=403),
        Fault(status=401),
        Fault(status=404),
        Fault(status=500),
        Fault(drop=True),
        Fault(body={"success": True, "result": []}),
    ],
)
async def test_where_the_log_cannot_be_had_the_use_is_not_known(
    hass: HomeAssistant,
    sim: Simulator,
    door: SimLock,
    account: MockConfigEntry,
    fixer: Fixer,
    fault: Fault,
) -> None:
    """The flow goes on, and nobody is asked for a new key."""
    door.pins.add("Family", DIGITS[0])
    door.pins.add("Guest", DIGITS[1], endDate=NOT_YET)
    door.pins.add("Former guest", DIGITS[2], endDate=NO_LONGER)
    door.pins.add("Eternal", DIGITS[3], endDate="9999-12-31T23:59:59.000Z")
    await fill(hass, sim, door)
    sim.faults.add(fault, path=LOG)

    shown = await fixer.open()

    assert list(offered(shown).values()) == [
        "Former guest: expired since 2020-05-08",
        "Family: no end date, use not known",
        "Guest: valid until 2090-05-01, use not known",
        "Eternal: valid until 9999-12-31, use not known",
    ]
    assert len(sim.calls("GET", LOG)) == 1
    await hass.async_block_till_done(wait_background_tasks=True)
    assert list(account.async_get_active_flows(hass, {"reauth"})) == []
    assert sim.calls("GET", "/my/lock/sync") == []


@pytest.mark.parametrize("missing_scope", [401, 403])
async def test_the_scope_of_the_log_is_optional(
    hass: HomeAssistant,
    sim: Simulator,
    door: SimLock,
    fixer: Fixer,
    missing_scope: int,
) -> None:
    """A key with the scopes that the README names makes room all the same."""
    sim.account.keys[0].scopes = ("Device.ReadWrite", "Lock.Operate")
    sim.settings.missing_scope = missing_scope
    door.pins.add("Family", DIGITS[0])
    await fill(hass, sim, door)
    assert list(offered(await fixer.open()).values()) == ["Family: no end date, use not known"]
    assert (await fixer.choose(1))["type"] == "create_entry"
    assert len(door.pins) == 0


async def test_the_reasons_are_told_in_the_language_of_the_installation(
    hass: HomeAssistant,
    sim: Simulator,
    door: SimLock,
    fixer: Fixer,
) -> None:
    """Like every other sentence."""
    hass.config.language = "pl"
    door.pins.add("Gość", DIGITS[0], endDate=NO_LONGER)
    await fill_in_polish(hass, sim, door)
    assert list(offered(await fixer.open()).values()) == ["Gość: wygasł 2020-05-08"]


async def fill_in_polish(hass: HomeAssistant, sim: Simulator, door: SimLock) -> None:
    """Ask for a PIN more than the lock takes, whatever is said of it."""
    sim.settings.pin_capacity = len(door.pins)
    with pytest.raises(HomeAssistantError):
        await act(hass, f"{DOMAIN}.create_pin", ONE_MORE, entity_id=DOOR)


async def test_a_list_that_has_room_when_it_is_opened_needs_nothing(
    hass: HomeAssistant,
    sim: Simulator,
    door: SimLock,
    fixer: Fixer,
) -> None:
    """Somebody has made room in the vendor's app: the issue goes."""
    for number in range(2):
        door.pins.add(f"Guest {number}", DIGITS[number])
    await fill(hass, sim, door)
    door.pins.delete(1)

    shown = await fixer.open()

    assert (shown["type"], shown["reason"]) == ("abort", "has_room")
    assert shown["description_placeholders"] == {"lock": "Front door"}
    assert list(map(path, wire(sim))) == ["GET /my/lock/41001/pin"]
    assert issues(hass) == []


async def test_a_lock_that_cannot_be_asked(
    hass: HomeAssistant,
    sim: Simulator,
    door: SimLock,
    fixer: Fixer,
) -> None:
    """It is said, and the issue stays."""
    door.pins.add("Guest", DIGITS[0])
    await fill(hass, sim, door)
    door.connected = False

    shown = await fixer.open()

    assert (shown["type"], shown["reason"]) == ("abort", "not_read")
    assert shown["description_placeholders"] == {
        "lock": "Front door",
        "reason": (
            "The PINs of Front door cannot be reached: it is offline, or has no keypad or bridge. "
            "Check in the Tedee app."
        ),
    }
    assert issues(hass) == [ISSUE]


async def test_a_lock_that_goes_offline_while_it_is_asked(
    hass: HomeAssistant,
    sim: Simulator,
    door: SimLock,
    fixer: Fixer,
) -> None:
    """No request is wasted on the rest, and what is known can be removed when it is back."""
    for number in range(4):
        door.pins.add(f"Guest {number}", DIGITS[number])
    door.activity.add(61, "Guest 3", date=LOG_STARTS)
    await fill(hass, sim, door)
    script = sim.faults.add(Fault(status=428), path=ONE, after=1, times=None)

    shown = await fixer.open()

    assert len(sim.calls("GET", ONE)) == 2
    assert shown["errors"] == {"base": "not_all_read"}
    assert shown["description_placeholders"]["reason"].startswith("The PINs of Front door cannot")
    assert list(offered(shown).values()) == [
        "Guest 0: not used since 2025-03-01",
        "Guest 3: last used on 2025-03-01",
        "Guest 1: could not be read",
        "Guest 2: could not be read",
    ]
    sim.faults.remove(script)
    await act(hass, f"{DOMAIN}.get_pin", {"pin_id": 2}, respond=True, entity_id=DOOR)
    assert (await fixer.choose(2))["type"] == "create_entry"
    assert sorted(door.pins.entries) == [1, 3, 4]


async def test_what_may_have_changed_is_not_told(
    hass: HomeAssistant, sim: Simulator, door: SimLock, fixer: Fixer
) -> None:
    """An end that has been moved since must not be taken for one that has passed."""
    for number in range(2):
        door.pins.add(f"Guest {number}", DIGITS[number], endDate=NO_LONGER)
    await fill(hass, sim, door)
    await fixer.open()
    door.pins.replace(1, {**door.pins[1], "endDate": NOT_YET})
    sim.faults.add(Fault(status=428), path=ONE)

    shown = await fixer.open()

    assert set(offered(shown).values()) == {
        "Guest 0: could not be read",
        "Guest 1: could not be read",
    }
    assert preselected(shown) == []


async def test_a_pin_that_vanishes_while_the_others_are_read(
    hass: HomeAssistant,
    sim: Simulator,
    door: SimLock,
    fixer: Fixer,
) -> None:
    """It keeps no other from being read, and counts as removed."""
    for number in range(3):
        door.pins.add(f"Guest {number}", DIGITS[number])
    await fill(hass, sim, door)
    sim.faults.add(Fault(status=404), path="/my/lock/*/pin/2")

    shown = await fixer.open()

    assert shown["errors"] == {}
    assert offered(shown)["2"] == "Guest 1: could not be read"
    assert offered(shown)["3"] == "Guest 2: not used since 2025-03-01"
    door.pins.delete(2)
    assert (await fixer.choose(2))["type"] == "create_entry"
    assert sim.calls("DELETE") == []
    assert issues(hass) == []


async def test_other_calls_have_their_turn_while_pins_are_read(
    hass: HomeAssistant, sim: Simulator, door: SimLock, account: MockConfigEntry, fixer: Fixer
) -> None:
    """A guest at the door does not wait for a hundred PINs."""
    for number in range(3):
        door.pins.add(f"Guest {number}", DIGITS[number])
    await fill(hass, sim, door)
    script = sim.faults.add(Fault(hold=True), path="/my/lock/*/pin/1")
    opening = hass.async_create_task(fixer.open())
    await script.held()
    deletion = act(hass, f"{DOMAIN}.delete_pin", {"pin_id": 3}, entity_id=DOOR)
    deleting = hass.async_create_task(deletion)
    coordinator = account.runtime_data
    queue = coordinator.keypads.of(coordinator.data[SERIAL]).queue
    while not queue._waiters:  # noqa: ASYNC110  a queue has no event for it
        await asyncio.sleep(0)
    script.release()
    await deleting
    await opening
    assert [path(request) for request in wire(sim)][2:5] == [
        "GET /my/lock/41001/pin/1",
        "DELETE /my/lock/41001/pin/3",
        "GET /my/lock/41001/pin/2",
    ]


# --- what is removed ----------------------------------------------------------------------------


async def test_what_was_chosen_is_removed(
    hass: HomeAssistant,
    sim: Simulator,
    door: SimLock,
    fixer: Fixer,
) -> None:
    """One request for each PIN and one for the list; then there is room, and a PIN is stored."""
    for number in range(4):
        door.pins.add(f"Guest {number}", DIGITS[number])
    await fill(hass, sim, door)
    await fixer.open()
    sim.clear()

    shown = await fixer.choose(4, 2)

    assert shown["type"] == "create_entry"
    assert list(map(path, wire(sim))) == [
        "GET /my/lock/41001/pin",
        "DELETE /my/lock/41001/pin/4",
        "DELETE /my/lock/41001/pin/2",
    ]
    assert sorted(door.pins.entries) == [1, 3]
    assert issues(hass) == []
    await act(hass, f"{DOMAIN}.create_pin", ONE_MORE, entity_id=DOOR)
    assert door.pins.find("One more") is not None


async def test_nothing_chosen_is_said(
    hass: HomeAssistant,
    sim: Simulator,
    door: SimLock,
    fixer: Fixer,
) -> None:
    """No request is spent on it."""
    door.pins.add("Guest", DIGITS[0], endDate=NO_LONGER)
    await fill(hass, sim, door)
    before = await fixer.open()
    sim.clear()

    shown = await fixer.choose()

    assert shown["errors"] == {"base": "failed"}
    assert shown["description_placeholders"]["reason"] == ("No PIN is chosen. Choose at least one.")
    assert offered(shown) == offered(before)
    assert preselected(shown) == []
    assert wire(sim) == []
    assert (await fixer.choose(1))["type"] == "create_entry"


async def test_a_removal_that_fails_midway(
    hass: HomeAssistant,
    sim: Simulator,
    door: SimLock,
    fixer: Fixer,
) -> None:
    """What is left stays chosen, with the reason; nothing is asked of a lock out of reach."""
    for number in range(4):
        door.pins.add(f"Guest {number}", DIGITS[number])
    await fill(hass, sim, door)
    await fixer.open()
    sim.clear()
    sim.faults.add(Fault(status=428), method="DELETE", path=ONE, after=1)

    shown = await fixer.choose(1, 2, 3)

    assert shown["errors"] == {"base": "not_removed"}
    assert shown["description_placeholders"] == {
        "lock": "Front door",
        "reason": (
            "The PINs of Front door cannot be reached: it is offline, or has no keypad or bridge. "
            "Check in the Tedee app."
        ),
    }
    assert list(offered(shown)) == ["2", "3", "4"]
    assert preselected(shown) == ["2", "3"]
    assert len(sim.calls("DELETE")) == 2
    assert issues(hass) == []
    assert (await fixer.choose(2, 3))["type"] == "create_entry"
    assert sorted(door.pins.entries) == [4]


async def test_a_lock_that_is_offline_when_the_form_is_sent(
    hass: HomeAssistant,
    sim: Simulator,
    door: SimLock,
    fixer: Fixer,
) -> None:
    """Everything stays as it was chosen."""
    for number in range(2):
        door.pins.add(f"Guest {number}", DIGITS[number])
    await fill(hass, sim, door)
    await fixer.open()
    door.connected = False

    shown = await fixer.choose(2)

    assert shown["errors"] == {"base": "not_removed"}
    assert preselected(shown) == ["2"]
    assert sim.calls("DELETE") == []
    door.connected = True
    assert (await fixer.choose(2))["type"] == "create_entry"


async def test_an_account_that_stops_while_the_form_is_open(
    hass: HomeAssistant,
    sim: Simulator,
    door: SimLock,
    account: MockConfigEntry,
    fixer: Fixer,
) -> None:
    """It is said; when the account is back the form works on, with what it shows."""
    door.pins.add("Guest", DIGITS[0])
    await fill(hass, sim, door)
    await fixer.open()
    await hass.config_entries.async_unload(account.entry_id)

    shown = await fixer.choose(1)

    assert shown["errors"] == {"base": "not_removed"}
    assert shown["description_placeholders"]["reason"] == (
        "The Tedee account of lock.front_door is not running. "
        "Look at its entry under Devices and services."
    )
    assert preselected(shown) == ["1"]
    await hass.config_entries.async_setup(account.entry_id)
    await hass.async_block_till_done()
    assert (await fixer.choose(1))["type"] == "create_entry"
    assert len(door.pins) == 0


@pytest.mark.parametrize(
    "change",
    [
        {"endDate": NOT_YET},
        {"startDate": NOT_YET},
        {"alias": "Guest of today"},
        {"weekDays": 3},
    ],
)
async def test_a_pin_that_was_changed_meanwhile_is_left(
    hass: HomeAssistant,
    sim: Simulator,
    door: SimLock,
    fixer: Fixer,
    change: dict[str, Any],
) -> None:
    """A stay may have been moved while the form was open: what was chosen is not what is there."""
    door.pins.add("Guest", DIGITS[0], endDate=NO_LONGER)
    door.pins.add("Former", DIGITS[1], endDate=NO_LONGER)
    await fill(hass, sim, door)
    await fixer.open()
    door.pins.replace(1, {**door.pins[1], **change})

    shown = await fixer.choose(2, 1)

    assert shown["errors"] == {"base": "not_removed"}
    assert shown["description_placeholders"]["reason"] == (
        "The PIN Guest of Front door was changed in the meantime, so it was left as it is. "
        "Look at it again first."
    )
    assert sorted(door.pins.entries) == [1]
    assert preselected(shown) == []  # what it has become was not chosen
    assert (await fixer.choose(1))["type"] == "create_entry"
    assert len(door.pins) == 0


async def test_what_was_chosen_outlives_a_reload_and_a_list_that_fails(
    hass: HomeAssistant, sim: Simulator, door: SimLock, account: MockConfigEntry, fixer: Fixer
) -> None:
    """Where nothing is known of the PINs, the form shows what it did."""
    for number in range(2):
        door.pins.add(f"Guest {number}", DIGITS[number])
    await fill(hass, sim, door)
    before = offered(await fixer.open())
    await hass.config_entries.async_reload(account.entry_id)
    await hass.async_block_till_done()
    sim.faults.add(Fault(status=428), method="GET", path=PINS)
    shown = await fixer.choose(2)
    assert shown["errors"] == {"base": "not_removed"}
    assert (offered(shown), preselected(shown)) == (before, ["2"])
    assert (await fixer.choose(2))["type"] == "create_entry"
    assert list(door.pins.entries) == [1]


async def test_a_removal_is_kept_on_disk_until_it_has_its_answer(
    hass: HomeAssistant,
    sim: Simulator,
    door: SimLock,
    account: MockConfigEntry,
    fixer: Fixer,
    hass_storage: dict[str, Any],
) -> None:
    """A restart in between ends it, as it does for the action."""
    door.pins.add("Guest", DIGITS[0])
    await fill(hass, sim, door)
    await fixer.open()
    script = sim.faults.add(Fault(hold=True), method="DELETE", path=ONE)
    removing = hass.async_create_task(fixer.choose(1))
    await script.held()
    journal = f"{DOMAIN}.{account.entry_id}.journal"
    [entry] = hass_storage[journal]["data"].values()
    assert entry == {
        "intent": "delete",
        "serial": SERIAL,
        "alias": "Guest",
        "ids": [1],
        "limits": None,
    }
    script.release()
    await removing
    assert hass_storage[journal]["data"] == {}


# --- what takes long ----------------------------------------------------------------------------


@pytest.fixture
async def impatient(fixer: Fixer) -> AsyncGenerator[Fixer]:
    """Return a person who is told at once what takes so long."""
    ours = f"custom_components.{DOMAIN}"
    with patch(f"{ours}.working_flow.PATIENCE", 0), patch(f"{ours}.errands.LINGER", 0):
        yield fixer


async def test_long_work_is_told(
    hass: HomeAssistant,
    sim: Simulator,
    door: SimLock,
    impatient: Fixer,
) -> None:
    """A hundred PINs take minutes: what goes on is shown, and then its end."""
    told: list[float] = []
    hass.bus.async_listen(
        "data_entry_flow_progress_update", lambda event: told.append(event.data["progress"])
    )
    for number in range(4):
        door.pins.add(f"Guest {number}", DIGITS[number])
    await fill(hass, sim, door)

    shown = await impatient.open()
    assert (shown["type"], shown["progress_action"]) == ("progress", "reading")
    assert shown["description_placeholders"] == {"lock": "Front door"}
    shown = await impatient.look()
    assert list(offered(shown)) == ["1", "2", "3", "4"]
    assert offered(await impatient.look()) == offered(shown)
    assert told == [0, 0.25, 0.5, 0.75]

    shown = await impatient.choose(1, 2)
    assert (shown["type"], shown["progress_action"]) == ("progress", "removing")
    assert (await impatient.look())["type"] == "create_entry"
    assert told[4:] == [0, 0.5]
    assert sorted(door.pins.entries) == [3, 4]


async def test_a_refusal_is_told_at_the_end_of_long_work(
    hass: HomeAssistant,
    sim: Simulator,
    door: SimLock,
    impatient: Fixer,
) -> None:
    """Reading may fail as a whole."""
    door.pins.add("Guest", DIGITS[0])
    await fill(hass, sim, door)
    door.connected = False
    assert (await impatient.open())["type"] == "progress"
    assert (await impatient.look())["reason"] == "not_read"


async def test_a_window_that_is_closed_ends_the_reading(
    hass: HomeAssistant,
    sim: Simulator,
    door: SimLock,
    impatient: Fixer,
) -> None:
    """No request is spent on what nobody sees."""
    for number in range(3):
        door.pins.add(f"Guest {number}", DIGITS[number])
    await fill(hass, sim, door)
    script = sim.faults.add(Fault(hold=True), path="/my/lock/*/pin/1")
    await impatient.open()
    await script.held()
    await impatient.close()
    script.release()
    await hass.async_block_till_done(wait_background_tasks=True)
    await sim.idle()
    assert len(sim.calls("GET", ONE)) == 1


async def test_a_window_that_is_closed_does_not_end_the_removal(
    hass: HomeAssistant,
    sim: Simulator,
    door: SimLock,
    impatient: Fixer,
) -> None:
    """What a person has asked for is done."""
    for number in range(3):
        door.pins.add(f"Guest {number}", DIGITS[number])
    await fill(hass, sim, door)
    await impatient.open()
    await impatient.look()
    script = sim.faults.add(Fault(hold=True), method="DELETE", path=ONE)
    await impatient.choose(1, 2)
    await script.held()
    await impatient.close()
    script.release()
    await hass.async_block_till_done(wait_background_tasks=True)
    assert sorted(door.pins.entries) == [3]


async def test_a_window_that_is_closed_before_anything_is_shown(
    hass: HomeAssistant, sim: Simulator, door: SimLock, fixer: Fixer
) -> None:
    """It ends the reading just so."""
    for number in range(3):
        door.pins.add(f"Guest {number}", DIGITS[number])
    await fill(hass, sim, door)
    script = sim.faults.add(Fault(hold=True), path="/my/lock/*/pin/1")
    opening = asyncio.create_task(fixer.open())
    await script.held()
    manager = repairs_flow_manager(hass)
    assert manager is not None
    [flow] = manager.async_progress(include_uninitialized=True)
    manager.async_abort(flow["flow_id"])
    with pytest.raises(AssertionError, match="Unknown flow"):
        await opening
    script.release()
    await hass.async_block_till_done(wait_background_tasks=True)
    await sim.idle()
    assert len(sim.calls("GET", ONE)) == 1


# --- who may ------------------------------------------------------------------------------------


async def test_administrators_alone_may_repair(
    hass: HomeAssistant,
    sim: Simulator,
    door: SimLock,
    fixer: Fixer,
    hass_client: ClientSessionGenerator,
    hass_read_only_access_token: str,
) -> None:
    """Nobody else begins a repair or goes on with one, and nothing is asked of the cloud for it."""
    door.pins.add("Guest", DIGITS[0], endDate=NO_LONGER)
    await fill(hass, sim, door)
    flow_id = (await fixer.open())["flow_id"]
    sim.clear()
    guest = await hass_client(hass_read_only_access_token)
    address = "/api/repairs/issues/fix"
    for answer in (
        await guest.post(address, json={"handler": DOMAIN, "issue_id": ISSUE}),
        await guest.get(f"{address}/{flow_id}"),
        await guest.post(f"{address}/{flow_id}", json={"pins": ["1"]}),
    ):
        assert answer.status == HTTPStatus.UNAUTHORIZED
        assert "Guest" not in await answer.text()
    assert wire(sim) == []
    assert (await fixer.choose(1))["type"] == "create_entry"


# --- what is kept to oneself --------------------------------------------------------------------


@pytest.mark.usefixtures("pauses")
async def test_no_digits_and_no_key_are_told(
    hass: HomeAssistant,
    sim: Simulator,
    door: SimLock,
    account: MockConfigEntry,
    fixer: Fixer,
    caplog: pytest.LogCaptureFixture,
    hass_storage: dict[str, Any],
) -> None:
    """Neither by a form nor by an issue, the log or what is on disk, whatever goes wrong."""
    caplog.set_level(logging.DEBUG)
    for number in range(4):
        door.pins.add(f"Guest {number}", DIGITS[number], endDate=NO_LONGER)
    await fill(hass, sim, door)
    told = f"{DIGITS[1]} {sim.token}"
    script = sim.faults.add(Fault(status=500, errors=(told,)), path="/my/lock/*/pin/2")
    texts = [repr(await fixer.open())]
    sim.faults.remove(script)
    for fault in (Fault(status=400, errors=(told,)), Fault(status=500, errors=(told,))):
        script = sim.faults.add(fault, method="DELETE", path=ONE, times=None)
        shown = await fixer.choose(1, 2)
        assert shown["errors"] == {"base": "not_removed"}
        texts.append(repr(shown))
        sim.faults.remove(script)
    await hass.async_block_till_done(wait_background_tasks=True)
    book = account.runtime_data.keypads.of(account.runtime_data.data[SERIAL]).book
    stored = [value for key, value in hass_storage.items() if key.startswith((DOMAIN, "repairs"))]
    texts += [repr(ir.async_get(hass).issues), repr(stored), repr(book.limits), caplog.text]
    assert "Guest 1" in texts[0]
    for secret in (*DIGITS, sim.token):
        assert [text for text in texts if secret in text] == []
