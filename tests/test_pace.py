"""The pace of polls: how life and the budget set it, as seen on the wire."""

import asyncio
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.setup import async_setup_component
from hypothesis import given
from hypothesis import strategies as st
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.tedee_cloud.api import Priority
from custom_components.tedee_cloud.pace import pace

from .common import DOMAIN, act, state_of, wire
from .house import HouseClock, gaps, leave_for, live, settle, syncs
from .simulator import Fault, Key, Recorded, Simulator

DOOR = "lock.front_door"
LIST = "GET /api/v37/my/lock?ItemsPerPage=100&Page=1&IncludeAccessories=true"
SYNC = "GET /api/v37/my/lock/sync"

pytestmark = pytest.mark.usefixtures("without_keypads")


@pytest.fixture(autouse=True)
def clock(freezer: FrozenDateTimeFactory) -> HouseClock:
    """Freeze the time of the house and of the cloud before anything else starts."""
    return HouseClock(freezer)


async def add(hass: HomeAssistant, sim: Simulator, **data: Any) -> MockConfigEntry:
    """Add an account, by default the simulator's own."""
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="Tedee Cloud",
        data={
            "token": sim.token,
            "url": sim.url,
            "api_version": "v37",
            "scheme": "PersonalKey",
            "generation": "operation",
            **data,
        },
    )
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    await settle(hass)
    return entry


def use_up(entry: MockConfigEntry, requests: int) -> None:
    """Spend requests as commands would have."""
    for _ in range(requests):
        entry.runtime_data.client.budget.spend(Priority.COMMAND)


async def command(
    hass: HomeAssistant, clock: HouseClock, action: str, entity_id: str = DOOR
) -> None:
    """Let a person give a command and wait for its end, while time passes for all."""
    acting = asyncio.create_task(act(hass, action, entity_id=entity_id))
    while not acting.done():
        await live(hass, clock, 1)
    await acting


# --- The rule -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("idle", "moving", "left", "seconds"),
    [
        pytest.param(0, False, 700, 21, id="something has just moved"),
        pytest.param(299.9, False, 700, 21, id="minutes after"),
        pytest.param(300, False, 700, 30, id="later"),
        pytest.param(3599.9, False, 700, 30, id="within the hour"),
        pytest.param(3600, False, 700, 60, id="for an hour nothing"),
        pytest.param(1e9, False, 700, 60, id="for years nothing"),
        pytest.param(0, True, 700, 21, id="moving"),
        pytest.param(3600, True, 700, 21, id="moving at last"),
        pytest.param(0, False, 181, 21, id="just enough left"),
        pytest.param(300, False, 181, 30, id="just enough left, later"),
        pytest.param(0, False, 180, 60, id="scarce though something moved"),
        pytest.param(0, True, 180, 60, id="scarce though something moves"),
        pytest.param(300, False, 100, 60, id="only those of commands left"),
        pytest.param(3600, False, 0, 60, id="nothing left"),
    ],
)
def test_the_pace(idle: float, moving: bool, left: int, seconds: float) -> None:  # noqa: FBT001
    """21 s in life's minutes, 30 s usually, 60 s when it is quiet or little is left."""
    assert pace(idle=idle, moving=moving, left=left) == seconds


@given(st.floats(0), st.booleans(), st.integers(0, 700))
def test_the_pace_never_leaves_its_bounds(idle: float, moving: bool, left: int) -> None:  # noqa: FBT001
    """Not below the vendor's 20 s, not above the 60 s after which states would grow old."""
    assert 20 < pace(idle=idle, moving=moving, left=left) <= 60


# --- Life -----------------------------------------------------------------------------------


async def test_a_usual_hour_and_a_quiet_night(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock
) -> None:
    """Every 30 s at first, every 60 s once nothing has moved for an hour."""
    sim.account.add_lock("Front door")
    await add(hass, sim)
    await live(hass, clock, 900)
    assert [round(gap) for gap in gaps(sim)[1:]] == [30] * 28
    await leave_for(hass, clock, 2300)
    sim.clear()
    await live(hass, clock, 100)
    assert {round(gap) for gap in gaps(sim)} == {30}

    await live(hass, clock, 300)
    sim.clear()
    await live(hass, clock, 3600)

    assert {round(gap) for gap in gaps(sim)} == {60}
    assert 59 <= len(syncs(sim)) <= 60


