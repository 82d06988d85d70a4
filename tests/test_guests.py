"""A stay in one call: whole days and hours in each lock's zone, one PIN for every door."""

from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

import pytest
import voluptuous as vol
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from .common import DOMAIN, act, add_account, asked
from .simulator import Fault, ManualClock, SimLock, Simulator

DOOR = "lock.front_door"
FLAT = "lock.flat"
PINS = "/my/lock/*/pin**"
WARSAW = "Europe/Warsaw"
NEW_YORK = "America/New_York"
FEBRUARY = datetime(2027, 2, 1, 8, tzinfo=UTC)
DIGITS = "604217"
OTHER_DIGITS = "739164"
DRAWN = "829173"

WEEK = {"arrival": "2027-05-01", "departure": "2027-05-08"}
WEEK_IN_WARSAW = ("2027-04-30T22:00:00.000Z", "2027-05-08T21:59:59.000Z")
WEEK_IN_NEW_YORK = ("2027-05-01T04:00:00.000Z", "2027-05-09T03:59:59.000Z")
CREATED = {"pin_id": 1, "result": "created"}

FULL = "Flat has no room for another PIN. Delete one that is no longer needed."
UNREACHABLE = (
    "The PINs of Flat cannot be reached: it is offline, or has no keypad or bridge. "
    "Check in the Tedee app."
)
UNKNOWN = (
    "No clear answer came from the Tedee cloud, so it is not certain whether Flat has stored the "
    "change. The action Get PINs tells."
)

UNFINISHED = (
    "The Tedee cloud gave no clear answer, twice, and Flat has not stored the change so far. "
    "Look with the action Get PINs before you try again."
)


@pytest.fixture(autouse=True)
def unwatched(pins_unwatched: None) -> None:
    """Let nobody else ask for PINs."""


@pytest.fixture
def clock(freezer: FrozenDateTimeFactory) -> ManualClock:
    """Put Home Assistant and the cloud into February 2027."""
    freezer.move_to(FEBRUARY)
    return ManualClock(FEBRUARY)


@pytest.fixture
async def doors(
    hass: HomeAssistant,
    sim: Simulator,
    pauses: list[float],  # noqa: ARG001  with the time standing still, pauses would never end
) -> tuple[SimLock, SimLock]:
    """Add an account with the doors of two cities."""
    doors = (
        sim.account.add_lock("Front door", time_zone=WARSAW),
        sim.account.add_lock("Flat", time_zone=NEW_YORK),
    )
    await add_account(hass, sim)
    return doors


async def add(
    hass: HomeAssistant, *entity_ids: str, respond: bool = True, **data: Any
) -> dict[str, Any]:
    """Add the guest."""
    response: dict[str, Any] = await act(
        hass,
        f"{DOMAIN}.add_guest",
        {"alias": "Guest", **WEEK, **data},
        respond=respond,
        entity_id=list(entity_ids or (DOOR, FLAT)),
    )
    return response


async def remove(hass: HomeAssistant, *, respond: bool = True, alias: str = "Guest") -> Any:
    """Remove the guest."""
    return await act(
        hass,
        f"{DOMAIN}.remove_guest",
        {"alias": alias},
        respond=respond,
        entity_id=[DOOR, FLAT],
    )


def guest(lock: SimLock) -> dict[str, Any]:
    """Return the guest's PIN in a lock."""
    pin_id = lock.pins.find("Guest")
    assert pin_id is not None
    return lock.pins[pin_id]


def window(lock: SimLock) -> tuple[str, str]:
    """Return from when to when the guest may enter."""
    pin = guest(lock)
    assert [pin[name] for name in ("dayStartTime", "dayEndTime", "weekDays")] == [None] * 3
    return pin["startDate"], pin["endDate"]


# --- The responses ----------------------------------------------------------------------------


