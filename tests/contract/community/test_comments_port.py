"""Every store of comments keeps this contract."""

from dataclasses import replace
from datetime import timedelta

import pytest
from fakes.community.made import NOON, a_comment, a_video

from community_service.domain.changes import Change, Happening
from community_service.domain.comments import Comment, ModerationStatus, Sort, Video, VideoState
from community_service.domain.phases import Written
from community_service.ports import Store
from servicekit.caller import Caller, Role, acting_as
from servicekit.ids import new_id

ADA, BOB = Caller(new_id(), Role.STUDENT), Caller(new_id(), Role.STUDENT)
MODERATOR, SERVICE = Caller(new_id(), Role.MODERATOR), Caller.service("content")
WITHHELD = ModerationStatus.WITHHELD


@pytest.fixture
async def video(store: Store) -> Video:
    video = a_video()
    async with store.begin() as work:
        await work.videos.learn(video)
    return video


async def _save(store: Store, *comments: Comment) -> None:
    for comment in comments:
        with acting_as(Caller(comment.user_id, Role.STUDENT)):
            async with store.begin() as work:
                assert await work.comments.add(comment)
                if comment.is_visible:
                    await work.comments.count_visible(comment)


async def test_a_saved_comment_is_read_back_whole(store: Store, video: Video) -> None:
    comment = a_comment(video, request_id=new_id(), reason="—", depth=2, create_time=NOON + timedelta(microseconds=1))
    await _save(store, comment)
    with acting_as(BOB):
        assert await store.reads.comments.get(comment.id) == comment


async def test_what_does_not_exist_is_none(store: Store) -> None:
    with acting_as(ADA):
        assert await store.reads.comments.get(new_id()) is None
        assert await store.reads.comments.by_request(ADA.id, new_id()) is None


@pytest.mark.parametrize(
    ("caller", "sees"),
    [(ADA, True), (MODERATOR, True), (SERVICE, True), (BOB, False), (None, False)],
)
async def test_a_withheld_comment_is_seen_by_its_author_and_moderators_only(
    store: Store, video: Video, caller: Caller | None, sees: bool
) -> None:
    parent = a_comment(video)
    comment = a_comment(video, user_id=ADA.id, status=WITHHELD, request_id=new_id())
    reply = a_comment(video, user_id=ADA.id, status=WITHHELD, parent_id=parent.id)
    await _save(store, parent, comment, reply)
    with acting_as(caller):
        reads = store.reads.comments
        assert (await reads.get(comment.id) == comment) is sees
        assert (await reads.by_request(ADA.id, comment.request_id or "") == comment) is sees
        assert (comment in await reads.threads(video.id, Sort.NEWEST, 9, None)) is sees
        assert (reply in await reads.replies(parent.id, 9, None)) is sees


async def test_what_is_said_on_a_withdrawn_video_is_seen_by_its_author_and_moderators_only(
    store: Store, video: Video
) -> None:
    parent = a_comment(video, user_id=ADA.id)
    reply = a_comment(video, user_id=ADA.id, parent_id=parent.id)
    await _save(store, parent, reply)
    async with store.begin() as work:
        await work.videos.learn(replace(video, state=VideoState.WITHDRAWN, version=1))
    for caller, sees in ((ADA, True), (MODERATOR, True), (BOB, False), (None, False)):
        with acting_as(caller):
            reads = store.reads.comments
            assert (await reads.get(reply.id) == reply) is sees
            assert (len(await reads.threads(video.id, Sort.NEWEST, 9, None)) == 1) is sees
            assert (await reads.replies(parent.id, 9, None) == [reply]) is sees


async def test_one_request_id_of_one_account_makes_one_comment(store: Store, video: Video) -> None:
    request_id = new_id()
    first = a_comment(video, user_id=ADA.id, request_id=request_id)
    await _save(store, first, a_comment(video, user_id=BOB.id, request_id=request_id))
    with acting_as(ADA):
        async with store.begin() as work:
            assert not await work.comments.add(a_comment(video, user_id=ADA.id, request_id=request_id))
            assert await work.comments.by_request(ADA.id, request_id) == first


