"""Auth's tables, the one source of its schema."""

from auth_service.tables import (
    accounts,
    activities,
    audit,
    erasures,
    exports,
    mails,
    registrations,
    second_factors,
    sessions,
)
from auth_service.tables.base import METADATA
from servicekit.tables import add_messaging_tables

__all__ = [
    "METADATA",
    "accounts",
    "activities",
    "audit",
    "erasures",
    "exports",
    "mails",
    "registrations",
    "second_factors",
    "sessions",
]

add_messaging_tables(METADATA)
