"""The audit log in PostgreSQL. The service's role may add to it and read it; that it may do no more is in the migration."""

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, Text, bindparam, delete, exists, func, insert, literal, or_, select, text

from auth_service.domain.audit import AuditEvent, AuditQuery, Link
from auth_service.storage.accounts import LAST_ID
from auth_service.tables import METADATA
from servicekit.database import Database, Transaction, compile_command, compile_statement
from servicekit.database.statements import Statement

log = logging.getLogger(__name__)
_EVENTS, _LINKS, _QUEUE = (METADATA.tables[name] for name in ("audit_events", "audit_links", "audit_queue"))
_SEALING_LOCK = 0x617564  # any number of our own

_QUEUED = insert(_QUEUE).values(event_id=bindparam("id")).cte("queued")
_RECORD = compile_command(insert(_EVENTS).values({c.name: bindparam(c.name) for c in _EVENTS.c}).add_cte(_QUEUED))
_LOCK = compile_statement(select(func.pg_try_advisory_xact_lock(literal(_SEALING_LOCK))), row=bool)
_UNSEALED = compile_statement(
    select(_EVENTS)
    .join(_QUEUE, _QUEUE.c.event_id == _EVENTS.c.id)
    .order_by(_QUEUE.c.event_id)
    .limit(bindparam("limit")),
    row=AuditEvent,
)
_LAST = compile_statement(select(_LINKS).order_by(_LINKS.c.position.desc()).limit(1), row=Link)
_SEAL = compile_command(
    text(
        "INSERT INTO audit_links (position, event_id, hash) "
        "SELECT * FROM unnest(CAST(:positions AS bigint[]), CAST(:ids AS uuid[]), CAST(:hashes AS bytea[]))"
    )
)
_UNQUEUE = compile_command(delete(_QUEUE).where(text("event_id = ANY(CAST(:ids AS uuid[]))")))
_FOLLOW = compile_statement(
    select(_LINKS, _EVENTS)
    .join(_EVENTS, _EVENTS.c.id == _LINKS.c.event_id, isouter=True)
    .where(_LINKS.c.position > bindparam("after"))
    .order_by(_LINKS.c.position)
    .limit(bindparam("limit")),
    row=lambda position, event_id, hashed, *event: (
        Link(position, event_id, hashed),
        AuditEvent(*event) if event[0] else None,
    ),
)
_COUNT_UNSEALED = compile_statement(
    select(func.count())
    .select_from(_EVENTS)
    .where(_EVENTS.c.create_time <= bindparam("time"), ~exists().where(_LINKS.c.event_id == _EVENTS.c.id)),
    row=int,
)


def _search(*given: str) -> Statement[AuditEvent]:
    """One statement for each choice of ids, so that each is answered from an index."""
    found: Select[Any] = select(_EVENTS).where(
        *(_EVENTS.c[name] == bindparam(name) for name in given),
        *(or_(bindparam(name, type_=Text) == "", _EVENTS.c[name] == bindparam(name)) for name in ("action", "outcome")),
        _EVENTS.c.create_time >= bindparam("since"),
        _EVENTS.c.create_time < bindparam("until"),
        _EVENTS.c.id < bindparam("before"),
    )
    # Ids begin with the time they were made.
    return compile_statement(found.order_by(_EVENTS.c.id.desc()).limit(bindparam("limit")), row=AuditEvent)


_CHOICES: tuple[tuple[str, ...], ...] = ((), ("actor_id",), ("subject_id",), ("actor_id", "subject_id"))
_SEARCHES = {given: _search(*given) for given in _CHOICES}


class StoredAudit:
    """See ports.AuditReader."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def search(self, query: AuditQuery, before: str | None, limit: int) -> Sequence[AuditEvent]:
        """One round trip."""
        given = tuple(name for name in ("actor_id", "subject_id") if getattr(query, name))
        return await self._database.all(
            _SEARCHES[given],
            **{name: getattr(query, name) for name in given},
            action=query.action,
            outcome=query.outcome,
            since=query.since,
            until=query.until,
            before=before or LAST_ID,
            limit=limit,
        )

    async def links(self, after: int, limit: int) -> Sequence[tuple[Link, AuditEvent | None]]:
        """By the chain's own order."""
        return await self._database.all(_FOLLOW, after=after, limit=limit)

    async def unsealed_since(self, time: datetime) -> int:
        """Reads the whole log: for verification alone."""
        return await self._database.one(_COUNT_UNSEALED, time=time) or 0


class AuditInWork:
    """See ports.Audit."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def record(self, event: AuditEvent) -> None:
        """The entry, and its place in the queue to the chain, in one statement."""
        await self._transaction.execute(_RECORD, **{c.name: getattr(event, c.name) for c in _EVENTS.c})

    async def unsealed(self, limit: int) -> Sequence[AuditEvent]:
        """Nothing while another transaction holds the chain's end."""
        if not await self._transaction.one(_LOCK):
            return ()
        return await self._transaction.all(_UNSEALED, limit=limit)

    async def last_link(self) -> Link | None:
        """By the primary key."""
        return await self._transaction.one(_LAST)

    async def seal(self, links: Sequence[Link]) -> None:
        """Two statements; the log of this process tells the new end, where nobody with the database alone can change it."""
        ids = [link.event_id for link in links]
        positions, hashes = [link.position for link in links], [link.hash for link in links]
        await self._transaction.execute(_SEAL, positions=positions, ids=ids, hashes=hashes)
        await self._transaction.execute(_UNQUEUE, ids=ids)
        log.info("audit log sealed", extra={"position": links[-1].position, "hash": links[-1].hash.hex()})
