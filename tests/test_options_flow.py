"""What Configure opens: the PINs of an account's locks in forms, and the account's settings."""

import asyncio
from collections.abc import Generator, Mapping
from http import HTTPStatus
from typing import Any
from unittest.mock import patch

import pytest
from homeassistant.config_entries import ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, UnknownFlow
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from .common import DOMAIN, act, add_account, asked, wire
from .simulator import ABSENT, Fault, SimLock, Simulator

FRONT, FLAT = "/api/v37/my/lock/1/pin", "/api/v37/my/lock/2/pin"
NOTHING_SET: dict[str, Any] = dict.fromkeys(
    ("startDate", "endDate", "dayStartTime", "dayEndTime", "weekDays"), None
)
ALL_FIELDS = [
    "alias", "locks", "pin", "length", "start_date", "start_time", "end_date", "end_time",
    "clear", "day_start_time", "day_end_time", "week_days",
]  # fmt: skip
STAY = {
    "alias": "Guest 4711",
    "pin": "918273",
    "length": 6,
    "start_date": "2031-05-01",
    "start_time": "15:00:00",
    "end_date": "2031-05-08",
    "end_time": "11:00:00",
    "day_start_time": "07:00:00",
    "day_end_time": "22:30:00",
    "week_days": ["mon", "sun"],
}
STAY_ON_THE_WIRE = {
    "alias": "Guest 4711",
    "pin": "918273",
    "startDate": "2031-05-01T13:00:00.000Z",
    "endDate": "2031-05-08T09:00:00.000Z",
    "dayStartTime": "2031-05-01T05:00:00.000Z",
    "dayEndTime": "2031-05-01T20:30:00.000Z",
    "weekDays": 65,
}
BUSY = "is busy with another request. Try again in a few seconds."


@pytest.fixture
def front(sim: Simulator) -> SimLock:
    """Return the front door, the first lock of the account."""
    return sim.account.add_lock("Front door", lock_id=1)


@pytest.fixture
def flat(sim: Simulator, front: SimLock) -> SimLock:  # noqa: ARG001  it comes first
    """Return the door of a flat, the second lock of the account."""
    return sim.account.add_lock("Flat 2", lock_id=2)


@pytest.fixture
def impatient() -> Generator[None]:
    """Tell at once of what takes long, and no longer than it takes."""
    ours = f"custom_components.{DOMAIN}"
    with patch(f"{ours}.working_flow.PATIENCE", 0), patch(f"{ours}.errands.LINGER", 0):
        yield


async def settled(hass: HomeAssistant, result: ConfigFlowResult) -> ConfigFlowResult:
    """Return what is shown once the work at the cloud is done."""
    while result["type"] is FlowResultType.SHOW_PROGRESS:
        await hass.async_block_till_done()
        result = await hass.config_entries.options.async_configure(result["flow_id"])
    return result


async def begin(hass: HomeAssistant, entry: MockConfigEntry) -> ConfigFlowResult:
    """Open the menu."""
    return await hass.config_entries.options.async_init(entry.entry_id)


async def choose(hass: HomeAssistant, shown: ConfigFlowResult, step: str) -> ConfigFlowResult:
    """Choose from a menu."""
    return await submit(hass, shown, {"next_step_id": step})


async def submit(
    hass: HomeAssistant, shown: ConfigFlowResult, answers: Mapping[str, Any]
) -> ConfigFlowResult:
    """Send a form, and see what comes next."""
    options = hass.config_entries.options
    return await settled(hass, await options.async_configure(shown["flow_id"], dict(answers)))


async def pins_of(
    hass: HomeAssistant, sim: Simulator, lock: SimLock | None = None
) -> ConfigFlowResult:
    """Add the account, go to the PINs of a lock, the only one or one of several, and forget how."""
    entry = await add_account(hass, sim)
    shown = await choose(hass, await begin(hass, entry), "locks")
    if lock is not None:
        shown = await submit(hass, shown, {"lock": lock.serial})
    assert_menu(shown, "pins")
    sim.clear()
    return shown


def listed(shown: ConfigFlowResult) -> str:
    """Return the PINs that a menu shows, as plain text."""
    assert_menu(shown, "pins")
    text = (shown["description_placeholders"] or {})["pins"]
    return (
        text.replace("\\", "")
        .replace("**", "")
        .replace("\N{NON-BREAKING HYPHEN}", "-")
        .replace("\N{NO-BREAK SPACE}", " ")
    )


def standing(shown: ConfigFlowResult) -> dict[str, Any]:
    """Return what stands in the fields of a form, without the empty ones."""
    schema = shown["data_schema"]
    assert schema is not None
    return {
        str(field): field.description["suggested_value"]
        for field in schema.schema
        if field.description and "suggested_value" in field.description
    }


def labels(shown: ConfigFlowResult, field: str) -> list[str]:
    """Return what can be chosen in a field."""
    schema = shown["data_schema"]
    assert schema is not None
    return [option["label"] for option in schema.schema[field].config["options"]]


def facts(shown: ConfigFlowResult) -> Mapping[str, str]:
    """Return the placeholders of a step's texts."""
    return shown["description_placeholders"] or {}


def is_forgotten(hass: HomeAssistant, shown: ConfigFlowResult, digits: str) -> bool:
    """Tell whether a flow that goes on holds digits no more, however it hides them from a repr."""
    flow = vars(hass.config_entries.options._progress[shown["flow_id"]])
    return flow["_stored"] is None and digits not in repr(flow)


def assert_menu(shown: ConfigFlowResult, step: str, *options: str) -> None:
    """Check that a menu is shown, and its options if they are given."""
    assert (shown["type"], shown.get("step_id")) == (FlowResultType.MENU, step), shown
    assert not options or shown["menu_options"] == [*options]


def assert_form(
    shown: ConfigFlowResult, step: str, field: str | None = None, reason: str = ""
) -> None:
    """Check that a form is shown, with this sentence at this field."""
    assert (shown["type"], shown.get("step_id")) == (FlowResultType.FORM, step), shown
    assert shown["errors"] == ({field: "failed"} if field else {})
    assert reason in facts(shown)["reason"]
    assert bool(field) is bool(facts(shown)["reason"])


def assert_aborted(shown: ConfigFlowResult, reason: str) -> None:
    """Check that a flow has ended with a sentence."""
    assert (shown["type"], shown.get("reason")) == (FlowResultType.ABORT, reason)


# --- menu and settings --------------------------------------------------------------------------


async def test_the_menu_costs_nothing(hass: HomeAssistant, sim: Simulator, front: SimLock) -> None:  # noqa: ARG001  the lock is there
    """What is opened first asks nothing of the cloud."""
    shown = await begin(hass, await add_account(hass, sim))
    assert_menu(shown, "init", "locks", "settings")
    assert wire(sim) == []


async def test_settings(hass: HomeAssistant, sim: Simulator, front: SimLock) -> None:  # noqa: ARG001  the lock is there
    """Clock changes are followed unless that is turned off, which reloads nothing."""
    entry = await add_account(hass, sim)
    running = entry.runtime_data
    shown = await choose(hass, await begin(hass, entry), "settings")
    assert_form(shown, "settings")
    assert shown["data_schema"] is not None
    assert shown["data_schema"]({}) == {"follow_clock_changes": True}

    done = await submit(hass, shown, {"follow_clock_changes": False})
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert dict(entry.options) == {"follow_clock_changes": False}
    again = await choose(hass, await begin(hass, entry), "settings")
    assert standing(again) == {"follow_clock_changes": False}
    assert entry.runtime_data is running
    assert wire(sim) == []


