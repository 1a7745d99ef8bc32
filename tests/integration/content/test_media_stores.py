"""Where finished lessons lie: one promise, held against a folder and against a bucket of a real S3-compatible server."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from fakes.object_store import Bucket, bucket

from content_service.clients.media import MediaStore, StoredMedia
from content_service.consumers import Events
from content_service.domain import FILES, Place
from content_service.errors import MediaNotStored
from content_service.storage import PostgresUnitOfWork, PostgresWork
from content_service.use_cases.generation import Generation
from littlemonster.common.v1.study_pb2 import SUBJECT_MATH
from littlemonster.content.v1 import content_service_pb2 as pb
from littlemonster.content.v1.content_events_pb2 import VideoCreated, VideoDeleted
from littlemonster.content.v1.content_service_pb2_grpc import VideoServiceStub
from servicekit.caller import Caller
from servicekit.ids import new_id

FILM = b"film " * 400_000
ID = "01a213df-71ac-76ba-be6d-6422c80aa0e7"
Read = Callable[[str], bytes | None]


@pytest.fixture(scope="module")
def running_bucket() -> Iterator[Bucket]:
    with bucket() as running:
        yield running


@pytest.fixture
def s3(running_bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    for name, value in running_bucket.environment.items():
        monkeypatch.setenv(name, value)
    return running_bucket


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[MediaStore, Read]:
    """A store, and what a client that knows the way reads of a file of the lesson."""
    if request.param == "bucket":
        s3: Bucket = request.getfixturevalue("s3")
        return MediaStore(tmp_path / "media", s3.url, ""), lambda name: s3.read(f"media/{ID}/{name}")
    return MediaStore(tmp_path / "media", "", ""), lambda name: _file(tmp_path / "media" / ID / name)


def _file(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A finished lesson's folder."""
    folder = tmp_path / "made"
    folder.mkdir()
    for name in FILES:
        (folder / name).write_bytes(FILM if name.endswith("mp4") else name.encode())
    return folder


async def _publish(media: StoredMedia, made: Path) -> None:
    await media.store(ID, made)
    await media.show(ID, visible=True)


async def test_what_is_stored_in_the_folder_is_seen_by_nobody_before_it_is_shown(made, tmp_path) -> None:
    media = MediaStore(tmp_path / "media", "", "").media
    await media.store(ID, made)
    assert not list((tmp_path / "media").glob("**/*"))
    assert await media.stored() == {ID: {Place.HIDDEN}}
    await media.show(ID, visible=True)
    assert (tmp_path / "media" / ID / "video.mp4").read_bytes() == FILM


async def test_a_store_tells_whose_files_it_has_and_where(store, made, tmp_path) -> None:
    media, other = store[0].media, new_id()
    await media.store(other, made)
    await media.show(other, visible=False)
    await _publish(media, made)
    assert (await media.stored()).items() >= {ID: {Place.SHOWN}, other: {Place.HIDDEN}}.items()
    (tmp_path / "media" / "lost+found").mkdir(parents=True, exist_ok=True)
    assert all(len(video_id) == len(ID) for video_id in await media.stored())
    await media.remove(other)


async def test_what_is_published_is_there_whole_and_replaces_what_was(store, made) -> None:
    media, read = store[0].media, store[1]
    await _publish(media, made)
    assert {name: read(name) for name in FILES} == {name: (made / name).read_bytes() for name in FILES}
    (made / "captions.vtt").write_bytes(b"better")
    await _publish(media, made)
    assert read("captions.vtt") == b"better"


async def test_what_is_withdrawn_is_out_of_sight_until_it_is_shown_again(store, made) -> None:
    media, read = store[0].media, store[1]
    await _publish(media, made)
    for _ in range(2):
        await media.show(ID, visible=False)
    assert [read(name) for name in FILES] == [None, None, None]
    for _ in range(2):
        await media.show(ID, visible=True)
    assert read("video.mp4") == FILM


@pytest.mark.parametrize("visible", [True, False])
async def test_what_is_removed_is_gone_for_good(store, made, visible, tmp_path) -> None:
    media, read = store[0].media, store[1]
    await _publish(media, made)
    await media.show(ID, visible=visible)
    for _ in range(2):
        await media.remove(ID)
    await media.show(ID, visible=True)
    assert read("video.mp4") is None
    assert not [path for path in tmp_path.rglob("*") if ID in path.name]


async def test_a_lesson_that_is_not_whole_is_not_published(store, made) -> None:
    (made / "video.mp4").unlink()
    with pytest.raises(MediaNotStored):
        await _publish(store[0].media, made)
    assert store[1]("video.mp4") is None


async def test_no_file_is_ever_seen_half_written(made, tmp_path) -> None:
    media, seen, done = MediaStore(tmp_path / "media", "", "").media, set(), threading.Event()

    def look() -> None:
        while not done.is_set():
            seen.update((path.name, path.stat().st_size) for path in (tmp_path / "media").glob("*/*"))

    watcher = threading.Thread(target=_until_vanished(look, done))
    watcher.start()
    for _ in range(30):
        await _publish(media, made)
    while ("video.mp4", len(FILM)) not in seen:
        await asyncio.sleep(0.01)
    done.set()
    watcher.join()
    # A name with a # is one that a whole file has for a moment before it replaces another.
    assert {(name.partition("#")[0], size) for name, size in seen} <= {(n, (made / n).stat().st_size) for n in FILES}


