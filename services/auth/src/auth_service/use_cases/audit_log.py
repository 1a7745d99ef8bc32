"""The audit log after it was written: made a chain, read by admins, and looked over for what was tampered with."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from auth_service.domain.audit import AuditEvent, AuditQuery, Finding, Link, chained, inspect
from auth_service.ports import AuditReader, UnitOfWork
from auth_service.use_cases.acting import AUTH
from servicekit.caller import acting_as
from servicekit.clock import Clock

BATCH = 200
MOST_FINDINGS = 20
SEALED_WITHIN = timedelta(minutes=5)
"""An entry that is older and in no chain was put in, or kept out, by somebody; or the worker does not run."""


class AuditSealing:
    """Links new entries to the chain, apart from the calls that wrote them: no call waits for another's entry."""

    def __init__(self, unit_of_work: UnitOfWork) -> None:
        self._unit_of_work = unit_of_work

    async def seal(self) -> int:
        """Link one batch; how many there were. One worker at a time does so, the others find nothing to do."""
        with acting_as(AUTH):
            async with self._unit_of_work() as work:
                events = await work.audit.unsealed(BATCH)
                if events:
                    await work.audit.seal(list(chained(await work.audit.last_link(), events)))
        return len(events)


class AuditLog:
    """What admins read; that the caller is one is declared in the contract and checked before."""

    def __init__(self, reader: AuditReader) -> None:
        self._reader = reader

    async def search(self, query: AuditQuery, before: str | None, limit: int) -> Sequence[AuditEvent]:
        """At most `limit` entries written before the one called `before`, the newest first."""
        with acting_as(AUTH):
            return await self._reader.search(query, before, limit)


@dataclass
class Verdict:
    """How far the chain was followed, to `head` (None: it is empty), and what was found, the first MOST_FINDINGS."""

    head: Link | None = None
    unsealed: int = 0
    findings: list[Finding] = field(default_factory=list)


class AuditVerification:
    """Follows the whole chain and compares each entry with its hash."""

    def __init__(self, reader: AuditReader, clock: Clock) -> None:
        self._reader = reader
        self._clock = clock

    async def verify(self, first_kept: int = 1, anchor: Link | None = None) -> Verdict:
        """`first_kept` is the position before which entries were deleted because their time was over.

        `anchor` is a link noted down earlier: without one, a chain that was cut at its end or made anew looks whole.
        """
        verdict = Verdict()
        with acting_as(AUTH):
            while page := await self._reader.links(verdict.head.position if verdict.head else 0, BATCH):
                verdict.findings += inspect(verdict.head, page, first_kept)
                verdict.head = page[-1][0]
                if anchor and any((link.position, link.hash) == (anchor.position, anchor.hash) for link, _ in page):
                    anchor = None
                if len(verdict.findings) >= MOST_FINDINGS:
                    break
            verdict.unsealed = await self._reader.unsealed_since(self._clock() - SEALED_WITHIN)
        if anchor:
            verdict.findings.append(
                Finding(anchor.position, "", "is not the one that was noted: the chain was cut or made anew")
            )
        del verdict.findings[MOST_FINDINGS:]
        return verdict
