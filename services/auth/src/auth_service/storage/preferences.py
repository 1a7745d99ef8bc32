"""Preferences in PostgreSQL; an account that never changed any has no row."""

from dataclasses import asdict, fields

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert

from auth_service.domain.preferences import Preferences
from auth_service.tables import METADATA
from servicekit.database import Database, Transaction, compile_command, compile_statement

_PREFERENCES = METADATA.tables["preferences"]
_NAMES = [field.name for field in fields(Preferences)]

_OF = compile_statement(
    select(*(_PREFERENCES.c[name] for name in _NAMES)).where(_PREFERENCES.c.user_id == bindparam("user_id")),
    row=Preferences,
)
_INSERT = insert(_PREFERENCES).values({name: bindparam(name) for name in ("user_id", *_NAMES)})
_SAVE = compile_command(
    _INSERT.on_conflict_do_update(index_elements=["user_id"], set_={name: _INSERT.excluded[name] for name in _NAMES})
)


class StoredPreferences:
    """See ports.PreferencesReader."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, user_id: str) -> Preferences | None:
        """One round trip."""
        return await self._database.one(_OF, user_id=user_id)


class PreferencesInWork:
    """See ports.AllPreferences."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def of(self, user_id: str) -> Preferences | None:
        """Not locked: the account is."""
        return await self._transaction.one(_OF, user_id=user_id)

    async def save(self, user_id: str, preferences: Preferences) -> None:
        """The row, made or replaced."""
        await self._transaction.execute(_SAVE, user_id=user_id, **asdict(preferences))
