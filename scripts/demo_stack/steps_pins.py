"""Steps: everything the PIN actions do, each time with a look into the simulated keypad."""

from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from zoneinfo import ZoneInfo

from .account import DOMAIN
from .client import Answer, Json
from .errors import DemoError
from .steps import LOCK, NAME, Check, expect

DIGITS = "918273"
OTHER_DIGITS = "506172"
IN_SEQUENCE = "12345"

ALIAS = "Cleaner"
OTHER_ALIAS = "Cleaner, new contract"
DAYS = ["mon", "fri"]
DAYS_BEFORE = 64 + 8
"""Sunday and Thursday: midnight at the lock is an evening of UTC."""
NOON = datetime.now(ZoneInfo("Europe/Warsaw")).replace(hour=12, minute=0, second=0, microsecond=0)
START = NOON + timedelta(days=1)
END = START + timedelta(days=7)


async def create(check: Check) -> str:
    """Create a PIN for Mondays and Fridays of the coming week."""
    response = await _respond(
        check,
        "create_pin",
        alias=ALIAS,
        pin=DIGITS,
        # Without a zone, as a person writes them: the lock's own is meant.
        start_date=f"{START:%Y-%m-%d %H:%M:%S}",
        end_date=f"{END:%Y-%m-%d %H:%M:%S}",
        week_days=DAYS,
    )
    check.pin_id = response["pin_id"]
    stored = await _stored(check)
    expect("digits in the keypad", stored["pin"], DIGITS)
    expect("week days in the keypad", stored["weekDays"], DAYS_BEFORE)
    midnight = START.replace(hour=0).astimezone(UTC)
    expect("their beginning", stored["dayStartTime"][11:], f"{midnight:%T}.000Z")
    expect("start in the keypad", stored["startDate"], f"{START.astimezone(UTC):%FT%T}.000Z")
    expect("end in the keypad", stored["endDate"], f"{END.astimezone(UTC):%FT%T}.000Z")
    return f"{_shown(response)}; in the simulated keypad: {_shown(stored)}"


async def list_all(check: Check) -> str:
    """List the PINs."""
    response = await _respond(check, "get_pins")
    expect("PINs", response["pins"], [{"pin_id": check.pin_id, "alias": ALIAS}])
    return _shown(response)


async def read(check: Check) -> str:
    """Read it by its alias, without the digits."""
    response = await _respond(check, "get_pin", alias=ALIAS)
    expect("PIN id", response["pin_id"], check.pin_id)
    expect("week days", response["week_days"], DAYS)
    expect("start", datetime.fromisoformat(response["start_date"]), START)
    expect("end", datetime.fromisoformat(response["end_date"]), END)
    if DIGITS in str(response):
        raise DemoError("the digits came without being asked for")
    return _shown(response)


async def reveal(check: Check) -> str:
    """Read it again and ask for the digits."""
    response = await _respond(check, "get_pin", pin_id=check.pin_id, reveal=True)
    expect("digits", response["pin"], DIGITS)
    return _shown(response)


async def update(check: Check) -> str:
    """Give it another name, and nothing else."""
    before = await _stored(check)
    await _respond(check, "update_pin", pin_id=check.pin_id, alias=OTHER_ALIAS)
    stored = await _stored(check)
    expect("the keypad's entry", stored, before | {"alias": OTHER_ALIAS})
    return f"in the simulated keypad: {_shown(stored)}"


async def refused_here(check: Check) -> str:
    """Create a PIN that is a sequence."""
    before = await check.stack.cloud.commands()
    answer = await _act(check, "create_pin", alias="Sequence", pin=IN_SEQUENCE)
    expect(f"HTTP status ({answer.sentence})", answer.status, HTTPStatus.BAD_REQUEST)
    expect("requests that reached the cloud", await check.stack.cloud.commands(), before)
    return f'HTTP {answer.status} "{answer.sentence}", and no request reached the cloud'


async def refused_there(check: Check) -> str:
    """Create a second PIN with the same digits."""
    answer = await _act(check, "create_pin", alias="Twin", pin=DIGITS)
    if answer.status < HTTPStatus.BAD_REQUEST:
        raise DemoError(f"it was not refused: {answer}")
    last = (await check.stack.cloud.commands())[-1]
    expect(f"the cloud's status ({last})", last.split()[-1], "406")
    return f'HTTP {answer.status} "{answer.sentence}"; the cloud said: {last}'


async def change_digits(check: Check) -> str:
    """Change the digits, and nothing else."""
    before = await _stored(check)
    await _respond(check, "update_pin", current_alias=OTHER_ALIAS, pin=OTHER_DIGITS)
    stored = await _stored(check)
    expect("the keypad's entry", stored, before | {"pin": OTHER_DIGITS})
    return f"in the simulated keypad: {_shown(stored)}"


async def delete(check: Check) -> str:
    """Delete it."""
    response = await _respond(check, "delete_pin", alias=OTHER_ALIAS)
    expect("answer", response, {"deleted": True})
    expect("PINs in the keypad", (await check.stack.cloud.lock(NAME))["pins"], [])
    return f"{_shown(response)}; the simulated keypad is empty"


async def delete_again(check: Check) -> str:
    """Delete it once more."""
    response = await _respond(check, "delete_pin", pin_id=check.pin_id)
    expect("answer", response, {"deleted": False})
    return _shown(response)


async def _act(check: Check, action: str, **fields: object) -> Answer:
    data = {"entity_id": LOCK, **fields}
    return await check.stack.client.action(f"{DOMAIN}.{action}", data, response=True)


async def _respond(check: Check, action: str, **fields: object) -> Json:
    """Perform an action that has to succeed, and return its response for the front door."""
    answer = await _act(check, action, **fields)
    expect(f"HTTP status ({answer.sentence})", answer.status, HTTPStatus.OK)
    response: Json = answer.body["service_response"][LOCK]
    return response


async def _stored(check: Check) -> Json:
    """Return the PIN as the simulated keypad has it."""
    pins: list[Json] = (await check.stack.cloud.lock(NAME))["pins"]
    return next(pin for pin in pins if pin["id"] == check.pin_id)


def _shown(facts: Json) -> str:
    """Put what is known of a PIN in words."""
    return ", ".join(f"{name} {value}" for name, value in facts.items() if value is not None)
