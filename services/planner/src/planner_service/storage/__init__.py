"""The service's data in PostgreSQL: compiled statements and the unit of work."""

from planner_service.storage.store import PostgresStore, PostgresWork

__all__ = ["PostgresStore", "PostgresWork"]
