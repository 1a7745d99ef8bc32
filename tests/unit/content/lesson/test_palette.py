"""Every colour pair of every palette is readable."""

from collections.abc import Iterator

import pytest

from content_service.lesson.palette import PALETTES, Palette, contrast
from content_service.lesson.script import Subject


def test_contrast_matches_the_published_extremes() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


def test_every_subject_has_a_palette_with_its_own_accent() -> None:
    assert set(PALETTES) == set(Subject)
    assert len({palette.accent for palette in PALETTES.values()}) == len(Subject)


@pytest.mark.parametrize("subject", Subject)
def test_every_text_is_readable_on_its_background(subject: Subject) -> None:
    weakest = min(text_pairs(PALETTES[subject]), key=lambda pair: contrast(*pair))
    assert contrast(*weakest) >= 4.5, weakest


def text_pairs(palette: Palette) -> Iterator[tuple[str, str]]:
    """Every (text, background) pair the slides use."""
    for background in (palette.paper, palette.card, palette.soft):
        yield from ((colour, background) for colour in (palette.ink, palette.muted, palette.accent))
    for ground in (palette.deep, palette.panel):
        yield from ((colour, ground) for colour in ("#FFFFFF", palette.on_deep, palette.bright))
    yield from (("#FFFFFF", palette.accent), (palette.deep, palette.bright), ("#FFFFFF", palette.good))
    yield from ((palette.good, palette.good_soft), (palette.ink, palette.good_soft), ("#FFFFFF", palette.bad))
    yield from ((palette.ink, palette.bad_soft), (palette.muted, palette.bad_soft), (palette.muted, palette.good_soft))
    yield from ((colour, palette.card) for colour in palette.series)
