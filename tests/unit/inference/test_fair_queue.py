"""Who is served next: urgent before patient, and among equals whoever was served least."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference_service.domain.fair_queue import MOST_COUNTERS, FairQueue, QueueFull, Ticket
from inference_service.domain.generation import Claim, Priority


def _ticket(user: str, priority: Priority = Priority.INTERACTIVE, cost: int = 100) -> Ticket:
    return Ticket(Claim(user, priority), cost)


def _join(queue: FairQueue, *tickets: Ticket) -> None:
    for ticket in tickets:
        assert queue.join(ticket) is None


def _serve(queue: FairQueue) -> str:
    """Serve the next to its end at full cost."""
    ticket = queue.take()
    queue.charge(ticket.claim.user, ticket.cost)
    queue.finish(ticket)
    return ticket.claim.user


def test_a_higher_priority_goes_first_however_much_its_user_was_served() -> None:
    queue = FairQueue(10)
    queue.charge("b", 10_000)
    _join(queue, *(_ticket(user, priority) for user, priority in zip("abcd", reversed(Priority), strict=True)))
    assert [_serve(queue) for _ in range(4)] == ["d", "c", "b", "a"]


def test_one_who_asks_much_does_not_hold_up_one_who_asks_little() -> None:
    queue = FairQueue(10)
    _join(queue, *(_ticket("greedy") for _ in range(5)), _ticket("modest"))
    assert [_serve(queue) for _ in range(3)] == ["greedy", "modest", "greedy"]


def test_users_share_by_tokens_and_not_by_requests() -> None:
    queue = FairQueue(40)
    _join(queue, *(_ticket("long", cost=300) for _ in range(10)), *(_ticket("short", cost=100) for _ in range(20)))
    assert Counter(_serve(queue) for _ in range(20)) == {"long": 5, "short": 15}


def test_whoever_returns_from_a_pause_has_saved_nothing_up() -> None:
    queue = FairQueue(20)
    _join(queue, *(_ticket("steady") for _ in range(10)))
    for _ in range(5):
        _serve(queue)
    _join(queue, *(_ticket("back") for _ in range(5)))
    assert Counter(_serve(queue) for _ in range(6)) == {"steady": 3, "back": 3}


def test_leaving_and_returning_pays_no_debt() -> None:
    queue = FairQueue(20)
    _join(queue, _ticket("other"), _ticket("greedy", cost=1000), _ticket("other"), _ticket("other"))
    assert [_serve(queue) for _ in range(2)] == ["other", "greedy"]
    _join(queue, _ticket("greedy"))
    assert [_serve(queue) for _ in range(3)] == ["other", "other", "greedy"]


def test_the_last_in_order_makes_room_for_one_who_goes_before() -> None:
    queue = FairQueue(2)
    first, last = _ticket("a"), _ticket("b", Priority.BATCH)
    _join(queue, first, last)
    assert queue.join(_ticket("c", Priority.MODERATION)) is last
    with pytest.raises(QueueFull):
        queue.join(_ticket("d", Priority.BATCH))
    assert len(queue) == 2


def test_a_flood_of_one_user_cannot_take_the_place_of_another() -> None:
    queue = FairQueue(4)
    _join(queue, *(_ticket("flood") for _ in range(4)))
    displaced = queue.join(_ticket("other"))
    assert displaced
    assert displaced.claim.user == "flood"
    with pytest.raises(QueueFull):
        queue.join(_ticket("flood"))
    assert "other" in [ticket.claim.user for ticket in queue.order()]


def test_one_who_leaves_is_no_longer_waited_for() -> None:
    queue = FairQueue(4)
    leaving, staying = _ticket("a"), _ticket("b")
    _join(queue, leaving, staying)
    queue.leave(leaving)
    queue.leave(leaving)
    assert queue.order() == [staying]


def test_users_who_left_are_forgotten() -> None:
    queue = FairQueue(4)
    for number in range(MOST_COUNTERS * 2):
        queue.join(_ticket(str(number), cost=1 + number % 7))
        _serve(queue)
    assert len(queue._served) <= MOST_COUNTERS


_steps = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from(Priority), st.integers(1, 500), st.booleans()), max_size=60
)


@given(_steps)
def test_the_order_told_is_the_order_served_and_nobody_is_lost(
    steps: list[tuple[str, Priority, int, bool]],
) -> None:
    queue, inside = FairQueue(8), 0
    for user, priority, cost, serve in steps:
        try:
            inside += queue.join(_ticket(user, priority, cost)) is None
        except QueueFull:
            assert len(queue) == 8
        if serve and len(queue):
            expected = queue.order()[0]
            ticket = queue.take()
            assert ticket is expected
            assert ticket.claim.priority == min([ticket, *queue.order()], key=lambda t: t.claim.priority).claim.priority
            queue.charge(ticket.claim.user, cost)
            queue.finish(ticket)
            inside -= 1
        assert len(queue) == inside <= 8


@given(st.lists(st.integers(1, 100), min_size=40, max_size=40), st.lists(st.integers(1, 100), min_size=40, max_size=40))
def test_two_who_always_want_more_are_never_further_apart_than_two_requests(
    first: list[int], second: list[int]
) -> None:
    queue, served = FairQueue(80), Counter[str]()
    _join(queue, *(_ticket("a", cost=cost) for cost in first), *(_ticket("b", cost=cost) for cost in second))
    while all(any(t.claim.user == user for t in queue.order()) for user in "ab"):
        cost = queue.order()[0].cost
        served[_serve(queue)] += cost
        assert abs(served["a"] - served["b"]) <= 200
