"""The real worker process, killed with -9 as it comes to each stage: what was done is not done again, and all ends well."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from fakes import processes
from loopback import Loopback

from content_service.domain import PIPELINE, Stage
from littlemonster.common.v1.study_pb2 import SUBJECT_MATH
from littlemonster.content.v1 import content_service_pb2 as pb
from littlemonster.inference.v1.inference_service_pb2_grpc import (
    add_GenerationServiceServicer_to_server,
    add_ModerationServiceServicer_to_server,
)
from local_mesh.readiness import wait_until
from servicekit.ids import new_id

_GATE = 4711
_HOLD = f"""
    CREATE TABLE held (stage text);
    GRANT SELECT ON held TO public;
    CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (SELECT FROM held WHERE stage = NEW.stage) THEN PERFORM pg_advisory_xact_lock({_GATE}); END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER hold BEFORE UPDATE OF stage ON generation_jobs FOR EACH ROW EXECUTE FUNCTION hold();
"""
_WAITS = "SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND NOT granted"


class Gate:
    """Keeps workers from entering a stage."""

    def __init__(self, urls: Any) -> None:
        self._connection = psycopg.connect(urls.owner, autocommit=True)
        self._connection.execute(_HOLD)

    async def reached(self) -> bool:
        """Whether a worker stands before it."""
        return self._connection.execute(_WAITS, (_GATE,)).fetchone() is not None

    def close(self, stage: Stage) -> None:
        self._connection.execute("SELECT pg_advisory_lock(%s)", (_GATE,))
        self._connection.execute("INSERT INTO held VALUES (%s)", (stage.value,))

    def open(self) -> None:
        self._connection.execute("DELETE FROM held")
        self._connection.execute("SELECT pg_advisory_unlock(%s)", (_GATE,))


@pytest.fixture
def gate(urls: Any) -> Any:
    gate = Gate(urls)
    yield gate
    gate._connection.close()


@pytest.fixture
async def environment(
    content: Any, loopback: Loopback, urls: Any, backing: Any, tmp_path: Path
) -> Callable[[str], Mapping[str, str]]:
    """What a worker of the given name is told."""
    services = [
        (add_GenerationServiceServicer_to_server, content.inference),
        (add_ModerationServiceServicer_to_server, content.inference),
    ]
    address = await loopback.serve(services, processes.verifier("content", loopback))

    def told(name: str) -> Mapping[str, str]:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        return processes.environment(
            "content",
            loopback,
            folder,
            LM_DATABASE_URL=urls.app,
            LM_NATS_URL=backing.nats_url,
            LM_INFERENCE_ADDRESS=address,
            LM_MEDIA_DIR=str(tmp_path / "media"),
        )

    return told


@asynccontextmanager
async def _worker(environment: Mapping[str, str]) -> AsyncIterator[asyncio.subprocess.Process]:
    """A worker that is killed, and its renderer with it, when the block ends."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "content_service.worker"), env=environment, stdout=asyncio.subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGKILL)
        assert await process.wait() == -signal.SIGKILL


async def test_a_worker_killed_at_every_stage_is_followed_by_one_that_does_only_what_is_left(
    content, loopback, urls, gate, environment, tmp_path
) -> None:
    me = loopback.as_user(new_id())
    request = pb.CreateVideoRequest(topic="Adding up", subject=SUBJECT_MATH)
    video = await content.videos.CreateVideo(request, metadata=me)
    asked = content.inference.asked.copy()
    done: dict[str, Any] = {}
    files: dict[str, int] = {}
    for number, stage in enumerate(PIPELINE):
        gate.close(stage)
        async with _worker(environment("worker")):
            assert await wait_until(gate.reached, 60)
        now_done = _done(urls)
        assert sorted(now_done) == sorted(before.value for before in PIPELINE[:number])
        assert done.items() <= now_done.items()  # at the same moment as before: not again
        now_there = _files(tmp_path, video.id)
        assert files.items() <= now_there.items()
        done, files = now_done, now_there
        gate.open()
    assert sorted(files) == ["render", "slides", "voice"]
    async with _worker(environment("worker")):
        assert await wait_until(_public(content, video.id, me), 60)
    assert content.inference.asked - asked == {
        "Moderate": 1,
        "ValidateTopic": 1,
        "GenerateScript": 1,
        "ValidateContent": 1,
    }
    assert _told(urls) == 1
    assert sorted(path.name for path in (tmp_path / "media" / video.id).iterdir()) == [
        "captions.vtt",
        "thumbnail.webp",
        "video.mp4",
    ]


def _files(tmp_path: Path, video_id: str) -> dict[str, int]:
    """The folders that stages left, by name; one that was written again is another."""
    return {path.name: path.stat().st_ino for path in (tmp_path / ".media-making" / video_id).glob("[a-z]*")}


def _done(urls: Any) -> dict[str, Any]:
    """When each stage was done."""
    with psycopg.connect(urls.app) as connection:
        connection.execute("SELECT set_config('lm.role', 'SERVICE', true)")
        return dict(connection.execute("SELECT stage, create_time FROM generation_stages").fetchall())


def _told(urls: Any) -> int:
    with psycopg.connect(urls.app) as connection:
        return connection.execute("SELECT count(*) FROM outbox WHERE subject = 'video.created'").fetchone()[0]


def _public(content: Any, video_id: str, me: Any) -> Callable[[], Any]:
    async def probe() -> bool:
        video = await content.videos.GetVideo(pb.GetVideoRequest(video_id=video_id), metadata=me)
        assert video.status != pb.VIDEO_STATUS_FAILED, video.status_message
        return video.status == pb.VIDEO_STATUS_PUBLIC

    return probe
