"""Which failed requests are tried again, after which pauses, and which never are."""

from collections.abc import Awaitable, Callable

import pytest

from custom_components.tedee_cloud.api import (
    TedeeAnswerError,
    TedeeAuthError,
    TedeeConnectionError,
    TedeeError,
    TedeeNoAnswerError,
    TedeeRateLimitError,
    TedeeStatusError,
    TedeeVersionError,
)
from custom_components.tedee_cloud.attempts import async_attempt, may_be_done


def status(number: int) -> TedeeStatusError:
    """Return what the client raises for a status of the cloud."""
    return TedeeStatusError(number, enveloped=True)


def failing(*failures: TedeeError) -> Callable[[], Awaitable[str]]:
    """Return a request that fails in these ways, one after the other, and then succeeds."""
    left = list(failures)

    async def send() -> str:
        if left:
            raise left.pop(0)
        return "done"

    return send


ONCE = [
    *(
        status(number)
        for number in (200, 302, 400, 401, 403, 404, 405, 406, 408, 410, 412, 422, 428, 429)
    ),
    *(status(number) for number in (500, 501, 502, 504)),
    TedeeAnswerError(),
    TedeeAuthError(),
    TedeeNoAnswerError(),
    TedeeVersionError(),
    TedeeRateLimitError(10.1),
    TedeeRateLimitError(3600),
]


@pytest.mark.parametrize("failure", ONCE, ids=repr)
async def test_what_is_never_tried_again(pauses: list[float], failure: TedeeError) -> None:
    """Whatever may have been done, and whatever would fail in the same way."""
    with pytest.raises(TedeeError) as raised:
        await async_attempt(failing(failure))

    assert raised.value is failure
    assert pauses == []


async def test_a_slow_lock_is_tried_again_by_who_may(pauses: list[float]) -> None:
    """Where a read is slow, the same may be asked once more; tries are counted by their kind."""
    request = failing(status(408), status(409), status(503))

    assert await async_attempt(request, slow=(3,)) == "done"
    assert pauses == [3, 1.0, 1.0]

    with pytest.raises(TedeeStatusError):
        await async_attempt(failing(status(408), status(408)), slow=(3,))
    assert pauses == [3, 1.0, 1.0, 3]


@pytest.mark.parametrize(
    ("failure", "waits"),
    [
        (status(409), [1.0, 2.0, 4.0]),
        (status(503), [1.0]),
        (TedeeConnectionError(), [1.0]),
        (TedeeRateLimitError(10), [10]),
        (TedeeRateLimitError(0.5), [0.5]),
    ],
    ids=repr,
)
async def test_what_is_tried_again_and_how_often(
    pauses: list[float], failure: TedeeError, waits: list[float]
) -> None:
    """The last try counts: it succeeds, or its own failure is raised."""
    assert await async_attempt(failing(*[failure] * len(waits))) == "done"
    assert pauses == waits

    pauses.clear()
    with pytest.raises(TedeeError) as raised:
        await async_attempt(failing(*[failure] * (len(waits) + 1)))
    assert raised.value is failure
    assert pauses == waits


async def test_failures_of_several_kinds_each_have_their_tries(pauses: list[float]) -> None:
    """A busy lock behind a cloud that is restarting."""
    request = failing(status(503), status(409), status(409), TedeeRateLimitError(3), status(409))

    assert await async_attempt(request) == "done"
    assert pauses == [1.0, 1.0, 2.0, 3, 4.0]


async def test_no_connection_and_503_share_their_try(pauses: list[float]) -> None:
    """Both say that the cloud is away."""
    with pytest.raises(TedeeStatusError):
        await async_attempt(failing(TedeeConnectionError(), status(503)))

    assert pauses == [1.0]


async def test_a_failure_that_is_not_tried_again_ends_the_tries(pauses: list[float]) -> None:
    """A busy lock, and then an answer that was lost: the work may be done now."""
    with pytest.raises(TedeeNoAnswerError):
        await async_attempt(failing(status(409), TedeeNoAnswerError(), status(409)))

    assert pauses == [1.0]


async def test_a_short_wait_is_waited_out_once(pauses: list[float]) -> None:
    """However many seconds the cloud names the next time."""
    with pytest.raises(TedeeRateLimitError):
        await async_attempt(failing(*(TedeeRateLimitError(left) for left in (9, 8, 7, 6, 5))))

    assert pauses == [9]


async def test_a_wait_of_one_second_does_not_use_up_the_try_of_503(pauses: list[float]) -> None:
    """They are different failures."""
    assert await async_attempt(failing(TedeeRateLimitError(1), status(503))) == "done"
    assert pauses == [1, 1.0]


async def test_other_errors_are_not_touched(pauses: list[float]) -> None:
    """A mistake in the programme is not tried again."""

    async def send() -> None:
        raise KeyError

    with pytest.raises(KeyError):
        await async_attempt(send)
    assert pauses == []


@pytest.mark.parametrize(
    "failure",
    [
        TedeeNoAnswerError(),
        TedeeAnswerError(),
        *(status(number) for number in (408, 500, 502, 504)),
    ],
    ids=repr,
)
def test_what_may_be_done_all_the_same(failure: TedeeError) -> None:
    """The request left, and nobody says that it was refused."""
    assert may_be_done(failure)


@pytest.mark.parametrize(
    "failure",
    [
        TedeeConnectionError(),
        TedeeAuthError(),
        TedeeVersionError(),
        TedeeRateLimitError(1),
        *(status(number) for number in (400, 403, 404, 405, 406, 409, 410, 412, 422, 428)),
        *(status(number) for number in (501, 503)),
    ],
    ids=repr,
)
def test_what_was_surely_not_done(failure: TedeeError) -> None:
    """It never left, or was refused."""
    assert not may_be_done(failure)
