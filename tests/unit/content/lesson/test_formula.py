"""Formulas are typeset within their box, or refused by name."""

import pytest

from content_service.lesson.errors import ContentOverflow, FormulaInvalid
from content_service.lesson.formula import typeset

FORMULAS = (
    r"a x^2 + b x + c = 0",
    r"x = \frac{-b \pm \sqrt{b^2 - 4ac}}{2a}",
    r"\int_0^\pi \sin x \, dx = 2",
    r"\sum_{k=1}^{n} k = \frac{n(n+1)}{2}",
    r"\mathrm{2\,H_2 + O_2 \rightarrow 2\,H_2O}",
    r"\left( \frac{1}{2} \right)^3",
    r"\log_{10} [\mathrm{H}^{+}] \leq -7",
)


@pytest.mark.parametrize("formula", FORMULAS)
def test_a_formula_is_drawn_inside_its_box(formula: str) -> None:
    mask = typeset(formula, "Scene", 700, 160, 90)
    assert mask.width <= 700
    assert mask.height <= 160
    assert mask.getextrema()[1] == 255


def test_a_formula_keeps_its_size_when_there_is_room() -> None:
    assert typeset("E = m c^2", "Scene", 1000, 400, 90).size == typeset("E = m c^2", "Scene", 2000, 900, 90).size


def test_an_outer_fraction_is_set_in_display_size() -> None:
    assert typeset(r"\frac{1}{2}", "Scene", 900, 900, 60) == typeset(r"\dfrac{1}{2}", "Scene", 900, 900, 60)


def test_a_fraction_under_a_root_is_set_in_display_size_and_one_in_an_exponent_is_not() -> None:
    assert typeset(r"\sqrt{\frac{8}{3}}", "Scene", 900, 900, 60) == typeset(
        r"\sqrt{\dfrac{8}{3}}", "Scene", 900, 900, 60
    )
    assert typeset(r"x^{\frac{1}{2}}", "Scene", 900, 900, 60) != typeset(r"x^{\dfrac{1}{2}}", "Scene", 900, 900, 60)


def test_the_sign_of_a_number_behind_another_is_set_close() -> None:
    def width(formula: str) -> int:
        return typeset(formula, "Scene", 1200, 900, 40).width

    assert width(r"x = 2 \quad -3 = y") == width(r"x = 2 \quad {-}3 = y") < width(r"x = 2 \quad {} - 3 = y")


def test_a_charge_is_set_close_and_a_sum_in_an_exponent_is_not() -> None:
    def width(formula: str) -> int:
        return typeset(formula, "Scene", 900, 900, 60).width

    assert width(r"\mathrm{Zn}^{2+}") < width(r"\mathrm{Zn}^{2\,+}")
    assert width("x^{2+1}") == width(r"x^{2 + 1}")


@pytest.mark.parametrize(
    "formula", [r"\begin{matrix} 1 \end{matrix}", r"\frac{1}{", r"\nosuchthing", "a $ b", "x" * 401, r"\ "]
)
def test_what_cannot_be_typeset_is_refused_by_name(formula: str) -> None:
    with pytest.raises(FormulaInvalid) as refusal:
        typeset(formula, "The scene", 700, 160, 90)
    assert refusal.value.args[:2] == ("The scene", formula[:80])
    assert "The scene" in str(refusal.value)


def test_a_formula_too_long_to_be_read_is_refused() -> None:
    with pytest.raises(ContentOverflow, match="The scene"):
        typeset("+".join(["abcdefgh"] * 20), "The scene", 500, 160, 90)
