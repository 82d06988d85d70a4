"""PIN actions: the vendor's examples, the responses, and every answer the cloud can give."""

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import pytest
import voluptuous as vol
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant, SupportsResponse
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.setup import async_setup_component
from homeassistant.util.yaml import load_yaml_dict
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.tedee_cloud.services import ACTIONS

from .common import DOMAIN, act, add_account, let_time_pass
from .simulator import Fault, Key, ManualClock, Recorded, SimLock, Simulator

DOOR = "lock.front_door"
SHED = "lock.shed"
SEPTEMBER = datetime(2021, 9, 15, 8, tzinfo=UTC)

JWT = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJkZW1vIn0.c2lnbmF0dXJl"
OLD_DIGITS = "482913"
NEW_DIGITS = "604217"

LIST = "/my/lock/*/pin"
SINGLE = "/my/lock/*/pin/*"

PERMANENT = dict.fromkeys(("startDate", "endDate", "dayStartTime", "dayEndTime", "weekDays"), None)


@pytest.fixture
def clock(freezer: FrozenDateTimeFactory) -> ManualClock:
    """Put Home Assistant and the cloud into September 2021, when the examples were written."""
    freezer.move_to(SEPTEMBER)
    return ManualClock(SEPTEMBER)


@pytest.fixture(autouse=True)
def september(clock: ManualClock) -> None:
    """Freeze the time before anything else starts."""


@pytest.fixture
def door(sim: Simulator) -> SimLock:
    """Put a lock in UTC with one PIN into the account; its id is the one of the examples."""
    lock = sim.account.add_lock("Front door", lock_id=123, time_zone="UTC")
    lock.pins.add("Cleaner", OLD_DIGITS)
    return lock


def wire(request: Recorded) -> tuple[str, str, Any]:
    """Return what a request says: method, path and body."""
    return request.method, request.path, request.json


def said(caught: pytest.ExceptionInfo[HomeAssistantError]) -> str:
    """Return the sentence a person reads; Home Assistant leaves out the last full stop."""
    return f"{caught.value}."


def text_of(err: BaseException) -> str:
    """Return everything an exception can show, with all that led to it."""
    seen: list[str] = []
    queue: list[BaseException | None] = [err]
    while queue:
        link = queue.pop()
        if link is None:
            continue
        seen += [repr(link), str(link), repr(vars(link))]
        queue += [link.__cause__, link.__context__]
    return "\n".join(seen)


def log_of(caplog: pytest.LogCaptureFixture) -> str:
    """Return the log without the bus: at DEBUG, core itself writes down every action's data."""
    return "\n".join(
        record.getMessage()
        for record in caplog.records
        if (record.name, record.levelno) != ("homeassistant.core", logging.DEBUG)
    )


# --- The vendor's examples --------------------------------------------------------------------

RESTRICTED_FIELDS = {
    "start_date": "2021-10-01 00:00:00",
    "end_date": "2021-12-31 00:00:00",
    "day_start_time": "10:00:00",
    "day_end_time": "18:00:00",
    "week_days": ["mon"],
}
RESTRICTED_WIRE = {
    "startDate": "2021-10-01T00:00:00.000Z",
    "endDate": "2021-12-31T00:00:00.000Z",
    "dayStartTime": "2021-10-01T10:00:00.000Z",
    "dayEndTime": "2021-10-01T18:00:00.000Z",
    "weekDays": 1,
}


async def add_account_of_the_examples(hass: HomeAssistant, sim: Simulator) -> None:
    """Add the account with an access token, as the examples' curl calls have it."""
    sim.account.add_key(Key(value=JWT, schemes=("Bearer",)))
    await add_account(hass, sim, token=JWT, scheme="Bearer")


@pytest.mark.parametrize(
    ("fields", "schedule"),
    [
        pytest.param({}, {}, id="permanent access"),
        pytest.param(RESTRICTED_FIELDS, RESTRICTED_WIRE, id="restricted access"),
    ],
)
async def test_create_as_in_the_vendors_example(
    hass: HomeAssistant,
    sim: Simulator,
    door: SimLock,
    fields: dict[str, Any],
    schedule: dict[str, Any],
) -> None:
    """The seed "Create": what was given and nothing else, answered with id 3."""
    door.pins.add("Gardener", "135246")
    await add_account_of_the_examples(hass, sim)

    response = await act(
        hass,
        "tedee_cloud.create_pin",
        {"alias": "test pin 3", "pin": "918273", **fields},
        respond=True,
        entity_id=DOOR,
    )

    listed, call = sim.requests
    assert wire(listed) == ("GET", "/api/v37/my/lock/123/pin", None)
    assert wire(call) == (
        "POST",
        "/api/v37/my/lock/123/pin",
        {"alias": "test pin 3", "pin": "918273", **schedule},
    )
    assert call.query_string == ""
    assert call.headers["Authorization"] == f"Bearer {JWT}"
    assert call.headers["Accept"] == "application/json"
    assert call.headers["Content-Type"] == "application/json"
    assert call.status == HTTPStatus.CREATED
    assert response == {DOOR: {"pin_id": 3, "result": "created"}}


@pytest.mark.parametrize(
    ("fields", "schedule"),
    [
        pytest.param({}, PERMANENT, id="permanent access"),
        pytest.param(RESTRICTED_FIELDS, RESTRICTED_WIRE, id="restricted access"),
    ],
)
async def test_update_as_in_the_vendors_example(
    hass: HomeAssistant,
    sim: Simulator,
    door: SimLock,
    fields: dict[str, Any],
    schedule: dict[str, Any],
) -> None:
    """The seed "Update": PIN 2 of lock 123, read first and then replaced by all seven fields.

    The list in between tells whether the new name is free.
    """
    door.pins.add("test pin 2", "135246")
    await add_account_of_the_examples(hass, sim)

    response = await act(
        hass,
        "tedee_cloud.update_pin",
        {"pin_id": 2, "alias": "new test pin 2", "pin": "827364", **fields},
        respond=True,
        entity_id=DOOR,
    )

    path = "/api/v37/my/lock/123/pin/2"
    assert [wire(call) for call in sim.requests] == [
        ("GET", path, None),
        ("GET", "/api/v37/my/lock/123/pin", None),
        ("PUT", path, {"alias": "new test pin 2", "pin": "827364", **schedule}),
    ]
    assert [call.headers["Authorization"] for call in sim.requests] == [f"Bearer {JWT}"] * 3
    assert [call.status for call in sim.requests] == [200, 200, 204]
    assert response == {DOOR: {"pin_id": 2}}


