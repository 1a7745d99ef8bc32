"""Letters carry what they are given, plain or from templates."""

from dataclasses import replace

import pytest
from fakes.auth.mail import PlainLetters

from auth_service.clients.letters import TemplateLetters
from auth_service.domain.accounts import MailKind
from auth_service.domain.mails import Mail, new_mail, token_purpose
from auth_service.domain.secrets import new_secret
from auth_service.ports import Letters
from servicekit.clock import utc_now
from servicekit.ids import new_id


@pytest.fixture(params=[PlainLetters(), TemplateLetters("https://school.example.org")], ids=["plain", "templates"])
def letters(request: pytest.FixtureRequest) -> Letters:
    """Either adapter."""
    adapter: Letters = request.param
    return adapter


def _mail(kind: MailKind) -> Mail:
    details = (
        {"title": "Algebra", "when": "Monday", "late": ""} if kind is MailKind.REMINDER else {"about": "a@b.example"}
    )
    return replace(new_mail(new_id(), new_id(), kind, "ada@example.org", utc_now()), details=details)


@pytest.mark.parametrize("kind", [kind for kind in MailKind if token_purpose(kind)])
def test_a_token_stands_alone_on_one_line_of_the_text(letters: Letters, kind: MailKind) -> None:
    token = new_secret()
    letter = letters.write(_mail(kind), token)
    assert letter.text.splitlines().count(token) == 1
    assert token in letter.html


@pytest.mark.parametrize("kind", list(MailKind))
def test_every_letter_has_a_recipient_and_a_subject_on_one_line(letters: Letters, kind: MailKind) -> None:
    letter = letters.write(_mail(kind), new_secret() if token_purpose(kind) else None)
    assert letter.recipient == "ada@example.org"
    assert len(letter.subject.splitlines()) == 1
