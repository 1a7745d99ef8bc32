"""At the turnstile users share a model by the tokens that were really read and written for them."""

from inference_service.domain.generation import Claim, Piece
from inference_service.engine.turnstile import Entry, Turnstile


def _enter(turnstile: Turnstile, user: str, most_tokens: int = 10) -> Entry:
    return turnstile.join(Claim(user), most_tokens)


def test_whoever_was_written_for_lets_the_others_go_first() -> None:
    turnstile = Turnstile("nano", places=1, most=8)
    served, again, other = (_enter(turnstile, user) for user in ("a", "a", "b"))
    turnstile.charge(served, Piece("x", tokens=1, prompt_tokens=3))
    turnstile.leave(served)
    assert other.called
    assert not again.called


def test_pieces_that_count_from_the_start_are_charged_for_what_they_add() -> None:
    turnstile = Turnstile("nano", places=2, most=8)
    in_pieces, at_once = _enter(turnstile, "a"), _enter(turnstile, "b")
    for tokens in (1, 2, 3):
        turnstile.charge(in_pieces, Piece("x", tokens, prompt_tokens=1))
    turnstile.charge(at_once, Piece("xxxx", tokens=4, prompt_tokens=1))
    more_of_b, more_of_a = _enter(turnstile, "b"), _enter(turnstile, "a")
    turnstile.leave(at_once)
    assert more_of_a.called
    assert not more_of_b.called


async def test_a_request_that_may_take_long_is_told_its_place_behind_those_of_others() -> None:
    turnstile = Turnstile("nano", places=1, most=8)
    _enter(turnstile, "a")
    first, second, other = (_enter(turnstile, user, most_tokens=100) for user in ("a", "a", "b"))
    assert [await anext(turnstile.positions(entry)) for entry in (first, other, second)] == [1, 2, 3]


def test_one_who_leaves_while_waiting_is_never_called() -> None:
    turnstile = Turnstile("nano", places=1, most=8)
    inside, leaving, staying = (_enter(turnstile, "a") for _ in range(3))
    turnstile.leave(leaving)
    turnstile.leave(inside)
    assert staying.called
    assert turnstile.present == 1
