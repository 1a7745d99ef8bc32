"""What people take along."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

from auth_service.domain.exports import Export


class ExportReader(Protocol):
    """Exports as they are now, without holding them."""

    async def get(self, export_id: str) -> Export | None:
        """The export, or None when there is none the caller may see."""
        ...

    async def piece(self, export: Export, number: int) -> bytes | None:
        """One piece of its archive, counted from 0; None after the last, or when the export is gone or has another secret now."""
        ...


class ExportsInWork(Protocol):
    """Exports inside a unit of work."""

    async def known(self, user_id: str, request_id: str | None) -> Export | None:
        """The one that this request began or, if there is none, the one being gathered for the account."""
        ...

    async def remove(self, export_id: str) -> None:
        """Forget one, with its archive."""
        ...

    async def begun_since(self, user_id: str, since: datetime) -> Sequence[datetime]:
        """When exports of the account were begun since then."""
        ...

    async def add(self, export: Export) -> None:
        """Save a new one."""
        ...

    async def replace_secrets(self, user_id: str, salt: bytes) -> None:
        """Give each export of the account the SHA-256 of its secret and the salt for another secret."""
        ...

    async def claim(self, now: datetime, until: datetime) -> Export | None:
        """The one that is due for longest, with one attempt more, due again at `until` unless saved before.

        One that another worker is claiming is passed over. None when nothing is due.
        """
        ...

    async def save(self, export: Export) -> bool:
        """Save the outcome of a claimed one; False, and nothing saved, when it is gone or was claimed again since."""
        ...

    async def keep(self, export_id: str, pieces: Iterable[bytes]) -> None:
        """Save the archive of one, before its outcome: when `save` then answers False this unit of work must be undone.

        Pieces that are there already stay.
        """
        ...


class PersonalData(Protocol):
    """What one service holds of a person."""

    @property
    def service(self) -> str:
        """The service's name."""
        ...

    def records(self, user_id: str) -> AsyncIterator[tuple[str, str]]:
        """(collection, JSON object) of each record; each collection comes first once with "".

        Raises Unavailable, naming the service, when it does not tell everything in time.
        """
        ...


class Archive(Protocol):
    """An archive in the making."""

    async def add(self, service: str, records: AsyncIterator[tuple[str, str]]) -> None:
        """Put in what one service holds. Raises ArchiveTooLarge, and what `records` raises."""
        ...

    async def close(self) -> int:
        """Finish it. Returns its size in bytes. Raises ArchiveTooLarge."""
        ...

    def pieces(self) -> Iterable[bytes]:
        """The finished archive, in pieces of CHUNK_BYTES."""
        ...


class Archives(Protocol):
    """Makes archives."""

    def begin(self, export: Export, now: datetime) -> AbstractAsyncContextManager[Archive]:
        """A new archive; it is gone when the block ends."""
        ...
