"""Caption cues are short, in step, and valid WebVTT."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from content_service.lesson.captions import LINE, cues, timestamp, web_vtt
from content_service.lesson.narration import Word
from content_service.lesson.result import Cue

written = st.text(alphabet="abcdefghijklmnop,.-é", min_size=1, max_size=LINE)


@st.composite
def narrations(draw: st.DrawFn) -> list[Word]:
    words, at = [], 0.0
    for text in draw(st.lists(written, max_size=60)):
        at += draw(st.sampled_from((0.0, 0.0, 0.3, 1.2)))
        end = at + draw(st.floats(0.02, 0.9))
        words.append(Word(text, at, end, closes=draw(st.integers(0, 7)) == 0))
        at = end
    return words


def spoken(text: str, seconds_per_word: float = 0.4) -> list[Word]:
    parts = text.split()
    times = [i * seconds_per_word for i in range(len(parts) + 1)]
    return [Word(part, a, b, part.endswith(".")) for part, (a, b) in zip(parts, pairwise(times), strict=True)]


@given(narrations())
def test_cues_never_overlap_and_stay_inside_the_lesson(words: list[Word]) -> None:
    duration = words[-1].end + 2 if words else 2.0
    found = cues(words, duration)
    assert all(cue.start < cue.end <= duration + 0.001 for cue in found)
    assert all(before.end <= after.start for before, after in pairwise(found))


@given(narrations())
def test_cues_hold_at_most_two_lines_of_42_characters(words: list[Word]) -> None:
    for cue in cues(words, 1000.0):
        assert cue.text.count("\n") <= 1
        assert all(len(line) <= LINE for line in cue.text.split("\n"))


@given(narrations())
def test_cues_repeat_every_word_in_order(words: list[Word]) -> None:
    captioned = " ".join(cue.text for cue in cues(words, 1000.0)).split()
    assert captioned == " ".join(word.text for word in words).split()


def test_a_cue_begins_with_its_first_word_and_ends_before_the_next_sentence() -> None:
    words = spoken("One short sentence. Another one follows.")
    assert [(cue.start, cue.end) for cue in cues(words, 5.0)] == [(0.0, 1.2), (1.2, 2.8)]


def test_a_long_sentence_is_broken_after_its_comma() -> None:
    words = spoken(
        "When the discriminant is larger than zero there are two solutions, and otherwise there are not quite so many."
    )
    assert cues(words, 60.0)[0].text.endswith("solutions,")


def test_a_long_sentence_leaves_no_scrap_for_its_last_cue() -> None:
    words = spoken(
        "The quick brown fox jumps over the lazy dog while the cat watches from the warm old kitchen window sill."
    )
    first, second = cues(words, 60.0)
    assert abs(len(first.text) - len(second.text)) < 20


def test_the_last_cue_lingers_but_not_past_the_end() -> None:
    assert cues(spoken("The end of it."), 10.0)[-1].end == 2.0
    assert cues(spoken("The end of it."), 1.7)[-1].end == 1.7


def test_timestamps_are_hours_minutes_seconds_and_milliseconds() -> None:
    assert timestamp(0) == "00:00:00.000"
    assert timestamp(59.9996) == "00:01:00.000"
    assert timestamp(3661.25) == "01:01:01.250"


def test_webvtt_numbers_its_cues_and_escapes_markup() -> None:
    text = web_vtt((Cue(0.0, 1.5, "a < b & c"), Cue(1.5, 3.0, "two\nlines --> here")))
    assert text == (
        "WEBVTT\n\n"
        "1\n00:00:00.000 --> 00:00:01.500\na &lt; b &amp; c\n\n"
        "2\n00:00:01.500 --> 00:00:03.000\ntwo\nlines --&gt; here\n"
    )


def test_a_word_that_is_a_sentence_shares_the_cue_of_the_next_sentence_unless_there_is_a_pause() -> None:
    hello, rest = Word("Hello!", 0.0, 0.5, closes=True), spoken("Let us begin.")
    at_once, later = ([Word(w.text, w.start + gap, w.end + gap, w.closes) for w in rest] for gap in (0.76, 1.2))
    assert [cue.text for cue in cues([hello, *at_once], 9.0)] == ["Hello! Let us begin."]
    assert [cue.text for cue in cues([hello, *later], 9.0)] == ["Hello!", "Let us begin."]


def test_a_sentence_that_lasts_long_enough_or_has_no_room_keeps_its_cue() -> None:
    first, second = (
        spoken("This one lasts."),
        [Word(w.text, w.start + 1.3, w.end + 1.3, w.closes) for w in spoken("So.")],
    )
    assert [cue.text for cue in cues([*first, *second], 9.0)] == ["This one lasts.", "So."]
    long = [Word("n" * LINE, 0.76 + part, 1.76 + part, closes=part == 1) for part in (0, 1)]
    assert len(cues([Word("Hello!", 0.0, 0.5, closes=True), *long], 9.0)) == 2
