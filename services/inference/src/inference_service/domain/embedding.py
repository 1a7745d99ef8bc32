"""Vectors of texts, such that texts about the same thing lie near each other. Pure: no model, no state but the curriculum.

Half of a vector is what the text says: its stems, hashed (Weinberger et al., Feature Hashing, ICML 2009), so that every word
counts, known or not. The other half is what it is about: its likeness to each topic of the curriculum (Gabrilovich and
Markovitch, Explicit Semantic Analysis, IJCAI 2007), folded into fixed directions, so that "hypotenuse" lies near "triangle".
"""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache
from math import log, sqrt
from zlib import crc32

from inference_service.domain.lesson import Curriculum, Topic

DIMENSION, HASHED = 384, 256
METHOD = "hashed-topics/1"
_ABOUT = DIMENSION - HASHED
_DIRECTIONS = 8
_WORD = re.compile(r"[^\W_]+")
_ENDINGS = ("ations", "ation", "ingly", "ings", "edly", "ing", "ies", "ed", "es", "ly", "s")
_SMALL_WORDS = """
a about all also an and any are as at be been but by can could did do does for from had has have he her his how i if in into is it
its me more most my no not of on one or our out she so some such than that the their them then there these they this to up us was
we were what when where which who why will with would you your
"""
_SMALL = frozenset(_SMALL_WORDS.split())

Vector = tuple[float, ...]


class Embedder:
    """Embeds texts; made from the curriculum once."""

    def __init__(self, curriculum: Curriculum) -> None:
        counts = {slug: Counter(_stems(" ".join(_texts(topic)))) for slug, topic in curriculum.topics.items()}
        spread = Counter(stem for found in counts.values() for stem in found)
        self._rarity = {stem: log(1 + len(counts) / topics) for stem, topics in spread.items()}
        self._unknown = log(1 + len(counts))
        self._about: Mapping[str, dict[str, float]] = self._by_stem(counts)

    def embed(self, text: str) -> Vector:
        """A vector of DIMENSION components and length 1; all zeros but the first when `text` holds no word."""
        weights = {
            stem: (1 + log(count)) * self._rarity.get(stem, self._unknown)
            for stem, count in Counter(_stems(text)).items()
        }
        vector = (*_unit(self._said(weights)), *_unit(self._topics(weights)))
        return tuple(_unit(vector)) if any(vector) else (1.0, *(0.0,) * (DIMENSION - 1))

    def _said(self, weights: Mapping[str, float]) -> list[float]:
        vector = [0.0] * HASHED
        for stem, weight in weights.items():
            place = _hash(stem)
            vector[place % HASHED] += weight if place & 1 << 20 else -weight
        return vector

    def _topics(self, weights: Mapping[str, float]) -> list[float]:
        likeness: dict[str, float] = defaultdict(float)
        for stem, weight in weights.items():
            for slug, share in self._about.get(stem, {}).items():
                likeness[slug] += weight * share
        vector = [0.0] * _ABOUT
        for slug, amount in likeness.items():
            for place, sign in _directions(slug):
                vector[place] += sign * amount
        return vector

    def _by_stem(self, counts: Mapping[str, Counter[str]]) -> dict[str, dict[str, float]]:
        """For each stem, how much it speaks for each topic that uses it; a topic's shares have length 1."""
        about: dict[str, dict[str, float]] = defaultdict(dict)
        for slug, found in counts.items():
            weights = {stem: (1 + log(count)) * self._rarity[stem] for stem, count in found.items()}
            length = sqrt(sum(weight * weight for weight in weights.values()))
            for stem, weight in weights.items():
                about[stem][slug] = weight / length
        return dict(about)


def _texts(topic: Topic) -> Iterable[str]:
    yield from (topic.title, *topic.aliases, *topic.tags)
    for fact in topic.facts:
        yield fact.say
    for plan in topic.levels.values():
        yield from (plan.summary, *(point.text for point in plan.key_points))


def _stems(text: str) -> list[str]:
    return [_stem(word) for word in _WORD.findall(unicodedata.normalize("NFKC", text).casefold()) if word not in _SMALL]


@lru_cache(maxsize=50_000)
def _stem(word: str) -> str:
    """`word` without an English ending: crude, and the same everywhere."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)].rstrip("e")
    return word.rstrip("e") if len(word) > 4 else word


@lru_cache(maxsize=50_000)
def _hash(stem: str) -> int:
    return crc32(stem.encode())


@lru_cache(maxsize=1_000)
def _directions(slug: str) -> tuple[tuple[int, int], ...]:
    """A few places and signs by the topic's name alone, so that a new topic moves no other."""
    hashes = [crc32(f"{slug}/{number}".encode()) for number in range(_DIRECTIONS)]
    return tuple((value % _ABOUT, 1 if value & 1 << 20 else -1) for value in hashes)


def _unit(values: Iterable[float]) -> list[float]:
    listed = list(values)
    length = sqrt(sum(value * value for value in listed))
    return [value / length for value in listed] if length else listed
