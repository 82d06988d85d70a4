"""Fixtures: a simulated cloud, time that tests turn by hand, and a watch over translations."""

import asyncio
from collections.abc import AsyncGenerator, Container, Generator, Iterable, Iterator
from string import Formatter
from typing import Any
from unittest.mock import PropertyMock, patch

import pytest
from homeassistant.components.repairs import RepairsFlow
from homeassistant.config_entries import OptionsFlow
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
def pins_unwatched() -> Generator[None]:
    """Disable what shows PINs, as a person may have done: nobody asks for them by the way."""
    path = f"custom_components.{DOMAIN}.entity.PinEntity.entity_registry_enabled_default"
    with patch(path, new_callable=PropertyMock, return_value=False):
        yield


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


def place_of(hass: HomeAssistant, flow: Any) -> str | None:
    """Return where the texts of a flow stand, None for a flow of another integration."""
    if isinstance(flow, OptionsFlow):
        entry = hass.config_entries.async_get_entry(flow.handler)
        return "options" if entry is not None and entry.domain == DOMAIN else None
    if flow.handler != DOMAIN:
        return None
    if isinstance(flow, RepairsFlow):
        return f"issues.{flow.issue_id.rpartition('_')[0]}.fix_flow"
    return "config"


def texts_of(result: Any) -> Iterator[str]:
    """Walk the texts that the result of a step needs."""
    step = f"step.{result.get('step_id')}"
    match result["type"]:
        case FlowResultType.FORM:
            yield from (f"{step}.title", f"{step}.description")
            fields = result["data_schema"].schema if result["data_schema"] else {}
            yield from (f"{step}.data.{field}" for field in fields if field != "advanced")
            yield from (f"error.{error}" for error in (result["errors"] or {}).values())
        case FlowResultType.MENU:
            yield from (f"{step}.title", f"{step}.description")
            yield from (f"{step}.menu_options.{option}" for option in result["menu_options"])
        case FlowResultType.SHOW_PROGRESS:
            yield f"progress.{result['progress_action']}"
        case FlowResultType.ABORT:
            yield f"abort.{result['reason']}"


async def missing_texts(
    hass: HomeAssistant, place: str, keys: Iterable[str], facts: Container[str]
) -> set[str]:
    """Return which texts are not there, or name a fact that they are not given."""
    texts = await async_get_translations(hass, "en", place.partition(".")[0], {DOMAIN})
    found = {key: texts.get(f"component.{DOMAIN}.{place}.{key}") for key in keys}
    missing = {
        f"{place}.{key}"
        for key, text in found.items()
        if text is None and not key.endswith(".description")
    }
    for key, text in found.items():
        named = {name for _, name, _, _ in Formatter().parse(text or "") if name}
        missing.update(f"{{{name}}} of {place}.{key}" for name in named if name not in facts)
    return missing


@pytest.fixture(autouse=True)
def translations_complete(request: pytest.FixtureRequest) -> Generator[None]:
    """Fail a test that met a form, an error, an abort or an exception without its text."""
    if "hass" not in request.fixturenames:
        yield
        return
    missing: set[str] = set()

    async def handle_step(self: FlowManager, flow: Any, *args: Any, **kwargs: Any) -> Any:
        result = await real_step(self, flow, *args, **kwargs)
        if (place := place_of(self.hass, flow)) is not None:
            facts = result.get("description_placeholders") or {}
            missing.update(await missing_texts(self.hass, place, texts_of(result), facts))
        return result

    async def async_call(self: ServiceRegistry, *args: Any, **kwargs: Any) -> Any:
        try:
            return await real_call(self, *args, **kwargs)
        except HomeAssistantError as err:
            if err.translation_domain == DOMAIN:
                key = f"{err.translation_key}.message"
                facts = err.translation_placeholders or {}
                missing.update(await missing_texts(self._hass, "exceptions", [key], facts))
            raise

    real_step = FlowManager._async_handle_step
    real_call = ServiceRegistry.async_call
    with (
        patch.object(FlowManager, "_async_handle_step", handle_step),
        patch.object(ServiceRegistry, "async_call", async_call),
    ):
        yield
    assert not missing, f"texts missing: {sorted(missing)}"
