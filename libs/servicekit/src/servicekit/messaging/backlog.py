"""How far behind the events are: those that wait in the outbox, and those that were given up."""

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
from nats.errors import Error as NatsError
from opentelemetry.metrics import Observation, get_meter
from sqlalchemy import text

from servicekit.cancellation import cancelled
from servicekit.database.pool import Database, DatabaseUnavailable
from servicekit.database.statements import compile_statement
from servicekit.messaging.broker import DEAD_LETTERS, Broker
from servicekit.telemetry.measures import Observed

_EVERY_SECONDS = 15.0
_meter = get_meter("servicekit")
_events, _age, _dead = Observed(), Observed(), Observed()
_meter.create_observable_gauge(
    "littlemonster.outbox.events", [_events], unit="{event}", description="Events not yet published"
)
_meter.create_observable_gauge(
    "littlemonster.outbox.age", [_age], unit="s", description="How long the oldest of them has waited"
)
_meter.create_observable_gauge(
    "littlemonster.dead_letters", [_dead], unit="{event}", description="Events given up and not yet replayed"
)


@dataclass(frozen=True, slots=True)
class _Waiting:
    events: int
    seconds: float


_WAITING = compile_statement(
    text(
        "SELECT count(*) AS events, coalesce(extract(epoch FROM now() - min(create_time)), 0)::float AS seconds FROM outbox"
    ),
    _Waiting,
)


class Backlog:
    """Looks again and again, and is asked by the exporter for what it last saw."""

    def __init__(self, broker: Broker, database: Database) -> None:
        self._broker = broker
        self._database = database
        self._waiting: _Waiting | None = None
        self._dead: int | None = None
        _events.add(self, Backlog._observed_events)
        _age.add(self, Backlog._observed_age)
        _dead.add(self, Backlog._observed_dead)

    async def watch(self) -> None:
        """Looks until cancelled, through outages of either side."""
        pause = 0.0
        while not cancelled():
            await asyncio.sleep(pause)
            with contextlib.suppress(DatabaseUnavailable, psycopg.Error):
                self._waiting = await self._database.one(_WAITING)
            with contextlib.suppress(NatsError, OSError, TimeoutError):
                self._dead = await self._parked()
            pause = _EVERY_SECONDS

    async def _parked(self) -> int | None:
        if not self._broker.connected:
            return self._dead
        jetstream = await self._broker.jetstream()
        return (await jetstream.stream_info(DEAD_LETTERS)).state.messages

    def _observed_events(self) -> Iterator[Observation]:
        if self._waiting:
            yield Observation(self._waiting.events)

    def _observed_age(self) -> Iterator[Observation]:
        if self._waiting:
            yield Observation(self._waiting.seconds)

    def _observed_dead(self) -> Iterator[Observation]:
        if self._dead is not None:
            yield Observation(self._dead)