async def test_counting_raises_count_and_version_and_the_parent_s_answers(store: Store, video: Video) -> None:
    parent = a_comment(video)
    reply = a_comment(video, parent_id=parent.id)
    await _save(store, parent)
    with acting_as(Caller(reply.user_id, Role.STUDENT)):
        async with store.begin() as work:
            await work.comments.add(reply)
            totals = await work.comments.count_visible(reply)
    assert (totals.count, totals.version) == (2, 2)
    with acting_as(ADA):
        counted = await store.reads.comments.get(parent.id)
    assert counted is not None
    assert counted.reply_count == 1


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (Sort.NEWEST, ["third", "second", "first"]),
        (Sort.OLDEST, ["first", "second", "third"]),
        (Sort.TOP, ["second", "third", "first"]),
    ],
)
async def test_pages_of_every_order_hold_each_thread_once(
    store: Store, video: Video, order: Sort, expected: list[str]
) -> None:
    later = NOON + timedelta(hours=1)
    times = {"first": NOON, "second": later, "third": later}
    threads = [a_comment(video, text=text, create_time=time) for text, time in times.items()]
    await _save(store, *threads, a_comment(video, parent_id=threads[1].id))
    seen: list[str] = []
    after = None
    with acting_as(ADA):
        while page := await store.reads.comments.threads(video.id, order, 1, after):
            seen += [comment.text for comment in page]
            last = page[-1]
            after = (last.reply_count if order is Sort.TOP else last.create_time, last.id)
    assert seen == expected


async def test_answers_come_the_oldest_first_and_page_by_page(store: Store, video: Video) -> None:
    parent = a_comment(video)
    answers = [
        a_comment(video, parent_id=parent.id, create_time=NOON + timedelta(minutes=minute)) for minute in (2, 1, 3)
    ]
    await _save(store, parent, *answers)
    with acting_as(ADA):
        first = await store.reads.comments.replies(parent.id, 2, None)
        rest = await store.reads.comments.replies(parent.id, 2, (first[-1].create_time, first[-1].id))
    assert [first, rest] == [[answers[1], answers[0]], [answers[2]]]


async def test_a_forgotten_video_has_no_comments_and_counts_from_zero(store: Store, video: Video) -> None:
    parent = a_comment(video)
    await _save(store, parent, a_comment(video, parent_id=parent.id))
    with acting_as(Caller.service("community")):
        async with store.begin() as work:
            await work.comments.forget_video(video.id)
    with acting_as(MODERATOR):
        assert await store.reads.comments.threads(video.id, Sort.NEWEST, 9, None) == []
    with acting_as(ADA):
        async with store.begin() as work:
            again = a_comment(video, user_id=ADA.id)
            await work.comments.add(again)
            assert (await work.comments.count_visible(again)).count == 1


async def test_a_changed_comment_is_saved_whole_and_its_earlier_texts_are_kept(store: Store, video: Video) -> None:
    comment = a_comment(video, user_id=ADA.id)
    await _save(store, comment)
    with acting_as(ADA):
        for text in ("second", "third"):
            async with store.begin() as work:
                before = await work.comments.lock(comment.id)
                assert before is not None
                assert await work.comments.keep_revision(before) == ("second", "third").index(text) + 1
                after = replace(before, text=text, edited=True, reason="—", status=WITHHELD, update_time=NOON)
                await work.comments.save(after)
        assert await store.reads.comments.get(comment.id) == after
        kept = [Written(comment.text, comment.update_time), Written("second", NOON)]
        assert await store.reads.comments.revisions(comment.id) == kept
    with acting_as(MODERATOR):
        assert len(await store.reads.comments.revisions(comment.id)) == 2
    with acting_as(BOB):
        assert await store.reads.comments.revisions(comment.id) == []


