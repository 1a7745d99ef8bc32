"""Answers that follow a schema, and texts made short: nothing unchecked is passed on."""

import json
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest
from fakes.inference.engine import CARD, FakeEngine, FakeShelf

from inference_service.curriculum.pack import load_curriculum
from inference_service.domain.embedding import Embedder
from inference_service.domain.generation import Claim, Finish, Piece, Sampling
from inference_service.domain.models import Task
from inference_service.engine.answers import objection
from inference_service.errors import SchemaNotFollowed
from inference_service.use_cases.texts import Texts
from inference_service.use_cases.writing import ATTEMPTS, Writing

SCHEMA = '{"type": "integer", "maximum": 9}'
EMBEDDER = Embedder(load_curriculum())


def _writing(engine: FakeEngine) -> Writing:
    return Writing(FakeShelf(engine), objection)


async def _all(pieces: AsyncIterator[Piece]) -> list[Piece]:
    async with aclosing(pieces):
        return [piece async for piece in pieces]


async def test_free_text_is_streamed_for_its_claim() -> None:
    engine, claim = FakeEngine(), Claim("ada")
    assert len(await _all(_writing(engine).stream("x", "", Sampling(5), claim))) == 6
    assert engine.claims == [claim]


async def test_an_answer_that_follows_comes_in_one_piece() -> None:
    (piece,) = await _all(_writing(FakeEngine(answers=["7"])).stream("x", "", Sampling(5, schema=SCHEMA)))
    assert (piece.text, piece.finish) == ("7", Finish.STOP)


async def test_one_that_does_not_is_tried_again_with_another_seed_and_some_warmth() -> None:
    engine = FakeEngine(answers=["12", "no JSON", "3"])
    (piece,) = await _all(_writing(engine).stream("x", "", Sampling(5, 0.0, 40, schema=SCHEMA)))
    assert piece.text == "3"
    assert [(sampling.seed, sampling.temperature) for sampling in engine.samplings] == [(40, 0.0), (41, 0.7), (42, 0.7)]


async def test_when_none_follows_the_problem_is_told_and_nothing_else() -> None:
    engine = FakeEngine(answers=["10"] * ATTEMPTS)
    async with aclosing(_writing(engine).stream("x", "", Sampling(5, schema=SCHEMA))) as pieces:
        with pytest.raises(
            SchemaNotFollowed, match=r"in 3 attempts: .*10 is greater than the maximum of 9.*Raise maxT"
        ):
            await anext(pieces)


def _texts(engine: FakeEngine) -> Texts:
    shelf = FakeShelf(engine, tasks=[Task.SUMMARY])
    return Texts(shelf, Writing(shelf, objection), EMBEDDER)


async def test_a_model_that_follows_instructions_makes_texts_short() -> None:
    written = ["Plants make sugar.", "Light drives it all."]
    engine = FakeEngine(answers=[json.dumps({"sentences": written})])
    extract = await _texts(engine).summarise("Plants make sugar from light.", Claim())
    assert (extract.sentences, extract.source) == (tuple(written), CARD.name)


async def test_when_the_model_fails_the_sentences_of_the_text_are_given() -> None:
    for engine in (FakeEngine(crash=True), FakeEngine(answers=["{}"] * ATTEMPTS)):
        extract = await _texts(engine).key_points("Plants make sugar. Light drives it.", Claim())
        assert extract.sentences == ("Plants make sugar.", "Light drives it.")
        assert extract.source == "textrank/1"
