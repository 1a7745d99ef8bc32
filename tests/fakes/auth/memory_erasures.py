"""Accounts on their way out, in memory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from auth_service.domain.erasure import Erasure, ErasureStatus, Receipt

if TYPE_CHECKING:
    from fakes.auth.memory import Tables


class MemoryErasures:
    """See ports.Erasures and ports.ErasureReader."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def add(self, erasure: Erasure) -> bool:
        return self._tables.erasures.setdefault(erasure.user_id, erasure) is erasure

    async def cancel(self, user_id: str) -> bool:
        erasure = self._tables.erasures.get(user_id)
        if erasure is None or erasure.delete_time:
            return False
        del self._tables.erasures[user_id]
        return True

    async def get(self, user_id: str) -> Erasure | None:
        return self._tables.erasures.get(user_id)

    async def save(self, erasure: Erasure) -> None:
        self._tables.erasures[erasure.user_id] = erasure

    async def receive(self, user_id: str, receipt: Receipt) -> None:
        before = self._tables.receipts.get((user_id, receipt.service), receipt)
        rows = max(before.row_count, receipt.row_count)
        self._tables.receipts[user_id, receipt.service] = Receipt(receipt.service, rows, before.receive_time)

    async def receipts(self, user_id: str) -> Sequence[Receipt]:
        return [receipt for (owner, _), receipt in sorted(self._tables.receipts.items()) if owner == user_id]

    async def erase_account(self, user_id: str) -> int:
        erased = [self._tables.preferences.pop(user_id, None), self._tables.accounts.pop(user_id, None)]
        rows = sum(each is not None for each in erased)
        for export_id in [key for key, export in self._tables.exports.items() if export.user_id == user_id]:
            del self._tables.exports[export_id]
            rows += 1 + len(self._tables.pieces.pop(export_id, []))
        for table in (self._tables.mails, self._tables.tokens, self._tables.refresh_tokens, self._tables.sessions):
            for key in [key for key, row in table.items() if row.user_id == user_id]:
                del table[key]
                rows += 1
        return rows

    async def due(self, requested_by: datetime, limit: int) -> Sequence[str]:
        found = [e for e in self._tables.erasures.values() if not e.delete_time and e.request_time <= requested_by]
        return [erasure.user_id for erasure in sorted(found, key=lambda each: each.request_time)][:limit]

    async def silent(self, now: datetime, limit: int) -> Sequence[str]:
        found = [(e.announce_time, e.user_id) for e in self._tables.erasures.values() if e.announce_time]
        return [user_id for time, user_id in sorted(found) if time <= now][:limit]

    async def listed(self) -> Sequence[ErasureStatus]:
        found = sorted(self._tables.erasures.values(), key=lambda each: (each.request_time, each.user_id))
        return [ErasureStatus(each, tuple(await self.receipts(each.user_id))) for each in found]
