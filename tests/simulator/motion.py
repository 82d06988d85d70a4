"""A bolt over time: its state is a function of a schedule, so nothing runs in the background."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from .clock import Clock


@dataclass(frozen=True, slots=True)
class Step:
    """The state a bolt takes at a moment of the steady clock."""

    at: float
    state: int
    result: int | None = 0


class Bolt:
    """What moves inside one lock."""

    def __init__(self, clock: Clock, state: int, result: int | None = 0) -> None:
        """Rest in a state."""
        self._clock = clock
        self._now = Step(clock.monotonic(), state, result)
        self._changed = clock.now()
        self._plan: deque[Step] = deque()
        self._by_hand: deque[Step] = deque()
        self.log: list[Step] = [self._now]
        """Every state this bolt has taken, with its moment."""

    def _settle(self) -> None:
        """Take every step that is due; a hand on the bolt ends the movement under way."""
        now = self._clock.monotonic()
        while due := [line for line in (self._by_hand, self._plan) if line and line[0].at <= now]:
            line = min(due, key=lambda candidate: candidate[0].at)
            step = line.popleft()
            if line is self._by_hand:
                self._plan.clear()
            self._take(step, now)

    def _take(self, step: Step, now: float) -> None:
        self._changed = self._clock.now() - timedelta(seconds=now - step.at)
        self._now = step
        self.log.append(step)

    @property
    def state(self) -> int:
        """The state at this moment."""
        self._settle()
        return self._now.state

    @property
    def result(self) -> int | None:
        """How the last movement ended: 0 well, above 0 with an error."""
        self._settle()
        return self._now.result

    @property
    def changed(self) -> datetime:
        """When the state was taken."""
        self._settle()
        return self._changed

    @property
    def moving(self) -> bool:
        """Whether a movement is under way or waits for its turn."""
        self._settle()
        return bool(self._plan)

    @property
    def rest(self) -> Step:
        """Where and when the bolt comes to rest (now, if it is not moving)."""
        self._settle()
        if self._plan:
            return self._plan[-1]
        return Step(self._clock.monotonic(), self._now.state, self._now.result)

    def move(self, steps: Iterable[Step]) -> None:
        """Add a movement behind the one under way."""
        self._settle()
        self._plan.extend(steps)
        self._settle()

    def put(self, state: int, *, result: int | None = 0, after: float = 0) -> None:
        """Bring the bolt to a state as a hand does, now or in some seconds."""
        self._settle()
        self._by_hand.append(Step(self._clock.monotonic() + after, state, result))
        self._by_hand = deque(sorted(self._by_hand, key=lambda step: step.at))
        self._settle()
