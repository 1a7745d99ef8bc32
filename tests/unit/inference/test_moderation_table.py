"""A labelled table of phrases, half of them harmless look-alikes, and what the policy makes of it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from fakes.inference.engine import FakeEngine, FakeShelf

from inference_service.domain.moderation.policy import TextType, Verdict
from inference_service.domain.subject import Subject
from inference_service.engine.answers import objection
from inference_service.storage import read_policy, read_subject_model, read_tone_model
from inference_service.use_cases import Judging, Known, Writing

OK = "ok"
TABLE = Path(__file__).with_name("moderation_phrases.tsv")
SHELF = FakeShelf(FakeEngine(), tasks=())
JUDGING = Judging(read_policy(), Known(read_subject_model(), read_tone_model()), SHELF, Writing(SHELF, objection))
PHRASES = [
    line.split("\t") for line in TABLE.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")
]


def _judge(subject: str, text: str) -> Verdict:
    return JUDGING.without_model(text, TextType.COMMENT, None if subject == "-" else Subject(subject))


@pytest.mark.parametrize(("expected", "subject", "text"), PHRASES, ids=[text for _, _, text in PHRASES])
def test_a_phrase_is_judged_as_labelled(expected: str, subject: str, text: str) -> None:
    verdict = _judge(subject, text)
    assert (verdict.categories or (OK,)) == (expected,)


def test_precision_and_recall_are_high_in_every_category(record_property: Callable[[str, object], None]) -> None:
    judged = [(expected, _judge(subject, text).categories or (OK,)) for expected, subject, text in PHRASES]
    for category in sorted({expected for expected, _ in judged}):
        right = sum(expected == category in found for expected, found in judged)
        precision = right / sum(category in found for _, found in judged)
        recall = right / sum(expected == category for expected, _ in judged)
        record_property(category, f"precision {precision:.3f}, recall {recall:.3f}")
        print(f"{category:<24} precision {precision:.3f}  recall {recall:.3f}")
        assert (precision >= 0.95, recall >= 0.95) == (True, True), category


def test_the_table_is_large_and_half_of_it_harmless() -> None:
    harmless = sum(expected == OK for expected, _, _ in PHRASES)
    assert len(PHRASES) >= 300
    assert 0.4 <= harmless / len(PHRASES) <= 0.6
