"""The fields of a PIN in the lock's own time, and changes that keep everything else."""

from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError

from .common import act, add_account
from .simulator import Fault, ManualClock, SimLock, Simulator

DOOR = "lock.front_door"
SEPTEMBER = datetime(2021, 9, 15, 8, tzinfo=UTC)
WARSAW = "Europe/Warsaw"
NEW_YORK = "America/New_York"
DIGITS = "482913"

WIRE_NAMES = {
    "alias": "alias",
    "pin": "pin",
    "start_date": "startDate",
    "end_date": "endDate",
    "day_start_time": "dayStartTime",
    "day_end_time": "dayEndTime",
    "week_days": "weekDays",
}


@pytest.fixture
def clock(freezer: FrozenDateTimeFactory) -> ManualClock:
    """Put Home Assistant and the cloud into September 2021, when the examples were written."""
    freezer.move_to(SEPTEMBER)
    return ManualClock(SEPTEMBER)


@pytest.fixture(autouse=True)
def september(clock: ManualClock) -> None:
    """Freeze the time before anything else starts."""


async def add_door(hass: HomeAssistant, sim: Simulator, time_zone: str | None) -> SimLock:
    """Add the account with one lock in a time zone."""
    door = sim.account.add_lock("Front door", lock_id=123, time_zone=time_zone)
    await add_account(hass, sim)
    return door


async def create(hass: HomeAssistant, fields: dict[str, Any]) -> None:
    """Create a PIN with a schedule."""
    await act(
        hass,
        "tedee_cloud.create_pin",
        {"alias": "Guest", "pin": DIGITS, **fields},
        entity_id=DOOR,
    )


async def update(hass: HomeAssistant, fields: dict[str, Any]) -> None:
    """Change PIN 1."""
    await act(hass, "tedee_cloud.update_pin", {"pin_id": 1, **fields}, entity_id=DOOR)


def sent_schedule(sim: Simulator) -> dict[str, Any]:
    """Return the limits in the one request that created a PIN."""
    [call] = sim.calls("POST")
    assert call.json["alias"] == "Guest"
    assert call.json["pin"] == DIGITS
    return {name: value for name, value in call.json.items() if name not in ("alias", "pin")}


# --- Dates ------------------------------------------------------------------------------------

DATES = [
    pytest.param(WARSAW, "2021-10-01 15:00:00", "2021-10-01T13:00:00.000Z", id="summer"),
    pytest.param(WARSAW, "2021-12-01 15:00:00", "2021-12-01T14:00:00.000Z", id="winter"),
    pytest.param(WARSAW, "2021-10-01T15:00", "2021-10-01T13:00:00.000Z", id="ISO, no seconds"),
    pytest.param(WARSAW, "2021-10-01 15:00:00.25", "2021-10-01T13:00:00.250Z", id="fraction"),
    pytest.param(WARSAW, "2021-10-01T15:00:00Z", "2021-10-01T15:00:00.000Z", id="UTC said"),
    pytest.param(WARSAW, "2021-10-01T15:00:00+05:30", "2021-10-01T09:30:00.000Z", id="zone said"),
    pytest.param(WARSAW, "2021-10-01 20:00-04:00", "2021-10-02T00:00:00.000Z", id="next day"),
    pytest.param(NEW_YORK, "2021-10-01 22:00", "2021-10-02T02:00:00.000Z", id="behind UTC"),
    pytest.param("UTC", "2021-10-01 15:00", "2021-10-01T15:00:00.000Z", id="UTC"),
    pytest.param(
        WARSAW,
        datetime(2021, 10, 1, 15),  # noqa: DTZ001  a person names no zone
        "2021-10-01T13:00:00.000Z",
        id="datetime object",
    ),
    pytest.param(
        WARSAW,
        datetime(2021, 10, 1, 15, tzinfo=ZoneInfo("Asia/Tokyo")),
        "2021-10-01T06:00:00.000Z",
        id="datetime object with a zone",
    ),
    pytest.param(None, "2021-10-01 15:00", "2021-10-01T06:00:00.000Z", id="no zone at the lock"),
    pytest.param("", "2021-10-01 15:00", "2021-10-01T06:00:00.000Z", id="empty zone"),
    pytest.param(
        "Central European Standard Time",
        "2021-10-01 15:00",
        "2021-10-01T06:00:00.000Z",
        id="zone of another system",
    ),
    pytest.param("Nowhere/City", "2021-10-01 15:00", "2021-10-01T06:00:00.000Z", id="no such zone"),
    pytest.param("Europe", "2021-10-01 15:00", "2021-10-01T06:00:00.000Z", id="half a zone"),
    pytest.param("/etc/passwd", "2021-10-01 15:00", "2021-10-01T06:00:00.000Z", id="a path"),
    pytest.param("../UTC", "2021-10-01 15:00", "2021-10-01T06:00:00.000Z", id="a path upwards"),
]


