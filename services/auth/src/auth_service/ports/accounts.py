"""Accounts, the tokens mailed to them, and what their owners prefer."""

from collections.abc import Sequence
from typing import Protocol

from auth_service.domain.accounts import Account
from auth_service.domain.preferences import Preferences
from auth_service.domain.secrets import MailedToken, TokenPurpose
from servicekit.caller import Role


class AccountReader(Protocol):
    """Accounts as they are now, without holding them."""

    async def get(self, account_id: str) -> Account | None:
        """The account, or None when there is none the caller may see."""
        ...

    async def by_email(self, email: str) -> Account | None:
        """The account of a normalised address, or None."""
        ...

    async def known(self, ids: Sequence[str], names: Sequence[str], limit: int) -> Sequence[Account]:
        """At most `limit` confirmed accounts, not suspended, with one of those ids or names, given in lower case."""
        ...

    async def search(self, query: str, role: Role | None, before: str | None, limit: int) -> Sequence[Account]:
        """At most `limit`, the newest first, older than `before`; `query` is part of the address or name, "" of any."""
        ...


class Accounts(Protocol):
    """Accounts inside a unit of work: what is read stays locked until it ends."""

    async def get(self, account_id: str) -> Account | None:
        """The account, or None when there is none the caller may see."""
        ...

    async def by_email(self, email: str) -> Account | None:
        """The account of a normalised address, or None."""
        ...

    async def acting_admins(self) -> Sequence[Account]:
        """Every admin who is neither suspended nor leaving, held."""
        ...

    async def add(self, account: Account) -> bool:
        """Save a new account; False, and nothing saved, when its address has one."""
        ...

    async def save(self, account: Account) -> None:
        """Save an account that was read in this unit of work; its address stays."""
        ...

    async def change_email(self, account_id: str, email: str) -> None:
        """Give an account that was read in this unit of work another address. Raises EmailTaken."""
        ...

    async def remove_unconfirmed(self, account_id: str) -> None:
        """Forget an account whose address nobody confirmed."""
        ...


class MailedTokens(Protocol):
    """Mailed tokens, by their digest."""

    async def add(self, token: MailedToken) -> None:
        """Save a token."""
        ...

    async def get(self, digest: bytes) -> MailedToken | None:
        """The token, or None when none with that digest was mailed or a newer registration replaced it."""
        ...

    async def remove(self, user_id: str, sparing: Sequence[TokenPurpose] = ()) -> None:
        """Forget every token of an account but those for the purposes in `sparing`."""
        ...


class PreferencesReader(Protocol):
    """What people prefer, as it is now."""

    async def of(self, user_id: str) -> Preferences | None:
        """The account's, or None when it never changed any."""
        ...


class AllPreferences(PreferencesReader, Protocol):
    """Preferences inside a unit of work that holds the account."""

    async def save(self, user_id: str, preferences: Preferences) -> None:
        """Save all of them."""
        ...
