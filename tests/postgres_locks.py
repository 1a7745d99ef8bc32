"""Locks as a test may see them: the workers of a run share one PostgreSQL, and `pg_locks` shows all of its databases."""

HERE = "database = (SELECT oid FROM pg_database WHERE datname = current_database())"
"""The condition for a lock of the connection's own database: copies of one template even share the numbers of relations."""
