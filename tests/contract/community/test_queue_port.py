"""Every queue of what waits for moderators keeps this contract."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from fakes.community.made import NOON, a_comment, a_video

from community_service.domain.comments import Comment
from community_service.domain.concerns import Concern
from community_service.domain.moderation import Action, Decision, QueueItem, Record, Report
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


async def _report(
    store: Store, comment: Comment, concern: Concern = Concern.SPAM, reporter: str = "", weight: float = 1.0
) -> bool:
    report = Report(comment.id, reporter or new_id(), concern, "—", NOON, weight)
    with acting_as(Caller(report.reporter_id, Role.STUDENT)):
        async with store.begin() as work:
            return await work.queue.report(report)


async def test_a_report_makes_a_comment_wait_and_more_add_to_it(store: Store, comments: list[Comment]) -> None:
    for concern in (Concern.SPAM, Concern.VIOLENCE, Concern.SPAM):
        assert await _report(store, comments[0], concern)
    [item] = await store.reads.queue.page(9, None)
    assert item == QueueItem(comments[0], 3, (Concern.SPAM, Concern.VIOLENCE), None, None, NOON, weight=3.0)


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
        after = (page[-1].pressing, page[-1].comment.id)
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


async def test_where_somebody_may_be_in_danger_comes_first_and_then_the_heaviest(
    store: Store, comments: list[Comment]
) -> None:
    await _report(store, comments[0], weight=0.25)
    await _report(store, comments[1], weight=1.5)
    async with store.begin() as work:
        await work.queue.put(comments[2].id, Concern.HELP, NOON)
    items = await store.reads.queue.page(9, None)
    assert [(item.comment.id, item.weight) for item in items] == [
        (comments[2].id, 0.0),
        (comments[1].id, 1.5),
        (comments[0].id, 0.25),
    ]
    assert await store.reads.queue.page(9, (items[0].pressing, items[0].comment.id)) == items[1:]


async def test_a_reporter_s_record_counts_what_became_of_each_report(store: Store, comments: list[Comment]) -> None:
    bob = new_id()
    for comment, upheld in zip(comments, (True, False, None), strict=True):
        await _report(store, comment, reporter=bob)
        if upheld is not None:
            async with store.begin() as work:
                await work.queue.settle(comment.id, upheld=upheld)
    with acting_as(Caller(bob, Role.STUDENT)):
        assert await store.reads.queue.record_of(bob) == Record(upheld=1, dismissed=1)
        assert await store.reads.queue.record_of(new_id()) == Record()


async def test_decisions_are_kept_with_the_newest_first(store: Store, comments: list[Comment]) -> None:
    made = [_decision(comments[0], action) for action in Action]
    for decision in made:
        async with store.begin() as work:
            await work.queue.record(decision)
            assert await work.queue.last_decision(comments[0].id) == decision
            assert await work.queue.last_decision(comments[1].id) is None
    assert await store.reads.queue.decisions(comments[0].id) == made[::-1]
    assert await store.reads.queue.decisions(comments[1].id) == []


async def test_an_author_reads_what_was_decided_about_them_and_nobody_else_does(
    store: Store, comments: list[Comment]
) -> None:
    ended = _decision(comments[0], Action.SUSPEND, code=Concern.SPAM, end_time=NOON)
    made = [_decision(comments[0], Action.WARN, overturned=True), _decision(comments[0], Action.REJECT), ended]
    async with store.begin() as work:
        for decision in made:
            await work.queue.record(decision)
    author = comments[0].user_id
    for caller, sees in ((Caller(author, Role.STUDENT), True), (Caller(new_id(), Role.STUDENT), False), (MIA, True)):
        with acting_as(caller):
            assert await store.reads.queue.sanctions(author) == ([ended] if sees else [])


def _decision(comment: Comment, action: Action, **fields: Any) -> Decision:
    return Decision(new_id(), comment.id, MIA.id, action, "—", NOON, comment.user_id, **fields)
