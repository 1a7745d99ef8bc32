"""What texts are about and in which language they are: labelled tables that no training has seen."""

from pathlib import Path

import pytest

from inference_service.clients.language import BundledLanguages
from inference_service.clients.ngrams import Spelling
from inference_service.domain.classification import OTHER, SubjectGuess, features, off_subject
from inference_service.domain.subject import Subject
from inference_service.storage import read_subject_model

_HERE = Path(__file__).parent


def _table(name: str) -> list[tuple[str, str]]:
    rows = (line.split("\t") for line in (_HERE / name).read_text().splitlines())
    return [(label, text) for label, text in rows]


def _subject_of(text: str) -> str:
    guess = read_subject_model().classify(text)
    return guess.subject.value if guess.subject else OTHER


def test_six_of_seven_questions_are_put_into_their_subject(record_property) -> None:
    table = [(label, text) for label, text in _table("subjects.tsv") if label != OTHER]
    right = sum(_subject_of(text) == label for label, text in table)
    record_property("accuracy", right / len(table))
    assert right / len(table) >= 6 / 7


def test_most_of_what_none_of_the_subjects_teaches_is_put_into_none(record_property) -> None:
    table = [text for label, text in _table("subjects.tsv") if label == OTHER]
    right = sum(_subject_of(text) == OTHER for text in table)
    record_property("accuracy", right / len(table))
    assert right / len(table) >= 0.8


@pytest.mark.parametrize(("tag", "text"), _table("languages.tsv"))
def test_languages_are_told_apart(tag: str, text: str) -> None:
    assert BundledLanguages().detect(text).tag == tag


@pytest.mark.parametrize(
    "text", ["gracias profe", "merci beaucoup", "vielen Dank", "勉強します", "谢谢老师", "obrigado"]
)
def test_how_sure_a_guess_is_lies_between_zero_and_one_also_for_a_word_or_two(text: str) -> None:
    assert 0 < BundledLanguages().detect(text).confidence <= 1


@pytest.mark.parametrize("text", ["\x00\x07hello my dear friend", "how are you \ufffe\u202e today", "a" * 5000 + " b"])
def test_a_text_with_characters_that_are_none_is_read_without_them(text: str) -> None:
    assert BundledLanguages().detect(text).confidence <= 1


@pytest.mark.parametrize("text", ["", "12 + 30 = 42", "ខ្ញុំមិនយល់ទេ", "ᚠᚢᚦᚨᚱᚲ"])
def test_spelling_says_nothing_of_letters_that_none_of_its_languages_has(text: str) -> None:
    assert Spelling().evidence(text) is None


def test_spelling_weighs_letters_by_those_before_them() -> None:
    spelling = Spelling()
    english, german = (spelling.languages.index(tag) for tag in ("en", "de"))
    forward, backward = (spelling.evidence(word) for word in ("thought", "thguoht"))
    assert forward[english] > forward[german]
    assert forward[english] > backward[english]


@pytest.mark.parametrize("text", ["", " ", "!!!", "\n", "🙂"])
def test_a_text_without_words_has_no_subject(text: str) -> None:
    assert read_subject_model().classify(text) == SubjectGuess(None, 0.0)


def test_confidence_is_a_probability_also_for_very_long_texts() -> None:
    assert 0 <= read_subject_model().classify("the treaty was signed by the king " * 150).confidence <= 1


def test_formulas_and_years_count_as_such() -> None:
    assert {"<formula>", "<year>", "0"} <= set(features("Fe2O3 in 1789 and 12"))


@pytest.mark.parametrize(
    ("guess", "asked", "off"),
    [
        (SubjectGuess(Subject.HISTORY, 0.95, {Subject.HISTORY: 0.95, Subject.MATH: 0.02}), Subject.MATH, True),
        (SubjectGuess(Subject.HISTORY, 0.7, {Subject.HISTORY: 0.7, Subject.MATH: 0.2}), Subject.MATH, False),
        (SubjectGuess(Subject.HISTORY, 0.95, {Subject.HISTORY: 0.95}), Subject.HISTORY, False),
        (SubjectGuess(None, 0.7, {Subject.MATH: 0.05}), Subject.MATH, True),
        (SubjectGuess(None, 0.0), Subject.MATH, False),
    ],
)
def test_only_what_is_plainly_about_something_else_is_off_the_subject(guess, asked, off) -> None:
    assert off_subject(guess, asked) is off
