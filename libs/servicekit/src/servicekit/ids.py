"""Identifiers that sort by the time they were made."""

from uuid_utils import uuid7


def new_id() -> str:
    """A UUIDv7 (RFC 9562) as text: new rows land at the end of an index, and keyset pages sort by it."""
    return str(uuid7())
