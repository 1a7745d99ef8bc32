"""Counting sign-ins while Redis is away."""

import logging
from collections.abc import Sequence
from datetime import timedelta

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from auth_service.domain.attempts import Budget
from auth_service.storage.attempts import LocalAttempts, ResilientAttempts

ACCOUNT = Budget("account:ada", 2, timedelta(minutes=1), clears=True)


class _Switchable(LocalAttempts):
    """Counts while `up`, and how often it was asked."""

    up = True
    asked = 0

    async def reserve(self, budgets: Sequence[Budget]) -> timedelta | None:
        self._answer()
        return await super().reserve(budgets)

    async def forgive(self, budgets: Sequence[Budget]) -> None:
        self._answer()
        await super().forgive(budgets)

    def _answer(self) -> None:
        self.asked += 1
        if not self.up:
            raise RedisConnectionError("redis://:secret@host refused")


class _Seconds:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> _Seconds:
    return _Seconds()


@pytest.fixture
def shared(seconds: _Seconds) -> _Switchable:
    return _Switchable(seconds)


@pytest.fixture
def attempts(shared: _Switchable, seconds: _Seconds) -> ResilientAttempts:
    return ResilientAttempts(shared, LocalAttempts(seconds), seconds)


async def test_guessing_is_limited_without_redis(attempts: ResilientAttempts, shared: _Switchable) -> None:
    shared.up = False
    assert await attempts.reserve([ACCOUNT]) is None
    assert await attempts.reserve([ACCOUNT]) is None
    assert await attempts.reserve([ACCOUNT]) == timedelta(minutes=1)


async def test_an_outage_is_logged_once_and_without_the_password(
    attempts: ResilientAttempts, shared: _Switchable, caplog: pytest.LogCaptureFixture, seconds: _Seconds
) -> None:
    shared.up = False
    with caplog.at_level(logging.INFO):
        for _ in range(3):
            await attempts.reserve([ACCOUNT])
            seconds.now += 10
    (record,) = caplog.records
    assert "Redis" in record.getMessage()
    assert "secret" not in repr(vars(record))


async def test_a_dead_redis_is_asked_again_only_after_a_while(
    attempts: ResilientAttempts, shared: _Switchable, seconds: _Seconds
) -> None:
    shared.up = False
    await attempts.reserve([ACCOUNT])
    await attempts.reserve([ACCOUNT])
    await attempts.forgive([ACCOUNT])
    assert shared.asked == 1
    shared.up = True
    seconds.now += 5
    await attempts.reserve([ACCOUNT])
    assert shared.asked == 2


async def test_a_return_is_logged(
    attempts: ResilientAttempts, shared: _Switchable, seconds: _Seconds, caplog: pytest.LogCaptureFixture
) -> None:
    shared.up = False
    await attempts.reserve([ACCOUNT])
    shared.up = True
    seconds.now += 5
    await attempts.reserve([ACCOUNT])
    assert [record.getMessage().split(";")[0] for record in caplog.records] == [
        "Redis does not answer",
        "Redis answers again",
    ]


async def test_redis_going_away_during_a_sign_in_does_not_fail_it(
    attempts: ResilientAttempts, shared: _Switchable
) -> None:
    await attempts.reserve([ACCOUNT])
    shared.up = False
    await attempts.forgive([ACCOUNT])


async def test_local_counters_are_bounded_and_the_oldest_makes_room(seconds: _Seconds) -> None:
    local = LocalAttempts(seconds)
    for number in range(10_001):
        await local.reserve([Budget(f"account:{number}", 1, timedelta(minutes=1))])
    assert len(local._counters) == 10_000
    assert "account:0" not in local._counters
