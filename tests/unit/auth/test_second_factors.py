"""Enrolling a one-time-code app, giving it up, and what is kept of it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pyotp
import pytest
from cryptography.fernet import Fernet
from unit.auth.conftest import CLIENT, EMAIL, PASSWORD, App, Auth

from auth_service.clients.totp import PyotpCodes
from auth_service.clients.vault import FernetVault, VaultKeyMissing
from auth_service.domain.access_tokens import Tokens
from auth_service.domain.attempts import GUESS_LIMIT, Budget
from auth_service.domain.events import SessionRevoked
from auth_service.domain.second_factors import (
    ENROLMENT_LIFETIME,
    new_recovery_code,
)
from auth_service.domain.sessions import FRESH
from auth_service.errors import (
    FreshSignInNeeded,
    MfaCodeInvalid,
    MfaCodeNeeded,
    RefreshTokenInvalid,
    SessionNotFound,
    TooManyAttempts,
    TotpCodeInvalid,
    TotpEnrolled,
    TotpNotEnrolled,
    UserNotFound,
)
from auth_service.use_cases.freshness import require_fresh
from auth_service.use_cases.lost_factors import LostFactors
from servicekit.caller import Caller, Role, acting_as

NEW = "seven lamps in a harbour"


async def test_neither_codes_nor_secret_nor_token_are_kept_readable(auth: Auth, enrolled: App) -> None:
    token = await enrolled.demand()
    kept = repr(auth.database.tables)
    for secret in (enrolled.secret, token, *enrolled.recovery):
        assert secret not in kept
        assert secret.replace("-", "") not in kept


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


async def test_sessions_that_a_password_alone_opened_end_with_the_enrolment_all_but_the_one_that_enrolled(
    auth: Auth, app: App
) -> None:
    other = await auth.sign_in.sign_in(EMAIL, PASSWORD, CLIENT)
    assert isinstance(other, Tokens)
    (session,) = set(auth.database.tables.sessions) - {app.caller.session_id}
    await app.create()
    assert auth.database.tables.sessions[session].revoke_time is None
    await app.confirm()
    with pytest.raises(RefreshTokenInvalid):
        await auth.sessions.refresh(other.refresh_token)
    assert [event.session_id for event in auth.database.tables.events if isinstance(event, SessionRevoked)] == [session]
    stolen = replace(app.caller, session_id=session)
    with acting_as(stolen), pytest.raises(FreshSignInNeeded):
        await auth.second_factors.delete(CLIENT)
    assert auth.database.tables.sessions[app.caller.session_id].revoke_time is None
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


async def test_a_code_of_an_app_that_was_removed_while_it_was_given_proves_nothing(
    auth: Auth, enrolled: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither does one of an app that is being enrolled in its place."""
    admit = auth.reauthentication._attempts.reserve

    async def meanwhile(budgets: Sequence[Budget]) -> timedelta | None:
        apps = auth.database.tables.factors.totp
        apps[enrolled.caller.id] = replace(apps[enrolled.caller.id], confirm_time=None)
        return await admit(budgets)

    monkeypatch.setattr(auth.reauthentication._attempts, "reserve", meanwhile)
    with acting_as(enrolled.caller), pytest.raises(MfaCodeInvalid):
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


async def test_a_session_that_has_ended_enrols_no_app_and_stays_ended(auth: Auth, app: App) -> None:
    await app.create()
    with acting_as(app.caller):
        await auth.sessions.sign_out()
    with pytest.raises(SessionNotFound):
        await app.confirm()
    assert auth.database.tables.sessions[app.caller.session_id].aal == 1
    assert isinstance(await auth.sign_in.sign_in(EMAIL, PASSWORD, CLIENT), Tokens)


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
