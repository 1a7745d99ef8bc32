"""Appealing a decision, and what another moderator answers."""

import pytest
from fakes.community.made import NOON
from fakes.community.store import FakeStore

from community_service.domain.appeals import Appeal
from community_service.domain.comments import Comment, Draft, ModerationStatus, Video
from community_service.domain.concerns import Concern
from community_service.domain.moderation import Action, Record, Ruling
from community_service.domain.standing import Standing
from community_service.errors import (
    AlreadyAppealed,
    AppealAnswered,
    AppealNotFound,
    AppealPending,
    CommentNotFound,
    CommentNotYours,
    CommunitySuspended,
    ItemClaimed,
    NothingAppealed,
    NothingToAppeal,
    OwnCommentModerated,
    OwnDecisionAppealed,
    WordsMissing,
)
from community_service.use_cases.appeals import Appeals
from community_service.use_cases.comments import Discussion
from community_service.use_cases.editing import Editing
from community_service.use_cases.moderation import Moderation
from community_service.use_cases.reporting import Reporting
from community_service.use_cases.standing import Authors
from servicekit.caller import Caller, Role, acting_as
from servicekit.ids import new_id

pytestmark = pytest.mark.usefixtures("ada")
BOB = Caller(new_id(), Role.STUDENT)
MIA, NED, ZOE = (Caller(new_id(), Role.MODERATOR) for _ in range(3))


@pytest.fixture
async def comment(discussion: Discussion, video: Video) -> Comment:
    return await discussion.create(Draft(video.id, "Romeo kills himself"))


@pytest.fixture
async def refused(moderation: Moderation, comment: Comment) -> Comment:
    return await decide(moderation, comment, Action.REJECT)


@pytest.fixture
async def appeal(appeals: Appeals, refused: Comment) -> Appeal:
    return await appeals.appeal(refused.id, " It is the plot. ")


async def decide(moderation: Moderation, comment: Comment, action: Action) -> Comment:
    with acting_as(MIA):
        return await moderation.decide(comment.id, Ruling(action, "Too dark"))


async def test_an_appeal_waits_in_the_queue_and_its_author_sees_that(
    appeals: Appeals, moderation: Moderation, appeal: Appeal
) -> None:
    assert (appeal.statement, appeal.status) == ("It is the plot.", ModerationStatus.PENDING)
    assert await appeals.of_comment(appeal.comment_id) == appeal
    [item] = await moderation.waiting(9, None)
    assert (item.comment.id, item.concerns) == (appeal.comment_id, (Concern.APPEALED,))


async def test_a_granted_appeal_shows_the_comment_again_and_its_author_reads_the_answer(
    appeals: Appeals, moderation: Moderation, store: FakeStore, appeal: Appeal
) -> None:
    with acting_as(NED):
        await appeals.answer(appeal.id, "Quite right.", granted=True)
    read = await appeals.of_comment(appeal.comment_id)
    assert (read.status, read.answer, read.answer_time) == (ModerationStatus.APPROVED, "Quite right.", NOON)
    with acting_as(BOB):
        shown = await store.reads.comments.get(appeal.comment_id)
    assert shown is not None
    assert (shown.status, shown.reason) == (ModerationStatus.APPROVED, "")
    assert [subject for subject, *_ in store.told][-2:] == ["comment.created", "comment.moderated"]
    assert await moderation.waiting(9, None) == []
    with acting_as(MIA):
        [decision] = await moderation.history(appeal.comment_id)
    assert decision.overturned


async def test_a_refused_appeal_leaves_everything_and_is_answered_for_good(
    appeals: Appeals, store: FakeStore, refused: Comment, appeal: Appeal
) -> None:
    with acting_as(NED):
        await appeals.answer(appeal.id, "Still too dark.", granted=False)
        with pytest.raises(AppealAnswered):
            await appeals.answer(appeal.id, "Or not.", granted=True)
    assert await store.reads.comments.get(refused.id) == refused
    assert (await appeals.of_comment(refused.id)).answer == "Still too dark."
    with pytest.raises(AlreadyAppealed):
        await appeals.appeal(refused.id, "Once more")


@pytest.mark.parametrize("action", [Action.WARN, Action.SUSPEND])
async def test_a_granted_appeal_takes_back_what_the_decision_did_to_its_author(
    appeals: Appeals, moderation: Moderation, discussion: Discussion, authors: Authors, comment: Comment, action: Action
) -> None:
    await decide(moderation, comment, action)
    made = await appeals.appeal(comment.id, "It is the plot.")
    with acting_as(NED):
        await appeals.answer(made.id, "Quite right.", granted=True)
    assert await authors.standing() == Standing()
    assert (await discussion.create(Draft(comment.video_id, "Thanks"))).is_visible


