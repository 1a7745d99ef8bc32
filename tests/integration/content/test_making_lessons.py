"""From a job to a PUBLIC video: every stage, crashes, and what watchers see."""

import asyncio
import os
import signal
from dataclasses import replace
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from integration.content.looking import get_video, outbox, stage_of

from content_service.clients.inference import InferenceWriter
from content_service.domain import MAX_ATTEMPTS, Job, Stage
from content_service.storage import PostgresUnitOfWork
from content_service.use_cases.generation import Generation
from littlemonster.common.v1.study_pb2 import SUBJECT_MATH
from littlemonster.content.v1 import content_service_pb2 as pb
from littlemonster.content.v1.content_events_pb2 import VideoCreated
from littlemonster.inference.v1.script_pb2 import ConceptScene, Scene, Script
from servicekit.caller import Caller, acting_as
from servicekit.clock import utc_now
from servicekit.errors import Unavailable
from servicekit.ids import new_id


@pytest.fixture
async def video(content, loopback) -> tuple[pb.Video, Any]:
    """A video in the queue and its creator's metadata."""
    me = loopback.as_user(new_id())
    request = pb.CreateVideoRequest(topic="Adding up", subject=SUBJECT_MATH)
    return await content.videos.CreateVideo(request, metadata=me), me


async def test_a_lesson_becomes_a_public_video_with_media_and_provenance(content, loopback, video) -> None:
    assert await content.generation("w").next()
    made = await get_video(content, video)
    assert made.status == pb.VIDEO_STATUS_PUBLIC
    assert made.title == "Adding up"
    assert len(made.timestamps) == len(made.key_points) == 1
    assert made.duration > 2
    assert [chapter.title for chapter in made.chapters] == ["Start", "Recap"]
    assert made.provenance.model == "test"
    folder = content.media / made.id
    assert sorted(path.name for path in folder.iterdir()) == ["captions.vtt", "thumbnail.webp", "video.mp4"]
    assert made.video_url == f"/media/{made.id}/video.mp4"
    others = await content.videos.ListVideos(pb.ListVideosRequest(), metadata=loopback.as_user(new_id()))
    assert [item.id for item in others.videos] == [made.id]


async def test_all_that_waits_for_a_model_is_asked_for_in_the_name_of_whoever_wants_the_lesson(
    content, loopback
) -> None:
    owners = [new_id(), new_id()]
    for owner in owners:
        wish = pb.CreateVideoRequest(topic="Adding up", subject=SUBJECT_MATH)
        await content.videos.CreateVideo(wish, metadata=loopback.as_user(owner))
        await content.generation("w").next()
    assert content.inference.written_for == owners
    assert content.inference.judged_for == [owner for owner in owners for _ in ("when asked for", "when made")]


async def test_scripts_of_a_batch_wait_behind_single_ones_and_one_that_is_asked_for_again_does_not(
    content, loopback
) -> None:
    me, wish = loopback.as_user(new_id()), pb.CreateVideoRequest(topic="Adding up", subject=SUBJECT_MATH)
    for size in (2, 1):
        request = pb.BatchCreateVideosRequest(requests=[wish] * size)
        batch = (await content.videos.BatchCreateVideos(request, metadata=me)).videos
        for _ in batch:
            await content.generation("w").next()
    assert content.inference.in_batch == [True, True, False]
    batch = (
        await content.videos.BatchCreateVideos(pb.BatchCreateVideosRequest(requests=[wish] * 2), metadata=me)
    ).videos
    await content.videos.CancelVideo(pb.CancelVideoRequest(video_id=batch[0].id), metadata=me)
    await content.videos.RetryVideo(pb.RetryVideoRequest(video_id=batch[0].id), metadata=me)
    for _ in batch:
        await content.generation("w").next()
    assert content.inference.in_batch[3:] == [False, True]


async def test_video_created_is_told_once_with_the_video_as_everybody_sees_it(content, video, urls) -> None:
    await content.generation("w").next()
    events = [VideoCreated.FromString(payload) for payload in outbox(urls, "video.created")]
    assert [event.video.id for event in events] == [video[0].id]
    assert events[0].video == await get_video(content, video)


