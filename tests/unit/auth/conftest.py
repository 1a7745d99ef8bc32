"""Auth over fakes: use cases, their database and mail system in memory, and a clock that stands still."""

from dataclasses import dataclass, field
from datetime import timedelta

import pyotp
import pytest
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fakes.auth.clock import ManualClock
from fakes.auth.mail import MemoryMailer, PlainLetters
from fakes.auth.memory import MemoryDatabase
from fakes.auth.memory_exports import MemoryExportReader
from fakes.auth.passwords import PlainPasswords

from auth_service.clients.signing import Ed25519Signer
from auth_service.clients.totp import PyotpCodes
from auth_service.clients.vault import FernetVault
from auth_service.domain.access_tokens import Tokens
from auth_service.domain.accounts import Account, MailKind, Registration, open_account
from auth_service.domain.administration import AccountChange
from auth_service.domain.mails import new_mail
from auth_service.domain.second_factors import MfaDemand
from auth_service.domain.sessions import Client, open_session
from auth_service.storage.attempts import LocalAttempts
from auth_service.use_cases.administration import Administration
from auth_service.use_cases.codes import CodeCheck
from auth_service.use_cases.devices import Devices
from auth_service.use_cases.email_changes import EmailChanges
from auth_service.use_cases.erasure import Leaving
from auth_service.use_cases.exports import Exports
from auth_service.use_cases.issuing import TokenIssuer
from auth_service.use_cases.mailing import MailDelivery
from auth_service.use_cases.mfa_sign_in import MfaSignIn
from auth_service.use_cases.passwords import PasswordKeeper
from auth_service.use_cases.preferences import PreferenceKeeper
from auth_service.use_cases.profiles import Profiles
from auth_service.use_cases.proving import PasswordProof
from auth_service.use_cases.reauthentication import Reauthentication
from auth_service.use_cases.registration import Registrations
from auth_service.use_cases.second_factors import SecondFactorKeeper
from auth_service.use_cases.sessions import SessionKeeper
from auth_service.use_cases.sign_in import SignIn
from servicekit.caller import Caller, Role, acting_as
from servicekit.ids import new_id

STEP = timedelta(seconds=30)
EMAIL = "ada@example.org"
PASSWORD = "correct horse battery"
CLIENT = Client(address="192.0.2.7", user_agent="browser")


