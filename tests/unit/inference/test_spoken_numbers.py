"""Arithmetic in words is recognised, and a wrong sum is told from a right one."""

import pytest

from inference_service.domain.spoken_numbers import in_figures, wrong_sums


@pytest.mark.parametrize(
    ("words", "figures"),
    [
        ("nine", "9"),
        ("twenty-five", "25"),
        ("five hundred seventy-six", "576"),
        ("two hundred and five", "205"),
        ("a hundred", "100"),
        ("one thousand two hundred", "1200"),
        ("three million", "3000000"),
        ("seven point two five", "7.25"),
        ("everyone is alone", "everyone = alone"),
    ],
)
def test_numbers_in_words_become_figures(words: str, figures: str) -> None:
    assert in_figures(words) == figures


@pytest.mark.parametrize(
    "sentence",
    [
        "Thirty-six plus sixty-four is one hundred, and the square root of one hundred is ten.",
        "Three squared is nine, and four squared is sixteen.",
        "Two divided by three is zero point six seven.",
        "Seven is prime, and in step two is one mistake.",
        "The root of thirty-six plus sixty-four is ten.",
        "x plus two is nine, so x is seven.",
        "Ten divided by zero is nothing at all.",
        "Ten divided by fifty is one fifth.",
        "Twelve pi divided by two pi is six.",
    ],
)
def test_what_is_right_or_no_sum_at_all_passes(sentence: str) -> None:
    assert wrong_sums(sentence) == []


@pytest.mark.parametrize(
    ("sentence", "sum_"),
    [
        ("Nine plus sixteen is twenty-six.", "9 + 16 = 26"),
        ("So a hundred divided by four equals thirty.", "100 / 4 = 30"),
        ("Three cubed makes nine.", "3**3 = 9"),
        ("The square root of sixteen is five.", "((16)**0.5) = 5"),
    ],
)
def test_a_wrong_sum_is_named_in_figures(sentence: str, sum_: str) -> None:
    assert wrong_sums(sentence) == [sum_]
