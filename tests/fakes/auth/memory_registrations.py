"""Registrations that wait to be confirmed, in memory."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from auth_service.domain.registrations import PendingRegistration

if TYPE_CHECKING:
    from fakes.auth.memory import Tables


class MemoryRegistrations:
    """See ports.Registrations and ports.RegistrationReader."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def add(self, registration: PendingRegistration) -> bool:
        wish = registration.wish
        known = {(each.wish.email, each.wish.request_id) for each in self._tables.registrations.values()}
        if wish.request_id and (wish.email, wish.request_id) in known:
            return False
        self._tables.registrations[registration.id] = registration
        return True

    async def get(self, registration_id: str) -> PendingRegistration | None:
        return self._tables.registrations.get(registration_id)

    async def salted(self, email: str) -> str | None:
        newest = await self.newest(email)
        return newest.wish.password_hash if newest else None

    async def waits(self, email: str, password_hash: str) -> bool:
        waiting = self._tables.registrations.values()
        return any((each.wish.email, each.wish.password_hash) == (email, password_hash) for each in waiting)

    async def newest(self, email: str) -> PendingRegistration | None:
        found = (each for each in self._tables.registrations.values() if each.wish.email == email)
        return max(found, key=lambda each: each.id, default=None)

    async def older(self, registration: PendingRegistration, most: int) -> int:
        waiting = [each for each in self._tables.registrations.values() if each.wish.email == registration.wish.email]
        return min(most, sum(each.id < registration.id for each in waiting))

    async def become_account(self, registration_id: str) -> None:
        del self._tables.registrations[registration_id]
        for mail in [each for each in self._tables.mails.values() if each.registration_id == registration_id]:
            self._tables.mails[mail.id] = replace(mail, user_id=registration_id, registration_id=None)
        for token in [each for each in self._tables.tokens.values() if each.registration_id == registration_id]:
            self._tables.tokens[token.digest] = replace(token, user_id=registration_id, registration_id=None)
