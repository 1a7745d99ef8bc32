"""Helping somebody who lost their second factor and the recovery codes; only who works at the machine itself may."""

from auth_service.domain.accounts import MailKind
from auth_service.domain.audit import OPERATOR, AuditAction
from auth_service.domain.identity import normalise_email
from auth_service.domain.mails import new_mail
from auth_service.domain.second_factors import is_on
from auth_service.errors import AddressUnknown, TotpNotEnrolled
from auth_service.ports import UnitOfWork
from auth_service.use_cases.acting import AUTH
from auth_service.use_cases.auditing import entry
from auth_service.use_cases.ending import end_sessions
from servicekit.caller import acting_as
from servicekit.clock import Clock
from servicekit.ids import new_id


class LostFactors:
    """Takes a one-time-code app from an account: its password alone signs in again."""

    def __init__(self, unit_of_work: UnitOfWork, clock: Clock) -> None:
        self._unit_of_work = unit_of_work
        self._clock = clock

    async def remove(self, email: str) -> None:
        """Told by mail; every session ends. Raises EmailInvalid, AddressUnknown, TotpNotEnrolled."""
        address, now = normalise_email(email), self._clock()
        with acting_as(AUTH):
            async with self._unit_of_work() as work:
                account = await work.accounts.by_email(address)
                if account is None:
                    raise AddressUnknown(user=address)
                if not is_on(await work.second_factors.totp(account.id)):
                    raise TotpNotEnrolled
                await work.second_factors.remove(account.id)
                await end_sessions(work, account.id, now)
                await work.mails.add(new_mail(new_id(), account.id, MailKind.TOTP_DISABLED, address, now))
                await work.audit.record(entry(AuditAction.TOTP_DELETED, now, actor=OPERATOR, subject=account.id))