@dataclass
class Auth:
    """Auth's use cases over fakes, and the way there."""

    clock: ManualClock = field(default_factory=ManualClock)
    database: MemoryDatabase = field(default_factory=MemoryDatabase)
    passwords: PlainPasswords = field(default_factory=PlainPasswords)
    mailer: MemoryMailer = field(default_factory=MemoryMailer)

    def __post_init__(self) -> None:
        work = self.database.unit_of_work
        issuer = TokenIssuer(Ed25519Signer(Ed25519PrivateKey.generate()))
        self.attempts = attempts = LocalAttempts(lambda: self.clock().timestamp())
        self.registrations = Registrations(self.database, work, self.passwords, attempts, self.clock)
        self.sign_in = SignIn(self.database, self.database, work, self.passwords, attempts, issuer, self.clock)
        self.sessions = SessionKeeper(work, issuer, self.clock)
        self.devices = Devices(self.database, work, self.clock)
        proof = PasswordProof(self.database, self.passwords, attempts)
        codes, vault = PyotpCodes(), FernetVault([Fernet.generate_key().decode()])
        check = CodeCheck(codes, vault, self.clock)
        self.reauthentication = Reauthentication(work, proof, check, attempts, self.clock)
        self.mfa = MfaSignIn(work, check, attempts, issuer, self.clock)
        self.second_factors = SecondFactorKeeper(work, codes, vault, attempts, self.clock)
        self.password_keeper = PasswordKeeper(self.database, work, self.passwords, attempts, self.clock)
        self.profiles = Profiles(self.database, work)
        self.preferences = PreferenceKeeper(self.database, work)
        self.administration = Administration(self.database, work, self.clock)
        self.email_changes = EmailChanges(work, attempts, self.clock)
        self.leaving = Leaving(work, attempts, self.clock)
        self.delivery = MailDelivery(work, PlainLetters(), self.mailer, self.clock)

    @property
    def account(self) -> Account:
        """The only account."""
        (account,) = self.database.tables.accounts.values()
        return account

    async def register(self, password: str = PASSWORD, name: str = "Ada", request_id: str | None = None) -> None:
        await self.registrations.register(EMAIL, password, name, request_id, CLIENT)

    async def opened_unconfirmed(self, password: str = PASSWORD, age: timedelta = timedelta()) -> Account:
        """An account as versions before registrations waited apart opened them, with the token that was mailed then."""
        wish = Registration(EMAIL, "Ada", f"plain:{password}", None)
        account = open_account(new_id(), wish, self.clock() - age)
        async with self.database.unit_of_work() as work:
            await work.accounts.add(account)
            await work.mails.add(new_mail(new_id(), account.id, MailKind.VERIFY_EMAIL, EMAIL, self.clock()))
        return account

    async def mailed_token(self) -> str:
        """The token in the newest letter that has one, after sending what is due: letters of one batch go out in any order."""
        await self.delivery.deliver_due()
        return [letter.text for _, letter in self.mailer.taken if letter.text][-1]

    async def verified(self) -> None:
        """With the letter that says so."""
        await self.register()
        await self.registrations.verify(await self.mailed_token())
        await self.delivery.deliver_due()

    async def signed_in(self) -> Tokens:
        await self.verified()
        tokens = await self.sign_in.sign_in(EMAIL, PASSWORD, CLIENT)
        assert isinstance(tokens, Tokens)
        return tokens

    async def administer(self, user_id: str, change: AccountChange) -> Account:
        """As an admin, of another school as it were, who signed in just now."""
        boss = Caller(new_id(), Role.ADMIN, new_id())
        session = open_session(boss.session_id, boss.id, "browser", self.clock())
        self.database.tables.sessions[session.id] = session
        with acting_as(boss):
            return await self.administration.change(user_id, change, CLIENT)

    def audited(self) -> list[tuple[str, str]]:
        """Action and outcome of each entry of the audit log."""
        return [(event.action, event.outcome) for event in self.database.tables.audit.events.values()]


@pytest.fixture
def auth() -> Auth:
    """A fresh auth service in memory."""
    return Auth()


@pytest.fixture
def exports(auth: Auth) -> Exports:
    """What that service's people take along."""
    return Exports(MemoryExportReader(auth.database), auth.database.unit_of_work, auth.attempts, auth.clock)


class App:
    """Ada's authenticator, and her first session."""

    def __init__(self, auth: Auth, caller: Caller) -> None:
        self.auth = auth
        self.caller = caller
        self.secret = ""
        self.recovery: list[str] = []

    def code(self) -> str:
        """What it shows now."""
        return pyotp.TOTP(self.secret).at(self.auth.clock())

    def next_code(self) -> str:
        """What it shows half a minute later."""
        self.auth.clock.advance(STEP)
        return self.code()

    async def create(self) -> None:
        with acting_as(self.caller):
            self.secret = (await self.auth.second_factors.create(CLIENT)).secret

    async def confirm(self) -> None:
        with acting_as(self.caller):
            self.recovery = await self.auth.second_factors.confirm(self.code(), CLIENT)

    async def demand(self) -> str:
        """The token of a sign-in whose password was right."""
        demand = await self.auth.sign_in.sign_in(EMAIL, PASSWORD, CLIENT)
        assert isinstance(demand, MfaDemand)
        return demand.mfa_token

    async def sign_in(self, code: str) -> Tokens:
        return await self.auth.mfa.complete(await self.demand(), code, CLIENT)


@pytest.fixture
async def app(auth: Auth) -> App:
    """Signed in, nothing enrolled."""
    tokens = await auth.signed_in()
    (session,) = auth.database.tables.sessions
    return App(auth, Caller(tokens.user_id, Role.STUDENT, session))


@pytest.fixture
async def enrolled(app: App) -> App:
    """Enrolled and confirmed, half a minute ago."""
    await app.create()
    await app.confirm()
    app.auth.clock.advance(STEP)
    return app
