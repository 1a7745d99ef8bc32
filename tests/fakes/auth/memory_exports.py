"""What people take along, in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from auth_service.domain.exports import Export, ExportState
from servicekit.caller import Role, caller_or_none

if TYPE_CHECKING:
    from fakes.auth.memory import MemoryDatabase, Tables


class MemoryExports:
    """See ports.ExportsInWork."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def known(self, user_id: str, request_id: str | None) -> Export | None:
        mine = [each for each in self._tables.exports.values() if each.user_id == user_id]
        same = [each for each in mine if request_id and each.request_id == request_id]
        return next(iter(same + [each for each in mine if each.state is ExportState.GATHERING]), None)

    async def remove(self, export_id: str) -> None:
        del self._tables.exports[export_id]
        self._tables.pieces.pop(export_id, None)

    async def begun_since(self, user_id: str, since: datetime) -> Sequence[datetime]:
        mine = (each.create_time for each in self._tables.exports.values() if each.user_id == user_id)
        return [time for time in mine if time > since]

    async def add(self, export: Export) -> None:
        self._tables.exports[export.id] = export

    async def replace_secrets(self, user_id: str, salt: bytes) -> None:
        for each in [each for each in self._tables.exports.values() if each.user_id == user_id]:
            secret = hashlib.sha256(each.secret + salt).digest()
            self._tables.exports[each.id] = replace(each, secret=secret)

    async def claim(self, now: datetime, until: datetime) -> Export | None:
        due = [e for e in self._tables.exports.values() if e.state is ExportState.GATHERING and e.due_time <= now]
        if not due:
            return None
        first = min(due, key=lambda export: export.due_time)
        claimed = replace(first, attempts=first.attempts + 1, due_time=until)
        self._tables.exports[claimed.id] = claimed
        return claimed

    async def save(self, export: Export) -> bool:
        present = self._tables.exports.get(export.id)
        if present is None or present.attempts != export.attempts or present.state is not ExportState.GATHERING:
            return False
        self._tables.exports[export.id] = replace(export, secret=present.secret)
        return True

    async def keep(self, export_id: str, pieces: Iterable[bytes]) -> None:
        self._tables.pieces.setdefault(export_id, list(pieces))


class MemoryExportReader:
    """See ports.ExportReader; reads what is kept at the moment."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def get(self, export_id: str) -> Export | None:
        export, caller = self._database.tables.exports.get(export_id), caller_or_none()
        seen = export and caller and (caller.role is Role.SERVICE or caller.id == export.user_id)
        return export if seen else None

    async def piece(self, export: Export, number: int) -> bytes | None:
        found = await self.get(export.id)
        if found is None or found.secret != export.secret:
            return None
        pieces = self._database.tables.pieces.get(export.id, [])
        return pieces[number] if number < len(pieces) else None
