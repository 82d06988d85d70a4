"""What is known of a lock's PINs: what others did is told, what was done from here is not."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from hypothesis import given
from hypothesis import strategies as st
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.tedee_cloud.api import Pin, PinList
from custom_components.tedee_cloud.api.pin_models import PinEntry
from custom_components.tedee_cloud.keypad import Keypad
from custom_components.tedee_cloud.pin_book import ChangeKind, PinBook, PinChange

from .common import DOMAIN, act, add_account, asked
from .simulator import Fault, ManualClock, SimLock, Simulator

DOOR = "lock.front_door"
DIGITS = "604217"
STRANGER = "482913"
NOW = datetime(2027, 2, 1, 8, tzinfo=UTC)


type Told = list[tuple[PinChange, ...]]


def added(pin_id: int, alias: str) -> PinChange:
    """Return that a PIN was added elsewhere."""
    return PinChange(kind=ChangeKind.ADDED, pin_id=pin_id, alias=alias)


def changed(pin_id: int | None = None, alias: str | None = None) -> PinChange:
    """Return that a PIN was changed elsewhere, which one or not."""
    return PinChange(kind=ChangeKind.CHANGED, pin_id=pin_id, alias=alias)


def removed(pin_id: int, alias: str) -> PinChange:
    """Return that a PIN was removed elsewhere."""
    return PinChange(kind=ChangeKind.REMOVED, pin_id=pin_id, alias=alias)


def a_list(version: int | None, **aliases: str) -> PinList:
    """Return a list with PINs like p1="Cleaner"."""
    pins = tuple(PinEntry(pin_id=int(key[1:]), alias=alias) for key, alias in aliases.items())
    return PinList(list_version=version, pins=pins)


def a_pin(alias: str, **limits: Any) -> Pin:
    """Return a PIN."""
    return Pin(alias=alias, pin=DIGITS, **limits)


@pytest.fixture
def book() -> PinBook:
    """Return a book that knows two PINs from version 5 of the list on, and has read them."""
    book = PinBook()
    book.listed(a_list(5, p1="Cleaner", p2="Guest"))
    book.read(1, a_pin("Cleaner"))
    book.read(2, a_pin("Guest"))
    return book


@pytest.fixture
def told(book: PinBook) -> Told:
    """Return what a listener is told from now on."""
    news: Told = []
    book.listen(news.append)
    return news


def elsewhere(told: Told) -> list[PinChange]:
    """Return what was told to be done elsewhere."""
    return [change for changes in told for change in changes]


# --- What lists tell --------------------------------------------------------------------------


def test_the_first_list_is_no_news_from_elsewhere() -> None:
    """What was there before is nobody's change; nothing of it was read yet."""
    book = PinBook()
    news: Told = []
    book.listen(news.append)
    assert book.names is None

    book.listed(a_list(5, p1="Cleaner", p2="Guest"))

    assert news == [()]
    assert book.names == {1: "Cleaner", 2: "Guest"}
    assert book.limits == {}
    assert book.list_version == 5


def test_the_same_list_again_is_no_news(book: PinBook, told: Told) -> None:
    """Nobody is called for nothing."""
    book.listed(a_list(5, p1="Cleaner", p2="Guest"))

    assert told == []
    assert book.stale == set()


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        (a_list(6, p1="Cleaner", p2="Guest", p3="Friend"), [added(3, "Friend")]),
        (a_list(6, p1="Cleaner"), [removed(2, "Guest")]),
        (a_list(6, p1="Cleaner", p2="Friend"), [changed(2, "Friend")]),
        (a_list(7), [removed(1, "Cleaner"), removed(2, "Guest")]),
        (
            a_list(8, p2="Friend", p3="Cleaner"),
            [removed(1, "Cleaner"), changed(2, "Friend"), added(3, "Cleaner")],
        ),
        (a_list(6, p1="Cleaner", p2="Guest"), [changed()]),
        (a_list(9, p1="Cleaner", p2="Guest", p3="Friend"), [added(3, "Friend"), changed()]),
        (a_list(None, p1="Cleaner", p2="Guest", p3="Friend"), [added(3, "Friend")]),
        (a_list(2, p1="Cleaner", p2="Guest", p3="Friend"), [added(3, "Friend")]),
        (a_list(2, p1="Cleaner", p2="Guest"), []),
        (a_list(None, p1="Cleaner", p2="Guest"), []),
    ],
)
def test_differences_are_told(
    book: PinBook, told: Told, listed: PinList, expected: list[PinChange]
) -> None:
    """By id; what a version tells of and no line shows is a change without a name."""
    book.listed(listed)

    assert elsewhere(told) == expected
    assert book.names == {entry.pin_id: entry.alias for entry in listed.pins}
    assert book.list_version == listed.list_version


