"""Delete, cancel, retry, decide, watch: by whom, from which status, and what others see of it."""

import asyncio
from typing import Any

import psycopg
import pytest
from integration.content.looking import outbox, stage_of
from postgres_locks import HERE

from content_service.clients.media import MediaStore, StoredMedia
from content_service.consumers import Events
from content_service.domain import Status
from content_service.errors import MoveNotAllowed, VideoNotFound, VideoNotYours
from content_service.storage import PostgresUnitOfWork, PostgresWork
from content_service.use_cases.managing import count_views
from littlemonster.common.v1.study_pb2 import SUBJECT_MATH
from littlemonster.content.v1 import content_service_pb2 as pb
from littlemonster.content.v1.content_events_pb2 import VideoCreated, VideoDeleted, VideoStatusChanged, VideoViewed
from servicekit.caller import Caller, acting_as
from servicekit.clock import utc_now
from servicekit.errors import PermissionDenied
from servicekit.ids import new_id


@pytest.fixture
async def video(content, loopback) -> tuple[str, Any]:
    """A video in the queue and its creator's metadata."""
    me = loopback.as_user(new_id())
    request = pb.CreateVideoRequest(topic="Adding up", subject=SUBJECT_MATH)
    return (await content.videos.CreateVideo(request, metadata=me)).id, me


@pytest.fixture
async def public(content, video) -> tuple[str, Any]:
    assert await content.generation("w").next()
    return video


async def test_a_deleted_video_is_gone_for_everybody_and_its_media_with_it(
    content, loopback, public, urls, database
) -> None:
    video_id, me = public
    await content.videos.DeleteVideo(pb.DeleteVideoRequest(video_id=video_id), metadata=me)
    for metadata in (me, loopback.as_user(new_id(), "ADMIN")):
        with pytest.raises(VideoNotFound):
            await content.videos.GetVideo(pb.GetVideoRequest(video_id=video_id), metadata=metadata)
    assert not (await content.videos.ListVideos(pb.ListVideosRequest(), metadata=me)).videos
    events = [VideoDeleted.FromString(payload) for payload in outbox(urls, "video.deleted")]
    assert [event.video_id for event in events] == [video_id]
    for _ in range(2):
        await _apply(database, Events(PostgresWork, MediaStore(content.media, "", "").media).deleted, events[0])
        assert not (content.media / video_id).exists()


async def test_somebody_elses_public_video_cannot_be_deleted_but_a_moderator_may(content, loopback, public) -> None:
    request = pb.DeleteVideoRequest(video_id=public[0])
    with pytest.raises(VideoNotYours, match="Ask one of them"):
        await content.videos.DeleteVideo(request, metadata=loopback.as_user(new_id()))
    await content.videos.DeleteVideo(request, metadata=loopback.as_user(new_id(), "MODERATOR"))


async def test_somebody_elses_video_in_the_making_does_not_exist_for_others(content, loopback, video) -> None:
    stranger = loopback.as_user(new_id())
    for call, request in (
        (content.videos.DeleteVideo, pb.DeleteVideoRequest(video_id=video[0])),
        (content.videos.CancelVideo, pb.CancelVideoRequest(video_id=video[0])),
        (content.videos.RetryVideo, pb.RetryVideoRequest(video_id=video[0])),
        (content.videos.ViewVideo, pb.ViewVideoRequest(video_id=video[0])),
    ):
        with pytest.raises(VideoNotFound):
            await call(request, metadata=stranger)


async def test_a_video_deleted_while_it_waits_is_not_made(content, video) -> None:
    await content.videos.DeleteVideo(pb.DeleteVideoRequest(video_id=video[0]), metadata=video[1])
    assert not await content.generation("w").next()


async def test_a_cancelled_video_is_not_made_and_can_be_retried(content, video, urls) -> None:
    cancelled = await content.videos.CancelVideo(pb.CancelVideoRequest(video_id=video[0]), metadata=video[1])
    assert cancelled.status == pb.VIDEO_STATUS_FAILED
    assert "cancelled" in cancelled.status_message
    assert not await content.generation("w").next()
    with pytest.raises(MoveNotAllowed):
        await content.videos.CancelVideo(pb.CancelVideoRequest(video_id=video[0]), metadata=video[1])
    retried = await content.videos.RetryVideo(pb.RetryVideoRequest(video_id=video[0]), metadata=video[1])
    assert retried.status == pb.VIDEO_STATUS_PENDING
    assert len(outbox(urls, "video.requested")) == 2  # workers hear of it as of a new one
    assert await content.generation("w").next()
    made = await content.videos.GetVideo(pb.GetVideoRequest(video_id=video[0]), metadata=video[1])
    assert made.status == pb.VIDEO_STATUS_PUBLIC