async def test_settings_leave_others_alone(
    hass: HomeAssistant, sim: Simulator, front: SimLock
) -> None:
    """Options that this form does not show stay, also where only PINs were looked at."""
    front.pins.add("Cleaner", "602915")
    entry = await add_account(hass, sim)
    hass.config_entries.async_update_entry(entry, options={"other": 1})
    shown = await choose(hass, await begin(hass, entry), "settings")
    await submit(hass, shown, {"follow_clock_changes": True})
    pins = await choose(hass, await begin(hass, entry), "locks")
    done = await choose(hass, pins, "done")
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert dict(entry.options) == {"other": 1, "follow_clock_changes": True}


# --- the PINs of a lock -------------------------------------------------------------------------


async def test_one_lock_needs_no_choice(
    hass: HomeAssistant, sim: Simulator, front: SimLock
) -> None:
    """The only lock's PINs are listed with one request, and read with one for each."""
    front.pins.add("Cleaner", "602915", weekDays=17)
    front.pins.add("aunt May", "481596")
    entry = await add_account(hass, sim)
    shown = await choose(hass, await begin(hass, entry), "locks")

    assert listed(shown) == "- aunt May (2): always\n- Cleaner (1): Mon, Fri"
    assert_menu(shown, "pins", "add", "change", "remove", "done")
    assert facts(shown)["lock"] == "Front\\ door".replace("\\ ", " ")
    assert facts(shown)["zone"] == "Europe/Warsaw"
    assert wire(sim) == [f"GET {FRONT}", f"GET {FRONT}/1", f"GET {FRONT}/2"]


async def test_several_locks_are_chosen_from(
    hass: HomeAssistant, sim: Simulator, front: SimLock, flat: SimLock
) -> None:
    """Locks are offered by name; from the PINs of one there is a way to the next."""
    front.pins.add("Cleaner", "602915")
    entry = await add_account(hass, sim)
    shown = await choose(hass, await begin(hass, entry), "locks")
    assert_form(shown, "lock")
    assert labels(shown, "lock") == ["Flat 2", "Front door"]
    assert wire(sim) == []

    shown = await submit(hass, shown, {"lock": flat.serial})
    assert listed(shown) == "This lock has no PINs yet."
    assert_menu(shown, "pins", "add", "locks", "done")
    shown = await submit(hass, await choose(hass, shown, "locks"), {"lock": front.serial})
    assert listed(shown) == "- Cleaner (1): always"
    assert wire(sim) == [f"GET {FLAT}", f"GET {FRONT}", f"GET {FRONT}/1"]


async def test_locks_of_one_name_are_told_apart(
    hass: HomeAssistant, sim: Simulator, front: SimLock
) -> None:
    """Nobody puts a PIN on the wrong door because two are called alike."""
    other = sim.account.add_lock("Front door", lock_id=3)
    shown = await choose(hass, await begin(hass, await add_account(hass, sim)), "locks")
    assert sorted(labels(shown, "lock")) == sorted(
        [f"Front door ({front.serial})", f"Front door ({other.serial})"]
    )


@pytest.mark.parametrize(
    ("zone", "limits", "words"),
    [
        ("Europe/Warsaw", {}, "always"),
        (
            "Europe/Warsaw",
            {"startDate": "2031-07-01T13:00:00.000Z", "endDate": "2031-07-08T21:59:59.000Z"},
            "2031-07-01 15:00 to 2031-07-08 23:59",
        ),
        ("America/New_York", {"startDate": "2031-01-01T03:00:00Z"}, "from 2030-12-31 22:00"),
        ("Asia/Kolkata", {"endDate": "2031-01-01T20:00:00Z"}, "until 2031-01-02 01:30"),
        (
            "Asia/Tokyo",
            {"dayStartTime": "2026-01-01T23:00:00Z", "dayEndTime": "2026-01-01T03:00:00Z"},
            "08:00-12:00",
        ),
        (
            "Asia/Tokyo",
            {
                "endDate": "2031-01-01T20:00:00Z",
                "dayStartTime": "2026-01-01T23:00:00Z",
                "dayEndTime": "2026-01-01T03:00:00Z",
                "weekDays": 64,
            },
            "until 2031-01-02 05:00; Mon 08:00-12:00",
        ),
        (
            None,
            {"weekDays": 127},
            "Mon, Tue, Wed, Thu, Fri, Sat, Sun",
        ),
    ],
)
async def test_schedules_in_words(
    hass: HomeAssistant,
    sim: Simulator,
    zone: str | None,
    limits: dict[str, Any],
    words: str,
) -> None:
    """Each PIN is one line, by the clock of its lock."""
    lock = sim.account.add_lock("Front door", lock_id=1, time_zone=zone)
    lock.pins.add("Ada", "602915", **limits)
    shown = await pins_of(hass, sim)
    assert listed(shown) == f"- Ada (1): {words}"
    assert facts(shown)["zone"] == (zone or hass.config.time_zone)


async def test_words_are_those_of_the_installation(
    hass: HomeAssistant, sim: Simulator, front: SimLock
) -> None:
    """What is put together here is in Home Assistant's language, sentences as well."""
    hass.config.language = "pl"
    front.pins.add("Sprzątanie", "602915", weekDays=5, endDate="2031-01-01T20:00:00Z")
    shown = await pins_of(hass, sim)
    assert listed(shown) == "- Sprzątanie (1): do 2031-01-01 21:00; pon., śr."
    shown = await submit(
        hass, await choose(hass, shown, "add"), {"alias": "Ola", "pin": "12345", "length": 6}
    )
    assert_form(shown, "new", "pin", "Kod PIN nie może być ciągiem")


async def test_names_are_not_markdown(hass: HomeAssistant, sim: Simulator, front: SimLock) -> None:
    """A name is shown as it is, whatever Markdown would make of it."""
    front.pins.add("[x](https://a.b)\n# *Y* <i>", "602915")
    shown = await pins_of(hass, sim)
    assert facts(shown)["pins"] == (r"- **\[x\]\(https\:\/\/a\.b\) \# \*Y\* \<i\> \(1\)**: always")


async def test_what_is_known_is_not_read_again(
    hass: HomeAssistant, sim: Simulator, front: SimLock
) -> None:
    """A second look costs the list alone, and what was changed elsewhere since."""
    front.pins.add("Cleaner", "602915")
    entry = await add_account(hass, sim)
    await choose(hass, await begin(hass, entry), "locks")
    sim.clear()
    await choose(hass, await begin(hass, entry), "locks")
    assert wire(sim) == [f"GET {FRONT}"]

    front.pins.add("Gardener", "481596", weekDays=2)
    sim.clear()
    shown = await choose(hass, await begin(hass, entry), "locks")
    assert listed(shown) == "- Cleaner (1): always\n- Gardener (2): Tue"
    assert wire(sim) == [f"GET {FRONT}", f"GET {FRONT}/2"]

    front.pins.replace(1, {**front.pins[1], "weekDays": 16})
    sim.clear()
    shown = await choose(hass, await begin(hass, entry), "locks")
    assert listed(shown) == "- Cleaner (1): Fri\n- Gardener (2): Tue"
    assert wire(sim) == [f"GET {FRONT}", f"GET {FRONT}/1", f"GET {FRONT}/2"]


async def test_a_pin_that_cannot_be_read_hides_no_other(
    hass: HomeAssistant, sim: Simulator, front: SimLock
) -> None:
    """It stands there unread, with the reason below."""
    for alias, digits in (("Ada", "602915"), ("Bob", "481596"), ("Cleo", "739150")):
        front.pins.add(alias, digits)
    odd = Fault(status=200, body={"success": True, "result": {"id": 2}})
    sim.faults.add(odd, method="GET", path=f"{FRONT}/2", times=None)
    shown = await pins_of(hass, sim)
    lines = listed(shown).split("\n")
    assert lines[:3] == ["- Ada (1): always", "- Bob (2): not read", "- Cleo (3): always"]
    assert "was not understood" in lines[-1]

    # Once it is gone, so is the reason.
    shown = await submit(hass, await choose(hass, shown, "remove"), {"pin_ids": ["2"]})
    assert listed(await submit(hass, shown, {})) == "- Ada (1): always\n- Cleo (3): always"


