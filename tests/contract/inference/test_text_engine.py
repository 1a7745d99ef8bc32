"""Every text engine keeps this contract: the fake, and the real model in its own process under each library."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager

import pytest
from fakes.inference.engine import FakeEngine

from inference_service.domain.generation import Finish, Piece, Sampling
from inference_service.domain.models import EngineName, EngineState
from inference_service.domain.schema import compile_schema
from inference_service.engine.answers import objection
from inference_service.engine.spec import WorkerSpec
from inference_service.engine.supervised import SupervisedEngine
from inference_service.errors import PromptHasNul, PromptTooLong
from inference_service.ports import TextEngine
from inference_service.storage import read_registry

PROMPT = "topic: fractions\nkind: hook\nuse: share things fairly\nsay:"


@pytest.fixture(params=["fake", *EngineName])
async def engine(request: pytest.FixtureRequest) -> AsyncIterator[TextEngine]:
    if request.param == "fake":
        yield FakeEngine()
        return
    async with _running(EngineName(request.param)) as running:
        yield running


@pytest.fixture(params=EngineName)
async def model(request: pytest.FixtureRequest) -> AsyncIterator[TextEngine]:
    """The real ones only: the fake writes what it is told to."""
    async with _running(request.param) as running:
        yield running


@asynccontextmanager
async def _running(library: EngineName) -> AsyncIterator[SupervisedEngine]:
    registry = read_registry()
    card = registry.card("little-monster-nano")
    spec = WorkerSpec(registry.path(card), card.sha256, card.context_length, 1, library, places=3)
    real = SupervisedEngine(card, spec)
    supervision = asyncio.create_task(real.supervise())
    yield real
    supervision.cancel()
    await asyncio.gather(supervision, return_exceptions=True)


async def _pieces(engine: TextEngine, prompt: str = PROMPT, **sampling: object) -> list[Piece]:
    async with aclosing(engine.generate(prompt, Sampling(**{"max_tokens": 24, **sampling}))) as pieces:
        return [piece async for piece in pieces if not piece.queue_position]


def _text(pieces: list[Piece]) -> str:
    return "".join(piece.text for piece in pieces)


async def test_only_the_last_piece_is_marked_as_finished(engine: TextEngine) -> None:
    pieces = await _pieces(engine)
    assert all(piece.finish is None for piece in pieces[:-1])
    assert pieces[-1].finish in (Finish.STOP, Finish.LENGTH)


async def test_tokens_are_counted_up_to_the_most_that_were_asked_for(engine: TextEngine) -> None:
    counts = [piece.tokens for piece in await _pieces(engine, max_tokens=5, temperature=2.0, seed=9)]
    assert counts == sorted(counts)
    assert counts[-1] <= 5


async def test_running_into_the_limit_finishes_with_length(engine: TextEngine) -> None:
    assert (await _pieces(engine, max_tokens=2))[-1].finish is Finish.LENGTH


@pytest.mark.parametrize("temperature", [0.0, 0.7])
async def test_the_same_seed_writes_the_same_text(engine: TextEngine, temperature: float) -> None:
    first = _text(await _pieces(engine, temperature=temperature, seed=11))
    assert _text(await _pieces(engine, temperature=temperature, seed=11)) == first


async def test_other_seeds_write_other_texts(engine: TextEngine) -> None:
    assert len({_text(await _pieces(engine, temperature=1.5, seed=seed)) for seed in range(8)}) > 1


async def test_a_prompt_with_nul_is_refused(engine: TextEngine) -> None:
    with pytest.raises(PromptHasNul, match="Remove it"):
        await _pieces(engine, "before\0after")


async def test_a_prompt_that_does_not_fit_is_refused_and_the_next_one_answered(engine: TextEngine) -> None:
    with pytest.raises(PromptTooLong, match="Shorten the prompt"):
        await _pieces(engine, "word " * 4000)
    with pytest.raises(PromptTooLong, match="lower maxTokens"):
        await _pieces(engine, max_tokens=engine.card.context_length)
    assert (await _pieces(engine))[-1].finish


@pytest.mark.parametrize("prompt", ["🦊" * 30, "毕达哥拉斯定理" * 8, "é\u0301\u200d\ufeff", "\udcff", "\x01\x7f", " "])
async def test_any_characters_are_safe(engine: TextEngine, prompt: str) -> None:
    if "\udcff" in prompt and isinstance(engine, FakeEngine):
        prompt = prompt.encode("utf-8", "replace").decode()
    assert (await _pieces(engine, prompt))[-1].finish


async def test_closing_the_stream_frees_the_engine_for_the_next_request(engine: TextEngine) -> None:
    async with aclosing(engine.generate(PROMPT, Sampling(300, 2.0, 1))) as pieces:
        assert (await anext(pieces)).finish is None
    assert (await _pieces(engine))[-1].finish


async def test_requests_at_the_same_time_are_all_answered_each_with_its_own_text(engine: TextEngine) -> None:
    alone = [_text(await _pieces(engine, seed=seed)) for seed in range(6)]
    together = await asyncio.gather(*(_pieces(engine, seed=seed) for seed in range(6)))
    assert list(map(_text, together)) == alone


async def test_the_length_of_the_prompt_is_told(model: TextEngine) -> None:
    (length,) = {piece.prompt_tokens for piece in await _pieces(model, "the right triangle")}
    (longer,) = {piece.prompt_tokens for piece in await _pieces(model, "the right triangle and its three sides")}
    assert 3 < length < longer < 40


SCHEMA = {
    "type": "object",
    "properties": {
        "title": {"type": "string", "minLength": 3, "maxLength": 20},
        "level": {"enum": ["INTRO", "HONORS"]},
        "points": {"type": "array", "items": {"type": "string", "maxLength": 8}, "minItems": 2, "maxItems": 3},
        "sure": {"type": "boolean"},
        "note": {"anyOf": [{"type": "null"}, {"const": "ok"}]},
        "count": {"type": "integer"},
    },
    "required": ["title", "level", "points"],
}


async def test_an_answer_follows_its_schema(model: TextEngine) -> None:
    schema = compile_schema(SCHEMA)
    for seed in range(4):
        pieces = await _pieces(model, max_tokens=200, temperature=0.8, seed=seed, schema=schema)
        assert pieces[-1].finish is Finish.STOP
        assert objection(_text(pieces), schema) == ""
        assert set(json.loads(_text(pieces))) >= {"title", "level", "points"}


async def test_an_answer_without_room_for_its_schema_is_cut_but_never_leaves_it(model: TextEngine) -> None:
    pieces = await _pieces(model, max_tokens=6, schema=compile_schema(SCHEMA))
    assert pieces[-1].finish is Finish.LENGTH
    assert _text(pieces).startswith('{"')


async def test_an_engine_that_has_answered_is_ready(engine: TextEngine) -> None:
    await _pieces(engine)
    assert engine.state is EngineState.READY
