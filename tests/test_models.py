"""Locks and PINs as the cloud describes them, in all its moods."""

from datetime import UTC, datetime
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custom_components.tedee_cloud.api import (
    DoorState,
    Lock,
    LockState,
    LockStatus,
    LockSync,
    LockType,
    Operation,
    Pin,
    PinList,
    Receipt,
    TedeeAnswerError,
)

from .test_wire import JSON_VALUES

STATE = {
    "state": 6,
    "doorState": 3,
    "isCharging": False,
    "batteryLevel": 81,
    "stateChangeResult": 0,
    "lastStateChangedDate": "2026-01-05T18:22:07.431Z",
}
LOCK = {
    "id": 41001,
    "serialNumber": "20240101-000042",
    "name": "Front door",
    "type": 2,
    "connectedToId": 5001,
    "isConnected": True,
    "accessLevel": 2,
    "accessDetails": None,
    "timeZone": "Europe/Berlin",
    "revision": 7,
    "deviceState": STATE,
    "deviceSettings": {"pullSpringEnabled": True, "pullSpringDuration": 3},
    "accessories": [{"id": 7001, "deviceType": 3}],
    "softwareVersions": [
        {"softwareType": 1, "version": "9.9"},
        {"softwareType": 0, "version": "2.4.47638", "updateAvailable": False},
    ],
    "userIdentity": "8b8f0c1e-0000-4000-8000-000000000001",
}
STATUS = LockStatus(
    state=LockState.LOCKED,
    door=DoorState.CLOSED,
    battery=81,
    charging=False,
    change_failed=False,
    changed_at=datetime(2026, 1, 5, 18, 22, 7, 431000, UTC),
)
PIN = {
    "id": 3,
    "alias": "test pin 3",
    "pin": "918273",
    "startDate": "2021-10-01T00:00:00.000Z",
    "endDate": "2021-12-31T00:00:00.000Z",
    "dayStartTime": "2021-10-01T10:00:00.000Z",
    "dayEndTime": "2021-10-01T18:00:00.000Z",
    "weekDays": 1,
}

NO_DATES: tuple[Any, ...] = ("", "soon", 0, False, 1633046400, [], {})
FIRST_HOUR_EAST = "0001-01-01T00:00:00+01:00"

WIRE_DATES = st.datetimes(timezones=st.one_of(st.none(), st.timezones())).map(datetime.isoformat)
FIELD_VALUES = JSON_VALUES | WIRE_DATES
STATES = st.dictionaries(st.sampled_from(sorted(STATE)), FIELD_VALUES)
LOCKS = st.fixed_dictionaries(
    {"id": st.just(41001) | JSON_VALUES, "serialNumber": st.just("20240101-000042") | JSON_VALUES},
    optional={
        **dict.fromkeys(sorted(LOCK.keys() - {"id", "serialNumber"}), FIELD_VALUES),
        "deviceState": STATES | JSON_VALUES,
        "lockProperties": STATES | JSON_VALUES,
    },
)


def lock_from(**changes: Any) -> Lock:
    """Read the sample lock with some fields changed."""
    lock = Lock.from_wire({**LOCK, **changes})
    assert lock is not None
    return lock


def status_from(**changes: Any) -> LockStatus:
    """Read the sample state object with some fields changed."""
    status = LockStatus.from_wire({"deviceState": {**STATE, **changes}})
    assert status is not None
    return status


def test_the_vendors_sample_lock_is_read_in_full() -> None:
    """Every field that the integration uses."""
    assert lock_from() == Lock(
        serial="20240101-000042",
        lock_id=41001,
        name="Front door",
        type=LockType.LOCK_PRO,
        connected=True,
        status=STATUS,
        revision=7,
        owner_identity="8b8f0c1e-0000-4000-8000-000000000001",
        time_zone="Europe/Berlin",
        firmware="2.4.47638",
        pull_spring=True,
        pull_spring_duration=3,
        keypad=True,
    )


