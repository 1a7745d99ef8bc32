"""Choosing tokens from logits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from inference_service.domain.generation import Sampling
from inference_service.engine.sampling import choose

LOGITS = np.array([0.0, 3.0, 1.0, 2.0, -5.0], dtype=np.float32)


def _draw(sampling: Sampling, count: int = 300) -> list[int]:
    generator = np.random.default_rng(sampling.seed)
    return [choose(LOGITS, sampling, generator) for _ in range(count)]


def test_temperature_zero_takes_the_likeliest() -> None:
    assert set(_draw(Sampling(temperature=0))) == {1}


def test_the_same_seed_draws_the_same_tokens() -> None:
    assert _draw(Sampling(seed=4)) == _draw(Sampling(seed=4))
    assert _draw(Sampling(seed=4)) != _draw(Sampling(seed=5))


def test_only_the_top_k_are_drawn() -> None:
    assert set(_draw(Sampling(temperature=5, top_k=2, top_p=1))) == {1, 3}


def test_a_small_top_p_keeps_the_likeliest_only() -> None:
    assert set(_draw(Sampling(temperature=1, top_p=0.1))) == {1}


def test_draws_follow_the_probabilities() -> None:
    drawn = _draw(Sampling(temperature=1, top_k=0, top_p=1), 4000)
    assert drawn.count(1) / 4000 == pytest.approx(np.exp(3) / np.exp(LOGITS).sum(), abs=0.03)


@given(
    arrays(np.float32, st.integers(1, 50), elements=st.floats(-80, 80, width=32)),
    st.floats(0, 2),
    st.integers(0, 60),
    st.floats(0.01, 1),
)
def test_the_token_is_always_in_the_vocabulary(
    logits: np.ndarray, temperature: float, top_k: int, top_p: float
) -> None:
    sampling = Sampling(temperature=temperature, top_k=top_k, top_p=top_p)
    assert 0 <= choose(logits, sampling, np.random.default_rng(0)) < len(logits)