async def test_a_guest_gets_one_pin_for_all_doors(
    hass: HomeAssistant, sim: Simulator, doors: tuple[SimLock, SimLock]
) -> None:
    """The response has the digits once, and each lock with what was done."""
    with patch(f"custom_components.{DOMAIN}.pin_store.draw_pin", side_effect=[DRAWN]) as drawn:
        response = await add(hass)

    assert response == {"pin": DRAWN, "locks": {DOOR: CREATED, FLAT: CREATED}}
    assert [guest(door)["pin"] for door in doors] == [DRAWN] * 2
    assert [asked(sim, door) for door in doors] == [["GET", "POST"]] * 2
    drawn.assert_called_once_with(6)


async def test_the_length_of_the_digits_can_be_chosen(
    hass: HomeAssistant, doors: tuple[SimLock, SimLock]
) -> None:
    """As a form or a template gives it."""
    lengths: list[Any] = [5, 7.0, "8"]
    for length in lengths:
        response = await add(hass, alias=f"Guest {length}", length=length)
        assert len(response["pin"]) == int(length)
    assert len(doors[0].pins) == 3


async def test_given_digits_are_in_the_response_as_well(
    hass: HomeAssistant, doors: tuple[SimLock, SimLock]
) -> None:
    """So that what sends the message to the guest has one place to look."""
    response = await add(hass, pin=DIGITS)

    assert response == {"pin": DIGITS, "locks": {DOOR: CREATED, FLAT: CREATED}}
    assert [guest(door)["pin"] for door in doors] == [DIGITS] * 2


async def test_a_door_that_refuses_is_named_with_its_reason(
    hass: HomeAssistant, sim: Simulator, doors: tuple[SimLock, SimLock]
) -> None:
    """The other one lets the guest in."""
    sim.faults.add(Fault(status=412), method="POST", path=f"/my/lock/{doors[1].id}/pin")

    response = await add(hass, pin=DIGITS)

    assert response == {"pin": DIGITS, "locks": {DOOR: CREATED, FLAT: {"error": FULL}}}
    assert len(doors[1].pins) == 0


async def test_a_door_that_refuses_with_all_or_nothing(
    hass: HomeAssistant, sim: Simulator, doors: tuple[SimLock, SimLock]
) -> None:
    """No door has the PIN in the end."""
    sim.faults.add(Fault(status=412), method="POST", path=f"/my/lock/{doors[1].id}/pin")

    with pytest.raises(HomeAssistantError) as caught:
        await add(hass, all_or_nothing=True)

    assert caught.value.translation_key == "several_failed"
    assert [len(door.pins) for door in doors] == [0, 0]


async def test_digits_that_a_door_may_have_are_told(
    hass: HomeAssistant, sim: Simulator, doors: tuple[SimLock, SimLock]
) -> None:
    """Nobody knows whether the door has stored them: the response has both, PIN and error."""
    pins = f"/my/lock/{doors[1].id}/pin**"
    sim.faults.add(Fault(status=504, worked=True), method="POST", path=pins)
    sim.faults.add(Fault(status=428), method="GET", path=pins, after=1, times=None)

    response = await add(hass, FLAT)

    assert response == {"pin": guest(doors[1])["pin"], "locks": {FLAT: {"error": UNKNOWN}}}


async def test_digits_that_a_door_may_have_later_are_told(
    hass: HomeAssistant, sim: Simulator, doors: tuple[SimLock, SimLock]
) -> None:
    """What was sent twice without an answer may come yet; the other door has it already."""
    pins = f"/my/lock/{doors[1].id}/pin**"
    sim.faults.add(Fault(status=504), method="POST", path=pins, times=None)

    response = await add(hass)

    assert response == {
        "pin": guest(doors[0])["pin"],
        "locks": {DOOR: CREATED, FLAT: {"error": UNFINISHED}},
    }
    assert {call.json["pin"] for call in sim.calls("POST")} == {response["pin"]}


