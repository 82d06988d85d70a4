"""What is left of PINs and of the key in a Home Assistant that records, traces and logs all it can.

Digits that a person hands to an action are in that call, and Home Assistant keeps calls. Digits
that are drawn are in the response alone, those that are typed in a form nowhere.
"""

import gc
import json
import logging
import re
from collections.abc import AsyncIterator, Callable, Generator, Mapping
from contextlib import closing, suppress
from pathlib import Path
from sqlite3 import connect
from typing import Any, Final
from unittest.mock import patch

import pytest
from aiohttp.test_utils import TestClient
from homeassistant.components.recorder import Recorder
from homeassistant.config_entries import SOURCE_RECONFIGURE, SOURCE_USER, ConfigFlowContext
from homeassistant.const import (
    EVENT_HOMEASSISTANT_FINAL_WRITE,
    EVENT_HOMEASSISTANT_STOP,
    EVENT_LOGGING_CHANGED,
)
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.translation import async_get_translations
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
)
from pytest_homeassistant_custom_component.typing import (
    ClientSessionGenerator,
    WebSocketGenerator,
)

from custom_components.tedee_cloud.services import ACTIONS

from .common import DOMAIN, act, add_account
from .notes import Notes, everything_of
from .simulator import TOKEN, Fault, ManualClock, SimLock, Simulator

DATABASE: Final = "home-assistant_v2.db"
DOOR, GATE = "lock.front_door", "lock.gate"
SOON, LATER, LATEST = "2127-01-01", "2127-01-03", "2127-01-05"
GIVEN: Final = ("91827364", "82736455", "73645546")
HELD: Final = {"Ann": "64557382", "Cal": "55463728", "Dan": "46372819"}
"""What the lock holds from before, by name; a PIN that is removed is put back."""
TYPED: Final = ("37281964", "28196453")
WRONG_TOKEN: Final = "wrong.Qw1/Er2+Ty3UiOpAsDfGhJkLzXcVbNm4567890aBcD"
AUTOMATION: Final = [
    {
        "id": "draw",
        "alias": "Draw",
        "triggers": [{"trigger": "event", "event_type": "booked"}],
        "actions": [
            {
                "action": f"{DOMAIN}.add_guest",
                "target": {"entity_id": DOOR},
                "data": {"alias": "Guest", "arrival": SOON, "departure": LATER, "length": 8},
                "response_variable": "guest",
            }
        ],
    },
    {
        "id": "tidy",
        "alias": "Tidy up",
        "triggers": [{"trigger": "event", "event_type": "gone"}],
        "actions": [
            {
                "action": f"{DOMAIN}.{action}",
                "target": {"entity_id": DOOR},
                "data": data,
                "continue_on_error": True,
                **({"response_variable": "told"} if action.startswith("get") else {}),
            }
            for action, data in (
                ("get_pins", {}),
                ("get_pin", {"alias": "Ann"}),
                ("update_pin", {"current_alias": "Ann", "week_days": ["tue"]}),
                ("delete_pin", {"alias": "Cal"}),
                ("remove_guest", {"alias": "Dan"}),
            )
        ],
    },
]


