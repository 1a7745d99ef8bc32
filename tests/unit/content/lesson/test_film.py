"""The picture track is sparse, complete and in order."""

from itertools import pairwise

from PIL import Image

from content_service.lesson.canvas import HEIGHT, WIDTH
from content_service.lesson.film import FADE, REPEAT, pictures
from content_service.lesson.schedule import Shot

SHOTS = (Shot(0, 0, 0, 50), Shot(0, 1, 50, 53), Shot(1, 0, 53, 120))
GREYS = (0, 100, 200)


def slide_of(shot: Shot) -> Image.Image:
    grey = GREYS[SHOTS.index(shot)]
    return Image.new("RGB", (WIDTH, HEIGHT), (grey, grey, grey))


FRAMES = [(number, picture.getpixel((640, 360))) for number, picture in pictures(SHOTS, slide_of)]


def test_frames_ascend_from_the_first_to_the_last() -> None:
    numbers = [number for number, _ in FRAMES]
    assert numbers[0] == 0
    assert numbers[-1] == 119
    assert all(before < after <= before + REPEAT for before, after in pairwise(numbers))


def test_each_shot_ends_on_its_own_slide() -> None:
    for shot, grey in zip(SHOTS, GREYS, strict=True):
        shown = [colour for number, colour in FRAMES if shot.start <= number < shot.end]
        assert shown[-1] == (grey, grey, grey)


def test_a_change_of_scene_fades_monotonically() -> None:
    fade = [colour[0] for number, colour in FRAMES if 53 <= number < 53 + FADE]
    assert len(fade) == FADE
    assert all(100 < before < after < 200 for before, after in pairwise(fade))