@pytest.mark.parametrize(
    ("listed", "stale"),
    [
        (a_list(6, p1="Cleaner", p2="Guest"), {1, 2}),
        (a_list(8, p1="Cleaner", p2="Guest", p3="Friend"), {1, 2, 3}),
        (a_list(4, p1="Cleaner", p2="Guest"), {1, 2}),
        (a_list(6, p1="Cleaner", p2="Friend"), {2}),
        (a_list(6, p1="Cleaner"), set()),
    ],
)
def test_what_may_have_changed_is_stale(book: PinBook, listed: PinList, stale: set[int]) -> None:
    """A change without a name may be any PIN's; a new name may not be all that changed."""
    book.listed(listed)

    assert book.stale == stale
    assert book.limits.keys() <= book.names.keys() if book.names else False


def test_a_pin_that_was_read_again_is_not_stale(book: PinBook) -> None:
    """One by one they are known again."""
    book.listed(a_list(6, p1="Cleaner", p2="Guest"))

    book.read(1, a_pin("Cleaner", week_days=3))

    assert book.stale == {2}
    assert book.limits[1].week_days == 3


def test_a_list_without_versions_leaves_everything_open(book: PinBook) -> None:
    """A cloud that counts nothing could have changed anything."""
    book.listed(a_list(None, p1="Cleaner", p2="Guest"))
    book.read(1, a_pin("Cleaner"))
    book.read(2, a_pin("Guest"))

    book.listed(a_list(None, p1="Cleaner", p2="Guest"))

    assert book.stale == {1, 2}


def test_digits_are_not_kept(book: PinBook) -> None:
    """Neither of what was read nor of what was written."""
    book.stored(3, a_pin("Friend"))

    assert [pin.pin for pin in book.limits.values()] == ["", "", ""]
    assert DIGITS not in repr(vars(book))


def test_who_does_not_listen_any_more_is_not_called(book: PinBook) -> None:
    """Even if it stops while it is being told."""
    news: Told = []
    stop = book.listen(lambda _: stop())
    book.listen(news.append)

    book.filled()
    book.filled()

    assert news == [(), ()]


# --- What was done from here ------------------------------------------------------------------


def test_own_writes_explain_the_version(book: PinBook, told: Told) -> None:
    """They are news, and not from elsewhere; nothing has to be read again."""
    book.stored(3, a_pin("Friend"))
    book.stored(2, a_pin("Neighbour"))
    book.removed(1)
    assert book.names == {2: "Neighbour", 3: "Friend"}
    assert len(told) == 3

    book.listed(a_list(8, p2="Neighbour", p3="Friend"))

    assert elsewhere(told) == []
    assert book.stale == set()
    assert book.limits.keys() == {2, 3}


def test_a_write_from_elsewhere_among_our_own_is_found(book: PinBook, told: Told) -> None:
    """One more than ours has been counted."""
    book.stored(3, a_pin("Friend"))

    book.listed(a_list(7, p1="Cleaner", p2="Guest", p3="Friend"))

    assert elsewhere(told) == [changed()]
    assert book.stale == {1, 2, 3}