class House:
    """A Home Assistant with everything on that remembers, and what it remembers."""

    def __init__(self, hass: HomeAssistant, folder: Path, caplog: pytest.LogCaptureFixture) -> None:
        """Take the places to look at."""
        self.hass = hass
        self.database = folder / DATABASE
        self.told: dict[str, str] = {}
        self._folder = folder
        self._caplog = caplog

    async def look_around(self, client: TestClient[Any, Any], websocket: Any) -> None:
        """Ask for everything that a person can see of what was recorded, logged or traced."""
        await async_wait_recording_done(self.hass)
        [entry] = self.hass.config_entries.async_entries(DOMAIN)
        for place, path in (
            ("logbook", "/api/logbook"),
            ("history", f"/api/history/period?filter_entity_id={DOOR}"),
            ("diagnostics", f"/api/diagnostics/config_entry/{entry.entry_id}"),
        ):
            answer = await client.get(path)
            assert answer.status == 200, place
            self.told[place] = await answer.text()

        async def ask(command: str, **data: str) -> Any:
            await websocket.send_json_auto_id({"type": command, **data})
            answer = await websocket.receive_json()
            assert answer["success"], answer
            self.told[command] = self.told.get(command, "") + json.dumps(answer)
            return answer["result"]

        await ask("system_log/list")
        await ask("repairs/list_issues")
        for run in await ask("trace/list", domain="automation"):
            which = {key: run[key] for key in ("domain", "item_id", "run_id")}
            await ask("trace/get", **which)
        for language in ("en", "pl"):
            for category in ("config", "options", "issues", "exceptions", "selector", "entity"):
                texts = await async_get_translations(self.hass, language, category, {DOMAIN})
                self.told[f"{category} in {language}"] = repr(texts)
        entities = er.async_get(self.hass).entities.values()
        self.told["registries"] = repr([*entities, *dr.async_get(self.hass).devices])
        self.told["issues"] = repr(ir.async_get(self.hass).issues)
        self.told["objects"] = repr(
            [entry.runtime_data, entry.runtime_data.client, entry.runtime_data.data, entry]
        )

    async def stop_writing(self) -> None:
        """Let everything be written that Home Assistant keeps, as it does when it stops."""
        await async_wait_recording_done(self.hass)
        for state in self.hass.states.async_all():
            self.told[state.entity_id] = repr(state.as_dict())
        self.hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)
        self.hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)
        await self.hass.async_block_till_done(wait_background_tasks=True)
        formatter = logging.Formatter()
        logged: dict[str, list[str]] = {}
        for record in self._caplog.records:
            logged.setdefault(record.name, []).append(formatter.format(record))
        self.told |= {logger: "\n".join(lines) for logger, lines in logged.items()}
        self.told |= {
            file.name: file.read_bytes().decode(errors="replace")
            for file in self._folder.rglob("*")
            if file.is_file()
        }

    def places_of(self, secret: str) -> set[str]:
        """Return where a secret can be read; a part of a longer number or of a time is none."""
        whole = re.compile(rf"(?<![\d.]){re.escape(secret)}(?!\d)")
        return {place for place, text in self.told.items() if secret in text and whole.search(text)}


@pytest.fixture
def hass_config_dir(tmp_path: Path) -> str:
    """Let Home Assistant live in a folder of its own."""
    return str(tmp_path)


@pytest.fixture
def hass_storage() -> dict[str, Any]:
    """Let Home Assistant write its files, as it does at people's homes."""
    return {}


@pytest.fixture
def recorder_db_url(tmp_path: Path) -> str:
    """Let the recorder write to a file."""
    return f"sqlite:///{tmp_path}/{DATABASE}"


@pytest.fixture
def lock(sim: Simulator) -> SimLock:
    """Put up a lock, and another one."""
    lock = sim.account.add_lock("Front door")
    sim.account.add_lock("Gate")
    return lock


@pytest.fixture
def quick(pauses: list[float], all_enabled: None, clock: ManualClock) -> Generator[None]:  # noqa: ARG001
    """Let pauses pass at once, and hours on the clock that a test turns."""
    with (
        patch(f"custom_components.{DOMAIN}.api.budget.monotonic", clock.monotonic),
        patch(f"custom_components.{DOMAIN}.coordinator.monotonic", clock.monotonic),
    ):
        yield


