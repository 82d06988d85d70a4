"""Start a process with a log of its own, watch it, and stop it."""

import asyncio
import contextlib
import os
import signal
from asyncio.subprocess import DEVNULL, STDOUT
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Self

from .errors import DemoError

STOP_SECONDS = 30  # Home Assistant writes its state before it ends
TAIL_LINES = 25


class Process:
    """A running child and the log it writes."""

    def __init__(self, name: str, log: Path, child: asyncio.subprocess.Process) -> None:
        """Hold a child that has been started."""
        self.name = name
        self.log = log
        self._child = child

    @classmethod
    async def start(
        cls, name: str, log: Path, command: list[str], *, folder: Path, modules: Path | None = None
    ) -> Self:
        """Start a command in a folder, with Python modules of its own, its output in the log."""
        with log.open("wb") as output:
            child = await asyncio.create_subprocess_exec(
                *command,
                stdin=DEVNULL,
                stdout=output,
                stderr=STDOUT,
                cwd=folder,
                env=os.environ | {"PYTHONPATH": str(modules or "")},
                # A Ctrl-C in the terminal is ours to handle: the children are stopped in order.
                start_new_session=True,
            )
        return cls(name, log, child)

    async def wait(self) -> None:
        """Wait until the process ends by itself, which it never should."""
        code = await self._child.wait()
        raise DemoError(f"{self.name} stopped by itself (exit code {code}).\n{tail(self.log)}")

    async def until(self, probe: Callable[[], Awaitable[bool]], seconds: float) -> None:
        """Wait until a probe of the process answers yes."""
        try:
            async with asyncio.timeout(seconds):
                while not await probe():  # noqa: ASYNC110  another process has no event to wait for
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise DemoError(
                f"{self.name} was not ready after {seconds:.0f} s.\n{tail(self.log)}"
            ) from None

    async def stop(self) -> None:
        """Ask the process to end; insist when it does not."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            if self._child.returncode is not None:
                return
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._child.pid, number)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._child.wait(), STOP_SECONDS)


def tail(log: Path) -> str:
    """Return the end of a log, and where the rest is."""
    lines = log.read_text(errors="replace").splitlines()[-TAIL_LINES:]
    return "\n".join([*(f"  | {line}" for line in lines), f"The whole log: {log}"])