def test_writes_are_counted_from_list_to_list(book: PinBook, told: Told) -> None:
    """What one list has explained does not explain the next."""
    book.stored(3, a_pin("Friend"))
    book.listed(a_list(6, p1="Cleaner", p2="Guest", p3="Friend"))
    assert elsewhere(told) == []

    book.listed(a_list(7, p1="Cleaner", p2="Guest", p3="Friend"))

    assert elsewhere(told) == [changed()]


def test_a_doubtful_write_leaves_the_version_open(book: PinBook, told: Told) -> None:
    """It may be counted or not: nothing is told of it, and everything is stale."""
    book.doubted()
    assert book.list_version is None

    book.listed(a_list(6, p1="Cleaner", p2="Guest"))

    assert elsewhere(told) == []
    assert book.stale == {1, 2}
    assert book.list_version == 6


def test_a_write_before_the_first_list_is_no_news_from_elsewhere() -> None:
    """Nothing was known of the lock yet."""
    book = PinBook()
    news: Told = []
    book.listen(news.append)
    book.stored(3, a_pin("Friend"))
    book.removed(4)
    assert book.names is None

    book.listed(a_list(5, p1="Cleaner", p3="Friend"))

    assert elsewhere(news) == []
    assert book.names == {1: "Cleaner", 3: "Friend"}


# --- A full list ------------------------------------------------------------------------------


@pytest.mark.parametrize("by_delete", [True, False])
def test_a_lock_is_full_until_there_is_room(book: PinBook, told: Told, *, by_delete: bool) -> None:
    """A refusal says so; a delete from here or a shorter list ends it, the same list does not."""
    book.filled()
    assert book.is_full
    assert told == [()]
    book.listed(PinList(list_version=book.list_version, pins=_lines(book)))
    assert book.is_full

    if by_delete:
        book.removed(2)
    else:
        book.listed(a_list(6, p1="Cleaner"))

    assert not book.is_full


def _lines(book: PinBook) -> tuple[PinEntry, ...]:
    """Return the list as the book knows it."""
    names = book.names or {}
    return tuple(PinEntry(pin_id=pin_id, alias=alias) for pin_id, alias in names.items())


# --- PINs whose time is over ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(-1, []), (0, []), (1, [removed(2, "Guest")]), (None, [removed(2, "Guest")])],
)
def test_an_expired_pin_is_not_told_to_be_removed(
    book: PinBook,
    told: Told,
    freezer: FrozenDateTimeFactory,
    seconds: float | None,
    expected: list[PinChange],
) -> None:
    """The cloud removes it when its time is over, and nobody has to be told of that."""
    freezer.move_to(NOW)
    end = None if seconds is None else NOW + timedelta(seconds=seconds)
    book.read(2, a_pin("Guest", end_date=end))

    book.listed(a_list(6, p1="Cleaner"))

    assert elsewhere(told) == expected
    assert book.names == {1: "Cleaner"}
    assert book.stale == set()


def test_an_expired_pin_explains_the_version(
    book: PinBook, told: Told, freezer: FrozenDateTimeFactory
) -> None:
    """As a change, which is no other PIN's."""
    freezer.move_to(NOW)
    book.read(1, a_pin("Cleaner", end_date=NOW))
    book.read(2, a_pin("Guest", end_date=NOW))

    book.listed(a_list(7, p2="Guest"))

    assert elsewhere(told) == [changed()]


def test_a_change_of_an_expired_pin_is_told(
    book: PinBook, told: Told, freezer: FrozenDateTimeFactory
) -> None:
    """It is there still, and somebody has given it a new name."""
    freezer.move_to(NOW)
    book.read(2, a_pin("Guest", end_date=NOW))

    book.listed(a_list(6, p1="Cleaner", p2="Friend"))

    assert elsewhere(told) == [changed(2, "Friend")]


# --- Whatever the order -----------------------------------------------------------------------

