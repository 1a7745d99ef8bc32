"""A script that contradicts itself is refused before any work, naming the scene."""

from dataclasses import replace
from math import nan

import pytest

from content_service.lesson.checks import MAX_PARTS, MAX_SCENES, MAX_TEXT, check
from content_service.lesson.errors import ScriptInvalid
from content_service.lesson.script import (
    Body,
    Concept,
    Curve,
    Difficulty,
    Place,
    Plot,
    Point,
    Quiz,
    Recap,
    Row,
    Scene,
    Script,
    Subject,
    Table,
    Timeline,
    Title,
    WorkedExample,
)


def script(*bodies: Body) -> Script:
    scenes = tuple(Scene("Its heading", "Chapter", body) for body in bodies)
    return Script("Title", Subject.ENGLISH, Difficulty.HONORS, "", (), (), scenes)


def plot(*curves: Curve) -> Plot:
    return Plot(curves, "x", "y", "", "")


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        (Concept(()), "neither a point nor a formula"),
        (Concept((Point("A", "a" * (MAX_TEXT + 1)),)), "more than 2000 characters"),
        (Recap(()), "points"),
        (Recap((Point("A", "a"),) * (MAX_PARTS + 1)), "points"),
        (WorkedExample("P", "p", ()), "steps"),
        (Timeline(()), "moments"),
        (plot(), "curves"),
        (plot(Curve("c", (1.0,), ())), "1 x values but 0 y values"),
        (plot(Curve("c", (1.0,), (nan,))), "finite"),
        (plot(Curve("c", (1.0,) * 10_001, (1.0,) * 10_001)), "samples"),
        (Table(("A", "B"), (Row(("a",), ""),)), "cells"),
        (Table((), ()), "rows"),
        (Quiz("Q", "q", ("one",), 0, "", ""), "options"),
        (Quiz("Q", "q", ("one", "two"), 2, "", ""), "option number 2"),
        (Quiz("Q", "q", ("one", "two"), -1, "", ""), "option number -1"),
    ],
)
def test_an_impossible_scene_is_refused_by_its_heading(body: Body, complaint: str) -> None:
    with pytest.raises(ScriptInvalid, match=complaint) as refusal:
        check(script(Title("fine", "fine"), body))
    assert refusal.value.args[0] == "Its heading"


@pytest.mark.parametrize("count", [0, MAX_SCENES + 1])
def test_a_lesson_has_a_bounded_number_of_scenes(count: int) -> None:
    with pytest.raises(ScriptInvalid, match="scenes"):
        check(script(*[Title("sub", "say")] * count))


def test_a_sound_script_passes() -> None:
    check(script(Title("", ""), Concept((), "x"), plot(Curve("", (0.0, 1.0), (nan, 1.0)))))


@pytest.mark.parametrize(
    ("places", "complaint"),
    [
        ((Place(1, 0),), "says of 1 key points where they are taught, and has 2"),
        ((Place(1, 0), Place(1, 2)), "has a key point that no slide teaches"),
        ((Place(1, 0), Place(2, 0)), "has a key point that no slide teaches"),
    ],
)
def test_key_points_that_are_taught_nowhere_are_refused_by_the_title(places: tuple[Place, ...], complaint: str) -> None:
    taught = script(Title("fine", "fine"), Recap((Point("A", "a"), Point("B", "b"))))
    check(replace(taught, key_points=("A", "B"), key_point_places=(Place(1, 0), Place(1, 1))))
    check(replace(taught, key_points=("A", "B")))
    with pytest.raises(ScriptInvalid, match=f"Title.*{complaint}"):
        check(replace(taught, key_points=("A", "B"), key_point_places=places))
