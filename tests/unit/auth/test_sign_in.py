"""Signing in with an address and a password."""

from dataclasses import replace
from datetime import timedelta

import pytest
from unit.auth.conftest import CLIENT, EMAIL, PASSWORD, Auth

from auth_service.domain.accounts import Registration, confirm, open_account
from auth_service.domain.attempts import ACCOUNT_LIMIT, GUESS_LIMIT, GUESS_STEPS, NETWORK_LIMIT, WINDOW
from auth_service.domain.sessions import Client
from auth_service.errors import CredentialsInvalid, EmailInvalid, EmailNotVerified, TooManyAttempts
from servicekit.ids import new_id

MINUTE = timedelta(minutes=1)
CHECKS = 2
"""Made of a password that is refused: against the account's, and against that of a registration which waits."""


async def fail(auth: Auth, email: str = EMAIL, client: Client = CLIENT) -> None:
    with pytest.raises(CredentialsInvalid):
        await auth.sign_in.sign_in(email, "a wrong password", client)


async def test_the_right_password_opens_a_session(auth: Auth) -> None:
    await auth.verified()
    tokens = await auth.sign_in.sign_in("Ada@Example.org", PASSWORD, CLIENT)
    (session,) = auth.database.tables.sessions.values()
    assert (session.user_id, session.user_agent) == (tokens.user_id, "browser")
    assert tokens.refresh_token not in repr(auth.database.tables)


async def test_a_stranger_and_a_wrong_password_get_the_same_answer_for_the_same_work(auth: Auth) -> None:
    await auth.verified()
    answers = []
    for email in (EMAIL, "nobody@example.org"):
        with pytest.raises(CredentialsInvalid) as refusal:
            await auth.sign_in.sign_in(email, "a wrong password", CLIENT)
        answers.append((str(refusal.value), refusal.value.metadata))
    assert answers[0] == answers[1]
    assert auth.passwords.checks == 2 * CHECKS


async def test_only_the_right_password_learns_that_the_address_is_unconfirmed(auth: Auth) -> None:
    await auth.register()
    await fail(auth)
    with pytest.raises(EmailNotVerified):
        await auth.sign_in.sign_in(EMAIL, PASSWORD, CLIENT)
    assert not auth.database.tables.sessions


async def test_who_registers_an_address_learns_by_signing_in_nothing_about_its_account(auth: Auth) -> None:
    await auth.verified()
    answers = []
    for email in (EMAIL, "nobody@example.org"):
        await auth.registrations.register(email, "a squatter's password", "Mallory", None, CLIENT)
        with pytest.raises(EmailNotVerified) as refusal:
            await auth.sign_in.sign_in(email, "a squatter's password", CLIENT)
        answers.append((str(refusal.value), refusal.value.metadata))
    assert answers[0] == answers[1]
    assert not auth.database.tables.sessions
    await auth.sign_in.sign_in(EMAIL, PASSWORD, CLIENT)


async def test_who_registers_an_address_is_told_the_same_whatever_its_owner_does_then(auth: Auth) -> None:
    async def told(password: str) -> None:
        with pytest.raises(EmailNotVerified):
            await auth.sign_in.sign_in(EMAIL, password, CLIENT)

    await auth.register("a squatter's password", "Mallory")
    await told("a squatter's password")
    await auth.register()
    await told("a squatter's password")
    await told(PASSWORD)
    await auth.registrations.verify(await auth.mailed_token())
    await told("a squatter's password")
    await auth.sign_in.sign_in(EMAIL, PASSWORD, CLIENT)