async def test_api_version_is_part_of_every_path(
    hass: HomeAssistant, sim: Simulator, door: SimLock
) -> None:
    """The version that the account was set up with is the one PINs are managed in."""
    await add_account(hass, sim, api_version="v1.36")

    await act(hass, "tedee_cloud.delete_pin", {"pin_id": 1}, entity_id=DOOR)

    assert [wire(call) for call in sim.requests] == [
        ("DELETE", "/api/v1.36/my/lock/123/pin/1", None)
    ]
    assert len(door.pins) == 0


# --- Responses --------------------------------------------------------------------------------


async def test_get_pins_lists_ids_and_names(
    hass: HomeAssistant, sim: Simulator, door: SimLock
) -> None:
    """One request, and no digits in what comes back."""
    door.pins.add("Guest", "135246", pin_id=7)
    await add_account(hass, sim)

    response = await act(hass, "tedee_cloud.get_pins", respond=True, entity_id=DOOR)

    assert [wire(call) for call in sim.requests] == [("GET", "/api/v37/my/lock/123/pin", None)]
    assert sim.requests[0].query_string == ""
    assert response == {
        DOOR: {
            "list_version": 3,
            "pins": [{"pin_id": 1, "alias": "Cleaner"}, {"pin_id": 7, "alias": "Guest"}],
        }
    }


async def test_get_pins_of_a_lock_without_any(hass: HomeAssistant, sim: Simulator) -> None:
    """An empty list is an answer, not a failure."""
    sim.account.add_lock("Front door")
    await add_account(hass, sim)

    response = await act(hass, "tedee_cloud.get_pins", respond=True, entity_id=DOOR)

    assert response == {DOOR: {"list_version": 1, "pins": []}}


RESTRICTED_DATA = {
    "start_date": "2021-10-01T00:00:00+00:00",
    "end_date": "2021-12-31T00:00:00+00:00",
    "day_start_time": "10:00:00",
    "day_end_time": "18:00:00",
    "week_days": ["mon"],
}
UNRESTRICTED_DATA = dict.fromkeys(RESTRICTED_DATA)


@pytest.mark.parametrize(
    ("stored", "schedule"),
    [
        pytest.param({}, UNRESTRICTED_DATA, id="permanent"),
        pytest.param(RESTRICTED_WIRE, RESTRICTED_DATA, id="restricted"),
    ],
)
@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({}, id="digits are not asked for"),
        pytest.param({"reveal": False}, id="digits are declined"),
        pytest.param({"reveal": True}, id="digits are asked for"),
    ],
)
@pytest.mark.parametrize(
    ("which", "paths"),
    [
        pytest.param({"pin_id": 2}, ["/pin/2"], id="by id"),
        pytest.param({"alias": "Guest"}, ["/pin", "/pin/2"], id="by alias"),
    ],
)
async def test_get_pin_shows_a_pin(
    hass: HomeAssistant,
    sim: Simulator,
    door: SimLock,
    stored: dict[str, Any],
    schedule: dict[str, Any],
    fields: dict[str, Any],
    which: dict[str, Any],
    paths: list[str],
) -> None:
    """The schedule stands under the names of create_pin; the digits only where asked for."""
    door.pins.add("Guest", "135246", **stored)
    await add_account(hass, sim)

    response = await act(
        hass, "tedee_cloud.get_pin", {**which, **fields}, respond=True, entity_id=DOOR
    )

    assert [wire(call) for call in sim.requests] == [
        ("GET", f"/api/v37/my/lock/123{path}", None) for path in paths
    ]
    digits = {"pin": "135246"} if fields == {"reveal": True} else {}
    assert response == {DOOR: {"pin_id": 2, "alias": "Guest", **schedule, **digits}}


@pytest.mark.parametrize("action", ["create_pin", "update_pin", "delete_pin"])
async def test_writing_actions_need_no_response(
    hass: HomeAssistant, sim: Simulator, door: SimLock, action: str
) -> None:
    """Who does not ask for a response gets none, and the work is done all the same."""
    await add_account(hass, sim)
    version = door.pins.list_version

    assert await act(hass, f"tedee_cloud.{action}", CALLS[action], entity_id=DOOR) is None

    assert door.pins.list_version == version + 1


@pytest.mark.parametrize("action", ["get_pins", "get_pin"])
async def test_reading_actions_need_somebody_who_reads(
    hass: HomeAssistant, sim: Simulator, door: SimLock, action: str
) -> None:
    """Reading without asking for the response is a mistake and costs no request."""
    await add_account(hass, sim)
    data = {"pin_id": next(iter(door.pins.entries))} if action == "get_pin" else {}

    with pytest.raises(ServiceValidationError):
        await act(hass, f"tedee_cloud.{action}", data, entity_id=DOOR)

    assert sim.requests == []


async def test_update_by_present_name(hass: HomeAssistant, sim: Simulator, door: SimLock) -> None:
    """current_alias says which PIN, alias its new name."""
    await add_account(hass, sim)

    response = await act(
        hass,
        "tedee_cloud.update_pin",
        {"current_alias": "Cleaner", "alias": "Cleaning company"},
        respond=True,
        entity_id=DOOR,
    )

    assert [(call.method, call.resource) for call in sim.requests] == [
        ("GET", "/my/lock/123/pin"),
        ("GET", "/my/lock/123/pin/1"),
        ("PUT", "/my/lock/123/pin/1"),
    ]
    assert response == {DOOR: {"pin_id": 1}}
    assert door.pins[1] == {"alias": "Cleaning company", "pin": OLD_DIGITS, **PERMANENT}


@pytest.mark.parametrize(
    ("which", "requests"),
    [
        pytest.param({"pin_id": 1}, [("DELETE", "/my/lock/123/pin/1")], id="by id"),
        pytest.param(
            {"alias": "Cleaner"},
            [("GET", "/my/lock/123/pin"), ("DELETE", "/my/lock/123/pin/1")],
            id="by alias",
        ),
    ],
)
async def test_delete_removes_one_pin(
    hass: HomeAssistant,
    sim: Simulator,
    door: SimLock,
    which: dict[str, Any],
    requests: list[tuple[str, str]],
) -> None:
    """The one that was named goes, the others stay."""
    door.pins.add("Guest", "135246")
    await add_account(hass, sim)

    response = await act(hass, "tedee_cloud.delete_pin", which, respond=True, entity_id=DOOR)

    assert [(call.method, call.resource) for call in sim.requests] == requests
    assert response == {DOOR: {"deleted": True}}
    assert list(door.pins.entries) == [2]


