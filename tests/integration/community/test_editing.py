"""Changing and deleting comments through the real server, and what those who watch see of it."""

import asyncio

import pytest

from littlemonster.community.v1 import community_service_pb2 as pb
from littlemonster.community.v1.community_events_pb2 import CommentDeleted
from littlemonster.inference.v1.inference_service_pb2 import ModerateResponse
from servicekit.errors import InvalidArgument, NotFound, PermissionDenied, ServiceError
from servicekit.ids import new_id

ADA, BOB = new_id(), new_id()


@pytest.fixture
async def comment(community, loopback, video) -> pb.Comment:
    request = pb.CreateCommentRequest(video_id=video.id, text="Now I get it")
    return await community.comments.CreateComment(request, metadata=loopback.as_user(ADA))


async def test_those_who_watch_see_an_edit_and_a_deletion(community, loopback, video, comment) -> None:
    stream = await community.watch(video, BOB)
    ada = loopback.as_user(ADA)
    request = pb.UpdateCommentRequest(comment_id=comment.id, text="Almost")
    edited = await community.comments.UpdateComment(request, metadata=ada)
    await community.comments.DeleteComment(pb.DeleteCommentRequest(comment_id=comment.id), metadata=ada)
    # The relay may still tell of the comment's creation.
    changes = [change async for change in _until_removed(stream)]
    assert [change.type for change in changes[-2:]] == [pb.CommentChange.TYPE_EDITED, pb.CommentChange.TYPE_REMOVED]
    assert (changes[-2].comment, edited.edited) == (edited, True)
    assert (changes[-1].comment.text, changes[-1].comment.deleted) == ("", True)


async def test_an_edit_that_has_to_wait_disappears_without_its_text_or_reason(
    community, loopback, video, comment
) -> None:
    stream = await community.watch(video, BOB)
    community.inference.rule = lambda text: ModerateResponse(withheld=True, reasons=["It names a person."])
    request = pb.UpdateCommentRequest(comment_id=comment.id, text="Call 555 1234")
    edited = await community.comments.UpdateComment(request, metadata=loopback.as_user(ADA))
    assert (edited.moderation_reason, edited.is_hidden) == ("It names a person.", True)
    *_, removed = [change async for change in _until_removed(stream)]
    assert (removed.comment.text, removed.comment.moderation_reason) == ("", "")


@pytest.mark.parametrize("role", ["STUDENT", "MODERATOR"])
async def test_nobody_else_edits_or_deletes_it(community, loopback, comment, role) -> None:
    bob = loopback.as_user(BOB, role)
    for attempt in (
        community.comments.UpdateComment(pb.UpdateCommentRequest(comment_id=comment.id, text="Mine now"), metadata=bob),
        community.comments.DeleteComment(pb.DeleteCommentRequest(comment_id=comment.id), metadata=bob),
    ):
        with pytest.raises(PermissionDenied) as refused:
            await attempt
        assert refused.value.reason == "COMMENT_NOT_YOURS"


async def test_deleting_twenty_answers_twice_at_once_uncounts_each_once(
    community, loopback, video, comment, broker
) -> None:
    ada = loopback.as_user(ADA)
    answer = pb.CreateCommentRequest(video_id=video.id, text="Because.", parent_id=comment.id)
    answers = [await community.comments.CreateComment(answer, metadata=ada) for _ in range(20)]
    async with broker.subscribe("comment.deleted") as told:
        requests = [pb.DeleteCommentRequest(comment_id=each.id) for each in answers * 2]
        calls = (community.comments.DeleteComment(request, metadata=ada) for request in requests)
        ends = await asyncio.gather(*calls, return_exceptions=True)
        events: list[CommentDeleted] = []
        async for message in told:
            event = CommentDeleted.FromString(message.data)
            events += [event] if event.comment.parent_id == comment.id else []
            if len(events) == 20:
                break
    assert [isinstance(end, NotFound) for end in ends].count(True) == 20
    assert [event.comment_count for event in events] == list(range(20, 0, -1))
    assert [event.version for event in events] == list(range(22, 42))
    listed = await community.comments.ListComments(pb.ListCommentsRequest(video_id=video.id), metadata=ada)
    assert [each.reply_count for each in listed.comments] == [0]


@pytest.mark.parametrize("text", ["", "\u00a0", "x" * 2001, "a\x00b"])
async def test_an_edit_that_makes_no_sense_is_refused(community, loopback, comment, text) -> None:
    kind: type[ServiceError] = InvalidArgument
    with pytest.raises(kind):
        await community.comments.UpdateComment(
            pb.UpdateCommentRequest(comment_id=comment.id, text=text), metadata=loopback.as_user(ADA)
        )


async def _until_removed(stream):
    while True:
        change = await stream.read()
        yield change
        if change.type == pb.CommentChange.TYPE_REMOVED:
            return
