"""Options flow ("Configure"): the PINs of the account's locks without YAML, and its settings."""

from collections import Counter
from typing import Final, override

import voluptuous as vol
from homeassistant.config_entries import ConfigEntryState, ConfigFlowResult
from homeassistant.data_entry_flow import AbortFlow
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers.selector import BooleanSelector

from .api import DEFAULT_LENGTH, Pin
from .const import CONF_FOLLOW_CLOCK_CHANGES
from .errands import IsGone
from .errors import async_combined, async_sentence, refused
from .guests import ATTR_LOCKS
from .pin_actions import ATTR_PIN_ID, async_update_pin, new_wish
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
from .pin_store import Stored, async_store
from .pin_survey import async_survey
from .pin_words import async_words, labels, plain
from .targets import Target, async_target
from .working_flow import WorkingFlow

ATTR_LOCK: Final = "lock"
ATTR_PIN_IDS: Final = "pin_ids"
SETTINGS: Final = vol.Schema(
    {vol.Required(CONF_FOLLOW_CLOCK_CHANGES, default=True): BooleanSelector()}
)


class TedeeOptionsFlow(WorkingFlow):
    """Shows, adds, changes and removes PINs of one lock after the other."""

    def __init__(self) -> None:
        """Begin with no lock chosen and nothing typed."""
        self._serial = ""
        self._pin_id = 0
        self._unread = ""
        super().__init__()

    @override
    def _forget(self) -> None:
        super()._forget()
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
        return await self._async_read()

    async def async_step_lock(self, user_input: Values | None = None) -> ConfigFlowResult:
        """Choose a lock, or try once more to read its PINs."""
        if user_input is not None:
            self._take(user_input)
            self._serial = user_input[ATTR_LOCK]
            return await self._async_read()
        schema = vol.Schema({vol.Required(ATTR_LOCK): choice(self._locks())})
        return self._show("lock", schema, last_step=False)

    async def async_step_pins(self, _: Values | None = None) -> ConfigFlowResult:
        """Show the PINs of the lock, and ask what is to be done with them."""
        self._forget()
        target = await self._async_target()
        if target.keypad.book.names is None:
            return await self._async_read()
        book = target.keypad.book
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
            try:
                return await self._async_store(user_input)
            except ServiceValidationError as err:
                await self._async_blame(err)
        return self._show("new", new_schema(self._locks()))

    async def async_step_stored(self, _: Values | None = None) -> ConfigFlowResult:
        """Show digits that were drawn, and which locks have refused a PIN, if there is either."""
        stored = self._stored
        refusals = stored is not None and any(held.error for held in stored.places.values())
        if stored is None or not (refusals or stored.were_drawn):
            return await self.async_step_pins()
        return self.async_show_menu(
            step_id="stored" if stored.were_drawn else "refused",
            menu_options=[*["again"] * refusals, "pins"],
            description_placeholders={
                "alias": plain(self._typed[ATTR_ALIAS]),
                "pin": stored.digits or "",
                "locks": await self._async_places(stored),
            },
        )

    async_step_refused = async_step_stored

    # --- a PIN that is there --------------------------------------------------------------------

    async def async_step_change(self, user_input: Values | None = None) -> ConfigFlowResult:
        """Choose the PIN to change."""
        target = await self._async_target()
        if user_input is not None:
            self._take(user_input)
            self._pin_id = int(user_input[ATTR_PIN_ID])
            if self._pin_id not in target.keypad.book.unread:
                return await self.async_step_edit()

            async def read(_: IsGone) -> None:
                async with target.keypad.queue:
                    await target.async_get(self._pin_id)

            return await self._async_work("reading", read, then="edit", otherwise="change")
        schema = vol.Schema({vol.Required(ATTR_PIN_ID): choice(labels(target.keypad.book))})
        return self._show("change", schema, last_step=False)

    async def async_step_edit(self, user_input: Values | None = None) -> ConfigFlowResult:
        """Show everything a PIN has but its digits, and change what a person changes."""
        target = await self._async_target()
        pin = target.keypad.book.limits.get(self._pin_id, Pin(alias="", pin=""))
        if not self._shown:
            self._shown = self._typed = shown_values(pin, target.zone)
        if user_input is not None:
            self._take(user_input)
            try:
                changes = changed_fields(self._shown, user_input)
                changed_pin(pin, changes, target.zone)
            except ServiceValidationError as err:
                await self._async_blame(err)
            else:
                if not changes:
                    return await self.async_step_pins()

                async def change(_: IsGone) -> None:
                    async with target.keypad.queue:
                        await async_update_pin(target, {ATTR_PIN_ID: self._pin_id, **changes})

                return await self._async_work("storing", change, then="pins", otherwise="edit")
        return self._show("edit", EDIT_SCHEMA)

    async def async_step_remove(self, user_input: Values | None = None) -> ConfigFlowResult:
        """Choose the PINs to remove."""
        if user_input is not None:
            self._take(user_input)
            if user_input.get(ATTR_PIN_IDS):
                return await self.async_step_confirm()
            await self._async_blame(refused("no_pin_chosen"))
        names = labels((await self._async_target()).keypad.book)
        # Of what is required, the browser ticks the first one unasked.
        schema = vol.Schema({vol.Optional(ATTR_PIN_IDS): choice(names, multiple=True)})
        return self._show("remove", schema, last_step=False)

    async def async_step_confirm(self, user_input: Values | None = None) -> ConfigFlowResult:
        """Remove PINs after one more look at their names."""
        target = await self._async_target()
        chosen: list[str] = self._typed[ATTR_PIN_IDS]
        if user_input is not None:

            async def remove(_: IsGone) -> None:
                while chosen:
                    async with target.keypad.queue:
                        await target.async_delete(int(chosen[0]))
                    del chosen[0]

            return await self._async_work("removing", remove, then="pins", otherwise="remove")
        names = labels(target.keypad.book)
        pins = "\n".join(f"- {plain(names[pin_id])}" for pin_id in chosen if pin_id in names)
        return self._show("confirm", vol.Schema({}), pins=pins, lock=plain(target.lock.name))

    # --- what the steps are made of -----------------------------------------------------------

    async def _async_read(self) -> ConfigFlowResult:
        """Read the PINs of the lock, as far as they are not known."""
        target = await self._async_target()

        async def read(_: IsGone) -> None:
            async with target.keypad.queue:
                await target.async_list()
            failure = await async_survey(target, self.async_update_progress)
            self._unread = await async_sentence(self.hass, failure) if failure else ""

        return await self._async_work("reading", read, then="pins", otherwise="lock")

    async def _async_store(self, values: Values) -> ConfigFlowResult:
        """Store a new PIN on the locks that were chosen."""
        fields = new_fields(values)
        serials = values.get(ATTR_LOCKS, [self._serial])
        if not serials:
            raise refused("no_lock_chosen")
        targets = {serial: await self._async_target(serial) for serial in serials}
        for target in targets.values():
            check_schedule(fields, target.zone)
        wish = new_wish(fields)

        async def store(is_gone: IsGone) -> None:
            stored = await async_store(targets, wish, is_gone)
            if not any(held.is_possible for held in stored.places.values()):
                failures = {
                    targets[serial].lock.name: held.error
                    for serial, held in stored.places.items()
                    if held.error
                }
                raise await async_combined(self.hass, failures)
            self._stored = stored

        return await self._async_work("storing", store, then="stored", otherwise="new")

    def _locks(self) -> dict[str, str]:
        """Return the locks of the account by serial, each with a name that no other has."""
        if self.config_entry.state is not ConfigEntryState.LOADED:
            raise AbortFlow("account_not_loaded")
        locks = self.config_entry.runtime_data.data.values()
        if not locks:
            raise AbortFlow("no_locks")
        count = Counter(lock.name for lock in locks)
        return {
            lock.serial: lock.name if count[lock.name] == 1 else f"{lock.name} ({lock.serial})"
            for lock in sorted(locks, key=lambda lock: (lock.name.casefold(), lock.serial))
        }

    async def _async_target(self, serial: str | None = None) -> Target:
        """Return a lock as it can be reached now; without it, the flow is at its end."""
        entry = self.config_entry
        try:
            return await async_target(
                self.hass, entry.entry_id, serial or self._serial, entry.title
            )
        except HomeAssistantError as err:
            raise AbortFlow(str(err.translation_key)) from err

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
