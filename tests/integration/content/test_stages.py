"""What happens to a lesson between its stages: refusals, cancelling, giving up and resuming."""

import asyncio
import os
import signal
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from integration.content.looking import get_video, rows
from obstore.store import LocalStore

from content_service.clients.media import StoredMedia
from content_service.clients.workshop import WorkFolders
from content_service.domain import MAX_ATTEMPTS, Lesson, Stage
from content_service.errors import LeaseLost, VideoNotFound
from content_service.storage import PostgresUnitOfWork
from content_service.use_cases.generation import Generation
from littlemonster.common.v1.study_pb2 import SUBJECT_MATH
from littlemonster.content.v1 import content_service_pb2 as pb
from littlemonster.inference.v1.script_pb2 import Script
from servicekit.caller import Caller
from servicekit.clock import utc_now
from servicekit.ids import new_id


@pytest.fixture
async def video(content, loopback) -> tuple[pb.Video, Any]:
    """A video in the queue and its creator's metadata."""
    me = loopback.as_user(new_id())
    request = pb.CreateVideoRequest(topic="Adding up", subject=SUBJECT_MATH)
    return await content.videos.CreateVideo(request, metadata=me), me


async def _cancel(content, video: tuple[pb.Video, Any]) -> pb.Video:
    return await content.videos.CancelVideo(pb.CancelVideoRequest(video_id=video[0].id), metadata=video[1])


async def _retry(content, video: tuple[pb.Video, Any]) -> pb.Video:
    return await content.videos.RetryVideo(pb.RetryVideoRequest(video_id=video[0].id), metadata=video[1])


async def test_every_stage_leaves_what_it_made_and_how_long_that_took(content, video, urls) -> None:
    await content.generation("w").next()
    kept = rows(urls, "SELECT stage, artifact, seconds FROM generation_stages")
    made = {stage: (bytes(artifact), took) for stage, artifact, took in kept}
    assert list(made) == ["validate", "moderate", "script", "check", "voice", "slides", "render", "publish"]
    assert all(took >= 0 for _, took in made.values())
    assert b"4.5" in made["check"][0]
    assert not list((content.media.parent / "making").iterdir())


async def test_a_refused_script_is_written_anew_with_another_seed(content, video) -> None:
    content.inference.problems = [["This equation does not hold: 2 + 2 = 5."]]
    await content.generation("w").next()
    made = await get_video(content, video)
    assert made.status == pb.VIDEO_STATUS_PUBLIC
    first, second = content.inference.checked
    assert first != second == made.provenance.seed


async def test_a_lesson_whose_scripts_are_all_refused_fails_with_the_problem_and_a_retry_writes_others(
    content, video
) -> None:
    content.inference.problems = [["This equation does not hold: 2 + 2 = 5."]] * MAX_ATTEMPTS
    await content.generation("w").next()
    failed = await get_video(content, video)
    assert failed.status == pb.VIDEO_STATUS_FAILED
    assert "2 + 2 = 5" in failed.status_message
    assert not failed.HasField("estimated_completion_time")
    content.inference.problems = [["Once more."]]
    assert (await _retry(content, video)).HasField("estimated_completion_time")
    await content.generation("w").next()
    assert (await get_video(content, video)).status == pb.VIDEO_STATUS_PUBLIC
    assert len(set(content.inference.checked)) == MAX_ATTEMPTS + 1


async def test_a_topic_that_the_rules_have_come_to_refuse_is_rejected_when_its_turn_comes(content, video) -> None:
    content.inference.rejected.add("Adding up")
    await content.generation("w").next()
    rejected = await get_video(content, video)
    assert rejected.status == pb.VIDEO_STATUS_REJECTED
    assert "insults" in rejected.status_message


async def test_a_lesson_that_stops_every_worker_is_given_up_with_the_stage_it_stopped_at(content, video, urls) -> None:
    rows(urls, "UPDATE generation_jobs SET attempts = %s", MAX_ATTEMPTS)
    await content.generation("w").next()
    failed = await get_video(content, video)
    assert failed.status == pb.VIDEO_STATUS_FAILED
    assert "Looking the topic up" in failed.status_message
    assert content.inference.asked["GenerateScript"] == 0
    await _retry(content, video)
    await content.generation("w").next()
    assert (await get_video(content, video)).status == pb.VIDEO_STATUS_PUBLIC


async def test_a_moderator_finds_what_was_given_up_and_replays_it_and_others_find_their_own_alone(
    content, video, loopback, urls
) -> None:
    rows(urls, "UPDATE generation_jobs SET attempts = %s", MAX_ATTEMPTS)
    await content.generation("w").next()
    given_up = pb.ListVideosRequest(status=pb.VIDEO_STATUS_FAILED)

    async def found(caller: Any) -> list[str]:
        return [each.id for each in (await content.videos.ListVideos(given_up, metadata=caller)).videos]

    moderator = loopback.as_user(new_id(), "MODERATOR")
    assert await found(moderator) == await found(video[1]) == [video[0].id]
    assert await found(loopback.as_user(new_id())) == []
    await content.videos.RetryVideo(pb.RetryVideoRequest(video_id=video[0].id), metadata=moderator)
    assert await found(moderator) == []
    await content.generation("w").next()
    public = pb.ListVideosRequest(status=pb.VIDEO_STATUS_PUBLIC)
    listed = await content.videos.ListVideos(public, metadata=loopback.as_user(new_id()))
    assert [each.id for each in listed.videos] == [video[0].id]