async def test_a_door_with_digits_of_its_own_is_named_with_them(
    hass: HomeAssistant, sim: Simulator, doors: tuple[SimLock, SimLock]
) -> None:
    """The guest's digits had to be drawn again, and one door could not be asked any more."""
    pins = f"/my/lock/{doors[1].id}/pin**"
    sim.faults.add(Fault(status=504, worked=True), method="POST", path=pins)
    sim.faults.add(Fault(status=428), method="GET", path=pins, after=1, times=None)
    doors[0].pins.add("Neighbour", DRAWN)

    draws = (DRAWN, OTHER_DIGITS)
    with patch(f"custom_components.{DOMAIN}.pin_store.draw_pin", side_effect=draws):
        response = await add(hass)

    assert response == {
        "pin": OTHER_DIGITS,
        "locks": {
            DOOR: {"pin_id": 2, "result": "created"},
            FLAT: {"error": UNKNOWN, "pin": DRAWN},
        },
    }
    assert [guest(door)["pin"] for door in doors] == [OTHER_DIGITS, DRAWN]


async def test_a_guest_without_a_response(
    hass: HomeAssistant, doors: tuple[SimLock, SimLock]
) -> None:
    """Is for who knows the digits already; drawn ones would be lost."""
    assert await add(hass, respond=False, pin=DIGITS) is None
    assert [guest(door)["pin"] for door in doors] == [DIGITS] * 2

    with pytest.raises(ServiceValidationError) as caught:
        await add(hass, respond=False, alias="Other")
    assert caught.value.translation_key == "response_needed"


async def test_a_guest_leaves_by_all_doors(
    hass: HomeAssistant, sim: Simulator, doors: tuple[SimLock, SimLock]
) -> None:
    """Each door says whether it had the PIN; who is gone already is as good as removed."""
    await add(hass, DOOR)
    sim.clear()

    assert await remove(hass) == {"locks": {DOOR: {"deleted": True}, FLAT: {"deleted": False}}}
    assert await remove(hass) == {"locks": {DOOR: {"deleted": False}, FLAT: {"deleted": False}}}

    assert len(doors[0].pins) == 0
    assert asked(sim, doors[0]) == ["GET", "DELETE /1", "GET"]
    assert asked(sim, doors[1]) == ["GET", "GET"]


@pytest.mark.parametrize("respond", [True, False])
async def test_a_door_that_a_guest_cannot_be_removed_from(
    hass: HomeAssistant, doors: tuple[SimLock, SimLock], *, respond: bool
) -> None:
    """It is named, or raised for who waits for no response; the other one is served."""
    await add(hass)
    doors[1].connected = False

    if respond:
        answer = await remove(hass)
        assert answer == {"locks": {DOOR: {"deleted": True}, FLAT: {"error": UNREACHABLE}}}
    else:
        with pytest.raises(HomeAssistantError) as caught:
            await remove(hass, respond=False)
        assert f"{caught.value}." == UNREACHABLE

    assert [len(door.pins) for door in doors] == [0, 1]


async def test_only_the_named_guest_leaves(
    hass: HomeAssistant, doors: tuple[SimLock, SimLock]
) -> None:
    """A name is what it is, to the letter."""
    for alias in ("Guest", "Guest 2", "guest"):
        await add(hass, alias=alias)

    await remove(hass)

    left = [pin["alias"] for pin in doors[0].pins.entries.values()]
    assert left == ["Guest 2", "guest"]


# --- When a guest may enter -------------------------------------------------------------------


async def test_dates_alone_are_whole_days_where_the_door_is(
    hass: HomeAssistant, doors: tuple[SimLock, SimLock]
) -> None:
    """From the first midnight to the last second, by the clock of each door."""
    await add(hass)

    assert [window(door) for door in doors] == [WEEK_IN_WARSAW, WEEK_IN_NEW_YORK]


