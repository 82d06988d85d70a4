"""The door: a control API and a page for a person, or another process, at the locks."""

import json
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiohttp import web

from .commands import command
from .faults import Fault
from .lock import TURNS, SimLock
from .recorder import Recorded
from .states import Door as DoorState
from .states import Mode, State, Verb

if TYPE_CHECKING:
    from .server import Simulator

PAGE = Path(__file__).with_name("door.html").read_text(encoding="utf-8")
FAULT_TARGETS = ("method", "path", "times", "after")

type Body = dict[str, Any]
type LockHandler = Callable[[SimLock, Body], Any]


class Door:
    """Serves / and /sim/… beside the cloud's own paths; nothing here is the vendor's."""

    def __init__(self, sim: Simulator) -> None:
        """Stand at the doors of a simulator."""
        self._sim = sim
        self._actions: dict[str, LockHandler] = {
            "turn": self._turn,
            "bridge": self._bridge,
            "jam": self._jam,
            "door": self._door,
            "keypad": self._keypad,
            "battery": self._battery,
            "rename": self._rename,
            "remove": self._remove,
            "readd": self._readd,
        }
        self._removed: dict[str, SimLock] = {}

    def add_routes(self, application: web.Application) -> None:
        """Add the page and the control API."""
        router = application.router
        router.add_get("/", self._page)
        router.add_get("/sim/state", self._state)
        router.add_get("/sim/requests", self._requests)
        router.add_post("/sim/locks", self._guarded(self._add))
        router.add_post("/sim/locks/{serial}/{action}", self._guarded(self._act))
        router.add_post("/sim/settings", self._guarded(self._settings))
        router.add_post("/sim/faults", self._guarded(self._faults))
        router.add_post("/sim/reset", self._guarded(self._reset))

    def _guarded(
        self, handler: Callable[[web.Request, Body], Any]
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        """Read the JSON body, and turn what a caller got wrong into a 400 or 404."""

        async def guarded(request: web.Request) -> web.Response:
            try:
                return web.json_response(handler(request, _body(await request.text())))
            except LookupError as err:
                return web.json_response({"error": f"not found: {err}"}, status=404)
            except (ValueError, TypeError) as err:
                return web.json_response({"error": f"not understood: {err}"}, status=400)

        return guarded

    async def _page(self, _: web.Request) -> web.Response:
        return web.Response(text=PAGE, content_type="text/html")

    async def _state(self, _: web.Request) -> web.Response:
        return web.json_response(
            {
                "locks": [_lock_state(lock) for lock in self._sim.account.locks],
                "removed": [
                    {"serial": serial, "name": lock.name} for serial, lock in self._removed.items()
                ],
                "settings": self._sim.settings.as_dict(),
                "requests": len(self._sim.requests),
            }
        )

    async def _requests(self, _: web.Request) -> web.Response:
        return web.json_response([_request_line(request) for request in self._sim.requests])

    # --- one lock ----------------------------------------------------------------------------

    def _act(self, request: web.Request, body: Body) -> Any:
        serial, action = request.match_info["serial"], request.match_info["action"]
        if action not in self._actions:
            raise LookupError(action)
        if action == "readd" and serial in self._removed:
            lock = self._removed[serial]
        else:
            lock = self._sim.account.lock(serial)
        answer = self._actions[action](lock, body)
        return _lock_state(lock) if answer is None else answer

    def _turn(self, lock: SimLock, body: Body) -> None:
        if body.get("to") not in TURNS:
            raise ValueError(body.get("to"))
        lock.turn(body["to"], after=float(body.get("after", 0)))

    def _bridge(self, lock: SimLock, body: Body) -> None:
        lock.connected = _switch(body, "online")

    def _jam(self, lock: SimLock, _: Body) -> None:
        lock.jam()

    def _door(self, lock: SimLock, body: Body) -> None:
        lock.door = DoorState.OPENED if _switch(body, "open") else DoorState.CLOSED

    def _battery(self, lock: SimLock, body: Body) -> None:
        lock.battery = int(body["level"])

    def _keypad(self, lock: SimLock, body: Body) -> Body:
        verdict = lock.typed(str(body.get("pin", "")))
        if verdict.valid:
            sim = self._sim
            command(lock, Verb.UNLOCK, Mode.DEFAULT, sim.settings, sim.clock)
        return {"valid": verdict.valid, "alias": verdict.alias, "reason": verdict.reason}

    def _rename(self, lock: SimLock, body: Body) -> None:
        lock.rename(_text(body, "name"))

    def _remove(self, lock: SimLock, _: Body) -> None:
        self._sim.account.remove(lock)
        self._removed[lock.serial] = lock

    def _readd(self, lock: SimLock, _: Body) -> None:
        self._removed.pop(lock.serial, None)
        self._sim.account.readd(lock)

    # --- the whole cloud ---------------------------------------------------------------------

    def _add(self, _: web.Request, body: Body) -> Body:
        lock = self._sim.account.add_lock(_text(body, "name"))
        return _lock_state(lock)

    def _settings(self, _: web.Request, body: Body) -> Body:
        self._sim.settings.update(body)
        return self._sim.settings.as_dict()

    def _faults(self, _: web.Request, body: Body) -> Body:
        if body.pop("clear", False):
            self._sim.faults.clear()
        targets = {name: body.pop(name) for name in FAULT_TARGETS if name in body}
        if body:
            if body.get("hold"):
                name = "hold"
                raise ValueError(name)
            body["errors"] = tuple(body.get("errors", Fault.errors))
            self._sim.faults.add(Fault(**body), **targets)
        return {"ok": True}

    def _reset(self, _: web.Request, __: Body) -> Body:
        self._removed.clear()
        self._sim.reset()
        return {"ok": True}


def _body(text: str) -> Body:
    body = json.loads(text) if text else {}
    if not isinstance(body, dict):
        raise ValueError(text)  # noqa: TRY004 - one error for every bad body
    return body


def _switch(body: Body, name: str) -> bool:
    if not isinstance(body.get(name), bool):
        raise ValueError(name)  # noqa: TRY004 - one error for every bad body
    return bool(body[name])


def _text(body: Body, name: str) -> str:
    text = body.get(name)
    if not isinstance(text, str) or not text.strip():
        raise ValueError(name)
    return text


def _state_name(state: int) -> str:
    return State(state).name.lower() if state in State else f"state_{state}"


def _lock_state(lock: SimLock) -> Body:
    return {
        "serial": lock.serial,
        "id": lock.id,
        "name": lock.name,
        "state": _state_name(lock.state),
        "state_number": lock.state,
        "moving": lock.bolt.moving,
        "state_change_result": lock.bolt.result,
        "online": lock.reachable,
        "door": DoorState(lock.door).name.lower() if lock.door in DoorState else lock.door,
        "battery": lock.battery,
        "keypad": lock.keypad_id is not None,
        "pull_spring": lock.pull_spring,
        "revision": lock.revision,
        "list_version": lock.pins.list_version,
        "jam_next": "jam" in lock.outcomes,
        "pins": [{"id": pin_id, **pin} for pin_id, pin in lock.pins.entries.items()],
    }


def _request_line(request: Recorded) -> Body:
    """Return what may be shown of a request: no headers, and a PIN's digits as dots."""
    body = request.json
    if isinstance(body, dict):
        body = {
            key: re.sub(".", "•", str(value)) if key.lower() == "pin" else value
            for key, value in body.items()
        }
    return {
        "method": request.method,
        "path": request.path,
        "query": request.query_string,
        "status": request.status,
        "applied": request.applied,
        "body": body,
    }
