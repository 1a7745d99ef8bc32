"""The servicers: convert in, call one use case, convert out."""

from collections.abc import AsyncIterator
from typing import Any

from google.protobuf.empty_pb2 import Empty
from grpc.aio import ServicerContext

from community_service import convert
from community_service.domain.comments import Sort
from community_service.use_cases.comments import Discussion
from community_service.use_cases.editing import Editing
from community_service.use_cases.live import LiveComments
from community_service.use_cases.moderation import Moderation
from community_service.use_cases.ratings import Stars
from littlemonster.community.v1 import community_service_pb2 as pb
from littlemonster.community.v1.community_service_pb2_grpc import CommentServiceServicer, RatingServiceServicer
from servicekit.clock import Clock
from servicekit.pagination import page_size

Context = ServicerContext[Any, Any]


class CommentHandlers(CommentServiceServicer):
    """CommentService. What it does not override answers UNIMPLEMENTED."""

    def __init__(
        self, discussion: Discussion, editing: Editing, moderation: Moderation, live: LiveComments, clock: Clock
    ) -> None:
        self._discussion = discussion
        self._editing = editing
        self._moderation = moderation
        self._clock = clock
        self._live = live

    async def CreateComment(self, request: pb.CreateCommentRequest, context: Context) -> pb.Comment:
        return convert.comment(await self._discussion.create(convert.draft(request)))

    async def GetComment(self, request: pb.GetCommentRequest, context: Context) -> pb.Comment:
        return convert.comment(await self._discussion.get(request.comment_id))

    async def ListComments(self, request: pb.ListCommentsRequest, context: Context) -> pb.ListCommentsResponse:
        order, size = convert.sort(request), page_size(request.page_size)
        query = f"comments {request.video_id} {order}"
        after = convert.cursor(request.page_token, query, order)
        found = await self._discussion.threads(request.video_id, order, size + 1, after)
        token = convert.next_page_token(found, size, query, order)
        return pb.ListCommentsResponse(comments=map(convert.comment, found[:size]), next_page_token=token)

    async def ListReplies(self, request: pb.ListRepliesRequest, context: Context) -> pb.ListRepliesResponse:
        size = page_size(request.page_size)
        query = f"replies {request.comment_id}"
        after = convert.cursor(request.page_token, query, Sort.OLDEST)
        found = await self._discussion.replies(request.comment_id, size + 1, after)
        token = convert.next_page_token(found, size, query, Sort.OLDEST)
        return pb.ListRepliesResponse(comments=map(convert.comment, found[:size]), next_page_token=token)

    async def UpdateComment(self, request: pb.UpdateCommentRequest, context: Context) -> pb.Comment:
        return convert.comment(await self._editing.update(request.comment_id, request.text))

    async def DeleteComment(self, request: pb.DeleteCommentRequest, context: Context) -> Empty:
        await self._editing.delete(request.comment_id)
        return Empty()

    async def ReportComment(self, request: pb.ReportCommentRequest, context: Context) -> pb.ReportCommentResponse:
        await self._moderation.report(request.comment_id, convert.concern(request), request.note)
        return pb.ReportCommentResponse()

    async def ModerateComment(self, request: pb.ModerateCommentRequest, context: Context) -> pb.Comment:
        action = convert.action(request)
        return convert.comment(await self._moderation.decide(request.comment_id, action, request.reason))

    async def ListModerationQueue(
        self, request: pb.ListModerationQueueRequest, context: Context
    ) -> pb.ListModerationQueueResponse:
        size, now = page_size(request.page_size), self._clock()
        found = await self._moderation.waiting(size + 1, convert.queue_cursor(request.page_token))
        items = (convert.queue_item(item, now) for item in found[:size])
        return pb.ListModerationQueueResponse(items=items, next_page_token=convert.next_queue_token(found, size))

    async def ClaimModerationItem(self, request: pb.ClaimModerationItemRequest, context: Context) -> pb.ModerationItem:
        return convert.queue_item(await self._moderation.claim(request.item_id), self._clock())

    async def WatchComments(
        self, request: pb.WatchCommentsRequest, context: Context
    ) -> AsyncIterator[pb.CommentChange]:
        async with self._live.watch(request.video_id) as changes:
            # Tells the client that the stream is open: nothing may happen for a while.
            await context.send_initial_metadata(())
            async for change in changes:
                yield convert.change(change)


class RatingHandlers(RatingServiceServicer):
    """RatingService."""

    def __init__(self, stars: Stars) -> None:
        self._stars = stars

    async def SubmitRating(self, request: pb.SubmitRatingRequest, context: Context) -> pb.Rating:
        return convert.rating(await self._stars.submit(request.video_id, request.stars))

    async def GetRating(self, request: pb.GetRatingRequest, context: Context) -> pb.Rating:
        return convert.rating(await self._stars.own(request.video_id))

    async def DeleteRating(self, request: pb.DeleteRatingRequest, context: Context) -> Empty:
        await self._stars.delete(request.video_id)
        return Empty()

    async def GetRatingStats(self, request: pb.GetRatingStatsRequest, context: Context) -> pb.RatingStats:
        return convert.rating_stats(await self._stars.totals(request.video_id))
