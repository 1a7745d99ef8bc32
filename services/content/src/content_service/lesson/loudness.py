"""Loudness of speech, measured as in ITU-R BS.1770-4 and brought to one level."""

from math import log10, pi, tan

import numpy as np
from numpy.typing import NDArray

from content_service.lesson.narration import Samples

TARGET = -18.0  # LUFS, mono
CEILING = 0.89  # of full scale (-1 dBFS)
KNEE = 0.6  # above this peaks are rounded off
BLOCK, STEP = 0.4, 0.1  # seconds
FULL_SCALE = 32768.0
CHUNK = 1 << 20


def integrated(samples: Samples, rate: int) -> float:
    """Gated loudness in LUFS; minus infinity for silence or less than one 400 ms block."""
    powers = _block_powers(samples, rate)
    powers = powers[powers > _power(-70.0)]
    if not len(powers):
        return float("-inf")
    relative = powers[powers > powers.mean() / 10]
    return float(-0.691 + 10 * log10(relative.mean()))


def normalised(samples: Samples, rate: int) -> Samples:
    """The samples at TARGET loudness with peaks kept under CEILING; silence stays silence."""
    loudness = integrated(samples, rate)
    if loudness == float("-inf"):
        return samples
    gain = 10 ** ((TARGET - loudness) / 20) / FULL_SCALE
    out = np.empty_like(samples)
    for start in range(0, len(samples), CHUNK):
        scaled = samples[start : start + CHUNK].astype(np.float32) * np.float32(gain)
        size = np.abs(scaled)
        rounded = KNEE + (CEILING - KNEE) * np.tanh((size - KNEE) / (CEILING - KNEE))
        out[start : start + CHUNK] = np.where(size > KNEE, np.sign(scaled) * rounded, scaled) * (FULL_SCALE - 1)
    return out


def _block_powers(samples: Samples, rate: int) -> NDArray[np.float64]:
    size, step = round(BLOCK * rate), round(STEP * rate)
    if len(samples) < size:
        return np.zeros(0)
    weight = _k_weighting(rate, size)
    windows = np.lib.stride_tricks.sliding_window_view(samples, size)[::step]
    powers = np.empty(len(windows))
    for start in range(0, len(windows), 256):
        spectrum = np.fft.rfft(windows[start : start + 256] / FULL_SCALE, axis=1)
        powers[start : start + 256] = (np.abs(spectrum) ** 2 @ weight) * 2 / size**2
    return powers


def _k_weighting(rate: int, size: int) -> NDArray[np.float64]:
    """Squared magnitude of the K filter (a high shelf, then a high pass) at the FFT's frequencies."""
    z = np.exp(-2j * pi * np.fft.rfftfreq(size))
    k, q, high = tan(pi * 1681.974450955533 / rate), 0.7071752369554196, 10 ** (3.999843853973347 / 20)
    middle = high**0.4996667741545416
    shelf = (high + middle * k / q + k * k + 2 * (k * k - high) * z + (high - middle * k / q + k * k) * z**2) / (
        1 + k / q + k * k + 2 * (k * k - 1) * z + (1 - k / q + k * k) * z**2
    )
    k, q = tan(pi * 38.13547087602444 / rate), 0.5003270373238773
    a0 = 1 + k / q + k * k
    high_pass = (1 - 2 * z + z**2) / (1 + 2 * (k * k - 1) / a0 * z + (1 - k / q + k * k) / a0 * z**2)
    return np.asarray(np.abs(shelf * high_pass) ** 2)


def _power(lufs: float) -> float:
    return float(10 ** ((lufs + 0.691) / 10))
