"""The short spoken lines around a lesson: how the model is asked, what it may answer, and what is said instead.

The model is given the topic's name and, where the kind has room for one, a phrase; what it adds is the sentence around them.
Its line is used only when every word and every pair of neighbouring words occurs in the curated lines filled with
this topic's phrases or in the topic's facts, so it can neither invent a claim nor lose its grammar on the way.
"""

import random
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise, product
from string import Formatter

from inference_service.domain.lesson import Curriculum, Phrases, Topic

PROMPT_VERSION = "lines/2"
LENGTH = range(12, 161)
MOST_SENTENCES = 2
_ALLOWED = re.compile(r"[A-Z][A-Za-z ,.!?:;'’-]*[.!?]")
_WORD = re.compile(r"[A-Za-z'’]+")
_SENTENCE_END = re.compile(r"[.!?](?= |$)")
_QUESTION_OPENERS = ("have you", "did you", "ready for")
_EDGE = "."


class LineKind(StrEnum):
    WELCOME = "welcome"
    HOOK = "hook"
    EXAMPLE = "example"
    TIMELINE = "timeline"
    SOURCE = "source"
    TABLE = "table"
    QUIZ = "quiz"
    CLOSING = "closing"


@dataclass(frozen=True, slots=True)
class SpokenLine:
    """One line and whether the model wrote it."""

    kind: LineKind
    text: str
    by_model: bool


@dataclass(frozen=True, slots=True)
class Wording:
    """Pairs of neighbouring words that may be spoken around one topic, and the name a welcome must contain."""

    name: str
    pairs: frozenset[tuple[str, str]]


def prompt(curriculum: Curriculum, slug: str, kind: LineKind, seed: int, attempt: int) -> str:
    """The prompt of PROMPT_VERSION, as services/inference/training/corpus.py teaches it; seed and attempt pick the phrase."""
    topic = curriculum.topics[slug]
    slots = [*dict.fromkeys(slot for line in curriculum.lines.of(topic)[kind] for slot in _slots(line))]
    slot = _chooser(seed, slug, kind, attempt).choice(slots) if slots else ""
    given = f"{slot}: {_phrase(topic, slug, slot, kind, seed, attempt)}\n" if slot else ""
    return f"topic: {topic.phrases.name}\nkind: {kind}\n{given}say:"


def wording(curriculum: Curriculum, slug: str) -> Wording:
    """Collect what may be said around the topic `slug`."""
    topic = curriculum.topics[slug]
    spoken = [*_filled(curriculum.lines.of(topic), topic.phrases), *_facts(topic)]
    return Wording(topic.phrases.name, frozenset(pair for line in spoken for pair in _pairs(line)))


def objection(line: str, kind: LineKind, allowed: Wording) -> str:
    """Say why `line` may not be spoken; empty when it may."""
    if len(line) not in LENGTH:
        return f"it has {len(line)} characters instead of {LENGTH.start} to {LENGTH.stop - 1}"
    if not _ALLOWED.fullmatch(line):
        return "it is not a plain sentence without numbers or symbols"
    if len(_SENTENCE_END.findall(line)) > MOST_SENTENCES:
        return f"it has more than {MOST_SENTENCES} sentences"
    if line.lower().startswith(_QUESTION_OPENERS) and not line.endswith("?"):
        return "it begins as a question and does not end as one"
    if kind is LineKind.WELCOME and allowed.name not in line:
        return f"it does not name {allowed.name}"
    strange = next((pair for pair in _pairs(line) if pair not in allowed.pairs), None)
    return f"'{' '.join(strange)}' is not in the topic's wording" if strange else ""


def all_curated(curriculum: Curriculum, slug: str, kind: LineKind) -> tuple[str, ...]:
    """Every hand-written line of the kind around the topic, the shortest in words first."""
    topic = curriculum.topics[slug]
    lines = _filled({kind: curriculum.lines.of(topic)[kind]}, topic.phrases)
    return tuple(sorted(lines, key=lambda line: len(line.split())))


def curated(curriculum: Curriculum, slug: str, kind: LineKind, seed: int) -> str:
    """A hand-written line of the kind, the same for the same seed."""
    topic = curriculum.topics[slug]
    template = _chooser(seed, slug, kind, 0).choice(curriculum.lines.of(topic)[kind])
    given = {slot: _phrase(topic, slug, slot, kind, seed, 0) for slot in _slots(template)}
    return template.format(name=topic.phrases.name, **given)


def seed_of(seed: int, slug: str, purpose: str, attempt: int) -> int:
    """A seed of its own for each line and attempt, stable across processes."""
    return zlib.crc32(f"{seed}/{slug}/{purpose}/{attempt}".encode())


def _chooser(seed: int, slug: str, purpose: str, attempt: int) -> random.Random:
    return random.Random(seed_of(seed, slug, purpose, attempt))  # noqa: S311  # a repeatable choice, not a secret


def _phrase(topic: Topic, slug: str, slot: str, kind: LineKind, seed: int, attempt: int) -> str:
    """One of the topic's phrases; the closing takes them from the other end, so that it does not repeat the hook's."""
    phrases: tuple[str, ...] = getattr(topic.phrases, slot)
    shuffled = _chooser(seed, slug, slot, 0).sample(phrases, len(phrases))
    return shuffled[(-1 - attempt if kind is LineKind.CLOSING else attempt) % len(shuffled)]


def _filled(templates: Mapping[str, tuple[str, ...]], phrases: Phrases) -> Iterator[str]:
    for template in (template for of_kind in templates.values() for template in of_kind):
        slots = _slots(template)
        for values in product(*(getattr(phrases, slot) for slot in slots)):
            yield template.format(name=phrases.name, **dict(zip(slots, values, strict=True)))


def _slots(template: str) -> list[str]:
    """The sorts of phrase that the template has room for."""
    return [slot for _, slot, _, _ in Formatter().parse(template) if slot and slot != "name"]


def _facts(topic: Topic) -> Iterator[str]:
    return (fact.say for fact in topic.facts)


def _pairs(line: str) -> Iterator[tuple[str, str]]:
    for sentence in _SENTENCE_END.split(line):
        words = _WORD.findall(sentence.lower())
        if words:
            yield from pairwise((_EDGE, *words, _EDGE))