async def test_a_pin_that_vanishes_meanwhile(
    hass: HomeAssistant, sim: Simulator, front: SimLock
) -> None:
    """A PIN that ends between the list and its turn is no failure."""
    front.pins.add("Ada", "602915")
    front.pins.add("Bob", "481596")
    sim.faults.add(Fault(status=404), method="GET", path=f"{FRONT}/1")
    shown = await pins_of(hass, sim)
    assert listed(shown) == "- Ada (1): not read\n- Bob (2): always"


async def test_a_lock_that_is_lost_is_not_asked_on(
    hass: HomeAssistant, sim: Simulator, front: SimLock
) -> None:
    """Where the lock itself cannot be reached any more, no further request is spent."""
    for alias, digits in (("Ada", "602915"), ("Bob", "481596"), ("Cleo", "739150")):
        front.pins.add(alias, digits)
    sim.faults.add(Fault(status=428), method="GET", path=f"{FRONT}/*", after=1, times=None)
    entry = await add_account(hass, sim)
    shown = await choose(hass, await begin(hass, entry), "locks")
    lines = listed(shown).split("\n")
    assert lines[:3] == ["- Ada (1): always", "- Bob (2): not read", "- Cleo (3): not read"]
    assert "cannot be reached" in lines[-1]
    assert wire(sim) == [f"GET {FRONT}", f"GET {FRONT}/1", f"GET {FRONT}/2"]


@pytest.mark.parametrize("many", [False, True])
async def test_a_lock_out_of_reach(
    hass: HomeAssistant, sim: Simulator, front: SimLock, *, many: bool
) -> None:
    """The form of the locks says why, and lets it be tried again."""
    front.keypad_id = None
    front.pins.add("Cleaner", "602915")
    if many:
        sim.account.add_lock("Flat 2", lock_id=2)
    shown = await choose(hass, await begin(hass, await add_account(hass, sim)), "locks")
    if many:
        shown = await submit(hass, shown, {"lock": front.serial})
    assert_form(shown, "lock", "base", "The PINs of Front door cannot be reached")
    assert "Front door" in labels(shown, "lock")

    # Looked at once more, as after the page was loaded again, it is the same.
    shown = await hass.config_entries.options.async_configure(shown["flow_id"])
    assert_form(shown, "lock", "base", "The PINs of Front door cannot be reached")
    if many:
        assert standing(shown) == {"lock": front.serial}

    front.keypad_id = 77
    shown = await submit(hass, shown, {"lock": front.serial})
    assert listed(shown) == "- Cleaner (1): always"


async def test_an_account_that_is_not_running(
    hass: HomeAssistant, sim: Simulator, front: SimLock
) -> None:
    """Without its locks there are no PINs; where nothing is typed, it is said and that is all."""
    front.pins.add("Cleaner", "602915")
    entry = await add_account(hass, sim)
    menu = await begin(hass, entry)
    pins = [await choose(hass, await begin(hass, entry), "locks") for _ in range(3)]
    edit = await submit(hass, await choose(hass, pins[2], "change"), {"pin_id": "1"})
    await hass.config_entries.async_unload(entry.entry_id)
    for shown, step in ((menu, "locks"), (pins[0], "change"), (pins[1], "remove")):
        assert_aborted(await choose(hass, shown, step), "account_not_loaded")
    assert_aborted(await submit(hass, edit, standing(edit)), "account_not_loaded")


NOT_RUNNING = (
    "The Tedee account of Front door is not running. Look at its entry under Devices and services."
)


async def restart(hass: HomeAssistant, sim: Simulator) -> None:
    """Set the account up again, which was unloaded, and forget the requests that took."""
    [entry] = hass.config_entries.async_entries(DOMAIN)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    sim.clear()


@pytest.mark.parametrize(
    ("way", "step", "typed", "sent"),
    [
        ((), "add", STAY, ["GET", "POST"]),
        ((), "change", {"pin_id": "1"}, ["GET /1"]),
        (
            ({"pin_id": "1"},),
            "change",
            {"alias": "Maid", "pin": "739150"},
            ["GET /1", "GET", "PUT /1"],
        ),
    ],
)
async def test_an_account_that_stops_while_somebody_types(
    hass: HomeAssistant,
    sim: Simulator,
    front: SimLock,
    way: tuple[dict[str, Any], ...],
    step: str,
    typed: dict[str, Any],
    sent: list[str],
) -> None:
    """It is said in the form, as often as that is sent; when it runs again, nothing is lost."""
    front.pins.add("Cleaner", "602915")
    shown = await choose(hass, await pins_of(hass, sim), step)
    for answers in way:
        shown = await submit(hass, shown, answers)
    form = shown["step_id"]
    [entry] = hass.config_entries.async_entries(DOMAIN)
    await hass.config_entries.async_unload(entry.entry_id)
    for _ in range(2):
        shown = await submit(hass, shown, typed)
        assert_form(shown, str(form), "base", NOT_RUNNING)
        assert standing(shown) == typed
    assert wire(sim) == []

    await restart(hass, sim)
    shown = await submit(hass, shown, standing(shown))
    assert shown["step_id"] == ("edit" if form == "change" else "pins")
    assert asked(sim, front)[: len(sent)] == sent


async def test_an_account_that_stops_before_a_removal_is_confirmed(
    hass: HomeAssistant, sim: Simulator, front: SimLock
) -> None:
    """What was chosen stays chosen, and is removed when the account is back."""
    shown = await full_house(hass, sim, front)
    shown = await submit(hass, shown, {"pin_ids": ["1", "2"]})
    [entry] = hass.config_entries.async_entries(DOMAIN)
    await hass.config_entries.async_unload(entry.entry_id)
    for _ in range(2):
        shown = await submit(hass, shown, {})
        assert_form(shown, "remove", "base", NOT_RUNNING)
        assert standing(shown) == {"pin_ids": ["1", "2"]}
        assert sorted(labels(shown, "pin_ids")) == ["*Cleo* (3)", "Ada (1)", "Bob (2)"]
        shown = await submit(hass, shown, standing(shown))
        assert_form(shown, "confirm")

    await restart(hass, sim)
    await submit(hass, shown, {})
    assert list(front.pins.entries) == [3]


async def test_a_list_that_fails_after_a_reload(
    hass: HomeAssistant, sim: Simulator, front: SimLock
) -> None:
    """Nothing is known of the PINs then, and what was chosen stays as it was."""
    shown = await full_house(hass, sim, front)
    shown = await submit(hass, shown, {"pin_ids": ["1"]})
    [entry] = hass.config_entries.async_entries(DOMAIN)
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    sim.faults.add(Fault(status=428), method="GET", path=FRONT)
    shown = await submit(hass, shown, {})
    assert_form(shown, "remove", "base", "cannot be reached")
    assert standing(shown) == {"pin_ids": ["1"]}


async def test_a_lock_is_chosen_while_the_account_is_not_running(
    hass: HomeAssistant, sim: Simulator, front: SimLock, flat: SimLock
) -> None:
    """The choice stays, with the reason."""
    shown = await choose(hass, await pins_of(hass, sim, flat), "locks")
    [entry] = hass.config_entries.async_entries(DOMAIN)
    await hass.config_entries.async_unload(entry.entry_id)
    shown = await submit(hass, shown, {"lock": front.serial})
    assert_form(shown, "lock", "base", NOT_RUNNING)
    assert standing(shown) == {"lock": front.serial}
    await restart(hass, sim)
    assert_menu(await submit(hass, shown, standing(shown)), "pins")


