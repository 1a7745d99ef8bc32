"""Reports, the queue and decisions through the real server."""

import asyncio

import pytest

from littlemonster.community.v1 import community_service_pb2 as pb
from littlemonster.community.v1.community_events_pb2 import CommentModerated
from servicekit.errors import (
    Aborted,
    AlreadyExists,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    Unavailable,
)
from servicekit.ids import new_id

ADA, BOB, MIA, NED = new_id(), new_id(), new_id(), new_id()
SPAM, OTHER = pb.REPORT_REASON_SPAM, pb.REPORT_REASON_OTHER
APPROVE, REJECT = pb.MODERATION_ACTION_APPROVE, pb.MODERATION_ACTION_REJECT


@pytest.fixture
def mia(loopback):
    return loopback.as_user(MIA, "MODERATOR")


@pytest.fixture
async def comment(community, loopback, video) -> pb.Comment:
    request = pb.CreateCommentRequest(video_id=video.id, text="Now I get it")
    return await community.comments.CreateComment(request, metadata=loopback.as_user(ADA))


def _report(community, metadata, comment, reason=SPAM, note=""):
    request = pb.ReportCommentRequest(comment_id=comment.id, reason=reason, note=note)
    return community.comments.ReportComment(request, metadata=metadata)


def _decide(community, metadata, comment, action, reason="It attacks a person."):
    request = pb.ModerateCommentRequest(comment_id=comment.id, action=action, reason=reason)
    return community.comments.ModerateComment(request, metadata=metadata)


async def _queue(community, metadata, **fields) -> pb.ListModerationQueueResponse:
    return await community.comments.ListModerationQueue(pb.ListModerationQueueRequest(**fields), metadata=metadata)


async def test_of_twenty_reports_at_once_by_ten_accounts_each_counts_once_and_the_comment_disappears_once(
    community, loopback, video, comment, mia
) -> None:
    stream = await community.watch(video, BOB)
    reporters = [loopback.as_user(new_id()) for _ in range(10)]
    calls = (_report(community, reporter, comment) for reporter in reporters * 2)
    ends = await asyncio.gather(*calls, return_exceptions=True)
    # Who comes after the comment disappeared finds none.
    assert all(isinstance(end, pb.ReportCommentResponse | AlreadyExists | NotFound) for end in ends)
    taken = [isinstance(end, pb.ReportCommentResponse) for end in ends]
    assert all(once + again <= 1 for once, again in zip(taken[:10], taken[10:], strict=True))
    assert sum(taken) >= 3
    [item] = (await _queue(community, mia)).items
    assert (item.report_count, item.report_weight, list(item.reasons)) == (
        sum(taken),
        sum(taken),
        ["Reported as spam."],
    )
    assert (item.comment.moderation_status, item.comment.text) == (pb.MODERATION_STATUS_WITHHELD, comment.text)
    approved = await _decide(community, mia, comment, APPROVE, "")
    # The relay may still tell of the comment's creation.
    while (await stream.read()).type is not pb.CommentChange.TYPE_REMOVED:
        pass
    assert (await stream.read()).type is pb.CommentChange.TYPE_CREATED
    assert approved.moderation_status == pb.MODERATION_STATUS_APPROVED


async def test_of_eight_moderators_who_claim_an_item_at_once_one_gets_it(community, loopback, comment, mia) -> None:
    await _report(community, loopback.as_user(BOB), comment)
    moderators = [new_id() for _ in range(8)]
    request = pb.ClaimModerationItemRequest(item_id=comment.id)
    calls = (
        community.comments.ClaimModerationItem(request, metadata=loopback.as_user(each, "MODERATOR"))
        for each in moderators
    )
    ends = await asyncio.gather(*calls, return_exceptions=True)
    [won] = [end for end in ends if isinstance(end, pb.ModerationItem)]
    lost = [end for end in ends if isinstance(end, Aborted)]
    assert {each.reason for each in lost} == {"MODERATION_ITEM_CLAIMED"}
    assert (len(lost), won.claimed_by in moderators) == (7, True)
    assert list((await _queue(community, mia)).items) == [won]
    with pytest.raises(Aborted):
        await _decide(community, mia, comment, APPROVE)


