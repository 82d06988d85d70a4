"""Reads what is not known of the PINs of a lock, one request for each."""

from collections.abc import Callable
from http import HTTPStatus

from homeassistant.exceptions import HomeAssistantError

from .api import TedeeAnswerError, TedeeStatusError
from .targets import Target


async def async_survey(
    target: Target, report: Callable[[float], None]
) -> HomeAssistantError | None:
    """List the PINs of a lock and read those that are new or may have changed.

    Returns why some of them could not be read. `report` is told how far it has come, from 0 to 1.
    """
    keypad = target.keypad
    async with keypad.queue:
        pins = (await target.async_list()).pins
    unknown = [pin.pin_id for pin in pins if not keypad.book.is_known(pin.pin_id)]
    failure = None
    for number, pin_id in enumerate(unknown, 1):
        try:
            # Not all in one: whoever waits for the keypad need not wait for a hundred PINs.
            async with keypad.queue:
                await target.async_get(pin_id)
        except HomeAssistantError as err:
            failure = err
            if not _is_of_one_pin(err):
                break
        report(number / len(unknown))
    return failure


def _is_of_one_pin(err: HomeAssistantError) -> bool:
    """Tell whether a failure says nothing of the other PINs."""
    cause = err.__cause__
    return isinstance(cause, TedeeAnswerError) or (
        isinstance(cause, TedeeStatusError) and cause.status == HTTPStatus.NOT_FOUND
    )