STEPS = st.lists(
    st.tuples(
        st.sampled_from(("here", "there")),
        st.sampled_from(("add", "rename", "remove", "look")),
        st.integers(0, 4),
        st.sampled_from(("Anna", "Ben")),
    ),
    max_size=30,
)


@given(STEPS)
def test_each_change_from_elsewhere_is_told_once_and_none_of_ours(
    steps: list[tuple[str, str, int, str]],
) -> None:
    """A list after every change: exactly what others did is told, in any order of things."""
    pins: dict[int, str] = {}
    ids: Iterator[int] = iter(range(1, 100))
    version = 1
    book = PinBook()
    news: Told = []
    book.listed(a_list(version))
    book.listen(news.append)
    expected: list[PinChange] = []
    for who, what, which, alias in steps:
        pin_id = sorted(pins)[which % len(pins)] if pins else None
        change = None
        if what == "add":
            pin_id = next(ids)
            pins[pin_id] = alias
            change = added(pin_id, alias)
        elif what == "rename" and pin_id is not None:
            change = changed(pin_id, alias) if pins[pin_id] != alias else changed()
            pins[pin_id] = alias
        elif what == "remove" and pin_id is not None:
            change = removed(pin_id, pins.pop(pin_id))
        if change and pin_id is not None:
            version += 1
            if who == "there":
                expected.append(change)
            elif what == "remove":
                book.removed(pin_id)
            else:
                book.stored(pin_id, a_pin(alias))
        if who == "there" or what == "look":
            lines = {f"p{number}": name for number, name in pins.items()}
            book.listed(a_list(version, **lines))

    assert elsewhere(news) == expected
    assert book.names == pins


# --- Against the cloud ------------------------------------------------------------------------


@pytest.fixture
def door(sim: Simulator) -> SimLock:
    """Put a lock with two PINs into the account."""
    lock = sim.account.add_lock("Front door")
    lock.pins.add("Cleaner", STRANGER)
    lock.pins.add("Guest", "360852")
    return lock


@pytest.fixture(autouse=True)
def unwatched(pins_unwatched: None) -> None:
    """Let nobody else ask for PINs."""


@pytest.fixture
async def account(hass: HomeAssistant, sim: Simulator, door: SimLock) -> MockConfigEntry:
    """Add the account with its lock."""
    assert len(door.pins) == 2
    return await add_account(hass, sim)


@pytest.fixture
async def keypad(account: MockConfigEntry) -> Keypad:
    """Return the keypad of the lock, whose list is known."""
    coordinator = account.runtime_data
    [lock] = coordinator.data.values()
    keypad: Keypad = coordinator.keypads.of(lock)
    await keypad.async_list()
    return keypad


@pytest.fixture
def heard(keypad: Keypad) -> Told:
    """Return what a listener is told of the lock from now on."""
    news: Told = []
    keypad.book.listen(news.append)
    return news


async def call(hass: HomeAssistant, action: str, **data: Any) -> None:
    """Call an action of ours."""
    await act(hass, f"{DOMAIN}.{action}", data, respond=True, entity_id=DOOR)


OWN: list[tuple[str, str, dict[str, Any]]] = [
    ("POST", "create_pin", {"alias": "Friend", "pin": DIGITS}),
    ("PUT", "update_pin", {"pin_id": 2, "alias": "Friend", "pin": DIGITS}),
    ("PUT", "update_pin", {"pin_id": 2, "week_days": ["mon"]}),
    ("DELETE", "delete_pin", {"pin_id": 2}),
]


