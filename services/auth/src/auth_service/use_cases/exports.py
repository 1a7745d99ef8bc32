"""Taking one's data along: what people ask for, and what the worker gathers for them."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from auth_service.domain.attempts import download_budgets, recorded_budgets
from auth_service.domain.audit import AuditAction
from auth_service.domain.exports import (
    GATHERING_TIME,
    LEASE,
    MOST_ATTEMPTS,
    WINDOW,
    Export,
    Link,
    after_failure,
    is_good,
    new_export,
    ready,
)
from auth_service.domain.secrets import new_salt
from auth_service.domain.sessions import Client, is_living
from auth_service.errors import ArchiveTooLarge, ExportLinkInvalid, ExportNotFound, SessionNotFound, UserNotFound
from auth_service.ports import Archive, Archives, AttemptLimiter, ExportReader, PersonalData, UnitOfWork
from auth_service.use_cases.acting import AUTH, person
from auth_service.use_cases.admitting import admit
from auth_service.use_cases.auditing import entry, refusals_audited
from auth_service.use_cases.freshness import require_fresh
from servicekit.caller import acting_as
from servicekit.clock import Clock
from servicekit.errors import ServiceError, Unavailable
from servicekit.ids import new_id

log = logging.getLogger(__name__)


class Exports:
    """What a person asks for, and whoever has the link."""

    def __init__(self, exports: ExportReader, unit_of_work: UnitOfWork, attempts: AttemptLimiter, clock: Clock) -> None:
        self._exports = exports
        self._unit_of_work = unit_of_work
        self._attempts = attempts
        self._clock = clock

    async def begin(self, request_id: str | None, client: Client) -> Export:
        """Begin to gather, or answer the export that this request began before, or that is being gathered already.

        A request whose export is over begins anew.

        Raises UserNotFound, FreshSignInNeeded, TooManyExports, TooManyAttempts, Unauthenticated, PersonNeeded.
        """
        caller, now = person(), self._clock()
        await admit(self._attempts, recorded_budgets(caller.id))
        attempt = entry(AuditAction.EXPORT_REQUESTED, now, client, actor=caller.id, subject=caller.id)
        with acting_as(AUTH):
            async with refusals_audited(self._unit_of_work, attempt), self._unit_of_work() as work:
                # Held, so that of two requests at once the second finds what the first began.
                if await work.accounts.get(caller.id) is None:
                    raise UserNotFound(user=caller.id)
                await require_fresh(work, caller, now)
                known = await work.exports.known(caller.id, request_id)
                if known and not _is_over(known, now):
                    return known
                if known:
                    await work.exports.remove(known.id)
                begun = await work.exports.begun_since(caller.id, now - WINDOW)
                export = new_export(new_id(), caller.id, request_id, new_salt(), begun, now)
                await work.exports.add(export)
                await work.audit.record(attempt)
        return export

    async def get(self, export_id: str) -> Export:
        """One of the caller's own. Raises ExportNotFound, SessionNotFound, Unauthenticated, PersonNeeded."""
        caller, now = person(), self._clock()
        export = await self._exports.get(export_id)
        if export is None or export.user_id != caller.id or _is_over(export, now):
            raise ExportNotFound(export=export_id)
        # After it was read: who has ended the session by then replaces its secret, too, and who ends it later will.
        async with self._unit_of_work() as work:
            session = await work.sessions.get(caller.session_id)
        if session is None or not is_living(session, now):
            raise SessionNotFound(session=caller.session_id)
        return export

    async def fetch(self, presented: Link, client: Client) -> AsyncIterator[bytes]:
        """The archive, piece by piece; no more than one is in memory.

        Written down before the first piece goes out, and from where: who has the link proves nothing else.

        Raises ExportLinkInvalid, also in the midst of it, TooManyAttempts.
        """
        now = self._clock()
        with acting_as(AUTH):
            export = await self._exports.get(presented.export_id)
            good = is_good(export, presented, now)  # asked for an unknown one as well, which takes as long by it
            if export is None or not good:
                raise ExportLinkInvalid(export=presented.export_id)
            await admit(self._attempts, download_budgets(export.id))
            async with self._unit_of_work() as work:
                await work.audit.record(entry(AuditAction.EXPORT_DOWNLOADED, now, client, subject=export.user_id))
        return self._pieces(export)

    async def _pieces(self, export: Export) -> AsyncIterator[bytes]:
        sent = number = 0
        while sent < export.size:
            piece = await self._piece(export, number)
            yield piece
            sent, number = sent + len(piece), number + 1

    async def _piece(self, export: Export, number: int) -> bytes:
        with acting_as(AUTH):  # not around the yield: whoever reads may go on in another task
            if piece := await self._exports.piece(export, number):
                return piece
        raise ExportLinkInvalid(export=export.id)


