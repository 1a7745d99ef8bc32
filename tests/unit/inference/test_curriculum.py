"""The shipped pack is correct, and the linter sees what is not."""

from collections.abc import Iterator
from dataclasses import replace
from math import cos, pi, sin

import pytest
from matplotlib.mathtext import MathTextParser

from inference_service.curriculum.lint import LONGEST_ALIAS, MOST_ALIASES, TOPICS_PER_SUBJECT, problems
from inference_service.curriculum.pack import load_curriculum
from inference_service.domain.lesson import (
    Curriculum,
    Example,
    Fact,
    Formula,
    KeyPoint,
    LessonPlan,
    Line,
    Plot,
    Polyline,
    Quiz,
    Step,
    Topic,
)
from inference_service.domain.subject import Difficulty, Subject

PACK = load_curriculum()
SLUG = "pythagorean-theorem"
LESSONS = [(slug, difficulty) for slug, topic in PACK.topics.items() for difficulty in topic.levels]


def _with_topic(topic: Topic, slug: str = SLUG) -> Curriculum:
    """A pack of this topic alone: the linter reads one topic at a time, and eighty take seconds."""
    return replace(PACK, topics={slug: topic})


def _with_plan(**changes: object) -> Curriculum:
    topic = PACK.topics[SLUG]
    plan = replace(topic.levels[Difficulty.INTRO], **changes)
    return _with_topic(replace(topic, levels={**topic.levels, Difficulty.INTRO: plan}))


def _points(*texts: str, by: str = "squares") -> tuple[KeyPoint, ...]:
    return tuple(KeyPoint(text, by) for text in texts)


def _reversed_plot() -> Plot:
    plot = PACK.topics[SLUG].levels[Difficulty.INTRO].plot
    assert plot
    return replace(plot, curves=(Line("line", "back", 1, 0, 5, 1),))


_CIRCLE = tuple((round(3 * cos(pi - x), 4), round(3 * sin(x), 4)) for x in (step * pi / 20 for step in range(21)))


def _figure(points: tuple[tuple[float, float], ...]) -> Plot:
    return replace(_reversed_plot(), curves=(Polyline("polyline", "figure", points),), equal_scales=False)


def _with_rival() -> Curriculum:
    rival = replace(PACK.topics[SLUG], aliases=("the plague",))
    return replace(PACK, topics={SLUG: rival, "black-death": PACK.topics["black-death"]})


def _wrong_example() -> Example:
    return Example("Find c.", "Find it.", (Step("Square", "Square.", "c^2 = 25"), Step("Root", "Root.", "c = 6")))


def _bare_example() -> Example:
    return Example("How far?", "How far?", (Step("Add", "In 2 hours it goes eleven kilometers.", "4 + 7 = 11"),))


def _formulas(plan: LessonPlan) -> list[str]:
    steps = [step.formula for step in plan.example.steps] if plan.example else []
    return [formula for formula in (*steps, plan.formula.latex if plan.formula else "") if formula]


def test_the_shipped_pack_has_no_problem() -> None:
    assert list(problems(PACK)) == []


def test_every_subject_has_enough_topics_with_a_lesson_for_each_difficulty() -> None:
    for subject in Subject:
        topics = [topic for topic in PACK.topics.values() if topic.subject is subject]
        assert len(topics) >= TOPICS_PER_SUBJECT
        assert all(set(topic.levels) == set(Difficulty) for topic in topics)


@pytest.mark.parametrize(("slug", "difficulty"), LESSONS, ids=[f"{slug}-{level}" for slug, level in LESSONS])
def test_every_formula_can_be_typeset(slug: str, difficulty: Difficulty) -> None:
    parser = MathTextParser("path")
    for formula in _formulas(PACK.topics[slug].levels[difficulty]):
        parser.parse(f"${formula}$")


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (_with_plan(facts=("no-such-fact", "squares")), "no fact is called no-such-fact"),
        (_with_plan(facts=("squares",)), "it tells 1 facts"),
        (_with_plan(key_points=_points("One.", "Two.")), "it has 2 key points"),
        (_with_plan(key_points=_points("One is 1.", "Two.", "Three.")), "not a speakable sentence: 'One is 1.'"),
        (
            _with_plan(key_points=_points("One.", "Two.", "Three.", by="timeline/1")),
            "timeline/1, which should teach 'One.', is not in the lesson",
        ),
        (_with_plan(key_points=_points("One.", "Two.", "Three.", by="example/4")), "example/4, which should teach"),
        (_with_plan(key_points=_points("One.", "Two.", "Three.", by="")), ", which should teach 'Two.'"),
        (_with_plan(example=None), "needs a worked example"),
        (_with_plan(formula=Formula("3^2 + 4^2 = 24", "Wrong.")), "wrong arithmetic: 3**2 + 4**2 = 24"),
        (_with_plan(formula=Formula(r"\mathrm{H_2 + O_2 \rightarrow H_2O}", "Wrong.")), "O: 2 and 1"),
        (_with_plan(formula=Formula("a", "a = b")), "cannot be read out: 'a = b'"),
        (_with_plan(summary=r"\sqrt{2}"), "LaTeX outside a formula"),
        (_with_plan(formula=Formula("a", "word " * 200)), "s instead of"),
    ],
)
def test_the_linter_names_what_is_wrong(broken: Curriculum, said: str) -> None:
    assert any(said in problem for problem in problems(broken))


