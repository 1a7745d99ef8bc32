"""Beats are laid out without gaps, on the frame grid, sound and picture equally long."""

from itertools import pairwise

import numpy as np
import pytest

from content_service.lesson.errors import LessonTooLong
from content_service.lesson.narration import Utterance, Word
from content_service.lesson.schedule import FPS, LEAD_IN, SCENE_AHEAD, Schedule, schedule
from content_service.lesson.storyboard import Beat

RATE = 8000


def speak(text: str) -> Utterance:
    """Half a second a word, at constant loudness."""
    words = tuple(Word(part, i / 2, (i + 1) / 2) for i, part in enumerate(text.split()))
    return Utterance(np.full(len(words) * RATE // 2, 1000, dtype=np.int16), words)


def plan(*beats: Beat) -> Schedule:
    return schedule(beats, speak, RATE, lambda fraction: None)


LESSON = plan(
    Beat(0, 0, "one two three", 0.8),
    Beat(1, 0, "four", 0.35),
    Beat(1, 1, "", 0.5),
    Beat(1, 2, "five six", 0.8),
)


def test_shots_follow_each_other_without_gap_from_the_first_frame() -> None:
    assert LESSON.shots[0].start == 0
    assert all(before.end == after.start < after.end for before, after in pairwise(LESSON.shots))


def test_sound_and_picture_are_equally_long() -> None:
    assert len(LESSON.samples) / RATE == pytest.approx(LESSON.duration, abs=1 / RATE)
    assert LESSON.duration == LESSON.shots[-1].end / FPS


def test_words_are_where_their_sound_is() -> None:
    for spoken in LESSON.spoken:
        for word in spoken.words:
            middle = LESSON.samples[round((word.start + 0.01) * RATE) : round((word.end - 0.01) * RATE)]
            assert middle.all()
    assert LESSON.spoken[0].words[0].start == pytest.approx(LEAD_IN)


def test_a_new_scene_is_seen_shortly_before_it_is_spoken_about() -> None:
    spoken_at = LESSON.spoken[1].words[0].start
    assert LESSON.shots[1].start / FPS == pytest.approx(spoken_at - SCENE_AHEAD, abs=1 / FPS)


def test_a_step_is_revealed_with_its_words() -> None:
    assert LESSON.shots[3].start / FPS == pytest.approx(LESSON.spoken[3].words[0].start, abs=0.2)


def test_progress_reaches_one() -> None:
    seen: list[float] = []
    schedule((Beat(0, 0, "a", 0.1), Beat(0, 1, "b", 0.1)), speak, RATE, seen.append)
    assert seen == [0.5, 1.0]


def test_a_lesson_longer_than_half_an_hour_is_refused() -> None:
    with pytest.raises(LessonTooLong, match="30 minutes"):
        plan(*[Beat(0, 0, "word " * 400, 0.8)] * 10)
