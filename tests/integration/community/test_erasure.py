"""An erased account's words and stars go, totals follow, answers of others stay, and late events bring nothing back."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from erasing import Erase, deliver, erasing
from fakes.community.made import a_video
from personal_traces import rows_about, tables_about
from psycopg.conninfo import conninfo_to_dict

from community_service.consumers import VideoEvents, erasures
from community_service.storage import PostgresWork
from community_service.storage.personal_data import EVERYTHING, erase
from littlemonster.community.v1 import community_service_pb2 as pb
from littlemonster.community.v1.community_events_pb2 import CommentDeleted, RatingDeleted
from littlemonster.content.v1 import content_events_pb2 as content_events
from littlemonster.content.v1 import content_service_pb2 as content
from servicekit.caller import Caller, acting_as
from servicekit.errors import NotFound
from servicekit.ids import new_id
from servicekit.personal_data.erasure import NOBODY, Erasure
from servicekit.personal_data.records import read

ADA, BEN, MODERATOR = new_id(), new_id(), new_id()


@pytest.fixture
async def erase_account(broker, database) -> AsyncIterator[Erase]:
    async with erasing(broker, database, erasures(broker, database, Erasure("community", erase))) as asked:
        yield asked


@pytest.fixture
def superuser(backing, database_url) -> tuple[str, str]:
    return backing.postgres_url, str(conninfo_to_dict(database_url)["dbname"])


async def _write(community, loopback, video, user: str, text: str, parent: str = "") -> str:
    request = pb.CreateCommentRequest(video_id=video.id, text=text, parent_id=parent)
    return (await community.comments.CreateComment(request, metadata=loopback.as_user(user))).id


@pytest.fixture
async def talked(community, loopback, video) -> dict[str, str]:
    """Ada and Ben talk, rate, edit and report; Ada moderates once."""
    ids = {"ada": await _write(community, loopback, video, ADA, "Ada asks")}
    ids["ben"] = await _write(community, loopback, video, BEN, "Ben answers", ids["ada"])
    ids["ada_again"] = await _write(community, loopback, video, ADA, "Ada thanks", ids["ben"])
    ids["ben_alone"] = await _write(community, loopback, video, BEN, "Ben says something else")
    for user, stars in ((ADA, 1), (BEN, 4)):
        rating = pb.SubmitRatingRequest(video_id=video.id, stars=stars)
        await community.ratings.SubmitRating(rating, metadata=loopback.as_user(user))
    edited = pb.UpdateCommentRequest(comment_id=ids["ada"], text="Ada asks again")
    await community.comments.UpdateComment(edited, metadata=loopback.as_user(ADA))
    for reporter, comment in ((ADA, "ben_alone"), (BEN, "ada_again")):
        report = pb.ReportCommentRequest(comment_id=ids[comment], reason=pb.REPORT_REASON_SPAM, note=f"says {reporter}")
        await community.comments.ReportComment(report, metadata=loopback.as_user(reporter))
    decision = pb.ModerateCommentRequest(
        comment_id=ids["ben_alone"], action=pb.MODERATION_ACTION_APPROVE, reason="It is fine"
    )
    await community.comments.ModerateComment(decision, metadata=loopback.as_user(ADA, "MODERATOR"))
    return ids


async def test_nothing_names_the_account_any_more_and_others_rows_are_as_they_were(
    talked, erase_account, superuser
) -> None:
    # What Ada decided about Ben stays, as nobody's.
    others = sorted((table, row.replace(ADA, NOBODY)) for table, row in rows_about(*superuser, BEN))
    receipt = await erase_account(ADA, times=3)
    assert receipt.service == "community"
    assert tables_about(*superuser, ADA) == {"erased_users": 1}
    for words in ("Ada asks", "Ada thanks", f"says {ADA}"):
        assert rows_about(*superuser, words) == []
    assert rows_about(*superuser, BEN) == others
    assert (await erase_account(ADA)).row_count == receipt.row_count


async def test_answers_of_others_keep_their_place_below_an_empty_comment(
    talked, erase_account, community, loopback, video
) -> None:
    await erase_account(ADA)
    ben = loopback.as_user(BEN)
    listed = await community.comments.ListComments(
        pb.ListCommentsRequest(video_id=video.id, sort="oldest"), metadata=ben
    )
    first, second = listed.comments
    assert (first.id, first.text, first.deleted, first.user_id) == (talked["ada"], "", True, NOBODY)
    assert (first.reply_count, second.text) == (1, "Ben says something else")
    replies = await community.comments.ListReplies(pb.ListRepliesRequest(comment_id=talked["ben"]), metadata=ben)
    assert list(replies.comments) == []


async def test_totals_follow_and_are_told_without_the_account(
    talked, erase_account, community, loopback, video, broker
) -> None:
    async with broker.subscribe("rating.deleted") as ratings, broker.subscribe("comment.deleted") as comments:
        await erase_account(ADA)
        stars = await anext(event async for event in _events(ratings, RatingDeleted) if event.video_id == video.id)
        gone = [event async for event in _first(2, _events(comments, CommentDeleted), video.id)]
    assert (stars.user_id, stars.totals.sum, stars.totals.count) == (NOBODY, 4, 1)
    assert list(stars.totals.histogram) == [0, 0, 0, 1, 0]
    assert {event.comment.id for event in gone} == {talked["ada"], talked["ada_again"]}
    assert {(event.comment_count, event.comment.user_id, event.comment.text) for event in gone} == {(2, NOBODY, "")}
    assert {event.version for event in gone} == {7}
    stats = await community.ratings.GetRatingStats(
        pb.GetRatingStatsRequest(video_id=video.id), metadata=loopback.as_user(BEN)
    )
    assert (stats.count, stats.average) == (1, 4.0)


async def test_a_late_event_of_an_erased_account_does_not_bring_its_name_back(
    community, erase_account, superuser, broker, database, loopback
) -> None:
    await erase_account(ADA)
    theirs = a_video(created_by=ADA)
    consumer = VideoEvents(PostgresWork).consumer(broker, database)
    created = content_events.VideoCreated(video=content.Video(id=theirs.id, created_by=ADA))
    await deliver(broker, consumer, "video.created", created, times=2)
    moved = content_events.VideoStatusChanged(
        video_id=theirs.id, created_by=ADA, status=content.VIDEO_STATUS_PUBLIC, version=3
    )
    await deliver(broker, consumer, "video.status_changed", moved)
    assert tables_about(*superuser, ADA) == {"erased_users": 1}
    await community.ratings.SubmitRating(
        pb.SubmitRatingRequest(video_id=theirs.id, stars=5), metadata=loopback.as_user(BEN)
    )


async def test_what_is_handed_out_is_all_of_ones_own_and_nothing_else(talked, database) -> None:
    with acting_as(Caller.service("community")):
        handed: list[tuple[str, Any]] = [each async for each in read(database, EVERYTHING, ADA)]
    names = [name for name, record in handed if record]
    assert names == ["comments", "comments", "comment_revisions", "ratings", "reports", "decisions"]
    assert all(ADA in record and "Ben" not in record for _, record in handed if record)


async def test_a_token_that_outlived_its_account_changes_no_comment(talked, erase_account, community, loopback) -> None:
    await erase_account(ADA)
    request = pb.UpdateCommentRequest(comment_id=talked["ada"], text="I am back")
    with pytest.raises(NotFound):
        await community.comments.UpdateComment(request, metadata=loopback.as_user(ADA))


async def _events(messages: Any, kind: Any) -> AsyncIterator[Any]:
    async for message in messages:
        yield kind.FromString(message.data)


async def _first(number: int, events: AsyncIterator[CommentDeleted], video_id: str) -> AsyncIterator[CommentDeleted]:
    async for event in events:
        if event.comment.video_id == video_id:
            yield event
            if not (number := number - 1):
                return
