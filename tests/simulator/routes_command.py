"""Commands that move a bolt, in both generations."""

from typing import Any

from .commands import Operation, command
from .envelope import Answer, RefusedError, date_text
from .lock import SimLock
from .routing import OPERATE, Call, Handler, Route, need_access
from .settings import Settings
from .states import Mode, Verb

MODES = (Mode.DEFAULT, Mode.FORCE, Mode.NEVER_PULL, Mode.MAY_PULL)
PARAMETERS = (Mode.DEFAULT, Mode.AUTO, Mode.FORCE, Mode.NEVER_PULL)


def _operate(call: Call, lock: SimLock, verb: Verb, mode: int) -> Operation:
    need_access(lock)
    if not lock.reachable:
        raise RefusedError(400, "Lock is not connected to bridge or bridge is disconnected.")
    account = call.account
    changed = lock.bolt.changed
    course = command(lock, verb, mode, account.settings, account.clock)
    stamp = int(account.clock.now().timestamp() * 1000)
    while str(stamp) in account.operations:
        stamp += 1
    operation = Operation(
        id=str(stamp),
        lock_id=lock.id,
        user=call.key.user,
        type=verb,
        done_at=course.done_at,
        result=course.result,
        state_changed=changed,
    )
    account.operations[operation.id] = operation
    if course.steps:
        call.done()
    return operation


def _accepted(call: Call, operation: Operation, status: int, *, dated: bool) -> Answer:
    result: dict[str, Any] = {"operationId": operation.id}
    if dated:
        result["lastStateChangedDate"] = date_text(operation.state_changed, call.settings)
    return Answer(status=status, result=result)


def by_path(verb: Verb) -> Handler:
    """Return the handler of POST /my/lock/{id}/operation/…."""

    def answer(call: Call) -> Answer:
        lock = call.lock(call.ids[0])
        mode = call.number("mode", Mode.DEFAULT)
        if mode not in MODES:
            raise RefusedError(400, "Unknown unlock mode.")
        operation = _operate(call, lock, verb, mode)
        return _accepted(call, operation, 202, dated=True)

    return answer


def by_body(verb: Verb) -> Handler:
    """Return the handler of POST /my/lock/close and its sisters."""

    def answer(call: Call) -> Answer:
        body = call.json if isinstance(call.json, dict) else {}
        if type(body.get("deviceId")) is not int:
            raise RefusedError(400, "DeviceId is required.")
        lock = call.lock(body["deviceId"])
        mode = body.get("openParameter", Mode.DEFAULT)
        if mode not in PARAMETERS:
            raise RefusedError(400, "Unknown open parameter.")
        served = call.settings.commands
        operation = _operate(call, lock, verb, mode)
        return _accepted(call, operation, served.close or 200, dated=served.dated)

    return answer


def _serves_close(settings: Settings) -> bool:
    return settings.commands.close is not None


def _serves_operation(settings: Settings) -> bool:
    return settings.commands.operation


WAYS = (
    (_serves_operation, by_path, "/my/lock/{id}/operation/", ("lock", "unlock", "pull")),
    (_serves_close, by_body, "/my/lock/", ("close", "open", "pull-spring")),
)

ROUTES = tuple(
    Route(
        method="POST",
        path=prefix + word,
        scopes=OPERATE,
        answer=handler(verb),
        served=served,
        command=True,
    )
    for served, handler, prefix, words in WAYS
    for verb, word in zip(Verb, words, strict=True)
)
