"""The fix flow of a lock without room for another PIN: shows which can go, removes those chosen."""

import asyncio
from collections.abc import Coroutine, Iterable, Mapping
from contextlib import suppress
from datetime import datetime, tzinfo
from typing import Any, Final

import voluptuous as vol
from homeassistant.components.lock import DOMAIN as LOCK_DOMAIN
from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
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
from .errands import async_linger
from .errors import async_sentence, refused
from .pin_list_full import DATA_ENTRY_ID, DATA_LOCK, DATA_SERIAL
from .pin_survey import async_survey
from .pin_use import Candidate, Standing, candidates
from .targets import Target, async_target

CONF_PINS: Final = "pins"
PATIENCE: Final = 5.0
"""Seconds until a person is told what takes so long: a lock needs some for each of its PINs."""


async def async_create_fix_flow(
    hass: HomeAssistant,  # noqa: ARG001  the platform's signature
    issue_id: str,  # noqa: ARG001  the platform's signature
    data: Mapping[str, Any],
) -> RepairsFlow:
    """Return the flow that fixes an issue."""
    return FullListFlow(data)


class FullListFlow(RepairsFlow):
    """Makes room for another PIN in a lock."""

    _work: asyncio.Task[RepairsFlowResult]

    def __init__(self, issue: Mapping[str, Any]) -> None:
        """Take what the issue tells of the lock."""
        self._issue = issue
        self._activities: list[Activity] = []
        self._shown: dict[str, Candidate] = {}
        self._options: list[SelectOptionDict] = []
        self._chosen: list[str] = []
        self._doing = ""

    async def async_step_init(
        self,
        user_input: dict[str, Any] | None = None,  # noqa: ARG002  the platform's signature
    ) -> RepairsFlowResult:
        """Read which PINs there are."""
        return await self._async_do("reading", self._async_read())

    async def async_step_pins(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Show what has come of the work before, or remove what was chosen."""
        if user_input is None:
            return self._work.result()
        self._chosen = user_input.get(CONF_PINS, [])
        if not self._chosen:
            return self._form({CONF_PINS: "none_chosen"})
        return await self._async_do("removing", self._async_remove_to_the_end())

    async def async_step_busy(
        self,
        user_input: dict[str, Any] | None = None,  # noqa: ARG002  the platform's signature
    ) -> RepairsFlowResult:
        """Show that work goes on."""
        if self._work.done():
            return self.async_show_progress_done(next_step_id="pins")
        return self.async_show_progress(
            step_id="busy",
            progress_action=self._doing,
            description_placeholders=self._placeholders,
            progress_task=self._work,
        )

    async def _async_do(
        self, doing: str, work: Coroutine[Any, Any, RepairsFlowResult]
    ) -> RepairsFlowResult:
        """Show what comes of a work, or that it goes on: gateways give up on a long request."""
        self._doing = doing
        self._work = self.hass.async_create_background_task(work, f"{DOMAIN} {doing}")
        await asyncio.wait([self._work], timeout=PATIENCE)
        if self._work.done():
            return self._work.result()
        self._work = self.hass.async_create_background_task(
            async_linger(self._work), f"{DOMAIN} {doing} shown"
        )
        return await self.async_step_busy()

    async def _async_read(self) -> RepairsFlowResult:
        """Read the PINs and what is known of their use, and ask which can go."""
        try:
            target = await self._async_target()
            async with target.keypad.queue:
                await target.async_list()
        except HomeAssistantError as err:
            return self.async_abort(
                reason="not_read", description_placeholders=await self._async_facts(err)
            )
        if not target.keypad.book.is_full:
            return self.async_abort(reason="has_room", description_placeholders=self._placeholders)
        # The key need not have the scope for this.
        with suppress(TedeeError):
            self._activities = await target.coordinator.client.get_activities(target.lock.lock_id)
        failure = await async_survey(target, self.async_update_progress)
        await self._async_look(target)
        self._chosen = [key for key, one in self._shown.items() if one.standing is Standing.EXPIRED]
        if failure is None:
            return self._form()
        return self._form({"base": "not_all_read"}, await self._async_facts(failure))

    async def _async_remove_to_the_end(self) -> RepairsFlowResult:
        """Remove the chosen PINs even where the person does not wait for it."""
        removal = self.hass.async_create_background_task(self._async_remove(), f"{DOMAIN} removal")
        return await asyncio.shield(removal)

    async def _async_remove(self) -> RepairsFlowResult:
        """Remove the chosen PINs, as far as it goes; those that are left stay chosen."""
        target = None
        try:
            target = await self._async_target()
            async with target.keypad.queue:
                await target.async_list()
            for done, key in enumerate(self._chosen):
                self.async_update_progress(done / len(self._chosen))
                await _async_remove_pin(target, self._shown[key])
        except HomeAssistantError as err:
            if target is not None:
                await self._async_look(target)
            return self._form({"base": "not_removed"}, await self._async_facts(err))
        return self.async_create_entry(data={})

    async def _async_target(self) -> Target:
        """Return the lock, which may have left since the issue was raised."""
        entry_id, serial = self._issue[DATA_ENTRY_ID], self._issue[DATA_SERIAL]
        entity_id = er.async_get(self.hass).async_get_entity_id(LOCK_DOMAIN, DOMAIN, serial)
        return await async_target(self.hass, entry_id, serial, entity_id or self._issue[DATA_LOCK])

    async def _async_look(self, target: Target) -> None:
        """Let the form show what is known of the PINs."""
        book = target.keypad.book
        found = candidates(book, self._activities, dt_util.utcnow())
        self._shown = {str(one.pin_id): one for one in found}
        self._options = await _async_options(self.hass, found, target.zone)

    def _form(
        self, errors: dict[str, str] | None = None, facts: Mapping[str, str] | None = None
    ) -> RepairsFlowResult:
        """Show the PINs, with those chosen before that are still there."""
        pins = SelectSelector(
            SelectSelectorConfig(options=self._options, multiple=True, mode=SelectSelectorMode.LIST)
        )
        chosen = [key for key in self._chosen if key in self._shown]
        return self.async_show_form(
            step_id="pins",
            data_schema=self.add_suggested_values_to_schema(
                vol.Schema({vol.Optional(CONF_PINS): pins}), {CONF_PINS: chosen}
            ),
            errors=errors,
            description_placeholders=facts or self._placeholders,
        )

    async def _async_facts(self, err: HomeAssistantError) -> dict[str, str]:
        """Return what a text may tell of a failure."""
        return {**self._placeholders, "reason": await async_sentence(self.hass, err)}

    @property
    def _placeholders(self) -> dict[str, str]:
        """What every text may tell."""
        return {"lock": self._issue[DATA_LOCK]}


async def _async_remove_pin(target: Target, shown: Candidate) -> None:
    """Remove a PIN, unless it is not what the person has seen and chosen."""
    keypad = target.keypad
    async with keypad.queue:
        if shown.pin_id not in (keypad.book.names or {}):
            return
        if shown.limits and shown.pin_id in keypad.book.stale:
            await target.async_get(shown.pin_id)
        if not shown.is_still(keypad.book):
            raise refused("pin_changed", lock=target.lock.name, alias=shown.alias)
        await target.async_delete(shown.pin_id)


async def _async_options(
    hass: HomeAssistant, found: Iterable[Candidate], zone: tzinfo
) -> list[SelectOptionDict]:
    """Return the PINs as a form offers them, with what is known of each."""
    texts = await async_get_translations(hass, hass.config.language, "selector", {DOMAIN})
    aliases = [one.alias for one in found]
    return [
        SelectOptionDict(
            value=str(one.pin_id),
            label=texts[f"component.{DOMAIN}.selector.pin_standing.options.{one.standing}"].format(
                pin=one.alias if aliases.count(one.alias) == 1 else f"{one.alias} ({one.pin_id})",
                date=_day(one.date, zone),
            ),
        )
        for one in found
    ]


def _day(moment: datetime | None, zone: tzinfo) -> str:
    """Return the date of a moment at the lock, or in UTC at the ends of the calendar."""
    if moment is None:
        return ""
    with suppress(OverflowError):
        moment = moment.astimezone(zone)
    return moment.date().isoformat()
