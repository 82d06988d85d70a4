"""What entities show of whatever the cloud says: states, versions, odd values, names."""

from typing import Any

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from pytest_homeassistant_custom_component.common import MockConfigEntry
from syrupy.assertion import SnapshotAssertion

from .common import DOMAIN, act, add_account, let_time_pass, new_entry, shown, state_of
from .simulator import ABSENT, UNLOCKED, Door, Simulator

FRONT = "lock.front_door"
BACK = "lock.back_door"


async def test_all_entities_of_an_account(
    hass: HomeAssistant, sim: Simulator, snapshot: SnapshotAssertion
) -> None:
    """A lock with everything, one with less, one out of reach."""
    sim.account.add_lock("Front door", door=Door.CLOSED)
    sim.account.add_lock(
        "Back door", state=UNLOCKED, type=4, pull_spring=False, battery=64, charging=True
    )
    sim.account.add_lock("Cellar", connected=False)
    usual = new_entry(sim)
    account = MockConfigEntry(
        domain=DOMAIN,
        entry_id="01JTEDEE000000000000000000",  # the snapshot shows it in unique ids
        title=usual.title,
        unique_id=usual.unique_id,
        data=dict(usual.data),
    )
    account.add_to_hass(hass)
    await hass.config_entries.async_setup(account.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)

    for entity_id, entry in sorted(er.async_get(hass).entities.items()):
        assert entry == snapshot(name=f"{entity_id} in the registry")
        assert hass.states.get(entity_id) == snapshot(name=f"{entity_id} as shown")


# --- The state of the bolt ------------------------------------------------------------------

STATES = [
    (0, 0, "unknown"),
    (1, 0, "unknown"),
    (2, 0, "unlocked"),
    (2, 1, "unlocked"),
    (3, 0, "unlocked"),
    (3, None, "unlocked"),
    (3, ABSENT, "unlocked"),
    (3, -1, "unlocked"),
    (3, "1", "unlocked"),
    (3, True, "unlocked"),
    (3, 1, "jammed"),
    (3, 7, "jammed"),
    (4, 0, "unlocking"),
    (4, 1, "unlocking"),
    (5, 0, "locking"),
    (6, 0, "locked"),
    (6, 1, "locked"),
    (6, None, "locked"),
    (7, 0, "open"),
    (8, 0, "opening"),
    (9, 0, "unknown"),
    (10, 0, "unknown"),
    (17, 0, "unknown"),
    (18, 0, "unknown"),
    (255, 0, "unknown"),
    (-1, 0, "unknown"),
    (None, 0, "unknown"),
    (ABSENT, 0, "unknown"),
    ("6", 0, "unknown"),
    ("locked", 0, "unknown"),
    (6.0, 0, "unknown"),
    (True, 0, "unknown"),
    ([6], 0, "unknown"),
    ({"state": 6}, 0, "unknown"),
]


@pytest.mark.parametrize(("number", "result", "state"), STATES)
async def test_every_number_has_its_state(
    hass: HomeAssistant,
    sim: Simulator,
    freezer: FrozenDateTimeFactory,
    number: Any,
    result: Any,
    state: str,
) -> None:
    """From the list as from a sync. What is not known is never shown as locked."""
    bolt = {"deviceState": {"state": number, "stateChangeResult": result}}
    lock = sim.account.add_lock("Front door", raw=bolt)
    sim.account.add_lock("Back door")
    await add_account(hass, sim)
    assert state_of(hass, FRONT) == state

    lock.raw = {"deviceState": {"state": 2 if state == "locked" else 6, "stateChangeResult": 0}}
    await let_time_pass(hass, freezer)
    assert state_of(hass, FRONT) == ("unlocked" if state == "locked" else "locked")
    lock.raw = bolt
    await let_time_pass(hass, freezer)
    assert state_of(hass, FRONT) == state
    assert state_of(hass, BACK) == "locked"


