"""What a registration, or a wish for another mail, means for an account."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from auth_service.domain.accounts import (
    AVATAR_COLORS,
    MAIL_INTERVAL,
    MOST_VERIFICATION_MAILS,
    Account,
    Mailed,
    MailKind,
    Registration,
    Unchanged,
    confirm,
    open_account,
    register_again,
    seen,
    verification_again,
)
from servicekit.caller import Role

NOW = datetime(2026, 3, 2, 9, 30, 12, 34, tzinfo=UTC)
SOON = NOW + MAIL_INTERVAL - timedelta(microseconds=1)
LATER = NOW + MAIL_INTERVAL
FIRST = Registration("ada@example.org", "Ada", "hash", "request")
AGAIN = Registration("ada@example.org", "Ada L.", "other hash", "other request")
ACCOUNT = open_account("account", FIRST, NOW)
VERIFIED = confirm(ACCOUNT, NOW)


def test_a_new_account_is_an_unconfirmed_student_s() -> None:
    assert ACCOUNT.role is Role.STUDENT
    assert ACCOUNT.verify_time is None
    assert ACCOUNT.avatar_color in AVATAR_COLORS


def test_the_newest_registration_of_an_unconfirmed_address_counts() -> None:
    renewed = replace(
        ACCOUNT,
        display_name="Ada L.",
        password_hash="other hash",
        registration_request_id="other request",
        mail_time=SOON,
    )
    assert register_again(ACCOUNT, AGAIN, MOST_VERIFICATION_MAILS - 1, SOON) == Mailed(renewed, MailKind.VERIFY_EMAIL)


def test_a_confirmed_account_never_changes_and_its_owner_is_told() -> None:
    expected = Mailed(replace(VERIFIED, mail_time=LATER), MailKind.ALREADY_REGISTERED)
    assert register_again(VERIFIED, AGAIN, 0, LATER) == expected


def test_a_confirmed_owner_is_told_once_a_minute() -> None:
    assert register_again(VERIFIED, AGAIN, 0, SOON) == Unchanged()


def test_without_a_mail_of_its_own_no_registration_counts() -> None:
    assert register_again(ACCOUNT, AGAIN, MOST_VERIFICATION_MAILS, LATER) == Unchanged()
    assert verification_again(ACCOUNT, MOST_VERIFICATION_MAILS, LATER) == Unchanged()


def test_a_repeated_request_has_no_second_effect() -> None:
    assert register_again(ACCOUNT, FIRST, 1, LATER) == Unchanged()


def test_a_registration_without_a_request_id_is_never_taken_for_a_repeat() -> None:
    nameless = replace(FIRST, request_id=None)
    assert isinstance(register_again(open_account("account", nameless, NOW), nameless, 1, LATER), Mailed)


def test_another_verification_mail_goes_out_after_a_minute() -> None:
    assert verification_again(ACCOUNT, 1, SOON) == Unchanged()
    assert verification_again(ACCOUNT, 1, LATER) == Mailed(replace(ACCOUNT, mail_time=LATER), MailKind.VERIFY_EMAIL)


@pytest.mark.parametrize("account", [None, VERIFIED])
def test_strangers_and_confirmed_people_get_no_verification_mail(account: Account | None) -> None:
    assert verification_again(account, 0, LATER) == Unchanged()


def test_confirming_again_keeps_the_first_time() -> None:
    assert confirm(VERIFIED, LATER) == VERIFIED


def test_activity_is_known_to_the_hour_and_never_moves_back() -> None:
    later = seen(ACCOUNT, NOW + timedelta(hours=3))
    assert later.last_active_time == NOW.replace(hour=12, minute=0, second=0, microsecond=0)
    assert seen(later, NOW) == later
