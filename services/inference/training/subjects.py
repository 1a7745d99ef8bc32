"""Trains the classifier of subjects: python subjects.py <WordNet's dict folder> <folder of clones>. See README.md.

It learns from open textbooks, from glosses of WordNet whose synsets lie below words of a subject or are marked with its
domain, from the curriculum, from subjects.yaml, and from talk about none of the subjects. Everything is seeded: the same
input gives the same file.
"""

import random
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import yaml
from fit import fit
from inputs import of_subjects, of_topics, own_examples
from public_texts import books, talk

from inference_service.domain.classification import FEATURES, OTHER, features
from inference_service.domain.linear import hashed

HERE = Path(__file__).parent
MOST_GLOSSES = {OTHER: 8000}
MOST_GLOSSES_OF_A_SUBJECT = 4000
MOST_PARTS = {OTHER: 24000}
MOST_PARTS_OF_A_SUBJECT = 14000
MOST_TALK = 6500
LONGEST, SHORTEST, SENTENCE_ALONE = 400, 9, 0.3
"""Of a book: the characters of a part, and the share of short parts of which one sentence is taken."""
GLOSS, READ = 1.0, 1.0
REGULARISATION = 2.0
TOLERANCE = 1e-6
"""A hundredth of what is usual: where the solver stops must not matter."""
_SENTENCE_END = re.compile(r"(?<=[.?!]) ")
Synset = tuple[str, str]


def main(wordnet: Path, clones: Path) -> None:
    texts, labels, weights = zip(*_examples(wordnet), *_read(clones), strict=True)
    vectors = [hashed(features(text), FEATURES) for text in texts]
    learned_from = {"inputs": of_subjects(), "topics": of_topics()}
    how = {"C": REGULARISATION, "tol": TOLERANCE, "class_weight": "balanced"}
    fit("subjects", learned_from, vectors, labels, weights, FEATURES, **how)


def _examples(folder: Path) -> Iterator[tuple[str, str, float]]:
    chance = random.Random(0)  # noqa: S311 - a repeatable choice, not a secret
    glosses = _glosses(folder)
    for subject in sorted(glosses):
        chosen = sorted(glosses[subject])
        chance.shuffle(chosen)
        yield from ((text, subject, GLOSS) for text in chosen[: MOST_GLOSSES.get(subject, MOST_GLOSSES_OF_A_SUBJECT)])
    yield from own_examples()


def _read(clones: Path) -> Iterator[tuple[str, str, float]]:
    chance = random.Random(0)  # noqa: S311 - a repeatable choice, not a secret
    parts: dict[str, list[str]] = {}
    for text, subject in books(clones):
        parts.setdefault(subject, []).append(text)
    for subject in sorted(parts):
        chance.shuffle(parts[subject])
        chosen = parts[subject][: MOST_PARTS.get(subject, MOST_PARTS_OF_A_SUBJECT)]
        yield from ((text, subject, READ) for part in chosen if len(text := _excerpt(part, chance)) >= SHORTEST)
    for said in talk(clones):
        yield from ((text, OTHER, READ) for text in chance.sample(said, MOST_TALK))


def _excerpt(part: str, chance: random.Random) -> str:
    """What is asked is short: of a long part a run of sentences, of some short ones a single sentence."""
    sentences = _SENTENCE_END.split(part)
    if len(part) > LONGEST:
        return " ".join(sentences[chance.randrange(len(sentences)) :])[:LONGEST]
    return chance.choice(sentences) if chance.random() < SENTENCE_ALONE else part


def _glosses(folder: Path) -> dict[str, list[str]]:
    anchors = yaml.safe_load((HERE / "wordnet.yaml").read_text())
    words, glosses, above, domains = _wordnet(folder)
    found: dict[str, list[str]] = {subject: [] for subject in (*anchors, OTHER)}
    for synset, gloss in glosses.items():
        marked = {word for domain in domains[synset] for word in words[domain]}
        subject = next((name for name, by in anchors.items() if marked & set(by["domains"])), None)
        if subject is None and not marked:
            subject = _nearest(synset, above, words, anchors)
        without_examples = re.sub(r'"[^"]*"', "", gloss)
        found[subject or OTHER].append(f"{' '.join(words[synset])}. {without_examples}")
    return found


def _nearest(
    synset: Synset, above: dict[Synset, list[Synset]], words: dict[Synset, list[str]], anchors: dict
) -> str | None:
    """The subject of the nearest hypernym that is an anchor."""
    seen, level = {synset}, [synset]
    while level:
        names = {word for one in level for word in words[one][:3]}
        for subject, by in anchors.items():
            if names & set(by["below"]):
                return subject
        level = [up for one in level for up in above[one] if up not in seen]
        seen.update(level)
    return None


def _wordnet(folder: Path):
    """Words, glosses, hypernyms and domains of every noun, verb and adjective (file format: wndb(5WN))."""
    words, glosses, above, domains = {}, {}, {}, {}
    for part in ("noun", "verb", "adj"):
        for line in (folder / f"data.{part}").read_text(encoding="latin-1").splitlines():
            if line.startswith("  "):
                continue
            head, gloss = line.split(" | ", 1)
            field = head.split()
            count = int(field[3], 16)
            synset = (part[0], field[0])
            words[synset] = [field[4 + 2 * i].replace("_", " ").lower() for i in range(count)]
            start = 5 + 2 * count
            pointers = [field[start + 4 * i : start + 4 * i + 3] for i in range(int(field[start - 1]))]
            key = {"s": "a"}
            above[synset] = [(key.get(pos, pos), offset) for kind, offset, pos in pointers if kind in ("@", "@i")]
            domains[synset] = [(key.get(pos, pos), offset) for kind, offset, pos in pointers if kind == ";c"]
            glosses[synset] = gloss.strip()
    return words, glosses, above, domains


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
