"""Signing in with a second factor, and proving it is there."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pyotp
import pytest
from cryptography.fernet import Fernet
from fakes.auth.memory import MemoryLeftovers
from unit.auth.conftest import CLIENT, EMAIL, PASSWORD, Auth

from auth_service.clients.totp import PyotpCodes
from auth_service.clients.vault import FernetVault, VaultKeyMissing
from auth_service.domain.access_tokens import Tokens
from auth_service.domain.attempts import CODE_LIMIT, GUESS_LIMIT
from auth_service.domain.second_factors import (
    CHALLENGE_LIFETIME,
    ENROLMENT_LIFETIME,
    MOST_TRIES,
    RECOVERY_CODES,
    MfaDemand,
    new_recovery_code,
)
from auth_service.domain.sessions import FRESH, Client
from auth_service.errors import (
    FreshSignInNeeded,
    MfaCodeInvalid,
    MfaCodeNeeded,
    MfaTokenInvalid,
    SessionNotFound,
    TooManyAttempts,
    TotpCodeInvalid,
    TotpEnrolled,
    TotpNotEnrolled,
    UserNotFound,
)
from auth_service.use_cases.freshness import require_fresh
from auth_service.use_cases.housekeeping import Housekeeping
from auth_service.use_cases.lost_factors import LostFactors
from servicekit.caller import Caller, Role, acting_as

STEP = timedelta(seconds=30)
NEW = "seven lamps in a harbour"


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


async def test_after_the_first_code_signing_in_needs_one(auth: Auth, enrolled: App) -> None:
    sessions = len(auth.database.tables.sessions)
    token = await enrolled.demand()
    assert len(auth.database.tables.sessions) == sessions
    tokens = await auth.mfa.complete(token, enrolled.code(), CLIENT)
    opened = auth.database.tables.sessions[max(auth.database.tables.sessions)]
    assert (tokens.user_id, opened.aal) == (enrolled.caller.id, 2)
    assert auth.audited()[-3:] == [
        ("session.opened", "MFA_NEEDED"),
        ("mfa.checked", "success"),
        ("session.opened", "success"),
    ]


async def test_until_the_first_code_signing_in_needs_none(auth: Auth, app: App) -> None:
    await app.create()
    assert isinstance(await auth.sign_in.sign_in(EMAIL, PASSWORD, CLIENT), Tokens)


async def test_a_code_works_once_also_for_another_purpose(auth: Auth, enrolled: App) -> None:
    code = enrolled.code()
    await enrolled.sign_in(code)
    with pytest.raises(MfaCodeInvalid):
        await enrolled.sign_in(code)
    with acting_as(enrolled.caller), pytest.raises(MfaCodeInvalid):
        await auth.reauthentication.reauthenticate("", code, CLIENT)
    await enrolled.sign_in(enrolled.next_code())


async def test_the_code_that_completed_the_enrolment_signs_nobody_in(auth: Auth, app: App) -> None:
    await app.create()
    await app.confirm()
    with pytest.raises(MfaCodeInvalid):
        await app.sign_in(app.code())


async def test_a_code_older_than_one_that_was_used_is_spent_too(auth: Auth, enrolled: App) -> None:
    older = enrolled.code()
    await enrolled.sign_in(enrolled.next_code())
    with pytest.raises(MfaCodeInvalid):
        await enrolled.sign_in(older)


@pytest.mark.parametrize(("steps", "good"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
async def test_a_clock_may_be_off_by_half_a_minute(auth: Auth, enrolled: App, steps: int, good: bool) -> None:
    auth.clock.advance(10 * STEP)
    code = pyotp.TOTP(enrolled.secret).at(auth.clock() + steps * STEP)
    if good:
        assert await enrolled.sign_in(code)
    else:
        with pytest.raises(MfaCodeInvalid):
            await enrolled.sign_in(code)


async def test_each_recovery_code_replaces_the_app_once_however_it_is_typed(auth: Auth, enrolled: App) -> None:
    assert len(set(enrolled.recovery)) == RECOVERY_CODES
    first, second = enrolled.recovery[:2]
    await enrolled.sign_in(first)
    with pytest.raises(MfaCodeInvalid):
        await enrolled.sign_in(first)
    await enrolled.sign_in(second.lower().replace("-", " "))


async def test_neither_codes_nor_secret_nor_token_are_kept_readable(auth: Auth, enrolled: App) -> None:
    token = await enrolled.demand()
    kept = repr(auth.database.tables)
    for secret in (enrolled.secret, token, *enrolled.recovery):
        assert secret not in kept
        assert secret.replace("-", "") not in kept


async def test_one_token_takes_five_codes_at_most(auth: Auth, enrolled: App) -> None:
    token = await enrolled.demand()
    for _ in range(MOST_TRIES):
        with pytest.raises(MfaCodeInvalid):
            await auth.mfa.complete(token, "wrong code", CLIENT)
    with pytest.raises(MfaTokenInvalid):
        await auth.mfa.complete(token, enrolled.code(), CLIENT)


async def test_signing_in_again_gives_no_more_guesses(auth: Auth, enrolled: App) -> None:
    for _ in range(GUESS_LIMIT):
        with pytest.raises(MfaCodeInvalid):
            await enrolled.sign_in("wrong code")
    with pytest.raises(TooManyAttempts):
        await enrolled.sign_in(enrolled.code())


async def test_guessing_from_many_networks_is_limited_too(auth: Auth, enrolled: App) -> None:
    for number in range(CODE_LIMIT):
        with pytest.raises(MfaCodeInvalid):
            await auth.mfa.complete(await enrolled.demand(), "wrong code", Client(f"198.51.100.{number}"))
    with pytest.raises(TooManyAttempts):
        await enrolled.sign_in(enrolled.code())


@pytest.mark.parametrize("token", ["unknown", ""])
async def test_an_unknown_token_is_refused(auth: Auth, enrolled: App, token: str) -> None:
    with pytest.raises(MfaTokenInvalid):
        await auth.mfa.complete(token, enrolled.code(), CLIENT)


async def test_a_token_is_good_for_five_minutes_and_one_session(auth: Auth, enrolled: App) -> None:
    token = await enrolled.demand()
    await auth.mfa.complete(token, enrolled.code(), CLIENT)
    with pytest.raises(MfaTokenInvalid):
        await auth.mfa.complete(token, enrolled.next_code(), CLIENT)
    late = await enrolled.demand()
    auth.clock.advance(CHALLENGE_LIFETIME)
    with pytest.raises(MfaTokenInvalid):
        await auth.mfa.complete(late, enrolled.code(), CLIENT)
    housekeeping = Housekeeping(MemoryLeftovers(auth.database), auth.clock)
    assert await housekeeping.sweep() == 1
    assert not auth.database.tables.factors.challenges


async def test_a_token_dies_with_the_password_the_app_or_the_account_s_good_name(auth: Auth, enrolled: App) -> None:
    token = await enrolled.demand()
    with acting_as(enrolled.caller):
        await auth.password_keeper.change(PASSWORD, NEW, CLIENT)
    with pytest.raises(MfaTokenInvalid):
        await auth.mfa.complete(token, enrolled.code(), CLIENT)
    with acting_as(enrolled.caller):
        await auth.password_keeper.change(NEW, PASSWORD, CLIENT)
    token = await enrolled.demand()
    account = auth.account
    auth.database.tables.accounts[account.id] = replace(account, suspend_time=auth.clock())
    with pytest.raises(MfaTokenInvalid):
        await auth.mfa.complete(token, enrolled.code(), CLIENT)
    auth.database.tables.accounts[account.id] = account
    del auth.database.tables.factors.totp[account.id]
    with pytest.raises(MfaTokenInvalid):
        await auth.mfa.complete(token, enrolled.code(), CLIENT)


async def test_of_many_who_present_a_token_at_once_one_gets_in(auth: Auth, enrolled: App) -> None:
    token, code = await enrolled.demand(), enrolled.code()
    tries = (auth.mfa.complete(token, code, CLIENT) for _ in range(MOST_TRIES))
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(outcome, Tokens) for outcome in outcomes) == 1


async def test_enrolling_needs_a_fresh_session_and_happens_once(auth: Auth, app: App) -> None:
    auth.clock.advance(FRESH)
    with pytest.raises(FreshSignInNeeded):
        await app.create()
    with acting_as(app.caller):
        await auth.reauthentication.reauthenticate(PASSWORD, "", CLIENT)
    await app.create()
    abandoned = app.code()
    await app.create()
    with acting_as(app.caller), pytest.raises(TotpCodeInvalid):
        await auth.second_factors.confirm(abandoned, CLIENT)
    await app.confirm()
    with pytest.raises(TotpEnrolled):
        await app.create()
    with pytest.raises(TotpEnrolled):
        await app.confirm()
    assert ("totp.confirmed", "TOTP_CODE_INVALID") in auth.audited()


async def test_an_enrolment_waits_a_quarter_of_an_hour(auth: Auth, app: App) -> None:
    app.secret = pyotp.random_base32()
    with pytest.raises(TotpNotEnrolled):
        await app.confirm()
    await app.create()
    auth.clock.advance(ENROLMENT_LIFETIME)
    with pytest.raises(TotpNotEnrolled):
        await app.confirm()


async def test_first_codes_are_counted(auth: Auth, app: App) -> None:
    await app.create()
    with acting_as(app.caller):
        for _ in range(GUESS_LIMIT):
            with pytest.raises(TotpCodeInvalid):
                await auth.second_factors.confirm("000000" if app.code() != "000000" else "000001", CLIENT)
    with pytest.raises(TooManyAttempts):
        await app.confirm()


async def test_giving_the_app_up_needs_both_factors_of_a_moment_ago(auth: Auth, enrolled: App) -> None:
    auth.clock.advance(FRESH)
    with acting_as(enrolled.caller):
        with pytest.raises(FreshSignInNeeded):
            await auth.second_factors.delete(CLIENT)
        with pytest.raises(MfaCodeNeeded):
            await auth.reauthentication.reauthenticate(PASSWORD, "", CLIENT)
        await auth.reauthentication.reauthenticate("", enrolled.code(), CLIENT)
        await auth.second_factors.delete(CLIENT)
        with pytest.raises(TotpNotEnrolled):
            await auth.second_factors.delete(CLIENT)
    assert isinstance(await auth.sign_in.sign_in(EMAIL, PASSWORD, CLIENT), Tokens)
    assert not auth.database.tables.factors.codes
    await auth.delivery.deliver_due()
    assert [letter.subject for _, letter in auth.mailer.taken][-2:] == ["TOTP_ENABLED", "TOTP_DISABLED"]


async def test_a_session_from_before_the_enrolment_is_not_fresh_by_its_password(auth: Auth, app: App) -> None:
    other = await auth.sign_in.sign_in(EMAIL, PASSWORD, CLIENT)
    assert isinstance(other, Tokens)
    await app.create()
    await app.confirm()
    (session,) = set(auth.database.tables.sessions) - {app.caller.session_id}
    stolen = replace(app.caller, session_id=session)
    with acting_as(stolen), pytest.raises(FreshSignInNeeded):
        await auth.second_factors.delete(CLIENT)
    async with auth.database.unit_of_work() as work:
        with acting_as(app.caller):
            await require_fresh(work, app.caller, auth.clock())


async def test_with_an_app_even_who_knows_the_password_changes_it_only_in_a_fresh_session(
    auth: Auth, enrolled: App
) -> None:
    auth.clock.advance(FRESH)
    with acting_as(enrolled.caller):
        with pytest.raises(FreshSignInNeeded):
            await auth.password_keeper.change(PASSWORD, NEW, CLIENT)
        await auth.reauthentication.reauthenticate("", enrolled.recovery[0], CLIENT)
        await auth.password_keeper.change(PASSWORD, NEW, CLIENT)


async def test_an_ended_session_is_not_made_fresh_by_a_code(auth: Auth, enrolled: App) -> None:
    with acting_as(enrolled.caller):
        await auth.sessions.sign_out()
        with pytest.raises(SessionNotFound):
            await auth.reauthentication.reauthenticate("", enrolled.code(), CLIENT)


async def test_an_operator_helps_who_lost_app_and_codes(auth: Auth, enrolled: App) -> None:
    lost = LostFactors(auth.database.unit_of_work, auth.clock)
    await lost.remove(EMAIL.upper())
    assert isinstance(await auth.sign_in.sign_in(EMAIL, PASSWORD, CLIENT), Tokens)
    assert auth.database.tables.sessions[enrolled.caller.session_id].revoke_time
    await auth.delivery.deliver_due()
    assert auth.mailer.taken[-1][1].subject == "TOTP_DISABLED"
    with pytest.raises(TotpNotEnrolled):
        await lost.remove(EMAIL)
    with pytest.raises(UserNotFound):
        await lost.remove("nobody@example.org")


async def test_an_erased_account_enrols_nothing(auth: Auth) -> None:
    with acting_as(Caller("erased", Role.STUDENT, "session")), pytest.raises(UserNotFound):
        await auth.second_factors.create(CLIENT)


async def test_a_session_that_ends_while_the_app_is_confirmed_stays_ended(auth: Auth, app: App) -> None:
    await app.create()
    with acting_as(app.caller):
        await auth.sessions.sign_out()
    await app.confirm()
    assert auth.database.tables.sessions[app.caller.session_id].aal == 1


def test_recovery_codes_are_long_and_can_be_typed() -> None:
    codes = {new_recovery_code() for _ in range(100)}
    assert len(codes) == 100
    assert all(len(code) == 19 and code.replace("-", "").isalnum() for code in codes)


def test_what_was_sealed_opens_by_each_key_for_its_owner_alone() -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    sealed = FernetVault([old]).seal("secret", "ada")
    assert b"secret" not in sealed
    assert FernetVault([new, old]).open(sealed, "ada") == "secret"
    with pytest.raises(VaultKeyMissing):
        FernetVault([new, old]).open(sealed, "bob")
    with pytest.raises(VaultKeyMissing):
        FernetVault([new]).open(sealed, "ada")


def test_an_app_is_told_the_secret_by_an_address_named_after_the_account() -> None:
    uri = PyotpCodes().uri("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", EMAIL)
    assert (
        uri
        == "otpauth://totp/Little%20Monster:ada%40example.org?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Little%20Monster"
    )


@pytest.mark.parametrize(("at", "code"), [(59, "287082"), (1111111109, "081804"), (20000000000, "353130")])
def test_codes_are_those_of_rfc_6238(auth: Auth, at: int, code: str) -> None:
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    assert PyotpCodes().step(secret, code, auth.clock().fromtimestamp(at, auth.clock().tzinfo)) == at // 30
