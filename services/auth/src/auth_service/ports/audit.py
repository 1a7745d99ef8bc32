"""The audit log."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from auth_service.domain.audit import AuditEvent, AuditQuery, Link


class AuditReader(Protocol):
    """The audit log as it is now."""

    async def search(self, query: AuditQuery, before: str | None, limit: int) -> Sequence[AuditEvent]:
        """At most `limit` entries, the newest first, older than `before`."""
        ...

    async def links(self, after: int, limit: int) -> Sequence[tuple[Link, AuditEvent | None]]:
        """At most `limit` links after a position, in order, each with its entry, None when that is gone."""
        ...

    async def unsealed_since(self, time: datetime) -> int:
        """How many entries as old as that, or older, are in no chain."""
        ...


class Audit(Protocol):
    """The audit log inside a unit of work: nothing that was written is ever changed."""

    async def record(self, event: AuditEvent) -> None:
        """Write an entry; anybody may. It is kept when this unit of work is."""
        ...

    async def unsealed(self, limit: int) -> Sequence[AuditEvent]:
        """At most `limit` entries in no chain yet, the oldest first; none while another unit of work links some."""
        ...

    async def last_link(self) -> Link | None:
        """The end of the chain, None while it is empty."""
        ...

    async def seal(self, links: Sequence[Link]) -> None:
        """Append links for entries that `unsealed` gave."""
        ...
