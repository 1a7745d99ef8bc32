"""Letters handed to an SMTP server."""

import asyncio
import contextlib
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from urllib.parse import unquote, urlsplit

import aiosmtplib
from aiosmtplib.errors import SMTPException, SMTPNotSupported, SMTPRecipientsRefused, SMTPResponseException

from auth_service.domain.mails import Letter, Refusal
from servicekit.clock import Clock

_SECONDS = 20.0
_GOODBYE_SECONDS = 1.0
_PERMANENT = 500
"""SMTP replies from here on mean that the same letter will be refused again (RFC 5321 §4.2.1)."""


class SmtpMailer:
    """See ports.Mailer. One connection a letter; the worker sends few."""

    def __init__(self, url: str, sender: str, clock: Clock, seconds: float = _SECONDS) -> None:
        """`url` is smtp://[user:password@]host[:port] or smtps://…; `seconds` are what one letter may take, all of it.

        Raises ValueError for any other URL.
        """
        self._server = urlsplit(url)
        if self._server.scheme not in ("smtp", "smtps") or not self._server.hostname:
            raise ValueError("LM_SMTP_URL must look like smtp://host:25 or smtps://user:password@host:465.")
        self._sender = sender
        self._domain = parseaddr(sender)[1].rpartition("@")[2]
        self._clock = clock
        self._seconds = seconds

    async def send(self, mail_id: str, letter: Letter) -> Refusal | None:
        """Hand it over in the time a letter may take. What cannot be made one is refused: it must not keep others from theirs."""
        try:
            message = self._message(mail_id, letter)
        except Exception as error:  # Python fails in many ways on what people make up
            return Refusal(f"{type(error).__name__}: {error}", permanent=True)
        try:
            await self._hand_over(message)
        except SMTPRecipientsRefused as error:
            return _refusal(error.recipients[0])
        except SMTPResponseException as error:
            return _refusal(error)
        except (SMTPNotSupported, ValueError) as error:
            return Refusal(f"{type(error).__name__}: {error}", permanent=True)
        except TimeoutError:
            return Refusal(f"the letter was not taken within {self._seconds:g} seconds", permanent=False)
        except (SMTPException, OSError) as error:
            return Refusal(f"{type(error).__name__}: {error}", permanent=False)
        return None

    async def _hand_over(self, message: EmailMessage) -> None:
        client = self._client()
        try:
            async with asyncio.timeout(self._seconds):  # all of it; the library would give each reply as long
                await client.connect()
                await client.send_message(message)
        finally:
            await _part(client)

    def _client(self) -> aiosmtplib.SMTP:
        server = self._server
        secret = unquote(server.password) if server.password else None
        tls = server.scheme == "smtps"
        return aiosmtplib.SMTP(
            hostname=server.hostname,
            port=server.port,
            username=unquote(server.username) if server.username else None,
            password=secret,
            use_tls=tls,
            # None: TLS where it is offered. A password is never sent without.
            start_tls=False if tls else (True if secret else None),
            timeout=None,
        )

    def _message(self, mail_id: str, letter: Letter) -> EmailMessage:
        message = EmailMessage(policy=SMTP)
        message["Message-ID"] = f"<{mail_id}@{self._domain}>"
        message["Date"] = format_datetime(self._clock())
        message["From"] = self._sender
        message["To"] = letter.recipient
        message["Subject"] = letter.subject
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.text, cte="7bit" if letter.text.isascii() else "quoted-printable")
        message.add_alternative(letter.html, subtype="html", cte="quoted-printable")
        return message


async def _part(client: aiosmtplib.SMTP) -> None:
    """As the protocol asks. Whether the letter was taken is settled: a server that is slow to part gets it no second time."""
    try:
        with contextlib.suppress(SMTPException, OSError):
            await client.quit(timeout=_GOODBYE_SECONDS)
    finally:
        client.close()


def _refusal(error: SMTPResponseException) -> Refusal:
    return Refusal(f"{error.code} {error.message}", permanent=error.code >= _PERMANENT)
