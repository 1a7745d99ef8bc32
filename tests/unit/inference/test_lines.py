"""What a model may say around a lesson, and what is said instead."""

import runpy
from itertools import islice
from pathlib import Path

import pytest

from inference_service.curriculum.pack import load_curriculum
from inference_service.domain.lines import LineKind, curated, objection, prompt, seed_of, wording
from inference_service.use_cases import ATTEMPTS

PACK = load_curriculum()
SLUG = "black-death"
ALLOWED = wording(PACK, SLUG)
PROMPTS = {prompt(PACK, SLUG, kind, seed, 0): kind for kind in LineKind for seed in range(100)}
TRAINING = Path(__file__).parents[3] / "services" / "inference" / "training"


@pytest.mark.parametrize("slug", list(PACK.topics))
@pytest.mark.parametrize("kind", list(LineKind))
def test_every_curated_line_may_be_spoken(slug: str, kind: LineKind) -> None:
    allowed = wording(PACK, slug)
    for seed in range(20):
        assert objection(curated(PACK, slug, kind, seed), kind, allowed) == ""


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("Imagine.", "characters"),
        ("Picture a trading ship coming into a harbor, " * 5 + ".", "characters"),
        ("Welcome! It killed 500 people today.", "plain sentence"),
        ("welcome! Today we explore the Black Death.", "plain sentence"),
        ("Welcome! Today we explore the Black Death", "plain sentence"),
        ("Now it is your turn. Now it is your turn. Now it is your turn.", "more than 2 sentences"),
        ("Have you ever wondered how people lived through a great plague.", "does not end as one"),
        ("Imagine a balcony in the moonlight.", "'a balcony' is not in the topic's wording"),
        ("Picture a bell ringing over silent people.", "'silent people' is not in the topic's wording"),
        ("The Black Death was caused by a curse.", "not in the topic's wording"),
    ],
)
def test_a_line_is_refused_with_its_reason(line: str, why: str) -> None:
    assert why in objection(line, LineKind.HOOK, ALLOWED)


def test_a_welcome_must_name_its_topic() -> None:
    line = "Well done, and see you in the next lesson."
    assert objection(line, LineKind.CLOSING, ALLOWED) == ""
    assert objection(line, LineKind.WELCOME, ALLOWED) == "it does not name the Black Death"


def test_a_curated_line_is_the_same_for_the_same_seed() -> None:
    lines = {curated(PACK, SLUG, LineKind.HOOK, 7) for _ in range(5)}
    assert len(lines) == 1
    assert len({curated(PACK, SLUG, LineKind.HOOK, seed) for seed in range(20)}) > 5


def test_every_line_and_attempt_has_a_seed_of_its_own() -> None:
    seeds = {seed_of(1, SLUG, kind, attempt) for kind in LineKind for attempt in range(3)}
    assert len(seeds) == len(LineKind) * 3


def test_a_prompt_gives_the_topic_and_one_of_its_phrases() -> None:
    assert prompt(PACK, SLUG, LineKind.WELCOME, 1, 0) == "topic: the Black Death\nkind: welcome\nsay:"
    phrases = PACK.topics[SLUG].phrases
    given = {prompt(PACK, SLUG, LineKind.HOOK, seed, 0).splitlines()[2] for seed in range(100)}
    assert given == {f"{sort}: {phrase}" for sort in ("wonder", "picture", "use") for phrase in getattr(phrases, sort)}


@pytest.mark.parametrize("seed", range(50))
def test_a_closing_takes_up_no_phrase_that_the_hook_had(seed: int) -> None:
    hook, closing = (prompt(PACK, SLUG, kind, seed, 0).splitlines()[2] for kind in (LineKind.HOOK, LineKind.CLOSING))
    assert hook != closing


def test_every_attempt_is_given_a_phrase_by_its_number() -> None:
    prompts = {prompt(PACK, SLUG, LineKind.HOOK, 5, attempt) for attempt in range(ATTEMPTS)}
    assert len(prompts) == ATTEMPTS


def test_training_asks_with_the_same_words() -> None:
    corpus = runpy.run_path(str(TRAINING / "corpus.py"))
    for kind in LineKind:
        asked = prompt(PACK, SLUG, kind, 1, 0)
        given = asked.splitlines()[2].partition(": ") if asked.count("\n") == 3 else ("", "", "")
        assert corpus["prompt"]("the Black Death", str(kind), given[0], given[2]) == asked


def test_the_corpus_is_the_same_every_time_and_its_lines_may_be_spoken() -> None:
    learned, _ = runpy.run_path(str(TRAINING / "corpus.py"))["corpora"]()
    pairs = list(islice(learned.documents(1), 4000))
    assert pairs == list(islice(learned.documents(1), 4000))
    own = [(asked, line.strip()) for asked, line in pairs if asked in PROMPTS]
    assert len(own) > 10
    assert [objection(line, PROMPTS[asked], ALLOWED) for asked, line in own] == [""] * len(own)


def test_the_validation_shows_topics_that_are_never_learned() -> None:
    learned, held_out = runpy.run_path(str(TRAINING / "corpus.py"))["corpora"]()
    names = [{phrases["name"] for phrases in part.phrases} for part in (learned, held_out)]
    assert len(names[1]) >= 5
    assert not names[0] & names[1]
