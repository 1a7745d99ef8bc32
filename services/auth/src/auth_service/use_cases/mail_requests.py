"""Mail that anybody may ask for by naming an address: taken down by the call, decided by the worker.

The call does the same for every address, so that nobody can tell by its time which have accounts.
"""

import logging
from dataclasses import replace
from datetime import datetime

from auth_service.domain.accounts import Account, Mailed, MailKind, Unchanged, reset_mail
from auth_service.domain.audit import SUCCESS, AuditAction
from auth_service.domain.mail_requests import MailRequest
from auth_service.domain.mails import new_mail
from auth_service.domain.registrations import (
    MAIL_WINDOW,
    PendingMailed,
    PendingRegistration,
    asked_again,
    details,
    mailed_again,
    registered,
    told,
)
from auth_service.domain.sessions import Client
from auth_service.errors import EmailTaken
from auth_service.ports import UnitOfWork, Work
from auth_service.use_cases.acting import AUTH
from auth_service.use_cases.auditing import entry
from servicekit.caller import acting_as
from servicekit.errors import Unavailable
from servicekit.ids import new_id

BATCH = 50
log = logging.getLogger(__name__)


async def ask_for_mail(unit_of_work: UnitOfWork, kind: MailKind, email: str, now: datetime) -> None:
    """Take the wish down, whoever the address belongs to."""
    with acting_as(AUTH):
        async with unit_of_work() as work:
            await work.mail_requests.add(MailRequest(new_id(), kind, email, now))


class MailRequests:
    """Decides about wishes, one transaction each. One that nobody can decide is dropped: whoever wanted mail asks again."""

    def __init__(self, unit_of_work: UnitOfWork) -> None:
        self._unit_of_work = unit_of_work

    async def decide_due(self) -> int:
        """Decide about those of one batch; how many there were. Several workers may do so at once."""
        decided = 0
        with acting_as(AUTH):
            while decided < BATCH and await self._decide_one():
                decided += 1
        return decided

    async def _decide_one(self) -> bool:
        request: MailRequest | None = None
        try:
            async with self._unit_of_work() as work:
                request = await work.mail_requests.take()
                if request:
                    await _decide(work, request)
        except Exception as error:
            if request is None or isinstance(error, Unavailable):
                raise
            log.exception("wish for mail dropped", extra={"kind": request.kind.value})
            async with self._unit_of_work() as work:
                await work.mail_requests.drop(request.id)
        return request is not None


async def _decide(work: Work, request: MailRequest) -> None:
    outcome = await _answer(work, request)
    if isinstance(outcome, Mailed):
        await work.accounts.save(outcome.account)
        user_id, kind = outcome.account.id, outcome.mail
        await work.mails.add(new_mail(new_id(), user_id, kind, request.email, request.create_time))
    elif isinstance(outcome, PendingMailed):
        mail = new_mail(new_id(), None, outcome.mail, request.email, request.create_time)
        about = outcome.registration
        await work.mails.add(replace(mail, registration_id=about.id, details=details(about)))


async def _answer(work: Work, request: MailRequest) -> Mailed | PendingMailed | Unchanged:
    # The registration before the account, as where it is confirmed, so that no two wait for each other in a ring.
    if request.registration_id:
        registration = await work.registrations.get(request.registration_id)
        return await _registered(work, registration) if registration else Unchanged()  # its time may be over
    newest = await work.registrations.newest(request.email)
    account = await work.accounts.by_email(request.email)
    return await (_to_account(work, request, account, newest) if account else _to_registration(work, request, newest))


async def _to_account(
    work: Work, request: MailRequest, account: Account, newest: PendingRegistration | None
) -> Mailed | Unchanged:
    now, kind = request.create_time, request.kind
    if account.verify_time is None:
        kind = asked_again(kind, alone=newest is None)
    if kind is MailKind.RESET_PASSWORD:
        return reset_mail(account, now)
    if account.verify_time:
        return Unchanged()
    return told(account, kind, await work.mails.count(account.id, kind, now - MAIL_WINDOW), now)


async def _to_registration(
    work: Work, request: MailRequest, newest: PendingRegistration | None
) -> PendingMailed | Unchanged:
    if newest is None:
        return Unchanged()
    now, alone = request.create_time, not await work.registrations.older(newest, 1)
    kind = asked_again(request.kind, alone)
    mailed = await work.mails.to_registrations(request.email, kind, now - MAIL_WINDOW)
    return mailed_again(newest, kind, mailed, now)


async def _registered(work: Work, registration: PendingRegistration) -> Mailed | PendingMailed | Unchanged:
    email, now = registration.wish.email, registration.create_time
    account = await work.accounts.by_email(email)
    owner = account if account and account.verify_time else None
    subject, outcome = (owner.id, EmailTaken.reason) if owner else (registration.id, SUCCESS)
    asked = entry(AuditAction.ACCOUNT_REGISTERED, now, Client(registration.ip_address), subject=subject)
    await work.audit.record(replace(asked, outcome=outcome))
    if owner:
        return registered(
            registration, owner, await work.mails.count(owner.id, MailKind.ALREADY_REGISTERED, now - MAIL_WINDOW)
        )
    mailed = await work.mails.to_registrations(email, MailKind.VERIFY_EMAIL, now - MAIL_WINDOW)
    return registered(registration, None, len(mailed))
