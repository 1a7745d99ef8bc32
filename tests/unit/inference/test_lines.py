"""What a model may say around a lesson, and what is said instead."""

import runpy
from pathlib import Path

import pytest

from inference_service.curriculum.pack import load_curriculum
from inference_service.domain.lines import LineKind, curated, objection, prompt, seed_of, wording
from inference_service.domain.subject import Difficulty, Subject

PACK = load_curriculum()
SLUG = "black-death"
ALLOWED = wording(PACK, SLUG)
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


def test_the_prompt_is_the_one_the_model_was_trained_on() -> None:
    asked = prompt("the Black Death", Subject.HISTORY, Difficulty.INTRO, LineKind.HOOK)
    assert asked == "topic: the Black Death\nsubject: history\nlevel: intro\nkind: hook\nsay:"


def test_training_asks_with_the_same_words() -> None:
    corpus = runpy.run_path(str(TRAINING / "corpus.py"))
    asked = corpus["PROMPT"].format(topic="the Black Death", subject="history", level="intro", kind="hook")
    assert asked == prompt("the Black Death", Subject.HISTORY, Difficulty.INTRO, LineKind.HOOK)


def test_the_corpus_is_the_same_every_time_and_its_lines_may_be_spoken() -> None:
    corpus = runpy.run_path(str(TRAINING / "corpus.py"))
    pairs = corpus["documents"](1, 400)
    assert pairs == corpus["documents"](1, 400)
    hooks = [line.strip() for asked, line in pairs if "topic: the Black Death\n" in asked and "kind: hook" in asked]
    assert hooks
    assert all(objection(line, LineKind.HOOK, ALLOWED) == "" for line in hooks)