@pytest.mark.parametrize(
    ("arrival", "departure"),
    [
        ("2027-05-01 15:00", "2027-05-08 11:00"),
        ("2027-05-01T15:00:00", "2027-05-08T11:00:00"),
        (datetime(2027, 5, 1, 15), datetime(2027, 5, 8, 11)),  # noqa: DTZ001  as YAML gives them
    ],
)
async def test_times_without_a_zone_are_those_of_the_door(
    hass: HomeAssistant, doors: tuple[SimLock, SimLock], arrival: object, departure: object
) -> None:
    """Three o'clock is three o'clock in both cities."""
    await add(hass, arrival=arrival, departure=departure)

    assert [window(door) for door in doors] == [
        ("2027-05-01T13:00:00.000Z", "2027-05-08T09:00:00.000Z"),
        ("2027-05-01T19:00:00.000Z", "2027-05-08T15:00:00.000Z"),
    ]


async def test_times_with_a_zone_are_one_moment(
    hass: HomeAssistant, doors: tuple[SimLock, SimLock]
) -> None:
    """The same at every door, as a calendar's event has it."""
    await add(hass, arrival="2027-05-01 15:00+02:00", departure="2027-05-08T11:00:00Z")

    moment = ("2027-05-01T13:00:00.000Z", "2027-05-08T11:00:00.000Z")
    assert [window(door) for door in doors] == [moment] * 2


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        ({"early_minutes": 30}, ("2027-05-01T12:30:00.000Z", "2027-05-08T09:00:00.000Z")),
        ({"late_minutes": 90}, ("2027-05-01T13:00:00.000Z", "2027-05-08T10:30:00.000Z")),
        (
            {"early_minutes": "45", "late_minutes": 15.0},
            ("2027-05-01T12:15:00.000Z", "2027-05-08T09:15:00.000Z"),
        ),
        (
            {"early_minutes": 10080, "late_minutes": 10080},
            ("2027-04-24T13:00:00.000Z", "2027-05-15T09:00:00.000Z"),
        ),
        (
            {"early_minutes": 0, "late_minutes": "0"},
            ("2027-05-01T13:00:00.000Z", "2027-05-08T09:00:00.000Z"),
        ),
    ],
)
async def test_minutes_before_and_after(
    hass: HomeAssistant,
    doors: tuple[SimLock, SimLock],
    minutes: dict[str, Any],
    expected: tuple[str, str],
) -> None:
    """Early guests and late ones, up to a week."""
    await add(hass, DOOR, arrival="2027-05-01 15:00", departure="2027-05-08 11:00", **minutes)

    assert window(doors[0]) == expected


async def test_minutes_around_whole_days(
    hass: HomeAssistant, doors: tuple[SimLock, SimLock]
) -> None:
    """They count from midnight to midnight."""
    await add(hass, DOOR, early_minutes=60, late_minutes=60)

    assert window(doors[0]) == ("2027-04-30T21:00:00.000Z", "2027-05-08T22:59:59.000Z")


