"""The census: when a list is worth a request, and which locks have left for good."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custom_components.tedee_cloud.api import Lock
from custom_components.tedee_cloud.census import Census

type Serials = dict[str, int]
"""Serials of locks and the ids they have now."""

A_AND_B: Serials = {"A": 1, "B": 2}
A_ALONE: Serials = {"A": 1}


def locks_of(ids: Mapping[str, int]) -> dict[str, Lock]:
    """Return locks with these serials and ids."""
    locks = {}
    for serial, number in ids.items():
        lock = Lock.from_wire({"serialNumber": serial, "id": number})
        assert lock is not None
        locks[serial] = lock
    return locks


@dataclass
class Account:
    """A census at work, and the locks that are known meanwhile."""

    locks: Serials
    census: Census = field(init=False)

    def __post_init__(self) -> None:
        """Count from the first list, which showed these locks."""
        self.census = Census(set())
        self.census.settle(locks_of(self.locks), set())

    def sync(self, *ids: int) -> bool:
        """Take a sync and tell whether a list is wanted."""
        self.census.count(locks_of(self.locks), set(ids))
        return self.census.wants_list

    def list(self, listed: Serials, *ids: int) -> set[str]:
        """Take a list made after a sync of these ids, and return who has left."""
        gone = self.census.settle(locks_of(listed), set(ids))
        known = self.locks | listed
        self.locks = {serial: known[serial] for serial in known.keys() - gone}
        return gone


@dataclass(frozen=True, kw_only=True)
class Step:
    """A sync, the list that the cloud has at that moment, and what is to come of them."""

    sync: tuple[int, ...]
    listed: Serials = field(default_factory=lambda: A_AND_B)
    wants_list: bool = False
    gone: set[str] = field(default_factory=set)


STORIES = {
    "all is well": [Step(sync=(1, 2)), Step(sync=(1, 2))],
    "a lock is missing once": [Step(sync=(1,)), Step(sync=(1, 2)), Step(sync=(1, 2))],
    "every other sync misses a lock": [Step(sync=(1,)), Step(sync=(1, 2))] * 4,
    "one sync is empty": [Step(sync=()), Step(sync=(1, 2))],
    "locks are missing in turn": [Step(sync=(1,)), Step(sync=(2,)), Step(sync=(1,))],
    "a lock leaves": [
        Step(sync=(1,), listed=A_ALONE),
        Step(sync=(1,), listed=A_ALONE, wants_list=True, gone={"B"}),
        Step(sync=(1,), listed=A_ALONE),
    ],
    "both leave": [
        Step(sync=(), listed={}),
        Step(sync=(), listed={}, wants_list=True, gone={"A", "B"}),
        Step(sync=(), listed={}),
    ],
    "only the list keeps showing a lock": [
        Step(sync=(1,)),
        Step(sync=(1,), wants_list=True),
        Step(sync=(1,)),
        Step(sync=(1,)),
    ],
    "a lock that only the list showed comes back, and is lost again": [
        Step(sync=(1,)),
        Step(sync=(1,), wants_list=True),
        Step(sync=(1, 2)),
        Step(sync=(1,)),
        Step(sync=(1,), wants_list=True),
    ],
    "a second lock is lost while only the list shows the first": [
        Step(sync=(1,)),
        Step(sync=(1,), wants_list=True),
        Step(sync=()),
        Step(sync=(), wants_list=True),
        Step(sync=()),
    ],
    "a lock appears": [
        Step(sync=(1, 2, 3), listed={"A": 1, "B": 2, "C": 3}, wants_list=True),
        Step(sync=(1, 2, 3)),
    ],
    "only the sync keeps showing a lock": [
        Step(sync=(1, 2, 3), wants_list=True),
        Step(sync=(1, 2, 3)),
        Step(sync=(1, 2, 3)),
    ],
    "a lock that only the sync showed goes, and appears again": [
        Step(sync=(1, 2, 3), wants_list=True),
        Step(sync=(1, 2)),
        Step(sync=(1, 2, 3)),
    ],
    "a second lock appears while only the sync shows the first": [
        Step(sync=(1, 2, 3), wants_list=True),
        Step(sync=(1, 2, 3, 4), wants_list=True),
        Step(sync=(1, 2, 3, 4)),
    ],
    "a lock gets a new id": [
        Step(sync=(1, 3), listed={"A": 1, "B": 3}, wants_list=True),
        Step(sync=(1, 3)),
        Step(sync=(1, 3)),
    ],
    "a lock is away for a while before it gets a new id": [
        Step(sync=(1,)),
        Step(sync=(1, 3), listed={"A": 1, "B": 3}, wants_list=True),
        Step(sync=(1, 3)),
    ],
}


def play(story: list[Step]) -> None:
    """Go through a story and compare every step."""
    account = Account(A_AND_B)
    for step in story:
        assert account.sync(*step.sync) == step.wants_list, step
        if step.wants_list:
            assert account.list(step.listed, *step.sync) == step.gone, step


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES.keys())
def test_lists_are_spent_and_locks_leave_as_told(story: list[Step]) -> None:
    """Step by step: is a list wanted, and who has left."""
    play(story)


def test_a_lock_that_was_just_seen_under_a_new_id_survives_one_empty_moment() -> None:
    """One empty sync and one empty list behind a pairing must not remove a lock."""
    play(
        [
            Step(sync=(1, 3), listed={"A": 1, "B": 3}, wants_list=True),
            Step(sync=(), listed={}),
            Step(sync=(1, 3)),
        ]
    )


def test_a_device_without_a_lock_leaves_after_two_syncs_and_a_list() -> None:
    """A lock that left while Home Assistant was off is known by its device alone."""
    census = Census({"A", "B"})
    known = locks_of(A_ALONE)
    assert census.settle(known, set()) == set()

    census.count(known, {1})
    assert not census.wants_list
    census.count(known, {1})
    assert census.wants_list
    assert census.settle(known, {1}) == {"B"}

    census.count(known, {1})
    census.count(known, {1})
    assert not census.wants_list


def test_a_list_that_was_due_anyway_settles_what_it_shows() -> None:
    """The hourly list spares the one that a new lock would have been worth."""
    account = Account(A_AND_B)

    assert account.list({"A": 1, "B": 2, "C": 3}, 1, 2) == set()

    assert not account.sync(1, 2, 3)


def test_a_lock_that_only_lists_showed_leaves_with_a_list_that_was_due_anyway() -> None:
    """Nobody asks for a list for its sake, and the hourly one is believed all the same."""
    account = Account(A_AND_B)
    assert not account.sync(1)
    assert account.sync(1)
    assert account.list(A_AND_B, 1) == set()
    assert not account.sync(1)

    assert account.list(A_ALONE, 1) == {"B"}

    assert not account.sync(1)


# --- Whatever the cloud shows ---------------------------------------------------------------

IDS = st.sets(st.integers(1, 5))
LISTS = st.fixed_dictionaries(
    {},
    optional={"A": st.sampled_from([1, 4]), "B": st.sampled_from([2, 5]), "C": st.just(3)},
)
MOMENTS = st.lists(st.tuples(IDS, LISTS, st.booleans()), max_size=12)


@given(MOMENTS)
def test_a_lock_is_gone_after_two_syncs_and_a_list_without_it_and_never_otherwise(
    moments: list[tuple[set[int], Serials, bool]],
) -> None:
    """`due` makes a list that nobody asked for, as happens every hour."""
    account = Account({"A": 1, "B": 2, "C": 3})
    missed = dict.fromkeys("ABC", 0)
    for ids, listed, due in moments:
        for serial in missed:
            shown = account.locks.get(serial) in ids
            missed[serial] = 0 if shown else missed[serial] + 1
        wanted = account.sync(*ids)
        before = set(account.locks)
        if wanted or due:
            gone = account.list(listed, *ids)
            assert gone == {s for s in before if missed[s] >= 2 and s not in listed}
        for serial in missed:
            if serial not in before & account.locks.keys() or account.locks[serial] in ids:
                missed[serial] = 0


@given(MOMENTS, IDS, LISTS)
def test_a_cloud_that_repeats_itself_is_soon_asked_for_no_more_lists(
    moments: list[tuple[set[int], Serials, bool]], ids: set[int], listed: Serials
) -> None:
    """Whatever came before: what a list cannot explain is not asked about again."""
    account = Account({"A": 1, "B": 2, "C": 3})
    for seen, shown, due in moments:
        if account.sync(*seen) or due:
            account.list(shown, *seen)

    asked = []
    for _ in range(9):
        asked.append(account.sync(*ids))
        if asked[-1]:
            account.list(listed, *ids)

    assert not any(asked[4:])