@pytest.mark.parametrize(("zone", "said", "sent"), DATES)
@pytest.mark.parametrize("field", ["start_date", "end_date"])
async def test_a_date_is_the_locks_own_time(
    hass: HomeAssistant, sim: Simulator, field: str, zone: str | None, said: object, sent: str
) -> None:
    """Without a zone it is the lock's, or Home Assistant's where the lock has none; sent is UTC."""
    await hass.config.async_set_time_zone("Asia/Tokyo")
    await add_door(hass, sim, zone)

    await create(hass, {field: said})

    assert sent_schedule(sim) == {WIRE_NAMES[field]: sent}


@pytest.mark.parametrize("said", ["2021-10-01", date(2021, 10, 1)], ids=["text", "object"])
async def test_a_date_alone_is_the_whole_day(
    hass: HomeAssistant, sim: Simulator, said: object
) -> None:
    """It starts with its first second in the lock's zone and ends with its last."""
    await add_door(hass, sim, WARSAW)

    await create(hass, {"start_date": said, "end_date": said})

    assert sent_schedule(sim) == {
        "startDate": "2021-09-30T22:00:00.000Z",
        "endDate": "2021-10-01T21:59:59.000Z",
    }


async def test_today_alone_still_lies_ahead(hass: HomeAssistant, sim: Simulator) -> None:
    """A PIN until today is valid until midnight."""
    await add_door(hass, sim, WARSAW)

    await create(hass, {"end_date": "2021-09-15"})

    assert sent_schedule(sim) == {"endDate": "2021-09-15T21:59:59.000Z"}


NOT_UNDERSTOOD = (
    "A start or end date was not understood. Write it like 2027-05-01 or 2027-05-01 15:00"
)
IN_PAST = "The end date of the PIN has passed already. Give a later one"
NOT_AFTER = "The end date of a PIN must be after its start date. Correct one of them"

BAD_DATES = [
    pytest.param({"start_date": ""}, NOT_UNDERSTOOD, id="empty"),
    pytest.param({"start_date": "tomorrow"}, NOT_UNDERSTOOD, id="word"),
    pytest.param({"start_date": "15:00"}, NOT_UNDERSTOOD, id="time"),
    pytest.param({"start_date": "01.10.2021"}, NOT_UNDERSTOOD, id="other order"),
    pytest.param({"start_date": "2021-02-30"}, NOT_UNDERSTOOD, id="no such day"),
    pytest.param({"start_date": 20211001}, NOT_UNDERSTOOD, id="number"),
    pytest.param({"start_date": True}, NOT_UNDERSTOOD, id="truth value"),
    pytest.param({"start_date": ["2021-10-01"]}, NOT_UNDERSTOOD, id="list"),
    pytest.param({"end_date": {"year": 2021}}, NOT_UNDERSTOOD, id="object"),
    pytest.param({"end_date": time(15)}, NOT_UNDERSTOOD, id="time object"),
    pytest.param({"start_date": "2021-02-30 15:00"}, NOT_UNDERSTOOD, id="no such day, with time"),
    pytest.param({"end_date": "2021-10-01 25:00"}, NOT_UNDERSTOOD, id="no such hour"),
    pytest.param({"end_date": "2021-13-01 10:00:00"}, NOT_UNDERSTOOD, id="no such month"),
    pytest.param({"start_date": "0001-01-01 00:00"}, NOT_UNDERSTOOD, id="before all time"),
    pytest.param({"end_date": "9999-12-31 23:59-01:00"}, NOT_UNDERSTOOD, id="after all time"),
    pytest.param({"end_date": "2021-09-15 07:59:59+00:00"}, IN_PAST, id="a second ago"),
    pytest.param({"end_date": "2021-09-15 08:00:00+00:00"}, IN_PAST, id="now"),
    pytest.param({"end_date": "2021-09-15 10:00"}, IN_PAST, id="now in the lock's zone"),
    pytest.param({"end_date": "2021-09-14"}, IN_PAST, id="yesterday"),
    pytest.param(
        {"start_date": "2021-10-02", "end_date": "2021-10-01"}, NOT_AFTER, id="end before start"
    ),
    pytest.param(
        {"start_date": "2021-10-01 10:00", "end_date": "2021-10-01 10:00"},
        NOT_AFTER,
        id="end is start",
    ),
    pytest.param(
        {"start_date": "2021-10-01 10:00", "end_date": "2021-10-01T08:00:00Z"},
        NOT_AFTER,
        id="end is start in another zone",
    ),
]


