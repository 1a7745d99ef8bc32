"""How a text sounds, by a linear model over its words: what no rule names, such as an insult that nobody listed."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from inference_service.domain.linear import LinearModel, hashed, index_of

FINE = "FINE"
"""The class of whatever may be said; the others are categories of the policy."""
BUCKETS = 1 << 17
"""Features are counted under their hash below this number."""
_ASIDE = re.compile(r"https?://\S+|www\.\S+|@\w+")
_NUMBER = re.compile(r"\d+")
_WORD = re.compile(r"[a-z0'*]+")
_PIECE, _REASONS, _FEWEST = 4, 3, 2
_EVERYWHERE = frozenset(
    ("a", "an", "the", "and", "or", "of", "to", "in", "on", "is", "are", "was", "be", "it", "this", "that", "0")
)
"""Words that say nothing to whoever asks why."""


@dataclass(frozen=True, slots=True)
class Tone:
    """A category of the policy, how likely it is, 0 to 1, and the words that speak for it most."""

    category: str
    confidence: float
    because: tuple[str, ...] = ()


class ToneModel(LinearModel):
    """Knows the categories of the policy of which there are enough public examples."""

    def hear(self, written: str, least: Mapping[str, float]) -> Tone | None:
        """The likeliest category that is as likely as `least` asks, or None.

        `written` is a text in lower case with look-alikes resolved, as `views` gives it. A category that `least` does not name
        never decides.
        """
        words = words_of(written)
        if sum(any(map(str.isalpha, word)) for word in words) < _FEWEST:
            return None
        chances = self.chances(hashed(features(words), BUCKETS))
        category = max(least, key=lambda name: chances.get(name, 0.0))
        if chances.get(category, 0.0) < least[category]:
            return None
        return Tone(category, chances[category], self._heaviest(category, words))

    def _heaviest(self, category: str, words: list[str]) -> tuple[str, ...]:
        weights = {word: self._speaks_for(category, word) for word in words if word not in _EVERYWHERE}
        heavy = sorted((word for word in weights if weights[word] > 0), key=lambda word: (-weights[word], word))
        return tuple(heavy[:_REASONS])

    def _speaks_for(self, category: str, word: str) -> float:
        index = index_of(word, BUCKETS)
        return self.weight(category, index) - self.weight(FINE, index)


def words_of(written: str) -> list[str]:
    """Without links and names that are addressed; every number is the same."""
    return _WORD.findall(_NUMBER.sub("0", _ASIDE.sub(" ", written)))


def features(words: list[str]) -> Iterable[str]:
    """Words, pairs of neighbouring words, and pieces of words, which forgive a wrong letter; each once, in a fixed order."""
    return dict.fromkeys((*words, *(f"{first} {second}" for first, second in pairwise(words)), *_pieces(words)))


def _pieces(words: list[str]) -> Iterator[str]:
    for word in dict.fromkeys(words):
        bounded = f"^{word}$"
        for start in range(max(1, len(bounded) - _PIECE + 1)):
            yield f"~{bounded[start : start + _PIECE]}"
