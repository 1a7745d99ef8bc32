"""Mail that anybody may ask for by naming an address: taken down by the call, decided by the worker.

The call does the same for every address, so that nobody can tell by its time which have accounts.
"""

from datetime import datetime

from auth_service.domain.accounts import VERIFICATION_WINDOW, Account, Mailed, MailKind
from auth_service.domain.mail_requests import MailRequest, answer
from auth_service.domain.mails import new_mail
from auth_service.ports import UnitOfWork, Work
from auth_service.use_cases.acting import AUTH
from servicekit.caller import acting_as
from servicekit.ids import new_id

BATCH = 50


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
    """Decides about wishes, one transaction each."""

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
        async with self._unit_of_work() as work:
            request = await work.mail_requests.take()
            if request is None:
                return False
            account = await work.accounts.by_email(request.email)
            lately = await verifications_lately(work, account, request.create_time)
            outcome = answer(request, account, lately)
            if isinstance(outcome, Mailed):
                await work.accounts.save(outcome.account)
                mail = new_mail(new_id(), outcome.account.id, outcome.mail, request.email, request.create_time)
                await work.mails.add(mail)
        return True
