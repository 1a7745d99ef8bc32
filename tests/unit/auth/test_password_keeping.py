"""Forgetting a password and replacing it."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from fakes.auth.passwords import COMMON
from unit.auth.conftest import CLIENT, EMAIL, PASSWORD, Auth

from auth_service.domain.accounts import MAIL_INTERVAL
from auth_service.domain.attempts import GUESS_LIMIT
from auth_service.domain.events import AccessRevoked, SessionRevoked
from auth_service.domain.registrations import MOST_MAILS
from auth_service.domain.secrets import LIFETIMES, TokenPurpose
from auth_service.errors import (
    CredentialsInvalid,
    CurrentPasswordWrong,
    PasswordChecksBusy,
    PasswordTooCommon,
    PersonNeeded,
    ResetTokenInvalid,
    TooManyAttempts,
    UserNotFound,
    VerificationTokenInvalid,
)
from servicekit.caller import Caller, Role, acting_as

NEW = "seven lamps in a harbour"


async def reset_token(auth: Auth) -> str:
    auth.clock.advance(MAIL_INTERVAL)
    await auth.password_keeper.forgot(EMAIL, CLIENT)
    return await auth.mailed_token()


def subjects(auth: Auth) -> list[str]:
    return [letter.subject for _, letter in auth.mailer.taken]


def living(auth: Auth) -> list[str]:
    return [session.id for session in auth.database.tables.sessions.values() if session.revoke_time is None]


def caller(auth: Auth, session: str) -> Caller:
    return Caller(auth.account.id, Role.STUDENT, session)


async def sign_in(auth: Auth, password: str) -> None:
    await auth.sign_in.sign_in(EMAIL, password, CLIENT)


async def test_a_mailed_token_sets_a_password_ends_every_session_and_is_told_by_mail(auth: Auth) -> None:
    await auth.signed_in()
    await sign_in(auth, PASSWORD)
    await auth.password_keeper.reset(await reset_token(auth), NEW, CLIENT)
    assert living(auth) == []
    assert len([event for event in auth.database.tables.events if isinstance(event, SessionRevoked)]) == 2
    assert auth.database.tables.events[-1] == AccessRevoked(auth.account.id, auth.clock())
    with pytest.raises(CredentialsInvalid):
        await sign_in(auth, PASSWORD)
    await sign_in(auth, NEW)
    await auth.delivery.deliver_due()
    assert subjects(auth)[-1] == "PASSWORD_CHANGED"


async def test_a_reset_token_works_once_even_when_presented_many_times_at_once(auth: Auth) -> None:
    await auth.verified()
    token = await reset_token(auth)
    tries = (auth.password_keeper.reset(token, f"{NEW} {number}", CLIENT) for number in range(10))
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(outcome is None for outcome in outcomes) == 1
    assert sum(isinstance(outcome, ResetTokenInvalid) for outcome in outcomes) == 9


async def test_a_new_password_makes_every_other_mailed_token_worthless(auth: Auth) -> None:
    await auth.verified()
    older, newer = await reset_token(auth), await reset_token(auth)
    await auth.password_keeper.reset(newer, NEW, CLIENT)
    with pytest.raises(ResetTokenInvalid):
        await auth.password_keeper.reset(older, NEW, CLIENT)


async def test_a_reset_token_lives_an_hour(auth: Auth) -> None:
    await auth.verified()
    token = await reset_token(auth)
    auth.clock.advance(LIFETIMES[TokenPurpose.RESET_PASSWORD])
    with pytest.raises(ResetTokenInvalid):
        await auth.password_keeper.reset(token, NEW, CLIENT)


async def test_a_token_is_good_for_its_purpose_alone(auth: Auth) -> None:
    await auth.register()
    with pytest.raises(ResetTokenInvalid):
        await auth.password_keeper.reset(await auth.mailed_token(), NEW, CLIENT)
    with pytest.raises(VerificationTokenInvalid):
        await auth.registrations.verify(await reset_token(auth))


async def test_resetting_confirms_the_address_the_token_came_to(auth: Auth) -> None:
    await auth.opened_unconfirmed()
    await auth.password_keeper.reset(await reset_token(auth), NEW, CLIENT)
    await sign_in(auth, NEW)


async def test_resetting_opens_the_account_of_a_registration_whoever_made_it_with_the_new_password_alone(
    auth: Auth,
) -> None:
    await auth.register("a squatter's password")
    confirming = await auth.mailed_token()
    token = await reset_token(auth)
    for common in (COMMON, "Ada", EMAIL):
        with pytest.raises(PasswordTooCommon):
            await auth.password_keeper.reset(token, common, CLIENT)
    assert not auth.database.tables.accounts
    await auth.password_keeper.reset(token, NEW, CLIENT)
    await sign_in(auth, NEW)
    with pytest.raises(CredentialsInvalid):
        await sign_in(auth, "a squatter's password")
    with pytest.raises(VerificationTokenInvalid):
        await auth.registrations.verify(confirming)
    with pytest.raises(ResetTokenInvalid):
        await auth.password_keeper.reset(token, NEW, CLIENT)


async def test_a_registration_gets_a_reset_token_once_a_minute(auth: Auth) -> None:
    await auth.register()
    for _ in range(2):
        await auth.password_keeper.forgot(EMAIL, CLIENT)
    await auth.delivery.deliver_due()
    assert subjects(auth) == ["VERIFY_EMAIL", "RESET_PASSWORD"]


@pytest.mark.parametrize("confirmed", [True, False])
async def test_no_number_of_registrations_of_an_address_keeps_a_reset_letter_from_its_owner(
    auth: Auth, confirmed: bool
) -> None:
    await (auth.verified() if confirmed else auth.register())
    auth.clock.advance(MAIL_INTERVAL)
    for _ in range(MOST_MAILS + 1):
        await auth.register("a squatter's password", "Mallory")
        await auth.registrations.resend(EMAIL, CLIENT)
    await auth.delivery.deliver_due()
    await auth.password_keeper.reset(await reset_token(auth), NEW, CLIENT)
    assert subjects(auth).count("ALREADY_REGISTERED") == (MOST_MAILS if confirmed else 0)
    await sign_in(auth, NEW)


async def test_a_refused_password_leaves_the_token_good(auth: Auth) -> None:
    await auth.verified()
    token = await reset_token(auth)
    for common in (COMMON, "Ada", EMAIL):
        with pytest.raises(PasswordTooCommon):
            await auth.password_keeper.reset(token, common, CLIENT)
    await auth.password_keeper.reset(token, NEW, CLIENT)


async def test_resetting_lets_a_person_in_who_had_failed_too_often(auth: Auth) -> None:
    await auth.verified()
    for _ in range(GUESS_LIMIT):
        with pytest.raises(CredentialsInvalid):
            await sign_in(auth, "a wrong password")
    await auth.password_keeper.reset(await reset_token(auth), NEW, CLIENT)
    await sign_in(auth, NEW)


async def test_strangers_get_no_mail_and_nobody_gets_two_within_a_minute(auth: Auth) -> None:
    await auth.verified()
    await auth.password_keeper.forgot("nobody@example.org", CLIENT)
    await reset_token(auth)
    await auth.password_keeper.forgot(EMAIL, CLIENT)
    await auth.delivery.deliver_due()
    assert subjects(auth) == ["VERIFY_EMAIL", "ACCOUNT_OPENED", "RESET_PASSWORD"]


async def test_changing_a_password_ends_the_other_sessions_and_is_told_by_mail(auth: Auth) -> None:
    await auth.signed_in()
    (here,) = living(auth)
    await sign_in(auth, PASSWORD)
    with acting_as(caller(auth, here)):
        await auth.password_keeper.change(PASSWORD, NEW, CLIENT)
    assert living(auth) == [here]
    assert auth.database.tables.events[-1] == AccessRevoked(auth.account.id, auth.clock(), here)
    await sign_in(auth, NEW)
    await auth.delivery.deliver_due()
    assert subjects(auth)[-1] == "PASSWORD_CHANGED"


async def test_a_wrong_current_password_changes_nothing_and_is_counted(auth: Auth) -> None:
    await auth.signed_in()
    with acting_as(caller(auth, *living(auth))):
        for _ in range(GUESS_LIMIT):
            with pytest.raises(CurrentPasswordWrong):
                await auth.password_keeper.change("a wrong password", NEW, CLIENT)
        with pytest.raises(TooManyAttempts) as refusal:
            await auth.password_keeper.change(PASSWORD, NEW, CLIENT)
    assert refusal.value.retry_after == timedelta(minutes=15)
    assert auth.account.password_hash == f"plain:{PASSWORD}"


async def test_wrong_current_passwords_block_no_sign_in(auth: Auth) -> None:
    await auth.signed_in()
    with acting_as(caller(auth, *living(auth))):
        for _ in range(GUESS_LIMIT):
            with pytest.raises(CurrentPasswordWrong):
                await auth.password_keeper.change("a wrong password", NEW, CLIENT)
    await sign_in(auth, PASSWORD)


async def test_a_common_new_password_is_refused(auth: Auth) -> None:
    await auth.signed_in()
    with acting_as(caller(auth, *living(auth))), pytest.raises(PasswordTooCommon):
        await auth.password_keeper.change(PASSWORD, COMMON, CLIENT)


async def test_of_many_changes_at_once_one_succeeds(auth: Auth) -> None:
    await auth.signed_in()
    with acting_as(caller(auth, *living(auth))):
        tries = (auth.password_keeper.change(PASSWORD, f"{NEW} {number}", CLIENT) for number in range(5))
        outcomes = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(outcome is None for outcome in outcomes) == 1
    assert sum(isinstance(outcome, CurrentPasswordWrong) for outcome in outcomes) == 4


async def test_only_a_person_with_an_account_has_a_password_to_change(auth: Auth) -> None:
    with acting_as(Caller("erased", Role.STUDENT, "session")), pytest.raises(UserNotFound):
        await auth.password_keeper.change(PASSWORD, NEW, CLIENT)
    with acting_as(Caller.service("content")), pytest.raises(PersonNeeded):
        await auth.password_keeper.change(PASSWORD, NEW, CLIENT)


async def test_registering_with_a_common_password_or_own_words_opens_no_account(auth: Auth) -> None:
    for password in (COMMON, "Ada", EMAIL):
        with pytest.raises(PasswordTooCommon) as refusal:
            await auth.register(password)
        assert list(refusal.value.fields) == ["password"]
    assert not auth.database.tables.accounts


async def test_signing_in_renews_a_hash_of_an_older_cost(auth: Auth) -> None:
    await auth.verified()
    old = replace(auth.account, password_hash=f"old:{PASSWORD}")
    auth.database.tables.accounts[old.id] = old
    await asyncio.gather(*(sign_in(auth, PASSWORD) for _ in range(5)))  # none is refused because another was first
    assert auth.account.password_hash == f"plain:{PASSWORD}"


async def test_signing_in_keeps_the_old_hash_while_no_more_can_be_hashed(
    auth: Auth, monkeypatch: pytest.MonkeyPatch
) -> None:
    await auth.verified()
    old = replace(auth.account, password_hash=f"old:{PASSWORD}")
    auth.database.tables.accounts[old.id] = old

    async def busy(password: str) -> str:
        raise PasswordChecksBusy

    monkeypatch.setattr(auth.passwords, "hash", busy)
    await sign_in(auth, PASSWORD)
    assert auth.account.password_hash == old.password_hash
