"""What people read."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from auth_service.clients.letters import TemplateLetters
from auth_service.domain.accounts import MailKind, Registration
from auth_service.domain.mails import Mail, new_mail, token_purpose
from auth_service.domain.registrations import PendingRegistration, details
from auth_service.domain.secrets import new_secret
from servicekit.clock import utc_now
from servicekit.ids import new_id

LETTERS = TemplateLetters("https://school.example.org/")
REMINDER = {"title": "Algebra", "when": "Monday, 23 November 2026, 16:00 (Europe/Berlin)", "late": ""}


def _mail(kind: MailKind, **details: str) -> Mail:
    shown = REMINDER | details if kind is MailKind.REMINDER else {"about": "ada@new.example"}
    return replace(new_mail(new_id(), new_id(), kind, "ada@example.org", utc_now()), details=shown)


def test_the_token_stands_alone_on_one_line_of_the_text() -> None:
    token = new_secret()
    letter = LETTERS.write(_mail(MailKind.VERIFY_EMAIL), token)
    assert letter.text.splitlines().count(token) == 1
    assert token in letter.html


@pytest.mark.parametrize("kind", list(MailKind))
def test_every_kind_has_a_subject_a_text_and_a_page_that_link_to_the_school(kind: MailKind) -> None:
    letter = LETTERS.write(_mail(kind), new_secret() if token_purpose(kind) else None)
    assert letter.subject
    assert "https://school.example.org\n" in letter.text
    assert 'href="https://school.example.org"' in letter.html
    assert all(len(line) < 100 for line in letter.text.splitlines())


def test_a_letter_that_opens_an_account_says_when_it_was_asked_for_as_those_of_earlier_versions_cannot() -> None:
    registration = PendingRegistration("id", Registration("", "", "", None), "", datetime(2026, 11, 23, 16, tzinfo=UTC))
    mail = _mail(MailKind.VERIFY_EMAIL)
    letter = LETTERS.write(replace(mail, details=details(registration)), "token")
    for part in (letter.text, letter.html):
        assert "this address on\nMonday, 23 November 2026, 16:00 (UTC) at" in part
    for part in (LETTERS.write(mail, "token").text, LETTERS.write(mail, "token").html):
        assert "this address at" in part


def test_who_gets_a_letter_for_a_stranger_s_registration_reads_not_to_confirm_it_and_how_to_have_an_account() -> None:
    letter = LETTERS.write(_mail(MailKind.VERIFY_EMAIL), "token")
    for part in (letter.text, letter.html):
        said = " ".join(part.replace("<strong>", "").replace("</strong>", "").split())
        assert "If it was not you, or not at that time, do not use the token" in said
        assert "a password that somebody else knows" in said
        assert "forgot password" in said.replace("&ldquo;", "").replace("&rdquo;", "")


def test_a_reset_letter_to_a_registration_speaks_of_no_password_there_is_not() -> None:
    mail = _mail(MailKind.RESET_PASSWORD)
    waiting, account = LETTERS.write(replace(mail, details={"asked": "then"}), "t"), LETTERS.write(mail, "t")
    for part in (waiting.text, waiting.html):
        assert ("there will be no account." in part, "stays as it is" in part) == (True, False)
    for part in (account.text, account.html):
        assert ("there will be no account." in part, "stays as it is" in part) == (False, True)


def test_a_page_cannot_be_broken_out_of() -> None:
    letter = LETTERS.write(_mail(MailKind.VERIFY_EMAIL), "<script>")
    assert "<script>" not in letter.html


def test_a_reminder_says_what_and_when_and_that_it_is_late_only_when_it_is() -> None:
    letter = LETTERS.write(_mail(MailKind.REMINDER), None)
    assert letter.subject == "Reminder: Algebra"
    assert letter.text.startswith("Algebra\nMonday, 23 November 2026, 16:00 (Europe/Berlin)\n")
    late = LETTERS.write(_mail(MailKind.REMINDER, late="late"), None)
    assert [("comes late" in each.text, "comes late" in each.html) for each in (letter, late)] == [
        (False, False),
        (True, True),
    ]


def test_what_somebody_wrote_into_their_planner_stays_text_in_a_reminder() -> None:
    letter = LETTERS.write(_mail(MailKind.REMINDER, title="<b>{when}</b>"), None)
    assert "<b>{when}</b>" not in letter.html
    assert letter.subject == "Reminder: <b>{when}</b>"