async def test_a_watcher_sees_progress_rise_to_the_end(content, video) -> None:
    stream = content.videos.WatchVideo(pb.WatchVideoRequest(video_id=video[0].id), metadata=video[1])
    seen: list[pb.VideoProgress] = []

    async def watch() -> None:
        async for progress in stream:
            seen.append(progress)
            started.set()

    started = asyncio.Event()
    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        group.create_task(watch())
        await started.wait()
        group.create_task(content.generation("w").next())
    percents = [progress.percent for progress in seen]
    assert percents == sorted(percents)
    assert percents[-1] == 100
    assert seen[0].stage == "queued"
    assert {"voice", "slides", "render", "done"} <= {progress.stage for progress in seen}
    assert seen[-1].status == pb.VIDEO_STATUS_PUBLIC


async def test_watching_a_finished_video_ends_at_once_and_an_unknown_one_is_not_found(content, video) -> None:
    await content.generation("w").next()
    request = pb.WatchVideoRequest(video_id=video[0].id)
    seen = [progress async for progress in content.videos.WatchVideo(request, metadata=video[1])]
    assert [(progress.stage, progress.percent) for progress in seen] == [("done", 100)]


async def test_a_renderer_that_is_killed_loses_the_attempt_but_not_the_script_or_the_video(
    content, video, urls
) -> None:
    content.renderer.start()
    worker = asyncio.create_task(content.generation("w").next())
    async with asyncio.timeout(60):
        while stage_of(urls, video[0].id) != "voice":
            await asyncio.sleep(0.01)
    os.kill(content.renderer.pid, signal.SIGKILL)
    await worker
    assert (await get_video(content, video)).status == pb.VIDEO_STATUS_PROCESSING
    _due_now(urls)
    await content.generation("w").next()
    assert (await get_video(content, video)).status == pb.VIDEO_STATUS_PUBLIC
    assert content.inference.asked["GenerateScript"] == 1


async def test_a_script_that_cannot_be_drawn_fails_at_once_and_says_why(content, video) -> None:
    scene = Scene(
        heading="Broken", chapter="One", concept=ConceptScene(points=[{"text": "x", "say": "x"}], formula="\\nope")
    )
    content.inference.script = Script.FromString(content.inference.script.SerializeToString())
    content.inference.script.scenes.append(scene)
    await content.generation("w").next()
    failed = await get_video(content, video)
    assert failed.status == pb.VIDEO_STATUS_FAILED
    assert "\\nope" in failed.status_message
    assert not await content.generation("w").next()


async def test_an_author_that_is_down_is_asked_again_and_in_the_end_the_video_fails_with_words(
    content, video, urls
) -> None:
    content.inference.failure = Unavailable(service="inference")
    for _ in range(3):
        assert await content.generation("w").next()
        _due_now(urls)
    assert not await content.generation("w").next()
    failed = await get_video(content, video)
    assert failed.status == pb.VIDEO_STATUS_FAILED
    assert "tried 3 times" in failed.status_message


async def test_what_nobody_expected_is_tried_again_and_then_given_up_without_a_word_of_its_cause(
    content, video, urls
) -> None:
    class Broken(InferenceWriter):
        async def write(self, job: Job) -> bytes:
            raise RuntimeError("at /srv/school/secret.py")

    worker = Generation("w", replace(content.tools, writer=Broken(content.inference_channel)))
    for _ in range(MAX_ATTEMPTS):
        assert (await get_video(content, video)).status in (pb.VIDEO_STATUS_PENDING, pb.VIDEO_STATUS_PROCESSING)
        assert await worker.next()
        _due_now(urls)
    failed = await get_video(content, video)
    assert failed.status == pb.VIDEO_STATUS_FAILED
    assert failed.status_message.startswith("Something went wrong while the lesson was made. It was tried 3 times.")
    assert "secret" not in failed.status_message


async def test_a_stage_that_is_done_again_makes_less_of_nothing(video, database, reads) -> None:
    units = PostgresUnitOfWork(database, Caller.service("content"))
    async with units() as work:
        await work.claim("w", utc_now(), utc_now() + timedelta(minutes=1))
        await work.save_stage(video[0].id, "w", Stage.RENDER, 55)
        await work.save_stage(video[0].id, "w", Stage.VOICE, 21)
    with acting_as(Caller.service("content")):
        progress = await reads.progress(video[0].id)
    assert (progress.stage, progress.percent) == (Stage.VOICE, 55)


def _due_now(urls) -> None:
    """Does not wait for the back-off."""
    with psycopg.connect(urls.app) as connection:
        connection.execute("SELECT set_config('lm.role', 'SERVICE', true)")
        connection.execute("UPDATE generation_jobs SET not_before = now()")
