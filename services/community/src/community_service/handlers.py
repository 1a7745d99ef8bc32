"""The servicers: convert in, call one use case, convert out."""

from collections.abc import AsyncIterator

from google.protobuf.empty_pb2 import Empty

from community_service import convert
from community_service.domain.comments import Sort
from community_service.use_cases.appeals import Appeals
from community_service.use_cases.comments import Discussion
from community_service.use_cases.editing import Editing
from community_service.use_cases.live import LiveComments
from community_service.use_cases.moderation import Moderation
from community_service.use_cases.ratings import Stars
from community_service.use_cases.reporting import Reporting
from community_service.use_cases.standing import Authors
from littlemonster.community.v1 import community_service_pb2 as pb
from littlemonster.community.v1.community_service_pb2_grpc import CommentServiceServicer, RatingServiceServicer
from servicekit.clock import Clock
from servicekit.interceptors import Context
from servicekit.pagination import page_size


class CommentHandlers(CommentServiceServicer):
    """CommentService. What it does not override answers UNIMPLEMENTED."""

    def __init__(
        self,
        discussion: Discussion,
        editing: Editing,
        reporting: Reporting,
        moderation: Moderation,
        appeals: Appeals,
        authors: Authors,
        live: LiveComments,
        clock: Clock,
    ) -> None:
        self._discussion = discussion
        self._editing = editing
        self._reporting = reporting
        self._moderation = moderation
        self._appeals = appeals
        self._authors = authors
        self._live = live
        self._clock = clock

    async def CreateComment(self, request: pb.CreateCommentRequest, context: Context) -> pb.Comment:
        return convert.comments.comment(await self._discussion.create(convert.comments.draft(request)))

    async def GetComment(self, request: pb.GetCommentRequest, context: Context) -> pb.Comment:
        return convert.comments.comment(await self._discussion.get(request.comment_id))

    async def ListComments(self, request: pb.ListCommentsRequest, context: Context) -> pb.ListCommentsResponse:
        order, size = convert.comments.sort(request), page_size(request.page_size)
        query = f"comments {request.video_id} {order}"
        after = convert.pages.cursor(request.page_token, query, order)
        found = await self._discussion.threads(request.video_id, order, size + 1, after)
        token = convert.pages.next_page_token(found, size, query, order)
        return pb.ListCommentsResponse(comments=map(convert.comments.comment, found[:size]), next_page_token=token)

    async def ListReplies(self, request: pb.ListRepliesRequest, context: Context) -> pb.ListRepliesResponse:
        size = page_size(request.page_size)
        query = f"replies {request.comment_id}"
        after = convert.pages.cursor(request.page_token, query, Sort.OLDEST)
        found = await self._discussion.replies(request.comment_id, size + 1, after)
        token = convert.pages.next_page_token(found, size, query, Sort.OLDEST)
        return pb.ListRepliesResponse(comments=map(convert.comments.comment, found[:size]), next_page_token=token)

    async def ListCommentRevisions(
        self, request: pb.ListCommentRevisionsRequest, context: Context
    ) -> pb.ListCommentRevisionsResponse:
        return convert.comments.revisions(await self._discussion.revisions(request.comment_id))

    async def UpdateComment(self, request: pb.UpdateCommentRequest, context: Context) -> pb.Comment:
        return convert.comments.comment(await self._editing.update(request.comment_id, request.text))

    async def DeleteComment(self, request: pb.DeleteCommentRequest, context: Context) -> Empty:
        await self._editing.delete(request.comment_id)
        return Empty()

    async def ReportComment(self, request: pb.ReportCommentRequest, context: Context) -> pb.ReportCommentResponse:
        await self._reporting.report(request.comment_id, convert.moderation.reported(request), request.note)
        return pb.ReportCommentResponse()

    async def ModerateComment(self, request: pb.ModerateCommentRequest, context: Context) -> pb.Comment:
        ruling = convert.moderation.ruling(request)
        return convert.comments.comment(await self._moderation.decide(request.comment_id, ruling))

    async def ListModerationDecisions(
        self, request: pb.ListModerationDecisionsRequest, context: Context
    ) -> pb.ListModerationDecisionsResponse:
        return convert.moderation.decisions(await self._moderation.history(request.comment_id))

    async def AppealComment(self, request: pb.AppealCommentRequest, context: Context) -> pb.Appeal:
        return convert.moderation.appeal(await self._appeals.appeal(request.comment_id, request.statement))

    async def GetAppeal(self, request: pb.GetAppealRequest, context: Context) -> pb.Appeal:
        return convert.moderation.appeal(await self._appeals.of_comment(request.comment_id))

    async def AnswerAppeal(self, request: pb.AnswerAppealRequest, context: Context) -> pb.Appeal:
        answered = await self._appeals.answer(request.appeal_id, request.answer, granted=request.granted)
        return convert.moderation.appeal(answered)

    async def GetStanding(self, request: pb.GetStandingRequest, context: Context) -> pb.Standing:
        return convert.moderation.standing(await self._authors.standing(), self._clock())

    async def ListModerationQueue(
        self, request: pb.ListModerationQueueRequest, context: Context
    ) -> pb.ListModerationQueueResponse:
        size, now = page_size(request.page_size), self._clock()
        found = await self._moderation.waiting(size + 1, convert.pages.queue_cursor(request.page_token))
        items = (convert.moderation.queue_item(item, now) for item in found[:size])
        return pb.ListModerationQueueResponse(items=items, next_page_token=convert.pages.next_queue_token(found, size))

    async def ClaimModerationItem(self, request: pb.ClaimModerationItemRequest, context: Context) -> pb.ModerationItem:
        return convert.moderation.queue_item(await self._moderation.claim(request.item_id), self._clock())

    async def WatchComments(
        self, request: pb.WatchCommentsRequest, context: Context
    ) -> AsyncIterator[pb.CommentChange]:
        async with self._live.watch(request.video_id, convert.live.seen(request)) as changes:
            # Tells the client that the stream is open: nothing may happen for a while.
            await context.send_initial_metadata(())
            async for change in changes:
                yield convert.live.change(change)


class RatingHandlers(RatingServiceServicer):
    """RatingService."""

    def __init__(self, stars: Stars) -> None:
        self._stars = stars

    async def SubmitRating(self, request: pb.SubmitRatingRequest, context: Context) -> pb.Rating:
        return convert.ratings.rating(await self._stars.submit(request.video_id, request.stars))

    async def GetRating(self, request: pb.GetRatingRequest, context: Context) -> pb.Rating:
        return convert.ratings.rating(await self._stars.own(request.video_id))

    async def DeleteRating(self, request: pb.DeleteRatingRequest, context: Context) -> Empty:
        await self._stars.delete(request.video_id)
        return Empty()

    async def GetRatingStats(self, request: pb.GetRatingStatsRequest, context: Context) -> pb.RatingStats:
        return convert.ratings.rating_stats(await self._stars.totals(request.video_id))
