"""Accounts in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from psycopg.errors import UniqueViolation
from sqlalchemy import ARRAY, Text, Uuid, any_, bindparam, delete, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from auth_service.domain.accounts import Account
from auth_service.errors import EmailTaken
from auth_service.tables import METADATA
from servicekit.caller import Role
from servicekit.database import Database, Transaction, compile_command, compile_statement

_USERS, _ERASURES = METADATA.tables["users"], METADATA.tables["erasures"]


def _account(
    account_id: str,
    email: str,
    display_name: str,
    password_hash: str,
    role: str,
    avatar_color: str,
    subjects: list[str],
    registration_request_id: str | None,
    verify_time: datetime | None,
    mail_time: datetime,
    create_time: datetime,
    last_active_time: datetime,
    suspend_time: datetime | None,
) -> Account:
    return Account(
        id=account_id,
        email=email,
        display_name=display_name,
        password_hash=password_hash,
        role=Role(role),
        avatar_color=avatar_color,
        subjects=tuple(subjects),
        registration_request_id=registration_request_id,
        verify_time=verify_time,
        mail_time=mail_time,
        create_time=create_time,
        last_active_time=last_active_time,
        suspend_time=suspend_time,
    )


LAST_ID = "ffffffff-ffff-ffff-ffff-ffffffffffff"
"""No id comes after it."""

_LITERAL = str.maketrans({character: f"\\{character}" for character in "\\%_"})
_CHANGING = (
    "display_name",
    "password_hash",
    "role",
    "avatar_color",
    "subjects",
    "registration_request_id",
    "verify_time",
    "mail_time",
    "last_active_time",
    "suspend_time",
)
_BY_ID = select(_USERS).where(_USERS.c.id == bindparam("id"))
_BY_EMAIL = select(_USERS).where(_USERS.c.email == bindparam("email"))

_GET = compile_statement(_BY_ID, row=_account)
_FIND = compile_statement(_BY_EMAIL, row=_account)
# NO KEY UPDATE: rows that refer to the account may be added meanwhile.
_HOLD = compile_statement(_BY_ID.with_for_update(key_share=True), row=_account)
_FIND_AND_HOLD = compile_statement(_BY_EMAIL.with_for_update(key_share=True), row=_account)
_HOLD_ADMINS = compile_statement(
    select(_USERS)
    .where(
        _USERS.c.role == Role.ADMIN.value,
        _USERS.c.suspend_time.is_(None),
        _USERS.c.verify_time.is_not(None),
        ~exists().where(_ERASURES.c.user_id == _USERS.c.id),
    )
    .order_by(_USERS.c.id)
    .with_for_update(key_share=True),
    row=_account,
)
_SEARCH = compile_statement(
    select(_USERS)
    .where(
        or_(_USERS.c.email.ilike(bindparam("pattern")), _USERS.c.display_name.ilike(bindparam("pattern"))),
        _USERS.c.role.like(bindparam("role")),
        _USERS.c.id < bindparam("before"),
    )
    # Ids begin with the time they were made.
    .order_by(_USERS.c.id.desc())
    .limit(bindparam("limit")),
    row=_account,
)
_KNOWN = compile_statement(
    select(_USERS)
    .where(
        or_(
            _USERS.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))),
            func.lower(_USERS.c.display_name) == any_(bindparam("names", type_=ARRAY(Text))),
        ),
        _USERS.c.verify_time.is_not(None),
        _USERS.c.suspend_time.is_(None),
    )
    .order_by(_USERS.c.id)
    .limit(bindparam("limit")),
    row=_account,
)
_ADD = compile_command(
    insert(_USERS)
    .values({column.name: bindparam(column.name) for column in _USERS.c})
    .on_conflict_do_nothing(index_elements=["email"])
)
_SAVE = compile_command(
    update(_USERS).where(_USERS.c.id == bindparam("account_id")).values({name: bindparam(name) for name in _CHANGING})
)

_CHANGE_EMAIL = compile_command(
    update(_USERS).where(_USERS.c.id == bindparam("account_id")).values(email=bindparam("new_email"))
)
_REMOVE_UNCONFIRMED = compile_command(
    delete(_USERS).where(_USERS.c.id == bindparam("account_id"), _USERS.c.verify_time.is_(None))
)


class StoredAccounts:
    """Reads without holding: each read is one round trip."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, account_id: str) -> Account | None:
        """See ports.AccountReader."""
        return await self._database.one(_GET, id=account_id)

    async def by_email(self, email: str) -> Account | None:
        """See ports.AccountReader."""
        return await self._database.one(_FIND, email=email)

    async def known(self, ids: Sequence[str], names: Sequence[str], limit: int) -> Sequence[Account]:
        """See ports.AccountReader."""
        return await self._database.all(_KNOWN, ids=list(ids), names=list(names), limit=limit)

    async def search(self, query: str, role: Role | None, before: str | None, limit: int) -> Sequence[Account]:
        """See ports.AccountReader; upper and lower case are the same."""
        return await self._database.all(
            _SEARCH, pattern=_containing(query), role=role or "%", before=before or LAST_ID, limit=limit
        )


def _containing(text: str) -> str:
    """A LIKE pattern; what has a meaning in patterns stands for itself."""
    return f"%{text.translate(_LITERAL)}%"


class AccountsInWork:
    """See ports.Accounts."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def get(self, account_id: str) -> Account | None:
        """The account, locked."""
        return await self._transaction.one(_HOLD, id=account_id)

    async def by_email(self, email: str) -> Account | None:
        """The account, locked."""
        return await self._transaction.one(_FIND_AND_HOLD, email=email)

    async def acting_admins(self) -> Sequence[Account]:
        """In one order for everybody, so that no two wait for each other in a ring."""
        return await self._transaction.all(_HOLD_ADMINS)

    async def add(self, account: Account) -> bool:
        """Waits for a concurrent registration of the same address, so that exactly one is kept."""
        return await self._transaction.execute(_ADD, **_values(account, (c.name for c in _USERS.c))) == 1

    async def save(self, account: Account) -> None:
        """Everything but the id, the address and the time it was opened."""
        await self._transaction.execute(_SAVE, account_id=account.id, **_values(account, _CHANGING))

    async def change_email(self, account_id: str, email: str) -> None:
        """Waits for a concurrent registration of the address. Raises EmailTaken when that is kept."""
        try:
            await self._transaction.execute(_CHANGE_EMAIL, account_id=account_id, new_email=email)
        except UniqueViolation:
            raise EmailTaken from None

    async def remove_unconfirmed(self, account_id: str) -> None:
        """What belongs to it goes with it."""
        await self._transaction.execute(_REMOVE_UNCONFIRMED, account_id=account_id)


def _values(account: Account, names: Any) -> dict[str, Any]:
    values = {name: getattr(account, name) for name in names}
    return values | {"role": account.role.value, "subjects": list(account.subjects)}
