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
    ],
)
def test_true_arithmetic_is_read_and_accepted(text: str) -> None:
    assert list(equations(text))
    assert wrong_equations(text) == []


@pytest.mark.parametrize(
    "text", ["2 + 2 = 5", r"c = \sqrt{25} = 6", r"\frac{6}{3} = 3", "6 × 7 = 41, and so on", "1 + 1 = 2 = 3"]
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
    ],
)
def test_a_balanced_reaction_is_accepted(reaction: str) -> None:
    assert imbalance(reaction) == ""


@pytest.mark.parametrize(
    ("reaction", "difference"),
    [
        (r"\mathrm{H_2 + O_2 \rightarrow H_2O}", "O: 2 and 1"),
        (r"\mathrm{Mg \rightarrow Mg^{2+} + e^{-}}", "charge: 0 and 1"),
    ],
)
def test_an_unbalanced_reaction_is_found(reaction: str, difference: str) -> None:
    assert imbalance(reaction) == difference


def test_what_is_no_formula_is_named() -> None:
    with pytest.raises(ValueError, match="'water' is not a chemical formula"):
        imbalance(r"\mathrm{H_2 \rightarrow water}")


def test_the_pack_holds_dozens_of_checkable_equations() -> None:
    steps = [
        step.formula
        for topic in load_curriculum().topics.values()
        for plan in topic.levels.values()
        for step in (plan.example.steps if plan.example else ())
    ]
    assert sum(len(list(equations(formula))) for formula in steps) >= 25
