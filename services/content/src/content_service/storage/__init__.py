"""The service's data in PostgreSQL: compiled statements, coalesced reads and the unit of work."""

from content_service.storage.reads import PostgresReads
from content_service.storage.search import PostgresSearch
from content_service.storage.work import PostgresUnitOfWork, PostgresWork

__all__ = ["PostgresReads", "PostgresSearch", "PostgresUnitOfWork", "PostgresWork"]
