"""Reads what is not known of the PINs of a lock, one request for each."""

from collections.abc import Callable
from http import HTTPStatus

from homeassistant.exceptions import HomeAssistantError

from .api import TedeeAnswerError, TedeeStatusError
from .errands import IsGone
from .targets import Target


async def async_survey(
    target: Target, report: Callable[[float], None], is_gone: IsGone
) -> HomeAssistantError | None:
    """Read the PINs of a list that are new or may have changed, as long as somebody waits for it.

    Returns why some could not be read, but for those that have vanished meanwhile. `report` is told
    how far it has come, from 0 to 1.
    """
    keypad = target.keypad
    unread = keypad.book.unread
    failure = None
    for number, pin_id in enumerate(unread):
        if is_gone():
            break
        report(number / len(unread))
        try:
            # Not all in one: whoever waits for the keypad need not wait for a hundred PINs.
            async with keypad.queue:
                await target.async_get(pin_id)
        except HomeAssistantError as err:
            cause = err.__cause__
            if isinstance(cause, TedeeStatusError) and cause.status == HTTPStatus.NOT_FOUND:
                continue
            failure = err
            if not isinstance(cause, TedeeAnswerError):  # which says nothing of the other PINs
                break
    return failure
