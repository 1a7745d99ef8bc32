"""Forgetting what is of no use to anybody any more."""

from datetime import timedelta

from auth_service.ports import Leftovers
from auth_service.use_cases.acting import AUTH
from servicekit.caller import acting_as
from servicekit.clock import Clock

BATCH = 100


class Housekeeping:
    """Removes what has ended or expired: sessions with their tokens, mailed tokens, exports, registrations that nobody
    confirmed, and what is long done with."""

    def __init__(self, leftovers: Leftovers, clock: Clock, registration_lifetime: timedelta) -> None:
        """`registration_lifetime` is how long a registration waits to be confirmed."""
        self._leftovers = leftovers
        self._clock = clock
        self._registration_lifetime = registration_lifetime

    async def sweep(self) -> int:
        """One small batch of each; how many there were. Several workers may do so at once."""
        now = self._clock()
        made_by = now - self._registration_lifetime
        with acting_as(AUTH):
            sessions = await self._leftovers.remove_sessions(now, BATCH)
            tokens = await self._leftovers.remove_mailed_tokens(now, BATCH)
            changes = await self._leftovers.remove_email_changes(now, BATCH)
            challenges = await self._leftovers.remove_challenges(now, BATCH)
            mails = await self._leftovers.remove_mails(now, BATCH)
            exports = await self._leftovers.remove_exports(now, BATCH)
            erasures = await self._leftovers.remove_erasures(now, BATCH)
            registrations = await self._leftovers.remove_registrations(made_by, BATCH)
            accounts = await self._leftovers.remove_unconfirmed_accounts(made_by, BATCH)
        return sessions + tokens + changes + challenges + mails + exports + erasures + registrations + accounts
