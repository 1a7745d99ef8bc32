"""Opening an account and confirming its address."""

import asyncio
from datetime import timedelta

import pytest
from unit.auth.conftest import CLIENT, EMAIL, PASSWORD, Auth

from auth_service.domain.accounts import MAIL_INTERVAL, MOST_VERIFICATION_MAILS, VERIFICATION_WINDOW, MailKind
from auth_service.domain.attempts import ANONYMOUS_LIMIT, WINDOW
from auth_service.domain.events import UserRegistered
from auth_service.domain.secrets import LIFETIMES, TokenPurpose
from auth_service.domain.sessions import Client
from auth_service.errors import DisplayNameInvalid, EmailInvalid, TooManyAttempts, VerificationTokenInvalid


def kinds(auth: Auth) -> list[MailKind]:
    return [mail.kind for mail in auth.database.tables.mails.values()]


async def test_a_registration_leaves_an_account_a_mail_and_an_event(auth: Auth) -> None:
    await auth.registrations.register("ADA@example.org", PASSWORD, " Ada ", None, CLIENT)
    assert (auth.account.email, auth.account.display_name) == (EMAIL, "Ada")
    assert kinds(auth) == [MailKind.VERIFY_EMAIL]
    assert auth.database.tables.events == [UserRegistered(auth.account.id, "Ada", auth.clock())]


async def test_many_registrations_at_once_open_one_account_and_send_few_mails(auth: Auth) -> None:
    await asyncio.gather(*(auth.register(f"password number {number}") for number in range(20)))
    assert auth.account.email == EMAIL
    assert kinds(auth) == [MailKind.VERIFY_EMAIL] * MOST_VERIFICATION_MAILS
    assert len(auth.database.tables.events) == 1


async def test_the_owner_of_a_taken_address_is_told_and_nobody_else(auth: Auth) -> None:
    await auth.verified()
    before = auth.account.password_hash
    auth.clock.advance(MAIL_INTERVAL)
    await auth.register("another password")
    assert kinds(auth) == [MailKind.VERIFY_EMAIL, MailKind.ALREADY_REGISTERED]
    assert auth.account.password_hash == before
    assert len(auth.database.tables.events) == 1


async def test_a_later_registration_takes_over_an_unconfirmed_address_at_once(auth: Auth) -> None:
    await auth.register("a squatter's password", "Mallory")
    squatters = await auth.mailed_token()
    await auth.register()
    assert auth.account.display_name == "Ada"
    with pytest.raises(VerificationTokenInvalid):
        await auth.registrations.verify(squatters)
    await auth.registrations.verify(await auth.mailed_token())
    assert await auth.passwords.matches(PASSWORD, auth.account.password_hash)


async def test_a_stranger_who_registers_before_the_owner_confirms_makes_her_mail_worthless(auth: Auth) -> None:
    await auth.register()
    owners = await auth.mailed_token()
    await auth.register("a squatter's password")
    with pytest.raises(VerificationTokenInvalid):
        await auth.registrations.verify(owners)
    assert auth.account.verify_time is None


async def test_a_mail_sent_after_a_newer_registration_confirms_the_newer_password(auth: Auth) -> None:
    await auth.register("a squatter's password")
    await auth.register()
    await auth.delivery.deliver_due()
    for _, letter in auth.mailer.taken:
        await auth.registrations.verify(letter.text)
    assert await auth.passwords.matches(PASSWORD, auth.account.password_hash)


async def test_after_five_mails_within_an_hour_the_last_one_stays_good_for_its_password(auth: Auth) -> None:
    for _ in range(MOST_VERIFICATION_MAILS):
        await auth.register()
    token = await auth.mailed_token()
    await auth.register("one more password", "Mallory")
    auth.clock.advance(MAIL_INTERVAL)
    await auth.registrations.resend(EMAIL, CLIENT)
    assert len(kinds(auth)) == MOST_VERIFICATION_MAILS
    await auth.registrations.verify(token)
    assert (auth.account.display_name, auth.account.password_hash) == ("Ada", f"plain:{PASSWORD}")


async def test_an_hour_later_an_unconfirmed_address_gets_mail_again(auth: Auth) -> None:
    for _ in range(MOST_VERIFICATION_MAILS):
        await auth.register("a squatter's password")
    auth.clock.advance(VERIFICATION_WINDOW)
    await auth.register()
    await auth.registrations.verify(await auth.mailed_token())
    assert auth.account.password_hash == f"plain:{PASSWORD}"


@pytest.mark.parametrize(("email", "name", "error"), [("ada", "Ada", EmailInvalid), (EMAIL, "\n", DisplayNameInvalid)])
async def test_what_cannot_be_kept_is_refused_before_anything_is(
    auth: Auth, email: str, name: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        await auth.registrations.register(email, PASSWORD, name, None, CLIENT)
    assert not auth.database.tables.accounts


async def test_the_mailed_token_confirms_the_address_and_may_come_twice(auth: Auth) -> None:
    await auth.register()
    token = await auth.mailed_token()
    await auth.registrations.verify(token)
    first = auth.account.verify_time
    auth.clock.advance(timedelta(hours=1))
    await auth.registrations.verify(token)
    assert auth.account.verify_time == first is not None


async def test_a_token_older_than_a_day_confirms_nothing(auth: Auth) -> None:
    await auth.register()
    token = await auth.mailed_token()
    auth.clock.advance(LIFETIMES[TokenPurpose.VERIFY_EMAIL])
    with pytest.raises(VerificationTokenInvalid):
        await auth.registrations.verify(token)
    assert auth.account.verify_time is None


async def test_a_made_up_token_confirms_nothing(auth: Auth) -> None:
    with pytest.raises(VerificationTokenInvalid):
        await auth.registrations.verify("made up by somebody")


async def test_another_mail_brings_another_token_and_the_first_stays_good(auth: Auth) -> None:
    await auth.register()
    first = await auth.mailed_token()
    auth.clock.advance(MAIL_INTERVAL)
    await auth.registrations.resend(EMAIL, CLIENT)
    assert await auth.mailed_token() != first
    await auth.registrations.verify(first)


async def test_asking_for_another_mail_at_once_or_as_a_stranger_sends_none(auth: Auth) -> None:
    await auth.register()
    await auth.registrations.resend(EMAIL, CLIENT)
    await auth.registrations.resend("nobody@example.org", CLIENT)
    assert len(kinds(auth)) == 1


async def test_no_usable_token_lies_in_the_database(auth: Auth) -> None:
    await auth.register()
    token = await auth.mailed_token()
    assert token not in repr(auth.database.tables)


async def test_one_network_registers_and_asks_for_mail_so_often_and_others_go_on(auth: Auth) -> None:
    for number in range(ANONYMOUS_LIMIT // 3):
        await auth.registrations.register(f"student{number}@example.org", PASSWORD, "Student", None, CLIENT)
        await auth.registrations.resend(f"student{number}@example.org", CLIENT)
        await auth.password_keeper.forgot(f"student{number}@example.org", CLIENT)
    refused = (
        auth.registrations.register(EMAIL, PASSWORD, "Ada", None, CLIENT),
        auth.registrations.resend(EMAIL, CLIENT),
        auth.password_keeper.forgot(EMAIL, CLIENT),
        auth.password_keeper.reset("a token of somebody", PASSWORD, CLIENT),
    )
    for call in refused:
        with pytest.raises(TooManyAttempts) as refusal:
            await call
        assert refusal.value.retry_after == WINDOW
    await auth.registrations.register(EMAIL, PASSWORD, "Ada", None, Client("198.51.100.9"))
