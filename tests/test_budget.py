"""The request budget: 700 tokens that come back an hour later, and who may take them."""

from collections.abc import Generator
from copy import deepcopy
from unittest.mock import patch

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from custom_components.tedee_cloud.api import Budget, Priority, TedeeRateLimitError

from .common import DOMAIN
from .house import busiest

HOUR = 3600.0


class Hands:
    """A steady clock that tests turn."""

    def __init__(self) -> None:
        """Stand anywhere."""
        self.seconds = 5000.0

    def __call__(self) -> float:
        """Return the steady seconds."""
        return self.seconds


HANDS = Hands()
"""One clock for all tests: Hypothesis runs many of them in one."""


@pytest.fixture(autouse=True)
def hands() -> Generator[Hands]:
    """Return the clock of the budget."""
    HANDS.seconds = 5000.0
    with patch(f"custom_components.{DOMAIN}.api.budget.monotonic", HANDS):
        yield HANDS


@pytest.fixture
def budget() -> Budget:
    """Return a fresh budget."""
    return Budget()


def spend(budget: Budget, priority: Priority, times: int) -> int:
    """Spend until the budget refuses, at most so often; return how often it did not."""
    for done in range(times):
        try:
            budget.spend(priority)
        except TedeeRateLimitError:
            return done
    return times


def test_an_hour_begins_full(budget: Budget) -> None:
    """700 are left and nobody has to wait."""
    assert budget.left == 700
    assert budget.pause == 0
    assert [budget.wait(priority) for priority in Priority] == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("priority", "granted", "left"),
    [
        (Priority.POLL, 600, 100),
        (Priority.PIN, 540, 160),
        (Priority.SET_UP, 701, 0),
        (Priority.COMMAND, 701, 0),
    ],
)
def test_what_matters_less_leaves_more(
    budget: Budget, priority: Priority, granted: int, left: int
) -> None:
    """Polls leave 100 to commands, PINs leave 160 to both; commands and set-ups need not count."""
    assert spend(budget, priority, 701) == granted
    assert budget.left == left


def test_each_kind_stops_at_its_own_mark(budget: Budget) -> None:
    """One budget for all: PINs stop first, then polls, commands never."""
    assert spend(budget, Priority.COMMAND, 500) == 500
    assert spend(budget, Priority.PIN, 100) == 40
    assert spend(budget, Priority.POLL, 100) == 60
    assert spend(budget, Priority.PIN, 1) == 0
    assert budget.left == 100
    assert spend(budget, Priority.COMMAND, 100) == 100
    assert budget.left == 0
    assert spend(budget, Priority.COMMAND, 10) == 10
    assert budget.left == 0


def test_a_refusal_spends_nothing_and_says_how_long(budget: Budget, hands: Hands) -> None:
    """The seconds until the oldest token comes back."""
    spend(budget, Priority.POLL, 1)
    hands.seconds += 40
    spend(budget, Priority.POLL, 599)
    hands.seconds += 60

    with pytest.raises(TedeeRateLimitError) as refusal:
        budget.spend(Priority.POLL)

    assert refusal.value.retry_after == 3500
    assert budget.left == 100
    with pytest.raises(TedeeRateLimitError) as refusal:
        budget.spend(Priority.PIN)
    assert refusal.value.retry_after == 3540
    assert budget.left == 100


def test_each_token_comes_back_an_hour_after_it_was_spent(budget: Budget, hands: Hands) -> None:
    """Not at the full hour, and not all at once."""
    for seconds in (0, 10, 20):
        hands.seconds = 5000.0 + seconds
        budget.spend(Priority.POLL)
    seen = []
    for passed in (3599.875, 3600, 3609.875, 3610, 3619.875, 3620, 9999):
        hands.seconds = 5000.0 + passed
        seen.append(budget.left)

    assert seen == [697, 698, 698, 699, 699, 700, 700]


# --- Retry-After ----------------------------------------------------------------------------


def test_the_clouds_pause_holds_back_all_but_commands(budget: Budget, hands: Hands) -> None:
    """Exactly until it is over; nothing is spent by waiting."""
    budget.hold(600)
    assert budget.pause == 600
    assert [budget.wait(priority) for priority in Priority] == [0, 600, 600, 600]
    assert [spend(budget, priority, 1) for priority in Priority] == [1, 0, 0, 0]

    hands.seconds += 599.875
    assert budget.pause == 0.125
    assert [spend(budget, priority, 1) for priority in Priority] == [1, 0, 0, 0]

    hands.seconds += 0.125
    assert budget.pause == 0
    assert [spend(budget, priority, 1) for priority in Priority] == [1, 1, 1, 1]
    assert budget.left == 694