async def test_who_registers_an_address_cannot_guess_its_owner_s_password_the_longer_for_it(auth: Auth) -> None:
    await auth.verified()
    await auth.register("a squatter's password", "Mallory")
    for _ in range(GUESS_LIMIT // 2):
        await fail(auth)
        with pytest.raises(EmailNotVerified):
            await auth.sign_in.sign_in(EMAIL, "a squatter's password", CLIENT)
    with pytest.raises(TooManyAttempts):
        await auth.sign_in.sign_in(EMAIL, PASSWORD, CLIENT)


async def test_an_account_of_an_earlier_version_that_nobody_confirmed_lets_nobody_in(auth: Auth) -> None:
    await auth.opened_unconfirmed()
    with pytest.raises(EmailNotVerified):
        await auth.sign_in.sign_in(EMAIL, PASSWORD, CLIENT)


async def test_text_that_is_no_address_is_refused_before_any_work(auth: Auth) -> None:
    with pytest.raises(EmailInvalid):
        await auth.sign_in.sign_in("ada\x00", PASSWORD, CLIENT)
    assert auth.passwords.checks == 0


@pytest.mark.parametrize("email", [EMAIL, "nobody@example.org"])
async def test_after_ten_failures_not_even_the_right_password_is_tried(auth: Auth, email: str) -> None:
    await auth.verified()
    for _ in range(GUESS_LIMIT):
        await fail(auth, email)
    with pytest.raises(TooManyAttempts) as refusal:
        await auth.sign_in.sign_in(email, PASSWORD, CLIENT)
    assert refusal.value.retry_after == MINUTE
    assert auth.passwords.checks == CHECKS * GUESS_LIMIT


async def test_a_stranger_s_wrong_passwords_lock_nobody_out_elsewhere(auth: Auth) -> None:
    await auth.verified()
    for _ in range(GUESS_LIMIT):
        await fail(auth, client=Client("198.51.100.9"))
    with pytest.raises(TooManyAttempts):
        await auth.sign_in.sign_in(EMAIL, PASSWORD, Client("198.51.100.9"))
    await auth.sign_in.sign_in(EMAIL, PASSWORD, CLIENT)


async def test_guessing_from_many_networks_is_limited_too(auth: Auth) -> None:
    await auth.verified()
    for number in range(ACCOUNT_LIMIT):
        await fail(auth, client=Client(f"198.51.100.{number}"))
    with pytest.raises(TooManyAttempts):
        await auth.sign_in.sign_in(EMAIL, PASSWORD, CLIENT)


async def test_who_goes_on_failing_waits_longer_each_time_at_most_an_hour_and_waiting_as_told_is_enough(
    auth: Auth,
) -> None:
    await auth.verified()
    waits = []
    for _ in GUESS_STEPS:
        for _ in range(GUESS_LIMIT):
            await fail(auth)
        with pytest.raises(TooManyAttempts) as refusal:
            await auth.sign_in.sign_in(EMAIL, PASSWORD, CLIENT)
        assert refusal.value.retry_after
        waits.append(refusal.value.retry_after)
        auth.clock.advance(waits[-1])
    assert waits == [MINUTE, WINDOW - MINUTE, 60 * MINUTE - WINDOW]
    for _ in range(GUESS_LIMIT - 1):  # as at the beginning
        await fail(auth)
    await auth.sign_in.sign_in(EMAIL, PASSWORD, CLIENT)


async def test_signing_in_clears_the_account_s_failures(auth: Auth) -> None:
    await auth.verified()
    for _ in range(3):
        for _ in range(GUESS_LIMIT - 1):
            await fail(auth)
        await auth.sign_in.sign_in(EMAIL, PASSWORD, CLIENT)


async def test_one_network_cannot_try_a_password_on_everybody(auth: Auth) -> None:
    for number in range(NETWORK_LIMIT):
        await fail(auth, f"student{number}@example.org")
    with pytest.raises(TooManyAttempts):
        await auth.sign_in.sign_in("another@example.org", PASSWORD, CLIENT)


async def test_a_class_behind_one_network_signs_in_freely(auth: Auth) -> None:
    for pupil in range(NETWORK_LIMIT + 1):
        wish = Registration(f"{pupil}@example.org", "Ada", f"plain:{PASSWORD}", None)
        account = confirm(open_account(new_id(), wish, auth.clock()), auth.clock())
        auth.database.tables.accounts[account.id] = account
        await auth.sign_in.sign_in(account.email, PASSWORD, CLIENT)


async def test_a_password_that_changed_while_it_was_checked_opens_no_session(
    auth: Auth, monkeypatch: pytest.MonkeyPatch
) -> None:
    await auth.verified()
    check = auth.passwords.matches

    async def change_meanwhile(password: str, stored: str | None) -> bool:
        account = replace(auth.account, password_hash="plain:changed")
        auth.database.tables.accounts[account.id] = account
        return await check(password, stored)

    monkeypatch.setattr(auth.passwords, "matches", change_meanwhile)
    with pytest.raises(CredentialsInvalid):
        await auth.sign_in.sign_in(EMAIL, PASSWORD, CLIENT)
    assert not auth.database.tables.sessions
