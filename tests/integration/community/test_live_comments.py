"""Live comments: PostgreSQL → relay → NATS → stream."""

import asyncio

import grpc
import pytest
from fakes.community.made import a_comment

from community_service.domain.changes import Change, Happening
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
    # More than the backlog while the event loop has no chance to deliver any of them.
    for version in range(1, 66):
        community.audience.tell(video.id, _change(video, version))
    for stream in streams:
        with pytest.raises(grpc.aio.AioRpcError) as cut:
            await stream.read()
        error = from_rpc_error(cut.value, "community")
        assert (cut.value.code(), error.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "WATCH_TOO_SLOW")
    again = await community.watch(video, BOB)
    community.audience.tell(video.id, _change(video, 1))
    assert (await again.read()).event_id == "1"


async def test_a_client_that_reads_nothing_is_cut_off_and_another_hears_everything(community, video) -> None:
    await community.watch(video, ADA)  # and never read: gRPC's windows fill first, then the seat
    quick = await community.watch(video, BOB)
    version, much = 0, "x" * 100_000
    while len(community.audience) == 2 and version < 2000:
        version += 1
        community.audience.tell(video.id, _change(video, version, text=much))
        assert (await quick.read()).event_id == str(version)
    assert len(community.audience) == 1
    community.audience.tell(video.id, _change(video, version + 1))
    assert (await quick.read()).event_id == str(version + 1)


async def test_a_client_that_was_cut_off_goes_on_without_loss_or_repetition(community, loopback, video) -> None:
    ada = loopback.as_user(ADA)
    stream, made = await community.watch(video, BOB), []
    for number in range(3):
        request = pb.CreateCommentRequest(video_id=video.id, text=f"{number}")
        made.append(await community.comments.CreateComment(request, metadata=ada))
    seen = await stream.read()
    stream.cancel()
    assert (seen.comment, seen.event_id) == (made[0], "1")
    await community.comments.DeleteComment(pb.DeleteCommentRequest(comment_id=made[1].id), metadata=ada)
    again = await community.watch(video, BOB, seen.event_id)
    missed = [await again.read() for _ in range(2)]
    assert [(each.type, each.comment.id, each.event_id) for each in missed] == [
        (pb.CommentChange.TYPE_CREATED, made[2].id, "3"),
        (pb.CommentChange.TYPE_REMOVED, made[1].id, "4"),
    ]
    assert missed[1].comment.text == ""
    request = pb.UpdateCommentRequest(comment_id=made[0].id, text="zero")
    await community.comments.UpdateComment(request, metadata=ada)
    assert ((await again.read()).event_id, made[0].edited) == ("5", False)


async def test_streams_that_open_and_close_while_thirty_people_write_see_every_comment_once(
    community, loopback, video
) -> None:
    async def write(number: int) -> None:
        request = pb.CreateCommentRequest(video_id=video.id, text=f"{number}")
        await community.comments.CreateComment(request, metadata=loopback.as_user(new_id()))

    async def follow(user: str) -> list[str]:
        """Reads everything, but opens a new stream after every third change."""
        heard: list[str] = []
        stream = await community.watch(video, user)
        while len(heard) < 30:
            change = await stream.read()
            heard += [change.comment.text] if change.comment.text else []
            if change.comment.text and len(heard) % 3 == 0:
                stream.cancel()
                stream = await community.watch(video, user, change.event_id)
        return heard

    readers = [asyncio.create_task(follow(user)) for user in (ADA, BOB)]
    while len(community.audience) < 2:
        await asyncio.wait(readers, timeout=0.01)
    await asyncio.gather(*(write(number) for number in range(30)))
    for heard in await asyncio.gather(*readers):
        assert sorted(heard, key=int) == [str(number) for number in range(30)]


async def test_what_is_no_event_id_is_refused_and_an_unknown_one_is_told_to_read_the_list(community, video) -> None:
    stream = await community.watch(video, ADA, "41")
    assert (await stream.read()).type is pb.CommentChange.TYPE_RELOAD
    for wrong in ("-1", "1e3", "9" * 10, new_id()):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await (await community.watch(video, ADA, wrong)).read()
        assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT


def _change(video, version: int, **fields) -> Change:
    return Change(Happening.CREATED, video.id, version, a_comment(video, **fields))


async def test_a_client_that_goes_frees_its_seat(community, video) -> None:
    stream = await community.watch(video, ADA)
    assert len(community.audience) == 1
    stream.cancel()

    async def nobody_watches() -> bool:
        return len(community.audience) == 0

    assert await wait_until(nobody_watches, 60)
