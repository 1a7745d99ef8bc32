"""The audit log."""

from collections.abc import Sequence
from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp

from auth_service.convert.values import last_id, timestamp
from auth_service.domain.audit import AuditEvent, AuditQuery
from littlemonster.auth.v1 import user_service_pb2 as pb2
from servicekit.pagination import encode_page_token


def query(request: pb2.ListAuditEventsRequest) -> AuditQuery:
    """Which entries."""
    anything = AuditQuery()
    return AuditQuery(
        actor_id=request.actor_id,
        subject_id=request.subject_id,
        action=request.action,
        outcome=request.outcome,
        since=_time(request.start_time) if request.HasField("start_time") else anything.since,
        until=_time(request.end_time) if request.HasField("end_time") else anything.until,
    )


def before(request: pb2.ListAuditEventsRequest) -> str | None:
    """The entry the page before ended with. Raises PageTokenInvalid."""
    return last_id(request.page_token, _describe(request))


def page(events: Sequence[AuditEvent], size: int, request: pb2.ListAuditEventsRequest) -> pb2.ListAuditEventsResponse:
    """The first `size` of the entries; one more means that there is another page."""
    shown = events[:size]
    more = encode_page_token(_describe(request), shown[-1].id) if len(events) > size else ""
    return pb2.ListAuditEventsResponse(events=[_event(each) for each in shown], next_page_token=more)


def _event(event: AuditEvent) -> pb2.AuditEvent:
    return pb2.AuditEvent(
        id=event.id,
        action=event.action,
        actor_id=event.actor_id,
        subject_id=event.subject_id,
        ip_address=event.ip_address,
        outcome=event.outcome,
        create_time=timestamp(event.create_time),
    )


def _time(message: Timestamp) -> datetime:
    return message.ToDatetime(UTC)


def _describe(request: pb2.ListAuditEventsRequest) -> str:
    return f"audit {query(request)}"
