"""The shipped model called directly under the other library: what both must keep to the token."""

import itertools

import pytest
from integration.inference.conftest import nano_spec

from inference_service.domain.generation import Finish, Sampling
from inference_service.engine.xllama import BatchedModel
from inference_service.errors import PromptTooLong

PROMPT = "topic: acids and bases\nkind: welcome\nsay:"
CONTEXT = 512


@pytest.fixture(scope="module")
def model() -> BatchedModel:
    return BatchedModel(nano_spec(CONTEXT))


def test_a_cancelled_request_stops_at_the_next_token(model: BatchedModel) -> None:
    asked = itertools.count()  # once before the prompt, once a token, and once when it has ended
    pieces = list(model.generate(PROMPT, Sampling(400, temperature=2.0, seed=1), lambda: next(asked) >= 4))
    assert (pieces[-1].tokens, pieces[-1].finish) == (4, Finish.CANCELLED)
    assert next(asked) == 6


def test_a_prompt_fills_the_context_to_the_last_token_and_not_beyond(model: BatchedModel) -> None:
    with pytest.raises(PromptTooLong) as refusal:
        list(model.generate(PROMPT, Sampling(CONTEXT), lambda: False))
    room = CONTEXT - int(refusal.value.metadata["prompt_tokens"])
    assert list(model.generate(PROMPT, Sampling(room, temperature=2.0), lambda: False))[-1].finish
    with pytest.raises(PromptTooLong):
        list(model.generate(PROMPT, Sampling(room + 1), lambda: False))
