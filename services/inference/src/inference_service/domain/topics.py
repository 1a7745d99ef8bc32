"""Find the curriculum's topic that a student's words mean."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache

from inference_service.domain.lesson import Curriculum, Topic
from inference_service.domain.subject import Subject

SURE, UNSURE = 0.86, 0.85
MOST_SUGGESTIONS = 3
_ARTICLES = ("a", "an", "the", "of", "in", "on", "to", "and", "i", "me", "my")
_QUESTIONS = ("what", "is", "are", "how", "does", "do", "explain", "about", "introduction", "intro", "lesson", "basics")
_NOISE = frozenset((*_ARTICLES, *_QUESTIONS))


@dataclass(frozen=True, slots=True)
class Found:
    """The topic that was meant."""

    slug: str
    topic: Topic


@dataclass(frozen=True, slots=True)
class OtherSubject:
    """The topic exists, but in another subject."""

    topic: Topic


@dataclass(frozen=True, slots=True)
class Unknown:
    """No topic is near enough; `nearest` are titles, the nearest first, the asked subject before others."""

    nearest: tuple[str, ...]


Match = Found | OtherSubject | Unknown


@dataclass(frozen=True, slots=True)
class TopicAdvice:
    """Whether a topic can be taught; `suggestions` are the nearest titles, `reason` says why not."""

    supported: bool
    title: str = ""
    suggestions: tuple[str, ...] = ()
    reason: str = ""


def find_topic(curriculum: Curriculum, asked: str, subject: Subject) -> Match:
    """Match `asked` against titles and aliases, forgiving case, accents, small words and typing errors."""
    wanted = normalise(asked)
    if named := _named(curriculum, wanted):
        return _found(curriculum, min(named, key=lambda slug: curriculum.topics[slug].subject is not subject), subject)
    ranked = sorted(
        ((_likeness(topic, wanted), topic.subject is subject, slug) for slug, topic in curriculum.topics.items()),
        key=lambda entry: (-entry[0], not entry[1], entry[2]),
    )
    score, _, slug = ranked[0]
    if score >= SURE:
        return _found(curriculum, slug, subject)
    ranked.sort(key=lambda entry: (not entry[1], -entry[0]))
    return Unknown(tuple(curriculum.topics[slug].title for _, _, slug in ranked[:MOST_SUGGESTIONS]))


def _named(curriculum: Curriculum, wanted: str) -> list[str]:
    """Slugs with a name of exactly the wanted words, in any order: most wishes, and thirty times cheaper to compare."""
    words = sorted(wanted.split())
    return [
        slug
        for slug, topic in curriculum.topics.items()
        if words and any(words == sorted(n.split()) for n in _names(topic))
    ]


def _found(curriculum: Curriculum, slug: str, subject: Subject) -> Found | OtherSubject:
    topic = curriculum.topics[slug]
    return Found(slug, topic) if topic.subject is subject else OtherSubject(topic)


def _names(topic: Topic) -> Iterator[str]:
    return (_normalised(name) for name in (topic.title, *topic.aliases))


@lru_cache(maxsize=8192)
def _normalised(name: str) -> str:
    """`normalise` of the pack's own names, of which there are some two thousand; never of what a student wrote."""
    return normalise(name)


def normalise(text: str) -> str:
    """Lower case, no accents, no punctuation, no small words."""
    bare = unicodedata.normalize("NFKD", text.casefold().replace("’", "'").replace("'s", ""))
    words = re.findall(r"[a-z0-9]+", "".join(c for c in bare if not unicodedata.combining(c)))
    return " ".join([word for word in words if word not in _NOISE] or words)


def _likeness(topic: Topic, wanted: str) -> float:
    return max(_alike(wanted, name) for name in _names(topic))


def _alike(wanted: str, name: str) -> float:
    """How similar the spelling is, from 0.0 to 1.0; below SURE for what are other words."""
    alike = SequenceMatcher(None, wanted, name, autojunk=False).ratio() if wanted else 0.0
    return min(alike, UNSURE) if _other_words(wanted, name) else alike


def _other_words(wanted: str, name: str) -> bool:
    """Whether as many words begin differently: a slip seldom hits the first letter, but Mexican is not American."""
    mine, theirs = (sorted(word[0] for word in text.split()) for text in (wanted, name))
    return len(mine) == len(theirs) and mine != theirs