@pytest.mark.usefixtures("pauses")
@pytest.mark.parametrize("fault", [None, Fault(status=504, worked=True), Fault(drop=True)])
@pytest.mark.parametrize("write", OWN)
async def test_our_own_writes_are_never_told_as_a_strangers(
    hass: HomeAssistant,
    sim: Simulator,
    door: SimLock,
    keypad: Keypad,
    heard: Told,
    write: tuple[str, str, dict[str, Any]],
    fault: Fault | None,
) -> None:
    """Not even those whose answer got lost and that were found in the list."""
    method, action, data = write
    if fault:
        sim.faults.add(fault, method=method)

    await call(hass, action, **data)
    await keypad.async_refresh()
    assert elsewhere(heard) == []
    assert keypad.book.names == {key: pin["alias"] for key, pin in door.pins.entries.items()}

    door.pins.replace(1, {**door.pins[1], "weekDays": 1})
    await keypad.async_refresh()
    assert elsewhere(heard) == [changed()]
    assert 1 in keypad.book.stale


@pytest.mark.usefixtures("pauses")
async def test_a_list_is_asked_for_only_where_it_is_another_one(
    hass: HomeAssistant, sim: Simulator, door: SimLock, keypad: Keypad, heard: Told
) -> None:
    """The cloud answers 304 where it is not."""
    sim.clear()
    await keypad.async_refresh()
    assert [call.status for call in sim.calls("GET", "/my/lock/*/pin")] == [304]

    door.pins.add("Friend", DIGITS)
    await keypad.async_refresh()
    await keypad.async_refresh()
    statuses = [(call.query, call.status) for call in sim.calls("GET", "/my/lock/*/pin")]
    assert [status for _, status in statuses] == [304, 200, 304]
    assert all("listVersion" in query for query, _ in statuses)
    assert elsewhere(heard) == [added(3, "Friend")]

    await call(hass, "delete_pin", pin_id=3)
    await keypad.async_refresh()
    assert elsewhere(heard) == [added(3, "Friend")]


@pytest.mark.usefixtures("pauses")
async def test_the_whole_list_is_asked_for_where_versions_tell_nothing(
    hass: HomeAssistant, sim: Simulator, door: SimLock, account: MockConfigEntry, keypad: Keypad
) -> None:
    """After a write in doubt, and when the lock was added to its account anew."""
    sim.faults.add(Fault(status=504, worked=True), method="DELETE")
    await call(hass, "delete_pin", pin_id=2)
    sim.clear()
    await keypad.async_refresh()
    assert asked(sim, door) == ["GET"]
    assert sim.requests[0].query_string == ""

    sim.account.readd(door)
    [lock] = account.runtime_data.data.values()
    keypad.at(replace(lock, lock_id=door.id))
    sim.clear()
    await keypad.async_refresh()
    assert [call.query_string for call in sim.requests] == [""]


@pytest.mark.parametrize("status", [412, 422])
async def test_a_refusal_for_want_of_room_is_noted(
    hass: HomeAssistant, sim: Simulator, keypad: Keypad, status: int
) -> None:
    """Both statuses that the vendor's pages name; a delete makes room."""
    sim.settings.update({"pin_capacity": 2, "pin_full_status": status})
    assert not keypad.book.is_full

    with pytest.raises(HomeAssistantError):
        await call(hass, "create_pin", alias="Friend")
    assert keypad.book.is_full

    await call(hass, "delete_pin", alias="Guest")
    assert not keypad.book.is_full


@pytest.mark.usefixtures("pauses")
async def test_a_guest_whose_stay_is_over_is_not_told_to_be_removed(
    hass: HomeAssistant,
    sim: Simulator,
    clock: ManualClock,
    freezer: FrozenDateTimeFactory,
    door: SimLock,
    keypad: Keypad,
    heard: Told,
) -> None:
    """The cloud takes the PIN out by itself."""
    now = clock.now()
    freezer.move_to(now)
    await call(
        hass, "add_guest", alias="Stay", arrival=now.isoformat(), departure=str(now + timedelta(1))
    )
    assert len(door.pins) == 3

    clock.advance(86401)
    freezer.tick(86401)
    await keypad.async_refresh()

    assert keypad.book.names == {1: "Cleaner", 2: "Guest"}
    assert elsewhere(heard) == []
    assert sim.calls("DELETE") == []
