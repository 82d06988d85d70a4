"""A simulated day with a person living in it: what it costs, hour by hour, as seen on the wire."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component

from .common import act, new_entry, state_of
from .house import HouseClock, busiest, gaps, live, settle
from .simulator import LOCKED, UNLOCKED, Recorded, Simulator

FRONT = "lock.front_door"
BACK = "lock.back_door"
CELLAR = "lock.cellar"

MINUTE = 60.0
HOUR = 3600.0
DAY = 24 * HOUR

AUTOMATIONS = {
    "automation": [
        {
            "alias": "Lock the house at night",
            "triggers": [{"trigger": "time", "at": "22:30:00"}],
            "actions": [
                {"action": "lock.lock", "target": {"entity_id": [FRONT, BACK, CELLAR]}},
            ],
        },
        {
            "alias": "Lock the back door behind whoever leaves it open",
            "triggers": [
                {
                    "trigger": "state",
                    "entity_id": BACK,
                    "to": "unlocked",
                    "for": {"minutes": 10},
                }
            ],
            "actions": [{"action": "lock.lock", "target": {"entity_id": BACK}}],
        },
    ]
}


type Doing = tuple[str, str, str, Any]

PLAN: list[Doing] = [
    # Gets up, lets the cat out by the back door, fetches the paper.
    ("06:41:12", "turn", "Back door", "unlocked"),
    ("06:42:03", "turn", "Back door", "locked"),
    ("06:55:40", "turn", "Front door", "unlocked"),
    ("06:57:05", "turn", "Front door", "locked"),
    # Leaves for work, comes back for the keys, locks from the stairs.
    ("07:48:30", "turn", "Front door", "unlocked"),
    ("07:49:10", "turn", "Front door", "locked"),
    ("07:51:00", "turn", "Front door", "unlocked"),
    ("07:53:21", "command", "lock.lock", FRONT),
    # The cleaner comes and goes.
    ("10:02:44", "command", "lock.unlock", FRONT),
    ("10:04:00", "turn", "Front door", "locked"),
    ("11:58:00", "turn", "Front door", "unlocked"),
    ("12:01:30", "command", "lock.lock", FRONT),
    # A host manages the PINs of guests in the afternoon.
    ("14:00:05", "pin", "tedee_cloud.get_pins", {}),
    ("14:00:40", "pin", "tedee_cloud.create_pin", {"alias": "Guest 1", "pin": "482913"}),
    ("14:01:10", "pin", "tedee_cloud.create_pin", {"alias": "Guest 2", "pin": "604217"}),
    ("14:02:00", "pin", "tedee_cloud.create_pin", {"alias": "Guest 3", "pin": "918273"}),
    ("14:02:30", "pin", "tedee_cloud.get_pins", {}),
    ("14:03:00", "pin", "tedee_cloud.update_pin", {"current_alias": "Guest 1", "alias": "Guest A"}),
    ("14:04:00", "pin", "tedee_cloud.update_pin", {"current_alias": "Guest 2", "pin": "735194"}),
    ("14:05:00", "pin", "tedee_cloud.get_pin", {"alias": "Guest 3"}),
    ("14:06:00", "pin", "tedee_cloud.delete_pin", {"alias": "Guest 3"}),
    ("14:06:30", "pin", "tedee_cloud.get_pins", {}),
    # Comes home, in and out with the shopping, fetches wine from the cellar.
    ("17:31:02", "command", "lock.unlock", FRONT),
    ("17:31:50", "command", "lock.lock", FRONT),
    ("17:33:15", "command", "lock.open", FRONT),
    ("17:35:00", "turn", "Front door", "locked"),
    ("17:36:20", "command", "lock.unlock", FRONT),
    ("17:38:20", "turn", "Front door", "locked"),
    ("17:40:00", "command", "lock.unlock", CELLAR),
    ("17:44:30", "command", "lock.lock", CELLAR),
    ("17:50:00", "turn", "Back door", "unlocked"),
    ("17:52:00", "turn", "Back door", "locked"),
    ("17:58:00", "command", "lock.unlock", BACK),
    # Friends come for dinner; the back door stands open to the garden.
    ("19:02:10", "command", "lock.open", FRONT),
    ("19:03:30", "turn", "Front door", "locked"),
    ("19:10:20", "command", "lock.open", FRONT),
    ("19:11:40", "turn", "Front door", "locked"),
    ("19:20:00", "turn", "Back door", "unlocked"),
    ("21:45:00", "command", "lock.unlock", FRONT),
    ("22:10:00", "turn", "Front door", "locked"),
    ("22:20:00", "turn", "Cellar", "unlocked"),
    # Everything is locked at half past ten; a last look into the garden.
    ("23:04:00", "turn", "Back door", "unlocked"),
    ("23:05:30", "turn", "Back door", "locked"),
]
"""A day from midnight to midnight: a turn by hand, a command, or the PINs of the front door."""


@pytest.fixture(autouse=True)
def clock(freezer: FrozenDateTimeFactory) -> HouseClock:
    """Freeze the time of the house and of the cloud before anything else starts."""
    return HouseClock(freezer)


@dataclass
class Life:
    """A house with three locks, its account, and who lives in it."""

    hass: HomeAssistant
    sim: Simulator
    clock: HouseClock
    begin: float
    told: list[tuple[str, Recorded]] = field(default_factory=list)
    """Each command a person gave, with the request that was the next on the wire."""

    @property
    def passed(self) -> float:
        """The seconds since the beginning."""
        return self.clock.monotonic() - self.begin

    async def until(self, moment: float) -> None:
        """Let time pass."""
        assert moment >= self.passed
        await live(self.hass, self.clock, moment - self.passed)

    async def command(self, action: str, entity_id: str) -> None:
        """Give a command and wait for its end, as somebody at the phone does."""
        before = len(self.sim.requests)
        acting = asyncio.create_task(act(self.hass, action, entity_id=entity_id))
        await settle(self.hass)
        self.told.append((action, self.sim.requests[before]))
        while not acting.done():
            await live(self.hass, self.clock, 0.5)
        await acting

    async def do(self, kind: str, which: str, what: Any) -> None:
        """Do one thing of the plan."""
        match kind:
            case "turn":
                self.sim.account.lock(which).turn(what)
            case "command":
                await self.command(which, what)
            case "pin":
                respond = "get" in which or "create" in which
                await act(self.hass, which, what, respond=respond, entity_id=FRONT)
                await settle(self.hass)

    async def move_out(self) -> None:
        """Leave no automation behind."""
        automations = self.hass.states.async_entity_ids("automation")
        await act(self.hass, "automation.turn_off", entity_id=automations)

    def moments(self) -> list[float]:
        """Return when the requests came, in seconds since the beginning."""
        return [call.at - self.begin for call in self.sim.requests]

    def by_hour(self) -> list[int]:
        """Return the requests of each hour."""
        counted = Counter(int(moment // HOUR) for moment in self.moments())
        return [counted[hour] for hour in range(24)]


async def move_in(hass: HomeAssistant, sim: Simulator, clock: HouseClock) -> Life:
    """Add the account of a house with three locks; the cloud refuses what exceeds its limits."""
    await hass.config.async_set_time_zone("UTC")
    await async_setup_component(hass, "homeassistant", {})
    sim.settings.limits = True
    sim.account.add_lock("Front door", state=LOCKED)
    sim.account.add_lock("Back door", state=LOCKED)
    sim.account.add_lock("Cellar", state=LOCKED)
    life = Life(hass, sim, clock, clock.monotonic())
    entry = new_entry(sim, generation="operation")
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    await settle(hass)
    assert await async_setup_component(hass, "automation", AUTOMATIONS)
    await settle(hass)
    return life


@pytest.mark.timeout(180)
async def test_a_day_in_a_house_with_three_locks(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock, record_property: Callable[..., None]
) -> None:
    """Within the vendor's limits at every moment, and no command waits for a poll."""
    life = await move_in(hass, sim, clock)
    for clock_time, kind, which, what in PLAN:
        hours, minutes, seconds = (int(part) for part in clock_time.split(":"))
        await life.until(hours * HOUR + minutes * MINUTE + seconds)
        await life.do(kind, which, what)
    await life.until(DAY)
    await life.move_out()

    table = life.by_hour()
    record_property("requests per hour of the day", table)
    record_property("busiest 60 minutes", busiest(life.moments(), HOUR))

    # The vendor's limits, wherever a window begins.
    assert {call.status for call in sim.requests} <= {200, 201, 202, 204, 304}
    assert busiest(life.moments(), HOUR) <= 700
    lists = [call.at for call in sim.calls("GET", "/my/lock")]
    assert busiest(lists, 600) <= 10
    assert len(lists) <= 25
    assert min(gaps(sim)) >= 20
    assert max(gaps(sim)) <= 61

    # PINs are asked for hourly, and nearly always in vain.
    for lock_id in (41002, 41003):
        statuses = Counter(call.status for call in sim.calls("GET", f"/my/lock/{lock_id}/pin"))
        assert statuses == {200: 1, 304: 23}

    # Every command left at once.
    assert len(life.told) == 13
    for action, request in life.told:
        sent = f"{request.method} {request.resource.rpartition('/')[2]}"
        assert sent == {"lock.lock": "POST lock", "lock.unlock": "POST unlock"}.get(
            action, "GET sync"
        )
        assert request.resource != "/my/lock/sync"
    posts = sim.calls("POST", "/my/lock/*/operation/*")
    locked_by_automations = [call for call in posts if call not in [told for _, told in life.told]]
    assert len(locked_by_automations) >= 4

    # What is shown in the end is where the bolts are.
    assert [state_of(hass, door) for door in (FRONT, BACK, CELLAR)] == ["locked"] * 3
    assert {lock.state for lock in sim.account.locks} == {LOCKED}
    assert [pin["alias"] for pin in sim.account.lock("Front door").pins.entries.values()] == [
        "Guest A",
        "Guest 2",
    ]

    # The table of the README: at rest, and in use.
    assert {63 <= requests <= 65 for requests in table[1:6]} == {True}
    assert 150 <= max(table) <= 175
    assert 175 <= busiest(life.moments(), HOUR) <= 205


@pytest.mark.timeout(120)
async def test_the_worst_hour(
    hass: HomeAssistant, sim: Simulator, clock: HouseClock, record_property: Callable[..., None]
) -> None:
    """Two hours in which bolts never rest: a command every 30 s and a hand in between.

    Polls give way; every command still leaves at once and the vendor never has to refuse.
    """
    life = await move_in(hass, sim, clock)
    cellar = sim.account.lock("Cellar")
    for number in range(240):
        await life.until(number * 30 + 20)
        cellar.turn("unlocked" if number % 2 else "locked")
        await life.command("lock.unlock" if number % 2 else "lock.lock", FRONT)
    await life.until(2 * HOUR)
    await life.move_out()

    worst = busiest(life.moments(), HOUR)
    record_property("busiest 60 minutes", worst)
    assert {call.status for call in sim.requests} <= {200, 201, 202, 204}
    assert 600 <= worst <= 660
    assert min(gaps(sim)) >= 20
    assert {request.method for _, request in life.told} == {"POST"}
    assert len(life.told) == 240
    assert sim.account.lock("Front door").state == UNLOCKED
    assert state_of(hass, FRONT) == "unlocked"
