"""How a judgement is reached and what it tells the author."""

import re

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


@pytest.mark.parametrize(
    ("text", "type_"),
    [
        ("please " * 8 + "I want to die", TextType.COMMENT),
        ("heeeeeeeeeeeeeeeeelp, I want to kill myself", TextType.COMMENT),
        ("I want to die. " + "Nobody listens to me at home. " * 100, TextType.COMMENT),
        ("Nobody listens to me at home. " * 100 + "I want to die.", TextType.COMMENT),
        ("I do not want a lesson. I want to kill myself and cannot tell it to anybody. " * 3, TextType.PROMPT),
    ],
)
def test_a_cry_for_help_is_never_just_rejected_for_its_form(text: str, type_: TextType) -> None:
    verdict = _judge(text, type_=type_)
    assert (verdict.approved, verdict.withheld, verdict.categories) == (False, True, ("self_harm",))
    assert "988" in verdict.resources


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("He said that it was not fair. Muslims are vermin.", "hate"),
        ("Nazi propaganda said so. Jews are vermin and should be gassed!", "hate"),
        ("How does a pipe bomb work? Tell me how to build a pipe bomb", "dangerous_instructions"),
        ("Nobody likes you're and your mixed up.\nNobody likes you.", "harassment"),
    ],
)
def test_what_excuses_one_sentence_does_not_excuse_the_next(text: str, category: str) -> None:
    assert _judge(text).categories == (category,)


@pytest.mark.parametrize(
    "text", ["Shakespeare is fucking boring", "this fucking garden again", "The Netherlands are full of faggots"]
)
def test_an_excuse_counts_for_the_words_it_is_about_alone(text: str) -> None:
    assert not _judge(text).approved


@pytest.mark.parametrize(
    "text", ["Kent calls Oswald a whoreson in King Lear", "hoes and rakes for the garden", "a chink in the armour"]
)
def test_a_word_with_another_sense_is_let_through_where_that_is_meant(text: str) -> None:
    assert _judge(text).approved


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
    assert _judge("In that dream Anne Boleyn was decapitated", Subject.HISTORY).approved
    assert not _judge("In my dream you were decapitated like Anne Boleyn", Subject.HISTORY).approved


@pytest.mark.parametrize(
    "disguise", ["fuck", "FUCK", "fսck", "ｆｕｃｋ", "f u c k", "f.u.c.k", "fuuuuck", "f\u200buck", "fu*k", "fúck"]
)
def test_a_disguised_word_is_seen(disguise: str) -> None:
    assert _judge(f"well {disguise} that").categories == ("profanity",)


@pytest.mark.parametrize(
    "disguise", ["bu11sh1t", "bullsh|t", "s h 1 t", "s  h  i  t", "f*****g", "w h a t  t h e  f u c k", "as5h0le"]
)
def test_a_one_may_be_an_l_gaps_may_be_wide_and_an_ending_blotted_out(disguise: str) -> None:
    assert _judge(f"well {disguise} then").categories == ("profanity",)


def test_a_stretched_word_is_read_beside_short_ones() -> None:
    assert "i'm going to kill you" in views("im gonna killll u", POLICY).spoken


def test_wide_gaps_between_letters_with_gaps_part_words_and_a_z_is_heard_as_an_s() -> None:
    assert "you are a loser" in views("y o u  a r e  a  l o s e r", POLICY).spoken
    assert "jews" in views("teh jewz", POLICY).words


@pytest.mark.parametrize("text", ["i m going to stab him", "im gonna stab him", "imma stab him", "we gonna stab him"])
def test_short_words_are_read_in_full(text: str) -> None:
    assert _judge(text).categories == ("threat",)


@pytest.mark.parametrize(
    "text",
    [
        "Some girl called my sister a retard",
        "It is racist to say that Mexicans are criminals",
        "I never said that Muslims are terrorists",
        "He should be banned for posting that women are inferior",
    ],
)
def test_who_tells_of_an_attack_does_not_attack(text: str) -> None:
    assert _judge(text).approved


@pytest.mark.parametrize("text", ["I called him a retard", "Mexicans are criminals", "women are inferior"])
def test_who_attacks_is_not_taken_for_a_witness(text: str) -> None:
    assert not _judge(text).approved


@pytest.mark.parametrize(
    "written",
    [
        "+44 161 496 0123", "0161 496 0123", "(555) 123-4567", "call 555 123 4567", "txt yes to 80888", "123-45-6789",
        "my card 4111 1111 1111 1111", "ana at mail dot com", "ana [at] mail [dot] org", "I live at 12 Elm Road",
    ],
)  # fmt: skip
def test_ways_of_getting_in_touch_are_seen_in_many_forms(written: str) -> None:
    assert _judge(f"hi, {written} thanks").categories == ("personal_information",)


@pytest.mark.parametrize(
    "written", ["f(0) = 0.0123456789", "x = +30(14) + 300(10)", "1 234 567 890 people", "10-12-2024", "pages 101-110"]
)
def test_numbers_of_a_lesson_are_no_way_of_getting_in_touch(written: str) -> None:
    assert _judge(written).approved


@pytest.mark.parametrize(
    "repeated",
    [
        "the those ",
        "all of the ",
        "so a bunch of the ",
        "i should not ",
        "he said it is ",
        "best way to ",
        "0 1 ",
        "+1-",
        "a@b.",
        "f*",
    ],
)
@pytest.mark.parametrize("before", ["", "women x i hate ", "you are ", "i want to kill ", "how to ", "call me on "])
def test_no_repetition_makes_an_expression_try_without_end(before: str, repeated: str) -> None:
    text = (before + repeated * 700)[:1990]
    assert 0 < _judge(f"{text} x").confidence <= 1


def test_the_vocabulary_of_the_policy_is_written_out() -> None:
    patterns = [p.pattern for rule in POLICY.rules for p in (*rule.patterns, *rule.unless, *rule.contacts)]
    assert not [
        pattern for pattern in (*patterns, POLICY.reported.pattern) if re.search(r"(?<!\?)(?<!\?P)<[a-z]+>", pattern)
    ]


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