@pytest.mark.usefixtures("impatient")
async def test_an_account_that_stops_while_digits_are_stored(
    hass: HomeAssistant, sim: Simulator, front: SimLock
) -> None:
    """The lock has them, so they are shown all the same."""
    shown = await choose(hass, await pins_of(hass, sim), "add")
    script = sim.faults.add(Fault(hold=True), method="POST")
    options = hass.config_entries.options
    shown = await options.async_configure(shown["flow_id"], {"alias": "Ada", "length": 6})
    await script.held()
    [entry] = hass.config_entries.async_entries(DOMAIN)
    await hass.config_entries.async_unload(entry.entry_id)
    script.release()
    await sim.idle()
    shown = await settled(hass, shown)
    assert_menu(shown, "stored", "pins")
    assert facts(shown)["pin"] == front.pins[1]["pin"]


async def test_an_account_without_locks(hass: HomeAssistant, sim: Simulator) -> None:
    """There is nothing to choose from."""
    shown = await begin(hass, await add_account(hass, sim))
    assert_aborted(await choose(hass, shown, "locks"), "no_locks")


async def test_a_lock_that_has_left(
    hass: HomeAssistant, sim: Simulator, front: SimLock, flat: SimLock
) -> None:
    """A lock that leaves the account while its PINs are shown ends the dialogue with a sentence."""
    flat.pins.add("Cleaner", "602915")
    shown = await pins_of(hass, sim, flat)
    sim.account.remove(flat)
    entry = hass.config_entries.async_entries(DOMAIN)[0]
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert front.serial in entry.runtime_data.data
    assert_aborted(await choose(hass, shown, "remove"), "lock_not_in_account")


async def test_a_reload_in_between(hass: HomeAssistant, sim: Simulator, front: SimLock) -> None:
    """What was known is gone with a reload, so it is read again."""
    front.pins.add("Cleaner", "602915")
    shown = await choose(hass, await pins_of(hass, sim), "add")
    entry = hass.config_entries.async_entries(DOMAIN)[0]
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    sim.clear()
    shown = await submit(hass, shown, {"alias": "Ada", "pin": "739150", "length": 6})
    assert listed(shown) == "- Ada (2): always\n- Cleaner (1): not read"
    assert wire(sim) == [f"GET {FRONT}", f"POST {FRONT}"]


@pytest.mark.usefixtures("impatient")
async def test_work_is_shown_while_it_lasts(
    hass: HomeAssistant, sim: Simulator, front: SimLock
) -> None:
    """A lock that takes its time keeps nobody waiting for an answer of Home Assistant."""
    front.pins.add("Cleaner", "602915")
    entry = await add_account(hass, sim)
    script = sim.faults.add(Fault(hold=True), method="GET", path=f"{FRONT}/1")
    options = hass.config_entries.options
    menu = await begin(hass, entry)
    shown = await options.async_configure(menu["flow_id"], {"next_step_id": "locks"})
    await script.held()
    for _ in range(2):
        assert (shown["type"], shown["step_id"]) == (FlowResultType.SHOW_PROGRESS, "work")
        assert shown["progress_action"] == "reading"
        shown = await options.async_configure(menu["flow_id"])
    script.release()
    assert listed(await settled(hass, shown)) == "- Cleaner (1): always"


@pytest.mark.usefixtures("impatient")
async def test_a_window_that_is_closed_ends_the_reading(
    hass: HomeAssistant, sim: Simulator, front: SimLock
) -> None:
    """No request is spent on what nobody sees."""
    for alias, digits in (("Ada", "602915"), ("Bob", "481596"), ("Cleo", "739150")):
        front.pins.add(alias, digits)
    entry = await add_account(hass, sim)
    script = sim.faults.add(Fault(hold=True), method="GET", path=f"{FRONT}/1")
    options = hass.config_entries.options
    menu = await begin(hass, entry)
    await options.async_configure(menu["flow_id"], {"next_step_id": "locks"})
    await script.held()
    options.async_abort(menu["flow_id"])
    script.release()
    await hass.async_block_till_done(wait_background_tasks=True)
    await sim.idle()
    assert asked(sim, front) == ["GET", "GET /1"]


@pytest.mark.usefixtures("impatient")
async def test_work_is_not_over_before_a_browser_listens(
    hass: HomeAssistant, sim: Simulator, front: SimLock
) -> None:
    """The end of work is told once, and a browser that is not listening yet would wait for ever."""
    front.pins.add("Cleaner", "602915")
    entry = await add_account(hass, sim)
    asked: list[float] = []
    listening = asyncio.Event()

    async def pause(seconds: float) -> None:
        asked.append(seconds)
        await listening.wait()

    options = hass.config_entries.options
    menu = await begin(hass, entry)
    with patch(f"custom_components.{DOMAIN}.errands.sleep", pause):
        shown = await options.async_configure(menu["flow_id"], {"next_step_id": "locks"})
        await sim.wait_for_request("GET", f"{FRONT}/1")
        await sim.idle()
    assert asked == [0]  # as long as everything here is made to last
    assert (await options.async_configure(menu["flow_id"]))["type"] is FlowResultType.SHOW_PROGRESS
    listening.set()
    assert listed(await settled(hass, shown)) == "- Cleaner (1): always"


# --- a new PIN ----------------------------------------------------------------------------------


async def test_a_pin_with_everything(hass: HomeAssistant, sim: Simulator, front: SimLock) -> None:
    """Every field reaches the cloud, by the lock's clock; the list then shows it unasked."""
    shown = await choose(hass, await pins_of(hass, sim), "add")
    assert_form(shown, "new")
    assert standing(shown) == {"length": 6}
    assert wire(sim) == []

    shown = await submit(hass, shown, STAY)
    assert listed(shown) == (
        "- Guest 4711 (1): 2031-05-01 15:00 to 2031-05-08 11:00; Mon, Sun 07:00-22:30"
    )
    assert wire(sim) == [f"GET {FRONT}", f"POST {FRONT}"]
    assert sim.calls("POST")[0].json == STAY_ON_THE_WIRE
    assert front.pins[1]["pin"] == "918273"
    assert is_forgotten(hass, shown, "918273")


async def test_days_without_times(hass: HomeAssistant, sim: Simulator, front: SimLock) -> None:
    """A day alone is meant from its beginning, and to its end."""
    shown = await choose(hass, await pins_of(hass, sim), "add")
    days = {"start_date": "2031-01-01", "end_date": "2031-01-02"}
    await submit(hass, shown, {"alias": "Ada", "pin": "739150", "length": 6, **days})
    assert front.pins[1]["startDate"] == "2030-12-31T23:00:00.000Z"
    assert front.pins[1]["endDate"] == "2031-01-02T22:59:59.000Z"


async def test_a_date_that_is_left_out(hass: HomeAssistant, sim: Simulator, front: SimLock) -> None:
    """A date chosen by mistake can be left out, and stays so with a mistake elsewhere."""
    shown = await choose(hass, await pins_of(hass, sim), "add")
    typed = {**STAY, "pin": "11111", "clear": ["end_date"]}
    shown = await submit(hass, shown, typed)
    assert_form(shown, "new", "pin", "three different")
    assert standing(shown) == typed
    await submit(hass, shown, {**typed, "pin": "918273"})
    assert front.pins[1] == STAY_ON_THE_WIRE | {"endDate": None}


