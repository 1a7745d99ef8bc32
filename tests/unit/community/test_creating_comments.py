"""What becomes of a comment somebody writes."""

import pytest
from fakes.community.made import a_comment, a_video
from fakes.community.peers import FakeCatalogue, FakeModerator
from fakes.community.store import FakeStore

from community_service.domain.comments import Draft, ModerationStatus, Sort, Verdict, Video
from community_service.errors import (
    CommentEmpty,
    CommentNotFound,
    CommentRejected,
    ParentNotFound,
    ReplyTooDeep,
    VideoNotFound,
)
from community_service.use_cases.comments import Discussion
from servicekit.caller import Caller, Role, acting_as
from servicekit.ids import new_id

pytestmark = pytest.mark.usefixtures("ada")
WITHHELD = Verdict(ModerationStatus.WITHHELD, "A moderator looks at it first.")
REFUSED = Verdict(ModerationStatus.REJECTED, "It attacks a person.")


async def test_an_approved_comment_is_visible_to_others_at_once(discussion: Discussion, video: Video) -> None:
    made = await discussion.create(Draft(video.id, "Now I get it"))
    with acting_as(Caller(new_id(), Role.STUDENT)):
        assert await discussion.threads(video.id, Sort.NEWEST, 20, None) == [made]


async def test_its_event_carries_the_count_and_the_version(
    discussion: Discussion, store: FakeStore, video: Video
) -> None:
    for text in ("one", "two"):
        await discussion.create(Draft(video.id, text))
    told = [(subject, totals.count, totals.version) for subject, _, totals in store.told]
    assert told == [("comment.created", 1, 1), ("comment.created", 2, 2)]


async def test_the_white_space_around_a_text_is_dropped(discussion: Discussion, video: Video) -> None:
    assert (await discussion.create(Draft(video.id, "  Why?\n"))).text == "Why?"


@pytest.mark.parametrize("text", ["\u00a0", "\u2003\n"])
async def test_a_text_of_unicode_white_space_only_is_refused(discussion: Discussion, video: Video, text: str) -> None:
    with pytest.raises(CommentEmpty):
        await discussion.create(Draft(video.id, text))


async def test_a_withheld_comment_is_saved_and_seen_by_its_author_and_moderators_only(
    discussion: Discussion, moderator: FakeModerator, store: FakeStore, video: Video
) -> None:
    moderator.verdicts["Help me"] = WITHHELD
    made = await discussion.create(Draft(video.id, "Help me"))
    assert (made.status, made.reason) == (ModerationStatus.WITHHELD, WITHHELD.reason)
    assert await discussion.threads(video.id, Sort.NEWEST, 20, None) == [made]
    with acting_as(Caller(new_id(), Role.MODERATOR)):
        assert await discussion.threads(video.id, Sort.NEWEST, 20, None) == [made]
    with acting_as(Caller(new_id(), Role.STUDENT)):
        assert await discussion.threads(video.id, Sort.NEWEST, 20, None) == []
    assert store.told == []


async def test_a_refused_comment_names_the_reasons_and_is_not_saved(
    discussion: Discussion, moderator: FakeModerator, video: Video
) -> None:
    moderator.verdicts["You fool"] = REFUSED
    with pytest.raises(CommentRejected, match=REFUSED.reason):
        await discussion.create(Draft(video.id, "You fool"))
    assert await discussion.threads(video.id, Sort.NEWEST, 20, None) == []


async def test_a_comment_nobody_could_check_is_neither_lost_nor_published(
    discussion: Discussion, moderator: FakeModerator, store: FakeStore, video: Video
) -> None:
    moderator.down = True
    made = await discussion.create(Draft(video.id, "Now I get it"))
    assert (made.status, store.told) == (ModerationStatus.WITHHELD, [])
    assert await discussion.threads(video.id, Sort.NEWEST, 20, None) == [made]


async def test_a_repeat_with_the_same_request_id_answers_the_first_comment_and_asks_nobody(
    discussion: Discussion, moderator: FakeModerator, store: FakeStore, video: Video
) -> None:
    request_id = new_id()
    made = await discussion.create(Draft(video.id, "once", request_id=request_id))
    assert await discussion.create(Draft(video.id, "twice", request_id=request_id)) == made
    assert (moderator.asked, len(store.told)) == (["once"], 1)


async def test_another_account_may_use_the_same_request_id(discussion: Discussion, video: Video) -> None:
    request_id = new_id()
    made = await discussion.create(Draft(video.id, "mine", request_id=request_id))
    with acting_as(Caller(new_id(), Role.STUDENT)):
        assert (await discussion.create(Draft(video.id, "also mine", request_id=request_id))).id != made.id


async def test_an_unknown_video_is_not_found_before_anything_is_judged(
    discussion: Discussion, moderator: FakeModerator
) -> None:
    with pytest.raises(VideoNotFound):
        await discussion.create(Draft(new_id(), "Hello"))
    assert moderator.asked == []


async def test_content_is_asked_once_about_a_video_no_event_told_of(
    discussion: Discussion, catalogue: FakeCatalogue, video: Video
) -> None:
    for text in ("one", "two"):
        await discussion.create(Draft(video.id, text))
    assert catalogue.asked == 1


async def test_an_answer_is_counted_with_its_parent(discussion: Discussion, video: Video) -> None:
    parent = await discussion.create(Draft(video.id, "Why?"))
    answer = await discussion.create(Draft(video.id, "Because.", parent_id=parent.id))
    assert [c.reply_count for c in await discussion.threads(video.id, Sort.TOP, 20, None)] == [1]
    assert await discussion.replies(parent.id, 20, None) == [answer]


async def test_an_answer_to_a_comment_on_another_video_is_not_found(
    discussion: Discussion, store: FakeStore, video: Video
) -> None:
    elsewhere = a_comment(a_video())
    async with store.begin() as work:
        await work.comments.add(elsewhere)
    with pytest.raises(ParentNotFound):
        await discussion.create(Draft(video.id, "Because.", parent_id=elsewhere.id))


async def test_threads_go_four_answers_deep(discussion: Discussion, video: Video) -> None:
    above = await discussion.create(Draft(video.id, "Why?"))
    for depth in range(1, 5):
        above = await discussion.create(Draft(video.id, "Because.", parent_id=above.id))
        assert above.depth == depth
    with pytest.raises(ReplyTooDeep):
        await discussion.create(Draft(video.id, "Because.", parent_id=above.id))


async def test_an_own_withheld_comment_cannot_be_answered(
    discussion: Discussion, moderator: FakeModerator, video: Video
) -> None:
    moderator.verdicts["Help me"] = WITHHELD
    withheld = await discussion.create(Draft(video.id, "Help me"))
    with pytest.raises(ParentNotFound):
        await discussion.create(Draft(video.id, "Because.", parent_id=withheld.id))


async def test_answers_to_an_unknown_comment_are_not_found(discussion: Discussion) -> None:
    with pytest.raises(CommentNotFound):
        await discussion.replies(new_id(), 20, None)
