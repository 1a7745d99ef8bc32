"""What auth's use cases need from outside; each docstring says what "absent" means."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from auth_service.domain.events import Event
from auth_service.ports.access_tokens import KeyStore, TokenSigner
from auth_service.ports.accounts import AccountReader, Accounts, AllPreferences, MailedTokens, PreferencesReader
from auth_service.ports.audit import Audit, AuditReader
from auth_service.ports.erasure import ErasureReader, Erasures
from auth_service.ports.exports import Archive, Archives, ExportReader, ExportsInWork, PersonalData
from auth_service.ports.health import HealthProbe
from auth_service.ports.leftovers import Leftovers
from auth_service.ports.mails import EmailChanges, Letters, Mailer, MailRequests, Mails
from auth_service.ports.passwords import AttemptLimiter, Passwords
from auth_service.ports.registrations import RegistrationReader, Registrations
from auth_service.ports.second_factors import OneTimeCodes, SecondFactors, Vault
from auth_service.ports.sessions import SessionReader, Sessions
from auth_service.ports.stats import Activities, ActivityReader

__all__ = [
    "AccountReader",
    "Accounts",
    "Activities",
    "ActivityReader",
    "AllPreferences",
    "Archive",
    "Archives",
    "AttemptLimiter",
    "Audit",
    "AuditReader",
    "EmailChanges",
    "ErasureReader",
    "Erasures",
    "ExportReader",
    "ExportsInWork",
    "HealthProbe",
    "KeyStore",
    "Leftovers",
    "Letters",
    "MailRequests",
    "MailedTokens",
    "Mailer",
    "Mails",
    "OneTimeCodes",
    "Passwords",
    "PersonalData",
    "PreferencesReader",
    "RegistrationReader",
    "Registrations",
    "SecondFactors",
    "SessionReader",
    "Sessions",
    "TokenSigner",
    "UnitOfWork",
    "Vault",
    "Work",
]


class Work(Protocol):
    """One unit of work: all of it is kept, or nothing."""

    @property
    def accounts(self) -> Accounts:
        """The accounts."""
        ...

    @property
    def registrations(self) -> Registrations:
        """Registrations that wait to be confirmed."""
        ...

    @property
    def mailed_tokens(self) -> MailedTokens:
        """The mailed tokens."""
        ...

    @property
    def sessions(self) -> Sessions:
        """The sessions."""
        ...

    @property
    def preferences(self) -> AllPreferences:
        """What people prefer."""
        ...

    @property
    def mails(self) -> Mails:
        """The mail outbox."""
        ...

    @property
    def email_changes(self) -> EmailChanges:
        """Changes of addresses."""
        ...

    @property
    def mail_requests(self) -> MailRequests:
        """Wishes for mail."""
        ...

    @property
    def second_factors(self) -> SecondFactors:
        """The second factors."""
        ...

    @property
    def audit(self) -> Audit:
        """The audit log."""
        ...

    @property
    def erasures(self) -> Erasures:
        """Accounts on their way out."""
        ...

    @property
    def exports(self) -> ExportsInWork:
        """What people take along."""
        ...

    async def publish(self, event: Event) -> None:
        """Tell the other services once this unit of work is kept."""
        ...


UnitOfWork = Callable[[], AbstractAsyncContextManager[Work]]
"""Begins a unit of work; leaving it normally keeps it, leaving it by an exception undoes it."""
