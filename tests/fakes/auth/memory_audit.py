"""The audit log in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from auth_service.domain.audit import AuditEvent, AuditQuery, Link


@dataclass
class AuditTables:
    """Entries by id, links in order, and the ids of entries in no chain yet."""

    events: dict[str, AuditEvent] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)
    queue: set[str] = field(default_factory=set)


class MemoryAudit:
    """See ports.Audit and ports.AuditReader."""

    def __init__(self, tables: AuditTables) -> None:
        self._tables = tables

    async def record(self, event: AuditEvent) -> None:
        self._tables.events[event.id] = event
        self._tables.queue.add(event.id)

    async def unsealed(self, limit: int) -> Sequence[AuditEvent]:
        return [self._tables.events[each] for each in sorted(self._tables.queue)[:limit]]

    async def last_link(self) -> Link | None:
        return self._tables.links[-1] if self._tables.links else None

    async def seal(self, links: Sequence[Link]) -> None:
        self._tables.links += links
        self._tables.queue -= {link.event_id for link in links}

    async def search(self, query: AuditQuery, before: str | None, limit: int) -> Sequence[AuditEvent]:
        found = [
            event
            for event in self._tables.events.values()
            if query.since <= event.create_time < query.until and (before is None or event.id < before)
            if all(
                getattr(query, name) in ("", getattr(event, name))
                for name in ("actor_id", "subject_id", "action", "outcome")
            )
        ]
        return sorted(found, key=lambda event: event.id, reverse=True)[:limit]

    async def links(self, after: int, limit: int) -> Sequence[tuple[Link, AuditEvent | None]]:
        following = [link for link in self._tables.links if link.position > after][:limit]
        return [(link, self._tables.events.get(link.event_id)) for link in following]

    async def unsealed_since(self, time: datetime) -> int:
        linked = {link.event_id for link in self._tables.links}
        return sum(each.create_time <= time and each.id not in linked for each in self._tables.events.values())