async def test_a_bolt_that_is_turned_by_hand_shows_with_the_next_poll(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """No command of Home Assistant is needed."""
    lock = sim.account.add_lock("Front door")
    await add_account(hass, sim)

    for position, state in [("unlocked", "unlocked"), ("semi_locked", "unlocked")]:
        lock.turn(position)
        await let_time_pass(hass, freezer)
        assert state_of(hass, FRONT) == state
        lock.turn("locked")
        await let_time_pass(hass, freezer)
        assert state_of(hass, FRONT) == "locked"


# --- Reach ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "overlay"),
    [
        pytest.param({"connected": False}, {}, id="out of reach"),
        pytest.param({"bridge_id": None}, {}, id="never had a bridge: isConnected is null"),
        pytest.param({}, {"isConnected": False}, id="out of reach, with an old state"),
        pytest.param({}, {"isConnected": None}, id="null, with an old state"),
        pytest.param({}, {"isConnected": ABSENT}, id="not told"),
        pytest.param({}, {"isConnected": "true"}, id="text"),
        pytest.param({}, {"isConnected": 1}, id="a number"),
    ],
)
async def test_a_lock_out_of_reach_is_unavailable(
    hass: HomeAssistant,
    sim: Simulator,
    freezer: FrozenDateTimeFactory,
    fields: dict[str, Any],
    overlay: dict[str, Any],
) -> None:
    """Whatever state the cloud remembers of it; from the list as from a sync."""
    lock = sim.account.add_lock("Front door", raw=overlay)
    sim.account.add_lock("Back door")
    usual = {key: getattr(lock, key) for key in fields}
    for key, value in fields.items():
        setattr(lock, key, value)
    await add_account(hass, sim)
    assert state_of(hass, FRONT) == "unavailable"

    lock.raw = {}
    for key, value in usual.items():
        setattr(lock, key, value)
    await let_time_pass(hass, freezer)
    assert state_of(hass, FRONT) == "locked"

    lock.raw = overlay
    for key, value in fields.items():
        setattr(lock, key, value)
    await let_time_pass(hass, freezer)
    assert state_of(hass, FRONT) == "unavailable"
    assert state_of(hass, BACK) == "locked"


