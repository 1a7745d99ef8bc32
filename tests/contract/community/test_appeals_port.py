"""Every store of appeals keeps this contract."""

from dataclasses import replace

import pytest
from fakes.community.made import NOON, a_comment, a_video

from community_service.domain.appeals import Appeal
from community_service.domain.comments import ModerationStatus
from community_service.domain.moderation import Action, Decision
from community_service.ports import Store
from servicekit.caller import Caller, Role, acting_as
from servicekit.ids import new_id

ADA, BOB = Caller(new_id(), Role.STUDENT), Caller(new_id(), Role.STUDENT)
MIA = Caller(new_id(), Role.MODERATOR)


@pytest.fixture
async def decisions(store: Store) -> list[Decision]:
    """Two decisions on one comment of Ada's, the first one first."""
    video = a_video()
    comment = a_comment(video, user_id=ADA.id)
    made = [Decision(new_id(), comment.id, MIA.id, Action.REJECT, "—", NOON, ADA.id) for _ in range(2)]
    with acting_as(MIA):
        async with store.begin() as work:
            await work.videos.learn(video)
            await work.comments.add(comment)
            for decision in made:
                await work.queue.record(decision)
    return made


def _appeal(decision: Decision) -> Appeal:
    return Appeal(decision.id, decision.comment_id, ADA.id, "It is the plot.", NOON)


async def _add(store: Store, *appeals: Appeal) -> list[bool]:
    with acting_as(MIA):
        async with store.begin() as work:
            return [await work.appeals.add(appeal) for appeal in appeals]


async def test_a_decision_is_appealed_once_and_the_newest_decision_s_appeal_is_read(
    store: Store, decisions: list[Decision]
) -> None:
    first, second = map(_appeal, decisions)
    assert await _add(store, first, replace(first, statement="Again"), second) == [True, False, True]
    with acting_as(ADA):
        assert await store.reads.appeals.of_comment(first.comment_id) == second
        assert await store.reads.appeals.of_comment(new_id()) is None


async def test_an_appeal_is_read_by_its_author_and_moderators_only(store: Store, decisions: list[Decision]) -> None:
    appeal = _appeal(decisions[0])
    await _add(store, appeal)
    for caller, reads in ((ADA, True), (MIA, True), (BOB, False), (None, False)):
        with acting_as(caller):
            assert (await store.reads.appeals.of_comment(appeal.comment_id) == appeal) is reads


async def test_an_answer_is_saved_whole_and_the_decision_overturned(store: Store, decisions: list[Decision]) -> None:
    appeal = _appeal(decisions[0])
    await _add(store, appeal)
    with acting_as(MIA):
        async with store.begin() as work:
            assert await work.appeals.lock(new_id()) is None
            assert await work.appeals.lock(appeal.id) == appeal
            done = replace(appeal, status=ModerationStatus.APPROVED, answer="Yes", answered_by=MIA.id, answer_time=NOON)
            await work.appeals.save(done)
            await work.queue.overturn(appeal.id)
        assert await store.reads.appeals.of_comment(appeal.comment_id) == done
        assert await store.reads.queue.decisions(appeal.comment_id) == [
            decisions[1],
            replace(decisions[0], overturned=True),
        ]
        async with store.begin() as work:
            assert await work.queue.decision(appeal.id) == replace(decisions[0], overturned=True)
            assert await work.queue.decision(new_id()) is None
