"""Auth's database in memory: units of work that are kept or undone, one after the other, seen as the caller may see."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import datetime

from fakes.auth.memory_audit import AuditTables, MemoryAudit
from fakes.auth.memory_erasures import MemoryErasures
from fakes.auth.memory_exports import MemoryExports
from fakes.auth.memory_factors import FactorTables, MemorySecondFactors

from auth_service.domain.accounts import Account, MailKind
from auth_service.domain.administration import is_acting_admin
from auth_service.domain.audit import AuditEvent, AuditQuery, Link
from auth_service.domain.email_changes import EmailChange
from auth_service.domain.erasure import RECEIPTS_KEPT, Erasure, ErasureStatus, Receipt
from auth_service.domain.events import Event
from auth_service.domain.exports import Export
from auth_service.domain.mail_requests import MailRequest
from auth_service.domain.mails import ABANDONED_KEPT, SENT_KEPT, Mail, MailStatus
from auth_service.domain.preferences import Preferences
from auth_service.domain.secrets import MailedToken, TokenPurpose
from auth_service.domain.sessions import ENDED_KEPT, RefreshToken, Session, expire_time, is_living
from auth_service.errors import EmailTaken
from servicekit.caller import Role, caller_or_none


@dataclass
class Tables:
    """Everything kept."""

    accounts: dict[str, Account] = field(default_factory=dict)
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


def _may_see(owner: str) -> bool:
    caller = caller_or_none()
    return caller is not None and (caller.role is Role.SERVICE or caller.id == owner)


class MemoryAccounts:
    """See ports.Accounts and ports.AccountReader."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def get(self, account_id: str) -> Account | None:
        return self._tables.accounts.get(account_id) if _may_see(account_id) else None

    async def by_email(self, email: str) -> Account | None:
        found = (account for account in self._tables.accounts.values() if account.email == email)
        return next((account for account in found if _may_see(account.id)), None)

    async def known(self, ids: Sequence[str], names: Sequence[str], limit: int) -> Sequence[Account]:
        found = [
            account
            for account in self._tables.accounts.values()
            if (account.id in ids or account.display_name.lower() in names)
            and account.verify_time is not None
            and account.suspend_time is None
            and _may_see(account.id)
        ]
        return sorted(found, key=lambda account: account.id)[:limit]

    async def search(self, query: str, role: Role | None, before: str | None, limit: int) -> Sequence[Account]:
        found = [
            account
            for account in self._tables.accounts.values()
            if _may_see(account.id)
            and (query.lower() in account.email or query.lower() in account.display_name.lower())
            and role in (None, account.role)
            and (before is None or account.id < before)
        ]
        return sorted(found, key=lambda account: account.id, reverse=True)[:limit]

    async def acting_admins(self) -> Sequence[Account]:
        admins = [account for account in self._tables.accounts.values() if is_acting_admin(account)]
        return [admin for admin in admins if admin.id not in self._tables.erasures]

    async def add(self, account: Account) -> bool:
        if any(known.email == account.email for known in self._tables.accounts.values()):
            return False
        self._tables.accounts[account.id] = account
        return True

    async def save(self, account: Account) -> None:
        self._tables.accounts[account.id] = replace(account, email=self._tables.accounts[account.id].email)

    async def change_email(self, account_id: str, email: str) -> None:
        if any(known.email == email for known in self._tables.accounts.values()):
            raise EmailTaken
        self._tables.accounts[account_id] = replace(self._tables.accounts[account_id], email=email)

    async def remove_unconfirmed(self, account_id: str) -> None:
        if self._tables.accounts[account_id].verify_time is None:
            del self._tables.accounts[account_id]


class MemoryTokens:
    """See ports.MailedTokens."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def add(self, token: MailedToken) -> None:
        self._tables.tokens[token.digest] = token

    async def get(self, digest: bytes) -> MailedToken | None:
        return self._tables.tokens.get(digest)

    async def remove(self, user_id: str, sparing: Sequence[TokenPurpose] = ()) -> None:
        self._tables.tokens = {
            d: each for d, each in self._tables.tokens.items() if each.user_id != user_id or each.purpose in sparing
        }


class MemoryEmailChanges:
    """See ports.EmailChanges."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def get(self, user_id: str) -> EmailChange | None:
        return self._tables.email_changes.get(user_id)

    async def save(self, change: EmailChange) -> None:
        self._tables.email_changes[change.user_id] = change


