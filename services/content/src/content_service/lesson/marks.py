"""Navigation marks: chapters, and the second at which each key point is taught."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log

from content_service.lesson.result import Chapter
from content_service.lesson.schedule import FPS, Schedule
from content_service.lesson.script import Quiz, Recap, Script, Title

_FILLER = frozenset(
    re.findall(
        r"\w+", "a an and are as at be by for from has have in is it its of on or that the this to was were with"
    )
)
STEM = 6  # letters: as many as "multiply" and "multiplication" share
TAUGHT = 1 / 3  # of what a key point says a beat must say to count as what teaches it
LENGTH = 0.1  # how much a beat's other words count against it
NEIGHBOURS = 0.3  # what two words count that stand beside each other in both


@dataclass(frozen=True, slots=True)
class _Said:
    """What is said in one beat from second `start` on: stems of its significant words, and which are neighbours."""

    start: float
    stems: frozenset[str]
    pairs: frozenset[tuple[str, str]]


def chapters(script: Script, plan: Schedule) -> tuple[Chapter, ...]:
    """One per run of neighbouring scenes with the same chapter; the first starts at 0."""
    found: list[Chapter] = []
    for shot in plan.shots:
        scene = script.scenes[shot.scene]
        title = scene.chapter or scene.heading
        if not found or found[-1].title != title:
            found.append(Chapter(title, shot.start / FPS))
    return tuple(found)


def key_point_timestamps(script: Script, plan: Schedule) -> tuple[float, ...]:
    """For each key point, the start of what teaches it; where nothing does, of what announces, asks or repeats it."""
    taught: list[_Said] = []
    repeated: list[_Said] = []
    for spoken in plan.spoken:
        if spoken.words:
            repeats = isinstance(script.scenes[spoken.beat.scene].body, Title | Quiz | Recap)
            text = " ".join(word.text for word in spoken.words)
            (repeated if repeats else taught).append(_said(text, spoken.words[0].start))
    weight = _weights(taught)
    return tuple(_start(_said(point), taught, repeated, weight) for point in script.key_points)


def _start(point: _Said, taught: Sequence[_Said], repeated: Sequence[_Said], weight: Callable[[str], float]) -> float:
    def share(said: _Said) -> float:
        return _sum(point.stems & said.stems, weight) / (_sum(point.stems, weight) or 1.0)

    def score(said: _Said) -> tuple[float, float]:
        fit = _sum(point.stems & said.stems, weight) + NEIGHBOURS * len(point.pairs & said.pairs)
        return fit / (_sum(point.stems, weight) + LENGTH * _sum(said.stems, weight) or 1.0), -said.start

    best = max(taught, key=score, default=None)
    if best is None or share(best) < TAUGHT:
        best = max((*taught, *repeated), key=score, default=best)
    return round(best.start, 3) if best else 0.0


def _weights(taught: Sequence[_Said]) -> Callable[[str], float]:
    """How much a word tells: the more, the fewer beats say it."""
    saying = Counter(stem for said in taught for stem in said.stems)
    return lambda stem: log(1 + len(taught) / max(1, saying[stem]))


def _sum(stems: frozenset[str], weight: Callable[[str], float]) -> float:
    return sum(map(weight, stems))


def _said(text: str, start: float = 0.0) -> _Said:
    words = [word for word in re.findall(r"[^\W_]+", text.lower()) if word not in _FILLER]
    stems = [(word.removesuffix("s") if len(word) > 3 else word)[:STEM] for word in words]
    return _Said(start, frozenset(stems), frozenset(pairwise(stems)))
