"""Slides hold what they are given inside the margins, or refuse it by the scene's name; nothing is clipped."""

from contextlib import suppress
from dataclasses import replace
from math import cos, radians, sin

import numpy as np
import pytest
from integration.content.lesson.margins import assert_margin_is_background
from integration.content.lesson.pictures import of_colour, one_scene
from PIL import Image, ImageColor

from content_service.lesson.errors import CharacterMissing, ContentOverflow, LessonError
from content_service.lesson.palette import PALETTES
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

SQUARE = Curve("square", (0.0, 9.0, 9.0, 0.0, 0.0), (0.0, 0.0, 9.0, 9.0, 0.0))
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
        Concept(tuple(Point(text(length), "say", wrong=number == 0) for number in range(count))),
        WorkedExample(text(length), "say", tuple(Step(text(length), formula, "say") for _ in range(count))),
        WorkedExample(text(length), "say", tuple(Step(text(length), "", "say") for _ in range(count))),
        Plot((Curve(text(length // 2), (0.0, 1.0), (-5.0, 2e6)),) * count, text(20), text(20), text(length), "say"),
        Timeline(tuple(Moment(text(min(length, 12)), text(length), "say") for _ in range(count))),
        Table((text(12),) * 3, tuple(Row((text(length),) * 3, "say") for _ in range(count))),
        Quote(text(length * 3), text(length), "say"),
        Quiz(text(length), "say", (text(length // 2),) * min(6, max(2, count)), 1, text(length), "say"),
        Recap(points),
    ]


@pytest.mark.parametrize("count", [1, 2, 3, 6])
@pytest.mark.parametrize("length", [1, 12, 40, 90, 200])
def test_whatever_is_painted_stays_inside_its_area(script: Script, length: int, count: int) -> None:
    for body in bodies(length, count):
        lesson = one_scene(script, body)
        with suppress(ContentOverflow):
            for picture in {beat.step: paint(lesson, 0, beat.step) for beat in storyboard(lesson)}.values():
                assert_margin_is_background(picture)


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


def test_a_mistake_is_told_from_what_is_right_by_colour_and_sign(script: Script) -> None:
    points = (Point("The sun circles us", "say", wrong=True), Point("We circle the sun", "say"))
    lesson, palette = one_scene(script, Concept(points)), PALETTES[script.subject]
    asked, answered = (paint(lesson, 0, step) for step in (0, 1))
    assert of_colour(asked, palette.bad)
    assert not of_colour(asked, palette.good)
    wrong, right = of_colour(answered, palette.bad), of_colour(answered, palette.good)
    assert wrong
    assert right
    assert wrong[3] <= right[1]


TURN = [radians(degree) for degree in range(361)]
CIRCLE = Curve("circle", tuple(cos(angle) for angle in TURN), tuple(sin(angle) for angle in TURN))


def drawn(script: Script, figure: Curve, factor: float, *, equal_scales: bool) -> tuple[int, int]:
    """How wide and how high a figure is on its slide, in pixels."""
    curve = replace(figure, x=tuple(x * factor for x in figure.x), y=tuple(y * factor for y in figure.y))
    plot = Plot((curve,), "x", "y", "", "say", equal_scales)
    box = of_colour(paint(one_scene(script, plot), 0, 0).crop((0, 160, 840, 720)), PALETTES[script.subject].series[0])
    assert box is not None
    return box[2] - box[0], box[3] - box[1]


@pytest.mark.parametrize("figure", [SQUARE, CIRCLE], ids=["square", "circle"])
@pytest.mark.parametrize("factor", [1.0, 0.01, 300.0])
def test_a_figure_on_equal_scales_is_drawn_as_wide_as_it_is_high(script: Script, figure: Curve, factor: float) -> None:
    wide, high = drawn(script, figure, factor, equal_scales=True)
    assert wide == pytest.approx(high, rel=0.03)


def test_curves_of_different_units_use_all_the_room_there_is(script: Script) -> None:
    wide, high = drawn(script, CIRCLE, 1.0, equal_scales=False)
    assert wide > 1.3 * high


@pytest.mark.parametrize(("points", "marked"), [(2, False), (7, True), (61, False)])
def test_measurements_are_marked_and_samples_of_a_function_are_not(script: Script, points: int, marked: bool) -> None:
    level = Curve("level", tuple(float(x) for x in range(points)), (1.0,) * points)
    _, high = drawn(script, level, 1.0, equal_scales=False)
    assert (high > 10) == marked  # a line is five pixels thick


def test_verses_begin_lines_of_their_own(script: Script) -> None:
    prose, verse = (paint(one_scene(script, Quote(f"one{sign}two", "fine", "say")), 0, 0) for sign in (" ", " / "))
    ink = PALETTES[script.subject].ink
    one, two = of_colour(prose.crop((250, 150, 1216, 500)), ink), of_colour(verse.crop((250, 150, 1216, 500)), ink)
    assert one
    assert two
    assert two[3] - two[1] > 1.5 * (one[3] - one[1])
    assert two[2] - two[0] < one[2] - one[0]


def lines_of(picture: Image.Image, colour: str) -> list[tuple[int, int]]:
    """Where each line of text in this colour begins (x) and how high its lowest pixel lies (y), from the top."""
    wanted = (np.asarray(picture) == np.array(ImageColor.getrgb(colour))).all(axis=2)
    rows, found = np.flatnonzero(wanted.any(axis=1)), list[tuple[int, int]]()
    for run in np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1):
        found.append((int(np.flatnonzero(wanted[run].any(axis=0))[0]), int(run[-1])))
    return found


@pytest.mark.parametrize(("length", "turned"), [(20, False), (64, True)])
def test_lines_of_verse_are_evenly_spaced_and_what_is_turned_over_is_indented(
    script: Script, length: int, turned: bool
) -> None:
    verses = " / ".join(["n" * 9 + " " + " ".join(["nnn"] * (length // 4))] * 3)
    picture = paint(one_scene(script, Quote(verses, "fine", "say")), 0, 0).crop((250, 150, 1216, 520))
    lines = lines_of(picture, PALETTES[script.subject].ink)
    gaps = np.diff([bottom for _, bottom in lines])
    assert len(lines) == (6 if turned else 3)
    assert max(gaps) - min(gaps) <= 2
    left = min(begin for begin, _ in lines)
    assert [begin - left > 40 for begin, _ in lines] == ([False, True] * 3 if turned else [False] * 3)


def test_the_columns_of_a_small_table_share_the_slide(script: Script) -> None:
    table = Table(("Acid", "Base"), (Row(("NNN", "NN"), ""), Row(("NNN", "NNNN"), "")))
    picture = paint(one_scene(script, table), 0, 1)
    second = of_colour(picture.crop((100, 260, 1216, 632)), PALETTES[script.subject].ink)
    assert second
    assert second[0] > 400


def test_a_step_without_a_formula_has_the_whole_card_for_its_words(script: Script) -> None:
    long = "This is too long for the column beside a formula"
    steps = (Step("Add", "1 + 1 = 2", ""), Step(long, "", ""))
    picture = paint(one_scene(script, WorkedExample("p", "", steps)), 0, 2)
    words = of_colour(picture.crop((100, 420, 1216, 632)), PALETTES[script.subject].ink)
    assert words
    assert words[2] > 800


def test_a_thumbnail_shows_the_lesson_s_formula_where_it_can_be_read_and_else_what_it_looks_at_closely(
    script: Script,
) -> None:
    def shown(*scenes: tuple[str, Body]) -> bytes:
        return thumbnail(replace(script, scenes=tuple(Scene(heading, "c", body) for heading, body in scenes))).tobytes()

    plain, source = shown(("Remember", Recap((Point("a", ""),)))), ("A walking shadow", Quote("q", "s", ""))
    timeline = ("From exclusion to murder", Timeline((Moment("1933", "a", ""), Moment("1945", "b", ""))))
    formula, long = ("Ideas", Concept((), "a = b")), ("Ideas", Concept((), " + ".join("x" * 60)))
    assert len({plain, shown(source), shown(timeline), shown(formula)}) == 4
    assert shown(formula, source) == shown(formula)
    assert shown(long, source) == shown(source)
    assert shown(long) == plain