def _until_vanished(look: Callable[[], None], done: threading.Event) -> Callable[[], None]:
    def again() -> None:
        while not done.is_set():
            try:
                look()
            except FileNotFoundError:
                continue  # replaced between listing and looking

    return again


def test_links_need_no_folder_for_the_api_may_not_write() -> None:
    assert MediaStore(Path("/proc/read-only/media"), "", "").links


def test_a_setting_that_names_no_bucket_is_refused_with_what_to_write(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="s3://bucket"):
        MediaStore(tmp_path, "https://bucket", "")


@pytest.fixture
async def in_bucket(content, database, loopback, serve_api, s3, tmp_path) -> tuple[Any, Generation, MediaStore]:
    """The API and a worker that keep media in a bucket."""
    store = MediaStore(tmp_path / "media", s3.url, "")
    units = PostgresUnitOfWork(database, Caller.service("content"), store.told)
    generation = Generation("w", replace(content.tools, media=store.media, unit_of_work=units))
    api = await serve_api(content.inference_channel, store.links)
    return VideoServiceStub(loopback.channel(api)), generation, store


async def test_a_lesson_in_a_bucket_is_watched_by_signed_urls_and_gone_when_deleted(
    in_bucket, loopback, s3, urls, database
) -> None:
    videos, generation, store = in_bucket
    me = loopback.as_user(new_id())
    asked = await videos.CreateVideo(pb.CreateVideoRequest(topic="Adding up", subject=SUBJECT_MATH), metadata=me)
    assert asked.video_url == ""
    await generation.next()
    made = await videos.GetVideo(pb.GetVideoRequest(video_id=asked.id), metadata=me)
    async with httpx.AsyncClient() as browser:
        for url, media_type in (
            (made.video_url, "video/mp4"),
            (made.thumbnail_url, "image/webp"),
            (made.captions_url, "text/vtt"),
        ):
            answer = await browser.get(url)
            assert (answer.status_code, answer.headers["content-type"]) == (200, media_type)
            assert (await browser.get(url.partition("?")[0])).status_code == 403  # without its signature
        assert (await browser.get(made.video_url, headers={"Range": "bytes=4-7"})).content == b"ftyp"
    others = loopback.as_user(new_id())
    feed = await videos.ListVideos(pb.ListVideosRequest(), metadata=others)
    found = await videos.SearchVideos(pb.SearchVideosRequest(query="adding"), metadata=others)
    assert [asked.id in video.video_url for video in (*feed.videos, *found.videos)] == [True, True]
    assert VideoCreated.FromString(_told(urls, "video.created")).video.video_url == ""

    await videos.DeleteVideo(pb.DeleteVideoRequest(video_id=asked.id), metadata=me)
    deleted = VideoDeleted.FromString(_told(urls, "video.deleted"))
    async with database.transaction() as transaction:
        await Events(PostgresWork, store.media).deleted(deleted, transaction)
    assert not [path for path in s3.paths() if asked.id in path]


async def test_browsers_are_sent_to_the_store_s_public_address(in_bucket, loopback, s3, tmp_path, reads) -> None:
    videos, generation, _ = in_bucket
    me = loopback.as_user(new_id())
    asked = await videos.CreateVideo(pb.CreateVideoRequest(topic="Adding up", subject=SUBJECT_MATH), metadata=me)
    await generation.next()
    links = MediaStore(tmp_path / "media", s3.url, "https://media.school.example").links
    signed = (await links.links([await reads.video(asked.id)]))[asked.id]
    assert signed.video.startswith(f"https://media.school.example/lessons/school/media/{asked.id}/video.mp4?")


async def test_a_store_that_is_away_costs_an_attempt_and_publishes_the_same_film_later(
    content, loopback, in_bucket, tmp_path, monkeypatch, urls
) -> None:
    videos, generation, _ = in_bucket
    me = loopback.as_user(new_id())
    asked = await videos.CreateVideo(pb.CreateVideoRequest(topic="Adding up", subject=SUBJECT_MATH), metadata=me)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    away = MediaStore(tmp_path / "media", "s3://lessons/school", "").media
    await Generation("w", replace(content.tools, media=away)).next()
    waiting = await videos.GetVideo(pb.GetVideoRequest(video_id=asked.id), metadata=me)
    assert (waiting.status, waiting.video_url) == (pb.VIDEO_STATUS_PROCESSING, "")
    film = (tmp_path / "making" / asked.id / "render" / "video.mp4").read_bytes()
    with psycopg.connect(urls.app) as connection:
        connection.execute("SELECT set_config('lm.role', 'SERVICE', true)")
        connection.execute("UPDATE generation_jobs SET not_before = now()")
    await generation.next()
    made = await videos.GetVideo(pb.GetVideoRequest(video_id=asked.id), metadata=me)
    async with httpx.AsyncClient() as browser:
        assert (await browser.get(made.video_url)).content == film


def _told(urls: Any, subject: str) -> bytes:
    """The one event of that subject."""
    with psycopg.connect(urls.app) as connection:
        ((payload,),) = connection.execute("SELECT payload FROM outbox WHERE subject = %s", (subject,)).fetchall()
    return bytes(payload)
