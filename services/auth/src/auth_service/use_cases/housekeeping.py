"""Forgetting what is of no use to anybody any more."""

from auth_service.ports import Leftovers
from auth_service.use_cases.acting import AUTH
from servicekit.caller import acting_as
from servicekit.clock import Clock

BATCH = 100


class Housekeeping:
    """Removes what has ended or expired: sessions with their tokens, mailed tokens, exports, and what is long done with."""

    def __init__(self, leftovers: Leftovers, clock: Clock) -> None:
        self._leftovers = leftovers
        self._clock = clock

    async def sweep(self) -> int:
        """One small batch of each; how many there were. Several workers may do so at once."""
        now = self._clock()
        with acting_as(AUTH):
            sessions = await self._leftovers.remove_sessions(now, BATCH)
            tokens = await self._leftovers.remove_mailed_tokens(now, BATCH)
            changes = await self._leftovers.remove_email_changes(now, BATCH)
            challenges = await self._leftovers.remove_challenges(now, BATCH)
            mails = await self._leftovers.remove_mails(now, BATCH)
            exports = await self._leftovers.remove_exports(now, BATCH)
            erasures = await self._leftovers.remove_erasures(now, BATCH)
        return sessions + tokens + changes + challenges + mails + exports + erasures
