"""Arithmetic and chemical equations are read from the pack's own notation and checked."""

import pytest

from inference_service.curriculum.arithmetic import equations, wrong_equations
from inference_service.curriculum.pack import load_curriculum
from inference_service.curriculum.reactions import imbalance


@pytest.mark.parametrize(
    "text",
    [
        r"3^2 + 4^2 = 9 + 16 = 25",
        r"c = \sqrt{25} = 5",
        r"\frac{9 - 3}{4 - 1} = \frac{6}{3} = 2",
        r"2^2 - 4 \cdot 1 \cdot (-8) = 36",
        "7² = 49, and 6 × 7 = 42",
        "√(36 + 64) = 10, but 6 + 8 = 14",
        r"0.01 = 10^{-2}",
        "3.16 − 2.20 = 0.96",
        "60 ÷ 10 = 6",
        r"2^7 \div 2^5 = 2^2",
        "10 : 15 = 2 : 3",
        "4.5 × 10⁻⁴ = 0.00045",
        "100% − 30% = 70%",
        r"|-12| = 12",
        r"6\,\mathrm{g} \div 2\,\mathrm{g/mol} = 3\,\mathrm{mol}",
        "2 ÷ 3 ≈ 0.67",
        r"2\pi \approx 6.28",
        r"\sqrt[3]{27} = 3",
    ],
)
def test_true_arithmetic_is_read_and_accepted(text: str) -> None:
    assert list(equations(text))
    assert wrong_equations(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "2 + 2 = 5",
        r"c = \sqrt{25} = 6",
        r"\frac{6}{3} = 3",
        "6 × 7 = 41, and so on",
        "1 + 1 = 2 = 3",
        "2 ÷ 3 ≈ 0.66",
        r"3 \div 2 = 2",
    ],
)
def test_false_arithmetic_is_found(text: str) -> None:
    assert len(wrong_equations(text)) == 1


@pytest.mark.parametrize(
    "text", ["y = 2x + 1", "a^2 + b^2 = c^2", "x - 5 = 3", "no equation at all", "(x - 2)(x - 3) = 0"]
)
def test_equations_with_unknowns_are_left_alone(text: str) -> None:
    assert list(equations(text)) == []


def test_nothing_but_arithmetic_is_ever_evaluated() -> None:
    assert wrong_equations("__import__('os') = 1") == []


@pytest.mark.parametrize(
    "reaction",
    [
        r"\mathrm{2\,H_2 + O_2 \rightarrow 2\,H_2O}",
        r"\mathrm{C_3H_8 + 5\,O_2 \rightarrow 3\,CO_2 + 4\,H_2O}",
        r"\mathrm{Na^{+} + Cl^{-} \rightarrow NaCl}",
        r"\mathrm{Mg \rightarrow Mg^{2+} + 2\,e^{-}}",
        r"\mathrm{Ca(OH)_2 + 2\,HCl \rightarrow CaCl_2 + 2\,H_2O}",
        r"\mathrm{N_2 + 3\,H_2 \rightleftharpoons 2\,NH_3}",
        r"{}^{14}_{6}\mathrm{C} \rightarrow {}^{14}_{7}\mathrm{N} + {}^{0}_{-1}\mathrm{e}",
    ],
)
def test_a_balanced_reaction_is_accepted(reaction: str) -> None:
    assert imbalance(reaction) == ""


@pytest.mark.parametrize(
    ("reaction", "difference"),
    [
        (r"\mathrm{H_2 + O_2 \rightarrow H_2O}", "O: 2 and 1"),
        (r"\mathrm{Mg \rightarrow Mg^{2+} + e^{-}}", "charge: 0 and 1"),
        (r"\mathrm{Ca(OH)_2 + HCl \rightleftharpoons CaCl_2 + H_2O}", "Cl: 1 and 2, H: 3 and 2, O: 2 and 1"),
        (r"{}^{238}_{92}\mathrm{U} \rightarrow {}^{234}_{91}\mathrm{Th} + {}^{4}_{2}\mathrm{He}", "charge: 92 and 93"),
    ],
)
def test_an_unbalanced_reaction_is_found(reaction: str, difference: str) -> None:
    assert imbalance(reaction) == difference


@pytest.mark.parametrize(
    ("reaction", "said"),
    [
        (r"\mathrm{H_2 \rightarrow water}", "'water' is not a chemical formula"),
        (r"\mathrm{Ca(OH_2 \rightarrow Ca}", r"'Ca\(OH_2' is not a chemical formula"),
        (r"{}^{14}\mathrm{C} \rightarrow {}^{14}_{7}\mathrm{N}", "is not a nuclide"),
    ],
)
def test_what_is_no_formula_is_named(reaction: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        imbalance(reaction)


def test_the_pack_holds_dozens_of_checkable_equations() -> None:
    steps = [
        step.formula
        for topic in load_curriculum().topics.values()
        for plan in topic.levels.values()
        for step in (plan.example.steps if plan.example else ())
    ]
    assert sum(len(list(equations(formula))) for formula in steps) >= 25
