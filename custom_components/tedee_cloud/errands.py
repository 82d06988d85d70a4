"""Errands: work that comes to its end even where whoever asked for it leaves before."""

import asyncio
from asyncio import sleep
from collections.abc import Callable, Coroutine
from typing import Any, Final

from homeassistant.core import HomeAssistant

from .const import DOMAIN
from .errors import failed

LINGER: Final = 1.0
"""Seconds for which it is shown at least that work goes on."""

type IsGone = Callable[[], bool]
"""Tells whether whoever asked has left without the answer."""


async def async_see_through[T](
    hass: HomeAssistant, name: str, work: Callable[[IsGone], Coroutine[Any, Any, T]]
) -> T:
    """Do a work to its end, and return or raise what it does.

    Where Home Assistant stops, nobody is left to be told.
    """
    left = False
    task: asyncio.Task[T] = hass.async_create_background_task(
        work(lambda: left), f"{DOMAIN} {name}"
    )
    task.add_done_callback(lambda done: done.cancelled() or done.exception())
    try:
        await asyncio.wait([task])
    except asyncio.CancelledError:
        left = True
        raise
    if task.cancelled() and not hass.is_stopping:
        raise failed("pins_interrupted")
    return task.result()


async def async_linger[T](task: asyncio.Task[T]) -> T:
    """Wait for a task that is shown in a browser, which may not be listening yet for its end."""
    result, _ = await asyncio.gather(task, sleep(LINGER))
    return result
