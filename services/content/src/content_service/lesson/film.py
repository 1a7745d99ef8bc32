"""The picture track as sparse frames: a still is repeated once a second, a change is a short cross-fade."""

import zlib
from collections.abc import Iterator

from PIL import Image

from content_service.lesson.canvas import HEIGHT, WIDTH
from content_service.lesson.schedule import FPS, Shot

FADE = 6  # frames between scenes
STEP_FADE = 4  # frames between steps of a scene
REPEAT = FPS  # frames between two copies of a still: keeps seeking and streaming players supplied


class Reel:
    """Painted slides, packed: a flat 2.7 MB picture takes some 30 kB."""

    def __init__(self) -> None:
        self._packed: dict[tuple[int, int], bytes] = {}

    def put(self, shot: Shot, slide: Image.Image) -> None:
        """Keep the slide of a shot."""
        self._packed[shot.scene, shot.step] = zlib.compress(slide.tobytes(), 1)

    def __contains__(self, shot: Shot) -> bool:
        return (shot.scene, shot.step) in self._packed

    def slide(self, shot: Shot) -> Image.Image:
        """The slide of a shot."""
        return Image.frombytes("RGB", (WIDTH, HEIGHT), zlib.decompress(self._packed[shot.scene, shot.step]))


def pictures(shots: tuple[Shot, ...], reel: Reel) -> Iterator[tuple[int, Image.Image]]:
    """(frame number, picture) in ascending order, from frame 0 to the last frame; gaps repeat the picture before."""
    before: tuple[Shot, Image.Image] | None = None
    for shot in shots:
        slide = reel.slide(shot)
        still = shot.start
        if before:
            fade = FADE if before[0].scene != shot.scene else STEP_FADE
            still += min(fade, shot.end - shot.start - 1)
            for frame in range(shot.start, still):
                yield frame, Image.blend(before[1], slide, (frame - shot.start + 1) / (still - shot.start + 1))
        copies = range(still, shot.end, REPEAT)
        yield from ((frame, slide) for frame in copies)
        if shot is shots[-1] and copies[-1] != shot.end - 1:
            yield shot.end - 1, slide
        before = shot, slide
