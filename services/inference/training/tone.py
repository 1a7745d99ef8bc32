"""Trains the classifier of tone: python tone.py <folder of clones>. See README.md. Everything is seeded."""

import random
import sys
from collections.abc import Iterator
from pathlib import Path

from fit import fit
from inputs import of_tone
from tone_texts import LONGEST, Example, harmless, labelled

from inference_service.domain.linear import hashed
from inference_service.domain.moderation.normal import views
from inference_service.domain.moderation.tone import BUCKETS, FINE, features, words_of
from inference_service.storage import read_policy

REGULARISATION = 3.0
HARMLESS = 40000
SHORTEST = 3


def main(clones: Path) -> None:
    texts, labels, weights = zip(*_examples(clones), strict=True)
    policy = read_policy()
    vectors = [hashed(features(words_of(views(text, policy).written)), BUCKETS) for text in texts]
    fit("tone", {"inputs": of_tone()}, vectors, labels, weights, BUCKETS, C=REGULARISATION, tol=2e-3)


def _examples(clones: Path) -> Iterator[Example]:
    """Each text once, as the first that read it says."""
    seen = set()
    chosen = random.Random(0).sample(list(harmless(clones)), HARMLESS)  # noqa: S311 - a repeatable choice, not a secret
    for text, label, weight in (*labelled(clones), *((text[:LONGEST], FINE, 1.0) for text in chosen)):
        if len(text) >= SHORTEST and text not in seen:
            seen.add(text)
            yield text, label, weight


if __name__ == "__main__":
    main(Path(sys.argv[1]))
