"""The vendor's rules for the digits of a PIN: judged here, before any request leaves."""

import re
import string
from typing import Any

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.setup import async_setup_component
from homeassistant.util.yaml import parse_yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.tedee_cloud.api import PinRule, PinRuleError, pin_digits

from .common import DOMAIN, act, add_account
from .simulator import SimLock, Simulator

DOOR = "lock.front_door"

SENTENCES = {
    "blank": "The PIN is empty. Give it 5 to 8 digits",
    "unquoted": (
        "The PIN is a number with fewer than 5 digits. Without quotes, YAML makes another number "
        "of one that begins with 0. Put the PIN in quotes"
    ),
    "length": "A PIN has 5 to 8 digits. Choose one of that length",
    "digits": "A PIN has only the digits 0 to 9. Leave out everything else",
    "variety": "A PIN needs at least three different digits. Choose another",
    "sequence": "A PIN must not be a run of digits upwards or downwards. Mix them",
}

REFUSED: list[tuple[object, str]] = [
    ("", "blank"),
    (" ", "blank"),
    ("\t\n", "blank"),
    ("     ", "blank"),
    (None, "blank"),
    ("1", "length"),
    ("1928", "length"),
    ("918273645", "length"),
    ("918273" * 50, "length"),
    (123456789, "length"),
    (918273645, "length"),
    (10**5000, "length"),
    ("91827a", "digits"),
    ("91 827", "digits"),
    (" 918273", "digits"),
    ("918273\n", "digits"),
    ("+91827", "digits"),
    ("-91827", "digits"),
    ("918.27", "digits"),
    ("0x9182", "digits"),
    ("9_1827", "digits"),
    ("٩١٨٢٧٣", "digits"),  # Arabic-Indic digits, which str.isdigit takes
    ("９１８２７３", "digits"),  # noqa: RUF001  full-width digits
    ("91827²", "digits"),
    ("৯১৮২৭৩", "digits"),
    (-918273, "digits"),
    (-1, "digits"),
    (True, "digits"),
    (False, "digits"),
    (918273.0, "digits"),
    (["918273"], "digits"),
    ([], "digits"),
    ({"pin": "918273"}, "digits"),
    (0, "unquoted"),
    (668, "unquoted"),
    (9182, "unquoted"),
    (9999, "unquoted"),
    ("11111", "variety"),
    ("12121", "variety"),
    ("00000001", "variety"),
    (99988, "variety"),
    (10000, "variety"),
    ("12345", "sequence"),
    ("01234", "sequence"),
    ("456789", "sequence"),
    ("12345678", "sequence"),
    ("98765", "sequence"),
    ("43210", "sequence"),
    ("87654321", "sequence"),
    (23456, "sequence"),
    (76543210, "sequence"),
]
TAKEN: list[tuple[object, str]] = [
    ("918273", "918273"),
    ("19283", "19283"),
    ("01928", "01928"),
    ("00012", "00012"),
    ("91827364", "91827364"),
    (918273, "918273"),
    (10928, "10928"),
    (91827364, "91827364"),
    ("13579", "13579"),  # steps of two: the cloud judges
    ("97531", "97531"),
    ("89012", "89012"),  # no run: nothing comes after 9
    ("12344", "12344"),
    ("12354", "12354"),
    ("123465", "123465"),
    ("11234", "11234"),
    ("12321", "12321"),
]


def name_of(value: object) -> str:
    """Return a short name for a value in a test's id."""
    return f"{type(value).__name__} {value!r}"[:40] if value != 10**5000 else "int of 5001 digits"


def judged(value: object) -> str | PinRule:
    """Return the digits that are taken, or the rule that refuses them."""
    try:
        return pin_digits(value)
    except PinRuleError as err:
        return err.rule


def rows(table: list[tuple[object, str]]) -> list[Any]:
    """Return the rows of a table with the values as their names."""
    return [pytest.param(*row, id=name_of(row[0])) for row in table]


@pytest.fixture
def door(sim: Simulator) -> SimLock:
    """Put a lock with one PIN into the account."""
    lock = sim.account.add_lock("Front door")
    lock.pins.add("Cleaner", "482913")
    return lock


@pytest.mark.parametrize(("value", "rule"), rows(REFUSED))
def test_digits_that_break_a_rule(value: object, rule: str) -> None:
    """The first broken rule is told, and never the digits."""
    with pytest.raises(PinRuleError) as caught:
        pin_digits(value)

    assert caught.value.rule == PinRule(rule)
    assert caught.value.args == (rule,)


@pytest.mark.parametrize(("value", "digits"), rows(TAKEN))
def test_digits_that_keep_the_rules(value: object, digits: str) -> None:
    """Text is taken as it is, a whole number as its digits."""
    assert pin_digits(value) == digits


