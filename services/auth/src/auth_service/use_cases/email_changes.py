"""Another e-mail address for an account."""

from datetime import datetime

from auth_service.domain.accounts import Account, MailKind
from auth_service.domain.attempts import anonymous_budgets, email_change_budgets
from auth_service.domain.audit import AuditAction
from auth_service.domain.email_changes import PURPOSES, EmailChange, ask_for, confirmed
from auth_service.domain.identity import normalise_email
from auth_service.domain.mails import new_mail
from auth_service.domain.secrets import TokenPurpose
from auth_service.domain.sessions import Client
from auth_service.errors import EmailTaken, EmailTokenInvalid, EmailUnchanged, UserNotFound
from auth_service.ports import AttemptLimiter, UnitOfWork, Work
from auth_service.use_cases.acting import AUTH, person
from auth_service.use_cases.admitting import admit
from auth_service.use_cases.auditing import entry, refusals_audited
from auth_service.use_cases.ending import end_sessions
from auth_service.use_cases.freshness import require_fresh
from auth_service.use_cases.redeeming import holder
from servicekit.caller import Caller, acting_as
from servicekit.clock import Clock
from servicekit.ids import new_id

_OTHER_PURPOSES = tuple(purpose for purpose in TokenPurpose if purpose not in PURPOSES)


class EmailChanges:
    """Ask, and agree from both addresses. Only then does the account have the new one."""

    def __init__(self, unit_of_work: UnitOfWork, attempts: AttemptLimiter, clock: Clock) -> None:
        self._unit_of_work = unit_of_work
        self._attempts = attempts
        self._clock = clock

    async def ask(self, new_email: str, client: Client) -> None:
        """Mail a token to each address; a newer wish replaces an older one.

        Whether the new address has an account is not told: its owner gets a mail that says so, and nobody a token for it.

        Raises EmailInvalid, EmailUnchanged, TooManyAttempts, FreshSignInNeeded, UserNotFound, Unauthenticated, PersonNeeded.
        """
        caller, address, now = person(), normalise_email(new_email), self._clock()
        attempt = entry(AuditAction.EMAIL_CHANGE_REQUESTED, now, client, actor=caller.id, subject=caller.id)
        await admit(self._attempts, email_change_budgets(caller.id, client.address))
        with acting_as(AUTH):
            async with refusals_audited(self._unit_of_work, attempt), self._unit_of_work() as work:
                account = await work.accounts.get(caller.id)
                if account is None:
                    raise UserNotFound(user=caller.id)
                await require_fresh(work, caller, now)
                if address == account.email:
                    raise EmailUnchanged(fields={"newEmail": "is the address the account has"})
                await _begin(work, account, address, caller, now)
                await work.audit.record(attempt)

    async def confirm(self, token: str, client: Client) -> bool:
        """Agree by a mailed token. True once both have: then the address is changed, and sessions but the asking one ended.

        A repeat answers the same. Raises EmailTokenInvalid, TooManyAttempts, and EmailTaken when somebody else proved the
        new address theirs meanwhile.
        """
        now = self._clock()
        await admit(self._attempts, anonymous_budgets(client.address))
        with acting_as(AUTH):
            async with self._unit_of_work() as work:
                account, change = await _agreed(work, token, now)
                if change.is_complete and account.email != change.new_email:
                    await _switch(work, account, change, now)
                    await work.audit.record(entry(AuditAction.EMAIL_CHANGED, now, client, subject=account.id))
        return change.is_complete


async def _begin(work: Work, account: Account, address: str, caller: Caller, now: datetime) -> None:
    # Tokens of an earlier wish must not agree to this one.
    await work.mailed_tokens.remove(account.id, sparing=_OTHER_PURPOSES)
    await work.email_changes.save(ask_for(account.id, address, caller.session_id, now))
    present = new_mail(new_id(), account.id, MailKind.CONFIRM_PRESENT_EMAIL, account.email, now, about=address)
    await work.mails.add(present)
    other = await work.accounts.by_email(address)
    if other and other.verify_time:
        await work.mails.add(new_mail(new_id(), other.id, MailKind.ALREADY_REGISTERED, address, now))
    else:
        await work.mails.add(new_mail(new_id(), account.id, MailKind.CONFIRM_NEW_EMAIL, address, now))


async def _agreed(work: Work, token: str, now: datetime) -> tuple[Account, EmailChange]:
    for purpose in PURPOSES:
        if account := await holder(work, token, purpose, now):
            change = await work.email_changes.get(account.id)
            if change and now < change.expire_time:
                agreed = confirmed(change, purpose)
                await work.email_changes.save(agreed)
                return account, agreed
    raise EmailTokenInvalid(fields={"token": "is unknown, replaced, or older than 24 hours"})


async def _switch(work: Work, account: Account, change: EmailChange, now: datetime) -> None:
    other = await work.accounts.by_email(change.new_email)
    if other and other.verify_time:
        raise EmailTaken
    if other:
        # Somebody had it opened by an earlier version and never proved it theirs; the account's owner just did. It was of no
        # use to anybody, so no other service holds anything of it.
        await work.accounts.remove_unconfirmed(other.id)
    await work.accounts.change_email(account.id, change.new_email)
    # The two tokens stay, so that a repeat answers the same; those mailed to the old address for other things go.
    await work.mailed_tokens.remove(account.id, sparing=PURPOSES)
    await work.second_factors.remove_challenges(account.id)
    await end_sessions(work, account.id, now, sparing=change.session_id)
    notice = new_mail(new_id(), account.id, MailKind.EMAIL_CHANGED, account.email, now, about=change.new_email)
    await work.mails.add(notice)
