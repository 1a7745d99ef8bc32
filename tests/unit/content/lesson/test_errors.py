"""Lesson errors cross a process boundary whole and say what to do next."""

import pickle

import pytest

from content_service.lesson.errors import (
    CharacterMissing,
    ContentOverflow,
    FormulaInvalid,
    LessonError,
    LessonTooLong,
    MediaNotWritten,
    NarrationFailed,
    ScriptInvalid,
)

ERRORS = (
    ScriptInvalid("Scene", "has no points"),
    ContentOverflow("Scene", "“a long text”"),
    FormulaInvalid("Scene", r"\frac{", "expected }"),
    CharacterMissing("Scene", "漢"),
    LessonTooLong(31, 30),
    NarrationFailed("no data"),
    MediaNotWritten("video.mp4", "disk full"),
)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_an_error_survives_pickling(error: LessonError) -> None:
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), copy.args, str(copy)) == (type(error), error.args, str(error))


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_a_message_names_the_case_and_ends_with_the_remedy(error: LessonError) -> None:
    assert str(error.args[0]) in str(error)
    assert str(error).endswith(".")
    assert "{" not in str(error).replace(r"\frac{", "")


def test_only_faults_of_the_machine_are_worth_another_attempt() -> None:
    assert {type(error) for error in ERRORS if error.retryable} == {NarrationFailed, MediaNotWritten}
