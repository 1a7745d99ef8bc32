"""Loudness follows ITU-R BS.1770 and is brought to the target without clipping."""

import numpy as np
import pytest

from content_service.lesson.loudness import CEILING, TARGET, integrated, normalised
from content_service.lesson.narration import Samples

RATE = 22050


def tone(hertz: float, decibels: float, seconds: float = 5.0) -> Samples:
    time = np.arange(round(seconds * RATE)) / RATE
    return np.round(np.sin(2 * np.pi * hertz * time) * 32767 * 10 ** (decibels / 20)).astype(np.int16)


def test_a_full_scale_tone_of_997_hertz_measures_as_the_standard_says() -> None:
    assert integrated(tone(997, 0), RATE) == pytest.approx(-3.01, abs=0.1)


def test_low_tones_count_less() -> None:
    assert integrated(tone(40, -20), RATE) < integrated(tone(997, -20), RATE) - 4


def test_pauses_do_not_lower_the_loudness() -> None:
    speech = tone(500, -20)
    with_pauses = np.concatenate([speech, np.zeros(RATE * 10, dtype=np.int16), speech])
    assert integrated(with_pauses, RATE) == pytest.approx(integrated(speech, RATE), abs=0.3)


@pytest.mark.parametrize("decibels", [-40, -26, -12])
def test_quiet_and_loud_recordings_end_at_the_target(decibels: float) -> None:
    assert integrated(normalised(tone(600, decibels), RATE), RATE) == pytest.approx(TARGET, abs=0.3)


def test_peaks_stay_below_the_ceiling() -> None:
    recording = tone(300, -30)
    recording[::4000] = 32000
    assert np.abs(normalised(recording, RATE).astype(int)).max() <= CEILING * 32768


def test_silence_and_very_short_sounds_stay_as_they_are() -> None:
    assert integrated(np.zeros(RATE, dtype=np.int16), RATE) == float("-inf")
    short = tone(600, -40, seconds=0.2)
    assert (normalised(short, RATE) == short).all()
