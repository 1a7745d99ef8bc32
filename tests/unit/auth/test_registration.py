"""Opening an account and confirming its address."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from unit.auth.conftest import CLIENT, EMAIL, PASSWORD, Auth

from auth_service.domain.accounts import MAIL_INTERVAL, MailKind
from auth_service.domain.attempts import ANONYMOUS_LIMIT, WINDOW
from auth_service.domain.events import UserRegistered
from auth_service.domain.registrations import MOST_MAILS
from auth_service.domain.secrets import LIFETIMES, TokenPurpose
from auth_service.domain.sessions import Client
from auth_service.errors import DisplayNameInvalid, EmailInvalid, TooManyAttempts, VerificationTokenInvalid
from auth_service.use_cases.first_admin import FirstAdmin
from servicekit.caller import Role
from servicekit.ids import new_id


def kinds(auth: Auth) -> list[MailKind]:
    return [mail.kind for mail in auth.database.tables.mails.values()]


async def mailed_tokens(auth: Auth) -> list[str]:
    """Those in every letter that confirms an address."""
    while await auth.delivery.deliver_due():
        pass
    return [letter.text for _, letter in auth.mailer.taken if letter.subject == MailKind.VERIFY_EMAIL]


async def test_a_registration_becomes_an_account_when_it_is_confirmed(auth: Auth) -> None:
    await auth.registrations.register("ADA@example.org", PASSWORD, " Ada ", None, CLIENT)
    token = await auth.mailed_token()
    assert not auth.database.tables.accounts
    assert not auth.database.tables.events
    await auth.registrations.verify(token)
    assert (auth.account.email, auth.account.display_name, auth.account.verify_time) == (EMAIL, "Ada", auth.clock())
    assert auth.database.tables.events == [UserRegistered(auth.account.id, "Ada", auth.clock())]
    assert not auth.database.tables.registrations


async def test_the_mail_and_the_token_are_the_account_s_once_it_is_there(auth: Auth) -> None:
    await auth.verified()
    assert {mail.user_id for mail in auth.database.tables.mails.values()} == {auth.account.id}
    assert {token.user_id for token in auth.database.tables.tokens.values()} == {auth.account.id}


async def test_a_call_leaves_the_same_for_every_address_and_mails_nobody_itself(auth: Auth) -> None:
    await auth.verified()
    before = auth.database.tables
    left = []
    for email in (EMAIL, "nobody@example.org"):
        await auth.registrations.register(email, PASSWORD, "Ada", None, CLIENT)
        tables = auth.database.tables
        assert (tables.accounts, tables.mails, tables.audit) == (before.accounts, before.mails, before.audit)
        left.append((len(tables.registrations), len(tables.mail_requests)))
    assert left == [(1, 1), (2, 2)]


async def test_many_registrations_at_once_open_one_account_and_send_few_mails(auth: Auth) -> None:
    await asyncio.gather(*(auth.register(f"password number {number}") for number in range(20)))
    tokens = await mailed_tokens(auth)
    assert kinds(auth) == [MailKind.VERIFY_EMAIL] * MOST_MAILS
    await auth.registrations.verify(tokens[0])
    for token in tokens[1:]:
        with pytest.raises(VerificationTokenInvalid):
            await auth.registrations.verify(token)
    assert auth.account.email == EMAIL
    assert len(auth.database.tables.events) == 1


async def test_the_owner_of_a_taken_address_is_told_and_nobody_else(auth: Auth) -> None:
    await auth.verified()
    before = auth.account.password_hash
    auth.clock.advance(MAIL_INTERVAL)
    await auth.register("another password")
    await auth.delivery.deliver_due()
    assert kinds(auth) == [MailKind.VERIFY_EMAIL, MailKind.ACCOUNT_OPENED, MailKind.ALREADY_REGISTERED]
    assert auth.account.password_hash == before
    assert len(auth.database.tables.events) == 1


async def test_a_repeat_under_one_request_id_has_no_second_effect_before_and_after_it_is_confirmed(auth: Auth) -> None:
    request_id = new_id()
    for _ in range(2):
        await auth.register(request_id=request_id)
    await auth.registrations.verify(await auth.mailed_token())
    auth.clock.advance(MAIL_INTERVAL)
    await auth.register(request_id=request_id)
    await auth.delivery.deliver_due()
    assert kinds(auth) == [MailKind.VERIFY_EMAIL, MailKind.ACCOUNT_OPENED]


async def test_a_registration_whose_time_is_over_before_the_worker_comes_to_it_is_forgotten(auth: Auth) -> None:
    await auth.register()
    auth.database.tables.registrations.clear()
    assert await auth.delivery.deliver_due() == 1
    assert not auth.mailer.taken
    assert auth.audited() == []


async def test_a_letter_of_a_registration_that_is_gone_carries_a_token_for_nothing(auth: Auth) -> None:
    await auth.register()
    await auth.delivery._requests.decide_due()
    auth.database.tables.registrations.clear()
    with pytest.raises(VerificationTokenInvalid):
        await auth.registrations.verify(await auth.mailed_token())
    assert not auth.database.tables.tokens


async def test_what_an_operator_made_an_admin_of_is_taken_over_by_no_registration(auth: Auth) -> None:
    await auth.register("a squatter's password")
    token = await auth.mailed_token()
    await FirstAdmin(auth.database.unit_of_work, auth.passwords, auth.clock).create(EMAIL, "Ada", PASSWORD)
    with pytest.raises(VerificationTokenInvalid):
        await auth.registrations.verify(token)
    assert (auth.account.role, auth.account.password_hash) == (Role.ADMIN, f"plain:{PASSWORD}")


async def test_an_account_of_an_earlier_version_is_confirmed_by_its_mail_still(auth: Auth) -> None:
    account = await auth.opened_unconfirmed()
    await auth.registrations.verify(await auth.mailed_token())
    assert auth.account == replace(account, verify_time=auth.clock())


async def test_an_account_of_an_earlier_version_gives_way_to_a_registration_that_is_confirmed(auth: Auth) -> None:
    account = await auth.opened_unconfirmed("a squatter's password")
    await auth.register()
    await auth.registrations.verify(await auth.mailed_token())
    assert auth.account.id != account.id
    assert auth.account.password_hash == f"plain:{PASSWORD}"


@pytest.mark.parametrize(("email", "name", "error"), [("ada", "Ada", EmailInvalid), (EMAIL, "\n", DisplayNameInvalid)])
async def test_what_cannot_be_kept_is_refused_before_anything_is(
    auth: Auth, email: str, name: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        await auth.registrations.register(email, PASSWORD, name, None, CLIENT)
    assert not auth.database.tables.registrations


async def test_the_mailed_token_confirms_the_address_and_may_come_twice(auth: Auth) -> None:
    await auth.register()
    token = await auth.mailed_token()
    await auth.registrations.verify(token)
    first = auth.account.verify_time
    auth.clock.advance(timedelta(hours=1))
    await auth.registrations.verify(token)
    assert auth.account.verify_time == first is not None


async def test_who_confirmed_an_address_reads_once_that_its_account_has_the_password_chosen_before(auth: Auth) -> None:
    await auth.register()
    token = await auth.mailed_token()
    for _ in range(2):
        await auth.registrations.verify(token)
    (opened,) = [mail for mail in auth.database.tables.mails.values() if mail.kind is MailKind.ACCOUNT_OPENED]
    assert (opened.user_id, opened.recipient) == (auth.account.id, EMAIL)


async def test_a_token_older_than_a_day_confirms_nothing(auth: Auth) -> None:
    await auth.register()
    token = await auth.mailed_token()
    auth.clock.advance(LIFETIMES[TokenPurpose.VERIFY_EMAIL])
    with pytest.raises(VerificationTokenInvalid):
        await auth.registrations.verify(token)
    assert not auth.database.tables.accounts


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


async def test_who_is_confirmed_gets_no_other_mail_also_when_somebody_registered_the_address_since(auth: Auth) -> None:
    await auth.verified()
    await auth.register("a squatter's password")
    await auth.delivery.deliver_due()
    auth.clock.advance(MAIL_INTERVAL)
    await auth.registrations.resend(EMAIL, CLIENT)
    await auth.delivery.deliver_due()
    assert kinds(auth) == [MailKind.VERIFY_EMAIL, MailKind.ACCOUNT_OPENED]


async def test_asking_for_another_mail_at_once_or_as_a_stranger_sends_none(auth: Auth) -> None:
    await auth.register()
    await auth.registrations.resend(EMAIL, CLIENT)
    await auth.registrations.resend("nobody@example.org", CLIENT)
    await auth.delivery.deliver_due()
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