CLOCK_CHANGES = [
    # 28 March 2027, 2:00 becomes 3:00 in Warsaw; 31 October, 3:00 becomes 2:00
    (WARSAW, "2027-03-28", "2027-03-28", "2027-03-27T23:00:00", "2027-03-28T21:59:59"),
    (WARSAW, "2027-10-31", "2027-10-31", "2027-10-30T22:00:00", "2027-10-31T22:59:59"),
    (WARSAW, "2027-03-27", "2027-03-29", "2027-03-26T23:00:00", "2027-03-29T21:59:59"),
    (WARSAW, "2027-10-30", "2027-11-01", "2027-10-29T22:00:00", "2027-11-01T22:59:59"),
    (WARSAW, "2027-03-28 01:59", "2027-03-28 03:00", "2027-03-28T00:59:00", "2027-03-28T01:00:00"),
    # A time that does not exist comes as late as if the clock had not been changed
    (WARSAW, "2027-03-28 02:30", "2027-03-28 15:00", "2027-03-28T01:30:00", "2027-03-28T13:00:00"),
    # A time that comes twice is the first of both for an arrival, and the second for a departure
    (WARSAW, "2027-10-31 02:30", "2027-10-31 15:00", "2027-10-31T00:30:00", "2027-10-31T14:00:00"),
    (WARSAW, "2027-10-30 15:00", "2027-10-31 02:30", "2027-10-30T13:00:00", "2027-10-31T01:30:00"),
    (NEW_YORK, "2027-03-14", "2027-03-14", "2027-03-14T05:00:00", "2027-03-15T03:59:59"),
    (NEW_YORK, "2027-11-07", "2027-11-07", "2027-11-07T04:00:00", "2027-11-08T04:59:59"),
    # In Santiago, 4 April begins with an hour of the day before coming again, 5 September at one
    ("America/Santiago", "2027-04-03", "2027-04-03", "2027-04-03T03:00:00", "2027-04-04T03:59:59"),
    ("America/Santiago", "2027-04-04", "2027-04-04", "2027-04-04T04:00:00", "2027-04-05T03:59:59"),
    ("America/Santiago", "2027-09-05", "2027-09-05", "2027-09-05T04:00:00", "2027-09-06T02:59:59"),
    # In Nuuk, the last hour of 27 March is left out
    ("America/Nuuk", "2027-03-27", "2027-03-27", "2027-03-27T02:00:00", "2027-03-28T00:59:59"),
    ("America/Nuuk", "2027-03-28", "2027-03-28", "2027-03-28T01:00:00", "2027-03-29T00:59:59"),
]


@pytest.mark.parametrize(("zone", "arrival", "departure", "start", "end"), CLOCK_CHANGES)
async def test_days_of_a_clock_change(
    hass: HomeAssistant,
    sim: Simulator,
    pauses: list[float],
    zone: str,
    arrival: str,
    departure: str,
    start: str,
    end: str,
) -> None:
    """A day is as long as it is there: 23, 24 or 25 hours."""
    door = sim.account.add_lock("Front door", time_zone=zone)
    await add_account(hass, sim)

    await add(hass, DOOR, arrival=arrival, departure=departure)

    assert window(door) == (f"{start}.000Z", f"{end}.000Z")
    assert pauses == []


@pytest.mark.parametrize(
    ("arrival", "departure", "expected"),
    [
        # Half past three is two hours and a half after midnight
        (
            "2027-03-28 03:30",
            "2027-03-28 12:00",
            ("2027-03-28T00:30:00.000Z", "2027-03-28T11:00:00.000Z"),
        ),
        # Half past two comes twice, and a stay ends with the second one
        (
            "2027-10-30 12:00",
            "2027-10-31 02:30",
            ("2027-10-30T09:00:00.000Z", "2027-10-31T02:30:00.000Z"),
        ),
    ],
)
async def test_minutes_over_a_clock_change_are_real_ones(
    hass: HomeAssistant,
    doors: tuple[SimLock, SimLock],
    arrival: str,
    departure: str,
    expected: tuple[str, str],
) -> None:
    """An hour early is an hour that passes."""
    await add(hass, DOOR, arrival=arrival, departure=departure, early_minutes=60, late_minutes=60)

    assert window(doors[0]) == expected


# --- The same guest again ---------------------------------------------------------------------


async def test_the_same_call_again_changes_nothing(
    hass: HomeAssistant, sim: Simulator, doors: tuple[SimLock, SimLock]
) -> None:
    """It tells the digits once more, and writes nothing."""
    first = await add(hass, early_minutes=30)
    sim.clear()

    again = await add(hass, early_minutes=30)

    kept = {"pin_id": 1, "result": "kept"}
    assert again == {"pin": first["pin"], "locks": {DOOR: kept, FLAT: kept}}
    assert [asked(sim, door) for door in doors] == [["GET", "GET /1"]] * 2


