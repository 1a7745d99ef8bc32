"""Accounts on their way out."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from auth_service.domain.erasure import Erasure, ErasureStatus, Receipt


class ErasureReader(Protocol):
    """Accounts on their way out, without holding them."""

    async def due(self, requested_by: datetime, limit: int) -> Sequence[str]:
        """Ids of at most `limit` accounts whose erasure was asked for by then and not begun."""
        ...

    async def silent(self, now: datetime, limit: int) -> Sequence[str]:
        """Ids of at most `limit` erased accounts for which services are to be asked again."""
        ...

    async def listed(self) -> Sequence[ErasureStatus]:
        """The newest thousand with their receipts, the oldest of them first."""
        ...


class Erasures(Protocol):
    """Accounts on their way out, inside a unit of work: what is read stays locked until it ends."""

    async def add(self, erasure: Erasure) -> bool:
        """Save a new one; False, and nothing saved, when the account has one."""
        ...

    async def cancel(self, user_id: str) -> bool:
        """Remove one that has not begun; False when there is none."""
        ...

    async def get(self, user_id: str) -> Erasure | None:
        """The account's erasure, begun or not, or None."""
        ...

    async def save(self, erasure: Erasure) -> None:
        """Save one that was read in this unit of work."""
        ...

    async def receive(self, user_id: str, receipt: Receipt) -> None:
        """Save a service's answer; of several answers the largest number of rows."""
        ...

    async def receipts(self, user_id: str) -> Sequence[Receipt]:
        """The answers so far, in the order of the services' names."""
        ...

    async def erase_account(self, user_id: str) -> int:
        """Delete everything auth itself holds of the account but its erasure; how many rows that was."""
        ...
