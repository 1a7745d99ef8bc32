"""Registrations that wait to be confirmed, in PostgreSQL."""

from datetime import datetime

from sqlalchemy import bindparam, delete, exists, func, null, select, update
from sqlalchemy.dialects.postgresql import insert

from auth_service.domain.accounts import Registration
from auth_service.domain.registrations import PendingRegistration
from auth_service.tables import METADATA
from servicekit.database import Database, Transaction, compile_command, compile_statement

_REGISTRATIONS, _MAILS, _TOKENS = (METADATA.tables[name] for name in ("registrations", "mails", "mailed_tokens"))


def _registration(
    registration_id: str,
    email: str,
    display_name: str,
    password_hash: str,
    request_id: str | None,
    ip_address: str,
    create_time: datetime,
) -> PendingRegistration:
    wish = Registration(email, display_name, password_hash, request_id)
    return PendingRegistration(registration_id, wish, ip_address, create_time)


_ADD = compile_command(
    insert(_REGISTRATIONS)
    .values({column.name: bindparam(column.name) for column in _REGISTRATIONS.c})
    .on_conflict_do_nothing()
)
_HOLD = compile_statement(
    select(_REGISTRATIONS).where(_REGISTRATIONS.c.id == bindparam("id")).with_for_update(), row=_registration
)
# Ids begin with the time they were made.
_OF_ADDRESS = (
    select(_REGISTRATIONS)
    .where(_REGISTRATIONS.c.email == bindparam("email"))
    .order_by(_REGISTRATIONS.c.id.desc())
    .limit(1)
)
_SALTED = compile_statement(_OF_ADDRESS.with_only_columns(_REGISTRATIONS.c.password_hash), row=str)
_WAITS = compile_statement(
    select(
        exists().where(
            _REGISTRATIONS.c.email == bindparam("email"),
            _REGISTRATIONS.c.password_hash == bindparam("password_hash"),
        )
    ),
    row=bool,
)
_HOLD_NEWEST = compile_statement(_OF_ADDRESS.with_for_update(), row=_registration)
_OLDER = compile_statement(
    select(func.count()).select_from(
        select(_REGISTRATIONS.c.id)
        .where(_REGISTRATIONS.c.email == bindparam("email"), _REGISTRATIONS.c.id < bindparam("than_id"))
        .limit(bindparam("most"))
        .subquery()
    ),
    row=int,
)
_ADOPT = [
    compile_command(
        update(table)
        .where(table.c.registration_id == bindparam("of_registration"))
        .values(user_id=table.c.registration_id, registration_id=null())
    )
    for table in (_MAILS, _TOKENS)
]
_REMOVE = compile_command(delete(_REGISTRATIONS).where(_REGISTRATIONS.c.id == bindparam("of_registration")))


class StoredRegistrations:
    """See ports.RegistrationReader."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def salted(self, email: str) -> str | None:
        """Of the newest: who registers at the same moment may take another salt, and is then not found by `waits`."""
        return await self._database.one(_SALTED, email=email)

    async def waits(self, email: str, password_hash: str) -> bool:
        """One round trip."""
        return await self._database.one(_WAITS, email=email, password_hash=password_hash) or False


class RegistrationsInWork:
    """See ports.Registrations."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, registration: PendingRegistration) -> bool:
        """One row; waits for a concurrent repeat, so that exactly one is kept."""
        added = await self._transaction.execute(
            _ADD,
            id=registration.id,
            email=registration.wish.email,
            display_name=registration.wish.display_name,
            password_hash=registration.wish.password_hash,
            request_id=registration.wish.request_id,
            ip_address=registration.ip_address,
            create_time=registration.create_time,
        )
        return added == 1

    async def get(self, registration_id: str) -> PendingRegistration | None:
        """The registration, locked."""
        return await self._transaction.one(_HOLD, id=registration_id)

    async def newest(self, email: str) -> PendingRegistration | None:
        """The newest, locked."""
        return await self._transaction.one(_HOLD_NEWEST, email=email)

    async def older(self, registration: PendingRegistration, most: int) -> int:
        """By their ids."""
        found = await self._transaction.one(_OLDER, email=registration.wish.email, than_id=registration.id, most=most)
        return found or 0

    async def become_account(self, registration_id: str) -> None:
        """The account is there already, with the registration's id."""
        for statement in (*_ADOPT, _REMOVE):
            await self._transaction.execute(statement, of_registration=registration_id)
