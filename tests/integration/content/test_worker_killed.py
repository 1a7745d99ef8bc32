"""The real worker process, killed with -9 as it comes to each stage: what was done is not done again, and all ends well."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from postgres_locks import HERE

from content_service.domain import PIPELINE, Stage
from content_service.storage.job_statements import MEDIA
from littlemonster.common.v1.study_pb2 import SUBJECT_MATH
from littlemonster.content.v1 import content_service_pb2 as pb
from local_mesh.readiness import Probe, wait_until
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
    CREATE TABLE told (subject text);
    CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
    BEGIN
        INSERT INTO told VALUES (NEW.subject);
        RETURN NEW;
    END $$;
    CREATE TRIGGER tell AFTER INSERT ON outbox FOR EACH ROW EXECUTE FUNCTION tell();
    CREATE TRIGGER hold BEFORE UPDATE OF stage ON generation_jobs FOR EACH ROW EXECUTE FUNCTION hold();
"""
_WAITS = f"SELECT FROM pg_locks WHERE {HERE} AND locktype = 'advisory' AND objid = %s AND NOT granted"


class Gate:
    """Keeps workers from entering a stage, and remembers what was told: the outbox forgets what is published."""

    def __init__(self, urls: Any) -> None:
        self._connection = psycopg.connect(urls.owner, autocommit=True)
        self._connection.execute(_HOLD)

    async def reached(self) -> bool:
        """Whether a worker stands before it."""
        return self._connection.execute(_WAITS, (_GATE,)).fetchone() is not None

    def told(self, subject: str) -> int:
        """How many events of the subject there were."""
        cursor = self._connection.execute("SELECT count(*) FROM told WHERE subject = %s", (subject,))
        return int(cursor.fetchone()[0])

    def close(self, stage: Stage) -> None:
        self._connection.execute("SELECT pg_advisory_lock(%s)", (_GATE,))
        self._connection.execute("INSERT INTO held VALUES (%s)", (stage.value,))

    def hold_media(self, video_id: str) -> None:
        """From here on nobody shows, hides or removes the video's files."""
        self._connection.execute("SELECT pg_advisory_lock(hashtextextended(%s, %s))", (video_id, MEDIA))

    def let_media_go(self) -> None:
        self._connection.execute("SELECT pg_advisory_unlock_all()")

    def open(self) -> None:
        self._connection.execute("DELETE FROM held")
        self._connection.execute("SELECT pg_advisory_unlock(%s)", (_GATE,))


@pytest.fixture
def gate(urls: Any) -> Any:
    gate = Gate(urls)
    yield gate
    gate._connection.close()


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


@pytest.mark.timeout(600)  # nine processes start one after the other
async def test_a_worker_killed_at_every_stage_is_followed_by_one_that_does_only_what_is_left(
    content, loopback, urls, gate, worker_environment, public, tmp_path
) -> None:
    me = loopback.as_user(new_id())
    request = pb.CreateVideoRequest(topic="Adding up", subject=SUBJECT_MATH)
    video = await content.videos.CreateVideo(request, metadata=me)
    asked = content.inference.asked.copy()
    done: dict[str, Any] = {}
    files: dict[str, int] = {}
    for number, stage in enumerate(PIPELINE):
        gate.close(stage)
        async with _worker(worker_environment):
            assert await wait_until(gate.reached, 60)
        now_done = _done(urls)
        assert sorted(now_done) == sorted(before.value for before in PIPELINE[:number])
        assert done.items() <= now_done.items()  # at the same moment as before: not again
        now_there = _files(tmp_path, video.id)
        assert files.items() <= now_there.items()
        done, files = now_done, now_there
        gate.open()
    assert sorted(files) == ["render", "slides", "voice"]
    async with _worker(worker_environment):
        assert await wait_until(public(content, video.id, me), 60)
        assert await wait_until(_lies(tmp_path, video.id, seen=3, hidden=0), 60)
    assert content.inference.asked - asked == {
        "Moderate": 1,
        "ValidateTopic": 1,
        "GenerateScript": 1,
        "ValidateContent": 1,
    }
    assert gate.told("video.created") == 1


@pytest.mark.parametrize("stop", ["CancelVideo", "DeleteVideo"])
async def test_a_worker_killed_before_it_says_that_a_lesson_is_public_that_is_then_stopped_leaves_no_file(
    content, loopback, gate, worker_environment, tmp_path, stop
) -> None:
    me = loopback.as_user(new_id())
    request = pb.CreateVideoRequest(topic="Adding up", subject=SUBJECT_MATH)
    video = await content.videos.CreateVideo(request, metadata=me)
    gate.close(Stage.DONE)
    async with _worker(worker_environment):
        assert await wait_until(gate.reached, 60)
        assert await _lies(tmp_path, video.id, seen=0, hidden=3)()
    gate.open()
    await getattr(content.videos, stop)(getattr(pb, f"{stop}Request")(video_id=video.id), metadata=me)
    assert await _lies(tmp_path, video.id, seen=0, hidden=3)()
    async with _worker(worker_environment):
        assert await wait_until(_lies(tmp_path, video.id, seen=0, hidden=0), 60)
    assert gate.told("video.created") == 0


async def test_a_worker_killed_before_it_shows_a_lesson_that_is_public_is_followed_by_one_that_does(
    content, loopback, gate, worker_environment, public, tmp_path
) -> None:
    me = loopback.as_user(new_id())
    request = pb.CreateVideoRequest(topic="Adding up", subject=SUBJECT_MATH)
    video = await content.videos.CreateVideo(request, metadata=me)
    gate.hold_media(video.id)
    async with _worker(worker_environment):
        assert await wait_until(public(content, video.id, me), 60)
        assert await _lies(tmp_path, video.id, seen=0, hidden=3)()
    gate.let_media_go()
    async with _worker(worker_environment):
        assert await wait_until(_lies(tmp_path, video.id, seen=3, hidden=0), 60)


def _lies(tmp_path: Path, video_id: str, seen: int, hidden: int) -> Probe:
    """Whether so many of the lesson's files lie where everybody reaches them, and so many out of sight."""

    async def probe() -> bool:
        found = [len([*(tmp_path / name / video_id).glob("*.*")]) for name in ("media", ".media-withdrawn")]
        return found == [seen, hidden]

    return probe


def _files(tmp_path: Path, video_id: str) -> dict[str, int]:
    """The folders that stages left, by name; one that was written again is another."""
    return {path.name: path.stat().st_ino for path in (tmp_path / ".media-work" / video_id).glob("[a-z]*")}


def _done(urls: Any) -> dict[str, Any]:
    """When each stage was done."""
    with psycopg.connect(urls.app) as connection:
        connection.execute("SELECT set_config('lm.role', 'SERVICE', true)")
        return dict(connection.execute("SELECT stage, create_time FROM generation_stages").fetchall())