@pytest.fixture
async def house(
    recorder_mock: Recorder,  # noqa: ARG001
    hass: HomeAssistant,
    sim: Simulator,
    lock: SimLock,  # noqa: ARG001
    quick: None,  # noqa: ARG001
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> House:
    """Live in a house in which everything is recorded, traced and logged."""
    caplog.set_level(logging.WARNING, "sqlalchemy.engine")  # it tells what the database holds
    caplog.set_level(logging.DEBUG)
    hass.bus.async_fire(EVENT_LOGGING_CHANGED)
    hass.loop.set_debug(False)  # asyncio's own, which takes most of the time
    hass.config.components.add("frontend")  # which the logbook asks for, and which is not installed
    for component in (
        "logbook", "history", "system_log", "api", "config", "diagnostics", "repairs",
        "persistent_notification",
    ):  # fmt: skip
        assert await async_setup_component(hass, component, {})
    assert await async_setup_component(hass, "automation", {"automation": AUTOMATION})
    entry = await add_account(hass, sim)
    hass.config_entries.async_update_entry(entry, title="Home")  # so that it is written to disk
    return House(hass, tmp_path, caplog)


def digits_of(lock: SimLock) -> dict[str, str]:
    """Return the digits that a lock holds, by name."""
    return {pin["alias"]: pin["pin"] for pin in lock.pins.entries.values()}


def sent(sim: Simulator) -> set[str]:
    """Return all digits that ever went to the cloud."""
    return {call.json["pin"] for call in sim.requests if call.json and "pin" in call.json}


# --- everything goes wrong ----------------------------------------------------------------------

ECHO: Final = f"{HELD['Ann']} is wrong, says {TOKEN}"
STATUSES: Final = (400, 401, 403, 404, 406, 408, 409, 412, 422, 428, 429, 500, 502, 503, 504)
TROUBLES: Final = (
    Fault(status=502, body=f"<html>{ECHO}</html>"),
    Fault(status=200, body=f"<html>{ECHO}</html>"),
    Fault(status=200, body={"success": False, "errorMessages": [ECHO]}),
    Fault(status=200, body={"success": True, "result": {"id": ECHO, "pins": [HELD], "pin": ECHO}}),
    Fault(status=302, headers={"Location": f"http://127.0.0.1:1/{HELD['Ann']}/{TOKEN}"}),
    Fault(status=200, headers={"X-Long": ECHO * 200}),
    Fault(drop=True, worked=True),
    Fault(keep=20),
    *(Fault(status=status, errors=(ECHO,)) for status in STATUSES),
)
LOGGERS: Final = frozenset({"homeassistant.components.recorder.core", "homeassistant.core"})
"""Which Home Assistant tells every call to at DEBUG, with its data."""
STAY: Final = {"arrival": SOON, "departure": LATER}
CALLS: Final[Mapping[str, tuple[tuple[str, dict[str, Any]], ...]]] = {
    "GET": (
        ("get_pins", {}),
        ("get_pin", {"alias": "Ann"}),
        ("get_pin", {"alias": "Ann", "reveal": True}),
        ("create_pin", {"alias": "Ann", "if_exists": "keep"}),
    ),
    "POST": (
        ("create_pin", {"alias": "Eve", "length": 8}),
        ("create_pin", {"alias": "Fay", "length": 8, "all_or_nothing": True}),
        ("add_guest", {"alias": "Gus", "length": 8, **STAY}),
    ),
    "PUT": (
        ("update_pin", {"current_alias": "Ann", "start_date": SOON}),
        ("create_pin", {"alias": "Ann", "if_exists": "update", "end_date": LATEST}),
        ("add_guest", {"alias": "Dan", **STAY}),
    ),
    "DELETE": (("delete_pin", {"alias": "Cal"}), ("remove_guest", {"alias": "Dan"})),
}
"""All actions, under the method of the requests that they are about."""
TELLING: Final = frozenset({"create_pin", "add_guest"})
"""Their responses hold digits that were drawn, and so does that of get_pin where it is asked to."""


class Browser:
    """Somebody who works through forms, and shows around what is said of a mistake."""

    def __init__(
        self, hass: HomeAssistant, client: TestClient[Any, Any], address: str, notes: Notes
    ) -> None:
        """Take the way in."""
        self._hass = hass
        self._client = client
        self._begin = self._address = address
        self._notes = notes
        self.shown: dict[str, Any] = {}

    async def open(self, **which: str) -> None:
        """Open the first form or menu."""
        self._address = self._begin
        await self.send(**which)

    async def send(self, **fields: Any) -> None:
        """Send what was chosen or typed, and wait for what comes of it."""
        answer = await self._client.post(self._address, json=fields)
        assert answer.status == 200, await answer.text()
        self.shown = await answer.json()
        self._address = f"{self._begin}/{self.shown['flow_id']}"
        while self.shown["type"] == "progress":
            await self._hass.async_block_till_done()
            self.shown = await (await self._client.get(self._address)).json()
        if self.shown.get("step_id") != "stored":  # which shows digits that were drawn
            facts = (self.shown.get("errors"), self.shown.get("description_placeholders"))
            self._notes.texts.append(repr(facts))

    async def close(self) -> None:
        """Close the window."""
        await self._client.delete(self._address)


class Life:
    """What is done in the house while one request after the other meets its trouble."""

    def __init__(
        self,
        hass: HomeAssistant,
        sim: Simulator,
        clock: ManualClock,
        notes: Notes,
        client: TestClient[Any, Any],
    ) -> None:
        """Take the first lock and the forms of the account."""
        self._hass = hass
        self._sim = sim
        self._clock = clock
        self._notes = notes
        self._lock = sim.account.lock("Front door")
        [self._entry] = hass.config_entries.async_entries(DOMAIN)
        flow = "/api/config/config_entries/options/flow"
        self._options = Browser(hass, client, flow, notes)
        self._repair = Browser(hass, client, "/api/repairs/issues/fix", notes)
        always = (self._call, self._configure)
        self._works: Mapping[str, tuple[Callable[[str], AsyncIterator[None]], ...]] = {
            "GET": (*always, self._make_room, self._poll, self._sign_in),
            "POST": (*always, self._move_the_bolt),
            "PUT": always,
            "DELETE": (*always, self._make_room, self._automate),
        }

    async def meet(self, trouble: Fault, method: str) -> None:
        """Do everything that such a request is a part of."""
        script = self._sim.faults.add(trouble, method=method, times=0)
        for work in self._works[method]:
            self._put_back()
            async for _ in work(method):
                script.times = None
            script.times = 0
            self._clock.advance(4000)  # until requests are free again
        assert script.struck, (trouble, method)
        self._sim.faults.remove(script)

    def _put_back(self) -> None:
        """Let the lock hold what it held in the beginning."""
        for pin_id in [*self._lock.pins.entries]:
            self._lock.pins.delete(pin_id)
        for alias, digits in HELD.items():
            self._lock.pins.add(alias, digits)

    async def _call(self, method: str) -> AsyncIterator[None]:
        """Call the actions."""
        yield
        for action, data in CALLS[method]:
            entity_ids = [DOOR, GATE] if "all_or_nothing" in data else DOOR
            call = act(self._hass, f"{DOMAIN}.{action}", data, respond=True, entity_id=entity_ids)
            answer = await self._notes.calls(call)
            if action not in TELLING and "reveal" not in data:
                self._notes.texts.append(repr(answer))

    async def _configure(self, method: str) -> AsyncIterator[None]:
        """Fill in the form that ends with such a request."""
        form = self._options
        ann = str(self._lock.pins.find("Ann"))
        await form.open(handler=self._entry.entry_id)
        await form.send(next_step_id="locks")
        if method == "GET":
            yield
        await form.send(lock=self._lock.serial)
        if method == "POST":
            await form.send(next_step_id="add")
            yield
            await form.send(alias="Eve", pin=TYPED[0], length=8, locks=[self._lock.serial])
        elif method == "PUT":
            await form.send(next_step_id="change")
            await form.send(pin_id=ann)
            yield
            await form.send(alias="Ann", pin=TYPED[1])
        elif method == "DELETE":
            await form.send(next_step_id="remove")
            await form.send(pin_ids=[ann])
            yield
            await form.send()
        await form.close()

    async def _make_room(self, method: str) -> AsyncIterator[None]:
        """Make room in a list that is full."""
        self._sim.settings.pin_capacity = len(HELD)
        await self._notes.calls(draw(self._hass, "Eve"))
        self._sim.settings.pin_capacity = 100
        if method == "GET":
            yield
        await self._repair.open(handler=DOMAIN, issue_id=f"pin_list_full_{self._lock.serial}")
        if self._repair.shown["type"] == "form":
            yield
            await self._repair.send(pins=[str(self._lock.pins.find("Cal"))])
        await self._repair.close()

    async def _poll(self, _: str) -> AsyncIterator[None]:
        """Ask how the locks are."""
        yield
        await self._entry.runtime_data.async_refresh()
        self._notes.texts += everything_of(self._entry.runtime_data.last_exception)

    async def _move_the_bolt(self, _: str) -> AsyncIterator[None]:
        """Command the lock."""
        yield
        await self._notes.calls(act(self._hass, "lock.unlock", entity_id=DOOR))
        await self._notes.calls(act(self._hass, "lock.lock", entity_id=DOOR))

    async def _automate(self, _: str) -> AsyncIterator[None]:
        """Let an automation tidy up, which leaves traces."""
        yield
        self._hass.bus.async_fire("gone")
        await self._hass.async_block_till_done()

    async def _sign_in(self, _: str) -> AsyncIterator[None]:
        """Give a key that is wrong, for a new account and for the one there is."""
        yield
        flows = self._hass.config_entries.flow
        for context in (
            ConfigFlowContext(source=SOURCE_USER),
            ConfigFlowContext(source=SOURCE_RECONFIGURE, entry_id=self._entry.entry_id),
        ):
            shown = await flows.async_init(DOMAIN, context=context)
            address = {"url": self._sim.url, "api_version": "v37"}
            answers = {"token": WRONG_TOKEN, "advanced": address}
            shown = await flows.async_configure(shown["flow_id"], answers)
            self._notes.texts.append(repr((shown["errors"], shown["description_placeholders"])))
            flows.async_abort(shown["flow_id"])


async def draw(hass: HomeAssistant, alias: str, **data: Any) -> None:
    """Store a PIN with digits that are drawn."""
    fields = {"alias": alias, "length": 8, **data}
    await act(hass, f"{DOMAIN}.create_pin", fields, respond=True, entity_id=DOOR)


@pytest.mark.timeout(240)
async def test_nothing_tells_digits_or_the_key(
    hass: HomeAssistant,
    sim: Simulator,
    clock: ManualClock,
    lock: SimLock,
    house: House,
    hass_client: ClientSessionGenerator,
    hass_ws_client: WebSocketGenerator,
) -> None:
    """Every action and form, with everything that can go wrong; digits that are drawn or typed."""
    notes = Notes(hass)
    client = await hass_client()
    life = Life(hass, sim, clock, notes, client)
    for trouble in TROUBLES:
        for method in CALLS:
            await life.meet(trouble, method)
    call = {"entity_id": DOOR, "alias": "Of the API", "length": 8}
    answer = await client.post(f"/api/services/{DOMAIN}/create_pin?return_response", json=call)
    [told] = (await answer.json())["service_response"].values()
    assert told["pin"] == digits_of(lock)["Of the API"]
    notes.texts.append(repr(hass.config_entries.flow.async_progress()))

    websocket = await hass_ws_client()
    await house.look_around(client, websocket)
    await websocket.close()
    await house.stop_writing()
    house.told["events and exceptions"] = "\n".join(notes.texts)
    secrets = sent(sim) | {*HELD.values()}
    assert {place for secret in secrets for place in house.places_of(secret)} == set()
    assert house.places_of(WRONG_TOKEN) == set()
    assert house.places_of(sim.token) == {"core.config_entries"}

    # The net was out: all was done, what was looked for did go by, and it would have been found.
    assert {action for calls in CALLS.values() for action, _ in calls} == {
        action.name for action in ACTIONS
    }
    assert {*TYPED, told["pin"]} < secrets
    assert len(secrets) > len(TROUBLES)
    assert sim.token == TOKEN
    assert house.places_of("Of the API") >= {DATABASE, "homeassistant.core"}
    for place, text in (
        ("logbook", "Front door"),
        ("history", DOOR),
        ("diagnostics", '"keypad": true'),
        ("system_log/list", DOMAIN),
        ("trace/get", "Front door"),
        ("core.entity_registry", DOOR),
        ("trace.saved_traces", "Tidy up"),
        (f"custom_components.{DOMAIN}", "Finished fetching"),
        ("events and exceptions", "TedeeStatusError"),
    ):
        assert text in house.told[place], place


async def test_of_given_digits_home_assistant_keeps_the_call(
    hass: HomeAssistant, sim: Simulator, lock: SimLock, house: House
) -> None:
    """In its database and its log at DEBUG, as the README says; we keep nothing."""
    for action, data in (
        ("create_pin", {"alias": "Cleaner", "pin": GIVEN[0]}),
        ("update_pin", {"current_alias": "Cleaner", "pin": GIVEN[1]}),
        ("add_guest", {"alias": "A", "pin": GIVEN[2], **STAY}),
    ):
        await act(hass, f"{DOMAIN}.{action}", data, entity_id=DOOR)
        for trouble in TROUBLES[:4]:
            script = sim.faults.add(trouble, times=None, path="/my/lock/*/pin**")
            with suppress(HomeAssistantError):
                await act(hass, f"{DOMAIN}.{action}", data, entity_id=DOOR)
            sim.faults.remove(script)
    assert sent(sim) == set(GIVEN)

    await house.stop_writing()
    for secret in GIVEN:
        places = house.places_of(secret)
        assert DATABASE in places
        assert {place for place in places if not place.startswith(DATABASE)} <= LOGGERS
    assert set(digits_of(lock).values()) == {GIVEN[1], GIVEN[2]}
    with closing(connect(house.database)) as database:
        rows = database.execute(
            "SELECT DISTINCT event_types.event_type, shared_data FROM events "
            "JOIN event_data USING (data_id) JOIN event_types USING (event_type_id)"
        )
        types = {kind for kind, data in rows for secret in GIVEN if secret in data}
    assert types == {"call_service"}


async def test_a_trace_keeps_the_response(hass: HomeAssistant, lock: SimLock, house: House) -> None:
    """Home Assistant saves it when it stops, as the README says."""
    hass.bus.async_fire("booked")
    await hass.async_block_till_done(wait_background_tasks=True)
    digits = digits_of(lock)["Guest"]
    await house.stop_writing()
    assert house.places_of(digits) == {"trace.saved_traces"}


def held_in_memory(secrets: set[str]) -> list[str]:
    """Return what holds one of the texts, which are given backwards so as not to find these."""
    gc.collect()
    return [
        f"{type(holder)} of {[type(other) for other in gc.get_referrers(holder)][:5]}"
        for holder in gc.get_objects()
        for held in gc.get_referents(holder)
        if type(held) is str and held[::-1] in secrets
    ]


@pytest.mark.usefixtures("quick")
async def test_no_digits_stay_in_memory(
    hass: HomeAssistant, sim: Simulator, lock: SimLock, hass_client: ClientSessionGenerator
) -> None:
    """Once a call has ended, nothing holds the digits that it was about."""
    assert await async_setup_component(hass, "config", {})
    entry = await add_account(hass, sim)
    lock.pins.add("Ann", HELD["Ann"])
    form = Browser(
        hass, await hass_client(), "/api/config/config_entries/options/flow", Notes(hass)
    )

    async def call(action: str, **data: Any) -> None:
        with suppress(HomeAssistantError):
            await act(hass, f"{DOMAIN}.{action}", data, respond=True, entity_id=DOOR)

    for trouble in (None, Fault(status=406), Fault(drop=True, worked=True), Fault(status=400)):
        if trouble:
            sim.faults.add(trouble, method="POST")
            sim.faults.add(trouble, method="PUT")
        await call("get_pin", alias="Ann", reveal=True)
        await call("create_pin", alias="Eve", length=8)
        await call("create_pin", alias="Eve", if_exists="update", week_days=["mon"])
        await call("update_pin", current_alias="Ann", start_date=SOON)
        await call("add_guest", alias="Gus", length=8, **STAY)
        await call("remove_guest", alias="Gus")
        await call("delete_pin", alias="Eve")
    await form.open(handler=entry.entry_id)
    await form.send(next_step_id="locks")
    await form.send(lock=lock.serial)
    await form.send(next_step_id="add")
    await form.send(alias="Fay", length=8, locks=[lock.serial])
    assert form.shown["step_id"] == "stored"
    drawn = form.shown["description_placeholders"]["pin"][::-1]
    assert held_in_memory({drawn}) != []  # the form shows them
    await form.send(next_step_id="pins")

    backwards = {digits[::-1] for digits in sent(sim)}
    assert drawn in backwards
    assert len(backwards) > 4
    lock.pins.entries.clear()
    sim.reset()
    assert held_in_memory(backwards) == []
