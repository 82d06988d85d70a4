"""The hours of PINs made here over changes of the clocks: what goes over the wire, who gets in."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.tedee_cloud.kept import KEPT

from .common import act, add_account, new_entry
from .house import HouseClock, settle
from .simulator import Fault, SimLock, Simulator
from .simulator.keypad import out_of_time

DOOR = "lock.front_door"
BACK = "lock.back_door"
DIGITS = "482913"
WARSAW = "Europe/Warsaw"
NEW_YORK = "America/New_York"
WORKDAYS = ["mon", "tue", "wed", "thu", "fri"]
MORNINGS = {"day_start_time": "08:00", "day_end_time": "12:00", "week_days": WORKDAYS}
WEEK = timedelta(days=7)
HOUR = timedelta(hours=1)

SPRING = datetime(2027, 3, 28, 1, tzinfo=UTC)
"""When Warsaw's clocks go from two to three."""
AUTUMN = datetime(2027, 10, 31, 1, tzinfo=UTC)
"""When they go back from three to two."""

# A zone and an instant at which its clocks change.
CHANGES = [
    pytest.param(WARSAW, SPRING, id="Warsaw, spring"),
    pytest.param(WARSAW, AUTUMN, id="Warsaw, autumn"),
    pytest.param(NEW_YORK, datetime(2027, 3, 14, 7, tzinfo=UTC), id="New York, spring"),
    pytest.param(NEW_YORK, datetime(2027, 11, 7, 6, tzinfo=UTC), id="New York, autumn"),
    pytest.param(
        "Australia/Lord_Howe", datetime(2027, 4, 3, 15, tzinfo=UTC), id="half an hour back"
    ),
    pytest.param(
        "Australia/Lord_Howe", datetime(2027, 10, 2, 15, 30, tzinfo=UTC), id="half an hour on"
    ),
    pytest.param("America/Nuuk", datetime(2027, 3, 28, 1, tzinfo=UTC), id="on Saturday evening"),
    pytest.param("America/Santiago", datetime(2027, 4, 4, 3, tzinfo=UTC), id="at midnight"),
    pytest.param("Africa/Casablanca", datetime(2027, 2, 7, 2, tzinfo=UTC), id="Ramadan"),
]

pytestmark = pytest.mark.usefixtures("pins_unwatched")

type Opens = Callable[[datetime], bool]
"""Tells of a time on the wall whether somebody expects to get in."""


@pytest.fixture
def clock(freezer: FrozenDateTimeFactory) -> HouseClock:
    """Let one frozen time rule Home Assistant and the cloud."""
    return HouseClock(freezer)


@pytest.fixture(autouse=True)
def frozen(clock: HouseClock, pauses: list[float], hass_storage: dict[str, Any]) -> None:
    """Freeze the time and keep storage in memory before anything else starts."""


async def go_to(hass: HomeAssistant, freezer: FrozenDateTimeFactory, moment: datetime) -> None:
    """Let everything happen that is due until a moment, at its end."""
    freezer.move_to(moment)
    async_fire_time_changed(hass)
    await hass.async_block_till_done(wait_background_tasks=True)


async def pass_by(hass: HomeAssistant, freezer: FrozenDateTimeFactory, change: datetime) -> None:
    """Come to a change of the clocks from one second before it."""
    await go_to(hass, freezer, change - timedelta(seconds=1))
    await go_to(hass, freezer, change)


async def create(hass: HomeAssistant, fields: dict[str, Any], entity_id: str = DOOR) -> None:
    """Create the cleaner's PIN."""
    data = {"alias": "Cleaner", "pin": DIGITS, **fields}
    await act(hass, "tedee_cloud.create_pin", data, entity_id=entity_id)


def on_pins(sim: Simulator, *, applied: bool = False) -> list[str]:
    """Return the requests about PINs since the last clear, behind the lock's number."""
    return [
        f"{call.method} {call.path.partition('/pin')[2] or '/'}"
        for call in sim.requests
        if "/pin" in call.path and (call.applied or not applied)
    ]


def sent(sim: Simulator) -> list[str]:
    """Return the writes of PINs that the cloud has carried out."""
    return [line for line in on_pins(sim, applied=True) if not line.startswith("GET")]


def check(
    door: SimLock, zone: str, opens: Opens, begin: datetime, end: datetime, pin_id: int = 1
) -> None:
    """Hold the keypad to what people at the door expect, every quarter of an hour."""
    moment = begin
    while moment < end:
        there = moment.astimezone(ZoneInfo(zone))
        assert (out_of_time(door.pins[pin_id], moment) == "") is opens(there), there
        moment += timedelta(minutes=15)


def in_the_morning(there: datetime) -> bool:
    """Return when the cleaner comes."""
    return 8 <= there.hour < 12 and there.weekday() < 5


