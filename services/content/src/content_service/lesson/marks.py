"""Navigation marks: chapters, and the second at which each key point is spoken."""

import re
from collections.abc import Iterator

from content_service.lesson.result import Chapter
from content_service.lesson.schedule import FPS, Schedule, Spoken
from content_service.lesson.script import Quiz, Recap, Script, Title

_FILLER = frozenset(
    re.findall(
        r"\w+", "a an and are as at be by for from has have in is it its of on or that the this to was were with"
    )
)
REPETITION = 0.6  # weight of a sentence that only announces, asks or repeats


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
    """For each key point, the start of the sentence that shares most of its words; teaching scenes go first."""
    candidates = [
        (start, words, REPETITION if isinstance(script.scenes[spoken.beat.scene].body, Title | Quiz | Recap) else 1.0)
        for spoken in plan.spoken
        for start, words in _sentences(spoken)
    ]
    return tuple(_best(_words(point), candidates) for point in script.key_points)


def _best(wanted: frozenset[str], candidates: list[tuple[float, frozenset[str], float]]) -> float:
    def score(candidate: tuple[float, frozenset[str], float]) -> tuple[float, float]:
        start, words, weight = candidate
        shared = len(wanted & words)
        return (weight * shared / (len(wanted) + 0.2 * len(words)) if shared else 0.0, -start)

    return round(max(candidates, key=score)[0], 3) if candidates else 0.0


def _sentences(spoken: Spoken) -> Iterator[tuple[float, frozenset[str]]]:
    text: list[str] = []
    start = 0.0
    for word in spoken.words:
        start = start if text else word.start
        text.append(word.text)
        if word.closes:
            yield start, _words(" ".join(text))
            text = []


def _words(text: str) -> frozenset[str]:
    """Significant words, without a plural s: enough to match a point with its spoken form."""
    found = re.findall(r"[^\W_]+", text.lower())
    return frozenset(word.removesuffix("s") if len(word) > 3 else word for word in found if word not in _FILLER)
