"""The account that makes others admins; only who works at the machine itself may make it."""

from dataclasses import replace

from auth_service.domain.accounts import Account, Registration, confirm, open_account, with_password
from auth_service.domain.audit import OPERATOR, AuditAction
from auth_service.domain.events import UserRegistered
from auth_service.domain.identity import normalise_display_name, normalise_email
from auth_service.domain.passwords import own_words
from auth_service.ports import Passwords, UnitOfWork
from auth_service.use_cases.acting import AUTH
from auth_service.use_cases.auditing import entry
from auth_service.use_cases.choosing import hash_of_chosen
from auth_service.use_cases.ending import lock_out
from servicekit.caller import Role, acting_as
from servicekit.clock import Clock
from servicekit.ids import new_id


class FirstAdmin:
    """Makes an admin of an address. An account it has already gets the role and the password, so nobody is locked out."""

    def __init__(self, unit_of_work: UnitOfWork, passwords: Passwords, clock: Clock) -> None:
        self._unit_of_work = unit_of_work
        self._passwords = passwords
        self._clock = clock

    async def create(self, email: str, display_name: str, password: str) -> Account:
        """The account, ready to sign in. Raises EmailInvalid, DisplayNameInvalid, PasswordTooCommon."""
        address, name = normalise_email(email), normalise_display_name(display_name)
        hashed = await hash_of_chosen(self._passwords, password, own_words(address, name), "password")
        new = open_account(new_id(), Registration(address, name, hashed, None), self._clock())
        with acting_as(AUTH):
            async with self._unit_of_work() as work:
                if await work.accounts.add(new):
                    await work.publish(UserRegistered(new.id, name, new.create_time))
                account, now = await work.accounts.by_email(address) or new, self._clock()
                admin = replace(with_password(confirm(account, now), hashed), role=Role.ADMIN, suspend_time=None)
                await work.accounts.save(admin)
                await work.mailed_tokens.remove(admin.id)
                await work.second_factors.remove_challenges(admin.id)
                await lock_out(work, admin.id, now)
                await work.audit.record(entry(AuditAction.ADMIN_CREATED, now, actor=OPERATOR, subject=admin.id))
        return admin