@pytest.mark.usefixtures("without_keypads")
async def test_an_account_whose_locks_are_all_out_of_reach_comes_back(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """Without lists or restarts."""
    lock = sim.account.add_lock("Front door", connected=False)
    await add_account(hass, sim)
    for _ in range(3):
        await let_time_pass(hass, freezer)
    assert state_of(hass, FRONT) == "unavailable"

    lock.connected = True
    await let_time_pass(hass, freezer)

    assert state_of(hass, FRONT) == "locked"
    assert {call.path for call in sim.requests} == {"/api/v37/my/lock/sync"}


# --- The feature open -----------------------------------------------------------------------


async def test_open_comes_and_goes_with_the_pull_spring(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """Without a reload: with the poll that tells of new settings."""
    lock = sim.account.add_lock("Front door", pull_spring=False)
    entry = await add_account(hass, sim)
    coordinator = entry.runtime_data
    assert shown(hass, FRONT).attributes["supported_features"] == 0

    lock.change_settings(pullSpringEnabled=True)
    assert shown(hass, FRONT).attributes["supported_features"] == 0
    await let_time_pass(hass, freezer)
    assert shown(hass, FRONT).attributes["supported_features"] == 1

    lock.change_settings(pullSpringEnabled=False)
    await let_time_pass(hass, freezer)
    assert shown(hass, FRONT).attributes["supported_features"] == 0
    assert entry.runtime_data is coordinator


@pytest.mark.parametrize(
    "settings",
    [
        None,
        [],
        "on",
        {"pullSpringEnabled": None},
        {"pullSpringEnabled": ABSENT},
        {"pullSpringEnabled": "true"},
        {"pullSpringEnabled": 1},
    ],
)
async def test_a_pull_spring_that_is_not_surely_enabled_is_not_offered(
    hass: HomeAssistant, sim: Simulator, settings: Any
) -> None:
    """Only true is yes."""
    sim.account.add_lock("Front door", raw={"deviceSettings": settings})
    await add_account(hass, sim)

    assert shown(hass, FRONT).attributes["supported_features"] == 0
    assert state_of(hass, FRONT) == "locked"


# --- Whatever the wire looks like -----------------------------------------------------------


@pytest.mark.parametrize("version", ["1.32", "1.33", "1.34", "1.35", "1.36", "37"])
@pytest.mark.usefixtures("pauses")
async def test_every_version_is_read(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory, version: str
) -> None:
    """The state object changed its name in lists with 1.34, in syncs with 1.35, keypads in 1.33."""
    sim.settings.versions = (version,)
    lock = sim.account.add_lock("Front door", door=Door.CLOSED)
    await add_account(hass, sim, api_version=f"v{version}")
    assert state_of(hass, FRONT) == "locked"
    assert state_of(hass, "sensor.front_door_battery") == "81"
    assert state_of(hass, "binary_sensor.front_door_door") == "off"
    assert shown(hass, FRONT).attributes["supported_features"] == 1
    await let_time_pass(hass, freezer)
    assert state_of(hass, "sensor.front_door_pins") == "0"

    sim.clear()
    lock.turn("unlocked")
    lock.battery = 40
    await let_time_pass(hass, freezer)
    assert [call.path for call in sim.requests] == [f"/api/v{version}/my/lock/sync"]
    assert state_of(hass, FRONT) == "unlocked"
    assert state_of(hass, "sensor.front_door_battery") == "40"

    await act(hass, "lock.lock", entity_id=FRONT)
    assert state_of(hass, FRONT) == "locked"


@pytest.mark.parametrize("dates", ["z", "naive", "ticks", "offset"])
@pytest.mark.usefixtures("pauses")
async def test_every_style_of_dates_tells_that_a_bolt_has_moved(
    hass: HomeAssistant,
    sim: Simulator,
    freezer: FrozenDateTimeFactory,
    dates: str,
) -> None:
    """A spring that was pulled ends where it began: only the date of the change tells.

    The lock rests unlocked before and after, so a date that was not read would end in
    "has not reported the end".
    """
    sim.settings.dates = dates
    sim.settings.generation = "close"
    lock = sim.account.add_lock("Front door", state=UNLOCKED, pull_seconds=0.5)
    lock.timing.pull = 0.2
    await add_account(hass, sim)

    await act(hass, "lock.open", entity_id=FRONT)
    assert [step.state for step in lock.bolt.log] == [2, 8, 7, 2]
    assert state_of(hass, FRONT) == "unlocked"

    lock.turn("locked")
    await let_time_pass(hass, freezer)
    assert state_of(hass, FRONT) == "locked"


@pytest.mark.parametrize("case", ["camel", "pascal"])
async def test_envelopes_are_read_in_any_letter_case(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory, case: str
) -> None:
    """`result` or `Result`."""
    sim.settings.letter_case = case
    lock = sim.account.add_lock("Front door")
    await add_account(hass, sim)
    assert state_of(hass, FRONT) == "locked"

    lock.turn("unlocked")
    await let_time_pass(hass, freezer)
    assert state_of(hass, FRONT) == "unlocked"


ALL = "unavailable unavailable unavailable off"
NOTHING = "unknown unknown unknown on"
FINE = "locked 81 off on"

ODD: dict[str, tuple[dict[str, Any], str]] = {
    "no state": ({"deviceState": None}, NOTHING),
    "a state that is not there": ({"deviceState": ABSENT}, NOTHING),
    "a state of text": ({"deviceState": "locked"}, NOTHING),
    "a state of a number": ({"deviceState": 6}, NOTHING),
    "a list of states": ({"deviceState": [{"state": 6}]}, NOTHING),
    "an odd date": ({"deviceState": {"lastStateChangedDate": "yesterday"}}, FINE),
    "a date of a number": ({"deviceState": {"lastStateChangedDate": 1767637327}}, FINE),
    "no date": ({"deviceState": {"lastStateChangedDate": None}}, FINE),
    "a field nobody knows": ({"deviceState": {"mood": "calm"}, "colour": 3}, FINE),
    "a null name": ({"name": None}, FINE),
    "a type of text": ({"type": "two"}, FINE),
    "a time zone of a number": ({"timeZone": 3}, FINE),
    "a revision of text": ({"revision": "7"}, FINE),
    "no revision": ({"revision": None}, FINE),
    "an access level of text": ({"accessLevel": "owner"}, FINE),
    "accessories of text": ({"accessories": "none"}, FINE),
    "settings of text": ({"deviceSettings": "none"}, FINE),
    "a duration of text": ({"deviceSettings": {"pullSpringDuration": "3 s"}}, FINE),
    "not connected, and no state": ({"isConnected": False, "deviceState": None}, ALL),
}


@pytest.mark.parametrize(("overlay", "states"), ODD.values(), ids=ODD.keys())
async def test_odd_values_of_one_lock_stop_neither_it_nor_others(
    hass: HomeAssistant,
    sim: Simulator,
    freezer: FrozenDateTimeFactory,
    overlay: dict[str, Any],
    states: str,
) -> None:
    """What is not understood is unknown; what is, is shown. In lists and syncs."""
    lock = sim.account.add_lock("Front door", serial="20240101-000042", raw=overlay)
    back = sim.account.add_lock("Back door")
    await add_account(hass, sim)
    registry = er.async_get(hass)

    def front_states() -> str:
        """Return lock, battery, charging and connectivity."""
        rows = [("lock", ""), ("sensor", "_battery")]
        rows += [("binary_sensor", "_charging"), ("binary_sensor", "_connectivity")]
        found = [
            registry.async_get_entity_id(platform, "tedee_cloud", f"20240101-000042{suffix}")
            for platform, suffix in rows
        ]
        return " ".join(state_of(hass, entity_id or "") for entity_id in found)

    assert front_states() == states
    lock.raw = {}
    await let_time_pass(hass, freezer)
    assert front_states() == FINE

    lock.raw = overlay
    back.turn("unlocked")
    await let_time_pass(hass, freezer)
    assert front_states() == states
    assert state_of(hass, BACK) == "unlocked"


@pytest.mark.parametrize(
    "overlay",
    [
        pytest.param({"serialNumber": None}, id="no serial"),
        pytest.param({"serialNumber": 42}, id="a serial of a number"),
        pytest.param({"id": None}, id="no id"),
        pytest.param({"id": "41001"}, id="an id of text"),
    ],
)
async def test_a_lock_that_cannot_be_told_from_others_is_left_out(
    hass: HomeAssistant, sim: Simulator, freezer: FrozenDateTimeFactory, overlay: dict[str, Any]
) -> None:
    """The others are there."""
    sim.account.add_lock("Front door", raw=overlay)
    back = sim.account.add_lock("Back door")
    await add_account(hass, sim)
    back.turn("unlocked")
    await let_time_pass(hass, freezer)

    assert hass.states.async_entity_ids("lock") == [BACK]
    assert state_of(hass, BACK) == "unlocked"


# --- Names ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "names"),
    [
        (
            "en",
            [
                "Front door",
                "Front door Battery",
                "Front door Charging",
                "Front door Connectivity",
                "Front door Door",
                "Front door PIN changes",
                "Front door PINs",
            ],
        ),
        (
            "pl",
            [
                "Front door",
                "Front door Bateria",
                "Front door Drzwi",
                "Front door Kody PIN",
                "Front door Zmiany kodów PIN",
                "Front door Ładowanie",
                "Front door Łączność",
            ],
        ),
    ],
)
async def test_names_are_in_the_language_of_the_installation(
    hass: HomeAssistant, sim: Simulator, language: str, names: list[str]
) -> None:
    """The lock is called like itself, everything else like what it is."""
    hass.config.language = language
    sim.account.add_lock("Front door", door=Door.CLOSED)
    await add_account(hass, sim)

    assert sorted(state.name for state in hass.states.async_all()) == names
