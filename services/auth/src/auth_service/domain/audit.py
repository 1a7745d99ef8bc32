"""The audit log: what was done, by whom and to whom; and the chain of hashes that shows whether an entry is still as it was.

Entries hold ids and the network address of the call, never a name or an e-mail address: erasing an account leaves them as they
are, and what they point to is gone.
"""

import hashlib
import ipaddress
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

SUCCESS = "success"
MFA_NEEDED = "MFA_NEEDED"
"""The outcome of a sign-in whose password was right and whose code is waited for."""

OPERATOR = "operator"
"""The actor of what is done by a command at the machine itself."""

_EVER, _NEVER = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)

GENESIS = bytes(32)
"""What the first link of the chain follows."""


class AuditAction(StrEnum):
    """What is written down. The names are part of the interface and never renamed."""

    ACCOUNT_REGISTERED = "account.registered"
    EMAIL_VERIFIED = "email.verified"
    EMAIL_CHANGE_REQUESTED = "email.change_requested"
    EMAIL_CHANGED = "email.changed"
    SESSION_OPENED = "session.opened"
    SESSION_REFRESHED = "session.refreshed"
    SESSION_REVOKED = "session.revoked"
    REAUTHENTICATED = "session.reauthenticated"
    PASSWORD_RESET = "password.reset"  # noqa: S105  # a name
    PASSWORD_CHANGED = "password.changed"  # noqa: S105  # a name
    TOTP_CREATED = "totp.created"
    TOTP_CONFIRMED = "totp.confirmed"
    TOTP_DELETED = "totp.deleted"
    MFA_CHECKED = "mfa.checked"
    ROLE_CHANGED = "account.role_changed"
    SUSPENDED = "account.suspended"
    REINSTATED = "account.reinstated"
    ADMIN_CREATED = "account.admin_created"
    ERASURE_REQUESTED = "account.erasure_requested"
    ERASURE_CANCELLED = "account.erasure_cancelled"
    ERASED = "account.erased"
    EXPORT_REQUESTED = "account.export_requested"
    EXPORT_DOWNLOADED = "account.export_downloaded"
    KEY_PUBLISHED = "key.published"
    KEY_RETIRED = "key.retired"


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One entry. `actor_id` is an account's id, OPERATOR, or "" when nobody had proven who they are; `subject_id` is the account
    (or the signing key) it was done to, "" when unknown; `outcome` is SUCCESS, MFA_NEEDED, or the
    reason of the refusal."""

    id: str
    action: str
    actor_id: str
    subject_id: str
    ip_address: str
    outcome: str
    create_time: datetime


@dataclass(frozen=True, slots=True)
class Link:
    """An entry's place in the chain; `hash` is over the link before and all that the entry says. Positions begin with 1."""

    position: int
    event_id: str
    hash: bytes


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """Which entries; what is empty is any."""

    actor_id: str = ""
    subject_id: str = ""
    action: str = ""
    outcome: str = ""
    since: datetime = _EVER
    until: datetime = _NEVER


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong at a place of the chain: `problem` completes the sentence "Entry …"."""

    position: int
    event_id: str
    problem: str


def shown_address(address: str) -> str:
    """The address in its usual spelling, or "" for text that is none: a client may have written it."""
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        return ""


def chained(previous: Link | None, events: Iterable[AuditEvent]) -> Iterator[Link]:
    """The links of further entries, in the order they are given."""
    position, last = (previous.position, previous.hash) if previous else (0, GENESIS)
    for event in events:
        position, last = position + 1, _hash(last, event)
        yield Link(position, event.id, last)


def inspect(
    previous: Link | None, page: Sequence[tuple[Link, AuditEvent | None]], first_kept: int
) -> Iterator[Finding]:
    """What is wrong with the links that follow `previous`, each with its entry, None when that is gone.

    Entries before the position `first_kept` may be gone: their time was over.
    """
    for link, event in page:
        if link.position != (previous.position if previous else 0) + 1:
            yield Finding(link.position, link.event_id, "is not preceded by the one before: links were removed")
        elif event is None and link.position >= first_kept:
            yield Finding(link.position, link.event_id, "was removed")
        elif event is not None and _hash(previous.hash if previous else GENESIS, event) != link.hash:
            yield Finding(link.position, link.event_id, "was changed")
        previous = link


def _hash(previous: bytes, event: AuditEvent) -> bytes:
    # JSON keeps the fields apart, whatever is in them.
    said = [
        event.id,
        event.action,
        event.actor_id,
        event.subject_id,
        event.ip_address,
        event.outcome,
        event.create_time.astimezone(UTC).isoformat(),
    ]
    return hashlib.sha256(previous + json.dumps(said, separators=(",", ":")).encode()).digest()
