"""Leaving for good: asking for it, thinking better of it, and the work that follows when nobody did."""

import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime, timedelta

from auth_service.domain.accounts import Account, MailKind
from auth_service.domain.administration import is_acting_admin
from auth_service.domain.attempts import recorded_budgets
from auth_service.domain.audit import AuditAction
from auth_service.domain.erasure import (
    Erasure,
    ErasureStatus,
    Receipt,
    announce,
    begin,
    finish,
    is_due,
    is_silent,
    silent,
)
from auth_service.domain.events import UserDeleted
from auth_service.domain.mails import new_mail
from auth_service.domain.sessions import Client
from auth_service.errors import LastAdmin, UserNotFound
from auth_service.ports import AttemptLimiter, ErasureReader, UnitOfWork, Work
from auth_service.use_cases.acting import AUTH, person
from auth_service.use_cases.admitting import admit
from auth_service.use_cases.auditing import entry, refusals_audited
from auth_service.use_cases.ending import revoke_access
from auth_service.use_cases.freshness import require_fresh
from servicekit.caller import acting_as
from servicekit.clock import Clock
from servicekit.errors import Unavailable
from servicekit.ids import new_id

BATCH = 20
log = logging.getLogger(__name__)


class Leaving:
    """What a person asks for."""

    def __init__(self, unit_of_work: UnitOfWork, attempts: AttemptLimiter, clock: Clock) -> None:
        self._unit_of_work = unit_of_work
        self._attempts = attempts
        self._clock = clock

    async def leave(self, client: Client) -> None:
        """Schedule the erasure of the caller's account and end its sessions; a repeat keeps the first time.

        Raises UserNotFound, FreshSignInNeeded, LastAdmin, TooManyAttempts, Unauthenticated, PersonNeeded.
        """
        caller = person()
        await admit(self._attempts, recorded_budgets(caller.id))
        attempt = entry(AuditAction.ERASURE_REQUESTED, self._clock(), client, actor=caller.id, subject=caller.id)
        with acting_as(AUTH):
            async with refusals_audited(self._unit_of_work, attempt), self._unit_of_work() as work:
                # All of them held, so that the last two cannot leave at once.
                admins = await work.accounts.acting_admins()
                account, now = await work.accounts.get(caller.id), self._clock()
                if account is None:
                    raise UserNotFound(user=caller.id)
                await require_fresh(work, caller, now)
                _check_replaceable(account, admins)
                if await work.erasures.add(Erasure(account.id, now)):
                    await _write(work, MailKind.ERASURE_SCHEDULED, account.id, account.email, now)
                    await work.audit.record(attempt)
                # Links to archives stay good: who leaves may have just asked for one, and could get no other.
                await revoke_access(work, account.id, now)


def _check_replaceable(account: Account, admins: Sequence[Account]) -> None:
    """Admins on their way out are none of `admins`. Raises LastAdmin when nobody would be left."""
    if is_acting_admin(account) and all(each.id == account.id for each in admins):
        raise LastAdmin


async def cancel_erasure(work: Work, account: Account, client: Client, now: datetime) -> bool:
    """Whoever signs in has thought better of it; False when there was nothing to think better of.

    For the unit of work that opens the session and holds the account.
    """
    if not await work.erasures.cancel(account.id):
        return False
    await _write(work, MailKind.ERASURE_CANCELLED, account.id, account.email, now)
    cancelled = entry(AuditAction.ERASURE_CANCELLED, now, client, actor=account.id, subject=account.id)
    await work.audit.record(cancelled)
    return True


class Erasing:
    """What the worker does about it, as often as it takes."""

    def __init__(self, erasures: ErasureReader, unit_of_work: UnitOfWork, clock: Clock, grace: timedelta) -> None:
        """`grace` is the time in which a person can still come back."""
        self._erasures = erasures
        self._unit_of_work = unit_of_work
        self._clock = clock
        self._grace = grace

    async def erase_due(self) -> int:
        """Erase one batch of accounts whose time is over, each in a transaction of its own; how many there were."""
        with acting_as(AUTH):
            due = await self._erasures.due(self._clock() - self._grace, BATCH)
            await _each(due, self._erase)
        return len(due)

    async def _erase(self, user_id: str) -> None:
        now = self._clock()
        async with self._unit_of_work() as work:
            # The account first, as a sign-in does: one of the two comes first, and the other sees what it did.
            account = await work.accounts.get(user_id)
            erasure = await work.erasures.get(user_id)
            if erasure is None or not is_due(erasure, self._grace, now):
                return
            rows = await work.erasures.erase_account(user_id)
            await work.erasures.save(begin(erasure, account.email if account else "", now))
            await work.erasures.receive(user_id, Receipt("auth", rows, now))
            await work.audit.record(entry(AuditAction.ERASED, now, subject=user_id))
            await work.publish(UserDeleted(user_id, now))

    async def ask_again(self) -> int:
        """Tell one batch of erasures again that some service has not answered; how many there were."""
        with acting_as(AUTH):
            waiting = await self._erasures.silent(self._clock(), BATCH)
            await _each(waiting, self._ask_again)
        return len(waiting)

    async def _ask_again(self, user_id: str) -> None:
        now = self._clock()
        async with self._unit_of_work() as work:
            erasure = await work.erasures.get(user_id)
            if erasure and erasure.delete_time and is_silent(erasure, now):
                await work.erasures.save(announce(erasure, now))
                await work.publish(UserDeleted(user_id, erasure.delete_time))


async def _each(user_ids: Iterable[str], act: Callable[[str], Awaitable[None]]) -> None:
    """All of them, then the first failure, if any: one account must not keep the others here, and is never given up itself."""
    failure: Exception | None = None
    for user_id in user_ids:
        try:
            await act(user_id)
        except Unavailable:
            raise
        except Exception as error:
            log.exception("erasure failed", extra={"user": user_id})
            failure = failure or error
    if failure:
        raise failure


async def receive(work: Work, user_id: str, service: str, row_count: int, now: datetime) -> None:
    """Take a service's receipt; the last one finishes the erasure. One for an account that is here means nothing."""
    erasure = await work.erasures.get(user_id)
    if erasure is None or erasure.delete_time is None:
        return
    await work.erasures.receive(user_id, Receipt(service, row_count, now))
    if erasure.finish_time is None and not silent(await work.erasures.receipts(user_id)):
        await work.erasures.save(finish(erasure, now))
        if erasure.email:
            await _write(work, MailKind.ACCOUNT_ERASED, None, erasure.email, now)


class ErasureList:
    """What operators look at."""

    def __init__(self, erasures: ErasureReader) -> None:
        self._erasures = erasures

    async def all(self) -> Sequence[ErasureStatus]:
        """The newest thousand, the oldest of them first."""
        with acting_as(AUTH):
            return await self._erasures.listed()


async def _write(work: Work, kind: MailKind, user_id: str | None, email: str, now: datetime) -> None:
    await work.mails.add(new_mail(new_id(), user_id, kind, email, now))