@pytest.mark.parametrize(
    ("first", "then", "pause"), [(600, 60, 600), (60, 600, 600), (600, 600, 600), (60, -5, 60)]
)
def test_the_longest_pause_counts(budget: Budget, first: float, then: float, pause: float) -> None:
    """A later answer never shortens what an earlier one asked for."""
    budget.hold(first)
    budget.hold(then)

    assert budget.pause == pause


@pytest.mark.parametrize(("pause", "wait"), [(600, 3600), (3600, 3600), (5000, 5000)])
def test_an_empty_hour_and_a_pause_are_waited_for_together(
    budget: Budget, pause: float, wait: float
) -> None:
    """The longer of both; a set-up waits for the pause alone."""
    spend(budget, Priority.POLL, 600)
    budget.hold(pause)

    assert budget.wait(Priority.POLL) == wait
    assert budget.wait(Priority.SET_UP) == pause
    assert budget.wait(Priority.COMMAND) == 0


# --- Whatever happens -----------------------------------------------------------------------

BURSTS = st.lists(
    st.tuples(
        st.sampled_from(Priority),
        st.integers(1, 300),
        st.integers(0, 8 * 4000).map(lambda eighths: eighths / 8),
    ),
    max_size=25,
)
"""Bursts of requests of one kind, and the seconds after each."""


@given(BURSTS)
@example([(Priority.POLL, 300, 0.0), (Priority.PIN, 300, 3599.875), (Priority.POLL, 300, 0.125)])
@example([(Priority.POLL, 300, 1800.0)] * 25)
@settings(deadline=None, max_examples=150)
def test_no_hour_ever_sees_more_than_its_share(
    bursts: list[tuple[Priority, int, float]],
) -> None:
    """Wherever the hour begins: polls and PINs stay below 700, and commands find their 100.

    A request in the background is granted exactly if the hour before it had room for it.
    """
    budget = Budget()
    background: list[float] = []
    everything: list[float] = []
    for priority, times, seconds in bursts:
        recent = [moment for moment in everything if moment > HANDS.seconds - HOUR]
        room = {
            Priority.COMMAND: times,
            Priority.SET_UP: times,
            Priority.POLL: max(600 - len(recent), 0),
            Priority.PIN: max(540 - len(recent), 0),
        }
        granted = spend(budget, priority, times)
        assert granted == min(times, room[priority])
        everything += [HANDS.seconds] * granted
        if priority in (Priority.POLL, Priority.PIN):
            background += [HANDS.seconds] * granted
        assert budget.left == max(700 - len(recent) - granted, 0)
        HANDS.seconds += seconds

    assert busiest(background, HOUR) <= 600


def check_wait(budget: Budget, priority: Priority) -> None:
    """Check that a wait is just long enough: not an eighth of a second longer."""
    present = HANDS.seconds
    wait = budget.wait(priority)
    future = deepcopy(budget)
    if wait:
        HANDS.seconds = present + wait - 0.125
        assert spend(future, priority, 1) == 0
    HANDS.seconds = present + wait
    assert spend(future, priority, 1) == 1
    HANDS.seconds = present


@given(BURSTS, st.integers(0, 8 * 4000))
@settings(deadline=None, max_examples=80)
def test_a_wait_is_neither_too_short_nor_too_long(
    bursts: list[tuple[Priority, int, float]], pause: int
) -> None:
    """After it, and not before, the request goes through."""
    budget = Budget()
    for priority, times, seconds in bursts:
        spend(budget, priority, times)
        check_wait(budget, Priority.POLL)
        check_wait(budget, Priority.PIN)
        assert budget.wait(Priority.COMMAND) == 0
        HANDS.seconds += seconds
    budget.hold(pause / 8)
    check_wait(budget, Priority.POLL)


@pytest.mark.parametrize(("priority", "wait"), [(Priority.POLL, 3550), (Priority.PIN, 3550)])
def test_commands_beyond_the_hour_are_waited_for_too(
    budget: Budget, hands: Hands, priority: Priority, wait: float
) -> None:
    """400 commands, 50 s later 600 more: only when the second lot comes back there is room."""
    spend(budget, Priority.COMMAND, 400)
    hands.seconds += 50
    spend(budget, Priority.COMMAND, 600)
    hands.seconds += 50

    assert budget.wait(priority) == wait
    check_wait(budget, priority)
