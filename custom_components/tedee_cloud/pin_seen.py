"""PINs as somebody has seen them: they are changed or removed only while they are still those.

The cloud may give the id of a PIN that was deleted elsewhere to another one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from homeassistant.exceptions import ServiceValidationError

from .api import Pin
from .errors import refused
from .pin_book import PinBook
from .pin_fields import ATTR_ALIAS, Fields
from .targets import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenPin:
    """A PIN as it was shown, without its digits; `limits` is None where they are not known."""

    pin_id: int
    alias: str
    limits: Pin | None

    def is_still(self, book: PinBook) -> bool:
        """Tell whether the PIN is what it was, for all that is known now."""
        if book.names is None:
            return True
        return book.names.get(self.pin_id) == self.alias and (
            self.limits is None or self.limits == book.limits.get(self.pin_id)
        )

    async def async_limits(self, target: Target) -> Pin:
        """Return what the PIN is now, without its digits; it is read where that is not known."""
        book = target.keypad.book
        async with target.keypad.queue:
            if self.pin_id in book.stale or self.pin_id not in book.limits:
                await target.async_get(self.pin_id)
        return self._checked(book.limits[self.pin_id], target)

    async def async_change(self, target: Target, fields: Fields) -> None:
        """Change what was given of the PIN; what was changed elsewhere meanwhile stays."""
        async with target.keypad.queue:
            pin = await target.async_get(self.pin_id)
            # A write without an answer may have renamed it.
            if pin.alias != fields.get(ATTR_ALIAS):
                self._checked(pin, target)
            await target.async_change(self.pin_id, pin, fields)

    async def async_remove(self, target: Target) -> None:
        """Remove the PIN from a lock whose list was just read."""
        book = target.keypad.book
        async with target.keypad.queue:
            if self.pin_id not in (book.names or {}):
                return
            if self.limits and self.pin_id in book.stale:
                await target.async_get(self.pin_id)
            if not self.is_still(book):
                raise self._changed(target)
            await target.async_delete(self.pin_id)

    def _checked(self, pin: Pin, target: Target) -> Pin:
        """Return the PIN that now has the id, or refuse one of another name."""
        if pin.alias.strip() != self.alias.strip():
            raise self._changed(target)
        return pin

    def _changed(self, target: Target) -> ServiceValidationError:
        """Return what is said where the PIN is another one."""
        return refused("pin_changed", lock=target.lock.name, alias=self.alias)


def seen_pins(book: PinBook) -> dict[str, SeenPin]:
    """Return the PINs of a lock as they are known now, by their ids in a form."""
    return {
        str(pin_id): SeenPin(
            pin_id=pin_id,
            alias=alias,
            limits=None if pin_id in book.stale else book.limits.get(pin_id),
        )
        for pin_id, alias in (book.names or {}).items()
    }


async def async_remove_all(
    target: Target, pins: Sequence[SeenPin], report: Callable[[float], None]
) -> None:
    """Remove PINs one after the other. `report` is told how far it has come, from 0 to 1."""
    async with target.keypad.queue:
        await target.async_list()
    for done, pin in enumerate(pins):
        report(done / len(pins))
        await pin.async_remove(target)