@pytest.mark.parametrize(
    ("which", "requests"),
    [
        pytest.param(
            {"pin_id": 99},
            [("DELETE", "/my/lock/123/pin/99"), ("GET", "/my/lock/123/pin")],
            id="by id",
        ),
        pytest.param({"alias": "Nobody"}, [("GET", "/my/lock/123/pin")], id="by alias"),
        pytest.param({"alias": "cleaner"}, [("GET", "/my/lock/123/pin")], id="letter case counts"),
    ],
)
async def test_deleting_a_pin_that_is_gone_already(
    hass: HomeAssistant,
    sim: Simulator,
    door: SimLock,
    which: dict[str, Any],
    requests: list[tuple[str, str]],
) -> None:
    """It is as good as deleted: success, told apart by false."""
    await add_account(hass, sim)

    response = await act(hass, "tedee_cloud.delete_pin", which, respond=True, entity_id=DOOR)

    assert [(call.method, call.resource) for call in sim.requests] == requests
    assert response == {DOOR: {"deleted": False}}
    assert list(door.pins.entries) == [1]


@pytest.mark.parametrize("unknown", [404, 403])
async def test_a_pin_of_a_missing_lock_is_not_reported_as_deleted(
    hass: HomeAssistant, sim: Simulator, door: SimLock, unknown: int
) -> None:
    """The cloud answers alike for a missing lock, and there the PIN may still open the door."""
    await add_account(hass, sim)
    sim.settings.unknown_lock = unknown
    sim.account.remove(door)

    with pytest.raises(HomeAssistantError) as caught:
        await act(hass, "tedee_cloud.delete_pin", {"pin_id": 1}, respond=True, entity_id=DOOR)

    assert said(caught) == SENTENCES[{404: "lock_not_found", 403: "pin_not_permitted"}[unknown]]
    assert list(door.pins.entries) == [1]


async def test_a_delete_that_found_nothing_though_the_pin_is_listed(
    hass: HomeAssistant, sim: Simulator, door: SimLock
) -> None:
    """A PIN that the list still shows was not deleted, whatever the answer said."""
    await add_account(hass, sim)
    sim.faults.add(Fault(status=404), method="DELETE")

    with pytest.raises(HomeAssistantError) as caught:
        await act(hass, "tedee_cloud.delete_pin", {"pin_id": 1}, respond=True, entity_id=DOOR)

    assert said(caught) == SENTENCES["pin_not_deleted"]
    assert list(door.pins.entries) == [1]


async def test_a_delete_whose_check_fails_is_not_reported_as_deleted(
    hass: HomeAssistant, sim: Simulator, door: SimLock
) -> None:
    """After a 404 the list is asked; without the list nothing is known."""
    await add_account(hass, sim)
    sim.faults.add(Fault(status=428), method="GET", path=LIST)

    with pytest.raises(HomeAssistantError) as caught:
        await act(hass, "tedee_cloud.delete_pin", {"pin_id": 9}, respond=True, entity_id=DOOR)

    assert said(caught) == SENTENCES["pin_lock_unreachable"]
    assert len(door.pins) == 1


async def test_digits_that_nobody_would_see_are_not_drawn(
    hass: HomeAssistant, sim: Simulator, door: SimLock
) -> None:
    """Without a response, drawn digits would be known to nobody: no request leaves."""
    await add_account(hass, sim)

    with pytest.raises(ServiceValidationError) as caught:
        await act(hass, "tedee_cloud.create_pin", {"alias": "Guest"}, entity_id=DOOR)

    assert said(caught) == SENTENCES["response_needed"]
    assert sim.requests == []
    assert len(door.pins) == 1


async def test_a_name_that_is_there_already_is_refused(
    hass: HomeAssistant, sim: Simulator, door: SimLock
) -> None:
    """Nobody gets a second PIN of a name unasked; the sentence has the id of the first."""
    await add_account(hass, sim)
    data = {"alias": "Cleaner", "pin": NEW_DIGITS}

    with pytest.raises(ServiceValidationError) as caught:
        await act(hass, "tedee_cloud.create_pin", data, entity_id=DOOR)

    assert said(caught) == TAKEN.format("Cleaner", 1)
    assert [call.method for call in sim.requests] == ["GET"]
    assert len(door.pins) == 1


TAKEN = (
    "Front door has a PIN named {} already (pin_id {}). Choose another name or change that PIN; "
    "the action Create PIN can also say with if_exists what to do with it."
)


@pytest.mark.parametrize("alias", ["Guest", " Guest "])
@pytest.mark.parametrize(
    ("which", "requests"),
    [
        pytest.param({"pin_id": 1}, ["/pin/1", "/pin"], id="by id"),
        pytest.param({"current_alias": "Cleaner"}, ["/pin", "/pin/1"], id="by alias"),
    ],
)
async def test_a_new_name_that_another_pin_has_is_refused(
    hass: HomeAssistant,
    sim: Simulator,
    door: SimLock,
    which: dict[str, Any],
    requests: list[str],
    alias: str,
) -> None:
    """Neither of the two could be named afterwards."""
    door.pins.add("Guest", "135246", pin_id=7)
    await add_account(hass, sim)

    with pytest.raises(ServiceValidationError) as caught:
        await act(hass, "tedee_cloud.update_pin", {**which, "alias": alias}, entity_id=DOOR)

    assert said(caught) == TAKEN.format("Guest", 7)
    assert [(call.method, call.resource) for call in sim.requests] == [
        ("GET", f"/my/lock/123{path}") for path in requests
    ]
    assert door.pins[1]["alias"] == "Cleaner"


async def test_a_name_that_two_pins_have_already_may_be_given_back(
    hass: HomeAssistant, sim: Simulator, door: SimLock
) -> None:
    """Only a new name is looked for; what was read is written without a list."""
    door.pins.add("Cleaner ", "135246", pin_id=7)
    await add_account(hass, sim)

    found = await act(hass, "tedee_cloud.get_pin", {"pin_id": 7}, respond=True, entity_id=DOOR)
    sim.clear()
    await act(hass, "tedee_cloud.update_pin", {**found[DOOR], "pin": NEW_DIGITS}, entity_id=DOOR)

    assert [call.method for call in sim.requests] == ["GET", "PUT"]
    assert door.pins[7]["pin"] == NEW_DIGITS


BY_ALIAS = [
    pytest.param("get_pin", {"alias": "Guest"}, id="get_pin"),
    pytest.param("update_pin", {"current_alias": "Guest", "pin": NEW_DIGITS}, id="update_pin"),
    pytest.param("delete_pin", {"alias": "Guest"}, id="delete_pin"),
]


