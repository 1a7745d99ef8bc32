"""What nobody needs any more."""

from datetime import datetime
from typing import Protocol


class Leftovers(Protocol):
    """What nobody needs any more; each call removes at most `limit`, passes over what others hold, and says how many."""

    async def remove_sessions(self, now: datetime, limit: int) -> int:
        """Sessions that expired, or were ended a week ago, with their refresh tokens."""
        ...

    async def remove_mailed_tokens(self, now: datetime, limit: int) -> int:
        """Tokens that expired."""
        ...

    async def remove_email_changes(self, now: datetime, limit: int) -> int:
        """Changes of addresses that waited too long, or long after they were made."""
        ...

    async def remove_challenges(self, now: datetime, limit: int) -> int:
        """Sign-ins that waited too long for a code."""
        ...

    async def remove_mails(self, now: datetime, limit: int) -> int:
        """Mails sent a week ago or abandoned a month ago."""
        ...

    async def remove_exports(self, now: datetime, limit: int) -> int:
        """Exports that expired, with their archives."""
        ...

    async def remove_erasures(self, now: datetime, limit: int) -> int:
        """Finished erasures whose receipts nobody needs any more."""
        ...

    async def remove_registrations(self, made_by: datetime, limit: int) -> int:
        """Registrations made by then that nobody confirmed, with their mails and tokens."""
        ...

    async def remove_unconfirmed_accounts(self, made_by: datetime, limit: int) -> int:
        """Students' accounts that earlier versions opened by then and nobody confirmed, with all that is theirs."""
        ...
