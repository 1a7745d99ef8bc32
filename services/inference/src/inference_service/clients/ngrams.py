"""How languages spell: which letters follow which inside words, by the shipped table.

A word is read letter by letter; each language says how likely the letter is after the up to four before it. Where it does
not know these together it goes by fewer of them, and a little is taken off for that.
"""

import re
import zlib
from importlib.resources import as_file, files

import numpy as np
import numpy.typing as npt

LONGEST = 5
BACKOFF, UNSEEN = 1.5, -12.0
"""In nats: what going by one letter less costs, and what a letter is worth that a language does not have."""
STEP = 1 / 16
"""In nats: what one unit of the table's costs is."""
WORDS = re.compile(r"[^\W\d_]+")
Numbers = npt.NDArray[np.float32]


class Spelling:
    """76 languages by the letters inside their words. `languages` are their BCP 47 tags."""

    def __init__(self) -> None:
        with (
            as_file(files("inference_service.classifiers").joinpath("languages.npz")) as file,
            np.load(file, allow_pickle=False) as table,
        ):
            self.languages: list[str] = table["tags"].tolist()
            self._runs, self._starts = table["runs"], table["starts"].astype(np.intp)
            self._places, self._worth = table["languages"], table["costs"] * np.float32(-STEP)

    def evidence(self, text: str) -> Numbers | None:
        """How likely `text` is in each language, a logarithm each; None when none of them has a letter of it."""
        words = WORDS.findall(text.lower())
        endings = [word[max(end - LONGEST, 0) : end] for word in words for end in range(1, len(word) + 1)]
        values = np.full((len(endings), len(self.languages)), UNSEEN, dtype=np.float32)
        for length in range(1, LONGEST + 1):
            self._read(values, [(row, run[-length:]) for row, run in enumerate(endings) if len(run) >= length])
        total: Numbers = values.sum(axis=0)
        return total if np.ptp(total) else None

    def _read(self, values: Numbers, runs: list[tuple[int, str]]) -> None:
        """Put into the rows of `values` what the languages say of these runs of letters, where any of them knows one."""
        hashes = np.array([zlib.crc32(run.encode()) for _, run in runs], dtype=np.uint32)
        places = np.minimum(np.searchsorted(self._runs, hashes), len(self._runs) - 1)
        known = self._runs[places] == hashes
        rows, firsts = np.array([row for row, _ in runs], dtype=np.intp)[known], self._starts[places[known]]
        counts = self._starts[places[known] + 1] - firsts
        entries = np.arange(counts.sum()) + np.repeat(firsts - counts.cumsum() + counts, counts)
        values[rows] -= BACKOFF
        values[np.repeat(rows, counts), self._places[entries]] = self._worth[entries]