@pytest.mark.parametrize(("action", "data"), BY_ALIAS)
async def test_an_ambiguous_name_is_refused_with_the_ids(
    hass: HomeAssistant, sim: Simulator, door: SimLock, action: str, data: dict[str, Any]
) -> None:
    """Names need not be unique; nothing is read, changed or removed on a guess."""
    door.pins.add("Guest", "135246", pin_id=12)
    door.pins.add("Guest", "246135", pin_id=3)
    await add_account(hass, sim)

    with pytest.raises(ServiceValidationError) as caught:
        await act(hass, f"tedee_cloud.{action}", data, respond=True, entity_id=DOOR)

    assert said(caught) == (
        "Front door has several PINs named Guest. Name the one you mean by its pin_id: 3, 12."
    )
    assert [(call.method, call.resource) for call in sim.requests] == [("GET", "/my/lock/123/pin")]


@pytest.mark.parametrize(("action", "data"), BY_ALIAS[:2])
async def test_an_unknown_name_is_refused(
    hass: HomeAssistant, sim: Simulator, door: SimLock, action: str, data: dict[str, Any]
) -> None:
    """What is not there cannot be shown or changed."""
    await add_account(hass, sim)

    with pytest.raises(ServiceValidationError) as caught:
        await act(hass, f"tedee_cloud.{action}", data, respond=True, entity_id=DOOR)

    assert said(caught) == (
        "Front door has no PIN named Guest. The action Get PINs shows which it has."
    )
    assert [(call.method, call.resource) for call in sim.requests] == [("GET", "/my/lock/123/pin")]
    assert door.pins[1]["pin"] == OLD_DIGITS


async def test_a_lock_that_was_paired_again_is_found_under_its_new_id(
    hass: HomeAssistant, sim: Simulator, door: SimLock
) -> None:
    """Locks are known by their serial: after a reload the requests go to the new id."""
    entry = await add_account(hass, sim)
    number = sim.account.readd(door)
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    sim.clear()

    await act(hass, "tedee_cloud.get_pins", respond=True, entity_id=DOOR)

    assert number != 123
    assert [call.resource for call in sim.requests] == [f"/my/lock/{number}/pin"]


# --- Shape ------------------------------------------------------------------------------------

NEW_PIN = {"alias": "Guest", "pin": NEW_DIGITS}


@pytest.mark.parametrize(
    ("action", "data"),
    [
        pytest.param("get_pins", {"pin_id": 1}, id="get_pins takes no field"),
        pytest.param("get_pin", {}, id="get_pin without a PIN"),
        pytest.param("get_pin", {"pin_id": 1, "alias": "Guest"}, id="get_pin by id and name"),
        pytest.param("get_pin", {"pin_id": "one"}, id="get_pin by a word for an id"),
        pytest.param("get_pin", {"pin_id": -1}, id="get_pin by a negative id"),
        pytest.param("get_pin", {"pin_id": 1, "reveal": "perhaps"}, id="get_pin may reveal"),
        pytest.param("create_pin", {**NEW_PIN, "length": 6}, id="create_pin given and drawn"),
        pytest.param("create_pin", {**NEW_PIN, "if_exists": "add"}, id="create_pin adds another"),
        pytest.param("create_pin", {"pin": NEW_DIGITS}, id="create_pin without a name"),
        pytest.param("create_pin", {**NEW_PIN, "code": "1"}, id="create_pin with a stranger"),
        pytest.param("create_pin", {**NEW_PIN, "pin_id": 4}, id="create_pin with an id"),
        pytest.param("create_pin", {**NEW_PIN, "clear": ["end_date"]}, id="create_pin clears"),
        pytest.param("update_pin", {"alias": "Guest"}, id="update_pin without a PIN"),
        pytest.param("update_pin", {"pin_id": 1}, id="update_pin without a change"),
        pytest.param(
            "update_pin",
            {"pin_id": 1, "current_alias": "Cleaner", "alias": "Guest"},
            id="update_pin by id and name",
        ),
        pytest.param("update_pin", {"pin_id": 1, "clear": ["alias"]}, id="update_pin w/o alias"),
        pytest.param("update_pin", {"pin_id": 1, "clear": ["pin"]}, id="update_pin w/o digits"),
        pytest.param("update_pin", {"pin_id": 1, "clear": ["week"]}, id="update_pin w/o a week"),
        pytest.param("delete_pin", {}, id="delete_pin without a PIN"),
        pytest.param("delete_pin", {"pin_id": 1, "alias": "Guest"}, id="delete_pin by both"),
        pytest.param("delete_pin", {"pin": OLD_DIGITS}, id="delete_pin by digits"),
    ],
)
async def test_a_wrong_shape_is_refused(
    hass: HomeAssistant, sim: Simulator, door: SimLock, action: str, data: dict[str, Any]
) -> None:
    """Fields that are missing, unknown, of no use or too many: no request leaves."""
    await add_account(hass, sim)

    with pytest.raises(vol.Invalid):
        await act(hass, f"tedee_cloud.{action}", data, respond=True, entity_id=DOOR)

    assert sim.requests == []
    assert len(door.pins) == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("start_date", "2021-10-01"),
        ("end_date", "2021-10-01"),
        ("day_start_time", "08:00"),
        ("day_end_time", None),
        ("week_days", ["mon"]),
    ],
)
async def test_a_field_cannot_be_set_and_cleared_at_once(
    hass: HomeAssistant, sim: Simulator, door: SimLock, field: str, value: object
) -> None:
    """Which of the two is meant cannot be known."""
    await add_account(hass, sim)

    with pytest.raises(vol.Invalid):
        await act(
            hass,
            "tedee_cloud.update_pin",
            {"pin_id": 1, field: value, "clear": ["week_days", field]},
            entity_id=DOOR,
        )

    assert sim.requests == []
    assert len(door.pins) == 1


async def test_actions_are_there_without_any_account(hass: HomeAssistant) -> None:
    """An automation that names one is valid before the account is, and while it is reloaded."""
    assert await async_setup_component(hass, DOMAIN, {})

    assert {
        action: hass.services.supports_response(DOMAIN, action)
        for action in hass.services.async_services_for_domain(DOMAIN)
    } == {
        "get_pins": SupportsResponse.ONLY,
        "get_pin": SupportsResponse.ONLY,
        "create_pin": SupportsResponse.OPTIONAL,
        "update_pin": SupportsResponse.OPTIONAL,
        "delete_pin": SupportsResponse.OPTIONAL,
        "add_guest": SupportsResponse.OPTIONAL,
        "remove_guest": SupportsResponse.OPTIONAL,
    }


def keys_of(schema: object) -> Iterator[str]:
    """Walk the field names of a schema, through everything it is made of."""
    if isinstance(schema, Mapping):
        yield from (str(key.schema if isinstance(key, vol.Marker) else key) for key in schema)
    elif isinstance(schema, vol.Schema):
        yield from keys_of(schema.schema)
    elif isinstance(schema, vol.All):
        for part in schema.validators:
            yield from keys_of(part)