@pytest.mark.parametrize("length", [5, 8])
async def test_digits_are_drawn_and_shown_once(
    hass: HomeAssistant, sim: Simulator, front: SimLock, length: int
) -> None:
    """Without digits, some are drawn; they stand in one step, and nowhere else after it."""
    shown = await choose(hass, await pins_of(hass, sim), "add")
    shown = await submit(hass, shown, {"alias": "*Ada*", "length": float(length)})
    digits = front.pins[1]["pin"]
    assert len(digits) == length
    assert_menu(shown, "stored", "pins")
    assert facts(shown) == {
        "alias": r"\*Ada\*",
        "pin": digits,
        "locks": "- **Front door**: stored",
    }
    # As after the page was loaded again.
    shown = await hass.config_entries.options.async_configure(shown["flow_id"])
    assert facts(shown)["pin"] == digits

    shown = await choose(hass, shown, "pins")
    assert listed(shown) == "- *Ada* (1): always"
    assert is_forgotten(hass, shown, digits)
    assert len(wire(sim)) == 2


async def test_one_pin_on_several_doors(
    hass: HomeAssistant, sim: Simulator, front: SimLock, flat: SimLock
) -> None:
    """The lock that was chosen is ticked, others can be; all get the same digits."""
    shown = await choose(hass, await pins_of(hass, sim, flat), "add")
    assert shown["data_schema"] is not None
    assert list(shown["data_schema"].schema) == ALL_FIELDS
    assert labels(shown, "locks") == ["Flat 2", "Front door"]
    assert standing(shown) == {"length": 6, "locks": [flat.serial]}

    both = [flat.serial, front.serial]
    shown = await submit(hass, shown, {"alias": "Ada", "length": 6, "locks": both})
    assert_menu(shown, "stored", "pins")
    assert front.pins[1]["pin"] == flat.pins[1]["pin"] == facts(shown)["pin"]
    assert facts(shown)["locks"] == "- **Flat 2**: stored\n- **Front door**: stored"


@pytest.mark.parametrize("given", [True, False])
@pytest.mark.usefixtures("pauses")
async def test_one_of_two_doors_refuses(
    hass: HomeAssistant, sim: Simulator, front: SimLock, flat: SimLock, *, given: bool
) -> None:
    """Each door is named with what became of it, and one click tries the other one again."""
    shown = await choose(hass, await pins_of(hass, sim, flat), "add")
    typed = {**STAY, "locks": [flat.serial, front.serial]}
    if not given:
        del typed["pin"]
    front.pins.busy = True
    shown = await submit(hass, shown, typed)
    assert_menu(shown, "refused" if given else "stored", "again", "pins")
    assert facts(shown)["locks"].replace("\\", "") == (
        f"- **Flat 2**: stored\n- **Front door**: Front door {BUSY}"
    )
    digits = flat.pins[1]["pin"]
    assert facts(shown).get("pin") == (None if given else digits)

    shown = await choose(hass, shown, "again")
    assert_form(shown, "new")
    assert standing(shown) == {**STAY, "pin": digits, "locks": [front.serial]}
    front.pins.busy = False
    shown = await submit(hass, shown, standing(shown))
    assert_menu(shown, "pins")
    assert front.pins[1] == flat.pins[1]


@pytest.mark.usefixtures("pauses")
async def test_both_doors_refuse(
    hass: HomeAssistant, sim: Simulator, front: SimLock, flat: SimLock
) -> None:
    """Where no door has the PIN, the form is there again, with the reason of each."""
    shown = await choose(hass, await pins_of(hass, sim, flat), "add")
    typed = {**STAY, "locks": [flat.serial, front.serial]}
    front.pins.busy = True
    flat.connected = False
    shown = await submit(hass, shown, typed)
    assert_form(shown, "new", "base", f"Front door {BUSY}")
    assert "The PINs of Flat 2 cannot be reached" in facts(shown)["reason"]
    assert standing(shown) == typed


MISTAKES = [
    ({"alias": "  "}, "alias", "The name of a PIN is empty"),
    ({"pin": "1234"}, "pin", "5 to 8 digits"),
    ({"pin": "12a45"}, "pin", "only the digits"),
    ({"pin": "      "}, "pin", "The PIN is empty"),
    ({"pin": "112211"}, "pin", "at least three different"),
    ({"pin": "987654"}, "pin", "run of digits"),
    ({"end_date": "2031-04-30"}, "end_date", "must be after its start date"),
    ({"start_date": "2020-01-01", "end_date": "2020-01-02"}, "end_date", "has passed already"),
    ({"start_date": ABSENT}, "base", "without its date"),
    ({"end_date": ABSENT}, "base", "without its date"),
    ({"day_end_time": ABSENT}, "day_end_time", "both its start and its end"),
    ({"day_start_time": ABSENT}, "day_end_time", "both its start and its end"),
    ({"day_end_time": "07:00:00"}, "day_end_time", "never opens"),
]


def with_mistake(values: dict[str, Any], mistake: dict[str, Any]) -> dict[str, Any]:
    """Return what was typed, with a mistake in it."""
    typed = values | mistake
    return {field: value for field, value in typed.items() if value is not ABSENT}


@pytest.mark.parametrize(("mistake", "field", "reason"), MISTAKES)
async def test_mistakes_in_a_new_pin(
    hass: HomeAssistant,
    sim: Simulator,
    front: SimLock,
    mistake: dict[str, Any],
    field: str,
    reason: str,
) -> None:
    """A mistake is told at its field before anything is sent, and nothing typed is lost."""
    shown = await choose(hass, await pins_of(hass, sim), "add")
    typed = with_mistake(STAY, mistake)
    shown = await submit(hass, shown, typed)
    assert_form(shown, "new", field, reason)
    assert standing(shown) == typed
    assert wire(sim) == []

    shown = await submit(hass, shown, STAY)
    assert_menu(shown, "pins")
    assert front.pins[1]["alias"] == "Guest 4711"


async def test_no_door_is_chosen(
    hass: HomeAssistant, sim: Simulator, front: SimLock, flat: SimLock
) -> None:
    """A PIN for no lock is a mistake as well."""
    shown = await choose(hass, await pins_of(hass, sim, front), "add")
    shown = await submit(hass, shown, {**STAY, "locks": []})
    assert_form(shown, "new", "locks", "Choose at least one")
    assert standing(shown) == {**STAY, "locks": []}
    assert wire(sim) == []
    assert len(flat.pins) == 0


REFUSALS = [
    (400, "base", "does not take this PIN"),
    (403, "base", "may not manage the PINs"),
    (406, "pin", "has a PIN with these digits already"),
    (409, "base", BUSY),
    (412, "base", "has no room"),
    (422, "base", "has no room"),
    (428, "base", "cannot be reached"),
    (429, "base", "used up its requests"),
]


@pytest.mark.parametrize(("status", "field", "reason"), REFUSALS)
@pytest.mark.usefixtures("pauses")
async def test_the_cloud_refuses_a_new_pin(
    hass: HomeAssistant, sim: Simulator, front: SimLock, status: int, field: str, reason: str
) -> None:
    """What the cloud says stands in the form, with everything that was typed."""
    shown = await choose(hass, await pins_of(hass, sim), "add")
    script = sim.faults.add(Fault(status=status), method="POST", times=None)
    shown = await submit(hass, shown, STAY)
    assert script.struck
    assert_form(shown, "new", field, reason)
    assert standing(shown) == STAY
    assert len(front.pins) == 0


async def test_a_name_that_is_there(hass: HomeAssistant, sim: Simulator, front: SimLock) -> None:
    """A second PIN of one name would be taken for the first."""
    front.pins.add("Guest 4711", "602915")
    shown = await choose(hass, await pins_of(hass, sim), "add")
    shown = await submit(hass, shown, STAY)
    assert_form(shown, "new", "alias", "has a PIN named Guest 4711 already")
    assert wire(sim) == [f"GET {FRONT}"]


