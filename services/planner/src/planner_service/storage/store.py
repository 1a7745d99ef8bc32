"""The unit of work on one transaction, and the reads that need none."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from planner_service import convert
from planner_service.domain.events import Due, Event, Happening, Occurrence
from planner_service.storage.events import PostgresEventReader, PostgresEvents
from planner_service.storage.feeds import PostgresFeedReader, PostgresFeeds
from planner_service.storage.versions import BURY, NEXT_VERSION, NUMBER
from servicekit.database import Database, Transaction


class PostgresWork:
    """One transaction's events, and what is told if it commits."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self.events = PostgresEvents(transaction)
        self.feeds = PostgresFeeds(transaction)

    async def changed(self, happening: Happening, event: Event) -> None:
        version = await self._transaction.one(NEXT_VERSION, user_id=event.user_id) or 0
        if happening is Happening.DELETED:
            await self._transaction.execute(BURY, user_id=event.user_id, event_id=event.id, version=version)
        else:
            await self._transaction.execute(NUMBER, event_id=event.id, version=version)
        message = convert.event_changed(happening, event, version)
        await self._transaction.emit("planner.event_changed", message, event.id)

    async def completed(self, occurrence: Occurrence, time: datetime | None) -> None:
        message = convert.event_completed(occurrence, time)
        await self._transaction.emit("planner.event_completed", message, occurrence.event.id)

    async def remind(self, due: Due, *, late: bool) -> None:
        await self._transaction.emit("planner.reminder_due", convert.reminder_due(due, late=late), due.event.id)


class PostgresStore:
    """The service's data."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.events = PostgresEventReader(database)
        self.feeds = PostgresFeedReader(database)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[PostgresWork]:
        async with self._database.transaction() as transaction:
            yield PostgresWork(transaction)
