"""Sentences are found, and every written word gets a time."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from content_service.lesson.narration import LONGEST_WORD, sentences, timed_words


def test_sentences_end_at_stops_questions_and_exclamations() -> None:
    assert sentences("One. Two?  Three!\nFour") == ["One.", "Two?", "Three!", "Four"]


def test_abbreviations_initials_and_decimals_do_not_end_a_sentence() -> None:
    assert sentences("Dr. J. Snow measured 3.5 litres, i.e. a lot. Good.") == [
        "Dr. J. Snow measured 3.5 litres, i.e. a lot.",
        "Good.",
    ]


def test_no_text_has_no_sentences() -> None:
    assert sentences("  ") == []


def test_words_take_the_time_of_their_first_mark() -> None:
    words = timed_words("In 1984 we", [(0, 0.1), (3, 0.3), (3, 0.6), (8, 1.0)], 1.5)
    assert [(word.text, word.start, word.end, word.closes) for word in words] == [
        ("In", 0.1, 0.3, False),
        ("1984", 0.3, 1.0, False),
        ("we", 1.0, 1.5, True),
    ]


def test_a_word_without_a_mark_starts_with_the_word_before() -> None:
    words = timed_words("yes — no", [(0, 0.0), (6, 0.7)], 1.0)
    assert [(word.text, word.start) for word in words] == [("yes", 0.0), ("—", 0.0), ("no", 0.7)]


@given(
    st.text(alphabet="ab —1", max_size=150),
    st.lists(st.tuples(st.integers(-2, 160), st.floats(0, 9)), max_size=40),
    st.floats(0, 8),
)
def test_word_times_never_run_backwards(text: str, marks: list[tuple[int, float]], duration: float) -> None:
    words = timed_words(text, marks, duration)
    assert "".join(word.text for word in words) == "".join(text.split())
    assert all(len(word.text) <= LONGEST_WORD for word in words)
    assert all(0 <= word.start <= word.end + 1e-9 <= duration + 1e-6 for word in words)
    assert all(before.start <= after.start + 1e-9 for before, after in pairwise(words))
