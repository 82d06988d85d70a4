"""Calls that a restart cuts off: nothing is left behind that a person has to clean up."""

import asyncio
import logging
from typing import Any

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.tedee_cloud.kept import KEPT

from .common import DOMAIN, act, add_account, asked, new_entry
from .simulator import Fault, SimLock, Simulator

DOOR = "lock.front_door"
SHED = "lock.shed"
PINS = "/my/lock/*/pin**"
DIGITS = "604217"
OTHER_DIGITS = "739164"
STRANGER = "482913"
STAY: dict[str, Any] = {
    "startDate": "2999-05-01T13:00:00.000Z",
    "endDate": "2999-05-08T09:00:00.000Z",
    "dayStartTime": "2999-05-01T06:00:00.000Z",
    "dayEndTime": "2999-05-01T20:00:00.000Z",
    "weekDays": 31,
}
PERMANENT: dict[str, Any] = dict.fromkeys(STAY)

ACTIONS: list[tuple[str, dict[str, Any], list[str]]] = [
    ("get_pins", {}, ["GET"]),
    ("get_pin", {"pin_id": 1}, ["GET /1"]),
    ("get_pin", {"alias": "Cleaner"}, ["GET", "GET /1"]),
    ("create_pin", {"alias": "Friend", "pin": OTHER_DIGITS}, ["GET", "POST"]),
    ("update_pin", {"pin_id": 1, "alias": "Neighbour"}, ["GET /1", "GET", "PUT /1"]),
    ("delete_pin", {"pin_id": 1}, ["DELETE /1"]),
    ("delete_pin", {"alias": "Guest"}, ["GET"]),
    ("remove_guest", {"alias": "Guest"}, ["GET"]),
]
"""What can be asked of a lock next, and the requests it takes by itself."""

pytestmark = pytest.mark.usefixtures("pauses")


@pytest.fixture(autouse=True)
def unwatched(pins_unwatched: None) -> None:
    """Let nobody else ask for PINs."""


@pytest.fixture
def locks(sim: Simulator) -> list[SimLock]:
    """Put two locks into the account, each with a PIN of somebody else."""
    locks = [sim.account.add_lock(name) for name in ("Front door", "Shed")]
    for lock in locks:
        lock.pins.add("Cleaner", STRANGER)
    return locks


@pytest.fixture
async def account(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],  # noqa: ARG001  before anything is stored
    sim: Simulator,
    locks: list[SimLock],
) -> MockConfigEntry:
    """Add the account with its two locks."""
    assert len(locks) == 2
    return await add_account(hass, sim)


def key_of(entry: MockConfigEntry) -> str:
    """Return the name of the account's file."""
    return f"{DOMAIN}.{entry.entry_id}.journal"


def kept(hass_storage: dict[str, Any], entry: MockConfigEntry) -> list[dict[str, Any]]:
    """Return what the account's file says."""
    return list(hass_storage[key_of(entry)]["data"].values())


def names(lock: SimLock) -> list[str]:
    """Return the names of a lock's PINs."""
    return [pin["alias"] for pin in lock.pins.entries.values()]


async def call(
    hass: HomeAssistant, action: str, data: dict[str, Any], entity_id: str | list[str] = DOOR
) -> Any:
    """Call an action of ours."""
    return await act(hass, f"{DOMAIN}.{action}", data, respond=True, entity_id=entity_id)


def create(hass: HomeAssistant, *entity_ids: str) -> asyncio.Task[Any]:
    """Begin to create the guest's PIN."""
    work = call(hass, "create_pin", {"alias": "Guest"}, list(entity_ids or (DOOR,)))
    return hass.async_create_task(work)


async def restart(
    hass: HomeAssistant, entry: MockConfigEntry, *calls: asyncio.Task[Any]
) -> list[BaseException | None]:
    """Stop everything under way as Home Assistant does, start anew, and return what was said."""
    for task in tuple(hass._background_tasks):
        task.cancel("Home Assistant is stopping")
    await asyncio.wait(calls)
    assert await hass.config_entries.async_unload(entry.entry_id)
    del hass.data[KEPT]
    assert await hass.config_entries.async_setup(entry.entry_id)
    return [task.exception() for task in calls]


async def start_with(
    hass: HomeAssistant, hass_storage: dict[str, Any], sim: Simulator, *left: dict[str, Any]
) -> MockConfigEntry:
    """Start with what an earlier run has left."""
    entry = new_entry(sim)
    hass_storage[key_of(entry)] = {
        "version": 1,
        "minor_version": 1,
        "key": key_of(entry),
        "data": {f"{number:032x}": line for number, line in enumerate(left)},
    }
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    sim.clear()
    return entry


