"""What is left of PINs in a Home Assistant that records, traces and logs all it can.

Digits that a person hands to an action are in that call, and Home Assistant keeps calls. Digits
that are drawn are in the response alone.
"""

import logging
from contextlib import closing, suppress
from pathlib import Path
from sqlite3 import connect
from typing import Any

import pytest
from aiohttp.test_utils import TestClient
from homeassistant.components.recorder import Recorder
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE, EVENT_HOMEASSISTANT_STOP
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from .common import DOMAIN, act, add_account
from .simulator import Fault, SimLock, Simulator

DATABASE = "home-assistant_v2.db"
DOOR = "lock.front_door"
SOON = "2127-01-01"
LATER = "2127-01-03"
GIVEN = ("918273", "827364", "736455")
AUTOMATION = {
    "id": "draw",
    "alias": "Draw",
    "triggers": [{"trigger": "event", "event_type": "booked"}],
    "actions": [
        {
            "action": f"{DOMAIN}.add_guest",
            "target": {"entity_id": DOOR},
            "data": {"alias": "Guest", "arrival": SOON, "departure": LATER},
            "response_variable": "guest",
        }
    ],
}


class House:
    """A Home Assistant with everything on that remembers, and what it remembers."""

    def __init__(
        self,
        hass: HomeAssistant,
        storage: dict[str, Any],
        folder: Path,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        """Take the places to look at."""
        self.hass = hass
        self.database = folder / DATABASE
        self._storage = storage
        self._folder = folder
        self._caplog = caplog

    async def stop_writing(self) -> None:
        """Let everything be written that Home Assistant keeps, as it does when it stops."""
        await async_wait_recording_done(self.hass)
        self.hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)
        self.hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)
        await self.hass.async_block_till_done(wait_background_tasks=True)

    def places_of(self, secret: str) -> set[str]:
        """Return where a secret can be read: files, stored data, states, loggers."""
        found = {
            file.name for file in self._folder.iterdir() if secret.encode() in file.read_bytes()
        }
        found |= {key for key, data in self._storage.items() if secret in repr(data)}
        found |= {
            state.entity_id
            for state in self.hass.states.async_all()
            if secret in repr(state.as_dict())
        }
        return found | {
            record.name for record in self._caplog.records if secret in record.getMessage()
        }


@pytest.fixture
def recorder_db_url(tmp_path: Path) -> str:
    """Let the recorder write to a file, as it does at people's homes."""
    return f"sqlite:///{tmp_path}/{DATABASE}"


@pytest.fixture
def lock(sim: Simulator) -> SimLock:
    """Put up a lock."""
    return sim.account.add_lock("Front door")


