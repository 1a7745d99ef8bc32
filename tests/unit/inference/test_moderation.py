"""How a judgement is reached and what it tells the author."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference_service.domain.moderation.judge import judge
from inference_service.domain.moderation.normal import views
from inference_service.domain.moderation.policy import TextType, Verdict
from inference_service.domain.subject import Subject
from inference_service.storage import read_policy

POLICY = read_policy()


def _judge(text: str, subject: Subject | None = None, type_: TextType = TextType.COMMENT) -> Verdict:
    return judge(text, type_, subject, POLICY)


def test_an_approved_text_has_neither_categories_nor_reasons() -> None:
    verdict = _judge("Thanks, that helped!")
    assert verdict == Verdict(True, verdict.confidence, POLICY.version)


def test_a_rejected_text_says_why_and_by_which_rules() -> None:
    verdict = _judge("you are an idiot")
    assert not verdict.approved
    assert verdict.categories == ("harassment",)
    assert verdict.reasons[0].startswith("It insults somebody")
    assert verdict.policy_version == POLICY.version


def test_a_cry_for_help_is_withheld_with_help_even_beside_swearing_and_links() -> None:
    verdict = _judge("fuck this, I want to kill myself, see https://example.com")
    assert verdict.withheld
    assert not verdict.approved
    assert "988" in verdict.resources
    assert "talk to an adult you trust" in verdict.resources


def test_an_insult_is_not_withheld_and_needs_no_resources() -> None:
    verdict = _judge("kys")
    assert not verdict.withheld
    assert verdict.resources == ""


def test_hard_things_may_be_named_where_they_are_taught_with_less_confidence() -> None:
    assert not _judge("So much torture and gore, awesome").approved
    lesson = _judge("Torture in the Inquisition", Subject.HISTORY)
    assert lesson.approved
    assert lesson.confidence < _judge("Thanks!").confidence


def test_a_lesson_is_no_cover_for_an_attack_on_somebody() -> None:
    assert not _judge("I'm going to behead you", Subject.HISTORY).approved
    assert not _judge("How did they torture people? I want to torture this kid", Subject.HISTORY).approved


@pytest.mark.parametrize(
    "disguise", ["fuck", "FUCK", "fսck", "ｆｕｃｋ", "f u c k", "f.u.c.k", "fuuuuck", "f\u200buck", "fu*k", "fúck"]
)
def test_a_disguised_word_is_seen(disguise: str) -> None:
    assert _judge(f"well {disguise} that").categories == ("profanity",)


@pytest.mark.parametrize("text", ["2 + 2 = 4", "1914 to 1918", "a b c", "A. B. Smith", "x y and z", "v = 10 m s"])
def test_plain_numbers_and_single_letters_are_left_alone(text: str) -> None:
    assert _judge(text).approved


def test_the_limit_depends_on_the_type_of_text() -> None:
    text = "a long question on fractions, " * 10
    assert _judge(text).approved
    verdict = _judge(text, type_=TextType.PROMPT)
    assert "at most 200" in verdict.reasons[0]


def test_every_rule_explains_itself_and_every_expression_is_distinct() -> None:
    assert len({rule.id for rule in POLICY.rules}) == len(POLICY.rules)
    assert all(rule.message.endswith(".") and 0 < rule.confidence <= 1 for rule in POLICY.rules)
    assert all(rule.words or rule.patterns or rule.contacts for rule in POLICY.rules)


def test_the_first_rules_are_those_that_keep_a_person_safe() -> None:
    assert POLICY.rules[0].action == "withhold"


@given(st.text(max_size=2000))
def test_any_text_is_judged_and_explained(text: str) -> None:
    verdict = _judge(text)
    assert 0 < verdict.confidence <= 1
    assert verdict.approved is not bool(verdict.reasons)


@given(st.text(alphabet="abc .*-_", max_size=200))
def test_undoing_disguises_never_invents_letters(text: str) -> None:
    assert set("".join(views(text, POLICY).spoken)) <= set("abc '*")