def _is_over(export: Export, now: datetime) -> bool:
    return export.expire_time is not None and export.expire_time <= now


class _NobodyWaits(Exception):
    """The account is gone meanwhile, or the lease is over; it undoes what was kept of the archive."""


class Exporting:
    """Gathers one export after the other. A worker that dies leaves nothing behind; another begins anew after the lease."""

    def __init__(
        self,
        unit_of_work: UnitOfWork,
        sources: Sequence[PersonalData],
        archives: Archives,
        clock: Clock,
        lifetime: timedelta,
    ) -> None:
        """`sources` is one a service; `lifetime` is how long an archive can be fetched."""
        self._unit_of_work = unit_of_work
        self._sources = sources
        self._archives = archives
        self._clock = clock
        self._lifetime = lifetime

    async def gather_next(self) -> int:
        """Gather the export that waits longest; 0 when none is due."""
        now = self._clock()
        with acting_as(AUTH):
            async with self._unit_of_work() as work:
                export = await work.exports.claim(now, now + LEASE)
            if export is None:
                return 0
            if export.attempts > MOST_ATTEMPTS:  # the last one never told how it ended: it may have killed its worker
                await self._failed(export, Unavailable())
            else:
                await self._try(export)
        return 1

    async def _try(self, export: Export) -> None:
        try:
            async with asyncio.timeout(GATHERING_TIME.total_seconds()):
                await self._gather(export)
        except (ServiceError, TimeoutError, OSError) as error:
            await self._failed(export, error)
        except Exception as error:  # a record nobody foresaw must not end the worker, which also sends everybody's mail
            log.exception("export failed unexpectedly", extra={"export": export.id})
            await self._failed(export, error)

    async def _gather(self, export: Export) -> None:
        async with self._archives.begin(export, self._clock()) as archive:
            for source in self._sources:
                await archive.add(source.service, source.records(export.user_id))
            size = await archive.close()
            done = ready(export, size, self._lifetime, self._clock())
            with suppress(_NobodyWaits):
                await self._save(done, archive)

    async def _save(self, done: Export, archive: Archive) -> None:
        async with self._unit_of_work() as work:
            await work.exports.keep(done.id, archive.pieces())
            # Last: from here on whoever locks the account out has to wait, which must not take as long as the pieces.
            if await work.exports.save(done):
                return
            raise _NobodyWaits

    async def _failed(self, export: Export, error: Exception) -> None:
        log.warning("export failed", extra={"export": export.id, "attempt": export.attempts, "error": repr(error)})
        async with self._unit_of_work() as work:
            final = isinstance(error, ArchiveTooLarge)
            await work.exports.save(after_failure(export, _in_words(error), self._lifetime, self._clock(), final=final))


def _in_words(error: Exception) -> str:
    if isinstance(error, ArchiveTooLarge):
        return error.detail
    service = error.metadata.get("service", "") if isinstance(error, ServiceError) else ""
    who = f"The {service} service" if service else "A part of the system"
    return f"{who} did not answer in time. Begin a new export later, or tell an administrator."
