"""Names with Roman numerals, with digits as well."""

import pytest

from content_service.domain import in_digits, other_names


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("world war i", "world war 1"),
        ("WORLD WAR II", "WORLD WAR 2"),
        ("louis xiv", "louis 14"),
        ("pope john xx", "pope john 20"),
        ("Henry V", "Henry 5"),
        ("henry v at agincourt", "henry 5 at agincourt"),
        ("Charles X", "Charles 10"),
        ("world war i causes", "world war 1 causes"),
        ("World War I causes", "World War 1 causes"),
        ("Elizabeth I of England", "Elizabeth 1 of England"),
        ("umberto i", "umberto 1"),
        ("hamlet act v scene i ghosts", "hamlet act 5 scene 1 ghosts"),
    ],
)
def test_a_numeral_after_a_name_is_a_number(asked: str, meant: str) -> None:
    assert in_digits(asked.split()) == meant.split()


@pytest.mark.parametrize(
    "asked",
    [
        "how do i draw a circle",
        "what Should I learn",
        "i",
        "i am lost",
        "photosynthesis i need",
        "Photosynthesis I need",
        "solve for x",
        "Solve X",
        "The X chromosome",
        "Malcolm X",
        "force V and I",
        "the number i",
        "louis xxi",
        "vitamin a",
        "mix",
        "",
    ],
)
def test_whoever_asks_an_unknown_and_any_other_word_stay(asked: str) -> None:
    assert in_digits(asked.split()) == asked.split()


def test_a_lesson_is_called_by_aliases_and_by_whatever_has_numerals_with_digits_each_once() -> None:
    names = other_names("Elizabeth I of England", "queen elizabeth", ["Elizabeth I", "Elizabeth 1", "Gloriana"])
    assert names == ["Elizabeth I", "Elizabeth 1", "Gloriana", "Elizabeth 1 of England"]