def test_every_rule_has_its_rows() -> None:
    """No rule is without an example."""
    assert {rule for _, rule in REFUSED} == set(PinRule) == SENTENCES.keys()


@settings(deadline=None)
@given(st.text(string.digits, min_size=5, max_size=8))
@example("34567")
@example("65432")
@example("89012")
@example("77787")
def test_any_digits_are_judged_as_the_vendor_writes_it(digits: str) -> None:
    """5 to 8 digits are taken unless they lack variety or stand in the row of all digits."""
    row = "0123456789"
    wanted: str | PinRule = digits
    if len(set(digits)) < 3:
        wanted = PinRule.VARIETY
    elif digits in row or digits in row[::-1]:
        wanted = PinRule.SEQUENCE

    assert judged(digits) == wanted


@settings(deadline=None)
@given(st.one_of(st.integers(), st.integers(0, 10**9)))
@example(9999)
@example(10000)
@example(99999999)
@example(100000000)
def test_a_number_is_its_digits_or_refused(number: int) -> None:
    """A number counts as the digits it is written with, or has a rule of its own."""
    if number < 0:
        assert judged(number) is PinRule.DIGITS
    elif number < 10000:
        assert judged(number) is PinRule.UNQUOTED
    else:
        assert judged(number) == judged(f"{number}")


@settings(deadline=None)
@given(
    st.one_of(
        st.text(),
        st.text(st.characters(categories=["Nd"]), min_size=5, max_size=8),
        st.floats(),
        st.binary(),
        st.dates(),
        st.lists(st.integers()),
        st.none(),
        st.booleans(),
    )
)
def test_nothing_but_ascii_digits_is_ever_sent(value: object) -> None:
    """Whatever an action is given, it is refused by a rule or is 5 to 8 ASCII digits."""
    taken = judged(value)

    assert isinstance(taken, PinRule) or (
        taken == value and re.fullmatch("[0-9]{5,8}", taken) is not None
    )


@pytest.mark.parametrize(("value", "rule"), rows(REFUSED))
@pytest.mark.parametrize(
    ("action", "fields"),
    [("create_pin", {"alias": "Guest"}), ("update_pin", {"current_alias": "Cleaner"})],
)
async def test_a_broken_rule_is_refused_before_any_request(
    hass: HomeAssistant,
    sim: Simulator,
    door: SimLock,
    action: str,
    fields: dict[str, Any],
    value: object,
    rule: str,
) -> None:
    """Each rule has its own sentence; the cloud hears nothing."""
    await add_account(hass, sim)

    with pytest.raises(ServiceValidationError) as caught:
        await act(hass, f"{DOMAIN}.{action}", {**fields, "pin": value}, entity_id=DOOR)

    assert str(caught.value) == SENTENCES[rule]
    assert caught.value.translation_key == f"pin_{rule}"
    assert sim.requests == []
    assert len(door.pins) == 1


@pytest.mark.parametrize(("value", "digits"), [("918273", "918273"), (91827, "91827")])
async def test_digits_reach_the_cloud_as_text(
    hass: HomeAssistant, sim: Simulator, door: SimLock, value: object, digits: str
) -> None:
    """Home Assistant's templates make a number of digits; the cloud gets text all the same."""
    await add_account(hass, sim)

    await act(hass, f"{DOMAIN}.create_pin", {"alias": "Guest", "pin": value}, entity_id=DOOR)

    assert [call.json for call in sim.calls("POST")] == [{"alias": "Guest", "pin": digits}]
    assert door.pins[2]["pin"] == digits


UNQUOTED = {"alias": "Guest", "pin": parse_yaml("037251")}
QUOTED = {"alias": "Guest", "pin": parse_yaml("'037251'")}


@pytest.mark.parametrize(
    ("data", "stored", "told"),
    [(UNQUOTED, "16041", {"pin": "16041"}), (QUOTED, "037251", {})],
    ids=["a number", "a text"],
)
async def test_a_caller_sees_which_digits_were_made_of_a_number(
    hass: HomeAssistant,
    sim: Simulator,
    door: SimLock,
    data: dict[str, Any],
    stored: str,
    told: dict[str, str],
) -> None:
    """YAML takes a leading zero for octal; nobody can tell that number from a template's."""
    await add_account(hass, sim)

    created = await act(hass, f"{DOMAIN}.create_pin", data, respond=True, entity_id=DOOR)

    assert created == {DOOR: {"pin_id": 2, "result": "created", **told}}
    assert door.pins[2]["pin"] == stored


async def test_a_guests_digits_are_told_however_they_were_given(
    hass: HomeAssistant, sim: Simulator, door: SimLock
) -> None:
    """The response of a stay has them anyway."""
    await add_account(hass, sim)
    stay = {"arrival": "2099-05-01", "departure": "2099-05-08"}

    added = await act(
        hass, f"{DOMAIN}.add_guest", {**UNQUOTED, **stay}, respond=True, entity_id=DOOR
    )

    assert added["pin"] == door.pins[2]["pin"] == "16041"


