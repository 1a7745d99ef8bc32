"""Counters of failed sign-ins: in Redis for all processes, and in this process while Redis is away."""

import logging
import math
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import timedelta

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from auth_service.domain.attempts import Budget
from auth_service.ports import AttemptLimiter

log = logging.getLogger(__name__)

_PREFIX = "auth:attempts:"
_ANSWER_SECONDS = 0.25
_CONNECTIONS = 16
_TURN_SECONDS = 1.0
_LOOK_AGAIN_SECONDS = 5.0
_MOST_LOCAL_COUNTERS = 10_000

# Scripts run alone in Redis: no two tries can both take the last of a budget. ARGV: limit and window (ms) of each key.
_RESERVE = """
local wait = 0
for i, key in ipairs(KEYS) do
  if tonumber(redis.call('GET', key) or '0') >= tonumber(ARGV[2 * i - 1]) then
    wait = math.max(wait, redis.call('PTTL', key))
  end
end
if wait > 0 then return wait end
for i, key in ipairs(KEYS) do
  if redis.call('INCR', key) == 1 then redis.call('PEXPIRE', key, ARGV[2 * i]) end
end
return 0
"""
# ARGV: whether the try clears each key.
_FORGIVE = """
for i, key in ipairs(KEYS) do
  if ARGV[i] == '1' then redis.call('DEL', key)
  elseif tonumber(redis.call('GET', key) or '0') > 0 then redis.call('DECR', key) end
end
"""


def connect_redis(url: str, answer_seconds: float = _ANSWER_SECONDS, turn_seconds: float = _TURN_SECONDS) -> Redis:
    """A client that gives Redis a quarter of a second to connect, and for each answer: signing in must not wait for a dead one.

    Those who come together wait for their turn, a second at most: a pool that refuses them at once would look like an outage, in
    which each process counts for itself. Who gets no turn by then meets one: Redis is too slow for so many.
    """
    pool = BlockingConnectionPool.from_url(
        url,
        socket_timeout=answer_seconds,
        socket_connect_timeout=answer_seconds,
        retry=Retry(NoBackoff(), 0),
        max_connections=_CONNECTIONS,
        timeout=turn_seconds,
    )
    return Redis.from_pool(pool)


class RedisAttempts:
    """See ports.AttemptLimiter. Raises RedisError when Redis does not answer."""

    def __init__(self, redis: Redis) -> None:
        self._reserve = redis.register_script(_RESERVE)
        self._forgive = redis.register_script(_FORGIVE)

    async def reserve(self, budgets: Sequence[Budget]) -> timedelta | None:
        """One script, one round trip."""
        limits = [
            value for budget in budgets for value in (budget.limit, int(budget.window / timedelta(milliseconds=1)))
        ]
        wait = await self._reserve(keys=[_PREFIX + budget.key for budget in budgets], args=limits)
        return timedelta(milliseconds=int(wait)) if wait else None

    async def forgive(self, budgets: Sequence[Budget]) -> None:
        """One script, one round trip."""
        cleared = [int(budget.clears) for budget in budgets]
        await self._forgive(keys=[_PREFIX + budget.key for budget in budgets], args=cleared)


class LocalAttempts:
    """See ports.AttemptLimiter. Counts for this process alone, in bounded memory: the oldest counter makes room."""

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._counters: OrderedDict[str, tuple[int, float]] = OrderedDict()

    async def reserve(self, budgets: Sequence[Budget]) -> timedelta | None:
        """No await between looking and counting, so no two tries can both take the last of a budget."""
        now = self._seconds()
        counters = [self._counter(budget, now) for budget in budgets]
        waits = [end - now for budget, (count, end) in zip(budgets, counters, strict=True) if count >= budget.limit]
        if waits:
            return timedelta(seconds=max(waits))
        for budget, (count, end) in zip(budgets, counters, strict=True):
            self._counters[budget.key] = (count + 1, end)
        while len(self._counters) > _MOST_LOCAL_COUNTERS:
            self._counters.popitem(last=False)
        return None

    async def forgive(self, budgets: Sequence[Budget]) -> None:
        """Also when a counter has ended meanwhile."""
        for budget in budgets:
            count, end = self._counters.get(budget.key, (0, -math.inf))
            if budget.clears:
                self._counters.pop(budget.key, None)
            elif count:
                self._counters[budget.key] = (count - 1, end)

    def _counter(self, budget: Budget, now: float) -> tuple[int, float]:
        count, end = self._counters.get(budget.key, (0, -math.inf))
        if now < end:
            return count, end
        self._counters.pop(budget.key, None)  # a new window is the youngest again
        return 0, now + budget.window.total_seconds()


class ResilientAttempts:
    """Counts in Redis; while it does not answer, in this process, so that guessing never becomes free."""

    def __init__(
        self, shared: AttemptLimiter, local: AttemptLimiter, seconds: Callable[[], float] = time.monotonic
    ) -> None:
        self._shared = shared
        self._local = local
        self._seconds = seconds
        self._away_until = -math.inf

    async def reserve(self, budgets: Sequence[Budget]) -> timedelta | None:
        """Never fails."""
        if self._shared_is_worth_asking():
            try:
                wait = await self._shared.reserve(budgets)
            except RedisError as error:
                self._note_outage(error)
            else:
                self._note_return()
                return wait
        return await self._local.reserve(budgets)

    async def forgive(self, budgets: Sequence[Budget]) -> None:
        """In both places: the try may have been counted in either. Never fails."""
        await self._local.forgive(budgets)
        if self._shared_is_worth_asking():
            try:
                await self._shared.forgive(budgets)
            except RedisError as error:
                self._note_outage(error)

    def _shared_is_worth_asking(self) -> bool:
        return self._seconds() >= self._away_until

    def _note_outage(self, error: RedisError) -> None:
        if self._away_until == -math.inf:
            reason = type(error).__name__  # its text can hold the address with the password
            log.warning("Redis does not answer; sign-in attempts are counted in this process", extra={"error": reason})
        self._away_until = self._seconds() + _LOOK_AGAIN_SECONDS

    def _note_return(self) -> None:
        if self._away_until != -math.inf:
            log.warning("Redis answers again; sign-in attempts are counted there")
            self._away_until = -math.inf
