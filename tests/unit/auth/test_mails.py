"""A mail's way out."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from auth_service.domain.accounts import MailKind
from auth_service.domain.mails import (
    MOST_ATTEMPTS,
    MailStatus,
    Refusal,
    after_refusal,
    after_success,
    new_mail,
    token_purpose,
)
from auth_service.domain.secrets import TokenPurpose

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
MAIL = new_mail("mail", "user", MailKind.VERIFY_EMAIL, "ada@example.org", NOW)
DOWN = Refusal("connection refused", permanent=False)


@pytest.mark.parametrize(("attempt", "pause"), [(1, 2), (2, 4), (5, 32), (9, 512)])
def test_each_failure_doubles_the_pause(attempt: int, pause: int) -> None:
    failed = after_refusal(replace(MAIL, attempts=attempt), DOWN, NOW)
    assert failed.status is MailStatus.PENDING
    assert failed.due_time == NOW + timedelta(seconds=pause)
    assert failed.last_error == "connection refused"


def test_a_mail_is_abandoned_after_its_last_attempt() -> None:
    assert after_refusal(replace(MAIL, attempts=MOST_ATTEMPTS), DOWN, NOW).status is MailStatus.ABANDONED


def test_a_mail_that_never_can_arrive_is_abandoned_at_once() -> None:
    gone = Refusal("550 No such mailbox", permanent=True)
    assert after_refusal(replace(MAIL, attempts=1), gone, NOW).status is MailStatus.ABANDONED


def test_a_long_reason_is_cut() -> None:
    assert len(after_refusal(replace(MAIL, attempts=1), Refusal("x" * 9999, permanent=False), NOW).last_error) == 500


def test_success_forgets_earlier_failures() -> None:
    assert after_success(replace(MAIL, last_error="down")).last_error == ""
    assert after_success(MAIL).status is MailStatus.SENT


def test_letters_that_ask_for_something_carry_a_token_for_that_alone() -> None:
    assert {kind.value: token_purpose(kind) for kind in MailKind if token_purpose(kind)} == {
        "VERIFY_EMAIL": TokenPurpose.VERIFY_EMAIL,
        "RESET_PASSWORD": TokenPurpose.RESET_PASSWORD,
        "CONFIRM_NEW_EMAIL": TokenPurpose.CONFIRM_NEW_EMAIL,
        "CONFIRM_PRESENT_EMAIL": TokenPurpose.CONFIRM_PRESENT_EMAIL,
    }
