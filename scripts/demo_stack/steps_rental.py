"""Steps: a host with guests, two doors, a cleaner and a list that is full."""

from datetime import datetime, timedelta
from http import HTTPStatus
from zoneinfo import ZoneInfo

from .account import DOMAIN
from .client import Answer, Json
from .steps import Check, expect

FLAT = {"lock.front_door": "Front door", "lock.back_door": "Back door"}
GUEST = "Booking 4711"
CLEANER = "Cleaner"
TODAY = datetime.now(ZoneInfo("Europe/Warsaw")).replace(hour=12, minute=0, second=0, microsecond=0)


async def refused_at_first(check: Check) -> str:
    """Let a guest in at two doors, one of which refuses at first."""
    _, second = await _doors(check)
    await check.stack.cloud.fault(
        method="POST", path=f"/my/lock/{second['id']}/pin", status=428, times=1
    )
    guest = await _add_guest(check, arrival=TODAY + timedelta(days=2))
    check.digits.append(guest["pin"])
    first_answer, second_answer = (guest["locks"][entity_id] for entity_id in FLAT)
    expect("the first door's answer", first_answer["result"], "created")
    again = await _add_guest(check, arrival=TODAY + timedelta(days=2))
    expect("digits", again["pin"], guest["pin"])
    results = [again["locks"][entity_id]["result"] for entity_id in FLAT]
    expect("answers to the second call", results, ["kept", "created"])
    held = [_pin(door, GUEST)["pin"] for door in await _doors(check)]
    expect("digits in both keypads", held, [guest["pin"]] * 2)
    return f'"{second_answer["error"]}"; called again, both doors hold the same digits'


async def too_early(check: Check) -> str:
    """Type the guest's PIN two days before the arrival."""
    verdict = await _typed(check)
    expect("the keypad's verdict", verdict["reason"], "This PIN is not valid yet.")
    return f"the keypad says: {verdict['reason']}"


async def moved(check: Check) -> str:
    """Move the booking: the guest is here already."""
    guest = await _add_guest(check, arrival=TODAY - timedelta(days=1))
    expect("digits", guest["pin"], check.digits[0])
    results = [guest["locks"][entity_id]["result"] for entity_id in FLAT]
    expect("answers", results, ["updated", "updated"])
    verdict = await _typed(check)
    expect("the keypad's verdict", verdict["reason"], "Welcome.")
    return "one call, the same digits, and the door opens"


async def cleaner(check: Check) -> str:
    """Give the cleaner a window on Mondays and Fridays."""
    answer = await _act(
        check,
        "create_pin",
        alias=CLEANER,
        day_start_time="08:00",
        day_end_time="12:00",
        week_days=["mon", "fri"],
        if_exists="update",
        all_or_nothing=True,
    )
    response = answer.body["service_response"]
    expect("doors", set(response), set(FLAT))
    check.digits.append(response["lock.front_door"]["pin"])
    read = (await _act(check, "get_pin", alias=CLEANER)).body["service_response"]
    window = {name: read["lock.front_door"][name] for name in ("day_start_time", "week_days")}
    expect("window", window, {"day_start_time": "08:00:00", "week_days": ["mon", "fri"]})
    stored = [_pin(door, CLEANER) for door in await _doors(check)]
    return f"in the simulated keypads, in UTC: {[pin['dayStartTime'][11:16] for pin in stored]}"


async def departed(check: Check) -> str:
    """Let the guest and the cleaner go, twice."""
    for alias in (GUEST, CLEANER):
        for gone in (True, False):
            answer = await _act(check, "remove_guest", alias=alias)
            locks = answer.body["service_response"]["locks"]
            expect("answer", locks, {entity_id: {"deleted": gone} for entity_id in FLAT})
    left = [door["pins"] for door in await _doors(check)]
    expect("PINs in the keypads", left, [[], []])
    return "both keypads are empty, and a second call finds nothing to do"


async def full_list(check: Check) -> str:
    """Fill a door's list of PINs, and make room through the repair that is offered."""
    first = {"entity_id": next(iter(FLAT))}
    old = await _act(check, "create_pin", alias="Old guest", **first)
    await check.stack.cloud.settings(pin_capacity=1)
    new = {"alias": GUEST, "pin": "736455", **first}
    refusal = await check.stack.client.action(f"{DOMAIN}.create_pin", new)
    expect("HTTP status", refusal.status, HTTPStatus.INTERNAL_SERVER_ERROR)
    [issue] = await _issues(check)
    form = await _fix(check, "", handler=DOMAIN, issue_id=issue["issue_id"])
    while form["type"] == "progress":
        form = await _fix(check, form["flow_id"])
    pin_id = old.body["service_response"][first["entity_id"]]["pin_id"]
    done = await _fix(check, form["flow_id"], pins=[str(pin_id)])
    expect("what the repair ends with", done["type"], "create_entry")
    expect("repairs that are left", await _issues(check), [])
    await _act(check, "create_pin", **new)
    await _act(check, "delete_pin", alias=GUEST, **first)
    await check.stack.cloud.settings(pin_capacity=100)
    return f'"{refusal.sentence}"; the old PIN was chosen and removed, and the new one has room'


async def _issues(check: Check) -> list[Json]:
    """Return the repairs that the integration offers."""
    issues: list[Json] = (await check.stack.client.command("repairs/list_issues"))["issues"]
    return [issue for issue in issues if issue["domain"] == DOMAIN]


async def _fix(check: Check, flow_id: str, **answer: object) -> Json:
    """Go on with a repair, and return what is shown."""
    path = f"/api/repairs/issues/fix/{flow_id}".rstrip("/")
    method = "POST" if answer else "GET"
    response = await check.stack.client.request(method, path, answer or None)
    expect(f"HTTP status ({response.sentence})", response.status, HTTPStatus.OK)
    return response.body


async def _act(check: Check, action: str, **fields: object) -> Answer:
    data: Json = {"entity_id": list(FLAT), **fields}
    answer = await check.stack.client.action(f"{DOMAIN}.{action}", data, response=True)
    expect(f"HTTP status ({answer.sentence})", answer.status, HTTPStatus.OK)
    return answer


async def _add_guest(check: Check, arrival: datetime) -> Json:
    """Let the guest in for a week."""
    answer = await _act(
        check,
        "add_guest",
        alias=GUEST,
        arrival=f"{arrival:%Y-%m-%d %H:%M}",
        departure=f"{arrival + timedelta(days=7):%Y-%m-%d}",
        early_minutes=30,
    )
    response: Json = answer.body["service_response"]
    return response


async def _typed(check: Check) -> Json:
    """Type the guest's digits at the first door."""
    door, _ = await _doors(check)
    return await check.stack.cloud.at_the_door(door["serial"], "keypad", pin=check.digits[0])


async def _doors(check: Check) -> list[Json]:
    """Return both doors as the simulated cloud has them."""
    return [await check.stack.cloud.lock(name) for name in FLAT.values()]


def _pin(door: Json, alias: str) -> Json:
    """Return the PIN with a name."""
    found: list[Json] = [pin for pin in door["pins"] if pin["alias"] == alias]
    expect(f"PINs named {alias}", len(found), 1)
    return found[0]