async def a_cleaner(
    hass: HomeAssistant,
    sim: Simulator,
    freezer: FrozenDateTimeFactory,
    begin: datetime,
    fields: dict[str, Any] = MORNINGS,
    zone: str = WARSAW,
) -> tuple[SimLock, MockConfigEntry]:
    """Add a lock whose cleaner has got a PIN, and forget the requests that took."""
    freezer.move_to(begin)
    sim.account.keys[0].valid_to = None
    door = sim.account.add_lock("Front door", time_zone=zone)
    entry = await add_account(hass, sim)
    await create(hass, fields)
    sim.clear()
    return door, entry


async def restart(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    entry: MockConfigEntry,
    moment: datetime,
) -> None:
    """Stop Home Assistant, which forgets what is not on disk, and start it later."""
    await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    hass.data.pop(KEPT)
    freezer.move_to(moment)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)


# --- At the change ----------------------------------------------------------------------------


@pytest.mark.parametrize(("zone", "change"), CHANGES)
async def test_the_cleaner_comes_at_the_same_hours_before_and_after_a_change(
    hass: HomeAssistant,
    sim: Simulator,
    freezer: FrozenDateTimeFactory,
    zone: str,
    change: datetime,
) -> None:
    """The list, the PIN and the write, at the instant itself, and nothing else for two weeks."""
    door, _ = await a_cleaner(hass, sim, freezer, change - WEEK, zone=zone)
    check(door, zone, in_the_morning, change - WEEK, change)

    await go_to(hass, freezer, change - timedelta(seconds=1))
    assert on_pins(sim) == []

    await go_to(hass, freezer, change)
    assert on_pins(sim) == ["GET /", "GET /1", "PUT /1"]
    check(door, zone, in_the_morning, change, change + 2 * WEEK)
    assert door.pins.typed(DIGITS).alias == "Cleaner"

    for days in range(1, 15):
        await go_to(hass, freezer, change + timedelta(days=days))
    assert sent(sim) == ["PUT /1"]


async def test_every_change_of_two_years_is_followed_once(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """There and back again, from one day to the next."""
    begin = datetime(2026, 12, 1, 3, tzinfo=UTC)
    door, _ = await a_cleaner(hass, sim, freezer, begin)

    writes = []
    for day in (begin + timedelta(days=days) for days in range(730)):
        if day.month not in (3, 10) or day.day < 21:
            continue
        await go_to(hass, freezer, day)
        writes += [(day.date().isoformat(), line) for line in sent(sim)]
        sim.clear()
        if day.day < 31:
            check(door, WARSAW, in_the_morning, day, day + timedelta(hours=22))

    assert writes == [
        ("2027-03-28", "PUT /1"),
        ("2027-10-31", "PUT /1"),
        ("2028-03-26", "PUT /1"),
        ("2028-10-29", "PUT /1"),
    ]


WINDOWS: list[Any] = [
    pytest.param(
        {"day_start_time": "01:30", "day_end_time": "05:00", "week_days": ["mon"]},
        lambda there: (
            (there.hour, there.minute) >= (1, 30) and there.hour < 5 and there.weekday() == 0
        ),
        id="on another day in UTC on one side of the change",
    ),
    pytest.param(
        {"day_start_time": "22:00", "day_end_time": "06:00", "week_days": ["fri", "sat"]},
        lambda there: (
            (there.hour >= 22 and there.weekday() in (4, 5))
            or (there.hour < 6 and there.weekday() in (5, 6))
        ),
        id="over midnight, the night of the change among them",
    ),
    pytest.param(
        {"week_days": ["mon", "sun"]},
        lambda there: there.weekday() in (0, 6),
        id="whole days",
    ),
    pytest.param(
        {"day_start_time": "06:00", "day_end_time": "23:30"},
        lambda there: (6, 0) <= (there.hour, there.minute) < (23, 30),
        id="every day",
    ),
]


@pytest.mark.parametrize(("fields", "opens"), WINDOWS)
@pytest.mark.parametrize("change", [SPRING, AUTUMN], ids=["spring", "autumn"])
async def test_windows_of_all_kinds_follow(
    hass: HomeAssistant,
    sim: Simulator,
    freezer: FrozenDateTimeFactory,
    change: datetime,
    fields: dict[str, Any],
    opens: Opens,
) -> None:
    """Week days go along where the change moves a window over midnight in UTC."""
    door, _ = await a_cleaner(hass, sim, freezer, change - WEEK, fields)
    check(door, WARSAW, opens, change - WEEK, change)

    await pass_by(hass, freezer, change)

    assert sent(sim) == ["PUT /1"]
    check(door, WARSAW, opens, change, change + WEEK)


async def test_everything_else_of_the_pin_stays(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """Name, digits and dates are sent as the cloud has them."""
    dates = {"start_date": "2027-03-25 10:00", "end_date": "2027-06-30"}
    door, _ = await a_cleaner(hass, sim, freezer, SPRING - WEEK, {**MORNINGS, **dates})
    before = dict(door.pins[1])

    await pass_by(hass, freezer, SPRING)

    after = dict(door.pins[1])
    hours = {"dayStartTime", "dayEndTime"}
    assert {key: after[key] for key in after.keys() - hours} == {
        key: before[key] for key in before.keys() - hours
    }
    assert {after[key].partition("T")[2] for key in hours} == {"06:00:00.000Z", "10:00:00.000Z"}


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "UTC"])
async def test_a_zone_without_changes_costs_nothing(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory, zone: str
) -> None:
    """A year goes by without a request about PINs."""
    door, _ = await a_cleaner(hass, sim, freezer, SPRING - WEEK, zone=zone)

    for weeks in range(0, 53, 4):
        await go_to(hass, freezer, SPRING + weeks * WEEK)

    assert on_pins(sim) == []
    check(door, zone, in_the_morning, SPRING, SPRING + WEEK)


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({}, id="permanent"),
        pytest.param({"start_date": "2027-03-20", "end_date": "2027-06-30"}, id="dates alone"),
        pytest.param({"week_days": [*WORKDAYS, "sat", "sun"]}, id="every day"),
    ],
)
async def test_a_pin_without_hours_has_nothing_to_follow(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory, fields: dict[str, Any]
) -> None:
    """Its limits mean the same in every zone and at every time of the year."""
    await a_cleaner(hass, sim, freezer, SPRING - WEEK, fields)

    await pass_by(hass, freezer, SPRING)

    assert on_pins(sim) == []