async def test_a_comment_of_somebody_else_cannot_be_locked_but_by_moderators(store: Store, video: Video) -> None:
    comment = a_comment(video, user_id=ADA.id)
    await _save(store, comment)
    for caller, locks in ((ADA, True), (MODERATOR, True), (BOB, False)):
        with acting_as(caller):
            async with store.begin() as work:
                assert (await work.comments.lock(comment.id) == comment) is locks


async def test_a_deleted_comment_is_read_only_while_it_has_answers(store: Store, video: Video) -> None:
    parent = a_comment(video, user_id=ADA.id, request_id=new_id())
    reply = a_comment(video, user_id=ADA.id, parent_id=parent.id)
    await _save(store, parent, reply)
    tombstone = replace(parent, text="", deleted=True, reply_count=1)
    with acting_as(ADA):
        async with store.begin() as work:
            await work.comments.save(tombstone)
        assert await store.reads.comments.threads(video.id, Sort.NEWEST, 9, None) == [tombstone]
        async with store.begin() as work:
            totals = await work.comments.count_hidden(reply)
        assert (totals.count, totals.version) == (1, 3)
        assert await store.reads.comments.threads(video.id, Sort.NEWEST, 9, None) == []
        assert await store.reads.comments.get(parent.id) is None
        found = await store.reads.comments.by_request(ADA.id, parent.request_id or "")
        assert found == replace(tombstone, reply_count=0)


async def test_every_change_that_everybody_sees_raises_the_video_s_version_and_is_found_after_it(
    store: Store, video: Video
) -> None:
    first, second = a_comment(video, user_id=ADA.id), a_comment(video, user_id=ADA.id)
    await _save(store, first, second)
    hidden = replace(first, status=WITHHELD, reason="—")
    with acting_as(ADA):
        async with store.begin() as work:
            edited = replace(second, text="other")
            await work.comments.save(edited)
            assert (await work.comments.count_edited(edited)).version == 3
            await work.comments.save(hidden)
            totals = await work.comments.count_hidden(hidden)
    assert (totals.count, totals.version) == (1, 4)
    with acting_as(SERVICE):
        reads = store.reads.comments
        assert await reads.version_of(video.id) == 4
        assert await reads.changed(video.id, 1, 9) == [
            Change(Happening.CREATED, video.id, 3, edited),
            Change(Happening.REMOVED, video.id, 4, replace(first, text="", status=WITHHELD)),
        ]
        assert await reads.changed(video.id, 2, 9) == [
            Change(Happening.EDITED, video.id, 3, edited),
            Change(Happening.REMOVED, video.id, 4, replace(first, text="", status=WITHHELD)),
        ]
        assert [each.version for each in await reads.changed(video.id, 0, 1)] == [3]
        assert await reads.changed(video.id, 4, 9) == []
        assert await reads.version_of(new_id()) == 0


async def test_what_an_account_wrote_lately_is_known_but_for_what_this_very_request_made(
    store: Store, video: Video
) -> None:
    request_id = new_id()
    old = a_comment(video, user_id=ADA.id, text="old", create_time=NOON - timedelta(hours=2))
    again = a_comment(video, user_id=ADA.id, text="again", create_time=NOON, request_id=request_id)
    other = a_comment(video, user_id=ADA.id, text="other", create_time=NOON - timedelta(minutes=1), status=WITHHELD)
    await _save(store, old, other, again, a_comment(video, user_id=BOB.id))
    with acting_as(ADA):
        reads, since = store.reads.comments, NOON - timedelta(hours=1)
        told = [Written("again", NOON), Written("other", NOON - timedelta(minutes=1))]
        assert await reads.recent(ADA.id, since, None) == told
        assert await reads.recent(ADA.id, since, new_id()) == told
        assert await reads.recent(ADA.id, since, request_id) == told[1:]
        assert [await reads.count_published(ADA.id, most) for most in (1, 9)] == [1, 2]
