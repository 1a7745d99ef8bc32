"""Which words stand in for mistyped ones, and which shelves are searched."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as some

from content_service.storage.search_index import SHELF_SIZES, shelves
from content_service.use_cases.searching import corrected, words_of


@pytest.mark.parametrize(
    ("typed", "known", "meant"),
    [
        ("pythagoraen", ["pythagorean", "python"], "pythagorean"),
        ("fraction", ["fractions"], "fractions"),
        ("titel", ["title", "tilted"], "title"),
        ("cat", ["car"], "cat"),
        ("atom", ["atomic"], "atom"),
        ("bond", ["pond", "band"], "band"),
        ("stoichimetry", ["stoichiometry"], "stoichiometry"),
        ("xyzzy", [], "xyzzy"),
        ("dice", ["ice"], "dice"),
        ("dice", ["ice", "dicey"], "dicey"),
        ("smoal", ["moal"], "moal"),
    ],
)
def test_one_slip_in_a_short_word_and_two_in_a_long_one_are_forgiven(typed: str, known: list[str], meant: str) -> None:
    assert corrected([typed], {typed: known}) == [meant]


def test_words_that_are_known_stay() -> None:
    assert corrected(["black", "deaht"], {"deaht": ["death"]}) == ["black", "death"]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("Romeo & Juliet!", ["romeo", "juliet"]),
        ("a^2 + b² = c2", ["a2", "b2", "c2"]),
        ("H₂O", ["h2o"]),
        ("10^-3 ^x", ["10", "3", "x"]),
        ("ﬁne Ⅻ ½", ["fine", "xii", "1", "2"]),
        ("🧮 !", []),
        ("a " * 100, ["a"] * 16),
    ],
)
def test_a_question_is_words_as_they_are_on_a_keyboard(asked: str, words: list[str]) -> None:
    assert words_of(asked) == words


@given(some.integers(0, 20_000_000))
def test_the_shelves_hold_every_video_once(newest: int) -> None:
    held = [
        range(int(number) * SHELF_SIZES[int(level)], (int(number) + 1) * SHELF_SIZES[int(level)])
        for level, number in (shelf.removeprefix("/").split(":") for shelf in shelves(newest))
    ]
    assert newest in held[0]
    assert held[-1].start == 0
    assert all(older.stop == newer.start for newer, older in pairwise(held))


@given(some.integers(0, 20_000_000))
def test_the_shelves_stay_few(newest: int) -> None:
    assert len(list(shelves(newest))) <= 8 + 8 + newest // SHELF_SIZES[-1]