@pytest.mark.parametrize(("fields", "sentence"), BAD_DATES)
@pytest.mark.parametrize("action", [create, update])
async def test_a_bad_date_is_refused_before_any_request(
    hass: HomeAssistant, sim: Simulator, action: Any, fields: dict[str, Any], sentence: str
) -> None:
    """Dates that cannot be are told by their own sentence, whatever the PIN holds now."""
    door = sim.account.add_lock("Front door", time_zone=WARSAW)
    door.pins.add("Cleaner", DIGITS)
    await add_account(hass, sim)

    with pytest.raises(ServiceValidationError) as caught:
        await action(hass, fields)

    assert str(caught.value) == sentence
    assert sim.requests == []
    assert len(door.pins) == 1


# --- Hours and week days ----------------------------------------------------------------------

UTC_DAY = {
    "dayStartTime": "2021-09-15T00:00:00.000Z",
    "dayEndTime": "2021-09-15T23:59:59.000Z",
}
WINDOWS = [
    pytest.param(
        "UTC",
        {"day_start_time": "10:00:00", "day_end_time": "18:00:00", "week_days": ["mon"]},
        {
            "dayStartTime": "2021-09-15T10:00:00.000Z",
            "dayEndTime": "2021-09-15T18:00:00.000Z",
            "weekDays": 1,
        },
        id="no start date: today",
    ),
    pytest.param(
        "UTC",
        {"start_date": "2021-10-01", "day_start_time": "10:00", "day_end_time": "18:00"},
        {
            "startDate": "2021-10-01T00:00:00.000Z",
            "dayStartTime": "2021-10-01T10:00:00.000Z",
            "dayEndTime": "2021-10-01T18:00:00.000Z",
        },
        id="first day",
    ),
    pytest.param(
        WARSAW,
        {"start_date": "2021-12-01", "day_start_time": "10:00", "day_end_time": "18:00"},
        {
            "startDate": "2021-11-30T23:00:00.000Z",
            "dayStartTime": "2021-12-01T09:00:00.000Z",
            "dayEndTime": "2021-12-01T17:00:00.000Z",
        },
        id="winter by the start date",
    ),
    pytest.param(
        WARSAW,
        {"start_date": "2021-01-01", "day_start_time": "10:00", "day_end_time": "18:00"},
        {
            "startDate": "2020-12-31T23:00:00.000Z",
            "dayStartTime": "2021-09-15T08:00:00.000Z",
            "dayEndTime": "2021-09-15T16:00:00.000Z",
        },
        id="summer by today, the start is past",
    ),
    pytest.param(
        WARSAW,
        {"day_start_time": "00:30", "day_end_time": "06:00", "week_days": ["mon", "wed"]},
        {
            "dayStartTime": "2021-09-14T22:30:00.000Z",
            "dayEndTime": "2021-09-15T04:00:00.000Z",
            "weekDays": 64 + 2,
        },
        id="week days move back",
    ),
    pytest.param(
        NEW_YORK,
        {"day_start_time": "22:00", "day_end_time": "23:30", "week_days": ["sun", "wed"]},
        {
            "dayStartTime": "2021-09-16T02:00:00.000Z",
            "dayEndTime": "2021-09-16T03:30:00.000Z",
            "weekDays": 1 + 8,
        },
        id="week days move on",
    ),
    pytest.param(
        WARSAW,
        {"day_start_time": "22:00", "day_end_time": "06:00", "week_days": ["fri"]},
        {
            "dayStartTime": "2021-09-15T20:00:00.000Z",
            "dayEndTime": "2021-09-15T04:00:00.000Z",
            "weekDays": 16,
        },
        id="over midnight",
    ),
    pytest.param(
        WARSAW,
        {"day_start_time": time(8), "day_end_time": time(12, 30)},
        {
            "dayStartTime": "2021-09-15T06:00:00.000Z",
            "dayEndTime": "2021-09-15T10:30:00.000Z",
        },
        id="time objects",
    ),
    pytest.param(
        WARSAW,
        {"week_days": ["mon", "wed"]},
        {
            "dayStartTime": "2021-09-14T22:00:00.000Z",
            "dayEndTime": "2021-09-15T21:59:59.000Z",
            "weekDays": 64 + 2,
        },
        id="days alone are whole days in Warsaw",
    ),
    pytest.param(
        NEW_YORK,
        {"week_days": ["sun", "wed"]},
        {
            "dayStartTime": "2021-09-15T04:00:00.000Z",
            "dayEndTime": "2021-09-16T03:59:59.000Z",
            "weekDays": 64 + 4,
        },
        id="days alone are whole days in New York",
    ),
    pytest.param("UTC", {"week_days": "sat"}, {**UTC_DAY, "weekDays": 32}, id="one day, no list"),
    pytest.param("UTC", {"week_days": ["sun", "mon"]}, {**UTC_DAY, "weekDays": 65}, id="any order"),
    pytest.param(
        "UTC", {"week_days": ["tue", "tue"]}, {**UTC_DAY, "weekDays": 2}, id="a day said twice"
    ),
    pytest.param(
        WARSAW,
        {"week_days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]},
        {"weekDays": 127},
        id="every day",
    ),
    pytest.param(
        WARSAW,
        dict.fromkeys(("start_date", "end_date", "day_start_time", "day_end_time", "week_days")),
        {},
        id="nothing at all",
    ),
]


async def test_a_window_has_its_hours_on_the_last_day_of_all(
    hass: HomeAssistant, sim: Simulator
) -> None:
    """Of the two instants only the time of day counts, so it cannot matter that none follows."""
    await add_door(hass, sim, NEW_YORK)

    await create(
        hass, {"start_date": "9999-12-31", "day_start_time": "22:00", "day_end_time": "23:00"}
    )

    sent = sent_schedule(sim)
    assert sent["startDate"] == "9999-12-31T05:00:00.000Z"
    assert sent["dayStartTime"].endswith("T03:00:00.000Z")
    assert sent["dayEndTime"].endswith("T04:00:00.000Z")


@pytest.mark.parametrize(("zone", "fields", "sent"), WINDOWS)
async def test_a_window_is_the_locks_own_time(
    hass: HomeAssistant,
    sim: Simulator,
    zone: str,
    fields: dict[str, Any],
    sent: dict[str, Any],
) -> None:
    """Hours are sent in UTC, week days move along; a create sends only what was given."""
    await add_door(hass, sim, zone)

    await create(hass, fields)

    assert sent_schedule(sim) == sent


BAD_CLOCK = 'A time of day was not understood. Write it in quotes, like "15:00"'
ALONE = "A daily window needs both its start and its end. Give both times, or clear both"
SAME = (
    "A daily window from a time to the same time never opens. Give another end, or clear both for "
    "the whole day"
)
BAD_DAY = "A week day was not understood. Give one or more of mon, tue, wed, thu, fri, sat, sun"
NAMELESS = "The name of a PIN is empty. Give it a name that says whose it is"

BAD_WINDOWS = [
    pytest.param({"day_start_time": 54000}, BAD_CLOCK, id="YAML's unquoted 15:00:00"),
    pytest.param({"day_start_time": "25:00"}, BAD_CLOCK, id="no such hour"),
    pytest.param({"day_end_time": "15"}, BAD_CLOCK, id="hour alone"),
    pytest.param({"day_end_time": "noon"}, BAD_CLOCK, id="word"),
    pytest.param({"day_end_time": ""}, BAD_CLOCK, id="empty"),
    pytest.param({"day_end_time": True}, BAD_CLOCK, id="truth value"),
    pytest.param({"day_end_time": ["15:00"]}, BAD_CLOCK, id="list"),
    pytest.param({"day_end_time": time(15, tzinfo=UTC)}, BAD_CLOCK, id="time with a zone"),
    pytest.param({"day_end_time": SEPTEMBER}, BAD_CLOCK, id="date object"),
    pytest.param({"week_days": ["monday"]}, BAD_DAY, id="long name"),
    pytest.param({"week_days": ["MON"]}, BAD_DAY, id="capitals"),
    pytest.param({"week_days": ["mon", "xyz"]}, BAD_DAY, id="one of two"),
    pytest.param({"week_days": 1}, BAD_DAY, id="the vendor's flag"),
    pytest.param({"week_days": ""}, BAD_DAY, id="empty day"),
    pytest.param({"week_days": "mon, tue"}, BAD_DAY, id="days in one text"),
    pytest.param({"alias": ""}, NAMELESS, id="empty name"),
    pytest.param({"alias": " \n"}, NAMELESS, id="blank name"),
]
NO_WINDOWS = [
    pytest.param({"day_start_time": "08:00"}, ALONE, id="start alone"),
    pytest.param({"day_end_time": "08:00"}, ALONE, id="end alone"),
    pytest.param({"day_start_time": "08:00", "day_end_time": None}, ALONE, id="end cleared"),
    pytest.param({"day_start_time": "08:00", "day_end_time": "08:00:00"}, SAME, id="no time"),
    pytest.param({"day_start_time": "00:00", "day_end_time": "00:00"}, SAME, id="midnight"),
    pytest.param({"week_days": []}, BAD_DAY, id="no day"),
]


@pytest.mark.parametrize(
    ("action", "fields", "sentence"),
    [
        pytest.param(action, *row.values, id=f"{action.__name__}-{row.id}")
        for action, table in ((create, BAD_WINDOWS + NO_WINDOWS), (update, BAD_WINDOWS))
        for row in table
    ],
)
async def test_a_bad_window_is_refused_before_any_request(
    hass: HomeAssistant, sim: Simulator, action: Any, fields: dict[str, Any], sentence: str
) -> None:
    """Hours, week days and names that cannot be are told by their own sentence."""
    door = sim.account.add_lock("Front door", time_zone=WARSAW)
    door.pins.add("Cleaner", DIGITS)
    await add_account(hass, sim)

    with pytest.raises(ServiceValidationError) as caught:
        await action(hass, fields)

    assert str(caught.value) == sentence
    assert sim.requests == []
    assert len(door.pins) == 1


# --- Reading ----------------------------------------------------------------------------------

STORED: dict[str, Any] = {
    "startDate": "2021-10-01T00:00:00.000Z",
    "endDate": "2021-12-31T00:00:00.000Z",
    "dayStartTime": "2021-10-01T22:30:00.000Z",
    "dayEndTime": "2021-12-31T04:00:00.000Z",
    "weekDays": 1 + 16,
}
READ = [
    pytest.param(
        WARSAW,
        STORED,
        {
            "start_date": "2021-10-01T02:00:00+02:00",
            "end_date": "2021-12-31T01:00:00+01:00",
            "day_start_time": "00:30:00",
            "day_end_time": "06:00:00",
            "week_days": ["tue", "sat"],
        },
        id="a day later there",
    ),
    pytest.param(
        NEW_YORK,
        STORED,
        {
            "start_date": "2021-09-30T20:00:00-04:00",
            "end_date": "2021-12-30T19:00:00-05:00",
            "day_start_time": "18:30:00",
            "day_end_time": "00:00:00",
            "week_days": ["mon", "fri"],
        },
        id="the same day there",
    ),
    pytest.param(
        NEW_YORK,
        {**STORED, "dayStartTime": "2021-10-01T02:00:00Z", "dayEndTime": "2021-10-01T03:59:59Z"},
        {
            "start_date": "2021-09-30T20:00:00-04:00",
            "end_date": "2021-12-30T19:00:00-05:00",
            "day_start_time": "22:00:00",
            "day_end_time": "23:59:59",
            "week_days": ["thu", "sun"],
        },
        id="a day earlier there",
    ),
    pytest.param(
        WARSAW,
        {"weekDays": 127},
        {
            **dict.fromkeys(("start_date", "end_date", "day_start_time", "day_end_time")),
            "week_days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
        },
        id="every day",
    ),
    pytest.param(
        WARSAW,
        {
            "dayStartTime": "2021-10-01T22:00:00Z",
            "dayEndTime": "2021-10-01T21:59:59Z",
            "weekDays": 64,
        },
        {
            **dict.fromkeys(("start_date", "end_date", "day_start_time", "day_end_time")),
            "week_days": ["mon"],
        },
        id="a whole day there",
    ),
    pytest.param(
        WARSAW,
        {"dayStartTime": "2021-10-01T22:00:00Z", "dayEndTime": "2021-10-01T21:59:59Z"},
        {
            **dict.fromkeys(("start_date", "end_date", "week_days")),
            "day_start_time": "00:00:00",
            "day_end_time": "23:59:59",
        },
        id="a whole day there, but for no day",
    ),
    pytest.param(
        "Nowhere/City",
        {"endDate": "2021-12-31T00:00:00.1234567"},
        {
            **dict.fromkeys(("start_date", "day_start_time", "day_end_time", "week_days")),
            "end_date": "2021-12-31T09:00:00.123456+09:00",
        },
        id="Home Assistant's zone, the vendor's other date style",
    ),
    pytest.param(
        NEW_YORK,
        {"dayStartTime": "0001-01-01T03:00:00", "dayEndTime": "0001-01-01T12:00:00"},
        {
            **dict.fromkeys(("start_date", "end_date", "week_days")),
            "day_start_time": "23:00:00",
            "day_end_time": "08:00:00",
        },
        id="hours on the first day of all",
    ),
    pytest.param(
        WARSAW,
        {"dayStartTime": "9999-12-31T23:00:00Z", "dayEndTime": "9999-12-31T04:00:00Z"},
        {
            **dict.fromkeys(("start_date", "end_date", "week_days")),
            "day_start_time": "01:00:00",
            "day_end_time": "06:00:00",
        },
        id="hours on the last day of all",
    ),
    pytest.param(
        WARSAW,
        {"endDate": "9999-12-31T23:59:59Z"},
        {
            **dict.fromkeys(("start_date", "day_start_time", "day_end_time", "week_days")),
            "end_date": "9999-12-31T23:59:59+00:00",
        },
        id="valid for ever",
    ),
    pytest.param(
        WARSAW,
        {
            "startDate": "9999-12-31T10:00:00Z",
            "dayStartTime": "2021-10-01T23:30:00Z",
            "dayEndTime": "2021-10-01T04:00:00Z",
            "weekDays": 1,
        },
        {
            "start_date": "9999-12-31T11:00:00+01:00",
            "end_date": None,
            "day_start_time": "00:30:00",
            "day_end_time": "05:00:00",
            "week_days": ["tue"],
        },
        id="never valid",
    ),
]


@pytest.mark.parametrize(("zone", "stored", "shown"), READ)
async def test_a_stored_schedule_is_shown_in_the_locks_own_time(
    hass: HomeAssistant,
    sim: Simulator,
    zone: str,
    stored: dict[str, Any],
    shown: dict[str, Any],
) -> None:
    """What people at the door would say, under the names of create_pin."""
    await hass.config.async_set_time_zone("Asia/Tokyo")
    door = await add_door(hass, sim, zone)
    door.pins.add("Guest", DIGITS, **stored)

    response = await act(hass, "tedee_cloud.get_pin", {"pin_id": 1}, respond=True, entity_id=DOOR)

    assert response == {DOOR: {"pin_id": 1, "alias": "Guest", **shown}}


# --- Changes ----------------------------------------------------------------------------------

EVENING = {**STORED, "dayEndTime": "2021-10-01T04:00:00.000Z"}
NIGHT = {
    **STORED,
    "dayStartTime": "2021-10-01T02:00:00.000Z",
    "dayEndTime": "2021-10-01T09:00:00.000Z",
}

# Zone and stored window; a changed start, end and week days with what is sent for each.
ZONES = [
    pytest.param(
        "UTC",
        EVENING,
        ("21:15", "2021-10-01T21:15:00.000Z"),
        ("05:45", "2021-10-01T05:45:00.000Z"),
        (["wed"], 4),
        id="UTC",
    ),
    pytest.param(
        WARSAW,
        EVENING,
        ("01:15", "2021-09-30T23:15:00.000Z"),
        ("07:45", "2021-10-01T05:45:00.000Z"),
        (["wed"], 2),
        id="Warsaw, a day later there",
    ),
    pytest.param(
        WARSAW,
        NIGHT,
        ("05:15", "2021-10-01T03:15:00.000Z"),
        ("12:45", "2021-10-01T10:45:00.000Z"),
        (["wed"], 4),
        id="Warsaw, the same day",
    ),
    pytest.param(
        NEW_YORK,
        EVENING,
        ("17:15", "2021-09-30T21:15:00.000Z"),
        ("01:45", "2021-09-30T05:45:00.000Z"),
        (["wed"], 4),
        id="New York, the same day",
    ),
    pytest.param(
        NEW_YORK,
        NIGHT,
        ("23:15", "2021-10-01T03:15:00.000Z"),
        ("06:45", "2021-09-30T10:45:00.000Z"),
        (["wed"], 8),
        id="New York, a day earlier there",
    ),
]


def of_day(moment: str | None) -> str | None:
    """Return the time of day of an instant on the wire: of daily windows nothing else counts."""
    return moment and moment.partition("T")[2]


@pytest.mark.parametrize("changed", WIRE_NAMES)
@pytest.mark.parametrize(("zone", "stored", "start", "end", "days"), ZONES)
async def test_a_change_leaves_everything_else_as_it_was(
    hass: HomeAssistant,
    sim: Simulator,
    zone: str,
    stored: dict[str, Any],
    start: tuple[str, str],
    end: tuple[str, str],
    days: tuple[list[str], int],
    changed: str,
) -> None:
    """All seven fields are sent; the six that were not given are those the cloud had."""
    door = await add_door(hass, sim, zone)
    door.pins.add("Cleaner", DIGITS, **stored)
    before = dict(door.pins[1])
    said, sent = {
        "alias": ("Cleaning company", "Cleaning company"),
        "pin": ("604217", "604217"),
        "start_date": ("2021-10-20T00:00:00Z", "2021-10-20T00:00:00.000Z"),
        "end_date": ("2021-11-30T00:00:00Z", "2021-11-30T00:00:00.000Z"),
        "day_start_time": start,
        "day_end_time": end,
        "week_days": days,
    }[changed]

    await update(hass, {changed: said})

    *_, written = sim.requests
    path = "/api/v37/my/lock/123/pin"
    assert [(call.method, call.path) for call in sim.requests] == [
        ("GET", f"{path}/1"),
        *([("GET", path)] if changed == "alias" else []),
        ("PUT", f"{path}/1"),
    ]
    wanted = {**before, WIRE_NAMES[changed]: sent}
    assert written.json.keys() == wanted.keys()
    for name, value in wanted.items():
        if name in ("dayStartTime", "dayEndTime"):
            assert of_day(written.json[name]) == of_day(value), name
        else:
            assert written.json[name] == value, name


@pytest.mark.parametrize("changed", ["alias", "pin", "start_date", "end_date"])
@pytest.mark.parametrize("dates", ["z", "naive", "ticks", "offset"])
async def test_hours_are_sent_back_to_the_letter(
    hass: HomeAssistant, sim: Simulator, dates: str, changed: str
) -> None:
    """A change that has nothing to do with them does not even touch their dates."""
    sim.settings.dates = dates
    door = await add_door(hass, sim, WARSAW)
    door.pins.add("Cleaner", DIGITS, **STORED)
    said = {"alias": "Guest", "pin": "604217"}.get(changed, "2021-10-15T00:00:00Z")

    await update(hass, {changed: said})

    for name in ("dayStartTime", "dayEndTime", "weekDays"):
        assert sim.requests[-1].json[name] == STORED[name]


async def test_a_window_that_moves_over_midnight_takes_its_days_along(
    hass: HomeAssistant, sim: Simulator
) -> None:
    """Tuesdays and Saturdays stay Tuesdays and Saturdays for the people at the door."""
    door = await add_door(hass, sim, WARSAW)
    door.pins.add("Cleaner", DIGITS, **EVENING)

    await update(hass, {"day_start_time": "02:30"})

    assert of_day(door.pins[1]["dayStartTime"]) == "00:30:00.000Z"
    assert of_day(door.pins[1]["dayEndTime"]) == "04:00:00.000Z"
    assert door.pins[1]["weekDays"] == 2 + 32


CLEARED = [
    pytest.param(["start_date"], {"startDate": None}, id="start date"),
    pytest.param(["end_date"], {"endDate": None}, id="end date"),
    pytest.param(["week_days"], {"weekDays": None}, id="week days"),
    pytest.param(
        ["day_start_time", "day_end_time"],
        {"dayStartTime": "2021-10-01T00:00:00.000Z", "dayEndTime": "2021-10-01T23:59:59.000Z"},
        id="daily window",
    ),
    pytest.param(
        ["start_date", "end_date", "day_start_time", "day_end_time", "week_days"],
        dict.fromkeys(STORED),
        id="everything",
    ),
]


@pytest.mark.parametrize("listed", [False, True], ids=["null", "clear"])
@pytest.mark.parametrize(("fields", "sent"), CLEARED)
async def test_limits_are_lifted(
    hass: HomeAssistant, sim: Simulator, fields: list[str], sent: dict[str, Any], *, listed: bool
) -> None:
    """A field that is null, or named by `clear`, is cleared; the others stay."""
    door = await add_door(hass, sim, "UTC")
    door.pins.add("Cleaner", DIGITS, **EVENING)
    before = dict(door.pins[1])

    await update(hass, {"clear": fields} if listed else dict.fromkeys(fields))

    written = sim.requests[1].json
    assert {name: written[name] for name in sent} == sent
    for name, value in before.items() - sent.items():
        if name not in sent:
            assert of_day(str(written[name])) == of_day(str(value)), name
    assert written.keys() == before.keys()


async def test_one_limit_can_be_lifted_by_its_bare_name(
    hass: HomeAssistant, sim: Simulator
) -> None:
    """YAML writers may leave out the list; another field may be set in the same call."""
    door = await add_door(hass, sim, WARSAW)
    door.pins.add("Cleaner", DIGITS, **STORED)

    await update(hass, {"clear": "end_date", "alias": "Neighbour"})

    assert sim.requests[-1].json == {
        "alias": "Neighbour",
        "pin": DIGITS,
        **STORED,
        "endDate": None,
    }


async def test_days_stay_when_their_window_is_lifted(hass: HomeAssistant, sim: Simulator) -> None:
    """Without hours a day is a whole day, and it is the one people at the door named."""
    door = await add_door(hass, sim, WARSAW)
    door.pins.add("Cleaner", DIGITS, **STORED)

    await update(hass, {"clear": ["day_start_time", "day_end_time"]})

    assert of_day(door.pins[1]["dayStartTime"]) == "22:00:00.000Z"
    assert of_day(door.pins[1]["dayEndTime"]) == "21:59:59.000Z"
    assert door.pins[1]["weekDays"] == 1 + 16


@pytest.mark.parametrize(
    ("fields", "days"),
    [
        pytest.param({"week_days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]}, 127),
        pytest.param({"clear": ["week_days"]}, None),
    ],
    ids=["every day", "cleared"],
)
async def test_whole_days_leave_no_hours_behind(
    hass: HomeAssistant, sim: Simulator, fields: dict[str, Any], days: int | None
) -> None:
    """The hours that went along with week days alone go when the days are no limit any more."""
    door = await add_door(hass, sim, WARSAW)
    await create(hass, {"week_days": ["mon"]})

    await update(hass, fields)

    assert door.pins[1] == {"alias": "Guest", "pin": DIGITS, **NO_LIMITS, "weekDays": days}


NO_LIMITS = dict.fromkeys(STORED)
MERGED_REFUSED = [
    pytest.param(STORED, {"day_end_time": "00:30"}, SAME, id="the stored start as end"),
    pytest.param({}, {"day_start_time": "08:00", "day_end_time": "08:00"}, SAME, id="no time"),
    pytest.param(STORED, {"week_days": []}, BAD_DAY, id="no day"),
    pytest.param(STORED, {"day_start_time": None}, ALONE, id="start of the window cleared alone"),
    pytest.param(STORED, {"clear": ["day_end_time"]}, ALONE, id="end of the window cleared alone"),
    pytest.param({}, {"day_end_time": "15:00"}, ALONE, id="half a window where there was none"),
    pytest.param(STORED, {"end_date": "2021-09-30"}, NOT_AFTER, id="end before the stored start"),
    pytest.param(STORED, {"start_date": "2022-01-01"}, NOT_AFTER, id="start after the stored end"),
    pytest.param(
        STORED,
        {"start_date": "2021-12-31T00:00:00Z"},
        NOT_AFTER,
        id="start at the stored end",
    ),
]


@pytest.mark.parametrize(("stored", "fields", "sentence"), MERGED_REFUSED)
async def test_a_change_that_does_not_fit_the_stored_pin_is_refused(
    hass: HomeAssistant,
    sim: Simulator,
    stored: dict[str, Any],
    fields: dict[str, Any],
    sentence: str,
) -> None:
    """Only the stored PIN can tell, so it is read; nothing is written."""
    door = await add_door(hass, sim, WARSAW)
    door.pins.add("Cleaner", DIGITS, **stored)
    before = dict(door.pins[1])

    with pytest.raises(ServiceValidationError) as caught:
        await update(hass, fields)

    assert str(caught.value) == sentence
    assert [call.method for call in sim.requests] == ["GET"]
    assert door.pins[1] == before


@pytest.mark.parametrize(
    ("field", "sentence"),
    [
        ("alias", NAMELESS),
        ("pin", "The PIN is empty. Give it 5 to 8 digits"),
    ],
)
async def test_name_and_digits_cannot_be_cleared(
    hass: HomeAssistant, sim: Simulator, field: str, sentence: str
) -> None:
    """A PIN without a name or digits is none."""
    await add_door(hass, sim, WARSAW)

    with pytest.raises(ServiceValidationError) as caught:
        await update(hass, {field: None})

    assert str(caught.value) == sentence
    assert sim.requests == []


async def test_the_name_of_an_expired_pin_can_be_changed(
    hass: HomeAssistant, sim: Simulator
) -> None:
    """The end was not given, so whether it has passed is nobody's question."""
    sim.settings.expire_pins = False
    door = await add_door(hass, sim, WARSAW)
    old: dict[str, Any] = {
        "startDate": "2021-01-01T00:00:00.000Z",
        "endDate": "2021-02-01T00:00:00.000Z",
    }
    door.pins.add("Cleaner", DIGITS, **old)

    await update(hass, {"alias": "Former cleaner"})

    assert {name: door.pins[1][name] for name in old} == old
    assert door.pins[1]["alias"] == "Former cleaner"


async def test_a_name_keeps_its_letters(hass: HomeAssistant, sim: Simulator) -> None:
    """Names are sent as they were written, in any script."""
    door = await add_door(hass, sim, WARSAW)

    await act(
        hass,
        "tedee_cloud.create_pin",
        {"alias": "Zażółć gęślą / 管理人 🔑", "pin": DIGITS},
        entity_id=DOOR,
    )

    assert door.pins.find("Zażółć gęślą / 管理人 🔑") == 1


async def test_digits_come_from_the_cloud_when_they_were_not_given(
    hass: HomeAssistant, sim: Simulator
) -> None:
    """Digits that would be refused today stay as they are: only given ones are judged."""
    door = await add_door(hass, sim, WARSAW)
    sim.faults.add(Fault(status=204), method="PUT")
    door.pins.add("Cleaner", "12345")

    await update(hass, {"alias": "Guest"})

    assert sim.requests[-1].json["pin"] == "12345"


async def test_no_day_at_all_may_be_given_back(hass: HomeAssistant, sim: Simulator) -> None:
    """Whoever stored that, it is not refused here; what the cloud says of it is another matter."""
    door = await add_door(hass, sim, WARSAW)
    door.pins.add("Cleaner", DIGITS, weekDays=0)
    sim.faults.add(Fault(status=204), method="PUT")

    found = await act(hass, "tedee_cloud.get_pin", {"pin_id": 1}, respond=True, entity_id=DOOR)
    assert found[DOOR]["week_days"] == []
    await act(hass, "tedee_cloud.update_pin", found[DOOR], entity_id=DOOR)

    assert sim.requests[-1].json == door.pins[1]


async def test_a_templates_number_can_be_a_name(hass: HomeAssistant, sim: Simulator) -> None:
    """Home Assistant's templates make a number of "101": a room is a fine name for its PIN."""
    door = await add_door(hass, sim, WARSAW)
    await act(
        hass, "tedee_cloud.create_pin", {"alias": 101, "pin": DIGITS}, respond=True, entity_id=DOOR
    )
    assert door.pins[1]["alias"] == "101"

    await update(hass, {"alias": 102})

    assert door.pins[1]["alias"] == "102"