class MemoryMailRequests:
    """See ports.MailRequests."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def add(self, request: MailRequest) -> None:
        self._tables.mail_requests.append(request)

    async def take(self) -> MailRequest | None:
        return self._tables.mail_requests.pop(0) if self._tables.mail_requests else None


class MemorySessions:
    """See ports.Sessions and ports.SessionReader."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def add(self, session: Session) -> None:
        self._tables.sessions[session.id] = session

    async def get(self, session_id: str) -> Session | None:
        session = self._tables.sessions.get(session_id)
        return session if session and _may_see(session.user_id) else None

    async def unended(self, user_id: str) -> Sequence[Session]:
        mine = [session for session in self._tables.sessions.values() if session.user_id == user_id]
        return sorted((each for each in mine if each.revoke_time is None), key=lambda session: session.id)

    async def save(self, session: Session) -> None:
        self._tables.sessions[session.id] = session

    async def living(self, user_id: str, now: datetime, before: str | None, limit: int) -> Sequence[Session]:
        found = [
            session
            for session in self._tables.sessions.values()
            if session.user_id == user_id and _may_see(user_id) and is_living(session, now)
        ]
        older = [session for session in found if before is None or session.id < before]
        return sorted(older, key=lambda session: session.id, reverse=True)[:limit]

    async def add_refresh_token(self, token: RefreshToken) -> None:
        self._tables.refresh_tokens[token.digest] = token

    async def refresh_token(self, digest: bytes) -> RefreshToken | None:
        return self._tables.refresh_tokens.get(digest)


class MemoryPreferences:
    """See ports.AllPreferences."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def of(self, user_id: str) -> Preferences | None:
        return self._tables.preferences.get(user_id) if _may_see(user_id) else None

    async def save(self, user_id: str, preferences: Preferences) -> None:
        self._tables.preferences[user_id] = preferences


class MemoryLeftovers:
    """See ports.Leftovers."""

    def __init__(self, database: "MemoryDatabase") -> None:
        self._database = database

    async def remove_sessions(self, now: datetime, limit: int) -> int:
        tables = self._database.tables
        old = [
            session.id
            for session in tables.sessions.values()
            if now >= expire_time(session) or (session.revoke_time and now >= session.revoke_time + ENDED_KEPT)
        ][:limit]
        for each in old:
            del tables.sessions[each]
        kept = {digest: token for digest, token in tables.refresh_tokens.items() if token.session_id not in old}
        tables.refresh_tokens = kept
        return len(old)

    async def remove_mailed_tokens(self, now: datetime, limit: int) -> int:
        tokens = self._database.tables.tokens
        old = [digest for digest, token in tokens.items() if now >= token.expire_time][:limit]
        for each in old:
            del tokens[each]
        return len(old)

    async def remove_email_changes(self, now: datetime, limit: int) -> int:
        changes = self._database.tables.email_changes
        old = [user_id for user_id, change in changes.items() if now >= change.expire_time][:limit]
        for each in old:
            del changes[each]
        return len(old)

    async def remove_challenges(self, now: datetime, limit: int) -> int:
        challenges = self._database.tables.factors.challenges
        old = [digest for digest, waiting in challenges.items() if now >= waiting.expire_time][:limit]
        for each in old:
            del challenges[each]
        return len(old)

    async def remove_mails(self, now: datetime, limit: int) -> int:
        kept = {MailStatus.SENT: SENT_KEPT, MailStatus.ABANDONED: ABANDONED_KEPT}
        mails = self._database.tables.mails
        old = [m.id for m in mails.values() if m.status in kept and now >= m.create_time + kept[m.status]][:limit]
        for each in old:
            del mails[each]
        return len(old)

    async def remove_exports(self, now: datetime, limit: int) -> int:
        exports = self._database.tables.exports
        old = [each.id for each in exports.values() if each.expire_time and each.expire_time <= now][:limit]
        for each in old:
            del exports[each]
            self._database.tables.pieces.pop(each, None)
        return len(old)

    async def remove_erasures(self, now: datetime, limit: int) -> int:
        tables = self._database.tables
        old = [e.user_id for e in tables.erasures.values() if e.finish_time and now >= e.finish_time + RECEIPTS_KEPT]
        for each in old[:limit]:
            del tables.erasures[each]
        tables.receipts = {key: receipt for key, receipt in tables.receipts.items() if key[0] in tables.erasures}
        return len(old[:limit])


class MemoryMails:
    """See ports.Mails."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def add(self, mail: Mail) -> None:
        self._tables.mails[mail.id] = mail

    async def count(self, user_id: str, kind: MailKind, since: datetime) -> int:
        mails = self._tables.mails.values()
        return sum(mail.user_id == user_id and mail.kind is kind and mail.create_time > since for mail in mails)

    async def claim(self, now: datetime, until: datetime, limit: int) -> Sequence[Mail]:
        due = [m for m in self._tables.mails.values() if m.status is MailStatus.PENDING and m.due_time <= now]
        due.sort(key=lambda mail: mail.due_time)
        claimed = [replace(mail, attempts=mail.attempts + 1, due_time=until) for mail in due[:limit]]
        self._tables.mails |= {mail.id: mail for mail in claimed}
        return claimed

    async def save(self, mail: Mail) -> None:
        if self._tables.mails[mail.id].attempts == mail.attempts:
            self._tables.mails[mail.id] = mail


class MemoryWork:
    """See ports.Work."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self.accounts = MemoryAccounts(tables)
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
