"""One picture of a lesson: its first slides, side by side. `python docs/images/contact_sheet.py film.mp4 sheet.webp`"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import av
from PIL import Image, ImageChops, ImageStat

WIDTH, HEIGHT, GAP = 480, 270, 8
COLUMNS, ROWS = 3, 2
FADE_SECONDS = 2.0
HEADING_CHANGE = 1.0  # of 765
BACKGROUND = (200, 205, 214)


def slides(film: Path, count: int) -> list[Image.Image]:
    """The first slides, each as it is when all of it has appeared: the last frame before the heading changes."""
    with av.open(str(film)) as container:
        found: list[Image.Image] = []
        before: Image.Image | None = None
        since = 0.0
        for frame in container.decode(video=0):
            picture = frame.to_image()  # type: ignore[no-untyped-call]  # PyAV leaves it untyped
            now = picture.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
            if before is not None and frame.time - since > FADE_SECONDS and _heading_changed(before, now):
                found.append(before)
                since = frame.time
            before = now
        if before is not None:
            found.append(before)
    return found[:count]


def _heading_changed(before: Image.Image, now: Image.Image) -> bool:
    heading = (0, 0, WIDTH * 2 // 3, HEIGHT // 5)
    difference = ImageChops.difference(before.crop(heading), now.crop(heading))
    return sum(ImageStat.Stat(difference).mean) > HEADING_CHANGE


def sheet(pictures: Sequence[Image.Image]) -> Image.Image:
    """The pictures in rows."""
    size = (COLUMNS * (WIDTH + GAP) + GAP, ROWS * (HEIGHT + GAP) + GAP)
    paper = Image.new("RGB", size, BACKGROUND)
    for place, picture in enumerate(pictures):
        row, column = divmod(place, COLUMNS)
        paper.paste(picture, (GAP + column * (WIDTH + GAP), GAP + row * (HEIGHT + GAP)))
    return paper


def main() -> None:
    """Write the sheet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("film", type=Path)
    parser.add_argument("sheet", type=Path)
    options = parser.parse_args()
    sheet(slides(options.film, COLUMNS * ROWS)).save(options.sheet, quality=82, method=6)


if __name__ == "__main__":
    main()
