"""Text is wrapped inside its width, made as large as fits, or refused."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from content_service.lesson.typography import (
    Weight,
    balanced,
    clean,
    fit,
    fit_all,
    measure,
    missing_character,
    runs,
    wrap,
)

texts = st.text(alphabet="abcdefghij xyz 0123456789 éü²→≤", max_size=200)


@given(texts, st.integers(60, 1200))
@settings(deadline=None)
def test_wrapped_lines_are_never_wider_than_asked(text: str, width: int) -> None:
    for breaker in (wrap, balanced):
        lines = breaker(text, Weight.MEDIUM, 30, width)
        assert lines is None or all(measure(line, Weight.MEDIUM, 30) <= width for line in lines)


@given(texts)
@settings(deadline=None)
def test_wrapping_loses_no_word(text: str) -> None:
    lines = wrap(text, Weight.REGULAR, 30, 5000)
    assert lines is not None
    assert " ".join(lines) == clean(text)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ('"Strong" means "concentrated"', "“Strong” means “concentrated”"),
        ("Mia's bag, the students' desks, the 1990's", "Mia’s bag, the students’ desks, the 1990’s"),
        ("'My name is Ozymandias, king of kings!'", "‘My name is Ozymandias, king of kings!’"),
        ('He said: "I don\'t know."', "He said: “I don’t know.”"),
        ("One owner: add 's", "One owner: add ’s"),
        ("6' 2\" tall", "6' 2\" tall"),
        ("f′(x) = 2x", "f′(x) = 2x"),
    ],
)
def test_quotation_marks_and_apostrophes_are_set_as_printers_do(written: str, shown: str) -> None:
    assert clean(written) == clean(clean(written)) == shown


@pytest.mark.parametrize("width", range(120, 600, 20))
def test_a_product_is_not_torn_apart(width: int) -> None:
    lines = wrap("Oxygen last: 3 · 2 + 4 = 10, so 5 O₂", Weight.MEDIUM, 30, width)
    assert lines is None or any("3 · 2" in line for line in lines)


def test_a_word_wider_than_the_line_is_refused() -> None:
    assert wrap("incomprehensibilities", Weight.BOLD, 60, 200) is None


def test_balancing_keeps_the_number_of_lines_and_leaves_no_word_alone() -> None:
    text = "Strong acids give all of their ions away and weak acids only a few"
    plain, even = (breaker(text, Weight.MEDIUM, 44, 1270) for breaker in (wrap, balanced))
    assert plain is not None
    assert even is not None
    assert len(plain) == len(even) == 2
    assert len(even[1].split()) > len(plain[1].split())


@pytest.mark.parametrize("width", range(300, 700, 50))
def test_a_number_stays_on_the_line_of_what_it_counts(width: int) -> None:
    lines = wrap("Hydrochloric acid of 0.01 mol/L reacts with 25 mL", Weight.MEDIUM, 36, width)
    assert lines is not None
    assert not any(line.endswith(("0.01", "25")) for line in lines)


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("The legs of a right triangle are 6 and 8. How long is its hypotenuse?", "and 8."),
        ("Thucydides, The Peloponnesian War, book 2, translated by Richard Crawley, 1874", "book 2,"),
        ("Niccolò Machiavelli, The Prince, translated by W. K. Marriott, 1908", "W. K. Marriott,"),
        ("Herodotus, Histories, about 430 BCE, translated by G. C. Macaulay, 1890", "about 430 BCE,"),
        ("Every quadratic equation ax² + bx + c = 0 can be solved with the quadratic formula.", "c = 0"),
        ("What forms when radium-226 (Z = 88) sends out an alpha particle, and why?", "(Z = 88)"),
        ("The deadliest war in history lasted in Europe from 1939 to 1945, and in Asia as well", "to 1945,"),
        ("Every quadratic equation ax² + bx + c = 0 can be solved with the quadratic formula.", "ax² + bx + c = 0"),
        ("A product of two sums such as x · y and the sum of four x + y is whole", "x + y"),
        ("Magnesium burns: 2 Mg + O₂ → ? MgO. Which number balances it, and why is that?", "2 Mg + O₂ → ? MgO."),
        ("For more than 10 visits a month, gym A is cheaper than gym B, where nothing is paid", "gym A"),
        ("The run is then 3 steps, the rise 6, the slope 2, and that is all that we need", "rise 6,"),
        ("A test (weight 3) gives 80, homework (weight 1) gives 100. What is the mean?", "(weight 1)"),
        ("A quadratic equation has x squared as its highest power, and it has two roots", "x squared"),
        ("In those years King Henry VIII broke with Rome, and his daughter Mary turned back", "Henry VIII"),
        ("Three quatrains rhyme abab cdcd efef gg, or the octave rhymes abba abba", "abab cdcd efef gg,"),
    ],
)
@pytest.mark.parametrize("width", range(300, 800, 50))
def test_what_is_read_in_one_breath_stays_on_one_line(text: str, whole: str, width: int) -> None:
    lines = wrap(text, Weight.BOLD, 28, width)
    assert lines is not None
    assert any(whole in line for line in lines)


def test_what_belongs_together_is_torn_only_where_the_line_is_too_narrow_for_it() -> None:
    assert wrap("about 2560 BCE", Weight.BOLD, 30, 1000) == ("about 2560 BCE",)
    narrow = measure("2560 BCE", Weight.BOLD, 30) + 1
    assert wrap("about 2560 BCE", Weight.BOLD, 30, narrow) == ("about", "2560 BCE")


def test_a_formula_too_long_for_a_line_is_torn_before_an_operator() -> None:
    width = measure("ax² + bx + c = 0", Weight.BOLD, 30) - 1
    assert wrap("ax² + bx + c = 0", Weight.BOLD, 30, width) == ("ax² + bx", "+ c = 0")


def test_fitting_takes_the_largest_size_that_fits() -> None:
    block = fit("Hello world", Weight.MEDIUM, 400, 100, (80, 26))
    assert block is not None
    assert block.width <= 400
    assert block.height <= 100
    larger = fit("Hello world", Weight.MEDIUM, 400, 100, (block.size + 2, block.size + 2))
    assert larger is None


def test_what_does_not_fit_at_the_smallest_size_is_refused() -> None:
    assert fit("word " * 500, Weight.MEDIUM, 400, 300, (40, 26)) is None
    assert fit_all(["word " * 300] * 3, Weight.MEDIUM, 400, 300, (40, 26)) is None


def test_texts_fitted_together_share_one_size() -> None:
    blocks = fit_all(["short", "a much longer text that needs several lines " * 3], Weight.MEDIUM, 500, 300, (60, 20))
    assert blocks is not None
    assert blocks[0].size == blocks[1].size


def test_signs_roboto_lacks_come_from_the_second_font() -> None:
    assert runs("H₂O ⇌ ions", Weight.MEDIUM) == (
        ("H₂O ", Weight.MEDIUM),
        ("⇌", Weight.SIGNS),
        (" ions", Weight.MEDIUM),
    )


def test_a_character_no_font_has_is_named() -> None:
    assert missing_character("good 漢 text") == "漢"
    assert missing_character("naïve Ωmega ∑ → ✓") == ""


def test_invisible_characters_and_uneven_spaces_are_cleaned() -> None:
    assert clean("a\u200bb  c\n\td\u00ad") == "ab c d"


def test_a_number_that_ends_a_sentence_is_not_bound_to_the_next_one() -> None:
    width = measure("They are 3 and 4.", Weight.REGULAR, 40) + 1
    assert wrap("They are 3 and 4. How long?", Weight.REGULAR, 40, width) == ("They are 3 and 4.", "How long?")
