"""Appeals through the real server, raced on PostgreSQL."""

import asyncio

import pytest
from fakes.community.heard import heard

from littlemonster.community.v1 import community_service_pb2 as pb
from littlemonster.community.v1.community_events_pb2 import CommentModerated
from servicekit.errors import AlreadyExists, FailedPrecondition, InvalidArgument, NotFound, PermissionDenied
from servicekit.ids import new_id

ADA, BOB, MIA, NED = new_id(), new_id(), new_id(), new_id()


@pytest.fixture
async def refused(community, loopback, video) -> pb.Comment:
    request = pb.CreateCommentRequest(video_id=video.id, text="Romeo kills himself")
    made = await community.comments.CreateComment(request, metadata=loopback.as_user(ADA))
    decision = pb.ModerateCommentRequest(comment_id=made.id, action=pb.MODERATION_ACTION_SUSPEND, reason="Too dark")
    return await community.comments.ModerateComment(decision, metadata=loopback.as_user(MIA, "MODERATOR"))


@pytest.fixture
def appeal(community, loopback, refused):
    def call(user: str = ADA, statement: str = "It is the plot."):
        request = pb.AppealCommentRequest(comment_id=refused.id, statement=statement)
        return community.comments.AppealComment(request, metadata=loopback.as_user(user))

    return call


@pytest.fixture
def answer(community, loopback):
    def call(appeal: pb.Appeal, by: str = NED, granted: bool = True, role: str = "MODERATOR", words: str = "Right."):
        request = pb.AnswerAppealRequest(appeal_id=appeal.id, granted=granted, answer=words)
        return community.comments.AnswerAppeal(request, metadata=loopback.as_user(by, role))

    return call


async def test_of_eight_appeals_at_once_one_is_taken(community, loopback, refused, appeal) -> None:
    ends = await asyncio.gather(*(appeal() for _ in range(8)), return_exceptions=True)
    [made] = [end for end in ends if isinstance(end, pb.Appeal)]
    assert {end.reason for end in ends if isinstance(end, AlreadyExists)} == {"ALREADY_APPEALED"}
    assert sum(isinstance(end, AlreadyExists) for end in ends) == 7
    request = pb.GetAppealRequest(comment_id=refused.id)
    assert await community.comments.GetAppeal(request, metadata=loopback.as_user(ADA)) == made
    queue = await community.comments.ListModerationQueue(
        pb.ListModerationQueueRequest(), metadata=loopback.as_user(NED, "MODERATOR")
    )
    assert [list(item.reasons) for item in queue.items] == [["Its author appeals the last decision."]]


async def test_of_eight_answers_at_once_one_holds_and_everybody_is_told_once(
    community, loopback, video, refused, appeal, answer, broker
) -> None:
    made = await appeal()
    async with broker.subscribe("comment.moderated") as told:
        calls = (answer(made, new_id(), granted=number % 2 == 0) for number in range(8))
        ends = await asyncio.gather(*calls, return_exceptions=True)
        event = await heard(told, CommentModerated, refused.id)
    [held] = [end for end in ends if isinstance(end, pb.Appeal)]
    lost = [end for end in ends if isinstance(end, FailedPrecondition)]
    assert ({end.reason for end in lost}, len(lost)) == ({"APPEAL_ANSWERED"}, 7)
    granted = held.status == pb.MODERATION_STATUS_APPROVED
    assert (event.appeal, event.decision.overturned) == (held, granted)
    listed = await community.comments.ListComments(
        pb.ListCommentsRequest(video_id=video.id), metadata=loopback.as_user(BOB)
    )
    assert [comment.id for comment in listed.comments] == ([refused.id] if granted else [])
    rating = pb.SubmitRatingRequest(video_id=video.id, stars=5)
    rated = community.ratings.SubmitRating(rating, metadata=loopback.as_user(ADA))
    [end] = await asyncio.gather(rated, return_exceptions=True)
    assert isinstance(end, pb.Rating if granted else PermissionDenied)


async def test_an_appeal_is_its_author_s_and_its_answer_another_moderator_s(
    community, loopback, refused, appeal, answer
) -> None:
    made = await appeal()
    get = pb.GetAppealRequest(comment_id=refused.id)
    for attempt, kind, reason in (
        (appeal(BOB), NotFound, "COMMENT_NOT_FOUND"),
        (community.comments.GetAppeal(get, metadata=loopback.as_user(BOB)), NotFound, "APPEAL_NOT_FOUND"),
        (answer(made, role="STUDENT"), PermissionDenied, "ROLE_MISSING"),
        (answer(made, ADA, role="STUDENT"), PermissionDenied, "ROLE_MISSING"),
        (answer(made, MIA), PermissionDenied, "OWN_DECISION_APPEALED"),
        (answer(made, ADA), PermissionDenied, "OWN_COMMENT_MODERATED"),
        (answer(pb.Appeal(id=new_id())), NotFound, "APPEAL_NOT_FOUND"),
        (answer(made, words="\u2003"), InvalidArgument, "WORDS_MISSING"),
        (answer(made, words=""), InvalidArgument, "REQUEST_INVALID"),
        (appeal(statement="x" * 1001), InvalidArgument, "REQUEST_INVALID"),
        (appeal(statement="a\x00b"), AlreadyExists, "ALREADY_APPEALED"),
    ):
        with pytest.raises(kind) as refusal:
            await attempt
        assert refusal.value.reason == reason
