"""What a registration, or a wish for another mail, calls for."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from auth_service.domain.accounts import MAIL_INTERVAL, Mailed, MailKind, Registration, Unchanged, confirm
from auth_service.domain.registrations import (
    MOST_MAILS,
    PendingMailed,
    PendingRegistration,
    account_of,
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
    assert registered(FIRST, None, []) == PendingMailed(FIRST, VERIFY)
    assert registered(again(NOW), None, FIVE[1:]) == PendingMailed(again(NOW), VERIFY)


def test_an_address_gets_no_sixth_mail() -> None:
    assert registered(FIRST, None, FIVE) == Unchanged()
    assert mailed_again(FIRST, VERIFY, FIVE, LATER) == Unchanged()


def test_a_confirmed_account_never_changes_and_its_owner_is_told_once_a_minute() -> None:
    told = Mailed(replace(OWNER, mail_time=LATER), MailKind.ALREADY_REGISTERED)
    assert registered(again(LATER), OWNER, []) == told
    assert registered(again(SOON), OWNER, []) == Unchanged()


def test_the_owner_who_repeats_the_registration_is_told_nothing() -> None:
    assert registered(again(LATER, WISH), OWNER, []) == Unchanged()


def test_registrations_without_a_request_id_are_never_taken_for_a_repeat() -> None:
    nameless = replace(WISH, request_id=None)
    owner = replace(OWNER, registration_request_id=None)
    assert isinstance(registered(again(LATER, nameless), owner, []), Mailed)


def test_another_mail_goes_out_after_a_minute() -> None:
    assert mailed_again(FIRST, VERIFY, [NOW], SOON) == Unchanged()
    for kind in (VERIFY, MailKind.RESET_PASSWORD):
        assert mailed_again(FIRST, kind, [NOW], LATER) == PendingMailed(FIRST, kind)
        assert mailed_again(FIRST, kind, [], NOW) == PendingMailed(FIRST, kind)


def test_strangers_get_no_mail() -> None:
    assert mailed_again(None, VERIFY, [], LATER) == Unchanged()


def test_a_letter_says_when_the_registration_was_made() -> None:
    assert details(FIRST) == {"asked": "Monday, 2 March 2026, 09:30 (UTC)"}


def test_an_account_has_the_id_and_the_password_of_its_registration() -> None:
    account = account_of(FIRST, LATER)
    assert (account.id, account.email, account.password_hash) == (FIRST.id, WISH.email, WISH.password_hash)
    assert (account.create_time, account.mail_time, account.verify_time) == (LATER, NOW, None)
