"""Events in PostgreSQL: compiled statements, rows as domain objects."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, Integer, Text, Uuid, bindparam, delete, func, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from planner_service.domain.events import (
    Completion,
    Event,
    EventType,
    Period,
    Plan,
    Reminder,
    Subject,
)
from planner_service.domain.sync import Tombstone
from planner_service.ports import Cursor
from planner_service.storage.versions import DELETED, FORGET, FORGOTTEN, VERSION
from planner_service.tables import EventRow
from servicekit.database import Database, Statement, Transaction, compile_command, compile_statement

_events = EventRow.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it


def _event(
    id: str,
    user_id: str,
    request_id: str | None,
    title: str,
    description: str,
    subject: str,
    type: str,
    start_time: datetime,
    end_time: datetime,
    all_day: bool,
    time_zone: str,
    recurrence: list[str],
    reminders: list[dict[str, Any]],
    completions: list[dict[str, str]],
    version: int,
    create_time: datetime,
    update_time: datetime,
    sequence: int,
    reminder_time: datetime | None,
    uid: str | None,
) -> Event:
    plan = Plan(
        title=title,
        start_time=start_time,
        end_time=end_time,
        description=description,
        subject=Subject(subject),
        type=EventType(type),
        all_day=all_day,
        time_zone=time_zone,
        recurrence=tuple(recurrence),
        reminders=tuple(map(_reminder, reminders)),
    )
    done = _completions(completions)
    times = create_time, update_time
    return Event(id, user_id, request_id, plan, done, version, *times, sequence, reminder_time, uid)


def _row(event: Event) -> dict[str, Any]:
    plan = event.plan
    return {
        "id": event.id,
        "user_id": event.user_id,
        "request_id": event.request_id,
        "title": plan.title,
        "description": plan.description,
        "subject": plan.subject.value,
        "type": plan.type.value,
        "start_time": plan.start_time,
        "end_time": plan.end_time,
        "all_day": plan.all_day,
        "time_zone": plan.time_zone,
        "recurrence": list(plan.recurrence),
        "reminders": [_reminder_row(reminder) for reminder in plan.reminders],
        "completions": [
            {"occurrence_start": each.occurrence_start.isoformat(), "time": each.time.isoformat()}
            for each in event.completions
        ],
        "version": event.version,
        "create_time": event.create_time,
        "update_time": event.update_time,
        "sequence": event.sequence,
        "reminder_time": event.reminder_time,
        "uid": event.uid,
    }


def _completions(rows: list[dict[str, str]]) -> tuple[Completion, ...]:
    return tuple(Completion(**{name: datetime.fromisoformat(time) for name, time in row.items()}) for row in rows)


def _reminder(row: dict[str, Any]) -> Reminder:
    return Reminder(time=datetime.fromisoformat(row["time"])) if "time" in row else Reminder(row["minutes_before"])


def _reminder_row(reminder: Reminder) -> dict[str, Any]:
    return {"time": reminder.time.isoformat()} if reminder.time else {"minutes_before": reminder.minutes_before}


_mine = select(_events).where(_events.c.user_id == bindparam("user_id"))
_one = _mine.where(_events.c.id == bindparam("id"))
GET = compile_statement(_one, _event)
LOCK = compile_statement(_one.with_for_update(), _event)
BY_REQUEST = compile_statement(_mine.where(_events.c.request_id == bindparam("request_id")), _event)

_place = tuple_(_events.c.start_time, _events.c.id)
_recurs = func.cardinality(_events.c.recurrence) > 0
_overlapping = (
    _mine.where(
        ~_recurs,
        _events.c.start_time < bindparam("end"),
        or_(_events.c.end_time > bindparam("start"), _events.c.start_time >= bindparam("start")),
    )
    .order_by(_events.c.start_time, _events.c.id)
    .limit(bindparam("size", type_=Integer))
)
_last = tuple_(
    bindparam("after_start", type_=_events.c.start_time.type),
    bindparam("after_id", type_=_events.c.id.type),
)
FIRST_PAGE = compile_statement(_overlapping, _event)
LATER_PAGE = compile_statement(_overlapping.where(_place > _last), _event)

RECURRING = compile_statement(_mine.where(_recurs), _event)
COUNT: Statement[tuple[int, int]] = compile_statement(
    select(func.count(), func.count().filter(_recurs)).where(_events.c.user_id == bindparam("user_id")),
    lambda events, series: (events, series),
)
NEWEST = compile_statement(
    _mine.order_by(_recurs.desc(), _events.c.start_time.desc(), _events.c.id).limit(bindparam("size", type_=Integer)),
    _event,
)
COMPLETIONS = compile_statement(
    select(_events.c.time_zone, _events.c.completions).where(
        _events.c.user_id == bindparam("user_id"), func.jsonb_array_length(_events.c.completions) > 0
    ),
    lambda time_zone, completions: (time_zone, _completions(completions)),
)

ADD = compile_command(
    insert(_events)
    .values({column.name: bindparam(column.name) for column in _events.c})
    .on_conflict_do_nothing()  # of a request id, or of a UID
)
_FIXED = ("id", "user_id", "request_id", "create_time", "uid")
SAVE = compile_command(
    update(_events)
    .where(_events.c.id == bindparam("event_id"))
    .values({column.name: bindparam(column.name) for column in _events.c if column.name not in _FIXED})
)
REMOVE = compile_command(delete(_events).where(_events.c.id == bindparam("event_id")))
_next_reminder = _events.c.reminder_time
DUE = compile_statement(
    select(_events)
    .where(_next_reminder <= bindparam("now"))
    .order_by(_next_reminder)
    .limit(bindparam("size", type_=Integer))
    .with_for_update(skip_locked=True),
    _event,
)
SCHEDULE = compile_command(
    update(_events).where(_events.c.id == bindparam("event_id")).values(reminder_time=bindparam("time"))
)
_later = _mine.where(_events.c.sequence > bindparam("after"), _events.c.sequence <= bindparam("until"))
CHANGED = compile_statement(_later.order_by(_events.c.sequence).limit(bindparam("size", type_=Integer)), _event)


_imported = or_(
    _events.c.uid == func.any(bindparam("uids", type_=ARRAY(Text))),
    _events.c.id == func.any(bindparam("ids", type_=ARRAY(Uuid))),
)
LOCK_IMPORTED = compile_statement(_mine.where(_imported).order_by(_events.c.id).with_for_update(), _event)
# Two imports of one file would otherwise wait for each other's new rows.
AWAIT_IMPORTS = compile_command(select(func.pg_advisory_xact_lock(func.hashtextextended(bindparam("name"), 0))))


class PostgresEventReader:
    """Reads events, each by itself or inside a transaction."""

    def __init__(self, executor: Database | Transaction) -> None:
        self._executor = executor

    async def get(self, user_id: str, event_id: str) -> Event | None:
        return await self._executor.one(GET, user_id=user_id, id=event_id)

    async def by_request(self, user_id: str, request_id: str) -> Event | None:
        return await self._executor.one(BY_REQUEST, user_id=user_id, request_id=request_id)

    async def overlapping(self, user_id: str, period: Period, size: int, after: Cursor | None) -> list[Event]:
        page: dict[str, Any] = {"user_id": user_id, "start": period.start, "end": period.end, "size": size}
        if after is None:
            return await self._executor.all(FIRST_PAGE, **page)
        return await self._executor.all(LATER_PAGE, after_start=after[0], after_id=after[1], **page)

    async def recurring(self, user_id: str) -> list[Event]:
        return await self._executor.all(RECURRING, user_id=user_id)

    async def completions(self, user_id: str) -> list[tuple[str, tuple[Completion, ...]]]:
        return await self._executor.all(COMPLETIONS, user_id=user_id)

    async def newest(self, user_id: str, size: int) -> list[Event]:
        return await self._executor.all(NEWEST, user_id=user_id, size=size)

    async def version(self, user_id: str) -> int:
        return await self._executor.one(VERSION, user_id=user_id) or 0

    async def forgotten(self, user_id: str) -> int:
        return await self._executor.one(FORGOTTEN, user_id=user_id) or 0

    async def changed_between(self, user_id: str, after: int, until: int, size: int) -> list[Event]:
        return await self._executor.all(CHANGED, user_id=user_id, after=after, until=until, size=size)

    async def deleted_between(self, user_id: str, after: int, until: int, size: int) -> list[Tombstone]:
        return await self._executor.all(DELETED, user_id=user_id, after=after, until=until, size=size)


class PostgresEvents(PostgresEventReader):
    """Events inside a transaction."""

    def __init__(self, transaction: Transaction) -> None:
        super().__init__(transaction)
        self._transaction = transaction

    async def lock(self, user_id: str, event_id: str) -> Event | None:
        return await self._transaction.one(LOCK, user_id=user_id, id=event_id)

    async def add(self, event: Event) -> bool:
        return await self._transaction.execute(ADD, **_row(event)) == 1

    async def save(self, event: Event) -> None:
        changed = {name: value for name, value in _row(event).items() if name not in _FIXED}
        await self._transaction.execute(SAVE, event_id=event.id, **changed)

    async def remove(self, event: Event) -> None:
        await self._transaction.execute(REMOVE, event_id=event.id)

    async def count(self, user_id: str) -> tuple[int, int]:
        return await self._transaction.one(COUNT, user_id=user_id) or (0, 0)

    async def await_imports(self, user_id: str) -> None:
        await self._transaction.execute(AWAIT_IMPORTS, name=f"import {user_id}")

    async def lock_imported(self, user_id: str, uids: Sequence[str], ids: Sequence[str]) -> list[Event]:
        return await self._transaction.all(LOCK_IMPORTED, user_id=user_id, uids=list(uids), ids=list(ids))

    async def due(self, now: datetime, size: int) -> list[Event]:
        return await self._transaction.all(DUE, now=now, size=size)

    async def schedule(self, event: Event, time: datetime | None) -> None:
        await self._transaction.execute(SCHEDULE, event_id=event.id, time=time)

    async def forget_deletions(self, before: datetime) -> None:
        await self._transaction.execute(FORGET, before=before)