async def test_a_moved_stay_keeps_its_digits(
    hass: HomeAssistant, sim: Simulator, doors: tuple[SimLock, SimLock]
) -> None:
    """One call moves the window at every door; nothing is ever without a PIN."""
    first = await add(hass)
    sim.clear()

    moved = await add(hass, departure="2027-05-10")

    updated = {"pin_id": 1, "result": "updated"}
    assert moved == {"pin": first["pin"], "locks": {DOOR: updated, FLAT: updated}}
    assert [window(door)[1] for door in doors] == [
        "2027-05-10T21:59:59.000Z",
        "2027-05-11T03:59:59.000Z",
    ]
    assert [window(door)[0] for door in doors] == [WEEK_IN_WARSAW[0], WEEK_IN_NEW_YORK[0]]
    assert [guest(door)["pin"] for door in doors] == [first["pin"]] * 2
    assert [asked(sim, door) for door in doors] == [["GET", "GET /1", "PUT /1"]] * 2


async def test_a_stay_that_has_begun_can_be_extended(
    hass: HomeAssistant, doors: tuple[SimLock, SimLock], freezer: FrozenDateTimeFactory
) -> None:
    """The arrival may lie in the past."""
    await add(hass)
    freezer.move_to("2027-05-05 08:00:00+00:00")

    response = await add(hass, departure="2027-05-09")

    assert response["locks"][DOOR]["result"] == "updated"
    assert window(doors[0]) == (WEEK_IN_WARSAW[0], "2027-05-09T21:59:59.000Z")


async def test_other_limits_of_a_guest_stay(
    hass: HomeAssistant, doors: tuple[SimLock, SimLock]
) -> None:
    """Week days that somebody has set in the vendor's app are not the stay's business."""
    doors[0].pins.add("Guest", DIGITS, weekDays=96)

    await add(hass, DOOR)

    pin = guest(doors[0])
    assert (pin["pin"], pin["weekDays"]) == (DIGITS, 96)
    assert (pin["startDate"], pin["endDate"]) == WEEK_IN_WARSAW


async def test_a_door_that_was_missing_gets_the_same_digits(
    hass: HomeAssistant, sim: Simulator, doors: tuple[SimLock, SimLock]
) -> None:
    """The first call reached one door only; the same call again completes it."""
    doors[1].connected = False
    first = await add(hass)
    assert first["locks"] == {DOOR: CREATED, FLAT: {"error": UNREACHABLE}}
    doors[1].connected = True
    sim.clear()

    again = await add(hass)

    assert again == {
        "pin": first["pin"],
        "locks": {DOOR: {"pin_id": 1, "result": "kept"}, FLAT: CREATED},
    }
    assert [guest(door)["pin"] for door in doors] == [first["pin"]] * 2
    assert [asked(sim, door) for door in doors] == [["GET", "GET /1"], ["GET", "POST"]]


@pytest.mark.parametrize(("given", "digits"), [({}, OTHER_DIGITS), ({"pin": "918273"}, "918273")])
async def test_doors_with_different_digits_get_the_same(
    hass: HomeAssistant, doors: tuple[SimLock, SimLock], given: dict[str, Any], digits: str
) -> None:
    """The given ones, or those of the door whose entity comes first by name."""
    doors[0].pins.add("Guest", DIGITS)
    doors[1].pins.add("Guest", OTHER_DIGITS)

    response = await add(hass, **given)

    assert response["pin"] == digits
    assert [guest(door)["pin"] for door in doors] == [digits] * 2
    assert [window(door) for door in doors] == [WEEK_IN_WARSAW, WEEK_IN_NEW_YORK]


async def test_a_guest_can_be_given_other_digits(
    hass: HomeAssistant, doors: tuple[SimLock, SimLock]
) -> None:
    """The old ones open no door any more."""
    await add(hass)

    response = await add(hass, pin="918273")

    assert response["pin"] == "918273"
    assert [pin["pin"] for door in doors for pin in door.pins.entries.values()] == ["918273"] * 2


# --- What is refused --------------------------------------------------------------------------

