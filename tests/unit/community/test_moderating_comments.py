"""Reports, the queue of what waits for a moderator, and decisions."""

from datetime import timedelta

import pytest
from fakes.community.made import NOON
from fakes.community.peers import FakeModerator
from fakes.community.store import FakeStore

from community_service.domain.comments import Comment, Draft, ModerationStatus, Verdict, Video
from community_service.domain.concerns import Concern
from community_service.domain.moderation import CLAIM, Action, Ruling
from community_service.errors import (
    AlreadyReported,
    CommentNotFound,
    ItemClaimed,
    ItemNotFound,
    NoteRequired,
    OwnCommentModerated,
    OwnCommentReported,
    ReasonRequired,
)
from community_service.use_cases.comments import Discussion
from community_service.use_cases.editing import Editing
from community_service.use_cases.moderation import Moderation
from community_service.use_cases.reporting import Reporting
from servicekit.caller import Caller, Role, acting_as
from servicekit.ids import new_id

pytestmark = pytest.mark.usefixtures("ada")
BOB, CARL = Caller(new_id(), Role.STUDENT), Caller(new_id(), Role.STUDENT)
MIA, NED = Caller(new_id(), Role.MODERATOR), Caller(new_id(), Role.MODERATOR)


@pytest.fixture
async def comment(discussion: Discussion, video: Video) -> Comment:
    return await discussion.create(Draft(video.id, "Now I get it"))


@pytest.fixture
async def withheld(discussion: Discussion, moderator: FakeModerator, video: Video) -> Comment:
    moderator.verdicts["Help me"] = Verdict(ModerationStatus.WITHHELD, "A moderator looks at it first.")
    return await discussion.create(Draft(video.id, "Help me"))


def _told(store: FakeStore) -> list[str]:
    return [subject for subject, *_ in store.told]


async def test_a_reported_comment_waits_and_stays_visible(
    reporting: Reporting, moderation: Moderation, store: FakeStore, comment: Comment
) -> None:
    with acting_as(BOB):
        await reporting.report(comment.id, Concern.SPAM, "")
    [item] = await moderation.waiting(20, None)
    assert (item.comment, item.report_count, item.concerns) == (comment, 1, (Concern.SPAM,))
    assert _told(store) == ["comment.created"]


async def test_an_account_reports_a_comment_once(
    reporting: Reporting, moderation: Moderation, comment: Comment
) -> None:
    with acting_as(BOB):
        await reporting.report(comment.id, Concern.SPAM, "")
        with pytest.raises(AlreadyReported):
            await reporting.report(comment.id, Concern.VIOLENCE, "")
    with acting_as(CARL):
        await reporting.report(comment.id, Concern.SPAM, "")
    [item] = await moderation.waiting(20, None)
    assert (item.report_count, item.concerns) == (2, (Concern.SPAM,))


async def test_nobody_reports_what_they_wrote(reporting: Reporting, comment: Comment) -> None:
    with pytest.raises(OwnCommentReported):
        await reporting.report(comment.id, Concern.SPAM, "")


async def test_another_reason_than_those_listed_needs_a_note(reporting: Reporting, comment: Comment) -> None:
    with acting_as(BOB):
        with pytest.raises(NoteRequired):
            await reporting.report(comment.id, Concern.OTHER, " ")
        await reporting.report(comment.id, Concern.OTHER, "It gives the answer away.")


async def test_what_the_reporter_cannot_see_is_not_found(
    reporting: Reporting, editing: Editing, comment: Comment, withheld: Comment
) -> None:
    await editing.delete(comment.id)
    with acting_as(BOB):
        for missing in (comment.id, withheld.id, new_id()):
            with pytest.raises(CommentNotFound):
                await reporting.report(missing, Concern.SPAM, "")


async def test_a_withheld_comment_waits_until_it_is_approved_and_then_appears(
    moderation: Moderation, store: FakeStore, withheld: Comment
) -> None:
    with acting_as(MIA):
        [item] = await moderation.waiting(20, None)
        assert (item.comment, item.report_count, item.concerns) == (withheld, 0, (Concern.WITHHELD,))
        approved = await moderation.decide(withheld.id, Ruling(Action.APPROVE, "Fine in class"))
    assert (approved.status, approved.reason) == (ModerationStatus.APPROVED, "")
    assert await moderation.waiting(20, None) == []
    assert _told(store) == ["comment.created", "comment.moderated"]
    with acting_as(BOB):
        assert await store.reads.comments.get(withheld.id) == approved


async def test_where_help_can_be_found_is_for_the_author_alone_and_goes_once_everybody_may_read_the_comment(
    discussion: Discussion, moderation: Moderation, moderator: FakeModerator, video: Video
) -> None:
    moderator.verdicts["Help me"] = Verdict(ModerationStatus.WITHHELD, "You matter.", resources="Call 116 111.")
    withheld = await discussion.create(Draft(video.id, "Help me"))
    assert withheld.resources == "Call 116 111."
    with acting_as(MIA):
        approved = await moderation.decide(withheld.id, Ruling(Action.APPROVE))
    assert (approved.is_visible, approved.resources) == (True, "")


