"""Slides of one scene, and what can be seen on them."""

from dataclasses import replace

import numpy as np
from PIL import Image, ImageColor

from content_service.lesson.script import Body, Scene, Script


def one_scene(script: Script, body: Body, heading: str = "The heading") -> Script:
    return replace(script, scenes=(Scene(heading, "Chapter", body),))


def of_colour(picture: Image.Image, colour: str) -> tuple[int, int, int, int] | None:
    """The box around all that has exactly this colour; None when nothing has."""
    wanted = np.array(ImageColor.getrgb(colour))
    return Image.fromarray((np.asarray(picture) == wanted).all(axis=2)).getbbox()


def lines_in(picture: Image.Image, colour: str) -> list[tuple[int, int]]:
    """How high and how wide each line of text in this colour is, in pixels, from the top."""
    wanted = (np.asarray(picture) == np.array(ImageColor.getrgb(colour))).all(axis=2)
    rows = np.flatnonzero(wanted.any(axis=1))
    runs = [run for run in np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1) if len(run)]
    return [(len(run), int(np.ptp(np.flatnonzero(wanted[run].any(axis=0))))) for run in runs]