async def test_attempts_are_counted_for_each_stage_by_itself(content, video, urls) -> None:
    rows(urls, "UPDATE generation_jobs SET attempts = %s", MAX_ATTEMPTS - 1)
    await content.generation("w").next()
    assert rows(urls, "SELECT attempts, stage FROM generation_jobs") == [(1, "done")]


async def test_cancelling_ends_the_stage_at_work_and_a_retry_goes_on_from_there(content, video, urls) -> None:
    content.renderer.start()
    renderer = content.renderer.pid
    worker = asyncio.create_task(content.generation("w").next())
    async with asyncio.timeout(60):
        while rows(urls, "SELECT stage FROM generation_jobs") != [("voice",)]:
            await asyncio.sleep(0.01)
    os.kill(renderer, signal.SIGSTOP)  # this stage will not end by itself
    assert (await _cancel(content, video)).status == pb.VIDEO_STATUS_FAILED
    async with asyncio.timeout(60):
        await worker
    cancelled = await get_video(content, video)
    assert cancelled.status == pb.VIDEO_STATUS_FAILED
    assert "cancelled" in cancelled.status_message
    assert not content.media.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(renderer, 0)
    await _retry(content, video)
    await content.generation("w").next()
    assert (await get_video(content, video)).status == pb.VIDEO_STATUS_PUBLIC
    assert content.inference.asked["GenerateScript"] == 1


@pytest.mark.parametrize(
    ("stopped", "left"),
    [
        ("cancelled", pb.VIDEO_STATUS_FAILED),
        ("rejected by a moderator", pb.VIDEO_STATUS_REJECTED),
        ("deleted", None),
    ],
)
async def test_media_of_a_lesson_stopped_while_they_were_published_are_removed(
    content, loopback, video, tmp_path, stopped, left
) -> None:
    hidden = tmp_path / ".media-withdrawn"
    reject = pb.SetVideoStatusRequest(video_id=video[0].id, status=pb.VIDEO_STATUS_REJECTED, reason="No.")

    class StoppedMeanwhile(StoredMedia):
        async def store(self, video_id: str, folder: Path) -> None:
            await super().store(video_id, folder)
            assert (hidden / video_id / "video.mp4").exists()
            assert not content.media.exists()
            if stopped == "cancelled":
                await _cancel(content, video)
            elif stopped == "deleted":
                await content.videos.DeleteVideo(pb.DeleteVideoRequest(video_id=video_id), metadata=video[1])
            else:
                await content.videos.SetVideoStatus(reject, metadata=loopback.as_user(new_id(), "MODERATOR"))

    interrupted = StoppedMeanwhile(LocalStore(tmp_path), content.media.name, hidden.name)
    await Generation("w", replace(content.tools, media=interrupted)).next()
    if left is None:
        with pytest.raises(VideoNotFound):
            await get_video(content, video)
    else:
        assert (await get_video(content, video)).status == left
    assert not [*content.media.glob("*/*"), *hidden.glob("*/*")]


async def test_of_many_that_finish_a_lesson_at_once_only_the_one_with_the_lease_does(
    content, video, urls, database
) -> None:
    units = PostgresUnitOfWork(database, Caller.service("content"))
    async with units() as work:
        await work.claim("stalled", utc_now(), utc_now() - timedelta(seconds=1))
    async with units() as work:
        await work.claim("second", utc_now(), utc_now() + timedelta(minutes=1))
    lesson = Lesson("Title", "", [], [], [], 9.0, [], [], {}, [])

    async def finish(worker: str) -> bool:
        try:
            async with units() as work:
                await work.finish(video[0].id, worker, lesson, 1.0, utc_now())
        except LeaseLost:
            return False
        return True

    finished = await asyncio.gather(*(finish(worker) for worker in ["stalled", "second"] * 4))
    assert finished.count(True) == 1
    assert finished[1::2].count(True) == 1
    assert len(rows(urls, "SELECT id FROM outbox WHERE subject = 'video.created'")) == 1


async def test_a_lesson_taken_up_on_another_machine_is_spoken_and_drawn_there_from_the_same_script(
    content, video, tmp_path, urls
) -> None:
    content.inference.script = Script.FromString(content.inference.script.SerializeToString())
    content.inference.script.scenes[1].recap.points[0].text = "\N{SNOWMAN}\u0007"  # no font draws it: fails in "slides"
    await content.generation("here").next()
    assert (await get_video(content, video)).status == pb.VIDEO_STATUS_FAILED
    assert [stage for (stage,) in rows(urls, "SELECT stage FROM generation_stages")][-1] == "voice"
    elsewhere = replace(content.tools, workshop=WorkFolders(tmp_path / "elsewhere"))
    await _retry(content, video)
    await Generation("there", elsewhere).next()
    assert content.inference.asked["GenerateScript"] == 1
    assert list((tmp_path / "elsewhere" / video[0].id).iterdir()) == [tmp_path / "elsewhere" / video[0].id / "voice"]


async def test_work_nobody_came_back_for_is_swept_away_and_fresh_work_is_not(tmp_path) -> None:
    workshop = WorkFolders(tmp_path)
    old, new = workshop.folder("old"), workshop.folder("new")
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    os.utime(old, (long_ago.timestamp(), long_ago.timestamp()))
    workshop.sweep(datetime(2021, 1, 1, tzinfo=UTC))
    assert not old.exists()
    assert new.exists()
    assert not workshop.holds("new", Stage.VOICE)
