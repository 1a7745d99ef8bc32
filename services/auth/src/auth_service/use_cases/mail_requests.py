"""Mail that anybody may ask for by naming an address: taken down by the call, decided by the worker.

The call does the same for every address, so that nobody can tell by its time which have accounts.
"""

import logging
from datetime import datetime

from auth_service.domain.accounts import VERIFICATION_WINDOW, Account, Mailed, MailKind
from auth_service.domain.mail_requests import MailRequest, answer
from auth_service.domain.mails import new_mail
from auth_service.ports import UnitOfWork, Work
from auth_service.use_cases.acting import AUTH
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


async def verifications_lately(work: Work, account: Account | None, now: datetime) -> int:
    """How many verification mails the account got within the window."""
    if account is None:
        return 0
    return await work.mails.count(account.id, MailKind.VERIFY_EMAIL, now - VERIFICATION_WINDOW)


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
    account = await work.accounts.by_email(request.email)
    lately = await verifications_lately(work, account, request.create_time)
    outcome = answer(request, account, lately)
    if isinstance(outcome, Mailed):
        await work.accounts.save(outcome.account)
        mail = new_mail(new_id(), outcome.account.id, outcome.mail, request.email, request.create_time)
        await work.mails.add(mail)