async def test_a_withheld_comment_appears_to_those_who_watch_once_it_is_approved(
    community, loopback, video, mia, broker
) -> None:
    community.inference.failure = Unavailable(service="inference")
    request = pb.CreateCommentRequest(video_id=video.id, text="Now I get it")
    withheld = await community.comments.CreateComment(request, metadata=loopback.as_user(ADA))
    stream = await community.watch(video, BOB)
    assert [item.comment for item in (await _queue(community, mia)).items] == [withheld]
    async with broker.subscribe("comment.moderated") as told:
        approved = await _decide(community, mia, withheld, APPROVE)
        async for message in told:
            event = CommentModerated.FromString(message.data)
            if event.comment.id == withheld.id:
                break
    assert (event.comment, event.moderator_id) == (approved, MIA)
    change = await stream.read()
    assert (change.type, change.comment) == (pb.CommentChange.TYPE_CREATED, approved)
    assert list((await _queue(community, mia)).items) == []


async def test_a_refused_comment_is_seen_with_the_reason_by_its_author_only(
    community, loopback, video, comment, mia
) -> None:
    await _decide(community, mia, comment, REJECT)
    request = pb.ListCommentsRequest(video_id=video.id)
    [own] = (await community.comments.ListComments(request, metadata=loopback.as_user(ADA))).comments
    assert (own.moderation_status, own.moderation_reason) == (pb.MODERATION_STATUS_REJECTED, "It attacks a person.")
    assert not (await community.comments.ListComments(request, metadata=loopback.as_user(BOB))).comments


async def test_the_queue_is_read_page_by_page(community, loopback, video, mia) -> None:
    ada, made = loopback.as_user(ADA), []
    for text in ("one", "two", "three"):
        request = pb.CreateCommentRequest(video_id=video.id, text=text)
        made.append(await community.comments.CreateComment(request, metadata=ada))
        await _report(community, loopback.as_user(BOB), made[-1])
    first = await _queue(community, mia, page_size=2)
    rest = await _queue(community, mia, page_size=2, page_token=first.next_page_token)
    assert [item.comment for item in (*first.items, *rest.items)] == made
    assert rest.next_page_token == ""
    with pytest.raises(InvalidArgument):
        await _queue(community, mia, page_token="forged")


async def test_only_moderators_read_the_queue_claim_and_decide(community, loopback, comment) -> None:
    bob = loopback.as_user(BOB)
    for attempt in (
        _queue(community, bob),
        _decide(community, bob, comment, APPROVE),
        community.comments.ClaimModerationItem(pb.ClaimModerationItemRequest(item_id=comment.id), metadata=bob),
    ):
        with pytest.raises(PermissionDenied):
            await attempt


async def test_what_makes_no_sense_is_refused_with_its_reason(community, loopback, comment, mia) -> None:
    ada, bob = loopback.as_user(ADA), loopback.as_user(BOB)
    for attempt, kind, reason in (
        (_report(community, ada, comment), PermissionDenied, "OWN_COMMENT_REPORTED"),
        (_report(community, bob, comment, OTHER), InvalidArgument, "NOTE_REQUIRED"),
        (_report(community, bob, pb.Comment(id=new_id())), NotFound, "COMMENT_NOT_FOUND"),
        (_decide(community, mia, comment, REJECT, ""), InvalidArgument, "REASON_REQUIRED"),
        (_decide(community, mia, pb.Comment(id=new_id()), REJECT), NotFound, "COMMENT_NOT_FOUND"),
        (
            _decide(community, loopback.as_user(ADA, "MODERATOR"), comment, REJECT),
            PermissionDenied,
            "OWN_COMMENT_MODERATED",
        ),
        (
            community.comments.ClaimModerationItem(pb.ClaimModerationItemRequest(item_id=comment.id), metadata=mia),
            NotFound,
            "MODERATION_ITEM_NOT_FOUND",
        ),
    ):
        with pytest.raises(kind) as refused:
            await attempt
        assert refused.value.reason == reason
    with pytest.raises(InvalidArgument):
        await _report(community, bob, comment, pb.REPORT_REASON_UNSPECIFIED)
