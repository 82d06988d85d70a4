"""Fixtures: a simulated cloud, time that tests turn by hand, and a watch over translations."""

import asyncio
from collections.abc import AsyncGenerator, Generator
from typing import Any
from unittest.mock import PropertyMock, patch

import pytest
from homeassistant.components.repairs import RepairsFlow
from homeassistant.core import HomeAssistant, ServiceRegistry
from homeassistant.data_entry_flow import FlowManager, FlowResultType
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.translation import async_get_translations

# Two plugins bring fixtures of these names; which one wins would depend on the machine.
from pytest_homeassistant_custom_component.plugins import (  # noqa: F401
    aiohttp_client,
    aiohttp_client_cls,
    snapshot,
)

import custom_components  # noqa: F401  ours comes first: the test harness has a package of this name

from .common import DOMAIN
from .simulator import ManualClock, Simulator


@pytest.fixture(autouse=True)
def custom_integration(request: pytest.FixtureRequest) -> None:
    """Let Home Assistant load the integration; a recorder has to be there before."""
    if "recorder_mock" in request.fixturenames:
        request.getfixturevalue("recorder_mock")
    if "hass" in request.fixturenames:
        request.getfixturevalue("enable_custom_integrations")


@pytest.fixture
def clock() -> ManualClock:
    """Return the clock of the simulated cloud, which tests and our own pauses turn."""
    return ManualClock()


@pytest.fixture
async def sim(socket_enabled: None, clock: ManualClock) -> AsyncGenerator[Simulator]:  # noqa: ARG001
    """Run a simulated cloud without locks."""
    async with Simulator(clock=clock) as simulator:
        yield simulator


@pytest.fixture
def without_keypads(sim: Simulator) -> None:
    """Let locks come without a keypad: nobody asks for PINs while a test counts polls."""
    sim.account.keypads = False


@pytest.fixture
def all_enabled() -> Generator[None]:
    """Enable every entity, as a person may have done."""
    path = "homeassistant.helpers.entity.Entity.entity_registry_enabled_default"
    with patch(path, new_callable=PropertyMock, return_value=True):
        yield


@pytest.fixture
def pauses(clock: ManualClock) -> Generator[list[float]]:
    """Let our own pauses pass on the simulator's clock at once, and return them."""
    made: list[float] = []

    async def pause(seconds: float) -> None:
        made.append(seconds)
        clock.advance(seconds)
        await asyncio.sleep(0)

    with (
        patch(f"custom_components.{DOMAIN}.commands.sleep", pause),
        patch(f"custom_components.{DOMAIN}.attempts.sleep", pause),
        patch(f"custom_components.{DOMAIN}.keypad.sleep", pause),
    ):
        yield made


def place_of(flow: Any) -> str:
    """Return where the texts of a flow stand."""
    if isinstance(flow, RepairsFlow):
        return f"issues.{flow.issue_id.rpartition('_')[0]}.fix_flow"
    return "config"


def words_of(result: Any) -> list[str]:
    """Return the keys of the texts that a step of a flow needs."""
    match result["type"]:
        case FlowResultType.FORM:
            fields = result["data_schema"].schema if result["data_schema"] else {}
            return [
                *(f"step.{result['step_id']}.data.{name}" for name in fields if name != "advanced"),
                *(f"error.{error}" for error in (result["errors"] or {}).values()),
            ]
        case FlowResultType.ABORT:
            return [f"abort.{result['reason']}"]
        case FlowResultType.SHOW_PROGRESS:
            return [f"progress.{result['progress_action']}"]
        case _:
            return []


@pytest.fixture(autouse=True)
def translations_complete(request: pytest.FixtureRequest) -> Generator[None]:
    """Fail a test that met a form, an error, an abort or an exception without its text."""
    if "hass" not in request.fixturenames:
        yield
        return
    missing: set[str] = set()

    async def require(hass: HomeAssistant, place: str, *keys: str) -> None:
        texts = await async_get_translations(hass, "en", place.partition(".")[0], {DOMAIN})
        wanted = {f"component.{DOMAIN}.{place}.{key}" for key in keys}
        missing.update(wanted - texts.keys())

    async def handle_step(self: FlowManager, flow: Any, *args: Any, **kwargs: Any) -> Any:
        result = await real_step(self, flow, *args, **kwargs)
        if flow.handler == DOMAIN:
            await require(self.hass, place_of(flow), *words_of(result))
        return result

    async def async_call(self: ServiceRegistry, *args: Any, **kwargs: Any) -> Any:
        try:
            return await real_call(self, *args, **kwargs)
        except HomeAssistantError as err:
            if err.translation_domain == DOMAIN:
                await require(self._hass, "exceptions", f"{err.translation_key}.message")
            raise

    real_step = FlowManager._async_handle_step
    real_call = ServiceRegistry.async_call
    with (
        patch.object(FlowManager, "_async_handle_step", handle_step),
        patch.object(ServiceRegistry, "async_call", async_call),
    ):
        yield
    assert not missing, f"texts missing: {sorted(missing)}"