async def test_a_video_cancelled_while_it_is_drawn_never_becomes_visible(content, video, urls) -> None:
    content.renderer.start()
    worker = asyncio.create_task(content.generation("w").next())
    async with asyncio.timeout(60):
        while stage_of(urls, video[0]) != "voice":
            await asyncio.sleep(0.01)
    await content.videos.CancelVideo(pb.CancelVideoRequest(video_id=video[0]), metadata=video[1])
    await worker
    assert not (content.media / video[0]).exists()
    left = await content.videos.GetVideo(pb.GetVideoRequest(video_id=video[0]), metadata=video[1])
    assert left.status == pb.VIDEO_STATUS_FAILED


async def test_a_public_video_cannot_be_retried(content, public) -> None:
    with pytest.raises(MoveNotAllowed) as refused:
        await content.videos.RetryVideo(pb.RetryVideoRequest(video_id=public[0]), metadata=public[1])
    assert refused.value.metadata["status"] == "PUBLIC"


async def test_moderators_withdraw_and_restore_a_video_and_students_may_not(content, loopback, public, urls) -> None:
    moderator, student = loopback.as_user(new_id(), "MODERATOR"), loopback.as_user(new_id())
    reject = pb.SetVideoStatusRequest(video_id=public[0], status=pb.VIDEO_STATUS_REJECTED, reason="The sign is wrong.")
    with pytest.raises(PermissionDenied):
        await content.videos.SetVideoStatus(reject, metadata=public[1])
    assert (await content.videos.SetVideoStatus(reject, metadata=moderator)).status_message == "The sign is wrong."
    with pytest.raises(VideoNotFound):
        await content.videos.GetVideo(pb.GetVideoRequest(video_id=public[0]), metadata=student)
    restore = pb.SetVideoStatusRequest(video_id=public[0], status=pb.VIDEO_STATUS_PUBLIC)
    await content.videos.SetVideoStatus(restore, metadata=moderator)
    restored = await content.videos.GetVideo(pb.GetVideoRequest(video_id=public[0]), metadata=student)
    assert restored.video_url
    told = [VideoCreated.FromString(payload).video for payload in outbox(urls, "video.created")]
    assert [video.id for video in told] == [public[0]] * 2
    assert told[1] == restored


async def test_the_media_of_a_withdrawn_video_are_out_of_sight_until_it_is_restored(
    content, loopback, public, urls, database
) -> None:
    moderator = loopback.as_user(new_id(), "MODERATOR")
    events = Events(PostgresWork, MediaStore(content.media, "", "").media)
    film = content.media / public[0] / "video.mp4"
    told = []
    for status, visible in ((pb.VIDEO_STATUS_REJECTED, False), (pb.VIDEO_STATUS_PUBLIC, True)):
        await content.videos.SetVideoStatus(
            pb.SetVideoStatusRequest(video_id=public[0], status=status, reason="See."), metadata=moderator
        )
        told.append(VideoStatusChanged.FromString(outbox(urls, "video.status_changed")[-1]))
        for event in reversed(told):  # also in the wrong order, and again
            with acting_as(Caller.service("content")):
                async with database.transaction() as transaction:
                    await events.moved(event, transaction)
        assert film.exists() == visible


@pytest.mark.parametrize("then", ["withdrawn", "deleted"])
async def test_media_that_were_just_being_shown_again_are_out_of_sight_once_both_events_are_applied(
    content, loopback, public, database, urls, then
) -> None:
    moderator = loopback.as_user(new_id(), "MODERATOR")
    store, slow = MediaStore(content.media, "", "").media, Slow(MediaStore(content.media, "", "").media)
    events = Events(PostgresWork, store)
    for status in (pb.VIDEO_STATUS_REJECTED, pb.VIDEO_STATUS_PUBLIC):
        await _decide(content, public[0], status, moderator)
        if status == pb.VIDEO_STATUS_REJECTED:
            await _apply(database, events.moved, VideoStatusChanged(video_id=public[0], status=status))
    shown = VideoStatusChanged(video_id=public[0], status=pb.VIDEO_STATUS_PUBLIC)
    first = asyncio.create_task(_apply(database, Events(PostgresWork, slow).moved, shown))
    await slow.entered.wait()
    if then == "withdrawn":
        await _decide(content, public[0], pb.VIDEO_STATUS_REJECTED, moderator)
        gone = VideoStatusChanged(video_id=public[0], status=pb.VIDEO_STATUS_REJECTED)
        second = asyncio.create_task(_apply(database, events.moved, gone))
    else:
        await content.videos.DeleteVideo(pb.DeleteVideoRequest(video_id=public[0]), metadata=public[1])
        second = asyncio.create_task(_apply(database, events.deleted, VideoDeleted(video_id=public[0])))
    async with asyncio.timeout(60):
        while not second.done() and not _someone_waits(urls):
            await asyncio.sleep(0.01)
    assert not second.done()
    slow.go.set()
    await asyncio.gather(first, second)
    assert not (content.media / public[0] / "video.mp4").exists()


