"""The servicer: convert in, call one use case, convert out."""

from typing import Any

from google.protobuf.empty_pb2 import Empty
from grpc.aio import ServicerContext

from littlemonster.planner.v1 import planner_service_pb2 as pb
from littlemonster.planner.v1.planner_service_pb2_grpc import PlannerServiceServicer
from planner_service import convert
from planner_service.use_cases.events import Planner
from planner_service.use_cases.progress import ProgressReport
from servicekit.clock import Clock
from servicekit.pagination import page_size

Context = ServicerContext[Any, Any]


class PlannerHandlers(PlannerServiceServicer):
    """PlannerService. What it does not override answers UNIMPLEMENTED."""

    def __init__(self, planner: Planner, progress: ProgressReport, clock: Clock) -> None:
        self._planner = planner
        self._progress = progress
        self._clock = clock

    async def CreateEvent(self, request: pb.CreateEventRequest, context: Context) -> pb.Event:
        return convert.event(await self._planner.create(convert.plan(request), request.request_id or None))

    async def GetEvent(self, request: pb.GetEventRequest, context: Context) -> pb.Event:
        return convert.event(await self._planner.get(request.event_id))

    async def ListEvents(self, request: pb.ListEventsRequest, context: Context) -> pb.ListEventsResponse:
        size = page_size(request.page_size)
        period, after = convert.page(request, self._clock())
        found = await self._planner.overlapping(period, size + 1, after)
        token = convert.next_page_token(found, size, period, request)
        return pb.ListEventsResponse(events=map(convert.occurrence, found[:size]), next_page_token=token)

    async def UpdateEvent(self, request: pb.UpdateEventRequest, context: Context) -> pb.Event:
        changes, which = convert.changes(request), convert.which(request)
        return convert.event(await self._planner.update(request.event_id, changes, request.etag, which))

    async def CompleteEvent(self, request: pb.CompleteEventRequest, context: Context) -> pb.Event:
        start = convert.occurrence_start(request)
        return convert.occurrence(await self._planner.complete(request.event_id, request.completed, start))

    async def DeleteEvent(self, request: pb.DeleteEventRequest, context: Context) -> Empty:
        await self._planner.delete(request.event_id, request.etag, convert.which(request))
        return Empty()

    async def GetProgress(self, request: pb.GetProgressRequest, context: Context) -> pb.Progress:
        return convert.progress(await self._progress.over(convert.progress_period(request, self._clock())))
