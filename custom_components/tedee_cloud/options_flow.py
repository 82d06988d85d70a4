"""Options flow ("Configure"): the PINs of the account's locks without YAML, and its settings."""

from typing import Final, override

import voluptuous as vol
from homeassistant.config_entries import (
    ConfigEntryState,
    ConfigFlowContext,
    ConfigFlowResult,
    OptionsFlow,
)
from homeassistant.data_entry_flow import AbortFlow
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.selector import BooleanSelector

from .api import DEFAULT_LENGTH
from .const import CONF_FOLLOW_CLOCK_CHANGES
from .errands import IsGone
from .errors import async_combined, async_sentence, refused
from .guests import ATTR_LOCKS
from .pin_actions import ATTR_PIN_ID, new_wish
from .pin_fields import ATTR_ALIAS, ATTR_LENGTH, ATTR_PIN, changed_pin, check_schedule
from .pin_form import (
    EDIT_SCHEMA,
    Values,
    changed_fields,
    choice,
    new_fields,
    new_schema,
    shown_values,
)
from .pin_seen import SeenPin, async_remove_all, seen_pins
from .pin_store import Stored, async_store
from .pin_survey import async_survey
from .pin_words import async_words, labels, lock_labels, plain
from .targets import Target, async_target
from .working_flow import WorkingFlow

ATTR_LOCK: Final = "lock"
ATTR_PIN_IDS: Final = "pin_ids"
SETTINGS: Final = vol.Schema(
    {vol.Required(CONF_FOLLOW_CLOCK_CHANGES, default=True): BooleanSelector()}
)


