"""Letters are taken or refused alike by the fake mail system and by a real SMTP server."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, Protocol

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from fakes.auth.clock import ManualClock
from fakes.auth.mail import MemoryMailer

from auth_service.clients.smtp import SmtpMailer
from auth_service.domain.mails import Letter, Refusal
from auth_service.ports import Mailer

LETTER = Letter("ada@example.org", "Grüße", "first line\ntoken\n", "<p>token</p>")


class Post(Protocol):
    """A mail system that a test can look into and break."""

    @property
    def mailer(self) -> Mailer:
        """What the worker uses."""
        ...

    def arrived(self) -> list[tuple[str, str]]:
        """Ids and recipients of the letters taken."""
        ...

    def reject(self, recipient: str) -> None:
        """From now on there is no such mailbox."""
        ...

    def go_down(self) -> None:
        """From now on nothing answers."""
        ...


class MemoryPost:
    """The fake."""

    def __init__(self) -> None:
        self.mailer = MemoryMailer()

    def arrived(self) -> list[tuple[str, str]]:
        return [(mail_id, letter.recipient) for mail_id, letter in self.mailer.taken]

    def reject(self, recipient: str) -> None:
        self.mailer.rejected.add(recipient)

    def go_down(self) -> None:
        self.mailer.refusal = Refusal("connection refused", permanent=False)


@dataclass
class _Catcher:
    """aiosmtpd's hooks."""

    messages: list[EmailMessage] = field(default_factory=list)
    rejected: set[str] = field(default_factory=set)
    answer: str = "250 Kept"
    answers: asyncio.Event = field(default_factory=asyncio.Event)
    parts: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.answers.set()
        self.parts.set()

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.rejected:
            return "550 No such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        message: Any = message_from_bytes(envelope.content, policy=default)
        self.messages.append(message)
        await self.answers.wait()
        return self.answer

    async def handle_QUIT(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        await self.parts.wait()
        return "221 Bye"


class SmtpPost:
    """A real server on loopback."""

    def __init__(self, server: asyncio.Server, catcher: _Catcher) -> None:
        self._server = server
        self.catcher = catcher
        self._port = server.sockets[0].getsockname()[1]
        self.mailer = self.patient()

    def patient(self, **seconds: float) -> SmtpMailer:
        """A mailer that waits so long."""
        url = f"smtp://127.0.0.1:{self._port}"
        return SmtpMailer(url, "School <no-reply@school.example>", ManualClock(), **seconds)

    def arrived(self) -> list[tuple[str, str]]:
        return [(m["Message-ID"].partition("@")[0].strip("<"), m["To"]) for m in self.catcher.messages]

    def reject(self, recipient: str) -> None:
        self.catcher.rejected.add(recipient)

    def go_down(self) -> None:
        self._server.close()


@pytest.fixture
async def smtp() -> AsyncIterator[SmtpPost]:
    """An SMTP server in the test's own loop."""
    catcher, loop = _Catcher(), asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(catcher, loop=loop, hostname="localhost"), "127.0.0.1", 0)
    yield SmtpPost(server, catcher)
    server.close()
    await server.wait_closed()


@pytest.fixture(params=["memory", "smtp"])
def post(request: pytest.FixtureRequest, smtp: SmtpPost) -> Post:
    """Either mail system."""
    return smtp if request.param == "smtp" else MemoryPost()


async def test_a_letter_is_taken_under_its_id(post: Post) -> None:
    assert await post.mailer.send("mail-1", LETTER) is None
    assert post.arrived() == [("mail-1", "ada@example.org")]


async def test_a_repeat_carries_the_same_id(post: Post) -> None:
    await post.mailer.send("mail-1", LETTER)
    await post.mailer.send("mail-1", LETTER)
    assert len(set(post.arrived())) == 1


async def test_a_mailbox_that_does_not_exist_is_a_permanent_refusal(post: Post) -> None:
    post.reject("ada@example.org")
    refusal = await post.mailer.send("mail-1", LETTER)
    assert refusal == Refusal("550 No such mailbox", permanent=True)


async def test_a_mail_system_that_is_down_is_a_passing_refusal(post: Post) -> None:
    post.go_down()
    refusal = await post.mailer.send("mail-1", LETTER)
    assert refusal is not None
    assert not refusal.permanent
    assert post.arrived() == []


async def test_a_letter_has_a_text_part_with_whole_lines_and_a_page(smtp: SmtpPost) -> None:
    await smtp.mailer.send("mail-1", LETTER)
    (message,) = smtp.catcher.messages
    text, page = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert page is not None
    assert b"\ntoken\n" in text.as_bytes().replace(b"\r\n", b"\n")
    assert page.get_content().strip() == "<p>token</p>"
    assert (message["Subject"], message["From"]) == ("Grüße", "School <no-reply@school.example>")
    assert message["Auto-Submitted"] == "auto-generated"


@pytest.mark.parametrize(("answer", "permanent"), [("452 Disk full", False), ("554 Looks like spam", True)])
async def test_the_server_s_answer_to_a_letter_says_whether_to_try_again(
    smtp: SmtpPost, answer: str, permanent: bool
) -> None:
    smtp.catcher.answer = answer
    assert await smtp.mailer.send("mail-1", LETTER) == Refusal(answer, permanent=permanent)


async def test_a_server_whose_answers_take_too_long_in_all_is_a_passing_refusal(smtp: SmtpPost) -> None:
    smtp.catcher.answers.clear()
    refusal = await smtp.patient(seconds=0.3).send("mail-1", LETTER)
    smtp.catcher.answers.set()
    assert refusal == Refusal("the letter was not taken within 0.3 seconds", permanent=False)


async def test_a_letter_that_was_taken_stays_so_when_the_server_is_slow_to_part(smtp: SmtpPost) -> None:
    smtp.catcher.parts.clear()
    assert await smtp.mailer.send("mail-1", LETTER) is None
    smtp.catcher.parts.set()


@pytest.mark.parametrize("address", ["ada@example.org\r\nBcc: all@example.org", "ada\x00@example.org", "ädä@例え.jp"])
async def test_an_address_that_cannot_be_written_on_a_letter_is_a_permanent_refusal(
    smtp: SmtpPost, address: str
) -> None:
    refusal = await smtp.mailer.send("mail-1", Letter(address, "subject", "text", "<p></p>"))
    assert refusal is not None
    assert refusal.permanent
    assert smtp.catcher.messages == []


@pytest.mark.parametrize("url", ["", "localhost:25", "http://localhost", "smtp://"])
def test_an_address_of_no_mail_server_is_refused_at_the_start(url: str) -> None:
    with pytest.raises(ValueError, match="LM_SMTP_URL"):
        SmtpMailer(url, "no-reply@school.example", ManualClock())