@pytest.mark.parametrize(
    ("fields", "keypad"),
    [
        ({"accessories": [{"id": 7001, "deviceType": 3}]}, True),
        ({"accessories": [{"id": 7001, "deviceType": 10, "name": "Keypad PRO"}]}, True),
        ({"accessories": [{"id": 1, "deviceType": 8}, None, {"id": 2, "deviceType": 3}]}, True),
        ({"accessories": None, "connectedToKeypadId": 7001}, True),
        ({"accessories": []}, False),
        ({"accessories": [{"id": 1, "deviceType": 8}]}, False),
        ({"accessories": [{"id": 1, "deviceType": "3"}, {"id": 2, "deviceType": True}]}, False),
        ({"accessories": "keypad"}, False),
        ({"accessories": None}, False),
        ({"accessories": None, "connectedToKeypadId": None}, False),
        ({"accessories": None, "connectedToKeypadId": "7001"}, False),
        ({"accessLevel": 1}, True),
        ({"accessLevel": None}, True),
        ({"accessLevel": 0}, False),
        ({"accessLevel": 3}, False),
    ],
)
def test_a_keypad_is_known_by_its_type_and_shows_its_pins_to_managers(
    fields: dict[str, Any],
    keypad: bool,  # noqa: FBT001
) -> None:
    """Under both names it ever had; a guest of a lock cannot ask for its PINs."""
    assert lock_from(**fields).keypad is keypad


@pytest.mark.parametrize(
    ("holder", "status"),
    [
        ({"deviceState": STATE}, STATUS),
        ({"lockProperties": STATE}, STATUS),
        ({"deviceState": STATE, "lockProperties": {"state": 2}}, STATUS),
        ({"deviceState": None, "lockProperties": STATE}, STATUS),
        ({"deviceState": None}, None),
        ({"lockProperties": None}, None),
        ({}, None),
        ({"deviceState": 6}, None),
        ({"deviceState": "locked"}, None),
        ({"deviceState": [STATE]}, None),
    ],
)
def test_both_names_of_the_state_object_are_read(
    holder: dict[str, Any], status: LockStatus | None
) -> None:
    """The newer name counts where both are there; null is a lock out of reach."""
    assert LockStatus.from_wire(holder) == status


@pytest.mark.parametrize(
    ("number", "state"),
    [
        (0, LockState.UNCALIBRATED),
        (1, LockState.CALIBRATING),
        (2, LockState.UNLOCKED),
        (3, LockState.SEMI_LOCKED),
        (4, LockState.UNLOCKING),
        (5, LockState.LOCKING),
        (6, LockState.LOCKED),
        (7, LockState.PULLED),
        (8, LockState.PULLING),
        (9, LockState.UNKNOWN),
        (18, LockState.UPDATING),
        (10, LockState.UNKNOWN),
        (-1, LockState.UNKNOWN),
        (255, LockState.UNKNOWN),
        (None, LockState.UNKNOWN),
        ("6", LockState.UNKNOWN),
        (6.0, LockState.UNKNOWN),
        (True, LockState.UNKNOWN),
        ([6], LockState.UNKNOWN),
    ],
)
def test_a_state_is_read_by_its_number_and_never_guessed(number: object, state: LockState) -> None:
    """What is not known reads as unknown, never as locked."""
    assert status_from(state=number).state is state


