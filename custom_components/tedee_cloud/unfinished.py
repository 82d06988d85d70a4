"""Ends what PIN calls of an earlier run have left, before anything else is asked of a lock."""

from .api import PinList
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
        for pin_id in _to_delete(entry, await keypad.async_list()):
            await keypad.async_delete(pin_id)
    await journal.async_end(left)


def _to_delete(entry: Entry, pins: PinList) -> list[int]:
    """Return the PINs that a call cut off has left and nobody knows of."""
    return [
        pin_id
        for pin_id in pins.named(entry.alias)
        if (pin_id in entry.ids) is (entry.intent is Intent.DELETE)
    ]
