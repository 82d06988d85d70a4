"""How things are measured: after a warm-up, contenders in turn, so that noise hits all alike.

Who comes after whom makes a difference (what has slept wakes up slowly), so all orders are run.
"""

import gc
import time
import tracemalloc
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from itertools import permutations
from statistics import median
from typing import Final

type Work = Callable[[], Awaitable[object]]

WARM_UP: Final = 3
"""First runs that do not count: connections are made, caches filled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a piece of work took: seconds by the clock, and seconds of this process's loop."""

    wall: float
    cpu: float


async def cost(work: Work) -> Cost:
    """Do a piece of work once and return what it took."""
    wall, cpu = time.perf_counter(), time.thread_time()
    await work()
    return Cost(cpu=time.thread_time() - cpu, wall=time.perf_counter() - wall)


async def nothing() -> None:
    """Do nothing."""


async def costs(
    contenders: Mapping[str, Work], *, rounds: int, tidy: Work = nothing
) -> dict[str, Cost]:
    """Let contenders do their work in turn, and return the medians of what it took.

    A round is every order of the contenders once. `tidy` is what is done after each piece of work
    and does not count.
    """
    taken: defaultdict[str, list[Cost]] = defaultdict(list)
    gc.collect()
    for run, order in enumerate([*permutations(contenders)] * rounds):
        for name in order:
            once = await cost(contenders[name])
            await tidy()
            if run >= WARM_UP:
                taken[name].append(once)
    return {
        name: Cost(wall=median(one.wall for one in all_), cpu=median(one.cpu for one in all_))
        for name, all_ in taken.items()
    }


async def peak_bytes(work: Work) -> int:
    """Return by how much the memory grew at most during a piece of work."""
    gc.collect()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        await work()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


async def kept_bytes(work: Work) -> int:
    """Return by how much the memory has grown after a piece of work, while its result lives."""
    gc.collect()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        result = await work()
        gc.collect()
        kept = tracemalloc.get_traced_memory()[0] - before
        del result
        return kept
    finally:
        tracemalloc.stop()
