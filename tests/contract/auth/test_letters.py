"""Letters carry what they are given, plain or from templates."""

import pytest
from fakes.auth.mail import PlainLetters

from auth_service.clients.letters import TemplateLetters
from auth_service.domain.accounts import MailKind
from auth_service.domain.mails import token_purpose
from auth_service.domain.secrets import new_secret
from auth_service.ports import Letters


@pytest.fixture(params=[PlainLetters(), TemplateLetters("https://school.example.org")], ids=["plain", "templates"])
def letters(request: pytest.FixtureRequest) -> Letters:
    """Either adapter."""
    adapter: Letters = request.param
    return adapter


@pytest.mark.parametrize("kind", [kind for kind in MailKind if token_purpose(kind)])
def test_a_token_stands_alone_on_one_line_of_the_text(letters: Letters, kind: MailKind) -> None:
    token = new_secret()
    letter = letters.write(kind, "ada@example.org", token)
    assert letter.text.splitlines().count(token) == 1
    assert token in letter.html


@pytest.mark.parametrize("kind", list(MailKind))
def test_every_letter_has_a_recipient_and_a_subject_on_one_line(letters: Letters, kind: MailKind) -> None:
    letter = letters.write(kind, "ada@example.org", new_secret() if token_purpose(kind) else None)
    assert letter.recipient == "ada@example.org"
    assert len(letter.subject.splitlines()) == 1
