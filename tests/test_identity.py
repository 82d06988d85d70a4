"""Which account a key belongs to: told at once, found out later, or there already."""

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.tedee_cloud.api import Lock
from custom_components.tedee_cloud.identity import identities

from .common import DOMAIN, let_time_pass, new_entry, state_of
from .simulator import OWNER, Access, Key, Simulator

SECOND_KEY = "second.Zt4/Hq+9sLm2XbVc7NfRk1WyPd0GoJaUeT6iKxQ8rEv"


def seen(serial: str, level: int, identity: str | None) -> Lock:
    """Return a lock as a key sees it."""
    lock = Lock.from_wire(
        {"id": 1, "serialNumber": serial, "accessLevel": level, "userIdentity": identity}
    )
    assert lock is not None
    return lock


@pytest.mark.parametrize(
    ("locks", "marks"),
    [
        ([], []),
        ([("2", 2, "me"), ("1", 2, "me")], ["me"]),
        ([("2", 0, "her"), ("1", 1, "him")], ["1", "2"]),
        ([("1", 0, "her"), ("2", 2, "me")], ["me", "1"]),
        ([("3", 0, "her"), ("2", 2, "me"), ("1", 0, "him")], ["me", "1", "3"]),
        ([("1", 2, None), ("2", 2, "me")], ["me", "1"]),
        ([("1", 2, "")], ["1"]),
        ([("1", 3, "me")], ["1"]),
    ],
)
def test_what_stands_for_an_account(
    locks: list[tuple[str, int, str | None]], marks: list[str]
) -> None:
    """The owner first, else the lowest serial; in whatever order the cloud lists the locks."""
    assert identities(seen(*lock) for lock in locks) == marks
    assert identities(seen(*lock) for lock in reversed(locks)) == marks


def setup_state(entry: MockConfigEntry) -> str:
    """Return how far the entry has come."""
    return str(entry.state.value)


async def set_up(hass: HomeAssistant, entry: MockConfigEntry) -> MockConfigEntry:
    """Add an entry and set it up."""
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    return entry


@pytest.mark.parametrize(
    ("level", "identity"), [(Access.OWNER, OWNER), (Access.GUEST, "20240101-000042")]
)
async def test_an_account_without_locks_gets_its_identity_with_the_first(
    hass: HomeAssistant,
    sim: Simulator,
    freezer: FrozenDateTimeFactory,
    level: Access,
    identity: str,
) -> None:
    """At the next poll, without a restart; it keeps it when the lock leaves."""
    entry = await set_up(hass, new_entry(sim))
    assert setup_state(entry) == "loaded"
    assert entry.unique_id is None

    lock = sim.account.add_lock("Front door", access_level=level)
    await let_time_pass(hass, freezer)

    assert entry.unique_id == identity
    assert state_of(hass, "lock.front_door") == "locked"

    sim.account.remove(lock)
    for _ in range(3):
        await let_time_pass(hass, freezer)
    assert hass.states.get("lock.front_door") is None
    assert entry.unique_id == identity


async def test_an_identity_never_changes(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """A guest that comes to own a lock is still the same entry."""
    sim.account.add_lock("Flat", serial="20240101-000005", access_level=Access.GUEST)
    entry = MockConfigEntry(
        domain=DOMAIN, unique_id="20240101-000005", data=dict(new_entry(sim).data)
    )
    await set_up(hass, entry)
    sim.account.add_lock("Home")
    await let_time_pass(hass, freezer)
    assert state_of(hass, "lock.home") == "locked"
    assert entry.unique_id == "20240101-000005"


async def two_keys_of_one_empty_account(
    hass: HomeAssistant, sim: Simulator
) -> tuple[MockConfigEntry, MockConfigEntry]:
    """Add an account without locks twice: nothing can tell yet."""
    sim.account.add_key(Key(value=SECOND_KEY))
    first = await set_up(hass, new_entry(sim))
    second = await set_up(hass, new_entry(sim, token=SECOND_KEY))
    assert (setup_state(first), setup_state(second)) == ("loaded", "loaded")
    return first, second


async def test_an_account_that_turns_out_to_be_there_twice_stops_and_says_so(
    hass: HomeAssistant,
    sim: Simulator,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """One entry takes the identity and the lock; the other has neither, complains, and stops."""
    first, second = await two_keys_of_one_empty_account(hass, sim)
    sim.account.add_lock("Front door")

    for _ in range(3):
        await let_time_pass(hass, freezer)

    assert {first.unique_id, second.unique_id} == {OWNER, None}
    duplicate = first if first.unique_id is None else second
    assert setup_state(duplicate) == "setup_error"
    assert duplicate.reason == (
        "This Tedee account is in Home Assistant twice. Remove one of its two entries"
    )
    complaints = [
        record.name
        for record in caplog.records
        if "is in Home Assistant twice" in record.getMessage()
    ]
    assert complaints == ["custom_components.tedee_cloud"] * 2  # its poll, and its set-up again
    sim.clear()
    await let_time_pass(hass, freezer)
    assert len(sim.requests) == 1
    entities = er.async_entries_for_config_entry(er.async_get(hass), duplicate.entry_id)
    assert {entity.unique_id for entity in entities} == {  # of the account, of no lock
        f"{duplicate.entry_id}_requests_left",
        f"{duplicate.entry_id}_polling_resumes",
    }
    assert state_of(hass, "lock.front_door") == "locked"


async def test_a_duplicate_is_not_set_up_and_comes_back_once_it_is_none(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """The entry shows the sentence; removing the other one and reloading cures it."""
    first, second = await two_keys_of_one_empty_account(hass, sim)
    sim.account.add_lock("Front door")
    await let_time_pass(hass, freezer)
    kept, duplicate = (first, second) if first.unique_id else (second, first)

    await hass.config_entries.async_reload(duplicate.entry_id)
    assert setup_state(duplicate) == "setup_error"
    assert duplicate.reason == (
        "This Tedee account is in Home Assistant twice. Remove one of its two entries"
    )

    await hass.config_entries.async_remove(kept.entry_id)
    await hass.config_entries.async_reload(duplicate.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert setup_state(duplicate) == "loaded"
    assert duplicate.unique_id == OWNER
    assert state_of(hass, "lock.front_door") == "locked"