HISTORY = PACK.topics["black-death"].levels[Difficulty.INTRO]
ENGLISH = PACK.topics["romeo-and-juliet"].levels[Difficulty.INTRO]
QUIZ = PACK.topics[SLUG].levels[Difficulty.INTRO].quiz[0]
ALONE = _with_topic(PACK.topics[SLUG])


def _sized(right: str, *wrong: str) -> tuple[Quiz, ...]:
    return (replace(QUIZ, options=(right, *wrong), answer=0),) * 3


def _with_intro(slug: str, plan: LessonPlan) -> Curriculum:
    topic = PACK.topics[slug]
    changed = replace(topic, levels={**topic.levels, Difficulty.INTRO: plan})
    return _with_topic(changed, slug)


def _backwards() -> LessonPlan:
    assert HISTORY.timeline
    return replace(HISTORY, timeline=replace(HISTORY.timeline, moments=HISTORY.timeline.moments[::-1]))


def _ragged() -> LessonPlan:
    assert ENGLISH.table
    rows = (replace(ENGLISH.table.rows[0], cells=("one",)), *ENGLISH.table.rows[1:])
    return replace(ENGLISH, table=replace(ENGLISH.table, rows=rows))


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (_with_intro("black-death", replace(HISTORY, timeline=None)), "needs a timeline or a source"),
        (_with_intro("black-death", _backwards()), "the timeline is not in order"),
        (_with_intro("romeo-and-juliet", replace(ENGLISH, table=None, quote=None)), "needs a passage or a table"),
        (_with_intro("romeo-and-juliet", _ragged()), "another number of cells"),
        (_with_plan(quiz=(QUIZ, replace(QUIZ, answer=3), QUIZ)), "question 2 needs two to four options"),
        (
            _with_plan(quiz=(QUIZ, QUIZ, replace(QUIZ, options=("Ten", "ten")))),
            "question 3 offers the same option twice",
        ),
        (_with_plan(quiz=(QUIZ, QUIZ, replace(QUIZ, say="word " * 200))), "with question 3 it would take about"),
        (_with_plan(plot=_reversed_plot()), "the curve 'back' runs backwards"),
        (_with_plan(plot=_figure(((0, 0), (4, 0), (4, 3)))), "the plot shows a figure: it needs equal_scales"),
        (_with_plan(plot=_figure(_CIRCLE)), "the plot shows a figure: it needs equal_scales"),
        (ALONE, "MATH has 1 topics"),
        (_with_rival(), "'plague' is claimed by 2 topics"),
        (_with_plan(example=_wrong_example()), "the example's answer does not fulfil c**2 = 25"),
        (_with_plan(example=_bare_example()), "says its answer in kilometers and does not show the unit"),
        (_with_plan(quiz=(QUIZ, QUIZ, replace(QUIZ, answer=1))), "question 3 answers '12'"),
        (
            _with_plan(
                quiz=(
                    QUIZ,
                    replace(QUIZ, options=("Never", "The side that is opposite the angle", "None"), answer=1),
                    QUIZ,
                )
            ),
            "question 2 gives its answer away by its length",
        ),
        (_with_plan(quiz=(QUIZ, QUIZ, QUIZ)), "two of its questions have their right answers in the same place"),
        (_with_plan(quiz=_sized("A long one", "Short", "Brief")), "takes the longest option is right in 100% of its"),
        (_with_plan(quiz=_sized("Short", "A long one", "Longer")), "takes the shortest option is right in 100% of its"),
        (_with_plan(quiz=_sized("One", "Two", "A long one")), "takes the shortest option is right in 50% of its"),
        (
            replace(ALONE, lines=replace(PACK.lines, templates={**PACK.lines.templates, "quiz": ("Is 2 right?",)})),
            "refused",
        ),
    ],
)
def test_the_linter_looks_at_the_figures_and_at_the_whole_pack(broken: Curriculum, said: str) -> None:
    assert any(said in problem for problem in problems(broken))


def test_no_length_tells_the_right_answers_of_options_that_are_equally_long() -> None:
    assert not [problem for problem in problems(_with_plan(quiz=_sized("One", "Two", "Six"))) if "whoever" in problem]


def test_the_linter_sees_a_fact_told_twice() -> None:
    topic = PACK.topics[SLUG]
    twice = replace(topic, facts=(*topic.facts, Fact("squares", "again", "Again.")))
    assert f"{SLUG}: fact squares is there twice" in problems(_with_topic(twice))


def _alias_problems(aliases: tuple[str, ...]) -> Iterator[str]:
    pack = _with_topic(replace(PACK.topics[SLUG], aliases=aliases))
    return (problem for problem in problems(pack) if "alias" in problem)


def test_the_linter_bounds_aliases() -> None:
    most = (*(f"name {number}" for number in range(MOST_ALIASES - 1)), "n" * LONGEST_ALIAS)
    assert not list(_alias_problems(most))
    assert list(_alias_problems((*most, "one more"))) == [f"{SLUG}: it has 33 aliases instead of 1 to 32"]
    assert list(_alias_problems(())) == [f"{SLUG}: it has 0 aliases instead of 1 to 32"]
    assert "over 64 characters" in next(_alias_problems((f"{most[-1]}n",)))


def test_the_linter_sees_a_missing_difficulty() -> None:
    topic = PACK.topics[SLUG]
    levels = {level: plan for level, plan in topic.levels.items() if level is not Difficulty.HONORS}
    assert f"{SLUG}: there is no lesson for HONORS" in problems(_with_topic(replace(topic, levels=levels)))
