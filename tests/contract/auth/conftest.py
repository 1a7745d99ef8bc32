"""Each port's adapters: the fake that unit tests rely on, and the real one."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import pytest
from fakes.auth.memory import MemoryAuditReader, MemoryDatabase
from fakes.auth.memory_exports import MemoryExportReader
from fakes.auth.memory_leftovers import MemoryLeftovers

from auth_service.ports import (
    AccountReader,
    AuditReader,
    ErasureReader,
    ExportReader,
    Leftovers,
    PreferencesReader,
    RegistrationReader,
    SessionReader,
    UnitOfWork,
)
from auth_service.storage.accounts import StoredAccounts
from auth_service.storage.audit import StoredAudit
from auth_service.storage.erasures import StoredErasures
from auth_service.storage.exports import StoredExports
from auth_service.storage.leftovers import StoredLeftovers
from auth_service.storage.preferences import StoredPreferences
from auth_service.storage.registrations import StoredRegistrations
from auth_service.storage.sessions import StoredSessions
from auth_service.storage.unit_of_work import units_of_work
from local_mesh.servers.databases import DatabaseUrls
from servicekit.database import Database

Make = Callable[[str], DatabaseUrls]


@dataclass(frozen=True)
class Store:
    """Units of work and plain reads over the same rows."""

    unit_of_work: UnitOfWork
    accounts: AccountReader
    registrations: RegistrationReader
    sessions: SessionReader
    preferences: PreferencesReader
    leftovers: Leftovers
    erasures: ErasureReader
    exports: ExportReader
    audit: AuditReader


@pytest.fixture(params=["memory", "postgres"])
async def store(request: pytest.FixtureRequest) -> AsyncIterator[Store]:
    """An empty store."""
    if request.param == "memory":
        memory = MemoryDatabase()
        exports, audit = MemoryExportReader(memory), MemoryAuditReader(memory)
        readers = (memory, memory, memory, memory, MemoryLeftovers(memory), memory, exports, audit)
        yield Store(memory.unit_of_work, *readers)
        return
    make_database: Make = request.getfixturevalue("make_database")
    database = Database(make_database("auth").app, name="auth", size=8)
    await database.open()
    yield Store(
        units_of_work(database),
        StoredAccounts(database),
        StoredRegistrations(database),
        StoredSessions(database),
        StoredPreferences(database),
        StoredLeftovers(database),
        StoredErasures(database),
        StoredExports(database),
        StoredAudit(database),
    )
    await database.close()
