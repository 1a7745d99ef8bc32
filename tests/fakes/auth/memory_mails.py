"""Mails and the wishes for them, in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from auth_service.domain.accounts import MailKind
from auth_service.domain.mail_requests import MailRequest
from auth_service.domain.mails import Mail, MailStatus

if TYPE_CHECKING:
    from fakes.auth.memory import Tables


class MemoryMailRequests:
    """See ports.MailRequests."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def add(self, request: MailRequest) -> None:
        self._tables.mail_requests.append(request)

    async def take(self) -> MailRequest | None:
        return self._tables.mail_requests.pop(0) if self._tables.mail_requests else None

    async def drop(self, request_id: str) -> None:
        self._tables.mail_requests[:] = [each for each in self._tables.mail_requests if each.id != request_id]


class MemoryMails:
    """See ports.Mails."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def add(self, mail: Mail) -> None:
        self._tables.mails[mail.id] = mail

    async def count(self, user_id: str, kind: MailKind, since: datetime) -> int:
        mails = self._tables.mails.values()
        return sum(mail.user_id == user_id and mail.kind is kind and mail.create_time > since for mail in mails)

    async def to_registrations(self, email: str, kind: MailKind, since: datetime) -> Sequence[datetime]:
        waiting = {each.id for each in self._tables.registrations.values() if each.wish.email == email}
        mails = [each for each in self._tables.mails.values() if each.registration_id in waiting and each.kind is kind]
        return sorted((mail.create_time for mail in mails if mail.create_time > since), reverse=True)

    async def claim(self, now: datetime, until: datetime, limit: int) -> Sequence[Mail]:
        due = [m for m in self._tables.mails.values() if m.status is MailStatus.PENDING and m.due_time <= now]
        due.sort(key=lambda mail: mail.due_time)
        claimed = [replace(mail, attempts=mail.attempts + 1, due_time=until) for mail in due[:limit]]
        self._tables.mails |= {mail.id: mail for mail in claimed}
        return claimed

    async def save(self, mail: Mail) -> None:
        if self._tables.mails[mail.id].attempts == mail.attempts:
            self._tables.mails[mail.id] = mail
