"""The nano model's corpus: prompts with a topic's name and one of its phrases, and the line that is made of them.

What is taught is not the phrases but to put whatever the prompt gives into a line. So many documents mix names and phrases
of several topics, or take words out of the middle of a fact, and some topics are never shown: they are the validation.
"""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Formatter
from typing import Any

import yaml

TRAINING = Path(__file__).parent
CURRICULUM = TRAINING.parent / "src" / "inference_service" / "curriculum"
LINES = CURRICULUM / "lines.yaml"
HELD_OUT_EACH = 10
# How often a kind is taught; the others have no phrase and are soon known by heart.
WEIGHTS = {"welcome": 4, "hook": 8, "closing": 8}
# A kind that nobody asks for: copying is learned sooner from lines of nothing but given words, in an order that none has.
REPEAT, REPEATED = "repeat", 0.25
PHRASES = ("wonder", "picture", "use")
# Shares of documents with the words of one topic and of several topics; the others take them from facts.
OF_ONE_TOPIC, OF_SEVERAL = 0.4, 0.75
# Words of a fact that stand for a name or a phrase: fewest, most.
SPANS = {"name": (1, 4), "wonder": (4, 12), "picture": (3, 12), "use": (3, 8)}
Document = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Corpus:
    """Phrases of topics, sentences to take words from, and templates by kind."""

    phrases: tuple[Mapping[str, Any], ...]
    sentences: tuple[str, ...]
    templates: Mapping[str, list[str]]

    def documents(self, seed: int) -> Iterator[Document]:
        """Endless pairs of a prompt and its line, the same for the same seed; a line begins with a space and ends a line."""
        chooser = random.Random(seed)  # noqa: S311 - a repeatable choice, not a secret
        while True:
            yield self._repetition(chooser) if chooser.random() < REPEATED else self._line(chooser)

    def _repetition(self, chooser: random.Random) -> Document:
        slot = chooser.choice(PHRASES)
        given = {key: _shuffled(chooser, text) for key, text in self._given(chooser, slot).items()}
        return prompt(given["name"], REPEAT, slot, given[slot]), f" {given[slot]}. {given['name']}. {given[slot]}.\n"

    def _line(self, chooser: random.Random) -> Document:
        (kind,) = chooser.choices(list(self.templates), [WEIGHTS.get(kind, 1) for kind in self.templates])
        slot = chooser.choice(slots(self.templates[kind]) or [""])
        given = self._given(chooser, slot)
        line = chooser.choice([line for line in self.templates[kind] if {*slots([line])} <= {slot}])
        return prompt(given["name"], kind, slot, given.get(slot, "")), f" {line.format(**given)}\n"

    def _given(self, chooser: random.Random, slot: str) -> dict[str, str]:
        wanted = ("name", slot) if slot else ("name",)
        lot, one = chooser.random(), chooser.choice(self.phrases)
        if lot < OF_ONE_TOPIC:
            return {key: _one(chooser, one[key]) for key in wanted}
        if lot < OF_SEVERAL:
            return {key: _one(chooser, chooser.choice(self.phrases)[key]) for key in wanted}
        return {key: _span(chooser, chooser.choice(self.sentences), *SPANS[key]) for key in wanted}


def prompt(name: str, kind: str, slot: str, phrase: str) -> str:
    """What the service asks with, word for word; `slot` is the sort of the phrase, empty without one."""
    return f"topic: {name}\nkind: {kind}\n" + (f"{slot}: {phrase}\n" if slot else "") + "say:"


def slots(templates: list[str]) -> list[str]:
    """The sorts of phrase that the templates have room for, in the order they come."""
    found = (slot for line in templates for _, slot, _, _ in Formatter().parse(line))
    return [*dict.fromkeys(slot for slot in found if slot and slot != "name")]


def corpora() -> tuple[Corpus, Corpus]:
    """What is learned, and what validates it: topics of which the first shows nothing."""
    files = (file for file in sorted(CURRICULUM.glob("*.yaml")) if file != LINES)
    topics = [topic for topic in map(_read, files) if not topic.get("solemn")]
    learned = [topic for number, topic in enumerate(topics) if number % HELD_OUT_EACH]
    return _corpus(learned), _corpus(topics[::HELD_OUT_EACH])


def _corpus(topics: list[Any]) -> Corpus:
    sentences = tuple(fact["say"] for topic in topics for fact in topic["facts"])
    return Corpus(tuple(topic["phrases"] for topic in topics), sentences, _read(LINES)["templates"])


def _one(chooser: random.Random, phrases: str | list[str]) -> str:
    return phrases if isinstance(phrases, str) else chooser.choice(phrases)


def _shuffled(chooser: random.Random, text: str) -> str:
    words = text.split()
    return " ".join(chooser.sample(words, len(words)))


def _span(chooser: random.Random, sentence: str, fewest: int, most: int) -> str:
    words = sentence.rstrip(".!?").split()
    length = chooser.randint(fewest, most)
    start = chooser.randint(0, max(0, len(words) - length))
    return " ".join(words[start : start + length]).rstrip(",.;:!?")


def _read(path: Path) -> Any:
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