def line(
    lock: SimLock,
    intent: str = "create",
    alias: str = "Guest",
    ids: tuple[int, ...] = (1,),
    **limits: object,
) -> dict[str, Any]:
    """Return a line of the file; without limits, a new PIN has none."""
    new = {"alias": alias, "pin": "", **PERMANENT, **limits}
    return {
        "intent": intent,
        "serial": lock.serial,
        "alias": alias,
        "ids": list(ids),
        "limits": new if intent == "create" else None,
    }


# --- What is kept -----------------------------------------------------------------------------


async def test_a_call_is_written_down_before_its_request_leaves(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    sim: Simulator,
    locks: list[SimLock],
    account: MockConfigEntry,
) -> None:
    """Which PIN of which lock, its limits and which were there before; the digits are not in it."""
    script = sim.faults.add(Fault(hold=True), method="POST", times=2)
    task = create(hass, DOOR, SHED)
    await script.held(2)

    lines = kept(hass_storage, account)
    assert sorted(lines, key=str) == sorted(map(line, locks), key=str)
    digits = script.struck[0].json["pin"]
    assert digits not in repr(hass_storage)

    script.release()
    assert (await task)[DOOR]["pin"] == digits
    assert kept(hass_storage, account) == []


async def test_a_delete_is_written_down_with_the_pin_it_is_for(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    sim: Simulator,
    locks: list[SimLock],
    account: MockConfigEntry,
) -> None:
    """By its id and its name."""
    script = sim.faults.add(Fault(hold=True), method="DELETE")
    task = hass.async_create_task(call(hass, "delete_pin", {"alias": "Cleaner"}))
    await script.held()

    assert kept(hass_storage, account) == [line(locks[0], "delete", "Cleaner", (1,))]

    script.release()
    assert await task == {DOOR: {"deleted": True}}
    assert kept(hass_storage, account) == []


@pytest.mark.parametrize(
    "fault",
    [
        None,
        Fault(status=412),
        Fault(status=409),
        Fault(status=504, worked=True),
        Fault(drop=True),
        Fault(status=401),
    ],
)
@pytest.mark.parametrize(
    ("action", "data"),
    [
        ("create_pin", {"alias": "Guest"}),
        ("create_pin", {"alias": "Guest", "all_or_nothing": True}),
        ("add_guest", {"alias": "Guest", "arrival": "2999-05-01", "departure": "2999-05-02"}),
        ("delete_pin", {"alias": "Cleaner"}),
        ("remove_guest", {"alias": "Cleaner"}),
    ],
)
async def test_an_answered_call_leaves_nothing(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    sim: Simulator,
    account: MockConfigEntry,
    action: str,
    data: dict[str, Any],
    fault: Fault | None,
) -> None:
    """Whether it came to something or not: its caller knows."""
    method = "DELETE" if data["alias"] == "Cleaner" else "POST"
    if fault:
        sim.faults.add(fault, method=method, times=None)
    try:
        await call(hass, action, data, [DOOR, SHED])
    except HomeAssistantError as err:
        assert err.translation_key == "several_failed"  # noqa: PT017  some faults are got over
        assert fault is not None

    assert len(sim.calls(method)) >= 2
    assert kept(hass_storage, account) == []


async def test_calls_side_by_side_keep_a_line_each(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    sim: Simulator,
    locks: list[SimLock],
    account: MockConfigEntry,
) -> None:
    """The end of one does not strike out the other."""
    doors, sheds = (
        sim.faults.add(Fault(hold=True), method="POST", path=f"/my/lock/{lock.id}/pin")
        for lock in locks
    )
    first, second = create(hass, DOOR), create(hass, SHED)
    await doors.held()
    await sheds.held()

    doors.release()
    await first
    assert kept(hass_storage, account) == [line(locks[1])]

    sheds.release()
    await second
    assert kept(hass_storage, account) == []


async def test_what_only_reads_or_changes_writes_nothing_down(
    hass: HomeAssistant, hass_storage: dict[str, Any], account: MockConfigEntry
) -> None:
    """A change is whole or not there, and its caller asks again."""
    await call(hass, "get_pins", {})
    await call(hass, "get_pin", {"pin_id": 1})
    await call(hass, "update_pin", {"pin_id": 1, "alias": "Neighbour"})
    await call(hass, "create_pin", {"alias": "Neighbour", "if_exists": "update"})

    assert key_of(account) not in hass_storage


