"""Every colour pair of every palette is readable."""

import pytest

from content_service.lesson.palette import PALETTES, contrast
from content_service.lesson.script import Subject


def test_contrast_matches_the_published_extremes() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


def test_every_subject_has_a_palette_with_its_own_accent() -> None:
    assert set(PALETTES) == set(Subject)
    assert len({palette.accent for palette in PALETTES.values()}) == len(Subject)


@pytest.mark.parametrize("subject", Subject)
def test_every_text_is_readable_on_its_background(subject: Subject) -> None:
    weakest = min(PALETTES[subject].text_pairs(), key=lambda pair: contrast(*pair))
    assert contrast(*weakest) >= 4.5, weakest
