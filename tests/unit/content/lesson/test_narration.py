"""Sentences are found, and every written word gets a time."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from content_service.lesson.narration import LONGEST_WORD, Utterance, sentences, speak, timed_words


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


class Metronome:
    """A voice that takes a second for each word, and remembers what it was asked to say."""

    name, rate = "metronome", 100

    def __init__(self) -> None:
        self.said: list[str] = []

    def sentence(self, sentence: str) -> Utterance:
        self.said.append(sentence)
        places = [0, *(at + 1 for at, letter in enumerate(sentence) if letter == " ")]
        marks = [(place, float(second)) for second, place in enumerate(places)]
        return Utterance(np.zeros(100 * len(places), dtype=np.int16), timed_words(sentence, marks, float(len(places))))


def test_words_are_timed_as_spoken_and_told_as_written() -> None:
    voice = Metronome()
    spoken = speak(voice, "Thucydides died. The p H in nineteen oh nine, then a squared.")
    assert voice.said[0] != "Thucydides died."
    assert voice.said[1] == "The p H in nineteen oh nine, then eh squared."
    assert [(word.text, round(word.start, 2), round(word.end, 2), word.closes) for word in spoken.words] == [
        ("Thucydides", 0.0, 1.0, False),
        ("died.", 1.0, 2.0, True),
        ("The", 2.26, 3.26, False),
        ("pH", 3.26, 5.26, False),
        ("in", 5.26, 6.26, False),
        ("1909,", 6.26, 9.26, False),
        ("then", 9.26, 10.26, False),
        ("a", 10.26, 11.26, False),
        ("squared.", 11.26, 12.26, True),
    ]