@pytest.mark.usefixtures("pauses")
async def test_drawn_digits_that_may_be_there(
    hass: HomeAssistant, sim: Simulator, front: SimLock
) -> None:
    """Where nobody can say whether the lock has them, the digits are shown with that."""
    shown = await choose(hass, await pins_of(hass, sim), "add")
    sim.faults.add(Fault(drop=True, worked=True), method="POST")
    sim.faults.add(Fault(status=428), method="GET", after=1, times=None)
    shown = await submit(hass, shown, {"alias": "Ada", "length": 6})
    assert_menu(shown, "stored", "again", "pins")
    assert facts(shown)["pin"] == front.pins[1]["pin"]
    assert "not certain whether Front door has stored" in facts(shown)["locks"].replace("\\", "")


@pytest.mark.usefixtures("impatient")
async def test_drawn_digits_that_nobody_saw(
    hass: HomeAssistant, sim: Simulator, front: SimLock
) -> None:
    """Closing the dialogue while digits are stored takes them back: nobody would know them."""
    shown = await choose(hass, await pins_of(hass, sim), "add")
    script = sim.faults.add(Fault(hold=True), method="POST")
    options = hass.config_entries.options
    shown = await options.async_configure(shown["flow_id"], {"alias": "Ada", "length": 6})
    assert shown["progress_action"] == "storing"
    await script.held()
    options.async_abort(shown["flow_id"])
    script.release()
    await sim.wait_for_request("DELETE", f"{FRONT}/1")
    await hass.async_block_till_done(wait_background_tasks=True)
    assert len(front.pins) == 0
    with pytest.raises(UnknownFlow):
        await options.async_configure(shown["flow_id"])


@pytest.mark.parametrize("how", ["closed", "lost"])
async def test_drawn_digits_whose_window_is_gone(
    hass: HomeAssistant, sim: Simulator, front: SimLock, how: str
) -> None:
    """A window that is closed, or a connection that is lost, before anything is shown is alike."""
    shown = await choose(hass, await pins_of(hass, sim), "add")
    script = sim.faults.add(Fault(hold=True), method="POST")
    options = hass.config_entries.options
    typed = {"alias": "Ada", "length": 6}
    request = asyncio.create_task(options.async_configure(shown["flow_id"], typed))
    await script.held()
    if how == "closed":
        options.async_abort(shown["flow_id"])
    else:
        request.cancel()
    with pytest.raises(UnknownFlow if how == "closed" else asyncio.CancelledError):
        await request
    script.release()
    await sim.wait_for_request("DELETE", f"{FRONT}/1")
    await hass.async_block_till_done(wait_background_tasks=True)
    assert len(front.pins) == 0


# --- a PIN that is there ------------------------------------------------------------------------

GUEST: dict[str, Any] = {
    "startDate": "2031-05-01T13:00:00.250Z",
    "endDate": "2031-05-08T21:59:59.000Z",
}
WINDOW: dict[str, Any] = {
    "dayStartTime": "2030-01-01T05:00:00.000Z",
    "dayEndTime": "2030-01-01T20:30:00.000Z",
    "weekDays": 65,
}
SHOWN = {
    "alias": "Guest 4711",
    "start_date": "2031-05-01",
    "start_time": "15:00:00",
    "end_date": "2031-05-08",
    "end_time": "23:59:59",
    "day_start_time": "07:00:00",
    "day_end_time": "22:30:00",
    "week_days": ["mon", "sun"],
}


async def guest_form(hass: HomeAssistant, sim: Simulator, lock: SimLock) -> ConfigFlowResult:
    """Open the form of a guest's PIN that the lock holds."""
    lock.pins.add("Cleaner", "602915")
    lock.pins.add("Guest 4711", "918273", **GUEST, **WINDOW)
    shown = await choose(hass, await pins_of(hass, sim), "change")
    assert_form(shown, "change")
    assert labels(shown, "pin_id") == ["Cleaner (1)", "Guest 4711 (2)"]
    return await submit(hass, shown, {"pin_id": "2"})


async def test_a_pin_is_changed(hass: HomeAssistant, sim: Simulator, front: SimLock) -> None:
    """The form shows everything but the digits; what nobody touched stays to the millisecond."""
    shown = await guest_form(hass, sim, front)
    assert_form(shown, "edit")
    assert standing(shown) == SHOWN
    assert wire(sim) == []
    before = front.pins[2]

    shown = await submit(hass, shown, {**SHOWN, "alias": "Guest 4712", "end_time": "11:00:00"})
    assert listed(shown).split("\n")[1] == (
        "- Guest 4712 (2): 2031-05-01 15:00 to 2031-05-08 11:00; Mon, Sun 07:00-22:30"
    )
    assert wire(sim) == [f"GET {FRONT}/2", f"GET {FRONT}", f"PUT {FRONT}/2"]
    assert sim.calls("PUT")[0].json == before | {
        "alias": "Guest 4712",
        "endDate": "2031-05-08T09:00:00.000Z",
    }


async def test_a_new_name_that_another_pin_has(
    hass: HomeAssistant, sim: Simulator, front: SimLock
) -> None:
    """It is told at its field, and nothing is written."""
    shown = await guest_form(hass, sim, front)
    taken = front.pins[1]["alias"]
    shown = await submit(hass, shown, {**SHOWN, "alias": taken})
    assert_form(shown, "edit", "alias", f"has a PIN named {taken} already (pin_id 1)")
    assert wire(sim) == [f"GET {FRONT}/2", f"GET {FRONT}"]


async def test_new_digits(hass: HomeAssistant, sim: Simulator, front: SimLock) -> None:
    """Digits are changed where some are typed."""
    shown = await guest_form(hass, sim, front)
    before = front.pins[2]
    shown = await submit(hass, shown, {**SHOWN, "pin": "739150"})
    assert front.pins[2] == before | {"pin": "739150"}
    assert is_forgotten(hass, shown, "739150")


@pytest.mark.parametrize(
    ("emptied", "ticked", "lifted"),
    [
        ((), ["start_date"], {"startDate": None}),
        ((), ["end_date"], {"endDate": None}),
        (("end_time",), [], {"endDate": "2031-05-08T21:59:59.000Z"}),
        (("start_date", "start_time"), [], {"startDate": None}),
        (
            ("day_start_time", "day_end_time"),
            [],
            {
                "dayStartTime": "2031-04-30T22:00:00.000Z",
                "dayEndTime": "2031-05-01T21:59:59.000Z",
                "weekDays": 64 + 32,
            },
        ),
        (
            ("week_days",),
            [],
            {
                "weekDays": None,
                "dayStartTime": "2031-05-01T05:00:00.000Z",
                "dayEndTime": "2031-05-01T20:30:00.000Z",
            },
        ),
        (
            ("day_start_time", "day_end_time", "week_days"),
            ["start_date", "end_date"],
            NOTHING_SET,
        ),
    ],
)
async def test_what_is_emptied_is_lifted(
    hass: HomeAssistant,
    sim: Simulator,
    front: SimLock,
    emptied: tuple[str, ...],
    ticked: list[str],
    lifted: dict[str, Any],
) -> None:
    """An empty field is no limit, and neither is a date that is ticked to be left out."""
    shown = await guest_form(hass, sim, front)
    before = front.pins[2]
    left = {field: value for field, value in SHOWN.items() if field not in emptied}
    shown = await submit(hass, shown, {**left, "clear": ticked})
    after = before | lifted
    if after["startDate"] is None and after["dayStartTime"]:
        # The window stays on the wall what it was, in the offset of today.
        assert "07:00-22:30" in listed(shown)
        after |= {clock: front.pins[2][clock] for clock in ("dayStartTime", "dayEndTime")}
    assert front.pins[2] == after


