"""Mails: wishes for them, those that wait, and how they are written and sent."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from auth_service.domain.accounts import MailKind
from auth_service.domain.email_changes import EmailChange
from auth_service.domain.mail_requests import MailRequest
from auth_service.domain.mails import Letter, Mail, Refusal


class Mails(Protocol):
    """The mail outbox."""

    async def add(self, mail: Mail) -> None:
        """Put a mail in."""
        ...

    async def count(self, user_id: str, kind: MailKind, since: datetime) -> int:
        """How many of one kind were put in for an account since then, sent or not; at least those of the last week."""
        ...

    async def to_registrations(self, email: str, kind: MailKind, since: datetime) -> Sequence[datetime]:
        """When mails of one kind were put in since then for registrations of an address that wait, the newest first."""
        ...

    async def claim(self, now: datetime, until: datetime, limit: int) -> Sequence[Mail]:
        """At most `limit` due mails, each with one attempt more, due again at `until` unless saved before.

        Mails another worker is claiming are passed over. Empty when nothing is due.
        """
        ...

    async def save(self, mail: Mail) -> None:
        """Save a claimed mail; nothing happens when another worker has claimed it since."""
        ...


class EmailChanges(Protocol):
    """Changes of addresses that wait for both to agree, inside a unit of work that holds the account."""

    async def get(self, user_id: str) -> EmailChange | None:
        """The account's newest, or None."""
        ...

    async def save(self, change: EmailChange) -> None:
        """Save it; an account has one at most."""
        ...


class MailRequests(Protocol):
    """Wishes for mail that nobody has decided about yet."""

    async def add(self, request: MailRequest) -> None:
        """Take one down; the same work for every address."""
        ...

    async def take(self) -> MailRequest | None:
        """The oldest, which is forgotten with this unit of work; None when none is left that no other has."""
        ...

    async def drop(self, request_id: str) -> None:
        """Forget one undecided; nothing happens when it is gone."""
        ...


class Letters(Protocol):
    """Writes the letters people get."""

    def write(self, mail: Mail, token: str | None) -> Letter:
        """A letter; `token` is None for the kinds that carry none."""
        ...


class Mailer(Protocol):
    """Hands letters to the mail system."""

    async def send(self, mail_id: str, letter: Letter) -> Refusal | None:
        """Send it under a Message-ID made from `mail_id`; None when it was taken."""
        ...
