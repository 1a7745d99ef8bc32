"""The short spoken lines around a lesson: how the model is asked, what it may answer, and what is said instead.

A model's line is used only when every word and every pair of neighbouring words occurs in the curated lines filled with
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
from inference_service.domain.subject import Difficulty, Subject

PROMPT_VERSION = "lines/1"
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


def prompt(name: str, subject: Subject, difficulty: Difficulty, kind: LineKind) -> str:
    """The prompt of PROMPT_VERSION; services/inference/training/corpus.py trains on the same words."""
    return f"topic: {name}\nsubject: {subject.lower()}\nlevel: {difficulty.lower()}\nkind: {kind}\nsay:"


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


def curated(curriculum: Curriculum, slug: str, kind: LineKind, seed: int) -> str:
    """A hand-written line of the kind, the same for the same seed."""
    chooser = random.Random(seed_of(seed, slug, kind, 0))  # noqa: S311 - a repeatable choice, not a secret
    topic = curriculum.topics[slug]
    return _fill_one(chooser, chooser.choice(curriculum.lines.of(topic)[kind]), topic.phrases)


def seed_of(seed: int, slug: str, kind: LineKind, attempt: int) -> int:
    """A seed of its own for each line and attempt, stable across processes."""
    return zlib.crc32(f"{seed}/{slug}/{kind}/{attempt}".encode())


def _filled(templates: Mapping[str, tuple[str, ...]], phrases: Phrases) -> Iterator[str]:
    for template in (template for of_kind in templates.values() for template in of_kind):
        slots = [slot for _, slot, _, _ in Formatter().parse(template) if slot and slot != "name"]
        for values in product(*(getattr(phrases, slot) for slot in slots)):
            yield template.format(name=phrases.name, **dict(zip(slots, values, strict=True)))


def _fill_one(chooser: random.Random, template: str, phrases: Phrases) -> str:
    return template.format(
        name=phrases.name,
        wonder=chooser.choice(phrases.wonder),
        picture=chooser.choice(phrases.picture),
        use=chooser.choice(phrases.use),
    )


def _facts(topic: Topic) -> Iterator[str]:
    return (fact.say for fact in topic.facts)


def _pairs(line: str) -> Iterator[tuple[str, str]]:
    for sentence in _SENTENCE_END.split(line):
        words = _WORD.findall(sentence.lower())
        if words:
            yield from pairwise((_EDGE, *words, _EDGE))
