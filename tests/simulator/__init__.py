"""A simulated Tedee cloud: a real HTTP server that follows the vendor's pages on its own.

It imports nothing of the integration nor of Home Assistant.

    async with Simulator() as sim:                      # or start()/stop(); a free loopback port
        lock = sim.account.add_lock("Front door", state=LOCKED)
        ...                                             # point a client at sim.url with sim.token
        [call] = sim.calls("POST", "/my/lock/*/operation/lock")
        assert call.headers["Authorization"] == f"PersonalKey {sim.token}"

Simulator(demo=True) starts with three locks; `python -m tests.simulator` runs that one alone,
with a page at / and a control API at /sim/ to play the person at the door (see door).

sim.account     add_lock(name, state=…, **fields) (with a keypad unless keypads = False or
                keypad_id=None), lock(name | serial | id), remove(lock),
                readd(lock) (new id, same serial), add_key(Key(value=…, scopes=…, schemes=…,
                user=…, expired=…)). Locks belong to a user; a key sees its user's locks.
lock            state, connected, bridge_id (None: never paired), keypad_id, battery, door, …
                are plain attributes: set them. rename(), change_settings(pullSpringEnabled=…)
                raise the revision. raw / raw_sync are laid over its JSON, e.g.
                lock.raw = {"deviceState": {"state": "six"}, "name": None, "type": ABSENT}.
  movement      turn("locked" | "unlocked" | "semi_locked", after=0) is a hand on the bolt;
                timing.turn / pull / latency are seconds; outcomes.append("jam" | "fall_back" |
                "ignored" | "error" | "stuck" | "pending") scripts the next movement,
                outcome = … all others; bolt.log tells every state with its moment.
  PINs          lock.pins.add(alias, digits, **wire_fields), .entries, .find(alias), [pin_id]
                (wire strings as received), .list_version, .busy = True (answers 409).
  activity      typed(digits) judges digits typed at the keypad and logs them (61, 62, 75) under
                the PIN's alias; activity.add(event, username, date=…) logs anything else, now or
                in the past. Nothing else is logged by itself.
sim.settings    every switch of the cloud: generation ("operation", "close", "close-202", "both",
                "neither"), unserved, versions, retired, limits, letter_case, dates, pin_capacity,
                reuse_ids (a new PIN takes the lowest free id, a deleted one's too),
                pin_list_lag (seconds by which the list of PINs lags behind writes),
                speed (divides movement times), … see settings; all may change at any time.
sim.requests    every API request: method, path, query, headers, json, status, applied, at.
                calls(method, path) filters: * is one segment, ** any rest, without
                /api/{version}. clear() forgets. await wait_for_request(method, path, count=1)
                returns when it has come in; await idle() when nothing is under way.
sim.faults      add(Fault(…), method=…, path=…, times=1 | None, after=0, predicate=…):
                Fault(status=503, headers={"Retry-After": "3"})   an enveloped error, no work done
                Fault(status=502, body="<html>…")                 any body: bytes, str or JSON
                Fault(status=504, worked=True)                    the work was done all the same
                Fault(drop=True) / Fault(drop=True, worked=True)  connection closed; reset= resets
                Fault(keep=20)                                    body cut off
                Fault(delay=2) / Fault(drip=2) / Fault(silent=True)   slow; slow body; no answer
                Fault(stale=True)                                 the last identical one's answer
                Fault(hold=True[, worked=True])                   waits for the test:
                    script = sim.faults.add(Fault(hold=True), method="POST")
                    ...; await script.held(); ...; script.release()
                A held request goes on when its client has given up, as in a real cloud.
sim.clock       SystemClock, or Simulator(clock=ManualClock()) and clock.advance(2.5): bolts,
                limits and PIN expiry follow it, nothing runs in the background. With freezegun the
                system clock stands still too: bolts move with freezer.tick(), and what waits in
                real seconds (delay, drip, settings.pin_seconds) needs freeze_time(…, tick=True).
sim.reset()     back to the beginning.
"""

from .account import EXPIRED_TOKEN, OWNER, READ_ONLY_TOKEN, SCOPES, TOKEN, Account, Key
from .clock import ManualClock, SystemClock
from .envelope import ABSENT
from .faults import Fault, Script
from .lock import SimLock, Timing
from .recorder import Recorded
from .server import Simulator
from .settings import Settings
from .states import Access, Door, Mode, State

UNCALIBRATED = State.UNCALIBRATED
UNLOCKED = State.UNLOCKED
SEMI_LOCKED = State.SEMI_LOCKED
UNLOCKING = State.UNLOCKING
LOCKING = State.LOCKING
LOCKED = State.LOCKED
PULLED = State.PULLED
PULLING = State.PULLING

__all__ = [
    "ABSENT",
    "EXPIRED_TOKEN",
    "LOCKED",
    "LOCKING",
    "OWNER",
    "PULLED",
    "PULLING",
    "READ_ONLY_TOKEN",
    "SCOPES",
    "SEMI_LOCKED",
    "TOKEN",
    "UNCALIBRATED",
    "UNLOCKED",
    "UNLOCKING",
    "Access",
    "Account",
    "Door",
    "Fault",
    "Key",
    "ManualClock",
    "Mode",
    "Recorded",
    "Script",
    "Settings",
    "SimLock",
    "Simulator",
    "State",
    "SystemClock",
    "Timing",
]
