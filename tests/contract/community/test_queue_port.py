"""Every queue of what waits for moderators keeps this contract."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from fakes.community.made import NOON, a_comment, a_video

from community_service.domain.comments import Comment
from community_service.domain.moderation import Action, Concern, Decision, QueueItem, Report
from community_service.ports import Store
from servicekit.caller import Caller, Role, acting_as
from servicekit.ids import new_id

MIA = Caller(new_id(), Role.MODERATOR)


@pytest.fixture(autouse=True)
def mia() -> Iterator[None]:
    """Mia, a moderator, calls unless a test says otherwise."""
    with acting_as(MIA):
        yield


@pytest.fixture
async def comments(store: Store) -> list[Comment]:
    """Three comments, the oldest first."""
    video = a_video()
    made = [a_comment(video) for _ in range(3)]
    async with store.begin() as work:
        await work.videos.learn(video)
        for comment in made:
            await work.comments.add(comment)
    return made


async def _report(store: Store, comment: Comment, concern: Concern = Concern.SPAM, reporter: str = "") -> bool:
    report = Report(comment.id, reporter or new_id(), concern, "—", NOON)
    with acting_as(Caller(report.reporter_id, Role.STUDENT)):
        async with store.begin() as work:
            return await work.queue.report(report)


async def test_a_report_makes_a_comment_wait_and_more_add_to_it(store: Store, comments: list[Comment]) -> None:
    for concern in (Concern.SPAM, Concern.VIOLENCE, Concern.SPAM):
        assert await _report(store, comments[0], concern)
    [item] = await store.reads.queue.page(9, None)
    assert item == QueueItem(comments[0], 3, (Concern.SPAM, Concern.VIOLENCE), None, None, NOON)


async def test_a_second_report_of_one_account_is_not_saved(store: Store, comments: list[Comment]) -> None:
    bob = new_id()
    assert await _report(store, comments[0], reporter=bob)
    assert not await _report(store, comments[0], Concern.VIOLENCE, reporter=bob)
    assert await _report(store, comments[1], reporter=bob)
    assert [item.report_count for item in await store.reads.queue.page(9, None)] == [1, 1]


async def test_pages_go_by_reports_and_then_by_age_and_hold_each_item_once(
    store: Store, comments: list[Comment]
) -> None:
    async with store.begin() as work:
        for comment in reversed(comments):
            await work.queue.put(comment.id, Concern.WITHHELD, NOON)
    await _report(store, comments[2])
    seen: list[str] = []
    after = None
    while page := await store.reads.queue.page(1, after):
        seen += [item.comment.id for item in page]
        after = (page[-1].report_count, page[-1].comment.id)
    assert seen == [comments[2].id, comments[0].id, comments[1].id]


async def test_a_claim_is_saved_and_an_item_removed(store: Store, comments: list[Comment]) -> None:
    async with store.begin() as work:
        assert await work.queue.lock(comments[0].id) is None
        await work.queue.put(comments[0].id, Concern.HIDDEN, NOON)
        item = await work.queue.lock(comments[0].id)
        assert item == QueueItem(comments[0], 0, (Concern.HIDDEN,), None, None, NOON)
        await work.queue.save_claim(replace(item, claimed_by=MIA.id, claim_time=NOON))
    assert await store.reads.queue.page(9, None) == [replace(item, claimed_by=MIA.id, claim_time=NOON)]
    async with store.begin() as work:
        await work.queue.remove(comments[0].id)
        await work.queue.remove(comments[1].id)
    assert await store.reads.queue.page(9, None) == []


async def test_decisions_are_kept_in_their_order(store: Store, comments: list[Comment]) -> None:
    made = [Decision(new_id(), comments[0].id, MIA.id, action, "—", NOON) for action in Action]
    for decision in made:
        async with store.begin() as work:
            await work.queue.record(decision)
    assert await store.reads.queue.decisions(comments[0].id) == made
    assert await store.reads.queue.decisions(comments[1].id) == []
