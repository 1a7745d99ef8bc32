"""What becomes of a comment whose author changes or deletes it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from fakes.community.made import NOON, a_comment
from fakes.community.peers import FakeModerator
from fakes.community.store import FakeStore

from community_service.domain.comments import Comment, Draft, ModerationStatus, Sort, Verdict, Video, VideoState
from community_service.domain.concerns import Concern
from community_service.errors import (
    CommentEmpty,
    CommentNotFound,
    CommentNotYours,
    CommentRejected,
    EditedTooOften,
    EditWindowClosed,
    ParentNotFound,
    VideoNotFound,
)
from community_service.use_cases.comments import Discussion
from community_service.use_cases.editing import Editing
from community_service.use_cases.moderation import Moderation
from servicekit.caller import Caller, Role, acting_as
from servicekit.ids import new_id

pytestmark = pytest.mark.usefixtures("ada")
WITHHELD = Verdict(ModerationStatus.WITHHELD, "A moderator looks at it first.")
OTHERS = [Caller(new_id(), Role.STUDENT), Caller(new_id(), Role.MODERATOR)]


@pytest.fixture
async def comment(discussion: Discussion, video: Video) -> Comment:
    return await discussion.create(Draft(video.id, "Now I get it"))


def _told(store: FakeStore) -> list[tuple[str, int, int]]:
    return [(subject, totals.count, totals.version) for subject, _, totals in store.told]


async def test_an_edited_comment_shows_its_new_text_and_that_it_was_edited(
    editing: Editing, discussion: Discussion, store: FakeStore, video: Video, comment: Comment
) -> None:
    edited = await editing.update(comment.id, "  Almost ")
    assert (edited.text, edited.edited, edited.status) == ("Almost", True, ModerationStatus.APPROVED)
    assert await discussion.threads(video.id, Sort.NEWEST, 20, None) == [edited]
    assert _told(store) == [("comment.created", 1, 1), ("comment.updated", 1, 2)]
    assert [each.text for each in await discussion.revisions(comment.id)] == ["Now I get it"]


async def test_the_same_text_again_changes_nothing(
    editing: Editing, moderator: FakeModerator, comment: Comment
) -> None:
    assert await editing.update(comment.id, f" {comment.text}") == comment
    assert len(moderator.asked) == 1


async def test_a_refused_text_leaves_the_comment_as_it_was(
    editing: Editing, moderator: FakeModerator, store: FakeStore, comment: Comment
) -> None:
    moderator.verdicts["You fool"] = Verdict(ModerationStatus.REJECTED, "It attacks a person.")
    with pytest.raises(CommentRejected, match="It attacks a person"):
        await editing.update(comment.id, "You fool")
    assert await store.reads.comments.get(comment.id) == comment
    assert await store.reads.comments.revisions(comment.id) == []


@pytest.mark.parametrize("down", [False, True])
async def test_a_text_that_has_to_wait_hides_the_comment_and_uncounts_it(
    editing: Editing, moderator: FakeModerator, store: FakeStore, comment: Comment, down: bool
) -> None:
    moderator.down, moderator.verdicts["Help me"] = down, WITHHELD
    assert (await editing.update(comment.id, "Help me")).status is ModerationStatus.WITHHELD
    assert _told(store)[1:] == [("comment.deleted", 0, 2)]
    for other in OTHERS:
        with acting_as(other):
            assert (await store.reads.comments.get(comment.id) is not None) is other.is_moderator


async def test_an_edit_never_publishes_what_waits_for_a_moderator(
    editing: Editing, discussion: Discussion, moderator: FakeModerator, store: FakeStore, video: Video
) -> None:
    moderator.verdicts["Help me"] = WITHHELD
    withheld = await discussion.create(Draft(video.id, "Help me"))
    assert (await editing.update(withheld.id, "All is well")).status is ModerationStatus.WITHHELD
    assert store.told == []


async def test_a_comment_older_than_the_window_stays_as_it_is(
    editing: Editing, store: FakeStore, video: Video, ada: Caller
) -> None:
    old = a_comment(video, user_id=ada.id, create_time=NOON - timedelta(minutes=61))
    async with store.begin() as work:
        await work.comments.add(old)
    with pytest.raises(EditWindowClosed, match="60 minutes"):
        await editing.update(old.id, "Another")


async def test_a_comment_on_a_withdrawn_video_stays_as_it_is(
    editing: Editing, store: FakeStore, comment: Comment, video: Video
) -> None:
    async with store.begin() as work:
        await work.videos.learn(replace(video, state=VideoState.WITHDRAWN, version=1))
    with pytest.raises(VideoNotFound):
        await editing.update(comment.id, "Another")


async def test_a_text_of_white_space_is_refused(editing: Editing, comment: Comment) -> None:
    with pytest.raises(CommentEmpty):
        await editing.update(comment.id, "\u00a0")


@pytest.mark.parametrize("other", OTHERS)
async def test_nobody_edits_or_deletes_a_comment_of_somebody_else(
    editing: Editing, store: FakeStore, comment: Comment, other: Caller
) -> None:
    with acting_as(other):
        for attempt in (editing.update(comment.id, "Mine now"), editing.delete(comment.id)):
            with pytest.raises(CommentNotYours):
                await attempt
    assert await store.reads.comments.get(comment.id) == comment


async def test_what_others_may_not_see_does_not_exist_for_them(
    editing: Editing, discussion: Discussion, moderator: FakeModerator, video: Video
) -> None:
    moderator.verdicts["Help me"] = WITHHELD
    withheld = await discussion.create(Draft(video.id, "Help me"))
    with acting_as(OTHERS[0]):
        for attempt in (editing.update(withheld.id, "Mine now"), editing.delete(withheld.id)):
            with pytest.raises(CommentNotFound):
                await attempt


async def test_a_deleted_comment_without_answers_is_gone(
    editing: Editing, discussion: Discussion, store: FakeStore, video: Video, comment: Comment
) -> None:
    await editing.delete(comment.id)
    assert await discussion.threads(video.id, Sort.NEWEST, 20, None) == []
    assert _told(store)[1:] == [("comment.deleted", 0, 2)]
    for attempt in (editing.delete(comment.id), editing.update(comment.id, "Back")):
        with pytest.raises(CommentNotFound):
            await attempt


async def test_answers_outlive_a_deleted_comment_that_only_stands_for_them(
    editing: Editing, discussion: Discussion, video: Video, comment: Comment
) -> None:
    answer = await discussion.create(Draft(video.id, "Because.", parent_id=comment.id))
    await editing.delete(comment.id)
    with acting_as(OTHERS[0]):
        assert await discussion.threads(video.id, Sort.TOP, 20, None) == [
            replace(comment, text="", deleted=True, reply_count=1)
        ]
        assert await discussion.replies(comment.id, 20, None) == [answer]
        with pytest.raises(ParentNotFound):
            await discussion.create(Draft(video.id, "Me too", parent_id=comment.id))


async def test_a_deleted_answer_is_no_longer_counted_with_its_parent(
    editing: Editing, discussion: Discussion, store: FakeStore, video: Video, comment: Comment
) -> None:
    answer = await discussion.create(Draft(video.id, "Because.", parent_id=comment.id))
    await editing.delete(answer.id)
    assert [c.reply_count for c in await discussion.threads(video.id, Sort.TOP, 20, None)] == [0]
    assert _told(store)[2:] == [("comment.deleted", 1, 3)]


async def test_deleting_a_withheld_comment_tells_nobody(
    editing: Editing, discussion: Discussion, moderator: FakeModerator, store: FakeStore, video: Video
) -> None:
    moderator.verdicts["Help me"] = WITHHELD
    withheld = await discussion.create(Draft(video.id, "Help me"))
    await editing.delete(withheld.id)
    assert store.told == []


async def test_a_comment_is_edited_fifty_times_and_no_more(
    editing: Editing, discussion: Discussion, comment: Comment
) -> None:
    for number in range(50):
        await editing.update(comment.id, f"Edit {number}")
    with pytest.raises(EditedTooOften):
        await editing.update(comment.id, "One more")
    assert (await discussion.get(comment.id)).text == "Edit 49"
    assert len(await discussion.revisions(comment.id)) == 50


@pytest.mark.parametrize("other", OTHERS)
async def test_earlier_texts_are_for_the_author_and_moderators(
    editing: Editing, discussion: Discussion, comment: Comment, other: Caller
) -> None:
    await editing.update(comment.id, "Almost")
    with acting_as(other):
        if other.is_moderator:
            assert [each.text for each in await discussion.revisions(comment.id)] == [comment.text]
        else:
            with pytest.raises(CommentNotYours):
                await discussion.revisions(comment.id)


async def test_who_asks_for_help_in_an_edit_of_a_waiting_comment_reads_where_to_find_it(
    editing: Editing, discussion: Discussion, moderator: FakeModerator, moderation: Moderation, video: Video
) -> None:
    moderator.verdicts["Wait"] = WITHHELD
    moderator.verdicts["I feel so alone"] = replace(WITHHELD, resources="Call 116 111.")
    waiting = await discussion.create(Draft(video.id, "Wait"))
    assert (await editing.update(waiting.id, "I feel so alone")).resources == "Call 116 111."
    [item] = await moderation.waiting(9, None)
    assert item.concerns == (Concern.WITHHELD, Concern.HELP)