@pytest.mark.parametrize(
    ("field", "attribute", "value", "read"),
    [
        ("doorState", "door", 0, DoorState.NOT_PAIRED),
        ("doorState", "door", 1, DoorState.DISCONNECTED),
        ("doorState", "door", 2, DoorState.OPENED),
        ("doorState", "door", 3, DoorState.CLOSED),
        ("doorState", "door", 4, DoorState.UNCALIBRATED),
        ("doorState", "door", 5, None),
        ("doorState", "door", None, DoorState.NOT_PAIRED),
        ("doorState", "door", "2", None),
        ("doorState", "door", True, None),
        ("batteryLevel", "battery", 0, 0),
        ("batteryLevel", "battery", 100, 100),
        ("batteryLevel", "battery", 101, None),
        ("batteryLevel", "battery", 255, None),
        ("batteryLevel", "battery", -1, None),
        ("batteryLevel", "battery", None, None),
        ("batteryLevel", "battery", 81.5, None),
        ("batteryLevel", "battery", "81", None),
        ("batteryLevel", "battery", False, None),
        ("isCharging", "charging", True, True),
        ("isCharging", "charging", None, None),
        ("isCharging", "charging", 1, None),
        ("isCharging", "charging", "true", None),
        ("stateChangeResult", "change_failed", 0, False),
        ("stateChangeResult", "change_failed", 1, True),
        ("stateChangeResult", "change_failed", 255, True),
        ("stateChangeResult", "change_failed", -1, False),
        ("stateChangeResult", "change_failed", None, False),
        ("stateChangeResult", "change_failed", "1", False),
        ("stateChangeResult", "change_failed", True, False),
        ("lastStateChangedDate", "changed_at", None, None),
        ("lastStateChangedDate", "changed_at", 1767637327, None),
        ("lastStateChangedDate", "changed_at", "soon", None),
        ("lastStateChangedDate", "changed_at", FIRST_HOUR_EAST, None),
        (
            "lastStateChangedDate",
            "changed_at",
            "2022-06-28T17:18:38.962",
            datetime(2022, 6, 28, 17, 18, 38, 962000, UTC),
        ),
        (
            "lastStateChangedDate",
            "changed_at",
            "2024-12-13T07:36:36.9049417+00:00",
            datetime(2024, 12, 13, 7, 36, 36, 904941, UTC),
        ),
    ],
)
def test_a_field_of_the_state_of_the_wrong_type_is_not_known(
    field: str, attribute: str, value: object, read: object
) -> None:
    """It hurts nothing but itself: the bolt's state is still read."""
    status = status_from(**{field: value})
    assert getattr(status, attribute) == read
    assert type(getattr(status, attribute)) is type(read)
    assert status.state is LockState.LOCKED


@pytest.mark.parametrize(
    ("field", "attribute", "value", "read"),
    [
        ("name", "name", None, "20240101-000042"),
        ("name", "name", "", "20240101-000042"),
        ("name", "name", 7, "20240101-000042"),
        ("type", "type", 4, LockType.LOCK_GO),
        ("type", "type", 11, None),
        ("type", "type", None, None),
        ("type", "type", "2", None),
        ("isConnected", "connected", None, False),
        ("isConnected", "connected", False, False),
        ("isConnected", "connected", 1, False),
        ("isConnected", "connected", "true", False),
        ("revision", "revision", None, None),
        ("revision", "revision", "7", None),
        ("timeZone", "time_zone", None, None),
        ("timeZone", "time_zone", 1, None),
        ("userIdentity", "owner_identity", None, None),
        ("userIdentity", "owner_identity", 5, None),
        ("accessLevel", "owner_identity", 0, None),
        ("accessLevel", "owner_identity", 1, None),
        ("accessLevel", "owner_identity", None, None),
        ("accessLevel", "owner_identity", "2", None),
        ("softwareVersions", "firmware", None, None),
        ("softwareVersions", "firmware", [], None),
        ("softwareVersions", "firmware", "2.4", None),
        ("softwareVersions", "firmware", [None, {"softwareType": 0, "version": "3.0"}], "3.0"),
        ("softwareVersions", "firmware", [{"softwareType": 0, "version": 3}], None),
        ("deviceSettings", "pull_spring", None, False),
        ("deviceSettings", "pull_spring", [], False),
        ("deviceSettings", "pull_spring", {"pullSpringEnabled": None}, False),
        ("deviceSettings", "pull_spring", {"pullSpringEnabled": 1}, False),
        ("deviceSettings", "pull_spring_duration", None, 0),
        ("deviceSettings", "pull_spring_duration", {"pullSpringDuration": "3"}, 0),
    ],
)
def test_a_field_of_a_lock_of_the_wrong_type_is_not_known(
    field: str, attribute: str, value: object, read: object
) -> None:
    """It hurts nothing but itself: the lock is still there, and locked."""
    lock = lock_from(**{field: value})
    assert getattr(lock, attribute) == read
    assert type(getattr(lock, attribute)) is type(read)
    assert lock.status == STATUS


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", None),
        ("id", "41001"),
        ("id", 4.5),
        ("id", True),
        ("serialNumber", None),
        ("serialNumber", ""),
        ("serialNumber", 20240101),
    ],
)
def test_a_lock_without_its_id_or_serial_is_none(field: str, value: object) -> None:
    """There would be nothing to call it by."""
    assert Lock.from_wire({**LOCK, field: value}) is None