@pytest.mark.parametrize("days", [[], ["sun", "mon"]])
async def test_week_days_that_come_back_otherwise(
    hass: HomeAssistant, sim: Simulator, front: SimLock, days: list[str]
) -> None:
    """A list that is empty lifts the days; their order means nothing."""
    shown = await guest_form(hass, sim, front)
    await submit(hass, shown, {**SHOWN, "week_days": days})
    assert front.pins[2]["weekDays"] == (65 if days else None)


async def test_nothing_changed_costs_nothing(
    hass: HomeAssistant, sim: Simulator, front: SimLock
) -> None:
    """A form that is sent as it was shown leads back without a request."""
    shown = await guest_form(hass, sim, front)
    assert_menu(await submit(hass, shown, SHOWN), "pins")
    assert wire(sim) == []


async def test_a_pin_whose_end_has_passed(
    hass: HomeAssistant, sim: Simulator, front: SimLock
) -> None:
    """A date that nobody touched is nobody's mistake."""
    sim.settings.expire_pins = False
    front.pins.add("Guest", "918273", endDate="2020-01-01T12:00:00.000Z")
    shown = await choose(hass, await pins_of(hass, sim), "change")
    shown = await submit(hass, shown, {"pin_id": "1"})
    shown = await submit(hass, shown, {**standing(shown), "alias": "Old guest"})
    assert listed(shown) == "- Old guest (1): until 2020-01-01 13:00"


@pytest.mark.parametrize(("mistake", "field", "reason"), MISTAKES)
async def test_mistakes_in_a_change(
    hass: HomeAssistant,
    sim: Simulator,
    front: SimLock,
    mistake: dict[str, Any],
    field: str,
    reason: str,
) -> None:
    """A mistake is told at its field before anything is sent, and nothing typed is lost."""
    shown = await guest_form(hass, sim, front)
    typed = with_mistake({**SHOWN, "pin": "739150"}, mistake)
    shown = await submit(hass, shown, typed)
    assert_form(shown, "edit", field, reason)
    assert standing(shown) == typed
    assert wire(sim) == []
    assert_menu(await submit(hass, shown, {**SHOWN, "pin": "739150"}), "pins")
    assert front.pins[2]["pin"] == "739150"


@pytest.mark.parametrize(("status", "field", "reason"), REFUSALS)
@pytest.mark.usefixtures("pauses")
async def test_the_cloud_refuses_a_change(
    hass: HomeAssistant, sim: Simulator, front: SimLock, status: int, field: str, reason: str
) -> None:
    """What the cloud says stands in the form, with everything that was typed."""
    shown = await guest_form(hass, sim, front)
    before = front.pins[2]
    sim.faults.add(Fault(status=status), method="PUT", times=None)
    typed = {**SHOWN, "pin": "739150", "alias": "Guest 4712"}
    shown = await submit(hass, shown, typed)
    assert_form(shown, "edit", field, reason)
    assert standing(shown) == typed
    assert front.pins[2] == before


async def test_changed_elsewhere_meanwhile(
    hass: HomeAssistant, sim: Simulator, front: SimLock
) -> None:
    """Only what a person has changed in the form is changed."""
    shown = await guest_form(hass, sim, front)
    front.pins.entries[2]["weekDays"] = 2
    sim.faults.add(Fault(status=403), method="PUT")
    shown = await submit(hass, shown, {**SHOWN, "alias": "Guest 4712"})
    assert_form(shown, "edit", "base", "may not manage")
    await submit(hass, shown, standing(shown))
    assert front.pins[2]["weekDays"] == 2
    assert front.pins[2]["alias"] == "Guest 4712"


async def test_an_id_that_was_given_anew_before_a_change(
    hass: HomeAssistant, sim: Simulator, front: SimLock
) -> None:
    """What was typed for one PIN is not sent for another; it stands there still."""
    sim.settings.reuse_ids = True
    shown = await guest_form(hass, sim, front)
    front.pins.delete(2)
    assert front.pins.add("Family", "827364") == 2
    typed = {**SHOWN, "pin": "739150", "alias": "Guest 4712"}
    shown = await submit(hass, shown, typed)
    assert_form(shown, "edit", "base", "The PIN Guest 4711 of Front door was changed")
    assert standing(shown) == typed
    assert asked(sim, front) == ["GET /2"]
    assert (front.pins[2]["alias"], front.pins[2]["pin"]) == ("Family", "827364")


async def test_an_id_that_was_given_anew_before_its_form(
    hass: HomeAssistant, sim: Simulator, front: SimLock
) -> None:
    """Whoever chose one PIN does not get the form of another."""
    front.pins.add("Ada", "602915")
    shown = await choose(hass, await pins_of(hass, sim), "change")
    front.pins.delete(1)
    front.pins.add("Family", "918273", pin_id=1)
    await act(hass, f"{DOMAIN}.get_pins", respond=True, entity_id="lock.front_door")
    shown = await submit(hass, shown, {"pin_id": "1"})
    assert_form(shown, "change", "base", "The PIN Ada of Front door was changed")
    assert labels(shown, "pin_id") == ["Family (1)"]
    assert_form(await submit(hass, shown, {"pin_id": "1"}), "edit")


@pytest.mark.usefixtures("pauses")
async def test_a_new_name_whose_answer_was_lost(
    hass: HomeAssistant, sim: Simulator, front: SimLock
) -> None:
    """The same form can be sent again, though the PIN has its new name already."""
    shown = await guest_form(hass, sim, front)
    sim.faults.add(Fault(drop=True, worked=True), method="PUT")
    unreadable = sim.faults.add(Fault(status=428), method="GET", after=2, times=None)
    shown = await submit(hass, shown, {**SHOWN, "alias": "Guest 4712"})
    assert_form(shown, "edit", "base", "not certain whether Front door has stored")
    assert front.pins[2]["alias"] == "Guest 4712"
    sim.faults.remove(unreadable)
    assert_menu(await submit(hass, shown, standing(shown)), "pins")


async def test_gone_meanwhile(hass: HomeAssistant, sim: Simulator, front: SimLock) -> None:
    """A PIN that is no longer there is said to be gone."""
    shown = await guest_form(hass, sim, front)
    front.pins.delete(2)
    shown = await submit(hass, shown, {**SHOWN, "alias": "Guest 4712"})
    assert_form(shown, "edit", "base", "does not have this PIN")


async def test_a_pin_is_read_before_its_form(
    hass: HomeAssistant, sim: Simulator, front: SimLock
) -> None:
    """A PIN that could not be read with the others is asked for when it is chosen."""
    front.pins.add("Guest 4711", "918273", **GUEST, **WINDOW)
    sim.faults.add(Fault(status=428), method="GET", path=f"{FRONT}/1", times=2)
    shown = await choose(hass, await pins_of(hass, sim), "change")
    shown = await submit(hass, shown, {"pin_id": "1"})
    assert_form(shown, "change", "base", "cannot be reached")
    assert standing(shown) == {"pin_id": "1"}
    shown = await submit(hass, shown, {"pin_id": "1"})
    assert_form(shown, "edit")
    assert standing(shown) == SHOWN


# --- removing -----------------------------------------------------------------------------------


async def full_house(hass: HomeAssistant, sim: Simulator, lock: SimLock) -> ConfigFlowResult:
    """Open the form in which PINs are chosen for removal; there are three."""
    for alias, digits in (("Ada", "602915"), ("Bob", "481596"), ("*Cleo*", "739150")):
        lock.pins.add(alias, digits)
    shown = await choose(hass, await pins_of(hass, sim), "remove")
    assert_form(shown, "remove")
    assert sorted(labels(shown, "pin_ids")) == ["*Cleo* (3)", "Ada (1)", "Bob (2)"]
    return shown


