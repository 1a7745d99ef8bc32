"""The picture track as sparse frames: a still is repeated once a second, a change is a short cross-fade."""

from collections.abc import Callable, Iterator

from PIL import Image

from content_service.lesson.schedule import FPS, Shot

FADE = 6  # frames between scenes
STEP_FADE = 4  # frames between steps of a scene
REPEAT = FPS  # frames between two copies of a still: keeps seeking and streaming players supplied


def pictures(shots: tuple[Shot, ...], slide_of: Callable[[Shot], Image.Image]) -> Iterator[tuple[int, Image.Image]]:
    """(frame number, picture) in ascending order, from frame 0 to the last frame; gaps repeat the picture before."""
    before: tuple[Shot, Image.Image] | None = None
    for shot in shots:
        slide = slide_of(shot)
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