@pytest.mark.parametrize(
    ("data", "sync"),
    [
        (
            {"id": 41001, "isConnected": True, "deviceState": STATE, "revision": 8},
            LockSync(lock_id=41001, connected=True, status=STATUS, revision=8),
        ),
        (
            {"id": 41001, "isConnected": True, "lockProperties": STATE},
            LockSync(lock_id=41001, connected=True, status=STATUS, revision=None),
        ),
        (
            {"id": 41001, "isConnected": False, "deviceState": None, "revision": 7},
            LockSync(lock_id=41001, connected=False, status=None, revision=7),
        ),
        (
            {"id": 41001, "isConnected": None, "deviceState": None, "revision": 7},
            LockSync(lock_id=41001, connected=False, status=None, revision=7),
        ),
        ({"id": 41001}, LockSync(lock_id=41001, connected=False, status=None, revision=None)),
        ({"isConnected": True, "deviceState": STATE}, None),
        ({"id": "41001", "deviceState": STATE}, None),
        ({}, None),
    ],
)
def test_a_sync_element_is_read(data: dict[str, Any], sync: LockSync | None) -> None:
    """Of old and new versions, of a lock out of reach, and of none."""
    assert LockSync.from_wire(data) == sync


def test_a_sync_changes_what_it_tells_and_nothing_else() -> None:
    """The id moves along; a sync without a revision keeps the one that is known."""
    lock = lock_from()
    sync = LockSync(lock_id=41009, connected=False, status=None, revision=None)
    assert lock.synced(sync) == Lock.from_wire(
        {**LOCK, "id": 41009, "isConnected": False, "deviceState": None}
    )


@given(LOCKS)
def test_no_json_object_makes_reading_a_lock_raise(data: dict[str, Any]) -> None:
    """Whatever one lock reports, the others are still polled."""
    lock = Lock.from_wire(data)
    assert lock is None or (bool(lock.serial) and isinstance(lock.status, LockStatus | None))


@given(LOCKS)
def test_no_json_object_makes_reading_a_sync_raise(data: dict[str, Any]) -> None:
    """Where it names a lock, it is read."""
    sync = LockSync.from_wire(data)
    named = isinstance(data["id"], int) and not isinstance(data["id"], bool)
    assert (sync is not None) is named


def test_the_vendors_sample_pin_is_read_and_written_alike() -> None:
    """All seven fields, word for word."""
    pin = Pin.from_wire(PIN, 3)
    assert pin == Pin(
        alias="test pin 3",
        pin="918273",
        start_date=datetime(2021, 10, 1, tzinfo=UTC),
        end_date=datetime(2021, 12, 31, tzinfo=UTC),
        day_start_time=datetime(2021, 10, 1, 10, tzinfo=UTC),
        day_end_time=datetime(2021, 10, 1, 18, tzinfo=UTC),
        week_days=1,
    )
    assert pin.to_wire() == {key: value for key, value in PIN.items() if key != "id"}


