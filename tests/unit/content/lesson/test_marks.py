"""Chapters and key points lead to the right second."""

from dataclasses import replace

import numpy as np

from content_service.lesson.marks import chapters, key_point_timestamps
from content_service.lesson.narration import Utterance, timed_words
from content_service.lesson.schedule import FPS, Schedule, schedule
from content_service.lesson.script import (
    Concept,
    Difficulty,
    Place,
    Point,
    Recap,
    Row,
    Scene,
    Script,
    Subject,
    Table,
    Title,
)
from content_service.lesson.storyboard import storyboard

RATE = 1000


def speak(text: str) -> Utterance:
    marks = [(i, i / 10) for i, character in enumerate(text) if i == 0 or text[i - 1] == " "]
    return Utterance(np.ones(len(text) * RATE // 10, dtype=np.int16), timed_words(text, marks, len(text) / 10))


def lesson(key_points: tuple[str, ...], *scenes: Scene) -> tuple[Script, Schedule]:
    script = Script("Title", Subject.HISTORY, Difficulty.INTRO, "", key_points, (), scenes)
    return script, schedule(storyboard(script), speak, RATE, lambda fraction: None)


SCENES = (
    Scene("Steam", "Start", Title("sub", "Steam replaced muscle, and this is its story.")),
    Scene(
        "Why",
        "Causes",
        Concept((Point("Coal", "Coal lay near water."), Point("Wages", "Steam power replaced muscle."))),
    ),
    Scene("More", "Causes", Concept((Point("Banks", "Banks lent money."),))),
    Scene("Recap", "Recap", Recap((Point("Steam", "Steam power replaced muscle."),))),
)


def test_neighbouring_scenes_of_one_chapter_make_one_mark() -> None:
    found = chapters(*lesson((), *SCENES))
    assert [chapter.title for chapter in found] == ["Start", "Causes", "Recap"]
    assert found[0].start == 0
    assert found[0].start < found[1].start < found[2].start


def test_a_scene_without_chapter_is_marked_by_its_heading() -> None:
    assert chapters(*lesson((), Scene("Steam", "", Title("sub", "Steam."))))[0].title == "Steam"


def test_a_key_point_leads_to_the_first_word_of_what_teaches_it() -> None:
    script, plan = lesson(("Muscle was replaced", "Coal"), *SCENES)
    taught = replace(script, key_point_places=(Place(1, 1), Place(1, 0)))
    said = {(spoken.beat.scene, spoken.beat.step): spoken.words[0].start for spoken in plan.spoken}
    assert key_point_timestamps(taught, plan) == (round(said[1, 1], 3), round(said[1, 0], 3))


def test_a_key_point_that_is_shown_without_words_leads_to_when_it_appears() -> None:
    rows = (Row(("one",), "The first row."), Row(("two",), ""))
    script, plan = lesson(("Two",), SCENES[0], Scene("Rows", "Rows", Table(("Number",), rows)))
    silent = next(shot for shot in plan.shots if (shot.scene, shot.step) == (1, 1))
    taught = replace(script, key_point_places=(Place(1, 1),))
    assert key_point_timestamps(taught, plan) == (silent.start / FPS,)


def test_where_a_script_does_not_say_what_teaches_its_key_points_they_lead_to_the_recap() -> None:
    script, plan = lesson(("Steam power replaced muscle.",), *SCENES)
    assert key_point_timestamps(script, plan) == (round(plan.spoken[-1].words[0].start, 3),)


def test_key_points_that_nothing_says_lead_to_the_start() -> None:
    assert key_point_timestamps(*lesson(("Banks lent", "Coal"), *SCENES[:3])) == (0.0, 0.0)