async def test_those_who_reported_it_turn_out_to_have_been_wrong(
    appeals: Appeals, moderation: Moderation, reporting: Reporting, store: FakeStore, comment: Comment
) -> None:
    with acting_as(BOB):
        await reporting.report(comment.id, Concern.VIOLENCE, "")
    await decide(moderation, comment, Action.REJECT)
    assert await store.reads.queue.record_of(BOB.id) == Record(upheld=1)
    made = await appeals.appeal(comment.id, "It is the plot.")
    with acting_as(NED):
        await appeals.answer(made.id, "Quite right.", granted=True)
    assert await store.reads.queue.record_of(BOB.id) == Record(dismissed=1)


async def test_neither_who_decided_nor_who_appeals_answers(
    appeals: Appeals, moderation: Moderation, discussion: Discussion, video: Video, appeal: Appeal
) -> None:
    with acting_as(MIA), pytest.raises(OwnDecisionAppealed):
        await appeals.answer(appeal.id, "No.", granted=False)
    with acting_as(NED):
        own = await discussion.create(Draft(video.id, "Ned says"))
    await decide(moderation, own, Action.REJECT)
    with acting_as(NED):
        made = await appeals.appeal(own.id, "I meant well.")
        with pytest.raises(OwnCommentModerated):
            await appeals.answer(made.id, "Yes.", granted=True)


async def test_while_an_appeal_is_pending_nobody_decides_otherwise(moderation: Moderation, appeal: Appeal) -> None:
    with acting_as(NED), pytest.raises(AppealPending):
        await moderation.decide(appeal.comment_id, Ruling(Action.APPROVE))


async def test_an_appeal_that_another_moderator_took_is_theirs(
    appeals: Appeals, moderation: Moderation, appeal: Appeal
) -> None:
    with acting_as(ZOE):
        await moderation.claim(appeal.comment_id)
    with acting_as(NED), pytest.raises(ItemClaimed):
        await appeals.answer(appeal.id, "No.", granted=False)


async def test_only_a_decision_against_a_comment_can_be_appealed(
    appeals: Appeals, moderation: Moderation, comment: Comment
) -> None:
    with pytest.raises(NothingToAppeal):
        await appeals.appeal(comment.id, "Why?")
    await decide(moderation, comment, Action.APPROVE)
    with pytest.raises(NothingToAppeal):
        await appeals.appeal(comment.id, "Why?")


async def test_what_an_appeal_has_overturned_cannot_be_appealed_again(appeals: Appeals, appeal: Appeal) -> None:
    with acting_as(NED):
        await appeals.answer(appeal.id, "Quite right.", granted=True)
    with pytest.raises(NothingToAppeal):
        await appeals.appeal(appeal.comment_id, "Once more.")


async def test_an_appeal_belongs_to_its_author(
    appeals: Appeals, comment: Comment, refused: Comment, moderation: Moderation
) -> None:
    with acting_as(BOB):
        with pytest.raises(CommentNotFound):
            await appeals.appeal(refused.id, "Mine now")
        with pytest.raises(NothingAppealed, match=f"POST /v1/comments/{refused.id}:appeal"):
            await appeals.of_comment(refused.id)
    await decide(moderation, comment, Action.APPROVE)
    with acting_as(BOB), pytest.raises(CommentNotYours):
        await appeals.appeal(comment.id, "Mine now")
    with pytest.raises(CommentNotFound):
        await appeals.appeal(new_id(), "Why?")


async def test_words_are_needed_on_both_sides(appeals: Appeals, appeal: Appeal) -> None:
    with pytest.raises(WordsMissing):
        await appeals.appeal(appeal.comment_id, "\u202e")
    with acting_as(NED), pytest.raises(WordsMissing):
        await appeals.answer(appeal.id, "\u00a0", granted=True)
    with acting_as(NED), pytest.raises(AppealNotFound):
        await appeals.answer(new_id(), "No.", granted=False)


async def test_who_deleted_the_comment_still_gets_out_of_a_wrong_suspension(
    appeals: Appeals, moderation: Moderation, editing: Editing, authors: Authors, comment: Comment, store: FakeStore
) -> None:
    await decide(moderation, comment, Action.SUSPEND)
    made = await appeals.appeal(comment.id, "It is the plot.")
    await editing.delete(comment.id)
    with pytest.raises(CommunitySuspended):
        await authors.check()
    assert [item.comment.id for item in await moderation.waiting(20, None)] == [comment.id]
    with acting_as(NED):
        await appeals.answer(made.id, "Quite right.", granted=True)
    await authors.check()
    assert await store.reads.comments.get(comment.id) is None
