"""Summaries and key points are the text's own most central sentences."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference_service.domain.extracts import LONGEST, MOST_SENTENCES, key_points, sentences, summary

TEXT = (
    "The French Revolution began in 1789. Bread was dear and the crown had no money. The revolution ended the power of the "
    "crown in France. Dr. Guillotin proposed a machine. The weather was fine that day. The revolution changed France and "
    "spread its ideas in Europe."
)


def test_sentences_end_where_a_reader_ends_them() -> None:
    assert sentences('It is 3.5 m long. Dr. Who said: "Go!" He went.\n\nThe end') == [
        "It is 3.5 m long.",
        'Dr. Who said: "Go!"',
        "He went.",
        "The end",
    ]


def test_a_summary_has_the_central_sentences_in_the_order_of_the_text() -> None:
    made = summary(TEXT)
    assert made.startswith("The French Revolution began in 1789.")
    assert made.endswith("spread its ideas in Europe.")
    assert "weather" not in made


def test_key_points_are_sentences_of_the_text() -> None:
    points = key_points(TEXT)
    assert len(points) == 5
    assert all(point in TEXT for point in points)


@pytest.mark.parametrize("text", ["One.", "no end", "。", "!!!", "a " * 9_999])
def test_any_text_gives_something(text: str) -> None:
    assert summary(text).strip()
    assert key_points(text)


@given(st.text(min_size=1, max_size=400).filter(str.strip))
def test_nothing_is_made_up_and_everything_is_bounded(text: str) -> None:
    found = sentences(text)
    assert 0 < len(found) <= MOST_SENTENCES
    assert all(0 < len(sentence) <= LONGEST for sentence in found)
    assert all(word in text for word in summary(text).split())