TARGET_KEYS = {"entity_id", "device_id", "area_id", "floor_id", "label_id", "metadata"}


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.name)
def test_described_fields_are_the_fields_taken(action: Any) -> None:
    """Nothing in services.yaml is refused, and nothing is taken that it does not tell."""
    described = load_yaml_dict(f"custom_components/{DOMAIN}/services.yaml")[action.name]
    assert {*keys_of(action.schema)} - TARGET_KEYS == set(described.get("fields", {}))


# --- What the cloud answers -------------------------------------------------------------------

CALLS: dict[str, dict[str, Any]] = {
    "get_pins": {},
    "get_pin": {"pin_id": 1, "reveal": True},
    "create_pin": {"alias": "Guest", "pin": NEW_DIGITS},
    "update_pin": {"pin_id": 1, "pin": NEW_DIGITS},
    "delete_pin": {"pin_id": 1},
}
REQUESTS = {
    "get_pins": ("GET", LIST),
    "get_pin": ("GET", SINGLE),
    "create_pin": ("POST", LIST),
    "update_pin": ("PUT", SINGLE),
    "delete_pin": ("DELETE", SINGLE),
}
READS = ("get_pins", "get_pin")
WRITES = ("create_pin", "update_pin", "delete_pin")
ALL = (*READS, *WRITES)

SENTENCES = {
    "answer_not_understood": (
        "The Tedee cloud gave an answer that was not understood. "
        "Try again; if it stays so, report it."
    ),
    "cannot_connect": "The Tedee cloud cannot be reached. Check the internet connection.",
    "key_refused": (
        "The Tedee cloud refused the personal access key: it has expired, was deleted or lacks a "
        "scope. Check it in the portal."
    ),
    "lock_not_found": (
        "The Tedee cloud does not find Front door or its bridge. "
        "Check in the Tedee app that both are still paired."
    ),
    "no_answer": "The Tedee cloud did not answer. Polls go on by themselves; try an action again.",
    "one_minute": ("Your account has used up its requests to the Tedee cloud. Try again in 1 min."),
    "two_minutes": (
        "Your account has used up its requests to the Tedee cloud. Try again in 2 min."
    ),
    "sixty_minutes": (
        "Your account has used up its requests to the Tedee cloud. Try again in 60 min."
    ),
    "pin_busy": "Front door is busy with another request. Try again in a few seconds.",
    "pin_delete_unknown": (
        "No clear answer came from the Tedee cloud, so it is not certain whether a PIN that was to "
        "be deleted is gone from Front door. The action Get PINs tells."
    ),
    "pin_exists": "Front door has a PIN with these digits already. Choose other digits.",
    "pin_list_full": (
        "Front door has no room for another PIN. Delete one that is no longer needed."
    ),
    "pin_lock_unreachable": (
        "The PINs of Front door cannot be reached: it is offline, or has no keypad or bridge. "
        "Check in the Tedee app."
    ),
    "pin_not_deleted": (
        "A PIN that was to be deleted is still in Front door so far and may open the door. "
        "Look with the action Get PINs before you try again."
    ),
    "pin_not_found": (
        "Front door does not have this PIN, or not any more. "
        "The action Get PINs shows which it has."
    ),
    "pin_not_permitted": (
        "The key may not manage the PINs of Front door. You need to be its owner or administrator, "
        "and the key needs the scope Device.ReadWrite."
    ),
    "pin_outcome_unknown": (
        "No clear answer came from the Tedee cloud, so it is not certain whether Front door has "
        "stored the change. The action Get PINs tells."
    ),
    "pin_rejected": (
        "The Tedee cloud does not take this PIN for Front door: its name, its digits or its "
        "schedule break a rule of the vendor. Choose others."
    ),
    "pin_timeout": "Front door did not answer in time. Try again.",
    "pin_unfinished": (
        "The Tedee cloud gave no clear answer, twice, and Front door has not stored the change so "
        "far. Look with the action Get PINs before you try again."
    ),
    "refused_500": "The Tedee cloud answered with error 500. Try again later.",
    "refused_502": "The Tedee cloud answered with error 502. Try again later.",
    "refused_503": "The Tedee cloud answered with error 503. Try again later.",
    "refused_504": "The Tedee cloud answered with error 504. Try again later.",
    "response_needed": (
        "Digits that are drawn are shown in the response alone, and this call asks for none. "
        "Add a response_variable, or give the PIN."
    ),
    "refused_307": "The Tedee cloud answered with error 307. Try again later.",
}

HTML = "<html><body>Bad gateway</body></html>"
NO_ENVELOPE = {"title": "Bad Request", "status": 400}
DENIED_WITH_200 = {"success": False, "errorMessages": ["Pin already exists."], "statusCode": 406}
ELSEWHERE = {"Location": "https://example.com/"}

