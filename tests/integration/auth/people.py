"""People put straight into auth's database, for processes that never told or mailed their secrets to anybody."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pyotp
from loopback import Metadata

from auth_service.clients.signing import KeyRing
from auth_service.clients.vault import FernetVault
from auth_service.domain.access_tokens import claims
from auth_service.domain.accounts import Account, Registration, confirm, open_account
from auth_service.domain.email_changes import ask_for
from auth_service.domain.registrations import PendingRegistration
from auth_service.domain.second_factors import challenge, enrol, new_recovery_code, recovery_digest
from auth_service.domain.secrets import TokenPurpose, digest, mailed_token, new_secret
from auth_service.domain.sessions import Assurance, Session, open_session, refresh_token
from auth_service.ports import Work
from auth_service.storage.unit_of_work import units_of_work
from auth_service.use_cases.acting import AUTH
from local_mesh import keys
from servicekit.caller import acting_as
from servicekit.clock import utc_now
from servicekit.database import Database
from servicekit.ids import new_id


@dataclass(frozen=True)
class Person:
    """Somebody with a confirmed account, PASSWORD, a session, an app whose code of now was never given, and recovery codes."""

    account: Account
    session: Session
    metadata: Metadata
    refresh_token: str
    app: pyotp.TOTP
    recovery: list[str]

    def code(self) -> str:
        """What the app shows half a minute from now: it counts already, and for as long as possible."""
        return self.app.at(utc_now() + timedelta(seconds=30))


class People:
    """Makes people, and what was sent to them."""

    def __init__(self, database: Database, folder: Path, password_hash: str) -> None:
        """`folder` has the keys of the processes."""
        self._begin = units_of_work(database)
        self._vault = FernetVault.from_file(folder / keys.VAULT_KEY)
        self._ring = KeyRing(folder / keys.SIGNING_KEYS, utc_now)
        self._hash = password_hash

    @asynccontextmanager
    async def work(self) -> AsyncIterator[Work]:
        """A unit of work of the service itself."""
        with acting_as(AUTH):
            async with self._begin() as work:
                yield work

    async def person(self, *, enrolled: bool = True, confirmed: bool = True) -> Person:
        """Somebody new; without an app unless `enrolled`, with one whose first code is waited for unless `confirmed`."""
        now, secret, app = utc_now(), new_secret(), pyotp.TOTP(pyotp.random_base32())
        account = confirm(open_account(new_id(), self.registration(), now), now)
        aal = Assurance.TWO_FACTORS if enrolled and confirmed else Assurance.PASSWORD
        session = open_session(new_id(), account.id, "browser", now, aal)
        recovery = [new_recovery_code() for _ in range(10)] if enrolled and confirmed else []
        async with self.work() as work:
            await work.accounts.add(account)
            await work.sessions.add(session)
            await work.sessions.add_refresh_token(refresh_token(digest(secret), session))
            if enrolled:
                totp = enrol(account.id, self._vault.seal(app.secret, account.id), now)
                await work.second_factors.save_totp(replace(totp, confirm_time=now if confirmed else None))
                await work.second_factors.replace_recovery_codes(
                    account.id, [recovery_digest(account.id, each) for each in recovery]
                )
        return Person(account, session, self._bearer(account, session), secret, app, recovery)

    async def other_session(self, person: Person) -> Metadata:
        """Of another device of theirs."""
        session = open_session(new_id(), person.account.id, "phone", utc_now(), Assurance.TWO_FACTORS)
        async with self.work() as work:
            await work.sessions.add(session)
        return self._bearer(person.account, session)

    async def mfa_token(self, person: Person) -> str:
        """As after the right password."""
        secret = new_secret()
        async with self.work() as work:
            await work.second_factors.add_challenge(challenge(secret, person.account.id, utc_now()))
        return secret

    async def mailed(self, person: Person, purpose: TokenPurpose) -> str:
        """The token of a letter to them."""
        secret = new_secret()
        async with self.work() as work:
            await work.mailed_tokens.add(mailed_token(secret, person.account.id, purpose, utc_now()))
        return secret

    async def waiting(self, email: str) -> str:
        """The token of the letter for a registration of the address, whose account is not open yet."""
        secret, now = new_secret(), utc_now()
        registration = PendingRegistration(new_id(), replace(self.registration(), email=email), "", now)
        async with self.work() as work:
            await work.registrations.add(registration)
            token = mailed_token(secret, None, TokenPurpose.VERIFY_EMAIL, now, registration.id)
            await work.mailed_tokens.add(token)
        return secret

    async def wishes(self, person: Person, new_email: str) -> None:
        """They have asked for another address."""
        async with self.work() as work:
            await work.email_changes.save(ask_for(person.account.id, new_email, person.session.id, utc_now()))

    def registration(self) -> Registration:
        """Of an address that nobody else has."""
        return Registration(f"{new_id()}@example.org", "Ada", self._hash, None)

    def _bearer(self, account: Account, session: Session) -> Metadata:
        token = self._ring.sign(claims(account, session, new_id(), utc_now()))
        return (("authorization", f"Bearer {token}"),)
