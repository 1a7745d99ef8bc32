"""An erased account's public lessons stay as nobody's, all else of it goes, its media too."""

from collections.abc import AsyncIterator
from typing import Any

import psycopg
import pytest
from erasing import Erase, deliver, erasing
from personal_traces import rows_about, tables_about
from psycopg.conninfo import conninfo_to_dict

from content_service.clients.media import MediaStore
from content_service.consumers import Events, erasures
from content_service.storage import PostgresWork
from content_service.storage.personal_data import EVERYTHING, erase
from littlemonster.common.v1.study_pb2 import SUBJECT_MATH
from littlemonster.content.v1 import content_service_pb2 as pb
from littlemonster.content.v1.content_events_pb2 import VideoDeleted
from servicekit.caller import Caller, acting_as
from servicekit.errors import NotFound
from servicekit.ids import new_id
from servicekit.messaging.consumer import Consumer
from servicekit.personal_data.erasure import NOBODY, Erasure
from servicekit.personal_data.records import read

ADA, BEN = new_id(), new_id()


@pytest.fixture
async def erase_account(broker, database) -> AsyncIterator[Erase]:
    async with erasing(broker, database, erasures(broker, database, Erasure("content", erase))) as asked:
        yield asked


@pytest.fixture
def superuser(backing, urls) -> tuple[str, str]:
    return backing.postgres_url, str(conninfo_to_dict(urls.app)["dbname"])


@pytest.fixture
async def asked_for(content, loopback, urls) -> dict[str, str]:
    """Ada and Ben each have a public lesson and one that waits; each has watched the other's."""
    ids = {}
    for name, user in (("ada", ADA), ("ben", BEN)):
        for state in ("public", "waiting"):
            request = pb.CreateVideoRequest(topic=f"Adding {name} {state}", subject=SUBJECT_MATH, request_id=new_id())
            ids[f"{name} {state}"] = (await content.videos.CreateVideo(request, metadata=loopback.as_user(user))).id
    public = [ids["ada public"], ids["ben public"]]
    async with await psycopg.AsyncConnection.connect(urls.app) as connection:
        await connection.execute("SELECT set_config('lm.role', 'SERVICE', true)")
        await connection.execute(
            "UPDATE videos SET status = 'PUBLIC', duration = 9 WHERE id = ANY(%s::uuid[])", (public,)
        )
        await connection.execute(
            "INSERT INTO generation_stages SELECT video_id, 'script', owner, 'x', 1, create_time FROM generation_jobs"
        )
    for user, watched in ((ADA, public[1]), (BEN, public[0])):
        await content.videos.ViewVideo(pb.ViewVideoRequest(video_id=watched), metadata=loopback.as_user(user))
    return ids


async def test_nothing_names_the_account_any_more_and_others_rows_are_as_they_were(
    asked_for, erase_account, superuser
) -> None:
    others = rows_about(*superuser, BEN)
    assert {table for table, _ in others} == {"videos", "generation_jobs", "generation_stages", "views"}
    receipt = await erase_account(ADA, times=3)
    assert (receipt.service, receipt.row_count) == ("content", 7)
    assert tables_about(*superuser, ADA) == {"erased_users": 1}
    assert rows_about(*superuser, BEN) == others
    assert (await erase_account(ADA)).row_count == receipt.row_count


async def test_a_public_lesson_stays_as_nobody_s_and_what_waited_is_gone(
    asked_for, erase_account, content, loopback
) -> None:
    await erase_account(ADA)
    ben = loopback.as_user(BEN)
    lesson = await content.videos.GetVideo(pb.GetVideoRequest(video_id=asked_for["ada public"]), metadata=ben)
    assert (lesson.created_by, lesson.status) == (NOBODY, pb.VIDEO_STATUS_PUBLIC)
    moderator = loopback.as_user(new_id(), "MODERATOR")
    with pytest.raises(NotFound):
        await content.videos.GetVideo(pb.GetVideoRequest(video_id=asked_for["ada waiting"]), metadata=moderator)


async def test_media_of_what_was_not_public_go_too(
    asked_for, erase_account, content, broker, database, tmp_path
) -> None:
    withdrawn = content.media / asked_for["ada waiting"]
    withdrawn.mkdir(parents=True)
    (withdrawn / "video.mp4").touch()
    media = Events(PostgresWork, MediaStore(content.media, "", "").media).handlers()
    consumer = Consumer(broker, database, durable=f"content-{new_id()}", handlers=media)
    async with broker.subscribe("video.deleted") as deleted:
        await erase_account(ADA)
        async for message in deleted:
            event = VideoDeleted.FromString(message.data)
            if event.video_id == asked_for["ada waiting"]:
                break
    assert event.created_by == NOBODY
    await deliver(broker, consumer, "video.deleted", event)
    assert not withdrawn.exists()


async def test_what_is_handed_out_is_all_of_ones_own_and_nothing_else(asked_for, database) -> None:
    with acting_as(Caller.service("content")):
        handed: list[tuple[str, Any]] = [each async for each in read(database, EVERYTHING, ADA)]
    names = [name for name, record in handed if record]
    assert names == ["videos"] * 2 + ["generation_jobs"] * 2 + ["generation_stages"] * 2 + ["views"]
    assert all(ADA in record and BEN not in record for _, record in handed if record)
