"""The mail catcher keeps every mail whole, in order of arrival, and says so when it cannot."""

import smtplib
from email.message import EmailMessage

import pytest

from local_mesh.ports import free_ports
from local_mesh.servers.smtp import MailCatcher


@pytest.fixture
async def catcher(tmp_path, run):
    catcher = MailCatcher(tmp_path / "mail", free_ports(1)[0])
    async with run(catcher.process()):
        yield catcher


def send(catcher, text):
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = ("school@example.org", "ada@example.org", "Grüße")
    mail.set_content(text)
    with smtplib.SMTP("127.0.0.1", catcher.port) as client:
        client.send_message(mail)


async def test_mails_lie_in_the_order_in_which_they_came(catcher):
    for text in ("first", "second", "third"):
        send(catcher, text)
    kept = [path.read_text() for path in sorted(catcher.folder.glob("*.eml"))]
    assert [next(text for text in ("first", "second", "third") if text in mail) for mail in kept] == [
        "first",
        "second",
        "third",
    ]


async def test_nothing_half_written_is_left_beside_the_mails(catcher):
    send(catcher, "whole")
    assert [path.suffix for path in catcher.folder.iterdir()] == [".eml"]


async def test_a_mail_over_the_size_limit_is_refused(catcher):
    with pytest.raises(smtplib.SMTPException):
        send(catcher, "x" * 11_000_000)
    assert not list(catcher.folder.glob("*.eml"))


async def test_a_folder_that_cannot_take_the_mail_makes_the_sender_keep_it(catcher):
    catcher.folder.rmdir()
    with pytest.raises(smtplib.SMTPDataError, match="try again later"):
        send(catcher, "kept by the sender")
