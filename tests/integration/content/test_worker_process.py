"""The real worker process: what it measures, whose voice it speaks with, and what keeps it from starting."""

import asyncio
import sys
from pathlib import Path

from fakes import processes
from fakes.collector import collecting

from content_service.domain import PIPELINE
from littlemonster.common.v1.study_pb2 import SUBJECT_MATH
from littlemonster.content.v1 import content_service_pb2 as pb
from local_mesh.readiness import wait_until
from servicekit.ids import new_id

TONE = Path(__file__).parent / "lesson/tone_voice/tone.onnx"


async def test_a_lesson_is_spoken_by_the_voice_that_is_set_and_each_stage_is_measured_in_its_trace(
    content, loopback, worker_environment, public
) -> None:
    me = loopback.as_user(new_id())
    request = pb.CreateVideoRequest(topic="Adding up", subject=SUBJECT_MATH)
    video = await content.videos.CreateVideo(request, metadata=me)
    async with collecting() as (collector, endpoint):
        told = {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, "LM_VOICE_FILE": str(TONE)}
        async with processes.running("content_service.worker", {**worker_environment, **told}, loopback):
            assert await wait_until(public(content, video.id, me), 60)
    made = await content.videos.GetVideo(pb.GetVideoRequest(video_id=video.id), metadata=me)
    assert made.provenance.voice == "piper tone"
    assert made.provenance.reading_grade == 4.5
    measured = [about for _, name, about in collector.metrics if name == "littlemonster.lesson.stage.duration"]
    assert [about["littlemonster.lesson.stage"] for about in measured] == [stage.value for stage in PIPELINE]
    (job,) = [span for span in collector.spans if span.name == "make lesson"]
    stages = [span.name for span in collector.spans if span.parent == job.id and span.name.startswith("lesson ")]
    assert stages == [f"lesson {stage.value}" for stage in PIPELINE]


async def test_a_voice_that_is_not_there_keeps_the_worker_from_starting(worker_environment) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "content_service.worker"),
        env={**worker_environment, "LM_VOICE_FILE": "/nowhere.onnx"},
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await process.communicate()
    assert process.returncode == 1
    assert b"LM_VOICE_FILE: Path does not point to a file" in said