async def test_digits_that_were_not_stored_are_not_told(
    hass: HomeAssistant, sim: Simulator, door: SimLock
) -> None:
    """A PIN that was kept has its own, which nobody asked for."""
    await add_account(hass, sim)
    data = {"alias": "Cleaner", "pin": 918273, "if_exists": "keep"}

    kept = await act(hass, f"{DOMAIN}.create_pin", data, respond=True, entity_id=DOOR)

    assert kept == {DOOR: {"pin_id": 1, "result": "kept"}}
    assert door.pins[1]["pin"] == "482913"


async def test_a_templates_number_in_a_script(
    hass: HomeAssistant, sim: Simulator, door: SimLock
) -> None:
    """A script that makes up a PIN with a template stores exactly these digits."""
    await add_account(hass, sim)
    assert await async_setup_component(
        hass,
        "script",
        {
            "script": {
                "invite": {
                    "sequence": [
                        {
                            "action": f"{DOMAIN}.create_pin",
                            "target": {"entity_id": DOOR},
                            "data": {"alias": "Guest", "pin": "{{ 918000 + 273 }}"},
                        }
                    ]
                }
            }
        },
    )

    await act(hass, "script.invite")

    assert [call.json for call in sim.calls("POST")] == [{"alias": "Guest", "pin": "918273"}]
    assert len(door.pins) == 2


# --- What a REST caller reads -----------------------------------------------------------------

REST_ROWS: list[tuple[dict[str, Any], str]] = [
    ({"pin": ""}, SENTENCES["blank"]),
    ({"pin": "   "}, SENTENCES["blank"]),
    ({"pin": None}, SENTENCES["blank"]),
    ({"pin": 668}, SENTENCES["unquoted"]),
    ({"pin": "1928"}, SENTENCES["length"]),
    ({"pin": 918273645}, SENTENCES["length"]),
    ({"pin": "٩١٨٢٧٣"}, SENTENCES["digits"]),
    ({"pin": 918273.5}, SENTENCES["digits"]),
    ({"pin": True}, SENTENCES["digits"]),
    ({"pin": ["918273"]}, SENTENCES["digits"]),
    ({"pin": "91919"}, SENTENCES["variety"]),
    ({"pin": "34567"}, SENTENCES["sequence"]),
    ({"pin": "76543"}, SENTENCES["sequence"]),
    ({"alias": ""}, "The name of a PIN is empty. Give it a name that says whose it is"),
    ({"alias": " \t"}, "The name of a PIN is empty. Give it a name that says whose it is"),
    (
        {"start_date": "2099-05-02", "end_date": "2099-05-01"},
        "The end date of a PIN must be after its start date. Correct one of them",
    ),
    (
        {"start_date": "2099-05-01 10:00", "end_date": "2099-05-01 10:00"},
        "The end date of a PIN must be after its start date. Correct one of them",
    ),
    ({"end_date": "2020-05-01"}, "The end date of the PIN has passed already. Give a later one"),
    (
        {"start_date": "soon"},
        "A start or end date was not understood. Write it like 2027-05-01 or 2027-05-01 15:00",
    ),
    (
        {"day_start_time": "08:00"},
        "A daily window needs both its start and its end. Give both times, or clear both",
    ),
    (
        {"day_end_time": "08:00"},
        "A daily window needs both its start and its end. Give both times, or clear both",
    ),
    (
        {"day_start_time": 54000, "day_end_time": "16:00"},
        'A time of day was not understood. Write it in quotes, like "15:00"',
    ),
    (
        {"week_days": ["mon", "someday"]},
        "A week day was not understood. Give one or more of mon, tue, wed, thu, fri, sat, sun",
    ),
]


@pytest.mark.parametrize(
    ("fields", "sentence"), [pytest.param(*row, id=f"{row[0]}"[:50]) for row in REST_ROWS]
)
async def test_a_rest_caller_reads_the_sentence(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    sim: Simulator,
    door: SimLock,
    fields: dict[str, Any],
    sentence: str,
) -> None:
    """HTTP 400 with the rule that was broken, and not a bare 400; nothing reaches the cloud."""
    await add_account(hass, sim)
    assert await async_setup_component(hass, "api", {})
    client = await hass_client()

    answer = await client.post(
        f"/api/services/{DOMAIN}/create_pin?return_response",
        json={"entity_id": DOOR, "alias": "Guest", "pin": "918273", **fields},
    )

    assert (answer.status, await answer.json()) == (400, {"message": sentence})
    assert sim.requests == []
    assert len(door.pins) == 1
