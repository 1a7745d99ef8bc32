"""Accounts, the tokens mailed to them, and what their owners prefer, in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from fakes.auth.seeing import may_see

from auth_service.domain.accounts import Account
from auth_service.domain.administration import is_acting_admin
from auth_service.domain.email_changes import EmailChange
from auth_service.domain.preferences import Preferences
from auth_service.domain.secrets import MailedToken, TokenPurpose
from auth_service.errors import EmailTaken
from servicekit.caller import Role

if TYPE_CHECKING:
    from fakes.auth.memory import Tables


class MemoryAccounts:
    """See ports.Accounts and ports.AccountReader."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def get(self, account_id: str) -> Account | None:
        return self._tables.accounts.get(account_id) if may_see(account_id) else None

    async def by_email(self, email: str) -> Account | None:
        found = (account for account in self._tables.accounts.values() if account.email == email)
        return next((account for account in found if may_see(account.id)), None)

    async def known(self, ids: Sequence[str], names: Sequence[str], limit: int) -> Sequence[Account]:
        found = [
            account
            for account in self._tables.accounts.values()
            if (account.id in ids or account.display_name.lower() in names)
            and account.verify_time is not None
            and account.suspend_time is None
            and may_see(account.id)
        ]
        return sorted(found, key=lambda account: account.id)[:limit]

    async def search(self, query: str, role: Role | None, before: str | None, limit: int) -> Sequence[Account]:
        found = [
            account
            for account in self._tables.accounts.values()
            if may_see(account.id)
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


class MemoryPreferences:
    """See ports.AllPreferences."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def of(self, user_id: str) -> Preferences | None:
        return self._tables.preferences.get(user_id) if may_see(user_id) else None

    async def save(self, user_id: str, preferences: Preferences) -> None:
        self._tables.preferences[user_id] = preferences
