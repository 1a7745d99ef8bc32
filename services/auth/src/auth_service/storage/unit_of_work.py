"""One PostgreSQL transaction as a unit of work, events included."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from auth_service.domain.events import AccessRevoked, Event, UserDeleted, UserRegistered
from auth_service.ports import UnitOfWork
from auth_service.storage.accounts import AccountsInWork
from auth_service.storage.audit import AuditInWork
from auth_service.storage.email_changes import EmailChangesInWork
from auth_service.storage.erasures import ErasuresInWork
from auth_service.storage.exports import StoredExportsInWork
from auth_service.storage.mail_requests import MailRequestsInWork
from auth_service.storage.mailed_tokens import MailedTokensInWork
from auth_service.storage.mails import MailsInWork
from auth_service.storage.preferences import PreferencesInWork
from auth_service.storage.registrations import RegistrationsInWork
from auth_service.storage.second_factors import SecondFactorsInWork
from auth_service.storage.sessions import SessionsInWork
from littlemonster.auth.v1 import auth_events_pb2 as events_pb2
from servicekit.database import Database, Transaction


class StoredWork:
    """See ports.Work."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self.accounts = AccountsInWork(transaction)
        self.registrations = RegistrationsInWork(transaction)
        self.mailed_tokens = MailedTokensInWork(transaction)
        self.sessions = SessionsInWork(transaction)
        self.preferences = PreferencesInWork(transaction)
        self.mails = MailsInWork(transaction)
        self.email_changes = EmailChangesInWork(transaction)
        self.mail_requests = MailRequestsInWork(transaction)
        self.second_factors = SecondFactorsInWork(transaction)
        self.audit = AuditInWork(transaction)
        self.erasures = ErasuresInWork(transaction)
        self.exports = StoredExportsInWork(transaction)

    async def publish(self, event: Event) -> None:
        """The event becomes a row of the outbox; the relay sends it after the commit."""
        subject, message, about = _envelope(event)
        await self._transaction.emit(subject, message, about)


def units_of_work(database: Database) -> UnitOfWork:
    """Each unit of work is one transaction, run as the present caller."""

    @asynccontextmanager
    async def begin() -> AsyncIterator[StoredWork]:
        async with database.transaction() as transaction:
            yield StoredWork(transaction)

    return begin


def _envelope(event: Event) -> tuple[str, Message, str]:
    if isinstance(event, UserRegistered):
        registered = events_pb2.UserRegistered(
            user_id=event.user_id, display_name=event.display_name, create_time=_timestamp(event.create_time)
        )
        return "user.registered", registered, event.user_id
    if isinstance(event, UserDeleted):
        deleted = events_pb2.UserDeleted(user_id=event.user_id, delete_time=_timestamp(event.delete_time))
        return "user.deleted", deleted, event.user_id
    if isinstance(event, AccessRevoked):
        ended = events_pb2.UserAccessRevoked(
            user_id=event.user_id, revoke_time=_timestamp(event.revoke_time), spared_session_id=event.spared_session
        )
        return "user.access_revoked", ended, event.user_id
    revoked = events_pb2.SessionRevoked(
        session_id=event.session_id, user_id=event.user_id, revoke_time=_timestamp(event.revoke_time)
    )
    return "session.revoked", revoked, event.session_id


def _timestamp(time: datetime) -> Timestamp:
    timestamp = Timestamp()
    timestamp.FromDatetime(time)
    return timestamp