# --- A restart in the middle ------------------------------------------------------------------


@pytest.mark.parametrize(("action", "data", "requests"), ACTIONS)
async def test_a_pin_nobody_was_told_of_is_taken_back(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    sim: Simulator,
    locks: list[SimLock],
    account: MockConfigEntry,
    action: str,
    data: dict[str, Any],
    requests: list[str],
) -> None:
    """Before anything else is asked of that lock."""
    door = locks[0]
    script = sim.faults.add(Fault(hold=True, worked=True), method="POST")
    task = create(hass)
    await script.held()
    assert names(door) == ["Cleaner", "Guest"]

    [said] = await restart(hass, account, task)
    assert isinstance(said, HomeAssistantError)
    assert said.translation_key == "pins_interrupted"
    assert kept(hass_storage, account) == [line(door)]
    sim.clear()
    await call(hass, action, data)

    assert asked(sim, door) == ["GET", "GET /2", "DELETE /2", *requests]
    assert "Guest" not in names(door)
    assert kept(hass_storage, account) == []


async def test_home_assistant_can_stop_in_the_middle(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    sim: Simulator,
    locks: list[SimLock],
    account: MockConfigEntry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It does not wait for the lock, complains of nothing, and the file is there for the start."""
    script = sim.faults.add(Fault(hold=True, worked=True), method="POST")
    task = create(hass)
    await script.held()

    await hass.async_stop()
    await asyncio.wait([task])

    assert script.struck[0].gone.is_set()
    assert kept(hass_storage, account) == [line(locks[0])]
    assert [text for _, level, text in caplog.record_tuples if level >= logging.ERROR] == []


async def test_a_request_that_never_arrived_leaves_nothing_to_do(
    hass: HomeAssistant, sim: Simulator, locks: list[SimLock], account: MockConfigEntry
) -> None:
    """A look is enough."""
    script = sim.faults.add(Fault(hold=True, drop=True), method="POST")
    task = create(hass)
    await script.held()
    await restart(hass, account, task)
    sim.clear()

    await call(hass, "get_pins", {})
    await call(hass, "get_pins", {})

    assert asked(sim, locks[0]) == ["GET", "GET", "GET"]
    assert names(locks[0]) == ["Cleaner"]


async def test_a_delete_that_was_cut_off_is_completed(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    sim: Simulator,
    locks: list[SimLock],
    account: MockConfigEntry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Whoever asked for it relies on it."""
    script = sim.faults.add(Fault(hold=True, drop=True), method="DELETE")
    task = hass.async_create_task(call(hass, "remove_guest", {"alias": "Cleaner"}))
    await script.held()
    await restart(hass, account, task)
    script.release()
    await sim.idle()
    assert names(locks[0]) == ["Cleaner"]
    sim.clear()

    response = await call(hass, "get_pins", {})

    assert response[DOOR]["pins"] == []
    assert warnings(caplog) == [COMPLETED]
    assert asked(sim, locks[0]) == ["GET", "DELETE /1", "GET"]
    assert kept(hass_storage, account) == []


async def test_a_second_restart_finds_it_as_well(
    hass: HomeAssistant, sim: Simulator, locks: list[SimLock], account: MockConfigEntry
) -> None:
    """Nothing was asked of the lock in between."""
    script = sim.faults.add(Fault(hold=True, worked=True), method="POST")
    task = create(hass)
    await script.held()
    await restart(hass, account, task)
    shed = sim.faults.add(Fault(hold=True, worked=True), method="POST")
    task = create(hass, SHED)
    await shed.held()
    await restart(hass, account, task)

    for entity_id in (DOOR, SHED):
        await call(hass, "get_pins", {}, entity_id)

    assert [names(lock) for lock in locks] == [["Cleaner"], ["Cleaner"]]


async def test_a_take_back_that_was_cut_off_is_completed(
    hass: HomeAssistant, sim: Simulator, locks: list[SimLock], account: MockConfigEntry
) -> None:
    """All or nothing across a restart: what was stored on the one lock goes."""
    sim.faults.add(Fault(status=412), method="POST", path=f"/my/lock/{locks[1].id}/pin")
    script = sim.faults.add(Fault(hold=True, drop=True), method="DELETE")
    work = call(hass, "create_pin", {"alias": "Guest", "all_or_nothing": True}, [DOOR, SHED])
    task = hass.async_create_task(work)
    await script.held()
    await restart(hass, account, task)
    assert names(locks[0]) == ["Cleaner", "Guest"]

    await call(hass, "get_pins", {}, [DOOR, SHED])

    assert [names(lock) for lock in locks] == [["Cleaner"], ["Cleaner"]]


# --- What is left alone -----------------------------------------------------------------------


REMOVED = (
    "Front door: the PIN named Guest was removed, because the call that made it was cut off and "
    "nobody knows its digits"
)
COMPLETED = (
    "Front door: the PIN named Cleaner was removed, because a call that was cut off was to remove "
    "it"
)
LEFT = (
    "Front door: a PIN named Guest may be what is left of a call that was cut off, and was left "
    "alone. Remove it if nobody knows it"
)


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what we warn of in the log."""
    ours = f"custom_components.{DOMAIN}"
    return [
        text
        for name, level, text in caplog.record_tuples
        if (name, level) == (ours, logging.WARNING)
    ]


async def test_pins_that_were_there_before_stay(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    sim: Simulator,
    locks: list[SimLock],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Somebody's PIN of the same name is not the one that was cut off."""
    door = locks[0]
    door.pins.add("Guest", OTHER_DIGITS, pin_id=5)
    door.pins.add("Guest", DIGITS, pin_id=7)
    door.pins.add("Friend", "360852", pin_id=8)
    entry = await start_with(hass, hass_storage, sim, line(door, ids=(1, 5)))

    await call(hass, "get_pins", {})

    assert list(door.pins.entries) == [1, 5, 8]
    assert asked(sim, door) == ["GET", "GET /7", "DELETE /7", "GET"]
    assert kept(hass_storage, entry) == []
    assert warnings(caplog) == [REMOVED]


OTHERS: list[dict[str, Any]] = [
    {"startDate": "2999-05-02T13:00:00.000Z"},
    {"endDate": "2999-05-09T09:00:00.000Z"},
    {"endDate": None},
    {"dayStartTime": "2999-05-01T07:00:00.000Z"},
    {"dayEndTime": "2999-05-01T21:00:00.000Z"},
    {"weekDays": 30},
    {"weekDays": None},
    PERMANENT,
]
"""Limits that are not those of the stay."""


@pytest.mark.parametrize("other", OTHERS, ids=str)
async def test_a_pin_that_somebody_made_since_under_the_same_name_stays(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    sim: Simulator,
    locks: list[SimLock],
    caplog: pytest.LogCaptureFixture,
    other: dict[str, Any],
) -> None:
    """The call never got there, and the host helped the guest with the app meanwhile."""
    door = locks[0]
    door.pins.add("Guest", OTHER_DIGITS, **{**STAY, **other})
    entry = await start_with(hass, hass_storage, sim, line(door, **STAY))

    await call(hass, "get_pins", {})
    await call(hass, "get_pins", {})

    assert names(door) == ["Cleaner", "Guest"]
    assert asked(sim, door) == ["GET", "GET /2", "GET", "GET"]
    assert kept(hass_storage, entry) == []
    assert warnings(caplog) == [LEFT]


async def test_of_two_new_pins_the_one_with_the_limits_goes(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    sim: Simulator,
    locks: list[SimLock],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The dates of its hours mean nothing, nor do parts of seconds or how dates are written."""
    door = locks[0]
    door.pins.add("Guest", OTHER_DIGITS, **{**STAY, "endDate": "2999-05-09T09:00:00.000Z"})
    hours = {"dayStartTime": "2027-01-15T06:00:00", "dayEndTime": "2027-01-15T20:00:00.500Z"}
    door.pins.add("Guest", DIGITS, **{**STAY, **hours})
    await start_with(hass, hass_storage, sim, line(door, **STAY))

    await call(hass, "get_pins", {})

    assert list(door.pins.entries) == [1, 2]
    assert warnings(caplog) == [REMOVED]


@pytest.mark.parametrize("known", [True, False], ids=["two alike", "limits not written down"])
async def test_where_it_is_not_certain_which_pin_it_is_none_goes(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    sim: Simulator,
    locks: list[SimLock],
    caplog: pytest.LogCaptureFixture,
    *,
    known: bool,
) -> None:
    """A person is told where to look, without digits."""
    door = locks[0]
    for digits in (OTHER_DIGITS, DIGITS) if known else (DIGITS,):
        door.pins.add("Guest", digits, **STAY)
    left = line(door, **STAY)
    if not known:
        del left["limits"]
    entry = await start_with(hass, hass_storage, sim, left)
    before = dict(door.pins.entries)

    await call(hass, "get_pins", {})

    assert door.pins.entries == before
    assert kept(hass_storage, entry) == []
    assert warnings(caplog) == [LEFT]


@pytest.mark.parametrize(
    ("action", "data"),
    [
        ("create_pin", {"day_start_time": "08:00", "day_end_time": "22:00", "week_days": ["mon"]}),
        ("create_pin", {"start_date": "2999-05-01 15:00", "end_date": "2999-05-08"}),
        ("add_guest", {"arrival": "2999-05-01", "departure": "2999-05-08 11:00"}),
    ],
)
async def test_a_pin_is_known_by_the_limits_with_which_it_was_sent(
    hass: HomeAssistant,
    sim: Simulator,
    locks: list[SimLock],
    account: MockConfigEntry,
    action: str,
    data: dict[str, Any],
) -> None:
    """Those of the action's fields in the lock's zone, as the cloud holds them."""
    sim.settings.dates = "ticks"
    script = sim.faults.add(Fault(hold=True, worked=True), method="POST")
    task = hass.async_create_task(call(hass, action, {"alias": "Guest", **data}))
    await script.held()
    locks[0].pins.add("Guest", OTHER_DIGITS)
    await restart(hass, account, task)

    await call(hass, "get_pins", {})

    assert list(locks[0].pins.entries) == [1, 3]


@pytest.mark.parametrize(("intent", "ids"), [("create", (1,)), ("delete", (2,))])
async def test_a_pin_that_was_renamed_meanwhile_stays(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    sim: Simulator,
    locks: list[SimLock],
    intent: str,
    ids: tuple[int, ...],
) -> None:
    """Somebody has made it theirs."""
    door = locks[0]
    door.pins.add("Neighbour", DIGITS)
    entry = await start_with(hass, hass_storage, sim, line(door, intent, ids=ids))

    await call(hass, "get_pins", {})

    assert names(door) == ["Cleaner", "Neighbour"]
    assert kept(hass_storage, entry) == []


async def test_another_pin_under_a_name_that_was_to_go_stays(
    hass: HomeAssistant, hass_storage: dict[str, Any], sim: Simulator, locks: list[SimLock]
) -> None:
    """The old one is gone, and the same name was given to a new one since."""
    door = locks[0]
    door.pins.add("Guest", DIGITS, pin_id=9)
    await start_with(hass, hass_storage, sim, line(door, "delete", ids=(4,)))

    await call(hass, "get_pins", {})

    assert names(door) == ["Cleaner", "Guest"]


async def test_a_delete_by_its_number_alone_is_not_made_up_for(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    sim: Simulator,
    locks: list[SimLock],
    account: MockConfigEntry,
) -> None:
    """Numbers are given anew: some time later it may be somebody else's."""
    script = sim.faults.add(Fault(hold=True, drop=True), method="DELETE")
    task = hass.async_create_task(call(hass, "delete_pin", {"pin_id": 1}))
    await script.held()
    await restart(hass, account, task)
    sim.clear()

    await call(hass, "get_pins", {})

    assert asked(sim, locks[0]) == ["GET"]
    assert names(locks[0]) == ["Cleaner"]
    assert key_of(account) not in hass_storage


async def test_each_lock_is_put_right_when_it_is_asked(
    hass: HomeAssistant, hass_storage: dict[str, Any], sim: Simulator, locks: list[SimLock]
) -> None:
    """And the lines of the others stay until then."""
    for lock in locks:
        lock.pins.add("Guest", DIGITS)
    entry = await start_with(
        hass,
        hass_storage,
        sim,
        *map(line, locks),
        line(locks[0], "delete", "Cleaner", (1,)),
    )

    await call(hass, "get_pins", {})

    assert [names(lock) for lock in locks] == [[], ["Cleaner", "Guest"]]
    assert kept(hass_storage, entry) == [line(locks[1])]

    await call(hass, "get_pins", {}, SHED)

    assert names(locks[1]) == ["Cleaner"]
    assert kept(hass_storage, entry) == []


# --- When it cannot be put right at once ------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "fault", "sentence"),
    [
        ("GET", Fault(status=428), "pin_lock_unreachable"),
        ("GET", Fault(drop=True), "no_answer"),
        ("DELETE", Fault(status=428), "pin_lock_unreachable"),
        ("DELETE", Fault(status=409), "pin_busy"),
        ("DELETE", Fault(status=504), "pin_not_deleted"),
        ("DELETE", Fault(status=403), "pin_not_permitted"),
    ],
)
async def test_a_lock_that_cannot_be_put_right_is_told(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    sim: Simulator,
    locks: list[SimLock],
    method: str,
    fault: Fault,
    sentence: str,
) -> None:
    """With the sentence for what is wrong; the next call tries again."""
    door = locks[0]
    door.pins.add("Guest", DIGITS)
    entry = await start_with(hass, hass_storage, sim, line(door))
    script = sim.faults.add(fault, method=method, path=PINS, times=None)

    for action, data, _ in ACTIONS:
        with pytest.raises(HomeAssistantError) as caught:
            await call(hass, action, data)
        assert caught.value.translation_key == sentence
    assert names(door) == ["Cleaner", "Guest"]
    assert kept(hass_storage, entry) == [line(door)]

    sim.faults.remove(script)
    await call(hass, "get_pins", {})
    assert names(door) == ["Cleaner"]
    assert kept(hass_storage, entry) == []


async def test_a_pin_whose_delete_gets_no_answer_twice_over(
    hass: HomeAssistant, hass_storage: dict[str, Any], sim: Simulator, locks: list[SimLock]
) -> None:
    """Nothing can be asked either: that is said, and nothing is forgotten."""
    door = locks[0]
    door.pins.add("Guest", DIGITS)
    entry = await start_with(hass, hass_storage, sim, line(door))
    sim.faults.add(Fault(status=504, worked=True), method="DELETE")
    sim.faults.add(Fault(status=428), method="GET", path=PINS, after=2, times=2)

    with pytest.raises(HomeAssistantError) as caught:
        await call(hass, "get_pins", {})
    assert caught.value.translation_key == "pin_delete_unknown"
    assert kept(hass_storage, entry) == [line(door)]

    await call(hass, "get_pins", {})
    assert kept(hass_storage, entry) == []


async def test_one_lock_that_cannot_be_put_right_does_not_keep_the_others(
    hass: HomeAssistant, hass_storage: dict[str, Any], sim: Simulator, locks: list[SimLock]
) -> None:
    """A call for several locks serves those it can."""
    locks[0].pins.add("Guest", DIGITS)
    locks[0].connected = False
    await start_with(hass, hass_storage, sim, line(locks[0]))

    response = await call(hass, "create_pin", {"alias": "Friend", "pin": DIGITS}, [DOOR, SHED])

    assert set(response[DOOR]) == {"error"}
    assert response[SHED]["result"] == "created"


# --- The account itself -----------------------------------------------------------------------


async def test_a_reload_does_not_take_back_what_is_under_way(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    sim: Simulator,
    locks: list[SimLock],
    account: MockConfigEntry,
) -> None:
    """The call goes on, and its caller gets the digits of a PIN that is there."""
    script = sim.faults.add(Fault(hold=True, worked=True), method="POST")
    task = create(hass)
    await script.held()

    assert await hass.config_entries.async_reload(account.entry_id)
    look = hass.async_create_task(call(hass, "get_pins", {}))
    await call(hass, "get_pins", {}, SHED)
    assert kept(hass_storage, account) == [line(locks[0])]
    script.release()

    response = await task
    listed = await look
    assert [pin["alias"] for pin in listed[DOOR]["pins"]] == ["Cleaner", "Guest"]
    assert locks[0].pins[response[DOOR]["pin_id"]]["pin"] == response[DOOR]["pin"]
    assert kept(hass_storage, account) == []


async def test_a_removed_account_leaves_no_file(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    sim: Simulator,
    account: MockConfigEntry,
) -> None:
    """Not even where one of its calls ends afterwards."""
    await call(hass, "create_pin", {"alias": "Friend"})
    assert key_of(account) in hass_storage
    script = sim.faults.add(Fault(hold=True, worked=True), method="POST")
    task = create(hass)
    await script.held()

    await hass.config_entries.async_remove(account.entry_id)
    assert key_of(account) not in hass_storage
    script.release()
    await task

    assert key_of(account) not in hass_storage
    assert account.entry_id not in hass.data[KEPT]


@pytest.mark.usefixtures("locks")
async def test_an_account_that_never_started_leaves_no_file_either(
    hass: HomeAssistant, hass_storage: dict[str, Any], sim: Simulator
) -> None:
    """It was disabled since the last start."""
    entry = new_entry(sim)
    entry.add_to_hass(hass)
    hass_storage[key_of(entry)] = {"version": 1, "key": key_of(entry), "data": {}}

    await hass.config_entries.async_remove(entry.entry_id)

    assert key_of(entry) not in hass_storage
