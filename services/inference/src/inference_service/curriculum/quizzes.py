"""Check a question of the pack: its options, and its answer where it can be worked out."""

import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from inference_service.curriculum.algebra import solves
from inference_service.curriculum.arithmetic import equations, plain, value
from inference_service.domain.lesson import Quiz

OPTIONS = range(2, 5)
LONGER, SHORT = 1.6, 25  # how many times as long as each other option an answer may be, and what is too short to count
SLACK = 0.03
"""How much oftener than a blind guess a guess by length may be right over the sixty questions of a subject's level: half of
the six points by which sixty blind guesses among three options vary."""
_AMOUNT = re.compile(r"(?:[a-z] = )?\$?([−\d.,/ ·×√+()⁰¹²³⁴⁵⁶⁷⁸⁹⁻]*[\d)⁰¹²³⁴⁵⁶⁷⁸⁹])(%?)(?: [^=\d]*|°.*|π)?")


def quiz_problems(quiz: Quiz) -> Iterator[str]:
    """Yield what is wrong with `quiz`."""
    if not _can_be_answered(quiz):
        yield "needs two to four options and the index of one of them as answer"
        return
    if len({option.casefold() for option in quiz.options}) < len(quiz.options):
        yield "offers the same option twice"
    if _stands_out(quiz):
        yield f"gives its answer away by its length: '{quiz.options[quiz.answer]}'"
    for number, option in enumerate(quiz.options):
        right = solves(option, quiz.question)
        if right is not None and right != (number == quiz.answer):
            yield f"takes '{option}' for {'wrong' if right else 'right'}, but it is not"
    if not _explained(quiz.options[quiz.answer], quiz.explanation):
        yield f"answers '{quiz.options[quiz.answer]}', but its explanation works out something else"


def telling(quizzes: Iterable[Quiz]) -> Iterator[str]:
    """Yield each way to guess the answers of `quizzes` by how long the options are, without reading them."""
    asked = [quiz for quiz in quizzes if _can_be_answered(quiz)]
    by_chance = sum(1 / len(quiz.options) for quiz in asked) / (len(asked) or 1)
    for which, extreme in (("longest", max), ("shortest", min)):
        right = sum(_guessed(quiz, extreme) for quiz in asked) / (len(asked) or 1)
        if right > by_chance + SLACK:
            yield f"whoever takes the {which} option is right in {right:.0%} of its questions, by chance {by_chance:.0%}"


def misplaced(quizzes: Sequence[Quiz]) -> Iterator[str]:
    """Yield what is wrong with where the right answers of one lesson's questions stand."""
    answers = [quiz.answer for quiz in quizzes]
    if len(set(answers)) < min(len(quizzes), *(len(quiz.options) for quiz in quizzes)):
        yield "two of its questions have their right answers in the same place"


def _can_be_answered(quiz: Quiz) -> bool:
    return len(quiz.options) in OPTIONS and 0 <= quiz.answer < len(quiz.options)


def _guessed(quiz: Quiz, extreme: Callable[[Iterable[int]], int]) -> float:
    """How likely a guess among the options of extreme length is right: 0 to 1."""
    lengths = [len(option) for option in quiz.options]
    best = extreme(lengths)
    return (lengths[quiz.answer] == best) / lengths.count(best)


def _stands_out(quiz: Quiz) -> bool:
    """Whether the right option can be told by being by far the longest."""
    right = len(quiz.options[quiz.answer])
    others = [len(option) for number, option in enumerate(quiz.options) if number != quiz.answer]
    return right > max(SHORT, LONGER * max(others))


def _explained(answer: str, explanation: str) -> bool:
    """A number that is the answer appears in a calculation that explains it, or is one of its results."""
    amounts, worked = _amounts(answer), list(equations(explanation))
    if not (amounts and worked):
        return True
    shown = [float(number) for number in re.findall(r"\d+(?:\.\d+)?", plain(explanation))]
    results = [abs(value(side)) for left, _, right in worked for side in (left, right)]
    return any(math.isclose(abs(a), number, rel_tol=0.01) for a in amounts for number in (*shown, *results))


def _amounts(option: str) -> tuple[float, ...]:
    """The number an option consists of, units aside; a percentage also as a part of one."""
    match = _AMOUNT.fullmatch(option)
    if not match:
        return ()
    try:
        number = value(plain(re.sub(r"(?<=\d),(?=\d{3})", "", match[1])))
    except (SyntaxError, ValueError, ZeroDivisionError):
        return ()
    return (number, number / 100) if match[2] else (number,)
