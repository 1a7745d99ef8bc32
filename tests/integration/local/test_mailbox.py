"""The demo finds the token in the right mail, where it stands alone on a line."""

from email.message import EmailMessage

import pytest

from local_mesh.demo.mailbox import token_for

TOKEN = "abcDEF123_-abcDEF123_-abcDEF123"


@pytest.fixture
def put(tmp_path):
    def put(name, to, text, html=None):
        mail = EmailMessage()
        mail["To"], mail["Subject"] = to, "Confirm your address"
        mail.set_content(text)
        if html:
            mail.add_alternative(html, subtype="html")
        (tmp_path / name).write_bytes(bytes(mail))

    return put


def test_the_token_is_the_line_that_holds_nothing_else(put, tmp_path):
    put("1.eml", "ada@example.org", f"Hello Ada,\n\n{TOKEN}\n\nOr open http://127.0.0.1/{TOKEN}.", "<p>Hello</p>")
    assert token_for("ada@example.org", tmp_path) == TOKEN


def test_mails_to_others_are_not_read(put, tmp_path):
    put("1.eml", "bob@example.org", TOKEN)
    assert token_for("ada@example.org", tmp_path) is None


def test_the_newest_mail_counts(put, tmp_path):
    put("1.eml", "ada@example.org", "old-token-old-token-old")
    put("2.eml", "ada@example.org", TOKEN)
    assert token_for("ada@example.org", tmp_path) == TOKEN
