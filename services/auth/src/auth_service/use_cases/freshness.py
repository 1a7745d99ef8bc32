"""Step-up: what a stolen access token must not do asks for proof of a moment ago."""

from datetime import datetime

from auth_service.domain.second_factors import is_on
from auth_service.domain.sessions import Assurance, is_fresh
from auth_service.errors import FreshSignInNeeded
from auth_service.ports import Work
from servicekit.caller import Caller


async def require_fresh(work: Work, caller: Caller, now: datetime) -> None:
    """Raises FreshSignInNeeded unless the caller's session was opened, or its person reauthenticated, within five minutes.

    An account with a one-time-code app needs both factors. Call it inside the unit of work that makes the change, after the
    account is held: sessions are held after accounts everywhere.
    """
    session = await work.sessions.get(caller.session_id)
    needed = Assurance.TWO_FACTORS if is_on(await work.second_factors.totp(caller.id)) else Assurance.PASSWORD
    if session is None or session.user_id != caller.id or not is_fresh(session, needed, now):
        raise FreshSignInNeeded
