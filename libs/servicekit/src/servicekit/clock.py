"""Time as an argument: rules are given the present, only composition roots ask for it."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The present in UTC, aware of its zone."""
    return datetime.now(UTC)
