"""Auth's database in memory: units of work that are kept or undone, one after the other, seen as the caller may see."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime

from fakes.auth.memory_accounts import MemoryAccounts, MemoryEmailChanges, MemoryPreferences, MemoryTokens
from fakes.auth.memory_audit import AuditTables, MemoryAudit
from fakes.auth.memory_erasures import MemoryErasures
from fakes.auth.memory_exports import MemoryExports
from fakes.auth.memory_factors import FactorTables, MemorySecondFactors
from fakes.auth.memory_mails import MemoryMailRequests, MemoryMails
from fakes.auth.memory_registrations import MemoryRegistrations
from fakes.auth.memory_sessions import MemorySessions

from auth_service.domain.accounts import Account
from auth_service.domain.audit import AuditEvent, AuditQuery, Link
from auth_service.domain.email_changes import EmailChange
from auth_service.domain.erasure import Erasure, ErasureStatus, Receipt
from auth_service.domain.events import Event
from auth_service.domain.exports import Export
from auth_service.domain.mail_requests import MailRequest
from auth_service.domain.mails import Mail
from auth_service.domain.preferences import Preferences
from auth_service.domain.registrations import PendingRegistration
from auth_service.domain.secrets import MailedToken
from auth_service.domain.sessions import RefreshToken, Session
from servicekit.caller import Role


@dataclass
class Tables:
    """Everything kept."""

    accounts: dict[str, Account] = field(default_factory=dict)
    registrations: dict[str, PendingRegistration] = field(default_factory=dict)
    tokens: dict[bytes, MailedToken] = field(default_factory=dict)
    sessions: dict[str, Session] = field(default_factory=dict)
    refresh_tokens: dict[bytes, RefreshToken] = field(default_factory=dict)
    preferences: dict[str, Preferences] = field(default_factory=dict)
    mails: dict[str, Mail] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    email_changes: dict[str, EmailChange] = field(default_factory=dict)
    mail_requests: list[MailRequest] = field(default_factory=list)
    factors: FactorTables = field(default_factory=FactorTables)
    audit: AuditTables = field(default_factory=AuditTables)
    erasures: dict[str, Erasure] = field(default_factory=dict)
    receipts: dict[tuple[str, str], Receipt] = field(default_factory=dict)
    exports: dict[str, Export] = field(default_factory=dict)
    pieces: dict[str, list[bytes]] = field(default_factory=dict)


class MemoryWork:
    """See ports.Work."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self.accounts = MemoryAccounts(tables)
        self.registrations = MemoryRegistrations(tables)
        self.mailed_tokens = MemoryTokens(tables)
        self.sessions = MemorySessions(tables)
        self.preferences = MemoryPreferences(tables)
        self.mails = MemoryMails(tables)
        self.email_changes = MemoryEmailChanges(tables)
        self.mail_requests = MemoryMailRequests(tables)
        self.second_factors = MemorySecondFactors(tables.factors)
        self.erasures = MemoryErasures(tables)
        self.exports = MemoryExports(tables)
        self.audit = MemoryAudit(tables.audit)

    async def publish(self, event: Event) -> None:
        self._tables.events.append(event)


class MemoryDatabase:
    """Hands out units of work and reads; `tables` is what was kept."""

    def __init__(self) -> None:
        self.tables = Tables()
        self._one_at_a_time = asyncio.Lock()

    @asynccontextmanager
    async def unit_of_work(self) -> AsyncIterator[MemoryWork]:
        async with self._one_at_a_time:
            changed = deepcopy(self.tables)
            yield MemoryWork(changed)
            self.tables = changed

    async def due(self, requested_by: datetime, limit: int) -> Sequence[str]:
        """See ports.ErasureReader."""
        return await MemoryErasures(self.tables).due(requested_by, limit)

    async def silent(self, now: datetime, limit: int) -> Sequence[str]:
        """See ports.ErasureReader."""
        return await MemoryErasures(self.tables).silent(now, limit)

    async def listed(self) -> Sequence[ErasureStatus]:
        """See ports.ErasureReader."""
        return await MemoryErasures(self.tables).listed()

    async def get(self, account_id: str) -> Account | None:
        """See ports.AccountReader."""
        return await MemoryAccounts(self.tables).get(account_id)

    async def by_email(self, email: str) -> Account | None:
        """See ports.AccountReader."""
        return await MemoryAccounts(self.tables).by_email(email)

    async def salted(self, email: str) -> str | None:
        """See ports.RegistrationReader."""
        return await MemoryRegistrations(self.tables).salted(email)

    async def waits(self, email: str, password_hash: str) -> bool:
        """See ports.RegistrationReader."""
        return await MemoryRegistrations(self.tables).waits(email, password_hash)

    async def known(self, ids: Sequence[str], names: Sequence[str], limit: int) -> Sequence[Account]:
        """See ports.AccountReader."""
        return await MemoryAccounts(self.tables).known(ids, names, limit)

    async def search(self, query: str, role: Role | None, before: str | None, limit: int) -> Sequence[Account]:
        """See ports.AccountReader."""
        return await MemoryAccounts(self.tables).search(query, role, before, limit)

    async def of(self, user_id: str) -> Preferences | None:
        """See ports.PreferencesReader."""
        return await MemoryPreferences(self.tables).of(user_id)

    async def living(self, user_id: str, now: datetime, before: str | None, limit: int) -> Sequence[Session]:
        """See ports.SessionReader."""
        return await MemorySessions(self.tables).living(user_id, now, before, limit)


class MemoryAuditReader:
    """See ports.AuditReader; reads what is kept at the moment."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def search(self, query: AuditQuery, before: str | None, limit: int) -> Sequence[AuditEvent]:
        return await MemoryAudit(self._database.tables.audit).search(query, before, limit)

    async def links(self, after: int, limit: int) -> Sequence[tuple[Link, AuditEvent | None]]:
        return await MemoryAudit(self._database.tables.audit).links(after, limit)

    async def unsealed_since(self, time: datetime) -> int:
        return await MemoryAudit(self._database.tables.audit).unsealed_since(time)