async def test_a_turn_by_hand_that_a_poll_sees_makes_the_next_minutes_lively(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock
) -> None:
    """21 s for five minutes, then 30 s again, and 60 s after an hour."""
    lock = sim.account.add_lock("Front door")
    await add(hass, sim)
    await leave_for(hass, clock, 4000)

    lock.turn("unlocked")
    sim.clear()
    while not syncs(sim):
        await live(hass, clock, 1)
    assert state_of(hass, DOOR) == "unlocked"
    [seen] = syncs(sim)
    sim.clear()
    await live(hass, clock, 500)
    moments = [0.0, *(moment - seen for moment in syncs(sim))]
    steps = [(earlier, round(later - earlier)) for earlier, later in pairwise(moments)]
    assert {step for moment, step in steps if moment < 295} == {21}
    assert {step for moment, step in steps if moment > 320} == {30}

    await leave_for(hass, clock, 2950)
    sim.clear()
    await live(hass, clock, 100)
    assert {round(gap) for gap in gaps(sim)} == {30}
    await live(hass, clock, 100)
    sim.clear()
    await live(hass, clock, 200)
    assert {round(gap) for gap in gaps(sim)} == {60}


async def test_a_command_makes_the_next_minutes_lively(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock
) -> None:
    """Also where the next poll was a minute away."""
    sim.account.add_lock("Front door")
    await add(hass, sim)
    await leave_for(hass, clock, 4000)
    sim.clear()
    while not syncs(sim):
        await live(hass, clock, 1)
    await live(hass, clock, 10)

    await command(hass, clock, "lock.unlock")
    await live(hass, clock, 200)

    assert min(gaps(sim)) >= 20
    assert max(gaps(sim)) <= 22.5
    assert len(gaps(sim)) in (9, 10)
    assert state_of(hass, DOOR) == "unlocked"


@pytest.mark.parametrize("moment", [1, 15, 25, 40, 55, 58])
async def test_a_command_never_puts_the_next_poll_off(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock, moment: float
) -> None:
    """Wherever between two quiet polls it comes: 20 s to 60 s lie between them."""
    sim.account.add_lock("Front door")
    await add(hass, sim)
    await leave_for(hass, clock, 4000)
    sim.clear()
    while not syncs(sim):
        await live(hass, clock, 1)

    await live(hass, clock, moment)
    await command(hass, clock, "lock.unlock")
    await live(hass, clock, 100)

    assert len(gaps(sim)) >= 3
    assert min(gaps(sim)) >= 20
    assert max(gaps(sim)) <= 60.5


async def test_while_a_bolt_moves_polls_are_lively(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock
) -> None:
    """A lock that reports for long that it is on its way."""
    lock = sim.account.add_lock("Front door")
    await add(hass, sim)
    await leave_for(hass, clock, 4000)

    lock.raw_sync = {"deviceState": {"state": 5}}
    await live(hass, clock, 61)
    sim.clear()
    await live(hass, clock, 900)

    assert state_of(hass, DOOR) == "locking"
    assert {round(gap) for gap in gaps(sim)} == {21}


# --- The vendor's 20 seconds ----------------------------------------------------------------


def nothing(sim: Simulator) -> None:
    """Leave the house alone."""


def the_cloud_fails(sim: Simulator) -> None:
    """Let every sync fail."""
    sim.faults.add(Fault(status=500), path="/my/lock/sync", times=None)


def the_cloud_drops(sim: Simulator) -> None:
    """Let every other sync get no answer."""
    for number in range(20):
        sim.faults.add(Fault(drop=True), path="/my/lock/sync", after=2 * number)


def the_account_is_held(sim: Simulator) -> None:
    """Let every sync be answered with a pause that is shorter than the vendor's 20 s."""
    fault = Fault(status=429, headers={"Retry-After": "2"})
    sim.faults.add(fault, path="/my/lock/sync", times=None)


def the_key_is_refused(sim: Simulator) -> None:
    """Let every sync be answered with 401."""
    sim.faults.add(Fault(status=401), path="/my/lock/sync", times=None)


def the_bolt_turns(sim: Simulator) -> None:
    """Let a child play with the bolt."""
    for number in range(60):
        to = "locked" if number % 2 else "unlocked"
        sim.account.lock("Front door").turn(to, after=number * 5)


