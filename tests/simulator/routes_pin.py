"""PINs of a lock: list, read, create, replace, delete; one call at a time."""

from .envelope import Answer, RefusedError, restyled
from .keypad import DATE_FIELDS, PinList, checked
from .lock import SimLock
from .routing import READ, WRITE, Call, Route, need_admin


def _lock(call: Call) -> SimLock:
    lock = call.lock(call.ids[0])
    need_admin(lock)
    return lock


def _pins(lock: SimLock) -> PinList:
    if not lock.reachable or lock.keypad_id is None:
        raise RefusedError(428, "Lock is disconnected or has no keypad.")
    return lock.pins


def _pin_id(call: Call) -> int:
    return int(call.ids[1])


async def list_pins(call: Call) -> Answer:
    """GET /my/lock/{id}/pin."""
    known = call.number("listVersion", None)
    async with _pins(_lock(call)).one_call() as pins:
        listed = pins.listed
        if known == listed.version:
            return Answer(status=304, errors=("List version is up to date.",))
        lines = [{"id": pin_id, "alias": alias} for pin_id, alias in listed.names.items()]
        return Answer(result={"listVersion": listed.version, "pins": lines})


async def get_pin(call: Call) -> Answer:
    """GET /my/lock/{id}/pin/{pinId}."""
    async with _pins(_lock(call)).one_call() as pins:
        pin = dict(pins.need(_pin_id(call)))
        pin |= {name: restyled(pin[name], call.settings) for name in DATE_FIELDS}
        return Answer(result={"id": _pin_id(call), **pin})


async def create_pin(call: Call) -> Answer:
    """POST /my/lock/{id}/pin."""
    lock = _lock(call)
    pin = checked(call.json, call.settings)
    async with _pins(lock).one_call() as pins:
        number = pins.create(pin)
        call.done()
        return Answer(status=201, result={"id": number})


async def replace_pin(call: Call) -> Answer:
    """PUT /my/lock/{id}/pin/{pinId}."""
    lock = _lock(call)
    pin = checked(call.json, call.settings)
    async with _pins(lock).one_call() as pins:
        pins.replace(_pin_id(call), pin)
        call.done()
        return Answer(status=204)


async def delete_pin(call: Call) -> Answer:
    """DELETE /my/lock/{id}/pin/{pinId}."""
    async with _pins(_lock(call)).one_call() as pins:
        pins.delete(_pin_id(call))
        call.done()
        return Answer(status=204)


ROUTES = (
    Route(method="GET", path="/my/lock/{id}/pin", scopes=READ, answer=list_pins),
    Route(method="POST", path="/my/lock/{id}/pin", scopes=WRITE, answer=create_pin),
    Route(method="GET", path="/my/lock/{id}/pin/{id}", scopes=READ, answer=get_pin),
    Route(method="PUT", path="/my/lock/{id}/pin/{id}", scopes=WRITE, answer=replace_pin),
    Route(method="DELETE", path="/my/lock/{id}/pin/{id}", scopes=WRITE, answer=delete_pin),
)
