"""Keeping a session going, and ending it."""

from dataclasses import replace
from datetime import datetime

from auth_service.domain.access_tokens import Tokens
from auth_service.domain.accounts import seen
from auth_service.domain.audit import AuditAction
from auth_service.domain.secrets import digest, new_salt, successor
from auth_service.domain.sessions import UNKNOWN_CLIENT, Client, Ended, Repeated, Replayed, TooSoon, rotate
from auth_service.errors import RefreshTokenInvalid, RefreshTokenReused, TooManyAttempts
from auth_service.ports import UnitOfWork, Work
from auth_service.use_cases.acting import AUTH, person
from auth_service.use_cases.auditing import entry
from auth_service.use_cases.ending import end_session
from auth_service.use_cases.issuing import TokenIssuer
from servicekit.caller import acting_as
from servicekit.clock import Clock


class SessionKeeper:
    """Refresh and sign out."""

    def __init__(self, unit_of_work: UnitOfWork, issuer: TokenIssuer, clock: Clock) -> None:
        self._unit_of_work = unit_of_work
        self._issuer = issuer
        self._clock = clock

    async def refresh(self, refresh_token: str, client: Client = UNKNOWN_CLIENT) -> Tokens:
        """Spend a refresh token for a new pair. Raises RefreshTokenInvalid, RefreshTokenReused, TooManyAttempts.

        A replay ends the session, and that is committed before the failure is raised. Within ten seconds it is taken for a
        lost answer instead: the same refresh token comes again.
        """
        with acting_as(AUTH):
            async with self._unit_of_work() as work:
                outcome = await self._rotated(work, refresh_token, client, self._clock())
        if isinstance(outcome, Replayed):
            raise RefreshTokenReused
        if isinstance(outcome, TooSoon):
            raise TooManyAttempts.after(outcome.wait)
        if isinstance(outcome, Ended):
            raise RefreshTokenInvalid
        return outcome

    async def sign_out(self, client: Client = UNKNOWN_CLIENT) -> None:
        """End the caller's own session; a repeat changes nothing. Raises Unauthenticated, PersonNeeded."""
        caller = person()
        now = self._clock()
        async with self._unit_of_work() as work:
            session = await work.sessions.get(caller.session_id)
            if session and not session.revoke_time:
                await end_session(work, session, now)
                await work.audit.record(
                    entry(AuditAction.SESSION_REVOKED, now, client, actor=caller.id, subject=caller.id)
                )

    async def _rotated(
        self, work: Work, presented: str, client: Client, now: datetime
    ) -> Tokens | Replayed | TooSoon | Ended:
        token = await work.sessions.refresh_token(digest(presented))
        # The account before its session, as whoever ends all sessions of an account: else the two could wait in a ring.
        account = await work.accounts.get(token.user_id) if token else None
        session = await work.sessions.get(token.session_id) if token else None
        if token is None or account is None or session is None:
            return Ended()
        outcome = rotate(session, token.generation, new_salt(), now)
        if isinstance(outcome, TooSoon | Ended):
            return outcome
        if isinstance(outcome, Replayed):
            if outcome.newly_revoked:
                await end_session(work, outcome.session, now)
                replay = entry(AuditAction.SESSION_REFRESHED, now, client, subject=account.id)
                await work.audit.record(replace(replay, outcome=RefreshTokenReused.reason))
            return outcome
        secret = successor(presented, outcome.session.successor_salt)
        if isinstance(outcome, Repeated):
            return self._issuer.pair(account, outcome.session, secret, now)
        await work.sessions.save(outcome.session)
        await work.accounts.save(seen(account, now))
        return await self._issuer.issue(work, account, outcome.session, secret, now)
