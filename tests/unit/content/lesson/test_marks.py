"""Chapters and key points lead to the right second."""

import numpy as np

from content_service.lesson.marks import chapters, key_point_timestamps
from content_service.lesson.narration import Utterance, timed_words
from content_service.lesson.schedule import Schedule, schedule
from content_service.lesson.script import Concept, Difficulty, Point, Recap, Scene, Script, Subject, Title
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


def test_a_key_point_leads_to_where_it_is_taught_not_where_it_is_announced_or_repeated() -> None:
    script, plan = lesson(("Steam power replaced muscle",), *SCENES)
    taught = next(spoken for spoken in plan.spoken if spoken.beat.scene == 1 and spoken.beat.step == 1)
    assert key_point_timestamps(script, plan) == (round(taught.words[0].start, 3),)


def test_a_key_point_leads_to_what_teaches_it_in_other_words_and_not_to_its_repetition() -> None:
    point = "Monomers are its links."
    facts = (
        "A polymer is a long chain.",
        "The small molecules that join into it are called monomers.",
        "Nylon is one.",
    )
    taught = Scene("Ideas", "Ideas", Concept(tuple(Point(say, say) for say in facts)))
    script, plan = lesson((point,), taught, Scene("Recap", "Recap", Recap((Point(point, point),))))
    assert key_point_timestamps(script, plan) == (round(plan.spoken[1].words[0].start, 3),)


def test_of_two_sentences_with_the_same_words_that_is_meant_in_which_they_are_neighbours() -> None:
    facts = (
        "Charles's law: at constant pressure, volume divided by absolute temperature stays the same.",
        "At constant volume, pressure divided by absolute temperature stays the same.",
    )
    taught = Scene("Ideas", "Ideas", Concept(tuple(Point(say, say) for say in facts)))
    points = ("At constant pressure the volume grows with temperature.", "At constant volume the pressure grows too.")
    script, plan = lesson(points, taught)
    assert key_point_timestamps(script, plan) == tuple(round(spoken.words[0].start, 3) for spoken in plan.spoken)


def test_a_key_point_that_nothing_teaches_leads_to_its_repetition() -> None:
    script, plan = lesson(
        ("Railways came later",), *SCENES[:3], Scene("", "", Recap((Point("", "Railways came later."),)))
    )
    assert key_point_timestamps(script, plan) == (round(plan.spoken[-1].words[0].start, 3),)


def test_every_key_point_gets_a_time_even_when_no_word_matches() -> None:
    script, plan = lesson(("Banks lent", "zebra", ""), *SCENES)
    times = key_point_timestamps(script, plan)
    assert len(times) == 3
    assert all(0 <= time < plan.duration for time in times)
