"""Patience: the pauses between the questions behind a command, and their end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custom_components.tedee_cloud.patience import Patience

pytestmark = pytest.mark.usefixtures("freezer")


def test_a_usual_movement_has_ended_by_the_second_question() -> None:
    """Then they grow rarer, until 20 s have passed."""
    assert list(Patience(at_once=False, longer=0)) == [2.0, 1.2, 1.5, 2.0, 3.0, 4.0, 4.0]


def test_a_bolt_that_need_not_move_is_asked_about_at_once() -> None:
    """And then as ever."""
    assert list(Patience(at_once=True, longer=0))[:3] == [0.0, 2.0, 1.2]


def test_a_longer_movement_is_waited_for_longer() -> None:
    """A spring may be held for seconds."""
    assert sum(Patience(at_once=False, longer=10)) == pytest.approx(29.7)


def test_the_first_wait_puts_the_deadline_off_and_later_ones_do_not() -> None:
    """However often the cloud asks to wait, an end is in sight."""
    patience = Patience(at_once=False, longer=0)
    pauses = [next(patience)]
    while patience.wait(9):
        pauses.append(next(patience))

    assert pauses == [2.0, 9, 9, 9]


@pytest.mark.parametrize("seconds", [20.1, 25, 3600])
def test_more_than_20_seconds_are_never_waited_for(seconds: float) -> None:
    """Not even where a movement takes long; the questions that are left stay as they were."""
    patience = Patience(at_once=False, longer=60)

    assert not patience.wait(seconds)
    assert next(patience) == 2.0
    assert sum(patience) == pytest.approx(75.7)


def test_a_wait_shorter_than_the_pause_changes_nothing_but_the_deadline() -> None:
    """The next question was not due any sooner."""
    patience = Patience(at_once=False, longer=0)
    assert patience.wait(1)

    assert list(patience) == [2.0, 1.2, 1.5, 2.0, 3.0, 4.0, 4.0]


@given(st.lists(st.floats(0.5, 20), min_size=40, max_size=40))
def test_the_deadline_is_put_off_by_the_first_wait_alone(waits: list[float]) -> None:
    """Whatever the cloud asks for."""
    patience = Patience(at_once=False, longer=0)
    pauses = []
    for pause, wait in zip(patience, waits, strict=False):
        pauses.append(pause)
        if not patience.wait(wait):
            break

    assert sum(pauses) <= 20 + waits[0] + 1e-6
