"""Slides hold what they are given inside the margins, or refuse it by the scene's name; nothing is clipped."""

from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from content_service.lesson.canvas import BODY_BOTTOM, SAFE
from content_service.lesson.errors import CharacterMissing, ContentOverflow, LessonError
from content_service.lesson.script import (
    Body,
    Concept,
    Curve,
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
from content_service.lesson.slides import paint
from content_service.lesson.storyboard import storyboard
from content_service.lesson.thumbnail import thumbnail

WORDS = "The quick brown fox jumps over 25 lazy dogs near Mississippi while H₂O ⇌ ions, "


def text(length: int) -> str:
    return (WORDS * (length // len(WORDS) + 1))[:length].strip()


def bodies(length: int, count: int) -> list[Body]:
    """Every kind of scene with texts of about `length` characters and `count` parts."""
    points = tuple(Point(text(length), "say") for _ in range(count))
    formula = "a + b = " + " + ".join(["c"] * min(40, max(1, length // 8)))
    return [
        Title(text(length), "say"),
        Concept(points),
        Concept(points, formula, "say"),
        Concept((), formula, "say"),
        WorkedExample(text(length), "say", tuple(Step(text(length), formula, "say") for _ in range(count))),
        WorkedExample(text(length), "say", tuple(Step(text(length), "", "say") for _ in range(count))),
        Plot((Curve(text(length // 2), (0.0, 1.0), (-5.0, 2e6)),) * count, text(20), text(20), text(length), "say"),
        Timeline(tuple(Moment(text(min(length, 12)), text(length), "say") for _ in range(count))),
        Table((text(12),) * 3, tuple(Row((text(length),) * 3, "say") for _ in range(count))),
        Quote(text(length * 3), text(length), "say"),
        Quiz(text(length), "say", (text(length // 2),) * min(6, max(2, count)), 1, text(length), "say"),
        Recap(points),
    ]


def one_scene(script: Script, body: Body, heading: str = "The heading") -> Script:
    return replace(script, scenes=(Scene(heading, "Chapter", body),))


@pytest.mark.parametrize("count", [1, 2, 3, 6])
@pytest.mark.parametrize("length", [1, 12, 40, 90, 200])
def test_whatever_is_painted_stays_inside_its_area(script: Script, length: int, count: int) -> None:
    for body in bodies(length, count):
        lesson = one_scene(script, body)
        with suppress(ContentOverflow):
            for picture in {beat.step: paint(lesson, 0, beat.step) for beat in storyboard(lesson)}.values():
                assert_margin_is_background(picture)


def assert_margin_is_background(picture: Image.Image) -> None:
    pixels = np.asarray(picture)
    outside = np.ones(pixels.shape[:2], dtype=bool)
    outside[SAFE : BODY_BOTTOM + 1, SAFE:-SAFE] = False
    assert (pixels[outside] == pixels[0, 0]).all()


@pytest.mark.parametrize("subject", Subject)
def test_ordinary_lessons_fit(script: Script, subject: Subject) -> None:
    for body in bodies(40, 3):
        lesson = replace(one_scene(script, body), subject=subject)
        assert all(paint(lesson, 0, beat.step).size == (1280, 720) for beat in storyboard(lesson))


def test_far_too_much_is_refused_by_every_kind_of_scene(script: Script) -> None:
    for body in bodies(1900, 10):
        with pytest.raises(LessonError, match="The heading"):
            paint(one_scene(script, body), 0, 0)


def test_a_word_wider_than_the_slide_is_refused_not_clipped(script: Script) -> None:
    with pytest.raises(ContentOverflow, match="aaaa"):
        paint(one_scene(script, Quote("fine", "fine", "say"), heading="a" * 200), 0, 0)


def test_a_chapter_too_long_for_its_line_is_refused(script: Script) -> None:
    scene = Scene("The heading", text(200), Quote("fine", "fine", "say"))
    with pytest.raises(ContentOverflow, match="The heading"):
        paint(replace(script, scenes=(scene,)), 0, 0)


def test_every_kind_of_scene_names_a_character_it_cannot_draw(script: Script) -> None:
    odd = "漢字"
    kinds: list[Body] = [
        Title(odd, ""),
        Concept((Point(odd, ""),)),
        WorkedExample(odd, "", (Step("a", "", ""),)),
        Plot((Curve("a", (0.0,), (0.0,)),), odd, "y", "c", ""),
        Timeline((Moment(odd, "a", ""),)),
        Table((odd,), (Row(("a",), ""),)),
        Quote("q", odd, ""),
        Quiz("q", "", (odd, "b"), 0, "e", ""),
        Recap((Point(odd, ""),)),
    ]
    for body in kinds:
        with pytest.raises(CharacterMissing, match=r"The heading.*漢"):
            paint(one_scene(script, body), 0, 0)


def test_a_title_too_long_for_the_thumbnail_is_refused(script: Script) -> None:
    with pytest.raises(ContentOverflow):
        thumbnail(replace(script, title=text(2000)))


def test_revealing_never_moves_what_is_already_there(script: Script) -> None:
    points = tuple(Point(text(30 + 20 * i), "say") for i in range(4))
    lesson = one_scene(script, Recap(points))
    first, last = (np.asarray(paint(lesson, 0, step)) for step in (0, 3))
    assert (first[:160] == last[:160]).all()
