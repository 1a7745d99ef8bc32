"""What reports weigh, and when they take a comment out of sight by themselves."""

from datetime import timedelta

import pytest
from fakes.community.made import NOON, a_comment
from fakes.community.store import FakeStore

from community_service.domain.comments import Comment, Draft, ModerationStatus, Video
from community_service.domain.concerns import Concern
from community_service.domain.moderation import Action, Record, Ruling
from community_service.use_cases.comments import Discussion
from community_service.use_cases.editing import Editing
from community_service.use_cases.moderation import Moderation
from community_service.use_cases.reporting import Reporting
from servicekit.caller import Caller, Role, acting_as
from servicekit.ids import new_id

pytestmark = pytest.mark.usefixtures("ada")
MIA = Caller(new_id(), Role.MODERATOR)


def students(number: int) -> list[Caller]:
    return [Caller(new_id(), Role.STUDENT) for _ in range(number)]


@pytest.fixture
async def comment(discussion: Discussion, video: Video) -> Comment:
    return await discussion.create(Draft(video.id, "Now I get it"))


async def report(reporting: Reporting, comment: Comment, reporters: list[Caller]) -> None:
    for reporter in reporters:
        with acting_as(reporter):
            await reporting.report(comment.id, Concern.SPAM, "")


@pytest.mark.parametrize(
    ("record", "weight"),
    [(Record(), 1.0), (Record(upheld=2), 1.5), (Record(dismissed=2), 0.5), (Record(upheld=1, dismissed=1), 1.0)],
    ids=str,
)
def test_a_report_weighs_by_what_became_of_earlier_ones(record: Record, weight: float) -> None:
    assert record.weight == weight


def test_no_record_makes_a_report_weigh_nothing_or_more_than_two() -> None:
    assert 0 < Record(dismissed=10_000).weight < Record(upheld=10_000).weight < 2


async def test_reports_that_weigh_enough_hide_the_comment_and_its_author_reads_why(
    reporting: Reporting, store: FakeStore, comment: Comment
) -> None:
    await report(reporting, comment, students(2))
    assert await store.reads.comments.get(comment.id) == comment
    await report(reporting, comment, students(1))
    hidden = await store.reads.comments.get(comment.id)
    assert hidden is not None
    assert (hidden.status, hidden.reason) == (
        ModerationStatus.WITHHELD,
        "Several people reported it, so a moderator looks at it first.",
    )
    with acting_as(students(1)[0]):
        assert await store.reads.comments.get(comment.id) is None
    assert [subject for subject, *_ in store.told] == ["comment.created", "comment.deleted", "comment.moderated"]


async def test_people_whose_reports_were_dismissed_need_more_of_them(
    reporting: Reporting, moderation: Moderation, discussion: Discussion, video: Video, store: FakeStore
) -> None:
    crowd = students(2)
    for _ in range(4):
        fine = await discussion.create(Draft(video.id, "Fine"))
        await report(reporting, fine, crowd)
        with acting_as(MIA):
            await moderation.decide(fine.id, Ruling(Action.APPROVE))
    target = await discussion.create(Draft(video.id, "Also fine"))
    await report(reporting, target, [*crowd, *students(2)])
    [item] = await moderation.waiting(9, None)
    assert (item.comment.is_visible, item.report_count) == (True, 4)
    assert item.weight == pytest.approx(2 + 2 * Record(dismissed=4).weight)
    await report(reporting, target, students(1))
    [item] = await moderation.waiting(9, None)
    assert not item.comment.is_visible


async def test_who_reported_is_right_or_wrong_only_once_a_moderator_has_decided(
    reporting: Reporting, moderation: Moderation, store: FakeStore, comment: Comment
) -> None:
    reporters = students(1)
    await report(reporting, comment, reporters)
    with acting_as(MIA):
        for action, record in (
            (Action.HIDE, Record()),
            (Action.REJECT, Record(upheld=1)),
            (Action.APPROVE, Record(dismissed=1)),
        ):
            await moderation.decide(comment.id, Ruling(action, "See."))
            assert await store.reads.queue.record_of(reporters[0].id) == record


@pytest.mark.parametrize("role", [Role.MODERATOR, Role.ADMIN])
async def test_what_staff_wrote_is_never_hidden_by_reports(
    reporting: Reporting, moderation: Moderation, discussion: Discussion, video: Video, role: Role
) -> None:
    with acting_as(Caller(new_id(), role)):
        made = await discussion.create(Draft(video.id, "Please be kind"))
    await report(reporting, made, students(9))
    [item] = await moderation.waiting(9, None)
    assert (item.comment, item.report_count) == (made, 9)


async def test_what_a_moderator_approved_stays_until_it_is_edited(
    reporting: Reporting, moderation: Moderation, store: FakeStore, comment: Comment
) -> None:
    with acting_as(MIA):
        await moderation.decide(comment.id, Ruling(Action.APPROVE))
    await report(reporting, comment, students(5))
    [item] = await moderation.waiting(9, None)
    assert item.comment.is_visible
    async with store.begin() as work:
        await work.comments.save(a_later_edit_of(item.comment))
    await report(reporting, comment, students(1))
    [item] = await moderation.waiting(9, None)
    assert not item.comment.is_visible


async def test_a_threshold_of_nothing_lets_reports_hide_nothing(
    store: FakeStore, moderation: Moderation, comment: Comment
) -> None:
    await report(Reporting(store, lambda: NOON, threshold=0), comment, students(20))
    [item] = await moderation.waiting(9, None)
    assert item.comment.is_visible


async def test_a_report_after_the_comment_is_deleted_finds_nothing(
    reporting: Reporting, editing: Editing, moderation: Moderation, comment: Comment
) -> None:
    await report(reporting, comment, students(1))
    await editing.delete(comment.id)
    assert await moderation.waiting(9, None) == []


def a_later_edit_of(comment: Comment) -> Comment:
    later = comment.update_time + timedelta(seconds=1)
    return a_comment(Video(comment.video_id, ""), id=comment.id, user_id=comment.user_id, update_time=later)
