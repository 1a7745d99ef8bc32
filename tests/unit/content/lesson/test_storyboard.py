"""Beats come in the order a teacher would speak, with pauses where they belong."""

import pytest

from content_service.lesson.script import (
    Body,
    Concept,
    Curve,
    Difficulty,
    Moment,
    Plot,
    Point,
    Quiz,
    Quote,
    Recap,
    Row,
    Scene,
    Script,
    Step,
    Subject,
    Table,
    Timeline,
    Title,
    WorkedExample,
)
from content_service.lesson.storyboard import BREATH, READING, SCENE_PAUSE, Beat, storyboard

QUIZ = Quiz("Two?", "What is it?", ("one", "two"), 1, "Because.", "It is two.")
CURVE = Curve("line", (0.0, 1.0), (0.0, 1.0))


def beats(*bodies: Body) -> tuple[Beat, ...]:
    scenes = tuple(Scene("Heading", "Chapter", body) for body in bodies)
    return storyboard(Script("Title", Subject.MATH, Difficulty.INTRO, "", (), (), scenes))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (Title("sub", "hello"), [(0, "hello")]),
        (Concept((Point("A", "a"), Point("B", "b")), "x", "the x"), [(0, "a"), (1, "b"), (2, "the x")]),
        (Concept((Point("A", "a"),), "x"), [(0, "a")]),
        (Concept((), "x", "the x"), [(0, "the x")]),
        (WorkedExample("P", "p", (Step("S", "", "s"), Step("T", "t", "t"))), [(0, "p"), (1, "s"), (2, "t")]),
        (Plot((CURVE,), "x", "y", "caption", "look"), [(0, "look")]),
        (Timeline((Moment("1", "A", "a"), Moment("2", "B", "b"))), [(0, "a"), (1, "b")]),
        (Table(("C",), (Row(("A",), "a"), Row(("B",), "b"))), [(0, "a"), (1, "b")]),
        (Quote("Q", "S", "quote"), [(0, "quote")]),
        (QUIZ, [(0, "What is it?"), (1, ""), (2, ""), (3, ""), (4, "It is two.")]),
        (Recap((Point("A", "a"), Point("B", "b"))), [(0, "a"), (1, "b")]),
    ],
)
def test_each_kind_of_scene_is_told_step_by_step(body: Body, said: list[tuple[int, str]]) -> None:
    assert [(beat.step, beat.say) for beat in beats(body)] == said


def test_scenes_follow_each_other_after_a_longer_pause() -> None:
    told = beats(Recap((Point("A", "a"), Point("B", "b"))), Title("sub", "hello"))
    assert [(beat.scene, beat.pause) for beat in told] == [(0, BREATH), (0, SCENE_PAUSE), (1, SCENE_PAUSE)]


def test_the_quiz_leaves_a_second_and_a_half_to_think() -> None:
    assert sum(beat.pause for beat in beats(QUIZ) if not beat.say) == pytest.approx(3.0)


def test_a_part_without_words_stays_long_enough_to_be_read() -> None:
    silent, _ = beats(Table(("C",), (Row(("A",), " "), Row(("B",), "b"))))
    assert silent.pause == READING
