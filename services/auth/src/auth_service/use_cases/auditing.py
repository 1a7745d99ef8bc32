"""Writing the audit log: in the transaction that does what is written down, or in one of its own for what is refused."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime

from auth_service.domain.audit import SUCCESS, AuditAction, AuditEvent, shown_address
from auth_service.domain.sessions import UNKNOWN_CLIENT, Client
from auth_service.ports import UnitOfWork
from auth_service.use_cases.acting import AUTH
from servicekit.caller import acting_as
from servicekit.errors import AlreadyExists, FailedPrecondition, InvalidArgument, PermissionDenied, Unauthenticated
from servicekit.ids import new_id

# What the system could not do for now (busy, down) says nothing about the person.
_REFUSALS = (Unauthenticated, PermissionDenied, FailedPrecondition, InvalidArgument, AlreadyExists)


def entry(
    action: AuditAction, now: datetime, client: Client = UNKNOWN_CLIENT, *, actor: str = "", subject: str = ""
) -> AuditEvent:
    """A success: `await work.audit.record(entry(AuditAction.X, now, client, actor=caller.id, subject=account.id))`."""
    return AuditEvent(new_id(), action, actor, subject, shown_address(client.address), SUCCESS, now)


@asynccontextmanager
async def refusals_audited(unit_of_work: UnitOfWork, event: AuditEvent) -> AsyncIterator[None]:
    """Writes `event`, with the reason for its outcome, when the block refuses; the refusal goes on its way.

    Outside any other unit of work, which the refusal undoes.
    """
    try:
        yield
    except _REFUSALS as refusal:
        with acting_as(AUTH):
            async with unit_of_work() as work:
                await work.audit.record(replace(event, outcome=refusal.reason))
        raise
