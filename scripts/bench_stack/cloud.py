"""The simulated cloud in a process of its own: it shares no event loop with what is measured.

Both processes read the machine's steady clock, so a moment here can be compared with one there.
"""

import asyncio
import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Concatenate, Self

from tests.simulator import LOCKED, TOKEN, UNLOCKED, Simulator, Timing

PATIENCE = 30
"""Seconds that the cloud may take to start or to answer."""
TURN = 3.0
"""Seconds that a bolt moves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """A simulated lock, as a contender knows it."""

    lock_id: int
    serial: str
    entity_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A request as it came in."""

    sender: str
    """Its User-Agent."""
    method: str
    path: str
    at: float


class Cloud:
    """The near end of the connection to the simulator's process."""

    def __init__(self, connection: Connection) -> None:
        """Wait until the cloud listens."""
        self._connection = connection
        self.url = str(self._receive())
        self.token = TOKEN

    @classmethod
    @contextmanager
    def running(cls) -> Iterator[Self]:
        """Run a simulator while the benchmark takes."""
        near, far = multiprocessing.Pipe()
        process = multiprocessing.get_context("spawn").Process(target=_serve, args=(far,))
        process.start()
        try:
            cloud = cls(near)
            cloud._take_processor()
            yield cloud
        finally:
            near.close()
            process.terminate()
            process.join()

    def ask[**P, T](
        self, do: Callable[Concatenate[Simulator, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Have a function of this module called with the simulator, and return its result."""
        self._connection.send((do, args, kwargs))
        result: T = self._receive()  # type: ignore[assignment]  # what was pickled there
        return result

    def _take_processor(self) -> None:
        """Give the simulator a processor of its own: a cloud never waits for that of the home."""
        if sys.platform == "linux" and len(processors := os.sched_getaffinity(0)) > 1:
            own = max(processors)
            os.sched_setaffinity(0, processors - {own})
            self.ask(stay_on, own)

    def _receive(self) -> object:
        if not self._connection.poll(PATIENCE):
            raise TimeoutError("The simulated cloud does not answer.")
        return self._connection.recv()


def fill(
    sim: Simulator, locks: int, *, turns: tuple[float, ...] = (TURN,), pin_seconds: float = 0
) -> list[Door]:
    """Begin anew with some unlocked locks, which take their times to turn in rotation."""
    sim.reset()
    sim.settings.update({"pin_seconds": pin_seconds, "pin_capacity": 1000})
    added = [
        sim.account.add_lock(
            f"Door {number}",
            state=UNLOCKED,
            timing=Timing(turn=turns[number % len(turns)]),
        )
        for number in range(locks)
    ]
    return [
        Door(lock_id=lock.id, serial=lock.serial, entity_id=f"lock.door_{number}")
        for number, lock in enumerate(added)
    ]


def put_locked(sim: Simulator) -> None:
    """Bring every bolt out at once."""
    for lock in sim.account.locks:
        lock.state = LOCKED


def stay_on(_: Simulator, processor: int) -> None:
    """Use one processor alone."""
    if sys.platform == "linux":
        os.sched_setaffinity(0, {processor})


def turn_one(sim: Simulator) -> None:
    """Turn the first bolt by hand to where it is not."""
    lock = sim.account.locks[0]
    lock.state = UNLOCKED if lock.state == LOCKED else LOCKED


def stopped_at(sim: Simulator, lock_id: int) -> float:
    """Return the moment at which a bolt came to rest."""
    bolt = sim.account.lock(lock_id).bolt
    if bolt.moving:
        raise RuntimeError("The bolt is still moving.")
    return bolt.log[-1].at


def arrivals(sim: Simulator) -> list[Arrival]:
    """Return the requests since the last time, and forget them."""
    found = [
        Arrival(
            sender=request.headers.get("User-Agent", ""),
            method=request.method,
            path=request.resource,
            at=request.at,
        )
        for request in sim.requests
    ]
    sim.clear()
    return found


def count_pins(sim: Simulator) -> int:
    """Return how many PINs all locks hold."""
    return sum(len(lock.pins.entries) for lock in sim.account.locks)


def _serve(connection: Connection) -> None:
    """Run the simulator until the near end hangs up."""
    asyncio.run(_answer(connection))


async def _answer(connection: Connection) -> None:
    loop = asyncio.get_running_loop()
    over = asyncio.Event()

    def answer() -> None:
        try:
            do, args, kwargs = connection.recv()
        except EOFError:
            loop.remove_reader(connection.fileno())
            over.set()
        else:
            connection.send(do(sim, *args, **kwargs))

    async with Simulator() as sim:
        connection.send(sim.url)
        loop.add_reader(connection.fileno(), answer)
        await over.wait()