ANSWERS: list[tuple[str, Fault, tuple[str, ...], str]] = [
    # Of the vendor's pages, for the actions that can get them
    ("400", Fault(status=400), ("create_pin", "update_pin"), "pin_rejected"),
    (
        "400 without envelope",
        Fault(status=400, body=NO_ENVELOPE),
        ("create_pin", "update_pin"),
        "pin_rejected",
    ),
    ("403", Fault(status=403), ALL, "pin_not_permitted"),
    ("404", Fault(status=404), ("get_pins", "create_pin"), "lock_not_found"),
    ("404", Fault(status=404), ("get_pin", "update_pin"), "pin_not_found"),
    ("404 empty", Fault(status=404, body=b""), ("get_pins", "create_pin"), "lock_not_found"),
    ("406", Fault(status=406), ("create_pin", "update_pin"), "pin_exists"),
    ("408", Fault(status=408), READS, "pin_timeout"),
    ("408", Fault(status=408), WRITES, "pin_unfinished"),
    ("409", Fault(status=409), ALL, "pin_busy"),
    ("412", Fault(status=412), ("create_pin",), "pin_list_full"),
    ("422", Fault(status=422), ("create_pin",), "pin_list_full"),
    ("428", Fault(status=428), ALL, "pin_lock_unreachable"),
    ("429", Fault(status=429), ALL, "one_minute"),
    ("429 for 61 s", Fault(status=429, headers={"Retry-After": "61"}), ALL, "two_minutes"),
    ("429 for days", Fault(status=429, headers={"Retry-After": "999999"}), ALL, "sixty_minutes"),
    ("429 nonsense", Fault(status=429, headers={"Retry-After": "soon"}), ALL, "one_minute"),
    ("401", Fault(status=401), ALL, "key_refused"),
    # Of any gateway
    ("500", Fault(status=500), READS, "refused_500"),
    ("500", Fault(status=500), WRITES, "pin_unfinished"),
    ("502 HTML", Fault(status=502, body=HTML), READS, "refused_502"),
    ("502 HTML", Fault(status=502, body=HTML), WRITES, "pin_unfinished"),
    ("503", Fault(status=503), ALL, "refused_503"),
    ("504", Fault(status=504), READS, "refused_504"),
    ("504", Fault(status=504), WRITES, "pin_unfinished"),
    ("307", Fault(status=307, headers=ELSEWHERE), ALL, "refused_307"),
    # Of no cloud at all
    ("dropped", Fault(drop=True), READS, "no_answer"),
    ("dropped", Fault(drop=True), WRITES, "pin_unfinished"),
    ("reset", Fault(reset=True), READS, "no_answer"),
    ("reset", Fault(reset=True), WRITES, "pin_unfinished"),
    (
        "cut off",
        Fault(status=200, body={"result": [], "success": True}, keep=9),
        READS,
        "no_answer",
    ),
    (
        "cut off",
        Fault(status=200, body={"result": {"id": 3}, "success": True}, keep=9),
        WRITES,
        "pin_unfinished",
    ),
    ("200 HTML", Fault(status=200, body=HTML), READS, "answer_not_understood"),
    ("200 HTML", Fault(status=200, body=HTML), WRITES, "pin_unfinished"),
    ("200 empty", Fault(status=200, body=b""), READS, "answer_not_understood"),
    ("200 list", Fault(status=200, body=[1, 2]), READS, "answer_not_understood"),
    ("304", Fault(status=304), WRITES, "pin_unfinished"),
    (
        "200 without result",
        Fault(status=200, body={"success": True}),
        (*READS, "create_pin"),
        "",
    ),
    (
        "200 but success false",
        Fault(status=200, body=DENIED_WITH_200),
        ("create_pin", "update_pin"),
        "pin_exists",
    ),
]
NOT_UNDERSTOOD = {"create_pin": "pin_unfinished"}
OF_DELETES = {"pin_unfinished": "pin_not_deleted", "pin_outcome_unknown": "pin_delete_unknown"}


def of_a_write(action: str, sentence: str) -> str:
    """Return the sentence of a write: a delete has its own where it is not certain to be done."""
    return OF_DELETES.get(sentence, sentence) if action == "delete_pin" else sentence


ANSWER_ROWS = [
    pytest.param(
        action,
        fault,
        of_a_write(action, sentence or NOT_UNDERSTOOD.get(action, "answer_not_understood")),
        id=f"{action} {name}",
    )
    for name, fault, actions, sentence in ANSWERS
    for action in actions
]


@pytest.mark.usefixtures("pauses")
@pytest.mark.parametrize(("action", "fault", "sentence"), ANSWER_ROWS)
async def test_each_answer_has_its_sentence(
    hass: HomeAssistant,
    sim: Simulator,
    door: SimLock,
    caplog: pytest.LogCaptureFixture,
    action: str,
    fault: Fault,
    sentence: str,
) -> None:
    """A person reads what happened, nothing was stored, and no secret is shown."""
    await add_account(hass, sim)
    before = dict(door.pins.entries)
    method, path = REQUESTS[action]
    sim.faults.add(fault, method=method, path=path, times=None)
    caplog.set_level(logging.DEBUG)

    with pytest.raises(HomeAssistantError) as caught:
        await act(hass, f"tedee_cloud.{action}", CALLS[action], respond=True, entity_id=DOOR)
    await hass.async_block_till_done(wait_background_tasks=True)

    assert said(caught) == SENTENCES[sentence]
    assert dict(door.pins.entries) == before
    shown = text_of(caught.value) + log_of(caplog)
    assert not [secret for secret in (OLD_DIGITS, NEW_DIGITS, sim.token, JWT) if secret in shown]


def _no_scope_to_write(sim: Simulator, _: SimLock) -> None:
    sim.account.keys[0].scopes = ("Device.Read",)


def _guest_of_somebody_else(_: Simulator, door: SimLock) -> None:
    door.access_level = 0


def _no_bridge(_: Simulator, door: SimLock) -> None:
    door.bridge_id = None


def _out_of_reach(_: Simulator, door: SimLock) -> None:
    door.connected = False


def _busy(_: Simulator, door: SimLock) -> None:
    door.pins.busy = True


def _full(sim: Simulator, door: SimLock) -> None:
    sim.settings.pin_capacity = len(door.pins)


@pytest.mark.usefixtures("pauses")
@pytest.mark.parametrize(
    ("cause", "actions", "sentence"),
    [
        (_no_scope_to_write, WRITES, "pin_not_permitted"),
        (_guest_of_somebody_else, ALL, "pin_not_permitted"),
        (_no_bridge, ALL, "pin_lock_unreachable"),
        (_out_of_reach, ALL, "pin_lock_unreachable"),
        (_busy, ALL, "pin_busy"),
        (_full, ("create_pin",), "pin_list_full"),
    ],
)
async def test_what_keeps_a_lock_from_its_pins_is_told(
    hass: HomeAssistant,
    sim: Simulator,
    door: SimLock,
    cause: Callable[[Simulator, SimLock], None],
    actions: tuple[str, ...],
    sentence: str,
) -> None:
    """As the cloud itself answers, and not only where a test lets it."""
    await add_account(hass, sim)
    before = dict(door.pins.entries)
    cause(sim, door)

    for action in actions:
        with pytest.raises(HomeAssistantError) as caught:
            await act(hass, f"tedee_cloud.{action}", CALLS[action], respond=True, entity_id=DOOR)
        assert said(caught) == SENTENCES[sentence], action

    assert dict(door.pins.entries) == before


@pytest.mark.parametrize("action", ["create_pin", "update_pin"])
async def test_digits_that_the_cloud_alone_refuses(
    hass: HomeAssistant, sim: Simulator, door: SimLock, action: str
) -> None:
    """A run in steps of two: the vendor's words leave open whether it is one."""
    await add_account(hass, sim)
    before = dict(door.pins.entries)

    with pytest.raises(HomeAssistantError) as caught:
        await act(
            hass,
            f"tedee_cloud.{action}",
            {**CALLS[action], "pin": "13579"},
            respond=True,
            entity_id=DOOR,
        )

    assert said(caught) == SENTENCES["pin_rejected"]
    assert dict(door.pins.entries) == before


