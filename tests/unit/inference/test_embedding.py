"""Texts about the same thing lie near each other."""

from math import isclose, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference_service.curriculum.pack import load_curriculum
from inference_service.domain.embedding import DIMENSION, Embedder

EMBEDDER = Embedder(load_curriculum())


def _near(a: str, b: str) -> float:
    return sum(map(float.__mul__, EMBEDDER.embed(a), EMBEDDER.embed(b)))


@pytest.mark.parametrize(
    ("text", "related", "unrelated"),
    [
        ("The hypotenuse is the longest side.", "right triangles", "the guillotine in Paris"),
        ("Romeo and Juliet fall in love in Verona.", "Shakespeare's tragedies", "balancing equations"),
        ("An acid turns litmus red.", "What does pH measure?", "verbs agree with their subjects"),
        ("steam engines and factories", "the Industrial Revolution", "metaphors and similes"),
        ("zebras graze on the savanna", "a zebra was grazing", "quadratic formula"),
    ],
)
def test_related_texts_are_nearer_than_unrelated_ones(text: str, related: str, unrelated: str) -> None:
    assert _near(text, related) > _near(text, unrelated) + 0.1


@given(st.text(max_size=200))
def test_every_text_has_a_vector_of_length_one(text: str) -> None:
    vector = EMBEDDER.embed(text)
    assert len(vector) == DIMENSION
    assert isclose(sqrt(sum(value * value for value in vector)), 1.0, abs_tol=1e-9)


def test_case_endings_and_small_words_do_not_matter() -> None:
    assert _near("The Reactions of ACIDS", "acid reaction") > 0.99
