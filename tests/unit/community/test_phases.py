"""What a text passes before anybody else reads it: one test a phase, and how they add up."""

from datetime import timedelta

import pytest
from fakes.community.made import NOON

from community_service.domain.comments import ModerationStatus, Verdict
from community_service.domain.phases import OF_TEXT, Phase, Rules, Submission, Written, judge, together

APPROVED, REJECTED, WITHHELD = ModerationStatus.APPROVED, ModerationStatus.REJECTED, ModerationStatus.WITHHELD
MINUTE = timedelta(minutes=1)


def written(*ages: timedelta, text: str = "Now I get it") -> list[Written]:
    return [Written(text, NOON - age) for age in ages]


def test_an_ordinary_text_passes_every_phase() -> None:
    said = Submission("Why is a² + b² = c²? See https://school.example/triangles", NOON)
    assert judge(said, Rules()) == Verdict(APPROVED)


def test_length_refuses_what_is_longer_than_allowed() -> None:
    rules = Rules(longest=5)
    assert judge(Submission("12345", NOON), rules).status is APPROVED
    verdict = judge(Submission("123456", NOON), rules)
    assert (verdict.status, verdict.phase, verdict.reason) == (
        REJECTED,
        Phase.LENGTH,
        "It has 6 characters; 5 are allowed.",
    )


@pytest.mark.parametrize("again", ["Now I get it", "NOW i get  it!!!"])
def test_repeat_refuses_the_same_words_within_the_window(again: str) -> None:
    rules = Rules(repeat_window=10 * MINUTE)
    verdict = judge(Submission(again, NOON, recent=written(9 * MINUTE)), rules)
    assert (verdict.status, verdict.phase) == (REJECTED, Phase.REPEAT)
    assert judge(Submission(again, NOON, recent=written(10 * MINUTE)), rules).status is APPROVED
    assert judge(Submission("Another", NOON, recent=written(MINUTE)), rules).status is APPROVED


def test_two_texts_of_signs_only_are_the_same_only_if_they_are() -> None:
    assert judge(Submission("👍", NOON, recent=written(MINUTE, text="🎉")), Rules()).status is APPROVED
    assert judge(Submission("👍", NOON, recent=written(MINUTE, text="👍")), Rules()).phase == Phase.REPEAT


def test_rate_refuses_one_comment_too_many_and_says_when_to_come_back() -> None:
    rules = Rules(rate=2, rate_window=MINUTE, repeat_window=timedelta(0))
    seconds = [timedelta(seconds=number) for number in (70, 50, 20)]
    verdict = judge(Submission("one more", NOON, recent=written(*seconds)), rules)
    assert (verdict.status, verdict.phase, verdict.retry_after) == (REJECTED, Phase.RATE, timedelta(seconds=10))
    assert judge(Submission("one more", NOON, recent=written(*seconds[:2])), rules).status is APPROVED


def test_links_withhold_a_text_with_more_than_allowed() -> None:
    text = "www.one.example and https://two.example/x and three.com"
    assert judge(Submission(text, NOON), Rules(links=3)).status is APPROVED
    verdict = judge(Submission(text, NOON), Rules(links=2))
    assert (verdict.status, verdict.phase) == (WITHHELD, Phase.LINKS)
    assert "3 links" in verdict.reason


def test_words_refuse_and_name_what_the_school_does_not_allow() -> None:
    rules = Rules(words=frozenset({"skibidi", "don't"}))
    verdict = judge(Submission("So SKIBIDI, and don't", NOON), rules)
    assert (verdict.status, verdict.phase) == (REJECTED, Phase.WORDS)
    assert verdict.reason.endswith("don't, skibidi.")
    assert judge(Submission("skibidis", NOON), rules).status is APPROVED


def test_newcomer_withholds_the_first_comments_of_an_account_but_not_of_staff() -> None:
    rules = Rules(newcomer_comments=2)
    verdict = judge(Submission("Hello", NOON, published=1), rules)
    assert (verdict.status, verdict.phase) == (WITHHELD, Phase.NEWCOMER)
    assert judge(Submission("Hello", NOON, published=2), rules).status is APPROVED
    assert judge(Submission("Hello", NOON, by_staff=True), rules).status is APPROVED


def test_the_first_refusal_ends_it_and_every_reason_to_wait_is_told() -> None:
    text = "one.com two.com three.com"
    waits = judge(Submission(text, NOON), Rules(newcomer_comments=1))
    assert (waits.status, waits.phase) == (WITHHELD, Phase.LINKS)
    assert "links" in waits.reason
    assert "new account" in waits.reason
    refused = judge(Submission(text, NOON), Rules(longest=5, words=frozenset({"one"}), newcomer_comments=1))
    assert (refused.status, refused.phase) == (REJECTED, Phase.LENGTH)


def test_an_edit_is_no_further_comment_and_repeats_nothing() -> None:
    submission = Submission("Now I get it", NOON, recent=written(*[MINUTE / 2] * 20))
    assert judge(submission, Rules(), OF_TEXT).status is APPROVED


def test_a_refusal_of_the_model_beats_a_wait_and_help_is_never_lost() -> None:
    waits = Verdict(WITHHELD, "Three links.", phase=Phase.LINKS)
    help_ = Verdict(WITHHELD, "We care.", "Call 116 111.", Phase.MODEL)
    refused = Verdict(REJECTED, "It insults.", phase=Phase.MODEL)
    assert together((waits, refused)) == refused
    assert together((waits, help_)) == Verdict(WITHHELD, "Three links. We care.", "Call 116 111.", Phase.LINKS)
    assert together((Verdict(APPROVED), help_)) == help_
