"""Ends what PIN calls of an earlier run have left, before anything else is asked of a lock."""

from .const import LOGGER
from .journal import Entry, Intent, Journal
from .keypad import Keypad


async def async_finish(keypad: Keypad, journal: Journal, serial: str) -> None:
    """Take back PINs whose call never answered, and delete those that were to be deleted.

    Whoever calls holds the keypad's queue. Raises TedeeError where it has to be tried again.
    """
    left = journal.left(serial)
    if not left:
        return
    for entry in left.values():
        await _async_end(keypad, entry)
    await journal.async_end(left)


async def _async_end(keypad: Keypad, entry: Entry) -> None:
    """Delete the PIN that a call cut off has left, unless it may be another one of its name."""
    is_to_go = entry.intent is Intent.DELETE
    named = (await keypad.async_list()).named(entry.alias)
    pin_ids = [pin_id for pin_id in named if (pin_id in entry.ids) is is_to_go]
    if not pin_ids:
        return
    ours = pin_ids if is_to_go else [key for key in pin_ids if await _async_is(keypad, key, entry)]
    if len(ours) != 1:
        LOGGER.warning(
            "%s: a PIN named %s may be what is left of a call that was cut off, and was left alone."
            " Remove it if nobody knows it",
            keypad.lock_name,
            entry.alias,
        )
        return
    await keypad.async_delete(ours[0])
    LOGGER.warning(
        "%s: the PIN named %s was removed, because %s",
        keypad.lock_name,
        entry.alias,
        "a call that was cut off was to remove it"
        if is_to_go
        else "the call that made it was cut off and nobody knows its digits",
    )


async def _async_is(keypad: Keypad, pin_id: int, entry: Entry) -> bool:
    """Tell whether a PIN has the limits with which a call was to make one."""
    limits = (await keypad.async_get(pin_id)).limits
    return entry.limits is not None and entry.limits.opens_like(limits)
