"""Files that a worker left where they do not belong: what their video is now decides, and strangers' files are left alone."""

import asyncio
from pathlib import Path
from typing import Any

import psycopg
import pytest
from obstore.store import LocalStore

from content_service.clients.media import MediaStore, StoredMedia
from content_service.domain import FILES, Place
from content_service.errors import MediaNotStored
from content_service.storage import PostgresUnitOfWork
from content_service.use_cases import media as media_use_cases
from content_service.use_cases.media import settle, sweep
from littlemonster.common.v1.study_pb2 import SUBJECT_MATH
from littlemonster.content.v1 import content_service_pb2 as pb
from servicekit.caller import Caller
from servicekit.ids import new_id

_MAKE = "UPDATE videos SET status = %s, duration = %s WHERE id = %s"
_END = "UPDATE generation_jobs SET finish_time = now() WHERE video_id = %s AND %s"


@pytest.fixture
def media(tmp_path: Path) -> StoredMedia:
    return MediaStore(tmp_path / "media", "", "").media


@pytest.fixture
def units(database: Any) -> PostgresUnitOfWork:
    return PostgresUnitOfWork(database, Caller.service("content"))


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "made"
    folder.mkdir()
    for name in FILES:
        (folder / name).write_bytes(name.encode())
    return folder


@pytest.mark.parametrize("lies", [Place.SHOWN, Place.HIDDEN])
@pytest.mark.parametrize(
    ("status", "duration", "belongs"),
    [
        ("PUBLIC", 9, {Place.SHOWN}),
        ("REJECTED", 9, {Place.HIDDEN}),
        ("REJECTED", 0, None),
        ("FAILED", 0, None),
        ("DELETED", 9, None),
    ],
)
async def test_media_come_to_where_they_belong(
    content, loopback, urls, units, media, files, status, duration, belongs, lies
) -> None:
    video_id = await _video(content, loopback, urls, status, duration, making=False)
    await _put(media, video_id, files, lies)
    await sweep(units, media)
    assert (await media.stored()).get(video_id) == belongs
    assert await sweep(units, media) == 0


@pytest.mark.parametrize("lies", [Place.SHOWN, Place.HIDDEN])
async def test_media_of_a_lesson_in_the_making_are_its_worker_s(
    content, loopback, urls, units, media, files, lies
) -> None:
    video_id = await _video(content, loopback, urls, "PROCESSING", 0, making=True)
    await _put(media, video_id, files, lies)
    assert await sweep(units, media) == 0
    assert await media.stored() == {video_id: {lies}}


async def test_media_of_a_video_that_is_gone_are_removed(content, loopback, urls, units, media, files) -> None:
    public, gone = await _video(content, loopback, urls, "PUBLIC", 9, making=False), new_id()
    for video_id in (public, gone):
        await _put(media, video_id, files, Place.SHOWN)
    assert await sweep(units, media) == 1
    assert await media.stored() == {public: {Place.SHOWN}}


async def test_what_cannot_be_settled_keeps_nobody_from_what_comes_after_it(
    content, loopback, urls, units, tmp_path, files
) -> None:
    class Stuck(StoredMedia):
        async def remove(self, video_id: str) -> None:
            if video_id == gone[0]:
                raise MediaNotStored(cause="it is being read")
            await super().remove(video_id)

    media, gone = Stuck(LocalStore(tmp_path), "media", ".media-withdrawn"), sorted((new_id(), new_id()))
    public = await _video(content, loopback, urls, "PUBLIC", 9, making=False)
    for video_id in (public, *gone):
        await _put(media, video_id, files, Place.SHOWN)
    assert await sweep(units, media) == 1
    assert (await media.stored()).keys() == {public, gone[0]}


@pytest.mark.parametrize(("status", "belongs"), [("PUBLIC", Place.SHOWN), ("REJECTED", Place.HIDDEN), ("FAILED", None)])
async def test_a_store_that_takes_too_long_is_left_and_holds_the_video_from_nobody(
    content, loopback, urls, units, tmp_path, files, monkeypatch, status, belongs
) -> None:
    class Silent(StoredMedia):
        async def show(self, video_id: str, *, visible: bool) -> None:
            await asyncio.get_running_loop().create_future()

        async def remove(self, video_id: str) -> None:
            await asyncio.get_running_loop().create_future()

    monkeypatch.setattr(media_use_cases, "_LONGEST_SECONDS", 0.01)
    store = LocalStore(tmp_path)
    media, silent = (of(store, "media", ".media-withdrawn") for of in (StoredMedia, Silent))
    video_id = await _video(content, loopback, urls, status, 9 if belongs else 0, making=False)
    await _put(media, video_id, files, Place.HIDDEN if belongs is Place.SHOWN else Place.SHOWN)
    async with asyncio.timeout(30):
        with pytest.raises(MediaNotStored, match="takes too long"):
            async with units() as work:
                await settle(work, silent, video_id)
    monkeypatch.undo()
    async with units() as work:
        await settle(work, media, video_id)
    assert await media.stored() == ({video_id: {belongs}} if belongs else {})


async def test_a_folder_without_files_is_nobody_s_media(media, tmp_path) -> None:
    (tmp_path / "media" / new_id()).mkdir(parents=True)
    assert await media.stored() == {}


async def test_nothing_is_swept_in_a_store_of_which_the_database_knows_nothing(units, media, files, tmp_path) -> None:
    await _put(media, new_id(), files, Place.SHOWN)
    assert await sweep(units, media) == 0
    assert len(await media.stored()) == 1


async def _video(content: Any, loopback: Any, urls: Any, status: str, duration: float, *, making: bool) -> str:
    me, wish = loopback.as_user(new_id()), pb.CreateVideoRequest(topic="Adding up", subject=SUBJECT_MATH)
    video = await content.videos.CreateVideo(wish, metadata=me)
    with psycopg.connect(urls.app) as connection:
        connection.execute("SELECT set_config('lm.role', 'SERVICE', true)")
        connection.execute(_MAKE, (status, duration, video.id))
        connection.execute(_END, (video.id, not making))
    return str(video.id)


async def _put(media: StoredMedia, video_id: str, files: Path, place: Place) -> None:
    await media.store(video_id, files)
    await media.show(video_id, visible=place is Place.SHOWN)
