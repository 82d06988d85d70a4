"""A flow that works at the cloud: shows that it does, and its failures in the form."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final, override

import voluptuous as vol
from homeassistant.core import callback
from homeassistant.data_entry_flow import FlowContext, FlowHandler, FlowResult, UnknownFlow
from homeassistant.exceptions import HomeAssistantError

from .errands import IsGone, async_linger, async_see_through
from .errors import async_sentence
from .pin_form import FIELD_OF, Values

PATIENCE: Final = 3.0
"""Seconds until a person is told what takes so long."""

type Work = Callable[[IsGone], Coroutine[Any, Any, str]]
"""Returns the step to go on with."""


class WorkingFlow[ContextT: FlowContext, ResultT: FlowResult[Any, Any]](
    FlowHandler[ContextT, ResultT, str]
):
    """Holds what was typed until the cloud has it, so that a refusal costs nobody their typing.

    `_facts` is what all texts of a flow may tell.
    """

    _facts: dict[str, str]
    _typed: Values

    def __init__(self) -> None:
        """Begin with nothing typed."""
        self._facts = {}
        self._action = ""
        self._task: asyncio.Task[str] | None = None
        self._forget()

    def _forget(self) -> None:
        """Forget what was typed and what was wrong with it."""
        self._take({})

    def _take(self, user_input: Values) -> None:
        """Keep what was typed, of which nothing is known to be wrong yet."""
        self._typed = user_input
        self._errors: dict[str, str] = {}
        self._reason = ""

    async def async_step_work(self, _: Values | None = None) -> ResultT:
        """Show that something is under way, then what it leads to."""
        assert self._task is not None  # noqa: S101  no other step leads here
        if self._task.done():
            return self.async_show_progress_done(next_step_id=self._task.result())
        return self.async_show_progress(
            step_id="work",
            progress_action=self._action,
            description_placeholders=self._facts,
            progress_task=self._task,
        )

    async def _async_work(
        self, action: str, work: Work, *, otherwise: str, error: str = "failed"
    ) -> ResultT:
        """Do a work to its end, and go on with the step it leads to or, where it fails, another.

        What takes long is shown as such: gateways give up on a long request.
        """

        async def errand() -> str:
            try:
                return await async_see_through(self.hass, action, work)
            except HomeAssistantError as err:
                await self._async_blame(err, error)
                return otherwise

        task = self._task = self.hass.async_create_task(errand())
        try:
            await asyncio.wait([task], timeout=PATIENCE)
        except asyncio.CancelledError:
            task.cancel()
            raise
        if task.cancelled():
            raise UnknownFlow
        if task.done():
            step = getattr(self, f"async_step_{task.result()}")
            result: ResultT = await step()
            return result
        self._action = action
        self._task = self.hass.async_create_task(async_linger(task))
        return await self.async_step_work()

    @callback
    @override
    def async_remove(self) -> None:
        """Tell the work under way that nobody waits for it."""
        if self._task:
            self._task.cancel()

    def _show(
        self, step: str, schema: vol.Schema, *, last_step: bool | None = None, **facts: str
    ) -> ResultT:
        """Show a form with what was typed, and what is wrong with that."""
        return self.async_show_form(
            step_id=step,
            data_schema=self.add_suggested_values_to_schema(schema, self._typed),
            errors={
                field if field in schema.schema else "base": error
                for field, error in self._errors.items()
            },
            description_placeholders={**self._facts, "reason": self._reason, **facts},
            last_step=last_step,
        )

    async def _async_blame(self, err: HomeAssistantError, error: str = "failed") -> None:
        """Keep why something failed, for the field it is about."""
        self._errors = {FIELD_OF.get(str(err.translation_key), "base"): error}
        self._reason = await async_sentence(self.hass, err)