async def test_a_retry_waits_until_what_the_failed_attempt_left_is_removed(content, video, database, urls) -> None:
    await content.videos.CancelVideo(pb.CancelVideoRequest(video_id=video[0]), metadata=video[1])
    with acting_as(Caller.service("content")):
        async with database.transaction() as removing:
            await PostgresWork(removing).hold_media(video[0])
            retry = asyncio.create_task(_retried(content, video))
            async with asyncio.timeout(60):
                while not retry.done() and not _someone_waits(urls):
                    await asyncio.sleep(0.01)
            assert not retry.done()
    assert (await retry).status == pb.VIDEO_STATUS_PENDING


async def _retried(content: Any, video: tuple[str, Any]) -> pb.Video:
    made: pb.Video = await content.videos.RetryVideo(pb.RetryVideoRequest(video_id=video[0]), metadata=video[1])
    return made


class Slow:
    """A store in which showing takes until `go` is set."""

    def __init__(self, media: StoredMedia) -> None:
        self.entered, self.go, self._media = asyncio.Event(), asyncio.Event(), media

    async def show(self, video_id: str, *, visible: bool) -> None:
        self.entered.set()
        await self.go.wait()
        await self._media.show(video_id, visible=visible)


async def _decide(content: Any, video_id: str, status: pb.VideoStatus.ValueType, moderator: Any) -> None:
    request = pb.SetVideoStatusRequest(video_id=video_id, status=status, reason="See.")
    await content.videos.SetVideoStatus(request, metadata=moderator)


async def _apply(database: Any, apply: Any, event: Any) -> None:
    with acting_as(Caller.service("content")):
        async with database.transaction() as transaction:
            await apply(event, transaction)


def _someone_waits(urls: Any) -> bool:
    with psycopg.connect(urls.app) as connection:
        return bool(connection.execute(f"SELECT 1 FROM pg_locks WHERE {HERE} AND NOT granted").fetchall())


_STATUSES = (Status.PENDING, Status.PROCESSING, Status.PUBLIC, Status.REJECTED, Status.FAILED)


@pytest.mark.parametrize(
    ("method", "wanted", "allowed"),
    [
        ("CancelVideo", {}, {Status.PENDING, Status.PROCESSING}),
        ("RetryVideo", {}, {Status.FAILED}),
        ("SetVideoStatus", {"status": pb.VIDEO_STATUS_PUBLIC}, {Status.PROCESSING, Status.REJECTED}),
        ("SetVideoStatus", {"status": pb.VIDEO_STATUS_REJECTED}, {Status.PENDING, Status.PROCESSING, Status.PUBLIC}),
    ],
)
async def test_each_move_is_made_from_where_it_is_legal_and_refused_from_everywhere_else(
    content, loopback, video, urls, method, wanted, allowed
) -> None:
    request, moderator = getattr(pb, f"{method}Request")(video_id=video[0], **wanted), new_id()
    moved = set()
    for status in _STATUSES:
        with psycopg.connect(urls.app) as connection:
            connection.execute("SELECT set_config('lm.role', 'SERVICE', true)")
            connection.execute("UPDATE videos SET duration = 9, status = %s", (status,))
        try:
            await getattr(content.videos, method)(request, metadata=loopback.as_user(moderator, "MODERATOR"))
            moved.add(status)
        except MoveNotAllowed:
            left = await content.videos.GetVideo(pb.GetVideoRequest(video_id=video[0]), metadata=video[1])
            assert pb.VideoStatus.Name(left.status) == f"VIDEO_STATUS_{status}"
    assert moved == allowed


async def test_a_video_that_was_never_made_cannot_be_declared_public(content, loopback, video) -> None:
    request = pb.SetVideoStatusRequest(video_id=video[0], status=pb.VIDEO_STATUS_PUBLIC)
    with pytest.raises(MoveNotAllowed):
        await content.videos.SetVideoStatus(request, metadata=loopback.as_user(new_id(), "ADMIN"))


async def test_views_count_once_a_viewer_and_hour_and_never_the_creators_own(
    content, loopback, public, database, urls
) -> None:
    request = pb.ViewVideoRequest(video_id=public[0])
    viewers = [loopback.as_user(new_id()) for _ in range(5)]
    await asyncio.gather(*(content.videos.ViewVideo(request, metadata=m) for m in [*viewers, *viewers, public[1]]))
    units = PostgresUnitOfWork(database, Caller.service("content"))
    await asyncio.gather(*(count_views(units, utc_now) for _ in range(4)))
    video = await content.videos.GetVideo(pb.GetVideoRequest(video_id=public[0]), metadata=public[1])
    assert video.view_count == 5
    assert sum(VideoViewed.FromString(payload).count for payload in outbox(urls, "video.viewed")) == 5


async def test_who_looks_at_a_withdrawn_video_is_no_viewer(content, loopback, public, database) -> None:
    moderator = loopback.as_user(new_id(), "MODERATOR")
    await _decide(content, public[0], pb.VIDEO_STATUS_REJECTED, moderator)
    await content.videos.ViewVideo(pb.ViewVideoRequest(video_id=public[0]), metadata=moderator)
    assert await count_views(PostgresUnitOfWork(database, Caller.service("content")), utc_now) == 0