@pytest.fixture
async def house(
    recorder_mock: Recorder,  # noqa: ARG001
    hass: HomeAssistant,
    sim: Simulator,
    lock: SimLock,  # noqa: ARG001
    pauses: list[float],  # noqa: ARG001
    hass_storage: dict[str, Any],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> House:
    """Live in a house in which everything is recorded, traced and logged."""
    caplog.set_level(logging.DEBUG)
    hass.config.components.add("frontend")  # which the logbook asks for, and which is not installed
    for component in ("logbook", "system_log", "api", "diagnostics", "persistent_notification"):
        assert await async_setup_component(hass, component, {})
    assert await async_setup_component(hass, "automation", {"automation": AUTOMATION})
    await add_account(hass, sim)
    return House(hass, hass_storage, tmp_path, caplog)


def digits_of(lock: SimLock) -> dict[str, str]:
    """Return the digits that a lock holds, by name."""
    return {pin["alias"]: pin["pin"] for pin in lock.pins.entries.values()}


LOGGERS = {
    "homeassistant.components.recorder.core",
    "homeassistant.core",
    "sqlalchemy.engine.Engine",
}
"""Which Home Assistant tells every call to at DEBUG, with its data."""
TROUBLES = (
    Fault(status=400),
    Fault(status=403),
    Fault(status=406),
    Fault(status=408),
    Fault(status=412),
    Fault(status=500, worked=True),
    Fault(status=502, body="<html><body>Bad Gateway</body></html>"),
    Fault(status=200, body={"success": True, "result": {"id": "five"}}),
    Fault(drop=True, worked=True),
    Fault(reset=True),
    Fault(keep=20),
    Fault(status=429),  # after which nothing is sent for a while
)


def sent(sim: Simulator) -> set[str]:
    """Return all digits that ever went to the cloud."""
    return {call.json["pin"] for call in sim.requests if call.json and "pin" in call.json}


async def draw(hass: HomeAssistant, **data: Any) -> None:
    """Let a guest in with drawn digits, whatever the cloud says of it."""
    stay = {"arrival": SOON, "departure": LATER, **data}
    with suppress(HomeAssistantError):
        await act(hass, f"{DOMAIN}.add_guest", stay, respond=True, entity_id=DOOR)


async def test_drawn_digits_are_in_the_response_alone(
    hass: HomeAssistant, sim: Simulator, house: House, hass_client: ClientSessionGenerator
) -> None:
    """Whoever calls, and whatever goes wrong, nothing else ever holds them."""
    client = await hass_client()
    call = {"entity_id": DOOR, "alias": "Of the API"}
    answer = await client.post(f"/api/services/{DOMAIN}/create_pin?return_response", json=call)
    [told] = (await answer.json())["service_response"].values()
    assert {told["pin"]} == sent(sim)
    await draw(hass, alias="Ann")
    await draw(hass, alias="Ann", departure="2127-01-05")
    for number, trouble in enumerate(TROUBLES):
        for method in ("POST", "PUT"):
            script = sim.faults.add(trouble, method=method, path="/my/lock/*/pin**", times=None)
            await draw(hass, alias=f"Guest {number}")
            await draw(hass, alias="Ann", early_minutes=number)
            sim.faults.remove(script)
    assert len(digits := sent(sim)) > len(TROUBLES)

    await house.stop_writing()
    assert {place for secret in digits for place in house.places_of(secret)} == set()
    assert house.places_of("Of the API") >= {DATABASE}  # it would have been found


async def test_of_given_digits_home_assistant_keeps_the_call(
    hass: HomeAssistant, sim: Simulator, lock: SimLock, house: House
) -> None:
    """In its database and its log at DEBUG, as the README says; we keep nothing."""
    for action, data in (
        ("create_pin", {"alias": "Cleaner", "pin": GIVEN[0]}),
        ("update_pin", {"current_alias": "Cleaner", "pin": GIVEN[1]}),
        ("add_guest", {"alias": "A", "pin": GIVEN[2], "arrival": SOON, "departure": LATER}),
    ):
        await act(hass, f"{DOMAIN}.{action}", data, entity_id=DOOR)
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


class Browser:
    """Somebody who works through the menu that Configure opens."""

    def __init__(self, hass: HomeAssistant, client: TestClient[Any, Any]) -> None:
        """Take the way in."""
        self._hass = hass
        self._client = client
        self._address = "/api/config/config_entries/options/flow"
        self.shown: dict[str, Any] = {}

    async def open(self) -> None:
        """Open the menu and look at the PINs of the one lock there is."""
        [entry] = self._hass.config_entries.async_entries(DOMAIN)
        answer = await self._client.post(self._address, json={"handler": entry.entry_id})
        self._address += f"/{(await answer.json())['flow_id']}"
        await self.choose("locks")

    async def choose(self, step: str) -> None:
        """Choose from a menu."""
        await self.send(next_step_id=step)

    async def send(self, **fields: Any) -> None:
        """Send what was chosen or typed, and wait for what comes of it."""
        answer = await self._client.post(self._address, json=fields)
        self.shown = await answer.json()
        while self.shown["type"] == "progress":
            await self._hass.async_block_till_done()
            self.shown = await (await self._client.get(self._address)).json()

    async def close(self) -> None:
        """Close the window."""
        await self._client.delete(self._address)


async def test_forms_leave_nothing(
    hass: HomeAssistant,
    sim: Simulator,
    lock: SimLock,
    house: House,
    hass_client: ClientSessionGenerator,
) -> None:
    """Digits that are typed or drawn in the menu of an account are nowhere else, as they are."""
    assert await async_setup_component(hass, "config", {})
    lock.pins.add("Cleaner", GIVEN[0])
    browser = Browser(hass, await hass_client())
    await browser.open()
    await browser.choose("add")
    await browser.send(alias="Ann", length=6)
    drawn = {"Ann": browser.shown["description_placeholders"]["pin"]}
    await browser.choose("pins")
    await browser.choose("change")
    await browser.send(pin_id="1")
    sim.faults.add(Fault(status=403), method="PUT")
    await browser.send(alias="Cleaner", pin=GIVEN[2])
    assert browser.shown["errors"] == {"base": "failed"}
    await browser.send(alias="Cleaner", pin=GIVEN[2])
    await browser.choose("add")
    await browser.send(alias="Bob", pin="11111", length=6)
    assert browser.shown["errors"] == {"pin": "failed"}
    for trouble in TROUBLES:
        script = sim.faults.add(trouble, method="POST", path="/my/lock/*/pin", times=None)
        await browser.send(alias="Bob", pin=GIVEN[1], length=6)
        sim.faults.remove(script)
        if browser.shown["step_id"] != "new":
            await browser.choose("again" if "again" in browser.shown["menu_options"] else "add")
    await browser.close()
    assert digits_of(lock) == {**drawn, "Cleaner": GIVEN[2], "Bob": GIVEN[1]}
    assert sent(sim) == {*GIVEN[1:], *drawn.values()}

    await house.stop_writing()
    for secret in (*sent(sim), GIVEN[0], "11111"):
        assert house.places_of(secret) == set()


async def test_a_trace_keeps_the_response(hass: HomeAssistant, lock: SimLock, house: House) -> None:
    """Home Assistant saves it when it stops, as the README says."""
    hass.bus.async_fire("booked")
    await hass.async_block_till_done(wait_background_tasks=True)
    digits = digits_of(lock)["Guest"]
    await house.stop_writing()
    assert house.places_of(digits) == {"trace.saved_traces"}


async def test_the_key_is_in_the_config_entry_alone(
    hass: HomeAssistant, sim: Simulator, house: House
) -> None:
    """Where Home Assistant keeps the secrets of all integrations."""
    await draw(hass, alias="Ann")
    await act(hass, "lock.lock", entity_id=DOOR)
    sim.faults.add(Fault(status=401), times=None)
    await draw(hass, alias="Bob")
    await hass.async_block_till_done(wait_background_tasks=True)
    await house.stop_writing()
    assert house.places_of(sim.token) <= {"core.config_entries"}
