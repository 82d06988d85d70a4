"""What somebody could read whom it does not concern: events, exceptions, answers."""

import logging
import traceback
from collections.abc import Awaitable
from typing import Any

import pytest
from homeassistant.const import EVENT_CALL_SERVICE, MATCH_ALL
from homeassistant.core import Event, HomeAssistant, callback


def everything_of(error: BaseException | None) -> list[str]:
    """Return all that can be read from an exception and from those that it drags along."""
    texts: list[str] = []
    while error is not None:
        texts += [repr(error), str(error), repr(error.args), repr(vars(error))]
        texts += traceback.format_exception(error)
        error = error.__cause__ or error.__context__
    return texts


class Notes:
    """Everything that could be read by somebody whom it does not concern."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Write down every event but the calls of actions, which hold what was called."""
        self.texts: list[str] = []
        self.called = 0

        @callback
        def note(event: Event[Any]) -> None:
            if event.event_type == EVENT_CALL_SERVICE:
                self.called += 1
            else:
                self.texts.append(repr(event) + repr(event.data))

        hass.bus.async_listen(MATCH_ALL, note)

    async def calls(self, work: Awaitable[object]) -> object:
        """Wait for something that may raise, and write down what it raised."""
        try:
            return await work
        except Exception as err:  # noqa: BLE001  whatever it is, it is to be searched
            self.texts += everything_of(err)
            return None


def logged(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    """Return what was logged, but for Home Assistant's own report of an action that was called.

    At DEBUG it writes down every call with its data, of every integration.
    """
    formatter = logging.Formatter()
    records = []
    for record in caplog.records:
        message = record.getMessage()
        if record.name == "homeassistant.core" and (
            message.startswith(
                ("Bus:Handling <Event call_service", "Invalid data for service call")
            )
        ):
            continue
        if record.exc_info and not record.exc_text:
            record.exc_text = formatter.formatException(record.exc_info)
        records.append(record)
    return records