@pytest.mark.parametrize("worked", [False, True], ids=["not done", "done"])
@pytest.mark.parametrize("action", WRITES)
async def test_a_write_that_cannot_be_read_back(
    hass: HomeAssistant,
    sim: Simulator,
    door: SimLock,
    pauses: list[float],
    action: str,
    *,
    worked: bool,
) -> None:
    """Whether it was done cannot be known: that is said, and nothing is sent a second time."""
    await add_account(hass, sim)
    method, path = REQUESTS[action]
    sim.faults.add(Fault(drop=True, worked=worked), method=method, path=path, times=None)
    looks = {"create_pin": 1, "update_pin": 1, "delete_pin": 0}[action]
    sim.faults.add(Fault(status=428), method="GET", after=looks, times=None)
    before = dict(door.pins.entries)

    with pytest.raises(HomeAssistantError) as caught:
        await act(hass, f"tedee_cloud.{action}", CALLS[action], respond=True, entity_id=DOOR)

    assert said(caught) == SENTENCES[of_a_write(action, "pin_outcome_unknown")]
    assert [call.method for call in sim.requests] == ["GET"] * looks + [method, "GET", "GET"]
    assert (dict(door.pins.entries) != before) is worked
    assert pauses == [2, 5]


@pytest.mark.usefixtures("pauses")
@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        pytest.param(Fault(status=403), "pin_not_permitted", id="403"),
        pytest.param(Fault(status=404), "pin_not_found", id="404"),
        pytest.param(Fault(status=408), "pin_timeout", id="408"),
        pytest.param(Fault(status=409), "pin_busy", id="409"),
        pytest.param(Fault(status=428), "pin_lock_unreachable", id="428"),
        pytest.param(Fault(status=500), "refused_500", id="500"),
        pytest.param(Fault(drop=True), "no_answer", id="dropped"),
        pytest.param(Fault(status=200, body=HTML), "answer_not_understood", id="HTML"),
        pytest.param(Fault(status=304), "answer_not_understood", id="304"),
    ],
)
async def test_an_update_that_cannot_read_the_pin_changes_nothing(
    hass: HomeAssistant, sim: Simulator, door: SimLock, fault: Fault, sentence: str
) -> None:
    """Without the present PIN its other fields would be lost, so nothing is sent."""
    await add_account(hass, sim)
    sim.faults.add(fault, method="GET", path=SINGLE, times=None)

    with pytest.raises(HomeAssistantError) as caught:
        await act(hass, "tedee_cloud.update_pin", CALLS["update_pin"], entity_id=DOOR)

    assert said(caught) == SENTENCES[sentence]
    assert {call.method for call in sim.requests} == {"GET"}
    assert door.pins[1]["pin"] == OLD_DIGITS


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param({"alias": None}, id="no alias"),
        pytest.param({"pin": None}, id="no digits"),
        pytest.param({"pin": 482913}, id="digits as a number"),
        pytest.param({"startDate": "tomorrow"}, id="start date"),
        pytest.param({"endDate": 20211231}, id="end date"),
        pytest.param({"dayStartTime": "ten"}, id="start of the day"),
        pytest.param({"dayEndTime": {}}, id="end of the day"),
        pytest.param({"weekDays": "1"}, id="week days"),
        pytest.param({"weekDays": True}, id="week days as a truth value"),
        pytest.param({"startDate": "0001-01-01T00:00:00+02:00"}, id="start date before all time"),
    ],
)
@pytest.mark.parametrize("action", ["get_pin", "update_pin"])
async def test_a_stored_pin_that_is_not_understood_is_left_alone(
    hass: HomeAssistant, sim: Simulator, door: SimLock, action: str, broken: dict[str, Any]
) -> None:
    """A limit taken for none would be lost with the update, and the PIN would open for ever."""
    await add_account(hass, sim)
    sim.faults.add(
        Fault(
            body={
                "result": {"id": 1, "alias": "Cleaner", "pin": OLD_DIGITS, **PERMANENT, **broken},
                "success": True,
                "errorMessages": [],
                "statusCode": 200,
            }
        ),
        method="GET",
        path=SINGLE,
    )

    with pytest.raises(HomeAssistantError) as caught:
        await act(hass, f"tedee_cloud.{action}", CALLS[action], respond=True, entity_id=DOOR)

    assert said(caught) == SENTENCES["answer_not_understood"]
    assert [call.method for call in sim.requests] == ["GET"]
    assert OLD_DIGITS not in text_of(caught.value)
    assert door.pins[1]["pin"] == OLD_DIGITS


@pytest.mark.usefixtures("pauses")
@pytest.mark.parametrize("action", ALL)
async def test_a_cloud_out_of_reach(
    hass: HomeAssistant, sim: Simulator, door: SimLock, action: str
) -> None:
    """Where no connection was made nothing was stored, and the sentence leaves no doubt."""
    await add_account(hass, sim)
    await sim.stop()

    with pytest.raises(HomeAssistantError) as caught:
        await act(hass, f"tedee_cloud.{action}", CALLS[action], respond=True, entity_id=DOOR)

    assert said(caught) == SENTENCES["cannot_connect"]
    shown = text_of(caught.value)
    assert not [secret for secret in (OLD_DIGITS, NEW_DIGITS, sim.token) if secret in shown]
    assert list(door.pins.entries) == [1]


@pytest.mark.usefixtures("pauses")
@pytest.mark.parametrize("action", ALL)
async def test_an_answer_that_is_not_http_takes_no_key_along(
    hass: HomeAssistant, sim: Simulator, door: SimLock, action: str
) -> None:
    """The exception for it holds the request's headers; it must not hang on to ours."""
    await add_account(hass, sim)
    method, path = REQUESTS[action]
    malformed = Fault(status=204, body={"success": True}, headers={"X-Bad\x01Header": "1"})
    sim.faults.add(malformed, method=method, path=path, times=None)

    with pytest.raises(HomeAssistantError) as caught:
        await act(hass, f"tedee_cloud.{action}", CALLS[action], respond=True, entity_id=DOOR)

    sentence = "no_answer" if action in READS else of_a_write(action, "pin_unfinished")
    assert said(caught) == SENTENCES[sentence]
    assert sim.token not in text_of(caught.value)
    assert len(door.pins) == 1


async def test_a_full_lock_and_known_digits_as_the_cloud_itself_says_it(
    hass: HomeAssistant, sim: Simulator, door: SimLock
) -> None:
    """The statuses of the table come from real work too, in both generations."""
    await add_account(hass, sim)
    answers = []
    for pin, capacity, full_status in (
        (OLD_DIGITS, 9, 412),
        (NEW_DIGITS, 1, 412),
        (NEW_DIGITS, 1, 422),
    ):
        sim.settings.pin_capacity = capacity
        sim.settings.pin_full_status = full_status
        with pytest.raises(HomeAssistantError) as caught:
            await act(
                hass, "tedee_cloud.create_pin", {"alias": "Guest", "pin": pin}, entity_id=DOOR
            )
        answers.append(said(caught))

    assert answers == [SENTENCES[key] for key in ("pin_exists", "pin_list_full", "pin_list_full")]
    assert [call.status for call in sim.calls("POST")] == [406, 412, 422]
    assert len(door.pins) == 1


