"""Pages of events, and what a device has missed. Total but for tokens and times that cannot be read."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from littlemonster.planner.v1 import planner_service_pb2 as pb
from planner_service.convert.events import event
from planner_service.convert.values import time
from planner_service.domain import events as planning
from planner_service.domain.events import Occurrence, Period
from planner_service.domain.sync import Changes, Position
from planner_service.errors import PeriodInvalid, SyncTokenInvalid
from planner_service.ports import Cursor
from servicekit.pagination import PageTokenInvalid, decode_page_token, encode_page_token

_LARGEST = 2**31 - 1


def page(request: pb.ListEventsRequest, now: datetime) -> tuple[Period, Cursor | None]:
    """The period to list and where the page before ended. A later page keeps the period of the first.

    Raises PeriodInvalid, PageTokenInvalid.
    """
    start = time(request.start_time, "startTime") if request.HasField("start_time") else None
    end = time(request.end_time, "endTime") if request.HasField("end_time") else None
    if not request.page_token:
        return planning.period(start, end, now), None
    *times, row_id = decode_page_token(request.page_token, _query(request), 4)
    try:
        start, end, last = (_aware(str(each)) for each in times)
        period = planning.period(start, end, now)  # as bounded as one that is asked for
        if not planning.EARLIEST <= last < end:
            raise PageTokenInvalid
        return period, (last, str(UUID(str(row_id))))
    except (ValueError, PeriodInvalid):
        raise PageTokenInvalid from None


def next_page_token(found: Sequence[Occurrence], size: int, period: Period, request: pb.ListEventsRequest) -> str:
    """The token after the page's last occurrence; empty when there is none beyond it."""
    if len(found) <= size:
        return ""
    last = found[size - 1]
    times = (each.isoformat() for each in (period.start, period.end, last.start))
    return encode_page_token(_query(request), *times, last.event.id)


def position(request: pb.SyncEventsRequest, user_id: str) -> Position | None:
    """How far the device has come; None when it is new. Raises SyncTokenInvalid."""
    if not request.sync_token:
        return None
    try:
        sequence, floor = decode_page_token(request.sync_token, f"sync {user_id}", 2)
    except PageTokenInvalid:
        raise SyncTokenInvalid from None
    if not (
        isinstance(sequence, int) and isinstance(floor, int) and 0 <= sequence <= _LARGEST and 0 <= floor <= _LARGEST
    ):
        raise SyncTokenInvalid
    return Position(sequence, floor)


def changed(found: Changes, user_id: str) -> pb.SyncEventsResponse:
    return pb.SyncEventsResponse(
        events=map(event, found.events),
        deleted_event_ids=found.deleted,
        next_sync_token=encode_page_token(f"sync {user_id}", found.next.sequence, found.next.floor),
        has_more=found.has_more,
        full_sync=found.full,
    )


def _query(request: pb.ListEventsRequest) -> str:
    """As it was asked: a default period moves with the clock and may not tell pages apart."""
    asked = (request.start_time, request.end_time)
    return f"events {[(each.seconds, each.nanos) for each in asked]}"


def _aware(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError(text)
    return time
