"""Several registrations of one address, of which at most one is its owner's."""

from dataclasses import replace

import pytest
from unit.auth.conftest import CLIENT, EMAIL, PASSWORD, Auth
from unit.auth.test_registration import kinds, mailed_tokens

from auth_service.domain.accounts import MAIL_INTERVAL, MailKind
from auth_service.domain.registrations import MAIL_WINDOW, MOST_MAILS, MOST_WAITING
from auth_service.errors import VerificationTokenInvalid


async def reset_token(auth: Auth) -> str:
    """That in the newest letter which has one chosen, after sending what is due."""
    while await auth.delivery.deliver_due():
        pass
    return [letter.text for _, letter in auth.mailer.taken if letter.subject == MailKind.RESET_PASSWORD][-1]


@pytest.mark.parametrize("strangers_first", [True, False])
async def test_the_link_that_is_confirmed_decides_whose_password_is_in_force(auth: Auth, strangers_first: bool) -> None:
    await (auth.register("a squatter's password", "Mallory") if strangers_first else auth.register())
    first = await auth.mailed_token()
    await (auth.register() if strangers_first else auth.register("a squatter's password", "Mallory"))
    second = await auth.mailed_token()
    await auth.registrations.verify(second if strangers_first else first)
    assert (auth.account.display_name, auth.account.password_hash) == ("Ada", f"plain:{PASSWORD}")
    with pytest.raises(VerificationTokenInvalid):
        await auth.registrations.verify(first if strangers_first else second)
    assert auth.account.password_hash == f"plain:{PASSWORD}"


async def test_a_stranger_who_uses_up_an_address_s_mails_gets_no_password_into_force(auth: Auth) -> None:
    await auth.register()
    owners = await auth.mailed_token()
    for _ in range(MOST_MAILS + 1):
        await auth.register("a squatter's password", "Mallory")
    assert len(await mailed_tokens(auth)) == MOST_MAILS
    await auth.registrations.verify(owners)
    assert (auth.account.display_name, auth.account.password_hash) == ("Ada", f"plain:{PASSWORD}")


async def test_an_hour_later_an_unconfirmed_address_gets_mail_again(auth: Auth) -> None:
    for _ in range(MOST_MAILS + 1):
        await auth.register("a squatter's password")
    await auth.delivery.deliver_due()
    assert len(kinds(auth)) == MOST_MAILS
    auth.clock.advance(MAIL_WINDOW)
    await auth.register()
    await auth.registrations.verify(await auth.mailed_token())
    assert auth.account.password_hash == f"plain:{PASSWORD}"


async def test_while_several_registrations_wait_asking_again_brings_a_letter_that_has_its_reader_choose_a_password(
    auth: Auth,
) -> None:
    await auth.register()
    for _ in range(MOST_MAILS + 1):
        await auth.register("a squatter's password", "Mallory")
    await auth.delivery.deliver_due()
    auth.clock.advance(MAIL_INTERVAL)
    await auth.registrations.resend(EMAIL, CLIENT)
    token = await auth.mailed_token()
    assert kinds(auth)[MOST_MAILS:] == [MailKind.RESET_PASSWORD]
    with pytest.raises(VerificationTokenInvalid):
        await auth.registrations.verify(token)
    await auth.password_keeper.reset(token, "what its reader chose", CLIENT)
    assert auth.account.password_hash == "plain:what its reader chose"


@pytest.mark.parametrize("taken", [True, False])
async def test_of_many_registrations_of_an_address_the_first_few_stay_whoever_has_it(auth: Auth, taken: bool) -> None:
    if taken:
        await auth.verified()
    for number in range(MOST_WAITING + 1):
        await auth.register(f"a squatter's password {number}")
    while await auth.delivery.deliver_due():
        pass
    hashes = [each.wish.password_hash for each in auth.database.tables.registrations.values()]
    assert hashes == [f"plain:a squatter's password {number}" for number in range(MOST_WAITING)]


async def test_whose_registration_found_no_place_chooses_a_password_by_a_letter(auth: Auth) -> None:
    for _ in range(MOST_WAITING):
        await auth.register("a squatter's password", "Mallory")
    await auth.delivery.deliver_due()
    await auth.register()
    await auth.registrations.resend(EMAIL, CLIENT)
    await auth.register("a squatter's password", "Mallory")  # not yet decided about when the letter is
    await auth.password_keeper.reset(await reset_token(auth), PASSWORD, CLIENT)
    assert auth.account.password_hash == f"plain:{PASSWORD}"


async def test_who_was_left_unconfirmed_by_an_earlier_version_gets_another_mail_a_few_times_an_hour(auth: Auth) -> None:
    account = await auth.opened_unconfirmed(age=MAIL_INTERVAL)
    for _ in range(MOST_MAILS):
        await auth.registrations.resend(EMAIL, CLIENT)
    token = await auth.mailed_token()
    assert kinds(auth) == [MailKind.VERIFY_EMAIL] * MOST_MAILS
    await auth.registrations.verify(token)
    assert auth.account == replace(account, verify_time=auth.clock())


async def test_an_account_of_an_earlier_version_beside_a_registration_gets_a_reset_letter_when_mail_is_asked_for_again(
    auth: Auth,
) -> None:
    account = await auth.opened_unconfirmed(age=MAIL_INTERVAL)
    await auth.register("a squatter's password", "Mallory")
    await auth.registrations.resend(EMAIL, CLIENT)
    await auth.password_keeper.reset(await auth.mailed_token(), "what its reader chose", CLIENT)
    assert (auth.account.id, auth.account.password_hash) == (account.id, "plain:what its reader chose")
