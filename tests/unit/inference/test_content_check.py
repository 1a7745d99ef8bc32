"""What ValidateContent finds in a script."""

from dataclasses import replace

import pytest

from inference_service import convert
from inference_service.curriculum.pack import load_curriculum
from inference_service.domain.content_check import MOST_PROBLEMS, Content, check
from inference_service.domain.lessons import lines_needed, scenes
from inference_service.domain.lines import curated
from inference_service.domain.reading_level import grade, syllables
from inference_service.domain.script import Provenance, Script
from inference_service.domain.subject import Difficulty
from littlemonster.inference.v1 import script_pb2 as sp

PLAIN = "A square has four sides of the same length. " * 16
GOOD = Content(Difficulty.INTRO, (PLAIN,), ("3^2 + 4^2 = 25",))
PACK = load_curriculum()


def _script(slug: str, difficulty: Difficulty, seed: int) -> sp.Script:
    topic = PACK.topics[slug]
    plan = topic.levels[difficulty]
    lines = {kind: curated(PACK, slug, kind, 0) for kind in lines_needed(plan)}
    made = Provenance("model", "00", "1", 1, (), ())
    acts = scenes(topic, difficulty, lines, seed)
    points = tuple(point.text for point in plan.key_points)
    return convert.script(
        Script(topic.title, topic.subject, difficulty, plan.summary, points, topic.tags, acts, made, ())
    )


@pytest.mark.parametrize("slug", sorted(PACK.topics))
def test_every_lesson_of_the_pack_passes(slug: str) -> None:
    for difficulty in Difficulty:
        for seed in range(len(PACK.topics[slug].levels[difficulty].quiz)):
            assert check(convert.content(_script(slug, difficulty, seed))).problems == ()


def test_a_good_lesson_is_reported_with_its_level_and_length() -> None:
    findings = check(GOOD)
    assert findings.problems == ()
    assert findings.reading_grade < 1
    assert findings.seconds == pytest.approx(61, abs=1)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (replace(GOOD, claims=("3^2 + 4^2 = 26",)), "This equation does not hold: 3**2 + 4**2 = 26."),
        (replace(GOOD, claims=(r"H_2 + O_2 \rightarrow H_2O",)), "does not balance"),
        (replace(GOOD, claims=(r"?? \rightarrow H_2O",)), "is not a chemical formula"),
        (replace(GOOD, narration=(PLAIN, "Two plus two is five.")), "This is said, and does not hold: 2 + 2 = 5."),
        (replace(GOOD, narration=(PLAIN, f"{'and so on ' * 14}.")), "A sentence has 43 words"),
        (replace(GOOD, narration=("Too short.",)), "instead of 45 to 180 s"),
        (replace(GOOD, narration=(PLAIN * 4,)), "instead of 45 to 180 s"),
        (replace(GOOD, claims=("x" * 1001,)), "1001 characters"),
    ],
)
def test_each_kind_of_problem_is_named(content: Content, problem: str) -> None:
    problems = check(content).problems
    assert len(problems) == 1
    assert problem in problems[0]


def test_words_too_hard_for_beginners_may_suit_the_advanced() -> None:
    hard = "Industrialisation fundamentally transformed manufacturing organisation throughout Britain. " * 18
    intro = check(Content(Difficulty.INTRO, (hard,), ()))
    assert "may reach grade 9" in intro.problems[0]
    assert grade("The cat sat on the mat. The dog ran.") < 1 < 9 < intro.reading_grade
    assert grade("1984") == 0


@pytest.mark.parametrize(
    ("word", "count"),
    [("cat", 1), ("the", 1), ("table", 2), ("idea", 2), ("science", 2), ("called", 1), ("added", 2), ("hydrogen", 3)],
)
def test_syllables_are_counted_as_spoken(word: str, count: int) -> None:
    assert syllables(word) == count


def test_hostile_mathematics_is_no_equation_and_costs_nothing() -> None:
    claims = ("9^9^9^9 = 1", f"{'(' * 300}1{')' * 300} = 2", "(-8)^0.5 = 2", "1/0 = 0", "=" * 900)
    assert check(replace(GOOD, claims=claims)).problems == ()


def test_problems_are_bounded() -> None:
    assert len(check(replace(GOOD, claims=tuple(f"1 + 1 = {n}" for n in range(3, 90)))).problems) == MOST_PROBLEMS


def test_wrong_answers_of_a_quiz_claim_nothing_but_its_explanation_does() -> None:
    quiz = sp.QuizScene(question="Which?", options=["1 + 1 = 3", "1 + 1 = 2"], answer=1, explanation="2 + 2 = 5")
    content = convert.content(sp.Script(scenes=[sp.Scene(heading="Check", quiz=quiz)]))
    assert "1 + 1 = 3" not in content.claims
    assert "2 + 2 = 5" in content.claims
