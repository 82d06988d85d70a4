"""The fix flow of a lock without room for another PIN: shows which can go, removes those chosen."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, tzinfo
from typing import Any, Final

import voluptuous as vol
from homeassistant.components.lock import DOMAIN as LOCK_DOMAIN
from homeassistant.components.repairs import (
    RepairsFlow,
    RepairsFlowContext,
    RepairsFlowResult,
)
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.selector import (
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)
from homeassistant.helpers.translation import async_get_translations
from homeassistant.util import dt as dt_util

from .api import Activity, TedeeError
from .const import DOMAIN
from .errands import IsGone
from .errors import refused
from .pin_form import Values
from .pin_list_full import DATA_ENTRY_ID, DATA_LOCK, DATA_SERIAL
from .pin_seen import SeenPin, async_remove_all
from .pin_survey import async_survey
from .pin_use import Candidate, Standing, candidates
from .targets import Target, async_target
from .working_flow import WorkingFlow

CONF_PINS: Final = "pins"


async def async_create_fix_flow(
    hass: HomeAssistant,  # noqa: ARG001  the platform's signature
    issue_id: str,  # noqa: ARG001  the platform's signature
    data: Mapping[str, Any],
) -> RepairsFlow:
    """Return the flow that fixes an issue."""
    return FullListFlow(data)


class FullListFlow(WorkingFlow[RepairsFlowContext, RepairsFlowResult], RepairsFlow):
    """Makes room for another PIN in a lock."""

    def __init__(self, issue: Mapping[str, Any]) -> None:
        """Take what the issue tells of the lock."""
        super().__init__()
        self._issue = issue
        self._facts = {"lock": issue[DATA_LOCK]}
        self._activities: list[Activity] = []
        self._offered: dict[str, Candidate] = {}
        self._options: list[SelectOptionDict] = []

    async def async_step_init(self, _: Values | None = None) -> RepairsFlowResult:
        """Read which PINs there are, and what is known of their use."""
        return await self._async_work("reading", self._async_read, otherwise="not_read")

    async def async_step_not_read(self, _: Values | None = None) -> RepairsFlowResult:
        """End without the PINs."""
        facts = {**self._facts, "reason": self._reason}
        return self.async_abort(reason="not_read", description_placeholders=facts)

    async def async_step_has_room(self, _: Values | None = None) -> RepairsFlowResult:
        """End where somebody else has made room."""
        return self.async_abort(reason="has_room", description_placeholders=self._facts)

    async def async_step_pins(self, user_input: Values | None = None) -> RepairsFlowResult:
        """Ask which PINs can go, and remove those chosen."""
        if user_input is not None:
            self._take(user_input)
            if user_input.get(CONF_PINS):
                return await self._async_work(
                    "removing", self._async_remove, otherwise="pins", error="not_removed"
                )
            await self._async_blame(refused("no_pin_chosen"))
        pins = SelectSelector(
            SelectSelectorConfig(options=self._options, multiple=True, mode=SelectSelectorMode.LIST)
        )
        return self._show("pins", vol.Schema({vol.Optional(CONF_PINS): pins}))

    async def async_step_done(self, _: Values | None = None) -> RepairsFlowResult:
        """End with room for another PIN."""
        return self.async_create_entry(data={})

    async def _async_read(self, is_gone: IsGone) -> str:
        """Read the PINs and what is known of their use; those whose time is over can go."""
        target = await self._async_target()
        async with target.keypad.queue:
            await target.async_list()
        if not target.keypad.book.is_full:
            return "has_room"
        # The key need not have the scope for this.
        with suppress(TedeeError):
            self._activities = await target.coordinator.client.get_activities(target.lock.lock_id)
        failure = await async_survey(target, self.async_update_progress, is_gone)
        await self._async_look(target)
        self._typed[CONF_PINS] = [
            key for key, one in self._offered.items() if one.standing is Standing.EXPIRED
        ]
        if failure is not None:
            await self._async_blame(failure, "not_all_read")
        return "pins"

    async def _async_remove(self, _: IsGone) -> str:
        """Remove the chosen PINs, as far as it goes; those that are left stay chosen."""
        target = await self._async_target()
        chosen = {key: self._offered[key].pin for key in self._typed[CONF_PINS]}
        try:
            await async_remove_all(target, list(chosen.values()), self.async_update_progress)
        except HomeAssistantError:
            book = target.keypad.book
            self._typed[CONF_PINS] = [key for key, pin in chosen.items() if pin.is_still(book)]
            await self._async_look(target)
            raise
        return "done"

    async def _async_target(self) -> Target:
        """Return the lock, which may have left since the issue was raised."""
        entry_id, serial = self._issue[DATA_ENTRY_ID], self._issue[DATA_SERIAL]
        entity_id = er.async_get(self.hass).async_get_entity_id(LOCK_DOMAIN, DOMAIN, serial)
        return await async_target(self.hass, entry_id, serial, entity_id or self._issue[DATA_LOCK])

    async def _async_look(self, target: Target) -> None:
        """Let the form show what is known of the PINs; nothing is after a reload."""
        if target.keypad.book.names is None:
            return
        found = candidates(target.keypad.book, self._activities, dt_util.utcnow())
        self._offered = {str(one.pin.pin_id): one for one in found}
        self._options = await _async_options(self.hass, found, target.zone)


async def _async_options(
    hass: HomeAssistant, found: Iterable[Candidate], zone: tzinfo
) -> list[SelectOptionDict]:
    """Return the PINs as a form offers them, with what is known of each."""
    texts = await async_get_translations(hass, hass.config.language, "selector", {DOMAIN})
    aliases = [one.pin.alias for one in found]
    return [
        SelectOptionDict(
            value=str(one.pin.pin_id),
            label=texts[f"component.{DOMAIN}.selector.pin_standing.options.{one.standing}"].format(
                pin=_called(one.pin, aliases),
                date=_day(one.date, zone),
            ),
        )
        for one in found
    ]


def _called(pin: SeenPin, aliases: Sequence[str]) -> str:
    """Return a PIN's name, with its id where others share it."""
    return pin.alias if aliases.count(pin.alias) == 1 else f"{pin.alias} ({pin.pin_id})"


def _day(moment: datetime | None, zone: tzinfo) -> str:
    """Return the date of a moment at the lock, or in UTC at the ends of the calendar."""
    if moment is None:
        return ""
    with suppress(OverflowError):
        moment = moment.astimezone(zone)
    return moment.date().isoformat()
