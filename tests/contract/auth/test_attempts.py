"""Attempts are counted alike in this process and in Redis."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from redis.exceptions import RedisError

from auth_service.domain.attempts import Budget
from auth_service.ports import AttemptLimiter
from auth_service.storage.attempts import LocalAttempts, RedisAttempts, connect_redis
from servicekit.ids import new_id

WINDOW = timedelta(minutes=15)
PATIENCE_SECONDS = 60
"""A busy machine is no outage."""


@pytest.fixture(params=["local", "redis"])
async def attempts(request: pytest.FixtureRequest) -> AsyncIterator[AttemptLimiter]:
    """A limiter that may know other tests' counters: keys must be new."""
    if request.param == "local":
        yield LocalAttempts()
        return
    redis = connect_redis(request.getfixturevalue("backing").redis_url, PATIENCE_SECONDS, PATIENCE_SECONDS)
    yield RedisAttempts(redis)
    await redis.aclose()


def budget(limit: int, *, clears: bool = False) -> Budget:
    return Budget(f"test:{new_id()}", limit, WINDOW, clears)


async def test_as_many_tries_as_the_limit_are_allowed(attempts: AttemptLimiter) -> None:
    account = budget(2)
    assert await attempts.reserve([account]) is None
    assert await attempts.reserve([account]) is None
    wait = await attempts.reserve([account])
    assert wait is not None
    assert timedelta(0) < wait <= WINDOW


async def test_parallel_tries_cannot_outrun_the_limit(attempts: AttemptLimiter) -> None:
    account = budget(5)
    waits = await asyncio.gather(*(attempts.reserve([account]) for _ in range(20)))
    assert waits.count(None) == 5


async def test_a_whole_school_that_signs_in_at_once_is_counted_in_one_place(attempts: AttemptLimiter) -> None:
    account = budget(100)
    waits = await asyncio.gather(*(attempts.reserve([account]) for _ in range(101)))
    assert waits.count(None) == 100


async def test_a_try_refused_by_one_budget_counts_in_none(attempts: AttemptLimiter) -> None:
    spent, other = budget(1), budget(1)
    await attempts.reserve([spent])
    assert await attempts.reserve([other, spent]) is not None
    assert await attempts.reserve([other]) is None


async def test_forgiving_empties_what_it_clears_and_gives_one_try_back_to_the_rest(attempts: AttemptLimiter) -> None:
    account, network = budget(2, clears=True), budget(2)
    for _ in range(2):
        assert await attempts.reserve([account, network]) is None
    await attempts.forgive([network, account])
    assert await attempts.reserve([account, network]) is None
    assert await attempts.reserve([account]) is None
    assert await attempts.reserve([network]) is not None


async def test_forgiving_what_was_never_counted_gives_nothing_away(attempts: AttemptLimiter) -> None:
    account, network = budget(1, clears=True), budget(1)
    await attempts.forgive([account, network])
    assert await attempts.reserve([account, network]) is None
    assert await attempts.reserve([network]) is not None


async def test_a_redis_that_is_not_there_is_an_error_of_redis(closed_port: int) -> None:
    redis = connect_redis(f"redis://127.0.0.1:{closed_port}/0")
    with pytest.raises(RedisError):
        await RedisAttempts(redis).reserve([budget(1)])
    await redis.aclose()