def test_a_pin_without_limits_has_none() -> None:
    """Left out or null, it is the same."""
    bare = Pin(alias="test pin 3", pin="918273")
    assert Pin.from_wire({"alias": "test pin 3", "pin": "918273"}, 3) == bare
    limits = ("startDate", "endDate", "dayStartTime", "dayEndTime", "weekDays")
    assert Pin.from_wire({**PIN, **dict.fromkeys(limits)}, 3) == bare
    assert bare.to_wire() == {"alias": "test pin 3", "pin": "918273", **dict.fromkeys(limits)}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("id", value) for value in (4, -3, "3", [3])),
        ("alias", None),
        ("alias", ""),
        ("alias", 3),
        ("pin", None),
        ("pin", ""),
        ("pin", 918273),
        *product(("startDate", "endDate", "dayStartTime", "dayEndTime"), NO_DATES),
        ("endDate", FIRST_HOUR_EAST),
        ("weekDays", "1"),
        ("weekDays", 1.5),
        ("weekDays", True),
        ("weekDays", ["mon"]),
        ("weekDays", {}),
    ],
)
def test_another_pin_or_one_with_an_unreadable_limit_raises_rather_than_lose_it(
    field: str, value: object
) -> None:
    """The next update would write another's digits, or lift the limit for ever."""
    with pytest.raises(TedeeAnswerError):
        Pin.from_wire({**PIN, field: value}, 3)


@pytest.mark.parametrize("answer", [None, [], "pin", 3, {}, [PIN]])
def test_what_is_no_pin_raises(answer: object) -> None:
    """An answer of another shape is not the vendor's."""
    with pytest.raises(TedeeAnswerError):
        Pin.from_wire(answer, 3)


@pytest.mark.parametrize(
    ("answer", "version", "pins"),
    [
        ({"listVersion": 5, "pins": []}, 5, []),
        ({"listVersion": None, "pins": [{"id": 3, "alias": "Guest"}]}, None, [(3, "Guest")]),
        ({"pins": [{"id": 3, "alias": None}, {"id": 4}]}, None, [(3, ""), (4, "")]),
    ],
)
def test_a_pin_list_is_read(
    answer: dict[str, Any], version: int | None, pins: list[tuple[int, str]]
) -> None:
    """Ids are needed, names may be missing."""
    pin_list = PinList.from_wire(answer)
    assert pin_list.list_version == version
    assert [(pin.pin_id, pin.alias) for pin in pin_list.pins] == pins


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        {},
        {"pins": None},
        {"pins": {}},
        {"listVersion": 5},
        {"pins": [None]},
        {"pins": [{"alias": "Guest"}]},
        {"pins": [{"id": "3", "alias": "Guest"}]},
    ],
)
def test_a_pin_list_that_hides_a_pin_raises(answer: object) -> None:
    """A PIN left out of a list would be taken for deleted."""
    with pytest.raises(TedeeAnswerError):
        PinList.from_wire(answer)


@pytest.mark.parametrize(
    ("answer", "operation_id"),
    [
        ({"operationId": "1577833200000"}, "1577833200000"),
        ({"operationId": None}, None),
        ({"operationId": ""}, None),
        ({"operationId": 1577833200000}, None),
        ({}, None),
        (None, None),
        ([], None),
    ],
)
def test_a_receipt_may_name_no_operation(answer: object, operation_id: str | None) -> None:
    """The command was accepted all the same."""
    assert Receipt.from_wire(answer).operation_id == operation_id


@pytest.mark.parametrize(
    ("answer", "completed", "result"),
    [
        ({"status": "COMPLETED", "result": 0}, True, 0),
        ({"status": "Completed", "result": 1}, True, 1),
        ({"status": "COMPLETED", "result": None}, True, None),
        ({"status": "PENDING", "result": 0}, False, None),
        ({"status": "PENDING", "result": 2}, False, None),
        ({"status": None}, False, None),
        ({}, False, None),
        (None, False, None),
    ],
)
def test_a_result_counts_only_once_an_operation_is_completed(
    answer: object, *, completed: bool, result: int | None
) -> None:
    """While it is pending, the vendor sends a result that means nothing."""
    operation = Operation.from_wire(answer)
    assert (operation.completed, operation.result) == (completed, result)


@pytest.mark.parametrize(
    ("thing", "secret"),
    [
        (Pin.from_wire(PIN, 3), "918273"),
        (lock_from(), "8b8f0c1e-0000-4000-8000-000000000001"),
    ],
)
def test_secrets_stay_out_of_what_is_printed(thing: object, secret: str) -> None:
    """Neither digits nor the owner's identity get into a log by way of repr."""
    assert secret not in repr(thing)
    assert secret not in str(thing)