@pytest.mark.parametrize(
    ("action", "status", "waits"),
    [(Action.REJECT, ModerationStatus.REJECTED, False), (Action.HIDE, ModerationStatus.WITHHELD, True)],
)
async def test_what_is_decided_against_disappears_and_its_author_reads_why(
    moderation: Moderation,
    store: FakeStore,
    ada: Caller,
    comment: Comment,
    action: Action,
    status: ModerationStatus,
    waits: bool,
) -> None:
    with acting_as(MIA):
        await moderation.decide(comment.id, Ruling(action, " It attacks a person. "))
    seen = await store.reads.comments.get(comment.id)
    assert seen is not None
    assert (seen.user_id, seen.status, seen.reason) == (ada.id, status, "It attacks a person.")
    with acting_as(BOB):
        assert await store.reads.comments.get(comment.id) is None
    assert _told(store) == ["comment.created", "comment.deleted", "comment.moderated"]
    assert [item.concerns for item in await moderation.waiting(20, None)] == ([(Concern.HIDDEN,)] if waits else [])


async def test_a_decision_against_somebody_needs_a_word(moderation: Moderation, comment: Comment) -> None:
    with acting_as(MIA):
        for action in (Action.REJECT, Action.HIDE):
            with pytest.raises(ReasonRequired):
                await moderation.decide(comment.id, Ruling(action, " "))


async def test_a_moderator_does_not_decide_on_what_they_wrote(
    moderation: Moderation, discussion: Discussion, video: Video
) -> None:
    with acting_as(MIA):
        own = await discussion.create(Draft(video.id, "Now I get it"))
        with pytest.raises(OwnCommentModerated):
            await moderation.decide(own.id, Ruling(Action.APPROVE, ""))


async def test_what_is_gone_cannot_be_decided_on(moderation: Moderation, editing: Editing, comment: Comment) -> None:
    await editing.delete(comment.id)
    with acting_as(MIA):
        for missing in (comment.id, new_id()):
            with pytest.raises(CommentNotFound):
                await moderation.decide(missing, Ruling(Action.APPROVE, ""))


async def test_every_decision_is_in_the_history(moderation: Moderation, comment: Comment) -> None:
    with acting_as(MIA):
        await moderation.decide(comment.id, Ruling(Action.HIDE, "Let me think"))
    with acting_as(NED):
        await moderation.decide(comment.id, Ruling(Action.APPROVE, "Fine", Concern.SPAM))
        history = await moderation.history(comment.id)
    assert [(each.moderator_id, each.action, each.reason, each.code) for each in history] == [
        (NED.id, Action.APPROVE, "Fine", None),  # what is fine is of no kind of harm
        (MIA.id, Action.HIDE, "Let me think", Concern.OTHER),
    ]


async def test_what_one_moderator_took_others_leave_alone_for_a_while(
    moderation: Moderation, store: FakeStore, withheld: Comment
) -> None:
    with acting_as(MIA):
        assert (await moderation.claim(withheld.id)).claimed_by == MIA.id
        assert (await moderation.claim(withheld.id)).claimed_by == MIA.id
    later = Moderation(store, lambda: NOON + CLAIM, new_id)
    with acting_as(NED):
        for attempt in (moderation.claim(withheld.id), moderation.decide(withheld.id, Ruling(Action.APPROVE, ""))):
            with pytest.raises(ItemClaimed):
                await attempt
        assert (await later.claim(withheld.id)).held_by(NOON + CLAIM) == NED.id


async def test_what_does_not_wait_cannot_be_taken(moderation: Moderation, comment: Comment) -> None:
    with acting_as(MIA), pytest.raises(ItemNotFound):
        await moderation.claim(comment.id)


async def test_a_deleted_comment_no_longer_waits(moderation: Moderation, editing: Editing, withheld: Comment) -> None:
    await editing.delete(withheld.id)
    assert await moderation.waiting(20, None) == []


async def test_an_edit_that_has_to_wait_is_in_the_queue(
    moderation: Moderation, editing: Editing, comment: Comment, withheld: Comment
) -> None:
    await editing.update(comment.id, "Help me")
    assert {item.comment.id for item in await moderation.waiting(20, None)} == {comment.id, withheld.id}


async def test_an_edit_does_not_undo_a_moderator_s_decision(
    moderation: Moderation, editing: Editing, comment: Comment
) -> None:
    with acting_as(MIA):
        await moderation.decide(comment.id, Ruling(Action.REJECT, "It attacks a person."))
    assert (await editing.update(comment.id, "Almost")).status is ModerationStatus.REJECTED


def test_a_claim_lasts_as_long_as_somebody_may_take_to_decide() -> None:
    assert timedelta(minutes=10) <= CLAIM <= timedelta(hours=1)
