"""What people read."""

import pytest

from auth_service.clients.letters import TemplateLetters
from auth_service.domain.accounts import MailKind
from auth_service.domain.mails import token_purpose
from auth_service.domain.secrets import new_secret

LETTERS = TemplateLetters("https://school.example.org/")


def test_the_token_stands_alone_on_one_line_of_the_text() -> None:
    token = new_secret()
    letter = LETTERS.write(MailKind.VERIFY_EMAIL, "ada@example.org", token)
    assert letter.text.splitlines().count(token) == 1
    assert token in letter.html


@pytest.mark.parametrize("kind", list(MailKind))
def test_every_kind_has_a_subject_a_text_and_a_page_that_link_to_the_school(kind: MailKind) -> None:
    letter = LETTERS.write(kind, "ada@example.org", new_secret() if token_purpose(kind) else None)
    assert letter.subject
    assert "https://school.example.org\n" in letter.text
    assert 'href="https://school.example.org"' in letter.html
    assert all(len(line) < 100 for line in letter.text.splitlines())


def test_a_page_cannot_be_broken_out_of() -> None:
    letter = LETTERS.write(MailKind.VERIFY_EMAIL, "ada@example.org", "<script>")
    assert "<script>" not in letter.html
