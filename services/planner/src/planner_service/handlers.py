"""The servicer: convert in, call one use case, convert out."""

from collections.abc import AsyncIterator
from datetime import timedelta

from google.api.httpbody_pb2 import HttpBody  # type: ignore[import-untyped]  # Google publishes no stubs of them
from google.protobuf.empty_pb2 import Empty

from littlemonster.planner.v1 import planner_service_pb2 as pb
from littlemonster.planner.v1.planner_service_pb2_grpc import PlannerServiceServicer
from planner_service import convert
from planner_service.use_cases.calendar_writing import CONTENT_TYPE
from planner_service.use_cases.events import Planner
from planner_service.use_cases.feed import Feeds
from planner_service.use_cases.importing import Importer
from planner_service.use_cases.live import changes
from planner_service.use_cases.progress import ProgressReport
from planner_service.use_cases.sync import Sync
from servicekit.caller import current_caller
from servicekit.clock import Clock
from servicekit.interceptors import Context
from servicekit.live import Audience
from servicekit.pagination import page_size

_SYNC_SIZE = 100


class PlannerHandlers(PlannerServiceServicer):
    """PlannerService. What it does not override answers UNIMPLEMENTED."""

    def __init__(
        self,
        planner: Planner,
        progress: ProgressReport,
        sync: Sync,
        feeds: Feeds,
        importer: Importer,
        audience: Audience[pb.EventChange],
        clock: Clock,
        *,
        heartbeat: timedelta = timedelta(seconds=15),
    ) -> None:
        self._planner = planner
        self._progress = progress
        self._sync = sync
        self._feeds = feeds
        self._importer = importer
        self._audience = audience
        self._clock = clock
        self._heartbeat = heartbeat

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
        period = convert.progress_period(request, self._clock())
        return convert.progress(await self._progress.over(period, request.time_zone))

    async def SyncEvents(self, request: pb.SyncEventsRequest, context: Context) -> pb.SyncEventsResponse:
        owner = current_caller().id
        found = await self._sync.since(convert.position(request, owner), request.page_size or _SYNC_SIZE)
        return convert.changed(found, owner)

    async def WatchEvents(self, request: pb.WatchEventsRequest, context: Context) -> AsyncIterator[pb.EventChange]:
        with self._audience.seat(current_caller().id) as seat:
            # Tells the client that the stream is open: nothing may happen for a while.
            await context.send_initial_metadata(())
            async for change in changes(seat, self._heartbeat):
                yield change or pb.EventChange()

    async def CreateFeed(self, request: pb.CreateFeedRequest, context: Context) -> pb.Feed:
        return pb.Feed(url=await self._feeds.open())

    async def DeleteFeed(self, request: pb.DeleteFeedRequest, context: Context) -> Empty:
        await self._feeds.close()
        return Empty()

    async def GetFeed(self, request: pb.GetFeedRequest, context: Context) -> HttpBody:
        known = dict(context.invocation_metadata() or ()).get("if-none-match", "")
        file = await self._feeds.read(request.file, str(known))
        await context.send_initial_metadata(convert.feed_headers(file))
        return HttpBody(content_type=CONTENT_TYPE, data=file.content or b"")

    async def ImportCalendar(self, request: pb.ImportCalendarRequest, context: Context) -> pb.ImportCalendarResponse:
        return convert.imported(await self._importer.take(request.ics, request.time_zone))
