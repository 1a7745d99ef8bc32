"""What a registration, or a wish for another mail, calls for."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from auth_service.domain.accounts import MAIL_INTERVAL, Mailed, MailKind, Registration, Unchanged, confirm
from auth_service.domain.registrations import (
    MOST_MAILS,
    PendingMailed,
    PendingRegistration,
    account_of,
    asked_again,
    details,
    mailed_again,
    registered,
)

NOW = datetime(2026, 3, 2, 9, 30, 12, 34, tzinfo=UTC)
SOON = NOW + MAIL_INTERVAL - timedelta(microseconds=1)
LATER = NOW + MAIL_INTERVAL
WISH = Registration("ada@example.org", "Ada", "hash", "request")
FIRST = PendingRegistration("id", WISH, "192.0.2.7", NOW)
OTHER = replace(WISH, request_id="other request")
OWNER = confirm(account_of(FIRST, NOW), NOW)
VERIFY = MailKind.VERIFY_EMAIL
FIVE = [NOW] * MOST_MAILS


def again(time: datetime, wish: Registration = OTHER) -> PendingRegistration:
    return PendingRegistration("another id", wish, "", time)


def test_each_registration_of_an_address_without_an_owner_gets_a_mail_of_its_own() -> None:
    assert registered(FIRST, None, 0) == PendingMailed(FIRST, VERIFY)
    assert registered(again(NOW), None, MOST_MAILS - 1) == PendingMailed(again(NOW), VERIFY)


def test_an_address_gets_no_sixth_mail() -> None:
    assert registered(FIRST, None, MOST_MAILS) == Unchanged()
    assert mailed_again(FIRST, VERIFY, FIVE, LATER) == Unchanged()


def test_a_confirmed_account_never_changes_and_its_owner_is_told_a_few_times_an_hour() -> None:
    assert registered(again(LATER), OWNER, MOST_MAILS - 1) == Mailed(OWNER, MailKind.ALREADY_REGISTERED)
    assert registered(again(LATER), OWNER, MOST_MAILS) == Unchanged()
    assert registered(again(SOON), OWNER, 0) == Unchanged()


def test_the_owner_who_repeats_the_registration_is_told_nothing() -> None:
    assert registered(again(LATER, WISH), OWNER, 0) == Unchanged()


def test_registrations_without_a_request_id_are_never_taken_for_a_repeat() -> None:
    nameless = replace(WISH, request_id=None)
    owner = replace(OWNER, registration_request_id=None)
    assert isinstance(registered(again(LATER, nameless), owner, 0), Mailed)


def test_another_mail_goes_out_after_a_minute() -> None:
    assert mailed_again(FIRST, VERIFY, [NOW], SOON) == Unchanged()
    for kind in (VERIFY, MailKind.RESET_PASSWORD):
        assert mailed_again(FIRST, kind, [NOW], LATER) == PendingMailed(FIRST, kind)
        assert mailed_again(FIRST, kind, [], NOW) == PendingMailed(FIRST, kind)


def test_what_is_mailed_again_while_several_wait_has_its_reader_choose_a_password() -> None:
    reset = MailKind.RESET_PASSWORD
    assert [asked_again(VERIFY, alone) for alone in (True, False)] == [VERIFY, reset]
    assert [asked_again(reset, alone) for alone in (True, False)] == [reset, reset]


def test_a_letter_says_when_the_registration_was_made() -> None:
    assert details(FIRST) == {"asked": "Monday, 2 March 2026, 09:30 (UTC)"}


def test_an_account_has_the_id_and_the_password_of_its_registration() -> None:
    account = account_of(FIRST, LATER)
    assert (account.id, account.email, account.password_hash) == (FIRST.id, WISH.email, WISH.password_hash)
    assert (account.create_time, account.mail_time, account.verify_time) == (LATER, NOW, None)
