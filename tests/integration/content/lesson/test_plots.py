"""Axes and keys of plots say what a reader of the subject looks for."""

import numpy as np
import pytest
from integration.content.lesson.pictures import one_scene
from PIL import Image, ImageColor

from content_service.lesson.palette import PALETTES
from content_service.lesson.script import Curve, Plot, Script
from content_service.lesson.slides import paint


def runs(columns: np.ndarray) -> int:
    """How many stretches of neighbouring columns are wanted."""
    wanted = np.flatnonzero(columns)
    return len(np.split(wanted, np.flatnonzero(np.diff(wanted) > 1) + 1)) if len(wanted) else 0


def of_colour(picture: Image.Image, colour: str) -> np.ndarray:
    """Which pixels have exactly this colour."""
    found: np.ndarray = (np.asarray(picture) == np.array(ImageColor.getrgb(colour))).all(axis=2)
    return found


@pytest.mark.parametrize("curves", [1, 4])
def test_the_key_shows_the_dashes_of_each_curve(script: Script, curves: int) -> None:
    level = tuple(Curve(f"curve {number}", (0.0, 1.0), (float(number), float(number))) for number in range(curves))
    key = paint(one_scene(script, Plot(level, "x", "y", "caption", "say")), 0, 0).crop((880, 150, 930, 720))
    strokes = [runs(of_colour(key, colour).any(axis=0)) for colour in PALETTES[script.subject].series[:curves]]
    assert strokes == [1, 2, 3, 2][:curves]


@pytest.mark.parametrize(("degrees", "marks"), [(360, 5), (90, 7)])
def test_angles_are_marked_in_parts_of_a_right_angle(script: Script, degrees: int, marks: int) -> None:
    curve = Curve("", tuple(map(float, range(degrees + 1))), tuple(angle / degrees for angle in range(degrees + 1)))
    plot = Plot((curve,), "angle in degrees", "part", "", "say")
    inside = paint(one_scene(script, plot), 0, 0).crop((90, 180, 1190, 540))
    upright = (~of_colour(inside, PALETTES[script.subject].card)).mean(axis=0) > 0.5
    assert runs(upright) == marks + 1  # and the axis
