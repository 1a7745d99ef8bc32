"""Sending what lies in the mail outbox."""

import asyncio
import logging
from collections.abc import Coroutine, Iterable
from datetime import datetime

from auth_service.domain.accounts import MailKind
from auth_service.domain.email_changes import is_asked_by
from auth_service.domain.mails import (
    LEASE,
    MOST_ATTEMPTS,
    Letter,
    Mail,
    MailStatus,
    Refusal,
    after_refusal,
    after_success,
    token_purpose,
)
from auth_service.domain.secrets import mailed_token, new_secret
from auth_service.ports import Letters, Mailer, UnitOfWork, Work
from auth_service.use_cases.acting import AUTH
from auth_service.use_cases.mail_requests import MailRequests
from servicekit.caller import acting_as
from servicekit.clock import Clock
from servicekit.errors import Unavailable

BATCH = 8
log = logging.getLogger(__name__)


class MailDelivery:
    """Sends due mails, at least once each: a crash after sending repeats the mail under the same Message-ID.

    A letter's token is made when it is sent and only its digest is kept, so that no usable token lies in the database.
    A repeat carries a token of its own; the one sent before stays good. A mail that fails in whatever way, or kills its worker,
    is tried again with growing pauses and then given up, and keeps no other from being sent.
    """

    def __init__(self, unit_of_work: UnitOfWork, letters: Letters, mailer: Mailer, clock: Clock) -> None:
        self._unit_of_work = unit_of_work
        self._requests = MailRequests(unit_of_work)
        self._letters = letters
        self._mailer = mailer
        self._clock = clock

    async def deliver_due(self) -> int:
        """Decide about wishes for mail, then try every due mail of one batch; how many of both there were.

        Several workers may do so at once.
        """
        decided = await self._requests.decide_due()
        now = self._clock()
        with acting_as(AUTH):
            async with self._unit_of_work() as work:
                mails = await work.mails.claim(now, now + LEASE, BATCH)
            letters = [await self._letter(mail, now) for mail in mails]
            await _all(self._deliver(mail, letter) for mail, letter in zip(mails, letters, strict=True))
        return decided + len(mails)

    async def _letter(self, mail: Mail, now: datetime) -> Letter | Refusal:
        if mail.attempts > MOST_ATTEMPTS:  # the last try never told how it ended: it may have killed its worker
            return Refusal("no try told how it ended", permanent=True)
        try:
            return await self._written(mail, now)
        except Exception as error:
            return _unforeseen(mail, error)

    async def _written(self, mail: Mail, now: datetime) -> Letter:
        token = None
        if purpose := token_purpose(mail.kind):
            token = new_secret()
            async with self._unit_of_work() as work:
                if await _is_wanted(work, mail):
                    made = mailed_token(token, mail.user_id, purpose, now, mail.registration_id)
                    await work.mailed_tokens.add(made)
        return self._letters.write(mail, token)

    async def _deliver(self, mail: Mail, letter: Letter | Refusal) -> None:
        refusal = letter if isinstance(letter, Refusal) else await self._sent(mail, letter)
        result = after_refusal(mail, refusal, self._clock()) if refusal else after_success(mail)
        async with self._unit_of_work() as work:
            await work.mails.save(result)
        if result.status is MailStatus.ABANDONED:
            log.error("mail given up", extra={"mail": mail.id, "kind": mail.kind.value, "attempt": mail.attempts})

    async def _sent(self, mail: Mail, letter: Letter) -> Refusal | None:
        try:
            return await self._mailer.send(mail.id, letter)
        except Exception as error:
            return _unforeseen(mail, error)


def _unforeseen(mail: Mail, error: Exception) -> Refusal:
    """What nobody foresaw of one mail counts as a try of it; what is away counts for none. Raises Unavailable."""
    if isinstance(error, Unavailable):
        raise error
    log.error("mail failed unexpectedly", extra={"mail": mail.id, "kind": mail.kind.value}, exc_info=error)
    return Refusal(type(error).__name__, permanent=False)


async def _is_wanted(work: Work, mail: Mail) -> bool:
    """Whether the letter's token may be good for anything: the account, or the wish, may have another address by now.

    Whose token it will be is held, so that a new password either finds the token and removes it, or comes first.
    """
    if mail.registration_id:
        return await work.registrations.get(mail.registration_id) is not None
    account = await work.accounts.get(mail.user_id) if mail.user_id else None
    if account is None or mail.kind not in (MailKind.CONFIRM_NEW_EMAIL, MailKind.CONFIRM_PRESENT_EMAIL):
        return account is not None and mail.recipient == account.email
    return is_asked_by(mail, await work.email_changes.get(account.id), account)


async def _all(deliveries: Iterable[Coroutine[None, None, None]]) -> None:
    """Each to its end: one that fails must not cut off another between sending and saving."""
    for outcome in await asyncio.gather(*deliveries, return_exceptions=True):
        if outcome:
            raise outcome
