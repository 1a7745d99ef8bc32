"""Refuses a script that contradicts itself or exceeds the bounds, before any costly work."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from math import isfinite

from content_service.lesson.errors import ScriptInvalid
from content_service.lesson.script import (
    Concept,
    Curve,
    Place,
    Plot,
    Quiz,
    Recap,
    Scene,
    Script,
    Table,
    Timeline,
    WorkedExample,
)
from content_service.lesson.storyboard import storyboard

MAX_SCENES = 60
MAX_PARTS = 10
MAX_TEXT = 2_000
MAX_SAMPLES = 10_000


def check(script: Script) -> None:
    """Raise ScriptInvalid, naming the scene, for anything the slides could not show truthfully."""
    if not 1 <= len(script.scenes) <= MAX_SCENES:
        raise ScriptInvalid(script.title, f"must consist of 1 to {MAX_SCENES} scenes, not {len(script.scenes)}")
    for scene in script.scenes:
        if any(len(text) > MAX_TEXT for text in _texts(scene)):
            raise ScriptInvalid(scene.heading[:80], f"has a text of more than {MAX_TEXT} characters")
        if problem := _problem(scene):
            raise ScriptInvalid(scene.heading, problem)
    if problem := _place_problem(script):
        raise ScriptInvalid(script.title, problem)


def _place_problem(script: Script) -> str:
    places, points = len(script.key_point_places), len(script.key_points)
    if places not in (0, points):
        return f"says of {places} key points where they are taught, and has {points}"
    shown = {Place(beat.scene, beat.step) for beat in storyboard(script)}
    return "" if shown.issuperset(script.key_point_places) else "has a key point that no slide teaches"


def _texts(value: object) -> Iterator[str]:
    """Every string inside nested tuples and dataclasses."""
    if isinstance(value, str):
        yield value
    elif is_dataclass(value):
        for field in fields(value):
            yield from _texts(getattr(value, field.name))
    elif isinstance(value, tuple):
        for item in value:
            yield from _texts(item)


def _problem(scene: Scene) -> str:
    match scene.body:
        case Concept(points, formula, _):
            return "" if points or formula else "has neither a point nor a formula"
        case Recap(points):
            return _count(len(points), "points")
        case WorkedExample(_, _, steps):
            return _count(len(steps), "steps")
        case Timeline(moments):
            return _count(len(moments), "moments")
        case Plot(curves):
            return _count(len(curves), "curves") or next(filter(None, map(_curve_problem, curves)), "")
        case Table():
            return _table_problem(scene.body)
        case Quiz():
            return _quiz_problem(scene.body)
        case _:
            return ""


def _count(found: int, parts: str) -> str:
    return "" if 1 <= found <= MAX_PARTS else f"needs 1 to {MAX_PARTS} {parts}, not {found}"


def _curve_problem(curve: Curve) -> str:
    if len(curve.x) != len(curve.y):
        return f"has a curve “{curve.label}” with {len(curve.x)} x values but {len(curve.y)} y values"
    if len(curve.x) > MAX_SAMPLES:
        return f"has a curve “{curve.label}” with more than {MAX_SAMPLES} samples"
    if not any(isfinite(x) and isfinite(y) for x, y in zip(curve.x, curve.y, strict=True)):
        return f"has a curve “{curve.label}” without a single finite sample"
    return ""


def _table_problem(table: Table) -> str:
    if problem := _count(len(table.rows), "rows") or _count(len(table.columns), "columns"):
        return problem
    uneven = any(len(row.cells) != len(table.columns) for row in table.rows)
    return "has a row whose cells do not match the columns" if uneven else ""


def _quiz_problem(quiz: Quiz) -> str:
    if not 2 <= len(quiz.options) <= 6:
        return f"needs 2 to 6 options, not {len(quiz.options)}"
    return "" if 0 <= quiz.answer < len(quiz.options) else f"has no option number {quiz.answer}"