async def test_pins_are_removed(hass: HomeAssistant, sim: Simulator, front: SimLock) -> None:
    """Those that are chosen are named once more, then removed; nothing is chosen unasked."""
    shown = await full_house(hass, sim, front)
    assert standing(shown) == {}
    assert shown["data_schema"] is not None
    assert shown["data_schema"]({}) == {}  # of what is required, a browser ticks the first

    shown = await submit(hass, shown, {"pin_ids": ["3", "1"]})
    assert_form(shown, "confirm")
    assert facts(shown)["pins"].split("\n") == [r"- \*Cleo\* \(3\)", r"- Ada \(1\)"]
    assert wire(sim) == []
    shown = await submit(hass, shown, {})
    assert listed(shown) == "- Bob (2): always"
    assert wire(sim) == [f"GET {FRONT}", f"DELETE {FRONT}/3", f"DELETE {FRONT}/1"]
    assert list(front.pins.entries) == [2]


@pytest.mark.parametrize("nothing", [{}, {"pin_ids": []}])
async def test_nothing_is_chosen_for_removal(
    hass: HomeAssistant, sim: Simulator, front: SimLock, nothing: dict[str, Any]
) -> None:
    """Removing nothing is a mistake, and the next step knows nothing of it."""
    shown = await full_house(hass, sim, front)
    shown = await submit(hass, shown, nothing)
    assert_form(shown, "remove", "base", "Choose at least one")
    assert_form(await submit(hass, shown, {"pin_ids": ["1"]}), "confirm")
    assert len(front.pins) == 3


async def test_one_cannot_be_removed(hass: HomeAssistant, sim: Simulator, front: SimLock) -> None:
    """What is left of the chosen ones stays chosen, with the reason above."""
    shown = await full_house(hass, sim, front)
    shown = await submit(hass, shown, {"pin_ids": ["1", "2"]})
    sim.faults.add(Fault(status=403), method="DELETE", path=f"{FRONT}/2")
    shown = await submit(hass, shown, {})
    assert_form(shown, "remove", "base", "may not manage the PINs")
    assert sorted(labels(shown, "pin_ids")) == ["*Cleo* (3)", "Bob (2)"]
    assert standing(shown) == {"pin_ids": ["2"]}
    shown = await submit(hass, await submit(hass, shown, standing(shown)), {})
    assert listed(shown) == "- *Cleo* (3): always"


async def test_one_is_gone_already(hass: HomeAssistant, sim: Simulator, front: SimLock) -> None:
    """A PIN that somebody else has removed is as good as removed."""
    shown = await full_house(hass, sim, front)
    shown = await submit(hass, shown, {"pin_ids": ["1", "2"]})
    front.pins.delete(1)
    shown = await submit(hass, shown, {})
    assert listed(shown) == "- *Cleo* (3): always"
    assert asked(sim, front) == ["GET", "DELETE /2"]


async def test_an_id_that_was_given_anew_before_a_removal(
    hass: HomeAssistant, sim: Simulator, front: SimLock
) -> None:
    """Nobody else's PIN is removed in the place of one that is gone, nor chosen for removal."""
    sim.settings.reuse_ids = True
    shown = await full_house(hass, sim, front)
    shown = await submit(hass, shown, {"pin_ids": ["2", "1", "3"]})
    front.pins.delete(1)
    assert front.pins.add("Family", "918273") == 1
    assert r"Ada \(1\)" in facts(shown)["pins"]

    shown = await submit(hass, shown, {})
    assert_form(shown, "remove", "base", "The PIN Ada of Front door was changed in the meantime")
    assert asked(sim, front) == ["GET", "GET /2", "DELETE /2", "GET /1"]
    assert sorted(labels(shown, "pin_ids")) == ["*Cleo* (3)", "Family (1)"]
    assert standing(shown) == {"pin_ids": ["3"]}

    shown = await submit(hass, await submit(hass, shown, {"pin_ids": ["1"]}), {})
    assert listed(shown) == "- *Cleo* (3): always"


async def test_limits_that_were_changed_before_a_removal(
    hass: HomeAssistant, sim: Simulator, front: SimLock
) -> None:
    """A PIN of the same name may be another one as well, or is wanted for longer."""
    shown = await full_house(hass, sim, front)
    shown = await submit(hass, shown, {"pin_ids": ["1"]})
    front.pins.replace(1, {**front.pins[1], "weekDays": 1})
    shown = await submit(hass, shown, {})
    assert_form(shown, "remove", "base", "The PIN Ada of Front door was changed in the meantime")
    assert asked(sim, front) == ["GET", "GET /1"]
    assert standing(shown) == {"pin_ids": []}
    assert len(front.pins) == 3


@pytest.mark.parametrize("step", ["change", "remove"])
async def test_a_choice_after_a_reload(
    hass: HomeAssistant, sim: Simulator, front: SimLock, step: str
) -> None:
    """There is nothing to choose from before the PINs are read again."""
    front.pins.add("Ada", "602915")
    shown = await pins_of(hass, sim)
    [entry] = hass.config_entries.async_entries(DOMAIN)
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert listed(await choose(hass, shown, step)) == "- Ada (1): always"


# --- who may ------------------------------------------------------------------------------------


async def test_administrators_alone_may_configure(
    hass: HomeAssistant,
    sim: Simulator,
    front: SimLock,
    hass_client: ClientSessionGenerator,
    hass_read_only_access_token: str,
) -> None:
    """Nobody else opens the menu or goes on with it, and nothing is asked of the cloud for it."""
    assert await async_setup_component(hass, "config", {})
    front.pins.add("Ada", "602915")
    shown = await choose(hass, await pins_of(hass, sim), "add")
    [entry] = hass.config_entries.async_entries(DOMAIN)
    guest = await hass_client(hass_read_only_access_token)
    address = "/api/config/config_entries/options/flow"
    for answer in (
        await guest.post(address, json={"handler": entry.entry_id}),
        await guest.get(f"{address}/{shown['flow_id']}"),
        await guest.post(f"{address}/{shown['flow_id']}", json=STAY),
    ):
        assert answer.status == HTTPStatus.UNAUTHORIZED
        assert "Ada" not in await answer.text()
    assert wire(sim) == []
    assert_menu(await submit(hass, shown, STAY), "pins")


# --- as the browser sees it ----------------------------------------------------


async def test_the_form_as_the_browser_sees_it(
    hass: HomeAssistant, sim: Simulator, flat: SimLock, hass_client: ClientSessionGenerator
) -> None:
    """Each field has the selector that fits, digits are hidden, and a date can be left out."""
    assert await async_setup_component(hass, "config", {})
    shown = await pins_of(hass, sim, flat)
    client = await hass_client()
    address = f"/api/config/config_entries/options/flow/{shown['flow_id']}"
    answer = await client.post(address, json={"next_step_id": "add"})
    fields = {field["name"]: field for field in (await answer.json())["data_schema"]}
    assert {name: next(iter(field["selector"])) for name, field in fields.items()} == {
        "alias": "text",
        "locks": "select",
        "pin": "text",
        "length": "number",
        "start_date": "date",
        "start_time": "time",
        "end_date": "date",
        "end_time": "time",
        "clear": "select",
        "day_start_time": "time",
        "day_end_time": "time",
        "week_days": "select",
    }
    assert [name for name, field in fields.items() if field.get("required")] == [
        "alias",
        "locks",
        "length",
    ]
    assert fields["pin"]["selector"]["text"]["type"] == "password"
    assert fields["pin"]["selector"]["text"]["autocomplete"] == "new-password"
    assert fields["clear"]["selector"]["select"]["translation_key"] == "schedule_field"
    assert fields["clear"]["selector"]["select"]["options"] == ["start_date", "end_date"]
    assert fields["week_days"]["selector"]["select"]["translation_key"] == "week_day"
    assert fields["locks"]["selector"]["select"]["multiple"] is True
