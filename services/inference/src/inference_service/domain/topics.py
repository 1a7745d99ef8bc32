"""Find the curriculum's topic that a student's words mean."""

import re
import unicodedata
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache

from inference_service.domain.lesson import Curriculum, Topic
from inference_service.domain.subject import Subject

SURE, UNSURE = 0.86, 0.85
SURE_ELSEWHERE = 0.93  # a topic of another subject must be spelled better
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
    """Whether a topic can be taught; `suggestions` are the nearest titles, `reason` says why not.

    `aliases` are the other names of one that can.
    `off_subject`: it is plainly about something else, so that no model should teach it in this subject.
    """

    supported: bool
    title: str = ""
    suggestions: tuple[str, ...] = ()
    reason: str = ""
    off_subject: bool = False
    aliases: tuple[str, ...] = ()


def find_topic(curriculum: Curriculum, asked: str, subject: Subject) -> Match:
    """Match `asked` against titles and aliases, forgiving case, accents, small words and typing errors."""
    likeness = _Likeness(normalise(asked))
    topics = curriculum.topics
    named = {slug: topic for slug, topic in topics.items() if likeness.is_name_of(topic)}
    ranked = sorted(
        ((likeness.of(topic), topic.subject is subject, slug) for slug, topic in (named or topics).items()),
        key=lambda entry: (-entry[0], not entry[1], entry[2]),
    )
    score, in_subject, slug = ranked[0]
    if score >= (SURE if in_subject else SURE_ELSEWHERE):
        topic = curriculum.topics[slug]
        return Found(slug, topic) if in_subject else OtherSubject(topic)
    ranked.sort(key=lambda entry: (not entry[1], -entry[0]))
    return Unknown(tuple(curriculum.topics[slug].title for _, _, slug in ranked[:MOST_SUGGESTIONS]))


@lru_cache(maxsize=4096)
def normalise(text: str) -> str:
    """Lower case, no accents, no punctuation, no small words."""
    bare = unicodedata.normalize("NFKD", text.casefold().replace("’", "'").replace("'s", ""))
    words = re.findall(r"[a-z0-9]+", "".join(c for c in bare if not unicodedata.combining(c)))
    return " ".join([word for word in words if word not in _NOISE] or words)


class _Likeness:
    """How like the wanted words a topic's names are: 1.0 for the same words in any order, else how similar the spelling
    is, below SURE for what are other words."""

    def __init__(self, wanted: str) -> None:
        self._words = sorted(wanted.split())
        self._matcher = SequenceMatcher(
            None, "", wanted, autojunk=False
        )  # it remembers what it knows of the second text

    def is_name_of(self, topic: Topic) -> bool:
        """Whether one of the names has just the wanted words."""
        return bool(self._words) and any(self._words == sorted(name.split()) for name in _names(topic))

    def of(self, topic: Topic) -> float:
        """0 to 1."""
        if self.is_name_of(topic):
            return 1.0
        best = 0.0
        for name in _names(topic):
            self._matcher.set_seq1(name)
            # Its two cheap upper bounds spare most names the slow comparison.
            if self._matcher.real_quick_ratio() > best and self._matcher.quick_ratio() > best:
                alike = self._matcher.ratio()
                best = max(best, min(alike, UNSURE) if self._has_other_words(name) else alike)
        return best

    def _has_other_words(self, name: str) -> bool:
        """Whether as many words begin differently: a slip seldom hits the first letter, but Mexican is not American."""
        mine, theirs = (sorted(word[0] for word in words) for words in (self._words, name.split()))
        return len(mine) == len(theirs) and mine != theirs


def _names(topic: Topic) -> tuple[str, ...]:
    return tuple(map(normalise, (topic.title, *topic.aliases)))
