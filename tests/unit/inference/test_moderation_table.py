"""A labelled table of phrases, half of them harmless look-alikes, and what the policy makes of it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from inference_service.domain.moderation.judge import judge
from inference_service.domain.moderation.policy import TextType, Verdict
from inference_service.domain.subject import Subject
from inference_service.storage import read_policy

OK = "ok"
TABLE = Path(__file__).with_name("moderation_phrases.tsv")
PHRASES = [
    line.split("\t") for line in TABLE.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")
]


def _judge(subject: str, text: str) -> Verdict:
    return judge(text, TextType.COMMENT, None if subject == "-" else Subject(subject), read_policy())


@pytest.mark.parametrize(("expected", "subject", "text"), PHRASES, ids=[text for _, _, text in PHRASES])
def test_a_phrase_is_judged_as_labelled(expected: str, subject: str, text: str) -> None:
    verdict = _judge(subject, text)
    assert (verdict.categories or (OK,)) == (expected,)


def test_precision_and_recall_over_the_table_are_high(record_property: Callable[[str, object], None]) -> None:
    flagged = [(expected, not _judge(subject, text).approved) for expected, subject, text in PHRASES]
    right = sum(expected != OK and stopped for expected, stopped in flagged)
    precision = right / sum(stopped for _, stopped in flagged)
    recall = right / sum(expected != OK for expected, _ in flagged)
    record_property("precision", round(precision, 3))
    record_property("recall", round(recall, 3))
    print(f"{len(flagged)} phrases: precision {precision:.3f}, recall {recall:.3f}")
    assert precision >= 0.95
    assert recall >= 0.95


def test_the_table_is_large_and_half_of_it_harmless() -> None:
    harmless = sum(expected == OK for expected, _, _ in PHRASES)
    assert len(PHRASES) >= 100
    assert 0.4 <= harmless / len(PHRASES) <= 0.6