@pytest.mark.parametrize(
    "happens",
    [
        nothing,
        the_cloud_fails,
        the_cloud_drops,
        the_account_is_held,
        the_key_is_refused,
        the_bolt_turns,
    ],
)
@pytest.mark.parametrize("every", [1, 7, 19.5])
async def test_twenty_seconds_lie_between_two_syncs(
    hass: HomeAssistant,
    sim: Simulator,
    clock: HouseClock,
    happens: Callable[[Simulator], None],
    every: float,
) -> None:
    """However often somebody asks to update the entity, and whatever the cloud answers."""
    await async_setup_component(hass, "homeassistant", {})
    sim.account.add_lock("Front door")
    await add(hass, sim)
    await live(hass, clock, 60)
    happens(sim)

    for _ in range(int(300 / every)):
        await act(hass, "homeassistant.update_entity", {"entity_id": [DOOR]})
        await live(hass, clock, every)

    assert len(syncs(sim)) >= 6
    assert min(gaps(sim)) >= 20
    assert max(gaps(sim)) <= 60.5


@pytest.mark.parametrize("seconds", [0, 5, 19])
async def test_twenty_seconds_lie_between_two_syncs_of_a_reload(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock, seconds: float
) -> None:
    """The account is the same, though everything that asks for it is new."""
    await async_setup_component(hass, "homeassistant", {})
    sim.account.add_lock("Front door")
    entry = await add(hass, sim)
    sim.clear()
    while not syncs(sim):
        await live(hass, clock, 1)

    assert await hass.config_entries.async_reload(entry.entry_id)
    await live(hass, clock, seconds)
    await act(hass, "homeassistant.update_entity", {"entity_id": [DOOR]})
    await live(hass, clock, 60)

    assert len(syncs(sim)) >= 2
    assert min(gaps(sim)) >= 20


@pytest.mark.parametrize("after", [5, 12, 19])
async def test_a_refresh_by_hand_never_puts_the_next_poll_off(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock, after: float
) -> None:
    """Too early to be answered, it leaves the timer as it was."""
    await async_setup_component(hass, "homeassistant", {})
    sim.account.add_lock("Front door")
    await add(hass, sim)
    await leave_for(hass, clock, 4000)
    sim.clear()
    while not syncs(sim):
        await live(hass, clock, 0.5)

    await live(hass, clock, after)
    await act(hass, "homeassistant.update_entity", {"entity_id": [DOOR]})
    await live(hass, clock, 70)

    assert len(syncs(sim)) >= 2
    assert 20 <= gaps(sim)[0] <= 60.5


async def test_a_refresh_by_hand_asks_where_it_may(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock
) -> None:
    """In a quiet house 20 s after the last poll it is answered at once."""
    await async_setup_component(hass, "homeassistant", {})
    lock = sim.account.add_lock("Front door")
    await add(hass, sim)
    await leave_for(hass, clock, 4000)
    sim.clear()
    while not syncs(sim):
        await live(hass, clock, 0.5)
    await live(hass, clock, 21)

    lock.turn("unlocked")
    await act(hass, "homeassistant.update_entity", {"entity_id": [DOOR]})
    await settle(hass)

    assert wire(sim) == [SYNC, SYNC]
    assert state_of(hass, DOOR) == "unlocked"


# --- The budget -----------------------------------------------------------------------------


async def test_where_the_budget_is_scarce_polls_are_slow_and_recover_by_themselves(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock
) -> None:
    """A minute between them, whatever moves, until the hour has given enough back."""
    lock = sim.account.add_lock("Front door")
    entry = await add(hass, sim)
    await live(hass, clock, 60)
    use_up(entry, 525)
    for number in range(200):
        lock.turn("locked" if number % 2 else "unlocked", after=number * 40)
    await live(hass, clock, 60)
    sim.clear()
    await live(hass, clock, 3000)

    assert {round(gap) for gap in gaps(sim)} == {60}
    await live(hass, clock, 600)
    sim.clear()
    await live(hass, clock, 300)
    assert {round(gap) for gap in gaps(sim)} == {21}


async def test_polls_leave_the_last_hundred_to_commands_and_come_back_by_themselves(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock
) -> None:
    """599 spent: one more sync, then silence until the hour has given some back."""
    sim.account.add_lock("Front door")
    entry = await add(hass, sim)
    used_at = clock.monotonic()
    use_up(entry, 598)
    sim.clear()
    await live(hass, clock, 3599)

    assert wire(sim) == [SYNC]
    assert state_of(hass, DOOR) == "unknown"
    assert state_of(hass, "sensor.front_door_battery") == "unavailable"

    await live(hass, clock, 25)
    assert len(syncs(sim)) == 2
    assert used_at + 3600 <= syncs(sim)[1] <= used_at + 3602
    assert state_of(hass, DOOR) == "locked"


