"""Taking one's data along: gathered from every service into one archive, fetched by a link that expires."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from auth_service.errors import TooManyExports

MOST_BYTES = 64 * 1024 * 1024
"""Of one archive, packed."""

CHUNK_BYTES = 256 * 1024
MOST_ATTEMPTS = 4
MOST_EXPORTS = 5
WINDOW = timedelta(hours=24)
"""In which one account may begin MOST_EXPORTS."""

GATHERING_TIME = timedelta(minutes=4)
LEASE = timedelta(minutes=5)
"""How long a worker has for one export before another may take it over; longer than it may gather."""

_FIRST_PAUSE = timedelta(seconds=2)


class ExportState(StrEnum):
    """How far an export is."""

    GATHERING = "GATHERING"
    READY = "READY"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class Export:
    """A person's request for everything. `attempts` counts tries begun, `due_time` is when the next may begin; `secret` signs
    links; `size` is the archive's, in bytes; from `expire_time` on it is deleted; `reason` is in words why it FAILED."""

    id: str
    user_id: str
    request_id: str | None
    state: ExportState
    secret: bytes
    create_time: datetime
    due_time: datetime
    attempts: int = 0
    reason: str = ""
    size: int = 0
    expire_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """What somebody presents to fetch an archive; `expires` is in seconds since 1970."""

    export_id: str
    expires: int
    signature: str


def new_export(
    export_id: str, user_id: str, request_id: str | None, secret: bytes, begun: Sequence[datetime], now: datetime
) -> Export:
    """A new request. `begun` are the times of those of the last WINDOW. Raises TooManyExports."""
    if len(begun) >= MOST_EXPORTS:
        raise TooManyExports.until(min(begun) + WINDOW, now)
    return Export(export_id, user_id, request_id, ExportState.GATHERING, secret, now, now)


def ready(export: Export, size: int, lifetime: timedelta, now: datetime) -> Export:
    """The export once its archive is whole."""
    return replace(export, state=ExportState.READY, size=size, expire_time=now + lifetime)


def after_failure(export: Export, reason: str, lifetime: timedelta, now: datetime, *, final: bool = False) -> Export:
    """The export after a try that failed: due again after a pause that doubles, or FAILED after the last or a `final` one."""
    if final or export.attempts >= MOST_ATTEMPTS:
        return replace(export, state=ExportState.FAILED, reason=reason, expire_time=now + lifetime)
    return replace(export, due_time=now + _FIRST_PAUSE * 2 ** (export.attempts - 1))


def link(export: Export) -> Link | None:
    """Where the archive is fetched; None while there is none."""
    if export.state is not ExportState.READY or export.expire_time is None:
        return None
    expires = int(export.expire_time.timestamp())
    return Link(export.id, expires, _signature(export.secret, export.id, expires))


def is_good(export: Export | None, presented: Link, now: datetime) -> bool:
    """Whether the link fetches the archive. Takes as long for an unknown export as for a known one."""
    secret = export.secret if export else bytes(32)
    signed = hmac.compare_digest(_signature(secret, presented.export_id, presented.expires), presented.signature)
    in_time = now.timestamp() < presented.expires
    return signed and in_time and export is not None and export.state is ExportState.READY


def _signature(secret: bytes, export_id: str, expires: int) -> str:
    return hmac.digest(secret, f"{export_id}:{expires}".encode(), "sha256").hex()
