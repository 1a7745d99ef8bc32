"""What classifiers learn from this repository itself, and a SHA-256 of it that stays in their files.

`tests/unit/inference/test_classifiers_are_fresh.py` compares it with what would be learned today.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml

from inference_service.curriculum.pack import load_curriculum
from inference_service.domain import classification
from inference_service.domain.lesson import Topic
from inference_service.domain.linear import hashed
from inference_service.domain.moderation import tone
from inference_service.domain.moderation.normal import views
from inference_service.storage import read_policy

Example = tuple[str, str, float]
HERE = Path(__file__).parent
TAUGHT, ASKED = 2.0, 6.0
"""How much a text of the curriculum and one of subjects.yaml weighs."""
_SHORT = 12
_READ_ALOUD = (
    "You're SO stupid!!! @anna",
    "Call me at 555-0123: https://a.example",
    "Thе сat's 2nd n4p, ｗｉｄｅ and naïve",
)
"""Shows how the classifier of tone reads."""


def own_examples() -> Iterator[Example]:
    """Texts of the curriculum and of subjects.yaml, each with its subject and its weight."""
    for topic in load_curriculum().topics.values():
        yield from ((text, topic.subject.value, TAUGHT) for text in _said_of(topic))
    yield from _asked()


def _said_of(topic: Topic) -> Iterator[str]:
    yield from (topic.title, *topic.aliases, *(text for fact in topic.facts for text in (fact.text, fact.say)))
    for plan in topic.levels.values():
        yield from (plan.summary, *(point.text for point in plan.key_points), *(quiz.question for quiz in plan.quiz))


def _asked() -> Iterator[Example]:
    for subject, listed in yaml.safe_load((HERE / "subjects.yaml").read_text()).items():
        yield from ((text.strip(), subject, ASKED) for text in listed.split(";"))


def of_subjects() -> str:
    """All but the curriculum. Texts count as the numbers they become: how they are read matters, how that is written does not."""
    read = [
        (_rounded(hashed(classification.features(text), classification.FEATURES)), label, weight)
        for text, label, weight in _asked()
    ]
    files = ("subjects.py", "fit.py", "public_texts.py", "wordnet.yaml")
    return _digest([read, TAUGHT, _sources("books", "talk")], *files)


def of_topics() -> dict[str, str]:
    """Of each topic what it says, by the topic's name in the curriculum: a few words more or less need no other classifier."""
    return {slug: _digest(list(_said_of(topic)))[:_SHORT] for slug, topic in load_curriculum().topics.items()}


def of_tone() -> str:
    """The policy's rules may change: only its look-alike letters are seen in training."""
    policy = read_policy()
    words = (tone.words_of(views(text, policy).written) for text in _READ_ALOUD)
    read = [_rounded(hashed(tone.features(said), tone.BUCKETS)) for said in words]
    files = ("tone.py", "tone_texts.py", "fit.py", "public_texts.py")
    return _digest([read, dict(policy.confusables), _sources("books", "talk", "labelled")], *files)


def _sources(*kinds: str) -> list[object]:
    listed = yaml.safe_load((HERE / "sources.yaml").read_text())
    return [listed[kind] for kind in kinds]


def _rounded(vector: Mapping[int, float]) -> list[tuple[int, float]]:
    """In order, and the same where a processor rounds otherwise."""
    return sorted((index, round(value, 6)) for index, value in vector.items())


def _digest(learned: object, *files: str) -> str:
    digest = hashlib.sha256(json.dumps(learned, sort_keys=True).encode())
    for name in files:
        digest.update((HERE / name).read_bytes())
    return digest.hexdigest()
