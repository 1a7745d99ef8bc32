"""Equations with unknowns are checked against the answer of their example, and questions against their options."""

import pytest

from inference_service.curriculum.algebra import answers, is_checkable, solves, statements, wrong_steps
from inference_service.curriculum.pack import load_curriculum
from inference_service.curriculum.quizzes import quiz_problems
from inference_service.domain.lesson import Quiz

PACK = load_curriculum()


@pytest.mark.parametrize(
    "formulas",
    [
        ["Solve 3x + 4 = 19.", "3x = 15", "x = 5", r"3 \cdot 5 + 4 = 19"],
        ["x^2 + 2x - 8 = 0", r"x = \frac{-2 \pm 6}{2}"],
        ["Solve 2x + y = 11 and x − y = 1.", "3x = 12", "x = 4", "y = 3"],
        [r"\frac{h}{8} = \frac{1.5}{2}", r"h = 8 \cdot 0.75 = 6"],
        ["x = 2", "(x + 1)^2 = x^2 + 2x + 1"],
    ],
)
def test_right_steps_are_accepted(formulas: list[str]) -> None:
    assert wrong_steps(formulas) == []


@pytest.mark.parametrize(
    ("formulas", "wrong"),
    [
        (["Solve 3x + 4 = 19.", "3x = 16", "x = 5"], "3*x = 16"),
        (["x^2 - 5x + 6 = 0", r"x = 2 \quad \mathrm{or} \quad x = 4"], "x**2 - 5*x + 6 = 0"),
        (["x + y = 7", "x = 4", "y = 2"], "x + y = 7"),
    ],
)
def test_a_step_that_the_answer_does_not_fulfil_is_named(formulas: list[str], wrong: str) -> None:
    assert wrong in wrong_steps(formulas)


@pytest.mark.parametrize(
    "formula", [r"f'(x) = 3x^2 - 3", r"\log x = 2", "p(r) = 0", "no equation", "x < 5", "percent = 3"]
)
def test_what_is_no_plain_equation_is_left_alone(formula: str) -> None:
    assert list(statements([formula])) == []


def test_an_answer_is_put_into_its_question() -> None:
    assert solves("x = 6", "Solve 4/6 = x/9.") is True
    assert solves("x = 7, y = 3", "Which pair solves x + y = 10 and x − y = 5?") is False
    assert solves("Two", "How many solutions has x² = 9?") is None


def _quiz(options: tuple[str, ...], answer: int, explanation: str) -> Quiz:
    return Quiz("Solve x + 1 = 4.", "Solve it.", options, answer, explanation, "Three.")


@pytest.mark.parametrize(
    ("quiz", "said"),
    [
        (_quiz(("x = 3", "x = 4"), 1, ""), "takes 'x = 3' for wrong, but it is not"),
        (_quiz(("x = 3", "x = 4"), 1, ""), "takes 'x = 4' for right, but it is not"),
        (_quiz(("3 m", "5 m"), 1, "4 − 1 = 3"), "its explanation works out something else"),
        (_quiz(("20%", "30%"), 1, "10/50 = 0.2"), "its explanation works out something else"),
        (_quiz(("1,250", "1,300"), 1, "1000 + 250 = 1250"), "its explanation works out something else"),
    ],
)
def test_a_question_that_contradicts_itself_is_found(quiz: Quiz, said: str) -> None:
    assert any(said in problem for problem in quiz_problems(quiz))


@pytest.mark.parametrize(
    "quiz",
    [
        _quiz(("x = 3", "x = 4"), 0, "4 − 1 = 3"),
        _quiz(("5 m", "3 m"), 1, "4 − 1 = 3"),
        _quiz(("30%", "20%"), 1, "10/50 = 0.2"),
        _quiz(("8", "10"), 1, "36 + 64 = 100, and the square root of 100 is 10."),
    ],
)
def test_a_question_that_fits_its_answer_is_accepted(quiz: Quiz) -> None:
    assert list(quiz_problems(quiz)) == []


def test_the_pack_holds_dozens_of_checkable_equations_with_unknowns() -> None:
    examples = [plan.example for topic in PACK.topics.values() for plan in topic.levels.values() if plan.example]
    checked = 0
    for example in examples:
        stated = list(statements((example.problem, *(step.formula for step in example.steps))))
        checked += sum(is_checkable(statement, answers(stated)) for statement in stated)
    assert checked >= 60
