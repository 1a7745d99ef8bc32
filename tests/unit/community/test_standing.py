"""Warnings and suspensions: what an author reads of them and is kept from."""

from datetime import timedelta

import pytest
from fakes.community.made import NOON
from fakes.community.store import FakeStore

from community_service.domain.comments import Comment, Draft, ModerationStatus, Video
from community_service.domain.concerns import Concern
from community_service.domain.moderation import Action, Decision, Ruling
from community_service.domain.standing import Standing
from community_service.errors import CommunitySuspended
from community_service.use_cases.appeals import Appeals
from community_service.use_cases.comments import Discussion
from community_service.use_cases.editing import Editing
from community_service.use_cases.moderation import Moderation
from community_service.use_cases.ratings import Stars
from community_service.use_cases.standing import Authors
from servicekit.caller import Caller, Role, acting_as
from servicekit.ids import new_id

pytestmark = pytest.mark.usefixtures("ada")
MIA, NED = Caller(new_id(), Role.MODERATOR), Caller(new_id(), Role.MODERATOR)
DAY = timedelta(days=1)


@pytest.fixture
async def comment(discussion: Discussion, video: Video) -> Comment:
    return await discussion.create(Draft(video.id, "You all are fools"))


async def decide(moderation: Moderation, comment: Comment, ruling: Ruling) -> Comment:
    with acting_as(MIA):
        return await moderation.decide(comment.id, ruling)


async def test_a_warning_refuses_the_comment_and_counts_against_its_author(
    moderation: Moderation, authors: Authors, discussion: Discussion, video: Video, comment: Comment
) -> None:
    decided = await decide(moderation, comment, Ruling(Action.WARN, "Be kind.", Concern.HARASSMENT))
    assert (decided.status, decided.reason, decided.reason_code) == (
        ModerationStatus.REJECTED,
        "Be kind.",
        Concern.HARASSMENT,
    )
    standing = await authors.standing()
    assert (standing.warnings, standing.suspension(NOON)) == (1, None)
    assert [(each.action, each.reason) for each in standing.decisions] == [(Action.WARN, "Be kind.")]
    assert (await discussion.create(Draft(video.id, "Sorry"))).is_visible


async def test_a_decision_that_is_sent_again_counts_once_and_another_one_counts(
    store: FakeStore, moderation: Moderation, authors: Authors, comment: Comment
) -> None:
    first = await decide(moderation, comment, Ruling(Action.WARN, "Be kind."))
    later = Moderation(store, lambda: NOON + timedelta(minutes=1), new_id)
    assert await decide(later, comment, Ruling(Action.WARN, "Be kind.")) == first
    assert (await authors.standing()).warnings == 1
    await decide(later, comment, Ruling(Action.WARN, "I mean it."))
    assert (await authors.standing()).warnings == 2
    await decide(later, comment, Ruling(Action.SUSPEND, "Enough.", suspension=DAY))
    await decide(later, comment, Ruling(Action.SUSPEND, "Enough.", suspension=2 * DAY))
    with acting_as(NED):
        await later.decide(comment.id, Ruling(Action.SUSPEND, "Enough.", suspension=2 * DAY))
    suspensions = [each for each in (await authors.standing()).decisions if each.action is Action.SUSPEND]
    assert [each.moderator_id for each in suspensions] == [NED.id, MIA.id, MIA.id]


async def test_the_same_decision_counts_again_once_an_appeal_has_overturned_it(
    moderation: Moderation, appeals: Appeals, authors: Authors, comment: Comment
) -> None:
    await decide(moderation, comment, Ruling(Action.WARN, "Be kind."))
    appeal = await appeals.appeal(comment.id, "It is a line of the play.")
    with acting_as(NED):
        await appeals.answer(appeal.id, "Quite right.", granted=True)
    again = await decide(moderation, comment, Ruling(Action.WARN, "Be kind."))
    assert again.status is ModerationStatus.REJECTED
    assert (await authors.standing()).warnings == 1


async def test_the_same_decision_counts_again_once_the_comment_was_changed(
    store: FakeStore, authors: Authors, editing: Editing, comment: Comment
) -> None:
    later = Moderation(store, lambda: NOON + timedelta(minutes=1), new_id)
    await decide(later, comment, Ruling(Action.WARN, "Be kind."))
    await editing.update(comment.id, "You all are still fools")
    await decide(later, comment, Ruling(Action.WARN, "Be kind."))
    assert (await authors.standing()).warnings == 2


async def test_a_suspended_account_neither_comments_edits_nor_rates_and_is_told_until_when_and_why(
    moderation: Moderation, discussion: Discussion, editing: Editing, stars: Stars, video: Video, comment: Comment
) -> None:
    other = await discussion.create(Draft(video.id, "Another"))
    await decide(moderation, comment, Ruling(Action.SUSPEND, "Again, be kind.", suspension=3 * DAY))
    for attempt in (
        discussion.create(Draft(video.id, "Sorry")),
        editing.update(other.id, "Changed"),
        stars.submit(video.id, 5),
    ):
        with pytest.raises(CommunitySuspended, match=r"until 2026-11-26T12:00:00Z: Again, be kind\."):
            await attempt
    await editing.delete(other.id)


async def test_a_suspension_ends_by_itself(
    store: FakeStore, moderation: Moderation, authors: Authors, comment: Comment
) -> None:
    await decide(moderation, comment, Ruling(Action.SUSPEND, "Be kind.", suspension=DAY))
    with pytest.raises(CommunitySuspended):
        await Authors(store.reads, lambda: NOON + DAY - timedelta(seconds=1)).check()
    await Authors(store.reads, lambda: NOON + DAY).check()


async def test_nobody_else_is_kept_from_anything(
    moderation: Moderation, discussion: Discussion, authors: Authors, video: Video, comment: Comment
) -> None:
    await decide(moderation, comment, Ruling(Action.SUSPEND, "Be kind."))
    with acting_as(Caller(new_id(), Role.STUDENT)):
        assert await authors.standing() == Standing()
        assert (await discussion.create(Draft(video.id, "Hello"))).is_visible


def test_of_two_suspensions_the_longer_one_holds() -> None:
    short, long = (
        Decision(new_id(), new_id(), MIA.id, Action.SUSPEND, "—", NOON, new_id(), end_time=NOON + days * DAY)
        for days in (1, 5)
    )
    assert Standing((short, long)).suspension(NOON) == long
    assert Standing((short, long)).suspension(NOON + 5 * DAY) is None