class TedeeOptionsFlow(WorkingFlow[ConfigFlowContext, ConfigFlowResult], OptionsFlow):
    """Shows, adds, changes and removes PINs of one lock after the other."""

    def __init__(self) -> None:
        """Begin with no lock chosen and nothing typed."""
        self._names: dict[str, str] = {}
        self._serial = ""
        self._unread = ""
        super().__init__()

    @override
    def _forget(self) -> None:
        super()._forget()
        self._seen: dict[str, SeenPin] = {}
        self._pin_id = ""
        self._shown: Values = {}
        self._stored: Stored | None = None

    # --- menus and settings ---------------------------------------------------------------------

    async def async_step_init(self, _: Values | None = None) -> ConfigFlowResult:
        """Ask what is to be managed."""
        return self.async_show_menu(step_id="init", menu_options=["locks", "settings"])

    async def async_step_settings(self, user_input: Values | None = None) -> ConfigFlowResult:
        """Change the account's settings."""
        options = self.config_entry.options
        if user_input is not None:
            return self.async_create_entry(data={**options, **user_input})
        self._typed = {**options}
        return self._show("settings", SETTINGS)

    async def async_step_done(self, _: Values | None = None) -> ConfigFlowResult:
        """End with the settings as they were."""
        return self.async_create_entry(data={**self.config_entry.options})

    async def async_step_locks(self, _: Values | None = None) -> ConfigFlowResult:
        """Let a lock be chosen where there is a choice."""
        self._forget()
        locks = self._locks()
        if len(locks) > 1:
            return await self.async_step_lock()
        [self._serial] = locks
        return await self._async_show_pins()

    async def async_step_lock(self, user_input: Values | None = None) -> ConfigFlowResult:
        """Choose a lock, or try once more to read its PINs."""
        if user_input is not None:
            self._take(user_input)
            self._serial = user_input[ATTR_LOCK]
            return await self._async_show_pins()
        schema = vol.Schema({vol.Required(ATTR_LOCK): choice(self._locks())})
        return self._show("lock", schema, last_step=False)

    async def async_step_pins(self, _: Values | None = None) -> ConfigFlowResult:
        """Show the PINs of the lock, and ask what is to be done with them."""
        self._forget()
        try:
            target = await self._async_target()
        except HomeAssistantError as err:
            raise AbortFlow(str(err.translation_key)) from err
        book = target.keypad.book
        if book.names is None:
            return await self._async_show_pins()
        pins = (await async_words(self.hass)).pins(book, target.zone)
        unread = plain(self._unread) if book.unread else ""
        some, many = bool(book.names), len(self._locks()) > 1
        return self.async_show_menu(
            step_id="pins",
            menu_options=["add", *["change", "remove"] * some, *["locks"] * many, "done"],
            description_placeholders={
                "lock": plain(target.lock.name),
                "zone": str(target.zone),
                "pins": "\n\n".join(filter(None, (pins, unread))),
            },
        )

    # --- a new PIN ------------------------------------------------------------------------------

    async def async_step_add(self, _: Values | None = None) -> ConfigFlowResult:
        """Begin a new PIN, for the lock that was chosen."""
        self._typed = {ATTR_LENGTH: DEFAULT_LENGTH, ATTR_LOCKS: [self._serial]}
        return await self.async_step_new()

    async def async_step_again(self, _: Values | None = None) -> ConfigFlowResult:
        """Begin the same PIN, with the same digits, for the locks that have refused it."""
        if self._stored:
            places = self._stored.places.items()
            self._typed[ATTR_PIN] = self._stored.digits
            self._typed[ATTR_LOCKS] = [serial for serial, held in places if held.error]
        return await self.async_step_new()

    async def async_step_new(self, user_input: Values | None = None) -> ConfigFlowResult:
        """Ask for everything a PIN can have, and store it."""
        if user_input is not None:
            self._take(user_input)
            return await self._async_work("storing", self._async_store, otherwise="new")
        return self._show("new", new_schema(self._locks()))

    async def async_step_stored(self, _: Values | None = None) -> ConfigFlowResult:
        """Show digits that were drawn, and which locks have refused a PIN, if there is either."""
        stored = self._stored
        refusals = stored is not None and any(held.error for held in stored.places.values())
        if stored is None or not (refusals or stored.were_drawn):
            return await self.async_step_pins()
        drawn = {"pin": stored.digits or ""} if stored.were_drawn else {}
        return self.async_show_menu(
            step_id="stored" if drawn else "refused",
            menu_options=[*["again"] * refusals, "pins"],
            description_placeholders={
                "alias": plain(self._typed[ATTR_ALIAS]),
                "locks": await self._async_places(stored),
                **drawn,
            },
        )

    async_step_refused = async_step_stored

    # --- a PIN that is there --------------------------------------------------------------------

    async def async_step_change(self, user_input: Values | None = None) -> ConfigFlowResult:
        """Choose the PIN to change."""
        if user_input is not None:
            self._take(user_input)
            self._pin_id = user_input[ATTR_PIN_ID]
            return await self._async_work("reading", self._async_read, otherwise="change")
        if not (offered := await self._async_offered()):
            return await self.async_step_pins()
        schema = vol.Schema({vol.Required(ATTR_PIN_ID): choice(offered)})
        return self._show("change", schema, last_step=False)

    async def async_step_edit(self, user_input: Values | None = None) -> ConfigFlowResult:
        """Show everything a PIN has but its digits, and change what a person changes."""
        if user_input is not None:
            self._take(user_input)
            return await self._async_work("storing", self._async_change, otherwise="edit")
        return self._show("edit", EDIT_SCHEMA)

    async def async_step_remove(self, user_input: Values | None = None) -> ConfigFlowResult:
        """Choose the PINs to remove."""
        if user_input is not None:
            self._take(user_input)
            if user_input.get(ATTR_PIN_IDS):
                return await self.async_step_confirm()
            await self._async_blame(refused("no_pin_chosen"))
        if not (offered := await self._async_offered()):
            return await self.async_step_pins()
        # Of what is required, the browser ticks the first one unasked.
        schema = vol.Schema({vol.Optional(ATTR_PIN_IDS): choice(offered, multiple=True)})
        return self._show("remove", schema, last_step=False)

    async def async_step_confirm(self, user_input: Values | None = None) -> ConfigFlowResult:
        """Remove PINs after one more look at their names."""
        if user_input is not None:
            return await self._async_work("removing", self._async_remove, otherwise="remove")
        names = self._labels()
        pins = "\n".join(f"- {plain(names[pin_id])}" for pin_id in self._typed[ATTR_PIN_IDS])
        lock = plain(self._names[self._serial])
        return self._show("confirm", vol.Schema({}), pins=pins, lock=lock)

    # --- work at the cloud ----------------------------------------------------------------------

    async def _async_show_pins(self) -> ConfigFlowResult:
        """Read the PINs of the lock, as far as they are not known, and show them."""
        return await self._async_work("reading", self._async_read_all, otherwise="lock")

    async def _async_read_all(self, is_gone: IsGone) -> str:
        """Read the PINs of the lock, as far as they are not known."""
        target = await self._async_target()
        async with target.keypad.queue:
            await target.async_list()
        failure = await async_survey(target, self.async_update_progress, is_gone)
        self._unread = await async_sentence(self.hass, failure) if failure else ""
        return "pins"

    async def _async_read(self, _: IsGone) -> str:
        """Let the form show what the PIN that was chosen is."""
        target = await self._async_target()
        self._before = await self._seen[self._pin_id].async_limits(target)
        self._shown = self._typed = shown_values(self._before, target.zone)
        return "edit"

    async def _async_change(self, _: IsGone) -> str:
        """Change what a person has changed of a PIN."""
        if changes := changed_fields(self._shown, self._typed):
            target = await self._async_target()
            changed_pin(self._before, changes, target.zone)
            await self._seen[self._pin_id].async_change(target, changes)
        return "pins"

    async def _async_remove(self, _: IsGone) -> str:
        """Remove the PINs that were chosen."""
        chosen = [self._seen[pin_id] for pin_id in self._typed[ATTR_PIN_IDS]]
        await async_remove_all(await self._async_target(), chosen, self.async_update_progress)
        return "pins"

    async def _async_store(self, is_gone: IsGone) -> str:
        """Store a new PIN on the locks that were chosen."""
        fields = new_fields(self._typed)
        serials = self._typed.get(ATTR_LOCKS, [self._serial])
        if not serials:
            raise refused("no_lock_chosen")
        targets = {serial: await self._async_target(serial) for serial in serials}
        for target in targets.values():
            check_schedule(fields, target.zone)
        stored = await async_store(targets, new_wish(fields), is_gone)
        if not any(held.is_possible for held in stored.places.values()):
            failures = {
                targets[serial].lock.name: held.error
                for serial, held in stored.places.items()
                if held.error
            }
            raise await async_combined(self.hass, failures)
        self._stored = stored
        return "stored"

    # --- what the steps are made of -----------------------------------------------------------

    def _locks(self) -> dict[str, str]:
        """Return the locks of the account; none leaves while the flow lasts.

        So a form can be shown again with what was typed, whatever has become of the account.
        """
        entry = self.config_entry
        is_loaded = entry.state is ConfigEntryState.LOADED
        if is_loaded:
            self._names |= lock_labels(entry.runtime_data.data.values())
        if not self._names:
            raise AbortFlow("no_locks" if is_loaded else "account_not_loaded")
        return self._names

    async def _async_offered(self) -> dict[str, str]:
        """Return the PINs of the lock by what they are called, none where they have to be read.

        While nobody can tell, they are those of before. What is no longer what it was when it was
        chosen is not chosen any more.
        """
        try:
            book = (await self._async_target()).keypad.book
        except HomeAssistantError as err:
            if not self._seen:
                raise AbortFlow(str(err.translation_key)) from err
        else:
            if book.names is not None:
                if chosen := self._typed.get(ATTR_PIN_IDS):
                    self._typed[ATTR_PIN_IDS] = [
                        pin_id for pin_id in chosen if self._seen[pin_id].is_still(book)
                    ]
                self._seen = seen_pins(book)
        return self._labels()

    def _labels(self) -> dict[str, str]:
        """Return what the PINs that were seen are called."""
        return labels({pin.pin_id: pin.alias for pin in self._seen.values()})

    async def _async_target(self, serial: str | None = None) -> Target:
        """Return a lock as it can be reached now."""
        serial = serial or self._serial
        return await async_target(
            self.hass, self.config_entry.entry_id, serial, self._names[serial]
        )

    async def _async_places(self, stored: Stored) -> str:
        """Return what has become of a new PIN, one lock in a line."""
        words = await async_words(self.hass)
        locks = self._locks()
        lines = []
        for serial, held in stored.places.items():
            said = await async_sentence(self.hass, held.error) if held.error else words["stored"]
            digits = held.pin.pin if held.pin else stored.digits
            other = f"**{digits}**. " if digits != stored.digits else ""
            lines.append(f"- **{plain(locks.get(serial, serial))}**: {other}{plain(said)}")
        return "\n".join(lines)