async def test_each_lock_follows_its_own_clock(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """Two weeks lie between the changes of New York and of Warsaw."""
    change = datetime(2027, 3, 14, 7, tzinfo=UTC)
    freezer.move_to(change - WEEK)
    here = sim.account.add_lock("Front door", time_zone=WARSAW)
    there = sim.account.add_lock("Back door", time_zone=NEW_YORK)
    await add_account(hass, sim)
    for entity_id in (DOOR, BACK):
        await create(hass, MORNINGS, entity_id)
    sim.clear()

    await pass_by(hass, freezer, change)
    assert [call.path for call in sim.calls("PUT", "/my/**")] == [
        f"/api/v37/my/lock/{there.id}/pin/1"
    ]
    sim.clear()
    await pass_by(hass, freezer, SPRING)
    assert [call.path for call in sim.calls("PUT", "/my/**")] == [
        f"/api/v37/my/lock/{here.id}/pin/1"
    ]
    check(here, WARSAW, in_the_morning, SPRING, SPRING + WEEK)
    check(there, NEW_YORK, in_the_morning, SPRING, SPRING + WEEK)


async def test_many_pins_are_sent_once_each_after_one_list(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """Two requests for each PIN, and one for the lock."""
    door, _ = await a_cleaner(hass, sim, freezer, SPRING - WEEK)
    for number in range(19):
        await create(hass, {**MORNINGS, "alias": f"Cleaner {number}", "pin": f"5829{number:02}"})
    sim.clear()

    await pass_by(hass, freezer, SPRING)

    lines = on_pins(sim)
    assert sorted(lines) == sorted(
        ["GET /", *(f"{method} /{number}" for number in range(1, 21) for method in ("GET", "PUT"))]
    )
    for number in range(1, 21):
        check(door, WARSAW, in_the_morning, SPRING, SPRING + WEEK, pin_id=number)


async def test_a_person_need_not_wait_for_all_pins(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """Between two PINs that follow the clocks, somebody else's call has its turn."""
    await a_cleaner(hass, sim, freezer, SPRING - WEEK)
    await create(hass, {**MORNINGS, "alias": "Gardener", "pin": "604217"})
    sim.clear()
    script = sim.faults.add(Fault(hold=True), method="PUT")
    freezer.move_to(SPRING)
    async_fire_time_changed(hass)
    await script.held()
    call = hass.async_create_task(
        act(hass, "tedee_cloud.get_pins", respond=True, entity_id=DOOR), eager_start=True
    )
    await settle(hass)
    assert on_pins(sim) == ["GET /", "GET /1", "PUT /1"]

    script.release()
    await call
    await hass.async_block_till_done(wait_background_tasks=True)

    assert on_pins(sim) == ["GET /", "GET /1", "PUT /1", "GET /", "GET /2", "PUT /2"]
    assert {call.status for call in sim.requests} == {200, 204}


# --- Start dates ------------------------------------------------------------------------------


async def test_a_pin_that_starts_after_the_change_has_its_hours_already(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """It is left alone in spring and when it starts, and follows in autumn."""
    begin, end = datetime(2027, 6, 30, 22, tzinfo=UTC), datetime(2027, 12, 1, tzinfo=UTC)
    door, _ = await a_cleaner(
        hass, sim, freezer, SPRING - WEEK, {**MORNINGS, "start_date": "2027-07-01"}
    )

    await pass_by(hass, freezer, SPRING)
    await pass_by(hass, freezer, begin)
    await go_to(hass, freezer, begin + timedelta(days=1))
    assert on_pins(sim) == []
    check(door, WARSAW, in_the_morning, begin, AUTUMN)

    await pass_by(hass, freezer, AUTUMN)
    assert sent(sim) == ["PUT /1"]
    check(door, WARSAW, in_the_morning, AUTUMN, end)


async def test_a_pin_that_starts_on_the_day_of_the_change_is_right_at_once(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """The day has its new offset when people get up, so nothing is sent in the night."""
    door, _ = await a_cleaner(
        hass,
        sim,
        freezer,
        SPRING - WEEK,
        {"day_start_time": "08:00", "day_end_time": "12:00", "start_date": "2027-03-28"},
    )

    for hours in range(-3, 24):
        await go_to(hass, freezer, SPRING + hours * HOUR)

    assert on_pins(sim) == []
    check(door, WARSAW, lambda there: 8 <= there.hour < 12, SPRING, SPRING + WEEK)


# --- Whose PINs -------------------------------------------------------------------------------


async def test_a_pin_made_elsewhere_is_never_touched(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """Not even where it was changed here; what others meant with it is theirs to know."""
    freezer.move_to(SPRING - WEEK)
    door = sim.account.add_lock("Front door", time_zone=WARSAW)
    door.pins.add(
        "Cleaner", DIGITS, dayStartTime="2027-01-01T07:00:00Z", dayEndTime="2027-01-01T11:00:00Z"
    )
    await add_account(hass, sim)
    await act(
        hass, "tedee_cloud.update_pin", {"pin_id": 1, "day_end_time": "13:00"}, entity_id=DOOR
    )
    sim.clear()

    await pass_by(hass, freezer, SPRING)

    assert on_pins(sim) == []
    assert door.pins[1]["dayStartTime"].endswith("T07:00:00.000Z")


async def test_hours_given_later_are_followed_as_well(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """The PIN was made here; that its hours came with an update does not matter."""
    door, _ = await a_cleaner(hass, sim, freezer, SPRING - WEEK, {})
    await act(hass, "tedee_cloud.update_pin", {"pin_id": 1, **MORNINGS}, entity_id=DOOR)
    sim.clear()

    await pass_by(hass, freezer, SPRING)

    assert sent(sim) == ["PUT /1"]
    check(door, WARSAW, in_the_morning, SPRING, SPRING + WEEK)


async def test_a_pin_renamed_here_is_still_ours(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """Its new name is what it is known by."""
    await a_cleaner(hass, sim, freezer, SPRING - WEEK)
    await act(hass, "tedee_cloud.update_pin", {"pin_id": 1, "alias": "Ann"}, entity_id=DOOR)
    sim.clear()

    await pass_by(hass, freezer, SPRING)

    assert sent(sim) == ["PUT /1"]


def rename(door: SimLock) -> None:
    """Let somebody give the PIN another name in the app."""
    door.pins.replace(1, {**door.pins[1], "alias": "Gardener"})


def delete(door: SimLock) -> None:
    """Let somebody delete the PIN in the app."""
    door.pins.delete(1)


def make_anew(door: SimLock) -> None:
    """Let the id belong to a PIN that somebody has made in the app."""
    fields = {**door.pins[1], "alias": "Gardener"}
    door.pins.delete(1)
    door.pins.add(**fields, pin_id=1)


@pytest.mark.parametrize("change", [rename, delete, make_anew])
async def test_a_pin_that_is_another_one_now_is_forgotten(
    hass: HomeAssistant,
    sim: Simulator,
    freezer: FrozenDateTimeFactory,
    change: Callable[[SimLock], None],
) -> None:
    """One look at the list tells; in autumn there is nothing left to look for."""
    door, _ = await a_cleaner(hass, sim, freezer, SPRING - WEEK)
    change(door)

    await pass_by(hass, freezer, SPRING)
    assert on_pins(sim) == ["GET /"]
    sim.clear()
    await pass_by(hass, freezer, AUTUMN)
    assert on_pins(sim) == []


async def test_a_pin_deleted_here_is_forgotten(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """Without a question to anybody."""
    await a_cleaner(hass, sim, freezer, SPRING - WEEK)
    await act(hass, "tedee_cloud.delete_pin", {"alias": "Cleaner"}, entity_id=DOOR)
    sim.clear()

    await pass_by(hass, freezer, SPRING)

    assert on_pins(sim) == []


async def test_pins_that_have_gone_are_not_kept_for_ever(
    hass: HomeAssistant,
    sim: Simulator,
    freezer: FrozenDateTimeFactory,
    hass_storage: dict[str, Any],
) -> None:
    """Guests who have left since are struck out with the next one who comes."""
    door, entry = await a_cleaner(hass, sim, freezer, SPRING - WEEK)
    door.pins.delete(1)

    await create(hass, MORNINGS)
    await hass.async_block_till_done()

    stored = hass_storage[f"tedee_cloud.{entry.entry_id}.hours"]["data"]
    assert list(stored[door.serial]) == ["2"]


async def test_hours_changed_elsewhere_are_shifted_as_they_are(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """Even where they were moved by exactly the hour that the change takes."""
    door, _ = await a_cleaner(hass, sim, freezer, SPRING - WEEK)
    hours = {"dayStartTime": "2027-01-01T06:00:00Z", "dayEndTime": "2027-01-01T10:00:00Z"}
    door.pins.replace(1, {**door.pins[1], **hours})

    await pass_by(hass, freezer, SPRING)

    assert sent(sim) == ["PUT /1"]
    check(
        door,
        WARSAW,
        lambda there: 7 <= there.hour < 11 and there.weekday() < 5,
        SPRING,
        SPRING + WEEK,
    )


async def test_hours_lifted_elsewhere_stay_lifted(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """There is nothing to send."""
    door, _ = await a_cleaner(hass, sim, freezer, SPRING - WEEK)
    door.pins.replace(1, {**door.pins[1], "dayStartTime": None, "dayEndTime": None})

    await pass_by(hass, freezer, SPRING)

    assert on_pins(sim) == ["GET /", "GET /1"]
    await pass_by(hass, freezer, AUTUMN)
    assert sent(sim) == []


# --- The owner's choice -----------------------------------------------------------------------


async def test_an_owner_may_want_none_of_it(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """Nothing is sent; and turned on again, only the changes to come are followed."""
    door, entry = await a_cleaner(hass, sim, freezer, SPRING - WEEK)
    hass.config_entries.async_update_entry(entry, options={"follow_clock_changes": False})

    def an_hour_later(there: datetime) -> bool:
        return in_the_morning(there - HOUR)

    await pass_by(hass, freezer, SPRING)
    assert on_pins(sim) == []
    check(door, WARSAW, an_hour_later, SPRING + timedelta(days=1), SPRING + WEEK)

    hass.config_entries.async_update_entry(entry, options={"follow_clock_changes": True})
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert on_pins(sim) == []

    await pass_by(hass, freezer, AUTUMN)
    assert sent(sim) == ["PUT /1"]
    check(door, WARSAW, an_hour_later, AUTUMN + timedelta(days=1), AUTUMN + WEEK)


# --- Stops and starts -------------------------------------------------------------------------


async def test_a_change_that_was_slept_through_is_followed_at_the_start(
    hass: HomeAssistant,
    sim: Simulator,
    freezer: FrozenDateTimeFactory,
    hass_storage: dict[str, Any],
) -> None:
    """What is kept is on disk: no digits, and all it takes to know the hours."""
    door, entry = await a_cleaner(hass, sim, freezer, SPRING - WEEK)

    await restart(hass, freezer, entry, SPRING + 20 * HOUR)

    assert on_pins(sim) == ["GET /", "GET /1", "PUT /1"]
    check(door, WARSAW, in_the_morning, SPRING + 20 * HOUR, SPRING + WEEK)
    text = json.dumps(hass_storage[f"tedee_cloud.{entry.entry_id}.hours"])
    assert "Cleaner" in text
    assert DIGITS not in text

    sim.clear()
    await restart(hass, freezer, entry, SPRING + 21 * HOUR)
    assert on_pins(sim) == []


@pytest.mark.parametrize("days", [-1, 1], ids=["before the change", "after it"])
async def test_a_reload_sends_nothing_twice(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory, days: int
) -> None:
    """And stops what ran before: at the change, one of the two looks."""
    door, entry = await a_cleaner(hass, sim, freezer, SPRING - WEEK)
    for moment in sorted([SPRING, SPRING + timedelta(days=days)]):
        await go_to(hass, freezer, moment)
        if moment != SPRING:
            await hass.config_entries.async_reload(entry.entry_id)
            await hass.async_block_till_done(wait_background_tasks=True)

    assert sent(sim) == ["PUT /1"]
    check(door, WARSAW, in_the_morning, SPRING, SPRING + WEEK)


async def test_an_unloaded_account_sends_nothing(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """Its timer ends with it."""
    _, entry = await a_cleaner(hass, sim, freezer, SPRING - WEEK)
    await hass.config_entries.async_unload(entry.entry_id)
    sim.clear()

    await pass_by(hass, freezer, SPRING)

    assert sim.requests == []


async def test_what_is_kept_goes_with_the_account(
    hass: HomeAssistant,
    sim: Simulator,
    freezer: FrozenDateTimeFactory,
    hass_storage: dict[str, Any],
) -> None:
    """The file is removed."""
    _, entry = await a_cleaner(hass, sim, freezer, SPRING - WEEK)
    await hass.async_block_till_done()
    assert f"tedee_cloud.{entry.entry_id}.hours" in hass_storage

    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()

    assert f"tedee_cloud.{entry.entry_id}.hours" not in hass_storage


async def test_a_call_under_way_keeps_nothing_of_a_removed_account(
    hass: HomeAssistant,
    sim: Simulator,
    freezer: FrozenDateTimeFactory,
    hass_storage: dict[str, Any],
) -> None:
    """Its answer comes when the file is gone, and does not bring it back."""
    _, entry = await a_cleaner(hass, sim, freezer, SPRING - WEEK)
    script = sim.faults.add(Fault(hold=True), method="POST")
    call = hass.async_create_task(
        create(hass, {**MORNINGS, "alias": "Gardener", "pin": "604217"}), eager_start=True
    )
    await script.held()
    await hass.config_entries.async_remove(entry.entry_id)
    script.release()
    await call
    await hass.async_block_till_done()

    assert f"tedee_cloud.{entry.entry_id}.hours" not in hass_storage


async def test_an_account_that_never_came_up_is_removed(
    hass: HomeAssistant, sim: Simulator
) -> None:
    """There is nothing to remove with it."""
    entry = new_entry(sim)
    entry.add_to_hass(hass)

    assert await hass.config_entries.async_remove(entry.entry_id) == {"require_restart": False}


# --- Failures ---------------------------------------------------------------------------------


def goes_offline(_: Simulator, door: SimLock) -> Callable[[], None]:
    """Let the lock lose its bridge; return how it comes back."""
    door.connected = False

    def come_back() -> None:
        door.connected = True

    return come_back


def fails_with(fault: Fault) -> Callable[[Simulator, SimLock], Callable[[], None]]:
    """Return how all requests about PINs fail, and how that ends."""

    def fail(sim: Simulator, _: SimLock) -> Callable[[], None]:
        script = sim.faults.add(fault, path="/my/lock/*/pin/**", times=None)
        return lambda: sim.faults.remove(script)

    return fail


TROUBLES = [
    pytest.param(goes_offline, "it is offline", id="lock offline"),
    pytest.param(
        fails_with(Fault(status=429, headers={"Retry-After": "1800"})), "requests", id="429"
    ),
    pytest.param(fails_with(Fault(drop=True)), "did not answer", id="no answer"),
    pytest.param(fails_with(Fault(status=503)), "503", id="cloud down"),
]


@pytest.mark.parametrize(("trouble", "reason"), TROUBLES)
async def test_a_failure_is_told_once_and_tried_again_hourly(
    hass: HomeAssistant,
    sim: Simulator,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
    trouble: Callable[[Simulator, SimLock], Callable[[], None]],
    reason: str,
) -> None:
    """When the lock can be served again, it is, within the hour, once."""
    door, _ = await a_cleaner(hass, sim, freezer, SPRING - WEEK)
    before = dict(door.pins[1])
    end_of_trouble = trouble(sim, door)

    await pass_by(hass, freezer, SPRING)
    tried = [bool(on_pins(sim))]
    for minutes in range(25, 5 * 60, 25):
        sim.clear()
        await go_to(hass, freezer, SPRING + timedelta(minutes=minutes))
        tried.append(bool(on_pins(sim)))
    assert tried == [True, *[False, False, True] * 3, False, False]
    assert door.pins[1] == before
    told = [line for line in caplog.messages if line.startswith("Hours of PINs are not moved")]
    assert len(told) == 1
    assert reason in told[0]

    end_of_trouble()
    sim.clear()
    for hours in range(6, 10):
        await go_to(hass, freezer, SPRING + hours * HOUR)
    assert sent(sim) == ["PUT /1"]
    check(door, WARSAW, in_the_morning, SPRING + 10 * HOUR, SPRING + WEEK)


@pytest.mark.parametrize(
    "fault",
    [Fault(drop=True, worked=True), Fault(status=504, worked=True), Fault(status=408, worked=True)],
    ids=["dropped", "504", "408"],
)
async def test_a_lost_answer_moves_nothing_twice(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory, fault: Fault
) -> None:
    """The PIN is read back and shows that the write has arrived."""
    door, _ = await a_cleaner(hass, sim, freezer, SPRING - WEEK)
    sim.faults.add(fault, method="PUT")

    await pass_by(hass, freezer, SPRING)

    assert on_pins(sim) == ["GET /", "GET /1", "PUT /1", "GET /1"]
    check(door, WARSAW, in_the_morning, SPRING, SPRING + WEEK)
    sim.clear()
    await go_to(hass, freezer, SPRING + 2 * HOUR)
    assert on_pins(sim) == []


@pytest.mark.parametrize("restarted", [False, True], ids=["running on", "restarted meanwhile"])
@pytest.mark.parametrize("worked", [True, False], ids=["arrived", "not arrived"])
async def test_a_write_that_nobody_can_tell_about_moves_nothing_twice(
    hass: HomeAssistant,
    sim: Simulator,
    freezer: FrozenDateTimeFactory,
    *,
    worked: bool,
    restarted: bool,
) -> None:
    """The lock is gone after the write; when it is back, its PIN tells whether to write again."""
    door, entry = await a_cleaner(hass, sim, freezer, SPRING - WEEK)
    sim.faults.add(Fault(drop=True, worked=worked), method="PUT")
    silence = sim.faults.add(Fault(drop=True), path="/my/lock/*/pin/*", times=None, after=1)
    # The PIN is read once before the write, and never after it.
    await pass_by(hass, freezer, SPRING)
    assert on_pins(sim)[:3] == ["GET /", "GET /1", "PUT /1"]
    assert sent(sim) == (["PUT /1"] if worked else [])
    sim.faults.remove(silence)
    sim.clear()

    if restarted:
        await restart(hass, freezer, entry, SPRING + HOUR)
    else:
        await go_to(hass, freezer, SPRING + HOUR + timedelta(minutes=1))

    assert on_pins(sim) == ["GET /", "GET /1", *([] if worked else ["PUT /1"])]
    check(door, WARSAW, in_the_morning, SPRING + HOUR, SPRING + WEEK)
    sim.clear()
    await pass_by(hass, freezer, AUTUMN)
    assert sent(sim) == ["PUT /1"]
    check(door, WARSAW, in_the_morning, AUTUMN, AUTUMN + WEEK)


async def test_a_stop_between_write_and_answer_moves_nothing_twice(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """The next start finds the PIN moved already."""
    door, entry = await a_cleaner(hass, sim, freezer, SPRING - WEEK)
    script = sim.faults.add(Fault(hold=True, worked=True), method="PUT")
    freezer.move_to(SPRING)
    async_fire_time_changed(hass)
    await script.held()
    await hass.config_entries.async_unload(entry.entry_id)
    script.release()
    assert sent(sim) == ["PUT /1"]
    sim.clear()

    await restart(hass, freezer, entry, SPRING + HOUR)

    assert on_pins(sim) == ["GET /", "GET /1"]
    check(door, WARSAW, in_the_morning, SPRING, SPRING + WEEK)


@pytest.mark.parametrize("status", [400, 404, 406])
async def test_a_pin_that_the_cloud_refuses_does_not_keep_others_back(
    hass: HomeAssistant,
    sim: Simulator,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
    status: int,
) -> None:
    """It is let go with a word in the log, and not asked about every hour for ever."""
    door, _ = await a_cleaner(hass, sim, freezer, SPRING - WEEK)
    await create(hass, {**MORNINGS, "alias": "Gardener", "pin": "604217"})
    sim.clear()
    sim.faults.add(Fault(status=status), method="PUT", path="/my/lock/*/pin/1", times=None)

    await pass_by(hass, freezer, SPRING)
    assert sent(sim) == ["PUT /2"]
    check(door, WARSAW, in_the_morning, SPRING, SPRING + WEEK, pin_id=2)
    assert "Hours of a PIN no longer follow the clocks" in caplog.text
    assert DIGITS not in caplog.text

    sim.clear()
    await go_to(hass, freezer, SPRING + 2 * HOUR)
    assert on_pins(sim) == []


NOT_UNDERSTOOD = {"result": {"id": 1, "alias": "Cleaner"}, "success": True}


@pytest.mark.parametrize(
    ("method", "fault", "reason"),
    [
        pytest.param("PUT", Fault(status=500), "no clear answer", id="the write fails"),
        pytest.param("GET", Fault(status=500), "error 500", id="the look fails"),
        pytest.param("GET", Fault(body=NOT_UNDERSTOOD), "was not understood", id="it is odd"),
    ],
)
async def test_a_pin_that_fails_for_itself_does_not_keep_others_back(
    hass: HomeAssistant,
    sim: Simulator,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
    method: str,
    fault: Fault,
    reason: str,
) -> None:
    """The others follow at once; it is tried again hourly, and told once."""
    door, _ = await a_cleaner(hass, sim, freezer, SPRING - WEEK)
    await create(hass, {**MORNINGS, "alias": "Gardener", "pin": "604217"})
    sim.clear()
    script = sim.faults.add(fault, method=method, path="/my/lock/*/pin/1", times=None)

    await pass_by(hass, freezer, SPRING)
    assert sent(sim) == ["PUT /2"]
    check(door, WARSAW, in_the_morning, SPRING, SPRING + WEEK, pin_id=2)

    sim.clear()
    await go_to(hass, freezer, SPRING + HOUR + timedelta(minutes=1))
    assert [line for line in on_pins(sim) if not line.endswith("/1")] == ["GET /"]
    told = [line for line in caplog.messages if line.startswith("Hours of PINs are not moved")]
    assert len(told) == 1
    assert reason in told[0]

    sim.faults.remove(script)
    await go_to(hass, freezer, SPRING + 3 * HOUR)
    assert sent(sim) == ["PUT /1"]
    check(door, WARSAW, in_the_morning, SPRING + 3 * HOUR, SPRING + WEEK)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=428),
        Fault(status=503),
        Fault(drop=True),
        Fault(status=429, headers={"Retry-After": "1800"}),
    ],
    ids=["428", "503", "dropped", "429"],
)
async def test_a_lock_that_is_out_of_reach_is_not_asked_for_each_pin(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory, fault: Fault
) -> None:
    """What holds for the first holds for the others."""
    await a_cleaner(hass, sim, freezer, SPRING - WEEK)
    await create(hass, {**MORNINGS, "alias": "Gardener", "pin": "604217"})
    sim.clear()
    sim.faults.add(fault, path="/my/lock/*/pin/*", times=None)

    await pass_by(hass, freezer, SPRING)

    assert set(on_pins(sim)) == {"GET /", "GET /1"}


# --- Changes while one is waited for ----------------------------------------------------------


async def a_waiting_window(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> SimLock:
    """Let a change go by while the lock is offline, and come back before it was tried again."""
    door, _ = await a_cleaner(hass, sim, freezer, SPRING - WEEK)
    door.connected = False
    await pass_by(hass, freezer, SPRING)
    await go_to(hass, freezer, SPRING + timedelta(minutes=50))
    door.connected = True
    sim.clear()
    return door


async def test_a_new_name_does_not_end_the_waiting(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """Only the name was written, so the hours are still to be moved."""
    door = await a_waiting_window(hass, sim, freezer)
    await act(hass, "tedee_cloud.update_pin", {"pin_id": 1, "alias": "Ann"}, entity_id=DOOR)
    sim.clear()

    await go_to(hass, freezer, SPRING + timedelta(minutes=65))

    assert sent(sim) == ["PUT /1"]
    check(door, WARSAW, in_the_morning, SPRING + 2 * HOUR, SPRING + WEEK)
    assert door.pins[1]["alias"] == "Ann"


async def test_new_hours_end_the_waiting(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """They were meant for the clock as it is now."""
    door = await a_waiting_window(hass, sim, freezer)
    await act(hass, "tedee_cloud.update_pin", {"pin_id": 1, **MORNINGS}, entity_id=DOOR)
    sim.clear()

    await go_to(hass, freezer, SPRING + timedelta(minutes=65))

    assert on_pins(sim) == []
    check(door, WARSAW, in_the_morning, SPRING + 2 * HOUR, SPRING + WEEK)


async def test_what_get_pin_says_may_be_given_back_meanwhile(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """It names the hours at which the door opens now, and giving them back changes nothing."""
    door = await a_waiting_window(hass, sim, freezer)
    found = await act(hass, "tedee_cloud.get_pin", {"pin_id": 1}, respond=True, entity_id=DOOR)
    assert found[DOOR]["day_start_time"] == "09:00:00"
    await act(hass, "tedee_cloud.update_pin", found[DOOR], entity_id=DOOR)

    await go_to(hass, freezer, SPRING + timedelta(minutes=65))

    check(door, WARSAW, in_the_morning, SPRING + 2 * HOUR, SPRING + WEEK)


async def test_a_create_that_failed_is_not_kept(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """There is no PIN whose hours could follow."""
    freezer.move_to(SPRING - WEEK)
    sim.account.add_lock("Front door", time_zone=WARSAW, connected=False)
    await add_account(hass, sim)
    with pytest.raises(HomeAssistantError):
        await create(hass, MORNINGS)
    sim.clear()

    await pass_by(hass, freezer, SPRING)

    assert on_pins(sim) == []