async def test_commands_go_on_where_polls_have_stopped(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock
) -> None:
    """The last hundred are theirs: command, two questions and one sync of that lock each."""
    lock = sim.account.add_lock("Front door")
    entry = await add(hass, sim)
    use_up(entry, 599)
    sim.clear()

    for action in ("unlock", "lock") * 10:
        await command(hass, clock, f"lock.{action}")

    assert len(wire(sim)) == 80
    assert SYNC not in wire(sim)
    assert state_of(hass, DOOR) == "locked"
    assert len(lock.bolt.log) == 41
    assert {call.status for call in sim.requests} <= {200, 202}


@pytest.mark.parametrize("held", [True, False], ids=["held by the cloud", "out of requests"])
async def test_a_command_is_never_dropped_because_polls_have_stopped(
    hass: HomeAssistant,
    sim: Simulator,
    clock: HouseClock,
    held: bool,  # noqa: FBT001
) -> None:
    """Ten minutes later nothing is known of the bolt, and it still moves when it is told to."""
    lock = sim.account.add_lock("Front door")
    entry = await add(hass, sim)
    if held:
        fault = Fault(status=429, headers={"Retry-After": "3600"})
        sim.faults.add(fault, path="/my/lock/sync")
    else:
        use_up(entry, 599)
    await live(hass, clock, 600)
    assert state_of(hass, DOOR) == "unknown"
    sim.clear()

    await command(hass, clock, "lock.unlock")

    assert [call.method for call in sim.requests] == ["POST", "GET", "GET", "GET"]
    assert lock.state == 2
    assert state_of(hass, DOOR) == "unlocked"