BAD = [
    ({"early_minutes": -1}, "minutes_not_understood"),
    ({"early_minutes": 10081}, "minutes_not_understood"),
    ({"late_minutes": 1.5}, "minutes_not_understood"),
    ({"late_minutes": "soon"}, "minutes_not_understood"),
    ({"late_minutes": None}, "minutes_not_understood"),
    ({"late_minutes": [5]}, "minutes_not_understood"),
    ({"late_minutes": "nan"}, "minutes_not_understood"),
    ({"early_minutes": "inf"}, "minutes_not_understood"),
    ({"length": 4}, "pin_length"),
    ({"length": 9}, "pin_length"),
    ({"length": 6.5}, "pin_length"),
    ({"length": "long"}, "pin_length"),
    ({"length": None}, "pin_length"),
    ({"pin": "12345"}, "pin_sequence"),
    ({"pin": "11112"}, "pin_variety"),
    ({"pin": ""}, "pin_blank"),
    ({"pin": None}, "pin_blank"),
    ({"alias": " "}, "alias_blank"),
    ({"arrival": "soon"}, "date_not_understood"),
    ({"arrival": None}, "date_not_understood"),
    ({"arrival": "2027-02-30"}, "date_not_understood"),
    ({"arrival": ""}, "date_not_understood"),
    ({"departure": "15:00"}, "date_not_understood"),
    ({"departure": "0001-01-01T00:00:00+14:00"}, "date_not_understood"),
    ({"departure": "9999-12-31", "late_minutes": 10080}, "date_not_understood"),
    ({"departure": "2027-04-30"}, "end_date_before_start"),
    ({"arrival": "2027-05-01 11:00", "departure": "2027-05-01 11:00"}, "end_date_before_start"),
    ({"arrival": "2027-01-01", "departure": "2027-01-31"}, "end_date_in_past"),
]


@pytest.mark.parametrize(("data", "key"), BAD)
async def test_what_cannot_be_is_refused_before_anything_is_asked(
    hass: HomeAssistant,
    sim: Simulator,
    doors: tuple[SimLock, SimLock],
    data: dict[str, Any],
    key: str,
) -> None:
    """With the sentence for it; one bad field is enough for all doors."""
    with pytest.raises(ServiceValidationError) as caught:
        await add(hass, **data)

    assert caught.value.translation_key == key
    assert sim.calls(path=PINS) == []
    assert [len(door.pins) for door in doors] == [0, 0]


@pytest.mark.usefixtures("doors")
async def test_a_stay_that_has_ended_in_one_city_only_is_refused_for_both(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """In Warsaw it is over, in New York it is evening."""
    freezer.move_to("2027-05-09 01:00:00+00:00")

    with pytest.raises(ServiceValidationError) as caught:
        await add(hass)

    assert caught.value.translation_key == "end_date_in_past"
    assert sim.calls(path=PINS) == []


@pytest.mark.usefixtures("doors")
@pytest.mark.parametrize(
    "data",
    [
        {"pin": DIGITS, "length": 6},
        {"if_exists": "keep"},
        {"week_days": ["mon"]},
        {"all_or_nothing": "perhaps"},
    ],
)
async def test_what_makes_no_sense_is_refused(
    hass: HomeAssistant, sim: Simulator, data: dict[str, Any]
) -> None:
    """Before any request leaves."""
    with pytest.raises(vol.Invalid):
        await add(hass, **data)

    assert sim.calls(path=PINS) == []


@pytest.mark.usefixtures("doors")
@pytest.mark.parametrize("missing", ["alias", "arrival", "departure"])
async def test_a_stay_needs_a_name_and_its_ends(
    hass: HomeAssistant, sim: Simulator, missing: str
) -> None:
    """None of them has a default that would be right."""
    data = {"alias": "Guest", **WEEK}
    del data[missing]

    with pytest.raises(vol.Invalid):
        await act(hass, f"{DOMAIN}.add_guest", data, respond=True, entity_id=DOOR)
    with pytest.raises(vol.Invalid):
        await act(hass, f"{DOMAIN}.remove_guest", {}, entity_id=DOOR)

    assert sim.calls(path=PINS) == []
