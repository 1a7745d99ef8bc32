"""Passwords, and tries at them."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

from auth_service.domain.attempts import Budget


class Passwords(Protocol):
    """Slow work on passwords. What is awaited raises PasswordChecksBusy when too many are waiting."""

    async def guessable(self, password: str, own_words: Sequence[str]) -> bool:
        """Whether it is common, or made of words that belong to its owner."""
        ...

    def needs_rehash(self, stored: str) -> bool:
        """Whether a hash made now would cost more, or less, than this one."""
        ...

    async def hash(self, password: str, like: str | None = None) -> str:
        """The text to store, with its salt and cost in it; the salt is that of the hash `like`, or a new one."""
        ...

    async def again(self, password: str, like: str | None) -> str:
        """What `hash` makes of a password that somebody claims to have chosen; as long as a match takes, also with None."""
        ...

    async def matches(self, password: str, stored: str | None) -> bool:
        """Whether the password made the hash. With None it works as long, and answers False."""
        ...


class AttemptLimiter(Protocol):
    """Counts tries against budgets, over all processes."""

    async def reserve(self, budgets: Sequence[Budget]) -> timedelta | None:
        """Count one try in every budget at once, or, when one is spent, count nothing and say how long to wait."""
        ...

    async def forgive(self, budgets: Sequence[Budget]) -> None:
        """The try was good: empty the budgets that it clears, give the one try back to the others."""
        ...