RETRY_AFTER = [
    pytest.param({"Retry-After": "600"}, 600, id="ten minutes"),
    pytest.param({"Retry-After": "3600"}, 3600, id="an hour"),
    pytest.param({"Retry-After": "86400"}, 3600, id="a day"),
    pytest.param({"Retry-After": "9" * 30}, 3600, id="for ever"),
    pytest.param({"Retry-After": "9" * 5000}, 60, id="longer than a number may be"),
    pytest.param({}, 60, id="missing"),
    pytest.param({"Retry-After": ""}, 60, id="empty"),
    pytest.param({"Retry-After": "0"}, 60, id="zero"),
    pytest.param({"Retry-After": "-5"}, 60, id="negative"),
    pytest.param({"Retry-After": "-99999999999"}, 60, id="very negative"),
    pytest.param({"Retry-After": "soon"}, 60, id="words"),
    pytest.param({"Retry-After": "nan"}, 60, id="not a number"),
    pytest.param({"Retry-After": "inf"}, 60, id="infinite"),
    pytest.param({"Retry-After": "1e3"}, 60, id="scientific"),
    pytest.param({"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, 60, id="a date"),
]


@pytest.mark.parametrize(("headers", "seconds"), RETRY_AFTER)
async def test_retry_after_stops_all_that_is_asked_in_the_background(
    hass: HomeAssistant,
    sim: Simulator,
    clock: HouseClock,
    headers: dict[str, str],
    seconds: float,
) -> None:
    """No sync, no list, no PIN request before it is over; then all goes on by itself."""
    await async_setup_component(hass, "homeassistant", {})
    sim.account.add_lock("Front door")
    await add(hass, sim)
    sim.faults.add(Fault(status=429, headers=headers), path="/my/lock/sync")
    sim.clear()
    while not syncs(sim):
        await live(hass, clock, 1)
    [refused] = syncs(sim)

    await live(hass, clock, 25)
    await act(hass, "homeassistant.update_entity", {"entity_id": [DOOR]})
    with pytest.raises(HomeAssistantError) as held:
        await act(hass, "tedee_cloud.get_pins", respond=True, entity_id=DOOR)
    assert held.value.translation_key == "rate_limited"
    await live(hass, clock, refused + seconds - 2 - clock.monotonic())
    assert wire(sim) == [SYNC]

    await live(hass, clock, 30)
    assert len(syncs(sim)) == 2
    assert refused + seconds <= syncs(sim)[1] <= refused + seconds + 5
    assert state_of(hass, DOOR) == "locked"


@pytest.mark.parametrize(("seconds", "after"), [(600, 1), (600, 15), (600, 200), (2, 5)])
async def test_a_refresh_by_hand_never_puts_the_end_of_a_pause_off(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock, seconds: int, after: float
) -> None:
    """Whenever it is asked for, the next poll comes when the cloud allows it."""
    await async_setup_component(hass, "homeassistant", {})
    sim.account.add_lock("Front door")
    await add(hass, sim)
    fault = Fault(status=429, headers={"Retry-After": str(seconds)})
    sim.faults.add(fault, path="/my/lock/sync")
    sim.clear()
    while not syncs(sim):
        await live(hass, clock, 0.5)

    await live(hass, clock, after)
    await act(hass, "homeassistant.update_entity", {"entity_id": [DOOR]})
    await live(hass, clock, seconds + 30)

    assert max(seconds, 20) <= gaps(sim)[0] <= max(seconds, 20) + 2


async def test_a_command_never_puts_the_end_of_a_pause_off(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock
) -> None:
    """What moved is worth a look, when the cloud allows it."""
    sim.account.add_lock("Front door")
    await add(hass, sim)
    sim.faults.add(Fault(status=429, headers={"Retry-After": "600"}), path="/my/lock/sync")
    sim.clear()
    while not syncs(sim):
        await live(hass, clock, 0.5)

    await live(hass, clock, 590)
    await command(hass, clock, "lock.unlock")
    await live(hass, clock, 30)

    assert 600 <= gaps(sim)[0] <= 602


async def test_a_short_pause_is_waited_for_in_one_go(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock, caplog: pytest.LogCaptureFixture
) -> None:
    """The timer does not go off before a poll may leave."""
    caplog.set_level("DEBUG", f"custom_components.{DOMAIN}")
    sim.account.add_lock("Front door")
    await add(hass, sim)
    the_account_is_held(sim)
    sim.clear()
    while not syncs(sim):
        await live(hass, clock, 0.5)
    caplog.clear()
    await live(hass, clock, 100)

    tries = [text for text in caplog.messages if "Finished fetching" in text]
    assert len(tries) == len(syncs(sim)) - 1 == 4


async def test_a_pause_asked_for_by_the_answer_to_a_command_stops_polls_too(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock
) -> None:
    """The vendor counts an account's requests, whatever they are for."""
    sim.account.add_lock("Front door")
    await add(hass, sim)
    sim.faults.add(Fault(status=429, headers={"Retry-After": "300"}), method="POST")
    sim.clear()
    asked_at = clock.monotonic()

    with pytest.raises(HomeAssistantError) as refusal:
        await act(hass, "lock.unlock", entity_id=DOOR)
    assert refusal.value.translation_key == "rate_limited"
    assert refusal.value.translation_placeholders == {"lock": "Front door", "minutes": "5"}
    await live(hass, clock, 299)
    assert syncs(sim) == []

    await live(hass, clock, 30)
    assert asked_at + 300 <= syncs(sim)[0] <= asked_at + 305


async def test_commands_go_on_while_the_account_is_held(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock
) -> None:
    """A person's own finger is worth a try: the cloud may have let commands through."""
    lock = sim.account.add_lock("Front door")
    await add(hass, sim)
    sim.faults.add(Fault(status=429, headers={"Retry-After": "3600"}), path="/my/lock/sync")
    await live(hass, clock, 40)
    sim.clear()

    await command(hass, clock, "lock.unlock")

    assert [call.method for call in sim.requests] == ["POST", "GET", "GET", "GET"]
    assert lock.state == 2
    assert state_of(hass, DOOR) == "unlocked"
    assert SYNC not in wire(sim)


async def test_a_pause_outlives_a_reload(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock
) -> None:
    """Nothing on the wire until it is over; then the account is set up by itself."""
    sim.account.add_lock("Front door")
    entry = await add(hass, sim)
    sim.faults.add(Fault(status=429, headers={"Retry-After": "600"}), path="/my/lock/sync")
    await live(hass, clock, 40)
    [refused] = syncs(sim)
    sim.clear()

    await hass.config_entries.async_reload(entry.entry_id)
    await live(hass, clock, refused + 599 - clock.monotonic())
    assert wire(sim) == []

    await live(hass, clock, 100)
    assert entry.state is ConfigEntryState.LOADED
    assert wire(sim)[0] == LIST
    assert sim.requests[0].at >= refused + 600
    assert state_of(hass, DOOR) == "locked"


async def test_what_is_spent_outlives_a_reload(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock
) -> None:
    """A scarce hour stays scarce: one list, then a minute between syncs."""
    lock = sim.account.add_lock("Front door")
    entry = await add(hass, sim)
    use_up(entry, 540)
    sim.clear()

    assert await hass.config_entries.async_reload(entry.entry_id)
    lock.turn("unlocked", after=40)
    await live(hass, clock, 400)

    assert wire(sim)[0] == LIST
    assert all(59 <= gap <= 61 for gap in gaps(sim)), gaps(sim)
    left = entry.runtime_data.client.budget.left
    assert left == 700 - 1 - 540 - len(wire(sim))


@pytest.mark.parametrize("spent", [600, 700])
async def test_an_account_can_be_reloaded_where_polls_have_stopped(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock, spent: int
) -> None:
    """Its list is worth what a command is worth; what is asked afterwards waits as before.

    A list of two pages is asked for to its end.
    """
    for number in range(10):
        sim.account.add_lock(f"Door {number}")
    entry = await add(hass, sim)
    use_up(entry, spent)
    used_at = clock.monotonic()
    sim.account.lock("Door 9").turn("unlocked")
    sim.clear()

    assert await hass.config_entries.async_reload(entry.entry_id)
    await settle(hass)
    assert len(wire(sim)) == 2
    assert wire(sim)[0] == LIST
    assert state_of(hass, "lock.door_9") == "unlocked"

    await live(hass, clock, used_at + 3599 - clock.monotonic())
    assert len(wire(sim)) == 2
    assert state_of(hass, "lock.door_9") == "unknown"
    await live(hass, clock, 65)
    assert len(syncs(sim)) >= 1
    assert state_of(hass, "lock.door_9") == "unlocked"


# --- Accounts -------------------------------------------------------------------------------


async def add_neighbour(hass: HomeAssistant, sim: Simulator, number: int) -> MockConfigEntry:
    """Add the account of somebody else, with a lock of their own."""
    user = f"8b8f0c1e-0000-4000-8000-{number:012d}"
    key = sim.account.add_key(Key(value=f"neigh{number}.AAAA", user=user))
    sim.account.add_lock(f"Door {number}", user=user)
    return await add(hass, sim, token=key.value)


def of(sim: Simulator, entry: MockConfigEntry) -> list[Recorded]:
    """Return the syncs of one account."""
    word = f"PersonalKey {entry.data['token']}"
    return [
        call for call in sim.calls(path="/my/lock/sync") if call.headers["Authorization"] == word
    ]


@pytest.mark.parametrize("held", [True, False], ids=["held by the cloud", "out of requests"])
async def test_each_account_has_a_budget_of_its_own(
    hass: HomeAssistant,
    sim: Simulator,
    clock: HouseClock,
    held: bool,  # noqa: FBT001
) -> None:
    """One stops, the other goes on."""
    sim.account.add_lock("Front door")
    entry = await add(hass, sim)
    neighbour = await add_neighbour(hass, sim, 77)
    if held:
        fault = Fault(status=429, headers={"Retry-After": "3600"})
        word = f"PersonalKey {sim.token}"
        sim.faults.add(fault, predicate=lambda call: call.headers["Authorization"] == word)
    else:
        use_up(entry, 599)
    await live(hass, clock, 40)
    sim.clear()
    await live(hass, clock, 600)

    assert of(sim, entry) == []
    assert 19 <= len(of(sim, neighbour)) <= 21
    assert state_of(hass, "lock.door_77") == "locked"
    assert neighbour.runtime_data.client.budget.left > 670


@pytest.mark.parametrize("locks", [1, 2, 40])
async def test_many_locks_cost_as_many_syncs_as_one(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock, locks: int
) -> None:
    """One request tells of all."""
    for number in range(locks):
        sim.account.add_lock(f"Door {number}")
    await add(hass, sim)
    sim.clear()
    await live(hass, clock, 20)
    await live(hass, clock, 301)

    assert set(wire(sim)) == {SYNC}
    assert len(wire(sim)) in (10, 11)


async def test_the_first_polls_of_many_accounts_are_spread(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock
) -> None:
    """After a power cut all start at the same moment: they do not knock at the same moment."""
    entries = [await add_neighbour(hass, sim, number) for number in range(25)]
    started = clock.monotonic()
    assert {call.at for call in sim.requests} == {started}
    await live(hass, clock, 32)

    first = sorted(of(sim, entry)[0].at - started for entry in entries)
    assert first[0] >= 20
    assert first[-1] <= 31.5
    assert first[-1] - first[0] > 3
    assert len({int(moment) for moment in first}) >= 4
    await live(hass, clock, 60)
    for entry in entries:
        calls = of(sim, entry)
        assert 29 <= calls[1].at - calls[0].at <= 30.5
