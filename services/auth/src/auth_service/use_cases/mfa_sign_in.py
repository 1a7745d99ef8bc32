"""Completing a sign-in by the second factor."""

from dataclasses import replace
from datetime import datetime

from auth_service.domain.access_tokens import Tokens
from auth_service.domain.accounts import Account, seen
from auth_service.domain.attempts import code_budgets
from auth_service.domain.audit import AuditAction
from auth_service.domain.second_factors import MfaChallenge, after_wrong_code, is_on, is_open
from auth_service.domain.secrets import digest, new_secret
from auth_service.domain.sessions import Assurance, Client, open_session
from auth_service.errors import MfaCodeInvalid, MfaTokenInvalid
from auth_service.ports import AttemptLimiter, UnitOfWork, Work
from auth_service.use_cases.acting import AUTH
from auth_service.use_cases.admitting import admit
from auth_service.use_cases.auditing import entry, refusals_audited
from auth_service.use_cases.codes import CodeCheck
from auth_service.use_cases.ending import end_surplus
from auth_service.use_cases.erasure import cancel_erasure
from auth_service.use_cases.issuing import TokenIssuer
from servicekit.caller import acting_as
from servicekit.clock import Clock
from servicekit.ids import new_id


class MfaSignIn:
    """Takes what SignIn handed out, and a code. Five codes may be tried with one token, few with all tokens of an account."""

    def __init__(
        self,
        unit_of_work: UnitOfWork,
        check: CodeCheck,
        attempts: AttemptLimiter,
        issuer: TokenIssuer,
        clock: Clock,
    ) -> None:
        self._unit_of_work = unit_of_work
        self._check = check
        self._attempts = attempts
        self._issuer = issuer
        self._clock = clock

    async def complete(self, mfa_token: str, code: str, client: Client) -> Tokens:
        """Open the session. Raises MfaTokenInvalid, MfaCodeInvalid, TooManyAttempts.

        A wrong code is counted, and that is committed before the failure is raised.
        """
        presented, now = digest(mfa_token), self._clock()
        with acting_as(AUTH):
            user_id = await self._holder(presented, now)
            budgets = code_budgets(user_id, client.address)
            await admit(self._attempts, budgets)
            attempt = entry(AuditAction.MFA_CHECKED, now, client, subject=user_id)
            async with refusals_audited(self._unit_of_work, attempt):
                async with self._unit_of_work() as work:
                    account, waiting = await _held(work, presented, user_id, now)
                    outcome = await self._opened(work, account, waiting, code, client)
                tokens = _good(outcome)
            await self._attempts.forgive(budgets)
        return tokens

    async def _holder(self, presented: bytes, now: datetime) -> str:
        async with self._unit_of_work() as work:
            waiting = await work.second_factors.challenge(presented)
        if waiting is None or not is_open(waiting, now):
            raise MfaTokenInvalid
        return waiting.user_id

    async def _opened(
        self, work: Work, account: Account, waiting: MfaChallenge, code: str, client: Client
    ) -> Tokens | None:
        totp, now = await work.second_factors.totp(account.id), self._clock()
        if totp is None or not is_on(totp):
            raise MfaTokenInvalid
        if not await self._check.spend_any(work, totp, code):
            await work.second_factors.save_challenge(after_wrong_code(waiting))
            return None
        await work.second_factors.remove_challenges(account.id)
        session = open_session(new_id(), account.id, client.user_agent, now, Assurance.TWO_FACTORS)
        await work.accounts.save(seen(account, now))
        cancelled = await cancel_erasure(work, account, client, now)
        await work.sessions.add(session)
        await end_surplus(work, account.id, now)
        for action in (AuditAction.MFA_CHECKED, AuditAction.SESSION_OPENED):
            await work.audit.record(entry(action, now, client, actor=account.id, subject=account.id))
        tokens = await self._issuer.issue(work, account, session, new_secret(), now)
        return replace(tokens, erasure_cancelled=cancelled)


def _good(tokens: Tokens | None) -> Tokens:
    """Raises MfaCodeInvalid."""
    if tokens is None:
        raise MfaCodeInvalid(fields={"code": "is wrong, or was used before"})
    return tokens


async def _held(work: Work, presented: bytes, user_id: str, now: datetime) -> tuple[Account, MfaChallenge]:
    """The account, then its demand: of many codes at once each sees what the one before left."""
    account = await work.accounts.get(user_id)
    waiting = await work.second_factors.challenge(presented)
    if account is None or account.suspend_time or waiting is None or not is_open(waiting, now):
        raise MfaTokenInvalid
    return account, waiting
