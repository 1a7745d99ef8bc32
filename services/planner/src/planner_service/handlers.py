"""The servicer: convert in, call one use case, convert out."""

from typing import Any

from google.protobuf.empty_pb2 import Empty
from grpc.aio import ServicerContext

from littlemonster.planner.v1 import planner_service_pb2 as pb
from littlemonster.planner.v1.planner_service_pb2_grpc import PlannerServiceServicer
from planner_service import convert
from planner_service.use_cases.events import Planner
from servicekit.clock import Clock
from servicekit.pagination import page_size

Context = ServicerContext[Any, Any]


class PlannerHandlers(PlannerServiceServicer):
    """PlannerService. What it does not override answers UNIMPLEMENTED."""

    def __init__(self, planner: Planner, clock: Clock) -> None:
        self._planner = planner
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
        return pb.ListEventsResponse(events=map(convert.event, found[:size]), next_page_token=token)

    async def CompleteEvent(self, request: pb.CompleteEventRequest, context: Context) -> pb.Event:
        occurrence = convert.occurrence(request)
        return convert.event(await self._planner.complete(request.event_id, request.completed, occurrence))

    async def DeleteEvent(self, request: pb.DeleteEventRequest, context: Context) -> Empty:
        whole = request.scope in ("", "ALL")
        await self._planner.delete(request.event_id, request.etag, whole=whole)
        return Empty()
