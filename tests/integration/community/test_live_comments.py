"""Live comments: PostgreSQL → relay → NATS → stream."""

import grpc
import pytest
from fakes.community.made import a_comment

from community_service.domain.comments import Change, Happening
from littlemonster.community.v1 import community_service_pb2 as pb
from local_mesh.readiness import wait_until
from servicekit.errors import NotFound, Unauthenticated, Unavailable
from servicekit.ids import new_id
from servicekit.status import from_rpc_error

ADA, BOB = new_id(), new_id()


async def test_a_comment_arrives_at_everybody_who_watches_with_its_event_id(community, loopback, video) -> None:
    streams = [await community.watch(video, user) for user in (ADA, BOB)]
    made = await community.comments.CreateComment(
        pb.CreateCommentRequest(video_id=video.id, text="Now I get it"), metadata=loopback.as_user(ADA)
    )
    changes = [await stream.read() for stream in streams]
    assert [change.type for change in changes] == [pb.CommentChange.TYPE_CREATED] * 2
    assert [change.comment for change in changes] == [made, made]
    assert changes[0].event_id
    assert changes[0].event_id == changes[1].event_id


async def test_a_withheld_comment_is_not_shown_even_to_its_author(community, loopback, video) -> None:
    stream = await community.watch(video, ADA)
    community.inference.failure = Unavailable(service="inference")
    for text, failure in (("withheld", Unavailable(service="inference")), ("approved", None)):
        community.inference.failure = failure
        await community.comments.CreateComment(
            pb.CreateCommentRequest(video_id=video.id, text=text), metadata=loopback.as_user(ADA)
        )
    assert (await stream.read()).comment.text == "approved"


async def test_an_unknown_video_fails_before_the_first_message(community, loopback) -> None:
    request = pb.WatchCommentsRequest(video_id=new_id())
    with pytest.raises(NotFound) as missing:
        await anext(aiter(community.comments.WatchComments(request, metadata=loopback.as_user(ADA))))
    assert missing.value.reason == "VIDEO_NOT_FOUND"


async def test_watching_needs_an_account(community, video) -> None:
    with pytest.raises(Unauthenticated):
        await anext(aiter(community.comments.WatchComments(pb.WatchCommentsRequest(video_id=video.id))))


async def test_readers_too_slow_are_told_so_and_may_watch_again(community, loopback, video) -> None:
    streams = [await community.watch(video, user) for user in (ADA, BOB)]
    change = Change(Happening.CREATED, a_comment(video), new_id())
    # More than the backlog while the event loop has no chance to deliver any of them.
    for _ in range(65):
        community.audience.tell(change)
    for stream in streams:
        with pytest.raises(grpc.aio.AioRpcError) as cut:
            await stream.read()
        error = from_rpc_error(cut.value, "community")
        assert (cut.value.code(), error.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "WATCH_TOO_SLOW")
    again = await community.watch(video, BOB)
    community.audience.tell(change)
    assert (await again.read()).event_id == change.event_id


async def test_a_client_that_goes_frees_its_seat(community, video) -> None:
    stream = await community.watch(video, ADA)
    assert len(community.audience) == 1
    stream.cancel()

    async def nobody_watches() -> bool:
        return len(community.audience) == 0

    assert await wait_until(nobody_watches, 20)