@pytest.mark.usefixtures("pins_unwatched")
async def test_a_refused_key_is_looked_into_by_the_next_poll(
    hass: HomeAssistant, sim: Simulator, door: SimLock, freezer: FrozenDateTimeFactory
) -> None:
    """401 on a PIN may be a missing scope: a sync tells, and only a refused sync asks for a key."""
    await add_account(hass, sim)
    sim.faults.add(Fault(status=401), method="DELETE")

    with pytest.raises(HomeAssistantError):
        await act(hass, "tedee_cloud.delete_pin", {"pin_id": 1}, entity_id=DOOR)
    await let_time_pass(hass, freezer)

    assert [(call.method, call.resource) for call in sim.requests] == [
        ("DELETE", "/my/lock/123/pin/1"),
        ("GET", "/my/lock/sync"),
    ]
    assert hass.config_entries.flow.async_progress_by_handler(DOMAIN) == []
    assert list(door.pins.entries) == [1]


@pytest.mark.parametrize("documented", [False, True], ids=["empty", "with the documented bodies"])
async def test_bodies_of_204_are_never_parsed(
    hass: HomeAssistant, sim: Simulator, door: SimLock, *, documented: bool
) -> None:
    """Update and delete are answered with 204; the vendor documents JSON there, HTTP has none."""
    sim.settings.documented_bodies = documented
    await add_account(hass, sim)

    updated = await act(
        hass, "tedee_cloud.update_pin", CALLS["update_pin"], respond=True, entity_id=DOOR
    )
    deleted = await act(
        hass, "tedee_cloud.delete_pin", CALLS["delete_pin"], respond=True, entity_id=DOOR
    )

    assert (updated, deleted) == ({DOOR: {"pin_id": 1}}, {DOOR: {"deleted": True}})
    assert [(call.method, call.status) for call in sim.requests] == [
        ("GET", 200),
        ("PUT", 204),
        ("DELETE", 204),
    ]
    assert len(door.pins) == 0


@pytest.mark.usefixtures("pauses")
@pytest.mark.parametrize("documented", [False, True], ids=["empty", "with the documented bodies"])
@pytest.mark.parametrize(
    ("action", "status", "sentence"),
    [
        ("get_pins", 304, "answer_not_understood"),
        ("get_pins", 204, "answer_not_understood"),
        ("get_pin", 304, "answer_not_understood"),
        ("create_pin", 204, "pin_unfinished"),
    ],
)
async def test_no_body_where_one_is_needed(
    hass: HomeAssistant,
    sim: Simulator,
    door: SimLock,
    action: str,
    status: int,
    sentence: str,
    *,
    documented: bool,
) -> None:
    """304 and 204 carry nothing, whatever follows them, so there is nothing to show."""
    sim.settings.documented_bodies = documented
    await add_account(hass, sim)
    method, path = REQUESTS[action]
    fault = Fault(status=status, errors=("List version is up to date.",))
    sim.faults.add(fault, method=method, times=None)

    with pytest.raises(HomeAssistantError) as caught:
        await act(hass, f"tedee_cloud.{action}", CALLS[action], respond=True, entity_id=DOOR)

    assert said(caught) == SENTENCES[sentence]
    assert {call.status for call in sim.calls(method, path)} == {status}
    assert len(door.pins) == 1


@pytest.mark.parametrize("letter_case", ["camel", "pascal"])
async def test_envelopes_in_any_letter_case(
    hass: HomeAssistant, sim: Simulator, door: SimLock, letter_case: str
) -> None:
    """Result and result, Success and success mean the same."""
    sim.settings.letter_case = letter_case
    await add_account(hass, sim)

    response = await act(
        hass, "tedee_cloud.create_pin", CALLS["create_pin"], respond=True, entity_id=DOOR
    )

    assert response == {DOOR: {"pin_id": 2, "result": "created"}}
    assert door.pins[2]["pin"] == NEW_DIGITS


async def test_nothing_is_logged_when_all_goes_well(
    hass: HomeAssistant, sim: Simulator, door: SimLock, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither our code nor aiohttp writes digits or key into the log, at any level."""
    caplog.set_level(logging.DEBUG)
    await add_account(hass, sim)

    await act(hass, "tedee_cloud.update_pin", CALLS["update_pin"], entity_id=DOOR)
    await act(hass, "tedee_cloud.get_pin", CALLS["get_pin"], respond=True, entity_id=DOOR)
    await act(hass, "tedee_cloud.delete_pin", CALLS["delete_pin"], entity_id=DOOR)
    await act(hass, "tedee_cloud.create_pin", CALLS["create_pin"], entity_id=DOOR)
    await act(hass, "tedee_cloud.get_pins", respond=True, entity_id=DOOR)

    shown = log_of(caplog)
    assert "tedee_cloud" in shown
    assert not [secret for secret in (OLD_DIGITS, NEW_DIGITS, sim.token) if secret in shown]
    assert [pin["alias"] for pin in door.pins.entries.values()] == ["Guest"]


# --- Through REST -----------------------------------------------------------------------------


async def post(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, action: str, data: dict[str, Any]
) -> tuple[int, Any]:
    """Call an action over REST; return status and answer."""
    assert await async_setup_component(hass, "api", {})
    client = await hass_client()
    answer = await client.post(
        f"/api/services/{DOMAIN}/{action}?return_response", json={"entity_id": DOOR, **data}
    )
    body = await answer.text()
    return answer.status, json.loads(body) if body.startswith("{") else body


async def test_rest_creates_a_pin(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, sim: Simulator, door: SimLock
) -> None:
    """The response of the action is in the answer."""
    await add_account(hass, sim)

    status, answer = await post(hass, hass_client, "create_pin", NEW_PIN)

    assert (status, answer["service_response"]) == (
        200,
        {DOOR: {"pin_id": 2, "result": "created"}},
    )
    assert door.pins[2]["pin"] == NEW_DIGITS


async def test_rest_tells_what_the_cloud_said(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, sim: Simulator, door: SimLock
) -> None:
    """A failure in the world is a 500 with the sentence."""
    await add_account(hass, sim)
    door.connected = False

    assert await post(hass, hass_client, "create_pin", NEW_PIN) == (
        500,
        {"message": SENTENCES["pin_lock_unreachable"].removesuffix(".")},
    )
    assert [call.status for call in sim.requests] == [428]
