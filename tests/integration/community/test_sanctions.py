"""Warnings, suspensions and the history of decisions through the real server."""

import asyncio

import pytest
from fakes.community.heard import heard

from littlemonster.community.v1 import community_service_pb2 as pb
from littlemonster.community.v1.community_events_pb2 import CommentModerated
from servicekit.errors import PermissionDenied
from servicekit.ids import new_id

ADA, BOB, MIA = new_id(), new_id(), new_id()
DAY = 24 * 3600


@pytest.fixture
def write(community, loopback, video):
    def call(text: str, user: str = ADA):
        request = pb.CreateCommentRequest(video_id=video.id, text=text)
        return community.comments.CreateComment(request, metadata=loopback.as_user(user))

    return call


@pytest.fixture
def decide(community, loopback):
    def call(comment: pb.Comment, action: pb.ModerationAction, by: str = MIA, **fields):
        request = pb.ModerateCommentRequest(comment_id=comment.id, action=action, reason="Be kind.", **fields)
        return community.comments.ModerateComment(request, metadata=loopback.as_user(by, "MODERATOR"))

    return call


@pytest.fixture
def standing(community, loopback):
    def call(user: str):
        return community.comments.GetStanding(pb.GetStandingRequest(), metadata=loopback.as_user(user))

    return call


async def test_a_suspended_account_is_told_until_when_and_why_and_its_event_says_so(
    community, loopback, video, broker, write, decide, standing
) -> None:
    comment = await write("You all are fools")
    async with broker.subscribe("comment.moderated") as told:
        await decide(comment, pb.MODERATION_ACTION_SUSPEND, reason_code=pb.REPORT_REASON_HARASSMENT, suspension_days=3)
        event = await heard(told, CommentModerated, comment.id)
    assert (event.decision.action, event.decision.reason) == (pb.MODERATION_ACTION_SUSPEND, "Be kind.")
    assert event.decision.end_time.seconds - event.decision.create_time.seconds == 3 * DAY
    rating = pb.SubmitRatingRequest(video_id=video.id, stars=5)
    for attempt in (write("Sorry"), community.ratings.SubmitRating(rating, metadata=loopback.as_user(ADA))):
        with pytest.raises(PermissionDenied, match=r"Be kind\.") as refused:
            await attempt
        assert refused.value.reason == "COMMUNITY_SUSPENDED"
        assert refused.value.metadata["until"].endswith("Z")
    mine = await standing(ADA)
    assert mine.suspension_end_time == event.decision.end_time
    [decision] = mine.decisions
    assert (decision.reason_code, decision.moderator_id) == (pb.REPORT_REASON_HARASSMENT, "")
    own = await community.comments.GetComment(
        pb.GetCommentRequest(comment_id=comment.id), metadata=loopback.as_user(ADA)
    )
    assert (own.moderation_reason, own.moderation_reason_code) == ("Be kind.", pb.REPORT_REASON_HARASSMENT)


async def test_where_somebody_stands_is_theirs_alone(write, decide, standing) -> None:
    await decide(await write("You fool"), pb.MODERATION_ACTION_WARN)
    assert (await standing(ADA)).warning_count == 1
    assert await standing(BOB) == pb.Standing()
    assert (await write("Mine", BOB)).text == "Mine"


async def test_of_one_decision_sent_eight_times_at_once_one_counts(write, decide, standing) -> None:
    comment = await write("You all are fools")
    ends = await asyncio.gather(*(decide(comment, pb.MODERATION_ACTION_WARN) for _ in range(8)))
    assert [end for end in ends if end != ends[0]] == []
    assert (await standing(ADA)).warning_count == 1


async def test_of_eight_decisions_at_once_all_are_in_the_history_and_the_last_one_holds(
    community, loopback, video, write, decide
) -> None:
    comment = await write("Now I get it")
    actions = [pb.MODERATION_ACTION_APPROVE, pb.MODERATION_ACTION_REJECT] * 4
    await asyncio.gather(*(decide(comment, action, new_id()) for action in actions))
    request = pb.ListModerationDecisionsRequest(comment_id=comment.id)
    mia = loopback.as_user(MIA, "MODERATOR")
    history = (await community.comments.ListModerationDecisions(request, metadata=mia)).decisions
    assert sorted(each.action for each in history) == sorted(actions)
    now = await community.comments.GetComment(pb.GetCommentRequest(comment_id=comment.id), metadata=mia)
    last = await decide(comment, pb.MODERATION_ACTION_APPROVE)
    assert now.moderation_status in (pb.MODERATION_STATUS_APPROVED, pb.MODERATION_STATUS_REJECTED)
    listed = await community.comments.ListComments(
        pb.ListCommentsRequest(video_id=video.id), metadata=loopback.as_user(BOB)
    )
    assert list(listed.comments) == [last]
    with pytest.raises(PermissionDenied):
        await community.comments.ListModerationDecisions(request, metadata=loopback.as_user(ADA))
